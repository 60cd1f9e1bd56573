// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Maps and unmaps memory for a device of the guest's through the DMA API, by the module's
 * parameters:
 *
 *   device           PCI address, as in "0000:00:03.0"; its driver goes on meanwhile
 *   map_unmap        writing "COUNT DEPTH": pages are mapped and unmapped COUNT times, DEPTH of them
 *                    at once: they are unmapped in the order in which they were mapped, as a ring
 *                    of buffers is
 *   report           reading: "operations=N ns=T map=MIN/MEDIAN/P99/MAX unmap=..." of that, in
 *                    ns by the TSC; an operation is a page mapped and unmapped
 *   hold             writing "PAGES BATCH": so many pages are mapped, BATCH by each call, and stay
 *                    so. The pages of a batch are neighbours, in memory and for the device, and lie
 *                    where no huge page can map them. Writing "0 0": they are unmapped
 */
#include <linux/dma-mapping.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/vmalloc.h>

#include <asm/tsc.h>

#define MOST_OPERATIONS	10000000
#define MOST_PAGES	10000000
#define DEPTH_LIMIT	4096

static DEFINE_MUTEX(dma_lock);

static char *device;
module_param(device, charp, 0600);

static struct pci_dev *dma_device(void)
{
	unsigned int domain, bus, slot, function;

	if (!device || sscanf(device, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		return NULL;
	return pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, function));
}

/*
 * Mapping and unmapping
 */

/* Cycles that calls took, in the end sorted. */
struct latencies {
	u32 *cycles;
	unsigned int count;
};

static struct latencies maps, unmaps;
static u64 elapsed;

static void note(struct latencies *l, cycles_t start)
{
	l->cycles[l->count++] = min_t(cycles_t, get_cycles() - start, U32_MAX);
}

static int compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return (x > y) - (x < y);
}

static int measure(struct device *dev, struct page **pages, dma_addr_t *addresses,
		   unsigned int count, unsigned int depth)
{
	unsigned int done, i, n, mapped;
	u64 start = ktime_get_ns();

	for (done = 0; done < count; done += n) {
		n = min(depth, count - done);
		for (mapped = 0; mapped < n; mapped++) {
			cycles_t begin = get_cycles();

			addresses[mapped] = dma_map_page(dev, pages[mapped], 0, PAGE_SIZE,
							 DMA_BIDIRECTIONAL);
			note(&maps, begin);
			if (dma_mapping_error(dev, addresses[mapped]))
				break;
		}
		for (i = 0; i < mapped; i++) {
			cycles_t begin = get_cycles();

			dma_unmap_page(dev, addresses[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
			note(&unmaps, begin);
		}
		if (mapped < n)
			return -EIO;
		cond_resched();
	}
	elapsed = ktime_get_ns() - start;
	sort(maps.cycles, maps.count, sizeof(u32), compare, NULL);
	sort(unmaps.cycles, unmaps.count, sizeof(u32), compare, NULL);
	return 0;
}

static int map_unmap(struct device *dev, unsigned int count, unsigned int depth)
{
	struct page **pages = kvcalloc(depth, sizeof(*pages), GFP_KERNEL);
	dma_addr_t *addresses = kvcalloc(depth, sizeof(*addresses), GFP_KERNEL);
	unsigned int i;
	int r = -ENOMEM;

	vfree(maps.cycles);
	vfree(unmaps.cycles);
	maps = (struct latencies){ .cycles = vmalloc(array_size(count, sizeof(u32))) };
	unmaps = (struct latencies){ .cycles = vmalloc(array_size(count, sizeof(u32))) };
	if (!pages || !addresses || !maps.cycles || !unmaps.cycles)
		goto out;
	for (i = 0; i < depth; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		if (!pages[i])
			goto out;
	}
	r = measure(dev, pages, addresses, count, depth);
out:
	for (i = 0; pages && i < depth && pages[i]; i++)
		__free_page(pages[i]);
	kvfree(pages);
	kvfree(addresses);
	if (r)
		maps.count = unmaps.count = 0;
	return r;
}

static u64 nanoseconds(const struct latencies *l, unsigned int percent)
{
	unsigned int i = (u64)(l->count - 1) * percent / 100;

	return div_u64((u64)l->cycles[i] * 1000000, tsc_khz);
}

static int print_latencies(char *buffer, int at, const char *name, const struct latencies *l)
{
	return sysfs_emit_at(buffer, at, " %s=%llu/%llu/%llu/%llu", name, nanoseconds(l, 0),
			     nanoseconds(l, 50), nanoseconds(l, 99), nanoseconds(l, 100));
}

static int report_get(char *buffer, const struct kernel_param *param)
{
	int n = 0;

	mutex_lock(&dma_lock);
	n += sysfs_emit_at(buffer, n, "operations=%u ns=%llu", unmaps.count, elapsed);
	if (maps.count && unmaps.count) {
		n += print_latencies(buffer, n, "map", &maps);
		n += print_latencies(buffer, n, "unmap", &unmaps);
	}
	n += sysfs_emit_at(buffer, n, "\n");
	mutex_unlock(&dma_lock);
	return n;
}

static const struct kernel_param_ops report_ops = { .get = report_get };
module_param_cb(report, &report_ops, NULL, 0400);

/* Two numbers of a parameter, and the device. */
static int with_device(const char *value, unsigned int most, unsigned int most_second,
		       int (*body)(struct device *, unsigned int, unsigned int))
{
	unsigned int first, second;
	struct pci_dev *pci;
	int r;

	if (sscanf(value, "%u %u", &first, &second) != 2 || first > most || second > most_second)
		return -EINVAL;
	pci = dma_device();
	if (!pci)
		return -ENODEV;
	mutex_lock(&dma_lock);
	r = body(&pci->dev, first, second);
	mutex_unlock(&dma_lock);
	pci_dev_put(pci);
	return r;
}

static int checked_map_unmap(struct device *dev, unsigned int count, unsigned int depth)
{
	return count && depth ? map_unmap(dev, count, depth) : -EINVAL;
}

static int map_unmap_set(const char *value, const struct kernel_param *param)
{
	return with_device(value, MOST_OPERATIONS, DEPTH_LIMIT, checked_map_unmap);
}

static const struct kernel_param_ops map_unmap_ops = { .set = map_unmap_set };
module_param_cb(map_unmap, &map_unmap_ops, NULL, 0200);

/*
 * Pages that stay mapped
 */

/* All but the first page of the largest block that the kernel has. */
#define BLOCK_PAGES	(MAX_ORDER_NR_PAGES - 1)

struct held_block {
	struct list_head next;
	struct page *pages;
	struct sg_table *batches;
	unsigned int count;		/* of those that are mapped */
};

static LIST_HEAD(held);
static struct pci_dev *held_device;

static void release_block(struct held_block *block)
{
	unsigned int i;

	for (i = 0; i < block->count; i++) {
		dma_unmap_sgtable(&held_device->dev, &block->batches[i], DMA_BIDIRECTIONAL, 0);
		sg_free_table(&block->batches[i]);
	}
	kvfree(block->batches);
	if (block->pages)
		__free_pages(block->pages, MAX_PAGE_ORDER);
	list_del(&block->next);
	kfree(block);
}

static void release_all(void)
{
	while (!list_empty(&held)) {
		release_block(list_first_entry(&held, struct held_block, next));
		cond_resched();
	}
	pci_dev_put(held_device);
	held_device = NULL;
}

static int hold_batch(struct held_block *block, struct page *first, unsigned int pages)
{
	struct sg_table *table = &block->batches[block->count];
	struct scatterlist *sg;
	unsigned int i;
	int r = sg_alloc_table(table, pages, GFP_KERNEL);

	if (r)
		return r;
	for_each_sgtable_sg(table, sg, i)
		sg_set_page(sg, first + i, PAGE_SIZE, 0);
	r = dma_map_sgtable(&held_device->dev, table, DMA_BIDIRECTIONAL, 0);
	if (r) {
		sg_free_table(table);
		return r;
	}
	block->count++;
	return 0;
}

static int hold_block(unsigned int pages, unsigned int batch)
{
	struct held_block *block = kzalloc(sizeof(*block), GFP_KERNEL);
	unsigned int done, n;
	int r = 0;

	if (!block)
		return -ENOMEM;
	list_add(&block->next, &held);
	block->pages = alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER);
	block->batches = kvcalloc(DIV_ROUND_UP(pages, batch), sizeof(*block->batches), GFP_KERNEL);
	if (!block->pages || !block->batches)
		return -ENOMEM;
	for (done = 0; done < pages && !r; done += n) {
		n = min(batch, pages - done);
		r = hold_batch(block, block->pages + 1 + done, n);
	}
	return r;
}

static int hold(struct device *dev, unsigned int pages, unsigned int batch)
{
	unsigned int n;
	int r = 0;

	release_all();
	if (pages && !batch)
		return -EINVAL;
	held_device = to_pci_dev(get_device(dev));
	for (; pages && !r; pages -= n) {
		n = min_t(unsigned int, pages, BLOCK_PAGES);
		r = hold_block(n, batch);
		cond_resched();
	}
	if (r)
		release_all();
	return r;
}

static int hold_set(const char *value, const struct kernel_param *param)
{
	return with_device(value, MOST_PAGES, BLOCK_PAGES, hold);
}

static const struct kernel_param_ops hold_ops = { .set = hold_set };
module_param_cb(hold, &hold_ops, NULL, 0200);

static int __init dma_init(void)
{
	return tsc_khz ? 0 : -ENODEV;
}
module_init(dma_init);

static void __exit dma_exit(void)
{
	release_all();
	vfree(maps.cycles);
	vfree(unmaps.cycles);
}
module_exit(dma_exit);

MODULE_DESCRIPTION("ELI lab: maps and unmaps memory for a device");
MODULE_LICENSE("GPL");
