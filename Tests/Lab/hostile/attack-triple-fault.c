/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ends in a triple fault. */
#include "hostile.h"

void attack(void)
{
    load_idt(idt, 0);
    asm volatile("ud2");
}
