import importlib.util
import tempfile
import unittest
from pathlib import Path

import figures
import plot
import scaling
from made import figures as figures_of

HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None


def point(x, value, unit="messages/s", name="rate", **more):
    spread = {"median": value, "min": value, "max": value}
    return {"x": x, "rounds": 3, "figures": [{"name": name, "unit": unit, "value": spread}], "lost": 0, "wrong": 0, "errors": []} | more


def series(name, *points, x_unit="subscribers", note="of 64 B"):
    return {"series": name, "x_unit": x_unit, "note": note, "points": list(points)}


SCALING = {
    "series": [
        series("subscribers/shm", point(1, 5e6), point(2, 4e6)),
        series("subscribers/unix", point(1, 1e6), point(2, 0)),
        series("payload/shm/loan", point(1024, 700, "ns", "there_and_back"), x_unit="bytes"),
    ],
    "left_out": [], "unfair": ["subscribers/unix/2"],
}


class Tables(unittest.TestCase):
    def test_a_series_is_a_table_with_a_line_for_each_point(self):
        told = scaling.tables(SCALING)
        self.assertIn("`subscribers/shm`: of 64 B:", told)
        self.assertIn("| 2 | 4 M/s |", told)
        self.assertIn("| 1 KiB | 700 ns |", told)

    def test_who_shared_unevenly_is_named(self):
        self.assertIn("subscribers/unix/2", scaling.tables(SCALING).splitlines()[-1])

    def test_a_lost_message_is_a_fault(self):
        broken = {"series": [series("links/shm", point(10, 1, lost=3), point(20, 1, errors=["hung"]))]}
        self.assertEqual(list(figures.scaling_faults(broken)), ["links/shm/10: 3 lost, 0 wrong", "links/shm/20: hung"])


class Pictures(unittest.TestCase):
    def test_a_point_without_a_figure_is_no_point_of_its_curve(self):
        curves, unit = scaling.curves(SCALING, "subscribers", "rate")
        self.assertEqual(unit, "messages/s")
        self.assertEqual(curves[1], ("unix socket", "unix", [(1, 1e6)]))

    @unittest.skipUnless(HAS_MATPLOTLIB, "python3-matplotlib is not installed")
    def test_there_is_one_for_each_kind_that_was_measured(self):
        found = figures_of()
        found.scaling = SCALING
        with tempfile.TemporaryDirectory() as folder:
            written = [name for name, _ in plot.write(found, Path(folder), scaling.PICTURES.items())]
        self.assertEqual(written, ["scaling-many", "scaling-payload"])

    @unittest.skipUnless(HAS_MATPLOTLIB, "python3-matplotlib is not installed")
    def test_without_figures_there_are_none(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(plot.write(figures_of(), Path(folder), scaling.PICTURES.items()), [])


if __name__ == "__main__":
    unittest.main()
