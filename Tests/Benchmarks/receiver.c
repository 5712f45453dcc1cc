/* Receives and counts bytes, and nothing else: what the kernel alone costs a receiver.

   cc -O2 -o receiver receiver.c
   receiver udp | tcp | unix PATH | unixgram PATH

   Out: a line `port N` (0 for a path) when it receives; at SIGUSR1 and, when the kernel holds
   nothing more, at SIGTERM one JSON object: `bytes`, `units` (datagrams, reads) and `drops` of the
   kernel.
   Always: one thread, as few system calls as a receiver of lines could do with: datagrams in
   batches of 64 as Forestall's, with their senders and the kernel's counter of drops; streams in
   reads of 64 KiB. Absent on purpose: a look at the bytes. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BATCH = 64, SLOT_BYTES = 65508, READ_BYTES = 65536, CONNECTIONS_MAX = 64 };

static uint64_t bytes, units;
static uint32_t drops;

static void fail(const char *what) {
    fprintf(stderr, "receiver: cannot %s: %s\n", what, strerror(errno));
    exit(1);
}

static int listen_on(bool is_datagram, const char *path) {
    int socket_type = (is_datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    int listener = socket(path != NULL ? AF_UNIX : AF_INET, socket_type, 0);
    if (listener < 0) {
        fail("make a socket");
    }
    int on = 1, buffer = 8 << 20;
    setsockopt(listener, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    /* FORCE needs a privilege, the other is cut to net.core.rmem_max: as Forestall does. */
    if (setsockopt(listener, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer) < 0) {
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    }
    struct sockaddr_in inet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    socklen_t length = sizeof inet;
    int result;
    if (path != NULL) {
        snprintf(local.sun_path, sizeof local.sun_path, "%s", path);
        result = bind(listener, (struct sockaddr *)&local, sizeof local);
    } else {
        result = bind(listener, (struct sockaddr *)&inet, sizeof inet);
        getsockname(listener, (struct sockaddr *)&inet, &length);
    }
    if (result < 0 || (!is_datagram && listen(listener, CONNECTIONS_MAX) < 0)) {
        fail("listen");
    }
    printf("port %u\n", path != NULL ? 0 : ntohs(inet.sin_port));
    fflush(stdout);
    return listener;
}

/* Everything the socket holds. */
static void take_datagrams(int listener) {
    static struct mmsghdr messages[BATCH];
    static struct iovec vectors[BATCH];
    static struct sockaddr_storage senders[BATCH];
    static char controls[BATCH][64];
    static char *slots;
    if (slots == NULL && (slots = malloc((size_t)BATCH * SLOT_BYTES)) == NULL) {
        fail("make buffers");
    }
    int received;
    do {
        for (int index = 0; index < BATCH; index++) {
            vectors[index] = (struct iovec){slots + (size_t)index * SLOT_BYTES, SLOT_BYTES};
            messages[index].msg_hdr = (struct msghdr){
                .msg_name = &senders[index], .msg_namelen = sizeof senders[index],
                .msg_iov = &vectors[index], .msg_iovlen = 1,
                .msg_control = controls[index], .msg_controllen = sizeof controls[index]};
        }
        received = recvmmsg(listener, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int index = 0; index < received; index++) {
            bytes += messages[index].msg_len;
            struct msghdr *header = &messages[index].msg_hdr;
            struct cmsghdr *control = CMSG_FIRSTHDR(header);
            if (control != NULL && control->cmsg_type == SO_RXQ_OVFL) {
                memcpy(&drops, CMSG_DATA(control), sizeof drops);
            }
        }
        units += received > 0 ? (uint64_t)received : 0;
    } while (received == BATCH);
}

/* One read of each connection that has something; true while any of them goes on. */
static bool take_streams(struct pollfd *watched, int *count) {
    static char *buffer;
    if (buffer == NULL && (buffer = malloc(READ_BYTES)) == NULL) {
        fail("make a buffer");
    }
    bool goes_on = false;
    for (int index = 2; index < *count; index++) {
        ssize_t length = recv(watched[index].fd, buffer, READ_BYTES, MSG_DONTWAIT);
        if (length > 0) {
            bytes += (uint64_t)length;
            units++;
            goes_on = true;
        } else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
            close(watched[index].fd);
            watched[index--] = watched[--*count];
        }
    }
    if ((watched[1].revents & POLLIN) != 0 && *count < CONNECTIONS_MAX) {
        int connection = accept4(watched[1].fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (connection >= 0) {
            watched[(*count)++] = (struct pollfd){.fd = connection, .events = POLLIN};
            goes_on = true;
        }
    }
    return goes_on;
}

static void report(void) {
    printf("{\"bytes\":%llu,\"units\":%llu,\"drops\":%u}\n", (unsigned long long)bytes,
           (unsigned long long)units, drops);
    fflush(stdout);
}

/* Whether the signal that is there is SIGTERM; the other one asks for a report. */
static bool is_ending(int signals) {
    struct signalfd_siginfo signal;
    if (read(signals, &signal, sizeof signal) != (ssize_t)sizeof signal) {
        fail("read a signal");
    }
    if (signal.ssi_signo == SIGUSR1) {
        report();
    }
    return signal.ssi_signo == SIGTERM;
}

int main(int count, char **arguments) {
    if (count < 2) {
        fprintf(stderr, "receiver: say udp, tcp, unix PATH or unixgram PATH\n");
        return 64;
    }
    bool is_datagram = strcmp(arguments[1], "udp") == 0 || strcmp(arguments[1], "unixgram") == 0;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    struct pollfd watched[CONNECTIONS_MAX];
    int watched_count = 2;
    watched[0] = (struct pollfd){.fd = signalfd(-1, &signals, SFD_CLOEXEC), .events = POLLIN};
    watched[1] = (struct pollfd){
        .fd = listen_on(is_datagram, count > 2 ? arguments[2] : NULL), .events = POLLIN};
    do {
        if (poll(watched, (nfds_t)watched_count, -1) < 0 && errno != EINTR) {
            fail("wait");
        }
        if (is_datagram) {
            take_datagrams(watched[1].fd);
        } else {
            take_streams(watched, &watched_count);
        }
    } while ((watched[0].revents & POLLIN) == 0 || !is_ending(watched[0].fd));
    while (!is_datagram && take_streams(watched, &watched_count)) {
    }
    report();
    return 0;
}
