"""Check: has something become worse than it was recorded? Wide enough for the noise of a machine that is not ours alone."""
from dataclasses import dataclass

import text
from record import measure_of, spread_in

FACTOR_MIN = 1.6  # two runs of the same program differ by so much now and then


@dataclass(frozen=True)
class Worse:
    """A row whose best round is beyond what the record allows."""

    name: str
    recorded: float
    limit: float
    best: float
    is_cost: bool  # times the bare machine; else the figure itself

    def __str__(self):
        what = "times the bare machine" if self.is_cost else "(figure)"
        return (f"{self.name}: {text.number(self.best)} {what} in its best round; {text.number(self.recorded)} is recorded, "
                f"up to {text.number(self.limit)} is noise")


def limit_of(recorded):
    """As far from the median as the worst round of the record was, and never less than FACTOR_MIN times."""
    if recorded.median <= 0:
        return recorded.greatest
    return recorded.median * max(FACTOR_MIN, recorded.greatest / recorded.median)


def has_a_quicker_machine(row, recorded):
    """The ratio is worse because the bare machine is quicker than the recorded one, where ours are the same: another machine wakes
    sleepers in a fifth of the time, and rows that do not sleep gain nothing by it."""
    if row.raw is None:
        return False
    raw, ours = row.raw.spread(), row.figure()
    before, ours_before = spread_in(recorded, "raw"), spread_in(recorded, "ours")
    if row.is_rate:
        return raw.median > before.median * FACTOR_MIN and ours.greatest >= ours_before.median / FACTOR_MIN
    return raw.median < before.median / FACTOR_MIN and ours.least <= ours_before.median * FACTOR_MIN


def judged(row, recorded):
    """Worse, or None."""
    measured, before = measure_of(row), spread_in(recorded, "cost")
    if measured is None or measured.least <= limit_of(before) or has_a_quicker_machine(row, recorded):
        return None
    return Worse(row.name, before.median, limit_of(before), measured.least, row.raw is not None)


def worse_rows(figures, record):
    found = (judged(row, record["rows"][row.name]) for row in figures.own if row.name in record["rows"])
    return [each for each in found if each]
