#!/bin/sh
# The whole way of a ticket on this machine: three recordings over UDP into the running daemon,
# and what the daemon made of them. Leaves ./demo-state to look at.
#
# FORESTALL names the program; run it from the root of the repository.
set -eu

forestall=${FORESTALL:-.build/release/forestall}
state=./demo-state
telemetry=sample-telemetry
recordings="bearing-wear healthy-week noisy-sensor"
daemon=
work=$(mktemp -d)

fail() {
    echo "demo: $*" >&2
    if [ -s "$work/log" ]; then sed 's/^/demo: daemon: /' "$work/log" >&2; fi
    exit 1
}

finish() {
    if [ -n "$daemon" ]; then
        kill -KILL "$daemon" 2>/dev/null || true
        wait "$daemon" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The value of `key=` in a line of words.
value() { sed -n "s/^.* $1=\([^ ]*\).*\$/\1/p"; }

# The example configuration on a port the kernel chooses: a daemon that is already running, or
# another program on port 8094, is not disturbed.
configure() {
    mkdir "$work/conf.d"
    cp config/forestall.toml "$work/forestall.toml"
    printf '[intake]\nudp = ["127.0.0.1:0"]\ntcp = ["127.0.0.1:0"]\nhttp = []\n' >"$work/conf.d/demo.toml"
}

# Starts the daemon on an empty state and sets `address`.
start() {
    # Only what an earlier demo left is removed.
    if [ -e "$state" ]; then
        [ -e "$state/lock" ] || fail "$state is in the way and is no state of forestall"
        rm -rf "$state"
    fi
    : >"$work/log"
    "$forestall" run --clock event --config "$work/forestall.toml" --state "$state" \
        2>"$work/log" &
    daemon=$!
    tries=0
    until grep -qx ready "$work/log"; do
        kill -0 "$daemon" 2>/dev/null || fail "the daemon did not start"
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || fail "the daemon was not ready after 30 seconds"
        sleep 0.1
    done
    address=$(sed -n 's/^listening transport=udp address=//p' "$work/log")
}

# Sends all recordings at $1 lines per second and sets `sent`.
feed() {
    sent=0
    for name in $recordings; do
        "$forestall" send "$telemetry/$name/telemetry.lp.gz" --udp "$address" --rate "$1" \
            2>"$work/sent" || fail "sending $name failed: $(cat "$work/sent")"
        lines=$(sed -n 's/^sent \([0-9]*\) lines.*/\1/p' "$work/sent")
        printf '  %-14s %6s lines\n' "$name" "$lines"
        sent=$((sent + lines))
    done
}

# SIGTERM makes the daemon take in everything the kernel still holds for it, commit and deliver it,
# and say what it did. Sets `lines`, `refused` and `drops`.
stop() {
    kill -TERM "$daemon"
    status=0
    wait "$daemon" || status=$?
    daemon=
    [ "$status" = 0 ] || fail "the daemon ended with code $status"
    stopped=$(grep '^stopped ' "$work/log") || fail "the daemon did not say what it did"
    lines=$(echo "$stopped" | value lines)
    refused=$(echo "$stopped" | value refused)
    drops=$(echo "$stopped" | value kernel_drops)
}

[ -x "$forestall" ] || fail "there is no program at $forestall; run 'make build' first"
configure

# UDP has no acknowledgement: a machine busy with other things may lose lines even on loopback.
# Then the kernel counts them, and the demo starts again, slower.
for rate in 8000 2000; do
    echo "Three recordings go to the daemon over UDP, $rate lines per second:"
    start
    feed "$rate"
    stop
    [ "$drops" != 0 ] || break
    echo "The kernel dropped $drops datagrams: this machine is busy."
done
echo "$stopped" | sed 's/^/  /'
[ $((lines + refused)) = "$sent" ] && [ "$drops" = 0 ] ||
    fail "$sent lines were sent, $lines taken in and $refused refused: that does not add up"
[ "$refused" = 0 ] || fail "$refused lines of the recordings were refused"
echo "All $sent lines are accounted for."
echo

truth=$telemetry/bearing-wear/truth.csv
device=$(awk -F, 'NR == 2 { print $1 }' "$truth")
onset=$(awk -F, 'NR == 2 { print $4 }' "$truth")
failure=$(awk -F, 'NR == 2 { print $5 }' "$truth")

echo "Tickets:  forestall tickets list --state $state"
echo
"$forestall" tickets list --state "$state"
echo
opened=$(find "$state/outbox/new" -name '*-1.json')
[ "$(echo "$opened" | grep -c .)" = 1 ] || fail "expected one ticket, found: ${opened:-none}"
ticket=$(basename "$opened" -1.json)
time=$(sed -n 's/.*"type":"opened","time":"\([^"]*\)".*/\1/p' "$opened")
grep -q "\"subject\":\"$device\"" "$opened" || fail "the ticket is not about $device"

echo "Everything about it:  forestall tickets show $ticket --state $state"
echo
"$forestall" tickets show "$ticket" --state "$state"
echo
lead=$(echo "$(date -u -d "$time" +%s) $(date -u -d "$failure" +%s)" |
    awk '{ printf "%.1f", ($2 - $1) / 86400 }')
case $lead in -* | 0.0) fail "the ticket came at $time, after the failure at $failure" ;; esac
echo "What really happened (the recordings come with the truth, which the daemon never saw):"
echo "  $device began to wear at $onset and failed at $failure."
echo "  The ticket was opened at $time, $lead days before the failure."
echo "  The healthy machines of healthy-week and the one of noisy-sensor, whose vibration sensor"
echo "  came loose, were watched just the same and got no ticket."
echo
messages=$(find "$state/outbox/new" -name '*.json' | grep -c .)
cat <<END
To look at:
  $state/forestall.db     SQLite; for example
      sqlite3 -header -column $state/forestall.db 'SELECT * FROM device_health'
      sqlite3 -header -column $state/forestall.db 'SELECT * FROM open_ticket'
  $state/outbox/new/      $messages messages for other programs (CloudEvents), such as
      $opened
  $state/alerts.log       one line per alert, for people and log collectors
END
