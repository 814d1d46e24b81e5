"""Every metric of docs/metrics.md on ledgers small enough to do the sum by hand; the slow reading must pass as well as the product."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import slow
import slow_bgnbd
from ledgers import SOME_DAY, T, ago, book, invoice, order, past_due, payment, product, settled

from xlseg.metrics import CATALOGUE, book_figures, expected_orders
from xlseg.metrics.book import countback, roll_rates
from xlseg.settings import Settings
from xlseg.tables import Ledger

Measured = Callable[..., dict[str, Any]]
MONTH = 30.4375


@pytest.fixture(params=["slow", "product"])
def everyone(request: pytest.FixtureRequest) -> Measured:
    """Customer → metric → value."""
    reading = slow.measure if request.param == "slow" else product
    return lambda ledger, as_of=T, **changes: reading(ledger, as_of, Settings(**changes))


@pytest.fixture
def measured(everyone: Measured) -> Measured:
    """Metric → value of customer A."""
    return lambda ledger, as_of=T, **changes: everyone(ledger, as_of, **changes)["A"]


@pytest.fixture(params=["slow", "product"])
def figures(request: pytest.FixtureRequest) -> Measured:
    """Book figure → value, at the last of the as-of dates."""

    def of_product(ledger: Ledger, *dates: dt.date, **changes: Any) -> dict[str, Any]:
        last = book_figures(ledger, list(dates), Settings(**changes)).iloc[-1]
        return {name: None if math.isnan(value) else value for name, value in last.items()}

    def of_slow(ledger: Ledger, *dates: dt.date, **changes: Any) -> dict[str, Any]:
        return slow.book(ledger, dates[-1], Settings(**changes), dates[-2] if len(dates) > 1 else None)

    return of_slow if request.param == "slow" else of_product


def test_every_metric_of_the_catalogue_is_measured(measured: Measured) -> None:
    assert set(measured(book([settled(0)]))) == set(CATALOGUE)


# ── who is known ─────────────────────────────────────────────────────────────

FIRST_FACTS = {
    "invoice": {"invoices": [invoice(issued=T)]},
    "credit memo": {"invoices": [invoice(-5, issued=T)]},
    "order": {"orders": [order(10, T)]},
    "refund": {"orders": [order(-10, T)]},
    "payment on account": {"invoices": [], "payments": [payment(10, T, "")]},
}


@pytest.mark.parametrize("tables", FIRST_FACTS.values(), ids=FIRST_FACTS)
def test_a_customer_is_known_from_his_first_fact_on(everyone: Measured, tables: dict[str, Any]) -> None:
    assert set(everyone(book(**tables))) == {"A"}
    assert everyone(book(**tables), ago(1)) == {}


def test_a_known_customer_without_events_has_counts_of_zero_and_nothing_else_of_payments(measured: Measured) -> None:
    a = measured(book([invoice(issued=T)]))
    assert [a["n_paid"], a["n_settled"], a["n_recent"]] == [0, 0, 0]
    absent = (
        "payment_velocity", "payment_velocity_weighted", "days_to_pay", "payment_consistency", "consistency_rating", "late_rms", "late_share",
        "payment_index", "velocity_recent", "velocity_change", "velocity_change_z", "expected_days_late", "credit_share", "dispute_share",
    )  # fmt: skip
    assert {name: a[name] for name in absent} == dict.fromkeys(absent)


# ── payment behaviour ────────────────────────────────────────────────────────


def paid(*late: int, **others: Any) -> list[Any]:
    return [settled(days, **others) for days in late]


def test_velocity_is_the_mean_of_signed_days_late(measured: Measured) -> None:
    # (−10 + 16)/2
    assert measured(book(paid(-10, 16)))["payment_velocity"] == 3


def test_a_large_invoice_weighs_more(measured: Measured) -> None:
    # (10·5 + 100·10)/110
    a = measured(book([settled(5, 10), settled(10, 100)]))
    assert (a["payment_velocity_weighted"], a["payment_velocity"]) == (pytest.approx(9.545454545), 7.5)


def test_days_to_pay_counts_from_the_invoice_over_settled_events_only(measured: Measured) -> None:
    # terms of 30 days: 30 + 5 and 30 − 10 days; the open one has none
    a = measured(book([*paid(5, -10), past_due(3)]))
    assert (a["days_to_pay"], a["n_settled"], a["n_paid"]) == (27.5, 2, 3)


def test_consistency_is_the_sample_deviation(measured: Measured) -> None:
    # mean 5, squares 9 + 1 + 16 = 26, √(26/2)
    assert measured(book(paid(2, 4, 9)))["payment_consistency"] == pytest.approx(math.sqrt(13))


def test_two_events_have_no_consistency(measured: Measured) -> None:
    a = measured(book(paid(2, 4)))
    assert (a["payment_consistency"], a["consistency_rating"]) == (None, None)


def test_the_rating_is_a_letter_for_the_deviation(everyone: Measured) -> None:
    # 0, s, 2s: squares 2s², √(2s²/2) = s
    letters = {3: "A", 4: "B", 7: "B", 8: "C", 14: "C", 15: "D", 30: "D", 31: "E"}
    of = everyone(book([row for step in letters for row in paid(0, step, 2 * step, customer=str(step))]))
    assert {step: of[str(step)]["consistency_rating"] for step in letters} == letters


def test_late_rms_sees_the_late_side_only(measured: Measured) -> None:
    # √((0 + 0 + 36)/3)
    assert measured(book(paid(-5, 0, 6)))["late_rms"] == pytest.approx(math.sqrt(12))


@pytest.mark.parametrize(("grace", "share"), [(5, 0.25), (4, 0.5), (0, 0.75)])
def test_late_begins_after_the_grace_days(measured: Measured, grace: int, share: float) -> None:
    assert measured(book(paid(0, 1, 5, 6)), grace=grace)["late_share"] == share


SCORES = {
    -31: 100, -30: 100, -25: 95, -20: 90, -10: 85, 0: 80, 6: 76, 15: 70, 22: 60, 26: 55, 30: 50, 45: 45, 60: 40, 75: 35, 90: 30, 105: 25,
    120: 20, 300: 1, 310: 1,
}  # fmt: skip


def test_the_index_is_linear_between_the_anchors_and_flat_beyond(everyone: Measured) -> None:
    of = everyone(book([settled(late, customer=str(late)) for late in SCORES]))
    assert {late: of[str(late)]["payment_index"] for late in SCORES} == pytest.approx(SCORES)


def test_the_index_is_weighted_by_amount(measured: Measured) -> None:
    # (100·80 + 300·50)/400
    assert measured(book([settled(0, 100), settled(30, 300)]))["payment_index"] == pytest.approx(57.5)


@pytest.mark.parametrize(("late", "counted"), [(0, None), (1, 1), (365, 365), (366, 365)], ids=["due today", "yesterday", "a window", "beyond"])
def test_an_open_invoice_past_due_counts_its_age_up_to_the_window(measured: Measured, late: int, counted: int | None) -> None:
    assert measured(book([past_due(late)]))["payment_velocity"] == counted


@pytest.mark.parametrize(("on", "events"), [(ago(365), 0), (ago(364), 1), (T, 1)], ids=["before the window", "its first day", "its last day"])
def test_the_window_leaves_its_first_day_out(measured: Measured, on: dt.date, events: int) -> None:
    assert measured(book(paid(0, on=on)))["n_settled"] == events


def test_what_is_settled_after_the_as_of_date_is_open_on_it(measured: Measured) -> None:
    # due five days before T, settled the day after T: six days late in the end, five so far
    a = measured(book(paid(6, on=ago(-1))))
    assert (a["payment_velocity"], a["n_settled"], a["open_balance"]) == (5, 0, 100)


def test_recent_is_the_recent_window_and_what_is_open(measured: Measured) -> None:
    # (4 + 10)/2; the first is a day too old
    a = measured(book([settled(50, on=ago(60)), settled(4, on=ago(59)), past_due(10)]))
    assert (a["n_recent"], a["velocity_recent"]) == (2, 7)


def test_a_change_of_velocity_is_tested_with_the_pooled_deviation(measured: Measured) -> None:
    # means 12 and 1; squares 8 and 2; s = √(10/2), √(1/2 + 1/2) = 1
    a = measured(book([*paid(0, 2), *paid(10, 14, on=ago(5))]))
    assert (a["velocity_change"], a["velocity_change_z"]) == (11, pytest.approx(11 / math.sqrt(5)))


def test_six_earlier_events_are_enough_for_their_own_deviation(measured: Measured) -> None:
    # earlier: mean 5, squares 25 + 9 + 1 + 1 + 9 + 25 = 70, s² = 14; change 12 − 5; √(1/2 + 1/6) = √(2/3)
    a = measured(book([*paid(0, 2, 4, 6, 8, 10), *paid(10, 14, on=ago(5))]))
    assert (a["velocity_change"], a["velocity_change_z"]) == (7, pytest.approx(7 / math.sqrt(14 * 2 / 3)))


def test_the_deviation_is_at_least_a_day(measured: Measured) -> None:
    assert measured(book([*paid(0, 0), *paid(3, 3, on=ago(5))]))["velocity_change_z"] == pytest.approx(3)


@pytest.mark.parametrize(("earlier", "recent"), [((1,), (2, 3)), ((1, 2), (3,)), ((), (2, 3))], ids=["one earlier", "one recent", "no earlier"])
def test_a_change_needs_two_events_on_either_side(measured: Measured, earlier: tuple[int, ...], recent: tuple[int, ...]) -> None:
    a = measured(book([*paid(*earlier), *paid(*recent, on=ago(5))]))
    assert (a["velocity_change"], a["velocity_change_z"]) == (None, None)


def test_few_events_are_drawn_towards_the_book(everyone: Measured) -> None:
    # book: (9 + 0 + 0)/3 = 3; A: (9 + 3·3)/(1 + 3), B: (0 + 3·3)/(2 + 3)
    of = everyone(book([*paid(9), *paid(0, 0, customer="B")]))
    assert (of["A"]["expected_days_late"], of["B"]["expected_days_late"]) == (pytest.approx(4.5), pytest.approx(1.8))


# ── settled, and on which date ───────────────────────────────────────────────

ISSUED = ago(100)
"""Of invoices on 30 days' terms, so that they are due 70 days before T."""


def one_invoice(*payments: Any, **row: Any) -> Ledger:
    return book([invoice(document="X", issued=ISSUED, **row)], payments)


PARTS = {
    "in two parts": ([payment(60, ago(90), "X"), payment(40, ago(65), "X")], 5),
    "two on one day": ([payment(60, ago(65), "X"), payment(40, ago(65), "X")], 5),
    "a cent short": ([payment(99.99, ago(65), "X")], 5),
    "two cents short": ([payment(99.98, ago(65), "X")], 70),
    "paid too much": ([payment(130, ago(65), "X")], 5),
    "paid before the invoice": ([payment(100, ago(150), "X")], -30),
    "reversed later": ([payment(100, ago(65), "X"), payment(-100, ago(10), "X")], 70),
    "reversed, and paid again": ([payment(100, ago(65), "X"), payment(-100, ago(60), "X"), payment(100, ago(40), "X")], 30),
    "reversed, and not yet paid again": ([payment(100, ago(65), "X"), payment(-100, ago(60), "X"), payment(100, ago(-1), "X")], 70),
    "reversed after the as-of date": ([payment(100, ago(65), "X"), payment(-100, ago(-1), "X")], 5),
    "reversed in part": ([payment(100, ago(65), "X"), payment(-1, ago(10), "X")], 70),
    "reversed but for a cent": ([payment(100, ago(65), "X"), payment(-0.01, ago(10), "X")], 5),
    "what was paid too much paid back": ([payment(130, ago(65), "X"), payment(-30, ago(10), "X")], 5),
    "twice reversed": ([payment(p, ago(d), "X") for p, d in ((100, 65), (-100, 60), (100, 40), (-100, 30), (100, 20))], 50),
    "reversed the same day": ([payment(100, ago(65), "X"), payment(-100, ago(65), "X")], 70),
    "after the as-of date": ([payment(100, ago(-1), "X")], 70),
}


@pytest.mark.parametrize(("payments", "late"), PARTS.values(), ids=PARTS)
def test_an_invoice_is_settled_from_the_date_on_that_leaves_a_cent_at_most(measured: Measured, payments: list[Any], late: int) -> None:
    assert measured(one_invoice(*payments))["payment_velocity"] == late


TOLERATED = {
    "just within": ([payment(95, ago(65), "X")], 0.05, 5),
    "a cent beyond": ([payment(94.99, ago(65), "X")], 0.05, 70),
    "none": ([payment(95, ago(65), "X")], 0.0, 70),
    "the rest comes later": ([payment(96, ago(65), "X"), payment(4, ago(10), "X")], 0.05, 5),
    "by parts": ([payment(50, ago(90), "X"), payment(46, ago(60), "X")], 0.05, 10),
}


@pytest.mark.parametrize(("payments", "tolerance", "late"), TOLERATED.values(), ids=TOLERATED)
def test_a_tolerated_rest_settles_the_timing_and_stays_in_the_balance(measured: Measured, payments: list[Any], tolerance: float, late: int) -> None:
    ledger = one_invoice(*payments)
    tolerant, strict = measured(ledger, tolerance=tolerance), measured(ledger)
    assert (tolerant["payment_velocity"], tolerant["n_paid"]) == (late, 1)
    same = ("open_balance", "past_due", "oldest_past_due", "ageing_61_90")
    assert [tolerant[name] for name in same] == [strict[name] for name in same]


BALANCES = {
    "part": ([payment(60, ago(90), "X")], 40),
    "too much": ([payment(130, ago(65), "X")], -30),
    "reversed": ([payment(100, ago(65), "X"), payment(-100, ago(10), "X")], 100),
    "write-off": ([payment(60, ago(65), "X"), payment(40, ago(10), "X", credit=True)], 0),
    "on account": ([payment(60, ago(65), "")], 100),
    "later": ([payment(60, ago(-1), "X")], 100),
}


@pytest.mark.parametrize(("payments", "balance"), BALANCES.values(), ids=BALANCES)
def test_the_open_balance_is_the_amount_less_what_was_applied(measured: Measured, payments: list[Any], balance: float) -> None:
    a = measured(one_invoice(*payments))
    assert (a["open_balance"], a["past_due"], a["ageing_61_90"]) == (balance, balance, balance)


def test_a_prepayment_counts_from_the_invoice_date_on(measured: Measured) -> None:
    ledger = one_invoice(payment(100, ago(150), "X"))
    assert measured(ledger, ago(101))["open_balance"] == 0
    assert (measured(ledger, ISSUED)["days_to_pay"], measured(ledger, ISSUED)["open_balance"]) == (0, 0)


PAID_DATES = {
    "paid": ({"paid": ago(65)}, 5, 0),
    "called open": ({"paid": ago(65), "status": "open"}, 70, 100),
    "not yet": ({"paid": ago(-1), "status": "closed", "remaining": 0}, 70, 100),
    "before the invoice": ({"paid": ago(150), "status": "closed"}, -30, 0),
    "closed on no known date": ({"status": "closed"}, None, 0),
    "nothing remains, no date": ({"remaining": 0}, None, 0),
    "part of it on no known date": ({"remaining": 30, "status": "open"}, 70, 30),
    "no word": ({}, 70, 100),
}


@pytest.mark.parametrize(("row", "late", "balance"), PAID_DATES.values(), ids=PAID_DATES)
def test_without_a_payments_sheet_the_paid_date_settles(measured: Measured, row: dict[str, Any], late: int | None, balance: float) -> None:
    a = measured(book([invoice(issued=ISSUED, **row)]))
    assert (a["payment_velocity"], a["open_balance"]) == (late, balance)


UNREFERRED = {
    "closed": ({"paid": ago(65), "status": "closed"}, 5, 0),
    "nothing remains": ({"paid": ago(65), "remaining": 0}, 5, 0),
    "a date and nothing else": ({"paid": ago(65)}, 5, 0),
    "a date, but something remains": ({"paid": ago(65), "remaining": 30}, 70, 100),
    "closed on no known date": ({"status": "closed"}, None, 0),
    "part of it, which no payment confirms": ({"remaining": 30, "status": "open"}, 70, 100),
}


@pytest.mark.parametrize(("row", "late", "balance"), UNREFERRED.values(), ids=UNREFERRED)
def test_an_invoice_no_payment_refers_to_is_believed_when_it_calls_itself_closed(
    measured: Measured, row: dict[str, Any], late: int | None, balance: float
) -> None:
    a = measured(one_invoice(**row))
    assert (a["payment_velocity"], a["open_balance"]) == (late, balance)


def test_payments_outweigh_what_the_row_says_of_itself(measured: Measured) -> None:
    a = measured(one_invoice(payment(60, ago(65), "X"), paid=ago(65), status="closed", remaining=0))
    assert (a["payment_velocity"], a["open_balance"]) == (70, 40)


@pytest.mark.parametrize(("credit", "share", "events"), [(50, 0, 2), (50.01, 0.5, 1), (100, 0.5, 1)], ids=["half", "a cent more", "all"])
def test_an_invoice_closed_by_credit_has_no_timing(measured: Measured, credit: float, share: float, events: int) -> None:
    rows = [payment(credit, ago(65), "X", credit=True), payment(100 - credit, ago(65), "X"), payment(100, ago(65), "Y")]
    a = measured(book([invoice(document="X", issued=ISSUED), invoice(document="Y", issued=ISSUED)], rows))
    assert (a["credit_share"], a["n_paid"], a["n_settled"]) == (share, events, events)


def test_a_credit_after_the_invoice_was_settled_does_not_close_it(measured: Measured) -> None:
    a = measured(one_invoice(payment(100, ago(65), "X"), payment(100, ago(10), "X", credit=True)))
    assert (a["credit_share"], a["n_settled"], a["open_balance"]) == (0, 1, -100)


def test_without_a_payments_sheet_the_status_says_closed_by_credit(measured: Measured) -> None:
    a = measured(book([settled(0, status="credited"), settled(0)]))
    assert (a["credit_share"], a["n_paid"]) == (0.5, 1)


def test_no_share_is_closed_by_credit_when_nothing_was_settled(measured: Measured) -> None:
    assert measured(book([past_due(5)]))["credit_share"] is None


def test_a_credit_memo_is_a_negative_current_balance_and_never_an_event(measured: Measured) -> None:
    a = measured(book([past_due(40, 100), invoice(-30, issued=ago(300))]))
    assert (a["n_paid"], a["open_balance"], a["past_due"], a["ageing_current"], a["ageing_31_60"]) == (1, 70, 100, -30, 100)


def test_a_credit_memo_is_used_up_by_what_it_pays(measured: Measured) -> None:
    # 100 − 20 and −30 + 20
    memo = invoice(-30, document="CM", issued=ISSUED)
    a = measured(book([invoice(document="X", issued=ISSUED), memo], [payment(20, ago(65), "X", name="CM", credit=True)]))
    assert (a["ageing_61_90"], a["ageing_current"], a["open_balance"]) == (80, -10, 70)


def test_disputed_invoices_stay_in_the_timing_unless_left_out(measured: Measured) -> None:
    ledger = book([settled(10, disputed=True), settled(0)])
    stay, left_out = measured(ledger), measured(ledger, leave_out_disputed=True)
    assert (stay["payment_velocity"], stay["dispute_share"]) == (5, 0.5)
    assert (left_out["payment_velocity"], left_out["n_paid"], left_out["dispute_share"]) == (0, 1, 0.5)


@pytest.mark.parametrize(("amount", "events"), [(0, 0), (0.01, 0), (0.02, 1)])
def test_an_invoice_of_a_cent_has_no_timing(measured: Measured, amount: float, events: int) -> None:
    assert measured(book([past_due(5, amount)]))["n_paid"] == events


# ── receivables ──────────────────────────────────────────────────────────────


def test_ageing_goes_by_days_past_due(measured: Measured) -> None:
    amounts = {-5: 1, 0: 2, 1: 4, 30: 8, 31: 16, 60: 32, 61: 64, 90: 128, 91: 256, 400: 512}
    a = measured(book([past_due(late, amount) for late, amount in amounts.items()]))
    buckets = [a[name] for name in ("ageing_current", "ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_91_plus")]
    assert buckets == [1 + 2, 4 + 8, 16 + 32, 64 + 128, 256 + 512]
    assert (a["open_balance"], a["past_due"], a["oldest_past_due"]) == (1023, 1020, 400)
    assert a["past_due_share"] == pytest.approx(1020 / 1023)


def test_a_rest_of_a_cent_is_not_the_oldest_past_due(measured: Measured) -> None:
    rows = [invoice(document="X", issued=ago(200)), past_due(7)]
    assert measured(book(rows, [payment(99.99, ago(100), "X")]))["oldest_past_due"] == 7


def test_nothing_past_due_has_no_oldest(measured: Measured) -> None:
    a = measured(book([invoice(issued=T)]))
    assert (a["oldest_past_due"], a["past_due"], a["past_due_share"]) == (None, 0, 0)


def test_there_is_no_share_of_a_balance_in_credit(measured: Measured) -> None:
    assert measured(book([past_due(5, 10), invoice(-10, issued=T)]))["past_due_share"] is None


def test_a_customer_without_invoices_owes_nothing_and_a_book_without_them_does_not_know(measured: Measured) -> None:
    names = ("open_balance", "past_due", "ageing_current", "ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_91_plus")
    with_invoices, without = measured(book([past_due(5, customer="B")], orders=[order(1, T)])), measured(book(orders=[order(1, T)]))
    assert {with_invoices[name] for name in names} == {0}
    assert {without[name] for name in names} == {None}


# ── order behaviour ──────────────────────────────────────────────────────────


def orders_at(*days_before: int, amount: float = 10, customer: str = "A") -> list[Any]:
    return [order(amount, ago(days), customer=customer) for days in days_before]


def test_orders_are_counted_over_the_days_since_the_first(measured: Measured) -> None:
    # the first is 99 days back: 100 days of exposure
    a = measured(book(orders=orders_at(99, 50, 20, 20, 0)))
    assert (a["orders"], a["orders_per_month"], a["orders_per_month_sa"]) == (5, pytest.approx(5 / (100 / MONTH)), pytest.approx(5 / (100 / MONTH)))


def test_exposure_ends_with_the_window(measured: Measured) -> None:
    # one order the day before the window begins, three in it
    a = measured(book(orders=orders_at(365, 364, 200, 0)))
    assert (a["orders"], a["orders_per_month"]) == (3, pytest.approx(3 / (365 / MONTH)))


def test_refunds_and_orders_of_nothing_are_not_orders(measured: Measured) -> None:
    # orders 60 + 40, refund 25
    a = measured(book(orders=[order(60, ago(3)), order(40, ago(2)), order(-25, ago(1)), order(0, T)]))
    assert (a["orders"], a["average_order_value"], a["refund_share"], a["revenue"]) == (2, 50, 0.25, 75)
    assert a["days_since_last_order"] == 2


NEVER_ORDERED = ("orders_per_month", "orders_per_month_sa", "frequency_change", "frequency_change_z", "deterioration_z", "average_order_value")
NEVER_ORDERED += ("order_value_trend", "days_since_last_order", "typical_gap", "recency_ratio", "expected_orders", "refund_share")


@pytest.mark.parametrize("own", [[], [order(-25, ago(1))]], ids=["invoices only", "a refund only"])
def test_who_never_ordered_has_no_rate(measured: Measured, own: list[Any]) -> None:
    a = measured(book([*paid(0, 0), *paid(3, 3, on=ago(5))], orders=[*own, *orders_at(300, 100, customer="B")]))
    assert {name: a[name] for name in NEVER_ORDERED} == dict.fromkeys(NEVER_ORDERED)
    assert (a["orders"], a["revenue"]) == (0, -25 if own else 0)


def test_who_ordered_long_ago_has_a_rate_of_zero(measured: Measured) -> None:
    a = measured(book(orders=orders_at(500)))
    assert (a["orders"], a["orders_per_month"], a["average_order_value"], a["refund_share"], a["revenue"]) == (0, 0, None, None, 0)
    assert (a["frequency_change"], a["frequency_change_z"]) == (None, 0)


def test_without_orders_invoices_and_credit_memos_stand_in(measured: Measured) -> None:
    a = measured(book([invoice(60, issued=ago(3)), invoice(40, issued=ago(2)), invoice(-25, issued=ago(1))]))
    assert (a["orders"], a["average_order_value"], a["refund_share"], a["revenue"]) == (2, 50, 0.25, 75)


def test_the_last_90_days_are_compared_with_the_rest_of_the_window(measured: Measured) -> None:
    # 9 in 90 days against 11 in 275: 0.1 ÷ 0.04; λ = 3.6. The one 90 days back belongs to the rest, the one 365 back to neither
    rest, last = [90, 364, *range(100, 280, 20)], [0, 89, *range(10, 80, 10)]
    a = measured(book(orders=orders_at(365, *rest, *last)))
    assert (len(rest), len(last)) == (11, 9)
    assert (a["frequency_change"], a["frequency_change_z"]) == (pytest.approx(1.5), pytest.approx(5.4 / math.sqrt(3.6)))


def test_a_baseline_shorter_than_90_days_is_none(measured: Measured) -> None:
    # 90 days of rest with one order, 90 days with two: rate doubled, λ = 1, (2 − 1)/√1
    enough, short = measured(book(orders=orders_at(179, 30, 20))), measured(book(orders=orders_at(178, 30, 20)))
    assert (enough["frequency_change"], enough["frequency_change_z"]) == (pytest.approx(1), pytest.approx(1))
    assert (short["frequency_change"], short["frequency_change_z"]) == (None, None)


def test_a_baseline_without_orders_has_a_test_but_no_ratio(measured: Measured) -> None:
    # first order before the window, none in the rest of it, two in the last 90 days: (2 − 0)/√½
    a = measured(book(orders=orders_at(400, 30, 20)))
    assert (a["frequency_change"], a["frequency_change_z"]) == (None, pytest.approx(2 / math.sqrt(0.5)))


def test_deterioration_is_slower_payment_and_fewer_orders_in_one_test(measured: Measured) -> None:
    # velocity: change 3 at a deviation of 1: z = 3. Orders: rest 275 days with 11, last 90 with none: λ = 3.6, z = −√3.6
    a = measured(book([*paid(0, 0), *paid(3, 3, on=ago(5))], orders=orders_at(*range(100, 320, 20), 400)))
    assert a["deterioration_z"] == pytest.approx((3 + math.sqrt(3.6)) / math.sqrt(2))


def test_deterioration_needs_both_tests(measured: Measured) -> None:
    assert measured(book([*paid(0, 0), *paid(3, 3, on=ago(5))], orders=orders_at(3)))["deterioration_z"] is None


def test_the_trend_of_order_values_is_a_share_a_month(measured: Measured) -> None:
    # ln 1.1 in 30 days
    rows = [order(amount, ago(90 - day)) for day, amount in ((0, 100), (30, 110), (60, 121), (90, 133.1))]
    assert measured(book(orders=rows))["order_value_trend"] == pytest.approx(math.log(1.1) / 30 * MONTH)
    assert measured(book(orders=rows))["order_value_trend"] == pytest.approx(0.0967, abs=5e-5)


@pytest.mark.parametrize("days", [(30, 20, 10), (5, 5, 5, 5)], ids=["three orders", "one day"])
def test_too_few_orders_have_no_trend(measured: Measured, days: tuple[int, ...]) -> None:
    assert measured(book(orders=orders_at(*days)))["order_value_trend"] is None


def test_the_typical_gap_is_drawn_towards_the_book(everyone: Measured) -> None:
    # A: 2 gaps of 20 days in all (a day twice counts once); B: 1 gap of 40; book 60/3 = 20; C ordered once
    rows = [*orders_at(20, 10, 0, 0), *orders_at(90, 50, customer="B"), *orders_at(8, customer="C")]
    of = everyone(book(orders=rows))
    assert [of[customer]["typical_gap"] for customer in "ABC"] == pytest.approx([(20 + 60) / 5, (40 + 60) / 4, 60 / 3])
    assert [of[customer]["days_since_last_order"] for customer in "ABC"] == [0, 50, 8]
    assert [of[customer]["recency_ratio"] for customer in "ABC"] == pytest.approx([0, 50 / 25, 8 / 20])


def test_history_for_gaps_is_longer_than_the_window(measured: Measured) -> None:
    # one gap of 700 days: (700 + 3·700)/(1 + 3)
    assert measured(book(orders=orders_at(1000, 300)))["typical_gap"] == pytest.approx(700)


def test_no_gap_is_typical_where_nobody_ordered_twice(measured: Measured) -> None:
    a = measured(book(orders=orders_at(8, 8)))
    assert (a["typical_gap"], a["recency_ratio"], a["days_since_last_order"]) == (None, None, 8)


def monthly(start: dt.date, months: int, usual: int = 4, december: int = 16) -> list[Any]:
    """Orders on one day of each month, from the start's month on."""
    firsts = [dt.date(start.year + (start.month - 1 + at) // 12, (start.month - 1 + at) % 12 + 1, start.day) for at in range(months)]
    return [order(10, date) for date in firsts for _ in range(december if date.month == 12 else usual)]


def test_the_season_is_shrunk_by_what_counting_alone_would_give(measured: Measured) -> None:
    # Three years, 4 orders a month and 16 in December: every centred mean is (11·4 + 16)/12 = 5; each calendar month has k = 2 equal ratios.
    # s = 11/12·ln 4 in December, −1/12·ln 4 else; observed variance (ln 4)²·(121 + 11)/144/11 = (ln 4)²/12
    # noise: (11·(2/4)/4 + (2/16)/4)/12 = 45/384; index ∝ 4^f in December, 1 else
    f = 1 - 45 / 384 / (math.log(4) ** 2 / 12)
    usual, december = 12 / (11 + 4**f), 12 * 4**f / (11 + 4**f)
    ledger = book(orders=monthly(dt.date(2022, 1, 5), 36))
    a = measured(ledger)
    assert a["seasonal_index"] == pytest.approx(december)
    assert slow.seasonal_indices(ledger, T) == pytest.approx([usual] * 11 + [december])
    # the window of 365 days begins on 2 January of the leap year: all of 2024's orders are in it
    assert a["orders_per_month_sa"] == pytest.approx((44 / usual + 16 / december) / (365 / MONTH))


@pytest.mark.parametrize(("first_day", "as_of", "adjusted"), [(7, (2023, 12, 31), True), (8, (2023, 12, 31), False), (7, (2023, 12, 30), False)])
def test_a_season_needs_24_complete_months(measured: Measured, first_day: int, as_of: tuple[int, int, int], adjusted: bool) -> None:
    ledger = book(orders=monthly(dt.date(2022, 1, first_day), 24, usual=40, december=160))
    assert (measured(ledger, dt.date(*as_of))["seasonal_index"] != 1) is adjusted


# ── expected orders ──────────────────────────────────────────────────────────

CDNOW = (0.243, 4.414, 0.793, 2.426)
"""Parameters of the CDNOW sample. Fader, Hardie, Lee: "Counting Your Customers" the Easy Way, Marketing Science 24 (2005), table 2."""


def test_the_published_customer_is_expected_to_order_as_published() -> None:
    # Fader, Hardie, Lee: Implementing the BG/NBD Model for Customer Base Analysis in Excel (2005): x = 2, t_x = 30.43, T = 38.86, 39 weeks on
    x, recency, age = np.array([2.0]), np.array([30.43]), np.array([38.86])
    assert expected_orders.expected(expected_orders.Parameters(*CDNOW), x, recency, age, 39) == pytest.approx([1.226], abs=5e-4)


def simulated(seed: int, customers: int, until: float, horizon: float) -> list[tuple[int, float, float, int]]:
    """Customers of the model: repeat orders, weeks to the last, weeks observed, orders in the weeks after."""
    r, alpha, a, b = CDNOW
    chance = np.random.default_rng(seed)
    histories = []
    for age in chance.uniform(until / 2, until, customers):
        rate, leaves, at, times = chance.gamma(r, 1 / alpha), chance.beta(a, b), 0.0, []
        while (at := at + chance.exponential(1 / rate)) < age + horizon:
            times.append(at)
            if chance.random() < leaves:
                break
        seen = [time for time in times if time <= age]
        histories.append((len(seen), seen[-1] if seen else 0.0, age, len(times) - len(seen)))
    return histories


def test_expectation_agrees_with_the_process_it_describes() -> None:
    # 8,000 simulated customers; the mean error of a right expectation is within 3 standard errors of 0, for repeat buyers and for the others
    x, recency, age, later = np.array(simulated(7, 8000, 80, 30)).T
    error = later - expected_orders.expected(expected_orders.Parameters(*CDNOW), x, recency, age, 30)
    for group in (x == 0, x == 1, x > 1):
        assert abs(error[group].mean()) < 3 * error[group].std() / math.sqrt(group.sum())


def test_the_fit_is_the_summit_of_the_likelihood() -> None:
    histories = [(x, recency, age) for x, recency, age, _ in simulated(11, 1500, 80, 1)]
    found = expected_orders.fit(*(np.array(column, dtype="float64") for column in zip(*histories, strict=True)))
    assert found is not None
    summit = slow_bgnbd.log_likelihood(found, histories)
    assert summit > slow_bgnbd.log_likelihood(CDNOW, histories)
    for at in range(4):
        for factor in (0.99, 1.01):
            assert slow_bgnbd.log_likelihood([value * (factor if i == at else 1) for i, value in enumerate(found)], histories) < summit


@pytest.mark.parametrize(("repeaters", "known"), [(29, False), (30, True)])
def test_expected_orders_need_30_customers_who_ordered_twice(everyone: Measured, repeaters: int, known: bool) -> None:
    rows = [row for at in range(repeaters) for row in orders_at(*range(at * 9, 400, 20 + 7 * at), 400, customer=f"C{at}")]
    of = everyone(book(orders=[*rows, *(row for at in range(20) for row in orders_at(300 + at, customer=f"ONCE{at}"))]))
    assert {values["expected_orders"] is not None for values in of.values()} == {known}


# ── the whole book ───────────────────────────────────────────────────────────


def test_days_sales_outstanding_as_published(figures: Measured) -> None:
    # sales of 30 days 10,000, open 15,000, of which 4,000 current: 45, 12, 33
    rows = [invoice(4000, issued=ago(5)), invoice(6000, issued=ago(10), due=ago(1)), invoice(5000, issued=ago(100))]
    found = figures(book(rows), T, window=30)
    assert (found["dso"], found["dso_best"], found["average_days_delinquent"]) == (pytest.approx(45), pytest.approx(12), pytest.approx(33))


def test_a_young_book_counts_its_days_from_the_first_invoice(figures: Measured) -> None:
    # first invoice 19 days before T: 20 days; open 50 of 100
    rows = [invoice(50, issued=ago(19), document="X"), invoice(50, issued=T), invoice(-1, issued=ago(40), paid=ago(30))]
    assert figures(book(rows, [payment(50, ago(3), "X"), payment(-1, ago(30), "INV4")]), T)["dso"] == pytest.approx(50 / 100 * 20)


def test_without_sales_there_is_no_dso(figures: Measured) -> None:
    assert figures(book([invoice(issued=ago(400))]), T)["dso"] is None


def test_countback_uses_up_the_sales_of_the_latest_months_first() -> None:
    # 212 = 100 + 80 + 32 of 70
    assert countback(212, [100, 80, 70], [30, 30, 30]) == pytest.approx(30 + 30 + 32 / 70 * 30)


def test_countback_goes_by_calendar_months(figures: Measured) -> None:
    # at 20 June: 100 (20 days), May 80 (31 days), April 70 (30 days), of which 38 are paid: 212 open
    as_of = dt.date(2024, 6, 20)
    rows = [invoice(70, issued=dt.date(2024, 4, 11), document="X"), invoice(80, issued=dt.date(2024, 5, 31)), invoice(100, issued=as_of)]
    assert figures(book(rows, [payment(38, as_of, "X")]), as_of)["dso_countback"] == pytest.approx(20 + 31 + 32 / 70 * 30)


def test_countback_is_absent_when_all_sales_do_not_cover_the_balance(figures: Measured) -> None:
    assert figures(book([invoice(70, issued=SOME_DAY, document="X")], [payment(-1, T, "X")]), T)["dso_countback"] is None


def test_collection_effectiveness_since_the_as_of_date_before(figures: Measured) -> None:
    # opening 100, sales 200, closing 120 of which 80 current: (100 + 200 − 120)/(100 + 200 − 80)
    rows = [invoice(100, issued=ago(90), document="X"), invoice(120, issued=ago(20), document="Y"), invoice(80, issued=ago(10))]
    payments = [payment(60, ago(5), "X"), payment(120, ago(5), "Y")]
    assert figures(book(rows, payments), ago(30), T)["collection_effectiveness"] == pytest.approx(180 / 220)
    assert figures(book(rows, payments), T)["collection_effectiveness"] is None


def test_roll_rates_follow_each_invoice() -> None:
    # 1–30 a month ago: 100 unpaid, now 31–60; 300 of which 200 were paid; a credit memo is left out. Current: 50, now 1–30
    rows = [invoice(100, issued=ago(65)), invoice(300, issued=ago(70), document="X"), invoice(-40, issued=ago(70)), invoice(50, issued=ago(40))]
    ledger = book(rows, [payment(200, ago(5), "X")])
    expected = {"ageing_current": (1, 0), "ageing_1_30": (0.5, 0.5), "ageing_31_60": (None, None)}
    of_slow = slow.roll_rates(ledger, ago(30), T)
    of_product = roll_rates(ledger, ago(30), T, Settings()).replace({np.nan: None})
    for bucket, rates in expected.items():
        assert of_slow[bucket] == rates
        assert tuple(of_product.loc[bucket, ["worse", "cured"]]) == rates
