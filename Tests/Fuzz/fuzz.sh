#!/bin/sh
# The line protocol parser under libFuzzer with the address sanitizer: fuzz.sh [RUNS]
#
# Starts from the corpus and from what earlier runs found worth keeping. Ends with an error, and
# keeps the input, when an input breaks what must hold for all (Tests/Fuzz/Invariants).
set -eu
cd "$(dirname "$0")/../.."
runs=${1:-10000000}
folder=${FUZZ_BUILD:-.build-fuzz}
mkdir -p "$folder/found"
sh Tests/Fuzz/build.sh "$folder"
python3 Tests/Fuzz/seeds.py Tests/Corpus/line-protocol "$folder/seeds"
# The runtime's own handler reads all memory after a crash, which the sanitizer forbids.
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=8
exec nice -n 19 "$folder/build/release/forestall-fuzz" -runs="$runs" -seed="${SEED:-1}" \
    -max_len=256 -print_final_stats=1 -artifact_prefix="$folder/" \
    -dict=Tests/Fuzz/line-protocol.dict "$folder/found" "$folder/seeds"
