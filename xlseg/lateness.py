"""How late the invoices of a customer, of a segment and of the whole book are paid: empirical distributions. docs/forecast.md."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlseg.facts import Facts
from xlseg.workbook import Array

OPEN, PAID, CREDITED = 0, 1, 2
"""How an invoice left the history: not yet, by payment, by credit or write-off."""

HALF_LIFE = 90
"""Days after which what a customer did counts half as much."""

_MOST = 2_000
"""Days late beyond which nothing is told apart."""
_SPAN = 2 * _MOST + 2


@dataclass(frozen=True)
class History:
    """The invoices that could be paid on some day of the window, in days late.

    Attributes
    ----------
    customer
        Position among the facts' customers.
    entry, exit
        An invoice is watched on the days late after `entry`, up to `exit`: from its issue or the start of the window until it is settled or the
        as-of day.
    due
        Day.
    kind
        OPEN, PAID or CREDITED.
    weight
        What it counts: 1 when due on the as-of day or later, half as much with every HALF_LIFE days that it was due earlier.
    shift
        Days that its days late are counted less, because it is disputed.
    delay
        Days that a dispute adds in this book.
    """

    customer: Array
    entry: Array
    exit: Array
    due: Array
    kind: Array
    weight: Array
    shift: Array
    delay: int

    def known(self, group: Array, groups: int) -> Array:
        """How many invoices of each group of customers were paid, by their weights."""
        paid = self.kind == PAID
        return np.bincount(group[self.customer[paid]], self.weight[paid], groups)

    def most(self, day: int) -> Array:
        """Days late at which each invoice would still have been seen by a day."""
        return day - self.due - self.shift


def history(book: Facts, day: int, window: int) -> History:
    """What was known on a day of how late invoices are paid, from the window up to it."""
    column = book.closings_at(day)
    settled, due, start = column["settled"], column["due"], day - window
    kept = np.flatnonzero((settled > start) & (column["timed"] == 1))
    customer, settled, due, disputed, issued, by_credit = (
        column[name][kept] for name in ("customer", "settled", "due", "disputed", "issued", "by_credit")
    )
    kind = np.where(settled > day, OPEN, np.where(by_credit == 1, CREDITED, PAID))
    exit_ = np.minimum(settled, day) - due
    delay = dispute_delay(customer[kind == PAID], exit_[kind == PAID], disputed[kind == PAID])
    shift = delay * disputed
    entry = np.maximum(issued - 1, start) - due - shift
    weight = 0.5 ** (np.maximum(day - due, 0) / HALF_LIFE)
    return History(customer, entry, exit_ - shift, due, kind, weight, shift, delay)


def dispute_delay(customer: Array, late: Array, disputed: Array) -> int:
    """Whole days by which disputed invoices are later than the other ones of the same customer, drawn towards 0 when there are few; not below 0."""
    if not disputed.any():
        return 0
    count = np.maximum(np.bincount(customer), 1)
    apart, others = (values - (np.bincount(customer, values) / count)[customer] for values in (late, disputed))
    return max(round(round(float((others * apart).sum() / ((others**2).sum() + _DISPUTES)), 9)), 0)


_DISPUTES = 3.0
"""Weight of "no delay" in `dispute_delay`, in disputed invoices."""


@dataclass(frozen=True)
class Curves:
    """One distribution of days late a group: which share is paid by a day, which is still open after it.

    The share open after l days late is the product of 1 − settled ÷ watched over the days up to l (Kaplan and Meier 1958, with invoices that came
    under watch late counted from then on); of what is settled on a day, the payments make the paid share and the credits are never paid.

    Attributes
    ----------
    keys
        group and days late on which something was settled, as one number, rising.
    paid, left
        Share paid up to, and open after, each of them; a last element says 0 and 1, for before.
    first
        Where each group begins among the keys; one more than there are groups.
    last
        Days late up to which a group has been watched.
    """

    keys: Array
    paid: Array
    left: Array
    first: Array
    last: Array

    def at(self, group: Array, late: Array) -> tuple[Array, Array]:
        """Share paid up to, and share open after, so many days late, of each group; 0 and 1 before anything was settled."""
        place = np.searchsorted(self.keys, _key(group, late), side="right") - 1
        place = np.where(place >= self.first[group], place, -1)
        return self.paid[place], self.left[place]


def curves(group: Array, groups: int, seen: History) -> Curves:
    """The distributions of groups of invoices; `group` is the group of each, from 0."""
    settled, paying = seen.kind != OPEN, seen.kind == PAID
    out = _key(group, seen.exit)
    keys, at = np.unique(out[settled], return_inverse=True)
    closed = np.bincount(at, seen.weight[settled], len(keys))
    paid = np.bincount(at, (seen.weight * paying)[settled], len(keys))
    owner = keys // _SPAN
    watched = _from_here(out, seen.weight, keys) - _from_here(_key(group, seen.entry), seen.weight, keys)
    first = np.searchsorted(keys, np.arange(groups + 1) * _SPAN)
    left = 1 - np.minimum(closed / watched, 1)
    total = np.concatenate([[0.0], np.cumsum(np.log(np.maximum(left, _NOTHING)))])
    before, after = (np.exp(part - total[first[owner]]) for part in (total[:-1], total[1:]))
    mass = np.concatenate([[0.0], np.cumsum(before * paid / watched)])
    last = np.full(groups, -_MOST)
    np.maximum.at(last, group, np.clip(seen.exit, -_MOST, _MOST))
    return Curves(keys, np.append(mass[1:] - mass[first[owner]], 0.0), np.append(after, 1.0), first, last)


_NOTHING = 1e-9
"""Stands for a share of 0, and for what rounding leaves of one."""


def _key(group: Array, late: Array) -> Array:
    key: Array = group * _SPAN + np.clip(late, -_MOST, _MOST) + _MOST
    return key


def _from_here(every: Array, weight: Array, keys: Array) -> Array:
    """Weight of all that lie in the group of a key, at it or later."""
    order = np.argsort(every, kind="stable")
    total, ordered = np.concatenate([[0.0], np.cumsum(weight[order])]), every[order]
    found: Array = total[np.searchsorted(ordered, (keys // _SPAN + 1) * _SPAN)] - total[np.searchsorted(ordered, keys)]
    return found


@dataclass(frozen=True)
class Level:
    """What is believed of the groups of one level: a customer's own invoices, his segment's, the book's.

    A group of n paid invoices is believed by n ÷ (n + trust); the rest, and all beyond the days late up to which it has been watched, is what the
    level above says.
    """

    curves: Curves
    believed: Array
    above: Level | Slow

    def at(self, place: tuple[Array, ...], late: Array) -> tuple[Array, Array]:
        """Shares paid by and open after so many days late.

        Parameters
        ----------
        place
            The group of each row on this level, then on those above.
        late
            rows × days.
        """
        group, width = place[0], late.shape[1]
        last = self.curves.last[group][:, None]
        paid_above, left_above = self.above.at(place[1:], np.column_stack([late, last]))
        paid, left = self.curves.at(group[:, None], np.minimum(late, last))
        beyond = late > last
        with np.errstate(over="ignore"):
            scale = left / left_above[:, width:]
        paid = np.where(beyond, paid + scale * (paid_above[:, :width] - paid_above[:, width:]), paid)
        left = np.where(beyond, scale * left_above[:, :width], left)
        part = self.believed[group][:, None]
        return part * paid + (1 - part) * paid_above[:, :width], part * left + (1 - part) * left_above[:, :width]


@dataclass(frozen=True)
class Slow:
    """What is believed where nobody has seen anything: from the due date on, payments at a constant rate a day."""

    rate: float

    def at(self, place: tuple[Array, ...], late: Array) -> tuple[Array, Array]:
        """Shares paid by and open after so many days late."""
        left = np.exp(-self.rate * np.maximum(late, 0))
        return 1 - left, left


def level(group: Array, groups: int, trust: float, seen: History, above: Level | Slow) -> Level:
    """A level of groups of customers; `group` is the group of each of the facts' customers."""
    known = seen.known(group, groups)
    return Level(curves(group[seen.customer], groups, seen), known / (known + trust), above)
