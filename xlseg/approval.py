"""Approval of rule sets: what is made with one that nobody has signed is a draft. docs/governance.md, "Approval"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from xlseg.overrides import brief, day_in
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import RuleSet
from xlseg.tables import Finding
from xlseg.workbook import Value

SHEET = "Rule Sets"
DEFAULT, APPROVED, DRAFT = "default", "approved", "DRAFT"
"""States of a rule set: one of those that come with xlseg; signed on the Rule Sets tab; neither."""

_LONGEST_NAME = 60


@dataclass(frozen=True)
class Approval:
    """How a rule set stands: its hash, its state, and who approved it when."""

    hash: str
    state: str
    by: str = ""
    on: dt.date | None = None

    @property
    def is_draft(self) -> bool:
        """Whether what is made with it is a draft."""
        return self.state == DRAFT

    @property
    def words(self) -> str:
        """`default`, `DRAFT`, or `approved by Anna on 2026-11-02`."""
        return f"{APPROVED} by {brief(self.by, _LONGEST_NAME)} on {self.on.isoformat()}" if self.on else self.state

    @property
    def advice(self) -> str:
        """What a draft waits for; "" for what is none."""
        return f"rule set {self.hash} is not approved: fill Approved By and Approved On in its row on {SHEET}, and refresh" if self.is_draft else ""


@dataclass(frozen=True)
class Signed:
    """A row of the Rule Sets tab: number, hash, day of the first refresh with it, number of rules, and what is typed beside it."""

    number: int
    hash: str
    first_used: dt.date
    rules: int
    by: Value = None
    on: Value = None
    row: int = 0


def defaults() -> frozenset[str]:
    """Hashes of the rule sets that come with xlseg."""
    return frozenset(default_rules(with_invoices).hash for with_invoices in (True, False))


def unsigned(rules: RuleSet) -> Approval:
    """How a rule set stands of which no approval is known."""
    return Approval(rules.hash, DEFAULT if rules.hash in defaults() else DRAFT)


def listed(signed: Sequence[Signed], rules: RuleSet, today: dt.date) -> tuple[Signed, ...]:
    """The rows of the tab, with one for the present rule set."""
    if any(row.hash == rules.hash for row in signed):
        return tuple(replace(row, rules=len(rules.rules)) if row.hash == rules.hash else row for row in signed)
    number = max((row.number for row in signed), default=0) + 1
    return (*signed, Signed(number, rules.hash, today, len(rules.rules)))


def approvals(signed: Sequence[Signed], today: dt.date) -> Mapping[str, Approval]:
    """How each rule set of the tab stands, by its hash."""
    ours = defaults()
    return {row.hash: Approval(row.hash, DEFAULT) if row.hash in ours else _approval(row, today) for row in signed}


def _approval(row: Signed, today: dt.date) -> Approval:
    on, fault = _signature(row, today)
    return Approval(row.hash, APPROVED, str(row.by).strip(), on) if on and not fault else Approval(row.hash, DRAFT)


def _signature(row: Signed, today: dt.date) -> tuple[dt.date | None, tuple[str, Value, str] | None]:
    """The day of a valid signature, and what is wrong with one that is not: column, found, wanted."""
    by = "" if row.by is None else str(row.by).strip()
    try:
        on = day_in(row.on)
    except ValueError:
        return None, ("Approved On", row.on, "a date")
    if on is None or not by:
        fault = None if on is None and not by else ("Approved By", None, "a name") if on else ("Approved On", None, "a date")
        return None, fault
    if on > today:
        return None, ("Approved On", on, f"a day up to {today.isoformat()}")
    if on < row.first_used:
        return None, ("Approved On", on, f"a day from {row.first_used.isoformat()} on, when it was first used")
    return on, None


def remarks_on(signed: Sequence[Signed], present: Approval, today: dt.date, sheet: str = SHEET) -> list[Finding]:
    """What the user should know: signatures that do not count, and a present rule set that is a draft."""
    found = []
    for row in signed:
        fault = _signature(row, today)[1] if row.hash not in defaults() else None
        if fault:
            column, value, wanted = fault
            shown = brief(value, 300) if isinstance(value, str) else value
            found.append(
                Finding("approval that does not count", "warning", sheet, row.row, column, shown, wanted, f"rule set {row.hash} stays a draft")
            )
    if present.is_draft:
        wanted = f"Approved By and Approved On on {SHEET}"
        found.append(Finding("rule set not approved", "warning", sheet, 0, "", present.hash, wanted, "all tabs are marked DRAFT"))
    return found
