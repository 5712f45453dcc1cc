#!/usr/bin/env python3
"""How well deviations are found on recordings of real machines.

What comes in: the release program and --data, a directory with public data sets (see
recordings.py). What goes out: with --out, for every recording a CSV file of scores, and one table.
Each recording goes through `forestall replay --scores` as line protocol, under one configuration
for all of them: every reading is judged as it comes. With --tools, a directory with scorers and
reference implementations (nab_score.py, skab_score.py, rex.py, mhx.py), their figures stand beside
ours; they need numpy and pandas, which are installed into --environment when that is named.

Files of nab have the columns timestamp, value, anomaly_score and raw, a row for every row of the
data; those of skab datetime, anomaly, changepoint and score; all others time, anomaly, score, the
signal whose record was the highest and its score.
"""

import argparse
import csv
import json
import math
import pathlib
import subprocess
import sys
import tempfile

import figures
import peers
import recordings

# Every set under the same: readings are judged one by one. Of machines that ran until they failed a
# seventh of the shortest run is known to be healthy.
SETTINGS = '[class.generic]\ntick = "reading"\n'
COMMISSIONING = {"production_plant": "9m", "bearings_femto": "12m"}
# From this raw score on a record counts, where one bar is wanted for all files.
RAW = 0.40
BAR = 1 - math.exp(-RAW / 2)
PROFILES = ("standard", "reward_low_FP_rate", "reward_low_FN_rate")


class Scores:
    """What the program said of one recording, by row."""

    def __init__(self, program, recording, directory, keep=None):
        lines = directory / "recording.lp"
        lines.write_text("".join(recording.lines(keep)))
        configuration = directory / "detection.toml"
        length = COMMISSIONING.get(recording.data_set)
        configuration.write_text(
            SETTINGS + (f'commissioning = "{length}"\n' if length else ""))
        scores = directory / "scores.csv"
        scores.unlink(missing_ok=True)
        done = subprocess.run(
            [program, "replay", str(lines), "--config", str(configuration), "--scores",
             str(scores)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            check=False)
        if done.returncode != 0:
            raise peers.Failure(f"{recording.name}: {done.stderr[-2000:]}")
        # A window begins with the millisecond of its readings.
        places = {}
        for place, stamp in enumerate(recording.stamps):
            if keep is None or keep[place]:
                places[stamp // 1_000_000] = place
        count = len(recording.stamps)
        # Of the device: distance and whether it is abnormal; of its signals the highest record.
        self.distance = [0.0] * count
        self.abnormal = [0] * count
        self.score = [0.0] * count
        self.raw = [0.0] * count
        self.signal = [""] * count
        with open(scores, encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                place = places[int(row["window_start"]) // 1_000_000]
                if row["signal"] == "*":
                    self.distance[place] = float(row["raw"])
                    self.abnormal[place] = int(row["state"] == "abnormal")
                elif float(row["score"]) > self.score[place] or not self.signal[place]:
                    self.score[place] = float(row["score"])
                    self.raw[place] = float(row["raw"])
                    self.signal[place] = row["signal"]


def write(path, header, rows, delimiter=","):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_scores(out, recording, scores):
    path = out / recording.data_set / recording.name
    first = [row[0] for row in recording.rows]
    if recording.data_set == "nab":
        write(path, ["timestamp", "value", "anomaly_score", "raw"],
              zip(first, (row[1] for row in recording.rows), scores.score, scores.raw))
    elif recording.data_set == "skab":
        before = [0] + scores.abnormal
        changes = [int(one != other) for one, other in zip(before, scores.abnormal)]
        write(path, ["datetime", "anomaly", "changepoint", "score"],
              zip(first, scores.abnormal, changes, scores.distance))
    else:
        times = [stamp / recordings.SECOND for stamp in recording.stamps]
        write(path, ["time", "anomaly", "distance", "signal", "signal_score", "raw"],
              zip(times, scores.abnormal, scores.distance, scores.signal, scores.score,
                  scores.raw))


class Run:
    """What the alerts of a machine that ran until it failed were worth. An alert begins with the
    third abnormal row of a run, and ends with the twelfth in a row that is not."""

    def __init__(self, recording, scores):
        self.name = f"{recording.data_set}/{recording.name}"
        self.rows = len(recording.rows)
        self.length = (recording.stamps[-1] - recording.stamps[0]) / recordings.SECOND
        self.alerts = []
        is_on, run = False, 0
        for place, abnormal in enumerate(scores.abnormal):
            run = run + 1 if bool(abnormal) != is_on else 0
            if run < (12 if is_on else 3):
                continue
            is_on, run = not is_on, 0
            if is_on:
                self.alerts.append(place / self.rows)

    @property
    def first(self):
        return self.alerts[0] if self.alerts else None

    def cells(self):
        first = self.first
        return [
            self.name, f"{self.rows}",
            "none" if first is None else f"{100 * first:.0f} %",
            "" if first is None else f"{(1 - first) * self.length / 60:.0f} min",
            str(sum(alert < 0.3 for alert in self.alerts)), str(len(self.alerts))]


def show_runs(runs):
    rows = [["run", "rows", "first alert", "before the end", "in the first 30 %", "alerts"]]
    rows += [run.cells() for run in runs]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
    print()


def spacecraft_found(data, scores):
    """Of the labelled stretches of channels the share with a record in it, and records elsewhere."""
    _, labels = recordings.table(data / "spacecraft" / "labeled_anomalies.csv")
    found, elsewhere, rows = 0, 0, 0
    for channel, (recording, scored) in scores.items():
        places = [place for place, row in enumerate(recording.rows) if row[1] == "test"]
        first = places[0]
        records = {place - first for place in places if scored.score[place] >= BAR}
        labelled = set()
        for row in labels:
            if row[0] == channel:
                stretch = set(range(int(row[2]), int(row[3]) + 1))
                labelled |= stretch
                found += bool(stretch & records)
        elsewhere += len(records - labelled)
        rows += len(places)
    wanted = sum(row[0] in scores for row in labels)
    return [("spacecraft.found", 100 * found / wanted, "% of stretches", None),
            ("spacecraft.elsewhere", 10_000 * elsewhere / rows, "of 10,000 rows", None)]


class Tools:
    """The scorers and reference implementations, in a Python that has what they need."""

    def __init__(self, directory, environment):
        self.directory = pathlib.Path(directory)
        self.python = sys.executable
        if environment:
            self.python = str(pathlib.Path(environment) / "bin" / "python")
            if not pathlib.Path(self.python).exists():
                subprocess.run([sys.executable, "-m", "venv", environment], check=True)
                subprocess.run(
                    [self.python, "-m", "pip", "install", "-q", "numpy", "pandas", "numba", "river"],
                    check=True, timeout=600)
        self.run_code("import numpy, pandas")

    def run_code(self, code):
        subprocess.run([self.python, "-c", code], check=True, stdin=subprocess.DEVNULL)

    def run(self, tool, *arguments):
        done = subprocess.run(
            [self.python, str(self.directory / tool), *map(str, arguments)], check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def scored(self, tool, directory, *arguments):
        """What a scorer writes with --json."""
        report = directory / "report.json"
        self.run(tool, *arguments, "--json", report)
        return json.loads(report.read_text())


def nab_rows(tools, data, ours, directory):
    """NAB's three profiles at one fixed bar, the reference implementation beside."""
    reference = directory / "rex"
    tools.run("rex.py", "--nab", data / "nab", "--out", reference)
    found = [
        tools.scored("nab_score.py", directory, "--nab", data / "nab", "--results", results,
                     "--fixed", BAR)
        for results in (ours, reference)]
    rows = [
        (f"nab.{name}", found[0][name]["score"], "points", found[1][name]["score"])
        for name in PROFILES]
    # The others at the bar that suits each of them best.
    others = directory / "others"
    detectors = pathlib.Path(__file__).with_name("detectors.py")
    tools.run(detectors, "--data", data, "--out", others)
    for results in sorted(others.iterdir()):
        best = tools.scored(
            "nab_score.py", directory, "--nab", data / "nab", "--results", results)
        rows += [(f"nab.{results.name}.{name}", best[name]["score"], "points", None)
                 for name in PROFILES]
    return rows


def skab_rows(tools, data, ours, directory):
    reference = directory / "mhx"
    tools.run("mhx.py", "--skab", data / "skab", "--out", reference)
    found = [
        tools.scored("skab_score.py", directory, "--skab", data / "skab", "--results", results)
        for results in (ours, reference)]
    return [
        (f"skab.{name}", found[0]["outliers"][name], unit, found[1]["outliers"][name])
        for name, unit in (("F1", ""), ("FAR", "%"), ("MAR", "%"))]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--program", default=".build/release/forestall")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, help="directory for scores and detection.json")
    parser.add_argument("--tools", help="directory with scorers and reference implementations")
    parser.add_argument("--environment", help="directory for a Python environment of the tools")
    parser.add_argument("--sets", nargs="*", help="only these")
    options = parser.parse_args()
    options.program = str(pathlib.Path(options.program).resolve())
    with tempfile.TemporaryDirectory(prefix="forestall-detection-") as name:
        directory = pathlib.Path(name)
        out = options.out or directory / "out"
        counts, runs, spacecraft = {}, [], {}
        try:
            for recording in recordings.load(options.data, options.sets):
                scores = Scores(options.program, recording, directory)
                write_scores(out, recording, scores)
                if recording.data_set in COMMISSIONING:
                    runs.append(Run(recording, scores))
                if recording.data_set == "spacecraft":
                    spacecraft[recording.rows[0][0]] = (recording, scores)
                files, rows = counts.get(recording.data_set, (0, 0))
                counts[recording.data_set] = (files + 1, rows + len(recording.rows))
        except (OSError, KeyError, ValueError, peers.Failure) as failure:
            print(f"detection: {failure}", file=sys.stderr)
            return 1
        found = []
        for data_set, (files, rows) in counts.items():
            found += [(f"{data_set}.files", files, "recordings", None),
                      (f"{data_set}.rows", rows, "rows", None)]
        if spacecraft:
            found += spacecraft_found(options.data, spacecraft)
        if runs:
            show_runs(runs)
            found += [
                ("runs.alerted", sum(run.first is not None for run in runs), f"of {len(runs)}",
                 None),
                ("runs.early", sum(sum(alert < 0.3 for alert in run.alerts) > 1 for run in runs),
                 "with more than one in the first 30 %", None)]
        if options.tools:
            try:
                tools = Tools(options.tools, options.environment)
                if "nab" in counts:
                    found += nab_rows(tools, options.data, out / "nab", directory)
                if "skab" in counts:
                    found += skab_rows(tools, options.data, out / "skab", directory)
            except (OSError, KeyError, subprocess.SubprocessError) as failure:
                print(f"detection: the tools did not run: {failure!r}", file=sys.stderr)
        figures.show(found, options.out, "detection")
        if not options.tools:
            print("Not scored: --tools DIR names the scorers.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
