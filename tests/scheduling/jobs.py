"""A job with everything in its paths that a scheduler might trip over, and stand-ins for the programs of schedulers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from xlseg.scheduling.commands import Answer
from xlseg.scheduling.job import Job

PLAIN = Job(
    "0a1b2c3d",
    dt.time(6, 30),
    True,
    "",
    ("/opt/py/bin/python", "-P", "-m", "xlseg", "refresh", "/srv/finance/erp.xlsx", "--log", "/var/log/erp.log"),
    (("HOME", "/home/anna"), ("LANG", "de_DE.UTF-8")),
)
HARD_NAME = 'Jörg\'s "100%" & 5% more; $(touch x) `id` $HOME #1'
HARD = Job(
    "ffffffff",
    dt.time(0, 5),
    False,
    "",
    ("/opt/my py/bin/python", "-P", "-m", "xlseg", "refresh", f"/srv/{HARD_NAME}/erp.xlsx", "--log", f"/var/{HARD_NAME}.log"),
    (("HOME", f"/home/{HARD_NAME}"), ("LANG", "C.UTF-8")),
)


class Crontab:
    """Answers as the program `crontab` does, and keeps the table."""

    def __init__(self, table: bytes | None = None) -> None:
        self.table = table
        self.calls: list[list[str]] = []

    def __call__(self, arguments: Sequence[str], given: bytes = b"") -> Answer:
        self.calls.append(list(arguments))
        match list(arguments):
            case ["crontab", "-l"]:
                return Answer(1, b"", b"no crontab for anna\n") if self.table is None else Answer(0, self.table)
            case ["crontab", "-"]:
                self.table = given
            case ["crontab", "-r"]:
                self.table = None
            case _:
                raise AssertionError(arguments)
        return Answer(0)


class Programs:
    """Notes what it is asked to run, and answers as it is told to by the first words; otherwise with success."""

    def __init__(self, answers: dict[str, Answer] | None = None) -> None:
        self.answers = answers or {}
        self.calls: list[str] = []
        self.files: dict[str, bytes] = {}

    def __call__(self, arguments: Sequence[str], given: bytes = b"") -> Answer:
        line = " ".join(arguments)
        self.calls.append(line)
        for word in arguments:
            if word.endswith((".xml", ".plist")) and Path(word).exists():
                self.files[word] = Path(word).read_bytes()
        return next((answer for start, answer in self.answers.items() if line.startswith(start)), Answer(0))
