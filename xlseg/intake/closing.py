"""What the rows of the invoices say of their own closing, where no payment says it: docs/metrics.md, "Invoices: amount, balance, settled"."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xlseg.facts import own_word
from xlseg.intake.findings import Findings
from xlseg.intake.rows import Extract
from xlseg.tables import Finding, Severity
from xlseg.workbook import Array


def remark_closings(extract: Extract, invoices: pd.DataFrame, payments: pd.DataFrame | None, findings: Findings) -> None:
    """A remark on each way in which invoices are closed, or not, by their own word; `payments` None when there is no Payments sheet."""
    word = own_word(invoices, payments)

    def tell(where: Array, kind: str, severity: Severity, field: str, wanted: str, effect: str) -> None:
        hit = np.flatnonzero(where)
        if len(hit):
            first, text = int(hit[0]), effect.replace("{n}", f"{len(hit):,}")
            findings.add(Finding(kind, severity, extract.sheet, int(invoices["row"].iloc[first]), extract.heading(field), None, wanted, text))

    without = "{n} documents are closed and nothing says when: they have no balance and no timing"
    tell(word.undated, "closed on no known date", "warning", "paid", "a paid date, or a payment", without)
    since = "{n} documents are partly paid and nothing says when: what remains is their balance from their date on"
    tell(word.partly, "partly paid on no known date", "info", "remaining", "a payment for each part", since)
    doubted = word.doubted & ~invoices["is_credit"].to_numpy()
    tell(doubted, "paid date of an open invoice", "warning", "paid", "no paid date, or status Paid", "{n} are taken as open")
    if payments is not None:
        own = "{n} documents that no payment refers to are settled on their own paid date"
        tell(word.believed, "closed without payment", "info", "paid", "the payment that closed it", own)
