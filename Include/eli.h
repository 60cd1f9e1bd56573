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

#ifdef __cplusplus
extern "C" {
#endif

#define ELI_ABI_MAJOR 1u
#define ELI_ABI_MINOR 0u

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
