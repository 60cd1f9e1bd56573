/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a hostile guest is built on. kernel.c brings the machine up, with a device whose interrupts
 * are delivered directly, and calls attack(), which each guest has its own of.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_VECTOR 0x41 /* of the device's interrupt */

#define X2APIC(reg) (0x800 + (reg) / 0x10)
#define APIC_TPR 0x80
#define APIC_EOI 0xb0
#define APIC_SPIV 0xf0
#define APIC_ISR 0x100
#define APIC_ICR 0x300
#define APIC_LVT_TIMER 0x320
#define APIC_SELF_IPI 0x3f0

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

#define GATE_INTERRUPT 0x8e
#define GATE_ABSENT 0x0e
#define GATE_TASK 0x85

struct idtr {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/* What the stub and the CPU have pushed. */
struct frame {
    uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* The table in use when attack() is called. */
extern struct gate idt[256];
/* How often each vector came. */
extern volatile uint64_t counts[256];
/* Whether the handlers of interrupts write an EOI: at first, they do. */
extern volatile bool handlers_end;
/* An exception goes on here if it isn't 0, and else ends the guest. */
extern volatile uint64_t resume;

/* The attack; if it returns, the guest halts with interrupts enabled. */
void attack(void);

void print(const char *text);
void print_number(uint64_t number);
void set_gate(struct gate *gate, uint64_t handler, uint8_t type);
void load_idt(const struct gate *table, uint16_t limit);
/* Waits for an interrupt of the device's: the vCPU is in direct mode then, or soon. */
void wait_for_device(void);

static inline void write_msr(uint32_t msr, uint64_t value)
{
    asm volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                 : "memory");
}

static inline uint64_t read_msr(uint32_t msr)
{
    uint32_t low, high;

    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
    return (uint64_t)high << 32 | low;
}

/* Executes something that may fault, which ends it. */
#define try_it(...)                                    \
    do {                                               \
        __label__ after;                               \
        resume = (uintptr_t)&&after;                   \
        asm goto("" : : : "memory" : after);           \
        __VA_ARGS__;                                   \
    after:                                             \
        resume = 0;                                    \
    } while (0)

static inline void enable_interrupts(void)
{
    asm volatile("sti" : : : "memory");
}

static inline void disable_interrupts(void)
{
    asm volatile("cli" : : : "memory");
}

static inline void end_of_interrupt(void)
{
    write_msr(X2APIC(APIC_EOI), 0);
}

#endif
