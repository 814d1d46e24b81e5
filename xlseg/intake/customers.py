"""The Customers sheet, and the customers that only the other sheets know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from xlseg.intake import cells, documents
from xlseg.intake.findings import Findings
from xlseg.intake.money import amounts
from xlseg.intake.rows import Extract, Reckoning
from xlseg.tables import CUSTOMERS, Finding, Tally, empty

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
    values: dict[str, object] = {name: extract.texts(name) for name in _TEXTS}
    for name in ("on_hold", "do_not_contact"):
        values[name], odd = cells.flags(extract.column(name))
        reckoning.remark(odd, "neither yes nor no", "warning", name, "Yes or No", "taken as No")
    values |= {"customer": customer, "credit_limit": np.where(limit.present, limit.hundredths / 100, np.nan), "row": extract.rows}
    frame = documents.frame(CUSTOMERS, values, reckoning.used)  # type: ignore[arg-type]
    return frame, reckoning.tally(0)


def with_unlisted(customers: pd.DataFrame, sheets: Sequence[tuple[str, str, pd.DataFrame]], findings: Findings, *, listed: bool) -> pd.DataFrame:
    """Customers with those added that only occur in other sheets, in the order of their appearance.

    Parameters
    ----------
    customers
        The Customers sheet's.
    sheets
        (sheet, heading of its customer column, frame) of the others.
    findings
        Where each addition is told.
    listed
        Whether there is a Customers sheet at all; without one nobody is missing from it.
    """
    known = set(customers["customer"])
    unpadded = {name.lstrip("0"): name for name in known}
    added: dict[str, str] = {}
    for sheet, heading, frame in sheets:
        first = frame.drop_duplicates("customer")
        for name, row in zip(first["customer"], first["row"], strict=True):
            if name in known or name in added:
                continue
            added[name] = name
            if listed:
                near = unpadded.get(name.lstrip("0"))
                wanted = f"an id on Customers, such as {near!r}" if near else "an id on Customers"
                findings.add(Finding("customer not listed", "info", sheet, int(row), heading, name, wanted, "used as a customer of his own"))
    if not added:
        return customers
    more = _bare(list(added))
    return pd.concat([customers, more], ignore_index=True) if len(customers) else more


def _bare(names: Sequence[str]) -> pd.DataFrame:
    count = len(names)
    texts: Mapping[str, object] = {name: [""] * count for name in _TEXTS}
    values = {
        **texts,
        "customer": names,
        "credit_limit": [np.nan] * count,
        "on_hold": [False] * count,
        "do_not_contact": [False] * count,
        "row": [0] * count,
    }
    return pd.DataFrame({name: pd.Series(values[name], dtype=kind) for name, kind in CUSTOMERS.items()}) if count else empty(CUSTOMERS)
