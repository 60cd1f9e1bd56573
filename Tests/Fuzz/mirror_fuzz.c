/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mirrors of mappings under any order of calls, passes and runs: what they ask of the host is what
 * VFIO takes, and their accounts are right.
 */
#include <errno.h>
#include <stdbool.h>

#include "eli.h"
#include "input.h"

#define PAGES 256

struct machine {
    const eli_viommu_ops *ops;
    eli_viommu_mirror *mirror;
    uint64_t now;
    uint32_t max_mappings;
    uint32_t stale_max;
    /* The number of the first page of the mapping that a page is in, and one more; 0 for none. */
    uint16_t told[PAGES];
    uint64_t count;
};

static uint64_t pages(struct input *input) { return byte(input) % PAGES; }

static void carry_out(struct machine *machine, const eli_viommu_change *change)
{
    uint64_t first = change->first >> 12, last = change->last >> 12, size = last - first + 1;

    MUST((change->first & 0xfff) == 0 && (change->last & 0xfff) == 0xfff);
    MUST(first <= last && last < PAGES);
    if (change->kind == ELI_VIOMMU_MAP) {
        MUST((size & (size - 1)) == 0 && first % size == 0 && change->access != 0);
        for (uint64_t page = first; page <= last; page++) {
            MUST(!machine->told[page]);
            machine->told[page] = (uint16_t)(first + 1);
        }
        machine->count++;
        return;
    }
    MUST(change->kind == ELI_VIOMMU_UNMAP && machine->told[first] == first + 1);
    MUST(machine->told[last] && (last == PAGES - 1 || machine->told[last + 1] != machine->told[last]));
    for (uint64_t page = first; page <= last; page++) {
        machine->count -= machine->told[page] == page + 1;
        machine->told[page] = 0;
    }
}

static void check(struct machine *machine)
{
    eli_viommu_mirror_state state = { .size = sizeof(state) };

    MUST(machine->ops->mirror_state(machine->mirror, &state) == 0);
    MUST(state.live + state.stale == machine->count);
    MUST(machine->count <= machine->max_mappings && state.stale <= machine->stale_max);
    MUST(state.deferred
         == state.revived + state.expired + state.evicted + state.flushed + state.stale);
    MUST(state.most_stale >= state.stale && state.most_stale_bytes >= state.stale_bytes);
}

static void drain(struct machine *machine, struct input *input, int most)
{
    int result = 1;

    for (int i = 0; i < most && result != 0; i++) {
        eli_viommu_change change = { .size = sizeof(change) };
        uint32_t budget = byte(input) % 8;

        result = machine->ops->mirror_next(machine->mirror, machine->now, &budget, &change);
        MUST(result == 0 || result == 1 || result == -EAGAIN);
        if (result == 1)
            carry_out(machine, &change);
        else if (result == -EAGAIN && !input->left)
            return;
    }
}

static void offer(struct machine *machine, struct input *input)
{
    uint64_t first = pages(input);
    eli_viommu_mapping run = {
        .size = sizeof(run), .access = byte(input) % 5, .first = first << 12,
        .last = (first << 12) + ((uint64_t)(byte(input) % 64) << 12) + 0xfff,
        .output = (uint64_t)(byte(input) % 4) << 20 | first << 12,
    };

    if (byte(input) < 8) {
        run.first = wide(input);
        run.last = wide(input);
    }
    machine->ops->mirror_run(machine->mirror, &run);
}

static void begin(struct machine *machine, struct input *input)
{
    uint64_t first = pages(input), last = first + byte(input) % 64;

    if (byte(input) < 8)
        machine->ops->mirror_begin(machine->mirror, wide(input), wide(input), byte(input) & 3);
    else
        machine->ops->mirror_begin(machine->mirror, first << 12,
                                   ((last < PAGES ? last : PAGES - 1) << 12) | 0xfff,
                                   byte(input) < 32);
}

static void expire(struct machine *machine, struct input *input)
{
    uint64_t deadline;

    machine->now += byte(input);
    MUST(machine->ops->mirror_expire(machine->mirror, machine->now) == 0);
    drain(machine, input, 100000);
    if (input->left && machine->ops->mirror_deadline(machine->mirror, &deadline) == 1)
        MUST(deadline > machine->now);
}

static void ask(struct machine *machine, struct input *input)
{
    eli_viommu_mapping found = { .size = sizeof(found) };
    uint64_t first, last;

    if (machine->ops->mirror_find(machine->mirror, wide(input), &found) == 1)
        MUST(found.first <= found.last && machine->told[found.first >> 12]);
    if (machine->ops->mirror_missing(machine->mirror, &first, &last) != 0)
        MUST(first <= last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, size };
    struct machine *machine = calloc(1, sizeof(*machine));
    eli_viommu_mirror_request request = {
        .size = sizeof(request), .teardown = byte(&input) % 3,
        .max_mappings = 1 + byte(&input) % 64, .stale_max = 1 + byte(&input) % 16,
        .stale_time = 1 + byte(&input), .max_bytes = (uint64_t)(byte(&input) % 64) << 12,
    };

    MUST(machine);
    machine->ops = eli_plugin_get(ELI_ABI_MAJOR)->viommu;
    machine->now = 1;
    machine->max_mappings = request.max_mappings;
    machine->stale_max = request.stale_max;
    MUST(machine->ops->mirror_new(&request, &machine->mirror, NULL, 0) == 0);
    for (int calls = 0; input.left && calls < 1000; calls++) {
        uint8_t call = byte(&input);

        if (call < 48)
            begin(machine, &input);
        else if (call < 144)
            offer(machine, &input);
        else if (call < 176)
            machine->ops->mirror_end(machine->mirror);
        else if (call < 216)
            drain(machine, &input, 1 + byte(&input) % 32);
        else if (call < 232)
            expire(machine, &input);
        else if (call < 240)
            ask(machine, &input);
        else if (call < 246)
            machine->ops->mirror_flush(machine->mirror);
        else if (call < 252) {
            /* Only a higher one keeps what there is below it. */
            uint32_t limit = machine->max_mappings + byte(&input);

            MUST(machine->ops->mirror_limit(machine->mirror, limit) == 0);
            machine->max_mappings = limit;
        } else {
            MUST(machine->ops->mirror_clear(machine->mirror, machine->now) == 0);
            memset(machine->told, 0, sizeof(machine->told));
            machine->count = 0;
        }
        check(machine);
    }
    machine->ops->mirror_free(machine->mirror);
    free(machine);
    return 0;
}
