"""Help, version, and everything that can be wrong about a command line."""
import os
import subprocess
import unittest

from support import COMMAND, DEADLINE, CommandTest

VERBS = ("pub", "sub", "call", "serve", "tlv", "bench")


class Help(CommandTest):
    def test_the_version_is_one_line(self):
        done = self.run_command("--version")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(done.stdout.decode(), r"\Amycelium \d+\.\d+\.\d+\n\Z")

    def test_help_goes_to_stdout_and_names_every_verb(self):
        done = self.run_command("--help")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        for verb in VERBS:
            self.assertIn(f"\n  {verb} ", done.stdout.decode())

    def test_help_is_a_word_too(self):
        for words in ([], ["pub"], ["tlv", "encode"]):
            self.assertEqual(self.run_command("help", *words).stdout, self.run_command(*words, "--help").stdout)
        self.check_refused(self.run_command("help", "foo"), 2, "mycelium: what is 'foo'?")

    def test_every_verb_helps_with_examples(self):
        for verb in (*[[verb] for verb in VERBS], ["tlv", "encode"], ["tlv", "decode"]):
            done = self.run_command(*verb, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, b""), verb)
            self.assertIn("Examples:\n", done.stdout.decode())


class Mistakes(CommandTest):
    def test_a_wrong_command_line_is_one_line_and_status_2(self):
        url = self.url()
        for arguments in (
                [], ["--nonsense"], ["nonsense"], ["pub"], ["sub"], ["call"], ["serve"], ["tlv"], ["tlv", "nonsense"],
                ["pub", url, "--nonsense"], ["pub", url, "--rate", "fast"], ["pub", url, "--rate", "0"],
                ["pub", url, "--rate", "-1"], ["pub", url, "--count", "0"], ["pub", url, "--count", "-1"],
                ["pub", url, "--count", "x"], ["pub", url, "--wait", "-1"], ["pub", url, "--linger", "5"],
                ["pub", url, "--linger", "-5s"], ["pub", url, "--bind", "--dial"], ["pub", url, "--message-max", "0"],
                ["pub", url, "--message-max", "5GiB"], ["pub", url, "--file"], ["sub", url, "--timeout", "soon"],
                ["sub", url, "--policy", "nonsense"], ["sub", url, "--raw", "--json"], ["sub", url, "--count", "1.5"],
                ["call", url], ["call", url, "a", "b"], ["call", url, "a", "--file", "b"],
                ["call", url, "a", "--timeout", ""], ["serve", url], ["serve", url, "--echo", "--exec", "cat"],
                ["serve", url, "--exec", "cat", "--jobs", "0"], ["serve", url, "--echo", "--jobs", "2"],
                ["serve", url, "--exec", ""], ["serve", url, "--exec", " "], ["foo", "--help"],
                ["tlv", "encode", "file"], ["tlv", "encode", "--force"], ["pub", url, "sub", url, "--frob"]):
            with self.subTest(arguments=arguments):
                self.check_refused(self.run_command(*arguments), 2, "--help")

    def test_a_wrong_url_is_refused_by_every_verb_with_the_remedy(self):
        for verb in (["pub"], ["sub"], ["call"], ["serve"]):
            rest = {"call": ["body"], "serve": ["--echo"]}.get(verb[0], [])
            for url, part in (("nonsense", "nonsense"), ("", ""), ("unix://", "unix://"), ("tcp://host", "tcp://host"),
                              ("tcp://host:99999", "99999"), ("http://host:1", "use one of shm, unix, tcp"),
                              ("inproc://x", "use a unix:// or tcp:// URL"), ("unix:///a%zz", "%zz")):
                with self.subTest(verb=verb, url=url):
                    self.check_refused(self.run_command(*verb, url, *rest), 2, part)

    def test_an_option_with_a_slip_is_named_whatever_its_value(self):
        url = self.url()
        for arguments, meant in (
                (["pub", url, "--cuont", "3"], "--cuont: there is no such option (did you mean --count?)"),
                (["pub", "--cuont", "3", url], "--cuont: there is no such option (did you mean --count?)"),
                (["pub", url, "--cuont=3"], "--cuont: there is no such option (did you mean --count?)"),
                (["sub", url, "--polcy", "latest"], "--polcy: there is no such option (did you mean --policy?)"),
                (["serve", url, "--exce", "cat"], "--exce: there is no such option (did you mean --exec?)"),
                (["call", url, "body", "--methd", "foo"], "--methd: there is no such option (did you mean --method?)"),
                (["sub", url, "-x"], "-x: there is no such option")):
            with self.subTest(arguments=arguments):
                self.check_refused(self.run_command(*arguments), 2,
                                   f"mycelium {arguments[0]}: {meant}; see mycelium {arguments[0]} --help\n")

    def test_an_option_without_its_value_says_what_it_needs(self):
        for option, needs in (("--count", "a number"), ("--linger", "a duration"), ("--message-max", "a size"), ("--file", "a file")):
            self.check_refused(self.run_command("pub", self.url(), option), 2, f"mycelium pub: {option} needs {needs}")

    def test_a_url_without_a_scheme_is_completed(self):
        for text, meant in (("/tmp/foo.sock", "unix:///tmp/foo.sock"), ("foo.sock", "unix://foo.sock"), ("@x", "unix://@x"),
                            ("localhost:80", "tcp://localhost:80"), ("unix:/tmp/x", "unix:///tmp/x")):
            self.check_refused(self.run_command("pub", text), 2, f"mycelium pub: '{text}' has no scheme: did you mean {meant}?")
        done = self.run_command("pub", "nonsense")
        self.check_refused(done, 2, "'nonsense' has no scheme: begin with unix:// or tcp://")

    def test_a_url_that_can_never_be_met_at_is_a_wrong_one(self):
        long = "unix:///" + "a" * 215
        for verb in (["pub"], ["sub"], ["call"], ["serve"], ["sub", "--bind"], ["pub", "--dial", "--timeout", "1m"]):
            rest = {"call": ["body"], "serve": ["--echo"]}.get(verb[0], [])
            for url in (long, self.url() + "?frob=1"):
                with self.subTest(verb=verb, url=url):
                    self.check_refused(self.run_command(verb[0], url, *rest, *verb[1:]), 2, f"see mycelium {verb[0]} --help")

    def test_the_option_that_is_wrong_is_named(self):
        self.check_refused(self.run_command("pub", self.url(), "--linger", "5"), 2,
                           "mycelium pub: ", "--linger", "'5' is not a duration: write 200ms, 5s or 1m",
                           "see mycelium pub --help")

    def test_what_is_no_verb_and_what_is_no_policy_is_named(self):
        self.check_refused(self.run_command("frob"), 2, "mycelium: what is 'frob'?")
        self.check_refused(self.run_command("tlv", "frob"), 2, "mycelium tlv: what is 'frob'?")
        self.check_refused(self.run_command("sub", self.url(), "--policy", "frob"), 2,
                           "--policy", "'frob' is none of block, drop_oldest, latest and disconnect")
        self.check_refused(self.run_command("pub", self.url(), "--rate", "0"), 2, "'0' is not a number from 0.001")

    def test_a_folder_that_is_not_there_is_named(self):
        for verb in (["pub"], ["serve", "--echo"]):
            done = self.run_command(verb[0], f"unix://{self.folder}/no/such/place.sock", *verb[1:])
            self.check_refused(done, 1, f"{self.folder}/no/such", f"mycelium {verb[0]}: ")

    def test_a_path_without_permission_is_named(self):
        if os.geteuid() == 0:
            keywords = {"user": 65534, "group": 65534, "extra_groups": []}
            reach = subprocess.run(["test", "-x", COMMAND], **keywords)
            if reach.returncode != 0:
                self.skipTest("another user cannot reach the command")
        else:
            keywords = {}
        closed = self.path("closed")
        os.mkdir(closed, 0o700 if keywords else 0o500)
        os.chmod(self.folder, 0o755)
        done = self.run_command("pub", f"unix://{closed}/x.sock", **keywords)
        self.check_refused(done, 1, f"{closed}", "ermission")

    def test_a_missing_file_a_folder_and_a_large_file_are_refused_before_anything_is_bound(self):
        for verb in ("pub", "call"):
            done = self.run_command(verb, self.url(), "--file", self.path("missing"))
            self.check_refused(done, 1, self.path("missing"), "No such file or directory", "check the path")
            done = self.run_command(verb, self.url(), "--file", self.folder)
            self.check_refused(done, 1, self.folder, "is a directory")
            done = self.run_command(verb, self.url(), "--message-max", "3", "--file", self.file("large", b"1234"))
            self.check_refused(done, 1, self.path("large"), "3 bytes", "--message-max")
        self.assertFalse(os.path.exists(self.path("meet.sock")))

    def test_an_address_in_use_names_its_owner(self):
        owner = self.start("serve", self.url(), "--echo")
        owner.says("serving")
        for verb in (["pub"], ["serve", "--echo"], ["sub", "--bind"]):
            done = self.run_command(verb[0], self.url(), *verb[1:])
            self.check_refused(done, 1, self.path("meet.sock"), "in use", str(owner.pid))

    def test_closed_standard_streams_do_no_harm(self):
        script = f'"{COMMAND}" serve "{self.url()}" --echo --count 1 <&- >&- 2>&- & "{COMMAND}" call "{self.url()}" hello'
        done = subprocess.run(["bash", "-c", script + "; wait"], capture_output=True, timeout=DEADLINE)
        self.assertEqual((done.stdout, done.returncode), (b"hello\n", 0), done.stderr)

    def test_results_that_can_go_nowhere_are_a_failure(self):
        url = self.url()
        for arguments in (f"sub {url}", f"call {url} x", "tlv encode", "tlv decode", "--help", "pub --help", "--version"):
            with self.subTest(arguments=arguments):
                done = subprocess.run(["bash", "-c", f'"{COMMAND}" {arguments} >&-'], stdin=subprocess.DEVNULL,
                                      capture_output=True, timeout=DEADLINE, check=False)
                self.check_refused(done, 1, "standard output is closed\n")
        serve = self.start("serve", url, "--echo", "--count", "1")  # what has no result needs no output
        done = subprocess.run(["bash", "-c", f'"{COMMAND}" call {url} x --notify >&-'], capture_output=True, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stderr, serve.end()), (0, b"", 0))

    def test_help_to_a_full_disk_is_a_failure(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([COMMAND, "--help"], stdout=full, stderr=subprocess.PIPE, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, b"mycelium: standard output: No space left on device\n"))

    def test_standard_input_that_is_too_long_is_told_with_the_limit(self):
        done = self.run_command("call", self.url(), "-", "--message-max", "1KiB", stdin=b"x" * 1025)
        self.check_refused(done, 1, "mycelium call: standard input is longer than 1KiB: raise --message-max\n")

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([COMMAND, "tlv", "decode"], input=bytes.fromhex("efbeadde" + "00" * 3 + "08" + "00" * 24),
                                  stdout=full, stderr=subprocess.PIPE, timeout=DEADLINE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output: No space left on device", done.stderr)


if __name__ == "__main__":
    unittest.main()
