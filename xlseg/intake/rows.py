"""The rows of one export sheet on their way to a tidy table: each is used, or excluded with a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from xlseg.errors import SourceError
from xlseg.intake import cells
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
    columns: Mapping[str, Array]
    rows: Array
    copy_of: Array
    in_base: frozenset[str] = frozenset()
    _texts: dict[str, Array] = field(default_factory=dict, repr=False, compare=False)

    def has(self, field: str) -> bool:
        """Whether the sheet has a field."""
        return field in self.columns

    def column(self, field: str) -> Array:
        """Cells of a field; all empty when the sheet does not have it."""
        return self.columns[field] if field in self.columns else np.full(len(self.rows), None, dtype=object)

    def texts(self, field: str) -> Array:
        """Texts of a field, "" where there is none; made once, so not to be changed."""
        if field not in self._texts:
            self._texts[field] = cells.texts(self.columns[field]) if field in self.columns else np.full(len(self.rows), "", dtype=object)
            self._texts[field].flags.writeable = False
        return self._texts[field]

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
        self._list(np.flatnonzero(where & self.used), kind, severity, field, wanted, effect, found, np.zeros_like(self.amount))

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
        hit = where & self.used
        self._list(np.flatnonzero(hit), kind, severity, field, wanted, effect, found, self.amount)
        self._excluded += int(self.amount[hit].sum())
        self._void += int(hit.sum()) if severity == "info" else 0
        self.used &= ~hit

    def note(self, where: Array, kind: str, severity: Severity, field: str, wanted: str, effect: str) -> None:
        """One finding for all used rows of a mask, at the first of them; `{n}` in the effect is their number."""
        hit = np.flatnonzero(where & self.used)
        if len(hit):
            self._list(hit[:1], kind, severity, field, wanted, effect.replace("{n}", f"{len(hit):,}"), None, np.zeros_like(self.amount))

    def tally(self, used_amount: int) -> Tally:
        """Reconciliation with what the tidy table holds."""
        rows, used = len(self.used), int(self.used.sum())
        extract, read = self.extract, int(self.amount.sum())
        if np.abs(self.amount).sum(dtype=float) > _EXACT:
            fact = f"the amounts add up to more than {_EXACT // 100:,}, which cannot be done to the cent"
            raise SourceError(extract.sheet, fact, f"look whether {extract.heading('amount')!r} is the column of amounts")
        return Tally(extract.sheet, extract.role, rows, used, rows - used, read, used_amount, self._excluded, self._void)

    def _list(self, indices: Array, kind: str, severity: Severity, field: str, wanted: str, effect: str, found: Array | None, amounts: Array) -> None:
        extract = self.extract
        column = found if found is not None else extract.columns.get(field)
        room = self.findings.room(kind, extract.sheet, severity)
        for i in indices[:room]:
            value: Value = None if column is None else cells.value_at(column, int(i))
            row, heading, amount = int(extract.rows[i]), extract.heading(field), int(amounts[i])
            self.findings.add(Finding(kind, severity, extract.sheet, row, heading, value, wanted, effect, amount))
        if len(indices) > room:
            rest = indices[room:]
            self.findings.count(kind, severity, extract.sheet, len(rest), int(amounts[rest].sum()))


def copies(columns: tuple[Array, ...], rows: Array) -> Array:
    """Sheet row number of the first row that is equal in every cell, 0 for a first row."""
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    codes = pd.DataFrame({i: pd.factorize(_comparable(column), use_na_sentinel=False)[0] for i, column in enumerate(columns)})
    first = _first(codes)
    return np.where(first == np.arange(len(rows)), 0, rows[first])


def _first(codes: pd.DataFrame) -> Array:
    group = np.zeros(len(codes), dtype=np.int64)
    for name in codes:
        group = pd.factorize(group * (int(codes[name].max()) + 1) + codes[name].to_numpy())[0].astype(np.int64)
    places = np.full(int(group.max()) + 1, len(codes), dtype=np.int64)
    np.minimum.at(places, group, np.arange(len(codes)))
    return places[group]


def _comparable(column: Array) -> Array:
    return cells.texts(column) if column.dtype == object else column
