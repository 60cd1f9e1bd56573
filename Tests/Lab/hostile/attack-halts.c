/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Halts all the time, at last with interrupts disabled. */
#include "hostile.h"

void attack(void)
{
    for (int i = 0; i < 1000; i++) {
        asm volatile("hlt");
    }
    disable_interrupts();
    for (;;) {
        asm volatile("hlt");
    }
}
