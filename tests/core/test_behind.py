"""What stands behind a number: the rows of an account lead to the metric, by arithmetic that is done here from the rows alone."""

from __future__ import annotations

import datetime as dt
import math
import string
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import slow
from ledgers import T, ago, book, messy, order, past_due, payment, settled, without_invoices, without_orders, without_payments

from xlseg.behind import DOCUMENT, INPUT, Account, Evidence, absent, account, accounts
from xlseg.demo import make_book, write_book
from xlseg.facts import facts
from xlseg.intake import read_ledger
from xlseg.metrics import CATALOGUE, measure
from xlseg.settings import Settings
from xlseg.sources import open_source
from xlseg.tables import Ledger

ROOT = Path(__file__).resolve().parents[2]
LAST = dt.date(2024, 12, 31)
VARIANTS = {
    "whole": messy(1),
    "no Payments sheet": without_payments(messy(1)),
    "no SalesOrders sheet": without_orders(messy(1)),
    "no Invoices sheet": without_invoices(messy(1)),
}


def evidence(ledger: Ledger, customer: str, as_of: dt.date, settings: Settings | None = None) -> Evidence:
    chosen = settings or Settings()
    return Evidence(ledger, facts(ledger, chosen), chosen, as_of, customer, measure(ledger, [as_of], chosen))


def everybody(ledger: Ledger, as_of: dt.date, settings: Settings, every: int = 1) -> list[Evidence]:
    found, measured = facts(ledger, settings), measure(ledger, [as_of], settings)
    return [Evidence(ledger, found, settings, as_of, customer, measured) for customer in measured["customer"].tolist()[::every]]


# ── a controller's arithmetic ────────────────────────────────────────────────


def steps(found: Account) -> dict[str, float]:
    return {step.name: step.value for step in found.steps}


def contributions(found: Account, note: str = "") -> list[float]:
    rows = found.rows if not note else found.rows[found.rows["note"].str.startswith(note)]
    return [float(value) for value in rows["contribution"]]


def days(found: Account, note: str = "") -> list[float]:
    rows = found.rows if not note else found.rows[found.rows["note"].str.startswith(note)]
    return [float(value) for value in rows["days"] if value == value]


def deviation(found: Account) -> float:
    late = days(found)
    mean = sum(late) / len(late)
    assert contributions(found) == pytest.approx([(d - mean) ** 2 for d in late], abs=1e-9)
    return math.sqrt(sum(contributions(found)) / (len(late) - 1))


def rating(found: Account) -> str:
    # docs/metrics.md: A ≤ 3, B ≤ 7, C ≤ 14, D ≤ 30, E above
    return string.ascii_uppercase[sum(deviation(found) > edge for edge in (3, 7, 14, 30))]


def in_errors(found: Account) -> float:
    now, before = days(found, "recent"), days(found, "earlier")
    change = sum(now) / len(now) - sum(before) / len(before)
    squares, own = sum(contributions(found)), sum(contributions(found, "earlier"))
    variance = own / (len(before) - 1) if len(before) >= 6 else squares / (len(now) + len(before) - 2)
    return change / (math.sqrt(max(variance, 1)) * math.sqrt(1 / len(now) + 1 / len(before)))


def frequency(found: Account) -> tuple[float, float]:
    return sum(contributions(found, "last 90 days")), sum(contributions(found, "before")) / steps(found)["days before"] * 90


def frequency_change(found: Account) -> float:
    last, expected = frequency(found)
    return last / expected - 1


def frequency_change_z(found: Account) -> float:
    last, expected = frequency(found)
    return (last - expected) / math.sqrt(max(expected, 0.5))


def season(found: Account) -> float:
    factors, months = contributions(found), list(found.rows["document"])
    if months == ["not adjusted"]:
        return factors[0]
    (name,) = [step.name.removeprefix("factor of ") for step in found.steps if step.name.startswith("factor of ")]
    return factors[months.index(name)] / (sum(factors) / 12)


def recency(found: Account) -> float:
    return min(days(found)) / sum(contributions(found))


def expected(found: Account) -> float:
    return steps(found)["orders if still a customer"] / (1 + steps(found)["odds of having left"])


BY_STEPS: dict[str, Callable[[Account], float | str]] = {
    "payment_consistency": deviation,
    "consistency_rating": rating,
    "late_rms": lambda found: math.sqrt(sum(contributions(found))),
    "velocity_change_z": in_errors,
    "oldest_past_due": lambda found: max(contributions(found)),
    "frequency_change": frequency_change,
    "frequency_change_z": frequency_change_z,
    "seasonal_index": season,
    "days_since_last_order": lambda found: min(contributions(found)),
    "recency_ratio": recency,
    "expected_orders": expected,
}
"""The metrics that are no sum of their contributions."""


def recombined(found: Account) -> float | str:
    return BY_STEPS[found.metric](found) if found.metric in BY_STEPS else math.fsum(contributions(found))


def agrees(found: Account) -> bool:
    made = recombined(found)
    return made == found.value if isinstance(made, str) or isinstance(found.value, str) else made == pytest.approx(found.value, rel=1e-9, abs=1e-9)


def wrong(people: list[Evidence]) -> tuple[list[str], set[str]]:
    """Accounts that do not lead to their number, and the metrics that were not always absent."""
    found = [(person, one) for person in people for one in accounts(person)]
    differing = [f"{one.metric} of {person.customer}: {recombined(one)}, wanted {one.value}" for person, one in found
                 if one.value is not None and not agrees(one)]  # fmt: skip
    return differing, {one.metric for _, one in found if one.value is not None}


@pytest.mark.parametrize("settings", [Settings(), Settings(window=200, recent=30, grace=0, leave_out_disputed=True)], ids=["defaults", "others"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_the_rows_of_every_account_lead_to_the_number(variant: str, settings: Settings) -> None:
    differing, seen = wrong(everybody(VARIANTS[variant], LAST, settings, every=3))
    assert differing == []
    # else the comparison would prove nothing of a metric that was absent for all
    never = {"velocity_change", "velocity_change_z", "deterioration_z"} if settings.recent == 30 else set()
    paying = {name for name in CATALOGUE if list(CATALOGUE).index(name) <= list(CATALOGUE).index("dispute_share")} | {"deterioration_z"}
    assert set(CATALOGUE) - seen <= never | (paying if variant == "no Invoices sheet" else set())


@cache
def demo(folder: Path) -> Ledger:
    write_book(make_book(120, 5), folder / "demo.xlsx")
    return read_ledger(open_source(folder / "demo.xlsx"), Settings()).ledger


@pytest.mark.parametrize("as_of", [dt.date(2026, 10, 31), dt.date(2026, 3, 17)], ids=str)
def test_the_accounts_of_a_demo_book_lead_to_their_numbers(as_of: dt.date, tmp_path_factory: pytest.TempPathFactory) -> None:
    differing, seen = wrong(everybody(demo(_folder(tmp_path_factory)), as_of, Settings(), every=7))
    assert differing == []
    assert set(CATALOGUE) - seen == set()


def _folder(factory: pytest.TempPathFactory) -> Path:
    folder = factory.getbasetemp() / "behind"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.parametrize(("name", "as_of"), [("receivables", dt.date(2013, 6, 30)), ("orders", dt.date(2011, 8, 17))])
def test_the_accounts_of_real_books_lead_to_their_numbers(name: str, as_of: dt.date) -> None:
    folder = ROOT.parent / "shared" / "data" / name
    if not folder.is_dir():
        pytest.skip(f"../shared/data/{name} is not here")
    people = everybody(read_ledger(open_source(folder), Settings()).ledger, as_of, Settings())
    differing, seen = wrong(people[:: max(len(people) // 12, 1)])
    assert differing == []
    assert len(seen) > 12


# ── against the slow reading, and by hand ────────────────────────────────────


def test_the_documents_and_their_days_are_those_of_the_slow_reading() -> None:
    ledger = VARIANTS["whole"]
    documents = slow.documents(ledger)
    for person in everybody(ledger, LAST, Settings(), every=4):
        own = [document for document in documents if document.customer == person.customer]
        late = sorted(event.days_late for event in slow.payment_events(own, LAST, 365))
        assert sorted(days(account(person, "payment_velocity"))) == late
        open_amounts = sorted(document.balance(LAST) / 100 for document in own if document.balance(LAST))
        assert sorted(contributions(account(person, "open_balance"))) == pytest.approx(open_amounts)
        placed = sorted(amount / 100 for date, amount in slow.order_rows(ledger, LAST).get(person.customer, []) if (LAST - date).days < 365)
        assert sorted(contributions(account(person, "revenue"))) == pytest.approx(placed)


def by_document(found: Account) -> dict[str, float]:
    return dict(zip(found.rows["document"], found.rows["contribution"], strict=True))


def test_each_event_contributes_its_days_late_over_their_number() -> None:
    # (−10 + 16 + 30)/3: −3.33, 5.33 and 10, together 12
    found = account(evidence(book([settled(-10), settled(16), past_due(30)]), "A", T), "payment_velocity")
    assert sorted(contributions(found)) == pytest.approx([-10 / 3, 16 / 3, 10])
    assert (found.value, found.how) == (12, "Each event contributes days late ÷ 3 events.")
    assert pd.isna(found.rows["settled"]).sum() == 1


def test_a_large_invoice_contributes_more() -> None:
    # 10 × 5 days and 100 × 10 days over 110: 0.4545 and 9.0909
    found = account(evidence(book([settled(5, 10), settled(10, 100)]), "A", T), "payment_velocity_weighted")
    assert sorted(contributions(found)) == pytest.approx([50 / 110, 1000 / 110])
    assert "÷ 110.00" in found.how


def test_the_scatter_can_be_followed_with_a_pocket_calculator() -> None:
    # docs/metrics.md: 2, 4, 9 → mean 5, squares 9 + 1 + 16 = 26, 26/2 = 13, √13 = 3.606
    found = account(evidence(book([settled(2), settled(4), settled(9)]), "A", T), "payment_consistency")
    assert sorted(contributions(found)) == pytest.approx([1, 9, 16])
    assert steps(found) == pytest.approx({"events": 3, "mean days late": 5, "sum of squares": 26, "variance": 13})
    assert found.value == pytest.approx(3.6055512754)


def test_the_mean_of_the_book_is_a_row_of_its_own() -> None:
    # A: 10 and 20 days late, B: none → the book's mean is 30/3 = 10; (10 + 20 + 3 × 10)/5 = 12
    found = account(evidence(book([settled(10), settled(20), settled(0, customer="B")]), "A", T), "expected_days_late")
    assert found.rows["kind"].tolist() == [DOCUMENT, DOCUMENT, INPUT]
    assert sorted(contributions(found)[:2]) == pytest.approx([2, 4])
    assert (contributions(found)[2], found.value) == (pytest.approx(6), pytest.approx(12))


def test_the_trend_of_order_values_is_a_sum_over_the_orders() -> None:
    # docs/metrics.md: 100, 110, 121, 133.1 on days 0, 30, 60, 90 → 0.0967. Mean day −45, squares 2 × (45² + 15²) = 4,500; ln steps of 0.09531:
    # the first and the last contribute 45 × 1.5 × 0.09531/4500 × 30.4375 = 0.043515 each, the two between 15 × 0.5 × … = 0.00484 each
    ledger = book(orders=[order(amount, ago(90 - day)) for amount, day in ((100, 0), (110, 30), (121, 60), (133.1, 90))])
    found = account(evidence(ledger, "A", T), "order_value_trend")
    assert contributions(found) == pytest.approx([0.043515, 0.004835, 0.004835, 0.043515], abs=1e-6)
    assert found.value == pytest.approx(0.0967, abs=1e-4)


def test_an_item_that_is_partly_paid_says_of_how_much() -> None:
    ledger = book([past_due(10, 100)])
    document = ledger.invoices["document"].iloc[0]
    ledger = book([past_due(10, 100)], payments=[payment(30, ago(2), document)])
    found = account(evidence(ledger, "A", T), "open_balance")
    assert contributions(found) == [70]
    assert found.rows["note"].tolist() == ["of 100.00"]


def test_an_open_invoice_later_than_the_window_says_that_its_days_are_cut_off() -> None:
    # Of 502 days late no more than the 365 of the window count; 365 days late are all counted, and a settled invoice has all its days.
    found = account(evidence(book([past_due(502), past_due(365), settled(400)]), "A", T), "payment_velocity")
    assert sorted(zip(found.rows["days"], found.rows["note"], strict=True)) == [
        (365, ""),
        (365, "502 days late so far, counted as 365"),
        (400, ""),
    ]


# ── what is absent ───────────────────────────────────────────────────────────


def test_an_absent_metric_has_no_rows_and_says_why() -> None:
    found = {one.metric: one for one in accounts(evidence(book([settled(2)]), "A", T))}
    assert found["payment_consistency"].how == "Unknown: fewer than 3 payment events."
    assert (len(found["payment_consistency"].rows), found["payment_consistency"].value) == (0, None)
    silent = Evidence(book([settled(2)]), facts(book([settled(2)])), Settings(), ago(5000), "A", measure(book([settled(2)]), [ago(5000)], Settings()))
    assert {one.how for one in accounts(silent)} == {"Unknown: nothing is known of him yet."}


def test_a_reason_is_given_for_every_metric_that_can_be_absent_and_for_no_other() -> None:
    # which ones can be: by the slow reading of the whole book, and of one without invoices, and of one without anything
    missing = {name for name in CATALOGUE if name in ("orders", "revenue", "seasonal_index")}  # without orders and invoices
    for variant in ("whole", "no Invoices sheet"):
        missing |= {name for values in slow.measure(VARIANTS[variant], LAST, Settings()).values() for name, value in values.items() if value is None}
    assert {name for name in CATALOGUE if absent(name)} == missing


def test_rows_do_not_depend_on_the_order_of_the_ledger() -> None:
    ledger = VARIANTS["whole"]
    turned = Ledger(
        **{**ledger.__dict__, "invoices": ledger.invoices[::-1].reset_index(drop=True), "orders": ledger.orders[::-1].reset_index(drop=True)}
    )
    customer = str(np.sort(ledger.invoices["customer"].unique())[1])
    for one, other in zip(accounts(evidence(ledger, customer, LAST)), accounts(evidence(turned, customer, LAST)), strict=True):
        assert by_document(one) == pytest.approx(by_document(other), nan_ok=True), one.metric
