"""Values as cells, read back by openpyxl."""

import datetime as dt
import math
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workbooks import user_book

from xlseg.hosts.cellxml import body, formula_body, plain_values, same, text, text_bodies
from xlseg.hosts.file import WorkbookFile
from xlseg.workbook import Cell, CellError, Column, Tab, Table, Value


def xml(value: Value, epoch_1904: bool = False) -> bytes:
    kind, content = body(value, epoch_1904)
    return kind + b"|" + (content or b"")


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        pytest.param(None, b"|", id="nothing"),
        pytest.param("", b"|", id="no text"),
        pytest.param(math.nan, b"|", id="not a number"),
        pytest.param(-math.inf, b"|", id="infinity"),
        pytest.param(pd.NaT, b"|", id="no date"),
        pytest.param(3.0, b"|<v>3</v>", id="a whole number has no .0"),
        pytest.param(0.1, b"|<v>0.1</v>", id="a number in its shortest form"),
        pytest.param(1 / 3, b"|<v>0.3333333333333333</v>", id="a number to its last bit"),
        pytest.param(1e300, b"|<v>1e+300</v>", id="a huge number"),
        pytest.param(-0.0, b"|<v>0</v>", id="no negative zero"),
        pytest.param(7, b"|<v>7</v>", id="an integer"),
        pytest.param(np.int64(7), b"|<v>7</v>", id="an integer of numpy"),
        pytest.param(True, b' t="b"|<v>1</v>', id="a truth value"),
        pytest.param(CellError("#N/A"), b' t="e"|<v>#N/A</v>', id="an error"),
        pytest.param(dt.date(2026, 10, 31), b"|<v>46326</v>", id="a date"),
        pytest.param(dt.datetime(2026, 10, 31, 12), b"|<v>46326.5</v>", id="a moment"),
        pytest.param(dt.date(1900, 1, 1), b"|<v>1</v>", id="the first day of Excel"),
        pytest.param(dt.date(1900, 2, 28), b"|<v>59</v>", id="the day before the one that never was"),
        pytest.param(dt.date(1900, 3, 1), b"|<v>61</v>", id="the day after it"),
        pytest.param(dt.date(1899, 12, 31), b' t="inlineStr"|<is><t>1899-12-31</t></is>', id="a day before Excel is text"),
        pytest.param("=1+1", b' t="inlineStr"|<is><t>=1+1</t></is>', id="text is never a formula"),
        pytest.param(" a", b' t="inlineStr"|<is><t xml:space="preserve"> a</t></is>', id="space in front"),
        pytest.param("a\n", b' t="inlineStr"|<is><t xml:space="preserve">a\n</t></is>', id="a line break at the end"),
        pytest.param("a  b\nc", b' t="inlineStr"|<is><t>a  b\nc</t></is>', id="space within"),
        pytest.param("a\x01b", b' t="inlineStr"|<is><t>a_x0001_b</t></is>', id="a control character"),
        pytest.param("_x0041_", b' t="inlineStr"|<is><t>_x005F_x0041_</t></is>', id="what looks like one"),
    ],
)
def test_a_value(value: Value, wanted: bytes) -> None:
    assert xml(value) == wanted


@pytest.mark.parametrize("texts", [["a", "", "b&c"], ["a", " b"], ["", "b\t", ""], ["a ", ""], [], [""], ["\n"], ["a\x01", " b"]])
def test_texts_at_once_are_those_one_by_one(texts: list[str]) -> None:
    assert text_bodies(texts) == [body(text, False) for text in texts]


def test_dates_count_from_1904_where_the_book_does() -> None:
    # Microsoft: the same day differs by 1,462 between the two systems; 5 July 1998 is 35981 and 34519
    assert xml(dt.date(1998, 7, 5)) == b"|<v>35981</v>"
    assert xml(dt.date(1998, 7, 5), epoch_1904=True) == b"|<v>34519</v>"
    days = np.array(["1998-07-05", "NaT"], dtype="datetime64[s]")
    assert next(iter(plain_values(days, True))) == 34519
    assert [body(v, False)[1] for v in plain_values(days, False)] == [b"<v>35981</v>", None]


def test_an_array_with_dates_before_march_1900_is_written_like_single_dates() -> None:
    days = np.array(["1900-01-01", "1998-07-05", "NaT"], dtype="datetime64[s]")
    assert [body(v, False)[1] for v in plain_values(days, False)] == [b"<v>1</v>", b"<v>35981</v>", None]


def test_a_text_is_cut_at_what_a_cell_holds() -> None:
    def length(value: str) -> int:
        return len(text(body(value, False), ()).encode("utf-16-le")) // 2

    assert length("x" * 40_000) == 32_767
    assert length("x" * 32_767) == 32_767
    assert length("\U0001f600" * 20_000) == 32_766  # two units each, and none is cut in half


def test_a_formula_has_the_value_it_has_now() -> None:
    assert formula_body('A1&"<"', "x<", False) == (b' t="str"', b'<f>A1&amp;"&lt;"</f><v>x&lt;</v>')
    assert formula_body("A1", "", False) == (b' t="str"', b"<f>A1</f><v></v>")
    assert formula_body("=SUM(A1:A2)", 3.0, False) == (b"", b"<f>SUM(A1:A2)</f><v>3</v>")


@given(st.text())
def test_any_text_is_read_as_it_was_written_and_is_the_same(value: str) -> None:
    cell = body(value, False)
    assert text(cell, ()) == value
    assert same(cell, body(value, False), ())


def test_openpyxl_reads_what_was_written(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx", epoch_1904=True)
    values: list[Value] = ["=cmd|' /C calc'!A0", "0017", " padded ", "line\nbreak", "ünï&<>\"'", 12.5, -3, True, dt.date(2026, 10, 31)]
    columns = (Column("v", values), Column("day", np.array(["2026-10-31"] * 9, dtype="datetime64[s]"), "date"))
    cells = {(1, 4): Cell("x", formula='"x"'), (1, 5): Cell(dt.date(2026, 10, 31), "date")}
    WorkbookFile(path).write([Tab("T", cells, (Table("tblT", (1, 1), columns),))])
    sheet = openpyxl.load_workbook(path)["T"]
    read = [sheet.cell(row, 1).value for row in range(2, 11)]
    assert read[:8] == values[:8]
    assert all(sheet.cell(row, 1).data_type in ("inlineStr", "s") for row in range(2, 7))
    assert sheet["B2"].value == sheet["E1"].value == dt.datetime(2026, 10, 31)
    with zipfile.ZipFile(path) as package:
        assert b'date1904="1"' in package.read("xl/workbook.xml")
