/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part that all hostile guests share: see hostile.h. */
#include "hostile.h"

#define APIC_BASE 0x1b
#define APIC_BASE_X2APIC 0xc00 /* enabled, and in x2APIC mode */
#define SERIAL 0x3f8
#define PCI_ADDRESS 0xcf8
#define PCI_DATA 0xcfc
#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY_MASTER 0x6
#define PCI_BAR0 0x10
#define PCI_CAPABILITIES 0x34
#define PCI_CAPABILITY_MSIX 0x11
#define MSIX_ENABLE (1u << 31) /* of the dword with the message control */
#define DEVICE_ID 0x11101af4   /* ivshmem */
#define DEVICE_BARS 0xd0000000
#define CODE_SELECTOR 0x18
#define RFLAGS_TF 0x100
#define NMI 2

struct gate idt[256] __attribute__((aligned(4096)));
volatile uint64_t counts[256];
volatile bool handlers_end = true;
volatile uint64_t resume;

extern const char stubs[];
#define STUB_SIZE 16

static inline void out8(uint16_t port, uint8_t value)
{
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;

    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void out32(uint16_t port, uint32_t value)
{
    asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t value;

    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

void print(const char *text)
{
    while (*text) {
        out8(SERIAL, *text++);
    }
}

void print_number(uint64_t number)
{
    char text[21], *p = text + sizeof(text) - 1;

    *p = 0;
    do {
        *--p = '0' + number % 10;
        number /= 10;
    } while (number);
    print(p);
}

void set_gate(struct gate *gate, uint64_t handler, uint8_t type)
{
    *gate = (struct gate) {
        .offset_low = handler,
        .offset_middle = handler >> 16,
        .offset_high = handler >> 32,
        .selector = CODE_SELECTOR,
        .type = type,
    };
}

void load_idt(const struct gate *table, uint16_t limit)
{
    struct idtr idtr = { .limit = limit, .base = (uintptr_t)table };

    asm volatile("lidt %0" : : "m"(idtr));
}

void kernel_interrupt(struct frame *frame)
{
    counts[frame->vector]++;
    if (frame->vector >= 32) {
        if (handlers_end) {
            end_of_interrupt();
        }
        return;
    }
    if (frame->vector == NMI) {
        return;
    }
    if (!resume) {
        print("exception ");
        print_number(frame->vector);
        print(" at ");
        print_number(frame->rip);
        print("\n");
        for (;;) {
            asm volatile("cli; hlt");
        }
    }
    frame->rip = resume;
    frame->rflags &= ~(uint64_t)RFLAGS_TF;
}

static uint32_t pci_read(uint32_t device, uint32_t offset)
{
    out32(PCI_ADDRESS, 1u << 31 | device << 11 | offset);
    return in32(PCI_DATA);
}

static void pci_write(uint32_t device, uint32_t offset, uint32_t value)
{
    out32(PCI_ADDRESS, 1u << 31 | device << 11 | offset);
    out32(PCI_DATA, value);
}

static uint32_t find_msix(uint32_t device)
{
    uint32_t at = pci_read(device, PCI_CAPABILITIES) & 0xfc;

    while (at && (pci_read(device, at) & 0xff) != PCI_CAPABILITY_MSIX) {
        at = pci_read(device, at) >> 8 & 0xfc;
    }
    return at;
}

/* The device's first vector, by MSI-X, is the guest's DEVICE_VECTOR. */
static bool start_device(void)
{
    uint32_t device = 0, msix, table;
    volatile uint32_t *entry;

    while (pci_read(device, 0) != DEVICE_ID) {
        if (++device == 32) {
            return false;
        }
    }
    for (uint32_t bar = 0; bar < 2; bar++) {
        pci_write(device, PCI_BAR0 + bar * 4, DEVICE_BARS + bar * 0x10000);
    }
    pci_write(device, PCI_COMMAND, PCI_COMMAND_MEMORY_MASTER);
    msix = find_msix(device);
    if (!msix) {
        return false;
    }
    table = pci_read(device, msix + 4);
    entry = (volatile uint32_t *)(uintptr_t)(DEVICE_BARS + (table & 7) * 0x10000 + (table & ~7u));
    entry[0] = 0xfee00000;
    entry[1] = 0;
    entry[2] = DEVICE_VECTOR;
    entry[3] = 0;
    pci_write(device, msix, pci_read(device, msix) | MSIX_ENABLE);
    return true;
}

void wait_for_device(void)
{
    uint64_t before = counts[DEVICE_VECTOR];

    while (counts[DEVICE_VECTOR] == before) {
        asm volatile("pause");
    }
}

void kernel_main(void)
{
    /* The PICs' lines would come as exceptions. */
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    for (int i = 0; i < 256; i++) {
        set_gate(&idt[i], (uintptr_t)stubs + i * STUB_SIZE, GATE_INTERRUPT);
    }
    load_idt(idt, sizeof(idt) - 1);
    write_msr(APIC_BASE, (read_msr(APIC_BASE) & ~0xfffull) | 0x100 | APIC_BASE_X2APIC);
    write_msr(X2APIC(APIC_SPIV), 0x1ff);
    write_msr(X2APIC(APIC_TPR), 0);
    if (!start_device()) {
        print("no device\n");
        return;
    }
    enable_interrupts();
    print("ready\n");
    for (int i = 0; i < 100; i++) {
        wait_for_device();
    }
    print("attack\n");
    attack();
    print("end\n");
    for (;;) {
        asm volatile("sti; hlt");
    }
}
