/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of kvm-fuzz. Each is right as often as not, and else has one or two things wrong. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "eli_pulse.h"
#include "kvm-fuzz.h"

#define FIRST_GSI 4u /* of the first event */

int once_in(struct fuzz_thread *t, unsigned int n)
{
    return random_number(t) % n == 0;
}

uint64_t odd_number(struct fuzz_thread *t)
{
    static const uint64_t edges[] = {
        0, 1, 2, 3, 7, 8, 31, 32, 127, 128, 129, 255, 256, 4095, 4096, 0x7fffffff, 0x80000000,
        0xffffffff, 0x100000000, 0x7fffffffffff, 0x800000000000, 0xffff800000000000,
        0x7fffffffffffffff, 0x8000000000000000, ~0ull,
    };

    return once_in(t, 3) ? random_number(t) : edges[random_number(t) % (sizeof(edges) / 8)];
}

int any_vcpu(struct fuzz_thread *t)
{
    return t->index < VCPUS ? t->index : (int)(random_number(t) % VCPUS);
}

int call(struct fuzz_thread *t, int fd, unsigned long request, void *argument)
{
    return count_call(t->round, ioctl(fd, request, argument));
}

static int any_event(struct fuzz_thread *t)
{
    struct fuzz_round *r = t->round;

    switch (random_number(t) % 24) {
    case 0: return -1;
    case 1: return r->vm;
    case 2: return (int)odd_number(t);
    default: return r->event[random_number(t) % EVENTS];
    }
}

/* ELI's own. */

static void enable(struct fuzz_thread *t)
{
    struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_ELI, .args = { once_in(t, 4) ? 0 : KVM_ELI_ENABLE } };

    if (once_in(t, 8)) {
        cap.args[random_number(t) % 4] = odd_number(t);
    }
    if (once_in(t, 16)) {
        cap.flags = odd_number(t);
    }
    call(t, t->round->vm, KVM_ENABLE_CAP, &cap);
}

static void query(struct fuzz_thread *t)
{
    struct kvm_eli_query q[2] = { { .size = once_in(t, 3) ? odd_number(t) : sizeof(*q) } };
    struct fuzz_round *r = t->round;

    if (once_in(t, 4)) {
        q[0].flags = odd_number(t);
    }
    call(t, once_in(t, 2) ? r->kvm : r->vm, KVM_ELI_QUERY, once_in(t, 16) ? (void *)odd_number(t) : q);
}

/* One field of @c or of a vector gets any value. */
static void spoil(struct fuzz_thread *t, struct kvm_eli_config *c, struct kvm_eli_vector *vectors)
{
    struct kvm_eli_vector *v = &vectors[random_number(t) % (EVENTS + 1)];
    uint64_t value = odd_number(t);

    switch (random_number(t) % 13) {
    case 0: c->size = value; break;
    case 1: c->flags = value; break;
    case 2: c->home_cpu = value; break;
    case 3: c->vector_count = value; break;
    case 4: c->vectors = value; break;
    case 5: c->vector_size = value; break;
    case 6: c->quantum = value < t->round->quantum ? c->quantum : value; break;
    case 7: c->shadow_base = value; break;
    case 8: c->aliases[value % 8] = value >> 8; break;
    case 9: v->eventfd = value; break;
    case 10: v->guest_vector = value; break;
    case 11: v->host_vector = value; break;
    case 12: v->pad = value; break;
    }
}

static void configure(struct fuzz_thread *t)
{
    struct fuzz_round *r = t->round;
    struct kvm_eli_vector vectors[KVM_ELI_MAX_VECTORS + 1] = { };
    int index = any_vcpu(t), shadow = once_in(t, 3);
    unsigned int count = random_number(t) % (EVENTS / VCPUS + 1);
    struct kvm_eli_config c = {
        .size = sizeof(c),
        .flags = shadow ? KVM_ELI_SHADOW : 0,
        .home_cpu = 1 + index,
        .vector_count = once_in(t, 8) ? 0 : count ? count : 1,
        .vectors = (unsigned long)vectors,
        .vector_size = sizeof(vectors[0]),
        .quantum = r->quantum + random_number(t) % r->quantum,
        .shadow_base = shadow ? 0x4000 : 0,
    };

    for (unsigned int i = 0; i <= EVENTS; i++) {
        uint8_t vector = 0x22 + random_number(t) % 0x40;

        vectors[i] = (struct kvm_eli_vector) {
            .eventfd = i < EVENTS / VCPUS ? r->event[index * EVENTS / VCPUS + i] : any_event(t),
            .guest_vector = vector,
            .host_vector = shadow && once_in(t, 2) ? vector + 1 : vector,
        };
    }
    if (shadow && once_in(t, 2)) {
        c.aliases[random_number(t) % KVM_ELI_ALIAS_COUNT] = vectors[0].host_vector;
    }
    for (int i = random_number(t) % 8 - 5; i > 0; i--) {
        spoil(t, &c, vectors);
    }
    call(t, r->vcpu[index], KVM_ELI_CONFIGURE, once_in(t, 64) ? (void *)odd_number(t) : &c);
}

static void get_config(struct fuzz_thread *t)
{
    struct fuzz_round *r = t->round;
    struct kvm_eli_vector vectors[KVM_ELI_MAX_VECTORS] = { };
    struct kvm_eli_config c = {
        .size = sizeof(c), .vector_count = KVM_ELI_MAX_VECTORS,
        .vectors = (unsigned long)vectors, .vector_size = sizeof(vectors[0]),
    };

    if (once_in(t, 3)) {
        spoil(t, &c, vectors);
    }
    if (!call(t, r->vcpu[any_vcpu(t)], KVM_ELI_GET_CONFIG, &c) && c.direct == 1) {
        __atomic_store_n(&r->counts->direct, 1, __ATOMIC_RELAXED);
    }
}

/* Interrupts. */

/* Most rounds begin like this. */
void begin(struct fuzz_thread *t)
{
    struct fuzz_round *r = t->round;
    struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_ELI, .args = { KVM_ELI_ENABLE } };

    if (once_in(t, 8)) {
        return;
    }
    for (unsigned int i = 0; i < EVENTS; i++) {
        struct kvm_irqfd irqfd = { .fd = r->event[i], .gsi = FIRST_GSI + i };
        struct pulse_eventfd set = { .line = i, .fd = r->event[i] };

        call(t, r->vm, KVM_IRQFD, &irqfd);
        call(t, r->pulse, PULSE_SET_EVENTFD, &set);
    }
    call(t, r->vm, KVM_ENABLE_CAP, &cap);
    for (int i = 0; i < VCPUS * 2; i++) {
        configure(t);
    }
}

static void set_irqfd(struct fuzz_thread *t)
{
    int n = random_number(t) % EVENTS;
    struct kvm_irqfd irqfd = {
        .fd = once_in(t, 8) ? any_event(t) : t->round->event[n],
        .gsi = once_in(t, 16) ? odd_number(t) : FIRST_GSI + n,
        .flags = once_in(t, 4) ? KVM_IRQFD_FLAG_DEASSIGN : 0,
    };

    call(t, t->round->vm, KVM_IRQFD, &irqfd);
}

static void set_trigger(struct fuzz_thread *t)
{
    unsigned int line = random_number(t) % EVENTS;
    struct pulse_eventfd set = {
        .line = line,
        .fd = once_in(t, 5) ? -1 : once_in(t, 8) ? any_event(t) : t->round->event[line],
    };

    call(t, t->round->pulse, PULSE_SET_EVENTFD, &set);
}

static void raise_lines(struct fuzz_thread *t)
{
    for (int i = random_number(t) % 20; i >= 0; i--) {
        call(t, t->round->pulse, PULSE_RAISE, (void *)(random_number(t) % EVENTS));
    }
}

static void set_routing(struct fuzz_thread *t)
{
    struct { struct kvm_irq_routing header; struct kvm_irq_routing_entry entries[EVENTS]; } table = {
        .header.nr = EVENTS,
    };

    for (int i = 0; i < EVENTS; i++) {
        table.entries[i] = (struct kvm_irq_routing_entry) {
            .gsi = FIRST_GSI + i,
            .type = KVM_IRQ_ROUTING_MSI,
            .u.msi = {
                .address_lo = 0xfee00000 | random_number(t) % VCPUS << 12,
                .data = once_in(t, 8) ? odd_number(t) : 0x22 + random_number(t) % 0x40,
            },
        };
    }
    call(t, t->round->vm, KVM_SET_GSI_ROUTING, &table);
}

static void signal_msi(struct fuzz_thread *t)
{
    struct kvm_msi msi = {
        .address_lo = 0xfee00000 | random_number(t) % (VCPUS + 1) << 12,
        .data = once_in(t, 4) ? odd_number(t) : random_number(t) % 256,
    };

    call(t, t->round->vm, KVM_SIGNAL_MSI, &msi);
}

static void send_nmi(struct fuzz_thread *t)
{
    call(t, t->round->vcpu[any_vcpu(t)], KVM_NMI, NULL);
}

/* The guest's state. */

static void run(struct fuzz_thread *t)
{
    struct fuzz_round *r = t->round;
    struct kvm_run *run = r->run[t->index];

    run->immediate_exit = once_in(t, 16);
    if (call(t, r->vcpu[t->index], KVM_RUN, NULL)) {
        if (errno != EINTR) {
            reset_vcpu(r, t->index);
        }
    } else if (run->exit_reason == KVM_EXIT_ELI) {
        struct kvm_eli_exit *e = (struct kvm_eli_exit *)run->padding;

        e->absent = once_in(t, 4) ? odd_number(t) : random_number(t) % 2;
    } else if (run->exit_reason != KVM_EXIT_IO) {
        /* It can't go on. */
        reset_vcpu(r, t->index);
    }
}

static void reset(struct fuzz_thread *t)
{
    reset_vcpu(t->round, any_vcpu(t));
}

static void touch_memory(struct fuzz_thread *t)
{
    uint8_t *memory = t->round->memory;

    if (once_in(t, 8)) {
        madvise(memory, MEMORY, MADV_DONTNEED); /* and all is zero */
    } else {
        /* An IDT's gates, most of all. */
        memory[0x4000 + random_number(t) % 0x1000] = random_number(t);
    }
}

static void move_memory(struct fuzz_thread *t)
{
    struct kvm_userspace_memory_region region = {
        .memory_size = once_in(t, 3) ? 0 : MEMORY,
        .userspace_addr = (unsigned long)t->round->memory,
        .flags = once_in(t, 3) ? KVM_MEM_LOG_DIRTY_PAGES : 0,
    };

    call(t, t->round->vm, KVM_SET_USER_MEMORY_REGION, &region);
}

static void move_thread(struct fuzz_thread *t)
{
    run_on(once_in(t, 3) ? 6 : 1u << (1 + t->index));
}

struct choice {
    unsigned int weight;
    void (*call)(struct fuzz_thread *t);
};

static void choose(struct fuzz_thread *t, const struct choice *choices)
{
    unsigned int sum = 0, chosen;

    for (const struct choice *c = choices; c->call; c++) {
        sum += c->weight;
    }
    chosen = random_number(t) % sum;
    while (chosen >= choices->weight) {
        chosen -= choices++->weight;
    }
    choices->call(t);
}

void call_vcpu(struct fuzz_thread *t)
{
    static const struct choice choices[] = {
        { 60, run }, { 10, configure }, { 20, get_config }, { 2, reset }, { 2, change_sregs },
        { 2, change_regs }, { 3, set_msr }, { 2, change_lapic }, { 2, change_events }, { 1, debug },
        { 1, set_mp_state }, { 2, move_thread }, { },
    };

    choose(t, choices);
}

void call_vm(struct fuzz_thread *t)
{
    static const struct choice choices[] = {
        { 4, enable }, { 2, query }, { 8, configure }, { 8, get_config }, { 10, set_irqfd },
        { 10, set_trigger }, { 40, raise_lines }, { 3, set_routing }, { 5, signal_msi },
        { 2, send_nmi }, { 2, reset }, { 1, change_sregs }, { 1, set_msr }, { 1, change_lapic },
        { 1, change_events }, { 1, debug }, { 1, touch_memory }, { 1, move_memory }, { },
    };

    choose(t, choices);
}
