"""Payment behaviour: payment events, their sums, and the metrics that are ratios of those sums. docs/metrics.md, "Payment behaviour"."""

from __future__ import annotations

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from xlseg.engines import Frame
from xlseg.metrics.spans import F64, I64, Part, Rows, flag, ratio, squares_about_mean
from xlseg.settings import Settings

INDEX_ANCHORS = ((-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60), (30, 50), (60, 40), (90, 30), (120, 20), (300, 1))
"""Days late → score of `payment_index`, the scale that D&B publishes for PAYDEX®."""

RATINGS = ((3, "A"), (7, "B"), (14, "C"), (30, "D"))
"""Most days of scatter for each letter of `consistency_rating`; E is above them all."""

PRIOR_EVENTS = 3
"""Weight of the book's mean in `expected_days_late`, in events."""

COUNTS = (
    "n", "late", "d", "dd", "n_recent", "d_recent", "dd_recent", "square_late", "n_settled", "paid_days", "disputed", "credited", "closed", "every",
)  # fmt: skip
SUMS = ("a", "ad", "score")


def payment_events(closings: Frame, settings: Settings) -> Part:
    """The payment events, settled and late, and their sums.

    Columns of their rows, beside those of the sums: invoice, amount, timed, by_credit, `days_late`, `recent` and `is_settled` (0 or 1).
    """
    return Part((_settled(closings, settings), _late(closings, settings)), COUNTS, SUMS)


def _settled(closings: Frame, settings: Settings) -> Rows:
    """Invoices settled in the window: how late is known once and for all, whether that is recent changes with the date."""

    def fixed(rows: Frame) -> Frame:
        timed, every = (1 - col("by_credit")) * col("timed"), 1 - col("by_credit")
        counted = rows.with_columns(
            n=timed,
            every=every,
            days_late=col("settled") - col("due"),
            is_settled=nw.lit(1).cast(I64),
            n_settled=timed,
            paid_days=timed * (col("settled") - col("issued")),
            disputed=every * col("disputed"),
            credited=col("by_credit"),
            closed=nw.lit(1).cast(I64),
            a=col("amount").cast(F64) * timed.cast(F64),
        )
        return counted.with_columns(d=col("n") * col("days_late")).with_columns(**_of_days_late(settings))

    recent = flag(col("as_of") < col("settled") + settings.recent)
    return Rows(
        closings,
        col("settled"),
        nw.min_horizontal(col("settled") + settings.window, "reopened").cast(I64),
        fixed,
        lambda rows: rows.with_columns(recent=recent).with_columns(**_recent()),
        needs=("settled", "n", "d", "dd"),
    )


def _late(closings: Frame, settings: Settings) -> Rows:
    """Invoices open and past due: they grow later from day to day, up to the window."""
    none = nw.lit(0).cast(I64)
    days_late = nw.min_horizontal(col("as_of") - col("due"), nw.lit(settings.window)).cast(I64)

    def fixed(rows: Frame) -> Frame:
        return rows.with_columns(
            by_credit=none,  # not known while it is open
            n=col("timed"),
            every=nw.lit(1).cast(I64),
            recent=nw.lit(1).cast(I64),
            is_settled=none,
            n_settled=none,
            paid_days=none,
            credited=none,
            closed=none,
            a=col("amount").cast(F64) * col("timed").cast(F64),
        )

    def moving(rows: Frame) -> Frame:
        dated = rows.with_columns(days_late=days_late).with_columns(d=col("n") * col("days_late"))
        return dated.with_columns(**_of_days_late(settings)).with_columns(**_recent())

    return Rows(closings, nw.max_horizontal(col("opened"), col("due") + 1), col("settled"), fixed, moving, needs=("due", "n", "a", "recent"))


def _of_days_late(settings: Settings) -> dict[str, nw.Expr]:
    d, amount = col("d"), col("a")
    return {
        "dd": d * d,
        "late": col("n") * flag(d > settings.grace),
        "square_late": d * d * flag(d > 0),
        "ad": amount * d.cast(F64),
        "score": amount * index_score(d.cast(F64)),
    }


def _recent() -> dict[str, nw.Expr]:
    recent = col("recent")
    return {"n_recent": col("n") * recent, "d_recent": col("d") * recent, "dd_recent": col("dd") * recent}


def index_score(days_late: nw.Expr) -> nw.Expr:
    """Score of one event: linear between the anchors, flat beyond them, as a sum of hinges. 1–100."""
    score, slope_before = nw.lit(float(INDEX_ANCHORS[0][1])), 0.0
    for (day, points), (next_day, next_points) in zip(INDEX_ANCHORS, (*INDEX_ANCHORS[1:], (301, 1)), strict=True):
        slope = (next_points - points) / (next_day - day)
        score = score + (slope - slope_before) * (days_late - float(day)).clip(lower_bound=0.0)
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
    letter: nw.Expr = nw.when(col("payment_consistency") > RATINGS[-1][0]).then(nw.lit("E"))
    for edge, name in reversed(RATINGS):
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
    """Recent mean less earlier mean. Days; absent unless both have 2 events.

    As one ratio of whole numbers: the difference of two ratios can miss 5 by its last digit.
    """
    recent, earlier = col("n_recent"), col("n") - col("n_recent")
    change = ratio(col("d_recent") * earlier - (col("d") - col("d_recent")) * recent, recent * earlier)
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
