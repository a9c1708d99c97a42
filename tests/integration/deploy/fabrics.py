"""Runs fabrics: what every test of deployment needs beside the command's support."""
import json
import os
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
from support import COMMAND, CommandTest, eventually, is_running  # noqa: E402

SERVICES = os.environ["MYCELIUM_SERVICES"]


def marked(mark):
    """The processes, living, in whose command line the mark stands."""
    pids = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                if mark.encode() in file.read() and is_running(entry):
                    pids.append(int(entry))
        except OSError:
            pass
    return pids


class FabricTest(CommandTest):
    """Each test has a fabric's name and a mark that no other has: its processes carry it."""

    def setUp(self):
        super().setUp()
        self.name = f"t{os.getpid()}-{self._testMethodName[-30:]}".replace("_", "-")
        self.mark = f"9{os.getpid() % 100000}{abs(hash(self._testMethodName)) % 100000}"  # of sleep: a long time

    def fabric(self, text, head=""):
        """A fabric file; NAP in it is a command that only this test runs."""
        text = text.replace("NAP", f'sleep {self.mark}').replace("SERVICES", SERVICES)
        return self.file("fabric.toml", f'[fabric]\nname = "{self.name}"\n{head}\n{text}'.encode())

    def up(self, text, *arguments, head="", env=None):
        return self.start("up", self.fabric(text, head), *arguments, env=env)

    def status(self, name=None):
        done = self.run_command("ps", name or self.name, "--json")
        return json.loads(done.stdout)["fabrics"][0] if done.returncode == 0 else None

    def service(self, service, name=None):
        status = self.status(name)
        return next((one for one in status["services"] if one["name"] == service), None) if status else None

    def becomes(self, service, state, name=None):
        return eventually(lambda: (one := self.service(service, name)) and one["state"] == state and one,
                          f"{service} {state}")

    def writes(self, running, pattern, count=1):
        """Waits until its output has the pattern so often; the last match."""
        def look():
            found = re.findall(pattern, running.out().decode(errors="replace"), re.MULTILINE)
            return found[-1:] if len(found) >= count else None
        return eventually(look, f"{pattern!r} in the output of {running.arguments}:\n{running.err()}")[0]

    def nothing_is_left(self):
        eventually(lambda: not marked(self.mark), f"the end of {marked(self.mark)}")

    def tearDown(self):
        for running in self.started:
            if running.process.poll() is None:
                running.process.terminate()
                try:
                    running.process.wait(20)
                except subprocess.TimeoutExpired:
                    pass
        super().tearDown()
        eventually(lambda: not marked(self.mark), "the end of all")


def main():
    unittest.main()


__all__ = ["COMMAND", "SERVICES", "FabricTest", "eventually", "is_running", "main", "marked", "os"]
