"""The worklist by hand: when an action is due, what covers it, what holds it back, and what becomes of what was typed."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ledgers import ago, book, invoice, order, payment

from xlseg.actions import Action, Listed, Logged, Typed, Work, worklist
from xlseg.analysis import Analysis, analyse
from xlseg.fingerprint import digest
from xlseg.playbook import HEAD, Playbook, read_playbook
from xlseg.segments.rules import HEAD as RULES_HEAD
from xlseg.segments.rules import RuleSet, read_rules
from xlseg.settings import Settings
from xlseg.tables import CUSTOMERS, REMINDERS, Ledger
from xlseg.workbook import Value

T = dt.date(2024, 12, 17)
ALL: RuleSet = read_rules([[*RULES_HEAD], [1, "All", 5]])
NONE = math.nan


def on(days: int) -> dt.date:
    """So many days before the as-of date."""
    return ago(days, of=T)


def due(late: int, amount: float = 1000, customer: str = "A", **others: Any) -> Any:
    """An open invoice, due so many days before the as-of date."""
    return invoice(amount, issued=on(late + 30), due=on(late), customer=customer, **others)


def steps(*rows: Sequence[Value]) -> Playbook:
    """Rows of kind, day, action, service level and stop-if of the one segment."""
    body = [["All", kind, day, action, "Phone", "firm", "Anna", within, stop, None] for kind, day, action, within, stop in rows]
    return read_playbook([list(HEAD), *body])


PLAN = steps(("Collect", -3, "Write", 1, None), ("Collect", 1, "Remind", 1, None), ("Collect", 7, "Call", 2, None))


def touched(ledger: Ledger, *rows: tuple[str, str, int, int | None]) -> Ledger:
    """With reminders: customer, document, days before the as-of date, promised for so many days after it."""
    lines = [
        {"customer": c, "document": d, "date": on(days), "channel": "Phone", "outcome": "", "promised": None if p is None else on(-p), "row": 2}
        for c, d, days, p in rows
    ]
    return replace(ledger, reminders=pd.DataFrame(lines, columns=list(REMINDERS)).astype(REMINDERS))


def people(ledger: Ledger, **flags: bool) -> Ledger:
    """With a Customers sheet that says of customers whether they may not be contacted."""
    blank = {"str": "", "float64": np.nan, "bool": False, "int64": 2}
    frame = pd.DataFrame({name: [blank[kind]] * len(flags) for name, kind in CUSTOMERS.items()})
    return replace(ledger, customers=frame.assign(customer=list(flags), name=list(flags), do_not_contact=list(flags.values())).astype(CUSTOMERS))


_KNOWN: dict[tuple[str, dt.date], Analysis] = {}


def looked_at(ledger: Ledger, as_of: dt.date = T, **settings: Any) -> Analysis:
    """The analysis, which none of the settings that are used here changes: made once a ledger and date."""
    key = (digest(ledger, Settings()), as_of)
    if key not in _KNOWN:
        _KNOWN[key] = analyse(ledger, Settings(), ALL, as_of)
    return replace(_KNOWN[key], settings=Settings(**settings))


def work(
    ledger: Ledger, plan: Playbook = PLAN, *, typed: Sequence[Typed] = (), log: Sequence[Logged] = (), as_of: dt.date = T, **settings: Any
) -> Work:
    listed = Listed(settings.pop("listed", on(1)), tuple(typed))
    return worklist(looked_at(ledger, as_of, **settings), plan, listed, log)


def rows(*args: Any, **more: Any) -> list[Action]:
    return list(work(*args, **more).rows)


def actions(*args: Any, **more: Any) -> list[str]:
    return [row.action for row in rows(*args, **more)]


def logged(days: int, outcome: str = "Done", kind: str = "Collect", until: dt.date | None = None, customer: str = "A") -> Logged:
    return Logged(on(days), customer, kind, outcome, "Phone", until)


# ── when an action is due ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("late", "action"), [(-4, None), (-3, "Write"), (0, "Write"), (1, "Remind"), (6, "Remind"), (7, "Call"), (400, "Call")]
)  # fmt: skip
def test_the_latest_step_of_an_invoice_counts(late: int, action: str | None) -> None:
    assert actions(book([due(late)], [])) == ([action] if action else [])


def test_a_row_takes_together_what_is_asked_for_with_one_touch() -> None:
    # Uncovered: 100 at step −3, 200 at step +1, 400 at step +7; the row says Call, about 700, of which the oldest is 9 days past due.
    (row,) = rows(book([due(-2, 100), due(3, 200), due(9, 400), due(-20, 800)], []))
    assert (row.action, row.balance, row.invoices, row.oldest) == ("Call", 700, 3, 9)
    # Since two days ago (9 − 7), within two days.
    assert row.when == T
    assert row.why == f"3 invoices, oldest 9 days past due; step +7 since {on(2)}"


def test_what_is_partly_paid_is_asked_for_in_part_and_what_is_paid_not_at_all() -> None:
    ledger = book([due(9, 1000, document="I1"), due(9, 500, document="I2")], [payment(300, on(1), "I1"), payment(500, on(1), "I2")])
    assert [(row.balance, row.invoices) for row in rows(ledger)] == [(700, 1)]


def test_a_segment_without_steps_and_one_of_kind_none_have_no_actions() -> None:
    assert rows(book([due(9)], []), steps(("None", None, "nothing", None, None))) == []
    assert rows(book([due(9)], []), Playbook(())) == []


# ── what covers a step ───────────────────────────────────────────────────────


@pytest.mark.parametrize(("days", "covers"), [(2, True), (1, True), (3, False)])
def test_a_touch_on_or_after_the_day_of_the_step_covers_it(days: int, covers: bool) -> None:
    # Due 9 days ago, step +7: two days ago.
    assert (rows(touched(book([due(9)], []), ("A", "", days, None)), pause=1) == []) is covers


@pytest.mark.parametrize(("days", "action"), [(23, "Call"), (24, "Call"), (22, None), (0, None)])
def test_the_last_step_comes_again_every_thirty_days(days: int, action: str | None) -> None:
    # Due 59 days ago: the call of +7 since 52 days ago, and again since 22 days ago.
    assert actions(touched(book([due(59)], []), ("A", "", days, None))) == ([action] if action else [])


def test_a_touch_about_one_document_covers_that_alone() -> None:
    ledger = book([due(9, 100, document="I1"), due(9, 200, document="I2")], [])
    assert [row.balance for row in rows(touched(ledger, ("A", "I1", 1, None)), pause=0)] == [200]
    assert [row.balance for row in rows(touched(ledger, ("A", "ANOTHER", 1, None)), pause=0)] == [300]


def test_done_covers_and_the_next_step_brings_him_back() -> None:
    ledger = book([due(6)], [])
    assert rows(ledger, log=[logged(2)]) == []
    assert actions(ledger, log=[logged(2)], as_of=T + dt.timedelta(days=1), pause=0) == ["Call"]


def test_done_is_done_on_a_list_for_an_earlier_day_too() -> None:
    assert rows(book([due(9)], []), log=[Logged(T, "A", "Collect", "Done")], as_of=on(1)) == []


def test_suppressed_covers_until_its_follow_up() -> None:
    ledger = book([due(6)], [])
    tomorrow = T + dt.timedelta(days=1)
    assert rows(ledger, log=[logged(2, "Suppressed")]) == []
    assert actions(ledger, log=[logged(2, "Suppressed")], as_of=tomorrow) == ["Call"]
    assert rows(ledger, log=[logged(2, "Suppressed", until=on(-2))], as_of=tomorrow) == []
    assert actions(ledger, log=[logged(2, "Suppressed", until=T)]) == ["Remind"]  # its day has come: what was due then is due again
    assert rows(ledger, log=[logged(2, "Suppressed", until=on(3))]) == []  # a follow-up in the past says nothing


def test_what_lapsed_covers_nothing() -> None:
    assert actions(book([due(9)], []), log=[logged(1, "Lapsed: paid")]) == ["Call"]


# ── held back ────────────────────────────────────────────────────────────────


def test_a_disputed_invoice_is_left_out_and_holds_back_when_there_is_no_other() -> None:
    ledger = book([due(9, 100, disputed=True), due(3, 200)], [])
    (row,) = rows(ledger)
    assert (row.action, row.balance, row.held) == ("Remind", 200, "")
    assert row.why.endswith("1 more disputed or promised")
    assert [row.held for row in rows(book([due(9, 100, disputed=True)], []))] == ["Disputed"]


@pytest.mark.parametrize(("in_days", "held"), [(5, True), (0, True), (-1, False)])
def test_a_promise_holds_back_until_its_day_is_over(in_days: int, held: bool) -> None:
    ledger = touched(book([due(9)], []), ("A", "", 20, in_days))
    assert [row.held for row in rows(ledger)] == [f"Promise not yet due: {on(-in_days)}" if held else ""]


def test_a_promise_for_one_document_leaves_the_others() -> None:
    ledger = touched(book([due(9, 100, document="I1"), due(9, 200)], []), ("A", "I1", 20, 3))
    assert [(row.balance, row.held) for row in rows(ledger)] == [(200, "")]


def test_do_not_contact_holds_back_collect_and_sales_but_not_desk_work() -> None:
    plan = steps(("Collect", 1, "Remind", 1, None), ("Review", 0, "Look", 1, None), ("Sales", 0, "Visit", 1, None))
    found = rows(people(book([due(9)], []), A=True), plan)
    assert {row.kind: row.held for row in found} == {"Review": "", "Collect": "Do not contact", "Sales": "Do not contact"}


@pytest.mark.parametrize(("days", "held"), [(3, True), (4, False)])
def test_who_was_touched_less_than_four_days_ago_is_left_alone(days: int, held: bool) -> None:
    ledger = touched(book([due(9, document="I1"), due(9, 50, document="I2")], []), ("A", "I1", days, None))
    plan = steps(("Collect", 7, "Call", 1, None))
    assert [row.held for row in rows(ledger, plan) if row.balance == 50 or row.held] == ([f"Touched on {on(days)}"] if held else [])


def test_unapplied_cash_of_at_least_the_balance_holds_back() -> None:
    invoices = [due(9, 1000)]
    assert [row.held for row in rows(book(invoices, [payment(1000, on(3), "")]))] == ["Unapplied cash 1,000.00"]
    assert [row.held for row in rows(book(invoices, [payment(999.99, on(3), "")]))] == [""]


def test_a_stop_of_the_playbook_holds_back_and_says_which() -> None:
    plan = steps(("Collect", 1, "Remind", 1, "past_due <=100"))
    assert [row.held for row in rows(book([due(9, 100)], []), plan)] == ["Playbook: past_due <=100"]
    assert [row.held for row in rows(book([due(9, 100.01)], []), plan)] == [""]


def test_the_first_reason_is_shown_and_held_back_rows_come_last_and_beyond_the_capacity() -> None:
    ledger = book([due(9, 9000, disputed=True, customer="A"), due(9, 10, customer="B"), due(9, 20, customer="C")], [])
    found = work(people(ledger, A=True), capacity=1)
    assert [(row.customer, row.held) for row in found.rows] == [("C", ""), ("A", "Disputed")]
    assert found.beyond["Collect"] == 1


# ── ranking ──────────────────────────────────────────────────────────────────


def test_expected_cash_sooner_is_balance_times_response_rate_and_ranks() -> None:
    # B has answered 3 of 3 touches, C none of 3. Mean of the book (3 + ½) ÷ 7 = ½, strength 10: B (5 + 3) ÷ 13, C 5 ÷ 13.
    names = [("B", 100), ("C", 150)]
    old = [due(100 + 10 * at, 50, customer=c, document=f"{c}{at}", paid=None) for c, _ in names for at in range(3)]
    paid = [payment(50, on(60 - (4 if c == "B" else 30) + at), f"{c}{at}", customer=c) for c, _ in names for at in range(3)]
    ledger = book([*old, *(due(9, amount, customer=c) for c, amount in names)], paid)
    ledger = touched(ledger, *((c, f"{c}{at}", 60 + at, None) for c, _ in names for at in range(3)))
    found = rows(ledger)
    assert [(row.customer, row.expected) for row in found] == [("B", round(100 * 8 / 13, 2)), ("C", round(150 * 5 / 13, 2))]
    assert [row.why.split("; ")[-1] for row in found] == ["answered 3 of 3 touches", "answered 0 of 3 touches"]


def test_a_rate_by_a_channel_that_was_never_tried_is_said_to_be_the_segments() -> None:
    # One touch by phone, not answered; the letter that is due has the rate of the book: (0 + ½) ÷ 2.
    letter = read_playbook([list(HEAD), ["All", "Collect", 1, "Write", "Letter", "firm", "Anna", 1, None, None]])
    ledger = touched(book([due(40, 50, customer="A", document="A1"), due(9, 100, customer="A")], []), ("A", "A1", 30, None))
    (row,) = rows(ledger, letter)
    assert (row.rate, row.why.split("; ")[-1]) == (0.25, "answered 0 of 1 touch, none of them by Letter: the rate is his segment's")


def test_without_reminders_no_rate_is_known_and_the_balance_ranks() -> None:
    found = rows(book([due(9, 10, customer="B"), due(9, 20, customer="C")], []))
    assert [(row.customer, math.isnan(row.rate), math.isnan(row.expected)) for row in found] == [("C", True, True), ("B", True, True)]


# ── review, sales, clear ─────────────────────────────────────────────────────

REVIEW = steps(("Review", 0, "Look", 2, None))


def test_a_segment_step_is_due_since_the_customer_came_into_the_segment() -> None:
    (row,) = rows(book([due(40, 300), due(-20, 200)], []), REVIEW)
    since = looked_at(book([due(40, 300), due(-20, 200)], [])).standing["since"].dt.date.tolist()[0]
    assert (row.kind, row.balance, row.when, row.invoices) == ("Review", 500, since + dt.timedelta(days=2), 0)
    assert math.isnan(row.expected)


def test_done_and_suppressed_cover_a_segment_step_for_good_but_only_that_kind() -> None:
    ledger = book([due(40, 300)], [])
    assert rows(ledger, REVIEW, log=[logged(10, kind="Review")]) == []
    assert rows(ledger, REVIEW, log=[logged(10, "Suppressed", kind="Review")]) == []
    assert actions(ledger, REVIEW, log=[logged(10)]) == ["Look"]
    assert rows(ledger, REVIEW, log=[logged(10, "Suppressed", kind="Review", until=on(-1))]) == []
    assert actions(ledger, REVIEW, log=[logged(10, "Suppressed", kind="Review", until=T)]) == ["Look"]


def test_what_was_done_in_an_earlier_stay_in_the_segment_does_not_count() -> None:
    # New on 20 November: not known at the month-end of October, in the segment at that of November.
    ledger = book([invoice(300, issued=dt.date(2024, 11, 20), customer="A")], [])
    assert actions(ledger, REVIEW, log=[Logged(dt.date(2024, 10, 31), "A", "Review", "Done")]) == ["Look"]
    assert actions(ledger, REVIEW, log=[Logged(dt.date(2024, 11, 21), "A", "Review", "Done")]) == []


def test_a_day_in_the_segment_is_waited_for() -> None:
    ledger = book([invoice(300, issued=dt.date(2024, 11, 20), customer="A")], [])  # in the segment since 30 November: 17 days
    assert actions(ledger, steps(("Sales", 17, "Visit", 1, None))) == ["Visit"]
    assert actions(ledger, steps(("Sales", 18, "Visit", 1, None))) == []


def test_the_day_of_a_review_stays_what_it_was_first() -> None:
    ledger = book([invoice(300, issued=dt.date(2024, 12, 10), customer="A")], [])  # in the segment since today, whichever day that is
    assert [row.when for row in rows(ledger, REVIEW)] == [T + dt.timedelta(days=2)]
    assert [row.when for row in rows(ledger, REVIEW, typed=[Typed("A", "Review", action="Look", when=on(3))])] == [on(3)]
    assert [row.when for row in rows(ledger, REVIEW, typed=[Typed("A", "Review", action="Look", when=on(-9))])] == [T + dt.timedelta(days=2)]


def test_credits_are_cleared_where_there_are_some() -> None:
    plan = steps(("Clear", 0, "Refund", 5, None))
    ledger = book([invoice(-80, issued=on(60), customer="A"), due(9, 100, customer="B")], [payment(20, on(50), "", customer="A")])
    assert [(row.customer, row.balance) for row in rows(ledger, plan)] == [("A", 100)]


def test_a_book_of_orders_has_sales_actions_and_no_balances() -> None:
    (row,) = rows(book(None, None, [order(100, on(400)), order(100, on(300))]), steps(("Sales", 0, "Visit", 5, None), ("Collect", 1, "x", 1, None)))
    assert (row.kind, row.action, math.isnan(row.balance)) == ("Sales", "Visit", True)


# ── what was typed ───────────────────────────────────────────────────────────

LATE = book([due(9, customer="A"), due(9, 10, customer="B")], [])


def typed(status: Value = "Open", customer: str = "A", kind: str = "Collect", **others: Any) -> Typed:
    return Typed(customer, kind, name="Ltd", segment="All", action="Call", status=status, **others)


@pytest.mark.parametrize("status", ["Done", "done ", " DONE", "Suppressed", "suppressed"])
def test_done_and_suppressed_in_any_case_leave_the_list_for_the_log(status: str) -> None:
    found = work(LATE, typed=[typed(status, note="called", follow_up=on(-5), channel="Phone", balance=1000.0, own={"Mine": 7})])
    assert [row.customer for row in found.rows] == ["B"]
    (entry,) = found.entries
    assert (entry.day, entry.outcome, entry.row.note, entry.row.follow_up, entry.other) == (
        T,
        status.strip().capitalize(),
        "called",
        on(-5),
        "Mine: 7",
    )


def test_a_done_typed_on_a_later_list_is_logged_under_that_day() -> None:
    found = work(LATE, typed=[typed("Done")], as_of=on(1), listed=T)
    assert [entry.day for entry in found.entries] == [T]


def test_an_unknown_word_is_a_finding_and_the_row_stays_beyond_the_capacity() -> None:
    found = work(LATE, typed=[typed("erledigt", customer="B")], capacity=1)
    assert [row.customer for row in found.rows] == ["A", "B"]
    assert [(f.kind, f.found, f.sheet) for f in found.findings] == [("unknown status", "erledigt", "Actions")]
    assert found.entries == ()


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (dt.datetime(2025, 1, 8), dt.date(2025, 1, 8)), ("2025-01-08", dt.date(2025, 1, 8)), ("08.01.2025", dt.date(2025, 1, 8)),
        ("8 Jan 2025", dt.date(2025, 1, 8)), ("01/18/2025", dt.date(2025, 1, 18)), (45_665.0, dt.date(2025, 1, 8)),
        ("01/08/2025", None), ("next week", None), (True, None), (None, None),
    ],
)  # fmt: skip
def test_a_follow_up_is_understood_as_it_may_be_typed(cell: Value, day: dt.date | None) -> None:
    assert typed("Promised", follow_up=cell).until == day
    found = work(LATE, typed=[typed("Promised", follow_up=cell)])
    held = [row.held for row in found.rows if row.customer == "A"]
    assert held == [f"Promised for {day}" if day else ""]
    assert [f.kind for f in found.findings] == (["unreadable follow-up"] if cell is not None and day is None else [])


def test_a_promise_that_was_typed_outlives_a_touch_and_comes_back_on_its_day() -> None:
    ledger = touched(LATE, ("A", "", 1, None))  # what the promise was given to
    for follow_up, held in ((on(-2), f"Promised for {on(-2)}"), (T, "Touched on " + str(on(1)))):
        assert [row.held for row in rows(ledger, typed=[typed("Promised", follow_up=follow_up)]) if row.customer == "A"] == [held]
    later = touched(LATE, ("A", "", 1, None))
    assert [row.customer for row in rows(later, typed=[typed("Promised", follow_up=on(2))])] == ["B"]  # touched since the promise was broken


@pytest.mark.parametrize("cells", [{"status": "Doing"}, {"note": "x"}, {"follow_up": T}, {"status": "Promised"}, {"own": {"Mine": "x"}}])
def test_what_somebody_works_on_stays_whatever_the_capacity(cells: dict[str, Any]) -> None:
    assert [row.customer for row in rows(LATE, typed=[typed(customer="B", **cells)], capacity=1)] == ["A", "B"]
    assert [row.customer for row in rows(LATE, typed=[typed(customer="B")], capacity=1)] == ["A"]


def test_a_column_that_is_filled_everywhere_keeps_no_row_but_its_values_are_logged() -> None:
    found = work(LATE, typed=[typed(customer=c, own={"Twice": 2.0}) for c in "AB"], capacity=1)
    assert [row.customer for row in found.rows] == ["A"]
    assert [(e.row.customer, e.outcome, e.other) for e in found.entries] == [("B", "Lapsed: beyond the capacity of 1", "Twice: 2")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (typed(customer="GONE", note="x"), "not in the ERP sheets any more"),
        (typed(customer="C", note="x"), "paid, or no step of the playbook is due"),
        (typed(customer="D", note="x"), f"touched on {on(1)}"),
        (replace(typed(customer="C", note="x"), segment="Old"), "moved from Old to All"),
        (typed(customer="A", kind="Review", note="x"), "not due any more"),
        (typed(customer="", note="x"), "no customer and kind of action that the list knows"),
        (typed(customer="A", kind="Visit", note="x"), "no customer and kind of action that the list knows"),
    ],
)
def test_what_is_typed_in_a_row_that_is_gone_is_logged_with_the_reason(row: Typed, reason: str) -> None:
    ledger = touched(book([due(9, customer="A"), due(-20, customer="C"), due(9, customer="D")], []), ("D", "", 1, None))
    (entry,) = work(ledger, typed=[row]).entries
    assert (entry.outcome, entry.row.note) == (f"Lapsed: {reason}", "x")


def test_a_row_in_which_nothing_is_typed_goes_without_a_trace() -> None:
    assert work(LATE, typed=[typed(customer="GONE"), typed(None, customer="GONE2")]).entries == ()


def test_a_status_that_lapses_is_kept_in_words() -> None:
    (entry,) = work(LATE, typed=[typed("erledigt", customer="GONE", own={"Mine": dt.datetime(2024, 1, 5)})]).entries
    assert entry.other == "Status: erledigt; Mine: 2024-01-05"


def test_of_two_rows_of_one_customer_and_kind_the_first_stays_and_the_second_is_logged() -> None:
    found = work(LATE, typed=[typed("Doing"), typed("Promised", note="copied")])
    assert [row.customer for row in found.rows] == ["A", "B"]
    assert [(e.outcome, e.row.note) for e in found.entries] == [("Lapsed: a second row of this customer and kind", "copied")]
    found = work(LATE, typed=[typed("Done"), typed("Promised", follow_up=on(-9), note="copied")])
    assert [row.customer for row in found.rows] == ["B"]
    assert [e.outcome for e in found.entries] == ["Done", f"Lapsed: touched on {T}"]


def test_a_list_for_an_earlier_day_keeps_what_is_typed_until_its_own_day() -> None:
    note = typed("Doing", note="x", balance=1000.0)
    earlier = work(LATE, typed=[note], as_of=on(60), listed=T)
    assert [(row.customer, row.held) for row in earlier.rows] == [("A", f"Not due on {on(60)}; typed on the list of {T}")]
    assert earlier.entries == ()
    # As the tab stands then, the next earlier list keeps it again, and the list of its own day has it as it was.
    waiting = replace(note, held=earlier.rows[0].held)
    assert [row.held for row in rows(LATE, typed=[waiting], as_of=on(50), listed=on(60))] == [f"Not due on {on(50)}; typed on the list of {T}"]
    assert [row.held for row in rows(LATE, typed=[waiting], as_of=T, listed=on(50)) if row.customer == "A"] == [""]
    (entry,) = work(book([due(-20)], []), typed=[waiting], as_of=T, listed=on(50)).entries
    assert entry.outcome == "Lapsed: paid, or no step of the playbook is due"
