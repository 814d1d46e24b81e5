"""Every exception of xlseg. An error says `place: fact. To go on, advice.` and carries its data.

XlsegError                     known failures: one line for the user, exit code 1
├── SourceError                the ERP sheets cannot be read
│   ├── MissingSheetError      a sheet that is needed is not there
│   └── MissingColumnError     a required column is not among the headings
├── SettingError               a Config cell holds what it cannot hold, or Overrides has lost its headings
├── CriterionError             a Rules cell is not a criterion, or its column no metric
├── PlaybookError              a Playbook cell cannot be what its column says
├── UnknownCustomerError       asked about a customer who is not in the book
├── ArgumentError              an argument of a formula is not what it should be
├── InstallError               the add-in cannot be put into a spreadsheet program
├── ScheduleError              the system's scheduler does not take the refresh
├── NoticeError                a digest or notice cannot be delivered
└── FileError                  the workbook file cannot be read or written
    ├── FormatError            not a workbook, broken, encrypted, or beyond its bounds
    ├── BusyError              open in another program, locked or changed meanwhile
    └── LayoutError            a tab of ours does not have our layout any more

A bad row of a sheet is never an exception: it is a Finding (xlseg.tables).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

LONGEST = 300
"""Characters of a place and of a fact in a message; the advice, which may list names, has twice as many and more."""


class XlsegError(Exception):
    """A known failure: where, what, and what the user can do."""

    def __init__(self, place: str, fact: str, advice: str) -> None:
        place = place or "this folder"  # `.` and `/` have no name
        super().__init__(f"{_short(place)}: {_short(fact)}. To go on, {_short(advice, 3 * LONGEST)}.")
        self.place, self.fact, self.advice = place, fact, advice


def _short(text: str, most: int = LONGEST) -> str:
    """The text; of a long one, such as a cell of 32,767 characters in a sentence, its beginning and end."""
    return text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 3 :]}"


class SourceError(XlsegError):
    """The ERP sheets cannot be read."""


class MissingSheetError(SourceError):
    """A sheet that the refresh cannot do without is not in the book."""

    def __init__(self, book: str, wanted: str, sheets: Sequence[str], other: str = "") -> None:
        near = get_close_matches(wanted, sheets, n=1)
        advice = f"rename {near[0]!r} to {wanted!r}" if near else f"add the export as a sheet named {wanted!r}{other}"
        super().__init__(book, f"no sheet holds {wanted}", advice)
        self.book, self.wanted, self.sheets = book, wanted, tuple(sheets)


class MissingColumnError(SourceError):
    """A required column is not among the headings of its sheet."""

    def __init__(self, sheet: str, column: str, headings: Sequence[str]) -> None:
        near = get_close_matches(column, headings, n=1)
        advice = f"rename {near[0]!r} to {column!r}" if near else "add it, or map it on the Config sheet"
        super().__init__(sheet, f"no column {column!r}", advice)
        self.sheet, self.column, self.headings = sheet, column, tuple(headings)


class SettingError(XlsegError):
    """A Config cell holds what its key cannot hold."""


class CriterionError(XlsegError):
    """A cell of the Rules sheet is not a criterion, or its column is no metric."""


class PlaybookError(XlsegError):
    """A cell of the Playbook sheet cannot be what its column says."""


class UnknownCustomerError(XlsegError):
    """Asked about a customer who is not in the book."""

    def __init__(self, book: str, customer: str, known: Sequence[str]) -> None:
        near = get_close_matches(customer, known, n=1)
        advice = f"try {near[0]!r}" if near else "take an id from the Segments tab"
        super().__init__(book, f"no customer {customer!r}", advice)
        self.book, self.customer = book, customer


class ArgumentError(XlsegError):
    """An argument of a formula is not what it should be."""


class InstallError(XlsegError):
    """The add-in cannot be put into, or taken out of, a spreadsheet program."""


class ScheduleError(XlsegError):
    """The refresh cannot be put into, or taken out of, the system's own scheduler."""


class NoticeError(XlsegError):
    """A digest, or the notice of a failed run, cannot be delivered. Holds no address of a service."""


class FileError(XlsegError):
    """The workbook file cannot be read or written."""


class FormatError(FileError):
    """Not a workbook that can be edited: broken, encrypted, legacy, or beyond its bounds."""


class BusyError(FileError):
    """The file is open in another program, locked, or changed while it was read."""


class LayoutError(FileError):
    """A tab of ours does not have our layout any more."""


@dataclass(frozen=True)
class Failure:
    """What is said of any error that ends a command: where, what, and what the user can do."""

    place: str
    fact: str
    advice: str

    def __str__(self) -> str:
        return f"{self.fact}; the book is as it was. To go on, {self.advice}."


def failure_of(error: Exception, place: str = "") -> Failure:
    """The words for an error; for one of the program itself only its kind, since its text may hold what stands in a cell."""
    if isinstance(error, XlsegError):
        return Failure(error.place, error.fact, error.advice)
    if isinstance(error, MemoryError):
        return Failure(place, "there is not enough memory for this", "leave out what need not be segmented")
    if isinstance(error, OSError) and error.filename:  # a path that the system does not take, such as one of 5,000 characters
        return Failure(_short(os.fsdecode(error.filename)), f"it cannot be used ({error.strerror})", "check the path")
    fact = f"an error of the program itself ({type(error).__name__})"
    return Failure(place, fact, "set XLSEG_TRACEBACK=1, run it again, and report what it prints")
