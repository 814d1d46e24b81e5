"""Properties of every metric: what is not known at T does not count at T, and the order of rows means nothing."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ledgers import FIRST, T, book, invoice, messy, order, payment, product, settled, without_orders, without_payments

from xlseg.settings import Settings
from xlseg.tables import Ledger

few = settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
"""Each example measures a book twice, which takes a good part of a second: few examples, and the seed says enough of a failing one."""

dates = st.integers(200, 1094).map(lambda day: FIRST + dt.timedelta(days=day))
ledgers = st.builds(
    lambda seed, variant: variant(messy(seed, customers=12, documents=70)),
    st.integers(0, 10_000),
    st.sampled_from([lambda ledger: ledger, without_payments, without_orders]),
)


def cut(ledger: Ledger, as_of: dt.date) -> Ledger:
    """The ledger as it was exported on a date: rows dated later are not there, and rows that speak of them do not."""
    at = pd.Timestamp(as_of)
    payments, orders = ledger.payments[ledger.payments["date"] <= at], ledger.orders[ledger.orders["date"] <= at]
    later = ledger.payments[ledger.payments["date"] > at]
    invoices = ledger.invoices[ledger.invoices["issued"] <= at].copy()
    touched = (invoices["paid"] > at) | invoices["document"].isin({*later["document"], *later["payment"]})
    invoices.loc[touched, "paid"] = pd.NaT
    invoices.loc[touched, "status"] = "open"
    invoices.loc[touched, "remaining"] = float("nan")
    return replace(ledger, invoices=invoices, payments=payments, orders=orders)


def same(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> None:
    """Equal but for the last digits of floating sums."""
    assert one.keys() == other.keys()
    for customer, values in one.items():
        differing = {name: (value, other[customer][name]) for name, value in values.items() if not close(value, other[customer][name])}
        assert differing == {}, customer


def close(one: float | str | None, other: float | str | None) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return one == other


@few
@given(ledgers, dates)
def test_what_is_not_known_yet_changes_nothing(ledger: Ledger, as_of: dt.date) -> None:
    same(product(cut(ledger, as_of), as_of, Settings()), product(ledger, as_of, Settings()))


@few
@given(ledgers, dates, st.integers(1, 400))
def test_facts_that_come_later_change_nothing(ledger: Ledger, as_of: dt.date, after: int) -> None:
    later, known = as_of + dt.timedelta(days=after), cut(ledger, as_of)
    paid = set(known.payments["document"])
    more = book(
        [invoice(999, issued=later, customer="C001", document="LATE"), invoice(-999, issued=later, customer="NEW", document="LATER")],
        [payment(5, later, document, name=f"LATE{document}") for document in known.invoices["document"] if document in paid],
        [order(500, later, customer="C001"), order(-500, later, customer="NEW")],
    )
    tables = ["invoices", *["payments"] * ledger.has_payments, *["orders"] * ledger.has_orders]
    grown = replace(known, **{name: pd.concat([getattr(known, name), getattr(more, name)], ignore_index=True) for name in tables})
    same(product(grown, as_of, Settings()), product(known, as_of, Settings()))


@few
@given(ledgers, dates, st.integers(0, 100))
def test_the_order_of_rows_means_nothing(ledger: Ledger, as_of: dt.date, seed: int) -> None:
    names = ("invoices", "payments", "orders")
    shuffled = replace(ledger, **{name: getattr(ledger, name).sample(frac=1, random_state=seed).reset_index(drop=True) for name in names})
    same(product(shuffled, as_of, Settings()), product(ledger, as_of, Settings()))


@few
@given(st.lists(st.tuples(st.integers(-90, 300), st.integers(1, 10**7)), min_size=1, max_size=12))
def test_velocity_lies_between_the_smallest_and_the_largest_lateness(events: list[tuple[int, int]]) -> None:
    a = product(book([settled(late, cents / 100 + 0.01) for late, cents in events]), T, Settings())["A"]
    least, most = min(late for late, _ in events), max(late for late, _ in events)
    for name in ("payment_velocity", "payment_velocity_weighted", "expected_days_late"):
        assert least - 1e-9 <= a[name] <= most + 1e-9
    assert a["n_paid"] == len(events)


@few
@given(ledgers, dates)
def test_ageing_sums_to_the_open_balance_to_the_cent(ledger: Ledger, as_of: dt.date) -> None:
    for values in product(ledger, as_of, Settings()).values():
        past_due = [round(100 * values[name]) for name in ("ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_91_plus")]
        assert sum(past_due) == round(100 * values["past_due"])
        assert sum(past_due) + round(100 * values["ageing_current"]) == round(100 * values["open_balance"])
