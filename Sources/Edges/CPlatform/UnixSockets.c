#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* Unix sockets, and sockets that somebody else made and handed over. */

/* False when the path is too long. */
static bool unix_address(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    if (length >= sizeof address->sun_path) {
        return false;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length);
    return true;
}

int csystem_unix_bind(const char *path, bool is_stream, uint32_t mode) {
    struct sockaddr_un address;
    if (!unix_address(path, &address)) {
        return -ENAMETOOLONG;
    }
    int type = is_stream ? SOCK_STREAM : SOCK_DGRAM;
    int descriptor = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        return -errno;
    }
    int on = 1;
    if (!is_stream) {
        setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    }
    /* The file gets the socket's own mode, less the umask; so it is never open wider than asked. */
    if (fchmod(descriptor, mode) < 0
        || bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0) {
        int code = errno;
        close(descriptor);
        return -code;
    }
    if (chmod(path, mode) < 0) {
        int code = errno;
        close(descriptor);
        unlink(path);
        return -code;
    }
    return descriptor;
}

int csystem_unix_probe(const char *path, bool is_stream) {
    struct sockaddr_un address;
    if (!unix_address(path, &address)) {
        return -ENAMETOOLONG;
    }
    int type = is_stream ? SOCK_STREAM : SOCK_DGRAM;
    int descriptor = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) {
        return -errno;
    }
    int code = connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
    close(descriptor);
    /* A full queue and a socket of another type are somebody's too. */
    return code == EAGAIN || code == EPROTOTYPE ? 0 : -code;
}

int csystem_find_owner(const char *user, const char *group, uint32_t *uid, uint32_t *gid) {
    char *end;
    *uid = UINT32_MAX;
    *gid = UINT32_MAX;
    if (user[0] != '\0') {
        struct passwd *found = getpwnam(user);
        unsigned long number = strtoul(user, &end, 10);
        if (found == NULL && *end != '\0') {
            return 1;
        }
        *uid = found != NULL ? found->pw_uid : (uint32_t)number;
    }
    if (group[0] != '\0') {
        struct group *found = getgrnam(group);
        unsigned long number = strtoul(group, &end, 10);
        if (found == NULL && *end != '\0') {
            return 2;
        }
        *gid = found != NULL ? found->gr_gid : (uint32_t)number;
    }
    return 0;
}

/* One integer option; -1 when it cannot be read. */
static int socket_option(int descriptor, int name) {
    int value = 0;
    socklen_t length = sizeof value;
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) < 0 ? -1 : value;
}

int csystem_socket_kind(int descriptor) {
    int family = socket_option(descriptor, SO_DOMAIN);
    if (family < 0) {
        return -errno;
    }
    int type = socket_option(descriptor, SO_TYPE);
    bool is_internet = family == AF_INET || family == AF_INET6;
    if (!(is_internet || family == AF_UNIX) || !(type == SOCK_DGRAM || type == SOCK_STREAM)) {
        return -EPROTONOSUPPORT;
    }
    if (type == SOCK_DGRAM) {
        return is_internet ? CSYSTEM_UDP : CSYSTEM_UNIX_DATAGRAM;
    }
    if (socket_option(descriptor, SO_ACCEPTCONN) != 1) {
        return -EINVAL;
    }
    return is_internet ? CSYSTEM_TCP : CSYSTEM_UNIX_STREAM;
}

int csystem_adopt_socket(int descriptor, int kind) {
    int on = 1;
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0
        || fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0) {
        return -errno;
    }
    if (kind == CSYSTEM_UDP) {
        setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    } else if (kind == CSYSTEM_UNIX_DATAGRAM) {
        setsockopt(descriptor, SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    }
    return 0;
}

int csystem_local_path(int descriptor, char *path, size_t path_bytes) {
    struct sockaddr_un address = {0};
    socklen_t length = sizeof address;
    if (getsockname(descriptor, (struct sockaddr *)&address, &length) < 0) {
        return -errno;
    }
    size_t start = offsetof(struct sockaddr_un, sun_path);
    size_t count = length > start ? length - start : 0;
    if (address.sun_path[0] == '\0' && count > 0) {
        address.sun_path[0] = '@';
    }
    snprintf(path, path_bytes, "%.*s", (int)count, address.sun_path);
    return 0;
}

int csystem_unix_send(const char *name, const void *bytes, size_t length) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t name_length = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || name_length < 2) {
        return CSYSTEM_BAD_ADDRESS;
    }
    if (name_length >= sizeof address.sun_path) {
        return -ENAMETOOLONG;
    }
    memcpy(address.sun_path, name, name_length);
    if (name[0] == '@') {
        address.sun_path[0] = '\0';
    }
    /* unix(7): an abstract name is as long as the address says, a path ends with its NUL. */
    socklen_t address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_length
                                           + (name[0] == '/' ? 1 : 0));
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return -errno;
    }
    struct timeval patience = {.tv_sec = 5};
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ssize_t sent;
    do {
        sent = sendto(descriptor, bytes, length, MSG_NOSIGNAL, (struct sockaddr *)&address,
                      address_length);
    } while (sent < 0 && errno == EINTR);
    int result = sent < 0 ? -errno : 0;
    close(descriptor);
    return result;
}
