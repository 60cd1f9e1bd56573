/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With interrupts disabled, meets the cut limit of the IDTR all the time: each INT n exits. */
#include "hostile.h"

void attack(void)
{
    disable_interrupts();
    for (;;) {
        asm volatile("int $0xf0; int $0xec; int $0x80" : : : "memory");
        try_it(asm volatile("ud2"));
    }
}
