"""The cash forecast: by hand, against a slow reading, and what holds of every ledger."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
import slow_forecast
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ledgers import FIRST, T, ago, book, invoice, messy, past_due, payment, settled, without_payments
from measures import part_inside
from test_point_in_time import cut

from xlseg.calendar import day_number
from xlseg.draws import drawn
from xlseg.facts import facts
from xlseg.forecast import WEEKS, Forecast, came_in, credited_part, forecast
from xlseg.lateness import CREDITED, OPEN, PAID, History, curves, dispute_delay
from xlseg.receipts import applied
from xlseg.rhythm import rhythm
from xlseg.settings import Settings
from xlseg.tables import Ledger

few = settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.generate])
dates = st.integers(400, 1094).map(lambda day: FIRST + dt.timedelta(days=day))
ledgers = st.builds(
    lambda seed, variant: variant(messy(seed, customers=8, documents=120)),
    st.integers(0, 10_000),
    st.sampled_from([lambda ledger: ledger, without_payments]),
)


def segment_of(customer: str) -> int:
    return sum(map(ord, customer)) % 3


def made(ledger: Ledger, as_of: dt.date, draws: int = 200) -> Forecast:
    known = facts(ledger)
    segment = np.array([segment_of(customer) for customer in known.customers], "int64")
    return forecast(ledger, known, applied(ledger, known), segment, day_number(as_of), Settings(), draws)


def shares(ledger: Ledger, as_of: dt.date) -> dict[str, list[float]]:
    found = made(ledger, as_of)
    names = ledger.invoices["document"].to_numpy(object)[found.items.invoice]
    return dict(zip(names, found.share[:, :WEEKS].tolist(), strict=True))


# ── by hand ──────────────────────────────────────────────────────────────────


def seen(*rows: tuple[int, int, int], weight: float = 1.0) -> History:
    """Invoices of one customer: entry, exit, kind."""
    entry, out, kind = (np.array(column) for column in zip(*rows, strict=True))
    nobody = np.zeros(len(rows), "int64")
    return History(nobody, entry, out, nobody, kind, np.full(len(rows), weight), nobody, 0)


def test_what_is_settled_over_what_is_watched_day_by_day() -> None:
    # Day 0: 1 of 4 paid → open ¾. Day 5: one of 3 credited → open ½, paid still ¼. Day 10: the one that is open so far left after day 7,
    # so 1 of 1 → open 0, paid ¼ + ½.
    found = curves(np.zeros(4, "int64"), 1, seen((-30, 0, PAID), (-30, 5, CREDITED), (-30, 7, OPEN), (-30, 10, PAID)))
    paid, left = found.at(np.zeros(5, "int64"), np.array([-1, 0, 5, 9, 10]))
    assert paid.tolist() == pytest.approx([0, 0.25, 0.25, 0.25, 0.75])
    assert left.tolist() == pytest.approx([1, 0.75, 0.5, 0.5, 0], abs=1e-8)


def test_an_invoice_that_came_under_watch_late_does_not_count_before() -> None:
    # Day 0: of the two, only one is watched, and paid: 1 of 1 would leave nothing. With a third: 1 of 2 → ½; day 9: 1 of 2 → ¼.
    found = curves(np.zeros(3, "int64"), 1, seen((-30, 0, PAID), (3, 9, PAID), (-30, 20, OPEN)))
    paid, _ = found.at(np.zeros(2, "int64"), np.array([0, 9]))
    assert paid.tolist() == pytest.approx([0.5, 0.75])


def test_a_dispute_costs_what_it_costs_within_a_customer() -> None:
    # A: 0 and 0 undisputed, 12 and 12 disputed; B is late anyway and has no dispute. Σ(x − x̄)(d − d̄) = 4 · ½ · 6 = 12, Σ(x − x̄)² = 1: 12/(1 + 3) = 3
    customer, late = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 12, 12, 80, 80])
    assert dispute_delay(customer, late, np.array([0, 0, 1, 1, 0, 0])) == 3
    # as many again, eight times: 96/(8 + 3) = 8.7
    assert dispute_delay(np.tile(customer, 8), np.tile(late, 8), np.tile([0, 0, 1, 1, 0, 0], 8)) == 9
    assert dispute_delay(customer, late, np.array([1, 1, 0, 0, 0, 0])) == 0


def test_what_nobody_has_seen_comes_at_the_slow_rate() -> None:
    # Ten invoices paid on time long ago do not say what becomes of one that is 100 days late. It was watched from day 91 to 100: (0 + 1)/(10 + 180).
    # The book has watched it up to day 100, beyond which only the slow rate speaks: 1 − e^(−7/190) in the first week.
    ledger = book([*(settled(0, on=ago(200)) for _ in range(10)), past_due(100, document="LATE")])
    found = shares(ledger, T)["LATE"]
    assert found[0] == pytest.approx(1 - math.exp(-7 / 190), abs=1e-6)
    assert sum(found) == pytest.approx(1 - math.exp(-91 / 190), abs=1e-6)


def test_a_customer_who_pays_ten_days_late_is_expected_ten_days_late() -> None:
    # Forty paid 10 days late, every ninth day; one is due in three days: day 10 late is day 13 from now, in the second week.
    paid = [settled(10, on=ago(3 + 9 * number)) for number in range(40)]
    found = shares(book([*paid, invoice(100, issued=ago(27), document="NEXT")]), T)["NEXT"]
    # They count ½ for every 90 days since they were due. Customer, segment and book all say day 10; what is left of belief, 1 payment in 180 days,
    # pays from the due date on: in the second week on days 5 to 11 late.
    n = sum(0.5 ** ((13 + 9 * number) / 90) for number in range(40))
    rest = 8 / (n + 8) * 20 / (n + 20) * 1 / (n + 1)
    assert found[1] == pytest.approx(1 - rest + rest * (math.exp(-4 / 180) - math.exp(-11 / 180)), abs=1e-6)
    assert sum(found) == pytest.approx(1 - rest * math.exp(-88 / 180), abs=1e-6)


def test_who_pays_on_the_tenth_pays_on_the_tenth() -> None:
    # Twelve runs, all on the 10th: (31·12·11)/(12·11) − 1 = 30, less two standard errors, is far more than chance.
    runs = [dt.date(2024, month, 10) for month in range(1, 13)]
    ledger = book([invoice(100, issued=date - dt.timedelta(days=20), due=date - dt.timedelta(days=3), paid=date) for date in runs])
    times = rhythm(facts(ledger), day_number(T), 365)[0]
    usual = 12 / 365  # how often a day of the month is a 10th
    trust = (30 - 2 * 62**0.5 / 12) * 12 / ((30 - 2 * 62**0.5 / 12) * 12 + 31)
    # the book has the same twelve days, so what the customer is drawn towards is trust · x + (1 − trust)
    of_book = trust * 0.5 / usual + (1 - trust)
    assert times[9] == pytest.approx(trust * 0.5 / usual + (1 - trust) * of_book)
    assert times[19] == pytest.approx((1 - trust) ** 2)


def test_days_of_payment_that_are_spread_say_nothing() -> None:
    ledger = book([settled(0, on=ago(7 * number)) for number in range(50)])
    assert rhythm(facts(ledger), day_number(T), 365).tolist() == [[1.0] * 31]


def test_credits_take_their_part_weighed_by_how_long_it_was_open() -> None:
    # Of 100, 20 are credited after 10 days and 80 paid after 40: 200/(200 + 3,200)
    rows = [invoice(100, issued=ago(50), document="X")]
    ledger = book(rows, [payment(20, ago(40), "X", credit=True), payment(80, ago(10), "X")])
    known = facts(ledger)
    assert credited_part(applied(ledger, known), known, day_number(T), 365) == pytest.approx(200 / 3_400)


def test_receipts_are_what_was_paid_on_the_invoices_that_were_open() -> None:
    rows = [invoice(100, issued=ago(30), document="X"), invoice(50, issued=ago(5), document="LATER")]
    paid = [payment(40, ago(13), "X"), payment(60, ago(6), "X"), payment(50, ago(1), "LATER"), payment(9, ago(12), "", customer="A")]
    ledger = book(rows, paid)
    found = came_in(applied(ledger, facts(ledger)), made(ledger, ago(14)))
    assert found.tolist() == [4_000, 6_000, *[0] * 11]  # days 1 and 8 after; the rest is not of the invoices open then


# ── the draws ────────────────────────────────────────────────────────────────


def test_what_is_certain_is_the_same_in_every_draw() -> None:
    found = drawn(np.array([500, 700]), np.eye(13)[[0, 2]], np.array([0, 1]), np.array([0.1, 0.1]), 0.0, 50)
    assert (found[:, 0] == 500).all()
    assert (found[:, 2] == 700).all()
    assert found.sum() == 50 * 1_200


def test_the_chance_of_a_week_is_the_share_of_the_draws() -> None:
    share = np.zeros((1, 13))
    share[0, [0, 4]] = 0.3, 0.5
    found = drawn(np.array([1]), share, np.array([0]), np.array([0.0]), 0.0, 20_000)
    error = 5 * (0.25 / 20_000) ** 0.5  # five standard errors at most
    assert found.mean(axis=0)[[0, 4]].tolist() == pytest.approx([0.3, 0.5], abs=error)
    assert found.sum(axis=1).mean() == pytest.approx(0.8, abs=error)


@pytest.mark.parametrize(
    ("customer", "within", "between", "correlation"),
    [([0, 0], 0.4, 0.0, 0.4), ([0, 1], 0.4, 0.0, 0.0), ([0, 1], 0.0, 0.3, 0.3), ([0, 0], 0.25, 0.16, 0.41), ([0, 0], 1.0, 0.0, 1.0)],
)
def test_two_invoices_come_together_as_often_as_they_are_tied(customer: list[int], within: float, between: float, correlation: float) -> None:
    share = np.zeros((2, 13))
    share[:, 0] = 0.5
    found = drawn(np.array([1, 1]), share, np.array(customer), np.array([within, within]), between, 20_000)[:, 0]
    # two coins of variance ¼ each: variance of the sum is ½ · (1 + correlation); the variance of a sample of 20,000 is within 3 %
    assert found.var() == pytest.approx(0.5 * (1 + correlation), rel=0.03)


def test_a_week_in_which_nothing_comes_counts_by_the_places_of_nothing() -> None:
    draws = np.array([0.0] * 6 + [1.0, 2.0, 3.0, 4.0])
    assert part_inside(draws, 0.0) == pytest.approx(0.5 / 0.6)  # places 0 to 0.6, of which 0.1 to 0.6 lie inside
    assert part_inside(draws, 2.0) == pytest.approx(1)  # places 0.7 to 0.8
    assert part_inside(draws, 4.0) == pytest.approx(0, abs=1e-9)  # 0.9 to 1
    assert part_inside(draws, 2.5) == 1.0
    assert part_inside(draws, 5.0) == 0.0


# ── what holds of every ledger ───────────────────────────────────────────────


@few
@given(ledgers, dates)
def test_the_shares_are_those_of_the_slow_reading(ledger: Ledger, as_of: dt.date) -> None:
    names = {*ledger.invoices["customer"], *ledger.payments["customer"]}
    wanted = slow_forecast.expected(ledger, {name: segment_of(name) for name in names}, as_of)
    found = shares(ledger, as_of)
    assert found.keys() == wanted.keys()
    for document, weeks in wanted.items():
        assert found[document] == pytest.approx(weeks, abs=1e-6), document


@few
@given(ledgers, dates, st.integers(0, 99))
def test_the_order_of_rows_means_nothing(ledger: Ledger, as_of: dt.date, seed: int) -> None:
    names = ("invoices", "payments", "orders")
    shuffled = replace(ledger, **{name: getattr(ledger, name).sample(frac=1, random_state=seed).reset_index(drop=True) for name in names})
    one, other = made(ledger, as_of), made(shuffled, as_of)
    assert one.expected.tolist() == other.expected.tolist()
    assert one.quantiles(0.1, 0.5, 0.9).tolist() == other.quantiles(0.1, 0.5, 0.9).tolist()


@few
@given(ledgers, dates)
def test_what_is_not_known_yet_changes_no_forecast(ledger: Ledger, as_of: dt.date) -> None:
    one, other = made(ledger, as_of), made(cut(ledger, as_of), as_of)
    assert one.expected.tolist() == other.expected.tolist()
    assert one.quantiles(0.1, 0.5, 0.9).tolist() == other.quantiles(0.1, 0.5, 0.9).tolist()


@few
@given(ledgers, dates)
def test_the_parts_are_the_open_balance_and_the_quantiles_are_in_order(ledger: Ledger, as_of: dt.date) -> None:
    found = made(ledger, as_of)
    balances = facts(ledger).balances
    at = day_number(as_of)
    stands = (balances["since"] <= at) & (balances["until"] > at) & (balances["is_credit"] == 0) & (balances["amount"] > 1)
    assert found.expected.sum() == balances.loc[stands, "amount"].sum()
    assert found.expected.min(initial=0) >= 0
    low, middle, high = found.quantiles(0.1, 0.5, 0.9)
    assert (low <= middle).all()
    assert (middle <= high).all()
    assert found.share.sum(axis=1).tolist() == pytest.approx([1.0] * len(found.share))
    assert ((found.share >= -1e-9) & (found.share <= 1 + 1e-9)).all()


def test_nothing_open_and_no_history_is_no_error() -> None:
    found = made(book([]), T)
    assert not found.known
    assert found.expected.tolist() == [0] * 14
    assert found.quantiles(0.1, 0.9).sum() == 0
