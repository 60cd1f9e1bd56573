/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest of kvm-fuzz: as much as direct mode asks for, and no more. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "eli_pulse.h"
#include "kvm-fuzz.h"

/* Where the guest has its structures. */
enum {
    PML4 = 0x1000, PDPT = 0x2000, DIRECTORY = 0x3000, IDT = 0x4000, GDT = 0x5000, CODE = 0x6000,
    STACKS = 0x10000, STACK_SIZE = 0x4000,
};

#define CODE_SELECTOR 8
#define DATA_SELECTOR 16
#define X2APIC_SPIV 0x80f

extern const char guest_code[], guest_handler[], guest_code_end[];

asm(".pushsection .rodata\n"
    "guest_code:\n"
    "    sti\n"
    "1:  mov $200000, %ecx\n"
    "2:  dec %ecx\n"
    "    jnz 2b\n"
    "    out %al, $0x80\n"
    "    jmp 1b\n"
    /* Any interrupt or exception, a page fault's error code lies below its stack frame. */
    "guest_handler:\n"
    "    push %rax\n"
    "    push %rcx\n"
    "    push %rdx\n"
    "    mov $0x80b, %ecx\n"
    "    xor %eax, %eax\n"
    "    xor %edx, %edx\n"
    "    wrmsr\n"
    "    pop %rdx\n"
    "    pop %rcx\n"
    "    pop %rax\n"
    "    iretq\n"
    "guest_code_end:\n"
    ".popsection");

static void fill_memory(uint8_t *memory)
{
    uint64_t *table = (uint64_t *)memory;
    uint64_t handler = CODE + (guest_handler - guest_code);

    memset(memory, 0, MEMORY);
    table[PML4 / 8] = PDPT | 3;
    table[PDPT / 8] = DIRECTORY | 3;
    table[DIRECTORY / 8] = 0x83; /* 2 MiB at 0 */
    table[GDT / 8 + 1] = 0x00af9b000000ffff;
    table[GDT / 8 + 2] = 0x00cf93000000ffff;
    for (int vector = 0; vector < 256; vector++) {
        table[IDT / 8 + vector * 2] = (handler & 0xffff) | CODE_SELECTOR << 16 |
                                      0x8eull << 40 | (handler >> 16) << 48;
    }
    memcpy(memory + CODE, guest_code, guest_code_end - guest_code);
}

void reset_vcpu(struct fuzz_round *r, int index)
{
    struct kvm_regs regs = {
        .rip = CODE, .rflags = 2, .rsp = STACKS + (index + 1) * STACK_SIZE,
    };
    struct { struct kvm_msrs header; struct kvm_msr_entry entry; } msrs = {
        .header.nmsrs = 1, .entry = { .index = X2APIC_SPIV, .data = 0x1ff },
    };
    struct kvm_mp_state running = { .mp_state = KVM_MP_STATE_RUNNABLE };
    struct kvm_sregs s;

    if (ioctl(r->vcpu[index], KVM_GET_SREGS, &s)) {
        return;
    }
    s.cr3 = PML4;
    s.cr4 = 1u << 5; /* PAE */
    s.cr0 = 0x80000001; /* PG, PE */
    s.efer = 0x500; /* LMA, LME */
    s.cs = (struct kvm_segment) {
        .limit = ~0u, .selector = CODE_SELECTOR, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1,
    };
    s.ds = s.es = s.fs = s.gs = s.ss = (struct kvm_segment) {
        .limit = ~0u, .selector = DATA_SELECTOR, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1,
    };
    s.gdt = (struct kvm_dtable) { .base = GDT, .limit = 23 };
    s.idt = (struct kvm_dtable) { .base = IDT, .limit = 4095 };
    s.apic_base = 0xfee00c00 | (index ? 0 : 0x100); /* x2APIC mode */
    ioctl(r->vcpu[index], KVM_SET_SREGS, &s);
    ioctl(r->vcpu[index], KVM_SET_REGS, &regs);
    ioctl(r->vcpu[index], KVM_SET_MSRS, &msrs);
    ioctl(r->vcpu[index], KVM_SET_MP_STATE, &running);
}

/* All that KVM has, but for VMX and SVM. */
static int set_cpuid(struct fuzz_round *r, int vcpu)
{
    enum { ROOM = 256 };
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof(*cpuid) + ROOM * sizeof(cpuid->entries[0]));
    int result;

    cpuid->nent = ROOM;
    result = ioctl(r->kvm, KVM_GET_SUPPORTED_CPUID, cpuid);
    for (unsigned int i = 0; !result && i < cpuid->nent; i++) {
        if (cpuid->entries[i].function == 1) {
            cpuid->entries[i].ecx &= ~(1u << 5);
        } else if (cpuid->entries[i].function == 0x80000001) {
            cpuid->entries[i].ecx &= ~(1u << 2);
        }
    }
    result = result ? result : ioctl(vcpu, KVM_SET_CPUID2, cpuid);
    free(cpuid);
    return result;
}

int make_guest(struct fuzz_round *r, unsigned long quantum_us)
{
    struct kvm_userspace_memory_region region = { .memory_size = MEMORY };
    int size;

    r->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    r->pulse = open("/dev/eli-pulse", O_RDWR | O_CLOEXEC);
    r->vm = ioctl(r->kvm, KVM_CREATE_VM, 0);
    size = ioctl(r->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (r->pulse < 0 || r->vm < 0 || size < 0 || ioctl(r->vm, KVM_CREATE_IRQCHIP, 0)) {
        return -1;
    }
    r->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (r->memory == MAP_FAILED) {
        return -1;
    }
    fill_memory(r->memory);
    region.userspace_addr = (unsigned long)r->memory;
    if (ioctl(r->vm, KVM_SET_USER_MEMORY_REGION, &region)) {
        return -1;
    }
    for (int i = 0; i < VCPUS; i++) {
        r->vcpu[i] = ioctl(r->vm, KVM_CREATE_VCPU, i);
        r->run[i] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, r->vcpu[i], 0);
        if (r->vcpu[i] < 0 || r->run[i] == MAP_FAILED || set_cpuid(r, r->vcpu[i])) {
            return -1;
        }
        reset_vcpu(r, i);
    }
    r->quantum = quantum_us * ioctl(r->vcpu[0], KVM_GET_TSC_KHZ, 0) / 1000;
    for (int i = 0; i < EVENTS; i++) {
        r->event[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    }
    return 0;
}
