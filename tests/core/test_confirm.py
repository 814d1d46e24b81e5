"""Confirmation: a customer stays by a margin, and moves when two checkpoints four weeks apart agree, or when the change is clear."""

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlseg.calendar import as_of_dates, checkpoints, month_ends
from xlseg.segments.confirm import ABSENT, Confirmed, Evidence, confirm

ENDS = [dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 31), dt.date(2026, 4, 30)]
GOOD, FAIR, POOR, BAD, NEW = range(5)
RISK = [1.0, 3.0, 6.0, 8.0, math.nan]


def evidence(today: list[int], holds: dict[int, list[int]] | None = None, clear: tuple[int, ...] = ()) -> Evidence:
    """One customer's labels; `holds`: segment → positions of the dates at which its margin still holds him."""
    kept = np.zeros((len(RISK), 1, len(today)), "bool")
    for at, label in enumerate(today):
        kept[:, 0, at] = label == ABSENT
        kept[label, 0, at] |= label != ABSENT
        for segment, where in (holds or {}).items():
            kept[segment, 0, at] |= at in where
    return Evidence(np.array([today]), kept, np.array([[at in clear for at in range(len(today))]]), np.array(RISK))


def labels(found: Confirmed) -> list[int]:
    return [int(label) for label in found.labels[0]]


@pytest.mark.parametrize(
    ("today", "confirmed", "since"),
    [
        pytest.param([GOOD, GOOD, GOOD, GOOD], [GOOD, GOOD, GOOD, GOOD], 0, id="nothing moves"),
        pytest.param([GOOD, BAD, BAD, BAD], [GOOD, GOOD, BAD, BAD], 2, id="a move counts at its second month-end"),
        pytest.param([GOOD, BAD, GOOD, BAD], [GOOD, GOOD, GOOD, GOOD], 0, id="a label that flips every month never counts"),
        pytest.param([FAIR, BAD, POOR, POOR], [FAIR, FAIR, POOR, POOR], 2, id="two labels that are both worse agree: the later one says how far"),
        pytest.param([BAD, FAIR, GOOD, GOOD], [BAD, BAD, GOOD, GOOD], 2, id="so do two that are both better"),
        pytest.param([FAIR, GOOD, BAD, FAIR], [FAIR, FAIR, FAIR, FAIR], 0, id="a better and a worse one do not"),
        pytest.param([NEW, FAIR, GOOD, GOOD], [NEW, NEW, GOOD, GOOD], 2, id="from a segment without risk any two labels lead away"),
        pytest.param([FAIR, NEW, GOOD, NEW], [FAIR, FAIR, FAIR, FAIR], 0, id="to one without risk only the same label twice"),
        pytest.param([ABSENT, BAD, GOOD, GOOD], [ABSENT, BAD, BAD, GOOD], 3, id="a first month-end confirms itself"),
        pytest.param([ABSENT, ABSENT, ABSENT, POOR], [ABSENT, ABSENT, ABSENT, POOR], 3, id="new today"),
    ],
)
def test_month_ends(today: list[int], confirmed: list[int], since: int) -> None:
    found = confirm(evidence(today), ENDS)
    assert labels(found) == confirmed
    assert found.since()[0] == since
    assert found.waits[0].tolist() == [t != c for t, c in zip(today, confirmed, strict=True)]


def test_a_customer_within_the_margin_stays_and_waits_for_nothing() -> None:
    found = confirm(evidence([GOOD, FAIR, FAIR, FAIR], holds={GOOD: [1, 2, 3]}), ENDS)
    assert labels(found) == [GOOD, GOOD, GOOD, GOOD]
    assert not found.waits.any()


def test_a_checkpoint_within_the_margin_does_not_count_as_the_first_of_two() -> None:
    # within the margin in February, outside in March (waits) and April (moves)
    found = confirm(evidence([GOOD, FAIR, FAIR, FAIR], holds={GOOD: [1]}), ENDS)
    assert labels(found) == [GOOD, GOOD, GOOD, FAIR]
    assert found.waits[0].tolist() == [False, False, True, False]


def test_a_clear_change_counts_at_once_unless_it_is_for_the_better() -> None:
    assert labels(confirm(evidence([GOOD, BAD, GOOD, GOOD], clear=(1,)), ENDS)) == [GOOD, BAD, BAD, GOOD]
    assert labels(confirm(evidence([BAD, GOOD, BAD, BAD], clear=(1,)), ENDS)) == [BAD, BAD, BAD, BAD]


def test_a_clear_change_moves_nobody_whom_the_margin_still_holds() -> None:
    assert labels(confirm(evidence([GOOD, BAD, GOOD, GOOD], holds={GOOD: [1]}, clear=(1,)), ENDS)) == [GOOD, GOOD, GOOD, GOOD]


def test_within_a_month_the_checkpoint_is_the_last_month_end_four_weeks_back() -> None:
    # 2026-05-20 is 20 days after April's end, so that March's end is the checkpoint.
    dates = [*ENDS, dt.date(2026, 5, 20)]
    assert labels(confirm(evidence([GOOD, GOOD, GOOD, BAD, GOOD]), dates))[-1] == GOOD
    # BAD in April and today are only 20 days apart: not yet confirmed.
    assert labels(confirm(evidence([GOOD, GOOD, GOOD, BAD, BAD]), dates))[-1] == GOOD
    # On 2026-05-28 they are four weeks apart.
    assert labels(confirm(evidence([GOOD, GOOD, GOOD, BAD, BAD]), [*ENDS, dt.date(2026, 5, 28)]))[-1] == BAD
    # Known since April only: there is no checkpoint that could agree.
    assert labels(confirm(evidence([ABSENT, ABSENT, ABSENT, GOOD, BAD]), dates))[-1] == GOOD


def test_without_confirmation_every_label_counts_at_once() -> None:
    found = confirm(evidence([GOOD, BAD, GOOD, POOR], holds={GOOD: [1]}), ENDS, on=False)
    assert labels(found) == [GOOD, BAD, GOOD, POOR]
    assert not found.waits.any()


def slowly(today: list[int], holds: dict[int, list[int]], clear: tuple[int, ...]) -> list[int]:
    """The three numbered rules of docs/segments.md at month-ends, for one customer, word by word."""
    own = [today[0]]
    for at in range(1, len(today)):
        mine, now, then = own[-1], today[at], today[at - 1]

        def outside(date: int, mine: int = mine) -> bool:
            return today[date] != mine and date not in holds.get(mine, [])

        both_worse = RISK[now] > RISK[mine] and RISK[then] > RISK[mine]
        both_better = RISK[now] < RISK[mine] and RISK[then] < RISK[mine]
        agree = outside(at) and outside(at - 1) and (now == then or both_worse or both_better or mine == NEW)
        at_once = outside(at) and at in clear and not RISK[now] < RISK[mine]
        own.append(now if agree or at_once else mine)
    return own


positions = st.lists(st.integers(0, 12), max_size=6)


@given(st.lists(st.integers(0, 4), min_size=13, max_size=13), st.dictionaries(st.integers(0, 4), positions, max_size=3), positions)
def test_many_customers_equal_the_slow_reading(today: list[int], holds: dict[int, list[int]], clear: list[int]) -> None:
    found = confirm(evidence(today, holds, tuple(clear)), month_ends(dt.date(2026, 10, 31)))
    assert labels(found) == slowly(today, holds, tuple(clear))


def test_thirteen_month_ends_and_today() -> None:
    assert as_of_dates(dt.date(2026, 10, 31))[0] == dt.date(2025, 10, 31)
    assert len(as_of_dates(dt.date(2026, 10, 31))) == 13
    middle = as_of_dates(dt.date(2024, 3, 15))
    assert middle[-2:] == [dt.date(2024, 2, 29), dt.date(2024, 3, 15)]
    assert len(middle) == 14


@pytest.mark.parametrize("as_of", [dt.date(2026, 10, 31), dt.date(2024, 3, 15)])
def test_three_month_ends_come_before_those_shown(as_of: dt.date) -> None:
    followed = checkpoints(as_of)
    assert followed[3:] == as_of_dates(as_of)
    assert followed[:4] == month_ends(followed[3], 4)
