"""Several rows with one document number: lines of it, copies of it, or other documents of that number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.intake.cells import NO, Texts, objects
from xlseg.intake.headings import fold
from xlseg.intake.rows import Reckoning
from xlseg.workbook import Array

_SEVERAL = 3
"""So many documents tell how an export writes its lines."""


@dataclass(frozen=True)
class Lines:
    """The rows of a sheet whose document, customer and date others have, too.

    Attributes
    ----------
    rows
        Which they are.
    first
        For each of them the first row of its document.
    """

    rows: Array
    first: Array

    @classmethod
    def of(cls, document: Texts, customer: Texts, date: Array) -> Lines:
        """Those of some columns; a row without a number is on its own."""
        rows = np.flatnonzero((np.bincount(document.codes)[document.codes] > 1) & ~document.among(""))
        key = pd.DataFrame({"document": document.codes[rows], "customer": customer.codes[rows], "date": date[rows]})
        first = pd.Series(rows).groupby([key[name] for name in key], dropna=False).transform("first").to_numpy()
        return cls(rows, first)

    def are_said_once(self, said: Array, used: Array) -> bool:
        """Whether an export states something on the first line of its documents alone: at least of three, and on no later line of any."""
        is_later = used[self.rows] & (self.rows != self.first)
        heads = np.unique(self.first[is_later])
        return len(heads) >= _SEVERAL and not said[self.rows[is_later]].any() and int(said[heads].sum()) >= _SEVERAL

    def filled_down(self, dates: Array, used: Array) -> Array:
        """Dates that the first line of each document states alone on all of its lines, if they are said so."""
        if not self.are_said_once(~np.isnat(dates), used):
            return dates
        filled = dates.copy()
        filled[self.rows] = dates[self.first]
        return filled


def merge_lines(reckoning: Reckoning, document: Texts, same: Mapping[str, Array], amount: Array, remaining: Array | None = None) -> Array:
    """Rows that repeat a document: lines of it stay, to be added up; other versions and copies of it are left out.

    Rows are lines when all of `same` (customer, date, …) is equal. Those that also have the same amount are lines only if nothing else
    remains of it, and if some document of the sheet has lines of different amounts: else they are the same row, exported again.

    Parameters
    ----------
    amount
        Amounts as they stand in the sheet, which no rate has rounded.

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
    same_amount = amount[rows] == amount[first]
    by_line = bool((agree & ~same_amount).any())
    if remaining is not None:
        agree &= ~same_amount | (remaining[rows] == remaining[first]) | np.isnan(remaining[rows])
    version, several = np.zeros((2, len(head)), dtype=bool)
    version[rows] = ~(agree & (~same_amount | by_line))
    version |= _again(head, reckoning.used & ~version, amount)
    reckoning.exclude(version, "document twice", "document", "each document once", "the first row is used, this one is left out")
    several[head[rows[reckoning.used[rows]]]] = True
    reckoning.note(several, "several lines", "info", "document", "one row a document", "{n} documents have several lines, which are added up")
    return head


def _again(head: Array, used: Array, amount: Array) -> Array:
    """Lines of documents that all stand twice, with other documents between: exports that overlap, if some of lines of different amounts show it."""
    rows = of_several(head, used)
    rows = rows[np.argsort(head[rows], kind="stable")]
    again = np.zeros(len(head), dtype=bool)
    if not len(rows):
        return again
    _, start, count = np.unique(head[rows], return_index=True, return_counts=True)
    document = np.repeat(np.arange(len(start)), count)
    at, half = np.arange(len(rows)) - start[document], (count // 2)[document]
    first = (at < half) & (count % 2 == 0)[document]
    values = amount[rows]
    differs = np.zeros(len(rows), dtype=bool)
    differs[first] = values[first] != values[np.flatnonzero(first) + half[first]]
    apart = rows[start + count // 2] > rows[start + count // 2 - 1] + 1
    doubled = (count % 2 == 0) & (np.bincount(document, differs, len(start)) == 0) & apart
    varied = np.minimum.reduceat(values, start) != np.maximum.reduceat(values, start)
    if (doubled & varied).any():
        again[rows[doubled[document] & (at >= half)]] = True
    return again


def leave_out_items(reckoning: Reckoning, document: Texts, amount: Array) -> None:
    """Rows that are parts of the amount that the first row of their document states: an export of all lines has both.

    A column Main Line says which they are; without one the amounts must say so of every document of three rows or more, of three at least, and not
    all of one amount. `amount` is that of the sheet, which no rate has rounded.
    """
    rows = of_several(document.codes, reckoning.used)
    if not len(rows):
        return
    code = document.codes[rows]
    first = ~pd.Series(code).duplicated().to_numpy()
    rest = np.bincount(code, np.where(first, 0, amount[rows]), int(code.max()) + 1)
    is_sum = rest[code] == pd.Series(amount[rows]).groupby(code).transform("first").to_numpy()
    tell = first & (np.bincount(code)[code] > 2) & (amount[rows] != 0)
    if reckoning.extract.has("main") and (fold(reckoning.extract.heading("main")) != "*" or (tell.any() and is_sum[tell].all())):
        main = ~reckoning.extract.texts("main").mapped(str.casefold).among("", *NO)[rows]
        items = ~main & np.isin(code, code[main])
    elif tell.sum() >= _SEVERAL and is_sum[tell].all() and len(np.unique(amount[rows][tell])) > 1:
        items = ~first & is_sum
    else:
        return
    mask = np.zeros(len(reckoning.used), dtype=bool)
    mask[rows[items]] = True
    effect = "part of the amount that the document's own row states"
    reckoning.exclude(mask, "item line", "document", "one row a document", effect, severity="info")


def credits_apart(reckoning: Reckoning, document: Texts, credit: Array, invoice: Array) -> tuple[Texts, dict[str, str]]:
    """Documents with the credit memos told apart that have the number of an invoice, as they may be numbered on their own; number → credit memo."""
    used = reckoning.used
    both = credit & used & np.isin(document.codes, document.codes[invoice & used])
    effect = "{n} credit memos have the number of an invoice: documents are told apart by number and type"
    reckoning.note(both, "number of an invoice", "info", "document", "a number of its own for each document", effect)
    if not both.any():
        return document, {}
    apart = document.array.copy()
    memos = {number: f"{number} (credit memo)" for number in apart[both]}
    apart[both] = objects([memos[number] for number in apart[both]])
    return Texts.of(apart), memos


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
