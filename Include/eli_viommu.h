/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exitless interrupts (ELI): the VT-d compatible IOMMU, for a VMM's device.
 *
 * The library has the registers, the caches and the invalidation queue. The VMM gives it the
 * guest's accesses to the register page, and the requests of devices. After a write, and after a
 * request that was blocked, it asks for effects until there are none, and carries out each before
 * it asks for the next: asking says that it has done so, and only then does the guest see that its
 * command is complete. The library calls back for the guest's memory only.
 *
 * Whatever the guest does ends in what the VT-d specification has for it, in a fault, or in
 * nothing; each call does a bounded amount of work and allocates nothing, but for create, walk_new
 * and restore.
 *
 * Calls on one eli_viommu and its walks must not overlap; any thread may make them. While it
 * carries out an effect the VMM may make all other calls.
 */
#ifndef ELI_VIOMMU_H
#define ELI_VIOMMU_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An IOMMU. */
typedef struct eli_viommu eli_viommu;
/* A walk through the mappings of a device. */
typedef struct eli_viommu_walk eli_viommu_walk;
/* What the host has been told of a device's mappings. Since minor version 2. */
typedef struct eli_viommu_mirror eli_viommu_mirror;

#define ELI_VIOMMU_CACHING_MODE (1u << 0) /* the guest reports new mappings, too */
#define ELI_VIOMMU_PASS_THROUGH (1u << 1)
#define ELI_VIOMMU_SNOOP_CONTROL (1u << 2)
#define ELI_VIOMMU_DEVICE_TLB (1u << 3)
#define ELI_VIOMMU_INTERRUPT_REMAPPING (1u << 4)
#define ELI_VIOMMU_EXTENDED_INTERRUPT_MODE (1u << 5) /* needs interrupt remapping */

/*
 * struct eli_viommu_request - what the IOMMU is to be like
 * @size: sizeof(struct eli_viommu_request)
 * @flags: ELI_VIOMMU_*
 * @address_width: of the addresses that devices use: 39 or 48 bits
 * @host_address_width: of the guest's physical addresses, 32 to 52 bits
 * @domain_id_bits: 4, 6, ... 16
 * @fault_registers: number of fault recording registers, 1 to 128
 * @opaque: passed to each callback
 * @read64: read 8 bytes of the guest's memory, naturally aligned and in one piece. 0, or a negative
 *          errno if @address is not one of RAM
 * @read128: the same with 16 bytes, low word first; if not in one piece, the low word first
 * @write32: write 4 bytes, naturally aligned, by one store, to be seen after all that was done before:
 *           the guest may store there itself as soon as it sees @value, and a second store of the same,
 *           as memcpy() may do, would undo that. As @read64
 *
 * Addresses are the guest's physical ones, and may lie anywhere. The library copies the struct.
 */
typedef struct eli_viommu_request {
    uint32_t size;
    uint32_t flags;
    uint32_t address_width;
    uint32_t host_address_width;
    uint32_t domain_id_bits;
    uint32_t fault_registers;
    void *opaque;
    int (*read64)(void *opaque, uint64_t address, uint64_t *value);
    int (*read128)(void *opaque, uint64_t address, uint64_t value[2]);
    int (*write32)(void *opaque, uint64_t address, uint32_t value);
} eli_viommu_request;

/* What the VMM is to do: the kinds of an effect. */
enum {
    /* Nothing, until the guest or a device acts. */
    ELI_VIOMMU_IDLE = 0,
    /* Send the interrupt @address, @data. It is not remapped. */
    ELI_VIOMMU_INTERRUPT = 1,
    /* Ask for the address spaces of the devices anew; forget their translations. */
    ELI_VIOMMU_DEVICES_CHANGED = 2,
    /* Bring what mirrors the mappings up to date; forget translations. */
    ELI_VIOMMU_MAPPINGS_CHANGED = 3,
    /* Have the device @source_id forget the addresses from @first to @last. */
    ELI_VIOMMU_DEVICE_TLB_INVALIDATED = 4,
    /* Remap interrupts that use the entries from @first to @last anew. */
    ELI_VIOMMU_INTERRUPT_ENTRIES_CHANGED = 5,
    /* The budget is used up: ask again soon. */
    ELI_VIOMMU_PAUSED = 6,
    /* Have accesses to registers trap, and close the page: see eli_sidecore.h. */
    ELI_VIOMMU_REGISTERS_TRAP = 7,
};

/* Which devices or mappings an effect is about. */
enum {
    ELI_VIOMMU_ALL = 0,
    ELI_VIOMMU_DOMAIN = 1,    /* those of @domain, before or now */
    ELI_VIOMMU_RANGE = 2,     /* those of @domain, from @first to @last */
    ELI_VIOMMU_FUNCTIONS = 3, /* devices that equal @source_id in the bits of @source_mask */
};

/*
 * struct eli_viommu_effect
 * @size: in: sizeof(struct eli_viommu_effect)
 * @kind: ELI_VIOMMU_IDLE ... ELI_VIOMMU_REGISTERS_TRAP; the others have a meaning as it says
 * @scope: ELI_VIOMMU_ALL ... ELI_VIOMMU_FUNCTIONS
 * @domain: a domain id
 * @source_id: bus in bits 15:8, device in 7:3, function in 2:0
 * @source_mask: its bits that count
 * @data: of an interrupt
 * @reserved: 0
 * @address: of an interrupt
 * @first: an address or the number of an entry
 * @last: the last one that belongs to it
 */
typedef struct eli_viommu_effect {
    uint32_t size;
    uint32_t kind;
    uint32_t scope;
    uint32_t domain;
    uint32_t source_id;
    uint32_t source_mask;
    uint32_t data;
    uint32_t reserved;
    uint64_t address;
    uint64_t first;
    uint64_t last;
} eli_viommu_effect;

#define ELI_VIOMMU_WRITE (1u << 0)    /* the request is a write */
#define ELI_VIOMMU_NO_FAULT (1u << 1) /* only a question: record no fault */

#define ELI_VIOMMU_CAN_READ (1u << 0)
#define ELI_VIOMMU_CAN_WRITE (1u << 1)

/* What becomes of a request. */
enum {
    ELI_VIOMMU_BLOCKED = 0,   /* by @fault */
    ELI_VIOMMU_IDENTITY = 1,  /* it goes on as it is */
    ELI_VIOMMU_REMAPPED = 2,  /* it goes on as the struct says */
    ELI_VIOMMU_IS_MESSAGE = 3 /* a write to the interrupt address range: ask remap() */
};

/*
 * struct eli_viommu_mapping - a range of a device's addresses, and where it leads
 * @size: in: sizeof(struct eli_viommu_mapping)
 * @result: ELI_VIOMMU_BLOCKED ... ELI_VIOMMU_IS_MESSAGE
 * @fault: the reason, as in a fault recording register
 * @access: ELI_VIOMMU_CAN_*
 * @first: the first address
 * @last: the last address
 * @output: guest-physical address of the first
 */
typedef struct eli_viommu_mapping {
    uint32_t size;
    uint32_t result;
    uint32_t fault;
    uint32_t access;
    uint64_t first;
    uint64_t last;
    uint64_t output;
} eli_viommu_mapping;

/*
 * struct eli_viommu_message - what becomes of an interrupt request
 * @size: in: sizeof(struct eli_viommu_message)
 * @result: ELI_VIOMMU_BLOCKED, _IDENTITY or _REMAPPED
 * @fault: the reason, as in a fault recording register
 * @destination: APIC id or logical destination, 32 bits wide in extended interrupt mode
 * @vector: 0 to 255
 * @delivery_mode: as in an MSI's data
 * @logical: the destination is a logical one
 * @redirection_hint: to one processor of the destination
 * @level_triggered: else edge-triggered
 */
typedef struct eli_viommu_message {
    uint32_t size;
    uint32_t result;
    uint32_t fault;
    uint32_t destination;
    uint8_t vector;
    uint8_t delivery_mode;
    uint8_t logical;
    uint8_t redirection_hint;
    uint8_t level_triggered;
    uint8_t reserved[3];
} eli_viommu_message;

/*
 * struct eli_viommu_space - what the addresses of a device mean
 * @size: in: sizeof(struct eli_viommu_space)
 * @result: ELI_VIOMMU_BLOCKED, _IDENTITY, or _REMAPPED by the tables of @domain
 * @fault: the reason, as in a fault recording register
 * @domain: a domain id
 */
typedef struct eli_viommu_space {
    uint32_t size;
    uint32_t result;
    uint32_t fault;
    uint32_t domain;
} eli_viommu_space;

/*
 * struct eli_viommu_state - for people
 * @size: in: sizeof(struct eli_viommu_state)
 * @translating: DMA requests are translated
 * @remapping: interrupt requests are remapped
 * @queued: invalidations are queued
 * @queue_head, @queue_tail: numbers of descriptors
 * @queue_error: as in IQERCD_REG, 0 without one
 * @pending_faults: faults that the guest has not cleared
 * @root_table: guest-physical address
 * @interrupt_table: likewise
 * @iotlb_hits ... @queue_errors: counts since create()
 */
typedef struct eli_viommu_state {
    uint32_t size;
    uint8_t translating;
    uint8_t remapping;
    uint8_t queued;
    uint8_t queue_error;
    uint32_t queue_head;
    uint32_t queue_tail;
    uint32_t pending_faults;
    uint32_t reserved;
    uint64_t root_table;
    uint64_t interrupt_table;
    uint64_t iotlb_hits;
    uint64_t iotlb_misses;
    uint64_t context_hits;
    uint64_t context_misses;
    uint64_t interrupt_entry_hits;
    uint64_t interrupt_entry_misses;
    uint64_t blocked_requests;
    uint64_t recorded_faults;
    uint64_t descriptors;
    uint64_t queue_errors;
} eli_viommu_state;

/*
 * Mirrors of mappings: since minor version 2
 *
 * The host (VFIO) maps what the guest maps, by requests that have a limit on their number and can't
 * be extended, joined or cut. A mirror knows what the host has been told, and says what it has to
 * be told next: what one pass finds contiguous as few pieces as can be, nothing that is right
 * already, and of a mapping that has changed by a part the whole, and then its rest again. Until
 * then a device can't use the rest; that is counted (@splits).
 *
 * A mirror belongs to no eli_viommu; calls on one must not overlap. No call allocates but for
 * mirror_new and mirror_limit.
 */

/* When what the guest has unmapped is unmapped in the host. */
enum {
    ELI_VIOMMU_TEARDOWN_STRICT = 0,     /* before the guest's wait descriptor is complete */
    ELI_VIOMMU_TEARDOWN_DEFERRED = 1,   /* later: until then the mapping is stale */
    ELI_VIOMMU_TEARDOWN_OPTIMISTIC = 2, /* likewise, and used again if the guest maps the same */
};

/*
 * struct eli_viommu_mirror_request - how a mirror is to behave
 * @size: sizeof(struct eli_viommu_mirror_request)
 * @teardown: ELI_VIOMMU_TEARDOWN_*
 * @max_mappings: how many the host takes, 1 to 2^24
 * @stale_max: how many may be stale, 1 to 2^24
 * @stale_time: how long a mapping may be stale, in nanoseconds, at least 1
 * @max_bytes: how many bytes may be mapped before stale mappings are ended, 0 for any number
 */
typedef struct eli_viommu_mirror_request {
    uint32_t size;
    uint32_t teardown;
    uint32_t max_mappings;
    uint32_t stale_max;
    uint64_t stale_time;
    uint64_t max_bytes;
} eli_viommu_mirror_request;

/* What the host has to do: the kinds of a change. */
enum {
    ELI_VIOMMU_UNMAP = 0, /* all that it has from @first to @last */
    ELI_VIOMMU_MAP = 1,   /* the naturally aligned power of two from @first to @last */
};

/*
 * struct eli_viommu_change
 * @size: in: sizeof(struct eli_viommu_change)
 * @kind: ELI_VIOMMU_UNMAP or ELI_VIOMMU_MAP
 * @access: ELI_VIOMMU_CAN_*
 * @reserved: 0
 * @first: the first address, as the device uses it
 * @last: the last address
 * @output: guest-physical address of the first
 */
typedef struct eli_viommu_change {
    uint32_t size;
    uint32_t kind;
    uint32_t access;
    uint32_t reserved;
    uint64_t first;
    uint64_t last;
    uint64_t output;
} eli_viommu_change;

/*
 * struct eli_viommu_mirror_state - for people
 * @size: in: sizeof(struct eli_viommu_mirror_state)
 * @max_mappings: the limit
 * @live, @live_bytes: what the guest has mapped and the host has been told
 * @stale, @stale_bytes: what the guest has unmapped and the host still has
 * @most_stale, @most_stale_bytes: the most of it at any time
 * @longest_stale: the longest that a mapping was stale, in nanoseconds, as it ended or was used
 *                 again
 * @maps, @unmaps: changes given out
 * @deferred: mappings that became stale. Each is still, or one of the next four
 * @revived: used again
 * @expired: ended as it was time
 * @evicted: ended to keep a limit
 * @flushed: ended as their addresses were mapped anew, or all had to go
 * @splits: live mappings that were ended as a whole as a part had changed
 * @refused: mappings for which the limit left no room
 */
typedef struct eli_viommu_mirror_state {
    uint32_t size;
    uint32_t max_mappings;
    uint64_t live;
    uint64_t live_bytes;
    uint64_t stale;
    uint64_t stale_bytes;
    uint64_t most_stale;
    uint64_t most_stale_bytes;
    uint64_t longest_stale;
    uint64_t maps;
    uint64_t unmaps;
    uint64_t deferred;
    uint64_t revived;
    uint64_t expired;
    uint64_t evicted;
    uint64_t flushed;
    uint64_t splits;
    uint64_t refused;
} eli_viommu_mirror_state;

/*
 * struct eli_viommu_ops - the library's functions for an IOMMU
 * @size: sizeof(struct eli_viommu_ops) of the library
 * @flags: 0
 *
 * Functions that return an int return 0, or -EINVAL for a NULL argument, a struct that is too
 * small, a value out of its range or unknown flags, unless they say otherwise.
 */
typedef struct eli_viommu_ops {
    uint32_t size;
    uint32_t flags;

    /* Make an IOMMU and store it in *@viommu. The message says what is wrong with the request. */
    int (*create)(const eli_viommu_request *request, eli_viommu **viommu,
                  char *message, size_t message_size);

    /* Give an IOMMU back, after its walks. NULL is a no-op. */
    void (*destroy)(eli_viommu *viommu);

    /*
     * The state after power-on. Effects that haven't been given out are dropped: the caller acts
     * as if all devices and all interrupt entries had changed.
     */
    void (*reset)(eli_viommu *viommu);

    /* The guest reads @size (1 to 8) bytes at @offset. 0 where there is nothing. */
    uint64_t (*read)(eli_viommu *viommu, uint64_t offset, uint32_t size);

    /*
     * The guest writes. Only aligned accesses of 4 or 8 bytes have effect. The caller then asks
     * for effects.
     */
    void (*write)(eli_viommu *viommu, uint64_t offset, uint64_t value, uint32_t size);

    /*
     * The last effect has been carried out; what is the next? *@budget is how much work may be
     * done, one for each descriptor of the queue; what is left of it is stored there.
     */
    int (*next_effect)(eli_viommu *viommu, uint32_t *budget, eli_viommu_effect *effect);

    /* A device makes a DMA request. @flags: ELI_VIOMMU_WRITE, ELI_VIOMMU_NO_FAULT. */
    int (*translate)(eli_viommu *viommu, uint16_t source_id, uint64_t address, uint32_t flags,
                     eli_viommu_mapping *mapping);

    /*
     * A device or an I/O APIC makes an interrupt request. @flags: ELI_VIOMMU_NO_FAULT.
     */
    int (*remap)(eli_viommu *viommu, uint16_t source_id, uint64_t address, uint32_t data,
                 uint32_t flags, eli_viommu_message *message);

    /* What the addresses of a device mean now. Records no fault. */
    int (*space)(eli_viommu *viommu, uint16_t source_id, eli_viommu_space *space);

    /*
     * Walk through the mappings of a device from @first to @last, page by page, in the order of
     * addresses; pages are cut to that range. It uses the tables that are the device's now: give
     * it up when the device has changed. NULL unless its addresses are translated by a domain's
     * tables, or if @last is below @first.
     */
    eli_viommu_walk *(*walk_new)(eli_viommu *viommu, uint16_t source_id,
                                 uint64_t first, uint64_t last);

    /*
     * The next page. 1: it is in *@mapping. 0: there are no more. -EAGAIN: the budget is used up.
     * *@budget is how many entries of tables may be read; what is left of it is stored there.
     */
    int (*walk_next)(eli_viommu_walk *walk, uint32_t *budget, eli_viommu_mapping *mapping);

    /* Give a walk up. NULL is a no-op. */
    void (*walk_free)(eli_viommu_walk *walk);

    /*
     * Store the state in @words, at most @count of them, in the order of the host's bytes. Returns
     * how many there are.
     */
    uint32_t (*save)(eli_viommu *viommu, uint64_t *words, uint32_t count);

    /*
     * Replace the state. Effects then say that everything has changed. -EINVAL: not a state of
     * such an IOMMU; nothing has changed.
     */
    int (*restore)(eli_viommu *viommu, const uint64_t *words, uint32_t count);

    /* Tell how it is. */
    int (*state)(eli_viommu *viommu, eli_viommu_state *state);

    /*
     * Mirrors of mappings, since minor version 2. Times are nanoseconds of any clock, and don't go
     * back.
     */

    /* As walk_new(), but pages that are contiguous in both respects and allow the same are one. */
    eli_viommu_walk *(*walk_new_joined)(eli_viommu *viommu, uint16_t source_id,
                                        uint64_t first, uint64_t last);

    /* Make a mirror and store it in *@mirror. The message says what is wrong with the request. */
    int (*mirror_new)(const eli_viommu_mirror_request *request, eli_viommu_mirror **mirror,
                      char *message, size_t message_size);

    /* Give a mirror back. NULL is a no-op. */
    void (*mirror_free)(eli_viommu_mirror *mirror);

    /* Set how many mappings the host takes, 1 to 2^24. What it has stays. */
    int (*mirror_limit)(eli_viommu_mirror *mirror, uint32_t max_mappings);

    /*
     * Start a pass: the guest has invalidated what is from @first to @last, whole pages below 2^57.
     * @strict: what has vanished is unmapped rather than stale, as is all that is stale. A pass
     * under way is given up; the new one must include it.
     */
    int (*mirror_begin)(eli_viommu_mirror *mirror, uint64_t first, uint64_t last,
                        uint32_t strict);

    /*
     * The next run of pages in the guest's tables, from walk_next() of a joined walk, in the order
     * of addresses. A run that is given in parts is mapped in parts. mirror_next() must have
     * returned 0 since the run before, else -EBUSY.
     */
    int (*mirror_run)(eli_viommu_mirror *mirror, const eli_viommu_mapping *run);

    /* There are no more runs. -EBUSY as with mirror_run(). */
    int (*mirror_end)(eli_viommu_mirror *mirror);

    /*
     * The next change for the host, to be carried out at once. 1: it is in *@change. 0: there is
     * none. -EAGAIN: the budget is used up. *@budget is how many mappings may be looked at; what is
     * left of it is stored there. When it returns 0 after mirror_end() the guest may be told that
     * its invalidation is complete.
     */
    int (*mirror_next)(eli_viommu_mirror *mirror, uint64_t now, uint32_t *budget,
                       eli_viommu_change *change);

    /*
     * Is a mapping missing because of the limit? 0: no. -ENOSPC: yes. 1: yes, but there is room by
     * now: a pass from *@first to *@last has them told.
     */
    int (*mirror_missing)(eli_viommu_mirror *mirror, uint64_t *first, uint64_t *last);

    /*
     * When the oldest stale mapping has to be unmapped: 1 and the time in *@deadline; 0 if there is
     * none. It is for the caller to call mirror_expire() then.
     */
    int (*mirror_deadline)(eli_viommu_mirror *mirror, uint64_t *deadline);

    /* Start to unmap what is due; mirror_next() gives the changes. */
    int (*mirror_expire)(eli_viommu_mirror *mirror, uint64_t now);

    /* Start to unmap all that is stale; mirror_next() gives the changes. */
    int (*mirror_flush)(eli_viommu_mirror *mirror);

    /* Forget all: the host has unmapped everything by itself. */
    int (*mirror_clear)(eli_viommu_mirror *mirror, uint64_t now);

    /*
     * The first live mapping, as the host was told of it, that doesn't end before @address: 1 and
     * the mapping in *@mapping; 0 if there is none.
     */
    int (*mirror_find)(eli_viommu_mirror *mirror, uint64_t address, eli_viommu_mapping *mapping);

    /* Tell how it is. */
    int (*mirror_state)(eli_viommu_mirror *mirror, eli_viommu_mirror_state *state);
} eli_viommu_ops;

#ifdef __cplusplus
}
#endif

#endif
