"""Confirmation: two checkpoints four weeks apart must agree."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlseg.calendar import as_of_dates, month_ends
from xlseg.segments.confirm import ABSENT, confirm

ENDS = [dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 31), dt.date(2026, 4, 30)]
A, B, C = 0, 1, 2


@pytest.mark.parametrize(
    ("today", "confirmed", "since"),
    [
        pytest.param([A, A, A, A], [A, A, A, A], 0, id="nothing moves"),
        pytest.param([A, B, B, B], [A, A, B, B], 2, id="a move counts at its second month-end"),
        pytest.param([A, B, A, B], [A, A, A, A], 0, id="a label that flips every month never counts"),
        pytest.param([A, B, C, C], [A, A, A, C], 3, id="two different labels do not confirm each other"),
        pytest.param([ABSENT, B, A, A], [ABSENT, B, B, A], 3, id="a first month-end confirms itself"),
        pytest.param([ABSENT, ABSENT, ABSENT, C], [ABSENT, ABSENT, ABSENT, C], 3, id="new today"),
    ],
)
def test_month_ends(today: list[int], confirmed: list[int], since: int) -> None:
    found = confirm(np.array([today]), ENDS)
    assert found.labels[0].tolist() == confirmed
    assert found.since[0] == since


def test_within_a_month_the_checkpoint_is_the_last_month_end_four_weeks_back() -> None:
    # 2026-05-20 is 20 days after April's end, so that March's end is the checkpoint: A then and A now agree, whatever April said.
    dates = [*ENDS, dt.date(2026, 5, 20)]
    assert confirm(np.array([[A, A, A, B, A]]), dates).labels[0, -1] == A
    # B in April and B today are only 20 days apart: not yet confirmed.
    assert confirm(np.array([[A, A, A, B, B]]), dates).labels[0, -1] == A
    # On 2026-05-28 they are four weeks apart.
    assert confirm(np.array([[A, A, A, B, B]]), [*ENDS, dt.date(2026, 5, 28)]).labels[0, -1] == B


def test_without_confirmation_every_label_counts_at_once() -> None:
    assert confirm(np.array([[A, B, A, C]]), ENDS, on=False).labels[0].tolist() == [A, B, A, C]


@given(st.lists(st.integers(0, 2), min_size=13, max_size=13))
def test_a_confirmed_label_was_seen_twice_running_or_was_the_first(today: list[int]) -> None:
    found = confirm(np.array([today]), month_ends(dt.date(2026, 10, 31))).labels[0].tolist()
    for at in range(1, 13):
        if found[at] != found[at - 1]:
            assert today[at] == today[at - 1] == found[at]
    assert found[0] == today[0]


def test_thirteen_month_ends_and_today() -> None:
    assert as_of_dates(dt.date(2026, 10, 31))[0] == dt.date(2025, 10, 31)
    assert len(as_of_dates(dt.date(2026, 10, 31))) == 13
    middle = as_of_dates(dt.date(2024, 3, 15))
    assert middle[-2:] == [dt.date(2024, 2, 29), dt.date(2024, 3, 15)]
    assert len(middle) == 14
