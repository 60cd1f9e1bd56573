/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exitless interrupts (ELI): what the VMM and libELI.so tell each other about vectors, IDTs and
 * the quantum. Part of eli.h, whose conventions hold; the calls are in its struct eli_plugin_ops.
 */
#ifndef ELI_INTERRUPTS_H
#define ELI_INTERRUPTS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* "None" where a CPU, an irq or an index is meant. */
#define ELI_NONE UINT32_MAX

/*
 * Elements of the arrays of struct eli_plan_request. They don't carry their size: the request does.
 */

/* A shadow may be laid over the vCPU's IDT. */
#define ELI_VCPU_SHADOW (1u << 0)

/*
 * struct eli_vcpu
 * @apic_id: its x2APIC ID
 * @home_cpu: the host CPU that it is pinned to; ELI_NONE if it may run on several
 * @table: names its IDT: vCPUs whose tables lie in the same memory have the same number
 * @idt_limit: limit of the guest's IDTR, at most 0xffff
 * @flags: ELI_VCPU_*
 */
typedef struct eli_vcpu {
    uint32_t apic_id;
    uint32_t home_cpu;
    uint32_t table;
    uint32_t idt_limit;
    uint32_t flags;
} eli_vcpu;

/* The host can place the device's irq on a CPU and vector. */
#define ELI_ROUTE_MOVABLE (1u << 0)

/*
 * struct eli_route - an interrupt of an assigned device
 * @device: number of the device, unique in the VM and stable
 * @index: its MSI-X entry, or the number of its MSI
 * @address: the message's address as the guest wrote it, in compatibility format
 * @data: the message's data
 * @flags: ELI_ROUTE_*
 */
typedef struct eli_route {
    uint32_t device;
    uint32_t index;
    uint64_t address;
    uint32_t data;
    uint32_t flags;
} eli_route;

#define ELI_CPU_ONLINE (1u << 0)
/* Left to the host's own interrupts. */
#define ELI_CPU_HOUSEKEEPING (1u << 1)

/* struct eli_cpu - CPU @cpu of the host; @flags: ELI_CPU_* */
typedef struct eli_cpu {
    uint32_t cpu;
    uint32_t flags;
} eli_cpu;

/* Its affinity can be changed. */
#define ELI_IRQ_MOVABLE (1u << 0)

/*
 * struct eli_host_irq - a host interrupt that is not an assigned device's of this VM
 * @irq: the host's number, as in /proc/interrupts
 * @cpu: where it is delivered
 * @vector: 0-255
 * @flags: ELI_IRQ_*
 */
typedef struct eli_host_irq {
    uint32_t irq;
    uint32_t cpu;
    uint32_t vector;
    uint32_t flags;
} eli_host_irq;

/* The host remaps interrupts. */
#define ELI_PLAN_INTR_REMAPPING (1u << 0)
/* The administrator accepts a host that doesn't. Unsafe: labs only. */
#define ELI_PLAN_ADMIT_NO_INTR_REMAPPING (1u << 1)
/*
 * The administrator accepts that host interrupts which can't be moved stay below the IDTR limit,
 * behind a gate that is not present. Unsafe: a guest that maps other memory at its IDT's address
 * receives them.
 */
#define ELI_PLAN_ADMIT_STEALABLE (1u << 2)
/* No interrupt is to have the guest's own vector on the host. For labs. */
#define ELI_PLAN_NO_IDENTITY (1u << 3)

#define ELI_PLAN_MAX_VCPUS 1024u
#define ELI_PLAN_MAX_ROUTES 8192u
#define ELI_PLAN_MAX_CPUS 8192u
#define ELI_PLAN_MAX_IRQS 65536u

/*
 * struct eli_plan_request - what a plan is made from
 * @size: sizeof(struct eli_plan_request)
 * @flags: ELI_PLAN_*
 * @vcpus, @routes, @cpus, @irqs: arrays, only read during the call
 * @vcpu_count and so on: number of their elements
 * @vcpu_size and so on: size of one element as the caller knows it
 */
typedef struct eli_plan_request {
    uint32_t size;
    uint32_t flags;
    const eli_vcpu *vcpus;
    uint32_t vcpu_count;
    uint32_t vcpu_size;
    const eli_route *routes;
    uint32_t route_count;
    uint32_t route_size;
    const eli_cpu *cpus;
    uint32_t cpu_count;
    uint32_t cpu_size;
    const eli_host_irq *irqs;
    uint32_t irq_count;
    uint32_t irq_size;
} eli_plan_request;

/* Which vectors of which CPUs are the guest's. Constant: any thread may use it. */
typedef struct eli_plan eli_plan;

/* How an interrupt reaches the guest. */
enum {
    /*
     * By the host, as without ELI. Its host irq goes wherever the host likes, but not below the
     * IDTR limit of a CPU with direct interrupts.
     */
    ELI_INJECTED = 0,
    ELI_IDENTITY = 1, /* directly, the host irq on the guest's own vector */
    ELI_REMAPPED = 2, /* directly, through a replaced gate */
};

/*
 * struct eli_route_plan - the plan for a route
 * @size: in: sizeof(struct eli_route_plan)
 * @placement: ELI_INJECTED, ELI_IDENTITY or ELI_REMAPPED
 * @vcpu: index of the vCPU it goes to; ELI_NONE if that is not exactly one
 * @guest_vector: the vector that the guest expects
 * @host_vector: the vector for the host irq on the vCPU's home CPU; ELI_NONE if injected
 * @not_identity: why it is not ELI_IDENTITY, a stable number above 0; 0 if it is
 * @not_direct: why it is ELI_INJECTED; 0 if it isn't
 * @blocking_irq: the host irq in the way, or ELI_NONE
 */
typedef struct eli_route_plan {
    uint32_t size;
    uint32_t placement;
    uint32_t vcpu;
    uint32_t guest_vector;
    uint32_t host_vector;
    uint32_t not_identity;
    uint32_t not_direct;
    uint32_t blocking_irq;
} eli_route_plan;

/* What a plan leaves open on a CPU. */
#define ELI_EXPOSURE_LATENCY (1u << 0)        /* host interrupts may wait for the quantum's end */
#define ELI_EXPOSURE_ANY_VECTOR (1u << 1)     /* an assigned device can raise any vector */
#define ELI_EXPOSURE_REPLACED_GATES (1u << 2) /* the guest can find that its IDT differs */
#define ELI_EXPOSURE_STEALABLE (1u << 3)      /* a hostile guest can receive a host interrupt */

/*
 * struct eli_cpu_plan - the plan for a vCPU and its home CPU
 * @size: in: sizeof(struct eli_cpu_plan)
 * @cpu: the home CPU; ELI_NONE if nothing can be direct there
 * @refusal: why nothing can, 0 if something can
 * @idtr_limit: limit of the IDTR in direct mode; ELI_NONE if nothing is direct
 * @lowest_guest_vector: no direct mode while the guest's TPR has this vector's class or a higher
 *                       one; ELI_NONE if nothing is direct
 * @exposures: ELI_EXPOSURE_* bits
 * @owned: vectors of the home CPU that are the guest's, bit n of word n / 32
 * @spacers: vectors of the home CPU to keep free, likewise
 */
typedef struct eli_cpu_plan {
    uint32_t size;
    uint32_t cpu;
    uint32_t refusal;
    uint32_t idtr_limit;
    uint32_t lowest_guest_vector;
    uint32_t exposures;
    uint32_t owned[8];
    uint32_t spacers[8];
} eli_cpu_plan;

/*
 * struct eli_irq_move - a host irq to be moved before the plan is put into force
 * @size: in: sizeof(struct eli_irq_move)
 * @irq, @cpu, @vector: as in struct eli_host_irq
 * @to: the CPU to move it to
 */
typedef struct eli_irq_move {
    uint32_t size;
    uint32_t irq;
    uint32_t cpu;
    uint32_t vector;
    uint32_t to;
} eli_irq_move;

/*
 * struct eli_shadow_request - an IDT of the guest and the memory to lay over it
 * @size: sizeof(struct eli_shadow_request)
 * @flags: must be 0
 * @idt_base: base of the guest's IDTR; a multiple of 8
 * @idt_limit: its limit, from 0x1ff to 0xffff
 * @table: struct eli_vcpu's
 * @guest: the guest's one or two pages of 4096 bytes that hold the table, in its order
 * @shadow: as many pages to lay over them; all of their bytes are written
 *
 * All pages stay readable (@shadow: writable) until shadow_destroy().
 */
typedef struct eli_shadow_request {
    uint32_t size;
    uint32_t flags;
    uint64_t idt_base;
    uint32_t idt_limit;
    uint32_t table;
    void *guest[2];
    void *shadow[2];
} eli_shadow_request;

/* A shadow IDT. Calls on one must not overlap. */
typedef struct eli_shadow eli_shadow;

/* Some gates are not present until shadow_settle(). */
#define ELI_SHADOW_WITHHELD 1

/*
 * struct eli_statistics - what KVM counts for a vCPU
 * @size: sizeof(struct eli_statistics)
 * @flags: must be 0
 * @direct_entries: VM entries in direct mode
 * @bounces: interrupts that an exit from direct mode found and handed to the host
 * @adopted: guest-owned vectors found in service at an exit
 * @host_handled: runs of the host's handler for a guest-owned vector
 * @quantum_exits: ends of the quantum
 * @quantum_exits_with_work: those that found an interrupt or other work of the host's waiting
 */
typedef struct eli_statistics {
    uint32_t size;
    uint32_t flags;
    uint64_t direct_entries;
    uint64_t bounces;
    uint64_t adopted;
    uint64_t host_handled;
    uint64_t quantum_exits;
    uint64_t quantum_exits_with_work;
} eli_statistics;

/*
 * struct eli_quantum_request
 * @size: sizeof(struct eli_quantum_request)
 * @flags: must be 0
 * @max_latency_us: bound on the latency of host interrupts, in microseconds; 0 for 1000; less
 *                  than 50 is 50, more than 10000 is 10000
 * @tsc_khz: frequency of the TSC, at least 1000
 * @timer_rate: of the VMX preemption timer (bits 4:0 of IA32_VMX_MISC); 0 without one; at most 31
 * @reserved: must be 0
 */
typedef struct eli_quantum_request {
    uint32_t size;
    uint32_t flags;
    uint32_t max_latency_us;
    uint32_t tsc_khz;
    uint32_t timer_rate;
    uint32_t reserved;
} eli_quantum_request;

/* A vCPU's quantum. Calls on one must not overlap. */
typedef struct eli_quantum eli_quantum;

/*
 * struct eli_quantum_state
 * @size: in: sizeof(struct eli_quantum_state)
 * @flags: 0
 * @ticks: the quantum in force, in TSC ticks
 * @bound: the longest one
 * @floor: the shortest one, an eighth of @bound but at least 50 us
 */
typedef struct eli_quantum_state {
    uint32_t size;
    uint32_t flags;
    uint64_t ticks;
    uint64_t bound;
    uint64_t floor;
} eli_quantum_state;

#define ELI_VECTOR_MOVABLE (1u << 0)      /* affinity can send it to another CPU */
#define ELI_VECTOR_URGENT (1u << 1)       /* must get through with the guest's IF clear */
#define ELI_VECTOR_CAN_BE_NMI (1u << 2)   /* its sender can send an NMI instead */
#define ELI_VECTOR_HOUSEKEEPING (1u << 3) /* a housekeeping CPU is online */
#define ELI_VECTOR_QUANTUM (1u << 4)      /* something ends the guest's quantum */

/*
 * struct eli_host_vector - a vector of the host's that may arrive on a vCPU's home CPU
 * @size: sizeof(struct eli_host_vector)
 * @flags: ELI_VECTOR_*
 * @vector: 0-255
 * @highest_owned: highest guest-owned vector of the CPU, 0-255
 */
typedef struct eli_host_vector {
    uint32_t size;
    uint32_t flags;
    uint32_t vector;
    uint32_t highest_owned;
} eli_host_vector;

/* How it gets through to the host, best first. */
enum {
    ELI_PROTECT_NON_ELI_CORE = 1, /* move it to a housekeeping CPU */
    ELI_PROTECT_IDTR_LIMIT = 2,   /* it exits as #GP once the guest has IF set */
    ELI_PROTECT_NMI = 3,          /* have it sent as an NMI */
    ELI_PROTECT_QUANTUM = 4,      /* it waits for the quantum's end */
    ELI_PROTECT_NONE = 5,         /* no direct mode on this CPU */
};

/* What that leaves open. */
#define ELI_OPEN_WAITS (1u << 0)     /* it waits while the guest masks it */
#define ELI_OPEN_COALESCED (1u << 1) /* several NMIs may arrive as one */
#define ELI_OPEN_STEALABLE (1u << 2) /* it reaches a gate of the guest's */

#ifdef __cplusplus
}
#endif

#endif
