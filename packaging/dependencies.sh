#!/bin/sh
# Installs the Debian packages Forestall builds with, or those named. Does nothing when they are
# there.
set -eu
missing=
[ $# -gt 0 ] || set -- libsqlite3-dev zlib1g-dev
for package; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' \
        || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "dependencies: please install$missing with this system's package manager" >&2
    exit 1
fi
run=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "dependencies: please run as root once: apt-get install$missing" >&2
        exit 1
    }
    run=sudo
fi
$run apt-get update -q
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $run apt-get install -q -y --no-install-recommends $missing
