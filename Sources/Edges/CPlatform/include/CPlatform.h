/* The few Linux calls that Swift cannot import or can only express with pages of pointer
   arithmetic: batched datagram receive with control messages, socket addresses, stream sockets,
   epoll, eventfd.

   In: plain integers and C strings. Out: a non-negative result, or the negated errno.
   Always: no call allocates except csystem_batch_create; nothing here keeps global state.
   Absent on purpose: policy. Which socket, how large, how often is decided in Swift. */
#ifndef FORESTALL_CSYSTEM_H
#define FORESTALL_CSYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One received datagram. `bytes` stays valid until the batch receives again. */
typedef struct {
    const uint8_t *bytes;
    uint32_t length;
    bool truncated;
    /* The sender's IPv6 address, big endian halves; IPv4 as ::ffff:a.b.c.d. Of a Unix socket the
       low half is the number of the user who sent it, or UINT64_MAX when nobody says. */
    uint64_t address_high;
    uint64_t address_low;
} csystem_datagram;

/* Receive buffers and headers for one recvmmsg call, allocated once. */
typedef struct csystem_batch csystem_batch;

/* NULL when memory is short. Pages of a slot are touched only when a datagram needs them. */
csystem_batch *csystem_batch_create(uint32_t datagrams, uint32_t slot_bytes);
void csystem_batch_destroy(csystem_batch *batch);
/* Number of datagrams received without waiting; 0 when the socket holds none. */
int csystem_batch_receive(csystem_batch *batch, int descriptor);
/* `index` must be below the last result of csystem_batch_receive. */
csystem_datagram csystem_batch_datagram(const csystem_batch *batch, uint32_t index);
/* The socket's drop counter (wraps at 2^32) as last reported with a datagram; 0 before. */
uint32_t csystem_batch_drops(const csystem_batch *batch);

/* Result of the open calls when `host` names no address. */
#define CSYSTEM_BAD_ADDRESS (-4096)

/* A bound, non-blocking UDP socket. `host` must be numeric; port 0 lets the kernel choose. With
   `shares` other sockets that say the same may be bound to the address too. */
int csystem_udp_listen(const char *host, uint16_t port, int receive_buffer_bytes, bool shares);
/* Receives what is sent to a numeric multicast group, on the named network interface or, when the
   name is empty, on the one the kernel chooses. -ENODEV when there is no such interface. */
int csystem_join_group(int descriptor, const char *group, const char *interface);
/* A connected, blocking UDP socket; `host` may be a name. */
int csystem_udp_connect(const char *host, uint16_t port);
/* The receive buffer the kernel granted, in bytes of payload accounting. */
int csystem_receive_buffer(int descriptor);
/* Numeric local address and port of a bound socket. */
int csystem_local_address(int descriptor, char *host, size_t host_bytes, uint16_t *port);
/* The socket's drop counter now; RXQ_OVFL only tells the value when a datagram was queued. */
int csystem_socket_drops(int descriptor, uint32_t *drops);
/* From now on the kernel queues nothing more on this socket; what it holds stays readable. */
int csystem_refuse_datagrams(int descriptor);

/* The IPv6 address of a numeric text, big endian halves; IPv4 as ::ffff:a.b.c.d. Returns 4 or 6. */
int csystem_parse_address(const char *text, uint64_t *address_high, uint64_t *address_low);

/* A non-blocking Unix socket bound to a path nobody has, with exactly these permissions from the
   start; a stream does not listen yet. */
int csystem_unix_bind(const char *path, bool is_stream, uint32_t mode);
/* 0 when a living process has the socket at that path; -ECONNREFUSED when none has. */
int csystem_unix_probe(const char *path, bool is_stream);
/* Numbers of a user and a group; an empty name gives UINT32_MAX, "leave it". Returns 1 when there
   is no such user, 2 when there is no such group. */
int csystem_find_owner(const char *user, const char *group, uint32_t *uid, uint32_t *gid);

/* What kind of socket a descriptor is that somebody else made: one of the values below. */
enum { CSYSTEM_UDP, CSYSTEM_TCP, CSYSTEM_UNIX_DATAGRAM, CSYSTEM_UNIX_STREAM };
/* -EPROTONOSUPPORT for other sockets, -EINVAL for a stream that does not listen. */
int csystem_socket_kind(int descriptor);
/* Makes such a socket work like one of the calls above: non-blocking, closed on exec, with drop
   counter and sender. Its buffer stays as it is. */
int csystem_adopt_socket(int descriptor, int kind);
/* The path a Unix socket is bound to; an abstract name begins with '@'. */
int csystem_local_path(int descriptor, char *path, size_t path_bytes);

/* A listening, non-blocking TCP socket. `host` must be numeric; port 0 lets the kernel choose. */
int csystem_tcp_listen(const char *host, uint16_t port, int backlog);
/* Accepts one connection, non-blocking and over TCP with keep-alive probes, and tells the peer as a
   datagram tells its sender. -EAGAIN when none waits. */
int csystem_stream_accept(int descriptor, uint64_t *address_high, uint64_t *address_low);

/* A set of descriptors to wait on. */
int csystem_poll_create(void);
/* Watches `descriptor` for input; events of it carry `token`. */
int csystem_poll_add(int poll, int descriptor, uint64_t token);
int csystem_poll_remove(int poll, int descriptor);
/* Waits at most `milliseconds` (-1: without limit) and fills in the tokens of what can be read.
   Returns how many there are, at most `count` and at most 256; 0 after the time. */
int csystem_poll_wait(int poll, uint64_t *tokens, int count, int milliseconds);

/* Raises the number of descriptors this process may open to `wanted` if its hard limit allows,
   else to that; returns the number in force. */
int csystem_raise_descriptor_limit(int wanted);

/* Waits until one of the two can be read, or so many milliseconds (-1: without limit). */
int csystem_wait_readable(int first, int second, int milliseconds);
/* A non-blocking event counter. */
int csystem_eventfd(void);
/* Sends one datagram to a Unix socket: a path from '/', or '@' and an abstract name. Waits at most
   five seconds for a receiver that is busy. */
int csystem_unix_send(const char *name, const void *bytes, size_t length);
/* Names the calling thread; longer names are cut to 15 bytes. */
void csystem_name_thread(const char *name);
/* The untranslated sentence for an errno, or NULL. */
const char *csystem_error_text(int code);

#endif
