"""Manual pages and completion: what --help names, they name, and shells and man understand them."""
import gzip
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

from support import COMMAND, DEADLINE, CommandTest

# Sources the script, parts the line into words as Readline does, completes, and writes the replies.
COMPLETE = r"""
source "$SCRIPT"
COMP_WORDBREAKS=$BREAKS
_complete() {
    COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=() COMP_CWORD=0
    local rest=$1 word
    while [[ $rest =~ ^[[:space:]]*([:=]+|[^[:space:]:=]+) ]]; do
        COMP_WORDS+=("${BASH_REMATCH[1]}")
        rest=${rest:${#BASH_REMATCH[0]}}
    done
    [[ $1 == *[[:space:]] ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _mycelium "$COMMAND" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    ((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
    return 0
}
_complete "$LINE"
"""


class DocumentsTest(CommandTest):
    def output(self, *arguments):
        done = self.run_command(*arguments)
        self.assertEqual((done.returncode, done.stderr), (0, b""), arguments)
        return done.stdout.decode()

    def verbs(self):
        """The lists of words that --help leads to: ["pub"], ["tlv", "encode"]."""
        found, waiting = [], [[]]
        while waiting:
            words = waiting.pop()
            text = self.output(*words, "--help")
            listed = text.split("Subcommands:\n")[1] if "Subcommands:\n" in text else ""
            for line in listed.split("\n\n")[0].splitlines():
                name = re.match(r"  ([a-z]\S*)", line)
                if name:
                    waiting.append([*words, name.group(1)])
                    found.append([*words, name.group(1)])
        return found

    def long_options(self, words):
        text = self.output(*words, "--help").split("Examples:")[0]
        return set(re.findall(r"^  (?:-\w,)?(--[a-z][a-z-]*)", text, re.M))


class Manual(DocumentsTest):
    def test_every_verb_and_option_of_the_help_stands_in_its_page(self):
        overview = self.output("manual").replace("\\-", "-")
        verbs = self.verbs()
        self.assertGreater(len(verbs), 9)
        for words in verbs:
            page = self.output("manual", words[0]).replace("\\-", "-")
            self.assertIn(f".BR mycelium-{words[0]} (1)\n", overview)
            self.assertIn(f"\\fBmycelium {' '.join(words)}", page)
            options = self.long_options(words)
            self.assertIn("--help", options)
            for option in options:
                self.assertIn(f"\\fB{option}\\fR", page, words)

    def test_all_pages_go_to_a_folder(self):
        self.output("manual", "--folder", self.path("pages"))
        expected = {"mycelium.1", *(f"mycelium-{words[0]}.1" for words in self.verbs())}
        self.assertEqual(set(os.listdir(self.path("pages"))), expected)
        with open(self.path("pages/mycelium-pub.1"), encoding="ascii") as page:
            self.assertEqual(page.read(), self.output("manual", "pub"))

    def test_a_page_that_cannot_be_is_refused(self):
        self.check_refused(self.run_command("manual", "pup"), 2, "pup", "did you mean pub?")
        self.check_refused(self.run_command("manual", "--folder", "/proc/none"), 1, "/proc/none")
        self.check_refused(self.run_command("manual", "pub", "--folder", self.folder), 2)

    @unittest.skipUnless(shutil.which("groff"), "groff is not installed")
    def test_groff_has_nothing_to_warn_of(self):
        self.output("manual", "--folder", self.folder)
        pages = [name for name in sorted(os.listdir(self.folder)) if name.endswith(".1")]
        for name in pages:
            done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", self.path(name)], capture_output=True,
                                  timeout=DEADLINE)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""), name)
        self.assertGreater(len(pages), 9)

    @unittest.skipUnless(shutil.which("man") and shutil.which("groff"), "man is not installed")
    def test_man_shows_a_page(self):
        with gzip.open(self.path("mycelium-sub.1.gz"), "wb") as page:
            page.write(self.output("manual", "sub").encode())
        done = subprocess.run(["man", "-l", self.path("mycelium-sub.1.gz")], capture_output=True, timeout=DEADLINE,
                              env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""})
        text = re.sub("\x1b\\[[0-9;]*m|.\x08", "", done.stdout.decode())
        self.assertIn("--policy block|drop_oldest|latest|disconnect", text)
        self.assertIn("EXAMPLES\n", text)


class Completion(DocumentsTest):
    def setUp(self):
        super().setUp()
        self.script = self.file("mycelium.bash", self.output("completion", "bash").encode())

    def replies(self, line, breaks=" \t\n\"'><=;|&(:", **keywords):
        done = subprocess.run(
            ["bash", "--norc", "-c", COMPLETE], capture_output=True, timeout=DEADLINE, **keywords,
            env={**os.environ, "SCRIPT": self.script, "COMMAND": COMMAND, "LINE": line, "BREAKS": breaks})
        self.assertEqual((done.returncode, done.stderr), (0, b""), line)
        return done.stdout.decode().splitlines()

    def test_every_verb_and_option_of_the_help_is_offered(self):
        verbs = self.verbs()
        self.assertEqual(set(self.replies("mycelium ")), {words[0] for words in verbs if len(words) == 1} | {"help"})
        for words in verbs:
            self.assertIn(words[-1], self.replies(f"mycelium {' '.join(words)[:-1]}"), words)
            self.assertLessEqual(self.long_options(words), set(self.replies(f"mycelium {' '.join(words)} --")), words)

    def test_values_are_offered_behind_an_option_or_glued_to_it(self):
        policies = ["block", "drop_oldest", "latest", "disconnect"]
        self.assertEqual(self.replies("mycelium sub unix://@x --policy "), policies)
        self.assertEqual(self.replies("mycelium sub --policy=l"), ["latest"])
        self.assertEqual(self.replies("mycelium sub --policy=l", breaks=" "), ["--policy=latest"])

    def test_a_url_goes_on_behind_its_colon(self):
        self.assertEqual(self.replies("mycelium pub "), ["shm://", "unix:///", "unix://@", "tcp://"])
        self.assertEqual(self.replies("mycelium pub unix:"), ["///", "//@"])
        self.assertEqual(self.replies("mycelium pub unix:", breaks=" "), ["unix:///", "unix://@"])
        self.file("meet.sock", b"")
        self.assertEqual(self.replies(f"mycelium pub unix://{self.folder}/me", breaks=" "), [self.url()])

    def test_words_in_quotes_are_one_word(self):
        self.assertEqual(self.replies("mycelium serve --exec 'tr a-z A-Z' --ec"), ["--echo"])

    def test_a_command_that_is_not_there_offers_nothing_and_says_nothing(self):
        os.environ["PATH"], path = self.folder, os.environ["PATH"]
        try:
            done = subprocess.run(["/bin/bash", "--norc", "-c", COMPLETE], capture_output=True, timeout=DEADLINE,
                                  env={"SCRIPT": self.script, "COMMAND": "/none", "LINE": "mycelium ", "BREAKS": " "})
        finally:
            os.environ["PATH"] = path
        self.assertEqual((done.stdout, done.stderr), (b"", b""))

    def test_other_shells_are_refused(self):
        self.check_refused(self.run_command("completion", "tcsh"), 2, "tcsh", "bash, zsh and fish")

    def test_hidden_verbs_stay_hidden(self):
        for text in (self.output("--help"), self.output("manual"), "\n".join(self.replies("mycelium "))):
            for verb in ("completion", "manual"):
                self.assertNotRegex(text, rf"(?m)^\s*{verb}\b")

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_can_read_its_script(self):
        path = self.file("_mycelium", self.output("completion", "zsh").encode())
        subprocess.run(["zsh", "-n", path], check=True, timeout=DEADLINE)

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_completes(self):
        path = self.file("mycelium.fish", self.output("completion", "fish").encode())
        done = subprocess.run(["fish", "--no-config", "-c", f"source {path}; complete --do-complete 'mycelium sub --policy=l'"],
                              capture_output=True, timeout=DEADLINE,
                              env={**os.environ, "HOME": self.folder, "PATH": f"{os.path.dirname(COMMAND)}:{os.environ['PATH']}"})
        self.assertTrue(done.stdout.startswith(b"--policy=latest"), done)

    def test_a_bash_at_a_terminal_completes_by_tab(self):
        """Verbs, a file behind --file=, and a path within a URL: typed, and completed by Readline itself."""
        self.file("message.txt", b"")
        self.file("meeting", b"")
        environment = {"PATH": f"{os.path.dirname(COMMAND)}:{os.environ['PATH']}", "TERM": "dumb", "HOME": self.folder, "PS1": "$ ",
                       "INPUTRC": "/dev/null", "HISTFILE": ""}
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execve("/bin/bash", ["bash", "--norc", "--noprofile"], environment)
        try:
            # A quote parts what is typed from what is written, so that only the latter is waited for.
            self.type_and_see(terminal, f"source {self.script}; echo 're''ady'\n", "ready\r\n")
            self.type_and_see(terminal, "mycelium ins\t", "mycelium inspect ")
            self.type_and_see(terminal, "\x15mycelium pub --file=mess\t", "--file=message.txt")
            self.type_and_see(terminal, f"\x15mycelium pub unix://{self.folder}/meeti\t", "/meeting")
            self.type_and_see(terminal, "\x15mycelium sub --policy=la\t", "--policy=latest")
        finally:
            os.close(terminal)
            os.kill(child, 9)
            os.waitpid(child, 0)

    def type_and_see(self, terminal, text, wanted):
        os.write(terminal, text.encode())
        seen, end = "", time.monotonic() + DEADLINE
        while wanted not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                seen += os.read(terminal, 4096).decode(errors="replace")
        self.assertIn(wanted, seen)


if __name__ == "__main__":
    unittest.main()
