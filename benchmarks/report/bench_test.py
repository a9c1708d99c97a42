"""The whole of ./bench.sh in a tree of its own, with programs that answer at once."""
import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[2]
HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None

# Each answers with answers/NAME, if there is one; NAME.sh is run before.
PROGRAM = """#!/bin/bash
case "$0 $*" in
*taskset*) name=one-core; echo "$2" >{root}/processor ;;
*counted/bin*) name=counted ;;
*rivals\\ --*) name=rivals ;;
*--scaling*) name=scaling ;;
*) name=own ;;
esac
if [[ -f {root}/answers/$name.sh ]]; then . {root}/answers/$name.sh; fi
cat {root}/answers/$name
"""
PROGRAMS = ("build/rivals/bin/mycelium", "build/rivals/bin/mycelium-rivals", "build/counted/bin/mycelium", "path/taskset")


def side(figure):
    return {"p99_ns": 0, "lost": 0, "wrong": 0, "errors": [],
            "rounds": {"figure": [figure], "p999_ns": [figure], "cpu_ns_per_message": [figure]}}


def answer(figure, floors=(), name="round-trip/shm/64B"):
    row = {"row": name, "unit": "ns", "bytes": 64, "moves": True, "baseline": "", "own": side(figure), "raw": side(10)}
    return {"machine": "here", "foreign_load": 0.0, "rows": [row], "floors": list(floors)}


class Tree:
    """A tree with the script, the report and the document, whose programs are built already."""

    def __init__(self, root):
        self.root = root
        for folder in ("answers", "benchmarks", "docs/performance", "path", "tools"):
            (root / folder).mkdir(parents=True)
        shutil.copy(ROOT / "bench.sh", root)
        shutil.copy(ROOT / "docs/performance.md", root / "docs")
        (root / "benchmarks/report").symlink_to(ROOT / "benchmarks/report")
        (root / "tools/packages.sh").write_text("install_packages() { :; }\npackages_build=() packages_rivals=() packages_bench=()\n")
        (root / "tools/quietly.sh").write_text("build() { :; }\n")
        for path in PROGRAMS:
            self.program(path, PROGRAM.format(root=root))
        self.program("path/nats-server", "#!/bin/sh\n")
        self.compiler("compiler 1")
        (root / "build/rivals/CMakeCache.txt").write_text(f"CMAKE_CXX_COMPILER:FILEPATH={root}/path/compiler\n")
        for name in ("own", "counted", "one-core"):
            self.answer(name, answer(20))
        self.answer("rivals", {"rivals": [], "report": answer(20, name="round-trip/shm/64B/mycelium")})
        self.answer("scaling", {"series": []})

    def program(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")
        (self.root / path).chmod(0o755)

    def compiler(self, words):
        self.program("path/compiler", f"#!/bin/sh\necho '{words}'\n")

    def answer(self, name, told):
        (self.root / "answers" / name).write_text(json.dumps(told), encoding="utf-8")

    def before(self, name, commands):
        (self.root / "answers" / f"{name}.sh").write_text(commands, encoding="utf-8")

    def bench(self, *options, processors=None):
        environment = os.environ | {"PATH": f"{self.root}/path:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}

        def begin():
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by what runs in the background
            if processors:
                os.sched_setaffinity(0, processors)

        return subprocess.run([self.root / "bench.sh", *options], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, preexec_fn=begin)

    def document(self):
        return (self.root / "docs/performance.md").read_text(encoding="utf-8")


@contextlib.contextmanager
def tree():
    with tempfile.TemporaryDirectory() as folder:
        yield Tree(Path(folder))


class Again(unittest.TestCase):
    def test_it_tells_the_run_and_not_what_is_here_now(self):
        with tree() as here:
            here.bench("--json", "--rounds", "7", "--seconds", "0.25")
            here.compiler("compiler 2")
            told = json.loads(here.bench("--again", "--json").stdout)
        self.assertEqual({key: told["about"][key] for key in ("rounds", "seconds", "compiler", "commit")},
                         {"rounds": 7, "seconds": 0.25, "compiler": "compiler 1", "commit": "unknown"})

    def test_a_run_that_was_interrupted_leaves_the_one_before(self):
        with tree() as here:
            self.assertEqual(here.bench("--json").returncode, 0)
            here.answer("own", answer(30))
            here.before("rivals", "kill -INT $PPID; exit 1")
            self.assertEqual(here.bench("--json").returncode, 130)
            told = json.loads(here.bench("--again", "--json").stdout)
        self.assertEqual(told["own"]["rows"][0]["own"]["rounds"]["figure"], [20])

    def test_without_a_whole_run_it_says_what_makes_one(self):
        with tree() as here:
            here.before("rivals", "kill -INT $PPID; exit 1")
            here.bench("--json")
            end = here.bench("--again", "--json")
        self.assertEqual(end.returncode, 1)
        self.assertIn("./bench.sh makes one", end.stderr)

    @unittest.skipUnless(HAS_MATPLOTLIB, "python3-matplotlib is not installed")
    def test_the_document_and_the_record_have_the_runs_rounds_and_commit(self):
        with tree() as here:
            here.bench("--json", "--rounds", "7", "--seconds", "0.25")
            self.assertEqual(here.bench("--again").returncode, 0)
            self.assertIn("compiler 1, release build of commit unknown, ", here.document())
            self.assertIn(" 7 rounds of 0.25 s;", here.document())
            recorded = json.loads((here.root / "docs/performance/figures.json").read_text(encoding="utf-8"))
        self.assertEqual(recorded["commit"], "unknown")

    @unittest.skipUnless(shutil.which("git"), "git is not installed")
    def test_the_commit_is_told_and_whether_something_was_changed(self):
        with tree() as here:
            git = ["git", "-C", here.root, "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
            for words in (["init", "-q"], ["add", "tools"], ["commit", "-qm", "s"]):
                subprocess.run(git + words, check=True)
            head = subprocess.run(git + ["rev-parse", "--short=12", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
            changed = json.loads(here.bench("--json").stdout)["about"]["commit"]
            (here.root / ".git/info/exclude").write_text("*\n", encoding="utf-8")
            self.assertEqual((json.loads(here.bench("--json").stdout)["about"]["commit"], changed), (head, f"{head} with changes"))


class Measuring(unittest.TestCase):
    def test_a_part_that_gives_no_figures_leaves_the_others_and_fails(self):
        for part in ("counted", "one-core", "rivals", "scaling"):
            with self.subTest(part), tree() as here:
                here.before(part, "exit 1")
                end = here.bench("--json")
                self.assertEqual(end.returncode, 1)
                self.assertEqual(sorted(json.loads(end.stdout).keys() & {"own", "counted", "one-core", "rivals", "scaling"}),
                                 sorted({"own", "counted", "one-core", "rivals", "scaling"} - {part}))
                self.assertIn(f"FAULT {part}: no figures came of it", here.bench("--again", "--json").stderr)

    def test_half_an_answer_is_none(self):
        with tree() as here:
            here.before("rivals", """echo '{"rivals": ['; exit 1""")
            self.assertIn("FAULT rivals: no figures came of it", here.bench("--json").stderr)

    def test_without_our_own_figures_there_is_no_run(self):
        with tree() as here:
            here.before("own", "exit 1")
            self.assertEqual(here.bench("--json").returncode, 1)
            self.assertFalse((here.root / "build/bench").exists())

    def test_one_core_is_one_that_is_ours(self):
        last = max(os.sched_getaffinity(0))
        with tree() as here:
            here.bench("--json", processors={last})
            self.assertEqual((here.root / "processor").read_text(), f"{last}\n")

    def test_a_missed_floor_fails(self):
        floor = {"floor": "control message", "row": "control/shm", "unit": "ns", "limit": 100, "figure": 110, "met": False}
        with tree() as here:
            here.answer("own", answer(20, [floor]))
            for options in (["--json"], ["--short"]):
                end = here.bench(*options)
                self.assertEqual(end.returncode, 1)
                self.assertIn("MISSED control message, control/shm: 110 ns of 100 ns", end.stderr)


class Options(unittest.TestCase):
    def test_what_would_be_left_aside_is_refused(self):
        with tree() as here:
            for options in ("--check --rows tcp", "--rows tcp --check", "--check --json", "--check --rounds 9", "--check --wide",
                            "--short --seconds 1", "--again --rounds 3", "--short --check", "--list --short"):
                with self.subTest(options):
                    end = here.bench(*options.split())
                    self.assertEqual((end.returncode, end.stdout), (2, ""))
                    self.assertIn("bench.sh: --", end.stderr)

    def test_rows_may_be_had_as_tables(self):
        with tree() as here:
            end = here.bench("--rows", "tcp", "--wide", "--rounds", "2")
        self.assertEqual((end.returncode, end.stdout.count('"round-trip/shm/64B')), (0, 2))


if __name__ == "__main__":
    unittest.main()
