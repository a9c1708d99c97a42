"""Record: the ratios of a run that later ones are compared with (docs/performance/figures.json)."""
import json

from spread import Spread
from table import cost


def measure_of(row):
    """What is compared: times the bare machine, or, where there is none, the figure itself. None: nothing was measured."""
    return cost(row) if row.raw is not None else row.figure()


def rounded(spread):
    return [float(f"{value:.5g}") for value in (spread.median, spread.least, spread.greatest)]


def record_of(figures, machine, about):
    """As a JSON object. Each spread is [median, least, greatest]."""
    rows = {}
    for row in figures.own:
        measure = measure_of(row)
        if measure is None:
            continue
        rows[row.name] = {"unit": row.unit, "ours": rounded(row.figure()), "cost": rounded(measure)}
        if row.raw is not None:
            rows[row.name]["raw"] = rounded(row.raw.spread())
    return {"machine": machine, "date": about.date, "commit": about.commit, "rows": rows}


def write(record, path):
    """A line for each row, so that a change can be read."""
    lines = [f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in record["rows"].items()]
    head = {key: value for key, value in record.items() if key != "rows"}
    text = json.dumps(head, ensure_ascii=False, indent=2).removesuffix("\n}")
    path.write_text(text + ',\n  "rows": {\n' + ",\n".join(lines) + "\n  }\n}\n", encoding="utf-8")


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def spread_in(row, key):
    return Spread(*row[key])
