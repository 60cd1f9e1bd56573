/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completes no interrupt. */
#include "hostile.h"

void attack(void)
{
    handlers_end = false;
    for (;;) {
        asm volatile("pause");
    }
}
