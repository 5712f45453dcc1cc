"""How the benchmarks of the whole program print what they found: the form of `forestall-bench`."""

import json
import pathlib


def short(value):
    """Three digits, or all of a large number; nothing for what there is not."""
    return "" if value is None else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def table(found):
    """The figures, name, value, unit and reference, as a table that is Markdown as well."""
    rows = [("figure", "value", "unit", "reference", "ratio")]
    for name, value, unit, reference in found:
        rows.append((name, short(value), unit, short(reference), short(ratio(value, reference))))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) if column in (0, 2) else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("| " + " | ".join(cells) + " |")
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(lines)


def ratio(value, reference):
    """Of the value to what it is held against."""
    return value / reference if reference else None


def show(found, directory, name):
    """Prints the table and, where there is a directory, writes it there as `name`.json."""
    print(table(found))
    if not directory:
        return
    pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
    rows = [
        {"name": name, "value": value, "unit": unit, "reference": reference,
         "ratio": ratio(value, reference)}
        for name, value, unit, reference in found]
    (pathlib.Path(directory) / f"{name}.json").write_text(json.dumps(rows) + "\n")
