"""What the weeks add up to, drawn many times: receipts of invoices that may come together. docs/forecast.md."""

from __future__ import annotations

import numpy as np

from xlseg.workbook import Array

DRAWS = 1_000
_SEED = 13
_LEVELS = 65_536
_AT_A_TIME = 2_000_000
"""Draws of single invoices held in memory at a time."""


def drawn(amount: Array, share: Array, customer: Array, within: Array, between: float, draws: int = DRAWS) -> Array:
    """Receipts of each week, drawn: draws × weeks; the same for the same invoices in the same order.

    An invoice is paid in the week in which its place in its distribution lies. That place is the book's common one with probability √between, else
    its customer's with probability √within, else its own: two invoices of the book have a correlation of `between`, two of a customer `within` more.

    Parameters
    ----------
    amount
        What each invoice brings, hundredths.
    share
        invoices × weeks: chance to be paid in each week; what is left of 1 is later or never.
    customer
        Whose invoice it is; those of a customer stand together.
    within, between
        Correlations: within a customer an array, an element an invoice; between customers.
    """
    size, weeks = share.shape
    found = np.zeros((draws, weeks))
    if not size:
        return found
    bits = np.random.PCG64(_SEED)
    limits = np.minimum(np.rint(np.cumsum(share, axis=1) * _LEVELS), _LEVELS - 1).astype("uint16").T.copy()
    shock = np.uint16(min(round(_LEVELS * between**0.5), _LEVELS - 1))
    together = np.minimum(shock + np.rint(np.sqrt(np.minimum(within, 1)) * _LEVELS), _LEVELS - 1).astype("uint16")
    owner = np.cumsum(np.diff(customer, prepend=customer[0]) != 0)
    weight = amount.astype("float64")  # whole numbers below 2^53: sums are exact in any order
    step = max(_AT_A_TIME // size, 1)
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        place, chosen = _whole(bits, rows, size), _whole(bits, rows, size)
        of_customer, of_book = _whole(bits, rows, int(owner.max()) + 1), _whole(bits, rows, 1)
        place = np.where(chosen < together, of_customer[:, owner], place)
        place = np.where(chosen < shock, of_book, place)
        found[start : start + rows] = _sums(place, limits, weight)
    return found


def _sums(place: Array, limits: Array, weight: Array) -> Array:
    """Receipts of each week, draws × weeks, of invoices at these places (draws × invoices) in their distributions."""
    rows, weeks = len(place), len(limits)
    week = np.zeros(place.shape, "uint8")
    for limit in limits:
        week += place >= limit
    cell = week + (weeks + 1) * np.arange(rows)[:, None]
    sums = np.bincount(cell.ravel(), np.broadcast_to(weight, place.shape).ravel(), rows * (weeks + 1))
    found: Array = sums.reshape(rows, weeks + 1)[:, :weeks]
    return found


def _whole(bits: np.random.PCG64, rows: int, columns: int) -> Array:
    """Whole numbers from 0 to 65,535, rows × columns, made of plain bits, which are the same under every version of numpy."""
    found: Array = bits.random_raw(-(-rows * columns // 4)).view("uint16")[: rows * columns].reshape(rows, columns)
    return found
