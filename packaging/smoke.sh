#!/bin/sh
# A quick look at whether the program does what it is for: answers, reads, replays, opens a ticket.
# Prints one line for each; ends with code 1 at the first surprise.
#
# FORESTALL names the program; run it from the root of the repository.
set -eu

forestall=${FORESTALL:-.build/release/forestall}
telemetry=sample-telemetry
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
    echo "smoke: $*" >&2
    for part in out err; do
        if [ -s "$work/$part" ]; then sed "s/^/smoke: $part: /" "$work/$part" >&2; fi
    done
    exit 1
}

# Runs the program with the arguments after the first, which is the exit code it must have.
expect() {
    wanted=$1
    shift
    code=0
    "$forestall" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
    [ "$code" = "$wanted" ] || fail "'forestall $*' ended with code $code instead of $wanted"
}

# Standard output of the last run must have a line that is or contains this text.
says() { grep -qF -e "$1" "$work/out" || fail "expected on standard output: $1"; }
complains() { grep -qF -e "$1" "$work/err" || fail "expected on standard error: $1"; }
ok() { echo "ok  $*"; }

[ -x "$forestall" ] || fail "there is no program at $forestall; run 'make build' first"

expect 0 --version
grep -qx '[0-9]*\.[0-9]*\.[0-9].*' "$work/out" || fail "that is no version"
expect 0 --help
for command in run check replay parse status devices signals tickets shelve unshelve \
    maintenance tail simulate send export verify backup; do
    says "  $command "
    expect 0 "$command" --help
    says "USAGE: forestall $command"
    expect 0 --help
done
expect 64 no-such-command
ok "version, help and usage"

for file in config/forestall.toml config/minimal.toml; do
    expect 0 check --config "$file"
done
printf '[intake]\nupd = ["127.0.0.1:8094"]\n' >"$work/wrong.toml"
expect 78 check --config "$work/wrong.toml"
complains "$work/wrong.toml:2: "
expect 78 check --config "$work/absent.toml"
ok "configuration: both examples are fine, a wrong key and a missing file are not"

printf 'pump,device=a value=1.5 1700000000000000000\npump value=\n' >"$work/lines"
expect 65 parse "$work/lines"
says '{"line":1,"ok":true,"measurement":"pump","tags":{"device":"a"},"fields":{"value":{"type":"float","value":1.5}},"timestamp":1700000000000000000}'
says '{"line":2,"ok":false,"column":'
expect 0 parse "$telemetry/noisy-sensor/telemetry.lp.gz"
[ "$(wc -l <"$work/out")" = 14248 ] || fail "expected 14248 records"
ok "parse: plain and gzip, good and bad"

expect 0 replay "$telemetry/healthy-week/telemetry.lp.gz" --config config/forestall.toml \
    --tickets "$work/healthy.jsonl"
[ ! -s "$work/healthy.jsonl" ] || fail "a healthy machine got a ticket"
expect 0 replay "$telemetry/bearing-wear/telemetry.lp.gz" --config config/forestall.toml \
    --state "$work/state" --tickets "$work/wear.jsonl"
[ "$(grep -c '"type":"opened"' "$work/wear.jsonl")" = 1 ] || fail "expected one opened ticket"
[ "$(find "$work/state/outbox/new" -name '*.json' | grep -c .)" = "$(wc -l <"$work/wear.jsonl")" ] ||
    fail "the outbox does not hold one message for each ticket change"
grep -q 'event=ticket.opened' "$work/state/alerts.log" || fail "alerts.log has no opened ticket"
ok "replay: no ticket for the healthy machines, one for the worn bearing"

expect 0 tickets list --state "$work/state"
says "P-201  bearing"
says "6312-C3"
expect 0 tickets list --json --state "$work/state"
ticket=$(sed -n 's/.*"ticket":"\([^"]*\)".*/\1/p' "$work/out")
expect 0 tickets show "$ticket" --state "$work/state"
says "Ticket $ticket"
expect 1 tickets show no-such-ticket --state "$work/state"
expect 74 tickets list --state "$work/absent"
ok "tickets: listed and shown"
