/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An IOMMU as a VMM's device uses it. */
#include "viommu-guest.h"

static const eli_viommu_ops *ops;

static eli_viommu_mapping translate(eli_viommu *viommu, uint64_t address, uint32_t flags)
{
    eli_viommu_mapping mapping = { .size = sizeof(mapping) };

    CHECK(ops->translate(viommu, DEVICE, address, flags, &mapping) == 0);
    return mapping;
}

static void test_refusals(void)
{
    eli_viommu *viommu = NULL;
    eli_viommu_request request;
    char message[128];

#define REFUSED(change)                                                              \
    do {                                                                             \
        request = guest_request();                                                   \
        change;                                                                      \
        memset(message, 0, sizeof(message));                                         \
        CHECK(ops->create(&request, &viommu, message, sizeof(message)) == -EINVAL);  \
        CHECK(*message && !viommu);                                                  \
    } while (0)
    REFUSED(request.size = 8);
    REFUSED(request.flags = 1u << 6);
    REFUSED(request.flags = ELI_VIOMMU_EXTENDED_INTERRUPT_MODE);
    REFUSED(request.address_width = 57);
    REFUSED(request.host_address_width = 64);
    REFUSED(request.domain_id_bits = 5);
    REFUSED(request.fault_registers = 0);
    REFUSED(request.fault_registers = 129);
    REFUSED(request.read64 = NULL);
    REFUSED(request.read128 = NULL);
    REFUSED(request.write32 = NULL);
    request = guest_request();
    CHECK(ops->create(&request, NULL, message, sizeof(message)) == -EINVAL);
    CHECK(ops->create(NULL, &viommu, NULL, 0) == -EINVAL);
}

static void test_translation(void)
{
    eli_viommu *viommu = guest_make(ops);
    eli_viommu_space space = { .size = sizeof(space) };
    eli_viommu_mapping mapping = translate(viommu, 0x10123, 0);

    CHECK(mapping.result == ELI_VIOMMU_IDENTITY);
    CHECK(ops->space(viommu, DEVICE, &space) == 0 && space.result == ELI_VIOMMU_IDENTITY);
    guest_enable(ops, viommu);
    CHECK(ops->space(viommu, DEVICE, &space) == 0 && space.result == ELI_VIOMMU_REMAPPED);
    CHECK(space.domain == DOMAIN);
    mapping = translate(viommu, 0x10123, ELI_VIOMMU_WRITE);
    CHECK(mapping.result == ELI_VIOMMU_REMAPPED && mapping.output == 0x12345000);
    CHECK(mapping.first == 0x10000 && mapping.last == 0x10fff);
    CHECK(mapping.access == (ELI_VIOMMU_CAN_READ | ELI_VIOMMU_CAN_WRITE));
    mapping = translate(viommu, 0xfee00000, ELI_VIOMMU_WRITE);
    CHECK(mapping.result == ELI_VIOMMU_IS_MESSAGE);
    /* A question leaves no fault, a request does: VT-d's fault 6, "read denied". */
    mapping = translate(viommu, 0x11000, ELI_VIOMMU_NO_FAULT);
    CHECK(mapping.result == ELI_VIOMMU_BLOCKED && mapping.fault == 6);
    CHECK((ops->read(viommu, 0x34, 4) & 2) == 0);
    mapping = translate(viommu, 0x11000, 0);
    CHECK(mapping.result == ELI_VIOMMU_BLOCKED && mapping.fault == 6);
    CHECK((ops->read(viommu, 0x34, 4) & 2) != 0);
    ops->destroy(viommu);
}

static void test_interrupts(void)
{
    eli_viommu *viommu = guest_make(ops);
    eli_viommu_message message = { .size = sizeof(message) };
    uint64_t address = 0xfee00010 | 5 << 5;

    CHECK(ops->remap(viommu, DEVICE, address, 0, 0, &message) == 0);
    CHECK(message.result == ELI_VIOMMU_IDENTITY);
    guest_enable(ops, viommu);
    CHECK(ops->remap(viommu, DEVICE, address, 0, 0, &message) == 0);
    CHECK(message.result == ELI_VIOMMU_REMAPPED);
    CHECK(message.vector == 0x99 && message.destination == 1 && !message.logical);
    CHECK(ops->remap(viommu, DEVICE + 1, address, 0, ELI_VIOMMU_NO_FAULT, &message) == 0);
    CHECK(message.result == ELI_VIOMMU_BLOCKED && message.fault == 0x26);
    ops->destroy(viommu);
}

/* A mapping's end becomes visible to the guest only when it has been carried out. */
static void test_invalidation(void)
{
    eli_viommu *viommu = guest_make(ops);
    eli_viommu_effect effect;

    guest_enable(ops, viommu);
    CHECK(translate(viommu, 0x10000, 0).result == ELI_VIOMMU_REMAPPED);
    *guest_word(LEVEL1 + 0x10 * 8) = 0;
    CHECK(translate(viommu, 0x10000, 0).result == ELI_VIOMMU_REMAPPED);
    guest_queue(ops, viommu, (uint64_t)DOMAIN << 16 | 3 << 4 | 2, 0x10000);
    guest_queue(ops, viommu, 0xabcdull << 32 | 1 << 5 | 5, STATUS);
    effect = guest_effect(ops, viommu);
    CHECK(effect.kind == ELI_VIOMMU_MAPPINGS_CHANGED && effect.scope == ELI_VIOMMU_RANGE);
    CHECK(effect.domain == DOMAIN && effect.first == 0x10000 && effect.last == 0x10fff);
    CHECK(*guest_word(STATUS) == 0);
    CHECK(translate(viommu, 0x10000, ELI_VIOMMU_NO_FAULT).result == ELI_VIOMMU_BLOCKED);
    CHECK(guest_effect(ops, viommu).kind == ELI_VIOMMU_IDLE);
    CHECK(*guest_word(STATUS) == 0xabcd);
    ops->destroy(viommu);
}

static void test_walk(void)
{
    eli_viommu *viommu = guest_make(ops);
    eli_viommu_mapping page = { .size = sizeof(page) };
    eli_viommu_walk *walk;
    uint32_t budget = 100000;

    *guest_word(LEVEL1 + 0x11 * 8) = 0x12346000 | 1;
    *guest_word(LEVEL2 + 8) = 0x40000000 | 0x83;
    CHECK(!ops->walk_new(viommu, DEVICE, 0, UINT64_MAX));
    guest_enable(ops, viommu);
    CHECK(!ops->walk_new(viommu, DEVICE, 1, 0));
    walk = ops->walk_new(viommu, DEVICE, 0, 0x2fffff);
    CHECK(ops->walk_next(walk, &budget, &page) == 1);
    CHECK(page.first == 0x10000 && page.last == 0x10fff && page.output == 0x12345000);
    CHECK(ops->walk_next(walk, &budget, &page) == 1);
    CHECK(page.first == 0x11000 && page.access == ELI_VIOMMU_CAN_READ);
    CHECK(ops->walk_next(walk, &budget, &page) == 1);
    CHECK(page.first == 0x200000 && page.last == 0x2fffff && page.output == 0x40000000);
    CHECK(ops->walk_next(walk, &budget, &page) == 0);
    ops->walk_free(walk);
    walk = ops->walk_new(viommu, DEVICE, 0, UINT64_MAX);
    budget = 2;
    CHECK(ops->walk_next(walk, &budget, &page) == -EAGAIN && budget == 0);
    ops->walk_free(walk);
    ops->destroy(viommu);
}

static void test_state(void)
{
    eli_viommu *viommu = guest_make(ops), *other;
    eli_viommu_state state = { .size = sizeof(state) };
    uint64_t words[64];
    uint32_t count = ops->save(viommu, NULL, 0);

    guest_enable(ops, viommu);
    translate(viommu, 0x11000, 0);
    CHECK(count <= 64 && ops->save(viommu, words, 64) == count);
    ops->destroy(viommu);
    other = guest_make(ops);
    CHECK(ops->restore(other, words, count - 1) == -EINVAL);
    CHECK(ops->restore(other, words, count) == 0);
    CHECK(guest_effect(ops, other).kind == ELI_VIOMMU_DEVICES_CHANGED);
    CHECK(guest_effect(ops, other).kind == ELI_VIOMMU_INTERRUPT_ENTRIES_CHANGED);
    CHECK(guest_effect(ops, other).kind == ELI_VIOMMU_IDLE);
    CHECK(translate(other, 0x10000, 0).output == 0x12345000);
    CHECK(ops->state(other, &state) == 0);
    CHECK(state.translating && state.remapping && state.queued && state.root_table == ROOT);
    CHECK(state.pending_faults == 1 && state.interrupt_table == REMAPPING);
    ops->reset(other);
    CHECK(translate(other, 0x10000, 0).result == ELI_VIOMMU_IDENTITY);
    ops->destroy(other);
}

static void test_misuse(void)
{
    eli_viommu *viommu = guest_make(ops);
    eli_viommu_mapping mapping = { .size = sizeof(mapping) };
    eli_viommu_effect effect = { .size = 4 };
    eli_viommu_message message = { .size = 0 };
    eli_viommu_space space = { .size = 4 };
    eli_viommu_state state = { .size = 4 };
    uint32_t budget = 1;

    CHECK(ops->translate(NULL, 0, 0, 0, &mapping) == -EINVAL);
    CHECK(ops->translate(viommu, 0, 0, 4, &mapping) == -EINVAL);
    CHECK(ops->translate(viommu, 0, 0, 0, NULL) == -EINVAL);
    CHECK(ops->remap(viommu, 0, 0, 0, 0, &message) == -EINVAL);
    CHECK(ops->space(viommu, 0, &space) == -EINVAL);
    CHECK(ops->state(viommu, &state) == -EINVAL);
    CHECK(ops->next_effect(viommu, &budget, &effect) == -EINVAL);
    CHECK(ops->next_effect(viommu, NULL, &effect) == -EINVAL);
    CHECK(ops->walk_next(NULL, &budget, &mapping) == -EINVAL);
    CHECK(ops->restore(viommu, NULL, 0) == -EINVAL);
    CHECK(ops->save(NULL, NULL, 0) == 0);
    CHECK(ops->read(NULL, 0, 4) == 0);
    CHECK(ops->read(viommu, 0, 9) == 0);
    CHECK(ops->read(viommu, UINT64_MAX, 8) == 0);
    ops->write(NULL, 0, 0, 4);
    ops->write(viommu, UINT64_MAX - 3, 1, 4);
    ops->reset(NULL);
    ops->walk_free(NULL);
    ops->destroy(NULL);
    ops->destroy(viommu);
}

int main(int argc, char **argv)
{
    const eli_plugin_ops *plugin = check_load(argc, argv)(ELI_ABI_MAJOR);

    if (!plugin || plugin->size < sizeof(*plugin) || !plugin->viommu)
        return 2;
    ops = plugin->viommu;
    CHECK(ops->size == sizeof(*ops) && ops->flags == 0);
    test_refusals();
    test_translation();
    test_interrupts();
    test_invalidation();
    test_walk();
    test_state();
    test_misuse();
    return check_summary();
}
