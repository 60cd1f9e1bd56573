/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pulse device: what its module, its server and its guest driver agree on. */
#ifndef ELI_PULSE_H
#define ELI_PULSE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PULSE_PORTS 3 /* who can have the device at a time: two QEMUs, and the host itself */
#define PULSE_PORT_LINES 4 /* interrupt lines of each, MSI-X vectors in the guest */
#define PULSE_LINES (PULSE_PORTS * PULSE_PORT_LINES) /* each with an irq of its own */

/* Argument of PULSE_SET_EVENTFD. */
struct pulse_eventfd {
	__u32 line;
	__s32 fd;	/* -1: none */
};

#define PULSE_SET_EVENTFD _IOW('P', 1, struct pulse_eventfd)
#define PULSE_RAISE _IO('P', 2)	/* argument: the line */
#define PULSE_HANDLED _IO('P', 3)	/* the same; returns how often the host's handler ran, masked */
#define PULSE_HANDLED_MASK 0x3fffffff

/* Start of the memory that host and guest share (BAR 2 in the guest). */
struct pulse_shared {
	struct {
		volatile __u64 handled;	/* by the guest's handler, that alone writes it */
		__u64 reserved[7];	/* a cache line for each line */
	} line[PULSE_PORT_LINES];
};

#endif
