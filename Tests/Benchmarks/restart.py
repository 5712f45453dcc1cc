#!/usr/bin/env python3
"""How long the daemon takes to know again what it knew, with 100,000 signals.

What comes in: the release program. What goes out: one table and, with --out, OUT/restart.json. A
fleet's telemetry is replayed, so that every machine is past its commissioning; then the half hour
that lies between two checkpoints, and the checkpoint from before it is put back. A daemon that
takes this up is killed (SIGKILL) when it has committed something of its own: what it leaves, with
its write-ahead log, is a gateway that lost power at the worst moment. Each round starts the daemon
on a copy of that, stops it in order, starts it again and stops it. While it takes up what it knew,
lines come in over UDP; every one sent after `listening` must have been taken in when it has
stopped. Times are from the start of the process to its sentence that the state is taken up, by the
wall, and processor seconds of the whole process up to there; on a machine with other work the
latter is the one to compare.
"""

import argparse
import contextlib
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

SIGNALS = 10
# Bars in seconds: after a clean stop, and after a kill.
CLEAN_SECONDS = 3
KILLED_SECONDS = 20
# Minutes before the checkpoint that is taken up, and after it: the default interval of checkpoints.
HISTORY, UNFOLDED = 90, 30
TAKEN_UP = "What an earlier run learned is taken up"

SETTINGS = """
[intake]
udp = ["127.0.0.1:0"]
tcp = []
http = []
[limits]
devices = 100000
new_devices_per_minute = 1000000
series_keys = 1000000
[class.machine]
commissioning = "1h"
silent_after = "0s"
[class.machine.signal.s0]
alarm_high = 60.0
[class.machine.signal.s1]
explained_by = ["s2"]
[class.machine.signal.s2]
[class.machine.component.bearing]
signals = ["s0", "s1"]
"""


def telemetry(devices, start, minutes):
    """Two lines of each machine a minute, as bytes of a quarter minute's time at once."""
    # A few texts of fields in turn: making a hundred million numbers is not what is measured.
    fields = [
        ",".join(f"s{signal}={20 + 3 * signal + (shape * (signal + 3)) % 97 / 40:.3f}"
                 for signal in range(SIGNALS))
        for shape in range(211)]
    keys = [f"machine,device=M-{device:05},site=north " for device in range(devices)]
    for round_ in range(2 * minutes):
        stamp = f" {(start + 30 * round_) * 1_000_000_000}\n"
        yield "".join(
            keys[device] + fields[(device * 7 + round_ * 31) % 211] + stamp
            for device in range(devices)).encode()


class Run:
    """One start of the daemon on a state directory, with lines coming in while it takes it up."""

    def __init__(self, program, configuration, state, log):
        self.log = log
        started = time.monotonic()
        self.process = subprocess.Popen(
            [program, "run", "--config", str(configuration), "--state", str(state)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log.open("w"))
        self.proc = pathlib.Path(f"/proc/{self.process.pid}")
        try:
            port = int(self.wait_for(r"listening transport=udp address=127.0.0.1:(\d+)")[1])
            self.bound = time.monotonic() - started
            self.sent = 0
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as self.sender:
                self.sender.connect(("127.0.0.1", port))
                self.wait_for(re.escape(TAKEN_UP), meanwhile=self.send)
            self.wall = time.monotonic() - started
            self.cpu = peers.cpu_seconds(self.proc)
            self.peak = peers.memory(self.proc, "VmHWM")
        except BaseException:
            self.process.kill()
            raise

    def wait_for(self, pattern, meanwhile=lambda: None):
        """The first match of the pattern in what the daemon has said."""
        end = time.monotonic() + 10 * peers.PATIENCE
        while True:
            found = re.search(pattern, self.log.read_text())
            if found:
                return found
            if self.process.poll() is not None or time.monotonic() > end:
                raise peers.Failure(f"the daemon did not start: {self.log.read_text()[-2000:]}")
            meanwhile()
            time.sleep(0.01)

    def send(self):
        """Ten lines: with the pause between two looks at the log about a thousand a second."""
        for _ in range(10):
            machine = self.sent % 1_000
            self.sender.send(
                f"machine,device=M-{machine:05},site=north s0=21.5 {time.time_ns()}\n".encode())
            self.sent += 1

    def number(self, pattern):
        """A number that the daemon has said."""
        found = re.search(pattern, self.log.read_text())
        return int(found[1]) if found else 0

    def kill(self):
        """As a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it in order; how many of the lines are missing."""
        self.process.terminate()
        if self.process.wait(10 * peers.PATIENCE) != 0:
            raise peers.Failure(f"the daemon did not stop: {self.log.read_text()[-2000:]}")
        if self.number(r"stopped lines=\d+ refused=(\d+)"):
            raise peers.Failure(f"lines were refused: {self.log.read_text()[-2000:]}")
        return self.sent - self.number(r"stopped lines=(\d+)")


def replay(program, configuration, state, pieces):
    """Feeds the pieces to a replay."""
    with subprocess.Popen(
            [program, "replay", "--config", str(configuration), "--state", str(state), "-"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        # One that has given up says why when it has ended.
        with contextlib.suppress(BrokenPipeError):
            for piece in pieces:
                process.stdin.write(piece)
            process.stdin.close()
        said = process.stderr.read()
    if process.returncode != 0:
        raise peers.Failure(f"the replay failed: {said.decode()[-2000:]}")


def prepare(options, directory):
    """A state as a killed daemon leaves it, and its configuration."""
    configuration = directory / "forestall.toml"
    configuration.write_text(SETTINGS)
    state = directory / "killed"
    middle = int(time.time()) // 60 * 60 - UNFOLDED * 60 - 120
    replay(options.program, configuration, state,
           telemetry(options.devices, middle - HISTORY * 60, HISTORY))
    kept = directory / "checkpoints"
    kept.mkdir()
    for file in state.glob("checkpoint.*"):
        shutil.copy(file, kept)
    replay(options.program, configuration, state, telemetry(options.devices, middle, UNFOLDED))
    for file in state.glob("checkpoint.*"):
        file.unlink()
    for file in kept.iterdir():
        shutil.copy(file, state)
    run = Run(options.program, configuration, state, directory / "log")
    time.sleep(0 if options.small else 5)
    run.kill()
    return configuration, state


def measure(options, directory):
    """The figures: name, value, unit, reference."""
    configuration, killed = prepare(options, directory)
    names = ("wall", "cpu", "bound", "peak")
    found = {(how, name): [] for how in ("killed", "clean") for name in names}
    missing, sent, windows = 0, 0, 0
    for _ in range(options.rounds):
        state = directory / "state"
        shutil.copytree(killed, state)
        for how in ("killed", "clean"):
            run = Run(options.program, configuration, state, directory / "log")
            windows = max(windows, run.number(r"windows=(\d+).*folded again"))
            if run.number(r"differences=(\d+).*folded again"):
                raise peers.Failure("a restart gives other tickets than were committed")
            missing += run.stop()
            sent += run.sent
            for name in names:
                found[how, name].append(getattr(run, name))
        shutil.rmtree(state)
    rows = []
    for how, bar in (("clean", CLEAN_SECONDS), ("killed", KILLED_SECONDS)):
        middle = {name: statistics.median(found[how, name]) for name in names}
        rows += [
            (f"restart.{how}.wall", middle["wall"], "s", bar),
            (f"restart.{how}.cpu", middle["cpu"], "CPU s", bar),
            (f"restart.{how}.listening", middle["bound"], "s", None),
            (f"restart.{how}.peak", middle["peak"] / 1e6, "MB", None)]
    size = sum(file.stat().st_size for file in killed.glob("checkpoint.*")) / 2
    return rows + [
        ("restart.signals", options.devices * SIGNALS, "signals", None),
        ("restart.folded", windows, "device windows", None),
        ("restart.checkpoint", size / options.devices, "bytes/device", None),
        ("restart.udp.sent", sent, "lines", None),
        ("restart.udp.missing", missing, "lines", None)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--out", help="directory for restart.json")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--devices", type=int, default=10_000, help="of 10 signals each")
    parser.add_argument(
        "--small", action="store_true", help="does it still work? Figures mean nothing")
    options = parser.parse_args()
    if options.small:
        options.rounds, options.devices = 1, 50
    try:
        with tempfile.TemporaryDirectory(prefix="forestall-restart-") as name:
            rows = measure(options, pathlib.Path(name))
    except (OSError, peers.Failure, subprocess.SubprocessError) as failure:
        print(f"restart: {failure}", file=sys.stderr)
        return 1
    figures.show(rows, options.out, "restart")
    return 0


if __name__ == "__main__":
    sys.exit(main())
