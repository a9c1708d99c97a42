"""mycelium call and mycelium serve, together and alone."""
import base64
import json
import os
import re
import signal
import subprocess
import unittest

from support import COMMAND, CommandTest, eventually, is_running


class Calls(CommandTest):
    def serve(self, *arguments, url=None):
        serve = self.start("serve", url or self.url(), *arguments)
        serve.says("serving ")
        return serve

    def call(self, *arguments, url=None, **keywords):
        return self.run_command("call", url or self.url(), *arguments, **keywords)

    def check_answer(self, done, answer):
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, answer, b""))

    def end(self, serve, report):
        serve.signal(signal.SIGTERM)
        self.assertEqual(serve.end(), 0)
        self.assertTrue(serve.err().endswith(f"mycelium serve: answered {report}\n"), serve.err())


class Echo(Calls):
    def test_what_was_asked_is_answered(self):
        serve = self.serve("--echo")
        self.check_answer(self.call("hello"), b"hello\n")
        self.check_answer(self.call("hello", "--raw"), b"hello")
        self.check_answer(self.call(""), b"\n")
        self.check_answer(self.call("-", stdin=b"from\nstdin\n"), b"from\nstdin\n")
        self.check_answer(self.call("--file", self.file("f", b"\0\xff")), b"\0\xff\n")
        self.check_answer(self.call("pub"), b"pub\n")  # the name of a verb is a body like any other
        self.check_answer(self.call("--", "--echo"), b"--echo\n")
        self.check_answer(self.call("--json", "hi"), b'{"base64":"aGk="}\n')
        self.end(serve, "8 requests, failed 0")

    def test_over_tcp_on_a_free_port(self):
        serve = self.serve("--echo", url="tcp://127.0.0.1:0")
        url = re.search(r"serving (\S+)", serve.err())[1]
        self.check_answer(self.call("x", url=url), b"x\n")

    def test_a_large_body_comes_back(self):
        self.serve("--echo")
        data = os.urandom(1 << 20) * 10
        done = self.call("--raw", "--timeout", "1m", "--file", self.file("large", data))
        self.assertEqual((done.returncode, len(done.stdout), done.stdout == data), (0, len(data), True))

    def test_a_call_may_come_before_its_replier(self):
        call = self.start("call", self.url(), "early", "--timeout", "1m")
        serve = self.start("serve", self.url(), "--echo", "--count", "1")
        self.assertEqual((call.end(), call.out(), serve.end()), (0, b"early\n", 0))

    def test_the_roles_can_be_turned_round(self):
        call = self.start("call", self.url(), "x", "--bind", "--timeout", "1m")
        serve = self.start("serve", self.url(), "--dial", "--echo", "--count", "1")
        self.assertEqual((call.end(), call.out(), serve.end()), (0, b"x\n", 0))

    def test_nobody_there_is_a_failure_that_names_the_place(self):
        for option in ([], ["--notify"], ["--json"]):
            done = self.call("x", "--timeout", "50ms", *option)
            self.check_refused(done, 1, "mycelium call: no replier at " + self.url() + "\n")

    def test_why_nobody_was_reached_is_said_once(self):
        done = self.call("x", "--timeout", "200ms", url="tcp://nowhere.invalid:80")
        self.check_refused(done, 1, "mycelium call: no replier at tcp://nowhere.invalid:80: the host nowhere.invalid: ")

    def test_a_refusal_is_told_once_and_ends_the_call(self):
        publisher = self.start_fed("pub", self.url())
        publisher.says("waiting for")
        done = self.call("x", "--timeout", "10m")
        self.check_refused(done, 1, f"mycelium call: {self.url()}: refused: ")
        self.assertEqual(done.stderr.decode().count("refused"), 1)

    def test_the_end_of_the_replier_leaves_no_socket(self):
        serve = self.serve("--echo")
        self.end(serve, "0 requests, failed 0")
        self.assertFalse(os.path.exists(self.path("meet.sock")))


class AnotherUser(Calls):
    def test_a_replier_of_another_user_refuses_in_one_line(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be another user")
        url = f"unix://@mycelium-cli-{os.getpid()}"
        self.serve("--echo", url=url)
        keywords = {"user": 65534, "group": 65534, "extra_groups": []}
        if subprocess.run(["test", "-x", COMMAND], check=False, **keywords).returncode != 0:
            self.skipTest("another user cannot reach the command")
        done = self.call("x", "--timeout", "10m", url=url, **keywords)
        self.check_refused(done, 1, f"mycelium call: {url}: refused: denied: ")
        self.assertNotIn("no replier", done.stderr.decode())


class Exec(Calls):
    def test_the_body_goes_in_and_the_answer_comes_out(self):
        self.serve("--exec", "tr a-z A-Z")
        self.check_answer(self.call("hello"), b"HELLO\n")
        self.check_answer(self.call("--raw", "hello"), b"HELLO")

    def test_a_newline_is_not_doubled(self):
        self.serve("--exec", "echo line")
        self.check_answer(self.call("x"), b"line\n")

    def test_the_method_is_in_the_environment(self):
        self.serve("--exec", 'printf "%s" "$MYCELIUM_METHOD"')
        self.check_answer(self.call("x", "--method", "weather"), b"weather\n")
        self.check_answer(self.call("x"), b"\n")

    def test_failure_is_an_error_answer_with_its_stderr_and_status(self):
        serve = self.serve("--exec", "cat >&2; echo not this; exit 3")
        self.check_refused(self.call("no such\nzone\n"), 1,
                           "mycelium call: " + self.url() + ": error 3: ", "no such\\nzone\n")
        self.end(serve, "0 requests, failed 1")

    def test_silent_failure_death_and_a_missing_command_are_explained(self):
        for command, part in (("exit 7", "error 7: the command exited with status 7"),
                              ("kill -9 $$", "error 137: the command was killed by signal 9 (Killed)"),
                              ("no-such-command", "error 127: ")):
            url = self.url(command.split()[0])
            self.serve("--exec", command, url=url)
            self.check_refused(self.call("x", url=url), 1, part)

    def test_error_text_that_is_not_utf8_is_made_so(self):
        self.serve("--exec", r"printf '\377x' >&2; exit 1")
        self.check_refused(self.call("x"), 1, "error 1: ?x\n")

    def test_only_the_end_of_a_long_stderr_is_kept(self):
        self.serve("--exec", "yes line | head -n 100000 >&2; echo the last >&2; exit 1")
        done = self.call("x")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stderr.endswith(b"line\\nthe last\n"))
        self.assertLess(len(done.stderr), 10000)

    def test_a_command_that_reads_nothing_is_no_obstacle(self):
        self.serve("--exec", "echo done")
        self.check_answer(self.call("-", stdin=b"x" * (1 << 20)), b"done\n")

    def test_a_large_body_passes_through_a_command(self):
        self.serve("--exec", "cat")
        data = os.urandom(1 << 20) * 10
        self.assertTrue(self.call("--raw", "-", "--timeout", "1m", stdin=data).stdout == data)

    def test_an_endless_answer_is_cut_off(self):
        self.serve("--exec", "yes", "--message-max", "1MiB")
        self.check_refused(self.call("x"), 1, "longer than 1MiB")

    def test_one_that_takes_too_long_is_ended_even_if_it_does_not_want_to(self):
        pids = self.path("pids")
        serve = self.serve("--timeout", "200ms", "--exec", f"trap '' TERM; echo $$ > {pids}; while :; do sleep 1000; done")
        self.check_refused(self.call("x", "--timeout", "1m"), 1, "the command took too long")
        with open(pids, encoding="utf-8") as file:
            pid = int(file.read())
        self.assertFalse(is_running(pid))
        self.end(serve, "0 requests, failed 1")

    def test_a_call_that_is_given_up_ends_its_command(self):
        pids = self.path("pids")
        serve = self.serve("--exec", f"echo $$ > {pids}.new; mv {pids}.new {pids}; exec sleep 1000")
        call = self.start("call", self.url(), "x", "--timeout", "1m")
        eventually(lambda: os.path.exists(pids), "the command")
        with open(pids, encoding="utf-8") as file:
            pid = int(file.read())
        call.signal(signal.SIGKILL)
        call.process.wait()
        eventually(lambda: not is_running(pid), "the end of the command")
        self.end(serve, "0 requests, failed 1")

    def test_a_stopping_service_ends_its_commands_and_tells_the_callers(self):
        pids = self.path("pids")
        serve = self.serve("--exec", f"echo $$ > {pids}.new; mv {pids}.new {pids}; exec sleep 1000")
        call = self.start("call", self.url(), "x", "--timeout", "1m")
        eventually(lambda: os.path.exists(pids), "the command")
        with open(pids, encoding="utf-8") as file:
            pid = int(file.read())
        self.end(serve, "0 requests, failed 1")
        self.assertFalse(is_running(pid))
        self.assertEqual(call.end(), 1)
        self.assertIn("the service is stopping", call.err())

    def test_a_killed_service_leaves_no_command_and_no_waiting_caller(self):
        pids = self.path("pids")
        serve = self.serve("--exec", f"echo $$ > {pids}.new; mv {pids}.new {pids}; exec sleep 1000")
        call = self.start("call", self.url(), "x", "--timeout", "1m")
        eventually(lambda: os.path.exists(pids), "the command")
        with open(pids, encoding="utf-8") as file:
            pid = int(file.read())
        serve.signal(signal.SIGKILL)
        serve.process.wait()
        self.assertEqual(call.end(), 1)
        self.assertEqual(call.err().count("\n"), 1, call.err())
        eventually(lambda: not is_running(pid), "the end of the command")

    def test_jobs_run_side_by_side(self):
        # Each waits until all three are there; with fewer at a time none would ever end.
        command = f"touch {self.folder}/job.$$; until [ $(ls {self.folder}/job.* | wc -l) -ge 3 ]; do sleep 0.01; done; cat"
        self.serve("--jobs", "3", "--exec", command)
        calls = [self.start("call", self.url(), f"body {number}", "--timeout", "1m") for number in range(3)]
        for number, call in enumerate(calls):
            self.assertEqual((call.end(), call.out()), (0, f"body {number}\n".encode()))

    def test_without_jobs_one_runs_at_a_time(self):
        # Fails if it finds another one's mark.
        command = f"mkdir {self.folder}/lock || exit 1; cat; sleep 0.02; rmdir {self.folder}/lock"
        self.serve("--exec", command)
        calls = [self.start("call", self.url(), "x", "--timeout", "1m") for _ in range(5)]
        for call in calls:
            self.assertEqual((call.end(), call.out()), (0, b"x\n"))

    def test_count_ends_it(self):
        serve = self.serve("--exec", "cat", "--count", "2")
        for _ in range(2):
            self.check_answer(self.call("x"), b"x\n")
        self.assertEqual(serve.end(), 0)


class Notifications(Calls):
    def test_its_sender_need_not_stay_for_it(self):
        # The command begins to read when the sender has gone.
        serve = self.serve("--exec", f"until [ -e {self.path('gone')} ]; do sleep 0.01; done; cat > {self.path('got')}", "--count", "1")
        self.check_answer(self.call("news", "--notify"), b"")
        self.file("gone", b"")
        self.assertEqual(serve.end(), 0)
        with open(self.path("got"), "rb") as file:
            self.assertEqual(file.read(), b"news")

    def test_one_is_sent_without_waiting_for_an_answer(self):
        serve = self.serve("--exec", f"cat > {self.path('got')}", "--count", "1")
        self.check_answer(self.call("news", "--notify"), b"")
        self.assertEqual(serve.end(), 0)
        with open(self.path("got"), "rb") as file:
            self.assertEqual(file.read(), b"news")


if __name__ == "__main__":
    unittest.main()
