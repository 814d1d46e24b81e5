"""Several rows with one document number: lines of it, copies of it, or documents of different customers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xlseg.intake.rows import Reckoning
from xlseg.workbook import Array


def merge_lines(reckoning: Reckoning, document: Array, same: Mapping[str, Array], remaining: Array | None = None) -> Array:
    """Rows that repeat a document: lines of it stay, to be added up; other versions and copies of it are left out.

    Rows are lines when all of `same` (customer, date, …) is equal. Those that also have the same amount are lines only if nothing else
    remains of it, and if some document of the sheet has lines of different amounts: else they are the same row, exported again.

    Returns
    -------
    Index of the row that stands for each row's document (its own where nothing repeats).
    """
    own = np.arange(len(document))
    head = _heads(document, reckoning.used)
    repeats = head != own
    agree = np.logical_and.reduce([_equal(column, column[head]) for column in same.values()])
    same_amount = reckoning.amount == reckoning.amount[head]
    by_line = bool((repeats & agree & ~same_amount & reckoning.used).any())
    if remaining is not None:
        agree &= ~same_amount | (remaining == remaining[head]) | np.isnan(remaining)
    version = repeats & ~(agree & (~same_amount | by_line))
    reckoning.exclude(version, "document twice", "document", "each document once", "the first row is used, this one is left out")
    several = np.isin(own, head[repeats & reckoning.used])
    reckoning.note(several, "several lines", "info", "document", "one row a document", "{n} documents have several lines, which are added up")
    return head


def told_apart(reckoning: Reckoning, document: Array, customer: Array) -> tuple[Array, dict[str, dict[str, str]]]:
    """Document numbers that are unique to a customer: vendors number their bills as they please, so that two may use the same number.

    Returns
    -------
    The numbers, those that several customers share written "1001 (V7)"; and number → customer → what it became.
    """
    used = reckoning.used
    pairs = pd.DataFrame({"number": document[used], "customer": customer[used]}).drop_duplicates()
    clashing = pairs[pairs["number"].duplicated(keep=False)]
    shared: dict[str, dict[str, str]] = {}
    for number, name in zip(clashing["number"], clashing["customer"], strict=True):
        shared.setdefault(number, {})[name] = f"{number} ({name})"
    apart = [shared[number].get(name, number) if number in shared else number for number, name in zip(document, customer, strict=True)]
    effect = "{n} rows have a number that another customer has as well: documents are told apart by number and customer"
    where = np.array([number in shared for number in document], dtype=bool)
    reckoning.note(where, "number of several customers", "warning", "document", "a number of its own for each document", effect)
    result = np.empty(len(document), dtype=object)
    result[:] = apart
    return result, shared


def _heads(document: Array, used: Array) -> Array:
    """For each used row the first used row of its document, for the others themselves."""
    head, rows = np.arange(len(document)), np.flatnonzero(used)
    codes, distinct = pd.factorize(document[rows])
    first = np.full(len(distinct), len(document), dtype=np.int64)
    np.minimum.at(first, codes, rows)
    head[rows] = first[codes]
    return head


def _equal(left: Array, right: Array) -> Array:
    equal = np.array(left == right)
    return equal | (np.isnat(left) & np.isnat(right)) if left.dtype.kind == "M" else equal


def added_up(values: Array, head: Array, used: Array) -> Array:
    """Sum of the used rows of each document, at the row that stands for it."""
    total = np.zeros_like(values)
    np.add.at(total, head[used], values[used])
    return total
