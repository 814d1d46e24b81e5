"""The numbers of the Dashboard: by hand, and against the slow reading of the same ledger."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import replace

import pytest
import slow
from ledgers import T, ago, book, invoice, messy, order, past_due, payment, settled

from xlseg.analysis import Analysis, analyse
from xlseg.dashboard import HIGH_RISK, LATENESS, OTHERS, SEGMENTS, Card, Dashboard, dashboard, payment_events, weighted_days_late
from xlseg.dashboard import lateness as by_lateness
from xlseg.gains import cash_accelerated_at
from xlseg.movers import movers
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import read_rules
from xlseg.settings import Settings
from xlseg.tables import Ledger

SETTINGS = Settings()


def analysed(ledger: Ledger, settings: Settings = SETTINGS) -> Analysis:
    return analyse(ledger, settings, default_rules(ledger.has_invoices), T)


def board_of(analysis: Analysis) -> Dashboard:
    return dashboard(analysis, movers(analysis))


def cards(board: Dashboard) -> dict[str, Card]:
    return {card.name: card for card in board.cards}


# ── by hand ──────────────────────────────────────────────────────────────────


def test_each_invoice_is_counted_in_the_class_of_its_days_late() -> None:
    days = (-30, -11, -10, -1, 0, 1, 5, 6, 15, 16, 30, 31, 60, 61, 90, 91, 200)
    analysis = analysed(book([*(settled(late) for late in days), past_due(45), past_due(15), settled(5, on=ago(400))]))
    found = by_lateness(payment_events(analysis, T))
    assert [settled_ for _, settled_, _ in found] == [2, 2, 1, 2, 2, 2, 2, 2, 2]
    assert [late for _, _, late in found] == [0, 0, 0, 0, 1, 0, 1, 0, 0]


def test_a_large_invoice_weighs_more_in_the_days_late() -> None:
    analysis = analysed(book([settled(5, 10), settled(10, 100), past_due(20, 30)]))
    # (10 × 5 + 100 × 10 + 30 × 20) ÷ 140 = 1,650 ÷ 140
    assert weighted_days_late(payment_events(analysis, T)) == pytest.approx(1650 / 140)


def test_without_payment_events_the_days_late_are_unknown() -> None:
    analysis = analysed(book([invoice(100, issued=ago(3))]))
    assert math.isnan(weighted_days_late(payment_events(analysis, T)))
    assert cash_accelerated_at(analysis, T) == 0


def one_customer_twelve_days_late() -> list[object]:
    old = invoice(1, issued=ago(500), document="I0")  # so that the whole year counts
    return [old, invoice(14_600, issued=ago(142), due=ago(112), document="I1"), payment(1, ago(400), "I0"), payment(14_600, ago(100), "I1")]


def test_cash_accelerated_is_the_receipts_of_thirty_days_times_the_days_above_the_target() -> None:
    old, bill, first, paid = one_customer_twelve_days_late()
    ledger = book([old, bill], [first, paid])  # type: ignore[list-item]
    # 14,600 in 365 days are 1,200 in 30; 12 days late: 1,200 × 12 ÷ 30 = 480
    assert cash_accelerated_at(analysed(ledger), T) == 480
    # 5 days are the target: 1,200 × 7 ÷ 30
    assert cash_accelerated_at(analysed(ledger, replace(SETTINGS, target_days_late=5)), T) == 280
    assert cash_accelerated_at(analysed(ledger, replace(SETTINGS, target_days_late=12)), T) == 0


def test_credits_are_no_receipts_and_cash_on_account_is() -> None:
    old, bill, first, paid = one_customer_twelve_days_late()
    more = [payment(7_300, ago(50), "", name="P9"), payment(900, ago(50), "", name="C9", credit=True), payment(5_000, ago(365), "", name="P0")]
    # 14,600 + 7,300 = 21,900 in 365 days are 1,800 in 30; × 12 ÷ 30 = 720; what came 365 days ago has left the window
    assert cash_accelerated_at(analysed(book([old, bill], [first, paid, *more])), T) == 720  # type: ignore[list-item]


def test_without_a_payments_sheet_what_was_settled_was_received() -> None:
    # 14,600 settled twelve days late, as above
    assert cash_accelerated_at(analysed(book([settled(12, 14_600, on=ago(100)), settled(0, 1, on=ago(400))])), T) == 480


def test_a_segment_that_pays_early_does_not_make_up_for_one_that_pays_late() -> None:
    slow_payer = [settled(12, 1_216.67, on=ago(30 * month), customer="A") for month in range(1, 14)]
    early = [settled(-20, 50_000, on=ago(30 * month), customer="B") for month in range(1, 14)]
    analysis = analysed(book([*slow_payer, *early]))
    assert len(set(analysis.standing["segment"])) == 2
    # A: 12 × 1,216.67 = 14,600.04 in 365 days, a thirteenth before them, 12 days late: 14,600.04 × 30/365 × 12/30 = 480.00; B: none
    assert cash_accelerated_at(analysis, T) == pytest.approx(480, abs=0.01)


# ── against the slow reading ─────────────────────────────────────────────────


@pytest.fixture(scope="module", params=[1, 2, 3])
def analysis(request: pytest.FixtureRequest) -> Analysis:
    return analysed(messy(request.param, 60, 900))


@pytest.fixture(scope="module")
def board(analysis: Analysis) -> Dashboard:
    return board_of(analysis)


def events(analysis: Analysis, date: dt.date) -> dict[str, list[slow.Event]]:
    found: dict[str, list[slow.Event]] = {}
    for document in slow.documents(analysis.ledger):
        found.setdefault(document.customer, []).extend(slow.payment_events([document], date, SETTINGS.window))
    return found


def segments(analysis: Analysis, date: dt.date) -> dict[str, str]:
    rows = analysis.measured.to_dict("records")
    return {row["customer"]: row["segment"] for row in rows if row["as_of"].date() == date and row["known"]}


def balances(analysis: Analysis, date: dt.date) -> dict[str, int]:
    found: Counter[str] = Counter()
    for document in slow.documents(analysis.ledger):
        found[document.customer] += document.balance(date)
    return found


def near(value: float | None) -> object:
    return pytest.approx(math.nan if value is None else value, nan_ok=True, abs=0.005)


def test_the_figures_of_the_book_are_those_of_the_slow_reading(analysis: Analysis, board: Dashboard) -> None:
    shown, ledger = cards(board), analysis.ledger
    for value, date, previous in (("value", T, analysis.previous), ("before", analysis.previous, analysis.dates[-3])):
        figures = slow.book(ledger, date, SETTINGS, previous)
        total, late = slow.open_and_past_due(slow.documents(ledger), date)
        expected = {
            "Open balance": total / 100,
            "Past due": late / 100,
            "Past due, share of open": late / total,
            "DSO": figures["dso"],
            "Best possible DSO": figures["dso_best"],
            "DSO, countback": figures["dso_countback"],
            "Collection effectiveness": figures["collection_effectiveness"],
        }
        assert {name: getattr(shown[name], value) for name in expected} == {name: near(number) for name, number in expected.items()}


def test_days_late_exposure_at_risk_and_cash_accelerated_are_those_of_the_slow_reading(analysis: Analysis, board: Dashboard) -> None:
    shown = cards(board)
    for value, date in (("value", T), ("before", analysis.previous)):
        late, segment = events(analysis, date), segments(analysis, date)
        flat = [event for some in late.values() for event in some]
        weighted = sum(e.amount * e.days_late for e in flat) / sum(e.amount for e in flat)
        assert getattr(shown["Days late, by amount"], value) == near(weighted)
        risky = {customer for customer, name in segment.items() if (analysis.risks[name] or 0) >= HIGH_RISK}
        assert getattr(shown["Customers in risk 6+"], value) == len(risky)
        open_ = balances(analysis, date)
        assert getattr(shown["Exposure in risk 6+"], value) == near(sum(open_[customer] for customer in risky) / 100)
        assert getattr(shown["Cash accelerated at target"], value) == near(slow_accelerated(analysis, date, late, segment))


def slow_accelerated(analysis: Analysis, date: dt.date, late: dict[str, list[slow.Event]], segment: dict[str, str]) -> float:
    total, invoices, receipts = 0.0, analysis.ledger.invoices, slow_receipts(analysis.ledger)
    days = min(365, (date - invoices.loc[~invoices["is_credit"], "issued"].min().date()).days + 1)
    for name in set(segment.values()):
        own = {customer for customer, of in segment.items() if of == name}
        flat = [event for customer in own for event in late.get(customer, [])]
        received = sum(amount for customer, day, amount in receipts if customer in own and date - dt.timedelta(days=365) < day <= date) / 100
        if flat:
            weighted = sum(e.amount * e.days_late for e in flat) / sum(e.amount for e in flat)
            total += round(received * 30 / days, 2) * max(0.0, weighted) / 30  # Value shows the receipts to the cent
    return total


def slow_receipts(ledger: Ledger) -> list[tuple[str, dt.date, int]]:
    """Customer (that of the invoice, where there is one), day and amount of every payment, and of invoices that only their own row calls paid."""
    known = dict(zip(ledger.invoices["document"], slow.documents(ledger), strict=True))
    found, paid = [], set()
    for row in ledger.payments.to_dict("records"):
        document, day = known.get(row["document"]), row["date"].date()
        paid.add(row["document"])
        if not row["is_credit"]:
            customer = document.customer if document else row["customer"]
            found.append((customer, max(day, document.issued) if document and not document.is_credit else day, row["amount"]))
    for name, document in known.items():
        settled = document.settled(dt.date.max)
        if name not in paid and document.timed and settled and not document.by_credit(dt.date.max):
            found.append((document.customer, settled, document.amount))
    return found


def test_lateness_counts_every_payment_event_once(analysis: Analysis, board: Dashboard) -> None:
    flat = [event for some in events(analysis, T).values() for event in some]
    for (name, low, high), (named, paid, open_) in zip(LATENESS, board.lateness, strict=True):
        inside = [e for e in flat if (low is None or e.days_late >= low) and (high is None or e.days_late <= high)]
        still = sum(e.days_to_pay is None for e in inside)
        assert (named, paid, open_) == (name, len(inside) - still, still)
    assert sum(paid + late for _, paid, late in board.lateness) == len(flat)


def test_the_balance_and_ageing_of_all_segments_are_those_of_the_ledger(analysis: Analysis, board: Dashboard) -> None:
    ageing = dict.fromkeys(slow.BUCKETS, 0)
    for document in slow.documents(analysis.ledger):
        ageing[document.bucket(T)] += document.balance(T)
    assert sum(line.exposure for line in board.segments) == near(sum(ageing.values()) / 100)
    assert board.ledger == near(sum(ageing.values()) / 100)
    for at, bucket in enumerate(slow.BUCKETS):
        assert sum(line.ageing[at] for line in board.segments) == near(ageing[bucket] / 100)
    open_, segment = balances(analysis, T), segments(analysis, T)
    for line in board.segments:
        assert line.exposure == near(sum(open_[customer] for customer, name in segment.items() if name == line.segment) / 100)
        assert line.customers == sum(name == line.segment for name in segment.values())
    exposures = [line.exposure for line in board.segments]
    assert exposures == sorted(exposures, reverse=True)


def test_worsened_and_improved_count_the_customers_known_at_both_ends(analysis: Analysis, board: Dashboard) -> None:
    assert [date for date, _, _ in board.months] == list(analysis.dates[1:])
    for (date, worsened, improved), before in zip(board.months, analysis.dates, strict=False):
        was, now = segments(analysis, before), segments(analysis, date)
        change = [(analysis.risks[now[c]], analysis.risks[was[c]]) for c in was.keys() & now.keys()]
        known = [(a, b) for a, b in change if a is not None and b is not None]
        assert (worsened, improved) == (sum(a > b for a, b in known), sum(a < b for a, b in known))
    last, third = board.months[-1], board.months[-2]
    for card, (_, worse, better), pair in ((cards(board)["Net downgrade of customers"].value, last, (-2, -1)), (
        cards(board)["Net downgrade of customers"].before, third, (-3, -2))):  # fmt: skip
        both = segments(analysis, analysis.dates[pair[0]]).keys() & segments(analysis, analysis.dates[pair[1]]).keys()
        assert card == near((worse - better) / len(both))


def test_the_biggest_movers_are_those_with_most_at_stake_in_either_direction(analysis: Analysis, board: Dashboard) -> None:
    impacts = [mover.impact for mover in movers(analysis) if not math.isnan(mover.impact) and mover.impact]
    assert [abs(mover.impact) for mover in board.movers] == sorted(map(abs, impacts), reverse=True)[:10]


# ── other books ──────────────────────────────────────────────────────────────


def test_more_segments_than_lines_are_summed_up_in_the_last() -> None:
    rows = [["Priority", "Segment", "Risk", "open_balance"]] + [[n, f"S{n:02}", 5, f"{n * 100}..{n * 100 + 50}"] for n in range(1, 16)]
    bills = [invoice(n * 100 + 10, issued=ago(3), customer=f"C{n}") for n in range(1, 16)]
    analysis = analyse(book(bills), replace(SETTINGS, confirm=False), read_rules(rows), T)
    lines = board_of(analysis).segments
    assert [line.segment for line in lines] == [*(f"S{n:02}" for n in range(15, 4, -1)), OTHERS]
    # S01 … S04: 110 + 210 + 310 + 410
    assert (len(lines), lines[-1].exposure, lines[-1].customers, lines[-1].ageing) == (SEGMENTS, 1040, 4, (1040, 0, 0, 0, 0))


def test_a_book_of_orders_shows_revenue_and_leaves_the_rest_empty() -> None:
    ledger = book(orders=[order(100.5, ago(10)), order(-20, ago(5)), order(40, ago(200), customer="B"), order(7, ago(366))])
    board = board_of(analysed(ledger))
    shown = cards(board)
    assert (shown["Revenue"].value, shown["Orders"].value, shown["Customers"].value) == (120.5, 2, 2)
    # a month-end before, A had only his first order, of 7, which was still in the window, and B his of 40
    assert (shown["Revenue"].before, shown["Customers"].before) == (47, 2)
    assert sum(line.exposure for line in board.segments) == board.ledger == 120.5
    empty = [card for card in board.cards if math.isnan(card.value)]
    assert [card.name for card in empty] == [
        "Open balance", "Past due, share of open", "DSO", "Collection effectiveness", "Days late, by amount", "Cash accelerated at target",
    ]  # fmt: skip
    assert board.lateness == ()
    assert math.isnan(cash_accelerated_at(analysed(ledger), T))


def test_there_are_always_twelve_cards() -> None:
    assert len(board_of(analysed(book([past_due(3)]))).cards) == len(board_of(analysed(book(orders=[order(1, ago(1))]))).cards) == 12


def test_a_share_of_nothing_is_unknown() -> None:
    assert math.isnan(cards(board_of(analysed(book([settled(3)]))))["Past due, share of open"].value)
