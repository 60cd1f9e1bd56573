/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exit-cost BATCHES: how many instructions an ordinary VM exit costs, of the host and of the
 * guest together, with whatever kvm modules are loaded.
 *
 * It measures ticks of the TSC. Those are instructions where the emulator's clock advances by one
 * for each, as Bochs' does for a host with one CPU; the "instruction" line tells whether it does.
 * A line for each kind of exit: its name, the least and the median of its batches, per exit.
 *
 * The guest is one that ELI could serve: 64-bit, x2APIC, no nested virtualization. It reads the
 * TSC itself, around each loop, so that entering KVM_RUN and leaving it is no part of the figures.
 * A batch is shorter than the time between two of the host's ticks, so that most have none in it.
 *
 *   cpuid, hypercall      handled by KVM's run loop
 *   msr_write             of the PAT
 *   eoi                   a write of the x2APIC's EOI register
 *   tsc_deadline          a write that KVM's fast path handles
 *   io                    handled by this program: with its KVM_RUN, out of the kernel and back
 *   hlt                   the guest has been kicked already: it goes on, by the fast path
 *   hlt_sleep             the guest's thread sleeps until another kicks it, with KVM_SIGNAL_MSI:
 *                         with that ioctl and two switches between the threads
 *   external_interrupt    of a timer, while the guest spins: with the timer's handler
 */
#include <asm/kvm_para.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/kvm_para.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXITS_PER_BATCH 100
#define SPINS_PER_BATCH 100000
#define WARM_UP_BATCHES 3
#define TIMER_PERIOD_NS 50000 /* of the interrupts; see set_timer() */
#define SETTLE_SECONDS 2

#define MEMORY_SIZE (2u << 20) /* one large page, mapped to itself */
#define PML4_AT 0x1000
#define PDPT_AT 0x2000
#define DIRECTORY_AT 0x3000
#define CODE_AT 0x10000
#define PORT 0x10

#define CR0_LONG_MODE 0x80000033ull /* PG, NE, ET, MP, PE */
#define CR4_PAE 0x20
#define EFER_LONG_MODE 0x500 /* LMA, LME */
#define APIC_BASE_X2APIC 0xfee00d00ull /* enabled, x2APIC, boot processor */
#define PAGE_TABLE 0x3 /* present, writable */
#define LARGE_PAGE 0x83

#define MSR_EOI "0x80b"
#define MSR_PAT "0x277"
#define PAT_HALF "0x00070406" /* of the PAT's value at reset */
#define MSR_TSC_DEADLINE "0x6e0"

static void die(const char *what)
{
    fprintf(stderr, "exit-cost: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int must(const char *what, int result)
{
    if (result < 0) {
        die(what);
    }
    return result;
}

/* ---- The guest's programs ---- */

/*
 * Each is PROLOGUE, a loop of %esi rounds, EPILOGUE. The loop's body may use rax to rdx and rdi.
 * It starts on a cache line, as its length is nobody's business but the loop's.
 */
#define GUEST(name, body)                                                                          \
    asm(".pushsection .rodata\n"                                                                   \
        "guest_" #name ":\n"                                                                       \
        "	rdtsc\n	shl $32, %rdx\n	or %rdx, %rax\n	mov %rax, %r8\n"                                \
        "0:\n" body                                                                                \
        "	dec %esi\n	jnz 0b\n"                                                                   \
        "	rdtsc\n	shl $32, %rdx\n	or %rdx, %rax\n	mov %rax, %r9\n"                                \
        "	out %al, $0x10\n"                                                                       \
        "guest_" #name "_end:\n"                                                                   \
        ".popsection\n");                                                                          \
    extern const char guest_##name[], guest_##name##_end[]

GUEST(nothing, "");
GUEST(cpuid, "xor %eax, %eax\n xor %ecx, %ecx\n cpuid\n");
/* What it holds already. */
GUEST(msr, "mov $" MSR_PAT ", %ecx\n mov $" PAT_HALF ", %eax\n mov %eax, %edx\n wrmsr\n");
/* No interrupt is in service. */
GUEST(eoi, "mov $" MSR_EOI ", %ecx\n xor %eax, %eax\n xor %edx, %edx\n wrmsr\n");
/* 0 stops a timer that isn't running. */
GUEST(deadline, "mov $" MSR_TSC_DEADLINE ", %ecx\n xor %eax, %eax\n xor %edx, %edx\n wrmsr\n");
/* KVM_HC_KICK_CPU, at itself: the next HLT doesn't wait. */
#define KICK "mov $5, %eax\n xor %ebx, %ebx\n xor %ecx, %ecx\n vmcall\n"
GUEST(hypercall, KICK);
GUEST(kicked_halt, KICK "hlt\n");
GUEST(halt, "hlt\n");
GUEST(io, "out %al, $0x11\n");

/* ---- The virtual machine ---- */

struct machine {
    int vm, vcpu, statistics;
    char *memory;
    struct kvm_run *run;
    size_t exits_at; /* offset of the number of exits in the binary statistics */
};

static void set_cpuid(int kvm, int vcpu)
{
    enum { MAX_ENTRIES = 256 };
    struct kvm_cpuid2 *cpuid =
        calloc(1, sizeof(*cpuid) + MAX_ENTRIES * sizeof(struct kvm_cpuid_entry2));

    cpuid->nent = MAX_ENTRIES;
    must("KVM_GET_SUPPORTED_CPUID", ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid));
    for (unsigned int i = 0; i < cpuid->nent; i++) {
        struct kvm_cpuid_entry2 *e = &cpuid->entries[i];

        if (e->function == 1) {
            e->ecx &= ~(1u << 5); /* VMX */
            e->ecx |= 1u << 24; /* TSC deadline timer */
        } else if (e->function == 0x80000001) {
            e->ecx &= ~(1u << 2); /* SVM */
        } else if (e->function == KVM_CPUID_FEATURES && !(e->eax & 1u << KVM_FEATURE_PV_UNHALT)) {
            errno = ENOTSUP;
            die("KVM_FEATURE_PV_UNHALT");
        }
    }
    must("KVM_SET_CPUID2", ioctl(vcpu, KVM_SET_CPUID2, cpuid));
    free(cpuid);
}

static void set_long_mode(struct machine *m)
{
    struct kvm_segment code = { .limit = ~0u, .selector = 8, .type = 11, .present = 1, .s = 1,
                                .l = 1, .g = 1 };
    struct kvm_segment data = { .limit = ~0u, .selector = 16, .type = 3, .present = 1, .s = 1,
                                .db = 1, .g = 1 };
    struct kvm_sregs sregs;

    *(uint64_t *)(m->memory + PML4_AT) = PDPT_AT | PAGE_TABLE;
    *(uint64_t *)(m->memory + PDPT_AT) = DIRECTORY_AT | PAGE_TABLE;
    *(uint64_t *)(m->memory + DIRECTORY_AT) = LARGE_PAGE;
    must("KVM_GET_SREGS", ioctl(m->vcpu, KVM_GET_SREGS, &sregs));
    sregs.cs = code;
    sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
    sregs.cr0 = CR0_LONG_MODE;
    sregs.cr3 = PML4_AT;
    sregs.cr4 = CR4_PAE;
    sregs.efer = EFER_LONG_MODE;
    sregs.apic_base = APIC_BASE_X2APIC;
    must("KVM_SET_SREGS", ioctl(m->vcpu, KVM_SET_SREGS, &sregs));
}

/* Finds the number of exits in the vCPU's binary statistics. */
static void find_exits(struct machine *m)
{
    struct kvm_stats_header header;

    m->statistics = must("KVM_GET_STATS_FD", ioctl(m->vcpu, KVM_GET_STATS_FD, NULL));
    must("statistics", pread(m->statistics, &header, sizeof(header), 0));

    size_t size = sizeof(struct kvm_stats_desc) + header.name_size;
    struct kvm_stats_desc *description = malloc(size);

    for (unsigned int i = 0; i < header.num_desc; i++) {
        must("statistics", pread(m->statistics, description, size, header.desc_offset + i * size));
        if (!strcmp(description->name, "exits")) {
            m->exits_at = header.data_offset + description->offset;
        }
    }
    free(description);
    if (!m->exits_at) {
        errno = ENOENT;
        die("number of exits");
    }
}

static struct machine create_machine(void)
{
    struct machine m = { };
    int kvm = must("/dev/kvm", open("/dev/kvm", O_RDWR | O_CLOEXEC));
    int run_size = must("KVM_GET_VCPU_MMAP_SIZE", ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, NULL));

    m.vm = must("KVM_CREATE_VM", ioctl(kvm, KVM_CREATE_VM, 0));
    must("KVM_SET_TSS_ADDR", ioctl(m.vm, KVM_SET_TSS_ADDR, 0xfffbd000ul));
    must("KVM_CREATE_IRQCHIP", ioctl(m.vm, KVM_CREATE_IRQCHIP, 0));
    m.memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (m.memory == MAP_FAILED) {
        die("memory");
    }
    struct kvm_userspace_memory_region region = {
        .memory_size = MEMORY_SIZE, .userspace_addr = (uintptr_t)m.memory,
    };
    must("KVM_SET_USER_MEMORY_REGION", ioctl(m.vm, KVM_SET_USER_MEMORY_REGION, &region));
    m.vcpu = must("KVM_CREATE_VCPU", ioctl(m.vm, KVM_CREATE_VCPU, 0));
    m.run = mmap(NULL, run_size, PROT_READ | PROT_WRITE, MAP_SHARED, m.vcpu, 0);
    if (m.run == MAP_FAILED) {
        die("kvm_run");
    }
    set_cpuid(kvm, m.vcpu);
    set_long_mode(&m);
    find_exits(&m);
    close(kvm);
    return m;
}

static uint64_t exits(struct machine *m)
{
    uint64_t count;

    must("statistics", pread(m->statistics, &count, sizeof(count), m->exits_at));
    return count;
}

/* Runs the guest until it writes to a port; returns which. */
static int run(struct machine *m)
{
    must("KVM_RUN", ioctl(m->vcpu, KVM_RUN, NULL));
    if (m->run->exit_reason != KVM_EXIT_IO) {
        fprintf(stderr, "exit-cost: exit reason %u instead of KVM_EXIT_IO\n", m->run->exit_reason);
        exit(1);
    }
    return m->run->io.port;
}

/* ---- Measuring ---- */

struct kind {
    const char *name;
    const char *program, *end;
    unsigned int rounds;
    int exits_per_round;
};

#define NOT_OF_THE_LOOP (-1) /* exits that only KVM can count */

#define KIND(name, program, ...)                                                                   \
    { #name, guest_##program, guest_##program##_end, __VA_ARGS__ }

/* One batch: ticks for each exit that is not the loop's own, or for each round. */
static double measure_batch(struct machine *m, const struct kind *kind)
{
    struct kvm_regs regs = { .rip = CODE_AT, .rsi = kind->rounds, .rflags = 2 };

    must("KVM_SET_REGS", ioctl(m->vcpu, KVM_SET_REGS, &regs));

    uint64_t before = exits(m);

    while (run(m) != PORT) {
    }

    uint64_t taken = exits(m) - before - 1; /* less the one that ended the loop */

    must("KVM_GET_REGS", ioctl(m->vcpu, KVM_GET_REGS, &regs));

    uint64_t ticks = regs.r9 - regs.r8;

    if (kind->exits_per_round == NOT_OF_THE_LOOP ? !taken
                                                 : taken < kind->rounds * kind->exits_per_round) {
        fprintf(stderr, "exit-cost: %s: only %llu exits\n", kind->name, (long long)taken);
        exit(1);
    }
    if (kind->exits_per_round == NOT_OF_THE_LOOP) {
        /* Two instructions for each round, and each is a tick. */
        return (double)(ticks - 2 * kind->rounds) / taken;
    }
    return (double)ticks / kind->rounds;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct result {
    double least, median;
};

static struct result measure(struct machine *m, const struct kind *kind, unsigned int batches)
{
    double *costs = calloc(batches, sizeof(*costs));

    memcpy(m->memory + CODE_AT, kind->program, kind->end - kind->program);
    for (int i = 0; i < WARM_UP_BATCHES; i++) {
        measure_batch(m, kind);
    }
    for (unsigned int i = 0; i < batches; i++) {
        costs[i] = measure_batch(m, kind);
    }
    qsort(costs, batches, sizeof(*costs), compare);

    struct result result = { costs[0], costs[batches / 2] };

    free(costs);
    return result;
}

static void print(const char *name, struct result result)
{
    printf("%s %.2f %.2f\n", name, result.least, result.median);
    fflush(stdout);
}

/* ---- What wakes and interrupts the guest ---- */

/*
 * Wakes the halted guest without an interrupt: an MSI with the delivery mode that KVM_HC_KICK_CPU
 * uses. It shares the CPU with the guest and gets it only while that sleeps.
 */
static atomic_bool stop_waking;

static void *wake(void *argument)
{
    struct machine *m = argument;
    struct kvm_msi msi = { .address_lo = 0xfee00000, .data = 0x300 };

    while (!stop_waking) {
        must("KVM_SIGNAL_MSI", ioctl(m->vm, KVM_SIGNAL_MSI, &msi));
    }
    return NULL;
}

static struct result measure_sleep(struct machine *m, unsigned int batches)
{
    static const struct kind kind = KIND(hlt_sleep, halt, EXITS_PER_BATCH, 1);
    struct sched_param real_time = { .sched_priority = 1 }, normal = { };
    pthread_t waker;

    if (pthread_create(&waker, NULL, wake, m) || sched_setscheduler(0, SCHED_FIFO, &real_time)) {
        die("waker");
    }
    struct result result = measure(m, &kind, batches);

    must("sched_setscheduler", sched_setscheduler(0, SCHED_OTHER, &normal));
    stop_waking = true;
    pthread_join(waker, NULL);
    return result;
}

/* Interrupts at a fixed rate while this thread or its guest runs: perf's timer, without samples. */
static int set_timer(void)
{
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof(attributes), .config = PERF_COUNT_SW_CPU_CLOCK,
        .sample_period = TIMER_PERIOD_NS,
    };

    return must("perf_event_open", syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
}

int main(int argc, char **argv)
{
    static const struct kind kinds[] = {
        KIND(cpuid, cpuid, EXITS_PER_BATCH, 1),
        KIND(msr_write, msr, EXITS_PER_BATCH, 1),
        KIND(eoi, eoi, EXITS_PER_BATCH, 1),
        KIND(tsc_deadline, deadline, EXITS_PER_BATCH, 1),
        KIND(hypercall, hypercall, EXITS_PER_BATCH, 1),
        KIND(io, io, EXITS_PER_BATCH, 1),
    };
    static const struct kind nothing = KIND(instruction, nothing, SPINS_PER_BATCH, 0);
    static const struct kind interrupted =
        KIND(external_interrupt, nothing, SPINS_PER_BATCH, NOT_OF_THE_LOOP);
    static const struct kind kicked = KIND(hlt, kicked_halt, EXITS_PER_BATCH, 2);
    unsigned int batches = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

    if (!batches) {
        fprintf(stderr, "usage: exit-cost BATCHES\n");
        return 2;
    }
    /* For a second after its last event perf still takes part in each switch between threads. */
    sleep(SETTLE_SECONDS);

    struct machine m = create_machine();
    struct result result = measure(&m, &nothing, batches), hypercall = { };

    print("instruction", (struct result){ result.least / 2, result.median / 2 });
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        result = measure(&m, &kinds[i], batches);
        print(kinds[i].name, result);
        if (!strcmp(kinds[i].name, "hypercall")) {
            hypercall = result;
        }
    }
    result = measure(&m, &kicked, batches);
    print("hlt", (struct result){ result.least - hypercall.least,
                                  result.median - hypercall.median });
    print("hlt_sleep", measure_sleep(&m, batches));

    int timer = set_timer();

    print("external_interrupt", measure(&m, &interrupted, batches));
    close(timer);
    return 0;
}
