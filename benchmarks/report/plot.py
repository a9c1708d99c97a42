"""Pictures of the figures, as SVG. Each contestant has one colour in all of them; Mycelium's line is the thick one."""
from pathlib import Path

import text

SIZES = {64: "64 B", 1 << 10: "1 KiB", 64 << 10: "64 KiB", 1 << 20: "1 MiB", 10 << 20: "10 MiB"}
WAYS = {"shm": "shared memory", "unix": "unix socket", "tcp": "TCP on loopback", "inproc": "within a process"}
COLOURS = {
    "raw": "#8c8c8c", "mycelium": "#c2185b", "zeromq": "#1f77b4", "nanomsg": "#2ca02c", "nng": "#ff7f0e", "boost": "#9467bd",
    "iceoryx": "#17a2b8", "redis": "#8c564b", "nats": "#bcbd22", "cyclonedds": "#4c78a8", "capnproto": "#7f3c8d", "grpc": "#e6ab02",
    "legacy": "#5f5f5f", "ndjson": "#5f5f5f",
}
SPARE = ("#3969ac", "#80ba5a", "#e68310", "#008695", "#cf1c90", "#f97b72", "#a5aa99")
UNUSED_MANNERS = ("mycelium-call", "redis-get")  # a second way of one contestant, which a picture has no room for


def pyplot():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as module

    module.rcParams.update({
        "svg.fonttype": "none", "svg.hashsalt": "mycelium", "font.family": "sans-serif", "font.size": 9,
        "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": "#888888", "axes.grid": True,
        "grid.color": "#e4e4e4", "grid.linewidth": 0.6, "axes.axisbelow": True, "axes.titlesize": 10, "axes.titleweight": "bold",
        "axes.titlelocation": "left", "xtick.color": "#444444", "ytick.color": "#444444", "legend.frameon": False,
    })
    return module


def colour(name):
    """Of a contestant, whatever its manner: "zeromq-pub" is ZeroMQ."""
    for known in sorted(COLOURS, key=len, reverse=True):
        if name == known or name.startswith(known + "-"):
            return COLOURS[known]
    return SPARE[sum(map(ord, name)) % len(SPARE)]


def style(name):
    line = {"color": colour(name), "linewidth": 1.3, "marker": "o", "markersize": 3}
    if name.startswith("mycelium"):
        line |= {"linewidth": 2.6, "markersize": 5, "zorder": 5}
    if name in ("mycelium-at-once", "raw-gathered"):
        line |= {"linestyle": ":"}
    if name.startswith("raw"):
        line |= {"linestyle": "--" if name == "raw" else ":", "marker": ""}
    return line


def lines_of(figures, job, way, kind="figure", scale=lambda row, value: value):
    """name → [(message bytes, median)] of all contests of that job and way."""
    lines = {}
    for contest in figures.contests():
        parts = contest.split("/")
        if parts[:2] != [job, way] or len(parts) != 3:
            continue
        rows = figures.contest(contest)
        told = [("raw", rows[0], rows[0].raw)] if rows[0].raw else []
        told += [(row.contestant, row, row.own) for row in rows]
        for name, row, side in told:
            spread = side.spread(kind) if side else None
            if spread and name not in UNUSED_MANNERS:
                lines.setdefault(name, []).append((row.bytes, scale(row, spread.median)))
    return lines


def order(names):
    """The bare machine, then Mycelium, then the others by name."""
    return sorted(names, key=lambda name: (not name.startswith("raw"), not name.startswith("mycelium"), name))


def draw_lines(axes, lines):
    for name in order(lines):
        points = sorted(lines[name])
        axes.plot([x for x, _ in points], [y for _, y in points], label=name, **style(name))


def size_axis(axes, sizes):
    axes.set_xscale("log", base=2)
    axes.set_xticks(sizes, [SIZES.get(size, text.size(size)) for size in sizes])
    axes.minorticks_off()


def legend_of_all(figure, panels, columns):
    handles = {}
    for axes in panels:
        for handle, label in zip(*axes.get_legend_handles_labels()):
            handles.setdefault(label, handle)
    names = order(handles)
    figure.legend([handles[name] for name in names], names, loc="lower center", ncol=columns, fontsize=8.5)


def by_size(figures, job, ways, unit_text, scale, ylabel):
    """A panel for each way, message sizes across."""
    found = {way: lines_of(figures, job, way, scale=scale) for way in ways}
    found = {way: lines for way, lines in found.items() if lines}
    if not found:
        return None
    plt = pyplot()
    columns = 2 if len(found) > 3 or len(found) == 2 else len(found)
    rows = -(-len(found) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(4.4 * columns, 2.9 * rows + 0.7), squeeze=False, sharey=True)
    panels = list(grid.flat)
    for axes, (way, lines) in zip(panels, found.items()):
        draw_lines(axes, lines)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(lambda value, _: unit_text(value))
        size_axis(axes, sorted({x for points in lines.values() for x, _ in points}))
        axes.set_title(WAYS.get(way, way))
    for axes in panels[len(found):]:
        axes.set_visible(False)
    figure.supylabel(ylabel, fontsize=9)
    figure.tight_layout(rect=(0, 0.4 / (2.9 * rows + 0.7) + 0.04, 1, 1))
    legend_of_all(figure, panels[: len(found)], 7)
    return figure


def round_trip(figures):
    return by_size(figures, "round-trip", WAYS, text.time, lambda row, value: value, "there and back (less is better)")


def stream(figures):
    return by_size(figures, "stream", ("shm", "unix", "tcp"), lambda value: text.scaled(value, ("B/s", "kB/s", "MB/s", "GB/s")),
                   lambda row, value: value * row.bytes, "one way (more is better)")


def dots(figures, contests, kind, unit_text, xlabel):
    """A panel for each contest, a line for each contestant, the best at the top."""
    found = []
    for contest, title in contests:
        job, way, _ = contest.split("/")
        size = next((row.bytes for row in figures.contest(contest)), None)
        values = {name: dict(points).get(size) for name, points in lines_of(figures, job, way, kind).items()}
        values = {name: value for name, value in values.items() if value}
        if values:
            found.append((title, values))
    if not found:
        return None
    plt = pyplot()
    longest = max(len(values) for _, values in found)
    figure, grid = plt.subplots(1, len(found), figsize=(3.6 * len(found), 0.27 * longest + 1.1), squeeze=False, sharex=True)
    for axes, (title, values) in zip(grid.flat, found):
        names = sorted(values, key=values.get, reverse=kind != "figure")
        for place, name in enumerate(names):
            axes.plot(values[name], place, "o", color=colour(name), markersize=9 if name.startswith("mycelium") else 6)
            axes.annotate(unit_text(values[name]), (values[name], place), xytext=(7, 0), textcoords="offset points", va="center",
                          fontsize=8)
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(lambda value, _: unit_text(value))
        axes.minorticks_off()
        axes.margins(x=0.3)
        axes.set_title(title)
    figure.supxlabel(xlabel, fontsize=9)
    figure.tight_layout()
    return figure


def fan_out(figures):
    contests = [(f"fan-out/{way}/64B", f"{WAYS[way]}, 64 B") for way in ("shm", "unix", "tcp")]
    return dots(figures, contests, "figure", text.rate, "messages per second at each of four receivers (more is better)")


def processor_time(figures):
    contests = [(f"stream/{way}/64B", f"{WAYS[way]}, 64 B") for way in ("shm", "unix", "tcp")]
    return dots(figures, contests, "cpu_ns_per_message", text.time, "processor time of a message, all processes (less is better)")


PICTURES = {
    "round-trip": (round_trip, "There and back, by size of the message. Both axes are logarithmic."),
    "stream": (stream, "One way, by size of the message; for small ones the rate of messages is what counts: the tables tell it."),
    "fan-out": (fan_out, "One to four."),
    "processor-time": (processor_time, "Processor time, where a single stream of 64 B messages passes."),
}


def write(figures, folder: Path, more=()):
    """Those pictures for which there are figures. Returns (name, what it shows)."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (draw, words) in [*PICTURES.items(), *more]:
        figure = draw(figures)
        if figure is None:
            continue
        figure.savefig(folder / f"{name}.svg", format="svg", facecolor="white", metadata={"Date": None})
        pyplot().close(figure)
        written.append((name, words))
    return written
