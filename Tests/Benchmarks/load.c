/* Sends line protocol as fast as asked for, or as fast as it goes, and says exactly how much.

   cc -O2 -o load load.c
   load --to udp:127.0.0.1:8094 --rate 2000000 --seconds 5

   In: the command line below. Out: one JSON object on standard output: `lines`, `values` and
   `bytes` handed to the kernel (over HTTP: answered with 2xx), `units` (datagrams, writes,
   requests), `failed` units, `seconds` from the first to the last of them, `cpu_seconds` of this
   process.
   Always: a line is made when it is sent and never comes twice, each signal of each device walks at
   random and has three decimals; only loopback addresses; it ends after --seconds or --lines.
   Absent on purpose: threads. One core makes and sends more than the receivers beside it take, and
   what it spends is not the receiver's. Between two bursts of a paced load it sleeps.

     --to           udp:HOST:PORT  tcp:HOST:PORT  unix:PATH  unixgram:PATH
                    http:HOST:PORT/PATH?QUERY  file:PATH (- is standard output)
     --rate         values per second; 0, the default, is as fast as it goes
     --seconds      5      --lines    0: no bound
     --devices      1000   --signals  4 of each, one line has all
     --stamps       now (the time of sending, in nanoseconds) or none
     --unit-bytes   1400 of a datagram, 65536 of a write to a stream: whole lines, never more
     --unit-lines   5000 of an HTTP body
     --together     datagrams in a system call, at most 64; a paced load sends a millisecond's
     --connections  1, of a stream or of HTTP; units go to them in turn
     --seed         1 */
#define _GNU_SOURCE
#include "lines.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, CONNECTIONS_MAX = 64 };

enum transport { UDP, TCP, UNIX_STREAM, UNIX_DATAGRAM, HTTP, FILE_OUTPUT };

struct unit {
    char *bytes;
    size_t count;
    uint64_t lines;
};

static struct {
    enum transport transport;
    char host[64];
    char path[512];
    uint16_t port;
    double rate, seconds;
    uint64_t lines;
    uint32_t devices, signals, unit_lines, together, connections;
    size_t unit_bytes;
    bool has_stamps;
    uint64_t seed;
} options = {.seconds = 5, .devices = 1000, .signals = 4, .unit_lines = 5000, .together = BATCH,
             .connections = 1, .has_stamps = true, .seed = 1};

static struct {
    uint64_t lines, bytes, units, failed;
} sent;

static int connections[CONNECTIONS_MAX];

static void fail(const char *what) {
    fprintf(stderr, "load: cannot %s: %s\n", what, strerror(errno));
    exit(1);
}

static void usage(const char *what, const char *value) {
    fprintf(stderr, "load: %s %s is not understood - see the beginning of load.c\n", what, value);
    exit(64);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- Units ---- */

static void fill(struct unit *unit, uint64_t lines_left) {
    char stamp[24];
    if (options.has_stamps) {
        struct timespec time;
        clock_gettime(CLOCK_REALTIME, &time);
        snprintf(stamp, sizeof stamp, "%010lld%09ld", (long long)time.tv_sec, time.tv_nsec);
    }
    uint64_t lines_max = options.transport == HTTP ? options.unit_lines : UINT64_MAX;
    if (lines_left < lines_max) {
        lines_max = lines_left;
    }
    char *to = unit->bytes;
    uint64_t lines = 0;
    while (lines < lines_max && (size_t)(to - unit->bytes) + line_bytes_max <= options.unit_bytes) {
        to = write_line(to, options.has_stamps ? stamp : NULL);
        advance(stamp);
        lines++;
    }
    unit->count = (size_t)(to - unit->bytes);
    unit->lines = lines;
}

/* ---- Sockets ---- */

static int open_connection(void) {
    if (options.transport == FILE_OUTPUT) {
        int file = strcmp(options.path, "-") == 0
            ? STDOUT_FILENO : open(options.path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        return file >= 0 ? file : (fail("open the file"), -1);
    }
    bool is_local = options.transport == UNIX_STREAM || options.transport == UNIX_DATAGRAM;
    bool is_datagram = options.transport == UDP || options.transport == UNIX_DATAGRAM;
    int connection = socket(
        is_local ? AF_UNIX : AF_INET, (is_datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    if (connection < 0) {
        fail("make a socket");
    }
    int buffer = 4 << 20;
    setsockopt(connection, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in remote = {.sin_family = AF_INET, .sin_port = htons(options.port)};
    int result;
    if (is_local) {
        if (strlen(options.path) >= sizeof local.sun_path) {
            usage("--to, a path of this length,", options.path);
        }
        memcpy(local.sun_path, options.path, strlen(options.path));
        result = connect(connection, (struct sockaddr *)&local, sizeof local);
    } else {
        if (inet_pton(AF_INET, options.host, &remote.sin_addr) != 1
            || ntohl(remote.sin_addr.s_addr) >> 24 != 127) {
            usage("an address that is not 127.x.y.z,", options.host);
        }
        int on = 1;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        result = connect(connection, (struct sockaddr *)&remote, sizeof remote);
    }
    if (result < 0) {
        fail("connect");
    }
    return connection;
}

static void count(const struct unit *unit) {
    sent.lines += unit->lines;
    sent.bytes += unit->count;
    sent.units++;
}

static void send_datagrams(struct unit *units, int number) {
    static struct mmsghdr messages[BATCH];
    static struct iovec vectors[BATCH];
    for (int index = 0; index < number; index++) {
        vectors[index] = (struct iovec){units[index].bytes, units[index].count};
        messages[index].msg_hdr = (struct msghdr){.msg_iov = &vectors[index], .msg_iovlen = 1};
    }
    int done = 0;
    while (done < number) {
        int result = sendmmsg(connections[0], messages + done, (unsigned)(number - done), 0);
        if (result < 0) {
            if (errno == EINTR) {
                continue;
            }
            /* What the kernel refused is not sent and not counted as sent. */
            sent.failed++;
            if (errno != ENOBUFS && errno != EAGAIN) {
                fail("send");
            }
            done++;
            continue;
        }
        for (int index = done; index < done + result; index++) {
            count(&units[index]);
        }
        done += result;
    }
}

static void write_all(int connection, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t written = options.transport == FILE_OUTPUT
            ? write(connection, bytes, length) : send(connection, bytes, length, MSG_NOSIGNAL);
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            fail("write");
        }
        bytes += written;
        length -= (size_t)written;
    }
}

/* Reads one answer with its body and returns the status code. */
static int read_answer(int connection) {
    char text[65536];
    size_t held = 0;
    char *end = NULL;
    while (end == NULL) {
        ssize_t length = recv(connection, text + held, sizeof text - 1 - held, 0);
        if (length <= 0) {
            fail("read the answer");
        }
        held += (size_t)length;
        text[held] = '\0';
        end = strstr(text, "\r\n\r\n");
        if (end == NULL && held + 1 == sizeof text) {
            fail("read an answer of this length");
        }
    }
    int status = held > 12 ? atoi(text + 9) : 0;
    const char *length = strcasestr(text, "\r\ncontent-length:");
    size_t body = length != NULL && length < end ? strtoull(length + 17, NULL, 10) : 0;
    size_t got = held - (size_t)(end + 4 - text);
    if (status / 100 != 2 && sent.failed == 0) {
        fprintf(stderr, "load: answered with %d: %.300s\n", status, end + 4);
    }
    while (got < body) {
        ssize_t part = recv(connection, text, sizeof text, 0);
        if (part <= 0) {
            fail("read the answer's body");
        }
        got += (size_t)part;
    }
    return status;
}

/* One request on every connection, then their answers: so many are under way at a time. */
static void send_requests(struct unit *units, int number) {
    for (int index = 0; index < number; index++) {
        char head[1024];
        int length = snprintf(
            head, sizeof head,
            "POST %s HTTP/1.1\r\nHost: %s:%u\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: %zu\r\n\r\n",
            options.path, options.host, options.port, units[index].count);
        write_all(connections[index], head, (size_t)length);
        write_all(connections[index], units[index].bytes, units[index].count);
    }
    for (int index = 0; index < number; index++) {
        if (read_answer(connections[index]) / 100 == 2) {
            count(&units[index]);
        } else {
            sent.failed++;
        }
    }
}

static void send_writes(struct unit *units, int number) {
    static uint32_t next_connection;
    for (int index = 0; index < number; index++) {
        write_all(connections[next_connection], units[index].bytes, units[index].count);
        next_connection = (next_connection + 1) % options.connections;
        count(&units[index]);
    }
}

/* ---- The load ---- */

/* How many units go out together: as many as the transport takes in a call, but of a paced load
   not more than a millisecond's. */
static int units_together(void) {
    bool is_datagram = options.transport == UDP || options.transport == UNIX_DATAGRAM;
    int most = options.transport == HTTP ? (int)options.connections
        : is_datagram ? (int)options.together : 1;
    if (options.rate > 0 && options.transport != HTTP) {
        double lines = (double)options.unit_bytes / (double)line_bytes_max;
        double due = options.rate / 1000 / (lines * options.signals);
        if (due < most) {
            most = due < 1 ? 1 : (int)due;
        }
    }
    return most;
}

static double run(void) {
    int together = units_together();
    struct unit units[BATCH];
    for (int index = 0; index < together; index++) {
        units[index].bytes = malloc(options.unit_bytes + LINE_SPARE_BYTES);
        if (units[index].bytes == NULL) {
            fail("make buffers");
        }
    }
    double start = now(), time = start;
    while (time - start < options.seconds) {
        int number = 0;
        uint64_t left = options.lines > 0 ? options.lines - sent.lines : UINT64_MAX;
        while (number < together && left > 0) {
            fill(&units[number], left);
            left -= units[number++].lines;
        }
        if (number == 0) {
            break;
        }
        switch (options.transport) {
        case UDP:
        case UNIX_DATAGRAM: send_datagrams(units, number); break;
        case HTTP: send_requests(units, number); break;
        default: send_writes(units, number);
        }
        time = now();
        if (options.rate > 0) {
            double due = start + (double)sent.lines * options.signals / options.rate;
            if (due > time) {
                double pause = due - time;
                long rest = (long)((pause - (double)(time_t)pause) * 1e9);
                struct timespec sleep = {(time_t)pause, rest};
                nanosleep(&sleep, NULL);
                time = now();
            }
        }
        if (sent.failed > 1000 && options.transport == HTTP) {
            fail("go on after a thousand refused requests");
        }
    }
    return now() - start;
}

/* ---- The command line ---- */

static void parse_target(const char *text) {
    static const struct { const char *prefix; enum transport transport; } forms[] = {
        {"udp:", UDP}, {"tcp:", TCP}, {"unix:", UNIX_STREAM}, {"unixgram:", UNIX_DATAGRAM},
        {"http:", HTTP}, {"file:", FILE_OUTPUT}};
    for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
        size_t length = strlen(forms[form].prefix);
        if (strncmp(text, forms[form].prefix, length) != 0) {
            continue;
        }
        options.transport = forms[form].transport;
        if (options.transport == UDP || options.transport == TCP || options.transport == HTTP) {
            snprintf(options.path, sizeof options.path, "/write");
            if (sscanf(text + length, "%63[^:]:%hu%511s", options.host, &options.port,
                       options.path) < 2) {
                usage("--to", text);
            }
        } else {
            snprintf(options.path, sizeof options.path, "%s", text + length);
        }
        return;
    }
    usage("--to", text);
}

static void parse(int count, char **arguments) {
    bool has_target = false;
    for (int index = 1; index + 1 < count; index += 2) {
        const char *name = arguments[index], *value = arguments[index + 1];
        if (strcmp(name, "--to") == 0) {
            parse_target(value);
            has_target = true;
        } else if (strcmp(name, "--rate") == 0) {
            options.rate = atof(value);
        } else if (strcmp(name, "--seconds") == 0) {
            options.seconds = atof(value);
        } else if (strcmp(name, "--lines") == 0) {
            options.lines = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--devices") == 0) {
            options.devices = (uint32_t)atoi(value);
        } else if (strcmp(name, "--signals") == 0) {
            options.signals = (uint32_t)atoi(value);
        } else if (strcmp(name, "--stamps") == 0) {
            options.has_stamps = strcmp(value, "now") == 0;
        } else if (strcmp(name, "--unit-bytes") == 0) {
            options.unit_bytes = strtoull(value, NULL, 10);
        } else if (strcmp(name, "--unit-lines") == 0) {
            options.unit_lines = (uint32_t)atoi(value);
        } else if (strcmp(name, "--together") == 0) {
            options.together = (uint32_t)atoi(value);
        } else if (strcmp(name, "--connections") == 0) {
            options.connections = (uint32_t)atoi(value);
        } else if (strcmp(name, "--seed") == 0) {
            options.seed = strtoull(value, NULL, 10);
        } else {
            usage(name, value);
        }
    }
    if (!has_target || count % 2 == 0) {
        usage("a command line without --to, or", count > 1 ? arguments[count - 1] : "");
    }
    if (options.signals < 1 || options.signals > SIGNALS_MAX || options.devices < 1
        || options.connections < 1 || options.connections > CONNECTIONS_MAX
        || options.unit_lines < 1 || options.together < 1 || options.together > BATCH) {
        usage("a number out of range among",
              "--devices, --signals, --connections, --unit-lines, --together");
    }
}

int main(int count, char **arguments) {
    parse(count, arguments);
    make_devices(options.devices, options.signals, options.seed);
    /* A pause ends when it is due; the kernel's default is 50 microseconds later. */
    prctl(PR_SET_TIMERSLACK, 1);
    if (options.transport == HTTP) {
        options.unit_bytes = (size_t)options.unit_lines * line_bytes_max;
    } else if (options.unit_bytes == 0) {
        options.unit_bytes =
            options.transport == UDP || options.transport == UNIX_DATAGRAM ? 1400 : 65536;
    }
    if (options.unit_bytes < line_bytes_max) {
        usage("--unit-bytes", "too small for one line");
    }
    bool is_single = options.transport == UDP || options.transport == UNIX_DATAGRAM
        || options.transport == FILE_OUTPUT;
    for (uint32_t index = 0; index < (is_single ? 1 : options.connections); index++) {
        connections[index] = open_connection();
    }
    double seconds = run();
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    double cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec)
        + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) * 1e-6;
    fprintf(
        strcmp(options.path, "-") == 0 ? stderr : stdout,
        "{\"lines\":%llu,\"values\":%llu,\"bytes\":%llu,\"units\":%llu,\"failed\":%llu,"
        "\"seconds\":%.6f,\"cpu_seconds\":%.6f}\n",
        (unsigned long long)sent.lines, (unsigned long long)(sent.lines * options.signals),
        (unsigned long long)sent.bytes, (unsigned long long)sent.units,
        (unsigned long long)sent.failed, seconds, cpu);
    return 0;
}
