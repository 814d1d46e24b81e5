"""What came in, and what was credited: every application by invoice and day. docs/forecast.md, docs/metrics.md."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from xlseg.calendar import FOREVER
from xlseg.facts import Facts, days
from xlseg.tables import Ledger
from xlseg.workbook import Array


@dataclass(frozen=True)
class Applied:
    """What lowered the invoices, and what was received on account.

    Attributes
    ----------
    customer
        Position among the facts' customers, -1 = not known.
    invoice
        Position in the ledger's invoices, -1 = on account, or on a credit memo.
    day
        Day number, not before the invoice's own.
    waited
        Days since the invoice; 0 on account.
    amount
        Hundredths, above 0 when it lowers what is owed.
    is_credit
        Credit or write-off, not cash.
    """

    customer: Array
    invoice: Array
    day: Array
    waited: Array
    amount: Array
    is_credit: Array

    @property
    def cash(self) -> Applied:
        """The receipts among them."""
        return self.where(~self.is_credit)

    def where(self, chosen: Array) -> Applied:
        """Some of them."""
        return Applied(*(getattr(self, column.name)[chosen] for column in fields(self)))


def applied(ledger: Ledger, book: Facts) -> Applied:
    """Every row of the Payments sheet, and the payments that the invoices themselves tell of where no row refers to them."""
    payments, closings = ledger.payments, book.closings
    issued, owner = days(ledger.invoices["issued"]), _owners(ledger, book)
    target = np.full(len(payments), -1)
    if len(payments) and len(issued):
        target = pd.Index(ledger.invoices["document"]).get_indexer(payments["document"])
    customer = np.where(target >= 0, np.append(owner, -1)[target], -1)
    nobody = np.flatnonzero(customer < 0)
    if len(nobody):
        customer[nobody] = pd.Index(book.customers).get_indexer(pd.Index(payments["customer"].to_numpy(object)[nobody]))
    target = np.where(np.append(ledger.invoices["is_credit"].to_numpy("bool"), False)[target], -1, target)
    paid_on, start = days(payments["date"]), np.append(issued, 0)[target]
    day = np.where(target >= 0, np.maximum(paid_on, start), paid_on)
    rows = Applied(
        customer,
        target,
        day,
        np.where(target >= 0, day - start, 0),
        payments["amount"].to_numpy("int64"),
        payments["is_credit"].to_numpy("bool"),
    )
    alone = np.ones(len(issued), "bool")
    alone[target[target >= 0]] = False  # credit memos have no timing, so they are not asked
    told = (closings["settled"].to_numpy() < FOREVER) & alone[closings["invoice"].to_numpy("int64")]
    customer, invoice, issued, settled, amount, by_credit = (
        closings[name].to_numpy("int64")[told] for name in ("customer", "invoice", "issued", "settled", "amount", "by_credit")
    )
    own = Applied(customer, invoice, settled, settled - issued, amount, by_credit == 1)
    return Applied(*(np.concatenate([getattr(rows, column.name), getattr(own, column.name)]) for column in fields(rows)))


def _owners(ledger: Ledger, book: Facts) -> Array:
    """Customer of each invoice that has a balance or a timing, -1 of the others."""
    owner = np.full(len(ledger.invoices), -1)
    for table in (book.balances, book.closings):
        owner[table["invoice"].to_numpy("int64")] = table["customer"].to_numpy("int64")
    return owner
