/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has its IDT in a device: delivery reads an emulated register. */
#include "hostile.h"

#define HPET 0xfed00000

void attack(void)
{
    load_idt((const struct gate *)HPET, 0xfff);
    for (;;) {
        asm volatile("pause");
    }
}
