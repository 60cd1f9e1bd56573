/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks a real KVM what it knows about ELI, prints the answers, and checks that KVM_ELI_QUERY keeps
 * to kvm_eli.h. Runs as root in the emulated hosts: a static program without any dependency.
 * Exit codes: 0 all passed, 1 something failed, 2 this KVM knows nothing about ELI.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "eli_reasons.h"
#include "kvm_eli.h"

#define QUERY_SIZE 24 /* of the first version; what the ABI promises to accept for ever */
#define VM_REASONS \
    (KVM_ELI_REASON_NO_IN_KERNEL_LAPIC | KVM_ELI_REASON_NESTED | KVM_ELI_REASON_PROTECTED_VM)
#define CPUID_VMX (1u << 5) /* leaf 1, ecx */
#define CPUID_SVM (1u << 2) /* leaf 0x80000001, ecx */
#define MAX_CPUID_ENTRIES 256

static int passed, failed;
static const char *scope = "host"; /* what is asked: the same checks run on several things */

__attribute__((format(printf, 3, 4)))
static void check(const char *name, bool ok, const char *why, ...)
{
    va_list args;

    printf("%s %s/%s", ok ? "PASS" : "FAIL", scope, name);
    if (!ok) {
        va_start(args, why);
        printf(": ");
        vprintf(why, args);
        va_end(args);
    }
    putchar('\n');
    *(ok ? &passed : &failed) += 1;
}

static int finish(void)
{
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}

/* The tests can't go on without what failed here. */
static int must(const char *what, int result)
{
    if (result < 0) {
        check(what, false, "%s", strerror(errno));
        exit(finish());
    }
    return result;
}

static struct kvm_eli_query query(int fd)
{
    /* Stale output fields must not shine through. */
    struct kvm_eli_query q = { .size = QUERY_SIZE, .features = ~0ull, .reasons = ~0ull };

    must("KVM_ELI_QUERY", ioctl(fd, KVM_ELI_QUERY, &q));
    return q;
}

static __u64 show(const char *where, int fd)
{
    struct kvm_eli_query q = query(fd);
    uint64_t reasons = q.reasons;

    printf("%s/%s: features 0x%llx, reasons 0x%llx\n", scope, where, q.features, q.reasons);
    while (reasons) {
        const eli_reason *reason = eli_reason_next(&reasons);
        printf("  %s: %s\n", reason->code, reason->message);
    }
    return q.reasons;
}

static void check_reasons(const char *name, int fd, __u64 expected)
{
    __u64 got = show(name, fd);

    check(name, got == expected, "reasons 0x%llx instead of 0x%llx", got, expected);
}

static __u64 test_host(int kvm, unsigned int features)
{
    __u64 reasons = show("reasons", kvm);

    check("features-agree", query(kvm).features == features, "query says 0x%llx, capability 0x%x",
          query(kvm).features, features);
    check("has-query-feature", features & KVM_ELI_FEATURE_QUERY, "features 0x%x", features);
    check("not-built-means-no-direct",
          !(reasons & KVM_ELI_REASON_NOT_BUILT) == !!(features & KVM_ELI_FEATURE_DIRECT),
          "features 0x%x", features);
    check("no-vm-reasons", !(reasons & VM_REASONS), "reasons 0x%llx", reasons);
    check("one-cpu-is-too-few",
          !!(reasons & KVM_ELI_REASON_NO_HOUSEKEEPING_CPU) == (sysconf(_SC_NPROCESSORS_ONLN) < 2),
          "%ld CPUs online", sysconf(_SC_NPROCESSORS_ONLN));
    return reasons;
}

/* Hides VMX and SVM from a CPUID table; tells whether they were there. */
static bool hide_nesting(struct kvm_cpuid2 *cpuid)
{
    bool found = false;

    for (unsigned int i = 0; i < cpuid->nent; i++) {
        struct kvm_cpuid_entry2 *e = &cpuid->entries[i];
        __u32 bit = e->function == 1 ? CPUID_VMX : e->function == 0x80000001 ? CPUID_SVM : 0;

        found = found || (e->ecx & bit);
        e->ecx &= ~bit;
    }
    return found;
}

static void test_nesting(int kvm, int vm, __u64 host)
{
    size_t size = sizeof(struct kvm_cpuid2) + MAX_CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2);
    struct kvm_cpuid2 *all = calloc(1, size), *flat = calloc(1, size);
    int vcpu = must("KVM_CREATE_VCPU", ioctl(vm, KVM_CREATE_VCPU, 0));

    check_reasons("vcpu-without-cpuid", vm, host);

    all->nent = MAX_CPUID_ENTRIES;
    must("KVM_GET_SUPPORTED_CPUID", ioctl(kvm, KVM_GET_SUPPORTED_CPUID, all));
    memcpy(flat, all, size);
    if (hide_nesting(flat)) {
        must("KVM_SET_CPUID2", ioctl(vcpu, KVM_SET_CPUID2, all));
        check_reasons("vcpu-with-nesting", vm, host | KVM_ELI_REASON_NESTED);
    } else {
        printf("SKIP %s/vcpu-with-nesting: this KVM does not nest\n", scope);
    }
    must("KVM_SET_CPUID2", ioctl(vcpu, KVM_SET_CPUID2, flat));
    check_reasons("vcpu-without-nesting", vm, host);

    close(vcpu);
    free(all);
    free(flat);
}

static void test_vm(int kvm, unsigned int features, __u64 host)
{
    struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };
    int vm = must("KVM_CREATE_VM", ioctl(kvm, KVM_CREATE_VM, 0));

    check("capability", ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_X86_ELI) == (int)features,
          "differs from that of /dev/kvm");
    check_reasons("without-irqchip", vm, host | KVM_ELI_REASON_NO_IN_KERNEL_LAPIC);
    must("KVM_CREATE_IRQCHIP", ioctl(vm, KVM_CREATE_IRQCHIP, 0));
    check_reasons("with-irqchip", vm, host);
    test_nesting(kvm, vm, host);
    close(vm);

    vm = must("KVM_CREATE_VM", ioctl(kvm, KVM_CREATE_VM, 0));
    must("KVM_CAP_SPLIT_IRQCHIP", ioctl(vm, KVM_ENABLE_CAP, &split));
    check_reasons("with-split-irqchip", vm, host);
    close(vm);
}

static void check_error(const char *name, int fd, void *argument, int expected)
{
    int got = ioctl(fd, KVM_ELI_QUERY, argument) < 0 ? errno : 0;

    check(name, got == expected, "%s instead of %s", strerror(got), strerror(expected));
}

static void test_abi(int fd)
{
    long page = sysconf(_SC_PAGESIZE);
    /* Becomes a page that KVM can read but not write, and one that it can't even read. */
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct kvm_eli_query *at_end = (void *)(memory + page - 2 * sizeof(__u32));
    struct kvm_eli_query q = { .size = QUERY_SIZE - 1, .features = 1, .reasons = 2 };
    struct {
        struct kvm_eli_query query;
        char tail[64];
    } larger = { .query.size = sizeof(larger), .tail = "a newer caller's fields" }, before = larger;

    check_error("size-too-small", fd, &q, EINVAL);
    q.size = QUERY_SIZE;
    q.flags = 1u << 31;
    check_error("unknown-flag", fd, &q, EINVAL);
    check("refusal-writes-nothing", q.features == 1 && q.reasons == 2, "output has changed");

    must("mmap", memory == MAP_FAILED ? -1 : 0);
    at_end->size = QUERY_SIZE;
    ((struct kvm_eli_query *)memory)->size = QUERY_SIZE;
    must("mprotect", mprotect(memory, page, PROT_READ) | mprotect(memory + page, page, PROT_NONE));
    check_error("null-pointer", fd, NULL, EFAULT);
    check_error("unreadable-query", fd, memory + page, EFAULT);
    check_error("read-only-query", fd, memory, EFAULT);
    check_error("query-cut-by-page-end", fd, at_end, EFAULT);
    munmap(memory, 2 * page);

    check_error("larger-size", fd, &larger, 0);
    check("larger-size-keeps-tail", !memcmp(larger.tail, before.tail, sizeof(larger.tail)),
          "bytes behind the known struct were written");
    check("size-is-kept", larger.query.size == sizeof(larger), "size is %u", larger.query.size);
}

/* Needs no libcap: the effective set alone decides, and the permitted one allows the way back. */
static void set_rawio(bool on)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    __u32 bit = CAP_TO_MASK(CAP_SYS_RAWIO);

    must("capget", syscall(SYS_capget, &header, data));
    data[0].effective = on ? data[0].effective | bit : data[0].effective & ~bit;
    must("capset", syscall(SYS_capset, &header, data));
}

static void test_capability(int kvm, __u64 host)
{
    set_rawio(false);
    check_reasons("without-rawio", kvm, host | KVM_ELI_REASON_NO_RAWIO);
    set_rawio(true);
    check_reasons("with-rawio-again", kvm, host & ~KVM_ELI_REASON_NO_RAWIO);
}

int main(void)
{
    int kvm = must("open-dev-kvm", open("/dev/kvm", O_RDWR | O_CLOEXEC));
    int features = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_X86_ELI);

    if (features <= 0) {
        printf("this KVM knows nothing about ELI: KVM_CAP_X86_ELI is %d\n", features);
        return 2;
    }

    __u64 host = test_host(kvm, features);
    test_abi(kvm);
    test_capability(kvm, host);
    scope = "vm";
    test_vm(kvm, features, host);
    test_abi(must("KVM_CREATE_VM", ioctl(kvm, KVM_CREATE_VM, 0)));
    return finish();
}
