/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvm-fuzz SECONDS SEED QUANTUM - a lying VMM: random calls of KVM, most of them nearly valid, around
 * the vCPUs of guests in direct mode whose interrupts come from the pulse device. Their quantum is
 * never below QUANTUM microseconds: an emulated CPU could do nothing but end shorter ones.
 *
 * Each round is a process with a VM, a thread for each vCPU and one for the rest, and is killed in
 * the middle of it. Prints "rounds=N calls=N succeeded=N direct=N", where direct counts the rounds
 * that were seen in direct mode. Fails if a round doesn't die. What the kernel says about it all is
 * for the caller to look at.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kvm-fuzz.h"

#define DIES_WITHIN_SECONDS 60

static void die(const char *what)
{
    fprintf(stderr, "kvm-fuzz: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* splitmix64 */
uint64_t random_number(struct fuzz_thread *t)
{
    uint64_t z = t->random += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Hands out a call's result, and counts it. */
int count_call(struct fuzz_round *r, int result)
{
    __atomic_fetch_add(&r->counts->calls, 1, __ATOMIC_RELAXED);
    if (result >= 0) {
        __atomic_fetch_add(&r->counts->succeeded, 1, __ATOMIC_RELAXED);
    }
    return result;
}

/*
 * A thread runs where it is told: the vCPUs' never on CPU 0, which is the host's own (see
 * GuestSession.boot).
 */
void run_on(unsigned int cpus)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int cpu = 0; cpu < 8; cpu++) {
        if (cpus & 1u << cpu) {
            CPU_SET(cpu, &set);
        }
    }
    sched_setaffinity(0, sizeof(set), &set);
}

static void *fuzz_vcpu(void *argument)
{
    struct fuzz_thread *t = argument;

    run_on(1u << (1 + t->index));
    for (;;) {
        call_vcpu(t);
    }
    return NULL;
}

static void do_nothing(int signal)
{
    (void)signal;
}

/* Never returns: whoever waits for it kills it. */
static void fuzz(uint64_t seed, unsigned long quantum_us, struct fuzz_counts *counts)
{
    struct fuzz_round *r = calloc(1, sizeof(*r));
    struct sigaction action = { .sa_handler = do_nothing };
    struct fuzz_thread *rest = &r->threads[VCPUS];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigaction(SIGUSR1, &action, NULL);
    run_on(1);
    r->counts = counts;
    for (int i = 0; i <= VCPUS; i++) {
        r->threads[i] = (struct fuzz_thread) { .round = r, .index = i, .random = seed ^ (uint64_t)i << 56 };
    }
    if (make_guest(r, quantum_us)) {
        _exit(1);
    }
    begin(rest);
    for (int i = 0; i < VCPUS; i++) {
        if (pthread_create(&r->threads[i].thread, NULL, fuzz_vcpu, &r->threads[i])) {
            _exit(1);
        }
    }
    for (;;) {
        call_vm(rest);
        if (random_number(rest) % 4 == 0) {
            pthread_kill(r->threads[random_number(rest) % VCPUS].thread, SIGUSR1);
        }
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* How a round ended: killed, as it should. */
static int reap(pid_t child)
{
    double give_up = now() + DIES_WITHIN_SECONDS;
    int status;

    while (waitpid(child, &status, WNOHANG) != child) {
        if (now() > give_up) {
            printf("kvm-fuzz: process %d doesn't die\n", child);
            return 1;
        }
        usleep(1000);
    }
    if (!WIFSIGNALED(status)) {
        printf("kvm-fuzz: a round couldn't begin, it ended with status %d\n", WEXITSTATUS(status));
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct fuzz_thread seeds = { };
    struct fuzz_counts *counts;
    unsigned long rounds = 0, direct = 0, quantum_us = argc == 4 ? strtoul(argv[3], NULL, 0) : 0;
    double end;

    if (!quantum_us) {
        fprintf(stderr, "usage: kvm-fuzz SECONDS SEED QUANTUM\n");
        return 2;
    }
    end = now() + strtod(argv[1], NULL);
    seeds.random = strtoull(argv[2], NULL, 0);
    counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED) {
        die("mmap");
    }
    for (; now() < end; rounds++) {
        uint64_t seed = random_number(&seeds);
        pid_t child = fork();

        if (child < 0) {
            die("fork");
        }
        if (!child) {
            fuzz(seed, quantum_us, counts);
        }
        /* Early ones die while they begin. */
        usleep(20000 + random_number(&seeds) % 1000000);
        kill(child, SIGKILL);
        if (reap(child)) {
            printf("seed %#lx\n", (unsigned long)seed);
            return 1;
        }
        direct += __atomic_exchange_n(&counts->direct, 0, __ATOMIC_RELAXED);
    }
    printf("rounds=%lu calls=%lu succeeded=%lu direct=%lu\n", rounds, (unsigned long)counts->calls,
           (unsigned long)counts->succeeded, direct);
    return 0;
}
