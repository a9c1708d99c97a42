import tempfile
import unittest
from pathlib import Path

import check
import record
from about import About
from made import figures, rate, row

ABOUT = About("g++ 12", 5, 0.3, "0123abcd", "2026-01-01")


def recorded(*rows):
    return record.record_of(figures(*rows), "a machine", ABOUT)


def worse(then, now):
    """Names of rows, on a machine that has the pace of the recorded one."""
    return [each.name for each in check.worse_rows(figures(now), recorded(then), pace=1)]


class Check(unittest.TestCase):
    def test_a_ratio_that_is_worse_in_every_round_is_found(self):
        self.assertEqual(worse(row("r", [10, 10, 10], [10, 10, 10]), row("r", [17, 30, 17], [10, 10, 10])), ["r"])
        self.assertEqual(worse(rate("r", [10, 10], [10, 10]), rate("r", [6, 5], [10, 10])), ["r"])

    def test_one_good_round_is_enough(self):
        self.assertEqual(worse(row("r", [10, 10, 10], [10, 10, 10]), row("r", [40, 40, 15], [10, 10, 10])), [])

    def test_one_round_in_which_the_bare_machine_was_disturbed_acquits_nobody(self):
        self.assertEqual(worse(row("r", [10, 10, 10], [10, 10, 10]), row("r", [30, 30, 30], [10, 10, 20])), ["r"])
        self.assertEqual(worse(rate("r", [30, 30, 30], [30, 30, 30]), rate("r", [10, 10, 10], [30, 30, 15])), ["r"])

    def test_one_round_in_which_the_bare_machine_was_lucky_accuses_nobody(self):
        self.assertEqual(worse(row("r", [600] * 3, [400] * 3), row("r", [600] * 3, [400, 80, 400])), [])

    def test_a_row_that_varied_when_recorded_may_vary_as_much(self):
        varied = row("r", [10, 10, 18], [10, 10, 10])
        self.assertEqual(worse(varied, row("r", [17], [10])), [])
        self.assertEqual(worse(varied, row("r", [19], [10])), ["r"])

    def test_one_bad_round_of_the_record_allows_no_more_than_twice(self):
        disturbed = row("r", [10, 10, 55], [10, 10, 10])
        self.assertEqual(worse(disturbed, row("r", [19], [10])), [])
        self.assertEqual(worse(disturbed, row("r", [21], [10])), ["r"])

    def test_a_machine_that_is_slower_for_both_is_no_matter(self):
        self.assertEqual(worse(row("r", [10], [10]), row("r", [90], [80])), [])

    def test_a_bare_machine_that_wakes_sooner_is_no_fault_of_ours(self):
        sleeping = row("r", [4000], [60000])
        self.assertEqual(worse(sleeping, row("r", [4100], [9000])), [])
        self.assertEqual(worse(sleeping, row("r", [9000], [9000])), ["r"])

    def test_on_a_machine_that_is_quicker_in_all_ours_has_to_be_so_too(self):
        names = "abcde"
        then = recorded(*(row(name, [10], [10]) for name in names))
        now = figures(row("a", [10], [3.3]), *(row(name, [3.3], [3.3]) for name in names[1:]))
        pace = check.pace_of(now, then)
        self.assertAlmostEqual(pace, 10 / 3.3, 3)
        self.assertEqual([each.name for each in check.worse_rows(now, then, pace)], ["a"])

    def test_a_machine_that_only_wakes_sooner_has_the_same_pace(self):
        sleeping = (row("a", [4000], [60000]), rate("b", [100], [100]), rate("c", [100], [100]))
        woken = (row("a", [4100], [9000]), rate("b", [100], [100]), rate("c", [100], [100]))
        self.assertEqual(check.pace_of(figures(*woken), recorded(*sleeping)), 1)

    def test_what_has_no_bare_machine_is_judged_by_itself(self):
        self.assertEqual(worse(row("r", [0], unit="count"), row("r", [1], unit="count")), ["r"])
        self.assertEqual(worse(row("r", [1000], unit="bytes"), row("r", [1500], unit="bytes")), [])

    def test_a_row_that_is_new_is_not_judged(self):
        self.assertEqual(worse(row("r", [10], [10]), row("other", [99], [1])), [])

    def test_the_fault_is_told_with_its_numbers(self):
        [each] = check.worse_rows(figures(row("r", [20], [10])), recorded(row("r", [10], [10])), pace=1)
        self.assertEqual(str(each), "WORSE r: 2 times the bare machine, best round beside best round; "
                         "1 is recorded, up to 1.60 is noise")

    def test_rows_that_are_gone_are_told_but_those_that_another_build_counts(self):
        then = recorded(*(row(name, [1], [1]) for name in ("a", "b", "syscalls/unix/64B", "copies/shm/64KiB")))
        self.assertEqual(check.gone(figures(row("a", [1], [1])), then), (["b"], ["syscalls/unix/64B"]))


class Record(unittest.TestCase):
    def test_it_is_read_as_it_was_written(self):
        made = recorded(row("a", [10, 30], [10, 10]), row("b", [0], unit="count"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "figures.json")
            record.write(made, path)
            self.assertEqual(record.read(path), made)


if __name__ == "__main__":
    unittest.main()
