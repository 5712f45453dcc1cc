#define _GNU_SOURCE
#include "CPlatform.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONTROL_BYTES = 64 };

struct csystem_batch {
    uint32_t count;
    uint32_t slot_bytes;
    uint32_t drops;
    uint8_t *slots;
    struct mmsghdr *messages;
    struct iovec *vectors;
    struct sockaddr_storage *senders;
    uint8_t (*controls)[CONTROL_BYTES];
};

csystem_batch *csystem_batch_create(uint32_t datagrams, uint32_t slot_bytes) {
    csystem_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) {
        return NULL;
    }
    batch->count = datagrams;
    batch->slot_bytes = slot_bytes;
    batch->slots = calloc(datagrams, slot_bytes);
    batch->messages = calloc(datagrams, sizeof *batch->messages);
    batch->vectors = calloc(datagrams, sizeof *batch->vectors);
    batch->senders = calloc(datagrams, sizeof *batch->senders);
    batch->controls = calloc(datagrams, sizeof *batch->controls);
    if (batch->slots == NULL || batch->messages == NULL || batch->vectors == NULL
        || batch->senders == NULL || batch->controls == NULL) {
        csystem_batch_destroy(batch);
        return NULL;
    }
    for (uint32_t index = 0; index < datagrams; index++) {
        batch->vectors[index].iov_base = batch->slots + (size_t)index * slot_bytes;
        batch->vectors[index].iov_len = slot_bytes;
        struct msghdr *header = &batch->messages[index].msg_hdr;
        header->msg_iov = &batch->vectors[index];
        header->msg_iovlen = 1;
        header->msg_name = &batch->senders[index];
        header->msg_control = batch->controls[index];
    }
    return batch;
}

void csystem_batch_destroy(csystem_batch *batch) {
    free(batch->slots);
    free(batch->messages);
    free(batch->vectors);
    free(batch->senders);
    free(batch->controls);
    free(batch);
}

/* Files that a sender over a Unix socket sends along would stay open here for ever. */
static void close_descriptors(const struct cmsghdr *control) {
    size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t index = 0; index < count; index++) {
        int descriptor;
        memcpy(&descriptor, CMSG_DATA(control) + index * sizeof descriptor, sizeof descriptor);
        close(descriptor);
    }
}

int csystem_batch_receive(csystem_batch *batch, int descriptor) {
    /* The kernel overwrites both lengths with what it used. */
    for (uint32_t index = 0; index < batch->count; index++) {
        struct msghdr *header = &batch->messages[index].msg_hdr;
        header->msg_namelen = sizeof batch->senders[index];
        header->msg_controllen = CONTROL_BYTES;
    }
    int received;
    do {
        received = recvmmsg(descriptor, batch->messages, batch->count, MSG_DONTWAIT, NULL);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
    }
    for (int index = 0; index < received; index++) {
        struct msghdr *header = &batch->messages[index].msg_hdr;
        for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control != NULL;
             control = CMSG_NXTHDR(header, control)) {
            if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
                memcpy(&batch->drops, CMSG_DATA(control), sizeof batch->drops);
            } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS) {
                close_descriptors(control);
            }
        }
    }
    return received;
}

static uint64_t big_endian_64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int index = 0; index < 8; index++) {
        value = value << 8 | bytes[index];
    }
    return value;
}

static void split_address(const struct sockaddr_storage *sender, uint64_t *high, uint64_t *low) {
    if (sender->ss_family == AF_INET) {
        const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)sender;
        *low = 0xFFFF00000000u | ntohl(ipv4->sin_addr.s_addr);
    } else if (sender->ss_family == AF_INET6) {
        const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)sender;
        *high = big_endian_64(ipv6->sin6_addr.s6_addr);
        *low = big_endian_64(ipv6->sin6_addr.s6_addr + 8);
    }
}

/* The user the kernel says sent a message of a Unix socket. */
static uint64_t sending_user(const struct msghdr *header) {
    struct msghdr *message = (struct msghdr *)header;
    for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control != NULL;
         control = CMSG_NXTHDR(message, control)) {
        if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_CREDENTIALS) {
            struct ucred sender;
            memcpy(&sender, CMSG_DATA(control), sizeof sender);
            return sender.uid;
        }
    }
    return UINT64_MAX;
}

csystem_datagram csystem_batch_datagram(const csystem_batch *batch, uint32_t index) {
    csystem_datagram datagram = {
        .bytes = batch->slots + (size_t)index * batch->slot_bytes,
        .length = batch->messages[index].msg_len,
        .truncated = (batch->messages[index].msg_hdr.msg_flags & MSG_TRUNC) != 0,
    };
    sa_family_t family = batch->senders[index].ss_family;
    if (family == AF_INET || family == AF_INET6) {
        split_address(&batch->senders[index], &datagram.address_high, &datagram.address_low);
    } else {
        datagram.address_low = sending_user(&batch->messages[index].msg_hdr);
    }
    return datagram;
}

uint32_t csystem_batch_drops(const csystem_batch *batch) {
    return batch->drops;
}

static struct addrinfo *resolve(const char *host, uint16_t port, int flags) {
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_DGRAM,
        .ai_flags = AI_NUMERICSERV | flags,
    };
    struct addrinfo *found = NULL;
    return getaddrinfo(host, service, &hints, &found) == 0 ? found : NULL;
}

/* Closes the descriptor and frees the address list; keeps errno as the result. */
static int give_up(int descriptor, struct addrinfo *address) {
    int code = errno;
    if (descriptor >= 0) {
        close(descriptor);
    }
    freeaddrinfo(address);
    return -code;
}

int csystem_udp_listen(const char *host, uint16_t port, int receive_buffer_bytes, bool shares) {
    struct addrinfo *address = resolve(host, port, AI_NUMERICHOST);
    if (address == NULL) {
        return CSYSTEM_BAD_ADDRESS;
    }
    int descriptor = socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        return give_up(-1, address);
    }
    int on = 1;
    int off = 0;
    /* "::" takes IPv4 senders too, whatever the system's default says. */
    if (address->ai_family == AF_INET6) {
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    if (shares) {
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    /* FORCE needs CAP_NET_ADMIN; without it the request is cut to net.core.rmem_max. */
    if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer_bytes,
                   sizeof receive_buffer_bytes) < 0) {
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                   sizeof receive_buffer_bytes);
    }
    if (bind(descriptor, address->ai_addr, address->ai_addrlen) < 0) {
        return give_up(descriptor, address);
    }
    freeaddrinfo(address);
    return descriptor;
}

int csystem_join_group(int descriptor, const char *group, const char *interface) {
    unsigned index = 0;
    if (interface[0] != '\0') {
        index = if_nametoindex(interface);
        if (index == 0) {
            return -ENODEV;
        }
    }
    int off = 0;
    struct ip_mreqn ipv4 = {.imr_ifindex = (int)index};
    struct ipv6_mreq ipv6 = {.ipv6mr_interface = index};
    int result;
    /* ALL off: groups that other processes of this machine have joined are not for this socket. */
    if (inet_pton(AF_INET, group, &ipv4.imr_multiaddr) == 1) {
        setsockopt(descriptor, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off);
        result = setsockopt(descriptor, IPPROTO_IP, IP_ADD_MEMBERSHIP, &ipv4, sizeof ipv4);
    } else if (inet_pton(AF_INET6, group, &ipv6.ipv6mr_multiaddr) == 1) {
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_ALL, &off, sizeof off);
        result = setsockopt(descriptor, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &ipv6, sizeof ipv6);
    } else {
        return CSYSTEM_BAD_ADDRESS;
    }
    return result < 0 ? -errno : 0;
}

int csystem_udp_connect(const char *host, uint16_t port) {
    struct addrinfo *address = resolve(host, port, 0);
    if (address == NULL) {
        return CSYSTEM_BAD_ADDRESS;
    }
    int descriptor = socket(address->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return give_up(-1, address);
    }
    if (connect(descriptor, address->ai_addr, address->ai_addrlen) < 0) {
        return give_up(descriptor, address);
    }
    freeaddrinfo(address);
    return descriptor;
}

int csystem_receive_buffer(int descriptor) {
    int bytes = 0;
    socklen_t length = sizeof bytes;
    if (getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, &length) < 0) {
        return -errno;
    }
    return bytes / 2; /* socket(7): the kernel doubles the value that was set */
}

int csystem_local_address(int descriptor, char *host, size_t host_bytes, uint16_t *port) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) {
        return -errno;
    }
    if (getnameinfo((struct sockaddr *)&address, length, host, (socklen_t)host_bytes, NULL, 0,
                    NI_NUMERICHOST) != 0) {
        return -EINVAL;
    }
    *port = address.ss_family == AF_INET6
        ? ntohs(((struct sockaddr_in6 *)&address)->sin6_port)
        : ntohs(((struct sockaddr_in *)&address)->sin_port);
    return 0;
}

int csystem_socket_drops(int descriptor, uint32_t *drops) {
    uint32_t values[SK_MEMINFO_VARS];
    socklen_t length = sizeof values;
    if (getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, values, &length) < 0) {
        return -errno;
    }
    if (length < (SK_MEMINFO_DROPS + 1) * sizeof values[0]) {
        return -ENOTSUP;
    }
    *drops = values[SK_MEMINFO_DROPS];
    return 0;
}

int csystem_refuse_datagrams(int descriptor) {
    struct sock_filter refuse = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = 1, .filter = &refuse};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0
        ? -errno : 0;
}

int csystem_parse_address(const char *text, uint64_t *address_high, uint64_t *address_low) {
    struct sockaddr_storage address = {0};
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)&address;
    int version = 0;
    if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
        address.ss_family = AF_INET;
        version = 4;
    } else if (inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1) {
        address.ss_family = AF_INET6;
        version = 6;
    } else {
        return CSYSTEM_BAD_ADDRESS;
    }
    *address_high = 0;
    split_address(&address, address_high, address_low);
    return version;
}

int csystem_tcp_listen(const char *host, uint16_t port, int backlog) {
    struct addrinfo *address = resolve(host, port, AI_NUMERICHOST);
    if (address == NULL) {
        return CSYSTEM_BAD_ADDRESS;
    }
    int descriptor = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        return give_up(-1, address);
    }
    int on = 1;
    int off = 0;
    if (address->ai_family == AF_INET6) {
        setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    /* A restarted daemon gets its port back while old connections are in TIME_WAIT. */
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(descriptor, address->ai_addr, address->ai_addrlen) < 0
        || listen(descriptor, backlog) < 0) {
        return give_up(descriptor, address);
    }
    freeaddrinfo(address);
    return descriptor;
}

int csystem_stream_accept(int descriptor, uint64_t *address_high, uint64_t *address_low) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int accepted;
    do {
        accepted = accept4(descriptor, (struct sockaddr *)&peer, &length,
                           SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (accepted < 0 && errno == EINTR);
    if (accepted < 0) {
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
    *address_high = 0;
    *address_low = 0;
    if (peer.ss_family == AF_UNIX) {
        struct ucred sender = {0};
        length = sizeof sender;
        bool is_known = getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &sender, &length) == 0;
        *address_low = is_known ? sender.uid : UINT64_MAX;
        return accepted;
    }
    split_address(&peer, address_high, address_low);
    /* A peer that lost its power never says goodbye; after about two minutes it is gone. */
    int on = 1;
    int idle_seconds = 60;
    int interval_seconds = 15;
    int probes = 4;
    setsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(accepted, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds);
    setsockopt(accepted, IPPROTO_TCP, TCP_KEEPINTVL, &interval_seconds, sizeof interval_seconds);
    setsockopt(accepted, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
    return accepted;
}

int csystem_raise_descriptor_limit(int wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) {
        return -errno;
    }
    rlim_t goal = (rlim_t)wanted < limit.rlim_max ? (rlim_t)wanted : limit.rlim_max;
    if (limit.rlim_cur < goal) {
        limit.rlim_cur = goal;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0) {
            return -errno;
        }
    }
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int)limit.rlim_cur;
}

void csystem_name_thread(const char *name) {
    char cut[16];
    snprintf(cut, sizeof cut, "%s", name);
    pthread_setname_np(pthread_self(), cut);
}

const char *csystem_error_text(int code) {
    return strerrordesc_np(code);
}
