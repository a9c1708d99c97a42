"""What ./bench.sh calls when it has measured: makes tables and pictures of a folder of JSONs, or checks against the record.

usage: report about FOLDER --rounds N --seconds S --compiler WORDS --commit WORDS    begins the folder of a run
       report document FOLDER DOCUMENT        writes its blocks, its pictures and the record
       report rows                            the names of the rows that goals are about: one line of `mycelium bench`, one of rivals
       report goals FOLDER                    the goals, for a terminal
       report json FOLDER                     everything as one object
       report check RECORD --bench PROGRAM    measures, and exits with 1 if something has become worse than recorded, with 3 if it
                                              looks so while others use the machine

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
COUNTED_ELSEWHERE = "copies"  # by a build of its own


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
    """A run of `mycelium bench`. Ends with its words if a message was lost or a measurement failed."""
    command = [program, "bench", "--json", "--rounds", str(CHECK_ROUNDS), "--seconds", str(seconds)]
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(command + (["--rows", rows] if rows else []), stdout=subprocess.PIPE, check=False)
        Path(folder, "own.json").write_bytes(run.stdout)
        found = figures.read(Path(folder))
    return found


def cannot_tell(worse, found):
    """Nobody is accused on a machine that others use."""
    for each in worse:
        print(f"perhaps worse: {each}")
    print(f"other programs used {found.foreign_load * 100:.0f} % of the machine meanwhile: nothing can be said. Try again when it is quiet")
    return 3


def check_record(options):
    recorded = record.read(options.record)
    found = measured(options.bench, CHECK_SECONDS)
    faults = tell_faults(found)
    worse = check.worse_rows(found, recorded)
    if worse:
        print(f"{len(worse)} rows look worse than recorded; they are measured once more", file=sys.stderr)
        again = measured(options.bench, SECOND_LOOK_SECONDS, ",".join(each.name for each in worse))
        faults |= tell_faults(again)
        suspects = {each.name for each in worse}
        worse = [each for each in check.worse_rows(again, recorded) if each.name in suspects]
        if worse and again.foreign_load > report.FOREIGN_LOAD_MAX:
            return cannot_tell(worse, again)
    for each in worse:
        print(f"WORSE {each}")
    there = {row.name for row in found.own}
    gone = [name for name in recorded["rows"] if name not in there and not name.startswith(COUNTED_ELSEWHERE)]
    if gone:
        print(f"recorded, and not measured here: {', '.join(gone)}")
    compared = len(there & recorded["rows"].keys())
    print(f"{compared} rows compared with those of {recorded['date']} (commit {recorded.get('commit', 'unknown')}, "
          f"{recorded['machine']}): {len(worse)} have become worse")
    return 1 if worse or faults else 0


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
