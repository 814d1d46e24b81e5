"""The columns of a large sheet hold what its cells hold, though they are not read cell by cell."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from xlseg.errors import FormatError
from xlseg.hosts import pieces, reading, survey
from xlseg.hosts.cells import OpenpyxlCells
from xlseg.hosts.columns import columns_of
from xlseg.hosts.extent import Extent
from xlseg.hosts.glance import is_usual
from xlseg.hosts.opening import unpacked
from xlseg.hosts.reading import open_sheets
from xlseg.workbook import Array, CellError, Grid, Value

FORMATS = {dt.datetime: "yyyy-mm-dd hh:mm:ss", dt.date: "yyyy-mm-dd", dt.time: "hh:mm:ss", dt.timedelta: "[h]:mm:ss"}
FIRST, LAST = dt.datetime(1905, 6, 1), dt.datetime(2090, 1, 1)

texts = st.sampled_from(["a", " b ", "0017", "N/A", "line\nbreak", "<&>", "Ünï", "2024-01-31", "1,5", "1.50", "TRUE", "-", "00:00"])
like_values = st.sampled_from(["17", "-3", "1.5", "0", "true", "false", "2024-01-31 00:00:00", "NaN", "inf"])
numbers = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e12, 1e12, allow_nan=False), st.sampled_from([0, 1, 1e22, 1e-7]))
days = st.dates(FIRST.date(), LAST.date())
moments = st.datetimes(FIRST, LAST).map(lambda moment: moment.replace(microsecond=0))
times = st.integers(0, 86_399).map(lambda s: (dt.datetime(2000, 1, 1) + dt.timedelta(seconds=s)).time())
durations = st.integers(0, 10**6).map(lambda s: dt.timedelta(seconds=s))
errors = st.sampled_from([CellError("#N/A"), CellError("#DIV/0!")])
KINDS = (texts, texts, numbers, numbers, days, moments, st.one_of(days, moments), like_values, times, durations, st.booleans(), errors)


@st.composite
def columns(draw: Any) -> list[list[Any]]:
    """Columns of one height, most of one kind, some mixed, with gaps."""
    height = draw(st.integers(1, 6))
    made = []
    for _ in range(draw(st.integers(1, 3))):
        kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=2))
        made.append(draw(st.lists(st.one_of(st.none(), *kinds), min_size=height, max_size=height)))
    return made


def write(file: Path, made: Sequence[Sequence[Any]], top: int, left: int, **options: Any) -> None:
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet("S")
        formats = {kind: book.add_format({"num_format": code}) for kind, code in FORMATS.items()}
        for row, cells in enumerate(zip(*(["head", *column] for column in made), strict=True), start=top):
            for column, cell in enumerate(cells, start=left):
                write_cell(sheet, row, column, cell, formats)


def write_cell(sheet: Any, row: int, column: int, cell: Any, formats: dict[type, Any]) -> None:
    if isinstance(cell, CellError):
        sheet.write_formula(row, column, "=1/0", None, cell.code)
    elif isinstance(cell, str):
        sheet.write_string(row, column, cell)
    elif type(cell) in formats:
        sheet.write_datetime(row, column, cell, formats[type(cell)])
    elif cell is not None:
        sheet.write(row, column, cell)


def plainly(file: Path, below: int) -> tuple[Array, ...]:
    """The same columns by openpyxl, cell by cell."""
    return columns_of([list(OpenpyxlCells(file).load("S")(below))], "S")


def filled(column: Array) -> list[tuple[int, Value]]:
    """The cells that hold something; a number as a float, a date with its time."""
    cells = [None if cell != cell else cell for cell in column.tolist()]
    whole = [dt.datetime.combine(cell, dt.time()) if type(cell) is dt.date else float(cell) if type(cell) is int else cell for cell in cells]
    return [(row, cell) for row, cell in enumerate(whole) if cell is not None]


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sheets are cut after every few cells, and looked at while they are read; the numbers of the rows with which pieces begin."""
    cut_up, firsts = pieces.Cutter.pieces, []

    def noted(*args: Any) -> Iterator[pieces.Piece]:
        for piece in cut_up(*args):
            firsts.append(piece.first)
            yield piece

    monkeypatch.setattr(pieces, "piece_size", lambda _: 1)
    monkeypatch.setattr(pieces.Cutter, "pieces", noted)
    monkeypatch.setattr(survey, "_WORTH_WAITING", 1)
    monkeypatch.setattr(survey, "_AT_HAND", 400)
    monkeypatch.setattr(survey, "_LONGEST_TAG", 300)
    monkeypatch.setattr(reading, "unpacked", lambda *args: (chunk[at : at + 400] for chunk in unpacked(*args) for at in range(0, len(chunk), 400)))
    return firsts


@pytest.mark.parametrize("in_pieces", [False, True], ids=["whole", "in pieces"])
def test_columns_are_the_same_as_cell_by_cell(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, in_pieces: bool) -> None:
    monkeypatch.setattr(reading, "LARGE", -1)
    firsts: list[int] = request.getfixturevalue("cut") if in_pieces else []
    whole: list[bool] = []
    original = reading.whole_columns

    def noted(*args: Any) -> Grid | None:
        found = original(*args)
        whole.append(found is not None)
        return found

    monkeypatch.setattr(reading, "whole_columns", noted)

    @settings(max_examples=120, derandomize=True, deadline=None, database=None)
    @given(columns(), st.integers(0, 3), st.integers(0, 2), st.integers(0, 1), st.booleans(), st.booleans())
    def check(made: list[list[Any]], top: int, left: int, more: int, epoch_1904: bool, inline: bool) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "book.xlsx"
            write(file, made, top, left, date_1904=epoch_1904, constant_memory=inline)
            below = top + 1 + more
            grid, wanted = open_sheets(file).sheet("S").body(below), plainly(file, below)
        assert grid.first_row == below + 1
        assert described(grid.columns) == described(wanted)
        by_codes = {at: distinct[codes] for at, (codes, distinct) in grid.coded.items()}
        assert described([by_codes.get(at, column) for at, column in enumerate(grid.columns)]) == described(wanted)
        for _, distinct in grid.coded.values():
            texts = [text for text in distinct.tolist() if text is not None]
            assert len(texts) == len(set(texts))

    check()
    assert 20 < sum(whole) < len(whole)  # both ways are taken
    assert in_pieces == (sum(first > 1 for first in firsts) > 10)


def described(columns: Sequence[Array]) -> dict[int, tuple[str, list[tuple[int, Value, type]]]]:
    """Of each column that holds anything: its type, and its cells with their rows and types."""
    return {i: (str(c.dtype), [(row, cell, type(cell)) for row, cell in filled(c)]) for i, c in enumerate(columns) if filled(c)}


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sheet counts as large."""
    monkeypatch.setattr(reading, "LARGE", -1)


def body(path: Path, *made: list[Any]) -> tuple[Array, ...]:
    write(path / "book.xlsx", made, 0, 0)
    return open_sheets(path / "book.xlsx").sheet("S").body(1).columns


@pytest.mark.usefixtures("large")
def test_equal_texts_are_one_object_so_that_a_million_names_cost_little(tmp_path: Path) -> None:
    (names,) = body(tmp_path, [f"Customer {i % 2}" for i in range(10)])
    assert len({id(name) for name in names}) == 2


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("odd", [17, True, dt.datetime(2024, 1, 31), dt.timedelta(hours=30), CellError("#N/A")])
def test_one_odd_cell_far_down_among_texts_keeps_its_type(tmp_path: Path, odd: Any) -> None:
    (column,) = body(tmp_path, [*["text"] * 80, odd])
    expected = odd / dt.timedelta(days=1) if isinstance(odd, dt.timedelta) else odd
    assert column[79] == "text"
    assert column[80] == expected or dt.datetime.combine(column[80], dt.time()) == odd
    assert isinstance(column[80], bool) == isinstance(odd, bool)


@pytest.mark.usefixtures("large")
def test_what_looks_like_an_escaped_sign_stays_a_text(tmp_path: Path) -> None:
    (column,) = body(tmp_path, ["x_x000D_y", "line\nbreak"])
    assert column.tolist() == ["x_x000D_y", "line\nbreak"]


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("text", ["nan", "NaN", "-nan", "inf"])
def test_a_text_among_numbers_that_others_take_for_one_stays_a_text(tmp_path: Path, text: str) -> None:
    (column,) = body(tmp_path, [*[1.5] * 80, text])
    assert column[80] == text
    assert column[79] == 1.5


@pytest.mark.usefixtures("large")
def test_an_empty_text_is_no_value(tmp_path: Path) -> None:
    write(tmp_path / "book.xlsx", [["a", "b"]], 0, 0, constant_memory=True)
    empty = changed(tmp_path / "book.xlsx", lambda xml: xml.replace(b"<t>a</t>", b"<t></t>"))
    assert open_sheets(empty).sheet("S").body(1).columns[0].tolist() == [None, "b"]


# ── in pieces ────────────────────────────────────────────────────────────────


def ledger(*, gap: bool = False) -> list[list[Any]]:
    """Numbers, dates with gaps, texts, and a column that is empty but at its end; 40 rows, some of them empty if wanted."""
    numbers: list[Any] = [n + 0.5 if n > 30 else n for n in range(40)]
    days = [None if n % 7 == 0 else dt.datetime(2024, 1, 1) + dt.timedelta(days=n) for n in range(40)]
    names = [f"Customer {n % 3}" for n in range(40)]
    late: list[Any] = [None] * 39 + [dt.datetime(2025, 1, 1)]
    return [[None if gap and 10 <= n < 25 else cell for n, cell in enumerate(column)] for column in (numbers, days, names, late)]


def read(file: Path) -> Grid:
    return open_sheets(file).sheet("S").body(1)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("gap", [False, True], ids=["full", "with empty rows"])
@pytest.mark.parametrize("inline", [False, True], ids=["shared texts", "inline texts"])
@pytest.mark.parametrize("at", [(0, 0), (0, 2)], ids=["from A", "from C"])
def test_a_sheet_in_pieces_reads_as_a_whole(tmp_path: Path, cut: list[int], gap: bool, inline: bool, at: tuple[int, int]) -> None:
    file = tmp_path / "book.xlsx"
    write(file, ledger(gap=gap), *at, constant_memory=inline)
    sheet = open_sheets(file).sheet("S")
    for _ in range(2):  # surveyed on the way, and then known
        assert described(sheet.body(1).columns) == described(plainly(file, 1))
        assert len(cut) > 5
        cut.clear()


@pytest.mark.usefixtures("large")
def test_what_excel_writes_behind_the_rows_does_not_keep_them_together(tmp_path: Path, cut: list[int]) -> None:
    write(tmp_path / "book.xlsx", ledger(), 0, 0)
    behind = b'<extLst><ext xmlns:x14="x" uri="{1}"><x14:dataValidations/></ext></extLst></worksheet>'
    file = changed(tmp_path / "book.xlsx", lambda xml: xml.replace(b"</worksheet>", behind))
    assert described(read(file).columns) == described(plainly(file, 1))
    assert len(cut) > 5


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("odd", [17, True, dt.datetime(2024, 1, 31), dt.timedelta(hours=30), CellError("#N/A")])
def test_a_piece_of_another_kind_is_told_from_the_others(tmp_path: Path, cut: list[int], odd: Any) -> None:
    file = tmp_path / "book.xlsx"
    write(file, [["text"] * 80 + [odd], list(range(81))], 0, 0)
    assert described(read(file).columns) == described(plainly(file, 1))
    assert cut == [] or len(cut) > 5  # error values are seen before


UNUSUAL: dict[str, Callable[[bytes], bytes]] = {
    "comment": lambda xml: xml.replace(b'<row r="20"', b'<!-- <row r="19"><c r="A19"><v>1</v></c></row> --><row r="20"'),
    "instruction": lambda xml: xml.replace(b"<sheetData>", b"<sheetData ><?x?>"),
    "prefix": lambda xml: re.sub(rb"(</?)(\w+)(?=[\s/>])", rb"\1x:\2", xml).replace(b"xmlns=", b"xmlns:x="),
    "cells without names": lambda xml: re.sub(rb' r="[A-Z]+\d+"', b"", xml),
    "rows without numbers": lambda xml: re.sub(rb'<row r="(?!1")\d+"', b"<row", xml),
    "number last": lambda xml: re.sub(rb'<row r="(2\d)"', lambda m: b'<row ht="9" r="%s"' % m[1], xml),
    "a row twice": lambda xml: xml.replace(b'<row r="30"', b'<row r="29"').replace(b'r="A30"', b'r="A29"'),
    "cells of a row above": lambda xml: re.sub(rb'<c r="([A-D])20"', rb'<c r="\g<1>12"', xml),
    "cells of a row below": lambda xml: re.sub(rb'<c r="([A-D])20"', rb'<c r="\g<1>70"', xml),
    "a row after those below": lambda xml: re.sub(rb'(<row r="20".*?</row>)(.*)(</sheetData>)', rb"\2\1\3", xml),
    "a zero in front": lambda xml: xml.replace(b'<row r="20"', b'<row r="020"'),
}


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("change", UNUSUAL.values(), ids=UNUSUAL)
def test_a_sheet_written_in_another_way_is_not_read_in_pieces(
    tmp_path: Path, cut: list[int], monkeypatch: pytest.MonkeyPatch, change: Callable[[bytes], bytes]
) -> None:
    write(tmp_path / "book.xlsx", ledger(), 0, 0)
    file = changed(tmp_path / "book.xlsx", change)
    sheet = open_sheets(file).sheet("S")
    on_the_way = described(sheet.body(1).columns)
    cut.clear()
    in_pieces = described(sheet.body(1).columns)
    assert len(cut) < 2
    assert on_the_way == in_pieces
    monkeypatch.setattr(pieces, "piece_size", lambda _: 1 << 20)
    assert in_pieces == described(read(file).columns)


def test_what_all_sheets_have_in_common_is_worked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        for number in range(20):
            book.add_worksheet(f"S{number}").write(0, 0, number)
    asked, size = [], pieces.piece_size
    monkeypatch.setattr(pieces, "piece_size", lambda package: asked.append(package) or size(package))
    assert len(open_sheets(tmp_path / "book.xlsx").sheets()) == 20
    assert len(asked) == 1  # it looks at all parts: once a sheet, and many sheets would take the square of their number


@pytest.mark.usefixtures("large", "cut")
@pytest.mark.parametrize("row", [5, 39])
def test_no_library_reads_a_sheet_that_nobody_has_looked_at(tmp_path: Path, row: int) -> None:
    write(tmp_path / "book.xlsx", ledger(), 0, 0)
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'  # calamine would take half a terabyte for it
    file = changed(tmp_path / "book.xlsx", lambda xml: xml.replace(b'<row r="%d"' % row, far + b'<row r="%d"' % row))
    for rows in (3, 1_000):
        assert open_sheets(file).sheet("S").head(rows)[1][:3] == [0, None, "Customer 0"]
    with pytest.raises(FormatError, match="spread over"):
        open_sheets(file).sheet("S").body(1)


@pytest.mark.usefixtures("large")
def test_beside_a_large_sheet_another_is_looked_at_when_somebody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "piece_size", lambda _: 1_000)
    monkeypatch.setattr(survey, "_WORTH_WAITING", 1)
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        for name, columns in {"S": ledger(), "T": [["x", 1.5], ["y", 2.5]]}.items():
            sheet = book.add_worksheet(name)
            for at, column in enumerate(columns):
                for row, value in enumerate(column):
                    sheet.write(row, at, *([value, book.add_format({"num_format": "yyyy-mm-dd"})] if isinstance(value, dt.datetime) else [value]))
    plain = open_sheets(tmp_path / "book.xlsx")
    assert [column.tolist() for column in plain.sheet("T").body(1).columns] == [[1.5], [2.5]]
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    file = changed(tmp_path / "book.xlsx", lambda xml: xml if b'r="39"' in xml else xml.replace(b"</sheetData>", far))
    hostile = open_sheets(file)
    assert len(hostile.sheet("S").body(1).columns) == 4
    with pytest.raises(FormatError, match="spread over"):
        hostile.sheet("T").body(1)


# ── what a sheet claims ──────────────────────────────────────────────────────


def changed(file: Path, change: Callable[[bytes], bytes]) -> Path:
    out = file.with_name("changed.xlsx")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if "worksheets" in name else old.read(name))
    return out


def extent(xml: str) -> Extent:
    """The extent of a sheet with these rows, taken in pieces."""
    found = Extent("book.xlsx", len(xml))
    for piece in re.findall(r"(?s).{1,50000}(?=<|$)|.+", f"<worksheet><sheetData>{xml}</sheetData></worksheet>"):
        found.take(piece.encode())
    return found


def rows(first: int, last: int) -> str:
    cells = '<c r="A{0}" s="1"><v>{0}</v></c><c r="B{0}" t="inlineStr"><is><t>borrow 12:30, don\'t</t></is></c>'
    return "".join(f'<row r="{n}">{cells.format(n)}</row>' for n in range(first, last))


MANY = rows(1, 3_000)


@pytest.mark.parametrize(
    ("xml", "reach"),
    [
        ("", 0),
        (MANY, 2_999 * 26),
        (rows(999_999, 1_000_003), 1_000_002 * 26),
        (MANY + '<row r="70000"><c r="AB70000"/></row>' + rows(70_001, 71_000), 70_999 * 28),
        (MANY + '<row r="3000"><c r="A3000"/><c r="ABC3000"/></row>' + rows(3_001, 4_000), 3_999 * 731),
        (MANY + '<row r="3000"><c r="ABC9999"/></row>', 3_000 * 731),
        (rows(1, 99) + '<row r="99"><c r="XFD1"/><c r="A98"/></row>' + rows(100, 9_000), 8_999 * 16_384),
        (rows(99_000, 100_500) + '<row r="100500"><c r="XFD700000"/></row>', 700_000 * 16_384),
        (MANY + "<row r='50000'><c r='AB50000'/></row>", 50_000 * 28),
        (MANY + '<row spans="1:2" r="50000"/>' + rows(50_001, 50_003), 50_002 * 26),
        (MANY + '<row\n r="50000"/>', 50_000 * 26),
        (MANY.replace("<", "<x:").replace("<x:/", "</x:") + '<x:row r = "50000"/>', 50_000 * 2),
        (MANY + '<row r="3000"><c r="A900000"/></row>', 900_000 * 26),
        (MANY + '<row r="3000"><c s="1" r="A900000"/></row>', 900_000 * 26),
        (MANY + '<row r="3000"><c r="xfd3000"/></row>', 3_000 * 16_384),
        (MANY + '<row r="3000"><c t="n" r ="XFD3000"/></row>', 3_000 * 16_384),
        (MANY + '<row r="3000">' + "<c/>" * 30 + "</row>", 3_000 * 30),
        (MANY + '<row r="3000"><c><v>1</v></c></row>', 3_000 * 26),
    ],
    ids=[
        "none", "many", "a million", "wide", "731 columns", "a row of as many digits", "wide first", "wide and below", "single quotes",
        "number last", "line break", "prefix", "cell below", "cell named last", "small letters", "space", "cells without names",
        "a cell without name",
    ],
)  # fmt: skip
def test_how_far_the_cells_of_a_sheet_reach_is_seen_however_it_is_written(xml: str, reach: int) -> None:
    assert extent(xml).dense == reach


@pytest.mark.parametrize(("before", "quote"), [("", '"'), ("", "'"), (" ", "'"), ("\n\t", "'"), (" ", '"')])
@pytest.mark.parametrize(("kind", "expected"), [("e", (True, False)), ("b", (False, True)), ("d", (False, True)), ("s", (False, False))])
def test_error_values_and_rare_kinds_of_cells_are_seen(kind: str, expected: tuple[bool, bool], before: str, quote: str) -> None:
    found = extent(MANY + f'<row r="3000"><c r="A3000" t={before}{quote}{kind}{quote}><v>1</v></c></row>' + rows(3_001, 4_000))
    assert (found.has_errors, found.has_rare) == expected


@pytest.mark.parametrize(
    "odd", ["<!-- -->", "<?x?>", "<x:c/>", '<row s="1"/>', "<row/>", '<c s="1" r="A1"/>', "<c/>", "<c>", "<c r='A1'/>", "<v a ='1'/>"]
)
def test_a_sheet_that_is_written_in_an_unusual_way_is_seen(odd: str) -> None:
    usual = rows(1, 3_000).replace("don't", "<r><rPr/></r>").encode()
    assert is_usual(usual, 0, len(usual))
    unusual = usual + f'<row r="3000">{odd}</row>'.encode() + usual
    assert not is_usual(unusual, 0, len(unusual))
