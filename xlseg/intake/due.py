"""Due dates: as stated, else from the payment terms."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xlseg.intake.cells import Texts
from xlseg.intake.dates import Dates
from xlseg.intake.rows import Reckoning
from xlseg.intake.words import days_of, of_month_end
from xlseg.workbook import Array

_DAY = np.timedelta64(1, "D")


def due_dates(reckoning: Reckoning, read: Dates, issued: Array, customer: Texts, credit: Array, terms: Mapping[str, str]) -> Array:
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
    wrong = (read.bad | read.torn | read.beyond | extract.column("due").errors) & ~credit
    absent = np.isnat(read.days) & ~credit & reckoning.used
    named = _terms(extract.texts("terms"), absent, customer, terms)
    known = _days_of_terms(named, _day_numbers(read.days) - _day_numbers(issued), ~np.isnat(read.days) & ~credit & reckoning.used)
    due = read.days.copy()
    days = named.spread([known.get(text, np.nan) for text in named.distinct], float)
    given = absent & ~np.isnan(days)
    due[given] = issued[given] + days[given].astype(np.int64) * _DAY
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


def _terms(own: Texts, absent: Array, customer: Texts, terms: Mapping[str, str]) -> Texts:
    """Terms of each row; where they are needed and it has none, its customer's."""
    unnamed = absent & own.among("")
    if not unnamed.any():
        return own
    named = own.array.copy()
    named[unnamed] = customer.spread([terms.get(name, "") for name in customer.distinct])[unnamed]
    return Texts.of(named)


def _day_numbers(dates: Array) -> Array:
    return dates.astype("datetime64[D]").astype(np.int64)


def _days_of_terms(terms: Texts, days: Array, known: Array) -> dict[str, int]:
    """Days of each term, where its words or its rows say them."""
    said = {text: days_of(text) for text in terms.distinct}
    unsaid = terms.among(*(text for text, count in said.items() if text and count is None and not of_month_end(text)))
    return {text: count for text, count in said.items() if count is not None} | learned(terms, days, known & unsaid)


def learned(terms: Texts, days: Array, known: Array) -> dict[str, int]:
    """Days of the terms of some rows (NAA8): the most common due − issued of each, of equally common ones the shortest."""
    rows = pd.DataFrame({"term": terms.codes[known], "days": days[known]}).value_counts(sort=False).reset_index(name="rows")
    best = rows.sort_values(["term", "rows", "days"], ascending=[True, False, True]).drop_duplicates("term")
    return dict(zip(terms.distinct[best["term"]].tolist(), best["days"].tolist(), strict=True))
