import unittest
from pathlib import Path

import document
import report
from about import About
from made import figures, rate, row
from report import told_machine

DOCUMENT = Path(__file__).parents[2] / "docs/performance.md"


def blocks(found=None):
    return report.blocks(found or figures(), About("g++ 12", 5, 0.3, "0123abcd", "2026-01-01"), [("stream", "One way.")], "performance")


class Blocks(unittest.TestCase):
    def test_the_document_has_a_place_for_each_and_no_other_places(self):
        self.assertEqual(sorted(document.names(DOCUMENT.read_text(encoding="utf-8"))), sorted(blocks()))

    def test_every_row_stands_in_one_of_them(self):
        names = ["round-trip/unix/64B", "stream/tcp/64B", "call/inproc/64B", "loan/shm/1MiB", "fan-out/unix/64B", "relay/shm/64B",
                 "relay-stream/shm/64B", "without-relay/shm/64B", "trade-tlv", "msgpack/12-fields", "supervised/death",
                 "pipeline/threads", "syscalls/unix/64B", "idle-publisher/shm", "copies-lent/shm/64KiB", "control/shm"]
        told = blocks(figures(*(row(name, [1], [1]) for name in names)))
        for name in names:
            self.assertEqual(sum(f"| {name} |" in told[section] for section in report.SECTIONS), 1, name)

    def test_a_picture_is_named_by_its_file(self):
        self.assertIn("![stream](performance/stream.svg)", blocks()["pictures"])

    def test_the_machine_is_told_with_what_others_used_of_it(self):
        found = figures()
        found.foreign_load = 0.25
        self.assertIn("a machine, g++ 12, release build of commit 0123abcd, 2026-01-01. 5 rounds of 0.3 s; other programs used 25 %", blocks(found)["machine"])

    def test_a_kernels_build_is_not_told(self):
        self.assertEqual(told_machine("2 × Processor, Linux 6.18.44-fc-v669"), "2 × Processor, Linux 6.18.44")
        self.assertEqual(told_machine("2 × Some-Processor, Linux 6.1"), "2 × Some-Processor, Linux 6.1")

    def test_the_narrowest_floor_is_told_and_missed_ones_are(self):
        found = figures()
        floor = {"floor": "f", "row": "r", "unit": "ns", "limit": 100.0, "figure": 40.0, "met": True}
        found.floors = [floor, floor | {"row": "near", "figure": 90.0}]
        self.assertEqual(blocks(found)["floors"], "All 2 floors are met; the narrowest is near: 90 ns of 100 ns.\n")
        found.floors = [floor, floor | {"row": "over", "figure": 2e6, "met": False, "unit": "messages/s", "limit": 3e6}]
        self.assertEqual(blocks(found)["floors"], "Missed: f, over: 2 M/s where 3 M/s are asked for.\n")


class Rates(unittest.TestCase):
    def test_rivals_stand_under_their_way(self):
        found = figures(rivals=[rate("stream/tcp/64B/mycelium", [1], [1]), rate("stream/shm/64B/mycelium", [1], [1])])
        found.rival_versions = [("zeromq", "4.3", "")]
        told = blocks(found)["rivals"]
        self.assertLess(told.index("Shared memory:"), told.index("tcp:"))
        self.assertIn("Versions: zeromq 4.3.", told)


if __name__ == "__main__":
    unittest.main()
