"""Floors: figures that must never be missed; `mycelium bench` judges them."""
import text


def missed(figures):
    return [floor for floor in figures.floors if not floor["met"]]


def told_figure(floor):
    if floor["unit"] == "ns":
        return f"{text.time(floor['figure'])} of {text.time(floor['limit'])}"
    units = ("B/s", "kB/s", "MB/s", "GB/s") if floor["unit"] == "bytes/s" else ("/s", "k/s", "M/s", "G/s")
    return f"{text.scaled(floor['figure'], units)} where {text.scaled(floor['limit'], units)} are asked for"


def told(floor):
    return f"{floor['floor']}, {floor['row']}: {told_figure(floor)}"


def block(figures):
    """What the document says of them."""
    if not figures.floors:
        return "Not measured.\n"
    if lines := [told(floor) for floor in missed(figures)]:
        return "Missed: " + "; ".join(lines) + ".\n"
    nearest = max(figures.floors, key=lambda floor: floor["figure"] / floor["limit"] if floor["unit"] == "ns"
                  else floor["limit"] / floor["figure"])
    return f"All {len(figures.floors)} floors are met; the narrowest is {nearest['row']}: {told_figure(nearest)}.\n"
