"""The Invoices sheet: invoices and credit memos, one row a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from xlseg.errors import MissingColumnError
from xlseg.intake import cells, documents, lines
from xlseg.intake.cells import Texts
from xlseg.intake.dates import Dates
from xlseg.intake.documents import Dating
from xlseg.intake.due import due_dates
from xlseg.intake.findings import Findings
from xlseg.intake.lines import Lines
from xlseg.intake.money import amounts
from xlseg.intake.rows import Extract, Reckoning
from xlseg.intake.words import says_open
from xlseg.tables import INVOICES, Tally
from xlseg.workbook import Array

_MANY = 10
"""So many amounts below 0 and hardly any above are no credit memos."""
_SAYS_OF_BALANCE = {"remaining": "amount remaining", "received": "amount paid", "credits": "amount credited"}
_SENTINEL = np.datetime64("2099-01-01", "s")
"""A paid date from here on means "not paid"."""


@dataclass(frozen=True)
class Invoices:
    """The invoices, their reconciliation, currency and FX rate of each document not in base currency, and the numbers that several customers share.

    foreign: document → currency in capitals and rate; shared: number → customer → the document's name in the frame; memos: number of an invoice →
    the credit memo of that number.
    """

    frame: pd.DataFrame
    tally: Tally
    foreign: Mapping[str, tuple[str, str]]
    shared: Mapping[str, Mapping[str, str]]
    memos: Mapping[str, str]

    @cached_property
    def owners(self) -> dict[str, str]:
        """Document → its customer."""
        return dict(zip(self.frame["document"].tolist(), self.frame["customer"].tolist(), strict=True))


def read_invoices(extract: Extract, findings: Findings, dating: Dating, base: str, terms: Mapping[str, str]) -> Invoices:
    """Invoices and credit memos of a sheet.

    Parameters
    ----------
    extract
        The sheet's columns.
    findings
        Where defects go.
    dating
        How the source's dates are read.
    base
        Base currency, "" when none is stated anywhere.
    terms
        Customer → payment terms, for invoices without due date and terms.

    Raises
    ------
    MissingColumnError
        When neither due dates nor terms are to be had.
    """
    if not extract.has("due") and not extract.has("terms") and not any(terms.values()):
        raise MissingColumnError(extract.sheet, "Due Date", ())
    reckoning = Reckoning(extract, findings)
    return _documents(reckoning, _read_rows(reckoning, dating, base, terms))


@dataclass(frozen=True)
class _Rows:
    """What each row of the sheet says, before rows of one document are brought together.

    kind, by_type: what its type says, and whether that is a credit; of: which rows have one number; issued, stated, due, paid: datetime64[D],
    `stated` the due date before terms; raw, rate: hundredths as in the sheet, and the rate that has made `reckoning.amount` of them; remaining:
    hundredths of the base currency, NaN = not stated; received: what is said to be paid and credited, likewise, where nothing says what remains.
    """

    state: Texts
    kind: Texts
    by_type: Array
    customer: Texts
    of: Lines
    issued: Array
    stated: Array
    due: Array
    paid: Array
    raw: Array
    rate: Array
    remaining: Array
    received: tuple[Array, ...]


def _read_rows(reckoning: Reckoning, dating: Dating, base: str, terms: Mapping[str, str]) -> _Rows:
    """The rows, amounts in base currency; each step leaves out rows, and the next sees only those that are left.

    Copies go first, as a copy of a voided row is a copy. Signs are turned before anything is asked of credits, and amounts are converted last, when
    the rows are known whose rates matter.
    """
    extract = reckoning.extract
    documents.leave_out_totals(reckoning)
    documents.read_amounts(reckoning)
    documents.leave_out_copies(reckoning)
    state = documents.posted_states(reckoning)
    kind = _kinds(reckoning)
    by_type = kind.among("credit", "refund")
    sign = _sign(reckoning, kind)
    documents.turn_credits(reckoning, by_type)
    customer = documents.require_customers(reckoning)
    issued = documents.read_dates(reckoning, "date", dating)
    documents.require_dates(reckoning, "date", issued)
    raw, rate = reckoning.amount.copy(), documents.rates(reckoning, base)
    reckoning.amount = np.where(reckoning.used, documents.converted(reckoning.amount, rate), reckoning.amount)
    documents.leave_out_beyond(reckoning)
    of = Lines.of(extract.texts("document"), customer, issued.days)
    stated = _of_lines(reckoning, of, documents.read_dates(reckoning, "due", dating))
    due = due_dates(reckoning, stated, issued.days, customer, by_type | (reckoning.amount < 0), terms)
    paid = _paid(reckoning, issued.days, _of_lines(reckoning, of, documents.read_dates(reckoning, "paid", dating)))
    remaining = sign * _stated(reckoning, "remaining", rate, base)
    instead = ("received", "credits") if extract.column("remaining").blank.all() else ()
    received = [_stated(reckoning, field, rate, base) for field in instead]
    return _Rows(state, kind, by_type, customer, of, issued.days, stated.days, due, paid, raw, rate, remaining, tuple(received))


def _documents(reckoning: Reckoning, rows: _Rows) -> Invoices:
    """One row a document, with what its rows add up to."""
    state, by_type, of = rows.state, rows.by_type, rows.of
    document, shared = lines.told_apart(reckoning, numbered(reckoning), rows.customer)
    document, memos = lines.credits_apart(reckoning, document, by_type, rows.kind.among("invoice"))
    lines.leave_out_items(reckoning, document, rows.raw)
    disputed = _disputed(reckoning) | state.among("disputed")
    same = {"customer": rows.customer.codes, "date": rows.issued, "due": rows.stated, "type": by_type, "paid": rows.paid}
    if not of.are_said_once(~state.among(""), reckoning.used):
        same["status"] = state.codes
    head = lines.merge_lines(reckoning, document, same, rows.raw, rows.remaining)
    own = reckoning.used & (head == np.arange(len(head)))
    added = lines.added_up(reckoning.amount, head, reckoning.used)
    amount = _rounded_once(reckoning, rows.raw, rows.rate, head, added)
    credit = by_type | (amount < 0)
    if rows.received:
        left = np.where(own, _less_received(rows.received, head, amount, reckoning.used), np.nan)
    else:
        left = _of_documents(reckoning, rows.remaining, head, amount, credit, of)
    reckoning.amount = np.where(own, reckoning.amount + amount - added, reckoning.amount)  # what rounding has moved is of the document's own row
    values: dict[str, Array | Texts] = {
        "document": document,
        "customer": rows.customer,
        "issued": rows.issued,
        "due": rows.due,
        "amount": amount,
        "remaining": left,
        "paid": rows.paid,
        "status": state.mapped(lambda word: "open" if word == "disputed" else word),
        "is_credit": credit,
        "disputed": disputed,
        "row": reckoning.extract.rows,
    }
    frame = documents.frame(INVOICES, values, own)
    currency = reckoning.extract.texts("currency").mapped(str.upper).array
    foreign = {document.array[i]: (currency[i], rows.rate[i]) for i in np.flatnonzero(own & (rows.rate != ""))}
    return Invoices(frame, reckoning.tally(int(frame["amount"].sum())), foreign, shared, memos)


def _kinds(reckoning: Reckoning) -> Texts:
    """Kind of each row by its type; what is neither invoice nor credit memo is left out."""
    kind = documents.kinds(reckoning)
    _uncleared(reckoning, kind)
    cleared = kind.among("payment") & ~reckoning.extract.column("paid").blank
    effect = "left out: the invoices say themselves when they were paid"
    reckoning.exclude(cleared, "payment among the invoices", "type", "Invoice or Credit Memo", effect, severity="info")
    reckoning.exclude(kind.among("payment", "reversal", "none"), "not an invoice", "type", "Invoice or Credit Memo", severity="warning")
    return kind


def _sign(reckoning: Reckoning, kind: Texts) -> int:
    """-1 where an export books what is owed below 0, as one of payables may: its amounts are turned; else 1."""
    said, owed = kind.among("invoice") & reckoning.used, kind.among("invoice", "") & reckoning.used
    below, above = (int((owed & sign).sum()) for sign in (reckoning.amount < 0, reckoning.amount > 0))
    if not (said.any() and below > above) and not below >= max(_MANY, 9 * above):
        return 1
    effect = "{n} invoices are below 0: the signs of all amounts of the sheet are turned"
    reckoning.note(owed & (reckoning.amount < 0), "invoices below 0", "warning", "amount", "invoices above 0", effect)
    reckoning.amount = np.where(reckoning.used, -reckoning.amount, reckoning.amount)
    return -1


def _uncleared(reckoning: Reckoning, kind: Texts) -> None:
    """Payments among the invoices that the ledger has not cleared: they lower the account's balance, but nobody says of which invoice."""
    extract = reckoning.extract
    if extract.has("paid"):
        wanted, effect = "a Payments sheet that says of which invoice", "row left out: the open balance is above the account's by this amount"
        waits = kind.among("payment") & extract.column("paid").blank
        reckoning.exclude(waits, "payment not cleared", "type", wanted, effect, severity="warning")


def _stated(reckoning: Reckoning, field: str, rate: Array, base: str) -> Array:
    """What remains, is paid or is credited in hundredths of the base currency, as signed in the sheet; NaN = not stated."""
    extract = reckoning.extract
    read, what = amounts(extract.column(field)), _SAYS_OF_BALANCE[field]
    reckoning.remark(read.bad, f"unreadable {what}", "warning", field, "an amount", "taken as not stated")
    documents.remark_unsure(reckoning, read, field)
    hundredths = read.hundredths if field in extract.in_base else documents.converted(read.hundredths, rate)
    present = read.present & (np.abs(hundredths) < documents.BEYOND)
    if "amount" in extract.in_base and _is_foreign(extract, field):
        foreign = documents.foreign_rows(extract, base) & present & (hundredths != 0)
        effect = "{n} amounts in foreign currency have no counterpart in base currency and are taken as not stated"
        reckoning.note(foreign, f"{what} not converted", "warning", field, "an amount in base currency", effect)
        present &= ~foreign
    return np.where(present, hundredths, np.nan)


def _less_received(received: Sequence[Array], head: Array, amount: Array, used: Array) -> Array:
    """Amount remaining of each document by what is said to be paid of it and credited; NaN where nothing is.

    Of a document with several lines that is what all of them repeat, or the sum.
    """
    settled, rows = np.full(len(head), np.nan), np.flatnonzero(used)
    for each in received:
        of = pd.Series(each[rows]).groupby(head[rows]).agg(["min", "max", "sum", "count"])
        told = np.where(of["min"] == of["max"], of["min"], of["sum"])
        settled[of.index] = np.where(of["count"] > 0, np.abs(told) + np.nan_to_num(settled[of.index]), settled[of.index])
    return np.array(np.sign(amount) * np.maximum(np.abs(amount) - settled, 0))


def _is_foreign(extract: Extract, field: str) -> bool:
    """Whether amounts of a field are in the documents' currencies, where the amounts themselves are in base currency."""
    heading = extract.heading(field)
    return documents.says_foreign(heading) or (documents.says_base(extract.heading("amount")) and not documents.says_base(heading))


def _of_lines(reckoning: Reckoning, of: Lines, read: Dates) -> Dates:
    """Dates that an export states on the first line of each document alone, on all of its lines."""
    return replace(read, days=of.filled_down(read.days, reckoning.used))


def _rounded_once(reckoning: Reckoning, raw: Array, rate: Array, head: Array, added: Array) -> Array:
    """The amount of each document: what its lines add up to or, where they have one rate, that of their sum, which a payment of all settles."""
    several = lines.of_several(head, reckoning.used & (rate != ""))
    if not len(several):
        return added
    at_another = several[rate[several] != rate[head[several]]]
    heads = np.setdiff1d(head[several], head[at_another])
    amount = added.copy()
    amount[heads] = documents.converted(lines.added_up(raw, head, reckoning.used)[heads], rate[heads])
    return amount


def _paid(reckoning: Reckoning, issued: Array, read: Dates) -> Array:
    late = read.beyond | (read.days >= _SENTINEL)
    paid = np.where(late, np.datetime64("NaT", "D"), read.days)
    reckoning.remark(late, "paid date means none", "info", "paid", "a date, or an empty cell", "taken as not paid")
    reckoning.remark(
        (read.bad | read.torn) & ~says_open(reckoning.extract.column("paid")),
        "unreadable paid date",
        "warning",
        "paid",
        "a date",
        "taken as not stated",
    )
    reckoning.remark(paid < issued, "paid before issued", "info", "paid", "a paid date not before the date", "counted as paid on the invoice's date")
    return paid


def numbered(reckoning: Reckoning) -> Texts:
    """Document numbers; a row without one gets its row number, so that its amount is not lost."""
    extract = reckoning.extract
    stated = extract.texts("document")
    nameless = stated.among("")
    if not nameless.any():
        return stated
    reckoning.remark(nameless, "no document number", "warning", "document", "a document number", "used as a document of its own")
    document = stated.array.copy()
    document[nameless] = [f"(row {row})" for row in extract.rows[nameless].tolist()]
    return Texts.of(document)


def _disputed(reckoning: Reckoning) -> Array:
    yes, odd = cells.flags(reckoning.extract.column("disputed"))
    reckoning.remark(odd, "neither yes nor no", "warning", "disputed", "Yes or No", "taken as No")
    return yes


def _of_documents(reckoning: Reckoning, remaining: Array, head: Array, amount: Array, credit: Array, of: Lines) -> Array:
    """Amount remaining of each document, signed like its amount.

    Of a document with several lines it is what all of them repeat, or the first alone says, or the sum when each states its own amount.
    """
    result = remaining.copy()
    rows = lines.of_several(head, reckoning.used)
    if len(rows):
        stated = pd.DataFrame({"low": remaining[rows], "high": remaining[rows], "total": remaining[rows]})
        stated["own"] = np.abs(reckoning.amount[rows]) == np.abs(remaining[rows])
        blank = reckoning.extract.column("remaining").blank
        unsaid = blank[rows] & (rows != head[rows]) & of.are_said_once(~blank, reckoning.used)
        stated["unknown"] = np.isnan(remaining[rows]) & ~unsaid
        each = stated.groupby(head[rows]).agg({"low": "min", "high": "max", "total": "sum", "own": "all", "unknown": "any"})
        repeated = (each["low"] == each["high"]) & ~each["own"]
        known = np.where(each["own"], amount[each.index], np.where(repeated, each["low"], each["total"]))
        result[each.index] = np.where(each["unknown"], np.nan, known)
    result = np.where(credit, -np.abs(result), result)
    more = (np.abs(result) > np.abs(amount)) & (head == np.arange(len(head)))
    reckoning.remark(more, "more remaining than invoiced", "warning", "remaining", "at most the amount", "used as it is")
    return result
