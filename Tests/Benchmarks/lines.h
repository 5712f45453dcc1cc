/* The lines that `load.c` sends: which devices and signals there are, and how their values move.

   Each signal of each device walks at random around a level of its own and has three decimals, so
   that no line comes twice and numbers change their length now and then. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* LINE_SPARE_BYTES: what `write_line` may touch behind the line it wrote. */
enum { SIGNALS_MAX = 32, KEY_BYTES = 64, NAME_BYTES = 16, LINE_SPARE_BYTES = NAME_BYTES };

/* A device: the bytes before its fields, and where each of its signals stands, in thousandths. */
struct device {
    char key[KEY_BYTES];
    uint32_t key_bytes;
    int32_t signals[SIGNALS_MAX];
};

static struct device *devices;
static uint32_t device_count, signal_count, next_device;
static char names[SIGNALS_MAX][NAME_BYTES];
static uint32_t name_bytes[SIGNALS_MAX];
static uint64_t random_state;
static char thousandths[1000][3];
static size_t line_bytes_max;

/* xorshift64 (Marsaglia, 2003): enough for noise, and next to nothing beside a system call. */
static uint32_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 32);
}

/* Line protocol of `count` devices with `signals` each; the same seed gives the same values. */
static void make_devices(uint32_t count, uint32_t signals, uint64_t seed) {
    device_count = count;
    signal_count = signals;
    static const char *known[] = {"flow", "current", "pressure", "vibration"};
    static const int32_t levels[] = {30412, 11018, 4930, 2817};
    random_state = seed * 0x9E3779B97F4A7C15u | 1;
    for (int value = 0; value < 1000; value++) {
        char text[4];
        snprintf(text, sizeof text, "%03d", value);
        memcpy(thousandths[value], text, 3);
    }
    for (uint32_t signal = 0; signal < signal_count; signal++) {
        char name[NAME_BYTES];
        if (signal < 4) {
            snprintf(name, sizeof name, "%s", known[signal]);
        } else {
            snprintf(name, sizeof name, "signal_%02u", signal);
        }
        name_bytes[signal] = (uint32_t)snprintf(
            names[signal], NAME_BYTES, "%s%s=", signal > 0 ? "," : "", name);
        line_bytes_max += name_bytes[signal] + 12;
    }
    line_bytes_max += KEY_BYTES + 24;
    devices = calloc(device_count, sizeof *devices);
    if (devices == NULL) {
        fprintf(stderr, "load: no memory for %u devices\n", count);
        exit(1);
    }
    for (uint32_t index = 0; index < device_count; index++) {
        struct device *device = &devices[index];
        device->key_bytes = (uint32_t)snprintf(
            device->key, KEY_BYTES, "pump,device=P-%04u,site=n%u,line=%u ", index, index % 8,
            index % 10);
        for (uint32_t signal = 0; signal < signal_count; signal++) {
            int32_t level = levels[signal % 4];
            device->signals[signal] = level + (int32_t)(next_random() % (uint32_t)(level / 4));
        }
    }
}

/* Bytes of the text of `value` at `to`; `digits` are made from the right. */
static char *write_number(char *to, uint32_t value) {
    char digits[10];
    int count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    while (count > 0) {
        *to++ = digits[--count];
    }
    return to;
}

/* A step of the walk, at most about half a percent, drawn back a little to where it began. */
static int32_t walk(int32_t value, uint32_t signal) {
    static const int32_t levels[] = {30412, 11018, 4930, 2817};
    int32_t level = levels[signal % 4];
    uint32_t step = (uint32_t)level / 256 + 1;
    value += (int32_t)(next_random() % (2 * step + 1)) - (int32_t)step - (value - level) / 128;
    return value > 0 ? value : 0;
}

static char *write_line(char *to, const char *stamp) {
    struct device *device = &devices[next_device];
    next_device = next_device + 1 < device_count ? next_device + 1 : 0;
    memcpy(to, device->key, device->key_bytes);
    to += device->key_bytes;
    for (uint32_t signal = 0; signal < signal_count; signal++) {
        int32_t value = walk(device->signals[signal], signal);
        device->signals[signal] = value;
        memcpy(to, names[signal], NAME_BYTES);
        to += name_bytes[signal];
        to = write_number(to, (uint32_t)value / 1000);
        *to++ = '.';
        memcpy(to, thousandths[value % 1000], 3);
        to += 3;
    }
    if (stamp != NULL) {
        *to++ = ' ';
        memcpy(to, stamp, 19);
        to += 19;
    }
    *to++ = '\n';
    return to;
}

/* One more nanosecond: no two lines of a unit have the same time. */
static void advance(char *stamp) {
    for (int digit = 18; digit >= 0 && ++stamp[digit] > '9'; digit--) {
        stamp[digit] = '0';
    }
}

#endif
