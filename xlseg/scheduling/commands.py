"""The programs of the system's schedulers, called with lists of arguments; no shell reads a line of ours here."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xlseg.errors import ScheduleError

_PATIENCE = 60
"""Seconds for a program that changes a schedule."""


@dataclass(frozen=True)
class Answer:
    """Exit code and output of a program."""

    code: int
    out: bytes = b""
    err: bytes = b""

    @property
    def complaint(self) -> str:
        """The first line of what it complained about."""
        lines = (self.err or self.out).decode("utf-8", "replace").strip().splitlines()
        return lines[0] if lines else f"exit code {self.code}"


Run = Callable[[Sequence[str], bytes], Answer]
"""Runs a program with arguments and what it reads; another one stands in for it in tests."""


def run_program(arguments: Sequence[str], given: bytes = b"") -> Answer:
    """Run a program, its messages in English.

    Raises
    ------
    ScheduleError
        When it is not on this machine or does not answer.
    """
    try:
        done = subprocess.run(arguments, input=given, capture_output=True, timeout=_PATIENCE, check=False, env={**os.environ, "LC_ALL": "C"})
    except FileNotFoundError:
        raise ScheduleError(arguments[0], "there is no such program on this machine", "install it, or choose another scheduler with --with") from None
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScheduleError(arguments[0], f"it does not answer ({type(error).__name__})", "run it by hand once") from None
    return Answer(done.returncode, done.stdout, done.stderr)


def must_succeed(answer: Answer, program: str) -> Answer:
    """The answer of a program that has done what it was asked; else its complaint as an error."""
    if answer.code:
        raise ScheduleError(program, answer.complaint, "put that right and schedule again")
    return answer
