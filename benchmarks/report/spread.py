"""Spread: what several numbers amount to, and ratios of two rows within each round."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The median with the least and the greatest."""

    median: float
    least: float
    greatest: float


def spread_of(values):
    """Of an even number of values the median is the mean of the middle two. None: there are none."""
    if not values:
        return None
    values = sorted(values)
    middle = len(values) // 2
    median = values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2
    return Spread(median, values[0], values[-1])


def ratios(these, those):
    """Round by round, so that a machine that is slow for a second is slow for both. A round in which one failed (0) is left out."""
    return [this / that for this, that in zip(these, those) if this > 0 and that > 0]
