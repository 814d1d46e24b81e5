"""What stands behind a metric of a customer: his documents, what each contributes, and the steps from there to the number.

Every metric of the catalogue has such an account. docs/metrics.md, "How to read an account".
"""

from __future__ import annotations

import math

import pandas as pd

from xlseg.behind.account import DOCUMENT, INPUT, Account, Step, documents
from xlseg.behind.book import BOOK
from xlseg.behind.evidence import Evidence
from xlseg.behind.orders import ORDERS
from xlseg.behind.payments import PAYMENTS
from xlseg.behind.receivables import RECEIVABLES
from xlseg.metrics.catalogue import CATALOGUE

__all__ = ["DOCUMENT", "INPUT", "Account", "Evidence", "Step", "absent", "account", "accounts"]

_MAKE = {**PAYMENTS, **RECEIVABLES, **ORDERS, **BOOK}

_NO_EVENTS = "no payment events"
_NO_ORDERS = "no orders in the window"
_NEVER_ORDERED = "he never ordered"
_SHORT = "fewer than 90 days since the first order, or in the window, before the last 90"
_NO_SHEETS = "the book has no invoices"

_ABSENT: dict[str, str] = {
    **dict.fromkeys(PAYMENTS, _NO_EVENTS),
    **dict.fromkeys(("n_paid", "n_settled", "n_recent"), ""),
    "days_to_pay": "no invoice was settled in the window",
    "payment_consistency": "fewer than 3 payment events",
    "consistency_rating": "fewer than 3 payment events",
    "velocity_recent": "no payment events in the recent window",
    "velocity_change": "fewer than 2 recent or fewer than 2 earlier events",
    "velocity_change_z": "fewer than 2 recent or fewer than 2 earlier events",
    "past_due_share": "nothing is open, or more credits than invoices are",
    "oldest_past_due": "nothing is past due",
    "credit_share": "no invoice was settled in the window",
    "orders_per_month": _NEVER_ORDERED,
    "orders_per_month_sa": _NEVER_ORDERED,
    "frequency_change": f"{_SHORT}; or no orders in that time",
    "frequency_change_z": _SHORT,
    "deterioration_z": "velocity_change_z or frequency_change_z is absent",
    "average_order_value": _NO_ORDERS,
    "order_value_trend": "fewer than 4 orders in the window, or all on one day",
    "days_since_last_order": _NEVER_ORDERED,
    "typical_gap": f"{_NEVER_ORDERED}, or no customer has ordered twice",
    "recency_ratio": f"{_NEVER_ORDERED}, or no customer has ordered twice",
    "expected_orders": f"{_NEVER_ORDERED}, or the model cannot be fitted to the book",
    "refund_share": _NO_ORDERS,
    "orders": "the book has neither orders nor invoices",
    "revenue": "the book has neither orders nor invoices",
    "seasonal_index": "the book has neither orders nor invoices",
    **dict.fromkeys(RECEIVABLES.keys() - {"past_due_share", "oldest_past_due"}, _NO_SHEETS),
}


def absent(metric: str) -> str:
    """Why a metric of a known customer is absent; "" when it never is."""
    return _ABSENT[metric]


def account(evidence: Evidence, metric: str) -> Account:
    """The account of a metric; of one that is absent, no rows and the reason."""
    if evidence.values[metric] is None:
        known = evidence.values["n_paid"] is not None
        why = absent(metric) if known else "nothing is known of him yet"
        return Account(metric, None, _NO_ROWS, (), f"Unknown: {why}.")
    return _MAKE[metric](evidence, metric)


def accounts(evidence: Evidence) -> list[Account]:
    """The account of every metric, in the order of the catalogue."""
    return [account(evidence, metric) for metric in CATALOGUE]


_NO_ROWS = documents(pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in (
    ("document", "object"), ("issued", "datetime64[s]"), ("due", "datetime64[s]"), ("settled", "datetime64[s]"), ("amount", "float64"),
    ("days", "float64"),
)}), math.nan)  # fmt: skip
