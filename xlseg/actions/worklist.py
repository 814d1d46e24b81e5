"""The worklist of a day: what is due, what is held back, where the capacity ends, and what of the user's goes into the log."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import numpy as np

from xlseg.actions.due import Covering, Due, as_date, people
from xlseg.actions.held import Holding, of_invoices
from xlseg.actions.typed import LAPSED, NOTHING_LISTED, PROMISED, STATUSES, Entry, Listed, Logged, Typed, finished, waits
from xlseg.actions.values import ORDER, Action, Work
from xlseg.analysis import Analysis
from xlseg.calendar import FOREVER
from xlseg.contacted import contacted
from xlseg.playbook import ACCOUNT_OWNER, CLEAR, COLLECT, REVIEW, SALES, Playbook, Step, signed
from xlseg.responses import Responses, responses
from xlseg.tables import Finding
from xlseg.touches import Owing, channel_of, judged
from xlseg.workbook import Array

SHEET = "Actions"


def worklist(
    analysis: Analysis, playbook: Playbook, listed: Listed = NOTHING_LISTED, logged: Sequence[Logged] = (), owners: Mapping[str, str] | None = None
) -> Work:
    """The actions of the as-of day.

    Parameters
    ----------
    playbook
        The steps, with segments spelled as the rule set does.
    listed, logged
        The Actions tab as the user has left it, and what the Action Log tells.
    owners
        Customer → who looks after him, as Segments says.
    """
    on = max(analysis.as_of, listed.as_of or analysis.as_of)
    over, typed = finished(listed.rows, on)
    covering = Covering(analysis, people(analysis), [*logged, *(entry.logged for entry in over)])
    owing = Owing(analysis.facts, analysis.ledger)
    counts, answered = judged(covering.touches, owing, covering.as_of, analysis.settings.window)
    found = responses(covering.touches, counts, answered, covering.people.segment.tolist())
    finished_keys = {entry.row.key for entry in over}
    ours = {row.key: row for row in reversed(typed) if row.key not in finished_keys}
    making = _Making(covering, playbook, found, ours, owners or {})
    due = sorted(making.actions(), key=lambda action: action.rank)
    kept, beyond = _within(due, analysis.settings.capacity, {row.key for row in typed if _stays(row, listed)})
    rows, entries = _settled(making, kept, typed, listed, on)
    return Work(
        playbook,
        tuple(sorted(rows, key=lambda action: action.rank)),
        beyond,
        (*over, *entries),
        tuple(_findings(ours, rows)),
        covering.touches,
        found,
        contacted(covering.touches, owing, covering.as_of, analysis.settings.window),
        frozenset(analysis.facts.customers[at] for at in found.likely),
    )


def _stays(row: Typed, listed: Listed) -> bool:
    """Whether what is typed in a row keeps it on the list whatever the capacity."""
    return row.holds or any(value not in (None, "") for name, value in row.own.items() if name not in listed.complete)


def _within(due: Sequence[Action], capacity: int, stay: set[tuple[str, str]]) -> tuple[list[Action], dict[str, int]]:
    """The rows that are shown, and how many more of each kind there are: each kind is other people's work, and has the capacity to itself."""
    kept, beyond, used = [], dict.fromkeys(ORDER, 0), dict.fromkeys(ORDER, 0)
    for action in due:
        used[action.kind] += not action.held
        if action.held or used[action.kind] <= capacity or action.key in stay:
            kept.append(action)
        else:
            beyond[action.kind] += 1
    return kept, beyond


def _settled(making: _Making, kept: Sequence[Action], typed: Sequence[Typed], listed: Listed, on: dt.date) -> tuple[list[Action], list[Entry]]:
    """The rows with those that only wait for their day, and entries for what is typed in rows that are gone."""
    rows, entries, seen = list(kept), [], {action.key for action in kept}
    taken: set[tuple[str, str]] = set()
    for row in typed:
        again = row.key in taken
        taken.add(row.key)
        if (row.key in seen and not again) or not row.is_touched:
            continue
        why = "" if again or not row.customer or row.kind not in ORDER else waits(row, listed, making.analysis.as_of)
        if why:
            rows.append(_waiting(row, why))
        else:
            entries.append(Entry(on, row, f"{LAPSED}: {'a second row of this customer and kind' if again else making.lapse(row)}"))
    return rows, entries


def _waiting(row: Typed, why: str) -> Action:
    """A row that is not due on this day, as it stood."""
    return Action(
        row.customer,
        row.name,
        row.segment,
        row.kind,
        row.action,
        row.when,
        row.channel,
        row.tone,
        row.owner,
        row.balance,
        "",
        held=why,
        rate=math.nan,
    )


def _findings(ours: Mapping[tuple[str, str], Typed], rows: Iterable[Action]) -> Iterator[Finding]:
    """What cannot be understood in rows that stay; what is gone stands in the log as it was typed."""
    for row in (ours[action.key] for action in sorted(rows, key=lambda a: a.key) if action.key in ours):
        place = f"{row.customer}, {row.kind}: "
        if not row.word:
            words = ", ".join(STATUSES)
            yield Finding("unknown status", "warning", SHEET, 0, "Status", row.status, words, f"{place}the row stays as if it were Open")
        if row.follow_up not in (None, "") and row.until is None:
            yield Finding("unreadable follow-up", "warning", SHEET, 0, "Follow Up", row.follow_up, "a date", f"{place}taken as no date")


@dataclass(frozen=True)
class _Making:
    """Makes the actions of a day from what is due."""

    covering: Covering
    playbook: Playbook
    responses: Responses
    typed: Mapping[tuple[str, str], Typed]
    owners: Mapping[str, str]

    @property
    def analysis(self) -> Analysis:
        return self.covering.analysis

    @cached_property
    def holding(self) -> Holding:
        return Holding(self.covering)

    @cached_property
    def due(self) -> Due:
        return self.covering.due(self.playbook)

    @cached_property
    def _columns(self) -> dict[str, list[object]]:
        names = ("customer", "name", "segment", "sales_rep", "why", "open_balance", "past_due", "revenue")
        return {name: self.analysis.standing[name].tolist() for name in names}

    def actions(self) -> Iterator[Action]:
        """All actions that are due, in no order."""
        yield from self._collecting()
        for kind in (REVIEW, SALES, CLEAR):
            yield from self._of_segments(kind)

    # ── collect ──────────────────────────────────────────────────────────────

    def _collecting(self) -> Iterator[Action]:
        """One action a customer: his invoices with a step that nobody has done yet; those that can be asked for, or else all, held back."""
        due, day = self.due, self.covering.as_of
        rows = np.flatnonzero(~due.covered | self._promises()[due.customer])
        if not len(rows):
            return
        customer, invoice = due.customer[rows], due.invoice[rows]
        disputed = self.holding.disputed[invoice]
        by_invoice, by_customer = self.holding.promised
        promised = np.maximum(by_invoice[invoice], by_customer[customer])
        free = ~disputed & (promised < day)
        size = len(self.covering.people.place)
        asked, all_of = free | (np.bincount(customer, free, size)[customer] == 0), np.bincount(customer, minlength=size)
        for at, group in groupby(np.flatnonzero(asked).tolist(), key=lambda place: int(customer[place])):
            places = np.array(list(group))
            held = ""
            if not free[places[0]]:
                latest = int(promised[places][~disputed[places]].max(initial=0))
                held = of_invoices(disputed[places].tolist(), as_date(latest) if latest >= day else None)
            others = int(all_of[at]) - len(places) if not held else 0
            yield self._collect(at, rows[places], held, others)

    def _promises(self) -> Array:
        """By customer: whether a typed promise brings him back whatever covers his steps: until its day, and then if nobody has touched him since."""
        found = np.zeros(len(self.covering.people.place), "bool")
        for (customer, kind), row in self.typed.items():
            at = self.covering.people.ids.get(customer)
            if kind == COLLECT and at is not None and row.word == PROMISED and row.until is not None:
                until = (row.until - dt.date(1970, 1, 1)).days
                found[at] = self.covering.as_of < until or int(self.covering.last_touch[at]) < until
        return found

    def _collect(self, at: int, rows: Array, held: str, others: int) -> Action:
        due = self.due
        strongest = int(due.step[rows].max())
        step, since = due.steps[strongest], int(due.trigger[rows][due.step[rows] == strongest].min())
        oldest = self.covering.as_of - int(due.due[rows].min())
        balance = round(int(due.amount[rows].sum()) / 100, 2)
        row = self._text(at, "customer")
        why = [_invoices(len(rows), oldest), f"step {signed(step.day)} since {as_date(since)}", *self._told(at, others, step.channel)]
        action = self._action(step, at, since, balance, "; ".join(why))
        held = held or self.holding.reason(step, row, at, balance, self.typed.get((row, COLLECT)))
        rate = self.responses.rate(at, step.segment, step.channel)
        return replace(action, held=held, invoices=len(rows), oldest=float(oldest), rate=rate, at_stake=balance)

    def _told(self, at: int, others: int, channel: str) -> Iterator[str]:
        if others:
            yield f"{others} more disputed or promised"
        if touched := int(self.responses.touched[at]) if len(self.responses.touched) else 0:
            yield f"answered {int(self.responses.answered[at])} of {touched} touch{'es' * (touched > 1)}{self._by_others(at, channel)}"

    def _by_others(self, at: int, channel: str) -> str:
        """Why somebody who never answered may have a rate all the same: it is that of a channel by which nobody contacted him yet."""
        never = channel and (at, channel_of(channel)) not in self.responses.by_channel
        return f", none of them by {channel}: the rate is his segment's" if never else ""

    # ── review, sales, clear ─────────────────────────────────────────────────

    def _of_segments(self, kind: str) -> Iterator[Action]:
        handled, here = self.covering.handled(kind), self.covering.people
        by_segment = {name: self.playbook.of(name, kind) for name in set(here.segment.tolist())}
        for at in np.flatnonzero(np.array([bool(by_segment[name]) for name in here.segment.tolist()], "bool")).tolist():
            step = self.covering.segment_step(by_segment[here.segment[at]], at)
            customer = self.analysis.facts.customers[at]
            if step is None or self.covering.is_handled(step, at, handled, customer):
                continue
            balance, stake = self._stake(kind, at, customer)
            if kind == CLEAR and not stake > 0:
                continue
            since = int(here.since[at]) + step.day
            action = self._action(step, at, since, balance, f"Since {as_date(int(here.since[at]))}. {self._text(at, 'why')}")
            held = self.holding.reason(step, customer, at, balance, self.typed.get((customer, kind)))
            yield replace(self._as_before(action), held=held, at_stake=stake)

    def _as_before(self, action: Action) -> Action:
        """With the day it had on the list already: a segment holds since the last month-end or today, and today moves on."""
        row = self.typed.get(action.key)
        if row is None or row.when is None or action.when is None or row.action != action.action:
            return action
        return replace(action, when=min(row.when, action.when))

    def _stake(self, kind: str, at: int, customer: str) -> tuple[float, float]:
        """Balance concerned, and what rows of the kind are ranked by."""
        if kind == CLEAR:
            credits = round(float(self._credits[at]) / 100 + max(self.holding.on_account(customer), 0.0), 2)
            return credits, credits
        balance = self._number(at, "open_balance")
        return (balance, balance) if kind == REVIEW else (math.nan, self._number(at, "revenue"))

    @cached_property
    def _credits(self) -> Array:
        """By customer: hundredths of open credit memos."""
        rows = self.analysis.facts.balances_at(self.covering.as_of)
        here = (rows["is_credit"] == 1) & (rows["amount"] < 0)
        return np.bincount(rows["customer"][here], -rows["amount"][here], len(self.covering.people.place))

    # ── both ─────────────────────────────────────────────────────────────────

    def _action(self, step: Step, at: int, since: int, balance: float, why: str) -> Action:
        customer = self._text(at, "customer")
        owner = step.owner
        if owner.casefold() == ACCOUNT_OWNER.casefold():
            owner = self.owners.get(customer) or self._text(at, "sales_rep") or owner
        when = as_date(min(since + step.within, FOREVER))
        return Action(customer, self._text(at, "name"), step.segment, step.kind, step.action, when, step.channel, step.tone, owner, balance, why)

    def _text(self, at: int, column: str) -> str:
        return str(self._columns[column][int(self.covering.people.place[at])])

    def _number(self, at: int, column: str) -> float:
        return round(float(self._columns[column][int(self.covering.people.place[at])]), 2)  # type: ignore[arg-type]

    # ── why a row is gone ────────────────────────────────────────────────────

    def lapse(self, row: Typed) -> str:
        """Why a row that was on the list is not due any more."""
        at = self.covering.people.ids.get(row.customer)
        if not row.customer or row.kind not in ORDER:
            return "no customer and kind of action that the list knows"
        if at is None or self.covering.people.place[at] < 0:
            return "not in the ERP sheets any more"
        segment = str(self.covering.people.segment[at])
        if row.segment and row.segment != segment:
            return f"moved from {row.segment} to {segment}"
        return self._collected(at) if row.kind == COLLECT else "not due any more"

    def _collected(self, at: int) -> str:
        here = self.due.customer == at
        if (here & ~self.due.covered).any():
            return f"beyond the capacity of {self.analysis.settings.capacity}"
        if here.any():
            return f"touched on {as_date(int(self.covering.last_touch[at]))}"
        return "paid, or no step of the playbook is due"


def _invoices(count: int, oldest: int) -> str:
    many = f"{count} invoice{'s' * (count > 1)}"
    if oldest > 0:
        return f"{many}, {'oldest ' * (count > 1)}{oldest} day{'s' * (oldest > 1)} past due"
    return f"{many}, {'first ' * (count > 1)}due " + ("today" if oldest == 0 else f"in {-oldest} day{'s' * (oldest < -1)}")
