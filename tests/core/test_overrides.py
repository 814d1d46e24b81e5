"""Overrides: which of them count, at which dates, and what is said of the others."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from ledgers import book as ledger_of
from ledgers import settled

from xlseg.analysis import OVERRIDE, Analysis, analyse
from xlseg.movers import movers
from xlseg.overrides import NONE, Override, Typed, holding, in_force, read_overrides
from xlseg.segments.rules import read_rules
from xlseg.settings import Settings
from xlseg.workbook import CellError, Value

T = dt.date(2026, 9, 15)
RULES = read_rules([["Priority", "Segment", "Risk", "payment_velocity"], [1, "On time", 1, "<=2"], [2, "Late", 7, ">2"], [3, "Other", None, None]])
JUNE, JULY, AUGUST = dt.date(2026, 6, 30), dt.date(2026, 7, 31), dt.date(2026, 8, 31)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def book() -> Analysis:
    return decided()


def decided(*overrides: Override, as_of: dt.date = T) -> Analysis:
    """A and B pay ten invoices, each on the day it is due: On time at every date."""
    first = dt.date(2025, 11, 5)
    rows = [settled(0, on=first + dt.timedelta(days=30 * i), document=f"{c}{i}", customer=c) for i in range(10) for c in "AB"]
    return analyse(ledger_of(rows), Settings(), RULES, as_of, overrides=overrides)


def row(analysis: Analysis, customer: str = "A") -> dict[str, object]:
    rows = analysis.standing.set_index("customer")
    return {str(name): value for name, value in rows.loc[customer].items()}


def segment_at(analysis: Analysis, date: dt.date, customer: str = "A") -> str:
    rows = analysis.measured
    return str(rows.loc[(rows["as_of"] == np.datetime64(date, "s")) & (rows["customer"] == customer), "segment"].item())


def test_an_override_wins_on_every_day_of_its_span_and_on_no_other() -> None:
    found = decided(Override("A", "Late", "told us so", "Anna", day("2026-07-31"), day("2026-08-31")))
    assert [segment_at(found, date) for date in (JUNE, JULY, AUGUST, T)] == ["On time", "Late", "Late", "On time"]
    assert [segment_at(found, date, "B") for date in (JUNE, JULY, AUGUST, T)] == ["On time"] * 4
    now = row(found)
    assert (now["segment"], now["previous"], now["direction"], now["status"]) == ("On time", "Late", "▼ better", "confirmed")


def test_an_override_of_today_shows_who_and_why_and_what_the_rules_say() -> None:
    now = row(decided(Override("A", "Late", "Insolvency rumour.", "Anna", day("2026-09-10"), day("2026-12-31"))))
    assert (now["segment"], now["today"], now["status"], now["risk"]) == ("Late", "On time", OVERRIDE, 7)
    assert (now["previous"], now["direction"], now["since"]) == ("On time", "▲ worse", np.datetime64("2026-09-10", "s"))
    assert str(now["why"]).startswith("Override by Anna until 2026-12-31: Insolvency rumour. Today On time: payment_velocity 0.0 (<=2)")
    assert row(decided(Override("A", "Late", "x", "Anna", day("2026-09-10"))))["why"].startswith("Override by Anna: x. Today ")  # type: ignore[attr-defined]


def test_since_is_the_day_an_override_began_only_where_it_began_a_segment() -> None:
    assert row(decided(Override("A", "Late", "x", "Anna", day("2026-08-10"))))["since"] == np.datetime64("2026-08-10", "s")
    # He is On time by the rules since the first month-end, and the override says the same.
    same = row(decided(Override("A", "On time", "x", "Anna", day("2026-08-10"))))
    assert (same["since"], same["status"]) == (row(book())["since"], OVERRIDE)


def test_movers_and_the_matrix_follow_an_override() -> None:
    found = decided(Override("A", "Late", "x", "Anna", day("2026-09-01"), day("2026-09-30")))
    assert [(m.customer, m.before, m.after, m.status, m.risk_change) for m in movers(found)] == [("A", "On time", "Late", OVERRIDE, 6)]
    assert movers(found)[0].changed == "Override by Anna until 2026-09-30"
    matrix = found.migration(AUGUST, T).counts
    assert (matrix.loc["On time", "Late"], matrix.loc["On time", "On time"]) == (1, 1)
    ended = movers(decided(Override("A", "Late", "x", "Anna", day("2026-08-01"), day("2026-09-10"))))
    assert [(m.before, m.after, m.changed) for m in ended] == [("Late", "On time", "Override by Anna until 2026-09-10 has ended")]


def test_nothing_but_the_overridden_customer_changes() -> None:
    before, after = book(), decided(Override("A", "Late", "x", "Anna", day("2026-09-01")))
    pd.testing.assert_series_equal(before.standing.set_index("customer").loc["B"], after.standing.set_index("customer").loc["B"])
    assert (after.measured["label"] == before.measured["label"]).all()


@pytest.mark.parametrize(
    ("cells", "kind", "column"),
    [
        ((None, "Late", "x", "Anna", None, None), "override without customer", "Customer ID"),
        (("A", None, "x", "Anna", None, None), "override without segment", "Segment"),
        (("A", "Late", "  ", "Anna", None, None), "override without reason", "Reason"),
        (("A", "Late", "x", None, None, None), "override without name", "By"),
        (("A", "Late", "x", "Anna", "soon", None), "unreadable date", "From"),
        (("A", "Late", "x", "Anna", None, 46_300), "unreadable date", "Until"),
        (("A", "Late", "x", "Anna", CellError("#N/A"), None), "unreadable date", "From"),
        (("A", "Late", "x", "Anna", day("2026-09-02"), day("2026-09-01")), "override ends before it begins", "Until"),
    ],
)
def test_a_row_of_a_wrong_shape_is_a_finding_with_its_place(cells: tuple[Value, ...], kind: str, column: str) -> None:
    typed, findings = read_overrides([(9, cells)])
    assert typed == []
    assert [(f.kind, f.severity, f.sheet, f.row, f.column) for f in findings] == [(kind, "error", "Overrides", 9, column)]
    assert "left out" in findings[0].effect


def test_what_is_not_seen_beside_an_id_is_no_part_of_it() -> None:
    read, _ = read_overrides([(5, ["\u200bA\u202f", "Late", "agreed", "Eva", T, None])])
    assert [typed.customer for typed in read] == ["A"]


def test_a_date_typed_as_text_is_read_and_said_and_an_empty_row_is_nothing() -> None:
    typed, findings = read_overrides(
        [(7, ("0017", "Late", "x", "Anna", "2026-09-01", dt.datetime(2026, 9, 30))), (8, (None, "", " ", None, None, None))]
    )
    assert typed == [Typed("0017", "Late", "x", "Anna", day("2026-09-01"), day("2026-09-30"), 7)]
    assert [(f.kind, f.severity, f.effect) for f in findings] == [("date typed as text", "warning", "read as 2026-09-01")]


def judged(*typed: Typed, known: tuple[str, ...] = ("A", "B")) -> tuple[list[tuple[str, str]], list[tuple[str, int]]]:
    counting, findings = in_force(typed, [each.since or T for each in typed], known, ["On time", "Late"], T)
    return [(o.customer, o.segment) for o in counting], [(f.kind, f.row) for f in findings]


def typed(customer: str, segment: str, since: str = "", until: str = "", row: int = 7) -> Typed:
    return Typed(customer, segment, "x", "Anna", day(since) if since else None, day(until) if until else None, row)


def test_whom_nobody_knows_and_what_no_rule_names_is_left_out() -> None:
    assert judged(typed("Z", "Late"), typed("A", "Nope", row=8), typed("b", "late", row=9)) == (
        [("B", "Late")], [("unknown customer", 7), ("no such segment", 8)],
    )  # fmt: skip
    # Two ids that differ by case alone: none of them is meant.
    assert judged(typed("AB", "Late"), known=("Ab", "aB")) == ([], [("unknown customer", 7)])


def test_of_two_that_overlap_the_upper_one_counts() -> None:
    spans = typed("A", "Late", "2026-08-01", "2026-08-31"), typed("A", "On time", "2026-08-31", row=8), typed("A", "Late", "2026-09-01", row=9)
    assert judged(*spans) == ([("A", "Late"), ("A", "Late")], [("expired override", 7), ("overlapping overrides", 8)])


def test_an_expired_one_and_one_to_come_are_told_of() -> None:
    assert judged(typed("A", "Late", "2026-08-01", "2026-09-14"), typed("B", "Late", "2026-09-16", row=8))[1] == [
        ("expired override", 7), ("override that has not begun", 8),
    ]  # fmt: skip
    assert judged(typed("A", "Late", "2026-08-01", "2026-09-15")) == ([("A", "Late")], [])


def test_the_place_of_the_override_that_holds_is_none_outside_its_span() -> None:
    one = Override("B", "Late", "x", "Anna", day("2026-08-01"), day("2026-08-31"))
    assert holding([one], ["A", "B"], [JULY, AUGUST, T]).tolist() == [[NONE] * 3, [NONE, 0, NONE]]


def test_a_customer_without_facts_can_be_overridden_too() -> None:
    found = decided(Override("A", "Late", "x", "Anna", day("2020-01-01")), as_of=dt.date(2025, 12, 31))
    # Known since his first invoice, in autumn 2025; before that there is nothing that an override could win over.
    assert row(found)["segment"] == "Late"
    assert (found.measured.loc[found.measured["customer"] == "A", "segment"] == "Late").all()
