#!/usr/bin/env python3
"""Two other streaming detectors on the recordings of NAB, to stand beside ours.

What comes in: --data, a directory with public data sets (see recordings.py). What goes out: --out,
with `ewma` and `river` in it, each in the form a scorer of NAB reads. `ewma` is the distance of a
value from an exponentially weighted mean in exponentially weighted deviations; `river` are half-space
trees (S. C. Tan, K. M. Ting and F. T. Liu, Fast anomaly detection for streaming data, 2011) of the
library of that name, over values scaled to what has been seen, and is left out where there is none.
"""

import argparse
import csv
import pathlib

import recordings

RATE = 0.02


def ewma(values):
    """Deviations in standard deviations, squeezed to [0, 1)."""
    mean, variance = None, 0.0
    for value in values:
        if value is None:
            yield 0.0
            continue
        if mean is None:
            mean = value
        distance = value - mean
        deviation = variance ** 0.5
        score = abs(distance) / deviation if deviation > 0 else 0.0
        yield score / (score + 3)
        mean += RATE * distance
        variance = (1 - RATE) * (variance + RATE * distance * distance)


def river_trees():
    """Half-space trees as a function of values; nothing without the library."""
    try:
        from river import anomaly, compose, preprocessing
    except ImportError:
        return None

    def scores(values):
        model = compose.Pipeline(preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=1))
        for value in values:
            if value is None:
                yield 0.0
                continue
            yield model.score_one({"x": value})
            model.learn_one({"x": value})
    return scores


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    detectors = {"ewma": ewma, "river": river_trees()}
    for recording in recordings.load(options.data, ["nab"]):
        values = [float(row[0]) if row[0] else None for row in recording.values]
        for name, detector in detectors.items():
            if detector is None:
                continue
            path = options.out / name / recording.name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(["timestamp", "value", "anomaly_score"])
                writer.writerows(
                    (row[0], row[1], score) for row, score in zip(recording.rows, detector(values)))


if __name__ == "__main__":
    main()
