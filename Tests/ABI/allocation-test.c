/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is called on hot paths allocates nothing: counted in place of the C library's allocator. */
#include "allocation_counter.h"
#include "viommu-guest.h"

/* An IOMMU at work: mapping after mapping ends, and its device goes astray. */
static void check_viommu(const eli_viommu_ops *ops)
{
    eli_viommu_request request = guest_request();
    eli_viommu_mapping mapping = { .size = sizeof(mapping) };
    eli_viommu_message message = { .size = sizeof(message) };
    eli_viommu *viommu = NULL;
    unsigned long before;

    guest_build_tables();
    CHECK(ops->create(&request, &viommu, NULL, 0) == 0);
    guest_enable(ops, viommu);
    before = eli_allocation_count();
    for (unsigned i = 0; i < 10000; i++) {
        if (ops->read(viommu, 0x88, 8) == 0xff0)
            ops->write(viommu, 0x88, 0, 8);
        else
            guest_queue(ops, viommu, (uint64_t)DOMAIN << 16 | 3 << 4 | 2, 0x10000);
        while (guest_effect(ops, viommu).kind != ELI_VIOMMU_IDLE)
            ;
        ops->translate(viommu, DEVICE, 0x10000 + (i % 3 << 12), i & 1, &mapping);
        ops->remap(viommu, DEVICE + i % 2, 0xfee00010 | 5 << 5, 0, 0, &message);
    }
    CHECK(eli_allocation_count() == before);
    ops->destroy(viommu);
}

/* A mirror at work: mappings come, go stale, come again, and end. */
static void check_mirror(const eli_viommu_ops *ops)
{
    eli_viommu_mirror_request request = {
        .size = sizeof(request), .teardown = ELI_VIOMMU_TEARDOWN_OPTIMISTIC, .max_mappings = 64,
        .stale_max = 16, .stale_time = 100,
    };
    eli_viommu_mirror *mirror = NULL;
    unsigned long before;
    uint32_t changes = 0;

    CHECK(ops->mirror_new(&request, &mirror, NULL, 0) == 0);
    before = eli_allocation_count();
    for (uint64_t i = 0; i < 10000; i++) {
        uint64_t page = i * 7 % 96 << 12;
        eli_viommu_mapping run = {
            .size = sizeof(run), .access = 3, .first = page, .last = page + 0x3fff, .output = page,
        };

        ops->mirror_begin(mirror, page, page + 0x3fff, 0);
        if (i % 3)
            ops->mirror_run(mirror, &run);
        for (int step = 0; step < 2; step++) {
            eli_viommu_change change = { .size = sizeof(change) };
            uint32_t budget = 1000;

            while (ops->mirror_next(mirror, i, &budget, &change) == 1)
                changes++;
            ops->mirror_end(mirror);
        }
        ops->mirror_expire(mirror, i);
    }
    CHECK(eli_allocation_count() == before && changes > 1000);
    ops->mirror_free(mirror);
}

int main(int argc, char **argv)
{
    static _Alignas(4096) unsigned char guest[4096], shadow[4096];
    eli_vcpu vcpu = { .home_cpu = 1, .idt_limit = 0xfff, .flags = ELI_VCPU_SHADOW };
    eli_route route = { .address = 0xfee00000, .data = 0x80, .flags = ELI_ROUTE_MOVABLE };
    eli_cpu cpus[2] = { { 0, ELI_CPU_ONLINE | ELI_CPU_HOUSEKEEPING }, { 1, ELI_CPU_ONLINE } };
    eli_plan_request asked = {
        .size = sizeof(asked), .flags = ELI_PLAN_INTR_REMAPPING, .vcpus = &vcpu,
        .vcpu_count = 1, .vcpu_size = sizeof(vcpu), .routes = &route, .route_count = 1,
        .route_size = sizeof(route), .cpus = cpus, .cpu_count = 2, .cpu_size = sizeof(cpus[0]),
    };
    eli_shadow_request wanted = {
        .size = sizeof(wanted), .idt_base = 0x1000, .idt_limit = 0xfff,
        .guest = { guest }, .shadow = { shadow },
    };
    eli_quantum_request time = { .size = sizeof(time), .tsc_khz = 2000000 };
    eli_quantum_state state = { .size = sizeof(state) };
    eli_statistics counts = { .size = sizeof(counts) };
    eli_host_ops host = {
        .size = sizeof(host), .abi_major = ELI_ABI_MAJOR, .abi_minor = ELI_ABI_MINOR,
    };
    const eli_plugin_ops *ops = check_load(argc, argv)(ELI_ABI_MAJOR);
    eli_context *context = NULL;
    eli_plan *plan = NULL;
    eli_shadow *idt = NULL;
    eli_quantum *quantum = NULL;
    unsigned long before, after;
    int withheld = 0;

    if (!ops || ops->create(&host, &context, NULL, 0))
        return 2;
    before = eli_allocation_count();
    CHECK(ops->plan_create(context, &asked, NULL, &plan, NULL, 0) == 0);
    CHECK(ops->shadow_create(context, &wanted, plan, &idt, NULL, 0) == 0);
    CHECK(ops->quantum_create(context, &time, &quantum, NULL, 0) == 0);
    CHECK(eli_allocation_count() > before); /* the counter counts the library */

    before = eli_allocation_count();
    for (unsigned i = 0; i < 100000; i++) {
        unsigned offset = i * 13 & 0xfff;

        guest[offset] = (unsigned char)i;
        withheld += ops->shadow_write(idt, 0, offset, 1 + i % 16);
        if (i % 32 == 0)
            ops->shadow_settle(idt);
        counts.quantum_exits += 2;
        counts.quantum_exits_with_work += i % 3;
        ops->quantum_learn(quantum, &counts, &state, NULL, 0);
        ops->plan_inject(plan, 0, i & 0xff);
    }
    after = eli_allocation_count();
    CHECK(withheld > 0);
    CHECK(after == before);
    printf("allocations in 100000 rounds of writes and epochs: %lu\n", after - before);
    ops->quantum_destroy(quantum);
    ops->shadow_destroy(idt);
    ops->plan_destroy(plan);
    ops->destroy(context);
    check_viommu(ops->viommu);
    check_mirror(ops->viommu);
    return check_summary();
}
