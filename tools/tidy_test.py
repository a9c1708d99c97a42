#!/usr/bin/python3
"""tidy finds each kind of fault, where it is, and is silent about a clean tree."""
import os
import runpy
import tempfile
import unittest

TIDY = runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "tidy"))["Tidy"]
TABLE = "| room | may include |\n| --- | --- |\n| `ext` | |\n| `base` | |\n| `core/wire` | `base` |\n| `host/os` | `base` |\n| `fabric` | `base` |\n"


def faults_in(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in {"src/README.md": TABLE, **files}.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return TIDY(root).run()


class Tidy(unittest.TestCase):
    def refuses(self, path, text, line, word, **more):
        found = faults_in({path: text, **more})
        self.assertEqual([(path, line)], [(file, number) for file, number, _ in found], found)
        self.assertIn(word, found[0][2])

    def test_a_clean_tree_has_no_faults(self):
        self.assertEqual([], faults_in({
            "src/base/log.h": "#include <string>\n#include <mycelium/result.h>\n",
            "src/core/wire/frame.cpp": '#include "base/log.h"\n#include "core/wire/frame.h"\n',
            "src/core/wire/frame.h": "",
            "src/host/os/fd.cpp": "#include <unistd.h>\n#include <thread>\n#include <mutex>\nauto t = steady_clock::now();\n",
            "src/fabric/node.cpp": "#include <mutex>\n",
            "src/base/log_test.cpp": "#include <thread>\nTEST(Log, a_line_is_written_once) {}\n"}))

    def test_an_arrow_that_the_table_does_not_allow_is_refused(self):
        self.refuses("src/base/log.h", '#include <string>\n#include "host/os/fd.h"\n', 2, "base may not include host/os")

    def test_a_room_without_a_row_is_refused(self):
        self.refuses("src/attic/box.h", "\n", 1, "attic")

    def test_a_public_header_includes_the_standard_library_alone(self):
        self.refuses("include/mycelium/node.h", "#include <nlohmann/json.hpp>\n", 1, "standard library")

    def test_headers_of_the_system_stay_in_host_os(self):
        self.refuses("src/fabric/node.cpp", "#include <sys/socket.h>\n", 1, "src/host/os")

    def test_threads_stay_in_host_os(self):
        self.refuses("src/fabric/node.cpp", "#include <thread>\n", 1, "threads")

    def test_locks_stay_out_of_core(self):
        self.refuses("src/core/wire/frame.cpp", "#include <mutex>\n", 1, "locks")

    def test_the_clock_is_not_read_in_core(self):
        self.refuses("src/core/wire/frame.cpp", "int a;\nauto t = std::chrono::steady_clock::now();\n", 2, "clock")

    def test_bytes_are_not_copied_uncounted(self):
        self.refuses("src/core/wire/frame.cpp", "std::memcpy(a, b, n);\n", 1, "base::copy")

    def test_a_comment_may_name_what_is_forbidden(self):
        self.assertEqual([], faults_in({"src/base/log.h": "// std::memcpy(a, b) and steady_clock::now() would be wrong\n"}))

    def test_a_long_file_is_refused(self):
        self.refuses("src/base/log.h", "\n" * 501, 501, "at most 500")

    def test_a_long_line_is_refused(self):
        self.refuses("src/base/log.h", "\n" + "x" * 111 + "\n", 2, "111 characters")

    def test_a_test_that_is_not_a_claim_is_refused(self):
        self.refuses("tests/conformance/a.cpp", "TEST_P(Frame, Truncated) {}\n", 1, "claim")

    def test_unfinished_work_is_refused(self):
        self.refuses("docs/guide.md", "one\n" + "TO" + "DO two\n", 2, "finish")

    def test_words_of_the_workplace_are_refused(self):
        for text in ("/wo" + "rk/main", "../sha" + "red/peers", "is" + "sue 2", "se" + "ed B"):
            self.refuses("docs/guide.md", text, 1, "reader")
        self.assertEqual([], faults_in({"tests/a.cpp": "../sha" + "red/data/matches.ndjson"}))


if __name__ == "__main__":
    unittest.main()
