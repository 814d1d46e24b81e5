"""The SalesOrders sheet: orders and refunds, one row a document."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xlseg.intake import documents, lines
from xlseg.intake.cells import Texts
from xlseg.intake.documents import Dating
from xlseg.intake.findings import Findings
from xlseg.intake.invoices import numbered
from xlseg.intake.rows import Extract, Reckoning
from xlseg.intake.words import is_offer
from xlseg.tables import ORDERS, Tally
from xlseg.workbook import Array


def read_orders(extract: Extract, findings: Findings, dating: Dating, base: str) -> tuple[pd.DataFrame, Tally]:
    """Orders of a sheet that are neither cancelled nor mere offers; refunds below 0."""
    reckoning = Reckoning(extract, findings)
    documents.leave_out_totals(reckoning)
    documents.read_amounts(reckoning)
    documents.leave_out_copies(reckoning)
    documents.states(reckoning)
    status = reckoning.extract.texts("status")
    offers = status.among(*filter(is_offer, status.distinct))
    reckoning.exclude(offers, "not ordered yet", "status", "an order that was placed", "left out, as it should be", severity="info")
    kind = documents.kinds(reckoning)
    reckoning.exclude(kind.among("none", "payment"), "not an order", "type", "Sales Order or a return", severity="warning")
    documents.turn_credits(reckoning, kind.among("credit", "refund", "reversal"))
    customer = documents.require_customers(reckoning)
    day = documents.read_dates(reckoning, "date", dating)
    documents.require_dates(reckoning, "date", day)
    raw, rate = reckoning.amount.copy(), documents.rates(reckoning, base)
    reckoning.amount = np.where(reckoning.used, documents.converted(reckoning.amount, rate), reckoning.amount)
    documents.leave_out_beyond(reckoning)
    document, _ = lines.told_apart(reckoning, numbered(reckoning), customer)
    lines.leave_out_items(reckoning, document, raw)
    head = lines.merge_lines(reckoning, document, {"customer": customer.codes, "date": day.days, "type": kind.codes}, raw)
    used = reckoning.used
    amount = lines.added_up(reckoning.amount, head, used)
    values: dict[str, Array | Texts] = {"document": document, "customer": customer, "date": day.days, "amount": amount, "row": extract.rows}
    frame = documents.frame(ORDERS, values, used & (head == np.arange(len(head))))
    return frame, reckoning.tally(int(frame["amount"].sum()))
