"""On which days of the month a customer pays: who pays on the 10th pays little in the weeks between. docs/forecast.md."""

from __future__ import annotations

import numpy as np

from xlseg.facts import Facts
from xlseg.workbook import Array

_DAYS = 31
_SPREAD = (0.25, 0.5, 0.25)
"""A day of payment stands for the days beside it too: weekends move it."""

_SURE = 2.0
"""Standard errors by which days of payment must be closer together than chance would have them."""


def rhythm(book: Facts, day: int, window: int) -> Array:
    """How many times as often as on any day each customer pays on each day of the month: customers × 31.

    The distinct days on which he paid in the window are counted, and drawn towards the book's own as far as chance alone would bring them
    together (Bühlmann's credibility); the book's are drawn towards 1.
    """
    closings, customers = book.closings_at(day), len(book.customers)
    settled = closings["settled"]
    seen = (settled <= day) & (settled > day - window) & (closings["by_credit"] == 0) & (closings["timed"] == 1)
    runs = np.sort(closings["customer"][seen] * window + (day - settled[seen]))
    runs = runs[np.diff(runs, prepend=-1) > 0]  # np.unique takes several times as long
    cell = runs // window * _DAYS + day_of_month(day - runs % window)
    counted = np.bincount(cell, minlength=customers * _DAYS).reshape(customers, _DAYS).astype("float64")
    usual = np.bincount(day_of_month(day - np.arange(window)), minlength=_DAYS) / window
    of_book = _believed(counted.sum(axis=0, keepdims=True), usual, np.ones((1, _DAYS)))
    return _believed(counted, usual, of_book)


def day_of_month(day: Array) -> Array:
    """Day of the month, from 0."""
    date = day.astype("datetime64[D]")
    found: Array = (date - date.astype("datetime64[M]").astype("datetime64[D]")).astype("int64")
    return found


def _believed(counted: Array, usual: Array, otherwise: Array) -> Array:
    """Rates of the days, relative to a day like any other, mixed with those that hold otherwise."""
    n = counted.sum(axis=1, keepdims=True)
    expected = np.maximum(n * usual, 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        close = _DAYS * (counted * (counted - 1)).sum(axis=1, keepdims=True) / (n * (n - 1)) - 1
        variance = np.where(n > 1, np.maximum(close - _SURE * (2 * _DAYS) ** 0.5 / np.maximum(n, 1), 0), 0)
    trust = variance * n / (variance * n + _DAYS)
    spread = sum(part * np.roll(counted, shift, axis=1) / np.roll(expected, shift, axis=1) for shift, part in zip((-1, 0, 1), _SPREAD, strict=True))
    found: Array = trust * spread + (1 - trust) * otherwise
    return found
