/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library's table as a VMM in C meets it: versions, sizes, flags, and wrong arguments. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "check.h"
#include "eli_reasons.h"

static int logged_level;
static char logged[256];

static void log_message(void *opaque, int level, const char *message)
{
    *(int *)opaque += 1;
    logged_level = level;
    snprintf(logged, sizeof(logged), "%s", message);
}

static eli_host_ops host_ops(int *log_calls)
{
    return (eli_host_ops){
        .size = sizeof(eli_host_ops),
        .abi_major = ELI_ABI_MAJOR,
        .abi_minor = ELI_ABI_MINOR,
        .opaque = log_calls,
        .log = log_message,
    };
}

static void test_versions(eli_plugin_getter get)
{
    const eli_plugin_ops *ops = get(ELI_ABI_MAJOR);

    CHECK(ops != NULL);
    CHECK(ops->size >= sizeof(eli_plugin_ops));
    CHECK(ops->abi_major == ELI_ABI_MAJOR);
    CHECK(ops->flags == 0);
    CHECK(ops->version && strlen(ops->version) > 0);
    CHECK(get(ELI_ABI_MAJOR) == ops);
    CHECK(get(0) == NULL);
    CHECK(get(ELI_ABI_MAJOR + 1) == NULL);
    CHECK(get(UINT32_MAX) == NULL);
}

static void test_create(const eli_plugin_ops *ops)
{
    int calls = 0;
    char message[128] = "untouched";
    eli_context *context = NULL;
    eli_host_ops host = host_ops(&calls);

    CHECK(ops->create(&host, &context, message, sizeof(message)) == 0);
    CHECK(context != NULL);
    ops->destroy(context);
    ops->destroy(NULL);

    /* A newer VMM's longer struct. */
    struct {
        eli_host_ops ops;
        uint64_t later[4];
    } newer = { .ops = host_ops(&calls), .later = { 1, 2, 3, 4 } };
    newer.ops.size = sizeof(newer);
    CHECK(ops->create(&newer.ops, &context, NULL, 0) == 0);
    ops->destroy(context);

    context = NULL;
    host = host_ops(&calls);
    host.log = NULL;
    CHECK(ops->create(&host, &context, message, sizeof(message)) == 0);
    ops->destroy(context);
}

static void test_create_refuses(const eli_plugin_ops *ops)
{
    int calls = 0;
    char message[128] = "";
    eli_context *const untouched = (eli_context *)0x1234;
    eli_context *context = untouched;
    eli_host_ops host = host_ops(&calls);

    CHECK(ops->create(NULL, &context, message, sizeof(message)) == -EINVAL);
    CHECK(strlen(message) > 0);
    CHECK(ops->create(&host, NULL, message, sizeof(message)) == -EINVAL);
    host.size = sizeof(host) - 1;
    CHECK(ops->create(&host, &context, message, sizeof(message)) == -EINVAL);
    host.size = 0;
    CHECK(ops->create(&host, &context, message, sizeof(message)) == -EINVAL);
    host = host_ops(&calls);
    host.abi_major = ELI_ABI_MAJOR + 1;
    CHECK(ops->create(&host, &context, message, sizeof(message)) == -EINVAL);
    host = host_ops(&calls);
    host.flags = 1u << 31;
    CHECK(ops->create(&host, &context, message, sizeof(message)) == -EINVAL);
    CHECK(context == untouched);

    /* Messages are cut to fit, and nothing is written behind the buffer. */
    char cut[8];
    memset(cut, 'x', sizeof(cut));
    CHECK(ops->create(NULL, &context, cut, 4) == -EINVAL);
    CHECK(strlen(cut) == 3 && cut[4] == 'x');
    CHECK(ops->create(NULL, &context, cut, 0) == -EINVAL);
    CHECK(ops->create(NULL, &context, NULL, 100) == -EINVAL);
}

static uint64_t blocking(const eli_plugin_ops *ops, eli_context *context, uint64_t features,
                         uint64_t reasons, uint32_t flags)
{
    eli_facts facts = { sizeof(facts), flags, features, reasons };
    uint64_t result = ~0ull;

    CHECK(ops->admit(context, &facts, &result, NULL, 0) == 0);
    return result;
}

static void test_admit(const eli_plugin_ops *ops)
{
    const uint64_t direct = KVM_ELI_FEATURE_QUERY | KVM_ELI_FEATURE_DIRECT;
    const uint64_t unknown = 1ull << 62;
    int calls = 0;
    char message[128] = "";
    eli_host_ops host = host_ops(&calls);
    eli_context *context = NULL;

    CHECK(ops->create(&host, &context, NULL, 0) == 0);
    CHECK(blocking(ops, context, direct, 0, 0) == 0);
    CHECK(blocking(ops, context, direct, unknown, 0) == unknown);
    /* Direct mode that is not there blocks, also if KVM forgot to say so. */
    CHECK(blocking(ops, context, KVM_ELI_FEATURE_QUERY, 0, 0) == KVM_ELI_REASON_NOT_BUILT);
    CHECK(blocking(ops, context, 0, KVM_ELI_REASON_NESTED, 0) ==
          (KVM_ELI_REASON_NESTED | KVM_ELI_REASON_NOT_BUILT));

    /* Only what an administrator accepts is waived, and the log says so. */
    const uint64_t found = KVM_ELI_REASON_NO_INTR_REMAPPING | KVM_ELI_REASON_NO_X2APIC;
    CHECK(blocking(ops, context, direct, found, 0) == found);
    CHECK(calls == 0);
    CHECK(blocking(ops, context, direct, found, ELI_ADMIT_NO_INTR_REMAPPING) ==
          KVM_ELI_REASON_NO_X2APIC);
    CHECK(calls == 1 && logged_level == ELI_LOG_WARNING && strlen(logged) > 0);
    CHECK(blocking(ops, context, direct, 0, ELI_ADMIT_NO_INTR_REMAPPING) == 0);
    CHECK(calls == 1);

    eli_facts facts = { sizeof(facts), 0, direct, 0 };
    uint64_t result = 42;
    CHECK(ops->admit(NULL, &facts, &result, message, sizeof(message)) == -EINVAL);
    CHECK(strlen(message) > 0);
    CHECK(ops->admit(context, NULL, &result, message, sizeof(message)) == -EINVAL);
    CHECK(ops->admit(context, &facts, NULL, message, sizeof(message)) == -EINVAL);
    facts.size = sizeof(facts) - 8;
    CHECK(ops->admit(context, &facts, &result, message, sizeof(message)) == -EINVAL);
    facts.size = sizeof(facts);
    facts.flags = 1u << 7;
    CHECK(ops->admit(context, &facts, &result, message, sizeof(message)) == -EINVAL);
    CHECK(result == 42);
    ops->destroy(context);
}

/* Each defined bit has words of its own, and every bit has some. */
static void test_reasons(void)
{
    const char *codes[64];

    for (int bit = 0; bit < 64; bit++) {
        uint64_t reasons = 1ull << bit;
        const eli_reason *reason = eli_reason_next(&reasons);

        CHECK(reason && reasons == 0);
        CHECK(strlen(reason->message) > 0 && strlen(reason->remedy) > 0);
        codes[bit] = reason->code;
        bool defined = bit < KVM_ELI_REASON_COUNT || (bit >= 32 && bit <= 35);
        CHECK((strcmp(reason->code, "unknown") != 0) == defined);
        for (int other = 0; defined && other < bit; other++) {
            CHECK(strcmp(codes[other], codes[bit]) != 0);
        }
    }

    uint64_t several = KVM_ELI_REASON_NESTED | KVM_ELI_REASON_NO_TDP | ELI_REASON_NO_LIBRARY;
    CHECK(eli_reason_next(&several)->bit == KVM_ELI_REASON_NO_TDP);
    CHECK(eli_reason_next(&several)->bit == KVM_ELI_REASON_NESTED);
    CHECK(eli_reason_next(&several)->bit == ELI_REASON_NO_LIBRARY);
    CHECK(eli_reason_next(&several) == NULL);
}

int main(int argc, char **argv)
{
    eli_plugin_getter get = check_load(argc, argv);
    const eli_plugin_ops *ops = get(ELI_ABI_MAJOR);

    test_versions(get);
    test_create(ops);
    test_create_refuses(ops);
    test_admit(ops);
    test_reasons();
    return check_summary();
}
