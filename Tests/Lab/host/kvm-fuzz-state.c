/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of kvm-fuzz that change the state of a vCPU. */
#include <sys/ioctl.h>

#include "kvm-fuzz.h"

void change_sregs(struct fuzz_thread *t)
{
    int vcpu = t->round->vcpu[any_vcpu(t)];
    struct kvm_sregs s;

    if (call(t, vcpu, KVM_GET_SREGS, &s)) {
        return;
    }
    switch (random_number(t) % 7) {
    case 0: s.idt.base = once_in(t, 2) ? 0x4000 : odd_number(t); break;
    case 1: s.idt.limit = odd_number(t); break;
    case 2: s.apic_base = odd_number(t); break;
    case 3: s.cr8 = odd_number(t); break;
    case 4: s.cr0 ^= 1u << 31; break;
    case 5: s.efer = odd_number(t); break;
    case 6: s.interrupt_bitmap[random_number(t) % 4] = 1ull << random_number(t) % 64; break;
    }
    call(t, vcpu, KVM_SET_SREGS, &s);
}

void change_regs(struct fuzz_thread *t)
{
    int vcpu = t->round->vcpu[any_vcpu(t)];
    struct kvm_regs regs;

    if (call(t, vcpu, KVM_GET_REGS, &regs)) {
        return;
    }
    switch (random_number(t) % 3) {
    case 0: regs.rflags ^= 1u << 9; break; /* IF */
    case 1: regs.rsp = odd_number(t); break;
    case 2: regs.rip = once_in(t, 2) ? odd_number(t) : random_number(t) % 0x8000; break;
    }
    call(t, vcpu, KVM_SET_REGS, &regs);
}

void set_msr(struct fuzz_thread *t)
{
    struct { struct kvm_msrs header; struct kvm_msr_entry entry; } msrs = {
        .header.nmsrs = 1,
        .entry = {
            .index = once_in(t, 2) ? 0x800 + random_number(t) % 0x40 : 0x1b,
            .data = once_in(t, 2) ? random_number(t) % 256 : odd_number(t),
        },
    };

    call(t, t->round->vcpu[any_vcpu(t)], KVM_SET_MSRS, &msrs);
}

void change_lapic(struct fuzz_thread *t)
{
    int vcpu = t->round->vcpu[any_vcpu(t)];
    struct kvm_lapic_state apic;

    if (!call(t, vcpu, KVM_GET_LAPIC, &apic)) {
        /* Mostly in the ISR, TMR and IRR. */
        apic.regs[0x100 + random_number(t) % 0x180] = random_number(t);
        call(t, vcpu, KVM_SET_LAPIC, &apic);
    }
}

void change_events(struct fuzz_thread *t)
{
    int vcpu = t->round->vcpu[any_vcpu(t)];
    struct kvm_vcpu_events events;

    if (call(t, vcpu, KVM_GET_VCPU_EVENTS, &events)) {
        return;
    }
    switch (random_number(t) % 4) {
    case 0:
        events.interrupt.injected = 1;
        events.interrupt.nr = odd_number(t);
        events.interrupt.soft = once_in(t, 2);
        break;
    case 1:
        events.exception.injected = 1;
        events.exception.nr = random_number(t) % 32;
        break;
    case 2: events.nmi.pending = 1; break;
    case 3: events.flags = odd_number(t); break;
    }
    call(t, vcpu, KVM_SET_VCPU_EVENTS, &events);
}

void debug(struct fuzz_thread *t)
{
    struct kvm_guest_debug debug = {
        .control = once_in(t, 3) ? odd_number(t) : once_in(t, 2) ? 0
                 : KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP,
    };

    call(t, t->round->vcpu[any_vcpu(t)], KVM_SET_GUEST_DEBUG, &debug);
}

void set_mp_state(struct fuzz_thread *t)
{
    struct kvm_mp_state state = { .mp_state = random_number(t) % 6 };

    call(t, t->round->vcpu[any_vcpu(t)], KVM_SET_MP_STATE, &state);
}
