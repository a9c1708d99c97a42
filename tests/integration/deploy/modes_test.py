"""One executable, in threads and in processes; by its own run() and by up."""
import signal
import subprocess
import unittest

from fabrics import SERVICES, FabricTest, eventually, is_running, main, os

DEPLOYED = os.environ.get("MYCELIUM_DEPLOYED", "")
PAIR = """
[service.sink]
after = ["source"]
arguments = ["--fast", "a b", ""]
[service.source]
ready = "notify"
[link.numbers]
bound_by = "source"
"""


class Modes(FabricTest):
    def run_services(self, text, *arguments, head=""):
        from support import Running
        running = Running(self.folder, [SERVICES, "--fabric", self.fabric(text, head), *arguments])
        self.started.append(running)
        return running

    def check_pair(self, running, scheme):
        self.writes(running, r"sink has 100$")
        out = running.out().decode()
        self.assertIn(f"sink dials {scheme}://{self.name}/numbers", out)
        self.assertIn("source binds shm://" + self.name, out)
        for argument in ("--fast", "a b", ""):
            self.assertRegex(out, f"(?m)sink is given {argument}$")
        running.signal(signal.SIGTERM)
        self.assertEqual(running.end(), 0)
        self.assertIn("source stops", running.out().decode())
        self.assertIn("sink ends", running.out().decode())  # it never looked whether it is to stop

    def test_in_processes(self):
        running = self.run_services(PAIR, "--mode", "processes")
        self.check_pair(running, "shm")
        self.assertIn("source | source binds", running.out().decode())

    def test_in_threads(self):
        running = self.run_services(PAIR, "--mode", "threads")
        self.writes(running, "sink receives")
        self.assertEqual({one["is_thread"] for one in self.status()["services"]}, {True})
        self.check_pair(running, "inproc")

    def test_by_up_in_processes(self):
        self.check_pair(self.up(PAIR, head='program = ["SERVICES"]'.replace("SERVICES", SERVICES)), "shm")

    def test_by_up_in_threads(self):
        self.check_pair(self.up(PAIR, "--mode", "threads", head=f'program = ["{SERVICES}"]'), "inproc")

    def test_outsiders_may_dial_what_threads_bind(self):
        running = self.run_services(PAIR, "--mode", "threads")
        self.writes(running, "sink receives")
        done = self.run_command("sub", f"shm://{self.name}/numbers", "--count", "3", "--json")
        self.assertEqual(done.stdout.count(b'"number":'), 3)

    def test_a_command_among_threads_is_a_process(self):
        running = self.run_services("""
[service.source]
ready = "notify"
[service.reader]
command = ["sh", "-c", "echo dials $MYCELIUM_LINK_NUMBERS; exec NAP"]
after = ["source"]
[link.numbers]
""", "--mode", "threads")
        self.writes(running, f"reader | dials shm://{self.name}/numbers")
        self.assertFalse(self.service("reader")["is_thread"])
        running.signal(signal.SIGTERM)
        self.assertEqual(running.end(), 0)
        self.nothing_is_left()

    def test_a_killed_process_comes_back_and_is_heard_again(self):
        running = self.run_services(PAIR, "--mode", "processes")
        self.writes(running, "sink receives")
        os.kill(self.becomes("source", "running")["pid"], signal.SIGKILL)
        self.writes(running, "sink receives", 2)

    def test_a_thread_that_is_restarted_is_heard_again(self):
        running = self.run_services(PAIR, "--mode", "threads")
        self.writes(running, "sink receives")
        self.assertEqual(self.run_command("restart", self.name, "source").returncode, 0)
        self.writes(running, "sink receives", 2)

    def test_a_function_that_throws_or_fails_is_dead_and_restarted(self):
        for mode in ("threads", "processes"):
            running = self.run_services("""
[service.thrower]
restarts_max = 2
[service.failing]
restart = "never"
[service.misnamed]
restart = "never"
[link.numbers]
""", "--mode", mode)
            self.assertEqual(running.end(), 1)
            said = running.err() + running.out().decode()
            self.assertEqual(said.count("threw: a fit of anger"), 3)
            self.assertIn("FAILED: 3 restarts in 1m", said)
            self.assertIn("failed: unavailable: no luck", said)
            self.assertIn("has no link 'nubmers' (did you mean numbers?)", said)

    def test_a_function_that_does_not_return_is_no_reason_to_hang(self):
        running = self.run_services('[service.deaf]\nstop_within = "100ms"\n', "--mode", "threads")
        self.writes(running, "deaf runs")
        running.signal(signal.SIGTERM)
        self.assertEqual(running.end(), 1)
        self.assertIn("deaf: its function does not return; a thread cannot be killed", running.err())
        running = self.run_services('[service.deaf]\nstop_within = "100ms"\n', "--mode", "processes")
        self.writes(running, "deaf runs")
        running.signal(signal.SIGTERM)
        self.assertEqual(running.end(), 0)

    def test_one_service_runs_here_without_supervision(self):
        running = self.run_services(PAIR, "--service", "source")
        self.writes(running, f"source binds shm://{self.name}/numbers")
        self.assertIsNone(self.status())
        running.signal(signal.SIGTERM)
        self.assertEqual(running.end(), 0)

    def test_killed_its_processes_are_gone(self):
        running = self.run_services(PAIR, "--mode", "processes")
        self.writes(running, "sink receives")
        pids = [one["pid"] for one in self.status()["services"]]
        running.signal(signal.SIGKILL)
        running.end()
        eventually(lambda: not any(is_running(pid) for pid in pids), "the end of all")

    def test_its_command_line_is_checked(self):
        for words, status, text in [
                (["--fabirc", "x"], 2, "--fabirc: there is no such option (did you mean --fabric?)"),
                (["--mode", "thread"], 2, "did you mean threads?"),
                (["sorce"], 2, "there is no service 'sorce' (did you mean source?)"),
                (["--mode"], 2, "--mode needs a value"),
                (["--fabric", "/nowhere"], 1, "/nowhere"),
                (["--service", "sorce"], 2, "did you mean source?")]:
            done = subprocess.run([SERVICES, *words], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, status, words)
            self.assertIn(text, done.stderr)
        done = subprocess.run([SERVICES, "--help"], capture_output=True, text=True, check=True)
        self.assertIn("--fabric FILE", done.stdout)
        self.assertIn("source sink thrower", done.stdout)

    @unittest.skipIf(not DEPLOYED, "this build has no examples")
    def test_the_example_runs_in_both_modes(self):
        from support import Running
        for arguments in ([DEPLOYED], [DEPLOYED, "--mode", "processes"],
                          [os.environ["MYCELIUM"], "up", os.path.dirname(DEPLOYED) + "/fabric.toml"],
                          [os.environ["MYCELIUM"], "up", os.path.dirname(DEPLOYED) + "/fabric.toml", "--mode", "threads"]):
            running = Running(self.folder, arguments)
            self.started.append(running)
            self.writes(running, "3: 21.5 °C")
            running.signal(signal.SIGINT)
            self.assertEqual(running.end(), 0, running.err())


if __name__ == "__main__":
    main()
