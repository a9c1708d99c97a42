"""mycelium relay: carries, lists and manages, over every transport, and says what is wrong."""
import json
import os
import re
import signal
import unittest

from support import CommandTest, eventually


def tlv(number, value):
    return bytes([number, len(value)]) + value


class RelayTest(CommandTest):
    places = 0

    def place(self, scheme, what):
        """A URL that nobody else has."""
        RelayTest.places += 1
        name = f"relay-test/{os.getpid()}/{RelayTest.places}/{what}"
        if scheme == "tcp":
            return "tcp://127.0.0.1:0"
        return f"shm://{name}" if scheme == "shm" else self.url(f"{RelayTest.places}{what}")

    def relay(self, inside="shm", outside="unix", *arguments, domain="market_data"):
        """Starts one and returns it; its URLs are .inside, .outside and .control."""
        control = self.place("shm", "control")
        relay = self.start("relay", "--domain", domain, "--in", self.place(inside, "in"),
                           "--out", self.place(outside, "out"), "--control", control, *arguments)
        relay.says("publishers dial ")
        relay.inside, relay.outside = re.search(r"publishers dial (\S+), consumers (\S+)", relay.err()).groups()
        relay.control = control
        return relay

    def subscribe(self, relay, *arguments):
        before = len(self.listed(relay)["consumers"])
        sub = self.start("sub", relay.outside, *arguments)
        eventually(lambda: len(self.listed(relay)["consumers"]) > before, "the consumer")
        return sub

    def publish(self, relay, *messages):
        """One file each, as a user would."""
        for message in messages:
            done = self.run_command("pub", "--dial", relay.inside, "--file", self.file("message", message))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"1 delivered, 0 lost", done.stderr)

    def manage(self, relay, *words):
        return self.run_command("relay", *words[:1], relay.control, *words[1:])

    def managed(self, relay, *words):
        done = self.manage(relay, *words)
        self.assertEqual((done.returncode, done.stdout), (0, b""), done.stderr)
        return done.stderr.decode()

    def listed(self, relay):
        done = self.manage(relay, "list", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return json.loads(done.stdout)

    def consumer(self, relay, name):
        """By pid, or by the name under which one that was sent away is listed."""
        rows = [row for row in self.listed(relay)["consumers"] if name in (row["pid"], row["name"])]
        return rows[0] if rows else None

    def end(self, relay, number=signal.SIGTERM):
        relay.signal(number)
        self.assertEqual(relay.end(), 0, relay.err())
        return relay.err().splitlines()[-1]


class Carries(RelayTest):
    def test_messages_over_every_pair_of_transports(self):
        for inside, outside in (("shm", "shm"), ("unix", "unix"), ("tcp", "tcp"), ("shm", "tcp"), ("tcp", "unix"), ("unix", "shm")):
            with self.subTest(inside=inside, outside=outside):
                relay = self.relay(inside, outside)
                subs = [self.subscribe(relay, "--raw", "--count", "2") for _ in range(2)]
                self.publish(relay, tlv(1, b"first"), tlv(11, b"second") + tlv(1, b""))
                for sub in subs:
                    self.assertEqual((sub.end(), sub.out()), (0, tlv(1, b"first") + tlv(11, b"second") + tlv(1, b"")))
                self.assertEqual(self.end(relay), "mycelium relay: forwarded 2 messages, malformed 0, of other domains 0")

    def test_who_sent_what_goes_with_it(self):
        relay = self.relay()
        sub = self.subscribe(relay, "--json", "--count", "4")
        self.publish(relay, tlv(1, b"a"))
        fed = self.start_fed("pub", "--dial", relay.inside)
        fed.feed(b"".join(tlv(1, b"b") + b"\n" for _ in range(3)))
        self.assertEqual((fed.end(), sub.end()), (0, 0))
        messages = [json.loads(line) for line in sub.out().splitlines()]
        self.assertEqual([one["header"]["sequence"] for one in messages], [1, 2, 3, 4])
        self.assertEqual([one["header"]["relay_domain"] for one in messages], [1] * 4)
        self.assertEqual([one["origin"]["sequence"] for one in messages], [1, 1, 2, 3])
        self.assertEqual(len({one["origin"]["id"] for one in messages}), 2)
        for one in messages:
            self.assertLessEqual(one["origin"]["timestamp"], one["header"]["timestamp"])
            self.assertEqual((one["origin"]["lost"], one["missed"]), (0, {}))

    def test_only_types_that_were_asked_for(self):
        for outside in ("shm", "unix"):
            with self.subTest(outside=outside):
                relay = self.relay("shm", outside)
                some = self.subscribe(relay, "--raw", "--count", "2", "--types", "11,12")
                everything = self.subscribe(relay, "--raw", "--count", "4")
                self.publish(relay, tlv(1, b"x"), tlv(11, b"y"), tlv(1, b"x") + tlv(12, b"z"), tlv(2, b"w"))
                self.assertEqual((some.end(), everything.end()), (0, 0))
                self.assertEqual(some.out(), tlv(11, b"y") + tlv(1, b"x") + tlv(12, b"z"))
                self.assertEqual(some.err(), "")
                self.assertEqual(everything.out(), tlv(1, b"x") + tlv(11, b"y") + tlv(1, b"x") + tlv(12, b"z") + tlv(2, b"w"))
                self.end(relay)

    def test_what_is_not_of_its_domain_goes_no_further(self):
        relay = self.relay(domain="signal")
        sub = self.subscribe(relay, "--raw", "--count", "1")
        fed = self.start_fed("pub", "--dial", relay.inside)
        fed.feed(b"".join(line + b"\n" for line in (
            tlv(1, b"of market data"), tlv(40, b"of execution"), tlv(99, b"nobody's"), b"no tlv", b"", tlv(20, b"good"))))
        self.assertEqual((fed.end(), sub.end(), sub.out()), (0, 0, tlv(20, b"good")))
        listed = self.listed(relay)
        self.assertEqual((listed["forwarded"], listed["malformed"], listed["misrouted"]), (1, 2, 3))
        source = listed["sources"][0]
        self.assertEqual((source["forwarded"], source["malformed"], source["misrouted"]), (1, 2, 3))
        self.assertEqual(self.end(relay), "mycelium relay: forwarded 1 message, malformed 2, of other domains 3")

    def test_a_stopped_consumer_delays_nobody(self):
        for outside in ("shm", "unix", "tcp"):
            with self.subTest(outside=outside):
                relay = self.relay("shm", outside)
                stopped = self.subscribe(relay, "--raw")
                quick = self.subscribe(relay, "--raw", "--count", "5000")
                stopped.signal(signal.SIGSTOP)
                fed = self.start_fed("pub", "--dial", relay.inside, "--rate", "20000")
                fed.feed((tlv(1, b"x" * 200) + b"\n") * 5000)
                self.assertEqual((fed.end(), quick.end()), (0, 0))
                self.assertEqual(quick.out(), tlv(1, b"x" * 200) * 5000)
                self.assertEqual(quick.err(), "")
                rows = self.listed(relay)["consumers"]
                row = [one for one in rows if one["pid"] in (0, stopped.pid)][0]  # over tcp it has none
                self.assertEqual(row["sent"], 5000)
                self.assertGreater(row["lag"], 0)
                if outside != "tcp":  # whose sockets may hold all of these
                    self.assertGreater(sum(row["dropped"].values()), 0)
                stopped.signal(signal.SIGCONT)
                self.end(relay)


class IsListed(RelayTest):
    def test_sources_and_consumers_as_text(self):
        relay = self.relay("unix", "shm", "--name", "feed relay")
        sub = self.subscribe(relay, "--types", "1,11")
        self.publish(relay, tlv(1, b"x"))
        eventually(sub.out, "the message")
        text = eventually(lambda: (lambda out: out if re.search(r" 1 +0 +\n?", out) else None)(
            self.manage(relay, "list").stdout.decode()), "a list in which it is delivered")
        lines = text.splitlines()
        self.assertRegex(lines[0], r"^feed relay, market_data, running: 1 message, \S+/s; malformed 0, of other domains 0$")
        self.assertRegex(lines[1], r"^SOURCE +PID +STATE +BREAKER +MSG/S +FORWARDED +MALFORMED +MISROUTED +LOST$")
        self.assertRegex(lines[2], r"^  mycelium pub +\d+ +gone +closed +0 +1 +0 +0")
        self.assertRegex(lines[3], r"^CONSUMER +PID +STATE +TYPES +MSG/S +DELIVERED +LAG +LAG TIME +LOST$")
        self.assertRegex(lines[4], rf"^  mycelium sub +{sub.pid} +active +1,11 +0 +1 +0")
        self.assertEqual(len(lines), 5)
        self.assertEqual({len(line.split("LOST")[0]) for line in (lines[1], lines[3])}, {len(lines[1]) - 4})

    def test_rates_lag_and_losses_as_json(self):
        relay = self.relay("shm", "shm")
        sub = self.subscribe(relay, "--policy", "drop_oldest")
        fed = self.start_fed("pub", "--dial", relay.inside, "--rate", "500")
        fed.feed((tlv(1, b"x") + b"\n") * 3000)
        listed = eventually(lambda: (lambda all: all if all["rate"] > 0 and all["consumers"][0]["rate"] > 0 else None)(
            self.listed(relay)), "a rate")
        self.assertEqual((listed["domain"], listed["state"], listed["name"]), ("market_data", "running", "relay-market_data"))
        self.assertEqual((listed["in"], listed["out"]), ([relay.inside], [relay.outside]))
        source, row = listed["sources"][0], listed["consumers"][0]
        self.assertEqual((source["pid"], source["is_linked"], source["breaker"], source["missed"]), (fed.pid, True, "closed", {}))
        self.assertGreater(source["rate"], 0)
        self.assertEqual((row["pid"], row["state"], row["policy"], row["types"]), (sub.pid, "active", "drop_oldest", []))
        sub.signal(signal.SIGSTOP)
        fed.feed((tlv(1, b"x") + b"\n") * 100)
        row = eventually(lambda: (lambda row: row if row["lag"] > 0 and row["lag_ns"] > 0 else None)(
            self.consumer(relay, sub.pid)), "a lag")
        self.assertEqual(row["sent"], row["delivered"] + row["lag"] + sum(row["dropped"].values()))
        sub.signal(signal.SIGCONT)
        self.end(relay)


class IsManaged(RelayTest):
    def test_pause_and_resume_by_name_by_pid_and_by_link(self):
        relay = self.relay("unix", "unix")
        sub = self.subscribe(relay, "--json", "--count", "4")
        number = 0
        for name in ("mycelium sub", f"mycelium sub@{sub.pid}", "#" + str(self.consumer(relay, sub.pid)["link"])):
            self.assertEqual(self.managed(relay, "pause", name), f"mycelium relay: {name}: paused\n")
            self.assertEqual(self.consumer(relay, sub.pid)["state"], "paused")
            self.publish(relay, tlv(1, b"not seen"))
            self.assertEqual(self.managed(relay, "resume", name), f"mycelium relay: {name}: resumed\n")
            self.assertEqual(self.consumer(relay, sub.pid)["state"], "active")
            self.publish(relay, tlv(1, b"seen"))
            number += 1
            eventually(lambda: sub.out().count(b"\n") == number, "the message after it was resumed")
        self.assertEqual(self.consumer(relay, sub.pid)["dropped"], {"paused": 3})
        self.publish(relay, tlv(1, b"the last"))
        self.assertEqual(sub.end(), 0)
        self.assertEqual([json.loads(line)["missed"] for line in sub.out().splitlines()], [{"paused": 1}] * 3 + [{}])

    def test_an_evicted_consumer_stays_away_until_it_is_resumed(self):
        for how in (lambda sub, row: "mycelium sub", lambda sub, row: f"mycelium sub@{sub.pid}", lambda sub, row: f"#{row['link']}"):
            with self.subTest(how=how(type("", (), {"pid": 0}), {"link": 0})):
                relay = self.relay("unix", "shm")
                sub = self.subscribe(relay, "--raw")
                name = how(sub, self.consumer(relay, sub.pid))
                known = f"mycelium sub@{sub.pid}" if name[0] == "#" else name
                self.assertEqual(self.managed(relay, "evict", name), f"mycelium relay: {name}: evicted\n")
                sub.says("evicted by whoever runs the relay")
                self.assertEqual((self.consumer(relay, known) or {}).get("state"), "evicted")
                self.publish_unheard(relay)
                self.managed(relay, "resume", "mycelium sub")
                eventually(lambda: self.consumer(relay, sub.pid), "it comes back")
                self.publish(relay, tlv(1, b"again"))
                eventually(lambda: sub.out() == tlv(1, b"again"), "what was published then")
                self.end(relay)

    def publish_unheard(self, relay):
        self.publish(relay, tlv(1, b"unheard"))
        eventually(lambda: self.listed(relay)["forwarded"] == 1, "it was forwarded")

    def test_a_drained_consumer_has_all_that_was_sent(self):
        relay = self.relay("shm", "unix")
        sub = self.subscribe(relay, "--raw")
        fed = self.start_fed("pub", "--dial", relay.inside)
        fed.feed((tlv(1, b"x") + b"\n") * 500)
        self.assertEqual(fed.end(), 0)
        self.assertEqual(self.managed(relay, "drain", "mycelium sub"), "mycelium relay: mycelium sub: drained\n")
        self.assertEqual(self.consumer(relay, "mycelium sub")["state"], "drained")
        eventually(lambda: sub.out() == tlv(1, b"x") * 500, "all of them")
        self.end(relay)

    def test_the_relay_as_a_whole_is_paused_resumed_and_drained(self):
        relay = self.relay("unix", "unix")
        sub = self.subscribe(relay, "--raw")
        self.assertEqual(self.managed(relay, "pause"), "mycelium relay: the relay: paused\n")
        self.assertEqual(self.listed(relay)["state"], "paused")
        fed = self.start_fed("pub", "--dial", relay.inside)
        fed.feed((tlv(1, b"held") + b"\n") * 100)
        eventually(lambda: self.listed(relay)["sources"], "the publisher")
        self.assertEqual(self.listed(relay)["forwarded"], 0)
        self.assertEqual(self.managed(relay, "resume"), "mycelium relay: the relay: resumed\n")
        self.assertEqual(fed.end(), 0)
        self.assertIn("100 delivered, 0 lost", fed.err())
        eventually(lambda: sub.out() == tlv(1, b"held") * 100, "what was held up")
        self.assertEqual(self.managed(relay, "drain"), "mycelium relay: the relay: drained\n")
        self.assertEqual(relay.end(), 0)
        self.assertTrue(relay.err().endswith("mycelium relay: forwarded 100 messages, malformed 0, of other domains 0\n"))

    def test_at_its_out_url_unless_that_is_tcp(self):
        relay = self.start("relay", "--domain", "execution", "--in", self.place("unix", "in"), "--out", self.place("unix", "out"))
        relay.says("publishers dial ")
        out = relay.err().split()[-1]
        done = self.run_command("relay", "list", out, "--json")
        self.assertEqual(json.loads(done.stdout)["domain"], "execution")
        remote = self.start("relay", "--domain", "execution", "--in", self.place("unix", "in"), "--out", "tcp://127.0.0.1:0")
        remote.says("nobody can manage it: give --control URL")
        self.end(relay)
        self.end(remote)


class RefusesMistakes(RelayTest):
    def test_of_the_command_line(self):
        inside, outside = self.place("unix", "in"), self.place("unix", "out")
        for words, parts in (
                (["--in", inside, "--out", outside], ["--domain"]),
                (["--domain", "market_data", "--out", outside], ["--in"]),
                (["--domain", "market_data", "--in", inside], ["--out"]),
                (["--domain", "weather", "--in", inside, "--out", outside], ["market_data, signal and execution", "weather"]),
                (["--domain", "market_data", "--in", "nowhere", "--out", outside], ["nowhere"]),
                (["--domain", "market_data", "--in", "inproc://a", "--out", outside], ["inproc://a"]),
                (["evict", outside], ["CONSUMER"]),
                (["explode", outside], []),
                (["list"], ["URL"])):
            with self.subTest(words=words):
                self.check_refused(self.run_command("relay", *words), 2, *parts)

    def test_nobody_is_at_the_url(self):
        for url in (self.place("unix", "nobody"), self.place("shm", "nobody")):
            for words in (["list", url], ["pause", url, "x"]):
                self.check_refused(self.run_command("relay", *words, "--timeout", "200ms"), 1, "no relay answers", url)

    def test_somebody_else_is_at_the_url(self):
        url = self.place("unix", "pub")
        pub = self.start_fed("pub", url)
        eventually(lambda: os.path.exists(url[len("unix://"):]), "the socket")
        self.check_refused(self.run_command("relay", "list", url, "--timeout", "1s"), 1, "no relay answers")
        pub.signal(signal.SIGTERM)
        serve = self.start("serve", self.place("unix", "serve"), "--echo")
        url = serve.arguments[2]
        eventually(lambda: os.path.exists(url[len("unix://"):]), "the socket")
        self.check_refused(self.run_command("relay", "list", url, "--timeout", "1s"), 1)

    def test_no_such_consumer(self):
        relay = self.relay()
        self.check_refused(self.manage(relay, "evict", "nobody"), 1, "no consumer 'nobody'", "there is none")
        sub = self.subscribe(relay)
        for verb in ("pause", "resume", "drain", "evict"):
            for name in ("nobody", "mycelium sub@1", "#77", f"sub@{sub.pid}"):
                self.check_refused(self.manage(relay, verb, name), 1, f"no consumer '{name}'", f"there are: mycelium sub@{sub.pid}")
        self.managed(relay, "evict", "#" + str(self.consumer(relay, sub.pid)["link"]))
        self.check_refused(self.manage(relay, "resume", "#77"), 1, f"sent away: mycelium sub@{sub.pid} (evicted)")

    def test_a_second_relay_at_the_same_url_is_told_who_has_it(self):
        for scheme in ("unix", "shm"):
            first = self.relay(scheme, scheme)
            for inside, outside in ((first.inside, self.place(scheme, "out")), (self.place(scheme, "in"), first.outside)):
                second = self.run_command("relay", "--domain", "market_data", "--in", inside, "--out", outside)
                self.check_refused(second, 1, str(first.pid))
            self.end(first)

    def test_a_publisher_of_declared_types_is_refused(self):
        relay = self.relay("unix", "unix")
        ends = os.environ["MYCELIUM_TYPED_ENDS"]
        self.assertTrue(os.path.exists(ends))
        done = self.run_command("call", relay.inside, "hello", "--timeout", "500ms")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.listed(relay)["sources"], [])


class Ends(RelayTest):
    def test_at_sigterm_and_sigint_with_a_last_line(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            relay = self.relay("shm", "shm")
            sub = self.subscribe(relay, "--raw", "--count", "1")
            self.publish(relay, tlv(1, b"x"))
            self.assertEqual(sub.end(), 0)
            self.assertEqual(self.end(relay, number), "mycelium relay: forwarded 1 message, malformed 0, of other domains 0")

    def test_publishers_that_come_once_and_go_are_welcome(self):
        for inside in ("shm", "unix", "tcp"):
            relay = self.relay(inside, "unix")
            self.publish(relay, *[tlv(1, b"x")] * 8)
            self.assertEqual({one["breaker"] for one in self.listed(relay)["sources"]}, {"closed"})
            self.end(relay)

    def test_while_it_is_paused(self):
        relay = self.relay("unix", "unix")
        self.managed(relay, "pause")
        fed = self.start_fed("pub", "--dial", relay.inside, "--linger", "0s")
        fed.feed((tlv(1, b"x") + b"\n") * 10)
        eventually(lambda: self.listed(relay)["sources"], "the publisher")
        self.end(relay)
        fed.signal(signal.SIGTERM)
        self.assertEqual(fed.end(), 0)

    def test_its_clients_meet_the_next_one(self):
        relay = self.relay("unix", "shm")
        sub = self.subscribe(relay, "--raw")
        fed = self.start_fed("pub", "--dial", relay.inside)
        fed.feed(tlv(1, b"one") + b"\n")
        eventually(lambda: sub.out() == tlv(1, b"one"), "the first")
        relay.process.kill()
        relay.process.wait()
        again = self.start("relay", "--domain", "market_data", "--in", relay.inside, "--out", relay.outside)
        again.says("publishers dial")
        again.control = relay.outside
        eventually(lambda: len(self.listed(again)["consumers"]) == 1 and any(
            one["is_linked"] for one in self.listed(again)["sources"]), "both come again")
        fed.feed(tlv(1, b"two") + b"\n")
        eventually(lambda: sub.out() == tlv(1, b"one") + tlv(1, b"two"), "the second")
        self.assertEqual(fed.end(), 0)
        self.end(again)


if __name__ == "__main__":
    unittest.main()
