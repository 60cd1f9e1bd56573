/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has no gate for any interrupt: each ends in #NP. */
#include "hostile.h"

void attack(void)
{
    for (;;) {
        try_it({
            for (int i = 32; i < 256; i++) {
                idt[i].type = GATE_ABSENT;
            }
            for (;;) {
                asm volatile("pause");
            }
        });
    }
}
