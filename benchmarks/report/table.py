"""Tables of the document, as lines of Markdown, and of the terminal."""
import text
from figures import Row

FOOTNOTE = "† not of this run: measured on another machine of the kind, against the bare rows there."


def markdown(head, lines, left=1):
    """`left`: so many columns are words, the others numbers."""
    rules = ["---" if place < left else "---:" for place in range(len(head))]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in (head, rules, *lines))


def plain(head, lines):
    """In columns, as wide as they must be."""
    rows = [head, *lines]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    return "".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + "\n" for row in rows)


def off(times):
    return "altogether" if times == float("inf") else f"by a factor of {text.number(times)}"


def verdict(standing, with_reason=True):
    goal = standing.goal
    failed = ", ".join(standing.failed)
    if not standing.is_measured:
        reason = failed or (goal.unmeasured if with_reason else "")
        return "not measured" + (f": {reason}" if reason else "")
    if standing.is_met:
        return "met"
    told = f"**missed** {off(goal.off(standing.value.median))}: {goal.why}" if with_reason else "missed"
    return told + (f"; not measured: {failed}" if failed else "")


def subject(standing):
    """Which of several rows is told."""
    what = standing.goal.what
    if standing.is_measured and len(standing.goal.rows) > 1:
        job, rest = standing.row.name.split("/", 1)
        of = standing.row.name if len({name.split("/")[0] for name in standing.goal.rows}) > 1 else rest
        what += f" (farthest off: {of})" if job else ""
    return what


def rival_cell(standing):
    cells = []
    if standing.rival:
        rival = standing.rival
        is_bare = standing.goal.is_absolute
        cells.append(f"{rival.name} {rival.figure}" + ("" if is_bare else f", {text.number(rival.ratio)}"))
    if standing.goal.elsewhere:
        cells.append(standing.goal.elsewhere + " †")
    return "; ".join(cells)


def value_cell(standing):
    if not standing.is_measured:
        return ""
    value = standing.value
    spread = f"({standing.text_of(value.least)} – {standing.text_of(value.greatest)})"
    return spread if standing.goal.is_absolute else f"{standing.text_of(value.median)} {spread}"


def goals(standings):
    """The heart of the document: which goals are met."""
    lines = [[subject(each), each.ours, each.raw, value_cell(each), each.of_limit(), rival_cell(each), verdict(each)]
             for each in standings]
    met = sum(each.is_met for each in standings)
    measured = sum(each.is_measured for each in standings)
    head = ["goal", "ours", "raw", "times raw (spread)", "wanted", "best rival, times raw", ""]
    intro = f"{met} of {measured} goals are met" + (f"; {len(standings) - measured} were not measured" if measured < len(standings) else "")
    return f"{intro}.\n\n" + markdown(head, lines) + "\n" + FOOTNOTE + "\n"


def goals_for_terminal(standings):
    lines = [[subject(each), each.ours, each.raw, value_cell(each), each.of_limit(), rival_cell(each),
              verdict(each, with_reason=False)] for each in standings]
    return plain(["goal", "ours", "raw", "times raw (spread)", "wanted", "best rival, times raw", ""], lines)


def cost(row: Row):
    """How many times the bare machine's: times and amounts divided, rates the other way round. Below 1 ours is better."""
    from spread import ratios, spread_of

    if row.raw is None:
        return None
    ours, theirs = row.own.figure, row.raw.figure
    return spread_of(ratios(theirs, ours) if row.is_rate else ratios(ours, theirs))


def side_cell(row, side):
    spread = side.spread(may_be_zero=row.is_amount) if side else None
    return text.figure(row, spread.median) if spread else "none"


def rows(chosen):
    """Ours beside the bare machine."""
    lines = []
    for row in chosen:
        p999 = row.own.spread("p999_ns")
        cpu = row.own.spread("cpu_ns_per_message")
        lines.append([row.name, side_cell(row, row.own), side_cell(row, row.raw), text.spread(cost(row)),
                      f"{text.time(row.own.p99_median_ns)} / {text.time(p999.median)}" if p999 else "",
                      text.time(cpu.median) if cpu else ""])
    return markdown(["row", "mycelium", "raw", "cost: times raw", "p99 / p99.9", "CPU"], lines)


def amounts(chosen):
    """What has no bare machine beside it."""
    lines = []
    for row in chosen:
        spread = row.figure()
        if spread is None:
            lines.append([row.name, "none"])
            continue
        told = text.figure(row, spread.median) + f" ({text.figure(row, spread.least)} – {text.figure(row, spread.greatest)})"
        lines.append([row.name, told])
    return markdown(["row", "mycelium"], lines)


def contest(name, chosen):
    """Raw, Mycelium and the rivals at one job: figure, times raw, times Mycelium, processor time."""
    from spread import ratios, spread_of

    ours = next((row for row in chosen if row.contestant == "mycelium"), None)
    lines = [[name, "raw", side_cell(chosen[0], chosen[0].raw), "", "", cpu_cell(chosen[0].raw)]]
    for row in chosen:
        against = None
        if ours is not None and row is not ours:
            pair = (ours.own.figure, row.own.figure) if row.is_rate else (row.own.figure, ours.own.figure)
            against = spread_of(ratios(*pair))
        lines.append(["", row.contestant, side_cell(row, row.own), text.spread(cost(row)),
                      text.spread(against) if against else "", cpu_cell(row.own)])
    return lines


def cpu_cell(side):
    spread = side.spread("cpu_ns_per_message") if side else None
    return text.time(spread.median) if spread else ""


def contests(figures, names):
    lines = []
    for name in names:
        lines += contest(name, figures.contest(name))
    return markdown(["contest", "", "figure", "cost: times raw", "times Mycelium's", "CPU"], lines, left=2)
