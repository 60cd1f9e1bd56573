/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pulse device: what its module, its server and its guest driver agree on. */
#ifndef ELI_PULSE_H
#define ELI_PULSE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PULSE_LINES 4 /* interrupt lines, each with an irq of its own */

/* Argument of PULSE_SET_EVENTFD. */
struct pulse_eventfd {
	__u32 line;
	__s32 fd;	/* -1: none */
};

#define PULSE_SET_EVENTFD _IOW('P', 1, struct pulse_eventfd)
#define PULSE_RAISE _IO('P', 2)	/* argument: the line */

/* Start of the memory that host and guest share (BAR 2 in the guest). */
struct pulse_shared {
	struct {
		volatile __u64 handled;	/* by the guest's handler, that alone writes it */
		__u64 reserved[7];	/* a cache line for each line */
	} line[PULSE_LINES];
};

#endif
