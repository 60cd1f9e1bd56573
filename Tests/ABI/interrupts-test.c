/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans, shadows, quanta and statistics as a VMM calls them. */
#include <errno.h>
#include <string.h>

#include "check.h"

static const eli_plugin_ops *ops;
static eli_context *context;
static char message[512];

static eli_vcpu vcpus[2] = {
    { .apic_id = 0, .home_cpu = 2, .idt_limit = 0xfff, .flags = ELI_VCPU_SHADOW },
    { .apic_id = 1, .home_cpu = 3, .idt_limit = 0xfff, .flags = ELI_VCPU_SHADOW },
};
static eli_route routes[3] = {
    { .device = 1, .index = 0, .address = 0xfee00000, .data = 0x22, .flags = ELI_ROUTE_MOVABLE },
    { .device = 1, .index = 1, .address = 0xfee01000, .data = 0x80, .flags = ELI_ROUTE_MOVABLE },
    { .device = 1, .index = 2, .address = 0xfee00000, .data = 0x42, .flags = ELI_ROUTE_MOVABLE },
};
static const eli_cpu cpus[4] = {
    { 0, ELI_CPU_ONLINE | ELI_CPU_HOUSEKEEPING }, { 1, ELI_CPU_ONLINE | ELI_CPU_HOUSEKEEPING },
    { 2, ELI_CPU_ONLINE }, { 3, ELI_CPU_ONLINE },
};
static eli_host_irq irqs[2] = {
    { .irq = 45, .cpu = 2, .vector = 0x31 },
    { .irq = 9, .cpu = 3, .vector = 0x21, .flags = ELI_IRQ_MOVABLE },
};

static eli_plan_request request(void)
{
    return (eli_plan_request){
        .size = sizeof(eli_plan_request), .flags = ELI_PLAN_INTR_REMAPPING,
        .vcpus = vcpus, .vcpu_count = 2, .vcpu_size = sizeof(vcpus[0]),
        .routes = routes, .route_count = 3, .route_size = sizeof(routes[0]),
        .cpus = cpus, .cpu_count = 4, .cpu_size = sizeof(cpus[0]),
        .irqs = irqs, .irq_count = 2, .irq_size = sizeof(irqs[0]),
    };
}

static eli_plan *make_plan(const eli_plan_request *asked, const eli_plan *previous)
{
    eli_plan *plan = NULL;

    CHECK(ops->plan_create(context, asked, previous, &plan, message, sizeof(message)) == 0);
    return plan;
}

static eli_route_plan route_plan(const eli_plan *plan, uint32_t index)
{
    eli_route_plan route = { .size = sizeof(route) };

    CHECK(ops->plan_route(plan, index, &route, message, sizeof(message)) == 0);
    CHECK(route.size == sizeof(route));
    return route;
}

static void test_plan(void)
{
    eli_plan_request asked = request();
    eli_plan *plan = make_plan(&asked, NULL);
    eli_cpu_plan cpu = { .size = sizeof(cpu) };
    eli_irq_move move = { .size = sizeof(move) };
    eli_route_plan route = route_plan(plan, 0);

    CHECK(route.placement == ELI_IDENTITY && route.host_vector == 0x22 && route.vcpu == 0);
    CHECK(route.not_identity == 0 && route.not_direct == 0 && message[0] == '\0');
    route = route_plan(plan, 1);
    CHECK(route.placement == ELI_REMAPPED && route.host_vector == 0x81 && route.vcpu == 1);
    CHECK(route.guest_vector == 0x80 && route.not_identity != 0 && route.not_direct == 0);
    route = route_plan(plan, 2); /* kept from its own vector by irq 45, which is named */
    CHECK(route.placement == ELI_REMAPPED && route.host_vector < 0x31);
    CHECK(route.blocking_irq == 45);
    CHECK(strstr(message, "(irq 45, vector 0x31 of CPU 2 is in the way); ") != NULL);

    CHECK(ops->plan_cpu(plan, 0, &cpu, message, sizeof(message)) == 0);
    CHECK(cpu.cpu == 2 && cpu.refusal == 0 && cpu.idtr_limit == (route.host_vector + 1) * 16 - 1);
    CHECK(cpu.owned[1] == (1u << 2 | 1u << (route.host_vector - 32)));
    CHECK(cpu.lowest_guest_vector == 0x22);
    CHECK(cpu.exposures == (ELI_EXPOSURE_LATENCY | ELI_EXPOSURE_REPLACED_GATES));
    CHECK(ops->plan_cpu(plan, 1, &cpu, message, sizeof(message)) == 0);
    CHECK(cpu.cpu == 3 && cpu.idtr_limit == 0x81f);
    CHECK(cpu.spacers[4] == 0 && cpu.spacers[1] == (0xfffffffeu & ~(1u << 18)));

    CHECK(ops->plan_move(plan, 0, &move, message, sizeof(message)) == 0);
    CHECK(move.irq == 9 && move.cpu == 3 && move.vector == 0x21 && move.to == 0);
    CHECK(ops->plan_move(plan, 1, &move, message, sizeof(message)) == -ENOENT);
    CHECK(ops->plan_needs_shadow(plan, 0) == 1);
    CHECK(ops->plan_inject(plan, 0, 0x81) == 22);
    CHECK(ops->plan_inject(plan, 0, 0x80) == 0x80);
    CHECK(ops->plan_inject(plan, 0, 22) == -ENOENT);
    ops->plan_destroy(plan);
}

static void test_replan_keeps_what_holds(void)
{
    eli_plan_request asked = request();
    eli_plan *first = make_plan(&asked, NULL);
    eli_plan *second;
    eli_route_plan before = route_plan(first, 2), after;

    routes[0].data = 0x23;
    second = make_plan(&asked, first);
    routes[0].data = 0x22;
    ops->plan_destroy(first); /* the second one stands alone */
    after = route_plan(second, 2);
    CHECK(after.host_vector == before.host_vector);
    CHECK(route_plan(second, 0).host_vector == 0x23);
    ops->plan_destroy(second);
}

static void test_refusals_are_told(void)
{
    eli_plan_request asked = request();
    eli_plan *plan;
    eli_cpu_plan cpu = { .size = sizeof(cpu) };
    const char *code, *cause, *remedy;
    uint32_t reasons = 0;
    char small[8];
    eli_route_plan route = { .size = sizeof(route) };

    asked.flags = 0;
    plan = make_plan(&asked, NULL);
    CHECK(route_plan(plan, 0).placement == ELI_INJECTED);
    CHECK(strstr(message, "does not remap interrupts; enable VT-d") != NULL);
    CHECK(ops->plan_cpu(plan, 0, &cpu, message, sizeof(message)) == 0);
    CHECK(cpu.cpu == ELI_NONE && cpu.refusal != 0 && cpu.idtr_limit == ELI_NONE);
    CHECK(ops->plan_route(plan, 0, &route, small, sizeof(small)) == 0);
    CHECK(memcmp(small, "the hos", 8) == 0); /* cut to fit */
    CHECK(ops->plan_reason(route.not_direct, &code, &cause, &remedy) == 0);
    CHECK(strcmp(code, "no-interrupt-remapping") == 0);
    CHECK(strcmp(cause, "the host does not remap interrupts") == 0);
    CHECK(strncmp(remedy, "enable VT-d", 11) == 0);
    CHECK(ops->plan_reason(0, &code, NULL, NULL) == -ENOENT);
    for (uint32_t reason = 1; ops->plan_reason(reason, &code, &cause, &remedy) == 0; reason++)
        reasons = reason;
    CHECK(reasons == 25);
    CHECK(ops->plan_reason(UINT32_MAX, NULL, NULL, NULL) == -ENOENT);
    CHECK(ops->plan_route(plan, 0, &route, NULL, 0) == 0);
    ops->plan_destroy(plan);
    asked.flags = ELI_PLAN_ADMIT_NO_INTR_REMAPPING;
    plan = make_plan(&asked, NULL);
    CHECK(route_plan(plan, 0).placement == ELI_IDENTITY);
    ops->plan_destroy(plan);
}

static void expect_refused(eli_plan_request asked, int error)
{
    eli_plan *plan = (eli_plan *)&ops;

    message[0] = '\0';
    CHECK(ops->plan_create(context, &asked, NULL, &plan, message, sizeof(message)) == error);
    CHECK(plan == (eli_plan *)&ops && message[0] != '\0');
}

static void test_malformed_plans(void)
{
    eli_plan_request asked = request();

    asked.size--;
    expect_refused(asked, -EINVAL);
    asked = request(), asked.flags |= 1u << 31;
    expect_refused(asked, -EINVAL);
    asked = request(), asked.routes = NULL;
    expect_refused(asked, -EINVAL);
    asked = request(), asked.route_size = 4;
    expect_refused(asked, -EINVAL);
    asked = request(), asked.route_count = UINT32_MAX;
    expect_refused(asked, -E2BIG);
    asked = request();
    irqs[0].vector = 256;
    expect_refused(asked, -EINVAL);
    irqs[0].vector = 0x31;
    vcpus[1].flags = 0x80;
    expect_refused(asked, -EINVAL);
    vcpus[1].flags = ELI_VCPU_SHADOW;
    CHECK(ops->plan_create(context, NULL, NULL, NULL, NULL, 0) == -EINVAL);
    CHECK(ops->plan_create(NULL, &asked, NULL, NULL, NULL, 0) == -EINVAL);
    CHECK(ops->plan_route(NULL, 0, NULL, NULL, 0) == -EINVAL);
    CHECK(ops->plan_needs_shadow(NULL, 0) == -EINVAL);
    ops->plan_destroy(NULL);
}

/* A VMM of a later minor version: longer structs. */
static void test_longer_structs(void)
{
    struct { eli_route route; uint64_t more; } longer[3];
    struct { eli_route_plan route; uint32_t more; } answer = {
        .route = { .size = sizeof(answer) }, .more = 0x5a5a5a5a,
    };
    eli_plan_request asked = request();
    eli_plan *plan;

    memset(longer, 0xff, sizeof(longer));
    for (int i = 0; i < 3; i++)
        longer[i].route = routes[i];
    asked.routes = &longer[0].route;
    asked.route_size = sizeof(longer[0]);
    plan = make_plan(&asked, NULL);
    CHECK(ops->plan_route(plan, 1, &answer.route, NULL, 0) == 0);
    CHECK(answer.route.host_vector == 0x81 && answer.route.size == sizeof(answer));
    CHECK(answer.more == 0x5a5a5a5a);
    ops->plan_destroy(plan);
}

static uint64_t word(const void *page, unsigned vector, unsigned half)
{
    uint64_t value;

    memcpy(&value, (const char *)page + vector * 16 + half * 8, 8);
    return value;
}

static void test_shadow(void)
{
    static _Alignas(4096) unsigned char guest[4096], shadow[4096];
    eli_plan_request asked = request();
    eli_plan *plan = make_plan(&asked, NULL), *later;
    eli_shadow_request wanted = {
        .size = sizeof(wanted), .idt_base = 0xfffffe0000000000, .idt_limit = 0xfff,
        .guest = { guest }, .shadow = { shadow },
    };
    eli_shadow *idt = NULL;

    for (unsigned i = 0; i < sizeof(guest); i++)
        guest[i] = (unsigned char)(i * 37 >> 3);
    CHECK(ops->shadow_create(context, &wanted, plan, &idt, message, sizeof(message)) == 0);
    CHECK(word(shadow, 0x80, 0) == word(guest, 0x80, 0));
    CHECK(word(shadow, 0x81, 0) == word(guest, 0x80, 0));
    CHECK(word(shadow, 22, 1) == word(guest, 0x81, 1));

    guest[0x800] ^= 0xff; /* a byte of the lower half: at once */
    CHECK(ops->shadow_write(idt, 0, 0x800, 1) == 0);
    CHECK(word(shadow, 0x81, 0) == word(guest, 0x80, 0));
    guest[0x808] ^= 0xff; /* one of the upper half: not present until settled */
    CHECK(ops->shadow_write(idt, 0, 0x808, 1) == ELI_SHADOW_WITHHELD);
    CHECK(word(shadow, 0x81, 0) == 0x0e0000000000);
    ops->shadow_settle(idt);
    CHECK(memcmp(shadow + 0x810, guest + 0x800, 16) == 0);
    CHECK(memcmp(shadow + 0x800, guest + 0x800, 16) == 0);

    CHECK(ops->shadow_write(idt, 1, 0, 8) == -EINVAL); /* the table has one page */
    CHECK(ops->shadow_write(idt, 0, 4096, 1) == -EINVAL);
    CHECK(ops->shadow_write(idt, 0, 0, 0) == -EINVAL);
    CHECK(ops->shadow_write(NULL, 0, 0, 1) == -EINVAL);

    asked.route_count = 0; /* nothing direct: the guest's own table again */
    later = make_plan(&asked, plan);
    CHECK(ops->plan_needs_shadow(later, 0) == 0);
    CHECK(ops->shadow_plan(idt, later, message, sizeof(message)) >= 0);
    ops->plan_destroy(plan);
    ops->plan_destroy(later);
    ops->shadow_settle(idt);
    CHECK(memcmp(shadow, guest, sizeof(guest)) == 0);
    ops->shadow_destroy(idt);
    ops->shadow_destroy(NULL);
    ops->shadow_settle(NULL);
}

static void test_shadow_refused(void)
{
    static _Alignas(4096) unsigned char pages[4][4096];
    eli_plan_request asked = request();
    eli_plan *plan = make_plan(&asked, NULL);
    const eli_shadow_request good = {
        .size = sizeof(good), .idt_base = 0x1100, .idt_limit = 0xfff,
        .guest = { pages[0], pages[1] }, .shadow = { pages[2], pages[3] },
    };
    eli_shadow_request wanted;
    eli_shadow *idt = NULL;

#define REFUSED(change, error)                                                               \
    wanted = good, change;                                                                   \
    message[0] = '\0';                                                                       \
    CHECK(ops->shadow_create(context, &wanted, plan, &idt, message, sizeof(message)) == error); \
    CHECK(idt == NULL && message[0] != '\0')
    REFUSED(wanted.idt_base = 0x1104, -EINVAL);
    REFUSED(wanted.idt_base = 1ull << 63, -EINVAL);
    REFUSED(wanted.idt_limit = 0x1fe, -EINVAL);
    REFUSED(wanted.idt_limit = 0x10000, -EINVAL);
    REFUSED(wanted.idt_limit = 0x7ff, -EINVAL);
    REFUSED(wanted.guest[1] = NULL, -EINVAL);
    REFUSED(wanted.shadow[0] = pages[2] + 1, -EINVAL);
    REFUSED(wanted.table = 7, -ENOENT);
    REFUSED(wanted.flags = 1, -EINVAL);
    REFUSED(wanted.size = 8, -EINVAL);
#undef REFUSED
    CHECK(ops->shadow_create(context, &good, plan, &idt, NULL, 0) == 0);
    ops->shadow_destroy(idt);
    ops->plan_destroy(plan);
}

static void test_quantum(void)
{
    eli_quantum_request wanted = { .size = sizeof(wanted), .tsc_khz = 2000000, .timer_rate = 5 };
    eli_quantum_state state = { .size = sizeof(state) };
    eli_statistics counts = { .size = sizeof(counts) };
    eli_quantum *quantum = NULL;

    CHECK(ops->quantum_create(context, &wanted, &quantum, message, sizeof(message)) == 0);
    CHECK(ops->quantum_learn(quantum, NULL, &state, NULL, 0) == 0);
    CHECK(state.ticks == 2000000 && state.bound == 2000000 && state.floor == 250000);
    CHECK(ops->quantum_learn(quantum, &counts, &state, NULL, 0) == 0);
    counts.quantum_exits = counts.quantum_exits_with_work = 8;
    CHECK(ops->quantum_learn(quantum, &counts, &state, NULL, 0) == 0);
    CHECK(state.ticks == 1000000);
    counts.flags = 1;
    CHECK(ops->quantum_learn(quantum, &counts, &state, message, sizeof(message)) == -EINVAL);
    state.size = 4;
    CHECK(ops->quantum_learn(quantum, NULL, &state, NULL, 0) == -EINVAL);
    CHECK(ops->quantum_learn(NULL, NULL, &state, NULL, 0) == -EINVAL);
    ops->quantum_destroy(quantum);
    ops->quantum_destroy(NULL);

    wanted.tsc_khz = 0;
    CHECK(ops->quantum_create(context, &wanted, &quantum, message, sizeof(message)) == -EINVAL);
    CHECK(strstr(message, "frequency") != NULL);
    wanted.tsc_khz = 2000000, wanted.timer_rate = 32;
    CHECK(ops->quantum_create(context, &wanted, &quantum, message, sizeof(message)) == -EINVAL);
}

static void test_statistics(void)
{
    eli_statistics now = { .size = sizeof(now), .bounces = 10, .adopted = 3, .quantum_exits = 1 };
    eli_statistics before = { .size = sizeof(before), .bounces = 4, .adopted = 5 };
    eli_statistics grown = { .size = sizeof(grown) };

    CHECK(ops->statistics_since(&now, &before, &grown, NULL, 0) == 0);
    CHECK(grown.size == sizeof(grown) && grown.bounces == 6 && grown.quantum_exits == 1);
    CHECK(grown.adopted == 3); /* set to 0 meanwhile */
    CHECK(ops->statistics_since(&now, NULL, &grown, NULL, 0) == -EINVAL);
}

static void test_protection(void)
{
    eli_host_vector vector = {
        .size = sizeof(vector), .vector = 0xec, .highest_owned = 0x41,
        .flags = ELI_VECTOR_HOUSEKEEPING | ELI_VECTOR_QUANTUM,
    };
    uint32_t open = 0;

    CHECK(ops->protect(&vector, &open) == ELI_PROTECT_IDTR_LIMIT && open == ELI_OPEN_WAITS);
    vector.flags |= ELI_VECTOR_URGENT | ELI_VECTOR_CAN_BE_NMI;
    CHECK(ops->protect(&vector, &open) == ELI_PROTECT_NMI && open == ELI_OPEN_COALESCED);
    vector.flags |= ELI_VECTOR_MOVABLE;
    CHECK(ops->protect(&vector, NULL) == ELI_PROTECT_NON_ELI_CORE);
    vector.flags = 0, vector.vector = 0x31;
    CHECK(ops->protect(&vector, &open) == ELI_PROTECT_NONE);
    CHECK(open == (ELI_OPEN_WAITS | ELI_OPEN_STEALABLE));
    vector.vector = 256;
    CHECK(ops->protect(&vector, &open) == -EINVAL);
    CHECK(ops->protect(NULL, &open) == -EINVAL);
}

int main(int argc, char **argv)
{
    eli_host_ops host = {
        .size = sizeof(host), .abi_major = ELI_ABI_MAJOR, .abi_minor = ELI_ABI_MINOR,
    };

    ops = check_load(argc, argv)(ELI_ABI_MAJOR);
    if (!ops || ops->create(&host, &context, NULL, 0))
        return 2;
    test_plan();
    test_replan_keeps_what_holds();
    test_refusals_are_told();
    test_malformed_plans();
    test_longer_structs();
    test_shadow();
    test_shadow_refused();
    test_quantum();
    test_statistics();
    test_protection();
    ops->destroy(context);
    return check_summary();
}
