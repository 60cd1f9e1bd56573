/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ELI_TESTS_ALLOCATION_COUNTER_H
#define ELI_TESTS_ALLOCATION_COUNTER_H

/* Calls of malloc() and its relatives in this process so far, by all threads and libraries. */
unsigned long eli_allocation_count(void);

#endif
