"""Check: has something become worse than it was recorded? Wide enough for the noise of a machine that is not ours alone."""
from dataclasses import dataclass

import floors
import text
from record import spread_in
from spread import spread_of

FACTOR_MIN = 1.6  # two runs of the same program differ by so much now and then
FACTOR_MAX = 2  # and never by more, however far one bad round of the record was off

COUNTED_ELSEWHERE = ("copies",)  # by a build of its own
FOR_ROOT = ("syscalls/",)  # and where tracefs is mounted


@dataclass(frozen=True)
class Worse:
    """A row that is beyond what the record allows."""

    name: str
    recorded: float
    limit: float
    best: float
    is_cost: bool  # times the bare machine; else the figure itself

    def __str__(self):
        what = "times the bare machine, best round beside best round" if self.is_cost else "(figure) in its best round"
        return (f"WORSE {self.name}: {text.number(self.best)} {what}; {text.number(self.recorded)} is recorded, "
                f"up to {text.number(self.limit)} is noise")


@dataclass(frozen=True)
class Missed:
    """A floor that a row is below."""

    name: str
    told: str

    def __str__(self):
        return f"MISSED {self.told}"


def best_of(row, spread):
    return spread.greatest if row.is_rate else spread.least


def quicker(row, now, before):
    """How many times."""
    return now / before if row.is_rate else before / now


def best_measure(row):
    """Ours in its best round beside the bare machine in its best: whichever of the two somebody disturbed for a round, what it can
    do is known. Where there is no bare machine, ours. None: nothing was measured."""
    ours = row.figure()
    if ours is None:
        return None
    if row.raw is None:
        return ours.least
    raw = row.raw.spread()
    return quicker(row, best_of(row, raw), best_of(row, ours)) if raw else None


def limit_of(recorded):
    """As far from the median as the worst round of the record was, but within FACTOR_MIN and FACTOR_MAX times."""
    if recorded.median <= 0:
        return recorded.greatest
    return recorded.median * min(max(FACTOR_MIN, recorded.greatest / recorded.median), FACTOR_MAX)


def pace_of(figures, record):
    """How many times quicker this machine is than the recorded one, bare, in the median of all rows. It sleeps in a quarter of them:
    one that only wakes sooner has the same pace."""
    found = []
    for row in figures.own:
        before = record["rows"].get(row.name, {})
        if not row.is_amount and row.raw is not None and "raw" in before and (raw := row.raw.spread()):
            found.append(quicker(row, best_of(row, raw), best_of(row, spread_in(before, "raw"))))
    return spread_of(found).median if found else 1


def has_a_quicker_machine(row, recorded, pace):
    """The ratio is worse because the bare machine is quicker in this row than the recorded one, where ours keeps the pace of the
    machine: another one wakes sleepers in a fifth of the time, and rows that do not sleep gain nothing by it."""
    if row.raw is None:
        return False
    raw = quicker(row, best_of(row, row.raw.spread()), spread_in(recorded, "raw").median)
    ours = quicker(row, best_of(row, row.figure()), spread_in(recorded, "ours").median)
    return raw > FACTOR_MIN and ours >= pace / FACTOR_MIN


def judged(row, recorded, pace):
    """Worse, or None."""
    measured, before = best_measure(row), spread_in(recorded, "cost")
    if measured is None or measured <= limit_of(before) or has_a_quicker_machine(row, recorded, pace):
        return None
    return Worse(row.name, before.median, limit_of(before), measured, row.raw is not None)


def worse_rows(figures, record, pace):
    found = (judged(row, record["rows"][row.name], pace) for row in figures.own if row.name in record["rows"])
    return [each for each in found if each]


def suspects(figures, record, pace):
    """Rows that look worse, and floors that look missed."""
    return worse_rows(figures, record, pace) + [Missed(each["row"], floors.told(each)) for each in floors.missed(figures)]


def gone(figures, record):
    """Names of recorded rows that are not there: those that had to be, and those that only root can have measured."""
    there = {row.name for row in figures.own}
    names = [name for name in record["rows"] if name not in there and not name.startswith(COUNTED_ELSEWHERE)]
    return [name for name in names if not name.startswith(FOR_ROOT)], [name for name in names if name.startswith(FOR_ROOT)]
