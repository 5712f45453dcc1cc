#include "AllocationCount.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OWN_HEAP
#endif
#endif

static __thread bool is_counting;
static __thread uint64_t seen;

void allocation_count_begin(void) {
    seen = 0;
    is_counting = true;
}

uint64_t allocation_count_end(void) {
    is_counting = false;
    return seen;
}

#if defined(__GLIBC__) && !defined(HAS_OWN_HEAP)

/* What the C library's own functions are called besides malloc, calloc, realloc and memalign; glibc
   keeps these names for those who replace the others (malloc(3), "replacing malloc"). */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

bool allocation_count_works(void) { return true; }

__attribute__((noinline)) static void allocation_seen(void) { seen++; }

static inline void note(void) {
    if (is_counting) {
        allocation_seen();
    }
}

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    note();
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    note();
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    note();
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) {
        return EINVAL;
    }
    void *found = __libc_memalign(alignment, size);
    if (found == NULL) {
        return ENOMEM;
    }
    *memory = found;
    return 0;
}

#else

bool allocation_count_works(void) { return false; }

#endif
