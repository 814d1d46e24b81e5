"""Collects findings, and stops listing them where nobody would read on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xlseg.tables import Finding, Severity

LISTED = 500
"""Findings of one kind that are listed one by one."""

LISTED_INFO = 20
"""The same where nothing is wrong (cancelled orders, voided invoices)."""


@dataclass
class _Rest:
    severity: Severity
    count: int = 0
    amount: int = 0


class Findings:
    """The findings of a book, at most `LISTED` (`LISTED_INFO`) of a kind and sheet; the others are counted and their amounts added up."""

    def __init__(self) -> None:
        self._listed: dict[tuple[str, str], list[Finding]] = {}
        self._rest: dict[tuple[str, str], _Rest] = {}

    def room(self, kind: str, sheet: str, severity: Severity) -> int:
        """How many more of a kind will be listed for a sheet."""
        return max(0, (LISTED_INFO if severity == "info" else LISTED) - len(self._listed.get((kind, sheet), ())))

    def add(self, finding: Finding) -> None:
        """Take one finding."""
        if self.room(finding.kind, finding.sheet, finding.severity):
            self._listed.setdefault((finding.kind, finding.sheet), []).append(finding)
        else:
            self.count(finding.kind, finding.severity, finding.sheet, 1, finding.amount)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take several."""
        for finding in findings:
            self.add(finding)

    def count(self, kind: str, severity: Severity, sheet: str, rows: int, amount: int) -> None:
        """Take findings that are only counted."""
        rest = self._rest.setdefault((kind, sheet), _Rest(severity))
        rest.count += rows
        rest.amount += amount

    def all(self) -> tuple[Finding, ...]:
        """Every finding, kind by kind, those that are not listed as a last line of their kind."""
        found: list[Finding] = []
        for (kind, sheet), listed in self._listed.items():
            found += listed
            if rest := self._rest.get((kind, sheet)):
                effect = f"{rest.count:,} more of this kind are counted here and not listed"
                found.append(Finding(kind, rest.severity, sheet, 0, "", None, "", effect, rest.amount, rest.count))
        return tuple(found)
