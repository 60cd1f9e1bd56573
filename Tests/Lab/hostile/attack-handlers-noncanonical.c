/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has handlers at addresses that are none: each interrupt ends in #GP. */
#include "hostile.h"

void attack(void)
{
    for (;;) {
        try_it({
            for (int i = 32; i < 256; i++) {
                idt[i].offset_high = 0x80000000;
            }
            for (;;) {
                asm volatile("pause");
            }
        });
    }
}
