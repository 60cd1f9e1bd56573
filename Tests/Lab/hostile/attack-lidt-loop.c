/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads forged IDTRs all the time. */
#include "hostile.h"

static struct gate other[256] __attribute__((aligned(4096)));

void attack(void)
{
    for (int i = 0; i < 256; i++) {
        other[i] = idt[i];
    }
    for (;;) {
        load_idt(other, 0xffff);
        load_idt(idt, sizeof(idt) - 1);
        disable_interrupts(); /* the next one may be too short for any interrupt */
        load_idt(other, 15);
        load_idt((const struct gate *)((const char *)idt + 8), 0xfff);
        load_idt(idt, sizeof(idt) - 1);
        enable_interrupts();
    }
}
