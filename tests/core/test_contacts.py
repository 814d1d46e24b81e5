"""The block that compares contacted and not contacted customers."""

from __future__ import annotations

import math

from xlseg.contacted import Contacted, Group, newcombe
from xlseg.tabs.contacts import COLUMNS, ROWS, contacted_cells, said


def compared(one: Group, other: Group, cannot_say: str = "") -> Contacted:
    return Contacted(one, other, *newcombe(one, other), cannot_say)


def test_the_block_shows_both_groups_and_formulas_that_give_the_shares() -> None:
    # 56 of 70 and 48 of 80: 80 % and 60 %; Newcombe's published interval is 0.0524 to 0.3339.
    cells = contacted_cells(compared(Group(70, 56, 30), Group(80, 48, 40)), (10, 3))
    assert {(row, column) for row, column in cells} <= {(10 + r, 3 + c) for r in range(ROWS) for c in range(COLUMNS)}
    assert [cells[12, column].value for column in range(3, 7)] == ["Contacted", 70, 56, 0.8]
    assert [cells[13, column].value for column in range(3, 7)] == ["Not contacted", 80, 48, 0.6]
    assert cells[12, 6].formula == 'IF(D12=0,"",E12/D12)'
    assert (cells[14, 6].formula, round(float(str(cells[14, 6].value)), 9)) == ("F12-F13", 0.2)
    assert cells[15, 3].value == (
        "The share that paid is 20 points more among those contacted; 95% interval +5 to +33 points. "
        "They were not chosen by lot: this is no proof that the contact caused it."
    )


def test_it_says_when_it_cannot_say() -> None:
    assert said(compared(Group(5, 5, 5), Group(80, 48, 40), "only 5 customers were contacted; 10 are needed")) == (
        "Cannot say: only 5 customers were contacted; 10 are needed."
    )
    same = compared(Group(40, 20, 40), Group(40, 20, 40))
    assert said(same).startswith("Cannot say: the share that paid is 0 points more among those contacted; 95% interval -")
    assert said(same).endswith("which includes no difference.")


def test_an_empty_group_has_no_share_and_no_formula() -> None:
    found = compared(Group(0, 0, 0), Group(80, 48, 40), "no customers were contacted; 10 are needed")
    assert math.isnan(found.difference)
    cells = contacted_cells(found, (1, 1))
    assert [(cells[row, 4].value, cells[row, 4].formula) for row in (3, 5)] == [(None, None), (None, None)]
