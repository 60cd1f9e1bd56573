/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gdbstops SOCKET SECONDS ADDRESS COUNT - a debugger of a guest, by QEMU's gdbstub: stops at a
 * hardware breakpoint COUNT times, steps over it each time, and lets the guest go.
 *
 * Exit status 124 means that SECONDS passed.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static time_t deadline;

static void die(int status, const char *what)
{
    fprintf(stderr, "gdbstops: %s\n", what);
    exit(status);
}

static int get(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    unsigned char c;
    long left = deadline - time(NULL);

    if (left <= 0 || poll(&p, 1, left * 1000) <= 0) {
        die(124, "no answer");
    }
    if (read(fd, &c, 1) != 1) {
        die(1, "QEMU went away");
    }
    return c;
}

/* Reads "$text#sum", whatever acknowledgements come before, and acknowledges it. */
static void receive(int fd, char *text, size_t size)
{
    size_t length = 0;
    int c;

    while (get(fd) != '$') {
    }
    while ((c = get(fd)) != '#') {
        if (length + 1 < size) {
            text[length++] = c;
        }
    }
    text[length] = 0;
    get(fd);
    get(fd);
    if (write(fd, "+", 1) != 1) {
        die(1, "QEMU went away");
    }
}

static void send_packet(int fd, const char *text)
{
    unsigned char sum = 0;

    for (const char *c = text; *c; c++) {
        sum += *c;
    }
    if (dprintf(fd, "$%s#%02x", text, sum) < 0) {
        die(1, "QEMU went away");
    }
}

/* Sends a packet, and dies unless the answer begins as it should. */
static void expect(int fd, const char *text, const char *answer)
{
    char got[4096];

    send_packet(fd, text);
    receive(fd, got, sizeof(got));
    if (strncmp(got, answer, strlen(answer))) {
        fprintf(stderr, "gdbstops: '%s' for '%s'\n", got, text);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char set[64], clear[64];

    if (argc != 5 || strlen(argv[1]) >= sizeof(address.sun_path)) {
        die(2, "usage: gdbstops SOCKET SECONDS ADDRESS COUNT");
    }
    strcpy(address.sun_path, argv[1]);
    deadline = time(NULL) + atol(argv[2]);
    if (connect(fd, (void *)&address, sizeof(address))) {
        die(1, "can't connect");
    }
    snprintf(set, sizeof(set), "Z1,%s,1", argv[3]);
    snprintf(clear, sizeof(clear), "z1,%s,1", argv[3]);

    /* The guest stops as somebody connects. */
    expect(fd, "?", "T");
    for (long i = atol(argv[4]); i > 0; i--) {
        expect(fd, set, "OK");
        expect(fd, "c", "T05");
        expect(fd, clear, "OK");
        expect(fd, "s", "T05");
    }
    expect(fd, "D", "OK");
    printf("stops=%s\n", argv[4]);
    return 0;
}
