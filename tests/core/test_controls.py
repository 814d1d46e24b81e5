"""Controls and remarks: what the user must know before he acts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from ledgers import T, ago, book, invoice, order, payment

from xlseg.analysis import Analysis, analyse
from xlseg.controls import Control, controls, remarks
from xlseg.errors import SettingError
from xlseg.segments.defaults import default_rules
from xlseg.settings import Settings, read_settings
from xlseg.tables import Intake, Ledger, Tally
from xlseg.workbook import Value


def analysed(ledger: Ledger, as_of: dt.date = T, **settings: Any) -> Analysis:
    return analyse(ledger, Settings(**settings), default_rules(), as_of)


def control(analysis: Analysis, name: str, *tallies: Tally) -> Control:
    return next(c for c in controls(analysis, Intake(analysis.ledger, (), tallies)) if c.name.startswith(name))


def test_invoices_whose_payment_came_back_are_told() -> None:
    back = [payment(-100, ago(10), "A"), payment(-40, ago(10), "B"), payment(-100, ago(10), "C"), payment(100, ago(5), "C")]
    paid = [payment(100, ago(50), name) for name in "ABCD"]
    ledger = book([invoice(document=name, issued=ago(80)) for name in "ABCD"], [*paid, *back])
    assert kinds(analysed(ledger))["paid, and open again"].startswith("140.00 is open of them again")
    assert [f.found for f in remarks(analysed(ledger)) if f.kind == "paid, and open again"] == ["2 invoices"]
    assert "paid, and open again" not in kinds(analysed(book([invoice(document="D", issued=ago(80))], [payment(100, ago(50), "D")])))


def kinds(analysis: Analysis) -> dict[str, str]:
    return {finding.kind: finding.effect for finding in remarks(analysis)}


ONE = [invoice(issued=ago(20), document="X", remaining=100, status="open")]


def test_an_amount_that_got_lost_on_the_way_fails() -> None:
    lost = Tally("Invoices", "invoices", 3, 2, 1, read=300_00, used=200_00, excluded=99_99)
    found = control(analysed(book(ONE)), "Amounts", lost)
    assert (found.passed, found.expected, found.found) == (False, 300.0, 299.99)


def test_errors_of_two_sheets_do_not_cancel_out() -> None:
    more = Tally("Invoices", "invoices", 1, 1, 0, read=100, used=150, excluded=0)
    less = Tally("Payments", "payments", 1, 1, 0, read=100, used=50, excluded=0)
    assert not control(analysed(book(ONE)), "Amounts", more, less).passed
    assert not control(analysed(book(ONE)), "Rows", replace(more, rows_used=2), replace(less, rows_used=0)).passed


def test_a_sheet_that_is_mostly_left_out_fails_and_void_rows_do_not_count() -> None:
    lost = Tally("Payments", "payments", 10, 4, 6, read=0, used=0, excluded=0)
    name = "Sheets of which more than half"
    assert not control(analysed(book(ONE)), name, lost).passed
    assert control(analysed(book(ONE)), name, replace(lost, rows_used=5, rows_excluded=5)).passed
    assert control(analysed(book(ONE)), name, replace(lost, rows_void=5)).passed  # 1 of 5


@pytest.mark.parametrize(("total", "passed"), [(100.0, True), (100.01, False)])
def test_the_control_total_on_config_is_compared_to_the_cent(total: float, passed: bool) -> None:
    assert control(analysed(book(ONE), control_total=total), "Open balance = control total").passed is passed


def test_the_amount_remaining_of_the_export_is_compared_unless_the_export_is_later() -> None:
    wrong = book([invoice(issued=ago(20), document="X", remaining=70, status="open")], [payment(10, ago(1), "X")])
    name = "Open balance = Amount Remaining"
    assert control(analysed(wrong), name) == Control("Open balance = Amount Remaining (rows used)", 70.0, 90.0)
    assert not control(analysed(wrong, as_of=ago(10)), name).applies


def test_a_stale_export_is_said() -> None:
    assert "stale export" in kinds(analysed(book([invoice(issued=ago(46))])))
    assert "stale export" not in kinds(analysed(book([invoice(issued=ago(45))])))


def test_unapplied_cash_up_to_the_as_of_date_is_said() -> None:
    loose = [payment(40, ago(5), ""), payment(2, ago(-5), "")]
    assert kinds(analysed(book(ONE, loose)))["unapplied cash"].startswith("40.00 received")


def test_little_rests_of_paid_invoices_past_due_are_said_unless_they_are_tolerated() -> None:
    # due 70, 70, 70 and −30 days ago: 5.00 and 4.00 of 100 are left, 5.01 is more than 5 %, the last is not due
    rows = [invoice(issued=ago(days), document=name) for days, name in ((100, "A"), (100, "B"), (100, "C"), (10, "D"))]
    ledger = book(rows, [payment(95, ago(50), "A"), payment(96, ago(50), "B"), payment(94.99, ago(50), "C"), payment(95, ago(5), "D")])
    assert kinds(analysed(ledger))["residues left open"].startswith("9.00 is left of them")
    assert [f.found for f in remarks(analysed(ledger)) if f.kind == "residues left open"] == ["2 invoices"]
    assert "residues left open" not in kinds(analysed(ledger, tolerance=0.05))
    # 4 % settles B alone: A is late to this day
    assert kinds(analysed(ledger, tolerance=0.04))["residues left open"].startswith("5.00 is left of them, and they count as late")
    assert [f.found for f in remarks(analysed(ledger, tolerance=0.04)) if f.kind == "residues left open"] == ["1 invoice"]


def test_invoices_that_are_closed_and_whose_payments_fall_short_are_said() -> None:
    # 20 of 100 are left of A; B is open; C is paid, D but for 4; E has no payment at all; what comes in after the as-of date settles F
    rows = [invoice(issued=ago(100), document=name, status="open" if name == "B" else "closed") for name in "ABCDEF"]
    paid = [payment(amount, ago(50), name) for name, amount in {"A": 80, "B": 80, "C": 100, "D": 96, "F": 80}.items()]
    ledger = book(rows, [*paid, payment(20, ago(-5), "F")])
    assert kinds(analysed(ledger))["closed but not paid"].startswith("20.00 is open of them")
    assert [f.found for f in remarks(analysed(ledger)) if f.kind == "closed but not paid"] == ["1 closed invoice"]
    assert "closed but not paid" not in kinds(analysed(ledger, tolerance=0.2))


@pytest.mark.parametrize(("typed", "meant"), [(1.0, True), (0.0, False), (1, True), (True, True), ("No", False), ("1", True)])
def test_yes_and_no_may_be_typed_as_numbers(typed: Value, meant: bool) -> None:
    assert read_settings([["Key", "Value"], ["Confirm moves", typed]]).confirm is meant


def test_a_setting_that_stands_in_two_rows_is_refused() -> None:
    rows: list[list[Value]] = [["Key", "Value"], ["Window", 365], ["Grace", None], ["window", 90]]
    with pytest.raises(SettingError, match=r"Config!A4: Window is set in row 2 already\. To go on, clear one of the two lines"):
        read_settings(rows)
    assert read_settings([*rows[:2], ["Window", None]]).window == 365


@pytest.mark.parametrize("typed", [5, "5%", "0.05", True, -0.01, 0.21, float("nan")])
def test_a_tolerance_that_is_no_part_is_told_how_to_be_written(typed: object) -> None:
    with pytest.raises(SettingError, match=r"Config!B2: Payment tolerance cannot be .*\. To go on, write a part .*, as a number: 0\.05 is 5 %"):
        read_settings([["Key", "Value"], ["Payment tolerance", typed]])  # type: ignore[list-item]


@pytest.mark.parametrize("tolerance", [0.0, 0.05])
def test_little_rests_without_a_payments_sheet_are_said_and_no_tolerance_is_advised_that_would_not_help(tolerance: float) -> None:
    ledger = book([invoice(issued=ago(100), document="A", remaining=4)])
    (found,) = [f for f in remarks(analysed(ledger, tolerance=tolerance)) if f.kind == "residues left open"]
    assert (found.sheet, found.found) == ("Invoices", "1 invoice")
    assert found.effect == "4.00 is left of them, and they count as late to this day; write it off"


def test_rules_that_can_match_nobody_are_said() -> None:
    ledger = replace(book([]), has_invoices=False, orders=book([], [], [order(10, ago(3))]).orders, has_orders=True)
    (found,) = [f.column.split(", ") for f in remarks(analysed(ledger)) if f.kind == "rules without effect"]
    assert "payment_velocity" in found
    assert "orders_per_month_sa" not in found
    assert np.isnan(analysed(ledger).standing["open_balance"]).all()
