/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks that KVM takes nothing for KVM_ENABLE_CAP and KVM_ELI_CONFIGURE that kvm_eli.h does not
 * allow, on a KVM without reasons against ELI. Runs as root in the emulated hosts.
 * Exit codes: 0 all passed, 1 something failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kvm_eli.h"

#define HOME_CPU 1
#define VECTOR 0x40

static int passed, failed;

static void check(const char *name, int expected, int result)
{
    int got = result < 0 ? errno : 0;
    bool ok = got == expected;

    printf("%s %s", ok ? "PASS" : "FAIL", name);
    if (!ok) {
        printf(": '%s' instead of '%s'", strerror(got), strerror(expected));
    }
    putchar('\n');
    *(ok ? &passed : &failed) += 1;
}

static int must(const char *what, int result)
{
    if (result < 0) {
        printf("FAIL %s: %s\n", what, strerror(errno));
        exit(1);
    }
    return result;
}

static int enable(int vm, __u64 on, __u64 more)
{
    struct kvm_enable_cap cap = { .cap = KVM_CAP_X86_ELI, .args = { on, more } };

    return ioctl(vm, KVM_ENABLE_CAP, &cap);
}

static struct kvm_eli_vector vectors[KVM_ELI_MAX_VECTORS + 1];

static struct kvm_eli_config good(int event)
{
    memset(vectors, 0, sizeof(vectors));
    vectors[0] = (struct kvm_eli_vector) {
        .eventfd = event, .guest_vector = VECTOR, .host_vector = VECTOR,
    };
    return (struct kvm_eli_config) {
        .size = sizeof(struct kvm_eli_config),
        .home_cpu = HOME_CPU,
        .vector_count = 1,
        .vectors = (unsigned long)vectors,
        .vector_size = sizeof(struct kvm_eli_vector),
        .quantum = 1000000,
    };
}

/* One thing is wrong with an otherwise good configuration. */
#define CHECK_BAD(name, expected, change)                          \
    do {                                                           \
        struct kvm_eli_config c = good(event);                     \
        change;                                                    \
        check(name, expected, ioctl(vcpu, KVM_ELI_CONFIGURE, &c)); \
    } while (0)

static void test_bad(int vcpu, int event)
{
    CHECK_BAD("small-struct", EINVAL, c.size = offsetof(struct kvm_eli_config, direct));
    CHECK_BAD("unknown-flags", EINVAL, c.flags = 2);
    CHECK_BAD("small-vector", EINVAL, c.vector_size -= 4);
    CHECK_BAD("too-many-vectors", EINVAL, c.vector_count = KVM_ELI_MAX_VECTORS + 1);
    CHECK_BAD("huge-vector-count", EINVAL, c.vector_count = ~0u);
    CHECK_BAD("bad-address", EFAULT, c.vectors = 8);
    CHECK_BAD("kernel-address", EFAULT, c.vectors = 0xffff888000000000);
    CHECK_BAD("cpu-0", EINVAL, c.home_cpu = 0);
    CHECK_BAD("no-such-cpu", EINVAL, c.home_cpu = 1u << 30);
    CHECK_BAD("exception-vector", EINVAL, vectors[0].guest_vector = vectors[0].host_vector = 14);
    CHECK_BAD("other-vector", EINVAL, vectors[0].host_vector++);
    CHECK_BAD("other-vector-of-exception", EINVAL,
              (c.flags = KVM_ELI_SHADOW, vectors[0].host_vector = 14));
    CHECK_BAD("alias-without-shadow", EINVAL, c.aliases[0] = VECTOR);
    CHECK_BAD("alias-of-exception", EINVAL, (c.flags = KVM_ELI_SHADOW, c.aliases[0] = 14));
    CHECK_BAD("too-many-aliases", EINVAL,
              (c.flags = KVM_ELI_SHADOW, c.aliases[KVM_ELI_ALIAS_COUNT] = VECTOR));
    CHECK_BAD("host-vector-twice", EINVAL,
              (c.flags = KVM_ELI_SHADOW, c.vector_count = 2, vectors[1] = vectors[0],
               vectors[1].eventfd = eventfd(0, EFD_CLOEXEC), vectors[1].guest_vector++));
    CHECK_BAD("padding", EINVAL, vectors[0].pad = 1);
    CHECK_BAD("no-eventfd", EBADF, vectors[0].eventfd = -1);
    CHECK_BAD("not-an-eventfd", EINVAL, vectors[0].eventfd = vcpu);
    CHECK_BAD("vector-twice", EINVAL, (c.vector_count = 2, vectors[1] = vectors[0]));
    CHECK_BAD("eventfd-twice", EINVAL,
              (c.vector_count = 2, vectors[1] = vectors[0],
               vectors[1].guest_vector = vectors[1].host_vector = VECTOR + 1));
    check("null", EFAULT, ioctl(vcpu, KVM_ELI_CONFIGURE, NULL));
}

static void test_good(int vcpu, int other, int event)
{
    struct kvm_eli_config c = good(event), get;

    check("configure", 0, ioctl(vcpu, KVM_ELI_CONFIGURE, &c));
    check("no-irq-yet", 0, vectors[0].state == KVM_ELI_VECTOR_NO_IRQ && !c.idtr_limit ? 0 : -1);
    c = good(event);
    check("eventfd-of-another-vcpu", EINVAL, ioctl(other, KVM_ELI_CONFIGURE, &c));
    c = good(eventfd(0, 0));
    check("cpu-of-another-vcpu", EBUSY, ioctl(other, KVM_ELI_CONFIGURE, &c));
    get = good(event);
    check("get", 0, ioctl(vcpu, KVM_ELI_GET_CONFIG, &get));
    check("get-tells-the-cpu", 0, get.home_cpu == HOME_CPU && get.vector_count == 1 ? 0 : -1);
    get = good(event);
    get.vector_count = 0;
    check("get-without-room", E2BIG, ioctl(vcpu, KVM_ELI_GET_CONFIG, &get));
    c = good(event);
    c.vector_count = 0;
    check("unconfigure", 0, ioctl(vcpu, KVM_ELI_CONFIGURE, &c));
    c = good(event);
    check("cpu-is-free-again", 0, ioctl(other, KVM_ELI_CONFIGURE, &c));
    c = good(event);
    c.flags = KVM_ELI_SHADOW;
    c.shadow_base = 0xfffffe0000000000;
    c.aliases[0] = VECTOR + 1;
    vectors[0].host_vector = VECTOR + 1;
    check("remapped", 0, ioctl(other, KVM_ELI_CONFIGURE, &c));
    get = good(event);
    check("get-tells-both-vectors", 0,
          ioctl(other, KVM_ELI_GET_CONFIG, &get) == 0 && vectors[0].guest_vector == VECTOR &&
          vectors[0].host_vector == VECTOR + 1 ? 0 : -1);
    c = good(event);
    c.size = offsetof(struct kvm_eli_config, shadow_base);
    check("first-version-of-the-struct", 0, ioctl(other, KVM_ELI_CONFIGURE, &c));
}

int main(void)
{
    int kvm = must("/dev/kvm", open("/dev/kvm", O_RDWR | O_CLOEXEC));
    int vm = must("KVM_CREATE_VM", ioctl(kvm, KVM_CREATE_VM, 0));
    int event = must("eventfd", eventfd(0, EFD_CLOEXEC));
    int vcpu, other;
    struct kvm_eli_config c = good(event);

    check("enable-without-irqchip", EOPNOTSUPP, enable(vm, KVM_ELI_ENABLE, 0));
    must("KVM_CREATE_IRQCHIP", ioctl(vm, KVM_CREATE_IRQCHIP, 0));
    vcpu = must("KVM_CREATE_VCPU", ioctl(vm, KVM_CREATE_VCPU, 0));
    other = must("KVM_CREATE_VCPU", ioctl(vm, KVM_CREATE_VCPU, 1));
    check("configure-before-enable", ENXIO, ioctl(vcpu, KVM_ELI_CONFIGURE, &c));
    check("unknown-enable-bits", EINVAL, enable(vm, 2, 0));
    check("unknown-enable-argument", EINVAL, enable(vm, KVM_ELI_ENABLE, 1));
    check("disable-before-enable", 0, enable(vm, 0, 0));
    check("enable", 0, enable(vm, KVM_ELI_ENABLE, 0));
    check("enable-again", 0, enable(vm, KVM_ELI_ENABLE, 0));
    test_bad(vcpu, event);
    test_good(vcpu, other, event);
    check("disable", 0, enable(vm, 0, 0));
    c = good(event);
    check("configure-when-disabled", ENXIO, ioctl(vcpu, KVM_ELI_CONFIGURE, &c));
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}
