"""The Reminders sheet: what was said to whom, and what he promised."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from xlseg.intake import documents
from xlseg.intake.cells import Texts
from xlseg.intake.documents import Dating
from xlseg.intake.findings import Findings
from xlseg.intake.invoices import Invoices
from xlseg.intake.numbers import meant
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
    """The invoices that reminders are about, by their numbers in the frame; "" where it is none of the customer's."""
    document = meant(reckoning.extract.texts("document"), customer, invoices.owners, invoices.shared)
    owner = document.spread([invoices.owners.get(name, "") for name in document.distinct])
    strange = ~document.among("") & (owner != customer.array)
    effect = "counts for the customer as a whole"
    reckoning.remark(strange, "reminder of an unknown invoice", "warning", "document", "one invoice of the customer's", effect)
    return Texts.of(np.where(strange, "", document.array))
