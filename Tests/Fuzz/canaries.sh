#!/bin/sh
# Faults put into the parser on purpose, one at a time: the fuzzer must find each, or it looks at
# nothing. canaries.sh [NAME ...]
#
# The first two start from nothing, without corpus and dictionary, so that only coverage leads to
# them: one is a read of one byte behind the input, the other needs a whole record around an
# unsigned integer. The others start from the corpus.
set -eu
cd "$(dirname "$0")/../.."
folder=${FUZZ_BUILD:-.build-fuzz}/canaries
mkdir -p "$folder"
python3 Tests/Fuzz/seeds.py Tests/Corpus/line-protocol "$folder/seeds"
export SWIFT_BACKTRACE=enable=no
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=8
parser=Sources/Core/LineProtocol
failed=0

# canary NAME RUNS SEEDS MESSAGE FILE SED
canary() {
    case " ${wanted:-$1} " in *" $1 "*) ;; *) return 0 ;; esac
    sh Tests/Fuzz/build.sh "$folder" "$parser/$5" "$6"
    rm -rf "$folder/found"
    mkdir "$folder/found"
    if nice -n 19 "$folder/build/release/forestall-fuzz" -runs="$2" -seed=1 -max_len=64 -print_final_stats=1 \
        -artifact_prefix="$folder/" "$folder/found" $3 >"$folder/$1.log" 2>&1; then
        echo "$1: NOT FOUND in $2 inputs"
        failed=1
    elif grep -q "$4" "$folder/$1.log"; then
        after=$(sed -n 's/^stat::number_of_executed_units: *//p' "$folder/$1.log")
        echo "$1: found after $after inputs"
    else
        echo "$1: ended without \"$4\", see $folder/$1.log"
        failed=1
    fi
}

wanted="$*"
canary memory 200000 "" "heap-buffer-overflow" ByteWindow.swift \
    's/offset < count ? unsafe base/offset <= count ? unsafe base/'
canary unsigned 2000000 "" "Fatal error" Numbers.swift \
    's/kind: .unsigned, bits: value,/kind: .unsigned, bits: value ^ 1,/'
canary boundary 300000 "$folder/seeds" "Fatal error" RecordBoundary.swift \
    's/guard let close, close < newline || window.isValueEnd(close &+ 1) else/guard let close else/'
canary rounding 300000 "$folder/seeds" "Fatal error" Decimal.swift \
    's/if low <= 1, exponent >= -4/if low <= 1, exponent >= 40/'
exit $failed
