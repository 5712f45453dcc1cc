#!/bin/sh
# Prepares the official Python clients that the end-to-end tests run as they are, in a virtual
# environment of their own under the build folder (BUILD/clients, or the folder named). Does nothing
# when they are there. Without Python or a network it says so and succeeds: the tests that need a
# client then say that they are skipped. FORESTALL_PYTHON names another Python that has them.
set -eu
folder=${1:-${BUILD:-.build}/clients}
# influxdb speaks to InfluxDB 1.x (UDP and HTTP), influxdb-client to 2.x, questdb to QuestDB.
packages="influxdb influxdb-client questdb"
# The one that the tests start, and what it must be able to import.
python=$folder/bin/python3
complete() {
    "$python" -c 'import influxdb, influxdb_client, questdb.ingress' >/dev/null 2>&1
}
! complete || exit 0
skip() {
    echo "clients: $1; tests that need the Python clients are skipped" >&2
    exit 0
}
command -v python3 >/dev/null 2>&1 || skip "no python3 here"
# Debian's python3 comes without ensurepip unless python3-venv is installed.
if ! python3 -c 'import ensurepip' >/dev/null 2>&1; then
    sh "$(dirname "$0")/dependencies.sh" python3-venv || skip "no python3-venv here"
fi

python3 -m venv --clear "$folder" || skip "cannot make a virtual environment in $folder"
# shellcheck disable=SC2086
"$python" -m pip install --quiet --disable-pip-version-check $packages \
    || skip "cannot install $packages"
complete || skip "the clients do not load"
