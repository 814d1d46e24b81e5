"""The margin by which a customer stays, and the clear change that counts at once."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from ledgers import book, settled

from xlseg.analysis import CONFIRMED, PROVISIONAL, Analysis, analyse
from xlseg.metrics import CATALOGUE
from xlseg.segments.assign import labels
from xlseg.segments.criteria import criterion
from xlseg.segments.margin import leeway
from xlseg.segments.rules import RuleSet, read_rules
from xlseg.settings import Settings

HEAD = ["Priority", "Segment", "Risk"]
T = dt.datetime(2026, 10, 31)


@pytest.mark.parametrize(
    ("written", "step", "moved"),
    [
        (">5", 2.5, ">2.5"),
        ("<=-25%", 0.05, "<=-20%"),
        (">=1.64", 0.5, ">=1.14"),
        (">=1.64", -1.0, ">=2.64"),
        ("2..3", 0.25, "1.75..3.25"),
        ("<=p25", 20.0, "<=p45"),
        (">=p10", 20.0, ">=p0"),
        ("=4", 1.0, "=4"),
        ("<>0", 1.0, "<>0"),
    ],
)
def test_an_edge_moves_outwards_by_its_step(written: str, step: float, moved: str) -> None:
    found = criterion(written)
    assert found is not None
    assert found.moved(lambda _: step).written == moved
    assert criterion(moved) == found.moved(lambda _: step)  # what is written parses to the same


def measured(**metrics: list[float]) -> pd.DataFrame:
    size = len(next(iter(metrics.values())))
    return pd.DataFrame({"as_of": [T] * size, **{name: metrics.get(name, [np.nan] * size) for name in CATALOGUE}})


def held(rules: RuleSet, segment: str, times: float = 1, **metrics: list[float]) -> list[bool]:
    frame = measured(**metrics)
    found: list[bool] = leeway(frame, labels(frame, rules), times).holds[rules.segments.index(segment)].tolist()
    return found


PAYERS = read_rules(
    [[*HEAD, "payment_velocity", "late_share"], [1, "Slow", 6, ">5", ">=50%"], [2, "On time", 1, "<=2", None], [3, "Other", 3, None, None]]
)


def test_each_edge_has_the_margin_of_its_unit() -> None:
    # >5 days becomes >2.5, ≥50 % becomes ≥45 %; both must hold
    late = [2.5, 2.6, 2.6, 9.0, np.nan]
    share = [0.60, 0.45, 0.44, 0.46, 0.60]
    assert held(PAYERS, "Slow", payment_velocity=late, late_share=share) == [False, True, False, True, False]
    assert held(PAYERS, "Slow", times=0, payment_velocity=late, late_share=share) == [False] * 5
    assert held(PAYERS, "Slow", times=2, payment_velocity=late, late_share=share) == [True, True, True, True, False]


def test_the_margin_yields_to_a_row_above_that_matches_as_written() -> None:
    # 4.4 days late: within the margin of "On time" (≤2 becomes ≤4.5); the third one matches "Slow", which stands above it
    assert held(PAYERS, "On time", payment_velocity=[4.4, 4.6, 5.1], late_share=[0.5, 0.5, 0.5]) == [True, False, False]


def test_a_percentile_moves_by_twenty_points_and_a_count_not_at_all() -> None:
    # five customers with revenue 0, 100 … 400: p50 is 200, p30 is 120 (interpolated); no event is no half an event
    rules = read_rules([[*HEAD, "revenue", "n_paid"], [1, "Large", 1, ">=p50", ">=4"], [2, "Other", 3, None, None]])
    assert held(rules, "Large", revenue=[0, 100, 120, 300, 400], n_paid=[4, 4, 4, 3, 4]) == [False, False, True, False, True]


def test_the_label_itself_always_holds() -> None:
    assert held(PAYERS, "Other", payment_velocity=[3.0, 9.0], late_share=[0.1, 0.9]) == [True, False]


def test_a_change_is_clear_with_one_standard_deviation_to_spare() -> None:
    rules = read_rules(
        [
            [*HEAD, "velocity_change", "velocity_change_z"],
            [1, "Slowing", 6, ">=7", ">=2.33"],
            [2, "Large jump", 6, ">=20", None],
            [3, "Other", 3, None, None],
        ]
    )
    # the second passes by 0.9 only; the third rests on a row without a test; the fourth on none
    frame = measured(velocity_change=[7.0, 9.0, 25.0, 1.0], velocity_change_z=[3.33, 3.23, 1.0, 9.0])
    assert leeway(frame, labels(frame, rules), 1).clear.tolist() == [True, False, False, False]


def one_who_improves(last: int, margin: float = 1) -> Analysis:
    """Ten invoices settled 30 days apart, nine of them 6 days late and the last one, on 2026-09-01, `last` days late."""
    first = dt.date(2025, 12, 5)
    rows = [settled(days, on=first + dt.timedelta(days=30 * i), document=f"I{i}") for i, days in enumerate([6] * 9 + [last])]
    return analyse(book(rows), Settings(margin=margin), PAYERS_BY_MEAN, dt.date(2026, 11, 30))


PAYERS_BY_MEAN = read_rules([[*HEAD, "payment_velocity"], [1, "Slow", 6, ">5"], [2, "Other", 3, None]])


def test_one_who_stays_by_the_margin_is_told_so() -> None:
    # (9·6 − 16)/10 = 3.8: not above 5, yet above 2.5
    row = one_who_improves(-16).standing.iloc[0]
    assert (row["segment"], row["today"], row["status"]) == ("Slow", "Other", CONFIRMED)
    assert row["why"] == "Today Other: no other rule matches. Stays Slow by the margin: payment_velocity 3.8 (>5, by the margin >2.5)"


def test_one_who_leaves_the_margin_is_provisional_at_first() -> None:
    # (9·6 − 30)/10 = 2.4 from September's end on, which is the first checkpoint; October's is the second
    late = one_who_improves(-30)
    assert late.standing.iloc[0]["segment"] == "Other"
    early = analyse(late.ledger, Settings(), PAYERS_BY_MEAN, dt.date(2026, 9, 30)).standing.iloc[0]
    assert (early["segment"], early["status"]) == ("Slow", PROVISIONAL)
    assert early["why"] == "Today Other: no other rule matches"


def test_without_a_margin_he_is_not_held() -> None:
    assert one_who_improves(-16, margin=0).standing.iloc[0]["segment"] == "Other"
