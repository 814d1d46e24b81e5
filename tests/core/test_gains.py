"""What sooner payment is worth: by hand, and what was gained against scipy's own test of two means."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from ledgers import T, ago, book, invoice, settled
from scipy import stats
from slow import documents, payment_events

from xlseg.analysis import Analysis, analyse
from xlseg.calendar import day_number
from xlseg.contacted import contacted
from xlseg.gains import SegmentValue, cash_accelerated_total, gain, values
from xlseg.metrics.difference import mean_difference
from xlseg.segments.defaults import default_rules
from xlseg.settings import Settings
from xlseg.tables import REMINDERS, Ledger
from xlseg.tabs.value import value_tab
from xlseg.touches import Contact, Owing, Touches, touches
from xlseg.workbook import Tab


def analysed(ledger: Ledger, **config: object) -> Analysis:
    return analyse(ledger, replace(Settings(), **config), default_rules(), T)  # type: ignore[arg-type]


def touched(analysis: Analysis, *logged: Contact) -> Touches:
    return touches(analysis.ledger, analysis.facts, logged, day_number(T))


def tab(analysis: Analysis) -> Tab:
    found = touched(analysis)
    return value_tab(analysis, found, contacted(found, Owing(analysis.facts, analysis.ledger), day_number(T), 365))


def reminded(ledger: Ledger, *touches: tuple[str, dt.date]) -> Ledger:
    rows = pd.DataFrame({"customer": [who for who, _ in touches], "date": [date for _, date in touches]})
    full = rows.assign(document="", channel="mail", outcome="", promised=pd.NaT, row=2)
    return replace(ledger, reminders=full[list(REMINDERS)].astype(REMINDERS))


def test_twelve_days_sooner_on_1_2_million_a_month_release_480_000_and_save_38_400() -> None:
    value = SegmentValue("Slow Payer", 10, receipts=1_200_000, days_late=15, touches=4)
    assert value.days_saved(3) == 12
    assert value.cash(3) == 480_000  # 1,200,000 × 12 ÷ 30
    assert value.benefit(replace(Settings(), target_days_late=3, cost_of_capital=0.08)) == pytest.approx(38_400)  # 480,000 × 8 %


def test_a_segment_that_pays_at_the_target_or_sooner_releases_nothing() -> None:
    value = SegmentValue("Early Payer", 10, receipts=1_200_000, days_late=-8, touches=0)
    assert (value.days_saved(0), value.cash(0)) == (0, 0)


def test_receipts_in_thirty_days_and_days_late_weighed_by_amount() -> None:
    # Invoices since 400 days ago, so the whole year counts: 300 + 100 received in 365 days; the 50 of 370 days ago are outside.
    # (300 · 10 + 100 · 2) ÷ 400 = 8 days late.
    ledger = book([settled(10, 300, on=ago(40)), settled(2, 100, on=ago(100)), settled(0, 50, on=ago(370))])
    (found,) = values(analysed(ledger), T)
    assert found.receipts == round(400 * 30 / 365, 2)
    assert found.days_late == 8
    assert found.customers == 1


def test_a_book_younger_than_the_window_counts_its_own_days() -> None:
    # First invoice 99 days before T: 100 days. 200 × 30 ÷ 100 = 60
    ledger = book([invoice(200, issued=ago(99), paid=ago(50))])
    (found,) = values(analysed(ledger), T)
    assert found.receipts == 60


def test_an_earlier_date_is_valued_by_what_was_known_then() -> None:
    # At the month-end before T the 300 that came 10 days before T had not come: 100 × 30 ÷ 365.
    analysis = analysed(book([settled(10, 300, on=ago(10)), settled(2, 100, on=ago(100)), settled(0, 1, on=ago(500))]))
    (found,) = values(analysis, analysis.previous)
    assert found.receipts == round(100 * 30 / 365, 2)


def test_touches_are_reminders_and_what_the_action_log_has_in_the_window() -> None:
    ledger = reminded(book([settled(0, on=ago(20))]), ("A", ago(5)), ("A", ago(400)), ("UNKNOWN", ago(5)))
    analysis = analysed(ledger)
    (found,) = values(analysis, T, touched(analysis, Contact("A", ago(3), "Phone")))
    assert found.touches == 2


def test_the_total_is_the_sum_of_the_segments() -> None:
    lines = [SegmentValue("a", 1, 300, 10, 0), SegmentValue("b", 1, 600, 5, 0), SegmentValue("c", 1, 900, float("nan"), 0)]
    assert cash_accelerated_total(lines, Settings()) == 200  # 300 · 10/30 + 600 · 5/30; of c nothing is known


def test_the_interval_of_a_difference_is_scipys() -> None:
    these, those = np.array([3.0, 1, -4, 8, 2]), np.array([1.0, 2, 2, 5, -1, 0, 3])
    low, high = stats.ttest_ind(these, those, equal_var=False).confidence_interval(0.90)
    assert mean_difference(these, those) == pytest.approx((2 - 12 / 7, low, high))


# ── gained since a baseline ──────────────────────────────────────────────────

BASELINE = ago(180)


def two_groups(contacted: int, others: int, sooner: int = 6, seed: int = 1) -> Ledger:
    """Customers who paid about 10 days late before the baseline, and the contacted ones `sooner` afterwards."""
    chance = random.Random(seed)
    rows = []
    for number in range(contacted + others):
        gained = sooner if number < contacted else 0
        for back in (300, 250, 200, 90, 60, 30):
            late = 10 + chance.randrange(-3, 4) - (gained if back < 180 else 0)
            rows.append(settled(late, chance.randrange(50, 500), on=ago(back), customer=f"C{number:02}"))
    return reminded(book(rows), *((f"C{number:02}", ago(120)) for number in range(contacted)))


def test_who_was_contacted_pays_sooner_than_the_others_by_what_they_gained() -> None:
    ledger = two_groups(12, 15)
    analysis = analysed(ledger, baseline=BASELINE)
    found = gain(analysis, touched(analysis))
    change: dict[bool, list[float]] = {True: [], False: []}
    everything = documents(ledger)
    for name in sorted({document.customer for document in everything}):
        own = [document for document in everything if document.customer == name]
        before = [(e.amount, e.days_late) for e in payment_events(own, BASELINE, 365)]
        after = [(e.amount, e.days_late) for e in payment_events(own, T, 365) if e.date > BASELINE]
        late = [sum(a * d for a, d in events) / sum(a for a, _ in events) for events in (before, after)]
        change[name < "C12"].append(late[1] - late[0])
    low, high = stats.ttest_ind(change[True], change[False], equal_var=False).confidence_interval(0.90)
    assert (found.contacted.customers, found.others.customers) == (12, 15)
    assert found.contacted.change == pytest.approx(np.mean(change[True]))
    assert (found.difference, found.low, found.high) == pytest.approx((np.mean(change[True]) - np.mean(change[False]), low, high))
    assert found.low < -6 < found.high
    received = sum(d.amount for d in everything if d.customer < "C12" and (settled := d.settled(T)) is not None and settled > BASELINE)
    assert found.receipts == round(received / 100 * 30 / 180, 2)
    assert found.cash(-6) == pytest.approx(found.receipts * 6 / 30)


@pytest.mark.parametrize(
    ("ledger", "config", "said"),
    [
        (two_groups(12, 15), {}, "no Baseline"),
        (two_groups(9, 15), {"baseline": BASELINE}, "9 contacted, 10 of each"),
        (two_groups(12, 3), {"baseline": BASELINE}, "3 not contacted"),
        (two_groups(12, 15), {"baseline": T}, "not before the as-of date"),
        (two_groups(12, 15), {"baseline": dt.date(1999, 1, 1)}, "0 contacted and 0 not contacted"),
    ],
    ids=["none", "few contacted", "few others", "too late", "before the book"],
)
def test_where_nothing_can_be_said_the_reason_is(ledger: Ledger, config: dict[str, object], said: str) -> None:
    analysis = analysed(ledger, **config)
    assert said in gain(analysis, touched(analysis)).reason
    assert any(isinstance(cell.value, str) and cell.value.startswith("Cannot say") for cell in tab(analysis).cells.values())


def test_later_contacts_and_payments_change_nothing() -> None:
    ledger = two_groups(12, 15)
    later = replace(ledger, reminders=reminded(ledger, ("C20", T + dt.timedelta(days=3))).reminders)
    later = replace(later, reminders=pd.concat([ledger.reminders, later.reminders], ignore_index=True))
    analyses = [analysed(each, baseline=BASELINE) for each in (ledger, later)]
    one, other = (gain(analysis, touched(analysis)) for analysis in analyses)
    assert one == other
