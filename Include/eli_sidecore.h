/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exitless interrupts (ELI): an IOMMU whose register page is memory, polled by a thread of the VMM's.
 *
 * In the steady state (translation and invalidation queue on, nothing that the guest has to clear)
 * the VMM may have the guest's vCPUs access a page of memory in place of the registers, without
 * exits. A thread polls the page; when it finds work it does what the VMM does when an access
 * exits: it asks eli_viommu_ops.next_effect() for effects until there are none. That takes the
 * guest's writes from the page, and shows the guest what has changed.
 *
 * When next_effect() says ELI_VIOMMU_REGISTERS_TRAP, the VMM takes the page away from the vCPUs,
 * waits until none can access it any more, calls close(), and goes on asking. Then accesses exit,
 * until open() says that the page may be memory again. The VMM also closes the page before it saves
 * the state, and whenever it likes.
 *
 * eli_viommu_ops.read() and write() may be called at any time: while the page is open they access
 * it, as accesses that were under way when it opened, and those of devices, have to.
 *
 * poll() needs no lock, and may overlap with any other call but attach() and detach(). For all
 * others holds what eli_viommu.h says: they must not overlap with each other and with those there.
 */
#ifndef ELI_SIDECORE_H
#define ELI_SIDECORE_H

#include "eli_viommu.h"

#ifdef __cplusplus
extern "C" {
#endif

#define ELI_SIDECORE_PAGE_SIZE 4096u

/*
 * Look for writes to read-only registers as well. They are undone, which only the guest can notice:
 * enough now and then.
 */
#define ELI_SIDECORE_THOROUGH (1u << 0)

/*
 * struct eli_sidecore_state - for people
 * @size: in: sizeof(struct eli_sidecore_state)
 * @open: whether the page is open
 * @opened: how often it was opened
 * @closed: how often it was closed
 * @consumed: tails, commands and masks that the guest wrote and that were taken from the page
 * @repaired: writes to what the guest can't write, undone
 */
typedef struct eli_sidecore_state {
    uint32_t size;
    uint32_t open;
    uint64_t opened;
    uint64_t closed;
    uint64_t consumed;
    uint64_t repaired;
} eli_sidecore_state;

/*
 * struct eli_sidecore_ops - the library's functions for the register page as memory
 * @size: sizeof(struct eli_sidecore_ops) of the library
 * @flags: 0
 */
typedef struct eli_sidecore_ops {
    uint32_t size;
    uint32_t flags;

    /*
     * Give the IOMMU its page: ELI_SIDECORE_PAGE_SIZE bytes, aligned to as many, that stay until
     * detach() or eli_viommu_ops.destroy(). It is closed. -EINVAL: NULL argument, or not aligned.
     * -EBUSY: it has one.
     */
    int (*attach)(eli_viommu *viommu, void *page, char *message, size_t message_size);

    /* Take the page away; an open one is closed first. Nothing happens without one. */
    void (*detach)(eli_viommu *viommu);

    /*
     * Fill the page and open it. Call it when next_effect() has nothing more to do.
     * -EAGAIN: registers have to trap for now. -EINVAL: no page. -EBUSY: it is open.
     */
    int (*open)(eli_viommu *viommu);

    /*
     * Take out of the page what the guest wrote, and close it. vCPUs must not reach it any more.
     * Then ask for effects. Nothing happens if it isn't open.
     */
    void (*close)(eli_viommu *viommu);

    /*
     * Whether the guest has written what is to be carried out. 1, or 0 if not, or the page isn't
     * open. @flags: ELI_SIDECORE_THOROUGH. Any thread, without the lock; reads a few words.
     */
    int (*poll)(eli_viommu *viommu, uint32_t flags);

    /* Tell how it is. -EINVAL: NULL argument, struct too small, or no page. */
    int (*state)(eli_viommu *viommu, eli_sidecore_state *state);
} eli_sidecore_ops;

#ifdef __cplusplus
}
#endif

#endif
