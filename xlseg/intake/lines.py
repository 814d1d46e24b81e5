"""Several rows with one document number: lines of it, copies of it, or documents of different customers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xlseg.intake.cells import Texts, objects
from xlseg.intake.rows import Reckoning
from xlseg.workbook import Array


def merge_lines(reckoning: Reckoning, document: Texts, same: Mapping[str, Array], remaining: Array | None = None) -> Array:
    """Rows that repeat a document: lines of it stay, to be added up; other versions and copies of it are left out.

    Rows are lines when all of `same` (customer, date, …) is equal. Those that also have the same amount are lines only if nothing else
    remains of it, and if some document of the sheet has lines of different amounts: else they are the same row, exported again.

    Returns
    -------
    Index of the row that stands for each row's document (its own where nothing repeats).
    """
    head = _heads(document.codes, reckoning.used)
    rows = np.flatnonzero(head != np.arange(len(head)))  # those that repeat one; all are used
    if not len(rows):
        return head
    first = head[rows]
    agree = np.logical_and.reduce([_equal(column[rows], column[first]) for column in same.values()])
    same_amount = reckoning.amount[rows] == reckoning.amount[first]
    by_line = bool((agree & ~same_amount).any())
    if remaining is not None:
        agree &= ~same_amount | (remaining[rows] == remaining[first]) | np.isnan(remaining[rows])
    version, several = np.zeros((2, len(head)), dtype=bool)
    version[rows] = ~(agree & (~same_amount | by_line))
    reckoning.exclude(version, "document twice", "document", "each document once", "the first row is used, this one is left out")
    several[head[rows[reckoning.used[rows]]]] = True
    reckoning.note(several, "several lines", "info", "document", "one row a document", "{n} documents have several lines, which are added up")
    return head


def told_apart(reckoning: Reckoning, document: Texts, customer: Texts) -> tuple[Texts, dict[str, dict[str, str]]]:
    """Document numbers that are unique to a customer: vendors number their bills as they please, so that two may use the same number.

    Returns
    -------
    The numbers, those that several customers share written "1001 (V7)"; and number → customer → what it became.
    """
    rows = of_several(document.codes, reckoning.used)
    pairs = pd.DataFrame({"number": document.codes[rows], "customer": customer.codes[rows]}).drop_duplicates()
    clashing = pairs[pairs["number"].duplicated(keep=False)]
    shared: dict[str, dict[str, str]] = {}
    for number, name in zip(document.distinct[clashing["number"]], customer.distinct[clashing["customer"]], strict=True):
        shared.setdefault(number, {})[name] = f"{number} ({name})"
    if not shared:
        return document, shared
    where = document.among(*shared)
    effect = "{n} rows have a number that another customer has as well: documents are told apart by number and customer"
    reckoning.note(where, "number of several customers", "warning", "document", "a number of its own for each document", effect)
    apart = document.array.copy()
    apart[where] = objects([shared[number].get(name, number) for number, name in zip(apart[where], customer.array[where], strict=True)])
    return Texts.of(apart), shared


def _heads(codes: Array, used: Array) -> Array:
    """For each used row the first used row of its document, for the others themselves."""
    head, rows = np.arange(len(codes)), np.flatnonzero(used)
    first = np.full(int(codes.max(initial=-1)) + 1, len(codes), dtype=np.int64)
    np.minimum.at(first, codes[rows], rows)
    head[rows] = first[codes[rows]]
    return head


def of_several(document: Array, used: Array) -> Array:
    """The used rows of documents that have several of them; a document is a number."""
    rows = np.flatnonzero(used)
    return rows[np.bincount(document[rows])[document[rows]] > 1]


def _equal(left: Array, right: Array) -> Array:
    equal = np.array(left == right)
    return equal | (np.isnat(left) & np.isnat(right)) if left.dtype.kind == "M" else equal


def added_up(values: Array, head: Array, used: Array) -> Array:
    """Sum of the used rows of each document, at the row that stands for it."""
    total = np.zeros_like(values)
    np.add.at(total, head[used], values[used])
    return total
