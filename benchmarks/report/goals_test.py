import unittest

import goals
import table
from figures import Side
from goals import Goal
from made import figures, rate, row, side


def standing(goal, *own, rivals=()):
    return goals.judged(goal, figures(*own, rivals=rivals))


class Judging(unittest.TestCase):
    def test_a_time_is_met_up_to_its_ratio_and_missed_beyond(self):
        goal = Goal("g", ["r"], at_most=1.5)
        self.assertTrue(standing(goal, row("r", [15, 30], [10, 20])).is_met)
        self.assertFalse(standing(goal, row("r", [16, 32], [10, 20])).is_met)

    def test_a_rate_is_met_from_its_ratio_on(self):
        goal = Goal("g", ["r"], at_least=0.5)
        self.assertTrue(standing(goal, rate("r", [50], [100])).is_met)
        self.assertFalse(standing(goal, rate("r", [49], [100])).is_met)

    def test_the_row_that_is_farthest_off_is_told_and_all_that_miss_are_named(self):
        found = standing(Goal("g", ["a", "b", "c"], at_most=1), row("a", [2], [1]), row("b", [3], [1]), row("c", [1], [1]))
        self.assertEqual((found.row.name, found.missed), ("b", ("a", "b")))

    def test_the_tail_and_the_processor_time_may_be_the_figure(self):
        slow = row("r", side(10, p999_ns=300, cpu=7), side(10, p999_ns=100, cpu=14))
        self.assertEqual(standing(Goal("g", ["r"], at_most=2, kind="p999_ns"), slow).value.median, 3)
        self.assertEqual(standing(Goal("g", ["r"], at_most=2, kind="cpu_ns_per_message"), slow).value.median, 0.5)

    def test_another_row_may_be_what_it_is_compared_with(self):
        found = standing(Goal("g", ["r"], at_most=2, against="small"), row("r", [30], [1]), row("small", [10], [1]))
        self.assertEqual((found.value.median, found.raw), (3, "10 ns"))

    def test_a_hop_is_what_one_more_takes(self):
        found = standing(Goal("g", ["with"], at_most=1.3, beyond="without"), row("with", [30], [50]), row("without", [10], [10]))
        self.assertEqual(found.value.median, 0.5)

    def test_a_limit_of_ours_alone_is_in_the_unit_of_the_row(self):
        found = standing(Goal("g", ["r"], at_least=4e6, is_absolute=True), rate("r", [3e6], [9e6]))
        self.assertEqual((found.of_limit(), found.is_met), ("≥ 4 M/s", False))

    def test_a_rate_may_be_told_as_the_time_of_one(self):
        found = standing(Goal("g", ["r"], at_most=10, is_absolute=True, is_time_of_each=True), rate("r", [2e8], [1e9]))
        self.assertEqual((found.ours, found.of_limit(), found.is_met), ("5 ns", "≤ 10 ns", True))

    def test_none_at_all_may_be_wanted(self):
        goal = Goal("g", ["r"], at_most=0, is_absolute=True)
        self.assertTrue(standing(goal, row("r", [0, 0], unit="count")).is_met)
        self.assertFalse(standing(goal, row("r", [1, 1], unit="count")).is_met)

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        found = standing(Goal("g", ["r"], at_most=1, unmeasured="only for root"))
        self.assertFalse(found.is_met)
        self.assertEqual(table.verdict(found), "not measured: only for root")

    def test_a_goal_is_not_met_while_one_of_its_rows_failed(self):
        goal = Goal("g", ["a", "b", "c"], at_most=1)
        found = standing(goal, row("a", [1], [2]), row("b", [0], [1]))
        self.assertFalse(found.is_met)
        self.assertEqual((found.failed, table.verdict(found)), (("b", "c"), "not measured: b, c"))

    def test_a_goal_that_one_row_misses_is_missed_though_another_failed(self):
        found = standing(Goal("g", ["a", "b"], at_most=1, why="it is slow"), row("a", [2], [1]))
        self.assertEqual((found.missed, found.failed), (("a",), ("b",)))
        self.assertEqual(table.verdict(found), "**missed** by a factor of 2: it is slow; not measured: b")

    def test_a_known_reason_does_not_excuse_a_row_that_is_there_and_failed(self):
        goal = Goal("g", ["r"], at_most=1, unmeasured="only for root")
        broken = Side([0], [0], [0], is_good=False)
        self.assertEqual(table.verdict(standing(goal, row("r", broken, [1]))), "not measured: r")
        self.assertEqual(table.verdict(standing(goal, row("r", [1]))), "not measured: only for root")

    def test_none_at_all_is_no_figure_when_the_measurement_failed(self):
        broken = Side([0, 0], [0, 0], [0, 0], is_good=False)
        self.assertFalse(standing(Goal("g", ["r"], at_most=0, is_absolute=True), row("r", broken, unit="count")).is_met)


class Rivals(unittest.TestCase):
    RIVALS = (row("c/raw-gathered", [5], [10]), row("c/mycelium", [1], [10]), row("c/slow", [40], [10]), row("c/quick", [20], [10]))

    def test_the_best_one_is_told_with_its_ratio_to_its_own_raw_row(self):
        best = standing(Goal("g", ["r"], at_most=1, contests=("c",)), row("r", [1], [4]), rivals=self.RIVALS).rival
        self.assertEqual((best.name, best.figure, best.ratio), ("quick", "20 ns", 2))

    def test_its_ratio_may_be_to_what_our_row_is_compared_with(self):
        goal = Goal("g", ["r"], at_most=1, contests=("c",), rivals_against="row")
        self.assertEqual(standing(goal, row("r", [1], [4]), rivals=self.RIVALS).rival.ratio, 5)

    def test_its_ratio_may_be_to_one_that_takes_part(self):
        goal = Goal("g", ["r"], at_most=1, contests=("c",), rivals_against="raw-gathered")
        self.assertEqual(standing(goal, row("r", [1], [4]), rivals=self.RIVALS).rival.ratio, 4)

    def test_of_rates_the_best_one_is_the_greatest(self):
        rivals = (rate("c/a", [5], [10]), rate("c/b", [8], [10]))
        goal = Goal("g", ["r"], at_least=1, contests=("c",))
        self.assertEqual(standing(goal, rate("r", [1], [4]), rivals=rivals).rival.name, "b")


class Rows(unittest.TestCase):
    def test_those_that_goals_are_about_are_named_by_the_program_that_measures_them(self):
        found = goals.rows_wanted([Goal("g", ["a/shm/64B"], at_most=1, beyond="b/shm/64B", contests=("c/shm/64B", "")),
                                   Goal("g", ["d/pipe/1KiB/ours"], at_most=1, against="d/pipe/1KiB/theirs")])
        self.assertEqual(found, (["a/shm/64B", "b/shm/64B"], ["c/shm/64B/", "d/pipe/1KiB/ours", "d/pipe/1KiB/theirs"]))


class Table(unittest.TestCase):
    def test_a_reason_is_told_only_while_the_goal_is_missed(self):
        goal = Goal("g", ["r"], at_most=1, why="it has a reason")
        self.assertIn("by a factor of 2: it has a reason", table.goals([standing(goal, row("r", [2], [1]))]))
        self.assertNotIn("reason", table.goals([standing(goal, row("r", [1], [1]))]))

    def test_what_was_measured_elsewhere_is_marked(self):
        told = table.goals([standing(Goal("g", ["r"], at_most=1, elsewhere="Aeron 1.5"), row("r", [1], [1]))])
        self.assertIn("Aeron 1.5 †", told)
        self.assertIn("† not of this run", told)

    def test_met_goals_are_counted_among_those_that_were_measured(self):
        one = Goal("g", ["r"], at_most=1)
        found = [standing(one, row("r", [1], [1])), standing(one, row("r", [2], [1])), standing(one)]
        self.assertTrue(table.goals(found).startswith("1 of 2 goals are met; 1 were not measured."))


class File(unittest.TestCase):
    def test_every_goal_has_one_limit_and_a_reason_and_known_keys(self):
        for goal in goals.read():
            with self.subTest(goal.what):
                self.assertNotEqual(goal.at_most is None, goal.at_least is None)
                self.assertTrue(goal.why)
                self.assertIn(goal.kind, ("figure", "p999_ns", "cpu_ns_per_message"))
                self.assertIn(len(goal.contests), (0, 1, len(goal.rows)))


if __name__ == "__main__":
    unittest.main()
