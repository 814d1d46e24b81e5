"""How invoices are closed: payments in one or more parts, credit memos, write-offs. Days are numbers, money is in hundredths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.demo.chance import Chance
from xlseg.demo.habits import NEVER, Habits, next_workday, off_weekend
from xlseg.workbook import Array

PAYMENT, CREDIT, WRITE_OFF = "Payment", "Credit", "Write-off"

UNAPPLIED = 0.12
"""Share of the credit memos that nobody applies to their invoice."""

IN_FULL = 0.12
"""Share of the credit memos that take back the whole invoice."""


@dataclass(frozen=True)
class Settling:
    """Credit memos (invoice, customer, issued, cents above 0, applied) and applications (invoice, memo or −1, day, cents, type).

    Both run on beyond the end of the book; `invoice` and `memo` are row numbers of their frames.
    """

    memos: pd.DataFrame
    applications: pd.DataFrame


def settle(chance: Chance, habits: Habits, invoices: pd.DataFrame, paid: Array) -> Settling:
    """Everything that closes these invoices, whose last payment falls on the day `paid`."""
    memos = _memos(chance, habits, invoices, paid)
    credits = _credits(chance, memos, paid)
    credited = np.bincount(credits["invoice"], credits["cents"], len(invoices)).astype("int64")
    owed = invoices["cents"].to_numpy() - credited
    applications = pd.concat([_payments(chance, habits, invoices, owed, paid), credits, _write_offs(chance, invoices, owed, paid)], ignore_index=True)
    return Settling(memos, applications.sort_values(["day", "invoice"], kind="stable", ignore_index=True))


def _memos(chance: Chance, habits: Habits, invoices: pd.DataFrame, paid: Array) -> pd.DataFrame:
    """Credit memos, written between the invoice and its payment; disputes have three times as many."""
    share = habits.credited[invoices["customer"].to_numpy()] * np.where(invoices["disputed"], 3, 0.85)
    chosen = np.flatnonzero(chance.happens(share))
    of = invoices.iloc[chosen]
    issued, cents = of["issued"].to_numpy(), of["cents"].to_numpy()
    last = np.minimum(paid[chosen], issued + 60)
    size = len(chosen)
    in_full = chance.happens(np.full(size, IN_FULL))
    part = np.maximum(np.round(cents * chance.uniform(size, 0.03, 0.4)), 1).astype("int64")
    return pd.DataFrame(
        {
            "invoice": chosen,
            "customer": of["customer"].to_numpy(),
            "issued": np.maximum(off_weekend(chance.whole(size, issued + 1, last)), next_workday(issued)),
            "cents": np.where(in_full, cents, part),
            "applied": ~chance.happens(np.full(size, UNAPPLIED)),
        }
    )


def _credits(chance: Chance, memos: pd.DataFrame, paid: Array) -> pd.DataFrame:
    """Memos are applied to their invoice within days, not after its payment."""
    issued = memos["issued"].to_numpy()
    day = off_weekend(np.minimum(issued + chance.whole(len(memos), 0, 3), paid[memos["invoice"]]))
    credits = pd.DataFrame({"invoice": memos["invoice"], "memo": memos.index, "day": day})
    return credits.assign(cents=memos["cents"], type=CREDIT)[memos["applied"]]


def _payments(chance: Chance, habits: Habits, invoices: pd.DataFrame, owed: Array, paid: Array) -> pd.DataFrame:
    """What is owed is paid at once, or in two or three parts of which the last comes on the day `paid`."""
    chosen = np.flatnonzero((owed > 0) & (paid < NEVER))
    customer = invoices["customer"].to_numpy()[chosen]
    in_parts = chance.happens(habits.instalments[customer]) & (owed[chosen] >= 10_00)
    parts = np.where(in_parts, chance.pick([2, 3], len(chosen), [0.7, 0.3]), 1)
    share = owed[chosen] // parts
    gap = chance.whole(len(chosen), 7, 20)
    early = pd.DataFrame({"invoice": np.repeat(chosen, parts - 1), "cents": np.repeat(share, parts - 1)})
    back = np.repeat(gap, parts - 1) * (1 + early.groupby("invoice").cumcount().to_numpy())
    earliest = next_workday(invoices["issued"].to_numpy()[early["invoice"]])
    early["day"] = np.maximum(off_weekend(paid[early["invoice"]] - back), earliest)
    last = pd.DataFrame({"invoice": chosen, "cents": owed[chosen] - share * (parts - 1), "day": paid[chosen]})
    return pd.concat([early, last], ignore_index=True).assign(memo=-1, type=PAYMENT)


def _write_offs(chance: Chance, invoices: pd.DataFrame, owed: Array, paid: Array) -> pd.DataFrame:
    """Most bad debts are written off some months after they were due; the others stay open."""
    bad = np.flatnonzero((paid >= NEVER) & (owed > 0))
    day = off_weekend(invoices["due"].to_numpy()[bad] + chance.whole(len(bad), 120, 210))
    return pd.DataFrame({"invoice": bad, "memo": -1, "day": day, "cents": owed[bad], "type": WRITE_OFF})[chance.happens(np.full(len(bad), 0.7))]
