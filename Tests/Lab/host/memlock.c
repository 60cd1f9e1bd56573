/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memlock MEGABYTES COMMAND... - runs a command that may lock no more memory than that, even as root.
 */
#include <err.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct rlimit limit;

    if (argc < 3) {
        errx(2, "usage: memlock MEGABYTES COMMAND...");
    }
    limit.rlim_cur = limit.rlim_max = strtoul(argv[1], NULL, 10) << 20;
    if (setrlimit(RLIMIT_MEMLOCK, &limit) < 0 || prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK) < 0) {
        err(1, "memlock");
    }
    execvp(argv[2], argv + 2);
    err(127, "%s", argv[2]);
}
