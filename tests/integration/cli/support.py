"""Drives the mycelium command from outside: what every test of it needs."""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

COMMAND = os.environ["MYCELIUM"]
SOURCE = os.environ["MYCELIUM_SOURCE_DIR"]
DEADLINE = 60  # seconds; nothing here takes long, but a sanitized build on a busy machine may


def eventually(condition, what):
    """Waits until `condition()` is true and returns what it gave."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.01)
    raise AssertionError(f"never came: {what}")


def is_running(pid):
    """Of a process that is neither gone nor waiting to be buried."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:  # also of one that ends between open and read
        return False


class Running:
    """A started command. Its output goes to files, so that it never waits for us."""

    def __init__(self, folder, arguments, stdin=None, stdout=None, env=None):
        self.out_path = tempfile.mkstemp(dir=folder, prefix="out")[1]
        self.err_path = tempfile.mkstemp(dir=folder, prefix="err")[1]
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen(
                arguments, stdin=stdin or subprocess.DEVNULL, stdout=stdout or out, stderr=err, env=env)
        self.arguments = arguments
        self.pid = self.process.pid
        self.stdin = self.process.stdin

    def out(self):
        with open(self.out_path, "rb") as file:
            return file.read()

    def err(self):
        with open(self.err_path, encoding="utf-8") as file:
            return file.read()

    def says(self, text):
        """Waits until `text` stands in what it wrote to stderr."""
        eventually(lambda: text in self.err() or self.process.poll() is not None, f"{text!r} from {self.arguments}")
        assert text in self.err(), f"{self.arguments} ended without saying {text!r}: {self.err()}"

    def feed(self, data):
        self.stdin.write(data)
        self.stdin.flush()

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Waits for its end and returns the exit status."""
        if self.stdin and not self.stdin.closed:
            self.stdin.close()
        return self.process.wait(DEADLINE)


class CommandTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mycelium-cli-")
        self.started = []

    def tearDown(self):
        for running in self.started:
            if running.process.poll() is None:
                running.process.send_signal(signal.SIGCONT)
                running.process.kill()
                running.process.wait()
            for stream in (running.process.stdin, running.process.stdout):
                if stream:
                    stream.close()
        shutil.rmtree(self.folder)

    def url(self, name="meet"):
        return f"unix://{self.folder}/{name}.sock"

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def start(self, *arguments, **keywords):
        running = Running(self.folder, [COMMAND, *arguments], **keywords)
        self.started.append(running)
        return running

    def start_fed(self, *arguments, **keywords):
        """With a pipe as standard input: feed(), then end()."""
        return self.start(*arguments, stdin=subprocess.PIPE, **keywords)

    def run_command(self, *arguments, stdin=b"", **keywords):
        return subprocess.run([COMMAND, *arguments], input=stdin, capture_output=True, timeout=DEADLINE, **keywords)

    def check_refused(self, done, status, *parts):
        """It failed with this status, nothing on stdout and one line on stderr that has all `parts`."""
        err = done.stderr.decode()
        self.assertEqual(done.returncode, status, err)
        self.assertEqual(done.stdout, b"")
        self.assertEqual(err.count("\n"), 1, err)
        self.assertTrue(err.startswith("mycelium"), err)
        for part in parts:
            self.assertIn(part, err)
