"""Accounts of the metrics of receivables. docs/metrics.md, "Receivables"."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from xlseg.behind.account import Account, documents
from xlseg.behind.evidence import Evidence
from xlseg.calendar import FOREVER
from xlseg.metrics.receivables import BUCKETS

_AGES = {name: f"{low}–{high} days past due" if high else f"{low} or more days past due" for name, low, high in BUCKETS if low}


def _amounts(evidence: Evidence, metric: str) -> Account:
    items = evidence.items[evidence.items[metric].to_numpy() != 0]
    which = _AGES.get(metric, {"open_balance": "", "past_due": "past due"}.get(metric, "not yet due, and open credits"))
    how = f"Each open item{', ' + which + ',' if which else ''} contributes what is open of it."
    return Account(metric, evidence.values[metric], documents(items, items[metric].to_numpy() / 100, _parts(items)), (), how)


def _parts(items: pd.DataFrame) -> list[str]:
    """Says so where a part of an invoice is open."""
    pairs = zip(items["amount"].tolist(), items["whole"].tolist(), strict=True)
    return [f"of {whole:,.2f}" if abs(amount - whole) >= 0.005 else "" for amount, whole in pairs]


def _share_past_due(evidence: Evidence, metric: str) -> Account:
    items = evidence.items
    whole = float(items["open_balance"].sum())
    how = f"Each item past due contributes what is open of it ÷ {whole / 100:,.2f}, the open balance."
    return Account(metric, evidence.values[metric], documents(items, items["past_due"].to_numpy() / whole, _parts(items)), (), how)


def _oldest(evidence: Evidence, metric: str) -> Account:
    items = evidence.items[evidence.items["first_due"].to_numpy() < FOREVER]
    how = "Each item past due shows its days past due; the number is the largest of them."
    return Account(metric, evidence.values[metric], documents(items, items["days"].to_numpy("float64"), _parts(items)), (), how, "largest")


RECEIVABLES: dict[str, Callable[[Evidence, str], Account]] = {
    "open_balance": _amounts,
    "past_due": _amounts,
    "past_due_share": _share_past_due,
    "oldest_past_due": _oldest,
    **{name: _amounts for name, _, _ in BUCKETS},
}
