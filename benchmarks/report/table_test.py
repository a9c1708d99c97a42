import unittest

import table
import text
from made import figures, rate, row


class Text(unittest.TestCase):
    def test_numbers_have_three_digits_and_a_unit(self):
        self.assertEqual([text.time(9249), text.time(3.21), text.time(0)], ["9.25 µs", "3.21 ns", "0 ns"])
        self.assertEqual([text.rate(43.9e6, 64), text.rate(1e5, 64 << 10)], ["43.9 M/s", "6.55 GB/s"])
        self.assertEqual([text.size(100), text.size(80 << 10)], ["100 B", "80 KiB"])

    def test_what_is_handed_over_is_counted_in_messages_however_large(self):
        self.assertEqual(text.figure(rate("r", [1e6], size=10 << 20, moves=False), 1e6), "1 M/s")
        self.assertEqual(text.figure(rate("r", [1e6], size=10 << 20), 1e3), "10.5 GB/s")


class Rows(unittest.TestCase):
    def test_a_slower_stream_costs_more_than_once(self):
        self.assertEqual(table.cost(rate("r", [50], [100])).median, 2)
        self.assertEqual(table.cost(row("r", [50], [100])).median, 0.5)

    def test_a_row_that_failed_is_there_without_a_figure(self):
        self.assertIn("| r | none | 5 ns | none |", table.rows([row("r", [0], [5])]))

    def test_an_amount_of_nothing_is_a_figure(self):
        self.assertIn("| r | 0 (0 – 1) |", table.amounts([row("r", [0, 0, 1], unit="count")]))

    def test_an_amount_that_was_never_measured_has_none(self):
        self.assertIn("| r | none |", table.amounts([row("r", [], unit="count")]))

    def test_a_contest_begins_with_the_bare_machine_and_compares_within_rounds(self):
        found = figures(rivals=[row("c/mycelium", [10, 20], [5, 10]), row("c/other", [30, 60], [5, 10])])
        lines = table.contests(found, ["c"]).splitlines()
        self.assertTrue(lines[2].startswith("| c | raw | 7.50 ns |"))
        self.assertIn("| other | 45 ns | 6 (6 – 6) | 3 (3 – 3) |", lines[4])


if __name__ == "__main__":
    unittest.main()
