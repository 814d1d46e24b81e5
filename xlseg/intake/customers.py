"""The Customers sheet, and the customers that only the other sheets know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlseg.intake import cells, documents
from xlseg.intake.findings import Findings
from xlseg.intake.money import amounts
from xlseg.intake.rows import Extract, Reckoning
from xlseg.tables import CUSTOMERS, Finding, Severity, Tally
from xlseg.workbook import Array

_TEXTS = ("name", "terms", "currency", "category", "sales_rep", "country", "parent")


def read_customers(extract: Extract, findings: Findings) -> tuple[pd.DataFrame, Tally]:
    """Customers of a sheet, unique by id."""
    reckoning = Reckoning(extract, findings)
    customer = documents.require_customers(reckoning)
    documents.leave_out_copies(reckoning)
    twice = pd.Series(np.where(reckoning.used, customer, extract.rows.astype(str))).duplicated().to_numpy() & reckoning.used
    reckoning.exclude(twice, "customer twice", "customer", "each customer once", "the first row is used, this one is left out")
    limit = amounts(extract.column("credit_limit"))
    reckoning.remark(limit.bad, "unreadable credit limit", "warning", "credit_limit", "an amount", "taken as not stated")
    values: dict[str, Array] = {name: extract.texts(name) for name in _TEXTS}
    for name in ("on_hold", "do_not_contact"):
        values[name], odd = cells.flags(extract.column(name))
        reckoning.remark(odd, "neither yes nor no", "warning", name, "Yes or No", "taken as No")
    values |= {"customer": customer, "credit_limit": np.where(limit.present, limit.hundredths / 100, np.nan), "row": extract.rows}
    frame = documents.frame(CUSTOMERS, values, reckoning.used)
    return frame, reckoning.tally(0)


def with_unlisted(customers: pd.DataFrame, sheets: Sequence[tuple[Extract, pd.DataFrame]], findings: Findings, *, listed: bool) -> pd.DataFrame:
    """Customers with those added that only occur in other sheets, in the order of their appearance.

    Parameters
    ----------
    customers
        The Customers sheet's.
    sheets
        The others, with the frame made of each.
    findings
        Where each addition is told.
    listed
        Whether there is a Customers sheet at all; without one nobody is missing from it.
    """
    known = dict.fromkeys(customers["customer"])
    unpadded = {name.lstrip("0"): name for name in known}
    added: dict[str, None] = {}
    for sheet, frame in sheets:
        first = frame.drop_duplicates("customer")
        for name, row in zip(first["customer"], first["row"], strict=True):
            if name not in known and name not in added:
                added[name] = None
                if listed:
                    findings.add(_unlisted(sheet, int(row), name, unpadded.get(name.lstrip("0"))))
    return pd.concat([customers, _bare(list(added))], ignore_index=True) if added else customers


def _unlisted(sheet: Extract, row: int, name: str, near: str | None) -> Finding:
    wanted = f"an id on Customers, such as {near!r}" if near else "an id on Customers"
    severity: Severity = "warning" if near else "info"  # zeros that a spreadsheet program has taken away make two customers of one
    return Finding("customer not listed", severity, sheet.sheet, row, sheet.heading("customer"), name, wanted, "used as a customer of his own")


def _bare(names: list[str]) -> pd.DataFrame:
    """Customers of whom only the id is known."""
    blank: dict[str, object] = {"str": "", "float64": np.nan, "bool": False, "int64": 0}
    values = {name: [blank[kind]] * len(names) for name, kind in CUSTOMERS.items()} | {"customer": names}
    return pd.DataFrame({name: pd.Series(values[name], dtype=kind) for name, kind in CUSTOMERS.items()})
