/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the version of the library that it is linked with. */
#include <eli.h>
#include <eli_interrupts.h>
#include <eli_reasons.h>
#include <eli_viommu.h>
#include <kvm_eli.h>
#include <stdio.h>

int main(void)
{
    const eli_plugin_ops *ops = eli_plugin_get(ELI_ABI_MAJOR);

    if (!ops)
        return 1;
    printf("libELI %s\n", ops->version);
    return 0;
}
