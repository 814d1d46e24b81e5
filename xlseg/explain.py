"""Why a customer is where he is: the rule, his values, the margins, and the documents behind the numbers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.analysis import Analysis
from xlseg.calendar import day_number
from xlseg.engines import collect, load
from xlseg.errors import UnknownCustomerError
from xlseg.facts import days
from xlseg.metrics.payments import payment_events
from xlseg.metrics.spans import Dates, spread
from xlseg.segments.assign import winning_rule
from xlseg.segments.rules import Rule
from xlseg.segments.why import Reason, reasons


@dataclass(frozen=True)
class Explanation:
    """Everything that stands behind a customer's segment.

    Attributes
    ----------
    standing
        His row of `Analysis.standing`.
    rule, reasons
        What made today's label; None and empty when no rule matches.
    events
        The payment events: document, issued, due, settled (NaT = open), amount (units), days_late, recent; their mean days late is payment_velocity.
    orders
        The orders in the window: document, date, amount (units).
    """

    standing: pd.Series
    rule: Rule | None
    reasons: tuple[Reason, ...]
    events: pd.DataFrame
    orders: pd.DataFrame


def explain(analysis: Analysis, customer: str, book: str = "book") -> Explanation:
    """The explanation of one customer.

    Raises
    ------
    UnknownCustomerError
        When there is no such customer; the error names the nearest id.
    """
    ids = analysis.standing["customer"].tolist()
    customer = next((known for known in ids if known.casefold() == customer.casefold()), customer) if customer not in ids else customer
    if customer not in ids:
        raise UnknownCustomerError(book, customer, ids)
    position = ids.index(customer)
    row = analysis.row_at(position)
    values = analysis.measured.iloc[row].to_dict()
    found = reasons(analysis.labelled, row, {str(k): v for k, v in values.items()})
    code = analysis.facts.customers.index(customer)
    return Explanation(
        analysis.standing.iloc[position], winning_rule(analysis.labelled, row), tuple(found), _events(analysis, code), _orders(analysis, customer)
    )


def _events(analysis: Analysis, code: int) -> pd.DataFrame:
    closings = analysis.facts.closings[analysis.facts.closings["customer"] == code]
    dates = Dates((day_number(analysis.as_of),), "pandas")
    wanted = ("invoice", "timed", "by_credit", "days_late", "recent", "is_settled")
    parts = payment_events(load(closings), analysis.settings).rows
    events = pd.concat([collect(spread(rows, dates).select(*wanted)) for rows in parts], ignore_index=True)
    events = events[(events["timed"] == 1) & (events["by_credit"] == 0)]
    invoices = analysis.ledger.invoices.iloc[events["invoice"].to_numpy()].reset_index(drop=True)
    settled = (days(invoices["due"]) + events["days_late"].to_numpy()).astype("datetime64[D]").astype("datetime64[s]")
    table = pd.DataFrame(
        {
            "document": invoices["document"],
            "issued": invoices["issued"],
            "due": invoices["due"],
            "settled": np.where(events["is_settled"].to_numpy() == 1, settled, np.datetime64("NaT", "s")),
            "amount": invoices["amount"] / 100,
            "days_late": events["days_late"].to_numpy(),
            "recent": events["recent"].to_numpy() == 1,
        }
    )
    return table.sort_values(["issued", "document"], ignore_index=True)


def _orders(analysis: Analysis, customer: str) -> pd.DataFrame:
    ledger = analysis.ledger
    table = ledger.orders if ledger.has_orders else ledger.invoices.rename(columns={"issued": "date"})
    first = np.datetime64(analysis.as_of - dt.timedelta(days=analysis.settings.window), "s")
    seen = (table["customer"] == customer) & (table["date"] > first) & (table["date"] <= np.datetime64(analysis.as_of, "s"))
    found = table.loc[seen, ["document", "date", "amount"]]
    return found.assign(amount=found["amount"] / 100).sort_values(["date", "document"], ignore_index=True)
