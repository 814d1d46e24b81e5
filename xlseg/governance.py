"""What people have decided about a book: overrides and approvals as they count in a refresh, and what is logged of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from xlseg import own
from xlseg.approval import Approval, Signed, approvals, listed, remarks_on, unsigned
from xlseg.changelog import Logged, Present, begins, changes_since, replay
from xlseg.overrides import Override, Typed, in_force
from xlseg.segments.rules import NO_SEGMENT, RuleSet
from xlseg.settings import Settings
from xlseg.tables import Finding
from xlseg.tabs.change_log import change_log_tab
from xlseg.tabs.overrides import overrides_tab
from xlseg.tabs.rule_sets import rule_sets_tab
from xlseg.workbook import Source, Tab, Value


@dataclass(frozen=True)
class Governance:
    """What people have decided, at a refresh.

    Attributes
    ----------
    overrides
        Those that count.
    typed, begins
        All rows of the Overrides sheet that are whole, and the day on which each begins.
    signed, approvals
        The rows of the Rule Sets tab, the present rule set among them, and how each rule set stands by its hash.
    lines
        The Change Log as it stands.
    findings
        What cannot be used, with its place.
    """

    overrides: tuple[Override, ...] = ()
    typed: tuple[Typed, ...] = ()
    begins: tuple[dt.date, ...] = ()
    signed: tuple[Signed, ...] = ()
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    lines: tuple[Logged, ...] = ()
    findings: tuple[Finding, ...] = ()

    def number_of(self, rules: str) -> int:
        """Which of the book's rule sets one is, counted from the first."""
        return next((row.number for row in self.signed if row.hash == rules), 1)


def governance_of(source: Source, rules: RuleSet, customers: Collection[str], as_of: dt.date, today: dt.date) -> Governance:
    """What stands in a book; `customers` are those that the ledger knows, `today` is the day of the refresh."""
    typed, wrong = own.overrides_typed(source)
    lines = own.change_log_of(source)
    since = begins(typed, replay(lines).items, as_of)
    counting, more = in_force(typed, since, customers, _segments(rules), as_of)
    signed = listed(own.signed_of(source, today), rules, today)
    known = approvals(signed, today)
    findings = (*wrong, *more, *remarks_on(signed, known[rules.hash], today))
    return Governance(counting, tuple(typed), tuple(since), signed, known, tuple(lines), findings)


def overrides_of(source: Source, rules: RuleSet, customers: Collection[str], as_of: dt.date, first_seen: dt.date) -> tuple[Override, ...]:
    """The overrides that count at a date; one without From that no refresh has seen yet begins on `first_seen`."""
    typed, _ = own.overrides_typed(source)
    if not typed:
        return ()
    since = begins(typed, replay(own.change_log_of(source)).items, first_seen)
    return in_force(typed, since, customers, _segments(rules), as_of)[0]


def _segments(rules: RuleSet) -> list[str]:
    return [name for name in rules.segments if name != NO_SEGMENT]


def governance_tabs(found: Governance, rules: RuleSet, settings: Settings, playbook: Sequence[Sequence[Value]], on: dt.date) -> tuple[Tab, Tab, Tab]:
    """Rule Sets, Change Log and Overrides; `on` is the day of this refresh."""
    approval = found.approvals.get(rules.hash) or unsigned(rules)
    present = Present(rules, settings, playbook, found.typed, found.begins, found.approvals)
    entries = changes_since(found.lines, present)
    last = max((line.number for line in found.lines), default=0)
    return rule_sets_tab(approval, found.signed, found.approvals), change_log_tab(approval, entries, last, on), overrides_tab()


def rows_to_be(tabs: Sequence[Tab], name: str) -> Sequence[Sequence[Value]]:
    """The rows that a sheet of the user's will have once it is made: none when it is not among the tabs."""
    tables = next((tab.tables for tab in tabs if tab.name == name), ())
    return [row for table in tables for row in ([c.heading for c in table.columns], *zip(*(list(c.values) for c in table.columns), strict=True))]
