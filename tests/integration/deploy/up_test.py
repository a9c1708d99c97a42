"""mycelium up: starting in order, restarting, output, mistakes, the end."""
import re
import signal
import subprocess
import tempfile
import time

import unittest

from fabrics import COMMAND, FabricTest, eventually, main, os

unittest_skip_without_root = unittest.skipIf(os.geteuid() != 0, "needs root")


class Up(FabricTest):
    def test_those_after_others_start_when_they_are_ready(self):
        up = self.up("""
[service.c]
command = ["sh", "-c", "echo c starts; exec NAP"]
after = ["b"]
[service.b]
command = ["sh", "-c", "sleep 0.2; echo b is ready; systemd-notify --ready || python3 -c '%s'; exec NAP"]
ready = "notify"
after = ["a"]
[service.a]
command = ["sh", "-c", "echo a starts; exec NAP"]
""".replace("systemd-notify --ready || ", "") % (
            "import os, socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
            "n = os.environ[\\\"NOTIFY_SOCKET\\\"]; s.sendto(b\\\"READY=1\\\", chr(0) + n[1:])"))
        self.writes(up, "^c .*c starts")
        out = up.out().decode()
        self.assertLess(out.index("a starts"), out.index("b is ready"))
        self.assertLess(out.index("b is ready"), out.index("c starts"))

    def test_one_that_never_says_it_is_ready_is_not_waited_for_for_ever(self):
        up = self.up("""
[service.a]
command = ["sh", "-c", "exec NAP"]
ready = "notify"
ready_within = "100ms"
[service.b]
command = ["sh", "-c", "echo b starts; exec NAP"]
after = ["a"]
""")
        self.writes(up, "b starts")
        up.says("a: has not said within 100ms that it is ready; those after it are started")

    def test_when_the_one_that_is_the_work_is_done_all_stop(self):
        up = self.up("""
[service.helper]
command = ["sh", "-c", "exec NAP"]
[service.work]
command = ["sh", "-c", "echo done"]
after = ["helper"]
when_done = "stop"
""", head='output = "own"\nsay = "trouble"')
        self.assertEqual(up.end(), 0)
        self.assertEqual((up.out(), up.err()), (b"done\n", ""))
        self.nothing_is_left()

    def test_one_that_fails_at_the_work_begins_again(self):
        up = self.up("""
[service.work]
command = ["sh", "-c", "test -e done || { touch done; exit 1; }"]
when_done = "stop"
""")
        self.assertEqual(up.end(), 0)
        up.says("work: exited with status 1 (restart 1 in ")

    def test_what_dies_comes_back(self):
        up = self.up('[service.a]\ncommand = ["sh", "-c", "echo pid $$; exec NAP"]\n')
        first = int(self.writes(up, r"^a \| pid (\d+)$"))
        os.kill(first, signal.SIGKILL)
        second = int(self.writes(up, r"^a \| pid (\d+)$", 2))
        self.assertNotEqual(first, second)
        up.says("a: was killed by signal 9 (Killed) (restart 1 in ")
        self.assertEqual(self.becomes("a", "running")["restarts"], 1)

    def test_one_that_dies_at_start_fails_after_its_restarts(self):
        up = self.up("""
[service.a]
command = ["sh", "-c", "exit 3"]
restarts_max = 3
backoff_max = "10ms"
""")
        self.assertEqual(up.end(), 1)
        self.assertEqual(len(re.findall("exited with status 3", up.err())), 4)
        self.assertIn("mycelium up: a: exited with status 3; FAILED: 4 restarts in 1m\n", up.err())

    def test_a_program_that_is_not_there_is_named(self):
        up = self.up('[service.a]\ncommand = ["./nowhere"]\nrestarts_max = 0\n')
        self.assertEqual(up.end(), 1)
        self.assertIn("cannot run ./nowhere in " + self.folder, up.out().decode())

    def test_one_that_ends_early_without_failure_is_restarted_or_not_as_the_file_says(self):
        up = self.up("""
[service.once]
command = ["true"]
restart = "on-failure"
[service.never]
command = ["true"]
restart = "never"
[service.always]
command = ["true"]
restarts_max = 2
""")
        self.assertEqual(up.end(), 1)
        err = up.err()
        self.assertIn("always: exited with status 0; FAILED: 3 restarts in 1m", err)
        self.assertEqual(err.count("once: exited with status 0"), 1)
        self.assertEqual(err.count("never: exited with status 0"), 1)

    def test_when_all_have_ended_well_so_does_up(self):
        up = self.up('[service.a]\ncommand = ["echo", "hello"]\nrestart = "never"\n')
        self.assertEqual(up.end(), 0)
        self.assertEqual(up.out(), b"a | hello\n")

    def test_one_whose_predecessor_failed_is_not_started(self):
        up = self.up("""
[service.a]
command = ["sh", "-c", "exit 1"]
ready = "notify"
restart = "never"
[service.b]
command = ["echo", "b runs"]
after = ["a"]
""")
        self.assertEqual(up.end(), 1)
        self.assertEqual(up.out(), b"")

    def test_all_are_stopped_in_reverse_order(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            script = "trap 'sleep 0.1; echo stops; exit' TERM; echo runs; while :; do sleep 0.01; done"
            up = self.up(f'[service.a]\ncommand = ["sh", "-c", "{script}"]\n'
                         f'[service.b]\ncommand = ["sh", "-c", "{script}"]\nafter = ["a"]\n')
            self.writes(up, "^a | runs")
            self.writes(up, r"^b \| runs")
            up.signal(number)
            self.assertEqual(up.end(), 0)
            stops = [line for line in up.out().decode().splitlines() if "stops" in line]
            self.assertEqual(stops, ["b | stops", "a | stops"])

    def test_one_that_ignores_sigterm_is_killed(self):
        up = self.up("""
[service.a]
command = ["sh", "-c", "trap '' TERM; echo runs; while :; do NAP; done"]
stop_within = "200ms"
""")
        self.writes(up, "runs")
        up.signal(signal.SIGTERM)
        self.assertEqual(up.end(), 0)
        self.assertIn("a: was killed: it did not end within 200ms", up.err())
        self.nothing_is_left()

    def test_a_second_ctrl_c_ends_all_now(self):
        up = self.up("""
[service.a]
command = ["sh", "-c", "trap '' TERM; echo runs; while :; do NAP; done"]
stop_within = "1h"
""")
        self.writes(up, "runs")
        up.signal(signal.SIGINT)
        self.becomes("a", "stopping")
        up.signal(signal.SIGINT)  # at once: timeout(1) and shells tell the same wish twice
        time.sleep(0.4)
        self.becomes("a", "stopping")
        up.signal(signal.SIGINT)
        self.assertEqual(up.end(), -signal.SIGINT)
        self.nothing_is_left()

    def test_lines_have_names_and_long_ones_go_on(self):
        up = self.up("""
[service.long]
command = ["sh", "-c", "echo one; echo two >&2; printf three; head -c 10000 /dev/zero | tr '\\\\0' z"]
restart = "never"
[service.b]
command = ["echo", "b"]
restart = "never"
""")
        self.assertEqual(up.end(), 0)
        lines = up.out().decode().splitlines()
        self.assertIn("long | one", lines)
        self.assertIn("long | two", lines)
        self.assertIn("b    | b", lines)
        three = [line for line in lines if "zzz" in line]
        self.assertEqual([len(line) for line in three], [7 + 8192, 7 + 10005 - 8192])
        self.assertTrue(three[0].startswith("long | threezzz"))
        self.assertNotIn("\033", up.out().decode())

    def test_one_that_prints_without_end_waits_for_whoever_reads(self):
        read, write = os.pipe()
        with open(os.path.join(self.folder, "err"), "wb") as err:
            up = subprocess.Popen([COMMAND, "up", self.fabric("""
[service.loud]
command = ["sh", "-c", "yes loud; NAP"]
[service.other]
command = ["sh", "-c", "exec NAP"]
""")], stdout=write, stderr=err)
        try:
            os.close(write)
            first = self.becomes("other", "running")["pid"]
            os.kill(first, signal.SIGKILL)  # nobody has read a byte, and yet:
            eventually(lambda: (one := self.service("other")) and one["pid"] not in (0, first), "a restart")
            self.assertLess(self.becomes("loud", "running")["memory_bytes"], 100_000_000)
            with open(f"/proc/{up.pid}/statm", encoding="ascii") as file:
                self.assertLess(int(file.read().split()[1]) * 4096, 200_000_000)
            text = b""
            while len(text) < 20_000_000:
                text += os.read(read, 1 << 20)
            self.assertEqual(set(text.decode().split("\n")[:-1]), {"loud  | loud"})
            up.send_signal(signal.SIGTERM)
            while os.read(read, 1 << 20):
                pass
            self.assertEqual(up.wait(60), 0)
        finally:
            os.close(read)
            up.kill()
            up.wait()

    def test_a_full_disk_stops_nobody(self):
        with open("/dev/full", "wb") as full:
            up = self.start("up", self.fabric("""
[service.a]
command = ["sh", "-c", "for n in 1 2 3; do echo $n; done; touch %s; exec NAP"]
""" % self.path("said")), stdout=full)
        eventually(lambda: os.path.exists(self.path("said")), "its lines")
        up.signal(signal.SIGTERM)
        self.assertEqual(up.end(), 0)
        told = re.findall(r"(\d) lines? w(?:as|ere) not written to standard output: No space left on device", up.err())
        self.assertEqual(sum(map(int, told)), 3, up.err())

    def test_logs_are_kept_and_full_ones_make_room(self):
        up = self.up('[service.a]\ncommand = ["sh", "-c", "echo out; echo err >&2"]\nrestart = "never"\n',
                     head='logs = "logs"')
        self.assertEqual(up.end(), 0)
        with open(self.path("logs/a.log"), encoding="utf-8") as file:
            self.assertEqual(sorted(file.read().split()), ["err", "out"])

    @unittest_skip_without_root
    def test_a_full_disk_for_logs_is_told(self):
        os.mkdir(self.path("logs"))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", self.path("logs")],
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("cannot mount")
        try:
            up = self.up('[service.a]\ncommand = ["sh", "-c", "seq 100000"]\nrestart = "never"\n',
                         head='logs = "logs"')
            self.assertEqual(up.end(), 0)
            self.assertEqual(len(up.out().split(b"\n")), 100001)
            self.assertRegex(up.err(), r"\d+ lines were not written to .*logs: No space left on device")
        finally:
            subprocess.run(["umount", self.path("logs")], check=True)

    def test_logs_that_cannot_be_are_refused(self):
        done = self.run_command("up", self.fabric('[service.a]\ncommand = ["true"]\n', head='logs = "/dev/null/x"'))
        self.check_refused(done, 1, "/dev/null/x")

    def test_up_twice_is_refused_with_the_first_ones_pid(self):
        text = '[service.a]\ncommand = ["sh", "-c", "exec NAP"]\n'
        up = self.up(text)
        self.becomes("a", "running")
        done = self.run_command("up", self.fabric(text))
        self.check_refused(done, 1, f"pid {up.pid}", "mycelium down " + self.name)

    def test_mistakes_are_told_with_line_and_column_all_at_once(self):
        done = self.run_command("up", self.fabric('[servce.a]\n[service.b]\nrestrat = "x"\n'))
        self.assertEqual(done.returncode, 2)
        path = self.path("fabric.toml")
        self.assertEqual(done.stderr.decode().splitlines(), [
            f"mycelium up: {path}:4:2: a fabric file knows no 'servce' (did you mean service?)",
            f"mycelium up: {path}:6:1: [service.b] knows no 'restrat' (did you mean restart?)"])
        self.check_refused(self.run_command("up", "/nowhere.toml"), 1, "/nowhere.toml")
        self.check_refused(self.run_command("up", self.fabric('[service.a]\ncommand = ["true"]'), "b"), 2, "'b'")
        self.check_refused(self.run_command("up", self.path("fabric.toml"), "--mode", "theads"), 2, "threads")
        self.assertEqual(self.run_command("up", self.path("fabric.toml"), "--check").returncode, 0)
        hosts = '[service.a]\ncommand = ["true"]\nhost = "x"\n[host.x]\naddress = "[::1]"\n[host.y]\naddress = "[::1]"\n'
        hosts += '[link.l]\nbound_by = "a"\n'
        self.check_refused(self.run_command("up", self.fabric(hosts), "--mode", "hosts", "--check"), 2,
                           "link l needs a port")
        self.assertEqual(self.run_command("up", self.fabric(hosts + "port = 1\n"), "--mode", "hosts", "--check").returncode, 0)

    def test_only_the_named_services_are_started(self):
        up = self.up("""
[service.a]
command = ["sh", "-c", "echo a; exec NAP"]
[service.b]
command = ["sh", "-c", "echo b; exec NAP"]
after = ["a"]
""", "b")
        self.writes(up, r"b \| b")
        self.assertEqual(self.service("a")["state"], "ended")
        self.assertNotIn(b"a | a", up.out())

    def test_services_find_links_and_their_own_surroundings(self):
        os.mkdir(self.path("there"))
        up = self.up("""
[service.a]
command = ["sh", "-c", "pwd; env | grep -E '^(MYCELIUM_|OWN|NOTIFY)' | sort"]
directory = "there"
environment = { OWN = "1 2" }
restart = "never"
[link.raw-trades]
[link.news]
url = "tcp://127.0.0.1:7000"
""", env={name: value for name, value in os.environ.items() if not name.startswith("MYCELIUM")}
                     | {"NOTIFY_SOCKET": "@not-for-services", "MYCELIUM_LINK_OUTER": "shm://outer/link"})
        self.assertEqual(up.end(), 0)
        self.assertEqual(up.out().decode().splitlines(), ["a | " + line for line in [
            self.path("there"), "MYCELIUM_BIND_NEWS=tcp://127.0.0.1:7000",
            f"MYCELIUM_BIND_RAW_TRADES=shm://{self.name}/raw-trades", f"MYCELIUM_FABRIC={self.name}",
            "MYCELIUM_LINK_NEWS=tcp://127.0.0.1:7000", f"MYCELIUM_LINK_RAW_TRADES=shm://{self.name}/raw-trades",
            "MYCELIUM_SERVICE=a", "OWN=1 2"]])

    def test_hundreds_of_services_run_and_stop(self):
        up = self.up("".join(f'[service.s{n}]\ncommand = ["sh", "-c", "echo up; exec NAP"]\n' for n in range(300)))
        self.writes(up, r"\| up$", 300)
        up.signal(signal.SIGTERM)
        self.assertEqual(up.end(), 0)

    def test_a_thousand_restarts_leave_no_descriptor_process_or_memory(self):
        wanted = 10_000 if os.environ.get("MYCELIUM_LONG") == "1" else 1_000
        up = self.up("""
[service.a]
command = ["true"]
restarts_max = 100000
backoff = "1ms"
backoff_max = "1ms"
""")

        def look():
            with open(f"/proc/{up.pid}/statm", encoding="ascii") as file:
                pages = int(file.read().split()[1])
            return len(os.listdir(f"/proc/{up.pid}/fd")), pages

        def restarts(count):
            return eventually(lambda: (one := self.service("a")) and one["restarts"] >= count, f"{count} restarts")

        restarts(wanted // 5)
        fds, pages = look()
        for count in range(wanted // 5, wanted + 1, wanted // 20):  # a deadline for each step
            restarts(count)
        more_fds, more_pages = look()
        self.assertLess(more_fds - fds, 20)
        with open(COMMAND, "rb") as file:
            if b"__asan_init" not in (program := file.read()) and b"__tsan_init" not in program:  # these hoard memory
                self.assertLess(more_pages - pages, 1000)
        with open(f"/proc/{up.pid}/task/{up.pid}/children", encoding="ascii") as file:
            self.assertLessEqual(len(file.read().split()), 2)


if __name__ == "__main__":
    main()
