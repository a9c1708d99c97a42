"""Report: everything in docs/performance.md that holds figures, as blocks of text by their names."""
import re

import floors
import scaling
import table
import text
from goals import judged
from goals import read as read_goals

FOREIGN_LOAD_MAX = 0.12  # the part of the machine that others may use before figures say more about them

SECTIONS = {  # block → rows of `mycelium bench`: those whose names begin with one of these words, or end with it
    "sockets": lambda name: name.split("/")[1:2] in (["unix"], ["tcp"]) and is_plain(name) and not is_group(name),
    "within-a-process": lambda name: name.split("/")[1:2] == ["inproc"],
    "shared-memory": lambda name: name.split("/")[1:2] == ["shm"] and is_plain(name) and not is_group(name),
    "several": lambda name: is_group(name),
    "codecs": lambda name: name.startswith(("trade-", "msgpack/")),
    "programs": lambda name: name.startswith(("supervised/", "pipeline/")),
    "counted": lambda name: not is_plain(name),
}


def told_machine(machine):
    """Without the name of the kernel's build behind its version."""
    return re.sub(r"(Linux \d+(\.\d+)*)\S*", r"\1", machine)


def is_plain(name):
    return not name.startswith(("idle-", "copies", "syscalls"))


def is_group(name):
    return name.startswith(("fan-out", "relay", "without-relay"))


WAYS = {"shm": "Shared memory", "unix": "unix", "tcp": "tcp", "inproc": "Within a process", "pipe": "Records, beside lines of JSON"}


def standings(figures):
    return [judged(goal, figures) for goal in read_goals()]


def wake_up(figures):
    """Half of a bare round trip in which both sleep at once."""
    row = figures.row("parked/shm/64B")
    spread = row.raw.spread() if row and row.raw else None
    return f"A process that sleeps runs {text.time(spread.median / 2)} after it was woken.\n" if spread else ""


def machine(figures, about):
    load = f"other programs used {figures.foreign_load * 100:.0f} % of the machine meanwhile"
    build = f"{about.compiler}, release build of commit {about.commit}"
    return f"{figures.machine}, {build}, {about.date}. {about.rounds} rounds of {about.seconds} s; {load}.\n" + wake_up(figures)


def own(figures, section):
    chosen = [row for row in figures.own if SECTIONS[section](row.name)]
    with_raw = [row for row in chosen if row.raw is not None]
    alone = [row for row in chosen if row.raw is None]
    parts = ([table.rows(with_raw)] if with_raw else []) + ([table.amounts(alone)] if alone else [])
    return "\n".join(parts) or "Not measured.\n"


def rivals(figures):
    parts = []
    for way, title in WAYS.items():
        names = [name for name in figures.contests() if name.split("/")[1] == way]
        if names:
            parts.append(f"{title}:\n\n" + table.contests(figures, names))
    versions = ", ".join(f"{name} {version}" for name, version, _ in figures.rival_versions)
    return "\n".join(parts) + f"\nVersions: {versions}.\n" if parts else "Not measured.\n"


def one_core(figures):
    return table.rows(figures.one_core) if figures.one_core else "Not measured.\n"


def pictures(written, folder):
    return "".join(f"![{name}]({folder}/{name}.svg)\n\n{words}\n\n" for name, words in written) or "None.\n"


def blocks(figures, about, written, folder):
    found = {"goals": table.goals(standings(figures)), "machine": machine(figures, about), "rivals": rivals(figures),
             "floors": floors.block(figures), "one-core": one_core(figures), "pictures": pictures(written, folder),
             "scaling": scaling.tables(figures.scaling) if figures.scaling else "Not measured.\n"}
    return found | {section: own(figures, section) for section in SECTIONS}
