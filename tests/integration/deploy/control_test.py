"""ps, start, stop, restart and down."""
import json
import signal

from fabrics import FabricTest, eventually, main, os

TWO = """
[service.a]
command = ["sh", "-c", "exec NAP"]
[service.b]
command = ["sh", "-c", "exec NAP"]
after = ["a"]
"""


class Control(FabricTest):
    def ok(self, *arguments):
        done = self.run_command(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def test_ps_shows_what_runs(self):
        up = self.up(TWO)
        pid = self.becomes("b", "running")["pid"]
        lines = self.ok("ps", self.name).splitlines()
        self.assertEqual(lines[0], f"{self.name} (processes, pid {up.pid})")
        self.assertEqual(lines[1].split(), ["SERVICE", "PID", "STATE", "RESTARTS", "UP", "CPU", "MEMORY", "LAST", "END"])
        self.assertEqual(lines[3].split()[:4], ["b", str(pid), "running", "0"])
        # Others' fabrics may come and go meanwhile, and are told of.
        self.assertIn(self.name, self.run_command("ps").stdout.decode())
        one = json.loads(self.ok("ps", self.name, "--json"))["fabrics"][0]["services"][1]
        self.assertGreater(one["up_ns"], 0)
        self.assertGreater(one["memory_bytes"], 0)
        self.assertEqual(one["last_end"], "")

    def test_a_service_is_stopped_and_started(self):
        up = self.up(TWO)
        self.becomes("b", "running")
        self.ok("stop", self.name, "a")
        self.assertEqual(self.service("a")["state"], "ended")
        self.assertEqual(self.service("a")["last_end"], "stopped")
        self.ok("stop", self.name, "b")
        self.assertIsNone(up.process.poll())  # somebody may start them again
        self.ok("start", self.name, "a")
        self.assertEqual(self.service("a")["state"], "running")
        self.check_refused(self.run_command("start", self.name, "a"), 1, "running already")

    def test_a_service_is_restarted(self):
        self.up(TWO)
        before = self.becomes("a", "running")["pid"]
        self.ok("restart", self.name, "a")
        after = eventually(lambda: (one := self.service("a")) and one["pid"] and one, "its pid")
        self.assertNotEqual(after["pid"], before)
        self.assertEqual(after["restarts"], 1)

    def test_one_that_failed_is_started_by_hand(self):
        up = self.up("""
[service.a]
command = ["sh", "-c", "test -e %s/now && exec NAP"]
restarts_max = 0
[service.b]
command = ["sh", "-c", "exec NAP"]
""" % self.folder)
        up.says("a: exited with status 1; FAILED")
        self.becomes("a", "failed")
        self.file("now", b"")
        self.ok("start", self.name, "a")
        self.becomes("a", "running")

    def test_one_that_waits_for_its_restart_can_be_stopped(self):
        self.up("""
[service.a]
command = ["false"]
backoff = "1h"
backoff_max = "1h"
""")
        self.becomes("a", "backing off")
        self.ok("stop", self.name, "a")
        self.assertEqual(self.service("a")["state"], "ended")

    def test_down_ends_all(self):
        up = self.up(TWO)
        self.becomes("b", "running")
        self.ok("down", self.name)
        self.assertIsNone(self.service("a"))
        self.assertEqual(up.end(), 0)
        self.nothing_is_left()

    def test_down_is_answered_after_a_service_that_is_slow_to_end(self):
        up = self.up("""
[service.a]
command = ["sh", "-c", "trap '' TERM; echo runs; while :; do NAP; done"]
stop_within = "300ms"
""")
        self.writes(up, "runs")
        self.ok("down", self.name)
        self.assertEqual(up.end(), 0)

    def test_one_that_ends_before_it_has_the_question_keeps_nobody_waiting(self):
        up = self.up(TWO)
        self.becomes("b", "running")
        up.signal(signal.SIGSTOP)
        asking = self.start("restart", self.name, "a")
        eventually(lambda: self.dials(asking.pid), "its dialling")
        up.process.kill()
        self.assertEqual(asking.end(), 1)
        self.assertIn(self.name, asking.err())
        self.nothing_is_left()

    @staticmethod
    def dials(pid):
        """Has it a socket by now?"""
        try:
            return any(os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:") for fd in os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            return False

    def test_what_is_not_there_is_told_with_the_nearest(self):
        up = self.up('[service.adapter]\ncommand = ["sh", "-c", "exec NAP"]\n')
        self.becomes("adapter", "running")
        self.check_refused(self.run_command("ps", self.name + "x"), 1, "is not up", f"did you mean {self.name}?")
        self.check_refused(self.run_command("stop", self.name, "adaptor"), 1, "has no service 'adaptor'",
                           "did you mean adapter?")
        self.check_refused(self.run_command("stop", self.name), 2, "SERVICE")
        up.signal(signal.SIGTERM)
        up.end()

    def test_others_are_answered_at_once_while_one_waits(self):
        up = self.up("""
[service.a]
command = ["sh", "-c", "trap '' TERM; echo runs; while :; do NAP; done"]
stop_within = "1h"
""")
        self.writes(up, "runs")
        waiting = self.start("stop", self.name, "a")
        self.becomes("a", "stopping")
        self.assertIsNone(waiting.process.poll())
        up.signal(signal.SIGKILL)
        self.assertEqual(waiting.end(), 1)


if __name__ == "__main__":
    main()
