"""Invoices measured in a parquet file, against the same invoices as a ledger; and files that cannot be measured."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
import slow
from ledgers import messy, without_orders, without_payments

from xlseg import engines
from xlseg.errors import XlsegError
from xlseg.metrics import CATALOGUE, measure, measure_parquet
from xlseg.metrics.measure import derived
from xlseg.metrics.needs import sums_for
from xlseg.settings import Settings

LEDGER = without_orders(without_payments(messy(1)))
DATES = [dt.date(2023, 6, 14), dt.date(2024, 3, 31), dt.date(2024, 12, 31)]
SETTINGS = {"defaults": Settings(), "others": Settings(window=200, recent=30, grace=0, leave_out_disputed=True)}


def write(path: Path, table: pd.DataFrame) -> Path:
    connection = duckdb.connect()
    connection.register("invoices", table)
    connection.execute(f"COPY (SELECT * FROM invoices) TO '{path}' (FORMAT parquet)")
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    table = LEDGER.invoices.drop(columns="row").assign(remaining=LEDGER.invoices["remaining"].astype("Int64"))
    return write(tmp_path_factory.mktemp("parquet") / "invoices.parquet", table)


def in_order(measured: pd.DataFrame) -> pd.DataFrame:
    frame = measured.astype({"customer": object}).sort_values(["as_of", "customer"], ignore_index=True)
    return frame.astype({"consistency_rating": object}).drop(columns="expected_orders")


def same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(in_order(found), in_order(wanted), rtol=1e-9, atol=1e-9)
    by_customer = wanted.set_index(["as_of", "customer"])["expected_orders"]
    aligned = by_customer.reindex(pd.MultiIndex.from_frame(found[["as_of", "customer"]].astype({"customer": object})))
    pd.testing.assert_series_equal(found["expected_orders"], aligned.reset_index(drop=True), rtol=1e-4)  # a search stops somewhere near the summit


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_parquet_file_is_measured_as_the_same_invoices_in_a_ledger(file: Path, settings: Settings) -> None:
    same(measure_parquet(file, DATES, settings), measure(LEDGER, DATES, settings))


def test_a_parquet_file_is_measured_as_the_slow_reading_does(file: Path) -> None:
    wanted = slow.measure(LEDGER, DATES[-1], Settings(), with_expected=False)
    found = measure_parquet(file, DATES[-1:], Settings()).drop(columns=["as_of", "expected_orders"])
    assert set(found["customer"]) == set(wanted)
    for row in found.to_dict("records"):
        values = wanted[row["customer"]]
        for name in set(CATALOGUE) - {"expected_orders"}:
            absent = pd.isna(row[name])
            assert absent == (values[name] is None), name
            assert absent or row[name] == (values[name] if isinstance(values[name], str) else pytest.approx(values[name], rel=1e-9, abs=1e-9)), name


@pytest.fixture(scope="module")
def sums() -> pd.DataFrame:
    """Sums with values of their own, so that one which is left out shows."""
    names = sorted({*sums_for(CATALOGUE), "order_days", "first_day", "last_day"})
    chance = np.random.default_rng(3)
    frame = pd.DataFrame({name: chance.uniform(1, 50, 400) for name in names}).assign(as_of=500.0, customer=range(400))
    return frame.assign(
        n=frame["n"] + 8, n_recent=chance.uniform(2, 5, 400), first_day=chance.uniform(1, 90, 400), last_day=chance.uniform(95, 499, 400)
    )


@pytest.mark.parametrize("metric", sorted(set(CATALOGUE) - {"seasonal_index", "expected_orders"}))
def test_a_metric_is_made_of_no_other_sums_than_those_it_needs(metric: str, sums: pd.DataFrame) -> None:
    whole, alone = (derived(nw.from_native(frame), Settings()).to_native()[metric] for frame in (sums, blanked(sums, sums_for([metric]))))
    assert whole.notna().any()
    pd.testing.assert_series_equal(alone, whole)


def blanked(sums: pd.DataFrame, kept: frozenset[str]) -> pd.DataFrame:
    return sums.assign(**dict.fromkeys(sums_for(CATALOGUE) - kept, np.nan))


@pytest.mark.parametrize(
    "metrics",
    [
        ["oldest_past_due"], ["recency_ratio", "open_balance"], ["seasonal_index"], ["consistency_rating", "payment_index"], ["typical_gap"],
        ["expected_orders"], ["days_since_last_order"], ["orders_per_month", "n_paid"], ["revenue"], [],
    ],
)  # fmt: skip
def test_some_metrics_alone_are_what_they_are_among_all(metrics: list[str], file: Path) -> None:
    alone, among = (measure_parquet(file, DATES[1:2], Settings(), asked) for asked in (metrics, None))
    assert list(alone.columns) == ["as_of", "customer", *metrics]
    pd.testing.assert_frame_equal(alone, among[list(alone.columns)], rtol=1e-9, atol=1e-9)


INVOICE: dict[str, Any] = {
    "customer": "A",
    "issued": dt.date(2024, 1, 1),
    "due": dt.date(2024, 1, 31),
    "paid": dt.date(2024, 2, 10),
    "amount": 10_000,
}


def one(path: Path, **other: Any) -> Path:
    return write(path / "one.parquet", pd.DataFrame([INVOICE | other]))


@pytest.mark.parametrize(
    ("amount", "kind"), [(10_000, "BIGINT"), (100.0, "DOUBLE"), ("100.00", "DECIMAL(18, 2)"), (10_000, "USMALLINT"), ("1e2", "FLOAT")]
)
def test_whole_amounts_are_hundredths_and_others_units(tmp_path: Path, amount: object, kind: str) -> None:
    path = tmp_path / "one.parquet"
    row = f"'A' AS customer, DATE '2024-01-01' AS issued, DATE '2024-01-31' AS due, '{amount}'::{kind} AS amount"
    duckdb.sql(f"COPY (SELECT {row}) TO '{path}' (FORMAT parquet)")
    assert measure_parquet(path, [dt.date(2024, 3, 1)], Settings(), ["open_balance"])["open_balance"].to_list() == [100.0]


def test_the_time_of_day_and_a_whole_number_as_id_are_taken_as_they_are(tmp_path: Path) -> None:
    late = one(tmp_path, customer=17, issued=dt.datetime(2024, 1, 1, 23, 59), due=dt.datetime(2024, 1, 31, 8), paid=dt.datetime(2024, 2, 10, 17))
    found = measure_parquet(late, [dt.date(2024, 3, 1)], Settings(), ["payment_velocity"])
    assert found.to_dict("records") == [{"as_of": pd.Timestamp(2024, 3, 1), "customer": 17, "payment_velocity": 10.0}]  # 31 January to 10 February


def test_a_column_without_any_value_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    found = measure_parquet(one(tmp_path, paid=None, status=None), [dt.date(2024, 3, 1)], Settings(), ["open_balance", "n_settled"])
    assert found[["open_balance", "n_settled"]].values.tolist() == [[100.0, 0.0]]


def test_several_files_are_one_book(tmp_path: Path) -> None:
    for name, amount in (("a", 100), ("b", 250)):
        write(tmp_path / f"{name}.parquet", pd.DataFrame([INVOICE | {"amount": amount}]))
    found = measure_parquet(tmp_path / "*.parquet", [dt.date(2024, 1, 2)], Settings(), ["open_balance", "orders"])
    assert found[["open_balance", "orders"]].values.tolist() == [[3.5, 2.0]]


UNLIKE = {
    "hundredths and units": ({"amount": 70_350}, {"amount": 703.5}, "amount", "DOUBLE, and BIGINT in another"),
    "without paid dates": ({}, {"paid": dt.datetime(2024, 1, 2)}, "paid", "TIMESTAMP(_NS)?, and not there in another"),
    "ids of two kinds": ({"customer": "17"}, {"customer": 17}, "customer", "BIGINT, and VARCHAR in another"),
}


@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize(("some", "others", "column", "fact"), UNLIKE.values(), ids=UNLIKE)
def test_files_that_are_not_alike_are_told(
    tmp_path: Path, some: dict[str, Any], others: dict[str, Any], column: str, fact: str, is_first: bool
) -> None:
    plain = {name: value for name, value in INVOICE.items() if name != "paid"}
    for name, own in (("ab" if is_first else "ba")[0], some), (("ab" if is_first else "ba")[1], others):
        write(tmp_path / f"{name}.parquet", pd.DataFrame([plain | own]))
    here, there = fact.removesuffix(" in another").split(", and ")
    here, there = (here, there) if is_first else (there, here)
    told = rf"^b\.parquet: column '{column}' is {here}, and {there} in another of the files\. To go on, write"
    with pytest.raises(XlsegError, match=told):
        measure_parquet(tmp_path / "*.parquet", [dt.date(2024, 1, 2)], Settings(), ["open_balance"])


def test_nobody_is_known_before_the_first_invoice(tmp_path: Path) -> None:
    assert measure_parquet(one(tmp_path), [dt.date(2023, 12, 31)], Settings()).empty


def test_a_small_book_expects_no_orders_and_a_single_date_is_a_pass_of_its_own(tmp_path: Path) -> None:
    assert measure_parquet(one(tmp_path), [dt.date(2024, 1, 1)], Settings())["expected_orders"].isna().all()


REFUSED = {
    "no due dates": ({"due": None}, "column 'due' is NULL"),
    "a date as text": ({"issued": "2024-01-01"}, "column 'issued' is VARCHAR"),
    "a flag as text": ({"disputed": "no"}, "column 'disputed' is VARCHAR"),
    "an unknown status": ({"status": "Paid In Full"}, "status 'Paid In Full'"),
    "a credit memo above 0": ({"is_credit": True}, "1 credit memos with an amount above 0"),
    "no customer": ({"customer": ""}, "invoices without a customer"),
    "a year that cannot be": ({"due": dt.date(1024, 1, 31)}, "an issue or due date of 1024-01-31"),
    "too much money": ({"amount": 2**54}, "amounts that cannot be added to the cent"),
    "no number": ({"amount": float("nan")}, "amounts that cannot be added to the cent|1 rows without an amount"),
    "endless money": ({"amount": float("inf")}, "amounts that cannot be added to the cent"),
    "endless money that remains": ({"remaining": float("inf")}, "remaining amounts that cannot be added to the cent"),
    "money beyond all bounds that remains": ({"remaining": 1e308}, "remaining amounts that cannot be added to the cent"),
    "money without end that remains": ({"remaining": -1e308}, "remaining amounts that cannot be added to the cent"),
}


@pytest.mark.parametrize(("other", "fact"), REFUSED.values(), ids=REFUSED)
def test_what_no_invoice_can_have_is_one_line(tmp_path: Path, other: dict[str, Any], fact: str) -> None:
    with pytest.raises(XlsegError, match=rf"^one\.parquet: ({fact}).*\. To go on, .*\.$"):
        measure_parquet(one(tmp_path, **other), [dt.date(2024, 3, 1)], Settings())


def test_what_remains_must_be_a_number(tmp_path: Path) -> None:
    path = tmp_path / "one.parquet"
    row = "'A' AS customer, DATE '2024-01-01' AS issued, DATE '2024-01-31' AS due, 5 AS amount, 'NaN'::DOUBLE AS remaining"
    duckdb.sql(f"COPY (SELECT {row}) TO '{path}' (FORMAT parquet)")
    with pytest.raises(XlsegError, match=r"^one\.parquet: remaining amounts that cannot be added to the cent\. To go on, .*, or no number\.$"):
        measure_parquet(path, [dt.date(2024, 3, 1)], Settings())


def test_too_little_memory_is_one_line(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlseg.engines.SHARE", 1e-6)
    with pytest.raises(XlsegError, match=r"^invoices\.parquet: there is not enough memory to add it up\. To go on, ask for fewer metrics .*\.$"):
        measure_parquet(file, DATES, Settings())


def test_what_memory_does_not_hold_is_put_where_the_system_keeps_such_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    connection, _ = engines.connect()
    connection.execute("SET memory_limit = '100MB'")
    ((folder,),) = connection.execute("SELECT current_setting('temp_directory')").fetchall()
    query = connection.execute("SELECT count(*) FROM (SELECT i, max(repeat('x', 20) || i) FROM range(8_000_000) t(i) GROUP BY i)")
    assert query.fetchall() == [(8_000_000,)]
    assert (list(tmp_path.iterdir()), Path(folder).parent.parent) == ([], Path(tempfile.gettempdir()))


def test_values_that_duckdb_stumbles_over_while_it_adds_up_are_one_line_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise duckdb.ConversionException("out of range\nLINE 1: secret")

    monkeypatch.setattr("xlseg.metrics.parquet.read_rows", stumble)
    with pytest.raises(XlsegError, match=r"^invoices\.parquet: a value that cannot be used \(out of range\)\. To go on, correct it in the file\.$"):
        measure_parquet(file, DATES, Settings())


def test_invoices_without_a_due_date_are_counted_but_a_credit_memo_needs_none(tmp_path: Path) -> None:
    memo = INVOICE | {"amount": -5_000, "due": None, "paid": None}
    path = write(tmp_path / "two.parquet", pd.DataFrame([INVOICE, memo]).astype({"due": "datetime64[s]", "paid": "datetime64[s]"}))
    assert measure_parquet(path, [dt.date(2024, 3, 1)], Settings(), ["open_balance"])["open_balance"].to_list() == [-50.0]
    missing = write(tmp_path / "three.parquet", pd.DataFrame([INVOICE, INVOICE | {"due": None}]).astype({"due": "datetime64[s]"}))
    with pytest.raises(XlsegError, match="1 invoices without a due date"):
        measure_parquet(missing, [dt.date(2024, 3, 1)], Settings())


def test_a_missing_column_a_missing_file_and_no_parquet_file_are_one_line(tmp_path: Path) -> None:
    short = write(tmp_path / "short.parquet", pd.DataFrame([INVOICE]).rename(columns={"amount": "amounts"}))
    (tmp_path / "text.parquet").write_text("customer,amount")
    for path, fact in ((short, "no column 'amount'. To go on, rename 'amounts' to 'amount'"), (tmp_path / "text.parquet", "no parquet file that")):
        with pytest.raises(XlsegError, match=fact):
            measure_parquet(path, DATES, Settings())
    with pytest.raises(XlsegError, match=r"none\.parquet: no parquet file that can be read"):
        measure_parquet(tmp_path / "none.parquet", DATES, Settings())


def test_an_as_of_date_after_all_that_an_invoice_can_have_is_one_line(file: Path) -> None:
    assert len(measure_parquet(file, [dt.date(2199, 12, 31)], Settings(), ["open_balance"]))
    with pytest.raises(XlsegError, match=r"no date as late as 2200-01-01 is read\. To go on, take an as-of date up to 2199-12-31\."):
        measure_parquet(file, [DATES[0], dt.date(2200, 1, 1)], Settings())


def test_a_metric_that_does_not_exist_is_named_with_the_nearest(file: Path) -> None:
    with pytest.raises(XlsegError, match=r"'payment_speed' is none\. To go on, take"):
        measure_parquet(file, DATES, Settings(), ["payment_speed"])


def test_sums_are_whole_numbers_where_floating_point_would_round(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the way that is taken in books so long that 2^53 is not out of reach
    monkeypatch.setattr("xlseg.metrics.parquet.EXACT", 0)
    same(measure_parquet(file, DATES, Settings()), measure(LEDGER, DATES, Settings()))
    assert {"n", "open_balance", "xx"} <= sums_for(CATALOGUE)


@pytest.mark.parametrize("second", ["amount", "Amount"])
def test_two_columns_of_one_name_are_refused(file: Path, tmp_path: Path, second: str) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    pq.write_table(table.append_column(second, table.column("amount")), tmp_path / "twice.parquet")
    with pytest.raises(XlsegError, match=r"twice\.parquet: two columns are called 'amount'\. To go on"):
        measure_parquet(tmp_path / "twice.parquet", DATES[:1], Settings())
    pq.write_table(table.append_column("amount_1", table.column("amount")), tmp_path / "once.parquet")
    assert len(measure_parquet(tmp_path / "once.parquet", DATES[:1], Settings(), ("n_paid",)))


def test_a_column_that_is_missing_is_told_with_the_one_that_may_be_meant(file: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(file)
    pq.write_table(table.rename_columns(["issue" if name == "issued" else name for name in table.column_names]), tmp_path / "other.parquet")
    with pytest.raises(XlsegError, match=r"other\.parquet: no column 'issued'\. To go on, rename 'issue' to 'issued'\."):
        measure_parquet(tmp_path / "other.parquet", DATES[:1], Settings())
