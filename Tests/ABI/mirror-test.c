/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mirror of a device's mappings as a VMM's device uses it. */
#include "viommu-guest.h"

static const eli_viommu_ops *ops;

static eli_viommu_mirror_request request(uint32_t teardown)
{
    return (eli_viommu_mirror_request){
        .size = sizeof(eli_viommu_mirror_request), .teardown = teardown, .max_mappings = 4,
        .stale_max = 4, .stale_time = 1000,
    };
}

static eli_viommu_mirror *make(uint32_t teardown)
{
    eli_viommu_mirror_request asked = request(teardown);
    eli_viommu_mirror *mirror = NULL;

    CHECK(ops->mirror_new(&asked, &mirror, NULL, 0) == 0 && mirror);
    return mirror;
}

static eli_viommu_mapping run(uint64_t page, uint64_t count, uint64_t output)
{
    return (eli_viommu_mapping){
        .size = sizeof(eli_viommu_mapping), .access = ELI_VIOMMU_CAN_READ, .first = page << 12,
        .last = ((page + count) << 12) - 1, .output = output,
    };
}

/* The next change; .kind is 99 if there is none. */
static eli_viommu_change next(eli_viommu_mirror *mirror, uint64_t now)
{
    eli_viommu_change change = { .size = sizeof(change) };
    uint32_t budget = 1000;

    if (ops->mirror_next(mirror, now, &budget, &change) != 1)
        change.kind = 99;
    return change;
}

/* A pass over 256 pages in which one run is mapped, or none. Returns the number of changes. */
static int pass(eli_viommu_mirror *mirror, const eli_viommu_mapping *mapped, uint64_t now,
                uint32_t strict)
{
    int changes = 0;

    CHECK(ops->mirror_begin(mirror, 0, 0xfffff, strict) == 0);
    while (next(mirror, now).kind != 99)
        changes++;
    CHECK(!mapped || ops->mirror_run(mirror, mapped) == 0);
    while (next(mirror, now).kind != 99)
        changes++;
    CHECK(ops->mirror_end(mirror) == 0);
    while (next(mirror, now).kind != 99)
        changes++;
    return changes;
}

static eli_viommu_mirror_state state(eli_viommu_mirror *mirror)
{
    eli_viommu_mirror_state now = { .size = sizeof(now) };

    CHECK(ops->mirror_state(mirror, &now) == 0);
    return now;
}

static void test_refusals(void)
{
    eli_viommu_mirror *mirror = NULL;
    eli_viommu_mirror_request asked;
    char message[128];

#define REFUSED(change)                                                                 \
    do {                                                                                \
        asked = request(ELI_VIOMMU_TEARDOWN_STRICT);                                    \
        change;                                                                         \
        memset(message, 0, sizeof(message));                                            \
        CHECK(ops->mirror_new(&asked, &mirror, message, sizeof(message)) == -EINVAL);   \
        CHECK(*message && !mirror);                                                     \
    } while (0)
    REFUSED(asked.size = 8);
    REFUSED(asked.teardown = 3);
    REFUSED(asked.max_mappings = 0);
    REFUSED(asked.max_mappings = (1 << 24) + 1);
    REFUSED(asked.stale_max = 0);
    REFUSED(asked.stale_time = 0);
    asked = request(ELI_VIOMMU_TEARDOWN_STRICT);
    CHECK(ops->mirror_new(&asked, NULL, message, sizeof(message)) == -EINVAL);
    CHECK(ops->mirror_new(NULL, &mirror, NULL, 0) == -EINVAL);
}

static void test_pieces(void)
{
    eli_viommu_mirror *mirror = make(ELI_VIOMMU_TEARDOWN_STRICT);
    eli_viommu_mapping mapped = run(3, 5, 0x80003000), found = { .size = sizeof(found) };
    eli_viommu_change change;
    uint32_t budget = 0;

    CHECK(ops->mirror_begin(mirror, 0, 0xfffff, 0) == 0);
    CHECK(ops->mirror_run(mirror, &mapped) == 0);
    CHECK(ops->mirror_end(mirror) == -EBUSY && ops->mirror_run(mirror, &mapped) == -EBUSY);
    change.size = sizeof(change);
    CHECK(ops->mirror_next(mirror, 1, &budget, &change) == -EAGAIN);
    change = next(mirror, 1);
    CHECK(change.kind == ELI_VIOMMU_MAP && change.first == 0x3000 && change.last == 0x3fff);
    CHECK(change.output == 0x80003000 && change.access == ELI_VIOMMU_CAN_READ);
    change = next(mirror, 1);
    CHECK(change.kind == ELI_VIOMMU_MAP && change.first == 0x4000 && change.last == 0x7fff);
    CHECK(next(mirror, 1).kind == 99 && ops->mirror_end(mirror) == 0);
    CHECK(next(mirror, 1).kind == 99);
    CHECK(ops->mirror_find(mirror, 0x3000, &found) == 1 && found.first == 0x3000);
    CHECK(ops->mirror_find(mirror, 0x4000, &found) == 1 && found.last == 0x7fff);
    CHECK(ops->mirror_find(mirror, 0x8000, &found) == 0);
    CHECK(pass(mirror, &mapped, 1, 0) == 0);
    CHECK(pass(mirror, NULL, 1, 0) == 1);
    CHECK(state(mirror).maps == 2 && state(mirror).unmaps == 1 && state(mirror).live == 0);
    ops->mirror_free(mirror);
}

static void test_stale(void)
{
    eli_viommu_mirror *mirror = make(ELI_VIOMMU_TEARDOWN_OPTIMISTIC);
    eli_viommu_mapping mapped = run(0, 4, 0x80000000);
    eli_viommu_change change;
    uint64_t deadline = 0;

    CHECK(pass(mirror, &mapped, 5, 0) == 1);
    CHECK(ops->mirror_deadline(mirror, &deadline) == 0);
    CHECK(pass(mirror, NULL, 10, 0) == 0);
    CHECK(ops->mirror_deadline(mirror, &deadline) == 1 && deadline == 1010);
    CHECK(state(mirror).stale == 1 && state(mirror).stale_bytes == 0x4000);
    CHECK(pass(mirror, &mapped, 500, 0) == 0 && state(mirror).revived == 1);
    CHECK(pass(mirror, NULL, 600, 0) == 0);
    CHECK(ops->mirror_expire(mirror, 1599) == 0 && next(mirror, 1599).kind == 99);
    CHECK(ops->mirror_expire(mirror, 1600) == 0);
    change = next(mirror, 1600);
    CHECK(change.kind == ELI_VIOMMU_UNMAP && change.first == 0 && change.last == 0x3fff);
    CHECK(state(mirror).expired == 1 && state(mirror).longest_stale == 1000);
    /* By a strict pass, and by a flush. */
    CHECK(pass(mirror, &mapped, 2000, 0) == 1 && pass(mirror, NULL, 2000, 0) == 0);
    CHECK(pass(mirror, NULL, 2000, 1) == 1);
    CHECK(pass(mirror, &mapped, 2000, 0) == 1 && pass(mirror, NULL, 2000, 0) == 0);
    CHECK(ops->mirror_flush(mirror) == 0 && next(mirror, 2000).kind == ELI_VIOMMU_UNMAP);
    CHECK(state(mirror).flushed == 2 && state(mirror).deferred == 4);
    CHECK(state(mirror).most_stale == 1);
    ops->mirror_free(mirror);
}

static void test_limit(void)
{
    eli_viommu_mirror *mirror = make(ELI_VIOMMU_TEARDOWN_STRICT);
    uint64_t first, last;

    CHECK(ops->mirror_begin(mirror, 0, 0xfffff, 0) == 0);
    for (uint64_t page = 0; page < 6; page++) {
        eli_viommu_mapping mapped = run(2 * page, 1, 0x80000000);

        CHECK(ops->mirror_run(mirror, &mapped) == 0);
        CHECK(next(mirror, 1).kind == (page < 4 ? ELI_VIOMMU_MAP : 99));
    }
    CHECK(ops->mirror_end(mirror) == 0 && next(mirror, 1).kind == 99);
    CHECK(ops->mirror_missing(mirror, &first, &last) == -ENOSPC);
    CHECK(state(mirror).live == 4 && state(mirror).refused == 2);
    CHECK(ops->mirror_limit(mirror, 0) == -EINVAL && ops->mirror_limit(mirror, 5) == 0);
    CHECK(state(mirror).max_mappings == 5);
    CHECK(ops->mirror_missing(mirror, &first, &last) == 1 && first == 0x8000 && last == 0xafff);
    CHECK(ops->mirror_clear(mirror, 1) == 0 && state(mirror).live == 0);
    CHECK(ops->mirror_missing(mirror, &first, &last) == 0);
    ops->mirror_free(mirror);
}

/* What a walk gives is what a mirror takes. */
static void test_walk(void)
{
    eli_viommu_mirror *mirror = make(ELI_VIOMMU_TEARDOWN_STRICT);
    eli_viommu_mapping page = { .size = sizeof(page) };
    eli_viommu *viommu = guest_make(ops);
    eli_viommu_walk *walk;
    uint32_t budget = 100000;

    for (uint64_t i = 0; i < 4; i++)
        *guest_word(LEVEL1 + (0x10 + i) * 8) = (0x12345000 + (i << 12)) | 3;
    guest_enable(ops, viommu);
    CHECK(!ops->walk_new_joined(viommu, DEVICE, 1, 0));
    walk = ops->walk_new_joined(viommu, DEVICE, 0, UINT64_MAX);
    CHECK(ops->walk_next(walk, &budget, &page) == 1);
    CHECK(page.first == 0x10000 && page.last == 0x13fff && page.output == 0x12345000);
    CHECK(ops->mirror_begin(mirror, 0, (1ull << 39) - 1, 1) == 0);
    CHECK(ops->mirror_run(mirror, &page) == 0);
    CHECK(next(mirror, 1).last == 0x13fff);
    CHECK(ops->walk_next(walk, &budget, &page) == 0);
    ops->walk_free(walk);
    ops->mirror_free(mirror);
    ops->destroy(viommu);
}

static void test_misuse(void)
{
    eli_viommu_mirror *mirror = make(ELI_VIOMMU_TEARDOWN_DEFERRED);
    eli_viommu_mapping mapped = run(4, 4, 0), small = { .size = 4 };
    eli_viommu_change change = { .size = 4 };
    eli_viommu_mirror_state now = { .size = 4 };
    uint64_t where;
    uint32_t budget = 1;

    CHECK(ops->mirror_begin(NULL, 0, 0xfff, 0) == -EINVAL);
    CHECK(ops->mirror_begin(mirror, 0x1000, 0xfff, 0) == -EINVAL);
    CHECK(ops->mirror_begin(mirror, 0, 0x1000, 0) == -EINVAL);
    CHECK(ops->mirror_begin(mirror, 0, UINT64_MAX, 0) == -EINVAL);
    CHECK(ops->mirror_begin(mirror, 0, 0xfff, 2) == -EINVAL);
    CHECK(ops->mirror_run(mirror, &mapped) == -EINVAL && ops->mirror_end(mirror) == -EINVAL);
    CHECK(ops->mirror_begin(mirror, 0x5000, 0x8fff, 0) == 0);
    CHECK(ops->mirror_run(mirror, &mapped) == -EINVAL);
    mapped = run(8, 2, 0);
    CHECK(ops->mirror_run(mirror, &mapped) == -EINVAL);
    mapped = run(8, 1, 0);
    mapped.access = 0;
    CHECK(ops->mirror_run(mirror, &mapped) == -EINVAL);
    mapped.access = 4;
    CHECK(ops->mirror_run(mirror, &mapped) == -EINVAL);
    CHECK(ops->mirror_run(mirror, &small) == -EINVAL && ops->mirror_run(mirror, NULL) == -EINVAL);
    CHECK(ops->mirror_next(mirror, 1, &budget, &change) == -EINVAL);
    CHECK(ops->mirror_next(mirror, 1, NULL, NULL) == -EINVAL);
    CHECK(ops->mirror_next(NULL, 1, &budget, &change) == -EINVAL);
    CHECK(ops->mirror_missing(mirror, &where, NULL) == -EINVAL);
    CHECK(ops->mirror_deadline(mirror, NULL) == -EINVAL);
    CHECK(ops->mirror_find(mirror, 0, &small) == -EINVAL);
    CHECK(ops->mirror_state(mirror, &now) == -EINVAL);
    CHECK(ops->mirror_expire(NULL, 1) == -EINVAL && ops->mirror_flush(NULL) == -EINVAL);
    CHECK(ops->mirror_clear(NULL, 1) == -EINVAL && ops->mirror_limit(NULL, 1) == -EINVAL);
    ops->mirror_free(NULL);
    ops->mirror_free(mirror);
}

int main(int argc, char **argv)
{
    const eli_plugin_ops *plugin = check_load(argc, argv)(ELI_ABI_MAJOR);

    if (!plugin || plugin->abi_minor < 2 || !plugin->viommu)
        return 2;
    ops = plugin->viommu;
    test_refusals();
    test_pieces();
    test_stale();
    test_limit();
    test_walk();
    test_misuse();
    return check_summary();
}
