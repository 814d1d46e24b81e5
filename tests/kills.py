"""Kills the saving of a workbook at every kind of step, and at any byte, and looks what is left: the whole old file or the whole new one.

`python tests/kills.py --kills 1000`. A child process is forked for every kill. It ends itself by SIGKILL before or after its n-th call that
changes a file or folder (a profiler of C calls counts them, nothing is patched), or the kernel ends it at the n-th byte that it writes
(the limit of a file's size). Then the next run has to make the new file, and to leave nothing else.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import resource
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "hosts"))

from workbooks import layout, segments, user_book

from xlseg.hosts.file import WorkbookFile, new_book

FILE_CALLS = ("write", "flush", "close", "truncate", "__exit__")
SYSTEM_CALLS = (
    "open", "close", "fsync", "replace", "rename", "unlink", "remove", "sendfile", "chmod", "chown", "utime", "flock", "setxattr", "link",
)  # fmt: skip
FIRST, LATER = [segments({"A": 1.0, "B": 200.0}), layout([0.5, 0.25])], [segments({"B": 5.0, "C": 6.0}), layout([0.5])]

_RETURNS = ("c_return", "c_exception")

Files = Mapping[str, bytes]
Point = tuple[int, str, int]
"""Which way of saving, what is counted ("before" or "after" a call, "byte"), and the number at which the end comes."""


@dataclass(frozen=True)
class Way:
    """A way of saving: the files before it, what is done in their folder, and the name of the file that is written."""

    name: str
    files: Files
    save: Callable[[Path], object]
    goal: str = "book.xlsx"


def ways(folder: Path) -> list[Way]:
    """All ways of saving."""
    path = user_book(folder / "book.xlsx")
    base = path.read_bytes()
    WorkbookFile(path).write(FIRST)
    first = path.read_bytes()
    path.unlink()
    old = {"book.1.xlsx": base, "book.2.xlsx": base + b"older"}
    return [
        Way("first refresh", {"book.xlsx": base}, lambda f: WorkbookFile(f / "book.xlsx").write(FIRST)),
        Way("later refresh", {"book.xlsx": first}, lambda f: WorkbookFile(f / "book.xlsx").write(LATER)),
        Way("with backups", {"book.xlsx": first, **old}, lambda f: WorkbookFile(f / "book.xlsx", backups=2).write(LATER)),
        Way("first backup", {"book.xlsx": first}, lambda f: WorkbookFile(f / "book.xlsx", backups=1).write(LATER)),
        Way("elsewhere", {"book.xlsx": first}, _elsewhere, "out.xlsx"),
        Way("over another", {"book.xlsx": first, "out.xlsx": base}, _elsewhere, "out.xlsx"),
        Way("a new book", {}, lambda f: (f / "new.xlsx").exists() or new_book(f / "new.xlsx", FIRST), "new.xlsx"),
    ]


def _elsewhere(folder: Path) -> None:
    WorkbookFile(folder / "book.xlsx", output=folder / "out.xlsx").write(LATER)


class Steps:
    """Counts the calls that change files; ends the process before or after one of them."""

    def __init__(self, when: str = "", at: int = 0) -> None:
        self.when, self.at, self.seen = when, at, list[str]()

    def __call__(self, frame: object, event: str, function: Any) -> None:
        if event not in (_RETURNS if self.when == "after" else ("c_call",)) or not (kind := _kind(function)):
            return
        self.seen.append(kind)
        if len(self.seen) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def _kind(function: Any) -> str:
    name, owner = getattr(function, "__name__", ""), getattr(function, "__self__", None)
    if isinstance(owner, (io.BufferedWriter, io.BufferedRandom, io.FileIO)):
        return f"file.{name}" if name in FILE_CALLS else ""
    return f"os.{name}" if name in SYSTEM_CALLS and getattr(function, "__module__", "") in ("posix", "_io", "io", "fcntl") else ""


def laid_out(folder: Path, files: Files) -> None:
    """The folder with these files and no others."""
    for path in folder.iterdir():
        path.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)


def held(folder: Path) -> dict[str, bytes]:
    """What the folder holds."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def survey(way: Way, folder: Path) -> tuple[list[str], dict[str, bytes]]:
    """The steps of saving that way in their order, and the files after it."""
    laid_out(folder, way.files)
    steps = Steps()
    sys.setprofile(steps)
    try:
        way.save(folder)
    finally:
        sys.setprofile(None)
    return steps.seen, held(folder)


def killed(way: Way, folder: Path, when: str, at: int) -> None:
    """Save that way in a child process, which is killed."""
    laid_out(folder, way.files)
    child = os.fork()
    if child == 0:
        _save_and_die(way, folder, when, at)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise AssertionError(f"{way.name}, {when} {at}: the child was not killed ({status})")


def _save_and_die(way: Way, folder: Path, when: str, at: int) -> None:
    try:
        if when == "byte":
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            resource.setrlimit(resource.RLIMIT_FSIZE, (at, at))
        else:
            sys.setprofile(Steps(when, at))
        way.save(folder)
    finally:
        os._exit(0)


def faults(way: Way, folder: Path, after: Files) -> list[str]:
    """What is wrong with the files that a killed run has left, and then with those that the next run leaves."""
    left = held(folder)
    whole = {*way.files.values(), *after.values()}
    found: list[str] = []
    if left.get(way.goal) not in (way.files.get(way.goal), after[way.goal]):
        found.append(f"{way.goal} is neither the old nor the new one")
    found += [f"{name} is half a file" for name, data in left.items() if not name.startswith(".~xlseg") and data not in whole]
    found += [f"what was {name} is lost" for name, data in way.files.items() if data in after.values() and data not in left.values()]
    way.save(folder)
    ended = held(folder)
    found += [
        f"the next run leaves {name} another than without the kill"
        for name in sorted(ended.keys() | after.keys())
        if ended.get(name) != after.get(name)
    ]
    return found


def points(steps: list[list[str]], sizes: list[int], kills: int, seed: int) -> list[Point]:
    """Where to kill: each kind of step at least once before and after it, the rest at random; a quarter of all at bytes."""
    chance = random.Random(seed)
    every = [(i, when, n + 1, kind) for i, kinds in enumerate(steps) for n, kind in enumerate(kinds) for when in ("before", "after")]
    chance.shuffle(every)
    needed = {(kind, when): (i, when, n) for i, when, n, kind in every}
    bytes_ = [(i, "byte", chance.randrange(1, sizes[i])) for i in (chance.randrange(len(sizes)) for _ in range(kills // 4))]
    chosen = list(dict.fromkeys([*needed.values(), *bytes_, *((i, when, n) for i, when, n, _ in every)]))
    return [*chosen, *((i, "byte", chance.randrange(1, sizes[i])) for i in (chance.randrange(len(sizes)) for _ in range(kills)))][:kills]


def main() -> int:
    """Kill, report; the exit code is 1 when anything was lost."""
    warnings.simplefilter("ignore", DeprecationWarning)  # a fork of a process with threads: the child only saves
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        return run(Path(name), chosen.kills, chosen.seed)


def run(folder: Path, kills: int, seed: int) -> int:
    """All kills in one folder."""
    all_ways = ways(folder)
    surveys = [survey(way, folder) for way in all_ways]
    sizes = [len(after[way.goal]) for way, (_, after) in zip(all_ways, surveys, strict=True)]
    chosen = points([steps for steps, _ in surveys], sizes, kills, seed)
    wrong = []
    for number, when, at in chosen:
        way, (steps, after) = all_ways[number], surveys[number]
        killed(way, folder, when, at)
        step = f"byte {at}" if when == "byte" else f"{when} call {at}, {steps[at - 1]}"
        wrong += [f"{way.name}, {step}: {fault}" for fault in faults(way, folder, after)]
    kinds = {surveys[i][0][at - 1] for i, when, at in chosen if when != "byte"}
    print(f"{len(chosen):,} kills, {len(all_ways)} ways of saving, {sum(len(s) for s, _ in surveys)} steps: {', '.join(sorted(kinds))}, and bytes")
    print("\n".join(wrong) if wrong else "always the whole old file or the whole new one, and nothing left after the next run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
