"""Due dates: as stated, else from the payment terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from xlseg.intake import cells
from xlseg.intake.dates import Dates
from xlseg.intake.rows import Reckoning
from xlseg.intake.words import days_of
from xlseg.workbook import Array

_DAY = np.timedelta64(1, "D")


def due_dates(reckoning: Reckoning, read: Dates, issued: Array, customer: Array, credit: Array, terms: Mapping[str, str]) -> Array:
    """Due date of every used row; rows for which there is none are left out.

    Parameters
    ----------
    reckoning
        The rows.
    read
        Their due dates as stated.
    issued, customer, credit
        Their dates and customers, and which are credit memos (due when issued, if nothing else is said).
    terms
        Customer → payment terms, for rows without terms of their own.
    """
    extract = reckoning.extract
    wrong = (read.bad | read.torn | read.beyond | cells.errors(extract.column("due"))) & ~credit
    absent = np.isnat(read.days) & ~credit & reckoning.used
    named = _terms(extract.texts("terms"), absent, customer, terms)
    known = learned(named, _day_numbers(read.days) - _day_numbers(issued), ~np.isnat(read.days) & ~credit & reckoning.used)
    due = read.days.copy()
    for text in set(named[absent]):
        days = days_of(text)
        days = known.get(text) if days is None else days
        if days is not None:
            due = np.where(absent & (named == text), issued + days * _DAY, due)
    filled = absent & ~np.isnat(due)
    reckoning.remark(wrong & filled, "unreadable due date", "warning", "due", "a date from 1950 to 2099", "taken from the terms")
    if extract.has("due"):
        reckoning.note(filled & ~wrong, "no due date", "warning", "due", "a due date", "{n} due dates are taken from the terms")
    reckoning.exclude(wrong & ~filled, "unreadable due date", "due", "a date from 1950 to 2099, or terms that give it")
    field = "due" if extract.has("due") else "terms"
    reckoning.exclude(absent & ~filled, "no due date", field, "a due date, or terms that give it")
    due = np.where(np.isnat(due), issued, due)
    reckoning.remark((due < issued) & ~credit, "due before issued", "info", "due", "a due date not before the date", "used as it is")
    return due


def _terms(own: Array, absent: Array, customer: Array, terms: Mapping[str, str]) -> Array:
    """Terms of each row; where they are needed and it has none, its customer's."""
    named = own.copy()
    unnamed = absent & (own == "")
    named[unnamed] = [terms.get(name, "") for name in customer[unnamed]]
    return named


def _day_numbers(dates: Array) -> Array:
    return dates.astype("datetime64[D]").astype(np.int64)


def learned(terms: Array, days: Array, known: Array) -> dict[str, int]:
    """Days of each term that words do not explain (NAA8): the most common due − issued of its rows, of equally common ones the shortest."""
    seen: dict[str, Counter[int]] = {text: Counter() for text in set(terms) if text and days_of(text) is None}
    if seen:
        for i in np.flatnonzero(known):
            if terms[i] in seen:
                seen[terms[i]][int(days[i])] += 1
    return {text: min(counts, key=lambda n: (-counts[n], n)) for text, counts in seen.items() if counts}
