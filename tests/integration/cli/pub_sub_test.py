"""mycelium pub and mycelium sub, together and alone."""
import hashlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time
import unittest

from support import COMMAND, DEADLINE, CommandTest, eventually


class Together(CommandTest):
    def test_a_message_per_line_in_either_start_order(self):
        for first in ("sub", "pub"):
            with self.subTest(first=first):
                url = self.url(first)
                if first == "sub":
                    sub = self.start("sub", url, "--count", "3")
                    eventually(lambda: sub.pid, "started")
                    pub = self.run_command("pub", url, stdin=b"one\n\nthree")
                else:
                    fed = self.start_fed("pub", url)
                    eventually(lambda: os.path.exists(self.path("pub.sock")), "the socket")
                    sub = self.start("sub", url, "--count", "3")
                    fed.feed(b"one\n\nthree")
                    self.assertEqual(fed.end(), 0)
                    pub = subprocess.CompletedProcess([], 0, fed.out(), fed.err().encode())
                self.assertEqual(sub.end(), 0)
                self.assertEqual((sub.out(), sub.err()), (b"one\n\nthree\n", ""))
                self.assertEqual((pub.returncode, pub.stdout), (0, b""))
                self.assertEqual(pub.stderr,
                                 b"mycelium pub: published 3 messages to 1 subscriber: 3 delivered, 0 lost\n")

    def test_tcp_takes_a_free_port_and_tells_it(self):
        pub = self.start_fed("pub", "tcp://127.0.0.1:0")
        pub.says("bound to tcp://127.0.0.1:")
        url = re.search(r"bound to (\S+)", pub.err()).group(1)
        sub = self.start("sub", url, "--count", "1")
        pub.feed(b"hello\n")
        self.assertEqual((pub.end(), sub.end(), sub.out()), (0, 0, b"hello\n"))

    def test_the_roles_can_be_turned_round(self):
        sub = self.start("sub", self.url(), "--bind", "--count", "2")
        pubs = [self.start_fed("pub", self.url(), "--dial") for _ in range(2)]
        for pub in pubs:
            pub.feed(b"x\n")
            self.assertEqual(pub.end(), 0)
        self.assertEqual((sub.end(), sub.out()), (0, b"x\nx\n"))

    def test_several_urls_are_one_port(self):
        urls = [self.url("a"), self.url("b")]
        subs = [self.start("sub", url, "--count", "1") for url in urls]
        done = self.run_command("pub", *urls, "--wait", "2", stdin=b"x\n")
        self.assertIn(b"published 1 message to 2 subscribers: 2 delivered, 0 lost", done.stderr)
        for sub in subs:
            self.assertEqual((sub.end(), sub.out()), (0, b"x\n"))

    def test_binary_bytes_pass_unchanged(self):
        data = bytes(range(256)) * 3
        sub = self.start("sub", self.url(), "--count", "1", "--raw")
        done = self.run_command("pub", self.url(), "--file", self.file("data", data))
        self.assertEqual((done.returncode, sub.end(), sub.out()), (0, 0, data))

    def test_a_file_may_come_from_standard_input(self):
        sub = self.start("sub", self.url(), "--count", "1", "--raw")
        self.run_command("pub", self.url(), "--file", "-", stdin=b"two\nlines\n")
        self.assertEqual((sub.end(), sub.out()), (0, b"two\nlines\n"))

    def test_a_large_message_arrives_whole(self):
        data = os.urandom(1 << 20) * 20
        sub = self.start("sub", self.url(), "--count", "1", "--raw")
        done = self.run_command("pub", self.url(), "--file", self.file("data", data))
        self.assertIn(b"1 delivered, 0 lost", done.stderr)
        self.assertEqual(sub.end(), 0)
        self.assertEqual(hashlib.sha256(sub.out()).digest(), hashlib.sha256(data).digest())

    def test_a_file_can_be_repeated(self):
        sub = self.start("sub", self.url(), "--count", "3", "--raw")
        self.run_command("pub", self.url(), "--file", self.file("data", b"ab"), "--count", "3")
        self.assertEqual((sub.end(), sub.out()), (0, b"ababab"))

    def test_a_burst_arrives_in_order_and_complete(self):
        lines = b"".join(b"%d\n" % number for number in range(100000))
        sub = self.start("sub", self.url(), "--count", "100000")
        done = self.run_command("pub", self.url(), stdin=lines)
        self.assertIn(b"published 100000 messages to 1 subscriber: 100000 delivered, 0 lost", done.stderr)
        self.assertEqual(sub.end(), 0)
        self.assertEqual(sub.out(), lines)

    def test_json_shows_header_missed_and_base64(self):
        sub = self.start("sub", self.url(), "--count", "2", "--json")
        before = time.time_ns()
        self.run_command("pub", self.url(), stdin=b"hello\n\n")
        self.assertEqual(sub.end(), 0)
        first, second = [json.loads(line) for line in sub.out().splitlines()]
        stamp = first["header"].pop("timestamp")
        self.assertTrue(before <= stamp <= time.time_ns())
        flags = first["header"].pop("flags")
        self.assertEqual(flags & ~8, 0)
        self.assertEqual(first, {"header": {"relay_domain": 0, "version": 1, "source": 0, "sequence": 1,
                                            "payload_size": 5, "checksum": 0}, "missed": {}, "base64": "aGVsbG8="})
        self.assertEqual((second["header"]["sequence"], second["base64"]), (2, ""))

    def test_a_publisher_that_is_killed_and_started_again_goes_on(self):
        sub = self.start("sub", self.url())
        first = self.start_fed("pub", self.url())
        first.feed(b"before\n")
        eventually(lambda: sub.out() == b"before\n", "the first message")
        first.signal(signal.SIGKILL)
        first.process.wait()
        self.run_command("pub", self.url(), stdin=b"after\n")
        eventually(lambda: sub.out() == b"before\nafter\n", "the second message")


class Pub(CommandTest):
    def test_what_nobody_was_there_for_is_said(self):
        done = self.run_command("pub", self.url(), "--wait", "0", stdin=b"1\n2\n")
        self.assertEqual((done.returncode, done.stdout), (0, b""))
        self.assertEqual(done.stderr, b"mycelium pub: published 2 messages to 0 subscribers: 0 delivered, 0 lost, "
                                      b"2 with nobody there\n")

    def test_count_ends_it_before_the_input_does(self):
        sub = self.start("sub", self.url(), "--count", "2")
        pub = self.start_fed("pub", self.url(), "--count", "2")
        pub.feed(b"1\n2\n3\n")
        self.assertEqual(pub.process.wait(DEADLINE), 0)
        self.assertEqual((sub.end(), sub.out()), (0, b"1\n2\n"))

    def test_rate_spreads_the_messages(self):
        sub = self.start("sub", self.url(), "--count", "6", "--json")
        self.run_command("pub", self.url(), "--rate", "100", stdin=b"x\n" * 6)
        self.assertEqual(sub.end(), 0)
        stamps = [json.loads(line)["header"]["timestamp"] for line in sub.out().splitlines()]
        self.assertGreater(stamps[-1] - stamps[0], 45_000_000)  # five pauses of 10 ms; the clock may be adjusted

    def test_giving_up_on_subscribers_says_how_many_came(self):
        self.check_refused(self.run_command("pub", self.url(), "--timeout", "50ms", stdin=b"x\n"), 1,
                           "mycelium pub: ", "0 of 1 subscriber came to " + self.url(), "within 50ms")

    def test_a_line_is_sent_when_it_is_written_not_when_the_input_ends(self):
        sub = self.start("sub", self.url())
        pub = self.start_fed("pub", self.url())
        for number in range(3):
            pub.feed(b"%d\n" % number)
            eventually(lambda: sub.out().endswith(b"%d\n" % number), "the line")

    def test_a_line_that_is_too_long_is_named_by_its_number(self):
        sub = self.start("sub", self.url(), "--count", "1")
        done = self.run_command("pub", self.url(), "--message-max", "4", stdin=b"1234\n12345\n")
        self.assertEqual((done.returncode, sub.end(), sub.out()), (1, 0, b"1234\n"))
        self.assertIn(b"line 2 is longer than 4 bytes: raise --message-max", done.stderr)

    def test_signals_end_it_with_a_report(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            sub = self.start("sub", self.url(), "--count", "1")
            pub = self.start_fed("pub", self.url())
            pub.feed(b"x\n")
            self.assertEqual(sub.end(), 0)
            pub.signal(number)
            self.assertEqual(pub.process.wait(DEADLINE), 0)
            self.assertEqual(pub.err(), "mycelium pub: published 1 message to 1 subscriber: 1 delivered, 0 lost\n")
            self.assertFalse(os.path.exists(self.path("meet.sock")))

    def test_a_signal_ends_the_wait_for_subscribers(self):
        pub = self.start_fed("pub", self.url())
        pub.says("waiting for 1 subscriber at " + self.url())
        pub.signal(signal.SIGINT)
        self.assertEqual(pub.process.wait(DEADLINE), 0)

    def test_what_a_stopped_subscriber_did_not_take_is_counted_lost(self):
        sub = self.start("sub", self.url())
        pub = self.start_fed("pub", self.url(), "--linger", "100ms")
        pub.feed(b"first\n")
        eventually(lambda: sub.out() == b"first\n", "the first message")
        sub.signal(signal.SIGSTOP)
        pub.feed(b"x\n" * 10)
        self.assertEqual(pub.end(), 0)
        # The first message is acknowledged within 50 ms, which may have come too late.
        self.assertIn(pub.err().removeprefix("mycelium pub: published 11 messages to 1 subscriber: "),
                      ("1 delivered, 10 lost (lingered_out 10)\n", "0 delivered, 11 lost (lingered_out 11)\n"))
        sub.signal(signal.SIGCONT)


class Sub(CommandTest):
    def test_silence_with_too_few_messages_is_a_failure_with_both_numbers(self):
        pub = self.start_fed("pub", self.url(), "--timeout", "20s")
        pub.feed(b"1\n2\n")
        pub.stdin.close()
        eventually(lambda: os.path.exists(self.path("meet.sock")), "the publisher")
        sub = self.start("sub", self.url(), "--count", "5", "--timeout", "2s")
        self.assertEqual(sub.end(), 1)
        # On a very busy machine the time may pass before the messages come.
        self.assertIn(sub.out(), (b"1\n2\n", b""))
        self.assertRegex(sub.err(), r"\Amycelium sub: [02] of 5 messages came from unix://\S+ before 2s of silence\n\Z")

    def test_silence_without_a_count_is_the_end(self):
        sub = self.start("sub", self.url(), "--timeout", "2s")
        self.run_command("pub", self.url(), stdin=b"x\n")
        self.assertEqual((sub.end(), sub.out(), sub.err()), (0, b"x\n", ""))

    def test_silence_because_nobody_ever_publishes_is_told(self):
        told = f"mycelium sub: no publisher came to {self.url()} within 50ms\n"
        done = self.run_command("sub", self.url(), "--timeout", "50ms")
        self.assertEqual((done.returncode, done.stdout, done.stderr.decode()), (0, b"", told))
        done = self.run_command("sub", self.url(), "--timeout", "50ms", "--count", "1")
        self.assertEqual((done.returncode, done.stdout, done.stderr.decode()), (1, b"", told))

    def test_waiting_for_a_publisher_is_told_once_with_the_reason(self):
        for url, why in ((self.url(), ""), ("tcp://nowhere.invalid:80", ": the host nowhere.invalid: ")):
            sub = self.start("sub", url)
            sub.says(f"mycelium sub: waiting for a publisher at {url}{why}")
            sub.signal(signal.SIGTERM)
            self.assertEqual((sub.end(), sub.err().count("\n")), (0, 1))

    def test_a_publisher_that_comes_late_is_no_failure(self):
        sub = self.start("sub", self.url(), "--count", "1")
        sub.says("waiting for a publisher")
        self.run_command("pub", self.url(), stdin=b"x\n")
        self.assertEqual((sub.end(), sub.out()), (0, b"x\n"))

    def test_a_refusal_is_told_once(self):
        serve = self.start("serve", self.url(), "--echo")
        serve.says("serving")
        sub = self.start("sub", self.url())
        sub.says("waiting for a publisher")
        sub.signal(signal.SIGTERM)
        self.assertEqual((sub.end(), sub.err().count("refused: ")), (0, 1), sub.err())

    def test_signals_end_it_with_everything_written(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            sub = self.start("sub", self.url())
            self.run_command("pub", self.url(), stdin=b"x\n")
            eventually(lambda: sub.out() == b"x\n", "the message, although the input only pauses")
            sub.signal(number)
            self.assertEqual((sub.end(), sub.err()), (0, ""))

    def test_a_reader_that_goes_ends_it_quietly(self):
        script = f'"{COMMAND}" sub "{self.url()}" | head -n 1'
        piped = subprocess.Popen(["bash", "-c", "set -o pipefail; " + script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        pub = self.start_fed("pub", self.url())
        pub.feed(b"1\n")
        out, err = piped.communicate(timeout=DEADLINE)  # though no second message comes
        self.assertEqual((out, err, piped.returncode), (b"1\n", b"", 0))

    def test_a_signal_ends_it_although_its_reader_takes_nothing(self):
        read, write = os.pipe()
        sub = self.start("sub", self.url(), stdout=write)
        pub = self.start_fed("pub", self.url(), "--linger", "0")
        pub.feed((b"x" * 1000 + b"\n") * 1000)
        eventually(lambda: not select.select([], [write], [], 0)[1], "a full pipe")
        os.close(write)
        sub.signal(signal.SIGTERM)
        self.assertEqual(sub.end(), 0)
        os.close(read)

    def test_latest_shows_the_newest_and_counts_what_it_skipped(self):
        read, write = os.pipe()
        sub = self.start("sub", self.url(), "--policy", "latest", "--json", stdout=write)
        os.close(write)
        pub = self.start_fed("pub", self.url())
        lines = 20000
        pub.feed(b"x" * 1000 + b"\n")
        pub.feed((b"y" * 1000 + b"\n") * (lines - 2))
        pub.feed(b"last\n")
        with os.fdopen(read, "rb") as stream:
            received = missed = 0
            for line in stream:
                message = json.loads(line)
                received += 1
                missed += sum(message["missed"].values())
                self.assertLessEqual(set(message["missed"]), {"conflated"})
                self.assertEqual(received + missed, message["header"]["sequence"])
                if message["header"]["sequence"] == lines:
                    break
            self.assertEqual(message["base64"], "bGFzdA==")
            self.assertEqual(pub.end(), 0)
            numbers = re.search(r"(\d+) delivered, (\d+) lost", pub.err())
            self.assertEqual((int(numbers[1]), int(numbers[2])), (received, missed))
            sub.signal(signal.SIGTERM)
            self.assertEqual(sub.end(), 0)

    def test_what_was_missed_is_said_without_json_too(self):
        read, write = os.pipe()
        sub = self.start("sub", self.url(), "--policy", "drop_oldest", "--queue", "1", stdout=write)
        os.close(write)
        pub = self.start_fed("pub", self.url(), "--linger", "1m")
        line = b"y" * 1000 + b"\n"
        pub.feed(line * 20000)  # nearly all of it is published when this returns
        received = []
        stream = os.fdopen(read, "rb")
        self.addCleanup(stream.close)
        reader = threading.Thread(target=lambda: received.extend(stream))
        reader.start()
        self.assertEqual(pub.end(), 0)
        delivered, lost = map(int, re.search(r"(\d+) delivered, (\d+) lost", pub.err()).groups())
        self.assertEqual(delivered + lost, 20000)
        if lost:
            sub.says(f"missed {lost} messages so far (queue_full {lost})")
        sub.signal(signal.SIGTERM)
        self.assertEqual(sub.end(), 0)
        reader.join(DEADLINE)
        self.assertEqual(received, [line] * delivered)


class Refused(CommandTest):
    def test_something_else_behind_the_address_is_survived(self):
        """A server that speaks another protocol: the subscriber says so and waits on."""
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(self.path("meet.sock"))
            server.listen()
            sub = self.start("sub", self.url(), "--count", "1")
            connection, _ = server.accept()
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b" " * 64)
            sub.says("mycelium sub: ")
            connection.close()
        os.unlink(self.path("meet.sock"))
        self.run_command("pub", self.url(), stdin=b"x\n")
        self.assertEqual((sub.end(), sub.out()), (0, b"x\n"))

    def test_a_replier_behind_the_address_is_named(self):
        serve = self.start("serve", self.url(), "--echo")
        serve.says("serving")
        sub = self.start("sub", self.url())
        sub.says("replier")


if __name__ == "__main__":
    unittest.main()
