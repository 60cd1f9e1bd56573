/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends itself each vector, among them those of the host. */
#include "hostile.h"

void attack(void)
{
    for (uint32_t vector = 32;; vector = vector == 255 ? 32 : vector + 1) {
        write_msr(X2APIC(APIC_SELF_IPI), vector);
        write_msr(X2APIC(APIC_ICR), 0x40000 | vector);
    }
}
