/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each reason bit of kvm_eli.h and eli.h means to a person, and what to do about it.
 * The only place with these words: QEMU, elictl and the tests all read them here.
 */
#ifndef ELI_REASONS_H
#define ELI_REASONS_H

#include <stddef.h>
#include <stdint.h>

#include "eli.h"
#include "kvm_eli.h"

/*
 * struct eli_reason - one cause that keeps ELI from running
 * @bit: the KVM_ELI_REASON_* or ELI_REASON_* bit
 * @code: stable identifier for programs
 * @message: the cause, one clause without a full stop
 * @remedy: what to do about it, one sentence without a full stop
 */
typedef struct eli_reason {
    uint64_t bit;
    const char *code;
    const char *message;
    const char *remedy;
} eli_reason;

/*
 * The words for the lowest bit set in @reasons, and that bit cleared from it; NULL once @reasons
 * is 0. A bit without words of its own gets those of an unknown reason.
 */
static inline const eli_reason *eli_reason_next(uint64_t *reasons)
{
    static const eli_reason table[] = {
        { KVM_ELI_REASON_NOT_BUILT, "direct-not-built",
          "direct mode not built into this kvm",
          "install kvm modules that include direct delivery" },
        { KVM_ELI_REASON_NO_X2APIC, "no-x2apic",
          "the host's local APICs are not in x2APIC mode",
          "enable x2APIC and interrupt remapping in the firmware and boot the host without "
          "'nox2apic' and 'intremap=off'" },
        { KVM_ELI_REASON_NO_PREEMPTION_TIMER, "no-preemption-timer",
          "the VMX preemption timer is missing or switched off",
          "load kvm_intel with preemption_timer=1 on a CPU that has the timer" },
        { KVM_ELI_REASON_NO_MSR_BITMAP, "no-msr-bitmap",
          "the CPU has no VMX MSR bitmaps",
          "use a CPU with VMX MSR bitmaps" },
        { KVM_ELI_REASON_NO_DESC_EXITING, "no-descriptor-table-exiting",
          "the CPU has no VMX descriptor-table exiting",
          "use a CPU with VMX descriptor-table exiting" },
        { KVM_ELI_REASON_NO_TPR_SHADOW, "no-tpr-shadow",
          "the CPU has no VMX TPR shadow",
          "use a CPU with a VMX TPR shadow" },
        { KVM_ELI_REASON_NO_MTF, "no-monitor-trap-flag",
          "the CPU has no VMX monitor trap flag",
          "use a CPU with the VMX monitor trap flag" },
        { KVM_ELI_REASON_NO_UNRESTRICTED_GUEST, "no-unrestricted-guest",
          "VMX unrestricted guest is missing or switched off",
          "load kvm_intel with unrestricted_guest=1 on a CPU that has it" },
        { KVM_ELI_REASON_NO_TDP, "no-two-dimensional-paging",
          "two-dimensional paging (EPT or NPT) is missing or switched off",
          "load kvm_intel with ept=1, or kvm_amd with npt=1, on a CPU that has it" },
        { KVM_ELI_REASON_NO_INTR_REMAPPING, "no-interrupt-remapping",
          "the host does not remap interrupts, so a device could raise any vector",
          "enable VT-d or AMD-Vi with interrupt remapping in the firmware and boot the host "
          "without 'intremap=off'" },
        { KVM_ELI_REASON_NO_HOUSEKEEPING_CPU, "no-housekeeping-cpu",
          "only one host CPU is online, none is left for the host's own interrupts",
          "bring a second host CPU online" },
        { KVM_ELI_REASON_NO_RAWIO, "no-cap-sys-rawio",
          "the process lacks CAP_SYS_RAWIO",
          "run it with CAP_SYS_RAWIO" },
        { KVM_ELI_REASON_NO_IN_KERNEL_LAPIC, "no-in-kernel-lapic",
          "the guest's local APIC is not emulated in the kernel",
          "use kernel-irqchip=on or kernel-irqchip=split" },
        { KVM_ELI_REASON_NESTED, "nested-virtualization",
          "VMX or SVM is exposed to the guest",
          "hide it from the guest with -cpu ...,-vmx or -cpu ...,-svm" },
        { KVM_ELI_REASON_PROTECTED_VM, "protected-vm",
          "the guest's register state is encrypted (SEV-ES, SEV-SNP or TDX)",
          "run the guest without it" },
        { ELI_REASON_NOT_KVM, "accelerator-not-kvm",
          "the accelerator is not KVM",
          "use -accel kvm" },
        { ELI_REASON_KVM_UNPATCHED, "kvm-unpatched",
          "the kvm modules of the host have no ELI support",
          "install the ELI kvm modules and reload kvm" },
        { ELI_REASON_KVM_QUERY_FAILED, "kvm-query-failed",
          "the kvm modules do not answer KVM_ELI_QUERY",
          "install kvm modules and a QEMU of the same ELI version" },
        { ELI_REASON_NO_LIBRARY, "no-library",
          "the ELI library could not be loaded",
          "install libeli1, or name the library with eli-lib=PATH" },
    };
    static const eli_reason unknown = {
        0, "unknown", "the kvm modules give a reason that this version does not know",
        "update libELI and QEMU to the version of the kvm modules",
    };

    if (!*reasons) {
        return NULL;
    }
    uint64_t bit = *reasons & -*reasons;
    *reasons &= ~bit;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].bit == bit) {
            return &table[i];
        }
    }
    return &unknown;
}

#endif
