"""Every example that --help and the guide show is run as it stands."""
import os
import re
import subprocess
import unittest

from support import COMMAND, DEADLINE, SOURCE, CommandTest

CLOCK = os.environ.get("MYCELIUM_CLOCK", "")  # the example's server; empty: this build has none

VERBS = [["pub"], ["sub"], ["call"], ["serve"], ["tlv"], ["tlv", "encode"], ["tlv", "decode"],
         ["relay"], ["up"], ["ps"], ["restart"], ["ls"], ["stats"], ["top"], ["bench"], []]
if b"this build has no benchmarks" in subprocess.run([COMMAND, "bench", "--list"], capture_output=True, check=False).stderr:
    VERBS.remove(["bench"])


def examples_of_help(verb):
    """The indented blocks under "Examples:", each one script."""
    text = subprocess.run([COMMAND, *verb, "--help"], capture_output=True, check=True, text=True).stdout
    indented = re.search(r"^Examples:\n((?:  .*\n|\n)+)", text, re.MULTILINE)[1]
    return [re.sub(r"^  ", "", block, flags=re.MULTILINE) for block in re.split(r"\n\n+", indented.strip("\n"))]


def examples_of_guide():
    """(script, expected output or None) for each ```sh block, with the ```text block that follows it."""
    text = ""
    for page in ("command.md", "relays.md"):
        with open(os.path.join(SOURCE, "docs/guide", page), encoding="utf-8") as file:
            text += file.read() + "\n"
    return [(match[1], match[2]) for match in
            re.finditer(r"^```sh\n(.*?)^```\n(?:\n?^```text\n(.*?)^```\n)?", text, re.MULTILINE | re.DOTALL)]


class Examples(CommandTest):
    def run_script(self, script):
        """Pasted into a shell in an empty folder; /tmp is that folder, so that runs do not meet."""
        script = script.replace("/tmp/", self.folder + "/").replace("unix://@", f"unix://@{os.getpid()}.").replace("shm://", f"shm://{os.getpid()}.")
        self.scripts = getattr(self, "scripts", 0) + 1
        if self.scripts > 1:  # a port of its own for each
            script = re.sub(r"127\.0\.0\.1:(\d+)", lambda match: f"127.0.0.1:{int(match[1]) + self.scripts}", script)
        env = os.environ | {"PATH": ":".join([os.path.dirname(COMMAND), os.path.dirname(CLOCK), os.environ["PATH"]])}
        done = subprocess.run(["bash", "-ec", script + "\nwait\n"], cwd=self.folder, env=env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, 0, script + done.stdout + done.stderr)
        return done.stdout

    def test_those_of_help(self):
        for verb in VERBS:
            scripts = examples_of_help(verb)
            self.assertGreaterEqual(len(scripts), 1)
            for script in scripts:
                with self.subTest(verb=verb, script=script):
                    if verb == ["bench"]:
                        script = "\n".join(line for line in script.splitlines() if "--list" in line)
                    self.assertNotEqual(self.run_script(script), "")

    def test_those_of_the_guide_with_their_output(self):
        examples = examples_of_guide()
        self.assertGreater(len(examples), 5)
        for script, expected in examples:
            if "clock-server" in script and not CLOCK:
                continue
            with self.subTest(script=script):
                output = self.run_script(script)
                if expected is not None:
                    self.assertEqual(output, expected)


if __name__ == "__main__":
    unittest.main()
