// Makes calls to the file system fail, for tests: a library that is loaded before all others
// (LD_PRELOAD) and stands before the C library's own functions. It concerns only files whose path
// begins with $FAULTS_PREFIX; of the calls of class $FAULTS_CALL on those it lets the first
// $FAULTS_AT - 1 pass, then the next $FAULTS_FOR (0: all further ones) fail with the errno
// $FAULTS_ERRNO. Each that fails is a line in the file $FAULTS_LOG: class, number, path; the last
// line is the word `total` with the number of calls of the class.
//
// Classes: open, write, sync, truncate, rename, unlink, read, mkdir. With $FAULTS_SHORT set, the
// first call to `write` that is to fail writes half of what it was given instead, as a disk that
// becomes full does; the ones after it fail.
//
// Both names of a call that has a 64-bit variant are caught: SQLite uses those.

#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { DESCRIPTORS = 65536 };

static const char *prefix, *class, *log_path;
static size_t prefix_length;
static long first = LONG_MAX, last, code;
static int is_short;
static atomic_long calls;
static char *_Atomic paths[DESCRIPTORS];

__attribute__((constructor)) static void begin(void) {
    prefix = getenv("FAULTS_PREFIX");
    class = getenv("FAULTS_CALL");
    log_path = getenv("FAULTS_LOG");
    const char *at = getenv("FAULTS_AT"), *count = getenv("FAULTS_FOR");
    const char *number = getenv("FAULTS_ERRNO");
    if (!prefix || !class || !at || !number) {
        prefix = NULL;
        return;
    }
    prefix_length = strlen(prefix);
    first = atol(at);
    long lasting = count ? atol(count) : 1;
    last = lasting == 0 ? LONG_MAX : first + lasting - 1;
    code = atol(number);
    is_short = getenv("FAULTS_SHORT") != NULL;
}

__attribute__((destructor)) static void end(void);

static int concerns(const char *path) {
    return prefix && path && strncmp(path, prefix, prefix_length) == 0;
}

static const char *path_of(int descriptor) {
    if (!prefix || descriptor < 0 || descriptor >= DESCRIPTORS) return NULL;
    return atomic_load(&paths[descriptor]);
}

// A line in the log, by the kernel's own calls: they must not be counted.
static void note(long number, const char *path) {
    if (!log_path) return;
    char line[PATH_MAX + 64];
    int length = snprintf(line, sizeof line, "%s %ld %s\n", class, number, path);
    long file = syscall(SYS_openat, AT_FDCWD, log_path, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (file < 0) return;
    syscall(SYS_write, file, line, (size_t)length);
    syscall(SYS_close, file);
}

static void end(void) {
    if (prefix) note(atomic_load(&calls), "total");
}

// The number of this call when it is to fail, else 0.
static long fails(const char *which, const char *path) {
    if (!path || !class || strcmp(which, class) != 0) return 0;
    long number = atomic_fetch_add(&calls, 1) + 1;
    if (number < first || number > last) return 0;
    note(number, path);
    errno = (int)code;
    return number;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static int opened(int descriptor, const char *path) {
    if (descriptor >= 0 && descriptor < DESCRIPTORS && concerns(path))
        atomic_store(&paths[descriptor], strdup(path));
    return descriptor;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if (concerns(path) && fails("open", path)) return -1; \
        return opened(real(path, flags, mode), path); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int directory, const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        if (concerns(path) && fails("open", path)) return -1; \
        return opened(real(directory, path, flags, mode), path); \
    }
OPENAT(openat)
OPENAT(openat64)

int close(int descriptor) {
    REAL(close);
    if (path_of(descriptor)) free(atomic_exchange(&paths[descriptor], NULL));
    return real(descriptor);
}

// True when half of `count` bytes are to be written in place of a failure.
static int halves(long number, size_t count) { return is_short && number == first && count > 1; }

ssize_t write(int descriptor, const void *bytes, size_t count) {
    REAL(write);
    long number = fails("write", path_of(descriptor));
    if (number && halves(number, count)) return real(descriptor, bytes, count / 2);
    return number ? -1 : real(descriptor, bytes, count);
}

#define PWRITE(name, offset_type) \
    ssize_t name(int descriptor, const void *bytes, size_t count, offset_type offset) { \
        REAL(name); \
        long number = fails("write", path_of(descriptor)); \
        if (number && halves(number, count)) return real(descriptor, bytes, count / 2, offset); \
        return number ? -1 : real(descriptor, bytes, count, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t read(int descriptor, void *bytes, size_t count) {
    REAL(read);
    return fails("read", path_of(descriptor)) ? -1 : real(descriptor, bytes, count);
}

#define PREAD(name, offset_type) \
    ssize_t name(int descriptor, void *bytes, size_t count, offset_type offset) { \
        REAL(name); \
        return fails("read", path_of(descriptor)) ? -1 \
                                                  : real(descriptor, bytes, count, offset); \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

int fsync(int descriptor) {
    REAL(fsync);
    return fails("sync", path_of(descriptor)) ? -1 : real(descriptor);
}

int fdatasync(int descriptor) {
    REAL(fdatasync);
    return fails("sync", path_of(descriptor)) ? -1 : real(descriptor);
}

#define TRUNCATE(name, offset_type) \
    int name(int descriptor, offset_type length) { \
        REAL(name); \
        return fails("truncate", path_of(descriptor)) ? -1 : real(descriptor, length); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int rename(const char *old, const char *new) {
    REAL(rename);
    return concerns(new) && fails("rename", new) ? -1 : real(old, new);
}

int unlink(const char *path) {
    REAL(unlink);
    return concerns(path) && fails("unlink", path) ? -1 : real(path);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return concerns(path) && fails("mkdir", path) ? -1 : real(path, mode);
}
