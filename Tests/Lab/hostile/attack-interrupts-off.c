/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Never enables interrupts again. */
#include "hostile.h"

void attack(void)
{
    disable_interrupts();
    for (;;) {
        asm volatile("" : : : "memory");
    }
}
