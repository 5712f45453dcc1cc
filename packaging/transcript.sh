#!/bin/sh
# Prints the page Documentation.docc/Transcript.md: every command, in a terminal and with --json, as
# the program answers today. Long lines are cut; what differs from run to run (process, clock,
# memory) is left out or shown as "...".
#
# FORESTALL names the program; run it from the root of the repository.
set -eu

forestall=${FORESTALL:-.build/release/forestall}
[ -x "$forestall" ] || {
    echo "transcript: there is no program at $forestall; run 'make build' first" >&2
    exit 1
}
forestall=$(cd "$(dirname "$forestall")" && pwd)/$(basename "$forestall")
home=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
ln -s "$home/config" "$home/sample-telemetry" "$work"
cd "$work"

# Standard output and standard error as a terminal shows them, and a code that is not 0.
show() {
    echo "\$ $*" | sed "s|$forestall|forestall|"
    code=0
    LC_ALL=C.UTF-8 sh -c "$(echo "$*" | sed "s|^forestall|$forestall|; s/| forestall/| $(echo "$forestall" | sed 's|/|\\/|g')/")" \
        >out 2>&1 </dev/null || code=$?
    sed -E -e 's/("(pid|resident_bytes|database_bytes)":)[0-9]+/\1.../' \
        -e 's/("(started_at|written_at)":)"[^"]*"/\1"..."/' \
        -e 's/^(Process|Started|Counters of|Memory|Database)( +).*/\1\2.../' \
        -e 's/^(.{108}).+$/\1 .../' out
    [ "$code" = 0 ] || echo "(exit code $code)"
    echo
}
begin() { printf '## %s\n\n```\n' "$1"; }
end() { printf '```\n\n'; }

cat <<'END'
# Transcript

Every command, tried by hand: in a terminal, and with `--json`.

`packaging/transcript.sh` prints this page; a test runs it and compares. Long lines are cut at `...`.

END

begin "Before anything runs"
show forestall check --config config/forestall.toml
printf '[class.pump]\nwindwo = "10m"\n' >wrong.toml
show forestall check --config wrong.toml
show forestall tickets --state nowhere
end

begin "Lines as they are understood"
printf 'pump,device=P-1 rms=1.5,count=3i,ok=t,note="a \\"b\\"" 1700000000000000000\npump,device=P-1 rms=abc\n' >lines
show forestall parse lines
end

begin "A month of a pump, replayed"
show forestall replay sample-telemetry/bearing-wear/telemetry.lp.gz --config config/forestall.toml \
    --state state
show forestall replay sample-telemetry/bearing-wear/telemetry.lp.gz --config config/forestall.toml \
    --state state
end

begin "What is there"
show forestall status --state state
show forestall status --state state --json
show forestall devices --state state
show forestall devices --state state --json
show forestall devices P-201 --state state
show forestall signals P-201 --state state
show forestall signals P-201 --state state --json
end

ticket=$("$forestall" tickets list --json --state state |
    sed -n 's/.*"ticket":"\([0-9a-f]*\)".*"component":"bearing".*/\1/p' | head -n 1)
options="--config config/forestall.toml --state state"
begin "What must somebody do"
show forestall tickets list --state state
show forestall tickets list --state state --json
show forestall tickets show "$ticket" --state state
show forestall tickets show "$ticket" --state state --json
end

begin "Decisions"
show forestall tickets ack "$ticket" --by anna --note '"on my way"' $options
show forestall tickets ack "$ticket" --by ben $options
show forestall tickets plan "$ticket" --at 2026-02-06T08:00:00Z --by anna --json $options
show forestall tickets close "$ticket" --outcome confirmed --part 6312-C3 --by anna $options
show forestall tickets list --state state
show forestall tickets reopen "$ticket" --by anna $options
show forestall tickets close "$ticket" --outcome fine $options
show forestall shelve P-201 --for 4h --reason overhaul --by anna $options
show forestall devices P-201 --state state
show forestall unshelve P-201 --by anna $options
show forestall unshelve P-201 --by anna --json $options
end

begin "What was done to the machines"
show forestall maintenance record P-201 replacement --component bearing --at 2026-02-04T12:00:00Z \
    --part 6312-C3 --cost 181.5 --by anna $options
printf 'time,device,component,event,part,cost,note\n2026-01-12T08:00:00Z,P-201,seal,inspection,,,dry\n2026-01-13T08:00:00Z,P-201,seal,mended,,,\n' >history.csv
show forestall maintenance import history.csv --by anna $options
show forestall maintenance import history.csv --by anna --json $options
show forestall maintenance list --state state
show forestall maintenance list --device P-201 --json --state state
end

begin "The alert log"
show forestall tail --no-follow --state state --severity urgent --since 3650d
show forestall tail --no-follow --state state --json
end

begin "For other programs"
show forestall export prognoses --state state --from 2026-01-19T16:00:00Z --until 2026-01-20T00:00:00Z
show forestall export maintenance --format jsonl --state state
show forestall export alerts --format lp --state state
end

begin "Is it whole, and where is a copy?"
show forestall verify --full $options
show forestall verify --json $options
show forestall backup copy.db --state state
show forestall backup copy.db --state state
end

begin "A fleet to try things on"
show forestall simulate --devices 2 --days 1 --seed 7 --out fleet
show forestall replay fleet/telemetry.lp.gz --config config/forestall.toml
end

begin "A daemon"
cat >live.toml <<'END'
[intake]
udp = ["127.0.0.1:0"]
tcp = []
http = []
END
gzip -dc sample-telemetry/noisy-sensor/telemetry.lp.gz | head -n 300 >some.lp
echo '$ forestall run --config live.toml --clock event --state live &'
"$forestall" run --config live.toml --clock event --state live 2>run.log &
daemon=$!
tries=0
until grep -qx ready run.log || [ "$tries" = 600 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
sed 's/:[0-9]*$/:8094/' run.log
echo
port=$(sed -n 's/^listening transport=udp address=127.0.0.1://p' run.log)
show forestall send some.lp --udp "127.0.0.1:$port" --rate 2000 | sed "s/127.0.0.1:$port/127.0.0.1:8094/"
kill -TERM "$daemon"
echo '$ kill -TERM %1'
wait "$daemon" || echo "(exit code $?)"
sed -n 's/^stopped/&/p' run.log
echo
show forestall devices --state live
end
