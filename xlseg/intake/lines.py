"""Several rows with one document number: lines of it, copies of it, or other documents of that number."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from xlseg.intake.cells import Texts, objects
from xlseg.intake.rows import Reckoning
from xlseg.workbook import Array

_NO = ("no", "n", "false", "f", "0", "nein", "-")


def merge_lines(reckoning: Reckoning, document: Texts, same: Mapping[str, Array], remaining: Array | None = None) -> Array:
    """Rows that repeat a document: lines of it stay, to be added up; other versions and copies of it are left out.

    Rows are lines when all of `same` (customer, date, …) is equal, or not said again below the first. Those that also have the same amount are
    lines only if nothing else remains of it, and if some document of the sheet has lines of different amounts: else they are the same row,
    exported again.

    Parameters
    ----------
    same
        What the rows say of the document: dates, and numbers below 0 where they say nothing.

    Returns
    -------
    Index of the row that stands for each row's document (its own where nothing repeats).
    """
    head = _heads(document.codes, reckoning.used)
    rows = np.flatnonzero(head != np.arange(len(head)))  # those that repeat one; all are used
    if not len(rows):
        return head
    first = head[rows]
    said, unsaid = (np.array(list(each)) for each in zip(*(_compared(column[rows], column[first]) for column in same.values()), strict=True))
    same_amount = reckoning.amount[rows] == reckoning.amount[first]
    agree = (said | (unsaid & ~same_amount)).all(axis=0)
    by_line = bool((agree & ~same_amount).any())
    if remaining is not None:
        agree &= ~same_amount | (remaining[rows] == remaining[first]) | np.isnan(remaining[rows])
    version, several = np.zeros((2, len(head)), dtype=bool)
    version[rows] = ~(agree & (~same_amount | by_line))
    reckoning.exclude(version, "document twice", "document", "each document once", "the first row is used, this one is left out")
    several[head[rows[reckoning.used[rows]]]] = True
    reckoning.note(several, "several lines", "info", "document", "one row a document", "{n} documents have several lines, which are added up")
    return head


def leave_out_items(reckoning: Reckoning, document: Texts) -> None:
    """Rows that are parts of the amount that the first row of their document states: an export of all lines has both.

    A column Main Line says which they are; without one, the amounts must say so of every document of three rows or more, and of two at least.
    """
    rows = of_several(document.codes, reckoning.used)
    if not len(rows):
        return
    code, amount = document.codes[rows], reckoning.amount[rows]
    if reckoning.extract.has("main"):
        main = ~reckoning.extract.texts("main").mapped(str.casefold).among("", *_NO)[rows]
        items = ~main & np.isin(code, code[main])
    else:
        first = ~pd.Series(code).duplicated().to_numpy()
        count = np.bincount(code)[code]
        rest = np.bincount(code, np.where(first, 0, amount), int(code.max()) + 1)
        is_sum = rest[code] == pd.Series(amount).groupby(code).transform("first").to_numpy()
        tell = first & (count > 2) & (amount != 0)
        if tell.sum() < 2 or not is_sum[tell].all():
            return
        items = ~first & is_sum
    mask = np.zeros(len(reckoning.used), dtype=bool)
    mask[rows[items]] = True
    effect = "part of the amount that the document's own row states"
    reckoning.exclude(mask, "item line", "document", "one row a document", effect, severity="info")


def credits_apart(reckoning: Reckoning, document: Texts, credit: Array, invoice: Array) -> Texts:
    """Documents with the credit memos told apart that have the number of an invoice: they may be numbered on their own."""
    used = reckoning.used
    both = credit & used & np.isin(document.codes, document.codes[invoice & used])
    effect = "{n} credit memos have the number of an invoice: documents are told apart by number and type"
    reckoning.note(both, "number of an invoice", "info", "document", "a number of its own for each document", effect)
    if not both.any():
        return document
    apart = document.array.copy()
    apart[both] = objects([f"{number} (credit memo)" for number in apart[both]])
    return Texts.of(apart)


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


def _compared(line: Array, first: Array) -> tuple[Array, Array]:
    """Where lines say the same as the first; where they say nothing."""
    unsaid = np.isnat(line) if line.dtype.kind == "M" else line < 0
    return (line == first) | (unsaid & (np.isnat(first) if line.dtype.kind == "M" else first < 0)), unsaid


def filled_down(document: Texts, customer: Texts, dates: Array) -> Array:
    """Dates of documents, which an export may state on their first line alone, on all of their lines."""
    blank = np.flatnonzero(np.isnat(dates) & ~document.among(""))
    if not len(blank):
        return dates
    key = document.codes.astype(np.int64) * (len(customer.distinct) + 1) + customer.codes
    stated = pd.Series(dates).groupby(key).transform("first")  # the first that is stated
    begins = ~pd.Series(key).duplicated().to_numpy()
    return np.array(np.where(np.isnat(dates) & ~begins, stated.to_numpy(dates.dtype), dates))


def added_up(values: Array, head: Array, used: Array) -> Array:
    """Sum of the used rows of each document, at the row that stands for it."""
    total = np.zeros_like(values)
    np.add.at(total, head[used], values[used])
    return total
