/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exitless interrupts (ELI): the contract between libELI.so and the VMM that loads it.
 *
 * The VMM dlopen()s the library and calls eli_plugin_get() with the major version that it was
 * built against. Everything else goes through the two tables of function pointers.
 *
 * Versions: a new major version breaks; a new minor version appends to the ends of structs. Each
 * struct starts with its size as its creator knows it; the reader takes a missing tail as absent.
 * Unknown flags are refused with -EINVAL.
 *
 * Errors: functions that can fail return 0 or a negative errno, and write a NUL-terminated English
 * message, cut to fit, into the caller's buffer. The buffer may be NULL with size 0.
 *
 * Threads: unless it says otherwise a function may be called by any thread, does not block, and
 * calls back only through the host table it was given. destroy() must be the last call on a
 * context, with no other call on it under way.
 */
#ifndef ELI_H
#define ELI_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "eli_interrupts.h"
#include "eli_sidecore.h"
#include "eli_viommu.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ELI_ABI_MAJOR 1u
#define ELI_ABI_MINOR 2u

/* The library's file name as a VMM should look for it. */
#define ELI_LIBRARY_NAME "libELI.so.1"

/* One virtual machine's state in the library. */
typedef struct eli_context eli_context;

/* Userspace's reason bits; those of KVM are in kvm_eli.h, the words for both in eli_reasons.h. */
#define ELI_REASON_NOT_KVM (1ull << 32)          /* another accelerator runs the guest */
#define ELI_REASON_KVM_UNPATCHED (1ull << 33)    /* no KVM_CAP_X86_ELI */
#define ELI_REASON_KVM_QUERY_FAILED (1ull << 34) /* KVM_CAP_X86_ELI, but no valid answer */
#define ELI_REASON_NO_LIBRARY (1ull << 35)       /* libELI missing, broken or of another version */

/* Severity of a log message. */
enum {
    ELI_LOG_ERROR = 0,
    ELI_LOG_WARNING = 1,
    ELI_LOG_INFO = 2,
};

/*
 * struct eli_host_ops - what the VMM gives to the library
 * @size: sizeof(struct eli_host_ops)
 * @abi_major: ELI_ABI_MAJOR of the VMM
 * @abi_minor: ELI_ABI_MINOR of the VMM
 * @flags: must be 0
 * @opaque: passed to each callback
 * @log: print @message, which the library owns and which holds no newline. May be NULL. Called
 *       by the thread that is in the library, in the course of its call.
 *
 * The library copies the struct.
 */
typedef struct eli_host_ops {
    uint32_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t flags;
    void *opaque;
    void (*log)(void *opaque, int level, const char *message);
} eli_host_ops;

/* The VMM's administrator accepts a host without interrupt remapping. Unsafe: labs only. */
#define ELI_ADMIT_NO_INTR_REMAPPING (1u << 0)

/*
 * struct eli_facts - what the VMM found out about the host and the VM
 * @size: sizeof(struct eli_facts)
 * @flags: ELI_ADMIT_* bits
 * @features: KVM_ELI_FEATURE_* bits that KVM reports
 * @reasons: KVM_ELI_REASON_* and ELI_REASON_* bits that KVM and the VMM found
 */
typedef struct eli_facts {
    uint32_t size;
    uint32_t flags;
    uint64_t features;
    uint64_t reasons;
} eli_facts;

/*
 * struct eli_plugin_ops - what the library gives to the VMM
 * @size: sizeof(struct eli_plugin_ops) of the library
 * @abi_major: ELI_ABI_MAJOR of the library
 * @abi_minor: ELI_ABI_MINOR of the library
 * @flags: 0
 * @version: the library's version, for people
 *
 * The table is constant and lives as long as the process.
 */
typedef struct eli_plugin_ops {
    uint32_t size;
    uint32_t abi_major;
    uint32_t abi_minor;
    uint32_t flags;
    const char *version;

    /*
     * Make the context of one VM and store it in *@context.
     * -EINVAL: NULL argument, struct too small, another major version, or unknown flags.
     */
    int (*create)(const eli_host_ops *host, eli_context **context,
                  char *message, size_t message_size);

    /* Give a context back. NULL is a no-op. */
    void (*destroy)(eli_context *context);

    /*
     * Decide whether ELI may run: *@blocking gets the reason bits that stand in the way, 0 if
     * none does. It is the facts' reasons, completed by what the features lack, less those that
     * the ELI_ADMIT_* flags accept. An unknown reason bit blocks.
     * -EINVAL: NULL argument, struct too small, or unknown flags; *@blocking is untouched.
     */
    int (*admit)(eli_context *context, const eli_facts *facts, uint64_t *blocking,
                 char *message, size_t message_size);

    /*
     * Make a plan and store it in *@plan. What still holds of @previous (may be NULL) is kept.
     * Takes time and memory in proportion to the request: not for a vCPU's hot path.
     * -EINVAL: NULL argument, struct or element too small, a value out of its range, or unknown
     * flags. -E2BIG: more elements than ELI_PLAN_MAX_*. *@plan is untouched then.
     */
    int (*plan_create)(eli_context *context, const eli_plan_request *request,
                       const eli_plan *previous, eli_plan **plan,
                       char *message, size_t message_size);

    /* Give a plan back. NULL is a no-op. What was made from it lives on. */
    void (*plan_destroy)(eli_plan *plan);

    /*
     * What the plan says about route @index of the request. Unless it is ELI_IDENTITY, the message
     * tells why not and what to do about it. -EINVAL: NULL argument or struct too small.
     * -ENOENT: there is no such route.
     */
    int (*plan_route)(const eli_plan *plan, uint32_t index, eli_route_plan *route,
                      char *message, size_t message_size);

    /*
     * The same about vCPU @index of the request. If @refusal is set, the message tells why and
     * what to do about it.
     */
    int (*plan_cpu)(const eli_plan *plan, uint32_t index, eli_cpu_plan *cpu,
                    char *message, size_t message_size);

    /* Move @index of those that must come first, from 0 on; -ENOENT behind the last. */
    int (*plan_move)(const eli_plan *plan, uint32_t index, eli_irq_move *move,
                     char *message, size_t message_size);

    /*
     * The words for a @reason of struct eli_route_plan or eli_cpu_plan: a stable identifier for
     * programs, the cause, and what to do about it. Each may be NULL; what is stored lives as long
     * as the process. -ENOENT: no such reason.
     */
    int (*plan_reason)(uint32_t reason, const char **code, const char **cause,
                       const char **remedy);

    /* Whether @table needs a shadow: 1, or 0. -EINVAL: NULL plan. -ENOENT: no such table. */
    int (*plan_needs_shadow)(const eli_plan *plan, uint32_t table);

    /*
     * The vector that KVM must inject, on every vCPU that uses @table, so that the guest's handler
     * for @vector runs while the shadow is in place: mostly @vector itself. The virtual APIC shows
     * @vector all the same. -EINVAL: NULL plan, or @vector above 255.
     * -ENOENT: no such table, or nothing reaches that handler (only for vectors below 32).
     */
    int (*plan_inject)(const eli_plan *plan, uint32_t table, uint32_t vector);

    /*
     * Build the shadow of an IDT as @plan wants it and store it in *@shadow. No CPU may use the
     * shadow pages yet. -EINVAL: NULL argument, struct too small, unknown flags, or an IDT that
     * can't be shadowed (the message says why). -ENOENT: the plan has no such table.
     */
    int (*shadow_create)(eli_context *context, const eli_shadow_request *request,
                         const eli_plan *plan, eli_shadow **shadow,
                         char *message, size_t message_size);

    /* Give a shadow back; its pages are the caller's again. NULL is a no-op. */
    void (*shadow_destroy)(eli_shadow *shadow);

    /*
     * The guest wrote @count bytes at @offset of page @page (0 or 1), and they have reached its own
     * page. Allocates nothing, does not block, CPUs may be delivering through the table: each gate
     * of an interrupt is the old one, the new one or not present, never a mix.
     * 0: CPUs see it. ELI_SHADOW_WITHHELD: some gates are not present until shadow_settle(), to be
     * called soon. -EINVAL: NULL shadow, or no byte of the table's pages.
     */
    int (*shadow_write)(eli_shadow *shadow, uint32_t page, uint32_t offset, uint32_t count);

    /*
     * Change to another plan's layout. No vCPU of the table may be in direct mode: a vector would
     * reach the handler that the other plan has for it. Else as shadow_write(). -ENOENT: the plan
     * has no table of that number. -EINVAL: NULL argument, or the plan replaces gates that the
     * guest's IDT lacks.
     */
    int (*shadow_plan)(eli_shadow *shadow, const eli_plan *plan,
                       char *message, size_t message_size);

    /*
     * Publish the gates that are withheld. May be called only while all vCPUs that share the table
     * are outside the guest. NULL is a no-op.
     *
     * Meanwhile an injected interrupt or INT n may meet such a gate: with a shadow in place KVM
     * intercepts #NP in injection mode as well, and delivers again if the guest's gate is present.
     */
    void (*shadow_settle)(eli_shadow *shadow);

    /*
     * Make the quantum of a vCPU and store it in *@quantum. -EINVAL: NULL argument, struct too
     * small, unknown flags, a value out of its range, or a timer too coarse for the bound.
     */
    int (*quantum_create)(eli_context *context, const eli_quantum_request *request,
                          eli_quantum **quantum, char *message, size_t message_size);

    /* Give a quantum back. NULL is a no-op. */
    void (*quantum_destroy)(eli_quantum *quantum);

    /*
     * Once per epoch: learn from the vCPU's counters so far (NULL: learn nothing) and tell the
     * quantum to use from now on. Allocates nothing, does not block.
     * -EINVAL: NULL @quantum or @state, struct too small, or unknown flags.
     */
    int (*quantum_learn)(eli_quantum *quantum, const eli_statistics *statistics,
                         eli_quantum_state *state, char *message, size_t message_size);

    /*
     * What was counted between two looks at a vCPU's counters. A counter that has been set to 0
     * meanwhile counts from there. -EINVAL: NULL argument, struct too small, or unknown flags.
     */
    int (*statistics_since)(const eli_statistics *now, const eli_statistics *earlier,
                            eli_statistics *grown, char *message, size_t message_size);

    /*
     * How a host vector gets through on a CPU with a guest in direct mode: one of ELI_PROTECT_*;
     * *@open (may be NULL) gets the ELI_OPEN_* bits. -EINVAL: NULL @vector, struct too small, a
     * value out of its range, or unknown flags.
     */
    int (*protect)(const eli_host_vector *vector, uint32_t *open);

    /* The functions for an IOMMU. Since minor version 1. */
    const eli_viommu_ops *viommu;

    /* The functions for an IOMMU without exits. Since minor version 2. */
    const eli_sidecore_ops *sidecore;
} eli_plugin_ops;

/*
 * The library's table for @abi_major, or NULL if it has none for that version.
 * The library's only exported symbol.
 */
const eli_plugin_ops *eli_plugin_get(uint32_t abi_major);

#ifdef __cplusplus
}
#endif

#endif
