"""Rows made up for tests."""
from figures import Figures, Row, Side


def side(*figures, p999_ns=0, cpu=0):
    return Side(list(figures), [p999_ns] * len(figures), [cpu] * len(figures))


def row(name, own, raw=None, unit="ns", size=64, moves=True):
    """`own` and `raw`: numbers for each round, or sides."""
    sides = [each if each is None or isinstance(each, Side) else side(*each) for each in (own, raw)]
    return Row(name, unit, size, moves, "the bare machine", *sides)


def rate(name, own, raw=None, **more):
    return row(name, own, raw, "messages/s", **more)


def figures(*own, rivals=()):
    return Figures(machine="a machine", own=list(own), rivals=list(rivals))
