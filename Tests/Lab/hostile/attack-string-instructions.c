/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With interrupts disabled, executes string instructions that last. */
#include "hostile.h"

void attack(void)
{
    disable_interrupts();
    for (;;) {
        uint64_t count = 16 << 20, to = 32 << 20;

        asm volatile("rep stosb" : "+c"(count), "+D"(to) : "a"(0) : "memory");
    }
}
