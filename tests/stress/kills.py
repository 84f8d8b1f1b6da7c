"""A process that changes a library is killed at random moments; after each kill every document is whole, old or new.

python -m tests.stress.kills --kills 200
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from rag.chunks.windowing import Windowing
from rag.index.library_index import LibraryIndex
from rag.ingest.sync import apply_sync
from rag.ingest.sync_plan import plan_sync
from tests.fakes import FakeEncoder

ROOT = Path(__file__).parents[2]
NUMBERS = range(6)
SIZE = STRIDE = 40
LONGEST_LIFE = 0.5
WORDS = ("休暇", "申請", "規程", "手当", "通勤", "出張", "会議", "資料", "図書", "貸出", "電話", "受付", "点検")


def build_text(number: int, version: int) -> str:
    """A text that says which one it is and of which every part belongs to it alone."""
    chance = random.Random(f"{number}/{version}")
    lines = (
        f"{chance.choice(WORDS)}の{chance.choice(WORDS)}は{version}号である。" for _ in range(chance.randint(20, 60))
    )
    return f"文書{number}の第{version}版。\n" + "\n".join(lines) + f"\n文書{number}の第{version}版、終わり。"


def open_library(place: Path) -> LibraryIndex:
    encoder = FakeEncoder(dimension=16)
    return LibraryIndex.open(
        place / "library",
        dimension=encoder.dimension,
        encoder_fingerprint=encoder.fingerprint,
        encoder_name=encoder.name,
    )


def synchronise(index: LibraryIndex, files: Path) -> None:
    plan = plan_sync(files, index=index, windowing=str(Windowing(SIZE, STRIDE)))
    encoder = FakeEncoder(dimension=16)
    report = apply_sync(
        plan, index=index, encoder=encoder, windowing=Windowing(SIZE, STRIDE), began=time.perf_counter()
    )
    assert report.failed == ()


def read_version(text: str) -> tuple[int, int]:
    number, version = (int(part) for part in text.split("\n")[0].strip("文書版。").split("の第"))
    assert text == build_text(number, version), f"document {number} is mixed"
    return number, version


def change_forever(place: Path, seed: int) -> None:
    """Add, change, move and remove documents until killed, and note before and after each what is done."""
    chance = random.Random(seed)
    files = place / "files"
    (files / "b").mkdir(parents=True, exist_ok=True)
    with (place / "log").open("a", encoding="utf-8", buffering=1) as log:
        print("ready", flush=True)
        with open_library(place) as index:
            synchronise(index, files)
            # A kill may have come before the file itself was changed: what the files hold counts from here.
            versions = dict(read_version(path.read_text(encoding="utf-8")) for path in files.rglob("*.txt"))
            log.write(f"caught {' '.join(f'{number}/{version}' for number, version in versions.items())}\n")
            for version in range(seed * 10_000, (seed + 1) * 10_000):
                number = chance.choice(NUMBERS)
                here, there = files / f"{number}.txt", files / "b" / f"{number}.txt"
                present = [path for path in (here, there) if path.exists()]
                act = chance.choice(["put", "put", "put", "move", "drop"]) if present else "put"
                log.write(f"begin {act} {number} {version}\n")
                if act == "put":
                    path = present[0] if present else here
                    path.with_suffix(".new").write_text(build_text(number, version), encoding="utf-8")
                    path.with_suffix(".new").replace(path)
                elif act == "move":
                    present[0].rename(there if present[0] == here else here)
                else:
                    present[0].unlink()
                synchronise(index, files)
                log.write(f"done {act} {number} {version}\n")


@dataclass(slots=True)
class Expected:
    """What the library must hold by the log: versions by number, and what the last act may have changed."""

    versions: dict[int, int] = field(default_factory=dict)
    before: dict[int, int] = field(default_factory=dict)
    act: str = "opening"


def read_log(place: Path) -> Expected:
    expected = Expected()
    path = place / "log"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        kind, *rest = line.split()
        if kind == "caught":
            expected.versions = {int(pair.split("/")[0]): int(pair.split("/")[1]) for pair in rest}
            expected.before = dict(expected.versions)
            expected.act = "between"
            continue
        act, *rest = rest
        number, version = map(int, rest)
        if kind == "begin":
            expected.before = dict(expected.versions)
            expected.act = act
            if act == "put":
                expected.versions[number] = version
            elif act == "drop":
                expected.versions.pop(number, None)
        else:
            expected.before = dict(expected.versions)
            expected.act = "between"
    return expected


def check(place: Path) -> tuple[str, str]:
    """Open the library and compare it with the log; return what was going on and which state is there.

    Raises:
        AssertionError: Anything is half, lost, mixed or not clean.
    """
    expected = read_log(place)
    with open_library(place) as index:
        problems = index.verify()
        assert problems == [], problems
        found: dict[int, int] = {}
        for entry in index.list_documents():
            text = index.load_text(entry.id)
            number, version = read_version(text)
            assert number not in found, f"document {number} is there twice"
            found[number] = version
            vectors = index.load_window_vectors(entry.id)
            assert len(vectors) > 0
            texts = list(vectors)
            assert all(window in text for window in texts)
            again = FakeEncoder(dimension=16).encode_documents(texts)
            assert np.allclose(np.stack([vectors[window] for window in texts]), again, atol=2e-3)
            assert index.search_dense(again[0], k=1)[0].score > 0.99
        assert found in (expected.versions, expected.before), (found, expected)
    if expected.versions == expected.before:
        return expected.act, "same"
    return expected.act, "new" if found == expected.versions else "old"


def kill_often(place: Path, *, kills: int, seed: int = 0) -> Counter[tuple[str, str]]:
    """Start a process that changes the library, kill it, check, and so on; count what the kills met."""
    chance = random.Random(seed)
    met: Counter[tuple[str, str]] = Counter()
    for turn in range(1, kills + 1):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.stress.kills", "--child", str(place), "--seed", str(turn)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        time.sleep(chance.uniform(0, LONGEST_LIFE))
        alive = process.poll() is None
        process.send_signal(signal.SIGKILL)
        _, errors = process.communicate()
        assert line == "ready\n", errors
        assert alive, errors
        met[check(place)] += 1
    return met


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        change_forever(given.child, given.seed)
        return
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as place:
        met = kill_often(Path(place), kills=given.kills, seed=given.seed)
    for (act, state), count in sorted(met.items()):
        print(f"{act:>8} {state:>5} {count:>4}")
    print(f"{sum(met.values())} kills, 0 lost, 0 mixed, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
