/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has task gates, which are none in long mode: each interrupt ends in #GP. */
#include "hostile.h"

void attack(void)
{
    for (;;) {
        try_it({
            for (int i = 32; i < 256; i++) {
                idt[i].type = GATE_TASK;
            }
            for (;;) {
                asm volatile("pause");
            }
        });
    }
}
