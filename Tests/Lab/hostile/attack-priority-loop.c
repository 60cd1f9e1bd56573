/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raises and lowers its task priority, also by CR8. */
#include "hostile.h"

void attack(void)
{
    for (uint64_t i = 0;; i++) {
        asm volatile("mov %0, %%cr8" : : "r"(i & 15));
        write_msr(X2APIC(APIC_TPR), i * 7 & 0xff);
    }
}
