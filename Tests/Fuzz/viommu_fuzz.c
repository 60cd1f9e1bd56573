/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests and devices that misuse an IOMMU: registers, tables and queues out of the fuzzer's bytes.
 * The guest's memory is small and addresses mostly lie in it, so tables meet each other, and
 * themselves. Its registers may be memory, polled by a sidecore.
 */
#include <errno.h>
#include <stdbool.h>

#include "eli.h"
#include "input.h"

#define PAGES 24
#define WALKS 3

struct machine {
    const eli_viommu_ops *ops;
    const eli_sidecore_ops *sidecore;
    eli_viommu *viommu;
    uint8_t *page; /* of registers */
    eli_viommu_walk *walks[WALKS];
    uint8_t memory[PAGES * 4096];
    uint32_t address_width;
};

/* Where software's registers are, for accesses that mean something. */
static const uint16_t registers[] = {
    0x00, 0x08, 0x10, 0x18, 0x1c, 0x20, 0x28, 0x34, 0x38, 0x3c, 0x40, 0x44, 0x80, 0x88, 0x90, 0x9c,
    0xa0, 0xa4, 0xa8, 0xac, 0xb0, 0xb8, 0xf0, 0xf8, 0x100, 0x108, 0x220, 0x228, 0x22c, 0x23c,
};

static uint8_t *place(struct machine *machine, uint64_t address, size_t count)
{
    if (address > sizeof(machine->memory) - count)
        return NULL;
    return machine->memory + address;
}

static int read64(void *opaque, uint64_t address, uint64_t *value)
{
    uint8_t *from = place(opaque, address, 8);

    MUST(address % 8 == 0);
    if (!from)
        return -EFAULT;
    memcpy(value, from, 8);
    return 0;
}

static int read128(void *opaque, uint64_t address, uint64_t value[2])
{
    uint8_t *from = place(opaque, address, 16);

    MUST(address % 16 == 0);
    if (!from)
        return -EFAULT;
    memcpy(value, from, 16);
    return 0;
}

static int write32(void *opaque, uint64_t address, uint32_t value)
{
    uint8_t *to = place(opaque, address, 4);

    MUST(address % 4 == 0);
    if (!to)
        return -EFAULT;
    memcpy(to, &value, 4);
    return 0;
}

/* Mostly a page of memory, with a few bits beside the address. */
static uint64_t entry(struct input *input)
{
    uint8_t kind = byte(input);
    uint64_t page = (uint64_t)(byte(input) % (PAGES + 1)) << 12;

    if (kind < 16)
        return wide(input);
    if (kind < 32)
        return wide(input) & ~0xfffull;
    return page | (kind < 224 ? kind & 3 : kind < 240 ? 0x83 : number(input) & 0xfff);
}

static uint64_t address(struct input *input)
{
    uint8_t kind = byte(input);
    uint64_t low = (uint64_t)byte(input) << 12 | (kind & 0xf) << 8;

    if (kind < 128)
        return low;
    if (kind < 160)
        return 0xfee00000 | low;
    return kind < 208 ? low << (kind & 31) : wide(input);
}

static void fill(struct machine *machine, struct input *input)
{
    uint32_t at = (byte(input) % PAGES) << 12 | ((number(input) & 0x1ff) << 3);
    int count = 1 + byte(input) % 32;

    for (; count && input->left; count--, at = (at + 8) % sizeof(machine->memory)) {
        uint64_t value = entry(input);

        memcpy(machine->memory + at, &value, 8);
    }
}

static void descriptors(struct machine *machine, struct input *input)
{
    uint32_t at = (byte(input) % PAGES) << 12 | ((number(input) & 0xff) << 4);
    int count = 1 + byte(input) % 16;

    for (; count && input->left; count--, at = (at + 16) % sizeof(machine->memory)) {
        uint8_t type = byte(input);
        uint64_t words[2] = {
            (type & 0xf) | (type & 0xf0) | (uint64_t)number(input) << 16
                | (uint64_t)number(input) << 32,
            type & 0x80 ? entry(input) : address(input),
        };

        memcpy(machine->memory + at, words, 16);
    }
}

/* Carries all effects out. Each asks again, so none may be without end. */
static void settle(struct machine *machine)
{
    for (int i = 0; i < 1 << 20; i++) {
        eli_viommu_effect effect = { .size = sizeof(effect) };
        uint32_t budget = 64;

        MUST(machine->ops->next_effect(machine->viommu, &budget, &effect) == 0);
        MUST(budget <= 64 && effect.kind <= ELI_VIOMMU_REGISTERS_TRAP);
        MUST(effect.first <= effect.last);
        if (effect.kind == ELI_VIOMMU_REGISTERS_TRAP)
            machine->sidecore->close(machine->viommu);
        if (effect.kind == ELI_VIOMMU_DEVICES_CHANGED) {
            for (int w = 0; w < WALKS; w++) {
                machine->ops->walk_free(machine->walks[w]);
                machine->walks[w] = NULL;
            }
        }
        if (effect.kind == ELI_VIOMMU_IDLE) {
            /* Or the sidecore would never rest. */
            MUST(!machine->sidecore->poll(machine->viommu, ELI_SIDECORE_THOROUGH));
            return;
        }
    }
    MUST(!"effects without end");
}

static void access_registers(struct machine *machine, struct input *input)
{
    uint8_t kind = byte(input);
    uint64_t offset = registers[byte(input) % (sizeof(registers) / sizeof(registers[0]))];
    uint32_t size = kind & 1 ? 4 : 8;
    uint64_t value;

    if (kind < 24) {
        offset = wide(input);
        size = byte(input);
    }
    if (kind & 2) {
        value = machine->ops->read(machine->viommu, offset, size);
        MUST(size >= 8 || size == 0 || value >> 8 * size == 0);
        return;
    }
    value = kind & 4 ? entry(input) : wide(input);
    machine->ops->write(machine->viommu, offset, value, size);
    if (kind & 8)
        settle(machine);
}

/* The guest stores to registers that are memory. */
static void store_to_page(struct machine *machine, struct input *input)
{
    uint16_t offset = registers[byte(input) % (sizeof(registers) / sizeof(registers[0]))];
    uint8_t kind = byte(input);
    uint64_t value = kind & 4 ? entry(input) : wide(input);

    if (kind & 8)
        offset = number(input) & 0xffc;
    memcpy(machine->page + offset, &value, kind & 1 && offset % 8 == 0 ? 8 : 4);
}

/* What devices usually do first, or little would ever be translated. */
static void enable(struct machine *machine, struct input *input)
{
    static const uint32_t commands[] = { 1u << 30, 1u << 24, 1u << 26, 1u << 25, 1u << 31 };
    uint32_t on = 0;

    machine->ops->write(machine->viommu, 0x20, entry(input) & ~0xfffull, 8);
    machine->ops->write(machine->viommu, 0xb8, (entry(input) & ~0xfffull) | (byte(input) & 0xf), 8);
    machine->ops->write(machine->viommu, 0x90, entry(input) & ~0xff8ull, 8);
    for (int i = 0; i < 5; i++) {
        bool lasts = commands[i] != 1u << 30 && commands[i] != 1u << 24;

        machine->ops->write(machine->viommu, 0x18, on | commands[i], 4);
        settle(machine);
        on |= lasts ? commands[i] : 0;
    }
}

static void use_page(struct machine *machine, struct input *input)
{
    eli_sidecore_state state = { 0 };
    eli_sidecore_state *seen;
    char message[64] = "";

    switch (byte(input) % 8) {
    case 0:
        if (machine->sidecore->attach(machine->viommu, machine->page + (byte(input) < 8), message,
                                      sizeof(message)))
            MUST(*message);
        break;
    case 1:
        machine->sidecore->detach(machine->viommu);
        settle(machine);
        break;
    case 2:
        machine->sidecore->close(machine->viommu);
        MUST(!machine->sidecore->poll(machine->viommu, ELI_SIDECORE_THOROUGH));
        settle(machine);
        break;
    case 3:
        seen = sized(input, &state, sizeof(state));
        machine->sidecore->state(machine->viommu, seen);
        free(seen);
        break;
    default:
        /* Only registers without a fault become memory. */
        if (byte(input) < 192) {
            machine->ops->reset(machine->viommu);
            enable(machine, input);
        }
        settle(machine);
        machine->sidecore->open(machine->viommu);
        for (int stores = byte(input) % 8; stores && input->left; stores--)
            store_to_page(machine, input);
        machine->sidecore->poll(machine->viommu, number(input));
        settle(machine);
    }
}

static void translate(struct machine *machine, struct input *input)
{
    eli_viommu_mapping mapping = { .size = sizeof(mapping) };
    uint64_t at = address(input);
    uint32_t flags = byte(input) & 3;
    uint16_t source = byte(input);

    MUST(machine->ops->translate(machine->viommu, source, at, flags, &mapping) == 0);
    if (mapping.result == ELI_VIOMMU_REMAPPED) {
        uint32_t needed = flags & ELI_VIOMMU_WRITE ? ELI_VIOMMU_CAN_WRITE : ELI_VIOMMU_CAN_READ;
        uint64_t end = mapping.output + (mapping.last - mapping.first);

        MUST(mapping.first <= at && at <= mapping.last && mapping.access & needed);
        MUST(end < 0xfee00000 || mapping.output > 0xfeefffff);
        MUST(mapping.last >> machine->address_width == 0);
    }
    MUST(mapping.result != ELI_VIOMMU_BLOCKED || mapping.fault != 0);
}

static void remap(struct machine *machine, struct input *input)
{
    eli_viommu_message message = { .size = sizeof(message) };
    uint64_t at = byte(input) < 8 ? wide(input) : 0xfee00010 | (uint64_t)(number(input) & 0xffffe);

    MUST(machine->ops->remap(machine->viommu, byte(input), at, number(input), byte(input) & 2,
                             &message) == 0);
    MUST(message.result != ELI_VIOMMU_BLOCKED || message.fault != 0);
}

static void walk(struct machine *machine, struct input *input)
{
    eli_viommu_walk **slot = &machine->walks[byte(input) % WALKS];
    uint16_t source = byte(input);
    uint64_t last = 0;
    int steps;

    if (!*slot || byte(input) < 64) {
        uint64_t first = address(input);
        eli_viommu_space space = { .size = sizeof(space) };

        machine->ops->walk_free(*slot);
        MUST(machine->ops->space(machine->viommu, source, &space) == 0);
        *slot = machine->ops->walk_new(machine->viommu, source, first, first + (wide(input) >> 20));
        MUST(!*slot || space.result == ELI_VIOMMU_REMAPPED);
    }
    for (steps = 0; *slot && steps < 64; steps++) {
        eli_viommu_mapping mapping = { .size = sizeof(mapping) };
        uint32_t budget = 16;
        int result = machine->ops->walk_next(*slot, &budget, &mapping);

        MUST(result == 0 || result == 1 || result == -EAGAIN);
        if (result != 1)
            break;
        MUST(mapping.first <= mapping.last && (steps == 0 || mapping.first > last));
        MUST(mapping.access != 0 && mapping.last >> machine->address_width == 0);
        last = mapping.last;
    }
}

/* What is restored is what was saved. */
static void move(struct machine *machine, struct input *input)
{
    uint32_t count = machine->ops->save(machine->viommu, NULL, 0);
    uint64_t *words = malloc(count * 8), *again = malloc(count * 8);

    settle(machine);
    MUST(words && again && machine->ops->save(machine->viommu, words, count) == count);
    if (byte(input) < 128) {
        words[number(input) % count] ^= wide(input);
        machine->ops->restore(machine->viommu, words, count - (byte(input) < 8));
        settle(machine);
    } else {
        MUST(machine->ops->restore(machine->viommu, words, count) == 0);
        MUST(machine->ops->save(machine->viommu, again, count) == count);
        MUST(memcmp(words, again, count * 8) == 0);
        settle(machine);
    }
    free(words);
    free(again);
}

/* Structs and arguments that are wrong. */
static void misuse(struct machine *machine, struct input *input)
{
    eli_viommu_mapping mapping = { 0 };
    eli_viommu_mapping *answer = sized(input, &mapping, sizeof(mapping));
    eli_viommu_effect effect = { 0 };
    eli_viommu_effect *next = sized(input, &effect, sizeof(effect));
    eli_viommu_state state = { 0 };
    eli_viommu_state *seen = sized(input, &state, sizeof(state));
    uint32_t budget = number(input);

    machine->ops->translate(byte(input) < 32 ? NULL : machine->viommu, byte(input), wide(input),
                            number(input), answer);
    machine->ops->next_effect(machine->viommu, byte(input) < 32 ? NULL : &budget, next);
    machine->ops->state(machine->viommu, seen);
    free(answer);
    free(next);
    free(seen);
}

static eli_viommu *create(struct machine *machine, struct input *input)
{
    eli_viommu_request request = {
        .flags = byte(input) & 0x3f, .address_width = byte(input) & 1 ? 39 : 48,
        .host_address_width = 39, .domain_id_bits = 16, .fault_registers = 1 + byte(input) % 8,
        .opaque = machine, .read64 = read64, .read128 = read128, .write32 = write32,
    };
    eli_viommu_request *asked = sized(input, &request, sizeof(request));
    eli_viommu *viommu = NULL;
    char message[64] = "";
    int result = machine->ops->create(asked, &viommu, message, sizeof(message));

    free(asked);
    MUST(result == 0 ? viommu != NULL : *message != 0);
    machine->address_width = request.address_width;
    return viommu;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, size };
    struct machine *machine = calloc(1, sizeof(*machine));

    MUST(machine);
    machine->page = aligned_alloc(ELI_SIDECORE_PAGE_SIZE, ELI_SIDECORE_PAGE_SIZE);
    MUST(machine->page);
    machine->ops = eli_plugin_get(ELI_ABI_MAJOR)->viommu;
    machine->sidecore = eli_plugin_get(ELI_ABI_MAJOR)->sidecore;
    machine->viommu = create(machine, &input);
    if (machine->viommu && byte(&input) & 1)
        machine->sidecore->attach(machine->viommu, machine->page, NULL, 0);
    for (int calls = 0; machine->viommu && input.left && calls < 300; calls++) {
        uint8_t call = byte(&input);

        if (call < 64)
            fill(machine, &input);
        else if (call < 96)
            descriptors(machine, &input);
        else if (call < 160)
            access_registers(machine, &input);
        else if (call < 176)
            enable(machine, &input);
        else if (call < 192)
            use_page(machine, &input);
        else if (call < 208)
            translate(machine, &input);
        else if (call < 224)
            remap(machine, &input);
        else if (call < 240)
            walk(machine, &input);
        else if (call < 248)
            move(machine, &input);
        else if (call < 254)
            misuse(machine, &input);
        else
            machine->ops->reset(machine->viommu);
    }
    for (int w = 0; w < WALKS; w++)
        machine->ops->walk_free(machine->walks[w]);
    machine->ops->destroy(machine->viommu);
    free(machine->page);
    free(machine);
    return 0;
}
