"""Why a customer is where he is: the rule, his values, the margins, and the documents behind the numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from xlseg.analysis import Analysis
from xlseg.behind import Evidence
from xlseg.drill import customer_named, evidence_of
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
    ArgumentError
        When several are written alike.
    """
    ids = analysis.standing["customer"].tolist()
    customer = customer_named(customer, ids, book)
    position = ids.index(customer)
    row = analysis.row_at(position)
    values = analysis.measured.iloc[row].to_dict()
    found = reasons(analysis.labelled, row, {str(k): v for k, v in values.items()})
    evidence = evidence_of(analysis, customer)
    return Explanation(analysis.standing.iloc[position], winning_rule(analysis.labelled, row), tuple(found), _events(evidence), _orders(evidence))


def _events(evidence: Evidence) -> pd.DataFrame:
    found = evidence.events
    found = found[found["n"].to_numpy() == 1].reset_index(drop=True)
    recent = found["recent"].to_numpy() == 1
    events: pd.DataFrame = found[["document", "issued", "due", "settled", "amount", "days_late"]].assign(recent=recent)
    return events


def _orders(evidence: Evidence) -> pd.DataFrame:
    return evidence.orders[["document", "issued", "amount"]].rename(columns={"issued": "date"})
