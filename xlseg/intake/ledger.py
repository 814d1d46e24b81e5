"""From a source to the ledger: finds the sheets, reads them in the order in which they refer to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from xlseg.errors import MissingColumnError, MissingSheetError, SourceError
from xlseg.intake import currency
from xlseg.intake.closing import remark_closings
from xlseg.intake.customers import by_name, read_customers, with_unlisted
from xlseg.intake.documents import Dating
from xlseg.intake.fields import Role
from xlseg.intake.findings import Findings
from xlseg.intake.invoices import Invoices, read_invoices
from xlseg.intake.orders import read_orders
from xlseg.intake.payments import read_payments
from xlseg.intake.reminders import read_reminders
from xlseg.intake.rows import Extract
from xlseg.intake.sheets import Located, empty_sheets, extract, locate, named_so, without
from xlseg.settings import Settings
from xlseg.tables import CUSTOMERS, INVOICES, ORDERS, PAYMENTS, REMINDERS, Finding, Intake, Ledger, Tally, empty
from xlseg.workbook import KnowsUncomputed, Source


def read_ledger(source: Source, settings: Settings) -> Intake:
    """The tidy tables of a source, with findings and the reconciliation of every sheet.

    Raises
    ------
    MissingSheetError
        When there is neither an Invoices nor a SalesOrders sheet.
    SourceError
        When there is one, and nothing stands on it.
    MissingColumnError
        When a sheet lacks a column that it is useless without.
    SettingError
        When Config maps a heading to a field that does not exist.
    """
    findings = Findings()
    located = locate(source, settings, findings)
    if "invoices" not in located and "orders" not in located:
        raise _nothing_to_measure(source)
    extracts = _filled(_extracts(located, findings))
    if isinstance(source, KnowsUncomputed):
        for role in extracts:
            _tell_uncomputed(source, located[role], extracts[role], findings)
    return _Reading(extracts, findings, source.epoch_1904, settings).intake()


def _tell_uncomputed(source: KnowsUncomputed, located: Located, extract: Extract, findings: Findings) -> None:
    """Formulas that no program has computed yet look like empty cells."""
    read, known = set(extract.headings.values()), set(extract.rows.tolist())
    found: dict[str, list[int]] = {}
    for row, column in source.uncomputed(located.sheet.name):
        heading = located.row[column - 1] if column <= len(located.row) else None
        if isinstance(heading, str) and heading.strip() in read and row in known:
            found.setdefault(heading.strip(), []).append(row)
    for heading, rows in found.items():
        effect = f"{len(rows):,} formulas have no value and are read as empty: open the workbook in Excel or Calc and save it"
        findings.add(Finding("formula without value", "error", extract.sheet, rows[0], heading, None, "a value", effect))


def _nothing_to_measure(source: Source) -> SourceError:
    empty = [*empty_sheets(source, "invoices"), *empty_sheets(source, "orders")]
    if empty:
        return SourceError(empty[0], "the sheet is empty", "paste the export there, its headings in the first rows")
    named = [name for role in ("invoices", "orders") for name in named_so(source, role)]
    if named:
        advice = "put its headings in one row above the rows: Invoice No, Customer ID, Date, Due Date, Amount"
        return SourceError(named[0], "no row of headings is to be found", advice)
    return MissingSheetError(source.name, "Invoices", source.sheets(), _from_elsewhere(source))


def _from_elsewhere(source: Source) -> str:
    """What else can be done with a book that holds our tabs alone: they were made from exports that lie elsewhere."""
    is_ours = not {"Segments", "Metrics"} - set(source.sheets())
    return f", or say where the exports are: xlseg refresh {source.name} --from FOLDER" if is_ours else ""


def _filled(extracts: dict[Role, Extract]) -> dict[Role, Extract]:
    """The sheets that hold rows: headings alone, as in a new book, are no sheet. All of them when there is nothing to measure anyway."""
    filled = {role: found for role, found in extracts.items() if len(found.rows)}
    return filled if "invoices" in filled or "orders" in filled else extracts


def _extracts(located: Mapping[Role, Located], findings: Findings) -> dict[Role, Extract]:
    """The columns of each sheet; one whose headings vie for a single column is passed over, if the book can do without."""
    extracts: dict[Role, Extract] = {}
    for role, found in located.items():
        try:
            extracts[role] = extract(found, findings)
        except MissingColumnError as error:
            if role in ("invoices", "orders"):
                raise
            findings.add(without(found, error.column))
    return extracts


class _Reading:
    """One reading of all sheets."""

    def __init__(self, extracts: Mapping[Role, Extract], findings: Findings, epoch_1904: bool, settings: Settings) -> None:
        self.extracts = currency.with_written(extracts, settings.base_currency.upper())
        self.findings = findings
        self.dating = Dating(epoch_1904, settings.day_first)
        self.base = settings.base_currency.upper() or currency.base_of(self.extracts)
        self.tallies: list[Tally] = []

    def intake(self) -> Intake:
        """Everything, in the order in which the sheets refer to each other."""
        customers = self._frame("customers", CUSTOMERS, lambda sheet: read_customers(sheet, self.findings))
        self.extracts = {role: by_name(sheet, customers, self.findings) if role != "customers" else sheet for role, sheet in self.extracts.items()}
        invoices = self._invoices(customers)
        frames = {
            "invoices": invoices.frame if invoices else empty(INVOICES),
            "payments": self._frame("payments", PAYMENTS, lambda sheet: read_payments(sheet, self.findings, self.dating, self.base, invoices)),
            "orders": self._frame("orders", ORDERS, lambda sheet: read_orders(sheet, self.findings, self.dating, self.base)),
        }
        if invoices:
            payments = frames["payments"] if "payments" in self.extracts else None
            remark_closings(self.extracts["invoices"], invoices.frame, payments, self.findings)
        sheets = [(sheet, frames[role]) for role, sheet in self.extracts.items() if role in frames]
        customers = with_unlisted(customers, sheets, self.findings, listed="customers" in self.extracts)
        names = frozenset(customers["customer"].tolist())
        reminders = self._frame("reminders", REMINDERS, lambda sheet: read_reminders(sheet, self.findings, self.dating, names, invoices))
        ledger = Ledger(customers, frames["invoices"], frames["payments"], frames["orders"], reminders, *self._has(), currency=self.base)
        return Intake(ledger, self.findings.all(), tuple(self.tallies))

    def _has(self) -> tuple[bool, bool, bool]:
        return "invoices" in self.extracts, "payments" in self.extracts, "orders" in self.extracts

    def _invoices(self, customers: pd.DataFrame) -> Invoices | None:
        if "invoices" not in self.extracts:
            return None
        terms = dict(zip(customers["customer"], customers["terms"], strict=True))
        read = read_invoices(self.extracts["invoices"], self.findings, self.dating, self.base, terms)
        self.tallies.append(read.tally)
        return read

    def _frame(self, role: Role, columns: Mapping[str, str], read: Callable[[Extract], tuple[pd.DataFrame, Tally]]) -> pd.DataFrame:
        if role not in self.extracts:
            return empty(columns)
        frame, tally = read(self.extracts[role])
        self.tallies.append(tally)
        return frame
