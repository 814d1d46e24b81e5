"""What an invoice's own row says, where there is no Payments and no SalesOrders sheet: the facts of `facts.py` for rows on an engine."""

from __future__ import annotations

from collections.abc import Collection

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from xlseg.calendar import FOREVER, Season
from xlseg.engines import Frame
from xlseg.facts import CENT
from xlseg.metrics import orders as order
from xlseg.metrics import payments as pay
from xlseg.metrics import receivables as due
from xlseg.metrics.one_date import Kind
from xlseg.metrics.spans import I64, Dates, Part, Rows, flag
from xlseg.settings import Settings


def read_rows(invoices: Frame, settings: Settings) -> Frame:
    """The rows of an `InvoiceFile` as facts see them. docs/metrics.md, "Invoices: amount, balance, settled".

    customer, issued, due, month, amount, is_credit, disputed; opened, settled (FOREVER = open), reopened, opening (what is open at first),
    by_credit, timed, has_timing.
    """
    remaining, stated = col("remaining").fill_null(0), ~col("remaining").is_null()
    word = invoices.with_columns(silent=col("says_open") + col("says_closed") + col("says_credited") == 0, stated=stated, remaining=remaining)
    word = word.with_columns(open=(col("says_open") == 1) | (col("silent") & col("stated") & (remaining.abs() > CENT)))
    closed = (col("says_closed") == 1) | (col("says_credited") == 1) | (col("stated") & (col("remaining").abs() <= CENT))
    word = word.with_columns(closed=~col("open") & closed, believed=(col("paid") < FOREVER) & ~col("open"))
    partly = ~col("believed") & ~col("closed") & col("stated") & (col("remaining").abs() < col("amount").abs())
    word = word.with_columns(partly=partly, undated=col("closed") & (col("paid") >= FOREVER))
    opening = nw.when(col("partly")).then(col("remaining")).otherwise(nw.when(col("undated")).then(nw.lit(0)).otherwise(col("amount")))
    return word.select(
        "customer", "issued", "due", "month", "amount", "is_credit", "disputed",
        settled=nw.when(col("believed")).then(nw.max_horizontal("paid", "issued")).otherwise(nw.lit(FOREVER)).cast(I64),
        opened=col("issued"),
        reopened=nw.lit(FOREVER + 1).cast(I64),
        opening=opening.cast(I64),
        by_credit=col("says_credited") * flag(col("believed")),
        timed=1 - col("disputed") if settings.leave_out_disputed else nw.lit(1).cast(I64),
        has_timing=(col("is_credit") == 0) & ~col("undated") & (col("amount") > CENT),
    )  # fmt: skip


def may_count(day: int, settings: Settings) -> nw.Expr:
    """Of the rows of an `InvoiceFile`: false where one was issued and settled so long ago that nothing of it counts at a day."""
    start = day - settings.window
    return (col("issued") > start) | (col("paid") > start) | (col("says_open") == 1) | ~col("remaining").is_null()


def kinds_of(settings: Settings, day: int, season: Season) -> tuple[Kind, ...]:
    """What an invoice is: a payment event, an open item, an order."""
    until = nw.when(col("settled") < FOREVER).then(col("settled")).otherwise(nw.lit(FOREVER + 1)).cast(I64)
    due_day = nw.when(col("is_credit") == 1).then(nw.lit(FOREVER)).otherwise(col("due")).cast(I64)
    dates = Dates((day,), "duckdb")
    return (
        Kind(lambda rows: pay.payment_events(rows, settings), {}, col("has_timing")),
        Kind(due.open_items, {"since": col("issued"), "until": until, "due": due_day, "amount": col("opening")}, col("opening") != 0),
        Kind(lambda rows: order.orders_in_window(rows, dates, {day: season}, settings.window), {"day": col("issued")}, nw.lit(True)),
        Kind(lambda rows: _first_and_last(rows, settings.window), {"day": col("issued")}, col("amount") > 0),
    )


def _first_and_last(orders: Frame, window: int) -> Part:
    """The first and last order day of the window."""
    rows = Rows(orders, col("day"), col("day") + window, lambda rows: rows.with_columns(first_day=col("day"), last_day=col("day")))
    return Part((rows,), least=("first_day",), most=("last_day",))


def known_before(rows: Frame, day: int, wanted: Collection[str]) -> Frame:
    """A row a customer known at a day; of first_day and last_day with an order up to then, those that are wanted."""
    placed = _placed(rows, day)
    found = {name: made for name, made in (("first_day", col("day").min()), ("last_day", col("day").max())) if name in wanted}
    return placed.group_by("customer").agg(**found) if found else placed.select("customer").unique()


def order_days_of(rows: Frame, day: int) -> Frame:
    """customer, first_day and last_day with an order up to a day, order_days (distinct ones): a row a customer known then."""
    history = _placed(rows, day).unique().group_by("customer")
    return history.agg(order_days=col("day").count(), first_day=col("day").min(), last_day=col("day").max())


def _placed(rows: Frame, day: int) -> Frame:
    return rows.filter(col("issued") <= day).select("customer", day=nw.when(col("amount") > 0).then(col("issued")))
