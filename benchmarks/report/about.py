"""About: what the JSONs of a run do not say of it: about.json in its folder, written when it begins."""
import dataclasses
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class About:
    compiler: str
    rounds: int
    seconds: float
    commit: str
    date: str


def write(about, folder):
    (folder / "about.json").write_text(json.dumps(dataclasses.asdict(about)), encoding="utf-8")


def read(folder):
    path = folder / "about.json"
    if not path.exists():
        raise SystemExit(f"{path}: there is no complete run; ./bench.sh makes one")
    return About(**json.loads(path.read_text(encoding="utf-8")))
