#!/usr/bin/env python3
"""Kills `forestall run` again and again under load, and looks what is lost.

What comes in: the program, a number of kills, a seed. A recording is sent to the daemon over TCP or
HTTP, which is killed (SIGKILL) at a random moment: while it starts, while it works, while it stops.
`forestall verify` must find nothing in what is left. The daemon is started again and the sending
goes on; when the recording is at its end, windows, scores, tickets and messages are compared with
those of a daemon that nobody disturbed. Then another state directory has its turn, until there were
as many kills as asked for.

What is sent again after a kill is exactly what may be lost: at level `window` the lines of windows
that were not yet committed, at level `journal` those lines of unanswered requests that did not get
into the journal. So the comparison fails when more is lost, and when something is taken in twice. At
level `journal` some lines are sent long after their windows were closed and amend them, once.

Ends with 0 when every state is equal and clean, with 1 when not. The seed is printed; the same seed
gives the same moments, as far as a machine repeats itself.
"""

import argparse
import contextlib
import http.client
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import kills  # noqa: E402

# No wait takes longer than this, in seconds; what does is broken.
PATIENCE = 120

# Windows and all that follows from them; how steps were cut is not the same after a restart.
QUERIES = {
    "tickets": "SELECT id, component, state, revision, document FROM {}.ticket",
    "ticket changes": "SELECT ticket, revision, type, time, reason, document FROM {}.ticket_change",
    "windows": "SELECT device.name, signal.name, start, count, min, max, mean, sd, first, last"
               " FROM {0}.window JOIN {0}.signal ON signal.id = window.signal"
               " JOIN {0}.device ON device.id = signal.device",
    "late readings": "SELECT device.name, signal.name, start, time, value"
                     " FROM {0}.late_reading JOIN {0}.signal ON signal.id = late_reading.signal"
                     " JOIN {0}.device ON device.id = signal.device",
    "device scores": "SELECT name, start, \"end\", count, device_score.score, raw,"
                     " device_score.health, device_score.state"
                     " FROM {0}.device_score JOIN {0}.device ON device.id = device",
    "prognoses": "SELECT name, component, time, risk, p05, p50, p95"
                 " FROM {0}.prognosis JOIN {0}.device ON device.id = device",
    "messages": "SELECT sink, event_id, payload FROM {}.outbox",
}


class Line:
    """A line with what is needed to know whether it is safe."""

    __slots__ = ("bytes", "device", "time")
    pattern = re.compile(rb"device=([^, ]+).* (\d+)$")

    def __init__(self, text):
        found = Line.pattern.search(text)
        self.bytes, self.device, self.time = text + b"\n", found[1].decode(), int(found[2])


class Daemon:
    """One life."""

    def __init__(self, options, state):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [options.program, "run", "--clock", "event", "--config", options.config, "--state",
             str(state)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no"})

    @property
    def text(self):
        return os.pread(self.errors.fileno(), 1 << 24, 0).decode(errors="replace")

    def ports(self):
        """TCP and HTTP, once it is ready; None when it has ended."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            text = self.text
            if "ready" in text.splitlines():
                return [int(re.search(rf"transport={kind} address=\S+:(\d+)", text)[1])
                        for kind in ("tcp", "http")]
            if ended:
                return None
            time.sleep(0.002)
        raise SystemExit("crash: the daemon does not become ready: " + self.text)

    def kill(self):
        """True when it was still alive."""
        self.process.kill()
        return self.process.wait(PATIENCE) == -signal.SIGKILL

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        if code != 0:
            raise SystemExit(f"crash: the daemon ended with {code}: {self.text}")


class Sending:
    """A thread that sends pieces of the recording until all are sent or the daemon is gone."""

    def __init__(self, port, pieces, over_http, pause):
        self.port, self.pieces, self.over_http, self.pause = port, pieces, over_http, pause
        # Pieces that were answered 204.
        self.acknowledged = set()
        self.is_complete = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        with contextlib.suppress(OSError, http.client.HTTPException):
            if self.over_http:
                self.send_requests()
            else:
                with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
                    for _, lines in self.pieces:
                        connection.sendall(b"".join(line.bytes for line in lines))
                        time.sleep(self.pause)
            self.is_complete = True

    def send_requests(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        for number, lines in self.pieces:
            while True:
                connection.request("POST", "/write", b"".join(line.bytes for line in lines))
                answer = connection.getresponse()
                answer.read()
                if answer.status == 204:
                    self.acknowledged.add(number)
                    break
                if answer.status != 503:
                    raise SystemExit(f"crash: a request is answered {answer.status}")
                time.sleep(0.05)
            time.sleep(self.pause)


def committed_ends(state):
    """By device: the end of its last committed window."""
    file = state / "forestall.db"
    if not file.exists():
        return {}
    with contextlib.suppress(sqlite3.OperationalError), contextlib.closing(
            sqlite3.connect(file)) as database:
        return dict(database.execute(
            'SELECT name, max("end") FROM device_score JOIN device ON device.id = device'
            " GROUP BY 1"))
    return {}


def pieces_of(lines, size):
    return [(place, lines[place:place + size]) for place in range(0, len(lines), size)]


class State:
    """A state directory from its first life to the comparison."""

    def __init__(self, options, path, chance):
        self.options, self.path, self.chance = options, path, chance
        self.pieces = pieces_of(options.lines, 100)
        self.answered = set()
        # The lines that were written down so far, read when it is needed.
        self.journal = None
        self.findings = []
        self.kills = 0

    def verify(self, when):
        outcome = subprocess.run(
            [self.options.program, "verify", "--state", str(self.path), "--config",
             self.options.config], capture_output=True, text=True, timeout=PATIENCE, check=False)
        text = outcome.stdout + outcome.stderr
        # Killed before there was a database.
        is_young = "there is no Forestall database" in text or "older version" in text
        if outcome.returncode != 0 and not is_young:
            self.findings.append(f"{when}: verify ends with {outcome.returncode}: {text.strip()}")

    def at_risk(self):
        """The pieces that have to be sent (again)."""
        if self.options.level == "journal":
            self.pieces = [(number, self.missing(lines)) for number, lines in self.pieces
                           if number not in self.answered]
            return [piece for piece in self.pieces if piece[1]]
        ends = committed_ends(self.path)
        lines = [line for line in self.options.lines if line.time >= ends.get(line.device, 0)]
        return pieces_of(lines, 40)

    def missing(self, lines):
        """Those lines of a request that are not in the journal: a request may come in pieces."""
        if self.journal is None:
            self.journal = b"".join(
                file.read_bytes() for file in sorted(self.path.glob("journal/*.journal")))
        return [line for line in lines if line.bytes not in self.journal]

    def end(self):
        """Sends the rest, then is killed while it stops, perhaps in the checkpoint, and stops.

        Only now: a stop ends the windows that are open, and who is killed on the way may have
        begun to."""
        while not self.findings and not self.life(is_last=True):
            pass
        self.verify("at the end")

    def life(self, is_last):
        """From a start to a kill, or with `is_last` to a stop; true when all was sent."""
        self.journal = None
        pieces = self.at_risk()
        daemon = Daemon(self.options, self.path)
        moment = time.monotonic() + self.chance.choice((0.1, 0.4, 1.2)) * self.chance.random()
        if not is_last and self.chance.random() < 0.1:
            # While it starts.
            time.sleep(max(0, (moment - time.monotonic()) / 4))
            self.kills += daemon.kill()
            return False
        ports = daemon.ports()
        if ports is None:
            self.findings.append("the daemon ended: " + daemon.text)
            return True
        over_http = self.options.level == "journal" or self.chance.random() < 0.3
        sending = Sending(ports[1 if over_http else 0], pieces, over_http, self.options.pause)
        moment = time.monotonic() + self.chance.choice((0.1, 0.4, 1.2)) * self.chance.random()
        while sending.thread.is_alive() and (is_last or time.monotonic() < moment):
            time.sleep(0.001)
        is_complete = sending.is_complete
        if is_complete and is_last:
            if self.chance.random() < 0.7:
                daemon.process.send_signal(signal.SIGTERM)
                time.sleep(0.5 * self.chance.random() ** 2)
                if daemon.kill():
                    self.kills += 1
                    return False
                return True
            daemon.stop()
        else:
            self.kills += daemon.kill()
        sending.thread.join(PATIENCE)
        self.answered |= sending.acknowledged
        if "BUG:" in daemon.text or "gives another ticket" in daemon.text:
            self.findings.append("the log says: " + daemon.text[-600:])
        return is_complete and is_last


def delayed(lines):
    """Some lines so much later that their windows are closed."""
    places = [place + (3000 if place % 37 == 5 else 0) for place in range(len(lines))]
    return [line for _, line in sorted(zip(places, lines, strict=True), key=lambda pair: pair[0])]


@contextlib.contextmanager
def queries():
    saved = kills.QUERIES
    kills.QUERIES = QUERIES
    try:
        yield
    finally:
        kills.QUERIES = saved


def sizes(path):
    with queries():
        return kills.sizes(path)


def compare(path, whole):
    with queries():
        return kills.compare(path, whole)


def torture(options, work):
    chance = random.Random(options.seed)
    whole = work / "whole"
    daemon = Daemon(options, whole)
    sending = Sending(daemon.ports()[0], pieces_of(options.lines, 1000), False, 0)
    sending.thread.join(PATIENCE)
    daemon.stop()
    rows = {name: count for name, count in sizes(whole).items() if count}
    late = ["late readings"] if options.level == "journal" else []
    for needed in ["tickets", "windows", "spool files", *late]:
        if needed not in rows:
            raise SystemExit(f"crash: the recording gives no {needed}: it proves nothing")
    done, states, findings = 0, 0, []
    while done < options.kills:
        state = State(options, work / f"state-{states}", chance)
        states += 1
        # A few kills, then it may come to its end.
        wanted = min(options.kills - done, chance.randint(3, 12))
        while state.kills < wanted:
            state.life(is_last=False)
            state.verify(f"after kill {state.kills}")
            if len(state.findings) > 3:
                break
        state.end()
        if not state.findings:
            state.findings += compare(state.path, whole)
        done += state.kills
        findings += [f"state {states - 1}: {finding}" for finding in state.findings]
        if state.findings and options.keep:
            shutil.copytree(state.path, pathlib.Path(options.keep) / state.path.name,
                            dirs_exist_ok=True)
        shutil.rmtree(state.path, ignore_errors=True)
        print(f"{done} kills, {states} states, {len(findings)} findings", flush=True)
    return done, findings


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--level", choices=("window", "journal"), default="window")
    parser.add_argument("--recording", default="sample-telemetry/bearing-wear/telemetry.lp.gz")
    parser.add_argument("--config", default="config/forestall.toml")
    parser.add_argument("--pause", type=float, default=0.002, help="seconds between two pieces")
    parser.add_argument("--keep", help="directory for copies of states that differ")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    options.seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    print(f"seed {options.seed}, level {options.level}", flush=True)
    text = subprocess.run(
        ["gzip", "-dcf", options.recording], capture_output=True, check=True).stdout
    options.lines = [Line(line) for line in text.splitlines()]
    if options.level == "journal":
        options.lines = delayed(options.lines)
    with tempfile.TemporaryDirectory(prefix="forestall-crash-") as name:
        work = pathlib.Path(name).resolve()
        config = work / "crash.toml"
        example = pathlib.Path(options.config).read_text(encoding="utf-8")
        example = example.replace(
            "[intake]", '[intake]\nudp = []\ntcp = ["127.0.0.1:0"]\nhttp = ["127.0.0.1:0"]', 1)
        if options.level == "journal":
            example = example.replace("[state]", '[state]\ndurability = "journal"\n'
                                      'journal_interval = "10ms"', 1)
        config.write_text(example)
        options.config = str(config)
        done, findings = torture(options, work)
    for finding in findings:
        print("WRONG " + finding)
    print(f"{done} kills left {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
