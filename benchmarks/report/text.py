"""Numbers for people: three digits that count, and a unit."""
import math


def number(value):
    decimals = 0 if value >= 100 or value == math.floor(value) else 1 if value >= 10 else 2
    return f"{value:.{decimals}f}"


def scaled(value, units):
    """In one of the units, each a thousand times the one before."""
    at = 0
    while at + 1 < len(units) and value >= 1000:
        value /= 1000
        at += 1
    return f"{number(value)} {units[at]}"


def time(ns):
    return scaled(ns, ("ns", "µs", "ms", "s"))


def size(count):
    """Of memory or of a message, in powers of two."""
    for unit, step in (("MiB", 1 << 20), ("KiB", 1 << 10)):
        if count >= step:
            return f"{number(count / step)} {unit}"
    return f"{number(count)} B"


def rate(per_second, message_bytes=0):
    """Messages per second; of large ones the bytes."""
    if message_bytes >= 64 << 10:
        return scaled(per_second * message_bytes, ("B/s", "kB/s", "MB/s", "GB/s"))
    return scaled(per_second, ("/s", "k/s", "M/s", "G/s"))


def figure(row, value):
    """Of this row, in its unit."""
    if row.unit == "ns":
        return time(value)
    if row.unit == "bytes":
        return size(value)
    if row.unit == "count":
        return number(value)
    return rate(value, row.bytes if row.moves else 0)


def spread(ratio):
    return f"{number(ratio.median)} ({number(ratio.least)} – {number(ratio.greatest)})" if ratio else "none"
