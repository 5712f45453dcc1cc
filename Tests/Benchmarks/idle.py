#!/usr/bin/env python3
"""What the daemon costs a gateway that has other things to do.

What comes in: the release program. What goes out: one table and, with --out, OUT/idle.json. The
daemon gets 1,000 signals at 1 Hz over UDP for a while: 100 machines with a line of 10 numbers each,
spread evenly over the second, which is the dearest way for them to come. Then it gets nothing. The
kernel's own counters say what it used: processor time of /proc/PID/stat, context switches of every
thread. Deliberately absent: a verdict; `reference` is what the figure is held against.
"""

import argparse
import math
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

import figures

MACHINES = 100
SIGNALS = 10
# What a figure is held against: percent of one core, and wake-ups per second.
LOADED_PERCENT = 1.5
IDLE_WAKES = 20


class Daemon:
    """The program, listening on a port the kernel chose."""

    def __init__(self, program, directory):
        configuration = directory / "idle.toml"
        configuration.write_text('[intake]\nudp = ["127.0.0.1:0"]\nhttp = ["127.0.0.1:0"]\n')
        self.log = directory / "log"
        self.process = subprocess.Popen(
            [program, "run", "--config", str(configuration), "--state", str(directory / "state")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log.open("w"))
        end = time.monotonic() + 60
        while "\nready\n" not in "\n" + self.log.read_text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the daemon did not start: " + self.log.read_text())
            time.sleep(0.05)
        self.port = int(re.search(r"address=127.0.0.1:(\d+)", self.log.read_text())[1])
        self.proc = pathlib.Path(f"/proc/{self.process.pid}")

    def cpu_seconds(self):
        """User and system time of all threads."""
        # The name in brackets may contain spaces; the fields after it are counted from 3.
        fields = (self.proc / "stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def switches(self):
        """How often a thread of it was given the processor, by thread."""
        counts = {}
        for task in (self.proc / "task").iterdir():
            text = (task / "status").read_text()
            counts[task.name] = sum(map(int, re.findall(r"ctxt_switches:\t(\d+)", text)))
        return counts

    def memory(self, key):
        """Megabytes of a line of /proc/PID/status."""
        return int(re.search(rf"{key}:\s+(\d+) kB", (self.proc / "status").read_text())[1]) * 1.024e-3

    def stop(self):
        """Ends it; returns the numbers of its last line."""
        self.process.terminate()
        if self.process.wait(60) != 0:
            raise RuntimeError("the daemon did not stop: " + self.log.read_text())
        last = self.log.read_text().strip().splitlines()[-1]
        return dict(re.findall(r"(\w+)=(\d+)", last))


def measure(daemon, seconds, work):
    """Processor seconds and wake-ups per wall second while `work` goes on."""
    cpu, switches, start = daemon.cpu_seconds(), daemon.switches(), time.monotonic()
    work(start + seconds)
    after, took = daemon.switches(), time.monotonic() - start
    wakes = sum(count - switches.get(thread, 0) for thread, count in after.items())
    return (daemon.cpu_seconds() - cpu) / took, wakes / took


def send(port, until):
    """One line per machine and second; returns how many lines."""
    target = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    target.connect(("127.0.0.1", port))
    count, next_line = 0, time.monotonic()
    while next_line < until:
        time.sleep(max(0, next_line - time.monotonic()))
        machine = count % MACHINES
        values = ",".join(
            f"s{signal}={20 + signal + math.sin(count / 7 + signal):.3f}" for signal in range(SIGNALS))
        target.send(f"machine,device=M-{machine:03},site=north {values} {time.time_ns()}\n".encode())
        count += 1
        next_line += 1 / MACHINES
    return count


def measured(options):
    """The figures: name, value, unit, reference."""
    loaded_seconds, idle_seconds = (2, 2) if options.small else (90, 30)
    with tempfile.TemporaryDirectory(prefix="forestall-idle-") as name:
        daemon = Daemon(options.program, pathlib.Path(name))
        try:
            # The first seconds make every device and signal.
            sent = send(daemon.port, time.monotonic() + (1 if options.small else 10))
            lines = []
            cpu, wakes = measure(
                daemon, loaded_seconds, lambda until: lines.append(send(daemon.port, until)))
            found = [
                ("loaded.cpu", 100 * cpu, "% of a core", LOADED_PERCENT),
                ("loaded.wakes", wakes, "1/s", None),
                ("loaded.resident", daemon.memory("VmRSS"), "MB", None)]
            # Windows that are still open close now, and are no part of doing nothing.
            time.sleep(0 if options.small else 90)
            cpu, wakes = measure(
                daemon, idle_seconds, lambda until: time.sleep(until - time.monotonic()))
            found += [
                ("idle.cpu", 100 * cpu, "% of a core", None),
                ("idle.wakes", wakes, "1/s", IDLE_WAKES),
                ("idle.resident", daemon.memory("VmRSS"), "MB", None),
                ("idle.peak", daemon.memory("VmHWM"), "MB", None)]
            taken = daemon.stop()
        finally:
            daemon.process.kill()
    if int(taken["datagrams"]) != sent + lines[0]:
        raise RuntimeError(f"{sent + lines[0]} lines were sent and {taken['datagrams']} taken in")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--out", help="directory for idle.json")
    parser.add_argument("--small", action="store_true", help="does it still work? Figures mean nothing")
    options = parser.parse_args()
    try:
        found = measured(options)
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as failure:
        print(f"idle: {failure}", file=sys.stderr)
        return 1
    figures.show(found, options.out, "idle")
    return 0


if __name__ == "__main__":
    sys.exit(main())
