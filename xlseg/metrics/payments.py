"""Payment behaviour: payment events, their sums, and the metrics that are ratios of those sums. docs/metrics.md, "Payment behaviour"."""

from __future__ import annotations

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from xlseg.engines import Frame
from xlseg.metrics.spans import F64, I64, Dates, flag, ratio, spread, squares_about_mean, total
from xlseg.settings import Settings

INDEX_ANCHORS = ((-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60), (30, 50), (60, 40), (90, 30), (120, 20), (300, 1))
"""Days late → score of `payment_index`, the scale that D&B publishes for PAYDEX®."""

PRIOR_EVENTS = 3
"""Weight of the book's mean in `expected_days_late`, in events."""

COUNTS = (
    "n",
    "late",
    "d",
    "dd",
    "n_recent",
    "d_recent",
    "dd_recent",
    "square_late",
    "n_settled",
    "paid_days",
    "disputed",
    "credited",
    "closed",
    "every",
)
SUMS = ("a", "ad", "score")


def payment_events(closings: Frame, dates: Dates, settings: Settings) -> Frame:
    """One row a payment event and as-of date: its invoice, d (days late), a (amount), recent, is_settled, paid_days, flags."""
    window, recent = settings.window, settings.recent
    ours = ["as_of", "customer", "invoice", "amount", "by_credit", "disputed", "timed", "d", "paid_days", "recent", "is_settled"]
    settled = spread(closings, col("settled"), col("settled") + window, dates).with_columns(
        d=col("settled") - col("due"),
        paid_days=col("settled") - col("issued"),
        recent=flag(col("as_of") < col("settled") + recent),
        is_settled=nw.lit(1).cast(I64),
    )
    since = nw.max_horizontal(col("issued"), col("due") + 1)
    late = spread(closings, since, col("settled"), dates).with_columns(
        by_credit=nw.lit(0).cast(I64),  # not known while it is open
        d=nw.min_horizontal(col("as_of") - col("due"), nw.lit(window)).cast(I64),
        paid_days=nw.lit(0).cast(I64),
        recent=nw.lit(1).cast(I64),
        is_settled=nw.lit(0).cast(I64),
    )
    return nw.concat([settled.select(ours), late.select(ours)], how="vertical")


def payment_sums(events: Frame, settings: Settings) -> Frame:
    """The sums of the payment events, a row an as-of date and customer: `COUNTS` (int64) and `SUMS` (float64)."""
    n, d, recent = col("n"), col("d"), col("recent")
    amount = col("amount").cast(F64) * col("n").cast(F64)
    return total(
        events.with_columns(n=(1 - col("by_credit")) * col("timed"), every=1 - col("by_credit"))
        .with_columns(
            d=n * d,
            n_recent=n * recent,
            n_settled=n * col("is_settled"),
            paid_days=n * col("paid_days"),
            late=n * flag(d > settings.grace),
            disputed=col("every") * col("disputed"),
            credited=col("by_credit"),
            closed=col("is_settled"),
            a=amount,
            score=amount * index_score(d.cast(F64)),
        )
        .with_columns(
            dd=d * d,
            d_recent=d * recent,
            dd_recent=d * d * recent,
            square_late=d * d * flag(d > 0),
            ad=col("a") * d.cast(F64),
        ),
        counts=COUNTS,
        sums=SUMS,
    )


def index_score(days_late: nw.Expr) -> nw.Expr:
    """Score of one event: linear between the anchors, flat beyond them, as a sum of hinges. 1–100."""
    score, slope_before = nw.lit(float(INDEX_ANCHORS[0][1])), 0.0
    for (day, points), (next_day, next_points) in zip(INDEX_ANCHORS, (*INDEX_ANCHORS[1:], (301, 1)), strict=True):
        slope = (next_points - points) / (next_day - day)
        score = score + (slope - slope_before) * nw.max_horizontal(days_late - float(day), nw.lit(0.0))
        slope_before = slope
    return score


def payment_velocity() -> nw.Expr:
    """Mean days late over the payment events. Days; absent without events."""
    return ratio(col("d"), col("n"))


def payment_velocity_weighted() -> nw.Expr:
    """Mean days late, weighted by invoice amount. Days; absent without events."""
    return ratio(col("ad"), col("a"))


def days_to_pay() -> nw.Expr:
    """Mean days from invoice to settlement over settled events. Days; absent without any."""
    return ratio(col("paid_days"), col("n_settled"))


def payment_consistency() -> nw.Expr:
    """Sample standard deviation of days late. Days; absent under 3 events."""
    squares = squares_about_mean(col("dd"), col("d"), col("n"))
    return nw.when(col("n") >= 3).then((ratio(squares, col("n") - 1)).clip(0.0, None) ** 0.5)


def consistency_rating() -> nw.Expr:
    """Letter for `payment_consistency`; absent with it."""
    letter: nw.Expr = nw.when(col("payment_consistency") > 30).then(nw.lit("E"))
    for edge, name in ((30, "D"), (14, "C"), (7, "B"), (3, "A")):
        letter = nw.when(col("payment_consistency") <= edge).then(nw.lit(name)).otherwise(letter)
    return letter


def late_rms() -> nw.Expr:
    """Root mean square of the late days, early ones counting 0. Days; absent without events."""
    return ratio(col("square_late"), col("n")) ** 0.5


def late_share() -> nw.Expr:
    """Share of events later than the grace days. 0–1; absent without events."""
    return ratio(col("late"), col("n"))


def payment_index() -> nw.Expr:
    """Amount-weighted mean score. 1–100; absent without events."""
    return ratio(col("score"), col("a"))


def velocity_recent() -> nw.Expr:
    """Mean days late of the events in the recent window. Days; absent without any."""
    return ratio(col("d_recent"), col("n_recent"))


def velocity_change() -> nw.Expr:
    """Recent mean less earlier mean. Days; absent unless both have 2 events."""
    earlier = col("n") - col("n_recent")
    change = velocity_recent() - ratio(col("d") - col("d_recent"), earlier)
    return nw.when((col("n_recent") >= 2) & (earlier >= 2)).then(change)


def velocity_change_z() -> nw.Expr:
    """`velocity_change` in standard errors. Standard deviations; absent with it.

    The scatter is that of the earlier events if there are 6, else the pooled one, and at least one day.
    """
    recent, earlier = col("n_recent"), col("n") - col("n_recent")
    squares_recent = squares_about_mean(col("dd_recent"), col("d_recent"), recent)
    squares_earlier = squares_about_mean(col("dd") - col("dd_recent"), col("d") - col("d_recent"), earlier)
    variance = nw.when(earlier >= 6).then(ratio(squares_earlier, earlier - 1)).otherwise(ratio(squares_recent + squares_earlier, col("n") - 2))
    error = variance.clip(1.0, None) ** 0.5 * (ratio(nw.lit(1.0), recent) + ratio(nw.lit(1.0), earlier)) ** 0.5
    return col("velocity_change") / error


def expected_days_late() -> nw.Expr:
    """Mean days late, drawn towards the book's by the weight of 3 events. Days; absent without events."""
    book = ratio(col("d").sum().over("as_of"), col("n").sum().over("as_of"))
    return nw.when(col("n") > 0).then((col("d") + PRIOR_EVENTS * book) / (col("n") + PRIOR_EVENTS))


def credit_share() -> nw.Expr:
    """Share of the settled invoices closed by credit. 0–1; absent when none was settled."""
    return ratio(col("credited"), col("closed"))


def dispute_share() -> nw.Expr:
    """Share of payment events on disputed invoices. 0–1; absent without any."""
    return ratio(col("disputed"), col("every"))
