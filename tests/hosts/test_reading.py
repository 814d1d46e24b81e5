"""What stands in the cells is what is read, whichever library reads it."""

from __future__ import annotations

import builtins
import datetime as dt
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import xlsxwriter

from xlseg.errors import FileError, FormatError, MissingSheetError
from xlseg.hosts import opening, reading
from xlseg.hosts.cells import OpenpyxlCells
from xlseg.hosts.columns import plain
from xlseg.hosts.extent import column_number
from xlseg.hosts.reading import open_sheets
from xlseg.workbook import CellError, Value

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
Fill = Callable[[xlsxwriter.Workbook, Any], None]


@pytest.fixture(params=["calamine", "openpyxl"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Reads with calamine and fastexcel, then with openpyxl as where these are not installed."""
    if request.param == "openpyxl":
        original = builtins.__import__

        def without(name: str, *args: Any, **more: Any) -> Any:
            if name in ("python_calamine", "fastexcel"):
                raise ImportError(name)
            return original(name, *args, **more)

        monkeypatch.setattr(builtins, "__import__", without)
    return str(request.param)


def made(path: Path, fill: Fill, **options: Any) -> Path:
    file = path / "book.xlsx"
    with xlsxwriter.Workbook(file, options) as book:
        fill(book, book.add_worksheet("S"))
    return file


def cells(file: Path, rows: int = 60) -> list[list[Value]]:
    return [list(row) for row in open_sheets(file).sheet("S").head(rows)]


def at(file: Path, row: int, column: int) -> Value:
    """A cell, by the head and by the body, which must agree."""
    head = cells(file)[row - 1][column - 1]
    grid = open_sheets(file).sheet("S").body(row - 1)
    assert grid.first_row == row
    array = grid.columns[column - 1]
    in_body = array[0] if array.dtype == object else None if np.isnan(array[0]) or np.isnat(array[:1].astype("M8[s]"))[0] else array[0].item()
    assert in_body == head or (isinstance(head, dt.date) and in_body == dt.datetime.combine(head, dt.time()))
    return head


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0017", "0017"),
        ("1.234", "1.234"),
        ("  spaced  ", "  spaced  "),
        ("=not a formula", "=not a formula"),
        ("x" * 32_767, "x" * 32_767),
        (17, 17.0),
        (1.1, 1.1),
        (True, True),
        (False, False),
        ("TRUE", "TRUE"),
    ],
)
def test_a_cell_is_read_as_it_stands(tmp_path: Path, value: Any, expected: Value) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write_string(0, 0, value) if isinstance(value, str) else sheet.write(0, 0, value)

    read = at(made(tmp_path, fill), 1, 1)
    assert read == expected
    assert isinstance(read, bool) == isinstance(expected, bool)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("number_format", "value", "expected"),
    [
        ("dd/mm/yyyy", 45292, dt.datetime(2024, 1, 1)),
        ("yyyy-mm-dd hh:mm", 45292.5, dt.datetime(2024, 1, 1, 12)),
        ("0.00%", 0.25, 0.25),
        ("#,##0.00 €", 1234.5, 1234.5),
        ("[h]:mm", 1.5, 1.5),
        ("hh:mm", 0.5, 0.5),
    ],
)
def test_a_number_format_says_what_a_number_is(tmp_path: Path, number_format: str, value: float, expected: Value) -> None:
    file = made(tmp_path, lambda book, sheet: sheet.write_number(0, 0, value, book.add_format({"num_format": number_format})))
    read = at(file, 1, 1)
    assert (dt.datetime.combine(read, dt.time()) if type(read) is dt.date else read) == expected


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(("value", "first_row"), [(-373.01, 0), (-1, 0), (-45000, 0), (-0.05, 4), (-1234.56, 4)])
def test_a_number_below_zero_that_looks_like_a_date_keeps_its_value_or_is_none(tmp_path: Path, value: float, first_row: int) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write(first_row, 2, value, book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write(first_row, 3, 0.25, book.add_format({"num_format": "hh:mm"}))
        sheet.write(first_row + 1, 1, "x")

    found = cells(made(tmp_path, fill))[first_row][2:4]
    assert found[1] == 0.25
    assert isinstance(found[0], dt.datetime) or found[0] == pytest.approx(value, abs=1e-4)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("epoch_1904", [False, True])
def test_a_date_is_the_same_day_in_both_date_systems(tmp_path: Path, epoch_1904: bool) -> None:
    day = dt.datetime(2024, 2, 29)
    file = made(tmp_path, lambda book, sheet: sheet.write_datetime(0, 0, day, book.add_format({"num_format": "yyyy-mm-dd"})), date_1904=epoch_1904)
    assert open_sheets(file).epoch_1904 is epoch_1904
    assert np.datetime64(str(at(file, 1, 1))[:10]) == np.datetime64("2024-02-29")


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("code", ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"])
def test_an_error_value_is_read_with_its_place_and_code(tmp_path: Path, code: str) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write_column(3, 2, [1.0, 2.0, 3.0])
        sheet.write_formula(4, 2, "=1/0", None, code)

    file = made(tmp_path, fill)
    assert at(file, 5, 3) == CellError(code)
    assert open_sheets(file).sheet("S").body(3).columns[2].tolist() == [1.0, CellError(code), 3.0]


@pytest.mark.usefixtures("library")
def test_a_formula_is_read_as_the_value_it_had(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write_row(0, 0, [2, 3])
        sheet.write_formula(0, 2, "=A1*B1", None, 6)
        sheet.write_formula(0, 3, '="0"&A1', None, "02")

    assert cells(made(tmp_path, fill)) == [[2.0, 3.0, 6.0, "02"]]


@pytest.mark.usefixtures("library")
def test_a_text_of_many_colours_is_one_text(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write_rich_string(0, 0, "plain ", book.add_format({"bold": True}), "bold", " plain")

    assert at(made(tmp_path, fill), 1, 1) == "plain bold plain"


@pytest.mark.usefixtures("library")
def test_texts_within_the_sheet_are_read_as_shared_ones(tmp_path: Path) -> None:
    file = made(tmp_path, lambda book, sheet: sheet.write_row(0, 0, ["a", "b"]), constant_memory=True)  # writes inline strings
    assert cells(file) == [["a", "b"]]


@pytest.mark.usefixtures("library")
def test_rows_and_columns_are_numbered_from_the_sheets_corner(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write_row(3, 2, ["head", "n"])
        sheet.write_row(4, 2, ["a", 1])
        sheet.write_row(6, 2, ["c", 3])  # row 6 of the sheet is empty

    file = made(tmp_path, fill)
    assert [row[2:] for row in cells(file)[3:5]] == [["head", "n"], ["a", 1.0]]
    assert not any(cells(file)[5])
    grid = open_sheets(file).sheet("S").body(4)
    assert (grid.first_row, grid.rows, len(grid.columns)) == (5, 3, 4)
    assert grid.columns[2].tolist() == ["a", None, "c"]
    assert np.isnan(grid.columns[3]).tolist() == [False, True, False]


@pytest.mark.usefixtures("library")
def test_a_column_has_the_type_of_its_cells_and_a_mixed_one_keeps_each(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_column(0, 0, [1, 2.5])
        for row in range(2):
            sheet.write_number(row, 1, 45292 + row, day)
        sheet.write_string(0, 2, "17")
        sheet.write_number(1, 2, 17)
        sheet.write_number(0, 3, 45292, day)
        sheet.write_string(1, 3, "31/12/2024")
        sheet.write_boolean(0, 4, True)
        sheet.write_number(1, 4, 1)

    columns = open_sheets(made(tmp_path, fill)).sheet("S").body(0).columns
    assert [str(column.dtype) for column in columns] == ["float64", "datetime64[s]", "object", "object", "object"]
    assert columns[2].tolist() == ["17", 17.0]
    assert (str(columns[3][0])[:10], columns[3][1]) == ("2024-01-01", "31/12/2024")
    assert [type(cell) for cell in columns[4]] in ([bool, float], [bool, int])


@pytest.mark.usefixtures("library")
def test_a_type_that_changes_after_many_rows_does_not_change_those_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BLOCK", 10)
    cells_ = [*range(25), "n/a", None, *range(20)]
    columns = open_sheets(made(tmp_path, lambda book, sheet: sheet.write_column(0, 0, cells_))).sheet("S").body(0).columns
    assert columns[0].tolist() == cells_


@pytest.mark.usefixtures("library")
def test_a_formatted_cell_far_away_costs_nothing(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write_row(0, 0, ["a", 1])
        sheet.write_blank(1_048_575, 16_383, None, book.add_format({"bold": True}))

    assert cells(made(tmp_path, fill), 1) == [["a", 1.0]]


def test_a_value_far_away_is_refused(tmp_path: Path) -> None:
    def fill(book: xlsxwriter.Workbook, sheet: Any) -> None:
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, 1)

    with pytest.raises(FormatError, match="S: its cells spread over 17,179,869,184 places"):
        open_sheets(made(tmp_path, fill)).sheet("S").body(0)


def test_what_another_program_writes_is_read_alike(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "S"
    rows: Sequence[Sequence[Any]] = [["id", "when", "n"], ["0017", dt.datetime(2024, 1, 1, 10), 5], [None, dt.date(2024, 1, 2), -0.5]]
    for row in rows:
        sheet.append(row)
    book.save(tmp_path / "book.xlsx")
    assert cells(tmp_path / "book.xlsx") == [["id", "when", "n"], ["0017", dt.datetime(2024, 1, 1, 10), 5.0], [None, dt.date(2024, 1, 2), -0.5]]


def test_chart_sheets_hold_no_cells(tmp_path: Path) -> None:
    file = made(tmp_path, lambda book, sheet: book.add_chartsheet("Chart").set_chart(_chart(book, sheet)))
    source = open_sheets(file)
    assert list(source.sheets()) == ["S"]
    with pytest.raises(MissingSheetError, match="no sheet holds Chart"):
        source.sheet("Chart")


def _chart(book: xlsxwriter.Workbook, sheet: Any) -> Any:
    sheet.write_column(0, 0, [1, 2])
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=S!$A$1:$A$2"})
    return chart


# ── refusals ─────────────────────────────────────────────────────────────────

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def rewritten(file: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    out = file.with_name("changed.xlsx")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (OLE + b"\0" * 600, r"the file is a legacy \.xls workbook\. To go on, open it in Excel and save it as \.xlsx"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "the file is encrypted. To go on, open it in Excel, remove the password"),
        (b"PK\x03\x04 and no more", "not a workbook"),
        (b"", "not a workbook"),
        (b"plain text", "not a workbook"),
    ],
)
def test_what_is_no_workbook_is_refused_with_advice(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "book.xlsx"
    file.write_bytes(content)
    with pytest.raises(FormatError, match=message):
        open_sheets(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"book.xlsx: cannot be opened"):
        open_sheets(tmp_path / "book.xlsx")


@pytest.mark.parametrize(("member", "message"), [("xl/workbook.bin", r"a binary workbook \(.xlsb\)"), ("word/document.xml", "not an Excel workbook")])
def test_another_package_is_refused(tmp_path: Path, member: str, message: str) -> None:
    with zipfile.ZipFile(tmp_path / "book.xlsx", "w") as package:
        package.writestr(member, "<x/>")
        package.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(FormatError, match=message):
        open_sheets(tmp_path / "book.xlsx")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_xml_with_a_document_type_is_refused(tmp_path: Path, part: str) -> None:
    file = made(tmp_path, lambda book, sheet: sheet.write(0, 0, 1))
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    with pytest.raises(FormatError, match="declares a document type"):
        open_sheets(rewritten(file, part, lambda xml: xml.replace(b"?>", b"?>" + bomb, 1)))


def test_a_sheet_that_claims_more_than_excel_holds_is_refused(tmp_path: Path) -> None:
    file = made(tmp_path, lambda book, sheet: sheet.write(0, 0, 1))
    for old, new in ((b'row r="1"', b'row r="1048577"'), (b'r="A1"', b'r="XFE1"')):
        with pytest.raises(FormatError, match=r"a sheet claims .* To go on, keep within 1,048,576 × 16,384"):
            open_sheets(rewritten(file, "xl/worksheets/sheet1.xml", lambda xml, old=old, new=new: xml.replace(old, new)))  # type: ignore[misc]


def test_a_package_larger_than_any_workbook_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MOST_BYTES", 1000)
    with pytest.raises(FormatError, match="unpacked it is larger than 1,000 bytes"):
        open_sheets(made(tmp_path, lambda book, sheet: sheet.write(0, 0, 1)))


def test_a_broken_part_is_told(tmp_path: Path) -> None:
    file = made(tmp_path, lambda book, sheet: sheet.write(0, 0, 1))
    with pytest.raises(FormatError, match=r"changed.xlsx: xl/_rels/workbook.xml.rels: the XML is broken"):
        open_sheets(rewritten(file, "xl/_rels/workbook.xml.rels", lambda xml: b"<broken")).sheets()


def test_a_broken_sheet_is_told(tmp_path: Path) -> None:
    file = made(tmp_path, lambda book, sheet: sheet.write(0, 0, 1))
    with pytest.raises(FormatError, match="S: cannot be read"):
        open_sheets(rewritten(file, "xl/worksheets/sheet1.xml", lambda xml: xml[: xml.index(b"<sheetData>") + 30])).sheet("S").head()


def test_letters_number_columns() -> None:
    assert [column_number(letters) for letters in (b"A", b"Z", b"AA", b"XFD")] == [1, 26, 27, 16_384]


# ── real workbooks ───────────────────────────────────────────────────────────


def test_two_libraries_see_the_same_cells_in_sixty_real_workbooks() -> None:
    if not CORPUS.is_dir():
        pytest.skip("../shared/corpus is not here")
    compared = 0
    for file in sorted(CORPUS.glob("*.xls*")):
        source, other = open_sheets(file), OpenpyxlCells(file)
        for name in set(source.sheets()) & set(other.names()):  # openpyxl sees no sheets in strict books
            ours = sum(cell is not None for row in source.sheet(name).head(10_000) for cell in row)
            theirs = sum(plain(cell) is not None for row in other.load(name)(0) for cell in row)
            assert ours == theirs, (file.name, name)
            compared += ours
    assert compared > 10_000


def _filled(rows: Sequence[Sequence[Value]]) -> dict[tuple[int, int], str]:
    return {(i, j): repr(cell) for i, row in enumerate(rows) for j, cell in enumerate(row) if cell is not None}


def test_the_head_of_a_sheet_is_the_same_where_the_rest_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    if not CORPUS.is_dir():
        pytest.skip("../shared/corpus is not here")
    compared = 0
    for file in sorted(CORPUS.glob("*.xls*")):
        monkeypatch.setattr(reading, "LARGE", 1 << 60)
        whole = open_sheets(file)
        heads = {name: _filled(whole.sheet(name).head()) for name in whole.sheets()}
        monkeypatch.setattr(reading, "LARGE", -1)
        short = open_sheets(file)
        assert {name: _filled(short.sheet(name).head()) for name in short.sheets()} == heads, file.name
        compared += sum(map(len, heads.values()))
    assert compared > 4_000


def test_a_large_sheet_is_read_whole_below_its_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGE", 100)

    def rows(book: Any, sheet: Any) -> None:
        sheet.write_column(3, 1, ["id", *range(200)])

    sheet = open_sheets(made(tmp_path, rows)).sheet("S")
    assert (len(sheet.head()), sheet.head()[3]) == (60, [None, "id"])
    assert len(sheet.head(150)) == 150
    assert sheet.body(4).columns[1].tolist() == list(range(200))
