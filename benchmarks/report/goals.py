"""Goals: what the figures are to reach, read from goals.toml, and how far they are from it."""
import tomllib
from dataclasses import dataclass
from pathlib import Path

import text
from spread import Spread, ratios, spread_of


@dataclass(frozen=True)
class Goal:
    """One line of the table; goals.toml says what each key means."""

    what: str
    rows: list
    at_most: float | None = None
    at_least: float | None = None
    kind: str = "figure"
    against: str = "raw"
    is_absolute: bool = False
    is_time_of_each: bool = False
    beyond: str = ""
    contests: tuple = ()
    rivals_against: str = "raw"
    elsewhere: str = ""
    unmeasured: str = ""
    why: str = ""

    @property
    def limit(self):
        return self.at_least if self.at_most is None else self.at_most

    def off(self, value):
        """How many times the limit it is away; at most 1: met."""
        if self.at_most is None:
            return self.limit / value if value > 0 else float("inf")
        return value / self.limit if self.limit else float("inf") if value > 0 else 0


@dataclass(frozen=True)
class Rival:
    name: str
    figure: str
    ratio: float


@dataclass(frozen=True)
class Standing:
    """Where a goal stands, at that one of its rows which is farthest from it. Without a row it is not known: nothing was measured, or
    not all rows were, and the others meet it."""

    goal: Goal
    row: object = None
    ours: str = ""
    raw: str = ""
    value: Spread | None = None
    rival: Rival | None = None
    missed: tuple = ()  # names of all rows that miss it
    failed: tuple = ()  # names of rows that have no figure, for no known reason

    @property
    def is_measured(self):
        return self.row is not None

    @property
    def is_met(self):
        return self.is_measured and self.goal.off(self.value.median) <= 1

    def of_limit(self):
        """ "≤ 1.15", in the goal's unit."""
        sign, limit = ("≤", self.goal.at_most) if self.goal.at_most is not None else ("≥", self.goal.at_least)
        return f"{sign} {self.text_of(limit)}"

    def text_of(self, value):
        if not self.goal.is_absolute or not self.is_measured:
            return text.number(value)
        if self.goal.is_time_of_each or self.goal.kind != "figure":
            return text.time(value)
        return text.figure(self.row, value)


def read(path=Path(__file__).with_name("goals.toml")):
    with open(path, "rb") as file:
        return [Goal(**goal) for goal in tomllib.load(file)["goal"]]


def rows_wanted(goals):
    """Names of the rows that these goals are about: of `mycelium bench`, and of mycelium-rivals."""
    own, rivals = {}, {}
    for goal in goals:
        names = [*goal.rows, goal.beyond, goal.against if goal.against != "raw" else ""]
        for name in filter(None, names):
            (rivals if name.count("/") == 3 else own)[name] = True
        rivals |= {contest + "/": True for contest in goal.contests if contest}
    return list(own), list(rivals)


def rounds_of(goal, side):
    rounds = side.rounds(goal.kind)
    return [1e9 / value if value > 0 else 0 for value in rounds] if goal.is_time_of_each else rounds


def told_rounds(goal, row, side):
    """Without those that failed. Of an amount 0 is a figure, unless something went wrong."""
    return [value for value in rounds_of(goal, side) if value > 0 or (row.is_amount and side.is_good)]


def text_of_side(goal, row, side):
    if side is None:
        return ""
    spread = spread_of(told_rounds(goal, row, side))
    if spread is None:
        return "none"
    is_time = goal.kind != "figure" or goal.is_time_of_each
    return text.time(spread.median) if is_time else text.figure(row, spread.median)


def less(these, those):
    return [max(this - that, 0) for this, that in zip(these, those)]


def bare_side(goal, row, figures):
    """What the row is divided by. None: nothing of it was measured."""
    if goal.against == "raw":
        return row.raw
    other = figures.row(goal.against)
    return other.own if other else None


def value_of(goal, row, figures):
    """The number that the goal limits, as a spread over the rounds."""
    if goal.is_absolute:
        return spread_of(told_rounds(goal, row, row.own))
    ours = rounds_of(goal, row.own)
    bare = bare_side(goal, row, figures)
    if bare is None:
        return None
    theirs = rounds_of(goal, bare)
    if goal.beyond:
        without = figures.row(goal.beyond)
        if without is None or without.raw is None:
            return None
        ours, theirs = less(ours, rounds_of(goal, without.own)), less(theirs, rounds_of(goal, without.raw))
    return spread_of(ratios(ours, theirs))


def is_rival(row):
    return not row.contestant.startswith(("raw", "mycelium"))


def rival_ratio(goal, row, other, figures):
    """Within the rounds of the contest, to its raw row or to the contestant that the goal names; else to what our row is compared
    with. None: one of the two was not measured."""
    theirs = rounds_of(goal, other.own)
    if goal.rivals_against == "raw":
        found = spread_of(ratios(theirs, rounds_of(goal, other.raw)))
    elif (named := figures.row(f"{other.contest}/{goal.rivals_against}")) is not None:
        found = spread_of(ratios(theirs, rounds_of(goal, named.own)))
    else:
        theirs, bare = spread_of([value for value in theirs if value > 0]), bare_side(goal, row, figures)
        bare = spread_of([value for value in rounds_of(goal, bare) if value > 0]) if bare else None
        return theirs.median / bare.median if theirs and bare else None
    return found.median if found else None


def best_rival(goal, row, figures):
    """Of the contest that belongs to the row."""
    if not goal.contests:
        return None
    contest = goal.contests[min(goal.rows.index(row.name), len(goal.contests) - 1)]
    best = None
    for other in filter(is_rival, figures.contest(contest)):
        ratio = rival_ratio(goal, row, other, figures)
        if ratio is None:
            continue
        if best is None or (ratio < best.ratio if goal.at_most is not None else ratio > best.ratio):
            best = Rival(other.contestant, text_of_side(goal, other, other.own), ratio)
    return best


def judged(goal, figures):
    rows = {name: figures.row(name) for name in goal.rows}
    values = {name: value_of(goal, row, figures) if row else None for name, row in rows.items()}
    found = [(goal.off(value.median), rows[name], value) for name, value in values.items() if value]
    missed = tuple(row.name for off, row, _ in found if off > 1)
    is_excused = goal.unmeasured and not found and all(row is None or row.own.is_good for row in rows.values())
    failed = () if is_excused else tuple(name for name, value in values.items() if not value)
    if not found or (failed and not missed):
        return Standing(goal, failed=failed)
    _, row, value = max(found, key=lambda each: each[0])
    bare = None if goal.is_absolute and goal.against == "raw" and row.raw is None else bare_side(goal, row, figures)
    return Standing(goal, row, text_of_side(goal, row, row.own), text_of_side(goal, row, bare), value,
                    best_rival(goal, row, figures), missed, failed)
