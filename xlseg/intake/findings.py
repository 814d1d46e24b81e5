"""Collects findings, and stops listing them where nobody would read on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xlseg.tables import Finding, Severity

LISTED = 500
"""Findings of one kind that are listed one by one."""


@dataclass
class _Rest:
    severity: Severity
    sheet: str
    count: int = 0
    amount: int = 0


class Findings:
    """The findings of a book, at most `LISTED` of a kind; the others are counted and their amounts added up."""

    def __init__(self) -> None:
        self._listed: dict[str, list[Finding]] = {}
        self._rest: dict[str, _Rest] = {}

    def room(self, kind: str) -> int:
        """How many more of a kind will be listed."""
        return LISTED - len(self._listed.get(kind, ()))

    def add(self, finding: Finding) -> None:
        """Take one finding."""
        listed = self._listed.setdefault(finding.kind, [])
        if len(listed) < LISTED:
            listed.append(finding)
        else:
            self.count(finding.kind, finding.severity, finding.sheet, 1, finding.amount)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take several."""
        for finding in findings:
            self.add(finding)

    def count(self, kind: str, severity: Severity, sheet: str, rows: int, amount: int) -> None:
        """Take findings that are only counted."""
        rest = self._rest.setdefault(kind, _Rest(severity, sheet))
        rest.count += rows
        rest.amount += amount

    def all(self) -> tuple[Finding, ...]:
        """Every finding, kind by kind, those that are not listed as a last line of their kind."""
        found: list[Finding] = []
        for kind, listed in self._listed.items():
            found += listed
            if rest := self._rest.get(kind):
                effect = f"{rest.count:,} more of this kind are counted here and not listed"
                found.append(Finding(kind, rest.severity, rest.sheet, 0, "", rest.count, "", effect, rest.amount))
        return tuple(found)
