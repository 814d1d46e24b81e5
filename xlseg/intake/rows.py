"""The rows of one export sheet on their way to a tidy table: each is used, or excluded with a finding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from xlseg.errors import SourceError
from xlseg.intake.cells import Cells, Texts
from xlseg.intake.fields import FIELDS, Role
from xlseg.intake.findings import Findings
from xlseg.tables import Finding, Severity, Tally
from xlseg.workbook import Array, Value

_EXACT = 2**53
"""Hundredths up to which floating point, in which Excel and the metrics add, is exact."""


@dataclass(frozen=True)
class Extract:
    """The columns of a sheet that hold known fields, without its blank rows.

    Attributes
    ----------
    sheet, role
        Where they come from and what they are.
    headings
        Field → the heading as it stands in the sheet.
    columns
        Field → its cells.
    rows
        Sheet row number of each element.
    copy_of
        Sheet row number of an earlier row that is equal in every column, 0 where there is none.
    in_base
        Money fields whose heading says that they are in the company's own currency, whatever the row's currency is.
    """

    sheet: str
    role: Role
    headings: Mapping[str, str]
    columns: Mapping[str, Cells]
    rows: Array
    copy_of: Array
    in_base: frozenset[str] = frozenset()

    def has(self, field: str) -> bool:
        """Whether the sheet has a field."""
        return field in self.columns

    def column(self, field: str) -> Cells:
        """Cells of a field; all empty when the sheet does not have it."""
        return self.columns.get(field, self._nothing)

    @cached_property
    def _nothing(self) -> Cells:
        return Cells.none(len(self.rows))

    def texts(self, field: str) -> Texts:
        """Texts of a field, "" where there is none."""
        return self.column(field).texts

    def heading(self, field: str) -> str:
        """The heading as it stands in the sheet, or as it should."""
        return self.headings.get(field) or (FIELDS[self.role][field].heading if field else "")


class Reckoning:
    """Which rows of an extract are used, and what they amount to."""

    def __init__(self, extract: Extract, findings: Findings) -> None:
        self.extract, self.findings = extract, findings
        count = len(extract.rows)
        self.amount = np.zeros(count, dtype=np.int64)
        self.used = np.ones(count, dtype=bool)
        self._excluded = 0
        self._void = 0

    def remark(self, where: Array, kind: str, severity: Severity, field: str, wanted: str, effect: str, found: Array | None = None) -> None:
        """A finding for each used row of a mask; nothing else changes."""
        self._list(np.flatnonzero(where & self.used), kind, severity, field, wanted, effect, found)

    def exclude(
        self,
        where: Array,
        kind: str,
        field: str,
        wanted: str,
        effect: str = "row left out",
        *,
        severity: Severity = "error",
        found: Array | None = None,
    ) -> None:
        """Leave out the used rows of a mask, with a finding for each."""
        hit = np.flatnonzero(where & self.used)
        self._list(hit, kind, severity, field, wanted, effect, found, self.amount)
        self._excluded += int(self.amount[hit].sum())
        self._void += len(hit) if severity == "info" else 0
        self.used[hit] = False

    def note(self, where: Array, kind: str, severity: Severity, field: str, wanted: str, effect: str) -> None:
        """One finding for all used rows of a mask, at the first of them; `{n}` in the effect is their number."""
        hit = np.flatnonzero(where & self.used)
        if len(hit):
            self._list(hit[:1], kind, severity, field, wanted, effect.replace("{n}", f"{len(hit):,}"))

    def tally(self, used_amount: int) -> Tally:
        """Reconciliation with what the tidy table holds."""
        rows, used = len(self.used), int(self.used.sum())
        extract, read = self.extract, int(self.amount.sum())
        if np.abs(self.amount).sum(dtype=float) > _EXACT:
            fact = f"the amounts add up to more than {_EXACT // 100:,}, which cannot be done to the cent"
            raise SourceError(extract.sheet, fact, f"look whether {extract.heading('amount')!r} is the column of amounts")
        return Tally(extract.sheet, extract.role, rows, used, rows - used, read, used_amount, self._excluded, self._void)

    def _list(
        self,
        indices: Array,
        kind: str,
        severity: Severity,
        field: str,
        wanted: str,
        effect: str,
        found: Array | None = None,
        amounts: Array | None = None,
    ) -> None:
        """A finding for each row, as far as there is room for its kind; without `amounts` nothing is left out of the sums."""
        extract = self.extract
        column = found if found is not None else extract.columns.get(field)
        room = self.findings.room(kind, extract.sheet, severity)
        for i in indices[:room].tolist():
            value: Value = None if column is None else column[i]
            row, heading, amount = int(extract.rows[i]), extract.heading(field), 0 if amounts is None else int(amounts[i])
            self.findings.add(Finding(kind, severity, extract.sheet, row, heading, value, wanted, effect, amount))
        if len(indices) > room:
            rest = indices[room:]
            self.findings.count(kind, severity, extract.sheet, len(rest), 0 if amounts is None else int(amounts[rest].sum()))


def copies(columns: Sequence[Cells], rows: Array) -> Array:
    """Sheet row number of the first row that is equal in every cell, 0 for a first row."""
    copy_of = np.zeros(len(rows), dtype=np.int64)
    left, group = np.arange(len(rows)), np.zeros(len(rows), dtype=np.int64)
    for column in columns:  # rows that differ from all others in the columns so far are done with: mostly all, after the document number
        codes = column.texts.codes[left] if column.mixed else pd.factorize(column.array[left], use_na_sentinel=False)[0]
        group = pd.factorize(group * (int(codes.max(initial=0)) + 1) + codes)[0]
        shared = np.bincount(group)[group] > 1
        left, group = left[shared], group[shared]
    _, first, place = np.unique(group, return_index=True, return_inverse=True)
    copy_of[left] = np.where(first[place] == np.arange(len(left)), 0, rows[left[first[place]]])
    return copy_of
