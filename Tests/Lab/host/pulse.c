/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pulse - the pulse device's face to QEMU, and its trigger.
 *
 *   pulse serve SOCKET [@PORT]  be the server of -device ivshmem-doorbell (docs/specs/ivshmem-spec
 *                               of QEMU); returns once SOCKET listens, a child goes on
 *   pulse raise COUNT LINE... [@PORT]
 *                               raise each line COUNT times, as fast as the guest handles them:
 *                               a line only after the guest has handled it, so that none can
 *                               coalesce; COUNT 0 means until SIGTERM, or until SIGINT, which
 *                               doesn't wait until the last ones are handled
 *   pulse host COUNT LINE... [@PORT]
 *                               the same for lines that no guest has: the host's handler counts
 *   pulse fire LINE [@PORT]     raise the line each millisecond until SIGTERM, handled or not
 *   pulse handled [@PORT]       print how many the guest has handled since it booted
 *
 * PORT is 0 without it. `raise` and `host` print "raised=N handled=N lost=N", sums over the lines,
 * and fail if an interrupt was lost or handled twice.
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

#define SHARED_NAME "/dev/shm/eli-pulse%u"
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

static struct pulse_shared *map_shared(unsigned int port, int *fd)
{
    struct pulse_shared *shared;
    char name[sizeof(SHARED_NAME) + 10];

    snprintf(name, sizeof(name), SHARED_NAME, port);
    *fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0 || ftruncate(*fd, SHARED_SIZE)) {
        die(name);
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
    for (int i = 0; i < PULSE_PORT_LINES; i++) {
        send_message(socket, PEER_ID, eventfds[i]);
    }
    while (read(socket, &byte, 1) > 0) {
        /* The client never says anything; wait for it to leave. */
    }
    close(socket);
}

static void serve(const char *path, unsigned int port)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int device = open_device();
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int eventfds[PULSE_PORT_LINES], shared;

    map_shared(port, &shared);
    for (int i = 0; i < PULSE_PORT_LINES; i++) {
        struct pulse_eventfd set = { .line = port * PULSE_PORT_LINES + i };

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

static volatile sig_atomic_t got_signal;

static void note_signal(int signal)
{
    got_signal = signal;
}

struct raising {
    unsigned long line; /* of the port's */
    uint64_t before, raised;
};

/* Who handles the interrupts: the guest, which counts in @shared, or the host, without it. */
struct handler {
    struct pulse_shared *shared;
    int device;
    unsigned int port;
};

static uint64_t count_handled(const struct handler *handler, const struct raising *r)
{
    unsigned long line = handler->port * PULSE_PORT_LINES + r->line;

    if (handler->shared) {
        return handler->shared->line[r->line].handled - r->before;
    }
    return (ioctl(handler->device, PULSE_HANDLED, line) - r->before) & PULSE_HANDLED_MASK;
}

static void raise_line(const struct handler *handler, unsigned long line)
{
    if (ioctl(handler->device, PULSE_RAISE, handler->port * PULSE_PORT_LINES + line)) {
        die("raise");
    }
}

static unsigned long parse_line(const char *text)
{
    unsigned long line = strtoul(text, NULL, 0);

    if (line >= PULSE_PORT_LINES) {
        errno = EINVAL;
        die(text);
    }
    return line;
}

static int raise_lines(const struct handler *handler, unsigned long count, char **names, int lines)
{
    struct raising raising[PULSE_PORT_LINES] = { };
    unsigned long raised = 0, handled = 0, goal = count ? count * lines : ULONG_MAX;
    double give_up = now() + LOST_AFTER_SECONDS;

    for (int i = 0; i < lines; i++) {
        raising[i].line = parse_line(names[i]);
        raising[i].before = count_handled(handler, &raising[i]);
    }
    while (handled < goal && got_signal != SIGINT && !(got_signal && handled == raised) &&
           now() < give_up) {
        uint64_t total = 0;

        for (int i = 0; i < lines; i++) {
            struct raising *r = &raising[i];
            uint64_t done = count_handled(handler, r);

            total += done;
            if (done == r->raised && (!count || r->raised < count) && !got_signal) {
                raise_line(handler, r->line);
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
    return got_signal == SIGINT || (handled == raised && (got_signal || raised == goal)) ? 0 : 1;
}

static void fire(const struct handler *handler, unsigned long line)
{
    while (!got_signal) {
        raise_line(handler, line);
        usleep(1000);
    }
}

static void print_handled(const struct pulse_shared *shared)
{
    uint64_t handled = 0;

    for (int i = 0; i < PULSE_PORT_LINES; i++) {
        handled += shared->line[i].handled;
    }
    printf("handled=%lu\n", (unsigned long)handled);
}

static unsigned int parse_port(const char *text)
{
    unsigned long port = strtoul(text, NULL, 0);

    if (port >= PULSE_PORTS) {
        errno = EINVAL;
        die(text);
    }
    return port;
}

static int print_usage(void)
{
    fprintf(stderr, "usage: pulse serve SOCKET | raise COUNT LINE... | host COUNT LINE... | "
                    "fire LINE | handled, each with [@PORT]\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    struct handler handler = { };
    int lines, fd;

    if (argc > 2 && *argv[argc - 1] == '@') {
        handler.port = parse_port(argv[--argc] + 1);
    }
    if (argc == 3 && !strcmp(command, "serve")) {
        serve(argv[2], handler.port);
    }
    if (argc == 2 && !strcmp(command, "handled")) {
        print_handled(map_shared(handler.port, &fd));
        return 0;
    }
    if (argc < 3) {
        return print_usage();
    }

    signal(SIGTERM, note_signal);
    signal(SIGINT, note_signal);
    handler.device = open_device();
    lines = argc - 3;
    if (lines > 0 && lines <= PULSE_PORT_LINES && !strcmp(command, "host")) {
        return raise_lines(&handler, strtoul(argv[2], NULL, 0), argv + 3, lines);
    }
    handler.shared = map_shared(handler.port, &fd);
    if (lines > 0 && lines <= PULSE_PORT_LINES && !strcmp(command, "raise")) {
        return raise_lines(&handler, strtoul(argv[2], NULL, 0), argv + 3, lines);
    }
    if (argc == 3 && !strcmp(command, "fire")) {
        fire(&handler, parse_line(argv[2]));
        return 0;
    }
    return print_usage();
}
