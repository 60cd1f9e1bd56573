/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Has a stack where nothing is mapped: delivery of an interrupt ends in #DF, which has one. */
#include "hostile.h"

static struct {
    uint32_t reserved;
    uint64_t rsp[3], reserved2, ist[7];
    uint16_t reserved3[4], reserved4, io_map;
} __attribute__((packed)) tss = { .io_map = sizeof(tss) };
static uint64_t gdt[8];
static uint8_t stack[4096] __attribute__((aligned(16)));

static void load_tss(void)
{
    struct idtr old, new = { .limit = sizeof(gdt) - 1, .base = (uintptr_t)gdt };
    uint64_t base = (uintptr_t)&tss;

    asm volatile("sgdt %0" : "=m"(old));
    for (int i = 0; i < 4; i++) {
        gdt[i] = ((const uint64_t *)(uintptr_t)(uint32_t)old.base)[i];
    }
    gdt[4] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24) << 56;
    gdt[5] = 0;
    asm volatile("lgdt %0; ltr %1" : : "m"(new), "r"((uint16_t)0x20));
}

void attack(void)
{
    disable_interrupts();
    tss.ist[0] = (uintptr_t)stack + sizeof(stack);
    load_tss();
    idt[8].ist = 1;
    for (;;) {
        try_it({
            asm volatile("movabs $0x7000000000, %%rsp; sti; 2: pause; jmp 2b" : : : "memory");
        });
    }
}
