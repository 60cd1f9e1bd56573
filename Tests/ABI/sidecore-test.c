/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The register page as memory, as a VMM's device and its polling thread use it. */
#include "viommu-guest.h"

enum {
    VERSION = 0x00, GLOBAL_COMMAND = 0x18, GLOBAL_STATUS = 0x1c, QUEUE_HEAD = 0x80, QUEUE_TAIL = 0x88,
};

static const eli_viommu_ops *ops;
static const eli_sidecore_ops *sidecore;
static _Alignas(ELI_SIDECORE_PAGE_SIZE) uint8_t page[2 * ELI_SIDECORE_PAGE_SIZE];

/* What the guest reads and writes without exits. */
static volatile uint32_t *seen32(uint32_t offset)
{
    return (volatile uint32_t *)(page + offset);
}

static volatile uint64_t *seen64(uint32_t offset)
{
    return (volatile uint64_t *)(page + offset);
}

static eli_viommu *make(void)
{
    memset(page, 0, sizeof(page));
    return guest_make(ops);
}

/* One whose page is open. */
static eli_viommu *make_open(void)
{
    eli_viommu *viommu = make();

    CHECK(sidecore->attach(viommu, page, NULL, 0) == 0);
    guest_enable(ops, viommu);
    CHECK(sidecore->open(viommu) == 0);
    return viommu;
}

static eli_sidecore_state state(eli_viommu *viommu)
{
    eli_sidecore_state now = { .size = sizeof(now) };

    CHECK(sidecore->state(viommu, &now) == 0);
    return now;
}

static void test_page(void)
{
    eli_viommu *viommu = make();
    eli_sidecore_state now = { .size = sizeof(now) };
    char message[128] = "";

    CHECK(sidecore->open(viommu) == -EINVAL && sidecore->state(viommu, &now) == -EINVAL);
    CHECK(sidecore->attach(viommu, NULL, message, sizeof(message)) == -EINVAL && *message);
    *message = 0;
    CHECK(sidecore->attach(viommu, page + 8, message, sizeof(message)) == -EINVAL && *message);
    CHECK(sidecore->attach(viommu, page, message, sizeof(message)) == 0);
    *message = 0;
    CHECK(sidecore->attach(viommu, page, message, sizeof(message)) == -EBUSY && *message);
    /* Nothing is translated yet: drivers look at GSTS_REG after each command. */
    CHECK(sidecore->open(viommu) == -EAGAIN && !state(viommu).open);
    guest_enable(ops, viommu);
    CHECK(sidecore->open(viommu) == 0 && sidecore->open(viommu) == -EBUSY);
    CHECK(state(viommu).open && state(viommu).opened == 1);
    CHECK(*seen32(VERSION) == ops->read(viommu, VERSION, 4) && *seen32(VERSION) != 0);
    CHECK(*seen32(GLOBAL_STATUS) == ops->read(viommu, GLOBAL_STATUS, 4));
    sidecore->detach(viommu);
    CHECK(sidecore->poll(viommu, ELI_SIDECORE_THOROUGH) == 0);
    CHECK(sidecore->attach(viommu, page + ELI_SIDECORE_PAGE_SIZE, NULL, 0) == 0);
    CHECK(sidecore->open(viommu) == 0);
    ops->destroy(viommu);
}

/* The guest queues an invalidation by nothing but a store. */
static void test_invalidation(void)
{
    eli_viommu *viommu = make_open();
    eli_viommu_mapping mapping = { .size = sizeof(mapping) };
    eli_viommu_effect effect;

    CHECK(sidecore->poll(viommu, 0) == 0);
    *guest_word(LEVEL1 + 0x10 * 8) = 0;
    *guest_word(QUEUE) = (uint64_t)DOMAIN << 16 | 3 << 4 | 2;
    *guest_word(QUEUE + 8) = 0x10000;
    *guest_word(QUEUE + 16) = 0xabcdull << 32 | 1 << 5 | 5;
    *guest_word(QUEUE + 24) = STATUS;
    *seen64(QUEUE_TAIL) = 32;
    CHECK(sidecore->poll(viommu, 0) == 1);
    effect = guest_effect(ops, viommu);
    CHECK(effect.kind == ELI_VIOMMU_MAPPINGS_CHANGED && effect.domain == DOMAIN);
    CHECK(effect.first == 0x10000 && effect.last == 0x10fff && *guest_word(STATUS) == 0);
    CHECK(guest_effect(ops, viommu).kind == ELI_VIOMMU_IDLE);
    CHECK(*guest_word(STATUS) == 0xabcd && *seen64(QUEUE_HEAD) == 32);
    CHECK(sidecore->poll(viommu, 0) == 0 && state(viommu).consumed == 1);
    CHECK(ops->translate(viommu, DEVICE, 0x10000, ELI_VIOMMU_NO_FAULT, &mapping) == 0);
    CHECK(mapping.result == ELI_VIOMMU_BLOCKED);
    ops->destroy(viommu);
}

/* What a register as memory can't do takes the page away, and nothing that was written is lost. */
static void test_command(void)
{
    eli_viommu *viommu = make_open();

    *seen32(GLOBAL_COMMAND) = 1u << 26 | 1u << 25;
    CHECK(sidecore->poll(viommu, 0) == 1);
    CHECK(guest_effect(ops, viommu).kind == ELI_VIOMMU_REGISTERS_TRAP);
    sidecore->close(viommu);
    CHECK(!state(viommu).open && state(viommu).closed == 1);
    while (guest_effect(ops, viommu).kind != ELI_VIOMMU_IDLE)
        ;
    /* Translation is off: TES. */
    CHECK((ops->read(viommu, GLOBAL_STATUS, 4) & 1u << 31) == 0);
    CHECK(sidecore->open(viommu) == -EAGAIN);
    sidecore->close(viommu);
    CHECK(state(viommu).closed == 1);
    ops->destroy(viommu);
}

static void test_read_only(void)
{
    eli_viommu *viommu = make_open();
    uint32_t version = *seen32(VERSION);

    *seen32(VERSION) = ~version;
    CHECK(sidecore->poll(viommu, 0) == 0);
    CHECK(sidecore->poll(viommu, ELI_SIDECORE_THOROUGH) == 1);
    CHECK(guest_effect(ops, viommu).kind == ELI_VIOMMU_IDLE);
    CHECK(*seen32(VERSION) == version && state(viommu).repaired == 1);
    CHECK(sidecore->poll(viommu, ELI_SIDECORE_THOROUGH) == 0);
    ops->destroy(viommu);
}

/* Accesses that exit while the page is open. */
static void test_late_access(void)
{
    eli_viommu *viommu = make_open();

    *guest_word(QUEUE) = 0xabcdull << 32 | 1 << 5 | 5;
    *guest_word(QUEUE + 8) = STATUS;
    ops->write(viommu, QUEUE_TAIL, 16, 8);
    CHECK(*seen64(QUEUE_TAIL) == 16 && ops->read(viommu, QUEUE_TAIL, 8) == 16);
    CHECK(sidecore->poll(viommu, 0) == 1);
    /* Closing takes it out of the page. */
    sidecore->close(viommu);
    CHECK(guest_effect(ops, viommu).kind == ELI_VIOMMU_IDLE && *guest_word(STATUS) == 0xabcd);
    ops->destroy(viommu);
}

static void test_misuse(void)
{
    eli_viommu *viommu = make_open();
    eli_sidecore_state small = { .size = 8 };

    CHECK(sidecore->attach(NULL, page, NULL, 0) == -EINVAL);
    CHECK(sidecore->open(NULL) == -EINVAL && sidecore->poll(NULL, 0) == 0);
    CHECK(sidecore->state(viommu, &small) == -EINVAL && sidecore->state(viommu, NULL) == -EINVAL);
    CHECK(sidecore->state(NULL, &small) == -EINVAL);
    sidecore->close(NULL);
    sidecore->detach(NULL);
    sidecore->detach(viommu);
    sidecore->detach(viommu);
    ops->destroy(viommu);
}

int main(int argc, char **argv)
{
    const eli_plugin_ops *plugin = check_load(argc, argv)(ELI_ABI_MAJOR);

    if (!plugin || plugin->size < sizeof(*plugin) || !plugin->viommu || !plugin->sidecore)
        return 2;
    ops = plugin->viommu;
    sidecore = plugin->sidecore;
    CHECK(sidecore->size == sizeof(*sidecore) && sidecore->flags == 0);
    test_page();
    test_invalidation();
    test_command();
    test_read_only();
    test_late_access();
    test_misuse();
    return check_summary();
}
