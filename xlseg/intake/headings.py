"""Recognises the headings of an export: which column of a sheet holds which field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from xlseg.errors import SettingError
from xlseg.intake.cells import trimmed
from xlseg.intake.fields import FIELDS, Field, Role
from xlseg.workbook import Value

_SUMMARY = re.compile(r"^(maximum|minimum|sum|count|group|average|max|min|summe|anzahl)\s+(of|von)\s+", re.IGNORECASE)
_NUMBERED = re.compile(r"^\d+[.):]?\s+(?=\D)")
_NUMBER = re.compile(r"(?<=.)(number|nummer|num|nr)$")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@cache
def fold(heading: str) -> str:
    """A heading without what exports vary: case, spaces, punctuation, "32 …", "Maximum of …", Number/No./Nr./#.

    "InvoiceNo", "invoice_no", "Invoice Number" and "Invoice #" all fold to "invoiceno".
    """
    text = _NUMBERED.sub("", trimmed(heading))
    if text == "*":
        return text  # NetSuite's short name of Main Line
    text = _SUMMARY.sub("", text).replace("#", " no").casefold().translate(_UMLAUTS)
    return _NUMBER.sub("no", re.sub(r"[\W_]+", "", text))


@dataclass(frozen=True)
class Candidate:
    """A column that may hold a field: its position (from 0), its heading as it stands, how strong the name is (0 is strongest)."""

    column: int
    heading: str
    strength: int


Header = Mapping[str, Sequence[Candidate]]
"""Field → candidates, strongest first."""


@cache
def _names(role: Role) -> Mapping[str, Mapping[str, int]]:
    """Folded name → field → strength."""
    known: dict[str, dict[str, int]] = {}
    for name, field in FIELDS[role].items():
        for strength, heading in enumerate(field.names, start=1):
            known.setdefault(fold(heading), {}).setdefault(name, strength)
    return known


def recognised(row: Sequence[Value], role: Role, mapped: Mapping[str, str]) -> Header:
    """Fields of a role that a row of cells names as headings.

    Parameters
    ----------
    row
        The cells from column A on.
    role
        Whose fields are looked for.
    mapped
        Folded heading → field, the user's own map; it wins.
    """
    found: dict[str, list[Candidate]] = {}
    names = _names(role)
    for column, cell in enumerate(row):
        if not isinstance(cell, str) or not (folded := fold(cell)):
            continue
        own = mapped.get(folded)
        for field, strength in {own: 0}.items() if own else names.get(folded, {}).items():
            found.setdefault(field, []).append(Candidate(column, trimmed(cell), strength))
    return {field: sorted(candidates, key=lambda c: (c.strength, c.column)) for field, candidates in found.items()}


def header_of(rows: Sequence[Sequence[Value]], role: Role, mapped: Mapping[str, str]) -> tuple[int, Header]:
    """The header row among the first rows of a sheet: the first that names as many fields as any other; (0, {}) when none names one.

    Returns the row number from 1.
    """
    best: tuple[int, Header] = (0, {})
    for number, row in enumerate(rows, start=1):
        header = recognised(row, role, mapped)
        if columns_named(header) > columns_named(best[1]):
            best = number, header
    return best


def columns_named(header: Header) -> int:
    """How many different columns a header gives to fields."""
    return len({candidate.column for candidates in header.values() for candidate in candidates[:1]})


def chosen(header: Header, fits: Callable[[Candidate, Field], bool], role: Role) -> Iterator[tuple[str, Candidate, bool]]:
    """One column a field, no column twice: (field, candidate, whether its content fits).

    Required fields choose first; each takes the strongest candidate whose content fits, or else the strongest.
    """
    taken: set[int] = set()
    fields = FIELDS[role]
    for name in sorted(header, key=lambda field: (not fields[field].required, min(candidate.strength for candidate in header[field]))):
        free = [candidate for candidate in header[name] if candidate.column not in taken]
        if not free:
            continue
        fitting = [candidate for candidate in free if fits(candidate, fields[name])]
        choice = fitting[0] if fitting else free[0]
        taken.add(choice.column)
        yield name, choice, bool(fitting)


def user_map(headings: Mapping[str, str], sheet: str, role: Role) -> dict[str, str]:
    """The part of Config's heading map that is about a sheet, as folded heading → field.

    Raises
    ------
    SettingError
        When the map names a field that no sheet has.
    """
    mapped = {}
    for heading, wanted in headings.items():
        field = _field_named(wanted, role)
        of_sheet, dot, rest = heading.partition(".")
        if field is None:
            _check_field(heading, wanted)
        elif dot and fold(of_sheet) == fold(sheet):
            mapped[fold(rest)] = field
        else:
            mapped.setdefault(fold(heading), field)
    return mapped


def _field_named(wanted: str, role: Role) -> str | None:
    folded = fold(wanted)
    own = next((name for name, field in FIELDS[role].items() if folded in (fold(field.heading), fold(name))), None)
    return own or next(iter(_names(role).get(folded, ())), None)


def _check_field(heading: str, wanted: str) -> None:
    headings = sorted({field.heading for fields in FIELDS.values() for field in fields.values()})
    if all(_field_named(wanted, role) is None for role in FIELDS):
        near = get_close_matches(wanted, headings, n=1)
        advice = f"write {near[0]!r}" if near else f"write one of {', '.join(headings)}"
        raise SettingError(f"Config, Heading: {heading}", f"{wanted!r} is not a field", advice)
