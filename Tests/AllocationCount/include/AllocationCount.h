/* Counts how often a thread asks the heap for memory, for tests that say "never".

   In: a thread that begins and ends a count. Out: how many calls of malloc and its relatives it
   made in between; calls of free are not counted, and other threads are not either.
   Always: linked into a program, this replaces malloc and its relatives in all of it, by functions
   that count and hand on to the C library's own. Absent on purpose: who asked, and how much. To
   find out, stop a debugger at `allocation_seen`. */
#ifndef ALLOCATION_COUNT_H
#define ALLOCATION_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* False where nothing can be counted: under a sanitizer, which has a heap of its own, and with
   another C library than glibc. */
bool allocation_count_works(void);

void allocation_count_begin(void);

uint64_t allocation_count_end(void);

#endif
