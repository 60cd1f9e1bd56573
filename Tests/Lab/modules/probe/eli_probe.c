// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does in a guest's kernel what tests of exitless interrupts need, by the module's parameters:
 *
 *   idtr             reading it: base and limit of the IDTR as SIDT tells them
 *   reload_idtr      writing N: LIDT with the same values, N times
 *   irqs_off_ms      writing N: interrupts disabled for N milliseconds
 *   own_idts         writing 1: each CPU gets an IDT of its own, a copy of Linux's; writing 0:
 *                    Linux's again
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/mutex.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <asm/desc_defs.h>

static struct desc_ptr probe_sidt(void)
{
	struct desc_ptr idtr;

	asm volatile("sidt %0" : "=m" (idtr));
	return idtr;
}

static int probe_get_idtr(char *buffer, const struct kernel_param *param)
{
	struct desc_ptr idtr = probe_sidt();

	return sysfs_emit(buffer, "base=%lu limit=%u\n", idtr.address, idtr.size);
}

static const struct kernel_param_ops idtr_ops = { .get = probe_get_idtr };
module_param_cb(idtr, &idtr_ops, NULL, 0400);

static int probe_reload_idtr(const char *value, const struct kernel_param *param)
{
	unsigned int count;
	int r = kstrtouint(value, 0, &count);

	while (!r && count--) {
		struct desc_ptr idtr = probe_sidt();

		asm volatile("lidt %0" : : "m" (idtr));
		cond_resched();
	}
	return r;
}

static const struct kernel_param_ops reload_idtr_ops = { .set = probe_reload_idtr };
module_param_cb(reload_idtr, &reload_idtr_ops, NULL, 0200);

static int probe_irqs_off(const char *value, const struct kernel_param *param)
{
	unsigned int milliseconds;
	unsigned long flags;
	int r = kstrtouint(value, 0, &milliseconds);

	if (!r) {
		local_irq_save(flags);
		mdelay(milliseconds);
		local_irq_restore(flags);
	}
	return r;
}

static const struct kernel_param_ops irqs_off_ops = { .set = probe_irqs_off };
module_param_cb(irqs_off_ms, &irqs_off_ops, NULL, 0200);

static DEFINE_MUTEX(own_idts_lock);
static DEFINE_PER_CPU(void *, own_idt);
static struct desc_ptr linux_idtr;

static void probe_load_idt(void *info)
{
	struct desc_ptr idtr = linux_idtr;
	bool *own = info;

	if (*own)
		idtr.address = (unsigned long)this_cpu_read(own_idt);
	asm volatile("lidt %0" : : "m" (idtr));
}

static int probe_use_own_idts(bool own)
{
	int cpu;

	for_each_online_cpu(cpu) {
		void *idt = per_cpu(own_idt, cpu);

		if (!own)
			break;
		if (!idt)
			idt = (void *)__get_free_page(GFP_KERNEL);
		if (!idt)
			return -ENOMEM;
		memcpy(idt, (void *)linux_idtr.address, linux_idtr.size + 1);
		per_cpu(own_idt, cpu) = idt;
	}
	on_each_cpu(probe_load_idt, &own, 1);
	return 0;
}

static int probe_own_idts(const char *value, const struct kernel_param *param)
{
	bool own;
	int r = kstrtobool(value, &own);

	if (r)
		return r;
	mutex_lock(&own_idts_lock);
	r = probe_use_own_idts(own);
	mutex_unlock(&own_idts_lock);
	return r;
}

static const struct kernel_param_ops own_idts_ops = { .set = probe_own_idts };
module_param_cb(own_idts, &own_idts_ops, NULL, 0200);

static int __init probe_init(void)
{
	linux_idtr = probe_sidt();
	return linux_idtr.size < PAGE_SIZE ? 0 : -EINVAL;
}
module_init(probe_init);

static void __exit probe_exit(void)
{
	int cpu;

	probe_use_own_idts(false);
	for_each_possible_cpu(cpu)
		free_page((unsigned long)per_cpu(own_idt, cpu));
}
module_exit(probe_exit);

MODULE_DESCRIPTION("ELI lab: what tests need done in a guest's kernel");
MODULE_LICENSE("GPL");
