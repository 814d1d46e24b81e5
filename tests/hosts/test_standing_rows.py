"""Rows that stand as they would be written are left as they are, many at a time; where anything is different, nothing is taken for granted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import column, parts, repacked, segments, table_ref

from xlseg.hosts import fill, lines, plainrows, update
from xlseg.hosts.a1 import Area
from xlseg.hosts.file import WorkbookFile, new_book
from xlseg.hosts.sheetrows import Run, SheetRows
from xlseg.hosts.tablexml import TableXml
from xlseg.workbook import Growth, Tab, Table, Written

ROWS = {f"C{i:02d}": float(i) for i in range(30)}
SHEET = "xl/worksheets/sheet1.xml"
few = settings(max_examples=200, derandomize=True, deadline=None, database=None)


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BLOCK", 7)


def tab(growth: Growth = "replace") -> Tab:
    return segments(ROWS, growth=growth)


def refuse(*_: object) -> list[str]:
    raise AssertionError("the rows are filled")


@pytest.mark.parametrize("growth", ["keep", "replace", "append"])
def test_a_table_that_stands_is_not_filled_again(growth: Growth, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_book(tmp_path / "book.xlsx", [tab(growth)])
    before = (tmp_path / "book.xlsx").read_bytes()
    monkeypatch.setattr(update, "fill", refuse)
    assert WorkbookFile(tmp_path / "book.xlsx").write([tab(growth)]).unchanged == ("Segments",)
    assert (tmp_path / "book.xlsx").read_bytes() == before


def edit(of: bytes, by: bytes, count: int = 1) -> Callable[[bytes], bytes]:
    def done(sheet: bytes) -> bytes:
        found, times = re.subn(of, by, sheet, count=count, flags=re.S)
        assert times
        return found

    return done


def row(number: int) -> bytes:
    return rb'(<row r="%d"[^>]*>.*?</row>)' % number


ROW_20 = rb'<row r="20"><c r="A20" t="inlineStr"><is><t>C15</t></is></c>'
EDITS = {
    "nothing": lambda sheet: sheet,
    "a value": edit(rb'(<c r="C20"[^>]*><v>)15', rb"\g<1>77"),
    "the first value": edit(rb'(<c r="C5"[^>]*><v>)0', rb"\g<1>77"),
    "the last value": edit(rb'(<c r="C34"[^>]*><v>)29', rb"\g<1>77"),
    "a key": edit(rb"C15<", rb"C99<"),
    "a format": edit(rb'(<c r="C20" s=")\d+', rb"\g<1>0"),
    "a hidden row": edit(rb'<row r="20"', rb'<row r="20" hidden="1"'),
    "a height of the first row": edit(rb'<row r="5"', rb'<row r="5" ht="30" customHeight="1"'),
    "a row that is gone": edit(row(20), rb""),
    "the last row is gone": edit(row(34), rb""),
    "two rows in the wrong order": edit(row(20) + row(21), rb"\2\1"),
    "a row twice": edit(row(20), rb"\1\1"),
    "a note of the user's within": edit(rb'(<row r="20">.*?)(</row>)', rb'\1<c r="D20" t="inlineStr"><is><t>call</t></is></c>\2'),
    "a cell beside": edit(rb'(<row r="20">.*?)(</row>)', rb'\1<c r="H20"><v>5</v></c>\2'),
    "a cell beside, and one of ours again": edit(rb'(<row r="20">.*?)(</row>)', rb'\1<c r="H20"><v>5</v></c><c r="C20"><v>99</v></c>\2'),
    "a cell beside in each of many rows": edit(rb'(<row r="[12]\d">.*?)(</row>)', rb'\1<c r="H1"><v>5</v></c>\2', count=0),
    "a formula in a column of ours": edit(rb'(<c r="C20"[^>]*>)<v>15</v>', rb"\1<f>7+8</f><v>15</v>"),
    "a row below": edit(rb"</sheetData>", rb'<row r="36"><c r="A36"><v>1</v></c></row></sheetData>'),
    "all rows in a comment": edit(row(5) + rb"(.*)" + row(34), rb"<!--\1\2\3-->"),
    "the first row in a comment": edit(row(5), rb"<!--\1-->"),
    "rows behind the sheet's": edit(row(5) + rb"(.*)" + row(34) + rb"(</sheetData>)", rb"\4\1\2\3"),
    "a comment in front": edit(rb"<sheetData>", rb'<sheetData><!-- <row r="5"> -->'),
    "rows that name themselves last": edit(rb'<row r="20"', rb'<row spans="1:4" r="20"'),
    "a sign by its number": edit(rb"C15<", rb"&#67;15<"),
    "a sign by its number that XML has a name for": edit(rb"C15<", rb"&#38;15<"),
    "a prefix": edit(ROW_20, ROW_20.replace(b"<c ", b'<m:c xmlns:m="urn:x" ').replace(b"</c>", b"</m:c>")),
}


Outcome = tuple[Written | str, dict[str, bytes]]
"""What was said of a second refresh, and the parts of the file after it."""


def outcome(path: Path, change: Callable[[bytes], bytes], growth: Growth, then: Tab | None = None) -> Outcome:
    new_book(path, [tab(growth)])
    repacked(path, lambda members: members.update({SHEET: change(members[SHEET])}))
    try:
        found: Written | str = WorkbookFile(path).write([then or tab(growth)])
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    return found, {name: content for name, content in parts(path).items() if name != "docProps/core.xml"}  # which tells the time


def both_ways(folder: Path, change: Callable[[bytes], bytes], growth: Growth, then: Tab, long_way: Callable[[], None]) -> tuple[Outcome, Outcome]:
    """The outcome as it is, and the one after the shortcut has been closed."""
    for name in ("short", "long"):
        (folder / name).mkdir()
    short = outcome(folder / "short/book.xlsx", change, growth, then)
    long_way()
    return short, outcome(folder / "long/book.xlsx", change, growth, then)


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("growth", ["keep", "replace", "append"])
def test_whatever_has_been_changed_comes_out_as_if_all_rows_had_been_filled(
    growth: Growth, change: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, filled = both_ways(tmp_path, change, growth, tab(growth), lambda: monkeypatch.setattr(lines.Lines, "standing", lambda *_: None))
    assert found == filled


def others(growth: Growth) -> Tab:
    """The same customers, and two new ones, with other balances, some of which are not known."""
    rows = ROWS | {"C30": 1.0, "C31": 2.0}
    return segments({name: value + 0.5 if at % 5 else float("nan") for at, (name, value) in enumerate(rows.items())}, growth=growth)


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("growth", ["keep", "replace", "append"])
def test_rows_with_other_values_come_out_as_if_each_cell_had_been_edited(
    growth: Growth, change: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_are_plain() -> None:
        monkeypatch.setattr(plainrows.PlainRows, "are", lambda _, first, rows: [False] * len(rows))

    found, edited = both_ways(tmp_path, change, growth, others(growth), none_are_plain)
    assert found == edited


@pytest.mark.parametrize("growth", ["keep", "replace", "append"])
def test_rows_that_say_the_same_in_another_way_stay_as_they_are(growth: Growth, tmp_path: Path) -> None:
    found, after = outcome(tmp_path / "book.xlsx", edit(rb"<t>C(\d+<)", rb"<t>&#67;\1", count=0), growth)
    assert isinstance(found, Written)
    assert found.updated == ()
    assert after[SHEET].count(b"&#67;") == len(ROWS)


def test_only_the_rows_that_a_user_has_touched_are_edited_cell_by_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited: list[int] = []
    edit_row = fill._Filling._edit_row
    monkeypatch.setattr(fill._Filling, "_edit_row", lambda self, number, line: edited.append(number) or edit_row(self, number, line))
    outcome(tmp_path / "book.xlsx", EDITS["a format"], "replace", others("replace"))
    assert {*edited} == {5, 20}  # the first row says how far its cells reach
    assert column(tmp_path / "book.xlsx", "C")[:3] == [None, 1.5, 2.5]


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
def test_a_log_to_which_nothing_is_added_comes_out_as_if_it_had_been_filled(
    change: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def filled(ground: fill.Ground, table: TableXml, spec: Table, columns: Mapping[str, int], made: lines.Lines | None) -> list[str]:
        return fill._Filling(ground, table, spec, columns, made or lines.Lines(spec, columns, ground.epoch_1904)).run()

    nothing = segments({}, growth="append")
    found, wanted = both_ways(tmp_path, change, "append", nothing, lambda: monkeypatch.setattr(update, "fill", filled))
    assert found == wanted


@pytest.mark.parametrize(("number", "style", "plain"), [(8, 28, True), (1005, 21005, True), (1005, 2, False), (28, 28, True), (7, 3, False)])
def test_the_number_of_a_row_is_not_taken_for_that_of_a_style(number: int, style: int, plain: bool) -> None:
    wanted = plainrows.PlainRows(Area(4, 1, 5_000, 2), {2: b' s="%d"' % (style if plain else 21005)})
    row = b'<row r="%d"><c r="A%d"><v>1</v></c><c r="B%d" s="%d"><v>2</v></c></row>' % (number, number, number, style)
    assert wanted.are(number, [row]) == [plain]


def test_a_value_that_somebody_typed_over_is_put_right(tmp_path: Path) -> None:
    outcome(tmp_path / "book.xlsx", EDITS["a value"], "replace")
    assert column(tmp_path / "book.xlsx", "C") == [*range(30)]
    assert table_ref(tmp_path / "book.xlsx") == "A4:D34"


# ── rows in runs ─────────────────────────────────────────────────────────────


def content(number: int) -> bytes:
    return b'<row r="%d"><c r="B%d"><v>%d</v></c></row>' % (number, number, number)


def run(first: int, last: int) -> Run:
    return Run(first, last, b"".join(map(content, range(first, last + 1))), 2, 2)


changed = st.one_of(
    st.tuples(st.just("put"), st.integers(1, 40)),
    st.tuples(st.just("formula"), st.integers(1, 40)),
    st.tuples(st.just("out"), st.integers(1, 40)),
    st.tuples(st.just("get"), st.integers(1, 40)),
    st.tuples(st.just("run"), st.integers(1, 40)),
)


@few
@given(st.lists(changed, max_size=12))
def test_rows_in_runs_are_what_single_rows_would_be(changes: list[tuple[str, int]]) -> None:
    rows, known = SheetRows({3: content(3)}, (), [run(10, 14)]), {3: content(3), **{i: content(i) for i in range(10, 15)}}
    for what, number in changes:
        assert (number in rows, rows.are_free(number, number + 3)) == (number in known, not any(i in known for i in range(number, number + 4)))
        if what == "get":
            assert rows.get(number) == known.get(number)
        elif what == "out" and number in known:
            rows.put(number, None)
            del known[number]
        elif what == "run" and not any(i in known for i in range(number, number + 4)):
            rows.add_run(run(number, number + 3))
            known |= {i: content(i) for i in range(number, number + 4)}
        elif what in ("put", "formula"):
            known[number] = b'<row r="%d"><c r="D%d">%s<v>1</v></c></row>' % (number, number, b"<f>1</f>" if what == "formula" else b"")
            rows.put(number, known[number])
    assert rows.numbers() == sorted(known)
    assert b"".join(rows.in_order()) == b"".join(known[i] for i in sorted(known))
    assert [number for number, _ in rows.formulas()] == sorted(i for i, row in known.items() if b"<f>" in row)
    area, columns = rows.used(), [4 if b'"D' in row else 2 for row in known.values()]
    assert (area is None) == (not known)
    if area:
        assert (area.top, area.bottom, area.left, area.right) == (min(known), max(known), min(columns), max(columns))
