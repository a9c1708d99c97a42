import importlib.util
import tempfile
import unittest
from pathlib import Path

import plot
from made import figures, rate, row

HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None


def contests():
    made = []
    for way in ("shm", "unix"):
        for size, name in ((64, "64B"), (1 << 20, "1MiB")):
            made += [row(f"round-trip/{way}/{name}/{who}", [10], [5], size=size) for who in ("mycelium", "mycelium-call", "zeromq")]
            made += [rate(f"stream/{way}/{name}/{who}", [10], [5], size=size) for who in ("mycelium", "nng")]
    return figures(rivals=made)


class Lines(unittest.TestCase):
    def test_a_contestant_is_a_line_over_the_sizes_and_the_bare_machine_is_one(self):
        self.assertEqual(plot.lines_of(contests(), "round-trip", "shm"),
                         {"raw": [(64, 5), (1 << 20, 5)], "mycelium": [(64, 10), (1 << 20, 10)], "zeromq": [(64, 10), (1 << 20, 10)]})

    def test_a_contestant_has_one_colour_whatever_its_manner(self):
        self.assertEqual(plot.colour("zeromq-pub"), plot.colour("zeromq"))
        self.assertNotEqual(plot.colour("zeromq"), plot.colour("nng"))
        self.assertEqual(plot.colour("a newcomer"), plot.colour("a newcomer"))

    def test_the_bare_machine_comes_first_and_then_mycelium(self):
        self.assertEqual(plot.order(["nng", "mycelium", "boost", "raw-gathered", "raw"]),
                         ["raw", "raw-gathered", "mycelium", "boost", "nng"])


@unittest.skipUnless(HAS_MATPLOTLIB, "python3-matplotlib is not installed")
class Pictures(unittest.TestCase):
    def test_there_is_one_for_each_kind_of_which_there_are_figures(self):
        with tempfile.TemporaryDirectory() as folder:
            written = [name for name, _ in plot.write(contests(), Path(folder))]
            self.assertEqual(written, ["round-trip", "stream"])
            drawn = Path(folder, "round-trip.svg").read_text(encoding="utf-8")
        for words in ("shared memory", "unix socket", "zeromq", "1 MiB"):
            self.assertIn(words, drawn)

    def test_the_same_figures_give_the_same_file(self):
        drawn = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                plot.write(contests(), Path(folder))
                drawn.append(Path(folder, "stream.svg").read_bytes())
        self.assertEqual(drawn[0], drawn[1])


if __name__ == "__main__":
    unittest.main()
