"""Public data sets of machines as line protocol.

What comes in: a directory with one folder per data set, each with plain or gzip files in the form
their publishers gave them. What goes out: recordings, one per machine or run. Every row is one
line; a stamp that comes twice is a nanosecond later the second time. Times without a zone are UTC.
"""

import csv
import datetime
import gzip
import pathlib

EPOCH = datetime.datetime(1970, 1, 1)
SECOND = 1_000_000_000


class Recording:
    """What one machine said: `signals` in the order of the columns, one row of `values` per stamp;
    `stamps` in nanoseconds, ascending; `rows` and `header` are the file as it was."""

    def __init__(self, data_set, name, header, rows, stamps, signals, values):
        self.data_set = data_set
        self.name = name
        self.header = header
        self.rows = rows
        self.signals = signals
        self.values = values
        self.stamps = []
        for stamp in stamps:
            last = self.stamps[-1] if self.stamps else None
            self.stamps.append(stamp if last is None or stamp > last else last + 1)

    def lines(self, keep=None):
        """Line protocol, without rows that say nothing and those `keep` is false for."""
        for place, (stamp, row) in enumerate(zip(self.stamps, self.values)):
            fields = ",".join(
                f"{signal}={value}" for signal, value in zip(self.signals, row) if value != "")
            if fields and (keep is None or keep[place]):
                yield f"m,device=d {fields} {stamp}\n"


def table(path, delimiter=","):
    """Header and rows of a file."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        reader = csv.reader(file, delimiter=delimiter)
        header = next(reader)
        return header, list(reader)


def seconds(text):
    """Nanoseconds of `YYYY-MM-DD HH:MM[:SS]`."""
    moment = datetime.datetime.fromisoformat(text.strip())
    return int((moment - EPOCH) / datetime.timedelta(microseconds=1)) * 1000


def number(text):
    """The text of a number as line protocol wants it; empty for what is none."""
    try:
        value = float(text)
    except ValueError:
        return ""
    return text.strip() if value - value == 0 else ""


def name_of(path, root):
    """The file below its root, without the ending of its compression."""
    return str(path.relative_to(root)).removesuffix(".gz")


def files(root, pattern):
    """Data files below a folder, plain or compressed."""
    found = {}
    for path in sorted(root.glob(pattern)) + sorted(root.glob(pattern + ".gz")):
        found.setdefault(name_of(path, root), path)
    return sorted(found.items())


def nab(root):
    """One value a row, from servers, streets and machines."""
    for name, path in files(root / "data", "*/*.csv"):
        header, rows = table(path)
        yield Recording(
            "nab", name, header, rows, [seconds(row[0]) for row in rows], ["value"],
            [[number(row[1])] for row in rows])


def skab(root):
    """A water pump with eight sensors, a fault in each run."""
    for name, path in files(root, "*/*.csv"):
        header, rows = table(path, ";")
        columns = [
            place for place, column in enumerate(header)
            if column not in ("datetime", "anomaly", "changepoint")]
        yield Recording(
            "skab", name, header, rows, [seconds(row[0]) for row in rows],
            [header[place].replace(" ", "_") for place in columns],
            [[number(row[place]) for place in columns] for row in rows])


def evenly(data_set, name, header, rows, columns, step):
    """A recording without a clock: one row every `step` seconds from the first day on."""
    return Recording(
        data_set, name, header, rows,
        [(1_500_000_000 + place * step) * SECOND for place in range(len(rows))],
        [header[place].strip().replace(" ", "_") for place in columns],
        [[number(row[place]) for place in columns] for row in rows])


def spacecraft(root):
    """Channels of two spacecraft, each a series of its own."""
    for _, path in files(root, "*_telemetry.csv"):
        header, rows = table(path)
        channels = {}
        for row in rows:
            channels.setdefault(row[0], []).append(row)
        for channel, rows in channels.items():
            yield evenly("spacecraft", f"{channel}.csv", header, rows, [3], 60)


def production_plant(root):
    """A component of a plant, run until it is worn out."""
    for name, path in files(root, "*.csv"):
        header, rows = table(path)
        columns = [place for place, column in enumerate(header)
                   if column.strip().lower() not in ("timestamp", "time", "")]
        yield evenly("production_plant", name, header, rows, columns, 1)


def bearings(root):
    """Bearings run until they failed, by features of snapshots ten seconds apart."""
    for name, path in files(root, "features_*.csv"):
        header, rows = table(path)
        columns = [place for place, column in enumerate(header) if column[:2] in ("h_", "v_")]
        yield evenly("bearings_femto", name, header, rows, columns, 10)


def timed(data_set, pattern, clock):
    """A set of files with a column of times; every other column that holds numbers is a signal."""
    def load(root):
        for name, path in files(root, pattern):
            header, rows = table(path)
            place = header.index(clock)
            columns = [
                column for column in range(len(header))
                if column != place and any(number(row[column]) for row in rows[:100])]
            rows = sorted(
                (row for row in rows if len(row) == len(header)), key=lambda row: row[place])
            yield Recording(
                data_set, name, header, rows, [seconds(row[place]) for row in rows],
                [header[column].strip().replace(" ", "_").replace("=", "_") for column in columns],
                [[number(row[column]) for column in columns] for row in rows])
    return load


def hydraulic(root):
    """Load cycles of a test rig, the means of a cycle a row."""
    for name, path in files(root, "cycle_means*.csv"):
        header, rows = table(path)
        columns = [place for place, column in enumerate(header) if column != "cycle"]
        yield evenly("hydraulic", name, header, rows, columns, 60)


SETS = {
    "nab": nab,
    "skab": skab,
    "spacecraft": spacecraft,
    "production_plant": production_plant,
    "hydraulic": hydraulic,
    "transformer": timed("transformer", "*.csv", "DeviceTimeStamp"),
    "solar_thermal": timed("solar_thermal", "minute_*.csv", "datetime"),
    "wind_turbine": timed("wind_turbine", "scada_*.csv", "datetime"),
    "bearings_femto": bearings,
    "bearings_ims": timed("bearings_ims", "*_timefeatures.csv", "timestamp"),
}


def load(data, chosen=None):
    """All recordings of the sets that are there."""
    for name, loader in SETS.items():
        root = pathlib.Path(data) / name
        if root.is_dir() and (not chosen or name in chosen):
            yield from loader(root)
