"""The product against the slow reading of docs/metrics.md, on real data and on a book with everything that goes wrong in ledgers."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import slow
from ledgers import messy, without_invoices, without_orders, without_payments, without_some_customers

from xlseg.facts import facts
from xlseg.intake import read_ledger
from xlseg.metrics import CATALOGUE, book_figures, measure
from xlseg.metrics.book import roll_rates
from xlseg.metrics.measure import measure_facts
from xlseg.settings import Settings
from xlseg.sources import open_source
from xlseg.tables import Ledger

ROOT = Path(__file__).resolve().parents[2]
DATES = (dt.date(2023, 6, 14), dt.date(2024, 3, 31), dt.date(2024, 12, 31))
"""As-of dates in the messy book: one mid-month, with less than 24 months before it; its last day."""

OTHER = Settings(window=200, recent=30, grace=0, leave_out_disputed=True, tolerance=0.1)

VARIANTS = {
    "whole": messy(1),
    "no Payments sheet": without_payments(messy(1)),
    "no SalesOrders sheet": without_orders(messy(1)),
    "no Invoices sheet": without_invoices(messy(1)),
    "some without orders": without_some_customers(messy(1)),
    "another one": messy(5),
}

Readings = dict[dt.date, dict[str, dict[str, Any]]]


def read_slowly(ledger: Ledger, dates: Sequence[dt.date], settings: Settings) -> Readings:
    return {date: slow.measure(ledger, date, settings, with_expected=date == dates[-1]) for date in dates}


@cache
def slow_reading(variant: str, settings: str) -> Readings:
    return read_slowly(VARIANTS[variant], DATES, SETTINGS[settings])


SETTINGS = {"defaults": Settings(), "others": OTHER}


def agree(measured: Any, wanted: Any, name: str) -> bool:
    if wanted is None or pd.isna(measured):
        return wanted is None and bool(pd.isna(measured))
    if isinstance(wanted, str):
        return bool(measured == wanted)
    # two searches for the summit of one likelihood stop within a thousandth of each other
    return math.isclose(measured, wanted, rel_tol=1e-3 if name == "expected_orders" else 1e-9, abs_tol=1e-9)


def disagreements(measured: pd.DataFrame, readings: Readings) -> list[str]:
    """One line a metric that differs, with one customer; customers that only one of the two knows."""
    found: dict[str, str] = {}
    rows = {(row["as_of"].date(), row["customer"]): row for row in measured.to_dict("records")}
    wanted = {(date, customer): values for date, reading in readings.items() for customer, values in reading.items()}
    for key in rows.keys() ^ wanted.keys():
        found["known"] = f"{key}: {'product' if key in rows else 'slow reading'} only"
    for key in rows.keys() & wanted.keys():
        for name in CATALOGUE:
            if not agree(rows[key][name], wanted[key][name], name):
                found[name] = f"{name} of {key}: {rows[key][name]}, wanted {wanted[key][name]}"
    return sorted(found.values())


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_metric_of_a_messy_book_equals_the_slow_reading(variant: str, engine: str) -> None:
    measured = measure(VARIANTS[variant], DATES, Settings(), engine=engine)
    assert disagreements(measured, slow_reading(variant, "defaults")) == []


@pytest.mark.parametrize("variant", ["whole", "no Payments sheet"])
def test_other_settings_mean_the_same_to_both(variant: str) -> None:
    assert disagreements(measure(VARIANTS[variant], DATES, OTHER), slow_reading(variant, "others")) == []


def test_the_messy_book_knows_and_misses_every_metric() -> None:
    # else the comparison above would prove nothing of a metric that is always absent, or never
    always = {"n_paid", "n_settled", "n_recent", "orders", "revenue", "seasonal_index"}
    always |= {"open_balance", "past_due", "ageing_current", "ageing_1_30", "ageing_31_60", "ageing_61_90", "ageing_91_plus"}
    values = [values for reading in slow_reading("whole", "defaults").values() for values in reading.values()]
    assert {name for name in CATALOGUE if len({row[name] for row in values} - {None}) < 2} == set()
    assert {name for name in CATALOGUE if all(row[name] is not None for row in values)} == always


def test_the_page_has_a_section_for_every_metric() -> None:
    page, _, _ = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8").partition("## Options of the formulas")
    headings = {name.strip() for line in re.findall(r"^### (.+)$", page, re.M) for name in line.split(",")}
    figures = set(slow.book(messy(1, 3, 9), DATES[-1], Settings(), None)) | {"roll_rates"}
    assert headings == set(CATALOGUE) | figures


def test_the_order_of_the_as_of_dates_does_not_change_a_date() -> None:
    # one pass over many dates gives what a pass for one date gives
    together = measure(VARIANTS["whole"], DATES, Settings())
    alone = pd.concat([measure(VARIANTS["whole"], [date], Settings()) for date in DATES], ignore_index=True)
    last = together["as_of"] == pd.Timestamp(DATES[-1])
    pd.testing.assert_frame_equal(together.drop(columns="expected_orders"), alone.drop(columns="expected_orders"), rtol=1e-12)
    pd.testing.assert_series_equal(together.loc[last, "expected_orders"], alone.loc[last, "expected_orders"])
    assert together.loc[~last, "expected_orders"].isna().all()


# ── the whole book ───────────────────────────────────────────────────────────


def figures_agree(ledger: Ledger, dates: Sequence[dt.date], settings: Settings) -> None:
    measured = book_figures(ledger, list(dates), settings).to_dict("records")
    for row, date, previous in zip(measured, dates, [None, *dates], strict=False):
        wanted: Mapping[str, Any] = slow.book(ledger, date, settings, previous)
        assert {name: (row[name], value) for name, value in wanted.items() if not agree(row[name], value, name)} == {}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_book_figures_equal_the_slow_reading(variant: str, settings: Settings) -> None:
    figures_agree(VARIANTS[variant], DATES, settings)


@pytest.mark.parametrize("variant", ["whole", "no Payments sheet", "another one"])
def test_roll_rates_equal_the_slow_reading(variant: str) -> None:
    before, after = dt.date(2024, 2, 29), dt.date(2024, 3, 31)
    measured = roll_rates(VARIANTS[variant], before, after, Settings())
    for bucket, (worse, cured) in slow.roll_rates(VARIANTS[variant], before, after).items():
        assert agree(measured.loc[bucket, "worse"], worse, bucket)
        assert agree(measured.loc[bucket, "cured"], cured, bucket)


# ── real data ────────────────────────────────────────────────────────────────


def real(name: str) -> Ledger:
    folder = ROOT.parent / "shared" / "data" / name
    if not folder.is_dir():
        pytest.skip(f"../shared/data/{name} is not here")
    return read_ledger(open_source(folder), Settings()).ledger


def test_every_metric_of_the_real_receivables_equals_the_slow_reading() -> None:
    ledger, dates = real("receivables"), (dt.date(2012, 10, 15), dt.date(2013, 6, 30), dt.date(2013, 12, 31))
    assert disagreements(measure(ledger, dates, Settings()), read_slowly(ledger, dates, Settings())) == []
    figures_agree(ledger, dates, Settings())


def test_every_metric_of_the_real_orders_equals_the_slow_reading() -> None:
    whole, dates = real("orders"), (dt.date(2010, 12, 31), dt.date(2011, 8, 17), dt.date(2011, 12, 9))
    some = set(sorted(whole.orders["customer"].unique())[::5])
    ledger = replace(whole, orders=whole.orders[whole.orders["customer"].isin(some)])
    assert disagreements(measure(ledger, dates, Settings()), read_slowly(ledger, dates, Settings())) == []


@pytest.mark.parametrize("engine", ["pandas", "polars", "duckdb"])
@pytest.mark.parametrize("variant", ["whole", "no SalesOrders sheet", "no Invoices sheet"])
def test_a_metric_alone_is_what_it_is_among_all(variant: str, engine: str) -> None:
    known = facts(VARIANTS[variant])
    among_all = measure_facts(known, DATES[1:], Settings(), engine)
    assert [known.customers[at] for at in among_all["position"]] == among_all["customer"].tolist()
    for name in CATALOGUE:
        alone = measure_facts(known, DATES[1:], Settings(), engine, metrics=[name])
        pd.testing.assert_frame_equal(alone, among_all[["as_of", "customer", "position", name]])
