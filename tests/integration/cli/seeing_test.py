"""ls, stats and top: other processes' nodes, seen without their help."""
import fcntl
import json
import mmap
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import unittest

from support import COMMAND, DEADLINE, CommandTest, eventually


class SeeingTest(CommandTest):
    def pair(self, *policy):
        """A publisher of one message every millisecond, and its subscriber; waits until messages flow."""
        ticking = subprocess.Popen(["yes", "tick"], stdout=subprocess.PIPE)
        self.addCleanup(lambda: (ticking.kill(), ticking.stdout.close(), ticking.wait()))
        publisher = self.start("pub", self.url(), "--rate", "1000", stdin=ticking.stdout)
        subscriber = self.start("sub", self.url(), *policy)
        eventually(lambda: subscriber.out().count(b"\n") > 20, "messages")
        return publisher, subscriber

    def nodes(self, *arguments):
        done = self.run_command(*arguments, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return {node["pid"]: node for node in json.loads(done.stdout)["nodes"]}

    def link_of(self, process, interval="50ms"):
        return self.nodes("stats", str(process.pid), "--interval", interval)[process.pid]["ports"][0]["links"][0]


class SeeingSharedMemory(SeeingTest):
    def url(self):
        return f"shm://seeing/{os.getpid()}/{self._testMethodName}"

    def test_the_ledger_fits_while_all_runs_and_when_both_are_stopped(self):
        publisher, subscriber = self.pair()
        eventually(lambda: self.link_of(publisher)["difference"] == 0, "a ledger that fits while it runs")
        for process in (publisher, subscriber):
            process.signal(signal.SIGSTOP)
        link = self.link_of(publisher)
        self.assertEqual(link["difference"], 0)
        self.assertGreater(link["delivered"], 20)
        self.assertEqual(link["delivered"], self.link_of(subscriber)["received"])

    def test_a_stopped_readers_lag_and_losses_show(self):
        publisher, subscriber = self.pair("--policy", "drop_oldest", "--queue", "5")
        subscriber.signal(signal.SIGSTOP)
        eventually(lambda: sum(self.link_of(publisher)["dropped"].values()) > 20, "drops")
        publisher.signal(signal.SIGSTOP)
        link = self.link_of(publisher)
        self.assertEqual(link["difference"], 0)
        self.assertGreater(link["dropped"]["queue_full"], 20)
        self.assertLessEqual(link["in_flight"], 5 + 64)

    def test_inspect_shows_logs_records_and_cursors_of_a_stopped_process(self):
        publisher, subscriber = self.pair()
        publisher.signal(signal.SIGSTOP)
        done = self.run_command("inspect", str(publisher.pid), "--records", "3")
        text = done.stdout.decode()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(text, r"log of port 1, epoch [0-9a-f]{16}\n  data at 320, capacity 16777216 bytes; next record is \d+ at \d+")
        self.assertRegex(text, rf"reader pid {subscriber.pid}, port 1: head \d+, behind by \d+")
        self.assertEqual(len(re.findall(r"\n    \d+ at \d+, \d+ bytes", text)), 3)
        self.assertIn("writes no log", self.run_command("inspect", str(subscriber.pid)).stderr.decode())
        gone = self.run_command("inspect", "4194303")
        self.assertNotEqual(gone.returncode, 0)
        self.assertIn("there is no process 4194303", gone.stderr.decode())


class Seeing(SeeingTest):
    def test_ls_tells_who_is_linked_to_whom(self):
        publisher, subscriber = self.pair("--policy", "drop_oldest")
        done = self.run_command("ls")
        text = done.stdout.decode()
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"{publisher.pid} mycelium pub\n  1 publisher of any type at {self.url()}\n"
                      f"      to mycelium sub (pid {subscriber.pid}) over unix, drop_oldest\n", text)
        self.assertIn(f"from mycelium pub (pid {publisher.pid}) over unix", text)
        port = self.nodes("ls")[publisher.pid]["ports"][0]
        self.assertEqual(port["urls"], [self.url()])
        self.assertEqual(port["links"][0]["peer_pid"], subscriber.pid)

    def test_stats_has_rates_latency_and_a_ledger_that_fits(self):
        publisher, subscriber = self.pair()
        sending, reading = self.link_of(publisher, "300ms"), self.link_of(subscriber, "300ms")
        self.assertGreater(sending["rates"]["sent"], 0)
        self.assertEqual(sending["difference"], 0)
        self.assertEqual(sending["sent"],
                         sending["delivered"] + sum(sending["dropped"].values()) + sending["in_flight"])
        self.assertGreater(reading["rates"]["received"], 0)
        self.assertGreater(reading["latency"]["samples"], 0)
        self.assertLessEqual(reading["latency"]["p50_ns_max"], reading["latency"]["max_ns"])
        text = self.run_command("stats", str(publisher.pid), "--interval", "50ms").stdout.decode()
        self.assertRegex(text, r"✓ \d+ sent = \d+ delivered \+ 0 dropped \+ \d+ in flight")
        by_name = self.nodes("stats", "mycelium sub", "--interval", "50ms")
        self.assertIn(subscriber.pid, by_name)
        self.assertNotIn(publisher.pid, by_name)

    def test_a_stopped_reader_shows_as_what_is_dropped_for_it(self):
        publisher, subscriber = self.pair("--policy", "drop_oldest", "--queue", "2")
        subscriber.signal(signal.SIGSTOP)
        # 20 bytes and a header each: the socket takes some thousands of them before the queue does.
        eventually(lambda: self.link_of(publisher)["in_flight"] > 200, "messages in flight")
        link = self.link_of(publisher)
        self.assertEqual(link["difference"], 0)
        self.assertEqual(self.link_of(subscriber)["rates"]["received"], 0)

    def test_a_stopped_node_is_read_all_the_same(self):
        publisher, subscriber = self.pair()
        for process in (publisher, subscriber):
            process.signal(signal.SIGSTOP)
        for process in (publisher, subscriber):
            first, second = self.link_of(process), self.link_of(process)
            first.pop("rates"), second.pop("rates")
            self.assertEqual(first, second)
        self.assertIn(str(publisher.pid), self.run_command("top", "--once", "--interval", "50ms").stdout.decode())

    def test_a_node_that_dies_between_two_looks_keeps_its_last_numbers(self):
        publisher, _ = self.pair()
        looking = self.start("stats", str(publisher.pid), "--interval", "2s", "--json")
        eventually(lambda: "mycelium.telemetry" in subprocess.run(
            ["grep", "-s", "mycelium.telemetry", f"/proc/{looking.pid}/maps"], capture_output=True, text=True).stdout, "its map")
        publisher.signal(signal.SIGKILL)
        self.assertEqual(looking.end(), 0, looking.err())
        node = json.loads(looking.out())["nodes"][0]
        self.assertFalse(node["is_alive"])
        self.assertGreater(node["ports"][0]["counters"]["published"], 0)

    def test_garbage_under_that_name_is_named_and_passed_over(self):
        publisher, _ = self.pair()
        fd = os.memfd_create("mycelium.telemetry", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self.addCleanup(os.close, fd)
        os.write(fd, os.urandom(2 << 20))
        F_ADD_SEALS, seals = 1033, 0x01 | 0x02 | 0x04 | 0x10
        fcntl.fcntl(fd, F_ADD_SEALS, seals)
        for verb in (["ls"], ["stats", "--interval", "50ms"], ["top", "--once", "--interval", "50ms"]):
            done = self.run_command(*verb)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(str(publisher.pid), done.stdout.decode())
        done = self.run_command("ls")
        self.assertIn(f"/proc/{os.getpid()}/fd/{fd}", done.stderr.decode())
        self.assertIn("no telemetry segment", done.stderr.decode())

    @staticmethod
    def segment_of(pid):
        """The path of its telemetry segment; other descriptors of it come and go."""
        folder = f"/proc/{pid}/fd"
        for path in (os.path.join(folder, name) for name in os.listdir(folder)):
            try:
                if os.readlink(path).startswith("/memfd:mycelium.telemetry"):
                    return path
            except OSError:
                pass
        raise AssertionError(f"process {pid} has no telemetry segment")

    def test_a_changed_copy_of_a_real_segment_does_no_harm(self):
        publisher, _ = self.pair()
        path = self.segment_of(publisher.pid)
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as real:
            copy = bytearray(real[:])
        with open(f"/proc/{os.getpid()}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        struct.pack_into("<QQ", copy, 24, os.getpid(), int(fields[19]))
        copy[128:128 + 12] = b"\x1b[2J\x9b1mevil\n"  # the node's name
        fd = os.memfd_create("mycelium.telemetry", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self.addCleanup(os.close, fd)
        os.write(fd, copy)
        fcntl.fcntl(fd, 1033, 0x01 | 0x02 | 0x04 | 0x10)
        for verb in (["ls"], ["stats", "--interval", "50ms"], ["top", "--once", "--interval", "50ms"]):
            done = self.run_command(*verb)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn(b"\x1b", done.stdout)
            self.assertIn(str(os.getpid()), done.stdout.decode())

    def test_who_is_not_there_is_named_with_what_to_do(self):
        self.check_refused(self.run_command("stats", "nobody at all"), 1, "no node is called 'nobody at all'", "mycelium ls")
        self.check_refused(self.run_command("stats", "999999999"), 1, "no process 999999999")
        self.check_refused(self.run_command("stats", str(os.getpid())), 1, f"process {os.getpid()} has no node", "mycelium ls")
        self.check_refused(self.run_command("top", "--interval", "1us"), 2, "10ms to 1h")

    def test_top_without_a_terminal_writes_a_table_per_interval(self):
        publisher, _ = self.pair()
        top = self.start("top", "--interval", "50ms")
        eventually(lambda: top.out().count(b"MSG/S") >= 3, "three tables")
        self.assertIn(str(publisher.pid), top.out().decode())
        self.assertNotIn(b"\x1b", top.out())
        top.signal(signal.SIGTERM)
        self.assertEqual(top.end(), 0)
        self.assertEqual(top.err(), "")


class Screen:
    """A terminal with the command in it."""

    def __init__(self, test, *arguments, rows=24, columns=80):
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self.resize(rows, columns)
        self.process = subprocess.Popen(
            [COMMAND, *arguments], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        self.slave = slave
        self.seen = b""
        test.addCleanup(self.close)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def look(self):
        while select.select([self.master], [], [], 0.02)[0]:
            self.seen += os.read(self.master, 65536)
        return self.seen

    def frames(self):
        return self.look().split(b"\x1b[H")[1:]

    def end(self):
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None and time.monotonic() < end:
            self.look()
        return self.process.wait(1)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def text_of(frame):
    """The lines of a frame, without what steers the terminal."""
    return [re.sub(r"\x1b\[[KJ]", "", line).rstrip("\r") for line in frame.decode().split("\n")]


class Top(SeeingTest):
    def check_restored(self, screen):
        self.assertTrue(screen.look().rstrip().endswith(b"\x1b[?25h\x1b[?1049l"), screen.seen[-80:])
        self.assertEqual(termios.tcgetattr(screen.slave)[3], screen.before[3])

    def test_redraws_in_place_and_q_ends_it(self):
        publisher, _ = self.pair()
        screen = Screen(self, "top", "--interval", "50ms")
        eventually(lambda: len(screen.frames()) >= 4, "frames")
        lines = text_of(screen.frames()[2])
        self.assertLessEqual(len(lines), 24)
        for line in lines:
            self.assertLess(len(line), 80, line)
        self.assertIn(str(publisher.pid), "".join(lines))
        self.assertTrue(screen.seen.startswith(b"\x1b[?1049h"))
        os.write(screen.master, b"q")
        self.assertEqual(screen.end(), 0)
        self.check_restored(screen)

    def test_signals_give_the_screen_back(self):
        self.pair()
        for stop in (signal.SIGINT, signal.SIGTERM):
            screen = Screen(self, "top", "--interval", "50ms")
            eventually(lambda: len(screen.frames()) >= 2, "frames")
            screen.process.send_signal(stop)
            self.assertEqual(screen.end(), 0)
            self.check_restored(screen)

    def test_follows_the_size_of_its_window(self):
        self.pair()
        screen = Screen(self, "top", "--interval", "50ms")
        eventually(lambda: len(screen.frames()) >= 2, "frames")
        screen.resize(3, 40)
        before = len(screen.frames())
        eventually(lambda: len(screen.frames()) >= before + 3, "more frames")
        lines = text_of(screen.frames()[-2])
        self.assertEqual(len(lines), 3)
        for line in lines:
            self.assertLess(len(line), 40, line)
        os.write(screen.master, b"q")
        self.assertEqual(screen.end(), 0)


if __name__ == "__main__":
    unittest.main()
