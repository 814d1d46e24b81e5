"""From a source to the ledger: finds the sheets, reads them in the order in which they refer to each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from xlseg.errors import MissingSheetError
from xlseg.intake.customers import read_customers, with_unlisted
from xlseg.intake.fields import Role
from xlseg.intake.findings import Findings
from xlseg.intake.invoices import Invoices, read_invoices
from xlseg.intake.orders import read_orders
from xlseg.intake.payments import read_payments
from xlseg.intake.reminders import read_reminders
from xlseg.intake.rows import Extract
from xlseg.intake.sheets import extract, locate
from xlseg.settings import Settings
from xlseg.tables import CUSTOMERS, INVOICES, ORDERS, PAYMENTS, REMINDERS, Intake, Ledger, Tally, empty
from xlseg.workbook import Source


def read_ledger(source: Source, settings: Settings) -> Intake:
    """The tidy tables of a source, with findings and the reconciliation of every sheet.

    Raises
    ------
    MissingSheetError
        When there is neither an Invoices nor a SalesOrders sheet.
    MissingColumnError
        When a sheet lacks a column that it is useless without.
    SettingError
        When Config maps a heading to a field that does not exist.
    """
    findings = Findings()
    located = locate(source, settings, findings)
    if "invoices" not in located and "orders" not in located:
        raise MissingSheetError(source.name, "Invoices", source.sheets())
    extracts = {role: extract(found, findings) for role, found in located.items()}
    return _Reading(extracts, findings, source.epoch_1904, settings).intake()


class _Reading:
    """One reading of all sheets."""

    def __init__(self, extracts: Mapping[Role, Extract], findings: Findings, epoch_1904: bool, settings: Settings) -> None:
        self.extracts, self.findings = extracts, findings
        self.epoch_1904, self.day_first = epoch_1904, settings.day_first
        self.base = settings.base_currency.upper() or _most_common_currency(extracts)
        self.tallies: list[Tally] = []

    def intake(self) -> Intake:
        """Everything, in the order in which the sheets refer to each other."""
        customers = self._customers()
        invoices = self._invoices(customers)
        frames = {"invoices": invoices.frame if invoices else empty(INVOICES), "payments": self._payments(invoices), "orders": self._orders()}
        sheets = [(self.extracts[role].sheet, self.extracts[role].heading("customer"), frames[role]) for role in frames if role in self.extracts]  # type: ignore[index]
        customers = with_unlisted(customers, sheets, self.findings, listed="customers" in self.extracts)
        ledger = Ledger(
            customers, **frames, reminders=self._reminders(), has_invoices="invoices" in self.extracts, has_payments="payments" in self.extracts,
            has_orders="orders" in self.extracts, currency=self.base,
        )  # fmt: skip
        return Intake(ledger, self.findings.all(), tuple(self.tallies))

    def _customers(self) -> pd.DataFrame:
        if "customers" not in self.extracts:
            return empty(CUSTOMERS)
        frame, tally = read_customers(self.extracts["customers"], self.findings)
        self.tallies.append(tally)
        return frame

    def _invoices(self, customers: pd.DataFrame) -> Invoices | None:
        if "invoices" not in self.extracts:
            return None
        terms = dict(zip(customers["customer"], customers["terms"], strict=True))
        read = read_invoices(
            self.extracts["invoices"], self.findings, base=self.base, terms=terms, epoch_1904=self.epoch_1904, day_first=self.day_first
        )
        self.tallies.append(read.tally)
        return read

    def _payments(self, invoices: Invoices | None) -> pd.DataFrame:
        if "payments" not in self.extracts:
            return empty(PAYMENTS)
        frame, tally = read_payments(
            self.extracts["payments"], self.findings, base=self.base, invoices=invoices, epoch_1904=self.epoch_1904, day_first=self.day_first
        )
        self.tallies.append(tally)
        return frame

    def _orders(self) -> pd.DataFrame:
        if "orders" not in self.extracts:
            return empty(ORDERS)
        frame, tally = read_orders(self.extracts["orders"], self.findings, base=self.base, epoch_1904=self.epoch_1904, day_first=self.day_first)
        self.tallies.append(tally)
        return frame

    def _reminders(self) -> pd.DataFrame:
        if "reminders" not in self.extracts:
            return empty(REMINDERS)
        frame, tally = read_reminders(self.extracts["reminders"], self.findings, epoch_1904=self.epoch_1904, day_first=self.day_first)
        self.tallies.append(tally)
        return frame


def _most_common_currency(extracts: Mapping[Role, Extract]) -> str:
    """The currency that most invoices are in, else most orders, else most customers; "" when none is stated."""
    for role in ("invoices", "orders", "customers"):
        found = extracts.get(role)  # type: ignore[call-overload]
        counts = Counter(word.upper() for word in found.texts("currency") if word) if found else Counter()
        if counts:
            return max(sorted(counts), key=lambda word: counts[word])
    return ""
