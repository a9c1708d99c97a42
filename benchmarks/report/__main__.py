"""What ./bench.sh calls when it has measured: makes tables and pictures of a folder of JSONs, or checks against the record.

usage: report about FOLDER --rounds N --seconds S --compiler WORDS --commit WORDS    begins the folder of a run
       report document FOLDER DOCUMENT        writes its blocks, its pictures and the record
       report rows                            the names of the rows that goals are about: one line of `mycelium bench`, one of rivals
       report goals FOLDER                    the goals, for a terminal
       report json FOLDER                     everything as one object
       report check RECORD --bench PROGRAM    measures, and exits with 1 if something has become worse than recorded, or is missing;
                                              with 3 if others use the machine, and it cannot be told

Whatever it makes of figures, it exits with 1 if a message was lost, a measurement failed or a floor was missed.
"""
import argparse
import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import about
import check
import document
import figures
import floors
import goals
import record
import report
import table

CHECK_ROUNDS = 3
CHECK_SECONDS = 0.1
SECOND_LOOK_SECONDS = 0.3


def write_about(options):
    today = datetime.date.today().isoformat()
    about.write(about.About(options.compiler, options.rounds, options.seconds, options.commit, today), options.folder)
    return 0


def write_document(options):
    import plot
    import scaling

    run = about.read(options.folder)
    found = figures.read(options.folder)
    found.machine = report.told_machine(found.machine)
    pictures = options.document.with_suffix("")  # docs/performance.md: docs/performance
    text = options.document.read_text(encoding="utf-8")
    written = plot.write(found, pictures, scaling.PICTURES.items())
    blocks = report.blocks(found, run, written, pictures.name)
    options.document.write_text(document.replaced(text, blocks), encoding="utf-8")
    record.write(record.record_of(found, found.machine, run), pictures / "figures.json")
    return tell_faults(found)


def tell_faults(found):
    for fault in found.faults:
        print(f"FAULT {fault}", file=sys.stderr)
    for floor in floors.missed(found):
        print(f"MISSED {floors.told(floor)}", file=sys.stderr)
    return 1 if found.faults or floors.missed(found) else 0


def print_goals(options):
    found = figures.read(options.folder)
    print(found.machine)
    if found.foreign_load > report.FOREIGN_LOAD_MAX:
        print(f"other programs used {found.foreign_load * 100:.0f} % of the machine meanwhile: trust nothing here much")
    print(table.goals_for_terminal(report.standings(found)), end="")
    print("† " + table.FOOTNOTE.removeprefix("† "))
    return tell_faults(found)


def print_json(options):
    run = about.read(options.folder)
    found = figures.read(options.folder)
    told = [{"goal": each.goal.what, "row": each.row.name if each.row else None, "limit": each.goal.limit,
              "value": each.value.median if each.value else None, "met": each.is_met if each.is_measured else None,
              "failed": each.failed}
             for each in report.standings(found)]
    parts = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(options.folder.glob("*.json"))
             if path.stat().st_size}
    print(json.dumps({"date": run.date, "goals": told} | parts, ensure_ascii=False))
    return tell_faults(found)


def print_rows(_options):
    own, rivals = goals.rows_wanted(goals.read())
    print(",".join(own))
    print(",".join(rivals))
    return 0


def measured(program, seconds, rows=""):
    """A run of `mycelium bench`."""
    command = [program, "bench", "--json", "--rounds", str(CHECK_ROUNDS), "--seconds", str(seconds)]
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(command + (["--rows", rows] if rows else []), stdout=subprocess.PIPE, check=False)
        Path(folder, "own.json").write_bytes(run.stdout)
        found = figures.read(Path(folder))
    if run.returncode and not found.faults:
        found.faults.append(f"{program} bench: ended with {run.returncode}")
    return found


def looked_twice(program, recorded):
    """What looks worse is measured once more, longer. Both runs, and what looks worse in the last one."""
    first = measured(program, CHECK_SECONDS)
    pace = check.pace_of(first, recorded)
    names = list(dict.fromkeys(each.name for each in check.suspects(first, recorded, pace)))
    if not names:
        return [first], []
    print(f"{len(names)} rows look worse than recorded, or miss a floor; they are measured once more", file=sys.stderr)
    again = measured(program, SECOND_LOOK_SECONDS, ",".join(names))
    return [first, again], [each for each in check.suspects(again, recorded, pace) if each.name in names]


def is_busy(run):
    return run.foreign_load > report.FOREIGN_LOAD_MAX


def told_gone(run, recorded):
    """How many rows are not there that had to be."""
    gone, for_root = check.gone(run, recorded)
    if gone:
        print(f"GONE recorded, and not measured here: {', '.join(gone)}")
    if for_root:
        print(f"recorded, and not measured here, as only root may measure them: {', '.join(for_root)}")
    return len(gone)


def check_record(options):
    """Nobody is accused by a run on a machine that others use, and nobody acquitted: what was lost or is gone counts all the same."""
    recorded = record.read(options.record)
    runs, suspects = looked_twice(options.bench, recorded)
    faults = [fault for run in runs for fault in run.faults]
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    is_accused = suspects and not is_busy(runs[-1])
    for each in suspects:
        print(each if is_accused else f"perhaps {each}")
    gone = told_gone(runs[0], recorded)
    is_certain = not any(map(is_busy, runs))
    if is_accused or is_certain:
        compared = len({row.name for row in runs[0].own} & recorded["rows"].keys())
        print(f"{compared} rows compared with those of {recorded['date']} (commit {recorded.get('commit', 'unknown')}, "
              f"{recorded['machine']}): {len(suspects)} have become worse, or miss a floor")
    if not is_certain:
        print(f"other programs used {max(run.foreign_load for run in runs) * 100:.0f} % of the machine meanwhile: nothing can be said "
              "of other rows. Try again when it is quiet")
    if faults or gone or is_accused:
        return 1
    return 0 if is_certain else 3


def main():
    parser = argparse.ArgumentParser(prog="report")
    verbs = parser.add_subparsers(required=True)
    verb = verbs.add_parser("about")
    verb.add_argument("folder", type=Path)
    verb.add_argument("--rounds", type=int, required=True)
    verb.add_argument("--seconds", type=float, required=True)
    verb.add_argument("--compiler", required=True)
    verb.add_argument("--commit", required=True)
    verb.set_defaults(run=write_about)
    verb = verbs.add_parser("document")
    verb.add_argument("folder", type=Path)
    verb.add_argument("document", type=Path)
    verb.set_defaults(run=write_document)
    for name, run in (("goals", print_goals), ("json", print_json)):
        verb = verbs.add_parser(name)
        verb.add_argument("folder", type=Path)
        verb.set_defaults(run=run)
    verbs.add_parser("rows").set_defaults(run=print_rows)
    verb = verbs.add_parser("check")
    verb.add_argument("record", type=Path)
    verb.add_argument("--bench", required=True)
    verb.set_defaults(run=check_record)
    options = parser.parse_args()
    return options.run(options)


if __name__ == "__main__":
    sys.exit(main())
