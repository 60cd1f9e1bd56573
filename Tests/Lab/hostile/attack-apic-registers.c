/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes all registers of its local APIC, the ICR to all destinations in all modes. */
#include "hostile.h"

#define ICR_MODE 0x700
#define ICR_INIT 0x500
#define ICR_LOGICAL 0x800
#define ICR_SHORTHAND 0xc0000

static uint64_t random_number(void)
{
    static uint64_t state = 1;

    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return state >> 16 ^ state << 20;
}

void attack(void)
{
    for (;;) {
        for (uint32_t msr = 0x800; msr < 0x900; msr++) {
            uint64_t value = random_number();

            if (msr == X2APIC(APIC_SPIV)) {
                continue; /* it would be off */
            }
            /* INITs and SIPIs are for others, as it would only stop itself by them. */
            if (msr == X2APIC(APIC_ICR) && (value & ICR_MODE) >= ICR_INIT) {
                value = (uint32_t)value & ~(ICR_SHORTHAND | ICR_LOGICAL);
                value |= 5ull << 32;
            }
            try_it((void)read_msr(msr));
            try_it(write_msr(msr, value));
        }
    }
}
