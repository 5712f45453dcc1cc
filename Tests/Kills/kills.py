#!/usr/bin/env python3
"""Kills `forestall replay --state` again and again, and looks whether anything of it can be seen.

What comes in: the program, a number of kills, a seed. Each state directory gets one to four runs
that end by SIGKILL, then the same command again until it completes. Then its tickets, windows,
scores and messages are compared, row by row and byte by byte, with those of a run nobody disturbed.

Nothing in the program takes part. Kills at a place are made by strace, which delivers the signal as
the program enters a system call on a file of the state directory; the call never returns, and
strace's own record of that is the marker that is counted. All other kills come at seeded moments.

Ends with 0 when every state is equal and every place was reached, with 1 when not, and with 0 and a
message when strace cannot be used here.
"""

import argparse
import contextlib
import dataclasses
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

# No run takes longer than this, in seconds; what does is broken.
PATIENCE = 600

# Everything the state says. Left out are only the order in which alerts and messages got their
# numbers, the times at which messages were delivered and what the process said about itself.
QUERIES = {
    "tickets": "SELECT * FROM {}.ticket",
    "ticket changes": "SELECT * FROM {}.ticket_change",
    "ticket decisions": "SELECT * FROM {}.ticket_decision",
    "devices": "SELECT * FROM {}.device",
    "attributes": "SELECT * FROM {}.device_attribute",
    "signals": "SELECT * FROM {}.signal",
    "windows": "SELECT * FROM {}.window",
    "device scores": "SELECT * FROM {}.device_score",
    "signal scores": "SELECT * FROM {}.signal_score",
    "prognoses": "SELECT * FROM {}.prognosis",
    "alerts": "SELECT time, device, kind, health, score, signal FROM {}.alert",
    "steps": "SELECT sequence, advanced_to, windows, first_window, last_window, changes,"
             " configuration, input_size, input_hash, input_offset FROM {}.step",
    "refusals": "SELECT * FROM {}.refusal",
    "messages": "SELECT sink, event_id, payload, time, delivered_at IS NULL FROM {}.outbox",
}


@dataclasses.dataclass(frozen=True)
class Place:
    """Where in the program a kill lands: as it enters a system call on one of these files."""

    name: str
    calls: tuple
    # Relative to the state directory; none stands for every file.
    files: tuple = ()
    # Calls that come too often to count them from the start: strace is attached on the way.
    attaches: bool = False


COMMIT = Place("commit: frame written", ("pwrite64",), ("forestall.db-wal",), attaches=True)
SYNC = Place("commit: log synchronized", ("fdatasync",), ("forestall.db-wal",))
BACKFILL = Place("commit: log copied back", ("pwrite64", "fdatasync"), ("forestall.db",), True)
CHECKPOINT = Place(
    "checkpoint: written, synchronized", ("write", "fsync"),
    ("checkpoint.a.tmp", "checkpoint.b.tmp"))
RENAME = Place("rename: checkpoint, message", ("rename",))
ANYWHERE = Place("anywhere, by time", ())

# Of every ten kills.
ROTATION = (COMMIT, ANYWHERE, CHECKPOINT, RENAME, ANYWHERE, SYNC, COMMIT, ANYWHERE, BACKFILL, RENAME)


class Run:
    """The command under test on one state directory."""

    def __init__(self, options, directory):
        self.state = directory
        self.log = directory.parent / (directory.name + ".strace")
        self.command = [
            options.program, "replay", options.recording, "--config", options.config,
            "--state", str(directory)]

    def start(self, prefix=()):
        # The files say what happened; what is printed is looked at only when a run fails.
        self.errors = tempfile.TemporaryFile()
        return subprocess.Popen(
            [*prefix, *self.command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.errors, env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})

    def complete(self):
        """Runs to the end; returns its seconds."""
        begin = time.monotonic()
        code = self.start().wait(PATIENCE)
        self.errors.seek(0)
        text = self.errors.read().decode(errors="replace")
        if code != 0:
            raise SystemExit(f"kills: {' '.join(self.command)} ended with code {code}: {text}")
        return time.monotonic() - begin

    def strace(self, place, call, number):
        arguments = ["strace", "-f", "-qq", "-y", "-o", str(self.log)]
        arguments += ["-e", "trace=" + call, "-e", f"inject={call}:signal=SIGKILL:when={number}"]
        for file in place.files:
            arguments += ["-P", str(self.state / file)]
        return arguments

    def kill(self, place, random, seconds, totals):
        """Runs until the kill; true when the marker proves that it hit the place."""
        self.log.unlink(missing_ok=True)
        if place is ANYWHERE:
            process = self.start()
            moment = random.uniform(0.02, 0.95) * seconds
            try:
                process.wait(moment)
                return False
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait(PATIENCE) == -signal.SIGKILL
        call = random.choice(place.calls)
        if place.attaches:
            process = self.start()
            time.sleep(random.uniform(0.02, 0.9) * seconds)
            tracer = subprocess.run(
                [*self.strace(place, call, random.randint(1, 400)), "-p", str(process.pid)],
                stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
            if tracer.returncode != 0 and process.poll() is None:
                process.kill()
                raise SystemExit("kills: strace cannot attach: " + tracer.stderr.decode())
        else:
            number = random.randint(1, totals[call])
            process = self.start(self.strace(place, call, number))
        process.wait(PATIENCE)
        return self.marker(call)

    def marker(self, call):
        """Whether the record has a call of this name that was entered and never returned, because
        the process was killed."""
        if not self.log.exists():
            return False
        lines = self.log.read_text(errors="replace").splitlines()
        never = re.compile(rf"^\d+ +(<\.\.\. )?{call}\b.* = \?$")
        return any(map(never.match, lines)) and any("killed by SIGKILL" in line for line in lines)

    def resumes_midway(self):
        """Whether a checkpoint names a place in the input other than its beginning."""
        for name in ("checkpoint.a", "checkpoint.b"):
            file = self.state / name
            if file.exists() and re.search(rb"[0-9a-f]{16}:0:[1-9]", file.read_bytes()[:256]):
                return True
        return False


def count_calls(run, seconds_allowed=PATIENCE):
    """How often an undisturbed run makes the calls that are counted from the start."""
    log = run.log
    prefix = ["strace", "-f", "-qq", "-y", "-o", str(log), "-e", "trace=fdatasync,fsync,write,rename"]
    run.start(prefix).wait(seconds_allowed)
    text = log.read_text(errors="replace")
    log.unlink()
    return {
        "rename": len(re.findall(r"^\d+ +rename\(", text, re.M)),
        "fdatasync": len(re.findall(r"fdatasync\(\d+<[^>]*forestall\.db-wal>", text)),
        "fsync": len(re.findall(r"fsync\(\d+<[^>]*checkpoint\.[ab]\.tmp>", text)),
        "write": len(re.findall(r"write\(\d+<[^>]*checkpoint\.[ab]\.tmp>", text)),
    }


def messages(state):
    """The spool, what was left half written, and the alert log."""
    spool = {file.name: file.read_bytes() for file in (state / "outbox/new").glob("*")}
    stumps = {path.name: b"" for path in (state / "outbox/tmp").glob("*")}
    # Delivery is at least once: a line that was written and not yet marked comes again.
    log = state / "alerts.log"
    lines = {line: b"" for line in log.read_text().splitlines()} if log.exists() else {}
    return {"spool files": spool, "stumps": stumps, "alert lines": lines}


def sizes(state):
    """How many rows and files of each kind a state has."""
    found = {name: len(items) for name, items in messages(state).items()}
    with contextlib.closing(sqlite3.connect(state / "forestall.db")) as database:
        for name, query in QUERIES.items():
            count = f"SELECT count(*) FROM ({query.format('main')})"
            found[name] = database.execute(count).fetchone()[0]
    return found


def compare(state, whole):
    """What a state has otherwise than the undisturbed one, as sentences."""
    expected, actual = messages(whole), messages(state)
    unequal = [
        f"{name}: {sorted(set(actual[name].items()) ^ set(expected[name].items()))[:2]}"
        for name in expected if actual[name] != expected[name]]
    with contextlib.closing(sqlite3.connect(state / "forestall.db")) as database:
        database.execute("ATTACH ? AS whole", (str(whole / "forestall.db"),))
        for name, query in QUERIES.items():
            here, there = query.format("main"), query.format("whole")
            more, less = (
                database.execute(f"SELECT count(*) FROM ({one} EXCEPT {other})").fetchone()[0]
                for one, other in ((here, there), (there, here)))
            if more or less:
                unequal.append(f"{name}: {more} rows too many, {less} missing")
    return unequal


def simulate(options, work):
    """A fleet whose replay takes long enough for a few checkpoints, which come every 5 seconds."""
    subprocess.run(
        [options.program, "simulate", "--devices", "8", "--days", "90", "--interval", "60",
         "--faults-every", "40", "--seed", str(options.seed), "--out", str(work / "fleet")],
        check=True, capture_output=True)
    options.recording = str(work / "fleet/telemetry.lp.gz")
    # Short windows make the store work.
    text = pathlib.Path(options.config).read_text()
    text = re.sub(r'^window = .*', 'window = "4m"', text, flags=re.M)
    options.config = str(work / "kills.toml")
    pathlib.Path(options.config).write_text(text)


@dataclasses.dataclass
class Row:
    """One line of the table."""

    kills: int = 0
    midway: int = 0
    completed: int = 0
    equal: int = 0


def torture(options, work):
    """Returns the table and the differences, as sentences."""
    whole = Run(options, work / "whole")
    seconds = whole.complete()
    rows = sizes(whole.state)
    for needed in ("tickets", "windows", "device scores", "spool files"):
        if rows[needed] == 0:
            raise SystemExit(f"kills: the recording gives no {needed}: it proves nothing")
    totals = count_calls(Run(options, work / "counted"))
    shutil.rmtree(work / "counted")
    print(f"one run takes {seconds:.1f} s: "
          + ", ".join(f"{count} {name}" for name, count in rows.items() if count), flush=True)

    table, differences = {}, []
    chance = random.Random(options.seed)
    done, number = 0, 0
    while done < options.kills:
        run = Run(options, work / f"state-{number}")
        number += 1
        if number > options.kills * 10:
            raise SystemExit("kills: most runs end before they can be killed; the recording is short")
        hit = []
        wanted = min(chance.randint(1, 4), options.kills - done)
        for _ in range(wanted):
            place = ROTATION[(done + len(hit)) % len(ROTATION)]
            if run.kill(place, chance, seconds, totals):
                hit.append((place, run.resumes_midway()))
        # A run that ended before its kill proves nothing; its place is tried again.
        if hit:
            run.complete()
            unequal = compare(run.state, whole.state)
            for place, midway in hit:
                row = table.setdefault(place.name, Row())
                row.kills += 1
                row.midway += midway
                row.completed += 1
                row.equal += not unequal
            if unequal:
                places = ", ".join(place.name for place, _ in hit)
                differences.append(f"state {number - 1}, killed at {places}: {', '.join(unequal)}")
                if options.keep:
                    shutil.copytree(run.state, pathlib.Path(options.keep) / run.state.name)
            done += len(hit)
        shutil.rmtree(run.state, ignore_errors=True)
    return table, differences


def report(table, differences):
    """Prints the table; true when everything is as it must be."""
    print(f"| {'killed at':<34} | kills | midway | completed | equal |")
    print(f"| {'-' * 34} | ----- | ------ | --------- | ----- |")
    total = Row()
    for name, row in sorted(table.items()):
        print(f"| {name:<34} | {row.kills:5} | {row.midway:6} | {row.completed:9} | {row.equal:5} |")
        for field in dataclasses.fields(Row):
            setattr(total, field.name, getattr(total, field.name) + getattr(row, field.name))
    print(f"| {'all':<34} | {total.kills:5} | {total.midway:6} | {total.completed:9} "
          f"| {total.equal:5} |")
    inside = total.kills - table.get(ANYWHERE.name, Row()).kills
    print(f"{inside} kills inside a commit, a checkpoint or a rename, by strace's record; "
          f"midway: a checkpoint of the middle of the input was there to go on from")
    for difference in differences:
        print("DIFFERENCE " + difference)
    missing = [p.name for p in (COMMIT, CHECKPOINT, RENAME) if p.name not in table]
    for name in missing:
        print("MISSING no kill at " + name)
    print(f"{len(differences)} differences")
    return not differences and not missing


def strace_works():
    if shutil.which("strace") is None:
        return False
    probe = subprocess.run(
        ["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False)
    return probe.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--recording", help="a recording in place of a simulated fleet")
    parser.add_argument("--config", default="config/forestall.toml")
    parser.add_argument("--keep", help="directory for copies of states that differ")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    if not strace_works():
        print("skipped: strace is not here or may not trace; sh packaging/test-dependencies.sh")
        return 0
    # On the disk and not in memory: synchronizing must mean something.
    with tempfile.TemporaryDirectory(prefix="forestall-kills-", dir=os.environ.get("TMPDIR")) as name:
        work = pathlib.Path(name).resolve()
        if options.recording is None:
            simulate(options, work)
        return 0 if report(*torture(options, work)) else 1


if __name__ == "__main__":
    sys.exit(main())
