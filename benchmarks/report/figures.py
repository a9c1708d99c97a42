"""Figures: what the programs measured, read from their JSON. A row is known by its name, which says whose it is."""
import json
from dataclasses import dataclass, field

from spread import spread_of


@dataclass(frozen=True)
class Side:
    """One side of a row, the library's or the bare machine's: a number for each round, 0 where it failed."""

    figure: list
    p999_ns: list
    cpu_ns_per_message: list
    p99_median_ns: float = 0
    is_good: bool = True  # nothing was lost or wrong, and no measurement failed

    def rounds(self, kind):
        return getattr(self, kind)

    def spread(self, kind="figure", may_be_zero=False):
        return spread_of([value for value in self.rounds(kind) if value > 0 or (may_be_zero and self.is_good)])


@dataclass(frozen=True)
class Row:
    """One line of a table. `raw` is None where there is nothing to compare with."""

    name: str
    unit: str  # "ns", "messages/s", "count", "bytes"
    bytes: int
    moves: bool  # what a message's bytes do; handed over, they stay where they are
    baseline: str
    own: Side
    raw: Side | None

    @property
    def is_rate(self):
        return self.unit == "messages/s"

    @property
    def is_amount(self):
        return self.unit in ("count", "bytes")

    @property
    def contest(self):
        """ "round-trip/unix/64B" of "round-trip/unix/64B/zeromq"."""
        return self.name.rsplit("/", 1)[0]

    @property
    def contestant(self):
        return self.name.rsplit("/", 1)[1]

    def figure(self, kind="figure"):
        return self.own.spread(kind, self.is_amount)


@dataclass
class Figures:
    """Everything that one run found out. `own` and `rivals` are rows in the order in which they were measured."""

    machine: str = ""
    foreign_load: float = 0
    own: list = field(default_factory=list)
    rivals: list = field(default_factory=list)
    one_core: list = field(default_factory=list)
    floors: list = field(default_factory=list)
    rival_versions: list = field(default_factory=list)  # (name, version, how)
    scaling: dict | None = None
    seconds: float = 0
    faults: list = field(default_factory=list)

    def row(self, name):
        """None: it was not measured."""
        return next((row for row in self.own + self.rivals if row.name == name), None)

    def contest(self, name):
        """Its rows in their order."""
        return [row for row in self.rivals if row.contest == name]

    def contests(self):
        return list(dict.fromkeys(row.contest for row in self.rivals))


def went_wrong(side):
    return bool(side["lost"] or side["wrong"] or side["errors"])


def side_of(text):
    rounds = text["rounds"]
    return Side(rounds["figure"], rounds["p999_ns"], rounds["cpu_ns_per_message"], text["p99_ns"], not went_wrong(text))


def row_of(text):
    raw = side_of(text["raw"]) if text["raw"]["rounds"]["figure"] else None
    return Row(text["row"], text["unit"], text["bytes"], text["moves"], text["baseline"], side_of(text["own"]), raw)


def faults_of(text):
    """Rows in which something went wrong, with the reason."""
    for row in text["rows"]:
        for whose in ("own", "raw"):
            side = row[whose]
            if went_wrong(side):
                reason = "; ".join(dict.fromkeys(side["errors"])) or f"{side['lost']} lost, {side['wrong']} wrong"
                yield f"{row['row']}{' (raw)' if whose == 'raw' else ''}: {reason}"


def scaling_faults(scaling):
    for series in scaling["series"]:
        for point in series["points"]:
            if went_wrong(point):
                reason = "; ".join(point["errors"]) or f"{point['lost']} lost, {point['wrong']} wrong"
                yield f"{series['series']}/{point['x']:g}: {reason}"


def read(folder):
    """The JSONs of one run: own.json, and whatever else is there; what failed altogether has left an empty one."""

    def text_of(name):
        path = folder / f"{name}.json"
        if path.exists() and not path.stat().st_size:
            figures.faults.append(f"{name}: no figures came of it")
            return None
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    figures = Figures()
    figures.scaling = text_of("scaling")
    own = text_of("own")
    if own is None:
        raise SystemExit(f"{folder}/own.json: there are no figures; ./bench.sh measures them")
    figures.machine = own["machine"]
    figures.floors = own["floors"]
    counted = text_of("counted")
    parts = [("own", own), ("own", counted), ("one_core", text_of("one-core"))]
    if rivals := text_of("rivals"):
        parts.append(("rivals", rivals["report"]))
        figures.rival_versions = [(r["name"], r["version"], r["how"]) for r in rivals["rivals"]]
    for place, text in parts:
        if text:
            getattr(figures, place).extend(row_of(row) for row in text["rows"])
            if text is not counted:  # others may take what time they want: nothing is timed there
                figures.foreign_load = max(figures.foreign_load, text["foreign_load"])
            figures.faults.extend(faults_of(text))
    if figures.scaling:
        figures.faults.extend(scaling_faults(figures.scaling))
    return figures
