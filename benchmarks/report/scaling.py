"""Scaling: what `mycelium bench --scaling` measured, as tables and pictures. A series has points, a point has figures by name."""
import table
import text
from plot import WAYS, pyplot

COLOURS = {"shm": "#c2185b", "unix": "#1f77b4", "tcp": "#2ca02c"}
UNITS = {
    "ns": text.time,
    "messages/s": text.rate,
    "bytes/s": lambda value: text.scaled(value, ("B/s", "kB/s", "MB/s", "GB/s")),
    "bytes": text.size,
}


def told(unit, value):
    return UNITS.get(unit, text.number)(value)


def x_of(series, value):
    return text.size(value) if series["x_unit"] == "bytes" else text.number(value)


def tables(scaling):
    """One for each series: its medians, and what is to be known of it."""
    parts = []
    for series in scaling["series"]:
        names = list(dict.fromkeys(figure["name"] for point in series["points"] for figure in point["figures"]))
        lines = []
        for point in series["points"]:
            figures = {figure["name"]: told(figure["unit"], figure["value"]["median"]) for figure in point["figures"]}
            lines.append([x_of(series, point["x"])] + [figures.get(name, "") for name in names])
        head = [series["x_unit"]] + [name.replace("_", " ") for name in names]
        parts.append(f"`{series['series']}`: {series['note']}:\n\n" + table.markdown(head, lines, left=0))
    return "\n".join(parts) + remarks(scaling)


def remarks(scaling):
    left_out, unfair = scaling.get("left_out", []), scaling.get("unfair", [])
    lines = "\nShared unevenly (Jain's index of 0.95 or less): " + ", ".join(unfair) + ".\n" if unfair else ""
    return lines + (f"\nLeft out for want of descriptors: {', '.join(left_out)}.\n" if left_out else "")


def curves(scaling, what, figure):
    """[(label, way, [(x, median)])] of the series whose names begin with `what`, for one of their figures; and its unit."""
    found, unit = [], ""
    for series in scaling["series"]:
        name, way, *manner = series["series"].split("/")
        if name != what:
            continue
        points = []
        for point in series["points"]:
            for each in point["figures"]:
                if each["name"] == figure and each["value"]["median"] > 0:
                    points.append((point["x"], each["value"]["median"]))
                    unit = each["unit"]
        if points:
            found.append((" ".join([WAYS.get(way, way), *manner]), way, points))
    return found, unit


def panels(scaling, wanted):
    """`wanted`: (title, series, figure). Both axes are logarithmic."""
    drawn = [(title, *curves(scaling, series, figure), series) for title, series, figure in wanted]
    drawn = [each for each in drawn if each[1]]
    if not drawn:
        return None
    plt = pyplot()
    figure, grid = plt.subplots(1, len(drawn), figsize=(4.1 * len(drawn), 3.3), squeeze=False)
    for axes, (title, lines, unit, series) in zip(grid.flat, drawn):
        for label, way, points in lines:
            style = ":" if label.endswith("loan") else "-"
            axes.plot(*zip(*points), style, label=label, color=COLOURS.get(way, "#777777"), marker="o", markersize=3, linewidth=1.8)
        axes.set_xscale("log", base=2 if series != "links" else 10)
        axes.set_yscale("log", base=2 if unit == "bytes" else 10)
        # At most eight sizes are named; all numbers of ends are.
        places = sorted({x for _, _, points in lines for x, _ in points})
        places = places[:: -(-len(places) // 7)]
        axes.set_xticks(places, [text.size(x) if series == "payload" else text.number(x) for x in places], fontsize=8)
        axes.yaxis.set_major_formatter(lambda value, _, unit=unit: told(unit, value))
        axes.minorticks_off()
        axes.set_title(title)
    grid.flat[0].legend(fontsize=8)
    figure.tight_layout()
    return figure


def many(figures):
    return figures.scaling and panels(figures.scaling, [
        ("subscribers: deliveries in all", "subscribers", "rate"), ("publishers into a relay: messages in all", "publishers", "rate")])


def links(figures):
    return figures.scaling and panels(figures.scaling, [
        ("links: memory of each", "links", "memory_each"), ("links: time to connect each", "links", "linking_each"),
        ("links in turn: messages in all", "links", "rate")])


def payload(figures):
    return figures.scaling and panels(figures.scaling, [
        ("by size: there and back", "payload", "there_and_back"), ("by size: one way", "payload", "throughput")])


PICTURES = {
    "scaling-many": (many, "More subscribers of one publisher, more publishers into one relay: messages of 64 B, all together."),
    "scaling-links": (links, "More links of one process."),
    "scaling-payload": (payload, "Messages of 16 B to 64 MiB, published by copy, and lent."),
}
