"""The Reminders sheet: what was said to whom, and what he promised."""

from __future__ import annotations

import pandas as pd

from xlseg.intake import documents
from xlseg.intake.cells import Texts
from xlseg.intake.documents import Dating
from xlseg.intake.findings import Findings
from xlseg.intake.rows import Extract, Reckoning
from xlseg.tables import REMINDERS, Tally
from xlseg.workbook import Array


def read_reminders(extract: Extract, findings: Findings, dating: Dating) -> tuple[pd.DataFrame, Tally]:
    """Reminders of a sheet."""
    reckoning = Reckoning(extract, findings)
    documents.leave_out_copies(reckoning)
    customer = documents.require_customers(reckoning)
    day = documents.read_dates(reckoning, "date", dating)
    documents.require_dates(reckoning, "date", day)
    promised = documents.read_dates(reckoning, "promised", dating)
    wrong = promised.bad | promised.torn | promised.beyond
    reckoning.remark(wrong, "unreadable promise date", "warning", "promised", "a date from 1950 to 2099", "taken as not stated")
    values: dict[str, Array | Texts] = {
        "customer": customer, "document": extract.texts("document"), "date": day.days, "channel": extract.texts("channel"),
        "outcome": extract.texts("outcome"), "promised": promised.days, "row": extract.rows,
    }  # fmt: skip
    return documents.frame(REMINDERS, values, reckoning.used), reckoning.tally(0)
