/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A driver of an nvme in user space, by VFIO: vfio-nvme GROUP DEVICE MEGABYTES [SCATTERED]
 *
 * It maps memory for the device, has it identify itself into that memory, and then into an address
 * that isn't mapped, and into one that was until then; and unmaps. Before each step but the first it
 * waits for a line. If it is told to, it first maps as many pages that no two of are neighbours.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Addresses as the device uses them. */
#define IOVA 0x10000000ull
#define STRAY 0x70000000ull
#define LATE 0x60000000ull
#define LATE_SIZE 0x10000
#define SCATTERED 0x80000000ull

/* In the mapped memory: queues with an entry for each command, and what the device writes. */
#define SUBMISSIONS 0x0000
#define COMPLETIONS 0x1000
#define DATA 0x2000
#define ENTRIES 8

enum { CC = 0x14, CSTS = 0x1c, AQA = 0x24, ASQ = 0x28, ACQ = 0x30, DOORBELL = 0x1000 };

static volatile uint8_t *registers;
static volatile uint8_t *memory;
static int container, commands;

static void set32(uint32_t offset, uint32_t value)
{
    *(volatile uint32_t *)(registers + offset) = value;
}

static void set64(uint32_t offset, uint64_t value)
{
    set32(offset, (uint32_t)value);
    set32(offset + 4, (uint32_t)(value >> 32));
}

static uint32_t get32(uint32_t offset)
{
    return *(volatile uint32_t *)(registers + offset);
}

/* Whether the condition comes true within some seconds. */
#define COMES(condition)                                     \
    ({                                                       \
        time_t end = time(NULL) + 20;                        \
        while (!(condition) && time(NULL) < end)             \
            usleep(1000);                                    \
        (condition);                                         \
    })

static void await_line(const char *step)
{
    char line[64];

    printf("%s\n", step);
    fflush(stdout);
    if (!fgets(line, sizeof(line), stdin))
        exit(0);
}

static int open_device(const char *group_path, const char *name)
{
    struct vfio_region_info region = { .argsz = sizeof(region), .index = VFIO_PCI_BAR0_REGION_INDEX };
    struct vfio_region_info config = { .argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX };
    int group = open(group_path, O_RDWR), device;
    uint16_t command;

    container = open("/dev/vfio/vfio", O_RDWR);
    if (container < 0 || group < 0)
        err(1, "%s", group_path);
    if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
        ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
        err(1, "container");
    device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
    if (device < 0 || ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region) ||
        ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config))
        err(1, "%s", name);
    /* Memory space and bus master. */
    if (pread(device, &command, 2, config.offset + 4) != 2)
        err(1, "command");
    command |= 6;
    if (pwrite(device, &command, 2, config.offset + 4) != 2)
        err(1, "command");
    registers = mmap(NULL, 0x2000, PROT_READ | PROT_WRITE, MAP_SHARED, device, region.offset);
    if (registers == MAP_FAILED)
        err(1, "registers");
    return device;
}

/* Memory for the device at an address of its own. */
static volatile uint8_t *map(uint64_t iova, size_t size)
{
    struct vfio_iommu_type1_dma_map dma = {
        .argsz = sizeof(dma), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        .iova = iova, .size = size,
    };
    void *result = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (result == MAP_FAILED)
        err(1, "memory");
    dma.vaddr = (uintptr_t)result;
    if (ioctl(container, VFIO_IOMMU_MAP_DMA, &dma))
        err(1, "map");
    return result;
}

static void unmap(uint64_t iova, size_t size)
{
    struct vfio_iommu_type1_dma_unmap dma = { .argsz = sizeof(dma), .iova = iova, .size = size };

    if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &dma) || dma.size != size)
        err(1, "unmap");
}

static void enable(void)
{
    set32(CC, 0);
    if (!COMES(!(get32(CSTS) & 1)))
        errx(1, "the controller doesn't stop");
    set32(AQA, (ENTRIES - 1) << 16 | (ENTRIES - 1));
    set64(ASQ, IOVA + SUBMISSIONS);
    set64(ACQ, IOVA + COMPLETIONS);
    set32(CC, 4 << 20 | 6 << 16 | 1);
    if (!COMES(get32(CSTS) & 1))
        errx(1, "the controller doesn't start");
}

/* Has the controller identify itself into an address. Returns the status, -1 without an answer. */
static int identify(uint64_t address)
{
    volatile uint32_t *submission = (volatile uint32_t *)(memory + SUBMISSIONS + 64 * commands);
    volatile uint32_t *completion = (volatile uint32_t *)(memory + COMPLETIONS + 16 * commands);

    submission[0] = 6 | (uint32_t)commands << 16;
    submission[6] = (uint32_t)address;
    submission[7] = (uint32_t)(address >> 32);
    submission[10] = 1;
    commands++;
    __sync_synchronize();
    set32(DOORBELL, (uint32_t)commands);
    /* Its phase bit. */
    if (!COMES(completion[3] >> 16 & 1))
        return -1;
    return (int)(completion[3] >> 17);
}

int main(int argc, char **argv)
{
    size_t size = argc >= 4 ? strtoul(argv[3], NULL, 0) << 20 : 0;
    unsigned long scattered = argc >= 5 ? strtoul(argv[4], NULL, 0) : 0;
    volatile uint8_t *late;
    int device, status;

    if (!size)
        errx(2, "usage: vfio-nvme GROUP DEVICE MEGABYTES [SCATTERED]");
    device = open_device(argv[1], argv[2]);
    await_line("open");
    memory = map(IOVA, size);
    for (unsigned long i = 0; i < scattered; i++)
        map(SCATTERED + 0x2000 * i, 0x1000);
    await_line("mapped");
    enable();
    status = identify(IOVA + DATA);
    printf("status=%d serial=%.4s\n", status, (const char *)memory + DATA + 4);
    printf("stray=%d\n", identify(STRAY));
    if (!scattered) {
        late = map(LATE, LATE_SIZE);
        status = identify(LATE);
        printf("early=%d serial=%.4s\n", status, (const char *)late + 4);
        unmap(LATE, LATE_SIZE);
        await_line("released");
        printf("late=%d\n", identify(LATE));
    }
    set32(CC, 0);
    COMES(!(get32(CSTS) & 1));
    await_line("identified");
    unmap(IOVA, size);
    await_line("unmapped");
    close(device);
    return 0;
}
