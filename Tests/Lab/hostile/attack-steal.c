/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes each vector that it is given, and completes it: all gates are present. */
#include "hostile.h"

void attack(void)
{
    load_idt(idt, 0xffff);
    for (;;) {
        asm volatile("pause");
    }
}
