#include "FuzzDriver.h"

#include <stddef.h>
#include <stdint.h>

// libFuzzer's, from the compiler's runtime, and ours, in FuzzLineProtocol.swift.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*one)(const uint8_t *, size_t));
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int forestall_fuzz_main(int argc, char **argv) {
    return LLVMFuzzerRunDriver(&argc, &argv, LLVMFuzzerTestOneInput);
}
