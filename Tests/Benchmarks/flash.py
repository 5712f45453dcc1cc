#!/usr/bin/env python3
"""What the daemon writes to its medium with 1,000 signals, per day, at the default settings.

What comes in: the release program. What goes out: one table and, with --out, OUT/flash.json. A day
of 100 machines with 10 signals is replayed, so that the database has its depth and the checkpoint
its size. Then the daemon gets the same machines at 1 Hz over UDP, in real time, because commits
follow the wall clock, for a number of whole minutes. What it writes is the kernel's own count of
what it laid on the way to the medium for the process (`write_bytes` in /proc/PID/io), read once
before and once after its end, when its write-ahead log has been carried over and a checkpoint
written. So a day is

    (written - one checkpoint) / minutes * 1440 + one checkpoint * 48

which is more than a day of a daemon that goes on: there the log is carried over when it is long,
and pages that are written again and again get into the file less often. A second daemon beside it
does the same with a database that has reached its `maximum_size`, so that the oldest windows are
removed meanwhile. A directory in memory has nothing to count: give --directory one on a disk.
"""

import argparse
import math
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import figures
import peers

MACHINES, SIGNALS = 100, 10
# The bar, in bytes.
DAY_BYTES = 1 << 30
# The default of `state.checkpoint_interval`.
CHECKPOINTS_A_DAY = 48

LISTENER = '[intake]\nudp = ["127.0.0.1:0"]\ntcp = []\nhttp = []\n'
FULL = '[state]\nmaximum_size = "64MiB"\n'


def line(machine, count, stamp):
    """One of a machine."""
    values = ",".join(
        f"s{signal}={20 + signal + math.sin(count / 7 + signal + machine):.3f}"
        for signal in range(SIGNALS))
    return f"machine,device=M-{machine:03},site=north {values} {stamp}\n".encode()


class Daemon:
    """One under load, on a state that has seen a day."""

    def __init__(self, options, directory, name, settings):
        self.directory = directory / name
        self.directory.mkdir()
        self.configuration = self.directory / "forestall.toml"
        self.configuration.write_text(LISTENER + settings)
        self.state = self.directory / "state"
        self.log = self.directory / "log"
        self.prepare(options)
        self.process = subprocess.Popen(
            [options.program, "run", "--config", str(self.configuration), "--state",
             str(self.state)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log.open("w"))
        self.io = pathlib.Path(f"/proc/{self.process.pid}/io")
        end = time.monotonic() + peers.PATIENCE
        while "\nready\n" not in "\n" + self.log.read_text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise peers.Failure("the daemon did not start: " + self.log.read_text())
            time.sleep(0.05)
        self.sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port = re.search(r"address=127.0.0.1:(\d+)", self.log.read_text())[1]
        self.sender.connect(("127.0.0.1", int(port)))

    def prepare(self, options):
        """A day, a reading of each signal every half minute; it ends a little ago, because the last
        windows of a replay are closed, and what comes for them later is refused."""
        hours = 1 if options.small else 24
        rounds, now = hours * 120, int(time.time()) - 120
        with subprocess.Popen(
                [options.program, "replay", "--config", str(self.configuration), "--state",
                 str(self.state), "-"],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=self.log.open("w")
                ) as process:
            for count in range(rounds):
                stamp = (now - 30 * (rounds - count)) * 1_000_000_000
                process.stdin.write(
                    b"".join(line(machine, count, stamp) for machine in range(MACHINES)))
        if process.returncode != 0:
            raise peers.Failure("the replay failed: " + self.log.read_text())

    def written(self):
        """Bytes the kernel has counted so far."""
        return int(re.search(r"^write_bytes: (\d+)", self.io.read_text(), re.MULTILINE)[1])

    def stop(self):
        """Ends it; bytes written up to its end, which /proc tells until the process is waited for,
        and lines taken in."""
        self.process.terminate()
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
        written = self.written()
        if self.process.wait(peers.PATIENCE) != 0:
            raise peers.Failure("the daemon did not stop: " + self.log.read_text())
        totals = dict(re.findall(r"(\w+)=(\d+)", self.log.read_text().splitlines()[-1]))
        return written, int(totals["lines"])

    def checkpoint(self):
        """The size of one in bytes, as the medium takes it: in whole pages."""
        sizes = [file.stat().st_size for file in self.state.glob("checkpoint.*")]
        return -(-max(sizes) // 4_096) * 4_096


def send(daemons, until):
    """A line per machine and second to each, spread over the second; returns how many."""
    count, due = 0, time.monotonic()
    while due < until:
        time.sleep(max(0, due - time.monotonic()))
        datagram = line(count % MACHINES, count // MACHINES, time.time_ns())
        for daemon in daemons:
            daemon.sender.send(datagram)
        count += 1
        due += 1 / MACHINES
    return count


def day(daemon, options, start, seconds, sent, checkpoint):
    """Ends the daemon; what a day of it writes, and what it writes for each window."""
    written, lines = daemon.stop()
    if lines != sent:
        raise peers.Failure(f"{sent} lines were sent and {lines} taken in")
    if written == 0 and not options.small:
        raise peers.Failure("nothing was written to a disk: give --directory one that is on a disk")
    rate = (written - start - checkpoint) / seconds
    # A window is a minute long.
    return rate * 86_400 + CHECKPOINTS_A_DAY * checkpoint, rate * 60 / (MACHINES * SIGNALS)


def measure(options, directory):
    """The figures: name, value, unit, reference."""
    found = {name: [] for name in ("day", "window", "full-day", "checkpoint", "log")}
    for _ in range(options.rounds):
        where = directory / "round"
        where.mkdir()
        roomy = Daemon(options, where, "roomy", "")
        full = Daemon(options, where, "full", FULL)
        try:
            # What comes with a start is no part of a day: the first minutes write what was open.
            sent = send((roomy, full), time.monotonic() + (1 if options.small else 90))
            before = [daemon.written() for daemon in (roomy, full)]
            start = time.monotonic()
            sent += send((roomy, full), start + options.minutes * 60)
            seconds = time.monotonic() - start
            found["log"].append((before[0], roomy.written() - before[0], seconds))
            checkpoint = roomy.checkpoint()
            total, window = day(roomy, options, before[0], seconds, sent, checkpoint)
            found["day"].append(total)
            found["window"].append(window)
            found["checkpoint"].append(checkpoint)
            found["full-day"].append(
                day(full, options, before[1], seconds, sent, full.checkpoint())[0])
        finally:
            roomy.process.kill()
            full.process.kill()
        shutil.rmtree(where)
    middle = {name: statistics.median(found[name]) for name in
              ("day", "window", "full-day", "checkpoint")}
    log = statistics.median(
        written / seconds * 86_400 for _, written, seconds in found["log"])
    return [
        ("flash.day", middle["day"] / 2**20, "MiB", DAY_BYTES / 2**20),
        ("flash.full.day", middle["full-day"] / 2**20, "MiB", DAY_BYTES / 2**20),
        ("flash.log", log / 2**20, "MiB/day", None),
        ("flash.checkpoints", middle["checkpoint"] * CHECKPOINTS_A_DAY / 2**20, "MiB/day", None),
        ("flash.window", middle["window"], "bytes/window", None)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--out", help="directory for flash.json")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=10, help="of a round, in real time")
    parser.add_argument("--directory", help="on the medium that is written to")
    parser.add_argument(
        "--small", action="store_true", help="does it still work? Figures mean nothing")
    options = parser.parse_args()
    if options.small:
        options.rounds, options.minutes = 1, 0.05
    try:
        with tempfile.TemporaryDirectory(
                prefix="forestall-flash-", dir=options.directory) as name:
            rows = measure(options, pathlib.Path(name))
    except (OSError, peers.Failure, subprocess.SubprocessError) as failure:
        print(f"flash: {failure}", file=sys.stderr)
        return 1
    figures.show(rows, options.out, "flash")
    return 0


if __name__ == "__main__":
    sys.exit(main())
