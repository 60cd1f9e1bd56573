/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tries to be a hypervisor itself. */
#include "hostile.h"

void attack(void)
{
    uint64_t page[1] = { 0 }, cr4;

    for (;;) {
        asm volatile("mov %%cr4, %0" : "=r"(cr4));
        try_it(asm volatile("mov %0, %%cr4" : : "r"(cr4 | 1 << 13)));
        try_it(asm volatile("vmxon %0" : : "m"(page) : "cc"));
        try_it(asm volatile("vmcall" : : "a"(0) : "memory"));
        try_it(asm volatile("vmrun %%rax" : : "a"(0) : "memory"));
        try_it(asm volatile("vmmcall" : : "a"(0) : "memory"));
        try_it(asm volatile("stgi"));
        try_it(asm volatile("clgi"));
        try_it(write_msr(0xc0000080, read_msr(0xc0000080) | 1 << 12)); /* EFER.SVME */
    }
}
