"""A book followed from month-end to month-end through the product, and what became of its customers by the raw documents."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from measures import Array

from xlseg.analysis import analyse
from xlseg.segments.defaults import default_rules
from xlseg.settings import Settings
from xlseg.tables import Ledger

HORIZON = 90
BAD = 5.0
"""Days: an amount-weighted mean lateness beyond it is bad (bank processing takes as long)."""


@dataclass(frozen=True)
class Followed:
    """`rows`: as_of, customer, label, segment, risk (NaN = none) and expected_days_late of every known customer at 13 month-ends."""

    rows: pd.DataFrame

    def grid(self, column: str) -> tuple[Array, Array]:
        """customers × dates of a column, and where a customer is known."""
        table = self.rows.pivot(index="customer", columns="as_of", values=column)
        here = self.rows.assign(known=True).pivot(index="customer", columns="as_of", values="known")
        return table.to_numpy(), here.notna().to_numpy()

    @property
    def customers(self) -> Array:
        """Ids in the order of the grids."""
        return np.sort(self.rows["customer"].unique())


def follow(ledger: Ledger, as_of: dt.date, settings: Settings | None = None) -> Followed:
    """What the product says at the month-end `as_of` and the twelve before: each from the facts up to that date alone."""
    rules = default_rules()
    measured = analyse(ledger, settings or Settings(), rules, as_of).measured
    rows = measured.loc[measured["known"], ["as_of", "customer", "label", "segment", "expected_days_late"]].reset_index(drop=True)
    level = {name: np.nan if risk is None else float(risk) for name, risk in rules.risks.items()}
    return Followed(rows.assign(risk=rows["segment"].map(level), label_risk=rows["label"].map(level)))


def lateness_to_come(invoices: pd.DataFrame, rows: pd.DataFrame) -> Array:
    """Amount-weighted mean days late of the invoices that fall due in the 90 days after each row's date, when they are paid in the end.

    `invoices`: customer, due, paid, amount as in the export. Days; NaN when none falls due.
    """
    late = invoices.assign(weighted=(invoices["paid"] - invoices["due"]).dt.days * invoices["amount"])
    found = np.full(len(rows), np.nan)
    for date, of_date in rows.groupby("as_of"):
        soon = late[(late["due"] > date) & (late["due"] <= date + pd.Timedelta(days=HORIZON))]
        sums = soon.groupby("customer")[["weighted", "amount"]].sum()
        found[of_date.index] = (sums["weighted"] / sums["amount"]).reindex(of_date["customer"]).to_numpy()
    return found


def simple_rules(invoices: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Array]:
    """What a user would try first, from the invoices known at each row's date: a score a row, higher is worse."""
    names = ("last invoice's days late", "share of late invoices", "revenue (RFM's M)", "country's mean days late")
    found = {name: np.full(len(rows), np.nan) for name in names}
    for date, of_date in rows.groupby("as_of"):
        paid = invoices[invoices["paid"] <= date].sort_values(["paid", "document"])
        late = (paid["paid"] - paid["due"]).dt.days
        year = invoices[(invoices["issued"] <= date) & (invoices["issued"] > date - pd.Timedelta(days=365))]
        by_country = late.groupby(paid["country"]).mean()
        scores = (
            late.groupby(paid["customer"]).last(),
            (late > BAD).groupby(paid["customer"]).mean(),
            year.groupby("customer")["amount"].sum(),
            invoices.drop_duplicates("customer").set_index("customer")["country"].map(by_country),
        )
        for name, score in zip(names, scores, strict=True):
            found[name][of_date.index] = score.reindex(of_date["customer"]).to_numpy("float64")
    return found
