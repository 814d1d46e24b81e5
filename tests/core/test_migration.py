"""Migration matrices and their figures."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlseg.migration import GONE, NEW, Snapshot, migrate, mobility

SEGMENTS = ("Good", "Fair", "Bad", "None yet")
RISKS = {"Good": 1, "Fair": 3, "Bad": 8, "None yet": None}


def snapshot(**segments: str) -> Snapshot:
    """Customers by name, of a to h; the weight of each is 100 × its position from 1."""
    weight = {name: 100.0 * number for number, name in enumerate(segments, start=1)}
    codes = [SEGMENTS.index(segments[name]) if name in segments else -1 for name in "abcdefgh"]
    return Snapshot(np.array(codes), np.array([weight.get(name, 0.0) for name in "abcdefgh"]))


def test_who_went_where_with_new_and_gone() -> None:
    matrix = migrate(snapshot(a="Good", b="Good", c="Bad", d="Fair"), snapshot(a="Good", b="Bad", c="Fair", e="Good"), SEGMENTS)
    assert matrix.counts.loc["Good", "Good"] == 1
    assert matrix.counts.loc["Good", "Bad"] == 1
    assert matrix.counts.loc["Bad", "Fair"] == 1
    assert matrix.counts.loc["Fair", GONE] == 1
    assert matrix.counts.loc[NEW, "Good"] == 1
    assert matrix.counts.to_numpy().sum() == 5
    assert matrix.weights.loc["Good", "Bad"] == 200  # b's weight after
    assert matrix.weights.loc["Fair", GONE] == 0  # d has no balance any more
    assert matrix.shares.loc["Good"].tolist() == [0.5, 0, 0.5, 0, 0]
    assert matrix.shares.loc["None yet"].isna().all()


def test_the_figures_of_a_small_matrix_by_hand() -> None:
    # Good: 3 stay, 1 → Bad. Bad: 1 stays, 1 → Fair. None yet: 1 → Good. 7 customers in both.
    before = snapshot(a="Good", b="Good", c="Good", d="Good", e="Bad", f="Bad", g="None yet")
    after = snapshot(a="Good", b="Good", c="Good", d="Bad", e="Bad", f="Fair", g="Good", h="Good")
    found = mobility(migrate(before, after, SEGMENTS), RISKS)
    assert (found.customers, found.worsened, found.improved, found.stayed, found.sideways, found.new, found.gone) == (7, 1, 1, 4, 1, 1, 0)
    assert found.net_downgrade == 0
    # trace P = 3/4 + 1/2 + 0 over 3 segments that had customers: (3 − 1.25)/2
    assert found.shorrocks == pytest.approx(0.875)
    # shares before 4/7, 0, 2/7, 1/7 and after 4/7, 1/7, 2/7, 0, an empty one counting 0.0001: twice (1/7 − 0.0001)·ln(10000/7)
    assert found.stability_index == pytest.approx(2 * (1 / 7 - 0.0001) * math.log(10000 / 7))
    # χ² of (4,0,2,1) against (4,1,2,0): (½)²/½ in each of the four cells that differ = 2, 3 degrees of freedom; table: 0.5724
    assert found.p_value == pytest.approx(0.5724, abs=1e-4)


def test_nobody_moves_is_no_mobility() -> None:
    same = snapshot(a="Good", b="Bad")
    found = mobility(migrate(same, same, SEGMENTS), RISKS)
    assert (found.shorrocks, found.stability_index, found.worsened) == (0, 0, 0)


def test_an_empty_book_has_no_figures() -> None:
    nobody = Snapshot(np.array([], int), np.array([]))
    found = mobility(migrate(nobody, nobody, SEGMENTS), RISKS)
    assert math.isnan(found.net_downgrade)
    assert found.customers == 0


@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(SEGMENTS)), st.dictionaries(st.sampled_from("abcdefgh"), st.sampled_from(SEGMENTS))
)
def test_the_margins_are_the_two_snapshots(before: dict[str, str], after: dict[str, str]) -> None:
    matrix = migrate(snapshot(**before), snapshot(**after), SEGMENTS)
    assert {s: n for s, n in matrix.counts.drop(index=NEW).sum(axis=1).items() if n} == {s: list(before.values()).count(s) for s in before.values()}
    assert {s: n for s, n in matrix.counts.drop(columns=GONE).sum(axis=0).items() if n} == {s: list(after.values()).count(s) for s in after.values()}
