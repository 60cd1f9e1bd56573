// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pulse device: stands in for an assigned PCI device on a host that has no IOMMU.
 *
 * Each line is an irq directly below the x86 vector domain, as an MSI's would be. Raising it
 * sends its vector to its CPU as a fixed, edge-triggered IPI, which is what an MSI is to the CPU
 * that receives it. Handler, eventfd and irqbypass producer are those of VFIO's MSI path.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/eventfd.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqbypass.h>
#include <linux/irqdomain.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include <asm/apic.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "eli_pulse.h"

struct pulse_line {
	char name[16];
	int irq;
	struct eventfd_ctx *trigger;
	struct irq_bypass_producer producer;
	struct file *owner;	/* whose close() takes the eventfd away */
	unsigned int handled;
};

static struct pulse_line lines[PULSE_LINES];
static DEFINE_MUTEX(lines_lock);

static irqreturn_t pulse_handler(int irq, void *arg)
{
	struct pulse_line *line = arg;
	struct eventfd_ctx *trigger = READ_ONCE(line->trigger);

	WRITE_ONCE(line->handled, line->handled + 1);
	if (trigger)
		eventfd_signal(trigger);
	return IRQ_HANDLED;
}

static void pulse_drop_eventfd(struct pulse_line *line)
{
	struct eventfd_ctx *trigger = line->trigger;

	if (!trigger)
		return;
	irq_bypass_unregister_producer(&line->producer);
	WRITE_ONCE(line->trigger, NULL);
	synchronize_irq(line->irq);
	eventfd_ctx_put(trigger);
	line->owner = NULL;
}

static int pulse_set_eventfd(struct file *file, struct pulse_line *line, int fd)
{
	struct eventfd_ctx *trigger;
	int r;

	pulse_drop_eventfd(line);
	if (fd < 0)
		return 0;
	trigger = eventfd_ctx_fdget(fd);
	if (IS_ERR(trigger))
		return PTR_ERR(trigger);
	line->producer.token = trigger;
	line->producer.irq = line->irq;
	r = irq_bypass_register_producer(&line->producer);
	if (r) {
		eventfd_ctx_put(trigger);
		return r;
	}
	line->owner = file;
	WRITE_ONCE(line->trigger, trigger);
	return 0;
}

/* The core's lock on vectors is held meanwhile, so this goes where the irq is even if it moves. */
static int pulse_raise(struct pulse_line *line)
{
	struct irq_data *data = irq_get_irq_data(line->irq);

	return data->chip->irq_retrigger(data) ? 0 : -ENODEV;
}

static long pulse_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct pulse_eventfd set;
	long r;

	switch (cmd) {
	case PULSE_SET_EVENTFD:
		if (copy_from_user(&set, (void __user *)arg, sizeof(set)))
			return -EFAULT;
		if (set.line >= PULSE_LINES)
			return -EINVAL;
		mutex_lock(&lines_lock);
		r = pulse_set_eventfd(file, &lines[set.line], set.fd);
		mutex_unlock(&lines_lock);
		return r;
	case PULSE_RAISE:
		return arg < PULSE_LINES ? pulse_raise(&lines[arg]) : -EINVAL;
	case PULSE_HANDLED:
		return arg < PULSE_LINES ? READ_ONCE(lines[arg].handled) & PULSE_HANDLED_MASK : -EINVAL;
	}
	return -ENOTTY;
}

static int pulse_release(struct inode *inode, struct file *file)
{
	mutex_lock(&lines_lock);
	for (int i = 0; i < PULSE_LINES; i++)
		if (lines[i].owner == file)
			pulse_drop_eventfd(&lines[i]);
	mutex_unlock(&lines_lock);
	return 0;
}

static const struct file_operations pulse_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = pulse_ioctl,
	.release = pulse_release,
};

static struct miscdevice pulse_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "eli-pulse",
	.fops = &pulse_fops,
	.mode = 0600,
};

static void pulse_free_lines(void)
{
	for (int i = 0; i < PULSE_LINES; i++) {
		if (lines[i].irq <= 0)
			continue;
		free_irq(lines[i].irq, &lines[i]);
		irq_dispose_mapping(lines[i].irq);
	}
}

static int pulse_add_line(struct pulse_line *line, int number)
{
	struct irq_alloc_info info = { };
	int irq, r;

	irq = irq_domain_alloc_irqs(x86_vector_domain, 1, NUMA_NO_NODE, &info);
	if (irq < 0)
		return irq;
	irq_set_handler(irq, handle_edge_irq);
	snprintf(line->name, sizeof(line->name), "eli-pulse%d", number);
	r = request_irq(irq, pulse_handler, 0, line->name, line);
	if (r) {
		irq_dispose_mapping(irq);
		return r;
	}
	line->irq = irq;
	return 0;
}

static int __init pulse_init(void)
{
	int r = 0;

	if (!x2apic_enabled()) {
		pr_err("the host's local APICs are not in x2APIC mode\n");
		return -ENODEV;
	}
	for (int i = 0; i < PULSE_LINES && !r; i++)
		r = pulse_add_line(&lines[i], i);
	if (!r)
		r = misc_register(&pulse_misc);
	if (r)
		pulse_free_lines();
	return r;
}
module_init(pulse_init);

static void __exit pulse_exit(void)
{
	misc_deregister(&pulse_misc);
	pulse_free_lines();
}
module_exit(pulse_exit);

MODULE_DESCRIPTION("ELI lab: a device that only raises interrupts");
MODULE_LICENSE("GPL");
