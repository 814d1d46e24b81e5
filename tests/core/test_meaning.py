"""A cheap guard of what benchmarks/meaning.py measures in full: calm books stay calm, and a known change is seen."""

import datetime as dt

import numpy as np
import pandas as pd
from followed import Followed, follow, lateness_to_come
from measures import flips

from xlseg.demo.simulate import Population, shifted, unchanging

CALM = Population(customers=100)
UNTIL = dt.date(2026, 4, 30)
SHIFT = dt.date(2026, 2, 1)
"""The third month-end after it is 88 days away."""


def seen(book: Followed, *segments: str) -> float:
    labels, _ = book.grid("segment")
    return float(np.isin(labels[:, -3:].astype(str), segments).any(axis=1).mean())


def test_in_a_book_where_nothing_changes_few_segments_do() -> None:
    book = follow(unchanging(CALM, seed=31), CALM.until)
    assert flips(*book.grid("segment")) <= 0.06
    assert book.rows["segment"].isin(["At-Risk", "Deteriorating Payer"]).mean() <= 0.03
    assert book.rows["segment"].nunique() > 4  # a book in which there is something to tell apart


def test_fifteen_days_later_and_half_the_orders_is_at_risk_within_ninety_days() -> None:
    book = follow(shifted(Population(customers=100, until=UNTIL), 32, SHIFT), UNTIL)
    assert seen(book, "At-Risk") >= 0.6
    assert seen(follow(unchanging(Population(customers=100, until=UNTIL), 32), UNTIL), "At-Risk") <= 0.06


def test_the_outcome_weighs_what_falls_due_in_the_ninety_days_after() -> None:
    # due the day after T: 100 × 4 days; due on day 90: 300 × 8 days; due on T itself and on day 91: not counted → 2,800 / 400 = 7
    day = pd.Timestamp("2026-01-31")
    due = day + pd.to_timedelta([0, 1, 90, 91], unit="D")
    late = pd.to_timedelta([50, 4, 8, 50], unit="D")
    invoices = pd.DataFrame({"customer": "A", "due": due, "paid": due + late, "amount": [1000.0, 100, 300, 1000]})
    rows = pd.DataFrame({"as_of": day, "customer": ["A", "B"]})
    assert lateness_to_come(invoices, rows)[0] == 7.0
    assert np.isnan(lateness_to_come(invoices, rows)[1])
