/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pulse - the pulse device's face to QEMU, and its trigger.
 *
 *   pulse serve SOCKET          be the server of -device ivshmem-doorbell (docs/specs/ivshmem-spec
 *                               of QEMU); returns once SOCKET listens, a child goes on
 *   pulse raise COUNT LINE...   raise each line COUNT times, as fast as the guest handles them:
 *                               a line only after the guest has handled it, so that none can
 *                               coalesce; COUNT 0 means until SIGTERM
 *
 * `raise` prints "raised=N handled=N lost=N", sums over the lines, and fails if an interrupt was
 * lost or handled twice.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "eli_pulse.h"

#define SHARED_NAME "/dev/shm/eli-pulse"
#define SHARED_SIZE (1 << 20) /* QEMU wants a power of two of at least a page */
#define PEER_ID 0
#define LOST_AFTER_SECONDS 10

static void die(const char *what)
{
    fprintf(stderr, "pulse: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_device(void)
{
    int fd = open("/dev/eli-pulse", O_RDWR | O_CLOEXEC);

    if (fd < 0) {
        die("/dev/eli-pulse");
    }
    return fd;
}

static struct pulse_shared *map_shared(int *fd)
{
    struct pulse_shared *shared;

    *fd = open(SHARED_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0 || ftruncate(*fd, SHARED_SIZE)) {
        die(SHARED_NAME);
    }
    shared = mmap(NULL, SHARED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    if (shared == MAP_FAILED) {
        die("mmap");
    }
    return shared;
}

/* One message of the ivshmem protocol: a little-endian number and perhaps a descriptor. */
static void send_message(int socket, int64_t number, int fd)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = { };
    struct iovec data = { &number, sizeof(number) };
    struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1 };

    if (fd >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        control.header = (struct cmsghdr) {
            .cmsg_len = CMSG_LEN(sizeof(int)),
            .cmsg_level = SOL_SOCKET,
            .cmsg_type = SCM_RIGHTS,
        };
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(int));
    }
    if (sendmsg(socket, &message, MSG_NOSIGNAL) != sizeof(number)) {
        die("sendmsg");
    }
}

static void serve_client(int socket, int shared, const int *eventfds)
{
    char byte;

    send_message(socket, 0, -1); /* protocol version */
    send_message(socket, PEER_ID, -1);
    send_message(socket, -1, shared);
    for (int i = 0; i < PULSE_LINES; i++) {
        send_message(socket, PEER_ID, eventfds[i]);
    }
    while (read(socket, &byte, 1) > 0) {
        /* The client never says anything; wait for it to leave. */
    }
    close(socket);
}

static void serve(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int device = open_device();
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int eventfds[PULSE_LINES], shared;

    map_shared(&shared);
    for (int i = 0; i < PULSE_LINES; i++) {
        struct pulse_eventfd set = { .line = i };

        set.fd = eventfds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (set.fd < 0 || ioctl(device, PULSE_SET_EVENTFD, &set)) {
            die("eventfd");
        }
    }
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    unlink(path);
    if (listener < 0 || bind(listener, (void *)&address, sizeof(address)) || listen(listener, 1)) {
        die(path);
    }
    if (daemon(0, 0)) {
        die("daemon");
    }
    for (;;) {
        int client = accept(listener, NULL, NULL);

        if (client >= 0) {
            serve_client(client, shared, eventfds);
        }
    }
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

struct raising {
    unsigned long line, raised;
    uint64_t before;
};

static int raise_lines(unsigned long count, char **names, int lines)
{
    int device = open_device(), fd;
    struct pulse_shared *shared = map_shared(&fd);
    struct raising raising[PULSE_LINES] = { };
    unsigned long raised = 0, handled = 0, goal = count ? count * lines : ULONG_MAX;
    double give_up = now() + LOST_AFTER_SECONDS;

    for (int i = 0; i < lines; i++) {
        raising[i].line = strtoul(names[i], NULL, 0);
        if (raising[i].line >= PULSE_LINES) {
            errno = EINVAL;
            die(names[i]);
        }
        raising[i].before = shared->line[raising[i].line].handled;
    }
    signal(SIGTERM, stop);
    while (handled < goal && !(stopped && handled == raised) && now() < give_up) {
        uint64_t total = 0;

        for (int i = 0; i < lines; i++) {
            struct raising *r = &raising[i];
            uint64_t done = shared->line[r->line].handled - r->before;

            total += done;
            if (done == r->raised && (!count || r->raised < count) && !stopped) {
                if (ioctl(device, PULSE_RAISE, r->line)) {
                    die("raise");
                }
                r->raised++;
                raised++;
            }
        }
        if (total != handled) {
            handled = total;
            give_up = now() + LOST_AFTER_SECONDS;
        }
    }
    printf("raised=%lu handled=%lu lost=%ld\n", raised, handled, (long)(raised - handled));
    return handled == raised && (stopped || raised == goal) ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "serve")) {
        serve(argv[2]);
    } else if (argc >= 4 && argc - 3 <= PULSE_LINES && !strcmp(argv[1], "raise")) {
        return raise_lines(strtoul(argv[2], NULL, 0), argv + 3, argc - 3);
    }
    fprintf(stderr, "usage: pulse serve SOCKET | raise COUNT LINE...\n");
    return 2;
}
