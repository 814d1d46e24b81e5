"""Accounts of the metrics that the whole book makes: the season, and the orders to come. They give what goes into the last step."""

from __future__ import annotations

import calendar
import math
from collections.abc import Callable

from xlseg.behind.account import Account, Step, documents, inputs
from xlseg.behind.evidence import Evidence
from xlseg.metrics.expected_orders import prospect


def _season(evidence: Evidence, metric: str) -> Account:
    season = evidence.season
    month = calendar.month_name[evidence.as_of.month]
    if not season.adjusted:
        rows = inputs([("not adjusted", 1.0, "fewer than 24 complete months of orders")])
        return Account(metric, evidence.values[metric], rows, (), "Every month counts 1.")
    factors = [math.exp(season.kept * mean) for mean in season.means]
    named = zip(calendar.month_name[1:], factors, season.means, strict=True)
    rows = inputs((name, factor, f"e^({season.kept:.4f} × {mean:.4f})") for name, factor, mean in named)
    steps = (
        Step(f"factor of {month}", factors[evidence.as_of.month - 1]),
        Step("mean of the twelve", sum(factors) / 12, "the contributions, added up, ÷ 12"),
    )
    how = (
        f"Each month shows e^(share kept × its mean log ratio in the book); the share that is more than noise is {season.kept:.4f}. "
        f"The number is: factor of {month} ÷ mean of the twelve."
    )
    return Account(metric, evidence.values[metric], rows, steps, how, "steps")


def _expected(evidence: Evidence, metric: str) -> Account:
    found = prospect(evidence.facts, evidence.position, evidence.day)
    rows = documents(evidence.history, math.nan)
    how = "The BG/NBD model fitted to the book's order days. The number is: orders if still a customer ÷ (1 + odds of having left)."
    if found is None:  # the number is there, so that this cannot be
        return Account(metric, evidence.values[metric], rows, (), how, "steps")
    fitted = "fitted to the whole book"
    steps = (
        Step("repeat order days", found.repeats, "order days − 1"),
        Step("weeks to the last", found.recency, "from the first order day to the last, ÷ 7"),
        Step("weeks to now", found.age, "from the first order day to the as-of date, ÷ 7"),
        *(Step(name, value, fitted) for name, value in found.parameters._asdict().items()),
        Step("orders if still a customer", found.orders, "in the next 90 days, by the model"),
        Step("odds of having left", found.odds_left, "by the model"),
    )
    return Account(metric, evidence.values[metric], rows, steps, how, "steps")


BOOK: dict[str, Callable[[Evidence, str], Account]] = {"seasonal_index": _season, "expected_orders": _expected}
