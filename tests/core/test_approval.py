"""Approval: a rule set is a draft until somebody has signed it, validly."""

import datetime as dt

import pytest

from xlseg.approval import APPROVED, DEFAULT, DRAFT, Signed, approvals, listed, remarks_on, unsigned
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import read_rules
from xlseg.workbook import Value

TODAY = dt.date(2026, 11, 10)
FIRST = dt.date(2026, 11, 2)
OWN = read_rules([["Priority", "Segment", "Risk"], [1, "All", 5]])


def state(by: Value, on: Value) -> str:
    return approvals([Signed(1, OWN.hash, FIRST, 1, by, on, 7)], TODAY)[OWN.hash].state


@pytest.mark.parametrize(
    ("by", "on", "wanted", "column"),
    [
        ("Anna", dt.datetime(2026, 11, 5), APPROVED, ""),
        ("Anna", FIRST, APPROVED, ""),
        ("Anna", TODAY, APPROVED, ""),
        ("Anna", "2026-11-05", APPROVED, ""),
        (None, None, DRAFT, ""),
        ("  ", None, DRAFT, ""),
        ("Anna", None, DRAFT, "Approved On"),
        (None, FIRST, DRAFT, "Approved By"),
        ("Anna", dt.date(2026, 11, 11), DRAFT, "Approved On"),  # tomorrow
        ("Anna", dt.date(2026, 11, 1), DRAFT, "Approved On"),  # the day before it was first used
        ("Anna", "5.11.26", DRAFT, "Approved On"),
        ("Anna", 46_331, DRAFT, "Approved On"),
    ],
)
def test_a_signature_counts_when_both_cells_are_filled_and_the_day_can_be(by: Value, on: Value, wanted: str, column: str) -> None:
    assert state(by, on) == wanted
    rows = [Signed(1, OWN.hash, FIRST, 1, by, on, 7)]
    faults = [f for f in remarks_on(rows, approvals(rows, TODAY)[OWN.hash], TODAY) if f.kind == "approval that does not count"]
    assert [(f.sheet, f.row, f.column) for f in faults] == ([("Rule Sets", 7, column)] if column else [])


def test_the_rule_sets_that_come_with_the_program_need_no_signature() -> None:
    for with_invoices in (True, False):
        assert unsigned(default_rules(with_invoices)).state == DEFAULT
    assert unsigned(OWN).state == DRAFT
    assert unsigned(OWN).advice.startswith(f"rule set {OWN.hash} is not approved: fill Approved By and Approved On")


def test_signing_an_older_rule_set_does_not_sign_the_present_one() -> None:
    rows = listed([Signed(4, "00000000", FIRST, 3, "Anna", FIRST)], OWN, TODAY)
    assert [(row.number, row.hash, row.first_used, row.rules) for row in rows] == [(4, "00000000", FIRST, 3), (5, OWN.hash, TODAY, 1)]
    assert {name: a.state for name, a in approvals(rows, TODAY).items()} == {"00000000": APPROVED, OWN.hash: DRAFT}


def test_a_rule_set_that_comes_back_keeps_its_row_and_its_signature() -> None:
    rows = [Signed(1, OWN.hash, FIRST, 1, "Anna", FIRST), Signed(2, "00000000", TODAY, 3)]
    assert listed(rows, OWN, TODAY) == tuple(rows)
    assert approvals(rows, TODAY)[OWN.hash].words == "approved by Anna on 2026-11-02"
