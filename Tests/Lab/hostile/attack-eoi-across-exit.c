/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completes each interrupt twice, with an exit in between. */
#include "hostile.h"

void attack(void)
{
    for (;;) {
        uint32_t leaf = 0;

        wait_for_device(); /* whose handler has completed it */
        asm volatile("cpuid" : "+a"(leaf) : : "ebx", "ecx", "edx", "memory");
        end_of_interrupt();
        asm volatile("cpuid" : "+a"(leaf) : : "ebx", "ecx", "edx", "memory");
        end_of_interrupt();
    }
}
