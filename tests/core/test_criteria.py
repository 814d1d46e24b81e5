"""The language of a Rules cell."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlseg.segments.criteria import criterion

VALUES = np.array([math.nan, -30.0, -0.25, 0.0, 5.0, 15.0, 1000.0])


def met(cell: object) -> list[float]:
    """The values that meet a criterion, each of its bounds taken at its own edge."""
    found = criterion(cell)  # type: ignore[arg-type]
    assert found is not None
    mask = np.ones(len(VALUES), "bool")
    for bound in found.bounds:
        mask &= bound.holds(VALUES, bound.edge.at(VALUES))
    return VALUES[mask].tolist()


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        (">5", [15, 1000]),
        (">=5", [5, 15, 1000]),
        ("<0", [-30, -0.25]),
        ("<=-25%", [-30, -0.25]),
        ("<>0", [-30, -0.25, 5, 15, 1000]),
        ("=5", [5]),
        ("5..15", [5, 15]),
        ("-30 .. -25%", [-30, -0.25]),
        (">=1,000", [1000]),
        (" > 5 ", [15, 1000]),
        (5, [5]),
        (">.5", [5, 15, 1000]),
    ],
)
def test_a_cell_selects_by_its_comparison_and_never_the_unknown(cell: object, wanted: list[float]) -> None:
    assert met(cell) == wanted


def test_a_percentile_is_excels_percentile_inc() -> None:
    # PERCENTILE.INC({1,2,3,4}, 0.8) = 1 + 0.8·3 = 3.4
    found = criterion(">=p80")
    assert found is not None
    assert found.bounds[0].edge.at(np.array([4.0, math.nan, 2.0, 1.0, 3.0])) == pytest.approx(3.4)


def test_a_percentile_of_nobody_matches_nobody() -> None:
    found = criterion("<=p25")
    assert found is not None
    nobody = np.full(3, math.nan)
    assert not found.bounds[0].holds(nobody, found.bounds[0].edge.at(nobody)).any()


def test_a_text_matches_without_regard_to_case_and_never_the_unknown() -> None:
    texts = np.array(["USD", "usd", "EUR", "", None], object)
    wanted, unwanted = criterion("USD"), criterion("<>USD")
    assert wanted is not None
    assert unwanted is not None
    assert wanted.holds_text(texts).tolist() == [True, True, False, False, False]
    assert unwanted.holds_text(texts).tolist() == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("cell", "text", "negated"),
    [("30 days", "30 days", False), ("=2/10 net 30", "2/10 net 30", False), ("<>1A", "1A", True), (1001.0, "1001", False), ("5..15", "5..15", False)],
)
def test_of_a_text_any_text_can_be_asked(cell: object, text: str, negated: bool) -> None:
    found = criterion(cell, of_text=True)  # type: ignore[arg-type]
    assert found is not None
    assert (found.text, found.negated, criterion(found.written, of_text=True)) == (text, negated, found)


@pytest.mark.parametrize("cell", [">5", "<=x", "a<b", "x" * 100, True])
def test_of_a_text_no_comparison_can_be_asked(cell: object) -> None:
    with pytest.raises(ValueError, match=r"such as|at most"):
        criterion(cell, of_text=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", [None, "", "   "])
def test_an_empty_cell_is_any(cell: object) -> None:
    assert criterion(cell) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", [">= five", ">=", "15..5", "5..", ">>5", ">5 or <2", "5 6", ">=p101", ">1e9", "x" * 100, True, ">%", ">1,00"])
def test_anything_else_is_refused(cell: object) -> None:
    with pytest.raises(ValueError, match=r"such as|at most"):
        criterion(cell)  # type: ignore[arg-type]


@pytest.mark.parametrize("cell", ["__import__('os')", "=cmd|' /C calc'!A0", "{{7*7}}", "=SUM(A1)", "'; DROP TABLE x"])
def test_code_in_a_cell_is_a_text_or_an_error_but_never_run(cell: str) -> None:
    try:
        found = criterion(cell)
    except ValueError:
        return
    assert found is not None
    assert found.is_text
    assert not found.bounds


@given(st.text(max_size=80))
def test_any_text_parses_to_its_normal_spelling_or_is_refused(cell: str) -> None:
    try:
        found = criterion(cell)
    except ValueError:
        return
    if found is not None:
        assert criterion(found.written) == found
