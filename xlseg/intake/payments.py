"""The Payments sheet: applications of payments, credits and write-offs to invoices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xlseg.intake import documents
from xlseg.intake.cells import Texts
from xlseg.intake.documents import Dating
from xlseg.intake.findings import Findings
from xlseg.intake.invoices import Invoices
from xlseg.intake.lines import of_several
from xlseg.intake.money import amounts
from xlseg.intake.numbers import meant, of_customer
from xlseg.intake.rows import Extract, Reckoning
from xlseg.tables import PAYMENTS, Tally
from xlseg.workbook import Array


def read_payments(extract: Extract, findings: Findings, dating: Dating, base: str, invoices: Invoices | None) -> tuple[pd.DataFrame, Tally]:
    """Applications of a sheet, above 0 when they lower what is owed; `invoices` None when there is no Invoices sheet."""
    reckoning = Reckoning(extract, findings)
    documents.leave_out_totals(reckoning)
    documents.read_amounts(reckoning)
    documents.leave_out_copies(reckoning)
    documents.posted_states(reckoning)
    kind = _voided(reckoning, documents.kinds(reckoning))
    reckoning.exclude(kind.among("invoice", "none"), "not a payment", "type", "Payment, Credit or Write-off", severity="warning")
    _turn(reckoning, kind)
    day = documents.read_dates(reckoning, "date", dating)
    documents.require_dates(reckoning, "date", day)
    owners = invoices.owners if invoices is not None else {}
    shared = invoices.shared if invoices is not None else {}
    document = meant(extract.texts("document"), extract.texts("customer"), owners, shared)
    reckoning.exclude(document.among(*shared), "payment of one of several invoices", "document", "the customer whose invoice of this number it is")
    unknown = document.spread([name != "" and name not in owners for name in document.distinct], bool)
    reckoning.exclude(unknown, "payment of an unknown invoice", "document", "an invoice that is used")
    customer = _customers(reckoning, document, owners)
    effect = "{n} payments stand on account and settle no invoice"
    reckoning.note(document.among(""), "payment on account", "warning", "document", "the invoice it is applied to", effect)
    _leave_out_repeated(reckoning, document, day.days, kind)
    beside = amounts(extract.column("withheld"))
    effect = "{n} payments state a discount, tax or the like beside their amount, which alone is counted: what they leave open stays open"
    reckoning.note(
        beside.present & (beside.hundredths != 0), "withheld amounts not read", "warning", "withheld", "a payment of its own for it", effect
    )
    foreign = invoices.foreign if invoices is not None else {}
    reckoning.amount = np.where(reckoning.used, _in_base(reckoning, document, day.days, base, foreign), reckoning.amount)
    documents.leave_out_beyond(reckoning)
    if invoices is not None:
        _take_apart(reckoning, document, invoices.frame)
        _compare(reckoning, document, day.days, invoices.frame)
    payment = of_customer(extract.texts("payment"), customer, shared)
    if invoices is not None and invoices.memos:
        memo = payment.mapped(lambda number: invoices.memos.get(number, number))
        payment = Texts.of(np.where(kind.among("credit"), memo.array, payment.array))
    credit = kind.among("credit") | (kind.among("") & _of_memos(reckoning, payment, document, invoices))
    values: dict[str, Array | Texts] = {
        "payment": payment, "customer": customer, "date": day.days, "amount": reckoning.amount, "document": document, "is_credit": credit,
        "row": extract.rows,
    }  # fmt: skip
    frame = documents.frame(PAYMENTS, values, reckoning.used)
    return frame, reckoning.tally(int(frame["amount"].sum()))


def _of_memos(reckoning: Reckoning, payment: Texts, document: Texts, invoices: Invoices | None) -> Array:
    """Rows whose payment is by its number a credit memo of the customer, applied to another document of his: no type need say so.

    Not where payments have the numbers of invoices as well: they are numbered on their own then.
    """
    nowhere = np.zeros(len(payment), dtype=bool)
    if invoices is None:
        return nowhere
    memos = dict(zip(*(invoices.frame.loc[invoices.frame["is_credit"], column].tolist() for column in ("document", "amount")), strict=True))
    if any(number in invoices.owners and number not in memos for number in payment.distinct):
        return nowhere
    owner = payment.spread([invoices.owners[number] if number in memos else None for number in payment.distinct])
    most = payment.spread([-memos.get(number, 0) for number in payment.distinct], int)
    applied = (owner == document.spread([invoices.owners.get(number, "") for number in document.distinct])) & (payment.array != document.array)
    return np.array(applied & (reckoning.amount <= most))


def _voided(reckoning: Reckoning, kind: Texts) -> Texts:
    """The kinds, with each voided payment told to be what takes one back, which stands beside it, or that one itself, which counts for nothing."""
    voided = kind.among("void") & reckoning.used
    if not voided.any():
        return kind
    paid = [*zip(reckoning.extract.texts("document").array.tolist(), np.abs(reckoning.amount).tolist(), strict=True)]
    others = {paid[at] for at in np.flatnonzero(reckoning.used & kind.among("payment", ""))}
    takes_back = voided & ((reckoning.amount < 0) | np.array([each in others for each in paid], bool))
    reckoning.exclude(voided & ~takes_back, "voided", "type", "a document that stands", "left out, as it should be", severity="info")
    return Texts.of(np.where(takes_back, "reversal", kind.array))


def _turn(reckoning: Reckoning, kind: Texts) -> None:
    """Signs: payments and credits above 0, reversals below. Where an export books most payments, or most credits, below 0, all are turned."""
    back, credit = kind.among("reversal", "refund"), kind.among("credit")
    for name, group in (("payments", ~back & ~credit), ("credits", credit)):
        below, above = (int((reckoning.used & group & sign).sum()) for sign in (reckoning.amount < 0, reckoning.amount > 0))
        if below > above:
            effect = f"{{n}} {name} are below 0: the signs of all {name} are turned"
            reckoning.note(group & (reckoning.amount < 0), f"{name} below 0", "warning", "amount", f"{name} above 0", effect)
            reckoning.amount = np.where(reckoning.used & group, -reckoning.amount, reckoning.amount)
    wrong = reckoning.used & back & (reckoning.amount > 0)
    reckoning.note(wrong, "reversals above 0", "warning", "amount", "reversals below 0", "{n} reversals are counted below 0")
    reckoning.amount = np.where(wrong, -reckoning.amount, reckoning.amount)


def _customers(reckoning: Reckoning, document: Texts, owners: Mapping[str, str]) -> Texts:
    """Customers: the invoice's, where the payment is applied to one."""
    stated, owner = reckoning.extract.texts("customer"), document.mapped(lambda name: owners.get(name, ""))
    owned = ~owner.among("")
    other = ~stated.among("") & owned & (stated.array != owner.array)
    reckoning.remark(other, "paid by another customer", "warning", "customer", "the invoice's customer", "counted for the invoice's customer")
    customer = owner if owned.all() else Texts.of(np.where(owned, owner.array, stated.array))
    reckoning.exclude(customer.among(""), "no customer", "customer", "a customer id, or the invoice it is applied to")
    return customer


def _leave_out_repeated(reckoning: Reckoning, document: Texts, day: Array, kind: Texts) -> None:
    """A payment applied to an invoice twice on one day with one amount: exported again after something else of it had changed, such as its state."""
    number = reckoning.extract.texts("payment")
    rows = of_several(number.codes, reckoning.used & ~number.among("") & ~document.among(""))
    columns = (number.codes, document.codes, day, reckoning.amount, kind.codes)
    repeated = np.zeros(len(number), dtype=bool)
    repeated[rows] = pd.DataFrame({at: column[rows] for at, column in enumerate(columns)}).duplicated().to_numpy()
    effect = "the first row is used, this one is left out"
    reckoning.exclude(repeated, "payment twice", "payment", "each application of a payment once", effect)


def _take_apart(reckoning: Reckoning, document: Texts, invoices: pd.DataFrame) -> None:
    """Rows of a payment that all state the whole of it, which is what their invoices add up to: each counts with its invoice's amount."""
    number = reckoning.extract.texts("payment")
    place = pd.Index(invoices["document"].to_numpy(object)).get_indexer(document.distinct)
    rows = of_several(number.codes, reckoning.used & ~number.among("") & (place >= 0)[document.codes])
    owed = invoices["amount"].to_numpy()[place[document.codes[rows]]]
    of = pd.DataFrame({"owed": owed, "low": reckoning.amount[rows], "high": reckoning.amount[rows], "documents": document.codes[rows]})
    each = of.groupby(number.codes[rows]).agg({"owed": "sum", "low": "min", "high": "max", "documents": ["nunique", "count"]})
    several = (each["documents", "nunique"] > 1) & (each["documents", "nunique"] == each["documents", "count"])
    whole = several & (each["low", "min"] == each["high", "max"]) & (each["owed", "sum"] == each["low", "min"])
    is_whole = np.zeros(len(number), dtype=bool)
    is_whole[rows] = np.isin(number.codes[rows], each.index[whole])
    effect = "{n} rows state the whole payment of several invoices, which it pays exactly: each counts with its invoice's amount"
    reckoning.note(is_whole, "whole payment on each row", "warning", "amount", "what is applied to the invoice", effect)
    reckoning.amount[is_whole] = owed[is_whole[rows]]


def _in_base(reckoning: Reckoning, document: Texts, day: Array, base: str, foreign: Mapping[str, tuple[str, str]]) -> Array:
    """Amounts in base currency: what is applied to a foreign invoice in its currency counts at its rate, so that it settles exactly."""
    extract = reckoning.extract
    if "amount" in extract.in_base:
        return reckoning.amount
    none = ("", "")
    of_invoice = document.spread([foreign.get(name, none)[1] for name in document.distinct])
    if not extract.has("currency"):
        effect = "{n} payments of foreign invoices are read in the invoice's currency and converted at its rate"
        reckoning.note(of_invoice != "", "payment without currency", "warning", "document", "a Currency column", effect)
        settles = of_invoice != ""
    else:
        stated = extract.texts("currency").mapped(str.upper)
        invoiced = document.spread([foreign.get(name, none)[0] for name in document.distinct])
        settles = (of_invoice != "") & (stated.among("") | (stated.array == invoiced))
    own = documents.converted(reckoning.amount, documents.rates(reckoning, base, but=settles))
    at_invoice = np.where(settles & reckoning.used, of_invoice, "")
    return np.where(settles, documents.converted_in_turn(reckoning.amount, at_invoice, document.codes, day), own)


def _compare(reckoning: Reckoning, document: Texts, day: Array, invoices: pd.DataFrame) -> None:
    """Remarks on payments before their invoice, and on invoices paid more than once over."""
    place = pd.Index(invoices["document"].to_numpy(object)).get_indexer(document.distinct)
    known = place >= 0
    issued = np.full(len(place), "NaT", "datetime64[s]")
    issued[known] = invoices["issued"].to_numpy()[place[known]]
    before = day < issued[document.codes]
    reckoning.remark(before, "paid before issued", "info", "date", "a date not before the invoice's", "counted from the invoice's date on")
    owed = np.zeros(len(place), dtype=np.int64)
    owed[known] = invoices["amount"].to_numpy()[place[known]]
    rows = np.flatnonzero(reckoning.used & known[document.codes])
    left, last = owed.copy(), np.zeros(len(place), dtype=np.int64)
    np.subtract.at(left, document.codes[rows], reckoning.amount[rows])
    np.maximum.at(last, document.codes[rows], rows)
    over = np.zeros(len(document), dtype=bool)
    over[last[(left < 0) & (owed > 0)]] = True
    reckoning.remark(over, "overpaid", "info", "amount", "at most what is owed", "the invoice's balance is below 0", found=document.array)
