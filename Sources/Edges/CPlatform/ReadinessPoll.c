#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* Waiting on descriptors, and waking who waits. */

enum { EVENTS_MAX = 256 };

int csystem_poll_create(void) {
    int descriptor = epoll_create1(EPOLL_CLOEXEC);
    return descriptor < 0 ? -errno : descriptor;
}

int csystem_poll_add(int poll, int descriptor, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
    return epoll_ctl(poll, EPOLL_CTL_ADD, descriptor, &event) < 0 ? -errno : 0;
}

int csystem_poll_remove(int poll, int descriptor) {
    return epoll_ctl(poll, EPOLL_CTL_DEL, descriptor, NULL) < 0 ? -errno : 0;
}

int csystem_poll_wait(int poll, uint64_t *tokens, int count, int milliseconds) {
    struct epoll_event events[EVENTS_MAX];
    int ready = epoll_wait(poll, events, count < EVENTS_MAX ? count : EVENTS_MAX, milliseconds);
    if (ready < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    for (int index = 0; index < ready; index++) {
        tokens[index] = events[index].data.u64;
    }
    return ready;
}

int csystem_wait_readable(int first, int second, int milliseconds) {
    struct pollfd watched[2] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
    int ready;
    do {
        ready = poll(watched, 2, milliseconds);
    } while (ready < 0 && errno == EINTR);
    return ready < 0 ? -errno : 0;
}

int csystem_eventfd(void) {
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}
