/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * int80 COUNT - system calls by INT 80h, a vector behind the IDTR limit of direct mode. Prints
 * "right=N", how many had the right result.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define I386_NR_GETPID 20

int main(int argc, char **argv)
{
    long count = argc == 2 ? strtol(argv[1], NULL, 0) : 0, right = 0;

    for (long i = 0; i < count; i++) {
        int pid = I386_NR_GETPID;

        __asm__ volatile("int $0x80" : "+a"(pid) : : "r8", "r9", "r10", "r11", "memory");
        right += pid == getpid();
    }
    printf("right=%ld\n", right);
    return right != count;
}
