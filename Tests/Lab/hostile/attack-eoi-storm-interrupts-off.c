/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Completes interrupts that it has not got, with its own disabled: the host's come as well. */
#include "hostile.h"

void attack(void)
{
    disable_interrupts();
    for (;;) {
        end_of_interrupt();
    }
}
