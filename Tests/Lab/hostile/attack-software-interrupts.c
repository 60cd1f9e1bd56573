/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INT n of each vector that an interrupt can have. */
#include "hostile.h"

static uint8_t code[256][4] __attribute__((aligned(16)));

void attack(void)
{
    handlers_end = false; /* there is nothing to complete */
    for (int i = 32; i < 256; i++) {
        code[i][0] = 0xcd; /* int */
        code[i][1] = i;
        code[i][2] = 0xc3; /* ret */
    }
    for (;;) {
        for (int i = 32; i < 256; i++) {
            uintptr_t to = (uintptr_t)code[i];

            if (i == DEVICE_VECTOR) {
                continue;
            }
            asm volatile("call *%0" : : "r"(to) : "memory");
            end_of_interrupt();
        }
    }
}
