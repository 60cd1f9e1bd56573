/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kexec - has the guest's kernel start another one.
 *
 *   kexec load KERNEL INITRD ARGUMENTS     the one that `kexec exec` starts
 *   kexec panic KERNEL INITRD ARGUMENTS    the one that a panic starts
 *   kexec exec                             start it, without unmounting anything
 */
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    int panic = !strcmp(command, "panic");

    if (argc == 2 && !strcmp(command, "exec")) {
        reboot(LINUX_REBOOT_CMD_KEXEC);
    } else if (argc == 5 && (panic || !strcmp(command, "load"))) {
        int kernel = open(argv[2], O_RDONLY), initrd = open(argv[3], O_RDONLY);

        if (kernel >= 0 && initrd >= 0 &&
            !syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[4]) + 1, argv[4],
                     panic ? KEXEC_FILE_ON_CRASH : 0)) {
            return 0;
        }
    } else {
        fprintf(stderr, "usage: kexec load|panic KERNEL INITRD ARGUMENTS | exec\n");
        return 2;
    }
    perror("kexec");
    return 1;
}
