#!/usr/bin/python3
"""residue names what a run has left, and nothing else."""
import os
import subprocess
import tempfile
import unittest

RESIDUE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "residue")
MARK = f"residue-test-{os.getpid()}"


class Residue(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.before = os.path.join(self.folder.name, "before.json")
        self.temporary = os.path.join(self.folder.name, "temporary")
        os.mkdir(self.temporary)
        self.environment = {**os.environ, "TMPDIR": self.temporary}
        self.residue("before", self.before)

    def residue(self, *arguments):
        return subprocess.run([RESIDUE, *arguments], env=self.environment, stdout=subprocess.PIPE, text=True, check=False)

    def test_a_left_process_and_a_left_file_are_named(self):
        left = os.path.join(self.temporary, "left.sock")
        with open(left, "w", encoding="utf-8"):
            pass
        process = subprocess.Popen(["sleep", "60"], env={**os.environ, "MYCELIUM_TEST_RUN": MARK})
        try:
            result = self.residue("after", self.before, MARK)
        finally:
            process.kill()
            process.wait()
        self.assertEqual(1, result.returncode)
        self.assertIn(f"left behind: {left}", result.stdout)
        self.assertIn(f"left behind: process {process.pid}: sleep 60", result.stdout)

    def test_a_process_of_somebody_else_is_not_named(self):
        process = subprocess.Popen(["sleep", "60"], env={**os.environ, "MYCELIUM_TEST_RUN": "another"})
        try:
            result = self.residue("after", self.before, MARK)
        finally:
            process.kill()
            process.wait()
        self.assertNotIn(str(process.pid), result.stdout)


if __name__ == "__main__":
    unittest.main()
