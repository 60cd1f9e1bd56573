// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does in a guest's kernel what tests of exitless interrupts need, by the module's parameters:
 *
 *   idtr             reading it: base and limit of the IDTR as SIDT tells them
 *   reload_idtr      writing N: LIDT with the same values, N times
 *   irqs_off_ms      writing N: interrupts disabled for N milliseconds
 */
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/module.h>

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

MODULE_DESCRIPTION("ELI lab: what tests need done in a guest's kernel");
MODULE_LICENSE("GPL");
