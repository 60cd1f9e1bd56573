/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has a task priority above all vectors. */
#include "hostile.h"

void attack(void)
{
    write_msr(X2APIC(APIC_TPR), 0xff);
    for (;;) {
        asm volatile("pause");
    }
}
