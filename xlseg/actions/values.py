"""An action of the list, and everything that the Actions tab and its log show."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from xlseg.actions.typed import Entry
from xlseg.contacted import Contacted
from xlseg.playbook import CLEAR, COLLECT, REVIEW, SALES, Playbook
from xlseg.responses import Responses
from xlseg.tables import Finding
from xlseg.touches import Touches

ORDER = {COLLECT: 0, REVIEW: 1, SALES: 2, CLEAR: 3}


@dataclass(frozen=True)
class Action:
    """One row: a customer and a kind of action. Money in units; NaN is not known, or does not apply."""

    customer: str
    name: str
    segment: str
    kind: str
    action: str
    when: dt.date | None
    channel: str
    tone: str
    owner: str
    balance: float
    why: str
    invoices: int = 0
    oldest: float = math.nan
    rate: float = math.nan
    held: str = ""
    at_stake: float = math.nan
    """What rows of one kind without expected cash are ranked by."""

    @property
    def key(self) -> tuple[str, str]:
        """Customer and kind: the row's key."""
        return self.customer, self.kind

    @property
    def expected(self) -> float:
        """Cash expected within 7 days of a touch: balance × response rate, of a Collect row."""
        return round(self.balance * self.rate, 2) if self.kind == COLLECT else math.nan

    @property
    def rank(self) -> tuple[bool, int, float, float, str]:
        """Held back last; then by kind; then by expected cash, or by what is at stake where that is not known."""
        expected = 0.0 if math.isnan(self.expected) else self.expected
        stake = 0.0 if math.isnan(self.at_stake) else self.at_stake
        return bool(self.held), ORDER[self.kind], -expected, -stake, self.customer


@dataclass(frozen=True)
class Work:
    """Everything about the actions of a day.

    Attributes
    ----------
    playbook
        The steps that were applied.
    rows
        The list, in its order.
    beyond
        Kind → how many more there are beyond the capacity.
    entries
        Rows to add to the Action Log.
    findings
        What does not fit on Playbook and Actions.
    touches, responses, contacted
        Every touch up to the as-of date, and what is known of how customers respond.
    likely
        Ids of the customers who are likely to respond.
    """

    playbook: Playbook
    rows: tuple[Action, ...]
    beyond: dict[str, int]
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    touches: Touches
    responses: Responses
    contacted: Contacted
    likely: frozenset[str]
