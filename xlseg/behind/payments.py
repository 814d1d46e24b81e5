"""Accounts of the metrics of payment behaviour. docs/metrics.md, "Payment behaviour"."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.behind.account import Account, Step, documents, inputs, together
from xlseg.behind.evidence import Evidence
from xlseg.facts import days
from xlseg.metrics.payments import PRIOR_EVENTS, RATINGS
from xlseg.workbook import Array

Make = Callable[[Evidence, str], Account]
"""The account of a metric that is not absent."""


@dataclass(frozen=True)
class _Mean:
    """A metric that is Σ above ÷ Σ below over some events, of which each contributes its part.

    listed: column that is 1 for the events that count. Without `below` it is a plain sum.
    """

    listed: str
    above: str
    below: str
    how: str
    days: str = "days"

    def __call__(self, evidence: Evidence, metric: str) -> Account:
        events = evidence.events[evidence.events[self.listed].to_numpy() != 0]
        whole = float(events[self.below].sum()) if self.below else 1.0
        share = events[self.above].to_numpy("float64") / whole
        rows = documents(_with_days_to_pay(events), share, _note(self, evidence, events), self.days)
        return Account(metric, evidence.values[metric], rows, (), self.how.format(n=len(rows), whole=f"{whole / 100:,.2f}"))


def _with_days_to_pay(events: pd.DataFrame) -> pd.DataFrame:
    return events.assign(to_pay=events["paid_days"])


def _note(mean: _Mean, evidence: Evidence, events: pd.DataFrame) -> list[str]:
    """What a reader needs to follow a single contribution."""
    if mean.above == "score":
        weight = events["a"].to_numpy()
        return [f"score {score:.1f}" for score in (events["score"].to_numpy() / np.where(weight > 0, weight, 1)).tolist()]
    if mean.above in ("late", "credited", "disputed"):
        word = {"late": "late", "credited": "closed by credit", "disputed": "disputed"}[mean.above]
        return [word if counts else "" for counts in events[mean.above].tolist()]
    return _so_far(evidence, events) if mean.days == "days" else [""] * len(events)


def _so_far(evidence: Evidence, events: pd.DataFrame) -> list[str]:
    """Says of an open invoice whose days late count for fewer than they are, how many they are."""
    late = (evidence.day - days(events["due"])).tolist()
    most, is_open = evidence.settings.window, events["settled"].isna().tolist()
    return [f"{age:,} days late so far, counted as {most}" if waits and age > most else "" for age, waits in zip(late, is_open, strict=True)]


def _scatter(evidence: Evidence, metric: str) -> Account:
    """The standard deviation, and the letter that it stands for."""
    events = evidence.events[evidence.events["n"].to_numpy() == 1]
    late = events["days"].to_numpy("float64")
    squares = (late - late.mean()) ** 2
    steps = [
        Step("events", len(late)),
        Step("mean days late", float(late.mean()), "sum of days late ÷ events"),
        Step("sum of squares", float(squares.sum()), "the contributions, added up"),
        Step("variance", float(squares.sum()) / (len(late) - 1), "sum of squares ÷ (events − 1)"),
    ]
    if metric == "consistency_rating":
        steps.append(Step("standard deviation", math.sqrt(steps[-1].value), "square root of the variance"))
        how = ", ".join(f"{letter} up to {days} days" for days, letter in RATINGS) + ", E above"
    else:
        how = "square root of the variance"
    text = f"Each event contributes (days late − mean)²; the number is: {how}."
    return Account(metric, evidence.values[metric], documents(events, squares), tuple(steps), text, "steps")


def _root_mean_square(evidence: Evidence, metric: str) -> Account:
    events = evidence.events[evidence.events["n"].to_numpy() == 1]
    share = events["square_late"].to_numpy("float64") / len(events)
    step = Step("mean square", float(share.sum()), "the contributions, added up")
    how = f"Each event contributes its days late squared (0 when early) ÷ {len(events)} events; the number is: square root of the mean square."
    return Account(metric, evidence.values[metric], documents(events, share), (step,), how, "steps")


def _change(evidence: Evidence, metric: str) -> Account:
    events = evidence.events[evidence.events["n"].to_numpy() == 1]
    recent = events["n_recent"].to_numpy() == 1
    n1, n2 = int(recent.sum()), int((~recent).sum())
    share = events["days"].to_numpy("float64") / np.where(recent, n1, -n2)
    how = f"A recent event contributes days late ÷ {n1}, an earlier one −days late ÷ {n2}: the recent mean less the earlier mean."
    return Account(metric, evidence.values[metric], documents(events, share, _when(recent)), (), how)


def _when(recent: Array) -> list[str]:
    return ["recent" if late else "earlier" for late in recent.tolist()]


def _change_in_errors(evidence: Evidence, metric: str) -> Account:
    events = evidence.events[evidence.events["n"].to_numpy() == 1]
    recent, late = events["n_recent"].to_numpy() == 1, events["days"].to_numpy("float64")
    n1, n2, now, before = int(recent.sum()), int((~recent).sum()), float(late[recent].mean()), float(late[~recent].mean())
    squares = (late - np.where(recent, now, before)) ** 2
    own, pooled = float(squares[~recent].sum()), float(squares.sum())
    variance, how = (own / (n2 - 1), "earlier squares ÷ (earlier events − 1)") if n2 >= 6 else (pooled / (n1 + n2 - 2), "all squares ÷ (events − 2)")
    error = math.sqrt(max(variance, 1.0)) * math.sqrt(1 / n1 + 1 / n2)
    steps = (
        Step("recent events", n1),
        Step("recent mean", now, "days late of the recent events ÷ their number"),
        Step("earlier events", n2),
        Step("earlier mean", before, "days late of the earlier events ÷ their number"),
        Step("change", now - before, "recent mean − earlier mean"),
        Step("variance", variance, f"{how}; below 1 it counts as 1"),
        Step("standard error", error, "√variance × √(1 ÷ recent events + 1 ÷ earlier events)"),
    )
    text = "Each event contributes (days late − mean of its group)²; the number is: change ÷ standard error."
    return Account(metric, evidence.values[metric], documents(events, squares, _when(recent)), steps, text, "steps")


def _drawn_to_book(evidence: Evidence, metric: str) -> Account:
    """Each event's part, and that of the book's mean, which counts as three events."""
    events = evidence.events[evidence.events["n"].to_numpy() == 1]
    measured = evidence.measured[evidence.measured["n_paid"].to_numpy() > 0]
    n, velocity = measured["n_paid"].to_numpy("float64"), measured["payment_velocity"].to_numpy("float64")
    book = float((n * velocity).sum() / n.sum())
    weight = len(events) + PRIOR_EVENTS
    share = events["days"].to_numpy("float64") / weight
    mean = inputs([("mean days late of the book", PRIOR_EVENTS * book / weight, f"{book:.4f} × {PRIOR_EVENTS} ÷ {weight}")])
    how = f"Each event contributes days late ÷ {weight}: {len(events)} events, and the mean of the book as {PRIOR_EVENTS} more."
    return Account(metric, evidence.values[metric], together(documents(events, share), mean), (), how)


_EVENTS = "days late ÷ {n} events"

PAYMENTS: dict[str, Make] = {
    "n_paid": _Mean("n", "n", "", "Each event counts 1."),
    "payment_velocity": _Mean("n", "d", "n", f"Each event contributes {_EVENTS}."),
    "payment_velocity_weighted": _Mean("n", "ad", "a", "Each event contributes amount × days late ÷ {whole}, the sum of the amounts."),
    "n_settled": _Mean(
        "n_settled", "n_settled", "", "Each invoice settled in the window counts 1; days are those from invoice to settlement.", "to_pay"
    ),
    "days_to_pay": _Mean(
        "n_settled", "paid_days", "n_settled", "Each settled invoice contributes its days from invoice to settlement ÷ {n}.", "to_pay"
    ),
    "payment_consistency": _scatter,
    "consistency_rating": _scatter,
    "late_rms": _root_mean_square,
    "late_share": _Mean("n", "late", "n", "Each event later than the grace days contributes 1 ÷ {n} events."),
    "payment_index": _Mean("n", "score", "a", "Each event contributes amount × score of its days late ÷ {whole}, the sum of the amounts."),
    "n_recent": _Mean("n_recent", "n_recent", "", "Each event in the recent window counts 1."),
    "velocity_recent": _Mean("n_recent", "d_recent", "n_recent", "Each event in the recent window contributes days late ÷ {n}."),
    "velocity_change": _change,
    "velocity_change_z": _change_in_errors,
    "expected_days_late": _drawn_to_book,
    "credit_share": _Mean("closed", "credited", "closed", "Each invoice closed by credit contributes 1 ÷ {n} settled in the window."),
    "dispute_share": _Mean("every", "disputed", "every", "Each disputed one contributes 1 ÷ {n} events."),
}
