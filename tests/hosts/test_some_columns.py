"""Some columns of a large sheet are what they are among all of them."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from test_whole_columns import UNUSUAL, changed, columns, cut, described, ledger, plainly, write

from xlseg.hosts import reading
from xlseg.hosts.a1 import letters
from xlseg.hosts.narrow import narrowed
from xlseg.hosts.reading import LargeSheetReader, open_sheets
from xlseg.workbook import Array

__all__ = ["cut"]  # a fixture


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sheet counts as large."""
    monkeypatch.setattr(reading, "LARGE", -1)


def only(columns: Sequence[Array], wanted: Sequence[int]) -> dict[int, Any]:
    return {at: column for at, column in described(columns).items() if at in wanted}


def some(file: Path, below: int, wanted: Sequence[int]) -> dict[int, Any]:
    sheet = open_sheets(file).sheet("S")
    assert isinstance(sheet, LargeSheetReader)
    return only(sheet.some(below, wanted).columns, wanted)


# ── the cells that are left ──────────────────────────────────────────────────


def sheet_of(rows: Sequence[Sequence[int]]) -> bytes:
    """Rows with cells in these columns, of all shapes."""
    shapes = ('<c r="{0}"/>', '<c r="{0}" s="3"><v>1</v></c>', '<c r="{0}" t="inlineStr"><is><r><rPr><b/></rPr><t>row c</t></r></is></c>')
    cells = [[shapes[(n + m) % 3].format(f"{letters(column + 1)}{n}") for m, column in enumerate(sorted(row))] for n, row in enumerate(rows, start=1)]
    lines = [f'<row r="{n}">{"".join(row)}</row>' if row else f'<row r="{n}" ht="9"/>' for n, row in enumerate(cells, start=1)]
    return f'<worksheet><cols><col min="1"/></cols><sheetData>{"".join(lines)}</sheetData><pageMargins/></worksheet>'.encode()


def without(sheet: bytes, wanted: Sequence[int]) -> bytes:
    """The same by lxml, one cell after the other."""
    root = etree.fromstring(sheet)
    names = {letters(column + 1) for column in wanted}
    for cell in list(root.iter("c")):
        if cell.get("r", "").rstrip("0123456789") not in names:
            row = cell.getparent()
            assert row is not None
            row.remove(cell)
    return etree.tostring(root)


@given(
    st.lists(st.sets(st.sampled_from([0, 1, 4, 25, 26, 51, 701, 702, 16383])), min_size=1, max_size=5),
    st.sets(st.sampled_from([0, 1, 4, 26, 702, 16383, 7])),
    st.sets(st.integers(1, 80)),
)
@settings(max_examples=300, derandomize=True, deadline=None, database=None)
def test_no_other_cell_is_left_however_the_sheet_arrives(rows: list[set[int]], wanted: set[int], cuts: set[int]) -> None:
    sheet = sheet_of([sorted(row) for row in rows])
    tags = [at for at, sign in enumerate(sheet) if sign == ord("<")]
    ends = [0, *(tags[cut] for cut in sorted(cuts) if cut < len(tags)), len(sheet)]
    found = b"".join(narrowed((sheet[start:stop] for start, stop in pairwise(ends)), wanted))
    assert etree.canonicalize(found.decode()) == etree.canonicalize(without(sheet, sorted(wanted)).decode())


# ── read ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("in_pieces", [False, True], ids=["whole", "in pieces"])
def test_some_columns_are_the_same_as_cell_by_cell(request: pytest.FixtureRequest, in_pieces: bool) -> None:
    firsts: list[int] = request.getfixturevalue("cut") if in_pieces else []

    @settings(max_examples=120, derandomize=True, deadline=None, database=None)
    @given(columns(), st.integers(0, 3), st.integers(0, 2), st.sets(st.integers(0, 5)), st.booleans())
    def check(made: list[list[Any]], top: int, left: int, wanted: set[int], inline: bool) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "book.xlsx"
            write(file, made, top, left, constant_memory=inline)
            assert some(file, top + 1, sorted(wanted)) == only(plainly(file, top + 1), sorted(wanted))

    check()
    assert in_pieces == bool(firsts)


def test_a_column_of_the_users_that_is_a_mixture_does_not_make_the_others_slow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: list[int]
) -> None:
    mixed: list[Any] = ["n/a" if n % 2 else 17 for n in range(40)]
    write(tmp_path / "book.xlsx", [*ledger(), mixed], 0, 0)
    wanted = only(plainly(tmp_path / "book.xlsx", 1), [0, 2])
    slow: list[Any] = []
    monkeypatch.setattr(reading, "columns_of", lambda *args: slow.append(args))
    assert some(tmp_path / "book.xlsx", 1, [0, 2]) == wanted
    assert not slow
    assert len(cut) > 3


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("change", UNUSUAL.values(), ids=UNUSUAL)
def test_of_a_sheet_written_in_another_way_nothing_is_left_out(tmp_path: Path, change: Any) -> None:
    write(tmp_path / "book.xlsx", ledger(), 0, 0)
    file = changed(tmp_path / "book.xlsx", change)
    assert some(file, 1, [1, 2]) == only(open_sheets(file).sheet("S").body(1).columns, [1, 2])
