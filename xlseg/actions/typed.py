"""What the user has typed on the Actions tab, and what the Action Log tells: read as values, judged here, nothing dropped."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from xlseg.intake.dates import TwoNumbers, reading_of
from xlseg.workbook import CellError, Value

OPEN, DOING, PROMISED, DONE, SUPPRESSED = STATUSES = ("Open", "Doing", "Promised", "Done", "Suppressed")
LAPSED = "Lapsed"


@dataclass(frozen=True)
class Typed:
    """One row of the Actions tab as it stands there.

    `status`, `follow_up` and `note` are the cells; `own` are the cells in columns of the user's, by heading; `held`, `when` and the texts are ours.
    """

    customer: str
    kind: str
    name: str = ""
    segment: str = ""
    action: str = ""
    when: dt.date | None = None
    channel: str = ""
    tone: str = ""
    owner: str = ""
    balance: float = math.nan
    held: str = ""
    status: Value = None
    follow_up: Value = None
    note: Value = None
    own: Mapping[str, Value] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Customer and kind."""
        return self.customer, self.kind

    @property
    def word(self) -> str:
        """The status as it is meant: one of STATUSES, or "" for a word that is none of them."""
        text = "" if self.status is None else " ".join(str(self.status).split()).casefold()
        return next((s for s in STATUSES if s.casefold() == (text or "open")), "")

    @property
    def until(self) -> dt.date | None:
        """The follow-up as a date; None when there is none, or it cannot be read."""
        return day_of(self.follow_up)

    @property
    def is_over(self) -> bool:
        """Whether he is done with it."""
        return self.word in (DONE, SUPPRESSED)

    @property
    def holds(self) -> bool:
        """Whether he has typed something that keeps the row on the list while it is due."""
        return self.word != OPEN or _is_filled(self.follow_up) or _is_filled(self.note)

    @property
    def is_touched(self) -> bool:
        """Whether he has typed anything at all, in columns of his own too."""
        return self.holds or any(map(_is_filled, self.own.values()))


def day_of(value: Value) -> dt.date | None:
    """A date as it may have been typed: a true date, 2026-11-30, 30.11.2026; None for anything else, or for a day and month that could be swapped."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    found = reading_of(value)
    if isinstance(found, TwoNumbers):
        day_first = True if found.mark == "." else found.vote
        return None if day_first is None else found.ordered(day_first)
    return found if isinstance(found, dt.date) else None


def _is_filled(value: Value) -> bool:
    return value is not None and value != ""


@dataclass(frozen=True)
class Listed:
    """The Actions tab as it stands: the as-of date of the list and its rows, in their order."""

    as_of: dt.date | None = None
    rows: tuple[Typed, ...] = ()

    @cached_property
    def by_key(self) -> dict[tuple[str, str], Typed]:
        """The row that each customer and kind has; of several the first, with which the others' cells do not move."""
        return {row.key: row for row in reversed(self.rows)}

    @cached_property
    def complete(self) -> frozenset[str]:
        """The user's columns that are filled in every one of several rows: most likely formulas, which do not keep a row on the list."""
        names = {name for row in self.rows for name in row.own}
        return frozenset(n for n in names if len(self.rows) > 1 and all(_is_filled(row.own.get(n)) for row in self.rows))


NOTHING_LISTED = Listed()


@dataclass(frozen=True)
class Logged:
    """A row of the Action Log, as far as it counts later."""

    day: dt.date
    customer: str
    kind: str
    outcome: str
    channel: str = ""
    until: dt.date | None = None


@dataclass(frozen=True)
class Entry:
    """A row to add to the Action Log; what the user has typed is there as he typed it."""

    day: dt.date
    row: Typed
    outcome: str

    @property
    def logged(self) -> Logged:
        """What counts of it from now on."""
        return Logged(self.day, self.row.customer, self.row.kind, self.outcome, self.row.channel, self.row.until)

    @property
    def other(self) -> str:
        """What was typed in columns of the user's, and a status that is not the outcome."""
        words = [f"{name}: {said(value)}" for name, value in self.row.own.items() if _is_filled(value)]
        if self.row.word != OPEN and self.row.word != self.outcome:
            words.insert(0, f"Status: {said(self.row.status)}")
        return "; ".join(words)


def said(value: Value) -> str:
    """A cell in words."""
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.code if isinstance(value, CellError) else str(value)


# ── a list for an earlier day ────────────────────────────────────────────────

_WAITS = "Not due on {}; typed on the list of {}"
_WAITING = re.compile(r"Not due on \d{4}-\d\d-\d\d; typed on the list of (\d{4}-\d\d-\d\d)")


def waits(row: Typed, listed: Listed, as_of: dt.date) -> str:
    """Why a row that is not due stays: the book is looked at for a day before that of the list it was typed on. "" when it need not."""
    match = _WAITING.fullmatch(row.held)
    since = dt.date.fromisoformat(match[1]) if match else listed.as_of
    return _WAITS.format(as_of, since) if since is not None and as_of < since else ""


def finished(rows: Sequence[Typed], on: dt.date) -> tuple[list[Entry], list[Typed]]:
    """Entries for the rows the user is done with, and the other rows."""
    return [Entry(on, row, row.word) for row in rows if row.is_over], [row for row in rows if not row.is_over]
