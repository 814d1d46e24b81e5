"""Segments, reasons, movers and migration of a whole book."""

import datetime as dt
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from ledgers import book as ledger_of
from ledgers import settled

from xlseg.analysis import BETTER, CONFIRMED, NEW, PROVISIONAL, SAME, SIDEWAYS, WORSE, Analysis, Departed, analyse, direction
from xlseg.courses import UNKNOWN
from xlseg.demo.simulate import Population, shifted, unchanging
from xlseg.migration import GONE
from xlseg.movers import movers
from xlseg.segments.criteria import criterion
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import read_rules
from xlseg.settings import Settings
from xlseg.tables import Ledger

T = dt.date(2026, 9, 15)
BOOK = Population(customers=80, invoices_a_month=3, late=2.0, until=dt.date(2026, 10, 31))


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return shifted(BOOK, seed=5, shift=dt.date(2026, 7, 1))


@pytest.fixture(scope="module")
def analysis(ledger: Ledger) -> Analysis:
    return analyse(ledger, Settings(), default_rules(), T)


def conditions(sentence: str) -> list[tuple[str, str]]:
    """(metric, criterion as written) of a reason, percentiles with their words."""
    return re.findall(r"(\w+) [^ ]+ \(([^ )]+)(?: = [^)]+)?\)", sentence.split(". Nearest edge")[0].split(": ", 1)[1])


def test_every_sentence_replays_to_its_segment(analysis: Analysis) -> None:
    rows = analysis.standing
    assert len(set(rows["today"])) > 4  # a book in which there is something to explain
    for position, why in enumerate(rows["why"]):
        segment, asked = why.split(":", 1)[0].removeprefix("Today "), conditions(why)
        assert why.startswith("Today ") == (rows["segment"].iat[position] != rows["today"].iat[position])
        wanted = next(r for r in analysis.rules.rules if (r.segment, [(n, c.written) for n, c in r.criteria]) == (segment, asked))
        for name, written in asked:
            assert holds_at(rows, position, name, written), (why, name)
        assert wanted.segment == rows["today"].iat[position]


def test_every_customer_who_stays_by_the_margin_is_told_so_and_it_replays() -> None:
    analysis = analyse(unchanging(replace(BOOK, customers=200), seed=5), Settings(), default_rules(), T)
    rows = analysis.standing
    kept = (rows["segment"] != rows["today"]) & (rows["status"] == CONFIRMED)
    assert kept.sum() > 5
    assert rows["why"].str.contains(". Stays ", regex=False).tolist() == kept.tolist()
    for position in np.flatnonzero(kept):
        tail = rows["why"].iat[position].split(". Stays ")[1]
        segment, missed = tail.split(" by the margin: ", 1)
        assert segment == rows["segment"].iat[position]
        said = re.findall(r"(\w+) [^ ]+ \(([^ ,]+)(?: = [^ ]+)?, by the margin ([^ )]+)(?: = [^)]+)?\)", missed)
        wanted = [r for r in analysis.rules.rules if r.segment == segment and {(n, w) for n, w, _ in said} <= {(n, c.written) for n, c in r.criteria}]
        met = [{n: holds_at(rows, position, n, c.written) for n, c in rule.criteria} for rule in wanted]
        # one row of his segment misses exactly the criteria that are named, and meets each of them by the margin
        assert {name for name, _, _ in said} in [{name for name, holds in row.items() if not holds} for row in met]
        assert all(holds_at(rows, position, name, by_margin) for name, _, by_margin in said)


def holds_at(rows: pd.DataFrame, position: int, name: str, written: str) -> bool:
    found = criterion(written)
    assert found is not None
    values = rows[name].to_numpy("float64")
    return all(bound.holds(values, bound.edge.at(values))[position] for bound in found.bounds)


def test_the_values_in_a_sentence_are_on_the_right_side_of_their_edges(analysis: Analysis) -> None:
    for why in analysis.standing["why"]:
        for name, value, sign, edge in re.findall(r"(\w+) ([+-]?[\d,.]+%?) \((<=|>=|<|>)([+-]?[\d.]+%?)\)", why):
            shown, limit = (float(text.rstrip("%").replace(",", "")) for text in (value, edge))
            assert {"<=": shown <= limit, ">=": shown >= limit, "<": shown < limit, ">": shown > limit}[sign], (name, why)


def test_the_past_is_the_same_whatever_came_later(ledger: Ledger, analysis: Analysis) -> None:
    cut = np.datetime64(T, "s")
    known = replace(
        ledger,
        invoices=ledger.invoices[ledger.invoices["issued"] <= cut].reset_index(drop=True),
        payments=ledger.payments[ledger.payments["date"] <= cut].reset_index(drop=True),
        orders=ledger.orders[ledger.orders["date"] <= cut].reset_index(drop=True),
    )
    assert len(known.invoices) < len(ledger.invoices)
    then = analyse(known, Settings(), default_rules(), T)
    pd.testing.assert_frame_equal(then.standing, analysis.standing)
    for before, after in zip(then.dates[:-1], then.dates[1:], strict=True):
        pd.testing.assert_frame_equal(then.migration(before, after).counts, analysis.migration(before, after).counts)
        pd.testing.assert_frame_equal(then.migration(before, after).weights, analysis.migration(before, after).weights)


def test_a_known_worsening_is_seen(ledger: Ledger) -> None:
    late = analyse(ledger, Settings(), default_rules(), dt.date(2026, 9, 30)).standing
    calm = analyse(unchanging(BOOK, seed=5), Settings(), default_rules(), dt.date(2026, 9, 30)).standing
    at_risk = ["At-Risk", "Deteriorating Payer", "Declining Engagement"]
    assert late["today"].isin(at_risk).mean() > 0.5
    assert calm["today"].isin(at_risk).mean() < 0.1


def test_the_matrix_holds_every_known_customer_once(analysis: Analysis) -> None:
    matrix = analysis.migration(analysis.previous, analysis.as_of)
    assert matrix.counts.to_numpy().sum() == analysis.standing["known"].sum()
    assert matrix.weights.to_numpy().sum() == pytest.approx(analysis.standing["open_balance"].sum())


def test_movers_are_those_whose_segment_differs_or_who_wait_to_move(analysis: Analysis) -> None:
    rows = analysis.standing
    moved = rows[(rows["segment"] != rows["previous"]) | (rows["status"] == PROVISIONAL)]
    found = movers(analysis)
    assert sorted(m.customer for m in found) == sorted(moved["customer"])
    impacts = [m.impact for m in found if not np.isnan(m.impact)]
    assert impacts == sorted(impacts, reverse=True)
    assert impacts[0] > 0


def test_a_mover_is_explained_by_the_criteria_that_hold_him_no_longer() -> None:
    # Ten invoices 30 days apart, the last two paid 12 and 20 days late. On July 31 the ninth, due on the 21st, is 10 days open: 10/9 = 1.1, on time.
    # On August 31 the tenth, due on the 12th, is 19 days open: (12 + 19)/10 = 3.1, late. On September 15 both are paid: (12 + 20)/10 = 3.2.
    late = [0] * 8 + [12, 20]
    first = dt.date(2025, 12, 5)
    rows = [settled(days, on=first + dt.timedelta(days=30 * i), document=f"I{i}") for i, days in enumerate(late)]
    on_time = [["Priority", "Segment", "Risk", "payment_velocity"], [1, "On time", 1, "<=2"], [2, "Late", 7, ">2"], [3, "Other", None, None]]
    found = analyse(ledger_of(rows), Settings(margin=0), read_rules(on_time), dt.date(2026, 9, 15))
    assert [(m.before, m.after, m.status) for m in movers(found)] == [("On time", "Late", "provisional")]
    assert movers(found)[0].changed == "payment_velocity 1.1 → 3.2"


def test_a_customer_who_left_the_sheets_is_gone_and_counted(ledger: Ledger) -> None:
    left = (Departed("C-9999", "Gone Ltd", "Standard", dt.date(2026, 9, 10)), Departed("C-8888", "Long Gone", "Standard", dt.date(2026, 3, 1)))
    found = analyse(ledger, Settings(), default_rules(), T, left)
    assert found.migration(found.previous, found.as_of).counts.loc["Standard", GONE] == 1
    assert [m.customer for m in movers(found) if m.after == GONE] == ["C-9999"]


def test_a_customer_without_facts_has_a_segment_and_is_in_no_snapshot(ledger: Ledger) -> None:
    silent = ledger.customers.iloc[:1].assign(customer="S-1", row=99)
    book = replace(ledger, customers=pd.concat([ledger.customers, silent], ignore_index=True))
    found = analyse(book, Settings(), default_rules(), T)
    row = found.standing.set_index("customer").loc["S-1"]
    assert (row["segment"], row["direction"], row["known"]) == ("Not Enough History", "", False)
    assert np.isnan(row["open_balance"])
    assert (found.courses.of("S-1") == UNKNOWN).all()


def test_a_month_later_the_past_is_nearly_the_same() -> None:
    # Segments at a month-end hang on the three before the first one shown; two of 80 customers may begin elsewhere when they are others.
    still = unchanging(BOOK, seed=5)
    now, later = (analyse(still, Settings(), default_rules(), date) for date in (dt.date(2026, 9, 30), dt.date(2026, 10, 31)))
    then = later.measured[later.measured["as_of"] == "2026-09-30"].set_index("customer")["segment"]
    assert (then.reindex(now.standing["customer"]).to_numpy() != now.standing["segment"].to_numpy()).sum() <= 2


def test_the_first_period_has_moves_like_any_other(ledger: Ledger) -> None:
    # the shift of July 1st, seen from a year later, lies in the first period shown
    found = analyse(ledger, Settings(), default_rules(), dt.date(2027, 8, 31))
    assert found.dates[:2] == (dt.date(2026, 8, 31), dt.date(2026, 9, 30))
    assert np.trace(found.migration(*found.dates[:2]).both) < found.migration(*found.dates[:2]).both.sum()


def test_a_rule_that_matches_nobody_else_leaves_the_rest_unsegmented(ledger: Ledger) -> None:
    rules = read_rules([["Priority", "Segment", "Risk", "n_paid"], [1, "Many", 2, ">1000"]])
    assert set(analyse(ledger, Settings(), rules, T).standing["segment"]) == {"Unsegmented"}


def test_without_confirmation_nothing_is_provisional(ledger: Ledger) -> None:
    found = analyse(ledger, Settings(confirm=False), default_rules(), T).standing
    assert (found["segment"] == found["today"]).all()


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [("A", "A", SAME), ("A", "B", WORSE), ("B", "A", BETTER), ("A", "N", SIDEWAYS), ("N", "B", SIDEWAYS), ("A", "A2", SIDEWAYS), ("", "A", NEW)],
)
def test_direction_follows_risk(before: str, after: str, wanted: str) -> None:
    assert direction(before, after, {"A": 1, "A2": 1, "B": 8, "N": None}) == wanted
