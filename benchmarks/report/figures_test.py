import json
import tempfile
import unittest
from pathlib import Path

import figures
from made import rate, row
from made import figures as figures_of
from spread import Spread, ratios, spread_of

SIDE = {"figure": {"median": 2, "min": 1, "max": 3}, "p99_ns": 5, "lost": 0, "wrong": 0, "errors": [],
        "rounds": {"figure": [1, 3], "p999_ns": [7, 8], "cpu_ns_per_message": [4, 4]}}
NOBODY = SIDE | {"rounds": {"figure": [], "p999_ns": [], "cpu_ns_per_message": []}}
ROW = {"row": "a/shm/64B", "unit": "ns", "bytes": 64, "moves": True, "baseline": "bare", "own": SIDE, "raw": SIDE}


def report_of(*rows):
    return {"machine": "here", "foreign_load": 0.02, "rows": list(rows), "floors": []}


class Reading(unittest.TestCase):
    def read(self, **files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                Path(folder, f"{name}.json").write_text(json.dumps(text), encoding="utf-8")
            return figures.read(Path(folder))

    def test_the_rounds_of_both_sides_are_kept(self):
        found = self.read(own=report_of(ROW)).row("a/shm/64B")
        self.assertEqual(found.own.spread(), Spread(2, 1, 3))
        self.assertEqual(found.raw.spread("p999_ns"), Spread(7.5, 7, 8))

    def test_a_row_without_a_bare_machine_has_none(self):
        self.assertIsNone(self.read(own=report_of(ROW | {"raw": NOBODY})).row("a/shm/64B").raw)

    def test_rivals_are_found_by_their_contest(self):
        rivals = {"rivals": [{"name": "other", "version": "1", "how": "as it is"}],
                  "report": report_of(ROW | {"row": "a/shm/64B/mycelium"}, ROW | {"row": "a/shm/64B/other"})}
        found = self.read(own=report_of(ROW), rivals=rivals)
        self.assertEqual([each.contestant for each in found.contest("a/shm/64B")], ["mycelium", "other"])
        self.assertEqual(found.rival_versions, [("other", "1", "as it is")])

    def test_what_went_wrong_is_told(self):
        broken = SIDE | {"lost": 2}
        found = self.read(own=report_of(ROW | {"own": broken}), counted=report_of(ROW | {"raw": SIDE | {"errors": ["hung"]}}))
        self.assertEqual(found.faults, ["a/shm/64B: 2 lost, 0 wrong", "a/shm/64B (raw): hung"])

    def test_an_amount_of_nothing_is_no_figure_where_something_went_wrong(self):
        nothing = SIDE | {"rounds": {"figure": [0], "p999_ns": [0], "cpu_ns_per_message": [0]}}
        amount = ROW | {"unit": "count", "raw": NOBODY}
        self.assertIsNotNone(self.read(own=report_of(amount | {"own": nothing})).own[0].figure())
        self.assertIsNone(self.read(own=report_of(amount | {"own": nothing | {"errors": ["hung"]}})).own[0].figure())

    def test_a_part_of_which_no_figures_came_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "own.json").write_text(json.dumps(report_of(ROW)), encoding="utf-8")
            Path(folder, "rivals.json").touch()
            self.assertEqual(figures.read(Path(folder)).faults, ["rivals: no figures came of it"])

    def test_without_figures_it_says_what_makes_them(self):
        with self.assertRaisesRegex(SystemExit, "bench.sh"):
            self.read()


class Numbers(unittest.TestCase):
    def test_the_median_of_an_even_number_is_between_the_middle_two(self):
        self.assertEqual(spread_of([4, 1, 3, 2]), Spread(2.5, 1, 4))
        self.assertIsNone(spread_of([]))

    def test_ratios_are_taken_within_each_round_and_failed_ones_left_out(self):
        self.assertEqual(ratios([10, 20, 0, 5], [5, 10, 3, 0]), [2, 2])

    def test_a_failed_round_is_no_figure_but_an_amount_may_be_none(self):
        self.assertEqual(row("r", [0, 3]).figure(), Spread(3, 3, 3))
        self.assertEqual(row("r", [0, 0], unit="count").figure(), Spread(0, 0, 0))

    def test_a_row_is_found_by_its_name(self):
        self.assertEqual(figures_of(row("a", [1]), rate("b", [2])).row("b").unit, "messages/s")


if __name__ == "__main__":
    unittest.main()
