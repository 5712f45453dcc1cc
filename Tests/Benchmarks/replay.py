#!/usr/bin/env python3
"""How fast recordings are replayed with everything stored.

What comes in: the release program and, for the second part, the hourly telemetry of machines in the
form of the Azure predictive maintenance data set: a CSV file, plain or gzip, with the columns
datetime, machineID, volt, rotate, pressure and vibration. What goes out: one table and, with --out,
OUT/replay.json. First a day of 200 machines with 6 signals at 1 Hz from four gzip files: what
`forestall simulate` makes of pumps, without their ambient temperature and suction pressure. Then
the hourly telemetry, in windows of an hour. Machines are past their commissioning for most of
either, and each replay begins with an empty state directory. `wall` is from the start of the
process to its end, `cpu` its processor seconds, all threads together: on a machine with other work
the latter is the one to compare. Every window that is closed counts, empty or not.
"""

import argparse
import csv
import datetime
import gzip
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import figures
import peers

MACHINES, PARTS = 200, 4
# Bars: readings a second of the day, windows a second of the hourly telemetry.
READINGS, WINDOWS = 2_000_000, 100_000

PUMPS = """
[class.pump]
commissioning = "2h"
[class.pump.signal.vibration_rms]
alarm_high = 4.5
trip_high = 7.1
[class.pump.signal.bearing_temperature]
alarm_high = 85
explained_by = ["current"]
[class.pump.signal.current]
[class.pump.signal.flow]
[class.pump.component.bearing]
signals = ["vibration_rms", "bearing_temperature"]
[class.pump.component.impeller]
signals = ["flow"]
"""

MACHINES_BY_THE_HOUR = """
[class.pdm]
window = "1h"
commissioning = "7d"
[class.pdm.signal.volt]
[class.pdm.signal.rotate]
[class.pdm.signal.pressure]
[class.pdm.signal.vibration]
[class.pdm.component.drive]
signals = ["vibration", "rotate"]
[class.pdm.component.supply]
signals = ["volt", "pressure"]
"""


def make_day(options, directory):
    """The recordings of a day, in order."""
    interval = 600 if options.small else 1
    lines = MACHINES * 86_400 // interval // PARTS
    simulate = (
        f'"$0" simulate --devices {MACHINES} --days 1 --interval {interval} --machines pump '
        f"| sed 's/,ambient_temperature=[^ ]*//' "
        f"| split -l {lines} --filter='gzip -6 > $FILE.lp.gz' - hours-")
    subprocess.run(
        ["sh", "-c", simulate, options.program], cwd=directory, check=True,
        stderr=subprocess.DEVNULL)
    return sorted(directory.glob("hours-*.lp.gz"))


def make_hours(source, directory):
    """The hourly telemetry as line protocol, in order of time."""
    opener = gzip.open if source.suffix == ".gz" else open
    lines = []
    with opener(source, "rt") as file:
        for row in csv.DictReader(file):
            moment = datetime.datetime.fromisoformat(row["datetime"])
            stamp = int(moment.replace(tzinfo=datetime.timezone.utc).timestamp()) * 1_000_000_000
            fields = ",".join(
                f"{name}={row[name]}" for name in ("volt", "rotate", "pressure", "vibration"))
            lines.append((stamp, f"pdm,device=machine-{row['machineID']} {fields} {stamp}\n"))
    lines.sort(key=lambda line: line[0])
    recording = directory / "hours.lp"
    recording.write_text("".join(text for _, text in lines))
    return [recording]


class Replay:
    """One run of the program over recordings, from nothing."""

    def __init__(self, program, configuration, recordings, state):
        shutil.rmtree(state, ignore_errors=True)
        started = time.monotonic()
        with subprocess.Popen(
                [program, "replay", "--config", str(configuration), "--state", str(state),
                 *map(str, recordings)],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                text=True) as process:
            said = process.stderr.read()
            _, code, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(code)
        if process.returncode != 0:
            raise peers.Failure(f"the replay failed: {said[-2000:]}")
        self.wall = time.monotonic() - started
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = usage.ru_maxrss * 1024
        self.readings = int(re.search(r"(\d+) readings", said)[1])
        self.windows = int(re.search(r"(\d+) windows", said)[1])


def measure(name, counted, bar, settings, recordings, options, directory):
    """Figures of a number of replays; `counted` is what there is a bar for."""
    configuration = directory / f"{name}.toml"
    configuration.write_text(settings)
    runs = [
        Replay(options.program, configuration, recordings, directory / "state")
        for _ in range(options.rounds)]
    amount = getattr(runs[0], counted)
    def rate(clock):
        return amount / statistics.median(getattr(run, clock) for run in runs)
    return [
        (f"replay.{name}.wall", rate("wall"), f"{counted}/s", bar),
        (f"replay.{name}.cpu", rate("cpu"), f"{counted}/CPU s", bar),
        (f"replay.{name}.readings", runs[0].readings, "readings", None),
        (f"replay.{name}.windows", runs[0].windows, "windows", None),
        (f"replay.{name}.peak", max(run.peak for run in runs) / 1e6, "MB", None)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--hourly", type=pathlib.Path, help="the hourly telemetry, .csv or .csv.gz")
    parser.add_argument("--out", help="directory for replay.json")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--small", action="store_true", help="does it still work? Figures mean nothing")
    options = parser.parse_args()
    options.program = str(pathlib.Path(options.program).resolve())
    if options.small:
        options.rounds = 1
    try:
        with tempfile.TemporaryDirectory(prefix="forestall-replay-") as name:
            directory = pathlib.Path(name)
            rows = measure(
                "day", "readings", READINGS, PUMPS, make_day(options, directory), options,
                directory)
            if options.hourly:
                rows += measure(
                    "hourly", "windows", WINDOWS, MACHINES_BY_THE_HOUR,
                    make_hours(options.hourly, directory), options, directory)
    except (OSError, KeyError, peers.Failure, subprocess.SubprocessError) as failure:
        print(f"replay: {failure}", file=sys.stderr)
        return 1
    figures.show(rows, options.out, "replay")
    if not options.hourly:
        print("Not measured: the hourly telemetry, which --hourly FILE names.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
