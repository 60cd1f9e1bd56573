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
 * Set instead of KVM_ELI_REASON_NO_INTR_REMAPPING where the host's administrator accepts devices
 * that can raise any vector: kvm's module parameter eli_allow_unsafe_interrupts.
 */
#define KVM_ELI_FEATURE_UNSAFE_INTERRUPTS (1u << 2)
#define KVM_ELI_FEATURE_SHADOW (1u << 3) /* KVM_ELI_SHADOW exists */

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

/*
 * KVM_ENABLE_CAP with KVM_CAP_X86_ELI on a VM: args[0] is KVM_ELI_ENABLE or 0, the others are 0.
 * On: its vCPUs can be configured; APICv is inhibited. Off: all of them are in injection mode, and
 * the host irqs are where they were before.
 * -EOPNOTSUPP: KVM_ELI_QUERY has reasons. -EPERM: no CAP_SYS_RAWIO. -EINVAL: other arguments.
 */
#define KVM_ELI_ENABLE 1

/* How a host irq of struct kvm_eli_vector stands. */
enum {
	KVM_ELI_VECTOR_NO_IRQ = 0,  /* no irqfd of this VM with that eventfd has a host irq yet */
	KVM_ELI_VECTOR_PLACED = 1,  /* on (home CPU, host vector) */
	KVM_ELI_VECTOR_REFUSED = 2, /* can't be placed, @error says why; interrupts are injected */
	KVM_ELI_VECTOR_LOST = 3,    /* was placed and has been moved since; injected */
};

/*
 * struct kvm_eli_vector - an interrupt that shall reach the guest directly
 * @eventfd: in: that of the irqfd, which is also the device's trigger (irqbypass)
 * @guest_vector: in: the vector that the guest expects, 32-255
 * @host_vector: in: the vector of the home CPU to place the host irq on. Other than @guest_vector
 *               only with KVM_ELI_SHADOW
 * @state: out: KVM_ELI_VECTOR_*
 * @pad: in: must be 0
 * @error: out: for KVM_ELI_VECTOR_REFUSED a negative errno:
 *         -EADDRINUSE another host irq has that vector, or one below, and can't be moved,
 *         -EPERM the irq can't be moved, -EACCES its domain doesn't isolate MSIs,
 *         -EBUSY moving takes too long; else 0
 * @host_irq: out: number as in /proc/interrupts, 0 without one
 *
 * An irq that comes later (VFIO requests them when the guest enables MSI-X) is placed when it comes.
 */
struct kvm_eli_vector {
	__s32 eventfd;
	__u8 guest_vector;
	__u8 host_vector;
	__u8 state;
	__u8 pad;
	__s32 error;
	__u32 host_irq;
};

#define KVM_ELI_MAX_VECTORS 128

/*
 * A shadow lies over the vCPU's IDT: the guest's table, except that the gate of each host vector is
 * the guest's for the guest vector, and a gate may not be present for a while. Only while the guest
 * uses that table are host vectors delivered that differ from the guest's, and aliases used.
 * #NP exits in injection mode as well, see KVM_ELI_EXIT_GATE.
 */
#define KVM_ELI_SHADOW (1u << 0)

/* Gates that can stand in for displaced ones: those of exceptions that no CPU raises. */
#define KVM_ELI_FIRST_ALIAS 22
#define KVM_ELI_ALIAS_COUNT 6

/* Quanta beyond these bounds are cut, in microseconds. */
#define KVM_ELI_MIN_QUANTUM_US 50
#define KVM_ELI_MAX_QUANTUM_US 10000

/*
 * Why a vCPU is in injection mode, and what its next entry in direct mode waits for. Bits.
 * Those of a moment (an interrupt in service, say) come and go thousands of times a second.
 */
#define KVM_ELI_WAIT_CONFIG (1u << 0)     /* not configured, no vector placed, or LIDT since */
#define KVM_ELI_WAIT_HOME (1u << 1)       /* not on its home CPU */
#define KVM_ELI_WAIT_PLACEMENT (1u << 2)  /* a placed irq has been moved */
#define KVM_ELI_WAIT_CPU_MODE (1u << 3)   /* not in long mode, SMM, or debugged */
#define KVM_ELI_WAIT_APIC_MODE (1u << 4)  /* the guest's APIC is not in x2APIC mode, or is off */
#define KVM_ELI_WAIT_EOI (1u << 5)        /* an injected interrupt is in service or on its way */
#define KVM_ELI_WAIT_TPR (1u << 6)        /* the guest's TPR holds back a direct vector */
#define KVM_ELI_WAIT_APICV (1u << 7)      /* APICv is still active */

/*
 * struct kvm_eli_config - argument of KVM_ELI_CONFIGURE and KVM_ELI_GET_CONFIG on a vCPU
 * @size: in: sizeof(struct kvm_eli_config)
 * @flags: in: KVM_ELI_SHADOW or 0
 * @home_cpu: the host CPU that the vCPU is pinned to. Not 0, and that of one vCPU only.
 * @vector_count: elements of @vectors, at most KVM_ELI_MAX_VECTORS; 0: injection mode only.
 *                KVM_ELI_GET_CONFIG: in: room, out: how many there are; -E2BIG if room lacks
 * @vectors: address of an array of struct kvm_eli_vector; its out fields are written
 * @vector_size: in: sizeof(struct kvm_eli_vector)
 * @idtr_limit: out: limit of the IDTR in direct mode, 0 while nothing is placed
 * @quantum: TSC ticks after which a vCPU in direct mode exits whatever the guest does
 * @waits: out: KVM_ELI_WAIT_* bits as of the last entry
 * @direct: out: 1 if the last entry was in direct mode
 * @shadow_base: in: with KVM_ELI_SHADOW: base of the IDTR as the guest loaded it
 * @aliases: in: with KVM_ELI_SHADOW: element n is the guest vector, 32-255, whose gate stands at
 *           KVM_ELI_FIRST_ALIAS + n because its own place holds another: KVM injects it through
 *           that gate. 0: none. What lies behind KVM_ELI_ALIAS_COUNT must be 0
 *
 * KVM_ELI_CONFIGURE replaces what was configured; irqs that stay in place are not touched. A vector
 * that can't be placed is not an error: its state says so, and KVM injects its interrupts.
 * -EINVAL: a value out of range, a vector twice. -EBUSY: the home CPU is another vCPU's.
 * -ENXIO: ELI is not enabled on the VM. -EBADF: not an eventfd. -ENODEV: home CPU offline.
 * All are in injection mode then, and unless it was -EINVAL or -ENXIO, shadow and aliases are as
 * told. A shadow is laid and taken away, and a vCPU with one switched off, while no vCPU runs.
 */
struct kvm_eli_config {
	__u32 size;
	__u32 flags;
	__u32 home_cpu;
	__u32 vector_count;
	__u64 vectors;
	__u32 vector_size;
	__u32 idtr_limit;
	__u64 quantum;
	__u32 waits;
	__u32 direct;
	/* Here the first version ends. */
	__u64 shadow_base;
	__u8 aliases[8];
};

/* As with KVM_ELI_QUERY the numbers stay when the struct grows. */
#define KVM_ELI_CONFIGURE _IOWR(0xAE, 0xf8, __u64[6])
#define KVM_ELI_GET_CONFIG _IOWR(0xAE, 0xf9, __u64[6])

/* exit_reason of struct kvm_run; struct kvm_eli_exit lies where its other exits have theirs. */
#define KVM_EXIT_ELI 0x454c49

/* The guest executed LIDT: injection mode until KVM_ELI_CONFIGURE. */
#define KVM_ELI_EXIT_LIDT 1
/* A host irq came, went or moved, or the home CPU went offline: look at the states, plan again. */
#define KVM_ELI_EXIT_STALE 2
/*
 * With KVM_ELI_SHADOW: an interrupt or INT n met a gate that is not present. It is delivered again
 * at the next KVM_RUN, unless userspace sets @absent to 1: the guest's own gate isn't present
 * either, so that the guest gets #NP.
 */
#define KVM_ELI_EXIT_GATE 3

/*
 * struct kvm_eli_exit - struct kvm_run's part for KVM_EXIT_ELI (at its member padding)
 * @type: KVM_ELI_EXIT_*
 * @idt_limit, @idt_base: KVM_ELI_EXIT_LIDT: the guest's new IDTR
 * @gate: KVM_ELI_EXIT_GATE: which one of the table with the shadow
 * @absent: KVM_ELI_EXIT_GATE: 0; in: see there
 */
struct kvm_eli_exit {
	__u32 type;
	__u32 idt_limit;
	__u64 idt_base;
	__u32 gate;
	__u32 absent;
};

#endif
