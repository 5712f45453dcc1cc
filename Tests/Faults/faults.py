#!/usr/bin/env python3
"""Makes the Nth call to the file system fail, for N = 1, 2, ... until a whole run passes untouched.

What comes in: the program, the library made of faults.c. For each class of call, each error and each
N there is a fresh state directory and a run of `forestall replay`, or a short life of `forestall
run`, in which that one call fails; then the state is looked at, the same command is run again
untouched, and everything is compared with a state that was never disturbed.

What must hold after every failure: the program ends with a code of its own, and when that is not 0,
with a sentence; `forestall verify` finds nothing; no message and no change of a ticket that was
there is missing afterwards; and in the end all is as it is without a failure. A daemon that had
become ready must have got over the failure by itself.

Ends with 0 when all of that holds, with 1 when not.
"""

import argparse
import contextlib
import dataclasses
import errno
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Kills"))
import kills  # noqa: E402

# No run takes longer than this, in seconds; what does is broken.
PATIENCE = 120

# Class of call, error, and whether the first failing write is cut in half instead.
FAULTS = (
    ("open", errno.ENOSPC, False), ("open", errno.EIO, False), ("open", errno.EROFS, False),
    ("open", errno.EMFILE, False), ("write", errno.ENOSPC, False), ("write", errno.EIO, False),
    ("write", errno.ENOSPC, True), ("sync", errno.EIO, False), ("truncate", errno.EIO, False),
    ("rename", errno.ENOSPC, False), ("rename", errno.EROFS, False), ("read", errno.EIO, False),
    ("unlink", errno.EIO, False), ("mkdir", errno.ENOSPC, False),
)

# What only a start that found no usable database may answer.
NO_STATE = ("there is no Forestall database", "run `forestall run` once to bring it up to date")


@dataclasses.dataclass
class Ending:
    code: int
    errors: str
    # The lines of the library's log without the last one, and the number in that.
    faults: list
    total: int


class Subject:
    """A command on a state directory, with or without a failure."""

    name = ""

    def __init__(self, options, work):
        self.options, self.work = options, work

    def run(self, state, fault=None, at=0):
        log = self.work / "faults.log"
        log.unlink(missing_ok=True)
        environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no"}
        call, number, is_short = fault or ("none", 0, False)
        environment.update(
            LD_PRELOAD=str(self.options.shim), FAULTS_PREFIX=str(state), FAULTS_CALL=call,
            FAULTS_AT=str(at), FAULTS_FOR=str(2 if is_short else 1), FAULTS_ERRNO=str(number),
            FAULTS_LOG=str(log))
        if is_short:
            environment["FAULTS_SHORT"] = "1"
        with tempfile.TemporaryFile() as errors:
            code = self.act(state, environment, errors)
            errors.seek(0)
            text = errors.read().decode(errors="replace")
        lines = log.read_text().splitlines() if log.exists() else []
        total = [int(line.split()[1]) for line in lines if line.endswith(" total")]
        return Ending(
            code, text, [line for line in lines if not line.endswith(" total")],
            total[-1] if total else 0)

    def act(self, state, environment, errors):
        raise NotImplementedError


class Replay(Subject):
    name = "replay"

    def act(self, state, environment, errors):
        return subprocess.run(
            [self.options.program, "replay", self.options.recording, "--config",
             self.options.config, "--state", str(state)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=errors, env=environment, timeout=PATIENCE,
            check=False).returncode


class Life(Subject):
    """A daemon that gets the recording over TCP and is stopped."""

    name = "run"
    sends = True

    @property
    def config(self):
        return self.options.live_config

    def act(self, state, environment, errors):
        process = subprocess.Popen(
            [self.options.program, "run", "--clock", "event", "--config", self.config, "--state",
             str(state)], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=errors, env=environment)
        try:
            port = self.port(process, errors)
            if port is not None and not self.sends:
                process.send_signal(signal.SIGTERM)
            elif port is not None:
                with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
                    connection.sendall(pathlib.Path(self.options.lines).read_bytes())
                process.send_signal(signal.SIGTERM)
            return process.wait(PATIENCE)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()

    def port(self, process, errors):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            ended = process.poll() is not None
            text = os.pread(errors.fileno(), 1 << 20, 0).decode(errors="replace")
            if "ready" in text.splitlines():
                line = next(l for l in text.splitlines() if "transport=tcp" in l)
                return int(line.rsplit(":", 1)[1])
            if ended:
                return None
            time.sleep(0.002)
        raise SystemExit("faults: the daemon does not become ready")


class JournalledLife(Life):
    """The same at level `journal`."""

    name = "journal"

    @property
    def config(self):
        path = pathlib.Path(self.options.live_config).with_name("journal.toml")
        path.write_text(pathlib.Path(self.options.live_config).read_text(encoding="utf-8").replace(
            "[state]", '[state]\ndurability = "journal"\njournal_interval = "5ms"', 1))
        return str(path)


def verify(options, state, is_whole):
    """Findings of `forestall verify`, as one text; empty when there are none."""
    outcome = subprocess.run(
        [options.program, "verify", "--state", str(state), "--config", options.config],
        capture_output=True, text=True, timeout=PATIENCE, check=False)
    if outcome.returncode == 0:
        return ""
    text = outcome.stdout + outcome.stderr
    if not is_whole and any(sentence in text for sentence in NO_STATE):
        return ""
    return f"verify ends with {outcome.returncode}: {text.strip()}"


def committed(state):
    """What must not be lost any more: changes of tickets, messages, files of the spool."""
    kept = set()
    spool = state / "outbox/new"
    if spool.exists():
        kept |= {("file", file.name, file.read_bytes()) for file in spool.iterdir()}
    with contextlib.suppress(sqlite3.Error), contextlib.closing(
            sqlite3.connect(f"file:{state}/forestall.db?mode=ro", uri=True)) as database:
        kept |= set(database.execute(
            "SELECT 'change', ticket || '-' || revision, document FROM ticket_change"))
        kept |= set(database.execute("SELECT sink, event_id, payload FROM outbox"))
    return kept


def examine(subject, state, ending, whole):
    """What is wrong after a run with a failure, as sentences."""
    wrong = []
    options = subject.options
    if ending.code < 0:
        wrong.append(f"ended by signal {-ending.code}: {ending.errors.strip()[-400:]}")
    sentences = [l for l in ending.errors.splitlines()
                 if l.strip() and not l.startswith(("listening ", "ready", "stopped "))]
    if ending.code != 0 and not sentences:
        wrong.append(f"ended with {ending.code} without a sentence")
    found = verify(options, state, is_whole=ending.code == 0)
    if found:
        wrong.append("after the failure " + found)
    before = committed(state) if state.exists() else set()
    was_ready = "ready" in ending.errors.splitlines()
    if subject.name != "replay" and was_ready:
        if ending.code != 0:
            wrong.append(f"was ready and ended with {ending.code}: {sentences[-1:]}")
        # A delivery that failed in the daemon's last moment is for the next start.
        subject.sends = False
        again = subject.run(state)
        subject.sends = True
        if again.code != 0:
            wrong.append(f"again it ends with {again.code}: {again.errors.strip()[-400:]}")
    else:
        again = subject.run(state)
        if again.code != 0:
            wrong.append(f"again it ends with {again.code}: {again.errors.strip()[-400:]}")
            return wrong
        found = verify(options, state, is_whole=True)
        if found:
            wrong.append("after the second run " + found)
    lost = before - committed(state)
    if lost:
        wrong.append(f"{len(lost)} committed things are missing, such as {sorted(lost)[0][:2]}")
    wrong += differences(subject, state, whole)
    return wrong


def differences(subject, state, whole):
    if subject.name == "replay":
        return kills.compare(state, whole)
    # A daemon's steps end where its time did; what they say must be the same.
    names = ("tickets", "ticket changes", "windows", "device scores", "prognoses", "messages")
    saved = kills.QUERIES
    kills.QUERIES = {
        name: query.replace("SELECT * FROM {}.device_score",
                            'SELECT start, device, "end", count, score, raw, health, state'
                            " FROM {}.device_score")
                   .replace("SELECT * FROM {}.ticket_change",
                            "SELECT ticket, revision, document FROM {}.ticket_change")
        for name, query in saved.items() if name in names}
    try:
        return kills.compare(state, whole)
    finally:
        kills.QUERIES = saved


def places(total, most):
    """Which of `total` calls are to fail: all, or the first few and a spread of the rest."""
    if total <= most:
        return list(range(1, total + 1))
    head = list(range(1, most // 3 + 1))
    rest = most - len(head)
    return sorted(set(head + [
        len(head) + round((index + 1) * (total - len(head)) / rest) for index in range(rest)]))


def sweep(subject, fault, most, whole, work):
    """Fails one call after the other; the number of failures and what was wrong."""
    counted = subject.run(work / "counted", fault, at=1 << 40)
    shutil.rmtree(work / "counted")
    done, wrong = 0, []
    for at in places(counted.total, most):
        state = work / "state"
        ending = subject.run(state, fault, at)
        # The number of calls differs a little from run to run; the last ones may not come.
        if ending.faults:
            done += 1
            name = f"{subject.name}, {ending.faults[0]}, {errno.errorcode[fault[1]]}"
            wrong += [f"{name}: {sentence}" for sentence in examine(subject, state, ending, whole)]
        shutil.rmtree(state, ignore_errors=True)
    return counted.total, done, wrong


def recording(path):
    """A few hours of three machines, one of which falls silent: short, with a ticket."""
    start = 1_767_571_200
    with open(path, "w", encoding="ascii") as file:
        for minute in range(0, 300, 4):
            for pump in (1, 2, 3):
                if pump == 1 and minute > 60:
                    continue
                file.write(
                    f"pump,device=P-{pump},site=s{pump} vibration_rms={1 + minute % 7 / 10},"
                    f"flow={100 + pump} {(start + minute * 60) * 10**9}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--shim", required=True)
    parser.add_argument("--recording", help="in place of a short one with one ticket")
    parser.add_argument("--config", default="config/forestall.toml")
    parser.add_argument("--most", type=int, default=1 << 30, help="failures of one kind at most")
    parser.add_argument("--short", action="store_true", help="every kind with one command only")
    parser.add_argument("--seconds", type=float, default=1e9, help="ends early after this time")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    options.shim = os.path.abspath(options.shim)
    options.config = os.path.abspath(options.config)
    end = time.monotonic() + options.seconds
    failures, left_out = [], 0
    with tempfile.TemporaryDirectory(prefix="forestall-faults-") as name:
        work = pathlib.Path(name).resolve()
        options.lines = str(work / "lines.lp")
        if options.recording is None:
            recording(options.lines)
            options.recording = options.lines
        else:
            text = subprocess.run(["gzip", "-dcf", options.recording], capture_output=True,
                                  check=True).stdout
            pathlib.Path(options.lines).write_bytes(text)
        options.live_config = str(work / "live.toml")
        pathlib.Path(options.live_config).write_text(
            pathlib.Path(options.config).read_text(encoding="utf-8").replace(
                "[intake]", '[intake]\nudp = []\nhttp = []\ntcp = ["127.0.0.1:0"]', 1))
        subjects = [Replay(options, work), Life(options, work), JournalledLife(options, work)]
        wholes = {}
        for subject in subjects:
            wholes[subject] = work / ("whole-" + subject.name)
            ending = subject.run(wholes[subject])
            if ending.code != 0 or not list((wholes[subject] / "outbox/new").iterdir()):
                raise SystemExit(f"faults: {subject.name} gives no ticket: {ending.errors}")
        print("| command | call       | error  | calls | failed | wrong |")
        print("| ------- | ---------- | ------ | ----- | ------ | ----- |")
        for turn, fault in enumerate(FAULTS):
            for subject in [subjects[turn % len(subjects)]] if options.short else subjects:
                if time.monotonic() > end:
                    left_out += 1
                    continue
                total, done, wrong = sweep(subject, fault, options.most, wholes[subject], work)
                call = fault[0] + (" half" if fault[2] else "")
                print(f"| {subject.name:<7} | {call:<10} | {errno.errorcode[fault[1]]:<6} "
                      f"| {total:5} | {done:6} | {len(wrong):5} |", flush=True)
                failures += wrong
    for failure in failures:
        print("WRONG " + failure)
    if left_out:
        print(f"{left_out} kinds of failure were left out for want of time")
    print(f"{len(failures)} failures left a trace")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
