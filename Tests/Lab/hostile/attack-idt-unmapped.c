/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has its IDT where nothing is mapped: the next interrupt ends in a triple fault. */
#include "hostile.h"

void attack(void)
{
    load_idt((const struct gate *)0x7000000000, 0xfff);
    for (;;) {
        asm volatile("pause");
    }
}
