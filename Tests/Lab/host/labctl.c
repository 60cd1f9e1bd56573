/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * labctl - runs inside an emulated host and talks to the guest's serial shell and to QMP.
 *
 *   labctl ready SOCKET SECONDS COMMAND    wait until the serial shell answers, and COMMAND succeeds
 *   labctl sh SOCKET SECONDS COMMAND       run a command there; its output, its exit status
 *   labctl qmp SOCKET SECONDS JSON         one QMP command; the reply on one line
 *   labctl toggle SOCKET SECONDS COUNT     switch ELI so often, off first; what each took
 *
 * Exit status 124 means that SECONDS passed, 125 that the peer went away.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { TIMED_OUT = 124, LOST = 125 };

static double deadline;

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void die(int status, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    fprintf(stderr, "labctl: ");
    vfprintf(stderr, format, ap);
    fprintf(stderr, "\n");
    va_end(ap);
    fflush(stdout);
    exit(status);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (strlen(path) >= sizeof(address.sun_path)) {
        die(2, "%s: path too long", path);
    }
    strcpy(address.sun_path, path);
    while (connect(fd, (void *)&address, sizeof(address))) {
        /* Refused: the server has bound it, but doesn't listen yet. */
        if (errno != ECONNREFUSED || now() >= deadline) {
            die(LOST, "%s: %s", path, strerror(errno));
        }
        poll(NULL, 0, 10);
    }
    return fd;
}

static void send_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left) {
        ssize_t n = send(fd, text, left, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR) {
            die(LOST, "send: %s", strerror(errno));
        }
        if (n > 0) {
            text += n;
            left -= n;
        }
    }
}

/*
 * The next line, without its end, in a buffer that the next call reuses. NULL once `until` has
 * passed; what came of the line so far is kept for the next call.
 */
static char *read_line(int fd, double until)
{
    static char data[1 << 20];
    static size_t start, end;

    for (;;) {
        char *newline = memchr(data + start, '\n', end - start);

        if (newline) {
            char *line = data + start;

            *newline = 0;
            start = newline + 1 - data;
            if (newline > line && newline[-1] == '\r') {
                newline[-1] = 0;
            }
            return line;
        }
        memmove(data, data + start, end - start);
        end -= start;
        start = 0;
        if (end == sizeof(data)) {
            die(2, "line too long");
        }

        double left = until - now();
        struct pollfd p = { .fd = fd, .events = POLLIN };

        if (left <= 0 || poll(&p, 1, (int)(left * 1000) + 1) == 0) {
            return NULL;
        }
        ssize_t n = read(fd, data + end, sizeof(data) - end);

        if (n <= 0) {
            die(LOST, "the peer went away");
        }
        end += n;
    }
}

/* Sends "SEQUENCE LENGTH command", prints what comes back up to "@@SEQUENCE status". */
static int shell(int fd, unsigned int sequence, const char *command, double until, int echo)
{
    char text[32], mark[32];
    char *line;

    snprintf(text, sizeof(text), "%u %zu ", sequence, strlen(command));
    snprintf(mark, sizeof(mark), "@@%u ", sequence);
    send_all(fd, text);
    send_all(fd, command);
    send_all(fd, "\n");
    while ((line = read_line(fd, until))) {
        if (!strncmp(line, mark, strlen(mark)) && strcmp(line + strlen(mark), "accepted")) {
            return atoi(line + strlen(mark));
        }
        /* Late answers to earlier pings are not this command's output. */
        if (echo && strncmp(line, "@@", 2)) {
            puts(line);
        }
    }
    return -1;
}

/* A guest that is still booting drops what it is sent, so ask until it answers. */
static int ready(int fd, const char *command)
{
    for (unsigned int sequence = 1; now() < deadline; sequence++) {
        if (shell(fd, sequence, command, now() + 0.5, 0) == 0) {
            return 0;
        }
    }
    return TIMED_OUT;
}

/* Sends a request, or nothing if it is NULL. The reply, NULL if it didn't come in time. */
static char *exchange(int fd, const char *request)
{
    char *line;

    if (request) {
        send_all(fd, request);
        send_all(fd, "\n");
    }
    do {
        line = read_line(fd, deadline);
    } while (line && !strncmp(line, "{\"timestamp\"", 12)); /* events */
    return line;
}

/* Takes QEMU's greeting. */
static int negotiate(int fd)
{
    return exchange(fd, NULL) && exchange(fd, "{\"execute\": \"qmp_capabilities\"}");
}

static int qmp(int fd, const char *command)
{
    char *line = negotiate(fd) ? exchange(fd, command) : NULL;

    if (!line) {
        return TIMED_OUT;
    }
    puts(line);
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int toggle(int fd, unsigned int count)
{
    double *seconds = calloc(count, sizeof(*seconds));

    if (!count || !seconds) {
        die(2, "toggle %u times?", count);
    }
    if (!negotiate(fd)) {
        return TIMED_OUT;
    }
    for (unsigned int i = 0; i < count; i++) {
        char request[80], *line;
        double start = now();

        snprintf(request, sizeof(request),
                 "{\"execute\": \"eli-set\", \"arguments\": {\"enabled\": %s}}",
                 i % 2 ? "true" : "false");
        line = exchange(fd, request);
        seconds[i] = now() - start;
        if (!line) {
            return TIMED_OUT;
        }
        if (strncmp(line, "{\"return\"", 9)) {
            puts(line);
            return 1;
        }
    }
    qsort(seconds, count, sizeof(*seconds), compare);
    printf("toggles=%u median_us=%.0f worst_us=%.0f\n", count, seconds[count / 2] * 1e6,
           seconds[count - 1] * 1e6);
    return 0;
}

int main(int argc, char **argv)
{
    int status;

    if (argc != 5) {
        die(2, "usage: labctl ready|sh|qmp|toggle SOCKET SECONDS COMMAND|JSON|COUNT");
    }
    deadline = now() + atof(argv[3]);

    int fd = connect_to(argv[2]);

    if (!strcmp(argv[1], "ready")) {
        status = ready(fd, argv[4]);
    } else if (!strcmp(argv[1], "sh")) {
        status = shell(fd, 1000000 + getpid(), argv[4], deadline, 1);
        status = status < 0 ? TIMED_OUT : status;
    } else if (!strcmp(argv[1], "qmp")) {
        status = qmp(fd, argv[4]);
    } else if (!strcmp(argv[1], "toggle")) {
        status = toggle(fd, strtoul(argv[4], NULL, 10));
    } else {
        die(2, "unknown command '%s'", argv[1]);
    }
    fflush(stdout);
    if (status == TIMED_OUT) {
        die(TIMED_OUT, "no answer within %s s", argv[3]);
    }
    return status;
}
