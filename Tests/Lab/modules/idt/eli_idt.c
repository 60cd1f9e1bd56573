// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes to a guest's IDT while interrupts arrive, by the module's parameters:
 *
 *   irq              writing N: the guest's irq that the others are about; reading: its vector
 *   near_writes      writing N: N single stores, each of which gives the irq another handler
 *   far_writes       writing N: N new gates that differ in both halves, each written with
 *                    interrupts disabled on the irq's CPU
 *   upper_writes     writing N: N single stores to the upper half of the irq's gate, that change
 *                    bits of no meaning
 *   report           reading: "handled=H first=A second=B own=C" of the last writes: the irq's
 *                    handler ran H times, reached through two gates of this module and its own
 *   absent_gate      writing it: INT n through a gate that is not present; reading: 1 if that
 *                    was #NP
 *
 * The module's gates lead to code that counts and goes on to the irq's own handler. It lies far
 * from the kernel's, so that the upper halves of the gates differ. All writes go through a
 * mapping of the module's own: Linux has its IDT write-protected.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include <asm/asm.h>
#include <asm/desc_defs.h>
#include <asm/hw_irq.h>
#include <asm/pgtable.h>

/* Half a gate, which is written in one piece. */
struct idt_gate {
	u64 low;
	u64 high;
};

#define IDT_PRESENT	BIT_ULL(47)
#define IDT_OFFSET_LOW	0xffff00000000ffffULL
#define IDT_RESERVED	BIT_ULL(32)	/* in the upper half */
#define IDT_UNUSED	0x81	/* no vector that Linux gives to anyone in a test */
#define IDT_KNOWN	0x60	/* this one and the next are neither, nor are they displaced */

static struct idt_gate *idt;	/* writable */
static struct page *code_page;
static u8 *code;		/* executable */

static struct irq_desc *desc;	/* of the irq */
static unsigned int vector, owner;
static struct idt_gate own, mine[2];
static u64 counts[2];
static unsigned int handled_before, handled_after;
static u64 counts_before[2], counts_after[2];
static int absent_faulted = -1;

#define STUB_SIZE	64

/* Counts at @counter and goes on at @target. */
static void write_stub(u8 *at, u64 *counter, u64 target)
{
	static const u8 text[] = {
		0x50,						/* push %rax */
		0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,		/* movabs counter,%rax */
		0xf0, 0x48, 0xff, 0x00,				/* lock incq (%rax) */
		0x58,						/* pop %rax */
		0xff, 0x25, 0, 0, 0, 0,				/* jmp *0(%rip) */
		0, 0, 0, 0, 0, 0, 0, 0,				/* target */
	};

	memcpy(at, text, sizeof(text));
	memcpy(at + 3, &counter, sizeof(counter));
	memcpy(at + 22, &target, sizeof(target));
}

static u64 gate_offset_of(const struct idt_gate *gate)
{
	return (gate->low & 0xffff) | (gate->low >> 48) << 16 | gate->high << 32;
}

static struct idt_gate gate_to(const struct idt_gate *like, u64 offset)
{
	return (struct idt_gate) {
		.low = (like->low & ~IDT_OFFSET_LOW) | (offset & 0xffff) |
		       (offset >> 16 & 0xffff) << 48,
		.high = offset >> 32,
	};
}

static void sample(unsigned int *handled, u64 *counted)
{
	*handled = per_cpu_ptr(desc->kstat_irqs, owner)->cnt;
	counted[0] = READ_ONCE(counts[0]);
	counted[1] = READ_ONCE(counts[1]);
}

/* On the irq's CPU, interrupts are disabled: none is delivered through half a gate. */
static void far_write(void *gate)
{
	const struct idt_gate *new = gate;

	WRITE_ONCE(idt[vector].low, new->low);
	WRITE_ONCE(idt[vector].high, new->high);
}

static void begin(void *gate)
{
	sample(&handled_before, counts_before);
	far_write(gate);
}

static void end(void *unused)
{
	far_write(&own);
	sample(&handled_after, counts_after);
}

/* What Linux has written for a vector of a device: reading its gate might give another's. */
static struct idt_gate gate_of_linux(unsigned int v)
{
	u64 known = gate_offset_of(&idt[IDT_KNOWN]);
	u64 size = gate_offset_of(&idt[IDT_KNOWN + 1]) - known;

	return gate_to(&idt[IDT_KNOWN], known + ((u64)v - IDT_KNOWN) * size);
}

static int prepare(void)
{
	int i;

	if (!vector)
		return -EINVAL;
	own = gate_of_linux(vector);
	for (i = 0; i < 2; i++) {
		write_stub(page_address(code_page) + i * STUB_SIZE, &counts[i],
			   gate_offset_of(&own));
		mine[i] = gate_to(&own, (u64)code + i * STUB_SIZE);
	}

	return 0;
}

static int near_writes(const char *value, const struct kernel_param *param)
{
	unsigned int n, i;
	int r = kstrtouint(value, 0, &n) ?: prepare();

	if (r)
		return r;
	smp_call_function_single(owner, begin, &mine[0], 1);
	for (i = 0; i < n; i++) {
		WRITE_ONCE(idt[vector].low, mine[~i & 1].low);
		cond_resched();
	}
	smp_call_function_single(owner, end, NULL, 1);

	return 0;
}

static int far_writes(const char *value, const struct kernel_param *param)
{
	unsigned int n, i;
	int r = kstrtouint(value, 0, &n) ?: prepare();

	if (r)
		return r;
	smp_call_function_single(owner, begin, &own, 1);
	for (i = 0; i < n; i++) {
		smp_call_function_single(owner, far_write, i & 1 ? &own : &mine[i / 2 & 1], 1);
		/* On a single CPU, who has the device work needs it, too. */
		usleep_range(50, 100);
	}
	smp_call_function_single(owner, end, NULL, 1);

	return 0;
}

static int upper_writes(const char *value, const struct kernel_param *param)
{
	unsigned int n, i;
	int r = kstrtouint(value, 0, &n) ?: prepare();

	for (i = 0; !r && i < n; i++) {
		WRITE_ONCE(idt[vector].high, own.high ^ IDT_RESERVED);
		WRITE_ONCE(idt[vector].high, own.high);
		cond_resched();
	}

	return r;
}

static int report(char *buffer, const struct kernel_param *param)
{
	unsigned int handled = handled_after - handled_before;
	u64 first = counts_after[0] - counts_before[0], second = counts_after[1] - counts_before[1];

	return sysfs_emit(buffer, "handled=%u first=%llu second=%llu own=%lld\n", handled, first,
			  second, (s64)(handled - first - second));
}

static int set_irq(const char *value, const struct kernel_param *param)
{
	const struct cpumask *mask;
	struct irq_data *data;
	unsigned int irq;
	int r = kstrtouint(value, 0, &irq);

	data = r ? NULL : irq_get_irq_data(irq);
	if (!data || !irqd_cfg(data))
		return -EINVAL;
	desc = irq_data_to_desc(data);
	mask = irq_data_get_effective_affinity_mask(data);
	owner = cpumask_first(mask);
	vector = irqd_cfg(data)->vector;

	return 0;
}

static int get_vector(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%u\n", vector);
}

static int set_absent(const char *value, const struct kernel_param *param)
{
	struct idt_gate before = idt[IDT_UNUSED];
	int faulted = 1;

	WRITE_ONCE(idt[IDT_UNUSED].low, before.low & ~IDT_PRESENT);
	asm volatile("1: int %1\n"
		     "xorl %0, %0\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : "+r" (faulted) : "i" (IDT_UNUSED));
	WRITE_ONCE(idt[IDT_UNUSED].low, before.low);
	absent_faulted = faulted;

	return 0;
}

static int get_absent(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%d\n", absent_faulted);
}

static const struct kernel_param_ops irq_ops = { .set = set_irq, .get = get_vector };
static const struct kernel_param_ops near_ops = { .set = near_writes };
static const struct kernel_param_ops far_ops = { .set = far_writes };
static const struct kernel_param_ops upper_ops = { .set = upper_writes };
static const struct kernel_param_ops report_ops = { .get = report };
static const struct kernel_param_ops absent_ops = { .set = set_absent, .get = get_absent };

module_param_cb(irq, &irq_ops, NULL, 0600);
module_param_cb(near_writes, &near_ops, NULL, 0200);
module_param_cb(far_writes, &far_ops, NULL, 0200);
module_param_cb(upper_writes, &upper_ops, NULL, 0200);
module_param_cb(report, &report_ops, NULL, 0400);
module_param_cb(absent_gate, &absent_ops, NULL, 0600);

static int __init idt_init(void)
{
	struct page *page;
	struct desc_ptr idtr;
	unsigned int level;
	pte_t *pte;

	asm volatile("sidt %0" : "=m" (idtr));
	pte = lookup_address(idtr.address, &level);
	if (!pte || level != PG_LEVEL_4K)
		return -ENXIO;
	page = pfn_to_page(pte_pfn(*pte));
	idt = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	code_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	code = code_page ? vmap(&code_page, 1, VM_MAP, PAGE_KERNEL) : NULL;
	pte = code ? lookup_address((unsigned long)code, &level) : NULL;
	if (!idt || !pte)
		goto fail;
	/* Not yet in any TLB. */
	set_pte(pte, pte_clear_flags(*pte, _PAGE_NX));

	return 0;
fail:
	vunmap(code);
	vunmap(idt);
	if (code_page)
		__free_page(code_page);
	return -ENOMEM;
}

/* It is never unloaded: a CPU may still be on its way through the code. */
module_init(idt_init);

MODULE_DESCRIPTION("ELI lab: writes to the IDT while interrupts arrive");
MODULE_LICENSE("GPL");
