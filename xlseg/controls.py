"""The controls of a refresh: what must agree before anybody acts on the numbers. A failed one is shown, never hidden."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.analysis import Analysis
from xlseg.calendar import FOREVER, day_number
from xlseg.facts import CENT, Standing
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.metrics.receivables import BUCKETS
from xlseg.tables import Finding, Intake

STALE_AFTER = 45
"""Days between the latest date in the book and the as-of date beyond which the export is called stale."""


@dataclass(frozen=True)
class Control:
    """One control: what, the two figures that must agree (units or counts), None when it does not apply (`note` says why)."""

    name: str
    expected: float | None
    found: float | None
    note: str = ""

    @property
    def applies(self) -> bool:
        """Whether there is anything to compare."""
        return self.expected is not None and self.found is not None

    @property
    def passed(self) -> bool:
        """Whether both figures agree to the cent; a control that does not apply has not failed."""
        return self.expected is None or self.found is None or abs(self.expected - self.found) < 0.005


def controls(analysis: Analysis, intake: Intake) -> tuple[Control, ...]:
    """All controls, those that do not apply included."""
    standing = analysis.standing
    ledger_open = _ledger_open(analysis)
    matrix = analysis.migration(analysis.previous, analysis.as_of)
    return (
        Control("Rows used + excluded = rows read", *_rows(intake)),
        Control("Amounts used + excluded = amounts read", *_amounts(intake)),
        Control("Sheets of which more than half is left out", 0.0, _mostly_left_out(intake)),
        _money_control(
            "Ageing buckets = open balance", analysis, _total(standing, *(name for name, _, _ in BUCKETS)), _total(standing, "open_balance")
        ),
        _money_control("Open balance of all segments = ledger", analysis, ledger_open, _total(standing, "open_balance")),
        Control("Migration matrix = customers known", float(standing["known"].sum()), float(matrix.counts.drop(columns="Gone").to_numpy().sum())),
        _stated(analysis, ledger_open),
        _typed(analysis, ledger_open),
    )


def _rows(intake: Intake) -> tuple[float, float]:
    return _sheet_by_sheet([(t.rows_read, t.rows_used + t.rows_excluded) for t in intake.tallies])


def _amounts(intake: Intake) -> tuple[float, float]:
    return _sheet_by_sheet([(t.read / 100, (t.used + t.excluded) / 100) for t in intake.tallies])


def _mostly_left_out(intake: Intake) -> float:
    """How many sheets lose more than half of their rows, void ones aside: then a sheet is missing, or a column means something else."""
    return float(sum(2 * (t.rows_excluded - t.rows_void) > t.rows_read - t.rows_void for t in intake.tallies))


def _sheet_by_sheet(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    """The figures of the first sheet that does not agree, so that two errors cannot cancel out; else those of all sheets together."""
    off = next((pair for pair in pairs if abs(pair[0] - pair[1]) >= 0.005), None)
    return off or (float(sum(a for a, _ in pairs)), float(sum(b for _, b in pairs)))


def _total(standing: pd.DataFrame, *columns: str) -> float:
    return round(float(np.nansum(standing[list(columns)].to_numpy("float64"))), 2)


def _ledger_open(analysis: Analysis) -> float:
    """Open balance by the ledger itself, not by customer: Σ balances that stand on the as-of date."""
    return float(analysis.facts.balances_at(day_number(analysis.as_of))["amount"].sum()) / 100


def _money_control(name: str, analysis: Analysis, expected: float, found: float) -> Control:
    if not analysis.facts.has_invoices:
        return Control(name, None, None, "no invoices in the book")
    return Control(name, expected, found)


def _stated(analysis: Analysis, ledger_open: float) -> Control:
    """The ERP's own Amount Remaining, where every invoice has one and the export was made by the as-of date."""
    name, invoices = "Open balance = Amount Remaining (rows used)", analysis.ledger.invoices
    latest = latest_date(analysis)
    if not analysis.facts.has_invoices or invoices["remaining"].isna().any():
        return Control(name, None, None, "the export has no Amount Remaining for every invoice")
    if latest is not None and latest > analysis.as_of:
        return Control(name, None, None, f"the export was made later, it holds facts up to {latest.isoformat()}")
    return Control(name, float(invoices["remaining"].sum()) / 100, ledger_open)


def _typed(analysis: Analysis, ledger_open: float) -> Control:
    name, total = "Open balance = control total on Config", analysis.settings.control_total
    if total is None:
        return Control(name, None, None, "no control total on Config")
    return Control(name, total, ledger_open)


def latest_date(analysis: Analysis) -> dt.date | None:
    """The latest date of any invoice, payment or order in the book."""
    ledger = analysis.ledger
    columns = (ledger.invoices["issued"], ledger.payments["date"], ledger.orders["date"])
    latest = [column.max() for column in columns if len(column)]
    return max(latest).date() if latest else None


def remarks(analysis: Analysis) -> list[Finding]:
    """What the as-of date brings up: a stale export, a season that is not adjusted, on-account cash, orders that cannot be forecast."""
    found = []
    latest = latest_date(analysis)
    if latest is None or (analysis.as_of - latest).days > STALE_AFTER:
        fact = f"latest date {latest.isoformat()}" if latest else "no dated rows"
        effect = "everything since then counts as unpaid and not ordered; refresh as of the export's date, or export again"
        found.append(Finding("stale export", "warning", "all sheets", 0, "", fact, f"facts up to {analysis.as_of.isoformat()}", effect))
    if not analysis.ledger.tells_of_payment:
        wanted = "a Payments sheet, or invoices with Paid Date, Status, Amount Paid or Amount Remaining"
        effect = "every invoice counts as open and, once due, as late"
        found.append(Finding("nothing says what is paid", "warning", "Invoices", 0, "", None, wanted, effect))
    if analysis.facts.has_orders and not analysis.season.adjusted:
        effect = "every seasonal index is 1: order rates are not adjusted for season"
        found.append(Finding("season not adjusted", "info", "all sheets", 0, "", "under 24 months", "24 complete months of orders", effect))
    if analysis.facts.has_orders and analysis.standing["expected_orders"].isna().all():
        found.append(
            Finding("no order forecast", "info", "all sheets", 0, "", "too few repeat orders", "30 repeat customers", "expected_orders is empty")
        )
    if idle := [name for name in analysis.rules.columns if name in CATALOGUE and analysis.measured[name].isna().all()]:
        effect = "rules that ask for them can match nobody; change them, or delete the Rules sheet to get the defaults for this book"
        found.append(
            Finding("rules without effect", "warning", "Rules", 0, ", ".join(idle), "known for no customer", "metrics that the book can give", effect)
        )
    return [*found, *_of_balances(analysis)]


def _of_balances(analysis: Analysis) -> list[Finding]:
    """What is open, and perhaps should not be."""
    found, at = [], day_number(analysis.as_of)
    balances, closings = analysis.facts.balances_at(at), analysis.facts.closings_at(at)
    if residues := _residues(analysis, balances, closings):
        count, left = residues
        sheet, column, advice = (
            ("Payments", "Amount", "write it off, or see Payment tolerance on Config")
            if analysis.ledger.has_payments
            else ("Invoices", "Amount Remaining", "write it off")  # nobody knows when it was paid but for that
        )
        effect = f"{left / 100:,.2f} is left of them, and they count as late to this day; {advice}"
        found.append(Finding("residues left open", "info", sheet, 0, column, f"{count} invoice{'s' * (count > 1)}", "paid in full", effect))
    if again := _open_again(analysis, balances, closings):
        count, left = again
        effect = f"{left / 100:,.2f} is open of them again, since payments came back or were refunded; they count as late from their due dates on"
        found.append(
            Finding("paid, and open again", "info", "Payments", 0, "Amount", f"{count} invoice{'s' * (count > 1)}", "a payment that stays", effect)
        )
    if short := _closed_but_open(analysis):
        count, left = short
        effect = f"{left / 100:,.2f} is open of them, since their payments are believed; add what is missing on Payments if they are closed"
        found.append(
            Finding("closed but not paid", "warning", "Invoices", 0, "Status", f"{count} closed invoice{'s' * (count > 1)}", "paid in full", effect)
        )
    on_account = _on_account(analysis)
    if abs(on_account) > CENT:
        effect = f"{on_account / 100:,.2f} received is applied to no invoice and not in the open balance"
        found.append(Finding("unapplied cash", "warning", "Payments", 0, "Applied To", on_account / 100, "an invoice number", effect))
    return found


RESIDUE = 0.05
"""Part of an invoice that is left by a deduction, a bank fee or a difference of currencies, rather than still to come."""


def _residues(analysis: Analysis, balances: Standing, closings: Standing) -> tuple[int, int] | None:
    """How many invoices past due are paid but for a little, no tolerance settling them, and what is open of them (hundredths); None without any."""
    at, whole = day_number(analysis.as_of), analysis.ledger.invoices["amount"].to_numpy("int64")
    is_open = np.zeros(len(whole), "bool")
    is_open[closings["invoice"][closings["settled"] > at]] = True
    invoice, left = balances["invoice"], balances["amount"]
    rest = left[(left > CENT) & (left <= RESIDUE * whole[invoice]) & (balances["due"] < at) & is_open[invoice]]
    return (len(rest), int(rest.sum())) if len(rest) else None


def _open_again(analysis: Analysis, balances: Standing, closings: Standing) -> tuple[int, int] | None:
    """How many invoices were settled and are open again, and what is open of them (hundredths); None without any."""
    at = day_number(analysis.as_of)
    again = closings["invoice"][(closings["opened"] > closings["issued"]) & (closings["settled"] > at)]
    return (len(again), int(balances["amount"][np.isin(balances["invoice"], again)].sum())) if len(again) else None


def _closed_but_open(analysis: Analysis) -> tuple[int, int] | None:
    """How many invoices are closed by their status and have payments that fall short for good, and what is open of them (hundredths)."""
    balances, amount = analysis.facts.balances, analysis.ledger.invoices["amount"].to_numpy("int64")
    said = analysis.ledger.invoices["status"].to_numpy(object) == "closed"
    last = balances[(balances["since"] <= day_number(analysis.as_of)) & (balances["until"] > FOREVER)]
    invoice, left = last["invoice"].to_numpy(), last["amount"].to_numpy("int64")
    short = said[invoice] & (left > CENT) & (left < amount[invoice]) & (left > max(RESIDUE, analysis.settings.tolerance) * amount[invoice])
    return (int(short.sum()), int(left[short].sum())) if short.any() else None


def _on_account(analysis: Analysis) -> int:
    payments = analysis.ledger.payments
    seen = (payments["document"] == "") & (payments["date"] <= np.datetime64(analysis.as_of, "s"))
    return int(payments.loc[seen, "amount"].sum())
