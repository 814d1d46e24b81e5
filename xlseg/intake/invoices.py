"""The Invoices sheet: invoices and credit memos, one row a document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.errors import MissingColumnError
from xlseg.intake import cells, documents
from xlseg.intake.dates import Dates
from xlseg.intake.findings import Findings
from xlseg.intake.money import amounts
from xlseg.intake.rows import Extract, Reckoning
from xlseg.intake.words import days_of
from xlseg.tables import INVOICES, Tally
from xlseg.workbook import Array

_DAY = np.timedelta64(1, "D")
_SENTINEL = np.datetime64("2099-01-01", "s")
"""A paid date from here on means "not paid"."""


@dataclass(frozen=True)
class Invoices:
    """The invoices, their reconciliation, and the FX rate of each document that is not in base currency."""

    frame: pd.DataFrame
    tally: Tally
    rates: Mapping[str, str]


def read_invoices(extract: Extract, findings: Findings, *, base: str, terms: Mapping[str, str], epoch_1904: bool, day_first: bool | None) -> Invoices:
    """Invoices and credit memos of a sheet.

    Parameters
    ----------
    extract
        The sheet's columns.
    findings
        Where defects go.
    base
        Base currency, "" when there is only one.
    terms
        Customer → payment terms, for invoices without due date and terms.
    epoch_1904, day_first
        How the source's dates are read.

    Raises
    ------
    MissingColumnError
        When neither due dates nor terms are to be had.
    """
    if not extract.has("due") and not extract.has("terms") and not any(terms.values()):
        raise MissingColumnError(extract.sheet, "Due Date", list(extract.headings.values()))
    reckoning = Reckoning(extract, findings)
    documents.leave_out_totals(reckoning)
    documents.read_amounts(reckoning)
    documents.leave_out_copies(reckoning)
    state = documents.states(reckoning)
    credit = _credits(reckoning)
    customer = documents.require_customers(reckoning)
    issued = documents.read_dates(reckoning, "date", epoch_1904=epoch_1904, day_first=day_first)
    documents.require_dates(reckoning, "date", issued)
    rate = documents.rates(reckoning, base)
    reckoning.amount = np.where(reckoning.used, documents.converted(reckoning.amount, rate), reckoning.amount)
    remaining = _remaining(reckoning, credit, rate)
    due = _due(reckoning, issued.days, customer, credit, terms, documents.read_dates(reckoning, "due", epoch_1904=epoch_1904, day_first=day_first))
    paid = _paid(reckoning, issued.days, documents.read_dates(reckoning, "paid", epoch_1904=epoch_1904, day_first=day_first))
    document = numbered(reckoning)
    disputed = _disputed(reckoning) | (state == "disputed")
    head = documents.merge_lines(
        reckoning, document, {"customer": customer, "date": issued.days, "due": due, "credit": credit, "status": state, "paid": paid}
    )
    used, own = reckoning.used, reckoning.used & (head == np.arange(len(head)))
    values = {
        "document": document, "customer": customer, "issued": issued.days, "due": due, "amount": documents.added_up(reckoning.amount, head, used),
        "remaining": _remaining_of_lines(remaining, reckoning.amount, head, used), "paid": paid, "status": np.where(state == "disputed", "open", state),
        "is_credit": credit, "disputed": disputed, "row": extract.rows,
    }  # fmt: skip
    frame = documents.frame(INVOICES, values, own)
    rates = {document[i]: rate[i] for i in np.flatnonzero(own & (rate != ""))}
    return Invoices(frame, reckoning.tally(int(frame["amount"].sum())), rates)


def _credits(reckoning: Reckoning) -> Array:
    """Which rows are credit memos, by type or sign; what is neither invoice nor credit memo is left out."""
    kind = documents.kinds(reckoning)
    reckoning.exclude(np.isin(kind, ("payment", "reversal", "none")), "not an invoice", "type", "Invoice or Credit Memo", severity="warning")
    documents.turn_credits(reckoning, kind == "credit")
    return (kind == "credit") | (reckoning.amount < 0)


def _remaining(reckoning: Reckoning, credit: Array, rate: Array) -> Array:
    """Amounts remaining in hundredths, signed like the amount; NaN = not stated."""
    extract = reckoning.extract
    if not extract.has("remaining"):
        return np.full(len(extract.rows), np.nan)
    read = amounts(extract.column("remaining"))
    reckoning.remark(read.bad, "unreadable amount remaining", "warning", "remaining", "an amount", "taken as not stated")
    effect = "{n} cells like it are read with the separator grouping thousands"
    reckoning.note(read.unsure, "ambiguous amounts", "warning", "remaining", "amounts with decimals, or true numbers", effect)
    hundredths = read.hundredths if "remaining" in extract.in_base else documents.converted(read.hundredths, rate)
    hundredths = np.where(credit, -np.abs(hundredths), hundredths)
    reckoning.remark(
        read.present & (np.abs(hundredths) > np.abs(reckoning.amount)),
        "more remaining than invoiced",
        "warning",
        "remaining",
        "at most the amount",
        "used as it is",
    )
    return np.where(read.present, hundredths, np.nan)


def _due(reckoning: Reckoning, issued: Array, customer: Array, credit: Array, terms: Mapping[str, str], read: Dates) -> Array:
    """Due dates; where there is none, from the row's terms, else the customer's; credit memos are due when issued."""
    extract = reckoning.extract
    due = read.days.copy()
    wrong = read.bad | read.torn | read.beyond | cells.errors(extract.column("due"))
    reckoning.remark(wrong & ~credit, "unreadable due date", "warning", "due", "a date from 1950 to 2099", "taken from the terms")
    own = np.char.strip(extract.texts("terms").astype(str)).astype(object)
    codes = learned(own, (due - issued) // _DAY, ~np.isnat(due) & reckoning.used & ~credit)
    absent = np.isnat(due) & ~credit & reckoning.used
    unnamed = absent & (own == "")
    named = own.copy()
    named[unnamed] = [terms.get(name, "") for name in customer[unnamed]]
    days = {text: codes.get(text) if days_of(text) is None else days_of(text) for text in set(named[absent])}
    for text, count in days.items():
        if count is not None:
            due = np.where(absent & (named == text), issued + count * _DAY, due)
    if extract.has("due"):
        reckoning.note(absent & ~np.isnat(due), "no due date", "warning", "due", "a due date", "{n} due dates are taken from the terms")
    reckoning.exclude(
        np.isnat(due) & ~credit, "no due date", "due" if extract.has("due") else "terms", "a due date, or terms that give it", found=named
    )
    due = np.where(np.isnat(due), issued, due)
    reckoning.remark((due < issued) & ~credit, "due before issued", "info", "due", "a due date not before the date", "used as it is")
    return due


def learned(terms: Array, days: Array, known: Array) -> dict[str, int]:
    """Days of each term that words do not explain (NAA8): the most common due − issued of its rows; of equally common ones the shortest."""
    seen: dict[str, Counter[int]] = {}
    obscure = {text for text in set(terms) if text and days_of(text) is None}
    if obscure:
        for i in np.flatnonzero(known):
            if terms[i] in obscure:
                seen.setdefault(terms[i], Counter())[int(days[i].astype(np.int64))] += 1
    return {text: min(counts, key=lambda n: (-counts[n], n)) for text, counts in seen.items()}


def _paid(reckoning: Reckoning, issued: Array, read: Dates) -> Array:
    paid = read.days.copy()
    late = (read.beyond & ~read.bad) | (paid >= _SENTINEL)
    reckoning.remark(late, "paid date means none", "info", "paid", "a date, or an empty cell", "taken as not paid")
    reckoning.remark(read.bad | read.torn, "unreadable paid date", "warning", "paid", "a date", "taken as not stated")
    paid[late] = np.datetime64("NaT")
    reckoning.remark(paid < issued, "paid before issued", "info", "paid", "a paid date not before the date", "counted as paid on the invoice's date")
    return paid


def numbered(reckoning: Reckoning) -> Array:
    """Document numbers; a row without one gets its row number, so that its balance is not lost."""
    extract = reckoning.extract
    document = extract.texts("document")
    nameless = document == ""
    reckoning.remark(nameless, "no document number", "warning", "document", "a document number", "used as a document of its own")
    document[nameless] = [f"(row {row})" for row in extract.rows[nameless]]
    return document


def _disputed(reckoning: Reckoning) -> Array:
    yes, odd = cells.flags(reckoning.extract.column("disputed"))
    reckoning.remark(odd, "neither yes nor no", "warning", "disputed", "Yes or No", "taken as No")
    return yes


def _remaining_of_lines(remaining: Array, amount: Array, head: Array, used: Array) -> Array:
    """Amount remaining of each document: the one its lines repeat, or the sum of its lines where each states its own."""
    result = remaining.copy()
    lines = pd.DataFrame({"head": head[used], "remaining": remaining[used], "amount": amount[used]})
    lines = lines[lines["head"].duplicated(keep=False)]
    for key, group in lines.groupby("head"):
        stated = group["remaining"]
        repeated = stated.nunique(dropna=False) == 1 and not (stated == group["amount"]).all()
        result[key] = stated.iloc[0] if repeated else stated.sum(min_count=len(stated))
    return result
