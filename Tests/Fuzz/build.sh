#!/bin/sh
# Builds the fuzz program from a copy of the parser and its checks: build.sh FOLDER [FILE SED]
#
# The copy keeps the package's own build and its resolved dependencies as they are, and lets a fault
# be put into it: the script SED changes FILE, which must change.
set -eu
cd "$(dirname "$0")/../.."
folder=$1
rm -rf "$folder/package"
mkdir -p "$folder/package/Sources/Core" "$folder/package/Tests"
cp Package.swift "$folder/package/"
cp -r Sources/Core/LineProtocol "$folder/package/Sources/Core/"
cp -r Tests/Fuzz "$folder/package/Tests/"
if [ $# -eq 3 ]; then
    sed -i.before "$3" "$folder/package/$2"
    if cmp -s "$folder/package/$2" "$folder/package/$2.before"; then
        echo "fuzz: nothing in $2 matches $3" >&2
        exit 1
    fi
    rm "$folder/package/$2.before"
fi
FORESTALL_FUZZ=1 swift build -c release --product forestall-fuzz \
    --package-path "$folder/package" --scratch-path "$folder/build" >"$folder/build.log" 2>&1 ||
    { cat "$folder/build.log" >&2; exit 1; }
