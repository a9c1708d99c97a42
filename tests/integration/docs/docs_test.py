"""The examples run, and the documents quote them to the letter.

docs_test.py SOURCE_DIR BIN_DIR
"""
import pathlib
import re
import subprocess
import sys
import tempfile

source, programs = (pathlib.Path(argument) for argument in sys.argv[1:3])
problems = []


def check_quotes():
    """A block of C++ after a line that names a file stands in that file."""
    found = 0
    for page in [source / "README.md", *sorted((source / "docs" / "guide").glob("*.md"))]:
        text = page.read_text()
        for name, block in re.findall(r"^`(examples/[^`]+)`\n```(?:cpp|toml)\n(.*?)```", text, re.M | re.S):
            found += 1
            if block not in (source / name).read_text():
                problems.append(f"{page.name}: what it quotes of {name} does not stand there")
    if found < 5:
        problems.append(f"only {found} quotes were found in the documents")


def check_links():
    """Every relative link of a document leads to a file."""
    for page in [*source.glob("*.md"), *source.glob("docs/**/*.md"), *source.glob("examples/*/README.md")]:
        prose = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
            if "://" not in target and not (page.parent / target).exists():
                problems.append(f"{page.relative_to(source)}: {target} does not exist")


def check_lengths():
    """Examples that are quoted fit on a screen."""
    for folder in ("hello", "clock", "shared_object"):
        for file in (source / "examples" / folder).glob("*.cpp"):
            lines = len(file.read_text().splitlines())
            if lines > 28:
                problems.append(f"{file.relative_to(source)} has {lines} lines")


def run(*command):
    return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)


def end(process):
    process.kill()
    process.stdout.close()
    process.wait()


def check_hello(directory):
    """The subscriber first; the publisher is killed and started again; the subscriber goes on with the new numbers."""
    url = f"unix://{directory}/greenhouse.sock"
    subscriber = run(programs / "hello-subscriber", url)
    publisher = run(programs / "hello-publisher", url)
    numbers = []
    while len(numbers) < 5:
        numbers.append(int(re.match(r"(\d+)(: 21.5 °C| missed)", subscriber.stdout.readline())[1]))
    end(publisher)
    publisher = run(programs / "hello-publisher", url)
    last = numbers[-1]
    while (number := int(re.match(r"(\d+)(: 21.5 °C| missed)", subscriber.stdout.readline())[1])) > last:
        last = number
    end(publisher)
    end(subscriber)


def check_clock(directory):
    url = f"unix://{directory}/clock.sock"
    server = run(programs / "clock-server", url)
    answer = subprocess.run([programs / "clock-client", url], capture_output=True, text=True, timeout=60).stdout
    end(server)
    if not re.fullmatch(r"\d+, by the host's clock\nfailed: no such zone: Atlantis\n", answer):
        problems.append(f"clock: the client printed {answer!r}")


def check_shared_object():
    output = subprocess.run([programs / "shared-object"], capture_output=True, text=True, timeout=60).stdout
    if "the pointer itself: yes" not in output or "tea costs 2.5" not in output:
        problems.append(f"shared_object: it printed {output!r}")


check_quotes()
check_links()
check_lengths()
with tempfile.TemporaryDirectory() as place:
    check_hello(place)
    check_clock(place)
check_shared_object()
print("\n".join(problems) or "the documents quote their examples, and the examples run")
sys.exit(bool(problems))
