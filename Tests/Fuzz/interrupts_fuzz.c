/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls the C interface of plans, shadows, quanta and statistics in the order and with the bytes
 * that a fuzzer chooses. All memory that it hands over is allocated to the byte, so that an access
 * beyond what a struct or an array says is caught.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "eli.h"
#include "input.h"

#define PLANS 3
#define SHADOWS 2
#define QUANTA 2
#define PAGES 8

struct session {
    const eli_plugin_ops *ops;
    eli_context *context;
    eli_plan *plans[PLANS];
    eli_shadow *shadows[SHADOWS];
    eli_quantum *quanta[QUANTA];
    uint8_t *pages[PAGES];
    char *message;
    size_t message_size;
};

static void new_message(struct session *session, struct input *input)
{
    free(session->message);
    session->message_size = byte(input) % 80;
    session->message = session->message_size ? malloc(session->message_size) : NULL;
    if (session->message)
        memset(session->message, 'x', session->message_size);
}

/* Either untouched or ended by a NUL. */
static void check_message(const struct session *session)
{
    size_t size = session->message_size;

    if (session->message && session->message[0] != 'x')
        MUST(memchr(session->message, 0, size));
}

static void plan_create(struct session *session, struct input *input)
{
    eli_plan_request request = { .flags = byte(input) & (byte(input) < 240 ? 15 : 255) };
    uint8_t counts[4], extra[4];
    uint32_t sizes[4] = { sizeof(eli_vcpu), sizeof(eli_route), sizeof(eli_cpu), sizeof(eli_host_irq) };
    static const uint32_t limits[4] = {
        ELI_PLAN_MAX_VCPUS, ELI_PLAN_MAX_ROUTES, ELI_PLAN_MAX_CPUS, ELI_PLAN_MAX_IRQS,
    };
    void *arrays[4];
    eli_plan *plan = NULL, *previous = session->plans[byte(input) % PLANS];
    eli_plan_request *asked;
    unsigned slot = byte(input) % PLANS;
    int result;

    for (int i = 0; i < 4; i++) {
        counts[i] = byte(input) % (i == 1 ? 40 : 12);
        extra[i] = byte(input);
        sizes[i] = extra[i] < 8 ? extra[i] : sizes[i] + (extra[i] > 240 ? extra[i] & 7 : 0);
        arrays[i] = block(input, NULL, 0, (size_t)counts[i] * sizes[i]);
    }
    /* Make some sense of most elements: raw bytes are refused at the first unknown flag. */
    for (unsigned i = 0; i < counts[0] && sizes[0] >= sizeof(eli_vcpu); i++) {
        eli_vcpu vcpu = {
            .apic_id = byte(input) < 250 ? i : number(input),
            .home_cpu = byte(input) < 220 ? 2 + i : number(input), .table = byte(input) & 1,
            .idt_limit = byte(input) < 200 ? 0xfff : number(input) & 0x1ffff,
            .flags = byte(input) < 200 ? ELI_VCPU_SHADOW : byte(input) & 3,
        };
        memcpy((uint8_t *)arrays[0] + i * sizes[0], &vcpu, sizeof(vcpu));
    }
    for (unsigned i = 0; i < counts[1] && sizes[1] >= sizeof(eli_route); i++) {
        eli_route route = {
            .device = i / 4, .index = i % 4,
            .address = byte(input) < 230 ? 0xfee00000u | (byte(input) & 15u) << 12 : wide(input),
            .data = byte(input) < 230 ? byte(input) : number(input),
            .flags = byte(input) < 250 ? ELI_ROUTE_MOVABLE : byte(input) & 3,
        };
        memcpy((uint8_t *)arrays[1] + i * sizes[1], &route, sizeof(route));
    }
    for (unsigned i = 0; i < counts[2] && sizes[2] >= sizeof(eli_cpu); i++) {
        eli_cpu cpu = {
            i, byte(input) < 230 ? ELI_CPU_ONLINE | (i < 2 ? ELI_CPU_HOUSEKEEPING : 0u)
                                 : byte(input) & 7u,
        };
        memcpy((uint8_t *)arrays[2] + i * sizes[2], &cpu, sizeof(cpu));
    }
    for (unsigned i = 0; i < counts[3] && sizes[3] >= sizeof(eli_host_irq); i++) {
        eli_host_irq irq = {
            .irq = number(input), .cpu = byte(input) % 12,
            .vector = byte(input) < 250 ? byte(input) : number(input), .flags = byte(input) & 1,
        };
        memcpy((uint8_t *)arrays[3] + i * sizes[3], &irq, sizeof(irq));
    }
    request.vcpus = arrays[0], request.vcpu_count = counts[0], request.vcpu_size = sizes[0];
    request.routes = arrays[1], request.route_count = counts[1], request.route_size = sizes[1];
    request.cpus = arrays[2], request.cpu_count = counts[2], request.cpu_size = sizes[2];
    request.irqs = arrays[3], request.irq_count = counts[3], request.irq_size = sizes[3];
    switch (byte(input)) {
    case 0: request.vcpu_count = limits[0] + 1 + number(input) % 1000; break;
    case 1: request.route_count = UINT32_MAX; break;
    case 2: request.cpu_count = limits[2] + 1; break;
    case 3: request.irq_count = limits[3] + 1; break;
    case 4: request.routes = NULL; break;
    }
    asked = sized(input, &request, sizeof(request));
    result = session->ops->plan_create(byte(input) ? session->context : NULL, asked, previous,
                                       byte(input) ? &plan : NULL, session->message,
                                       session->message_size);
    MUST(result == 0 || result == -EINVAL || result == -E2BIG);
    MUST((result == 0) == (plan != NULL));
    if (plan) {
        session->ops->plan_destroy(session->plans[slot]);
        session->plans[slot] = plan;
    }
    free(asked);
    for (int i = 0; i < 4; i++)
        free(arrays[i]);
}

static void plan_query(struct session *session, struct input *input)
{
    const eli_plan *plan = session->plans[byte(input) % PLANS];
    uint32_t index = number(input);
    eli_route_plan route = { 0 };
    eli_cpu_plan cpu = { 0 };
    eli_irq_move move = { 0 };
    void *answer;
    int result;

    switch (byte(input) % 6) {
    case 0:
        answer = sized(input, &route, sizeof(route));
        result = session->ops->plan_route(plan, index, answer, session->message,
                                          session->message_size);
        if (!result) {
            memcpy(&route, answer, sizeof(route));
            MUST(route.placement <= ELI_REMAPPED && route.guest_vector <= 255);
            MUST((route.placement == ELI_INJECTED) == (route.host_vector == ELI_NONE));
            MUST((route.placement == ELI_INJECTED) == (route.not_direct != 0));
            MUST((route.placement == ELI_IDENTITY) == (route.not_identity == 0));
        }
        break;
    case 1:
        answer = sized(input, &cpu, sizeof(cpu));
        result = session->ops->plan_cpu(plan, index, answer, session->message,
                                        session->message_size);
        break;
    case 2:
        answer = sized(input, &move, sizeof(move));
        result = session->ops->plan_move(plan, index, answer, session->message,
                                         session->message_size);
        break;
    case 4: {
        const char *words[3];

        answer = NULL;
        result = session->ops->plan_reason(index, &words[0], &words[1], &words[2]);
        MUST(result || (strlen(words[0]) && strlen(words[1]) && strlen(words[2])));
        break;
    }
    case 3:
        answer = NULL;
        result = session->ops->plan_needs_shadow(plan, index);
        MUST(result <= 1);
        break;
    default:
        answer = NULL;
        result = session->ops->plan_inject(plan, number(input), index);
        MUST(result <= 255);
    }
    MUST(result >= 0 || result == -EINVAL || result == -ENOENT);
    free(answer);
}

static void *page(struct session *session, struct input *input)
{
    uint8_t kind = byte(input);
    uint8_t *base = session->pages[byte(input) % PAGES];

    if (kind < 8)
        return NULL;
    return kind < 16 ? base + 1 + kind % 7 : base;
}

static void shadow_create(struct session *session, struct input *input)
{
    eli_shadow_request request = {
        .flags = byte(input) < 250 ? 0 : number(input),
        .idt_base = byte(input) < 200 ? 0xfffffe0000000000u | (byte(input) & 0x1ffu) * 8 * byte(input)
                                      : wide(input),
        .idt_limit = byte(input) < 150 ? 0xfff : number(input) & 0x1ffff,
        .table = byte(input) & 1,
        .guest = { page(session, input), page(session, input) },
        .shadow = { page(session, input), page(session, input) },
    };
    eli_shadow_request *asked = sized(input, &request, sizeof(request));
    eli_shadow *shadow = NULL;
    unsigned slot = byte(input) % SHADOWS;
    int result = session->ops->shadow_create(
        session->context, asked, session->plans[byte(input) % PLANS],
        byte(input) ? &shadow : NULL, session->message, session->message_size);

    MUST(result == 0 || result == -EINVAL || result == -ENOENT);
    MUST((result == 0) == (shadow != NULL));
    if (shadow) {
        session->ops->shadow_destroy(session->shadows[slot]);
        session->shadows[slot] = shadow;
    }
    free(asked);
}

static void shadow_use(struct session *session, struct input *input)
{
    eli_shadow *shadow = session->shadows[byte(input) % SHADOWS];
    uint8_t *guest = session->pages[byte(input) % PAGES];
    unsigned offset = (byte(input) << 4 | byte(input) >> 4) & 0xfff;
    int result = 0;

    switch (byte(input) & 3) {
    case 0:
        session->ops->shadow_settle(shadow);
        break;
    case 1:
        result = session->ops->shadow_plan(shadow, session->plans[byte(input) % PLANS],
                                           session->message, session->message_size);
        break;
    case 2:
        result = session->ops->shadow_write(shadow, number(input), number(input), number(input));
        break;
    default:
        for (unsigned i = 0; i < 8 && offset + i < 4096; i++)
            guest[offset + i] = byte(input);
        result = session->ops->shadow_write(shadow, byte(input) & 1, offset, 8);
    }
    MUST(result == 0 || result == ELI_SHADOW_WITHHELD || result == -EINVAL || result == -ENOENT);
}

static void quantum(struct session *session, struct input *input)
{
    unsigned slot = byte(input) % QUANTA;
    eli_quantum_request request = {
        .max_latency_us = number(input), .tsc_khz = number(input), .timer_rate = byte(input) & 63,
        .flags = byte(input) < 250 ? 0 : 1,
    };
    eli_statistics counts = {
        .direct_entries = wide(input), .quantum_exits = wide(input),
        .quantum_exits_with_work = wide(input), .bounces = wide(input),
    };
    eli_quantum_state state = { 0 };
    void *asked, *answer;
    eli_quantum *made = NULL;

    if (byte(input) < 64) {
        asked = sized(input, &request, sizeof(request));
        if (!session->ops->quantum_create(session->context, asked, &made, session->message,
                                          session->message_size)) {
            session->ops->quantum_destroy(session->quanta[slot]);
            session->quanta[slot] = made;
        }
        free(asked);
        return;
    }
    asked = sized(input, &counts, sizeof(counts));
    answer = sized(input, &state, sizeof(state));
    if (!session->ops->quantum_learn(session->quanta[slot], asked, answer, session->message,
                                     session->message_size)) {
        memcpy(&state, answer, sizeof(state));
        MUST(state.ticks >= state.floor && state.ticks <= state.bound && state.floor > 0);
    }
    free(answer);
    answer = sized(input, &counts, sizeof(counts));
    session->ops->statistics_since(asked, answer, answer, session->message, session->message_size);
    free(answer);
    free(asked);
}

static void protect(struct session *session, struct input *input)
{
    eli_host_vector vector = {
        .flags = byte(input) & (byte(input) < 240 ? 31 : 255), .vector = number(input) & 0x1ff,
        .highest_owned = byte(input),
    };
    eli_host_vector *asked = sized(input, &vector, sizeof(vector));
    uint32_t open = 0;
    int result = session->ops->protect(asked, byte(input) ? &open : NULL);

    MUST(result == -EINVAL || (result >= ELI_PROTECT_NON_ELI_CORE && result <= ELI_PROTECT_NONE));
    MUST(open <= 7);
    free(asked);
}

static void admit(struct session *session, struct input *input)
{
    eli_facts facts = { .flags = byte(input) & 1, .features = number(input), .reasons = wide(input) };
    eli_facts *asked = sized(input, &facts, sizeof(facts));
    uint64_t blocking;

    session->ops->admit(session->context, asked, byte(input) ? &blocking : NULL, session->message,
                        session->message_size);
    free(asked);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = { data, size };
    struct session session = { .ops = eli_plugin_get(ELI_ABI_MAJOR) };
    eli_host_ops host = {
        .size = sizeof(host), .abi_major = ELI_ABI_MAJOR, .abi_minor = ELI_ABI_MINOR,
    };

    MUST(session.ops && session.ops->create(&host, &session.context, NULL, 0) == 0);
    for (int i = 0; i < PAGES; i++) {
        session.pages[i] = aligned_alloc(4096, 4096);
        MUST(session.pages[i]);
        memset(session.pages[i], i * 31, 4096);
    }
    for (int calls = 0; input.left && calls < 200; calls++) {
        uint8_t call = byte(&input);

        new_message(&session, &input);
        if (call < 64)
            plan_create(&session, &input);
        else if (call < 104)
            plan_query(&session, &input);
        else if (call < 136)
            shadow_create(&session, &input);
        else if (call < 200)
            shadow_use(&session, &input);
        else if (call < 225)
            quantum(&session, &input);
        else if (call < 240)
            protect(&session, &input);
        else
            admit(&session, &input);
        check_message(&session);
    }
    for (int i = 0; i < PLANS; i++)
        session.ops->plan_destroy(session.plans[i]);
    for (int i = 0; i < SHADOWS; i++)
        session.ops->shadow_destroy(session.shadows[i]);
    for (int i = 0; i < QUANTA; i++)
        session.ops->quantum_destroy(session.quanta[i]);
    session.ops->destroy(session.context);
    for (int i = 0; i < PAGES; i++)
        free(session.pages[i]);
    free(session.message);
    return 0;
}
