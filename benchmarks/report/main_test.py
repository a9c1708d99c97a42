"""The whole of --check, with a program that answers as `mycelium bench` does."""
import contextlib
import io
import json
import runpy
import stat
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import record
from about import About
from made import figures, row

FOLDER = Path(__file__).parent
ABOUT = About("g++ 12", 5, 0.3, "0123abcd", "2026-01-01")


def side(figure):
    return {"figure": {}, "p99_ns": 0, "lost": 0, "wrong": 0, "errors": [],
            "rounds": {"figure": [figure], "p999_ns": [0], "cpu_ns_per_message": [0]}}


FLOOR = {"floor": "a control message", "row": "a/shm/64B", "unit": "ns", "limit": 11, "figure": 12, "met": False}


def answer(own, raw=10, foreign_load=0.0, lost=0, floors=()):
    rows = [{"row": "a/shm/64B", "unit": "ns", "bytes": 64, "moves": True, "baseline": "", "own": side(own) | {"lost": lost},
             "raw": side(raw)}]
    return json.dumps({"machine": "here", "foreign_load": foreign_load, "rows": rows, "floors": list(floors)})


def check(*answers, recorded=("a/shm/64B",), status=0):
    """Exit status and words of `report check`, when a ratio of 1 is recorded; an answer for each time that is measured, after which
    the program ends with `status`."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rows = [row(name, [10], [10]) for name in recorded]
        record.write(record.record_of(figures(*rows), "there", ABOUT), folder / "figures.json")
        for number, text in enumerate(answers):
            (folder / f"{number}").write_text(text, encoding="utf-8")
        program = folder / "bench"
        program.write_text(f'#!/bin/sh\ncd {folder}\nfirst=$(ls [0-9] | head -n 1)\ncat "$first"\nrm "$first"\nexit {status}\n', encoding="utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        words = io.StringIO()
        with (mock.patch.object(sys, "argv", ["report", "check", str(folder / "figures.json"), "--bench", str(program)]),
              contextlib.redirect_stdout(words), contextlib.redirect_stderr(words)):
            try:
                runpy.run_path(str(FOLDER / "__main__.py"), run_name="__main__")
            except SystemExit as end:
                return end.code, words.getvalue()
    raise AssertionError("it did not end")


class Check(unittest.TestCase):
    def test_what_is_as_it_was_passes(self):
        self.assertEqual(check(answer(12))[0], 0)

    def test_what_is_worse_twice_is_named_and_fails(self):
        status, words = check(answer(30), answer(30))
        self.assertEqual(status, 1)
        self.assertIn("WORSE a/shm/64B: 3 times the bare machine", words)

    def test_what_looked_worse_once_passes(self):
        self.assertEqual(check(answer(30), answer(11))[0], 0)

    def test_while_others_use_the_machine_it_cannot_tell(self):
        status, words = check(answer(30, foreign_load=0.5), answer(30, foreign_load=0.5))
        self.assertEqual(status, 3)
        self.assertIn("perhaps WORSE a/shm/64B", words)
        self.assertIn("other programs used 50 %", words)

    def test_while_others_use_the_machine_nobody_is_acquitted(self):
        status, words = check(answer(10, foreign_load=1))
        self.assertEqual(status, 3)
        self.assertNotIn("have become worse", words)

    def test_what_is_cleared_in_quiet_does_not_clear_the_rest(self):
        self.assertEqual(check(answer(30, foreign_load=0.5), answer(11))[0], 3)

    def test_what_is_worse_in_quiet_fails_though_the_first_look_was_disturbed(self):
        self.assertEqual(check(answer(30, foreign_load=0.5), answer(30))[0], 1)

    def test_a_lost_message_fails(self):
        self.assertEqual(check(answer(10, lost=1))[0], 1)

    def test_a_lost_message_fails_whoever_uses_the_machine(self):
        for answers in ([answer(10, foreign_load=1, lost=1)],
                        [answer(30, foreign_load=1, lost=1), answer(30, foreign_load=1)],
                        [answer(30), answer(30, foreign_load=1, lost=1)]):
            status, words = check(*answers)
            self.assertEqual(status, 1)
            self.assertIn("FAULT a/shm/64B: 1 lost, 0 wrong", words)

    def test_a_program_that_fails_without_a_reason_fails(self):
        self.assertEqual(check(answer(10), status=1)[0], 1)

    def test_a_recorded_row_that_is_gone_is_named_and_fails(self):
        status, words = check(answer(10), recorded=("a/shm/64B", "b/shm/64B"))
        self.assertEqual(status, 1)
        self.assertIn("GONE recorded, and not measured here: b/shm/64B", words)

    def test_a_row_that_only_root_may_measure_may_be_gone(self):
        status, words = check(answer(10), recorded=("a/shm/64B", "syscalls/unix/64B"))
        self.assertEqual(status, 0)
        self.assertIn("only root may measure them: syscalls/unix/64B", words)

    def test_a_floor_that_is_missed_twice_fails(self):
        status, words = check(answer(10, floors=[FLOOR]), answer(10, floors=[FLOOR]))
        self.assertEqual(status, 1)
        self.assertIn("MISSED a control message, a/shm/64B: 12 ns of 11 ns", words)

    def test_a_floor_that_was_missed_once_passes(self):
        self.assertEqual(check(answer(10, floors=[FLOOR]), answer(10))[0], 0)

    def test_the_commit_of_the_record_is_told(self):
        self.assertIn("of 2026-01-01 (commit 0123abcd, ", check(answer(10))[1])


if __name__ == "__main__":
    unittest.main()
