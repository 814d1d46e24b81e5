"""One customer looked at closely: who was asked for, who that is, and every metric with what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import pandas as pd

from xlseg.analysis import Analysis
from xlseg.behind import Account, Evidence, accounts
from xlseg.errors import ArgumentError, UnknownCustomerError, XlsegError
from xlseg.intake.cells import shown, trimmed
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.workbook import Value

MOST_MONTHS = 13


@dataclass(frozen=True)
class Asked:
    """What stands in the two yellow cells, as it was typed.

    Attributes
    ----------
    place
        The cells, for messages.
    owner
        Owner by customer id, as the user has typed them on Segments.
    """

    customer: Value = None
    metric: Value = None
    place: tuple[str, str] = ("Drill!B5", "Drill!B6")
    owner: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Drilled:
    """What is shown of what was asked.

    Attributes
    ----------
    customer
        The id, None when nobody is of it.
    metric
        The metric picked.
    remarks
        What could not be understood, in words.
    standing
        His row of `Analysis.standing`.
    course
        His measured rows at the last 13 dates, oldest first, with as_of; dates at which he was not known are empty.
    accounts
        The account of every metric, in the order of the catalogue.
    """

    asked: Asked
    customer: str | None
    metric: str
    remarks: tuple[str, ...]
    standing: pd.Series | None
    course: pd.DataFrame
    accounts: tuple[Account, ...]


def drilled(analysis: Analysis, asked: Asked, first: str) -> Drilled:
    """What is shown: the customer and the metric asked for, or else the `first` customer and how late he pays (or, without invoices, orders)."""
    remarks: list[str] = []
    ids = analysis.standing["customer"].tolist()
    customer = _understood(lambda: customer_named(asked.customer, ids, asked.place[0]), remarks) if shown(asked.customer).strip() else first
    usual = "payment_velocity" if analysis.facts.has_invoices else "orders_per_month"
    metric = (_understood(lambda: metric_named(asked.metric, asked.place[1]), remarks) if shown(asked.metric).strip() else "") or usual
    gone = next((d for d in analysis.departed if customer is None and d.customer.casefold() == shown(asked.customer).strip().casefold()), None)
    if gone:
        remarks[0] = f"{asked.place[0]}: {gone.customer!r} is not in the ERP sheets any more, since {gone.since}; he was {gone.segment}."
    if customer is None:
        return Drilled(asked, None, metric, tuple(remarks), None, analysis.measured.iloc[:0], ())
    evidence = evidence_of(analysis, customer)
    standing = analysis.standing.iloc[ids.index(customer)]
    return Drilled(asked, customer, metric, tuple(remarks), standing, _course(analysis, customer), tuple(accounts(evidence)))


def evidence_of(analysis: Analysis, customer: str) -> Evidence:
    """The documents of a customer, at the as-of date; his id as the ledger has it."""
    return Evidence(analysis.ledger, analysis.facts, analysis.settings, analysis.as_of, customer, analysis.standing)


def _understood(read: Callable[[], str], remarks: list[str]) -> str | None:
    try:
        return read()
    except XlsegError as error:
        remarks.append(str(error))
        return None


def _course(analysis: Analysis, customer: str) -> pd.DataFrame:
    """The measured rows at the last dates; a row of unknowns where he was not known yet."""
    rows = analysis.courses.of(customer)[-MOST_MONTHS:].tolist()
    dates = analysis.dates[-MOST_MONTHS:]
    known = {date: row for date, row in zip(dates, rows, strict=True) if row >= 0}
    found = analysis.measured.iloc[list(known.values())].assign(as_of=list(known))
    return found.set_index("as_of").reindex(list(dates)).rename_axis("as_of").reset_index()


# ── what was typed ───────────────────────────────────────────────────────────


def customer_named(typed: Value, ids: Sequence[str], place: str) -> str:
    """The customer whose id was typed: as it is written, or else the only one whose id differs in case, spaces or leading zeros alone.

    Raises
    ------
    UnknownCustomerError
        When there is none, with the nearest id.
    ArgumentError
        When there are several.
    """
    text = shown(typed)
    if text in ids:
        return text
    for plain in (_folded, _without_zeros):
        wanted = plain(text)
        found = [known for known in ids if plain(known) == wanted] if wanted else []
        if len(found) == 1:
            return found[0]
        if found:
            several = " or ".join(map(repr, found[:3]))
            raise ArgumentError(place, f"{text!r} may be {several}", "write the id as it stands on the Segments tab, as a text")
    raise UnknownCustomerError(place, text, ids)


def _folded(text: str) -> str:
    return trimmed(text).casefold()


def _without_zeros(text: str) -> str:
    """Of a number its digits, of anything else nothing."""
    digits = trimmed(text)
    return (digits.lstrip("0") or "0") if digits.isascii() and digits.isdigit() else ""


def metric_named(typed: Value, place: str) -> str:
    """The metric whose name was typed, in any case, with spaces or underscores.

    Raises
    ------
    ArgumentError
        When there is none, with the nearest name.
    """
    name = "_".join(shown(typed).casefold().replace("-", " ").split())
    if name in CATALOGUE:
        return name
    near = get_close_matches(name[:100], list(CATALOGUE), n=1)
    advice = f"write {near[0]!r}" if near else "take a name from the list of the cell"
    raise ArgumentError(place, f"{shown(typed)!r} is no metric", advice)
