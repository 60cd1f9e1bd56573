// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's driver for the pulse device: an ivshmem-doorbell PCI function, whose MSI-X vectors
 * the host's pulse lines drive. Its handler counts in the shared memory, so that the host sees
 * an interrupt handled without a VM exit.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "eli_pulse.h"

#define PULSE_BAR 2

struct pulse_guest {
	struct pulse_shared *shared;
	int vectors;
	struct pulse_vector {
		char name[16];
		volatile __u64 *handled;
	} vector[PULSE_PORT_LINES];
};

static irqreturn_t pulse_handler(int irq, void *arg)
{
	struct pulse_vector *vector = arg;

	++*vector->handled;
	return IRQ_HANDLED;
}

static int pulse_request(struct pci_dev *pci, struct pulse_guest *guest, int i)
{
	struct pulse_vector *vector = &guest->vector[i];

	snprintf(vector->name, sizeof(vector->name), "pulse%d", i);
	vector->handled = &guest->shared->line[i].handled;
	return devm_request_irq(&pci->dev, pci_irq_vector(pci, i), pulse_handler, 0,
				vector->name, vector);
}

static int pulse_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct pulse_guest *guest;
	int r;

	guest = devm_kzalloc(&pci->dev, sizeof(*guest), GFP_KERNEL);
	if (!guest)
		return -ENOMEM;
	r = pcim_enable_device(pci);
	if (r)
		return r;
	pci_set_master(pci);
	/* The BAR is the host's ordinary memory. */
	guest->shared = devm_memremap(&pci->dev, pci_resource_start(pci, PULSE_BAR),
				      pci_resource_len(pci, PULSE_BAR), MEMREMAP_WB);
	if (IS_ERR(guest->shared))
		return PTR_ERR(guest->shared);
	guest->vectors = pci_alloc_irq_vectors(pci, 1, PULSE_PORT_LINES, PCI_IRQ_MSIX);
	if (guest->vectors < 0)
		return guest->vectors;
	for (int i = 0; i < guest->vectors; i++) {
		r = pulse_request(pci, guest, i);
		if (r)
			return r;
	}
	return 0;
}

static const struct pci_device_id pulse_ids[] = {
	{ PCI_DEVICE(0x1af4, 0x1110) },
	{ }
};
MODULE_DEVICE_TABLE(pci, pulse_ids);

static struct pci_driver pulse_driver = {
	.name = "eli-pulse",
	.id_table = pulse_ids,
	.probe = pulse_probe,
};
module_pci_driver(pulse_driver);

MODULE_DESCRIPTION("ELI lab: guest side of the pulse device");
MODULE_LICENSE("GPL");
