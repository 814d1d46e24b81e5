"""Touches: every time the team has contacted a customer about what he owes, and what was paid after it. docs/actions.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from xlseg.facts import Facts, days
from xlseg.tables import Ledger
from xlseg.workbook import Array

ANSWER = 7
"""A touch is answered by a payment 1 … 7 days after it."""

NO_DOCUMENT, OTHER_DOCUMENT = -1, -2
"""Instead of an invoice's position: the touch names none, or one that the ledger does not know."""

_SAME = {
    "mail": "email", "call": "phone", "telephone": "phone", "telefon": "phone", "anruf": "phone", "brief": "letter", "post": "letter",
    "text": "sms", "textmessage": "sms",
}  # fmt: skip


@dataclass(frozen=True)
class Contact:
    """A contact that the Action Log tells of: customer, day and channel."""

    customer: str
    day: dt.date
    channel: str


@dataclass(frozen=True)
class Touches:
    """A place a touch: position of the customer and of the invoice it names, day, channel (a position in `channels`), and whether the log has it."""

    customer: Array
    invoice: Array
    day: Array
    channel: Array
    logged: Array
    channels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.day)


def channel_of(word: str) -> str:
    """One name for the ways in which a channel is written: E-mail, Email and mail are one."""
    plain = "".join(letter for letter in word.casefold() if letter.isalnum())
    return _SAME.get(plain, plain)


def touches(ledger: Ledger, book: Facts, contacts: Sequence[Contact], as_of: int) -> Touches:
    """The reminders up to the as-of day, and what the Action Log tells of; those of nobody in the ledger are left out."""
    seen = ledger.reminders[days(ledger.reminders["date"]) <= as_of]
    customer = pd.Index(np.array(book.customers, object)).get_indexer([*seen["customer"].tolist(), *(c.customer for c in contacts)])
    named = seen["document"].to_numpy(object)
    place = pd.Index(ledger.invoices["document"]).get_indexer(named) if len(named) and len(ledger.invoices) else np.full(len(named), NO_DOCUMENT)
    invoice = np.where(named == "", NO_DOCUMENT, np.where(place < 0, OTHER_DOCUMENT, place))
    channel, words = pd.factorize(np.array([*map(channel_of, seen["channel"].tolist()), *(channel_of(c.channel) for c in contacts)], object))
    day = np.concatenate([days(seen["date"]), np.array([c.day for c in contacts], "datetime64[D]").astype("int64")])
    logged = np.arange(len(day)) >= len(seen)
    known = customer >= 0
    documents = np.concatenate([invoice, np.full(len(contacts), NO_DOCUMENT)]).astype("int64")
    return Touches(customer[known], documents[known], day[known], channel[known], logged[known], tuple(map(str, words)))


class Days:
    """Days by group (customer or invoice), sorted so that how many lie in a span is asked for at once for many groups."""

    _WIDE, _ZERO = 1 << 23, 1 << 20  # room for every day from 1950 to 9999 in each group

    def __init__(self, group: Array, day: Array) -> None:
        self._keys = np.sort(self._key(group, day))

    def _key(self, group: Array, day: Array | int) -> Array:
        keys: Array = group.astype("int64") * self._WIDE + (day + self._ZERO)
        return keys

    def within(self, group: Array, first: Array | int, last: Array | int) -> Array:
        """How many days of each group lie from `first` to `last`, both counted."""
        found: Array = np.searchsorted(self._keys, self._key(group, last), "right") - np.searchsorted(self._keys, self._key(group, first), "left")
        return found

    def until(self, group: Array, day: Array | int) -> Array:
        """How many are not after a day."""
        return self.within(group, -self._ZERO, day)


class Spans:
    """Spans of days by group, from the first day to the day before the last."""

    def __init__(self, group: Array, first: Array, end: Array) -> None:
        some = first < end
        self._first, self._end = Days(group[some], first[some]), Days(group[some], end[some])

    def over(self, group: Array, day: Array | int) -> Array:
        """Whether any span of each group covers a day."""
        covered: Array = self._first.until(group, day) > self._end.until(group, day)
        return covered


@dataclass(frozen=True)
class Owing:
    """What was open when, and when something was paid: what touches are judged by."""

    book: Facts
    ledger: Ledger

    @cached_property
    def open_invoices(self) -> Spans:
        """By invoice: the days on which something of it was open."""
        return Spans(*self._owed("invoice"))

    @cached_property
    def open_customers(self) -> Spans:
        """By customer."""
        return Spans(*self._owed("customer"))

    @cached_property
    def past_due(self) -> Spans:
        """By customer: the days on which something was open and past due."""
        customer, since, until = self._owed("customer")
        due = self.book.balances["due"].to_numpy()[self._positive]
        return Spans(customer, np.maximum(since, due + 1), until)

    @cached_property
    def paid_invoices(self) -> Days:
        """By invoice: the days of its payments; credits and write-offs are none."""
        _, invoice, day = self._receipts
        return Days(invoice[invoice >= 0], day[invoice >= 0])

    @cached_property
    def paid_customers(self) -> Days:
        """By customer."""
        customer, _, day = self._receipts
        return Days(customer[customer >= 0], day[customer >= 0])

    @cached_property
    def _positive(self) -> Array:
        balances = self.book.balances
        return np.flatnonzero((balances["amount"].to_numpy() > 0) & (balances["is_credit"].to_numpy() == 0))

    def _owed(self, group: str) -> tuple[Array, Array, Array]:
        rows = self._positive
        balances = self.book.balances
        return balances[group].to_numpy()[rows], balances["since"].to_numpy()[rows], balances["until"].to_numpy()[rows]

    @cached_property
    def _receipts(self) -> tuple[Array, Array, Array]:
        """Customer, invoice (-1: on account) and day of every payment; an invoice that its own row calls paid counts as paid on that day."""
        rows = self.ledger.payments
        rows = rows[~rows["is_credit"].to_numpy("bool") & (rows["amount"].to_numpy() > 0)]
        documents = self.ledger.invoices["document"]
        target = pd.Index(documents).get_indexer(rows["document"]) if len(rows) and len(documents) else np.full(len(rows), -1)
        payer = pd.Index(np.array(self.book.customers, object)).get_indexer(rows["customer"])
        closed = self.book.closings
        closed = closed[closed["by_credit"].to_numpy() == 0]
        own = ~np.isin(closed["invoice"].to_numpy(), target)
        return (
            np.concatenate([payer, closed["customer"].to_numpy()[own]]),
            np.concatenate([target, closed["invoice"].to_numpy()[own]]),
            np.concatenate([days(rows["date"]), closed["settled"].to_numpy()[own]]),
        )


def judged(found: Touches, owing: Owing, as_of: int, window: int) -> tuple[Array, Array]:
    """Which touches count, and which of them were answered.

    A touch counts when it lies in the window, its seven days are over, and something was open on its day: the document it names, or anything of the
    customer's. It is answered by a payment 1 … 7 days after it, on that document, or by the customer.
    """
    if not len(found):
        return np.zeros(0, "bool"), np.zeros(0, "bool")
    by_invoice = found.invoice >= 0
    group = np.where(by_invoice, found.invoice, 0)
    was_open = np.where(by_invoice, owing.open_invoices.over(group, found.day), owing.open_customers.over(found.customer, found.day))
    first, last = found.day + 1, found.day + ANSWER
    paid = np.where(by_invoice, owing.paid_invoices.within(group, first, last), owing.paid_customers.within(found.customer, first, last)) > 0
    counts = was_open & (found.invoice != OTHER_DOCUMENT) & (found.day > as_of - window) & (last <= as_of)
    return counts, counts & paid
