"""Receivables: the open balance and its ageing. docs/metrics.md, "Receivables"."""

from __future__ import annotations

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from xlseg.calendar import FOREVER
from xlseg.engines import Frame
from xlseg.facts import CENT
from xlseg.metrics.spans import I64, Part, Rows, flag, ratio

BUCKETS = (
    ("ageing_current", None, 0),
    ("ageing_1_30", 1, 30),
    ("ageing_31_60", 31, 60),
    ("ageing_61_90", 61, 90),
    ("ageing_91_plus", 91, None),
)
"""Ageing buckets by days past due, both ends in."""

COUNTS = ("open_balance", "past_due", *(name for name, _, _ in BUCKETS))


def open_items(balances: Frame) -> Part:
    """The open items, with `age` (days past due; below 1 when current), and their sums.

    Balance and ageing in hundredths, and the earliest due date past due (FOREVER when none).
    """
    due = nw.when((col("age") > 0) & (col("amount") > CENT)).then(col("due")).otherwise(nw.lit(FOREVER)).cast(I64)
    aged = {name: col("amount") * flag(_within(low, high)) for name, low, high in BUCKETS}

    def moving(rows: Frame) -> Frame:
        dated = rows.with_columns(age=col("as_of") - col("due"), open_balance=col("amount"))
        return dated.with_columns(past_due=col("amount") * flag(col("age") > 0), first_due=due, **aged)

    return Part((Rows(balances, col("since"), col("until"), moving=moving, needs=("due", "amount")),), COUNTS, least=("first_due",))


def _within(low: int | None, high: int | None) -> nw.Expr:
    above = col("age") >= low if low is not None else nw.lit(True)
    return above & (col("age") <= high) if high is not None else above


def past_due_share() -> nw.Expr:
    """Past due as a share of the open balance. 0–1; absent when nothing is open."""
    return nw.when(col("open_balance") > 0).then(ratio(col("past_due"), col("open_balance")))


def oldest_past_due() -> nw.Expr:
    """Age of the oldest open invoice past due. Days; absent when there is none."""
    return nw.when(col("first_due") < FOREVER).then(col("as_of") - col("first_due"))
