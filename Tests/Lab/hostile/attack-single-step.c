/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps through the delivery of interrupts. */
#include "hostile.h"

void attack(void)
{
    for (;;) {
        try_it(asm volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop; nop" : : : "memory"));
    }
}
