/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest that uses an IOMMU of the library's: its memory, its tables and its driver. */
#ifndef VIOMMU_GUEST_H
#define VIOMMU_GUEST_H

#include <errno.h>
#include <string.h>

#include "check.h"

enum {
    ROOT = 0x1000, CONTEXT = 0x2000, LEVEL3 = 0x3000, LEVEL2 = 0x4000, LEVEL1 = 0x5000,
    QUEUE = 0x6000, REMAPPING = 0x7000, STATUS = 0x8000, DEVICE = 0x0010, DOMAIN = 7,
};

static uint64_t guest_memory[0x9000 / 8];

static uint64_t *guest_word(uint64_t address)
{
    return address < sizeof(guest_memory) ? &guest_memory[address / 8] : NULL;
}

static int guest_read64(void *opaque, uint64_t address, uint64_t *value)
{
    (void)opaque;
    if (!guest_word(address))
        return -EFAULT;
    *value = *guest_word(address);
    return 0;
}

static int guest_read128(void *opaque, uint64_t address, uint64_t value[2])
{
    int result = guest_read64(opaque, address, &value[0]);

    return result ? result : guest_read64(opaque, address + 8, &value[1]);
}

static int guest_write32(void *opaque, uint64_t address, uint32_t value)
{
    (void)opaque;
    if (!guest_word(address))
        return -EFAULT;
    memcpy((char *)guest_memory + address, &value, 4);
    return 0;
}

static inline eli_viommu_request guest_request(void)
{
    return (eli_viommu_request){
        .size = sizeof(eli_viommu_request),
        .flags = ELI_VIOMMU_CACHING_MODE | ELI_VIOMMU_PASS_THROUGH
            | ELI_VIOMMU_INTERRUPT_REMAPPING | ELI_VIOMMU_EXTENDED_INTERRUPT_MODE,
        .address_width = 39, .host_address_width = 39, .domain_id_bits = 16, .fault_registers = 1,
        .read64 = guest_read64, .read128 = guest_read128, .write32 = guest_write32,
    };
}

/* The next effect, with a large budget. */
static inline eli_viommu_effect guest_effect(const eli_viommu_ops *ops, eli_viommu *viommu)
{
    eli_viommu_effect effect = { .size = sizeof(effect) };
    uint32_t budget = 1000;

    CHECK(ops->next_effect(viommu, &budget, &effect) == 0);
    return effect;
}

/* A device of domain 7 whose page 0x10 is at 0x12345000, and one entry for interrupts. */
static inline void guest_build_tables(void)
{
    *guest_word(ROOT) = CONTEXT | 1;
    *guest_word(CONTEXT + DEVICE * 16) = LEVEL3 | 1;
    *guest_word(CONTEXT + DEVICE * 16 + 8) = DOMAIN << 8 | 1;
    *guest_word(LEVEL3) = LEVEL2 | 3;
    *guest_word(LEVEL2) = LEVEL1 | 3;
    *guest_word(LEVEL1 + 0x10 * 8) = 0x12345000 | 3;
    *guest_word(REMAPPING + 5 * 16) = 0x99ull << 16 | 1ull << 32 | 1;
    *guest_word(REMAPPING + 5 * 16 + 8) = 1ull << 18 | DEVICE;
}

/* An IOMMU of a guest with these tables, and nothing else in its memory. */
static inline eli_viommu *guest_make(const eli_viommu_ops *ops)
{
    eli_viommu_request request = guest_request();
    eli_viommu *viommu = NULL;

    memset(guest_memory, 0, sizeof(guest_memory));
    guest_build_tables();
    CHECK(ops->create(&request, &viommu, NULL, 0) == 0 && viommu);
    return viommu;
}

/* Switches everything on, as a driver does, and carries out what follows. */
static inline void guest_enable(const eli_viommu_ops *ops, eli_viommu *viommu)
{
    ops->write(viommu, 0x20, ROOT, 8);
    ops->write(viommu, 0xb8, REMAPPING | 1 << 11 | 7, 8);
    ops->write(viommu, 0x90, QUEUE, 8);
    ops->write(viommu, 0x18, 1u << 30, 4);
    ops->write(viommu, 0x18, 1u << 24, 4);
    ops->write(viommu, 0x18, 1u << 31 | 1u << 26 | 1u << 25, 4);
    while (guest_effect(ops, viommu).kind != ELI_VIOMMU_IDLE)
        ;
}

/* Queues a descriptor; its effects are still to be carried out. */
static inline void guest_queue(const eli_viommu_ops *ops, eli_viommu *viommu, uint64_t low,
                               uint64_t high)
{
    uint64_t tail = ops->read(viommu, 0x88, 8);

    *guest_word(QUEUE + tail) = low;
    *guest_word(QUEUE + tail + 8) = high;
    ops->write(viommu, 0x88, tail + 16, 8);
}

#endif
