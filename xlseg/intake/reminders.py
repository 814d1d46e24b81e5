"""The Reminders sheet: what was said to whom, and what he promised."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from xlseg.intake import documents
from xlseg.intake.cells import Texts
from xlseg.intake.documents import Dating
from xlseg.intake.findings import Findings
from xlseg.intake.invoices import Invoices
from xlseg.intake.numbers import known, of_customer
from xlseg.intake.rows import Extract, Reckoning
from xlseg.tables import REMINDERS, Tally
from xlseg.workbook import Array


def read_reminders(
    extract: Extract, findings: Findings, dating: Dating, customers: Collection[str], invoices: Invoices | None
) -> tuple[pd.DataFrame, Tally]:
    """Reminders of a sheet; `customers` are those that other sheets know, `invoices` None when there is no Invoices sheet."""
    reckoning = Reckoning(extract, findings)
    documents.leave_out_copies(reckoning)
    customer = documents.require_customers(reckoning)
    strange = customer.spread([name not in customers for name in customer.distinct], bool)
    reckoning.exclude(strange, "reminder of an unknown customer", "customer", "an id on Customers", severity="warning")
    day = documents.read_dates(reckoning, "date", dating)
    documents.require_dates(reckoning, "date", day)
    promised = documents.read_dates(reckoning, "promised", dating)
    wrong = promised.bad | promised.torn | promised.beyond
    reckoning.remark(wrong, "unreadable promise date", "warning", "promised", "a date from 1950 to 2099", "taken as not stated")
    document = _document(reckoning, customer, invoices) if invoices is not None else extract.texts("document")
    values: dict[str, Array | Texts] = {
        "customer": customer, "document": document, "date": day.days, "channel": extract.texts("channel"),
        "outcome": extract.texts("outcome"), "promised": promised.days, "row": extract.rows,
    }  # fmt: skip
    return documents.frame(REMINDERS, values, reckoning.used), reckoning.tally(0)


def _document(reckoning: Reckoning, customer: Texts, invoices: Invoices) -> Texts:
    """The invoices that reminders are about, by their numbers in the frame."""
    owners = frozenset(invoices.frame["document"].tolist())
    document = of_customer(known(reckoning.extract.texts("document"), {*owners, *invoices.shared}), customer, invoices.shared)
    unknown = document.spread([name != "" and name not in owners for name in document.distinct], bool)
    effect = "counts as a touch of the customer, but of no invoice"
    reckoning.remark(unknown, "reminder of an unknown invoice", "warning", "document", "one invoice that is used", effect)
    return document
