#!/usr/bin/env python3
"""What it costs to receive: the same load, in one run, against a program that only counts bytes,
against InfluxDB 1.x and against Forestall, over every transport each of them has.

What comes in: the release program, and `load.c` and `receiver.c` beside this file. What goes out:
one table and, with --out, OUT/bench-ingest.json. Sender and receiver run on the same two cores; who
is not being measured is stopped. A figure is the median of several rounds; what varies least on a
machine with other work is processor time, which is the receiver's whole process with the kernel's
work for it. Deliberately absent: a verdict; `reference` is what the figure is held against.

The load: lines of 112 bytes, 3 tags, 4 values with three decimals that walk at random, a stamp in
nanoseconds, from 1,000 devices in turn. Forestall closes windows of 2 seconds, which is thirty
times as often as by default, judges them (its baselines are learned before) and commits every
second.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import peers
from figures import show

HERE = pathlib.Path(__file__).resolve().parent
DEVICES = 1000
SIGNALS = 4
# Values per second, one after the other until something is lost.
LADDER = [1e6, 2e6, 4e6, 6e6, 8e6, 10e6, 12e6, 14e6, 16e6, 20e6]
INFLUX_LADDER = [0.2e6, 0.4e6, 0.5e6, 0.6e6, 0.8e6, 1e6, 1.25e6, 1.5e6]
SETTLING_RATE = 0.2e6
# What figures are held against.
LOSSLESS_VALUES = 8e6
LOSSLESS_SHARE = 0.7
CPU_SECONDS = {"udp": 0.08, "tcp": 0.08, "unix": 0.08, "unixgram": 0.08, "http": 0.12}
PEER_SHARE = 15
PRIORITY = -10
FIXED_BYTES = 32 << 20
ACTIVE_BYTES = 2560
IDLE_BYTES = 1024

SETTINGS = """
[class.generic]
window = "2s"
lateness = "1s"
settling = "0s"
commissioning = "1m"
"""
# Steps follow each other faster, so that the short form waits less for the counters.
SMALL_SETTINGS = """
[clock]
tick = "100ms"
"""
# No window closes while it runs: memory before there is anything to detect with.
UNJUDGED = """
[class.generic]
window = "1d"
lateness = "10s"
"""


class Load:
    """The program that sends, ours or another one."""

    def __init__(self, program, template):
        self.program = program
        self.template = template

    def send(self, target, rate, seconds, devices=DEVICES, signals=SIGNALS, lines=0):
        """Sends; returns its report: lines, values, bytes, seconds."""
        if self.template:
            transport, _, place = target.partition(":")
            host, _, rest = place.partition(":")
            port, slash, path = rest.partition("/")
            command = shlex.split(self.template.format(
                transport=transport, host=host, port=port, path=slash + path or place, rate=rate,
                seconds=seconds, devices=devices, signals=signals, lines=lines,
                lines_per_second=rate / signals))
        else:
            command = [
                self.program, "--to", target, "--rate", str(rate), "--seconds", str(seconds),
                "--devices", str(devices), "--signals", str(signals), "--lines", str(lines)]
        outcome = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds + 60, check=False)
        if outcome.returncode != 0:
            raise peers.Failure(f"the load failed: {outcome.stderr[-500:]}")
        return json.loads(outcome.stdout)


class Run:
    """One load on one transport of one peer."""

    def __init__(self, peer, transport, load, rate, seconds, **shape):
        before, cpu, start = peer.taken(), peer.cpu_seconds(), time.monotonic()
        self.report = load.send(peer.targets[transport], rate, seconds, **shape)
        sent = self.report[peer.unit]
        taken = peer.settle(before + sent) - before
        self.is_whole = taken == sent
        if taken > sent:
            raise peers.Failure(f"{peer.name} took {taken} {peer.unit} of {sent}")
        self.values = self.report["values"] * taken / sent
        self.sent_rate = self.report["values"] / self.report["seconds"]
        self.rate = self.values / self.report["seconds"]
        if taken == 0:
            raise peers.Failure(f"{peer.name} took nothing over {transport}")
        self.cpu = (peer.cpu_seconds() - cpu) / self.values * 1e6
        print(
            f"ingest: {peer.name} {transport} sent {self.sent_rate / 1e6:.2f}M/s "
            f"kept {100 * taken / sent:.3f}% {self.cpu:.4f} CPU s/M values, "
            f"{time.monotonic() - start:.1f} s, load {os.getloadavg()[0]:.1f}", file=sys.stderr)


class Figures:
    """Values by name, over the rounds."""

    def __init__(self):
        self.values = {}
        self.units = {}

    def add(self, name, value, unit):
        self.values.setdefault(name, []).append(value)
        self.units[name] = unit

    def median(self, name):
        return statistics.median(self.values[name]) if name in self.values else None


def climb(peer, transport, load, ladder, options):
    """The highest rung without loss; a rung is tried twice, because the machine has other work."""
    best = None
    for rate in ladder:
        run = None
        for _ in range(2):
            run = Run(peer, transport, load, rate, options.seconds)
            if run.is_whole:
                break
        if not run.is_whole:
            break
        if best is None or run.rate > best.rate:
            best = run
        # The sender cannot do more.
        if run.sent_rate < 0.9 * rate:
            break
    return best


def measure(peer, transport, load, ladder, options, figures):
    """A ladder where a datagram can be lost, then everything the sender has."""
    name = f"{peer.name}.{transport}"
    full = Run(peer, transport, load, 0, options.seconds)
    cpu = full.cpu
    if transport == "udp":
        best = climb(peer, transport, load, ladder, options)
        figures.add(name + ".lossless", best.rate if best else 0, "values/s")
        cpu = best.cpu if best else cpu
    figures.add(name + ".full", full.rate, "values/s")
    figures.add(name + ".cpu", cpu, "CPU s/M values")


def rounds(group, load, options, figures):
    """Every peer and transport, `options.rounds` times."""
    for peer in group:
        peer.pause()
    for _ in range(options.rounds):
        for peer in group:
            peer.resume()
            ladder = INFLUX_LADDER if peer.name == "influxdb" else LADDER
            if options.small:
                ladder = ladder[:1]
            for transport in peer.targets:
                measure(peer, transport, load, ladder, options, figures)
            peer.pause()
    for peer in group:
        if peer.name != "receiver":
            figures.add(f"{peer.name}.peak", peer.memory("VmHWM") / 2**20, "MiB")


def settle_in(peer, load, seconds, options, figures):
    """A moderate load first: every device is made and Forestall's baselines are learned, so that
    what follows is judged. What it leaves on disk is compared at this rate, because Forestall
    keeps windows: the faster values come, the less there is for each."""
    start, values = peer.disk_bytes(), 0
    for _ in range(1 if options.small else seconds // 10):
        values += Run(peer, "udp", load, SETTLING_RATE, 1 if options.small else 10).values
    figures.add(f"{peer.name}.disk", (peer.disk_bytes() - start) / values, "bytes/value")


def memory(directory, load, options, figures):
    """Resident bytes with active signals under full load, and with idle ones."""
    devices, idle_devices = (10, 100) if options.small else (1000, 10000)
    signals = 10
    settings = options.settings + UNJUDGED
    peer = peers.Forestall(directory / "active", options.program, settings, ["udp"])
    try:
        Run(peer, "udp", load, 0.2e6, 1, devices=devices, signals=signals)
        Run(peer, "udp", load, 0, options.seconds, devices=devices, signals=signals)
        figures.add("memory.active", peer.memory("VmHWM") / 2**20, "MiB")
    finally:
        peer.stop()
    peer = peers.Forestall(directory / "idle", options.program, settings, ["udp"])
    try:
        start = peer.memory("VmRSS")
        Run(peer, "udp", load, 0.2e6, 60, devices=idle_devices, signals=signals,
            lines=2 * idle_devices)
        grown = peer.memory("VmRSS") - start
        figures.add("memory.idle", grown / (idle_devices * signals), "bytes/signal")
    finally:
        peer.stop()
    return FIXED_BYTES + devices * signals * ACTIVE_BYTES


def references(figures, active_bytes):
    """What each figure is held against, by name; figures that compare two peers are added."""
    found = {"memory.active": active_bytes / 2**20, "memory.idle": IDLE_BYTES}
    receiver = figures.median("receiver.udp.lossless")
    bar = min(LOSSLESS_VALUES, LOSSLESS_SHARE * receiver)
    for transport, seconds in CPU_SECONDS.items():
        name = f"forestall.{transport}"
        if figures.median(name + ".cpu") is None:
            continue
        found[name + ".cpu"] = seconds
        found[name + (".lossless" if transport == "udp" else ".full")] = bar
        peer = figures.median(f"influxdb.{'http' if transport == 'http' else 'udp'}.cpu")
        if peer:
            figures.add(name + ".cpu-share", figures.median(name + ".cpu") / peer, "of InfluxDB's")
            found[name + ".cpu-share"] = 1 / PEER_SHARE
        bare = figures.median(f"receiver.{transport}.full")
        if bare and transport != "udp":
            found[name + ".full"] = min(LOSSLESS_VALUES, LOSSLESS_SHARE * bare)
    return found


def compile_programs(directory):
    """`load` and `receiver`, built there."""
    directory.mkdir()
    compiler = shutil.which("cc") or shutil.which("clang") or shutil.which("gcc")
    if not compiler:
        raise peers.Failure("there is no C compiler: install gcc or clang")
    for name in ("load", "receiver"):
        subprocess.run(
            [compiler, "-O2", "-o", str(directory / name), str(HERE / f"{name}.c")], check=True)
    return directory


@contextlib.contextmanager
def two_processors():
    """Two cores for everybody, ahead of other work where that is allowed.

    The kernel first shares a core between sessions (sched(7), autogroup), then by priority inside
    one, so both are set; what belongs to the session is put back.
    """
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    group = pathlib.Path("/proc/self/autogroup")
    before = None
    try:
        os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
        before = group.read_text().rpartition(" ")[2].strip()
        group.write_text(f"{PRIORITY}")
    except OSError:
        print("ingest: runs at ordinary priority", file=sys.stderr)
    try:
        yield
    finally:
        if before:
            # Refused where two changes follow each other within a tenth of a second.
            time.sleep(0.2)
            group.write_text(before)


def figures_of(directory, options):
    """All rows, and what could not be measured because it is not there."""
    programs = compile_programs(directory / "programs")
    load = Load(str(programs / "load"), options.load)
    transports = ["udp", "tcp", "unix", "unixgram", "http"]
    figures, group = Figures(), []
    absent = []
    try:
        for transport in transports[:4]:
            group.append(
                peers.Receiver(directory / "receiver", str(programs / "receiver"), transport))
        forestall = peers.Forestall(
            directory / "forestall", options.program, options.settings + SETTINGS, transports)
        group.append(forestall)
        absent += [
            f"forestall has no listener for {one}"
            for one in transports if one not in forestall.targets]
        settle_in(forestall, load, 80, options, figures)
        influxdb = None if options.small else peers.InfluxDB.find(directory / "package")
        if influxdb:
            group.append(peers.InfluxDB(directory / "influxdb", influxdb, SIGNALS))
            settle_in(group[-1], load, 30, options, figures)
        elif options.small:
            absent.append("influxdb is left out of the short form")
        else:
            absent.append("influxdb is neither installed nor among this system's packages")
        rounds(group, load, options, figures)
    finally:
        for peer in group:
            peer.stop()
    held = references(figures, memory(directory / "memory", load, options, figures))
    figures.add("machine.load", os.getloadavg()[1], "over 5 minutes")
    rows = []
    for name in figures.values:
        value, reference = figures.median(name), held.get(name)
        rows.append((name, value, figures.units[name], reference))
    return rows, absent


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--out", help="directory for ingest.json")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="of one load")
    parser.add_argument(
        "--load", help="another load program: a command with {transport} {host} {port} {path} "
        "{rate} {lines_per_second} {seconds} {devices} {signals} {lines}, which prints what load.c "
        "does")
    parser.add_argument(
        "--small", action="store_true", help="does it still work? Figures mean nothing")
    options = parser.parse_args()
    options.program = str(pathlib.Path(options.program).resolve())
    options.settings = SMALL_SETTINGS if options.small else ""
    if options.small:
        options.rounds, options.seconds = 1, 0.2
    try:
        with tempfile.TemporaryDirectory(prefix="forestall-ingest-") as name, two_processors():
            rows, absent = figures_of(pathlib.Path(name), options)
    except (OSError, peers.Failure, subprocess.SubprocessError) as failure:
        print(f"ingest: {failure}", file=sys.stderr)
        return 1
    show(rows, options.out, "bench-ingest")
    for sentence in absent:
        print(f"Not measured: {sentence}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
