/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enables interrupts for no longer than the shadow of STI, and of MOV SS, lasts. */
#include "hostile.h"

void attack(void)
{
    disable_interrupts();
    for (;;) {
        asm volatile("sti; cli; mov %%ss, %%eax; mov %%eax, %%ss; sti; mov %%eax, %%ss; cli"
                     : : : "eax", "memory");
    }
}
