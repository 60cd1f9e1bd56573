/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completes interrupts that it has not got. */
#include "hostile.h"

void attack(void)
{
    for (;;) {
        end_of_interrupt();
    }
}
