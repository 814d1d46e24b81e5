"""Medians, scatter, slopes and Kaplan–Meier: by hand, from textbooks, and against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import SOME_DAY, T, ago, book, invoice, past_due, settled
from scipy import stats

from xlseg.calendar import day_number
from xlseg.facts import facts
from xlseg.metrics import measure, robust
from xlseg.metrics.samples import payments_of
from xlseg.settings import Settings

# Freireich et al. (1963): weeks of remission of 21 patients on 6-MP, and of those still in remission. The estimate is in most textbooks, such as
# Kalbfleisch and Prentice, The Statistical Analysis of Failure Time Data.
REMISSION = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]


def freireich() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values = np.array([*REMISSION, *CENSORED], "float64")
    return values, np.ones(21), np.array([False] * 9 + [True] * 12)


def test_the_textbook_curve() -> None:
    days, still_open = robust.survival(*freireich())
    assert days.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert still_open == pytest.approx([0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=0.0005)
    assert robust.survival_median(*freireich()) == 23


def test_a_median_that_was_not_seen_is_absent() -> None:
    assert math.isnan(robust.survival_median(np.array([1.0, 5.0, 5.0]), np.ones(3), np.array([False, True, True])))
    assert math.isnan(robust.survival_mean(np.array([5.0]), np.ones(1), np.array([True])))


@given(st.lists(st.integers(-30, 90), min_size=1, max_size=30))
def test_with_everything_settled_the_curve_gives_the_mean_and_a_median(days: list[int]) -> None:
    values, weights, is_open = np.array(days, "float64"), np.ones(len(days)), np.zeros(len(days), "bool")
    assert robust.survival_mean(values, weights, is_open) == pytest.approx(np.mean(days))
    assert robust.survival_median(values, weights, is_open) == sorted(days)[(len(days) - 1) // 2]


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(-50, 200)), min_size=2, max_size=40))
def test_the_slope_is_that_of_scipy(points: list[tuple[int, int]]) -> None:
    x, y = (np.array(each, "float64") for each in zip(*points, strict=True))
    if len(set(x)) > 1:
        with np.errstate(invalid="ignore"):  # scipy's confidence interval, which may have no width
            wanted = stats.theilslopes(y, x).slope
        assert robust.theil_sen(x, y) == pytest.approx(wanted, abs=1e-12)
    else:
        assert math.isnan(robust.theil_sen(x, y))


@given(st.lists(st.integers(-50, 200), min_size=1, max_size=40))
def test_medians_are_those_of_numpy_and_scipy(days: list[int]) -> None:
    values = np.array(days, "float64")
    assert robust.median(values, np.ones(len(days))) == np.median(values)
    # scipy divides by the exact quartile of the normal distribution, 0.67449; the usual 1.4826 is that rounded
    assert robust.median_deviation(values) == pytest.approx(stats.median_abs_deviation(values, scale="normal"), rel=1e-4)


@given(st.lists(st.tuples(st.integers(-9, 99), st.integers(1, 5)), min_size=1, max_size=20))
def test_a_weight_counts_as_often_as_it_says(pairs: list[tuple[int, int]]) -> None:
    values, weights = (np.array(each, "float64") for each in zip(*pairs, strict=True))
    assert robust.median(values, weights) == np.median(np.repeat(values, weights.astype("int64")))


def test_by_hand() -> None:
    assert robust.median(np.array([5.0, 10.0, 100.0]), np.array([1.0, 1.0, 3.0])) == 100
    assert robust.theil_sen(np.array([0, 30, 60, 90]), np.array([0, 3, 6, 40])) == pytest.approx((0.1 + 4 / 9) / 2)
    assert robust.median_deviation(np.array([-2, 6, 11, 30])) == pytest.approx(9.6369)


def test_only_the_latest_points_of_very_many_are_paired() -> None:
    x = np.arange(2_500.0)
    y = np.where(x < 500, 10_000.0, 3 * x)
    assert robust.theil_sen(x, y) == 3


def test_the_single_events_average_to_the_metric() -> None:
    rows = [settled(late, on=ago(n * 11, of=SOME_DAY), document=f"S{n}", customer="AB"[n % 2]) for n, late in enumerate([-9, 4, 30, 0, 11, 2, 90])]
    rows += [past_due(40, document="P1"), past_due(600, document="P2", customer="B"), invoice(issued=T, document="F")]
    made = book(rows)
    found = payments_of(facts(made), day_number(T), Settings())
    measured = measure(made, [T], Settings()).set_index("customer")
    for position, customer in enumerate(facts(made).customers):
        own = found.of(position)
        assert len(own.late) == measured["n_paid"][customer]
        assert own.late.mean() == pytest.approx(measured["payment_velocity"][customer])
    exact = payments_of(facts(made), day_number(T), Settings(), "exclude")
    assert exact.of(0).taken.mean() == pytest.approx(measured["days_to_pay"]["A"])


def test_an_estimate_looks_at_invoices_by_their_date() -> None:
    # issued 340 days ago and settled 10 days ago: in a window of 300 days no part of the cohort; not yet due but open: a lower bound below 0
    old = settled(300, on=ago(10), document="OLD")
    open_ = invoice(issued=ago(3), due=ago(-27), document="OPEN")
    found = payments_of(facts(book([old, open_])), day_number(T), Settings(window=300), "km")
    both = payments_of(facts(book([old, open_])), day_number(T), Settings(window=365), "km")
    assert (found.late.tolist(), found.is_open.tolist()) == ([-27], [True])
    assert sorted(both.late.tolist()) == [-27, 300]
