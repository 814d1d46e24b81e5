"""What is written by whole columns is what would be written cell by cell."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from workbooks import cells, parts, repacked, segments, user_book

from xlseg.hosts import joined, package, render
from xlseg.hosts.cellxml import body
from xlseg.hosts.file import WorkbookFile
from xlseg.hosts.render import Numbers, lines, rendered
from xlseg.workbook import CellError, Value

few = settings(max_examples=100, derandomize=True, deadline=None, database=None)
numbers = st.one_of(st.floats(), st.integers(-(10**17), 10**17).map(float), st.sampled_from([-0.0, 1e15, 1e16, 999_999_999_999_999.0, 0.1 + 0.2]))
values = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(-2, 2), st.text(max_size=3), st.dates(), st.datetimes(), st.just(CellError("#N/A"))
)


@few
@given(st.lists(numbers))
def test_an_array_of_numbers_is_written_like_each_of_them(column: list[float]) -> None:
    found = rendered(np.array(column, dtype=float), False)
    assert [found[i] for i in range(len(column))] == [body(value, False) for value in column]


def test_a_long_array_of_different_numbers_is_written_like_each_of_them() -> None:
    column = [*np.random.default_rng(1).normal(0, 1e6, 2_000).tolist(), float("nan"), -0.0, 7.0, 1e15, 1e300, float("-inf"), 2.5e-7]
    found = rendered(np.array(column), False)
    assert [found[i] for i in range(len(column))] == [body(value, False) for value in column]
    plain = rendered(column, False)  # a list is written value by value
    for style in (b"", b' s="3"'):
        assert [found.tails(style)[p] for p in found.places] == [plain.tails(style)[p] for p in plain.places]


@few
@given(st.lists(values), st.booleans())
def test_values_of_any_kind_are_written_like_each_of_them(column: list[Value], epoch_1904: bool) -> None:
    found = rendered(column, epoch_1904)
    assert [found[i] for i in range(len(column))] == [body(value, epoch_1904) for value in column]


@few
@given(st.lists(st.one_of(st.none(), st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)))))
def test_an_array_of_dates_is_written_like_each_of_them(column: list[dt.date | None]) -> None:
    found = rendered(np.array(column, dtype="datetime64[s]"), False)
    assert [found[i] for i in range(len(column))] == [body(value, False) for value in column]


def test_rows_are_made_of_columns_and_need_no_cell_for_what_is_neither_value_nor_format() -> None:
    plain, dated = rendered(["a", None], False).tails(b""), rendered(np.array([1.5, np.nan]), False).tails(b' s="3"')
    a = b'<c r="A7" t="inlineStr"><is><t>a</t></is></c>'
    assert lines(7, [(1, [plain[0], plain[1]]), (28, dated)]) == [a + b'<c r="AB7" s="3"><v>1.5</v></c>', b'<c r="AB8" s="3"/>']


awkward = st.sampled_from([0.0, -0.0, 1e-4, 9.999e-5, -1e-4, 5e-324, 1e10, 9_999_999_999.5, 0.1 + 0.2, -1e10, 1e15, 1e22, 1.7e308, 100.0, 2.5, -3.0])


@few
@given(st.lists(st.one_of(numbers, awkward), min_size=1), st.sampled_from([b"", b' s="3"']))
def test_arrow_writes_numbers_as_python_does(column: list[float], style: bytes) -> None:
    found = Numbers(np.array(column) + 0.0, range(len(column)))
    assert joined.each_tail(found, style).to_pylist() == found.tails(style)


def test_arrow_writes_many_numbers_of_all_sizes_as_python_does() -> None:
    chance = np.random.default_rng(2)
    column = np.round(chance.normal(0, 1, 20_000) * 10.0 ** chance.integers(-7, 17, 20_000), chance.integers(0, 9))
    found = Numbers(np.append(column, np.nan) + 0.0, range(20_001))
    assert joined.each_tail(found, b' s="3"').to_pylist() == found.tails(b' s="3"')


@few
@given(st.integers(1, 5), st.data())
def test_rows_put_together_by_arrow_are_those_of_python(height: int, data: st.DataObject) -> None:
    wanted, given_ = [], []
    for column in data.draw(st.lists(st.integers(1, 60), unique=True, max_size=4).map(sorted)):
        each = rendered(data.draw(st.lists(values, min_size=height, max_size=height)), False)
        tails = each.tails(data.draw(st.sampled_from([b"", b' s="7"'])))
        wanted.append((column, [tails[place] for place in each.places]))
        arrays = joined.chosen(pa.array(tails, pa.large_binary()), np.array(each.places))
        given_.append((column, arrays if data.draw(st.booleans()) else wanted[-1][1]))
    first = data.draw(st.integers(1, 1_048_000))
    assert joined.lines(first, given_) == lines(first, wanted)
    once, made = joined.rows(first, given_), render.rows(first, wanted)
    assert once == (made if any(all(tails) for _, tails in wanted) else None)  # Arrow looks for a full column, Python at each row


def test_a_tab_is_the_same_with_and_without_arrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for name, has_arrow in (("one.xlsx", True), ("other.xlsx", False)):
        monkeypatch.setattr(joined, "has_arrow", lambda has_arrow=has_arrow: has_arrow)
        file = user_book(tmp_path / name)
        for shift in (0, 1):
            WorkbookFile(file).write([segments({f"C{i}": i / 7 + shift if i % 5 else math.nan for i in range(shift, 3_000)}, growth="replace")])
        written.append({name: content for name, content in parts(file).items() if name != "docProps/core.xml"})  # which tells the time
    assert [name for name in written[0] if written[0][name] != written[1][name]] == []


def test_a_large_tab_is_packed_beside_the_work_and_is_all_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "_LARGE", 0)
    file = user_book(tmp_path / "book.xlsx")
    WorkbookFile(file).write([segments({f"C{i}": float(i) for i in range(5_000)})])
    WorkbookFile(file).write([segments({f"C{i}": float(i + 1) for i in range(5_000)})])
    found = cells(file)
    assert [found["C5"], found["C5004"]] == [1, 5_000]
    assert openpyxl.load_workbook(file)["Segments"].tables["tblSegments"].ref == "A4:D5004"


@pytest.mark.parametrize(("refers", "expected"), [("=SUM(Segments!C5:C6)", True), ("=SUM(B2:B6)", False)])
def test_a_formula_that_refers_to_a_tab_is_found_in_a_book_that_has_been_read_too(tmp_path: Path, refers: str, expected: bool) -> None:
    file = user_book(tmp_path / "book.xlsx", refers=refers)
    repacked(file, lambda m: m.update({"xl/workbook.xml": m["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")}))
    workbook = WorkbookFile(file)
    workbook.sheets()
    workbook.write([segments({"C1": 1.0})])
    assert (b'fullCalcOnLoad="1"' in parts(file)["xl/workbook.xml"]) is expected
