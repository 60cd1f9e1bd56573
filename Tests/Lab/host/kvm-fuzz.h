/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of kvm-fuzz share. */
#ifndef KVM_FUZZ_H
#define KVM_FUZZ_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdint.h>

#include "kvm_eli.h"

#define VCPUS 2
#define EVENTS 4        /* eventfds, each the trigger of a line of the pulse device's port 0 */
#define MEMORY (2 << 20)

/* Of all rounds; in memory that they share. */
struct fuzz_counts {
    uint64_t calls, succeeded;
    uint64_t direct;    /* 1 once a vCPU of this round was in direct mode */
};

struct fuzz_thread {
    struct fuzz_round *round;
    pthread_t thread;
    int index;          /* of its vCPU; VCPUS: none */
    uint64_t random;
};

struct fuzz_round {
    struct fuzz_counts *counts;
    struct fuzz_thread threads[VCPUS + 1];
    int kvm, vm, vcpu[VCPUS], pulse, event[EVENTS];
    struct kvm_run *run[VCPUS];
    uint8_t *memory;
    uint64_t quantum;   /* the shortest that it asks for, in ticks of the TSC */
};

uint64_t random_number(struct fuzz_thread *t);
/* True once in @n times. */
int once_in(struct fuzz_thread *t, unsigned int n);
/* One of the values that find the edges. */
uint64_t odd_number(struct fuzz_thread *t);
int any_vcpu(struct fuzz_thread *t);
int count_call(struct fuzz_round *r, int result);
/* An ioctl that is counted. */
int call(struct fuzz_thread *t, int fd, unsigned long request, void *argument);
void run_on(unsigned int cpus);

/* A VM with vCPUs in long mode that count, and acknowledge each interrupt; 0: it is there. */
int make_guest(struct fuzz_round *r, unsigned long quantum_us);
/* The registers with which a vCPU of it starts. */
void reset_vcpu(struct fuzz_round *r, int index);

/* What a VMM calls before it runs vCPUs in direct mode. */
void begin(struct fuzz_thread *t);
/* Changes of a vCPU's state. */
void change_sregs(struct fuzz_thread *t);
void change_regs(struct fuzz_thread *t);
void set_msr(struct fuzz_thread *t);
void change_lapic(struct fuzz_thread *t);
void change_events(struct fuzz_thread *t);
void debug(struct fuzz_thread *t);
void set_mp_state(struct fuzz_thread *t);
/* One random call on the thread's vCPU. */
void call_vcpu(struct fuzz_thread *t);
/* One on the VM, the devices, or any vCPU. */
void call_vm(struct fuzz_thread *t);

#endif
