/* SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note */
/*
 * Exitless interrupts (ELI): the contract between userspace and KVM.
 *
 * The numbers are private: they lie outside the ranges that mainline hands out, so that modules
 * with this patch run on an unpatched kernel and userspace needs no patched kernel headers.
 */
#ifndef KVM_ELI_H
#define KVM_ELI_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * KVM_CHECK_EXTENSION, on /dev/kvm and on a VM: KVM_ELI_FEATURE_* bits, 0 where the modules are
 * not patched. A feature bit says that the code is there; KVM_ELI_QUERY says whether it can run.
 */
#define KVM_CAP_X86_ELI 0x454c49

#define KVM_ELI_FEATURE_QUERY (1u << 0)  /* KVM_ELI_QUERY exists */
#define KVM_ELI_FEATURE_DIRECT (1u << 1) /* direct mode is built into this kvm */

/*
 * Why direct mode can't run, one bit per cause. eli_reasons.h has the words for people.
 * Bits 0-31 are KVM's, the others belong to userspace (eli.h). A bit that userspace doesn't know
 * is a reason all the same.
 */
#define KVM_ELI_REASON_NOT_BUILT (1ull << 0)              /* no direct mode in these modules */
#define KVM_ELI_REASON_NO_X2APIC (1ull << 1)              /* host APICs not in x2APIC mode */
#define KVM_ELI_REASON_NO_PREEMPTION_TIMER (1ull << 2)    /* VMX: no preemption timer, or off */
#define KVM_ELI_REASON_NO_MSR_BITMAP (1ull << 3)          /* VMX: no MSR bitmap */
#define KVM_ELI_REASON_NO_DESC_EXITING (1ull << 4)        /* VMX: no descriptor-table exiting */
#define KVM_ELI_REASON_NO_TPR_SHADOW (1ull << 5)          /* VMX: no TPR shadow */
#define KVM_ELI_REASON_NO_MTF (1ull << 6)                 /* VMX: no monitor trap flag */
#define KVM_ELI_REASON_NO_UNRESTRICTED_GUEST (1ull << 7)  /* VMX: no unrestricted guest, or off */
#define KVM_ELI_REASON_NO_TDP (1ull << 8)                 /* no EPT/NPT, or off */
#define KVM_ELI_REASON_NO_INTR_REMAPPING (1ull << 9)      /* host has no interrupt remapping */
#define KVM_ELI_REASON_NO_HOUSEKEEPING_CPU (1ull << 10)   /* only one CPU is online */
#define KVM_ELI_REASON_NO_RAWIO (1ull << 11)              /* caller lacks CAP_SYS_RAWIO */
/* These are known only to a query on a VM. */
#define KVM_ELI_REASON_NO_IN_KERNEL_LAPIC (1ull << 12)    /* local APIC emulated in userspace */
#define KVM_ELI_REASON_NESTED (1ull << 13)                /* VMX or SVM exposed to a vCPU */
#define KVM_ELI_REASON_PROTECTED_VM (1ull << 14)          /* guest state encrypted (SEV-ES, TDX) */

#define KVM_ELI_REASON_COUNT 15 /* bits above that are defined */

/*
 * struct kvm_eli_query - argument of KVM_ELI_QUERY
 * @size: in: sizeof(struct kvm_eli_query) of the caller; smaller than 24 is -EINVAL
 * @flags: in: must be 0 (-EINVAL)
 * @features: out: KVM_ELI_FEATURE_* bits
 * @reasons: out: KVM_ELI_REASON_* bits; 0 means that direct mode can run
 *
 * On /dev/kvm it answers for the host and the calling thread, on a VM for that VM as well.
 * Whatever a newer caller's struct holds behind what this KVM knows is left untouched.
 */
struct kvm_eli_query {
	__u32 size;
	__u32 flags;
	__u64 features;
	__u64 reasons;
};

/*
 * The number encodes the size of the first version for ever: were it that of the struct, a newer
 * caller's number would be one that an older KVM doesn't know.
 */
#define KVM_ELI_QUERY _IOWR(0xAE, 0xf7, __u64[3])

#endif
