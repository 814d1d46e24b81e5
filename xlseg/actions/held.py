"""Why an action is held back. docs/actions.md, "Held back"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from xlseg.actions.due import NEVER, Covering, as_date
from xlseg.actions.typed import PROMISED, Typed
from xlseg.facts import days
from xlseg.playbook import COLLECT, SALES, Step, stopped
from xlseg.workbook import Array

DISPUTED, PROMISE = "Disputed", "Promise not yet due"


@dataclass(frozen=True)
class Holding:
    """What holds back actions, looked up once for all customers."""

    covering: Covering

    @cached_property
    def _do_not_contact(self) -> frozenset[str]:
        customers = self.covering.analysis.ledger.customers
        return frozenset(customers.loc[customers["do_not_contact"], "customer"].tolist())

    @cached_property
    def disputed(self) -> Array:
        """By invoice: whether it is disputed."""
        return self.covering.analysis.ledger.invoices["disputed"].to_numpy("bool")

    @cached_property
    def promised(self) -> tuple[Array, Array]:
        """By invoice and by customer: the latest day that was promised on Reminders by the as-of day."""
        analysis, ids = self.covering.analysis, self.covering.people.ids
        found = analysis.ledger.reminders
        found = found[(days(found["date"]) <= self.covering.as_of) & found["promised"].notna()]
        day = days(found["promised"])
        named = found["document"].to_numpy(object) != ""
        invoice = pd.Index(analysis.ledger.invoices["document"]).get_indexer(found["document"]) if named.any() else np.full(len(found), -1)
        customer = np.array([ids.get(name, -1) for name in found["customer"].tolist()], "int64")
        by_invoice, by_customer = np.full(len(analysis.ledger.invoices), NEVER), np.full(len(ids), NEVER)
        np.maximum.at(by_invoice, invoice[named & (invoice >= 0)], day[named & (invoice >= 0)])
        np.maximum.at(by_customer, customer[~named & (customer >= 0)], day[~named & (customer >= 0)])
        return by_invoice, by_customer

    @cached_property
    def _on_account(self) -> Mapping[str, float]:
        """Customer → payments that are applied to no invoice, in units."""
        payments = self.covering.analysis.ledger.payments
        seen = payments[(payments["document"] == "") & (days(payments["date"]) <= self.covering.as_of)]
        return {str(name): float(total) / 100 for name, total in seen.groupby("customer")["amount"].sum().items()}

    def on_account(self, customer: str) -> float:
        """Unapplied cash of a customer."""
        return self._on_account.get(customer, 0.0)

    @cached_property
    def _stops(self) -> dict[Step, list[tuple[str, Array]]]:
        return {}

    def reason(self, step: Step, customer: str, at: int, balance: float, typed: Typed | None) -> str:
        """Why an action with a customer is held back, beyond what his invoices say; "" when it is not."""
        checks = (
            self._contact(step, customer),
            self._promise(step, typed),
            self._pause(step, at),
            self._cash(step, customer, balance),
            self._stop(step, at),
        )
        return next((reason for reason in checks if reason), "")

    def _contact(self, step: Step, customer: str) -> str:
        return "Do not contact" if step.kind in (COLLECT, SALES) and customer in self._do_not_contact else ""

    def _promise(self, step: Step, typed: Typed | None) -> str:
        until = typed.until if typed and typed.word == PROMISED else None
        return f"Promised for {until}" if until and until > self.covering.analysis.as_of else ""

    def _pause(self, step: Step, at: int) -> str:
        last, pause = int(self.covering.last_touch[at]), self.covering.analysis.settings.pause
        return f"Touched on {as_date(last)}" if step.kind in (COLLECT, SALES) and last > self.covering.as_of - pause else ""

    def _cash(self, step: Step, customer: str, balance: float) -> str:
        cash = self.on_account(customer)
        return f"Unapplied cash {cash:,.2f}" if step.kind == COLLECT and cash > 0 and cash >= balance else ""

    def _stop(self, step: Step, at: int) -> str:
        if step.stops and step not in self._stops:
            self._stops[step] = [(str(stop), holds) for stop, holds in stopped(step, self.covering.analysis.standing)]
        row = int(self.covering.people.place[at])
        return next((f"Playbook: {words}" for words, holds in self._stops.get(step, ()) if holds[row]), "")


def of_invoices(disputed: Sequence[bool], promised: dt.date | None) -> str:
    """Why nothing can be asked for any of the invoices concerned."""
    if all(disputed):
        return DISPUTED
    return f"{PROMISE}: {promised}" if promised else DISPUTED
