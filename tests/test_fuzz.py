"""Whatever is fed to a reader, it reads it or refuses it with one line: never another error, never a sum that does not agree.

A short run of the same examples each time belongs to the suite; `make fuzz` runs hundreds of times as many, new ones each time.
What it found stands here as explicit examples.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import os
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from core.exports import HEADINGS, MemoryBook
from hosts.workbooks import segments
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from xlseg.errors import XlsegError
from xlseg.hosts.file import WorkbookFile
from xlseg.hosts.reading import open_sheets
from xlseg.intake import read_ledger
from xlseg.intake.cells import Cells, objects
from xlseg.intake.dates import dates
from xlseg.intake.headings import fold, header_of
from xlseg.intake.money import LIMIT, amounts
from xlseg.segments.criteria import criterion
from xlseg.segments.rules import RuleSet, read_rules
from xlseg.settings import SETTINGS, Settings, read_settings
from xlseg.sources import open_source
from xlseg.terminal import plain_json, plain_line
from xlseg.workbook import CellError, Source, Value

TIMES = int(os.environ.get("XLSEG_FUZZ", "1"))
"""How many times as many examples as in the suite."""


def examples(count: int) -> Callable[[Any], Any]:
    return settings(
        max_examples=count * TIMES,
        derandomize=TIMES == 1,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


# ── packages ─────────────────────────────────────────────────────────────────

TOKENS = (
    b'"', b"'", b"<", b">", b"/", b"&", b"&#1;", b"&lt;", b"]]>", b"<!--", b"<![CDATA[", b"<?x?>", b"\0", b"\xff", b" ",
    b"=", b":", b"-1", b"0", b"9" * 9,
    b"1e999", b"NaN", b"A1", b"XFD1048576", b"ZZZZ1", b"A0", b'r="A1"', b'r="7"', b't="s"', b't="e"', b't="b"',
    b't="d"', b't="str"', b't="inlineStr"',
    b's="9999"', b"<v>1</v>", b"<v/>", b"<f>A1</f>", b"<is><t>x</t></is>", b"<c/>", b'<c r="B2"/>', b"<row/>", b'<row r="3"/>', b"</row>", b"</c>",
    b"<sheetData>", b"</sheetData>", b"<x:row>", b"../", b"..\\", b'ref="A1:B2"', b'ref="A4:D2000000"', b'count="-1"',
    b'date1904="1"', b'id="x"', b"_x0000_",
)  # fmt: skip


@cache
def seed_book() -> dict[str, bytes]:
    """The parts of a book with every type of cell, and a tab of ours."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet, day = book.add_worksheet("Invoices"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["Invoice No", "Customer ID", "Date", "Amount", "Paid"])
    for row in range(1, 5):
        sheet.write_row(row, 0, [f"INV{row}", "C1"])
        sheet.write_number(row, 2, 46000 + row, day)
        sheet.write_row(row, 3, [row * 1.5, True])
    sheet.write_formula("F2", "=1/0", None, "#DIV/0!")
    sheet.write_rich_string("F3", "a", day, "b", "c")
    book.close()
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"xlseg-fuzz-{os.getpid()}.xlsx"
    path.write_bytes(buffer.getvalue())
    try:
        WorkbookFile(path).write([segments({"A": 1.0, "B": 200.0})])
        with zipfile.ZipFile(path) as package:
            return {name: package.read(name) for name in package.namelist()}
    finally:
        path.unlink()


@st.composite
def mutations(draw: st.DrawFn) -> list[tuple[str, int, int, bytes]]:
    """Part, where (in thousandths and a bit), how many bytes go, what comes instead."""
    names = sorted(name for name in seed_book() if name.endswith((".xml", ".rels")) and not name.startswith(("docProps", "xl/theme")))
    favourites = [name for name in names if "sheet" in name or "table" in name]
    place = st.tuples(
        st.sampled_from(favourites) | st.sampled_from(names), st.integers(0, 10**6), st.sampled_from([0, 0, 1, 2, 5, 40]), st.sampled_from(TOKENS)
    )
    return draw(st.lists(place, min_size=1, max_size=4))


def mutated(changes: list[tuple[str, int, int, bytes]]) -> bytes:
    parts = dict(seed_book())
    for name, where, gone, new in changes:
        data = parts[name]
        at = where * len(data) // 10**6
        if where % 2:  # at a tag: more of these survive the parser
            at = max(data.find(b"<", at), 0)
        parts[name] = data[:at] + new + data[at + gone :]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return buffer.getvalue()


def calm(error: XlsegError) -> None:
    assert len(plain_line(str(error))) < 8_000  # escapes are longer than what they stand for


def read_all(source: Source) -> None:
    for name in source.sheets():
        sheet = source.sheet(name)
        assert sheet.body(1).rows >= 0
        for row in sheet.head():
            for cell in row:
                assert cell is None or isinstance(cell, (str, int, float, bool, dt.date, CellError))


def read_and_edited(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    try:
        read_all(open_sheets(path))
    except XlsegError as error:
        calm(error)
    try:
        WorkbookFile(path).write([segments({"A": 1.0, "C": 5.0})])
    except XlsegError as error:
        assert path.read_bytes() == content
        calm(error)


@examples(60)
@given(changes=mutations())
def test_a_package_with_damaged_parts(tmp_path: Path, changes: list[tuple[str, int, int, bytes]]) -> None:
    read_and_edited(tmp_path / "book.xlsx", mutated(changes))


@examples(60)
@given(edits=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 30), st.binary(max_size=6)), min_size=1, max_size=4), tail=st.booleans())
def test_a_damaged_zip_file(tmp_path: Path, edits: list[tuple[int, int, bytes]], tail: bool) -> None:
    content = mutated([])
    for where, gone, new in edits:
        at = (len(content) - 3000 if tail else 0) + where * (3000 if tail else len(content)) // 10**6
        content = content[:at] + new + content[at + gone :]
    read_and_edited(tmp_path / "book.xlsx", content)


# ── cells ────────────────────────────────────────────────────────────────────

NUMBERS = st.floats() | st.integers(-(10**20), 10**20) | st.sampled_from([0.0, 1e308, -1e308, math.nan, math.inf, 60.0, 2958466.0, 20260131.0])
MOMENTS = st.datetimes() | st.dates()
NUMERIC = st.text(alphabet="0123456789.,-+()eE%$€' \u00a0−CRDR٣１", max_size=90)
DATE_LIKE = st.text(alphabet="0123456789-/. :TZ,JanFebMai", max_size=90)
WORDS = st.text(max_size=40) | st.sampled_from(
    ["=1+1", "+1", "@x", "\t=1", "=cmd|'/c calc'!A0", "\x1b[2J", "_x0041_", "Total", "a" * 33_000, " " * 33_000]
)
VALUES = st.none() | st.booleans() | NUMBERS | MOMENTS | NUMERIC | DATE_LIKE | WORDS | st.builds(CellError, st.sampled_from(["#N/A", "#REF!"]))


@examples(300)
@given(cells=st.lists(VALUES, max_size=6))
@example(cells=["1e99999999999"])
@example(cells=["(" * 16_000])
def test_amounts(cells: list[Value]) -> None:
    read = amounts(Cells(objects(cells)))
    assert not (read.present & read.bad).any()
    assert (np.abs(read.hundredths) <= LIMIT * 100).all()
    assert (read.hundredths[~read.present] == 0).all()


@examples(300)
@given(cells=st.lists(VALUES, max_size=6), epoch_1904=st.booleans())
@example(cells=[math.inf], epoch_1904=False)
@example(cells=["T" * 32_767], epoch_1904=False)
def test_dates(cells: list[Value], epoch_1904: bool) -> None:
    read = dates(Cells(objects(cells)), epoch_1904=epoch_1904)
    known = read.days[~np.isnat(read.days)]
    assert ((known >= np.datetime64("1950-01-01")) & (known <= np.datetime64("2099-12-31"))).all()
    assert not (~np.isnat(read.days) & (read.bad | read.beyond | read.torn)).any()


CRITERION_LIKE = st.text(alphabet="<>=.p%0123456789,+- abc_()'\"\n", max_size=70)


@examples(500)
@given(cell=CRITERION_LIKE | VALUES)
@example(cell="__import__('os').system('true')")
@example(cell=math.inf)
@example(cell="<" * 33_000)
def test_criteria(cell: Value) -> None:
    try:
        found = criterion(cell)
    except ValueError:
        return
    if found is not None and not math.isnan(found.bounds[0].edge.value if found.bounds else 0.0):
        again = criterion(found.written)
        assert again is not None
        assert (again.written, again.text, again.negated) == (found.written, found.text, found.negated)
        assert [bound.sign for bound in again.bounds] == [bound.sign for bound in found.bounds]


@examples(150)
@given(rows=st.lists(st.lists(CRITERION_LIKE | VALUES, max_size=6), max_size=5), headed=st.booleans())
def test_the_rules_sheet(rows: list[list[Value]], headed: bool) -> None:
    head: list[list[Value]] = [["Priority", "Segment", "Risk", "payment_velocity", "n_paid", "currency"]]
    try:
        assert isinstance(read_rules(head + rows if headed else rows), RuleSet)
    except XlsegError as error:
        calm(error)


@examples(150)
@given(rows=st.lists(st.tuples(st.sampled_from([s.key for s in SETTINGS] + ["Heading: x.y", "Heading:"]) | VALUES, VALUES), max_size=4))
@example(rows=[("Window", math.inf)])
@example(rows=[("Window", "9" * 5_000)])
def test_the_config_sheet(rows: list[tuple[Value, Value]]) -> None:
    try:
        assert isinstance(read_settings([["Key", "Value"], *rows]), Settings)
    except XlsegError as error:
        calm(error)


@examples(150)
@given(rows=st.lists(st.lists(VALUES, max_size=6), max_size=4))
def test_headings(rows: list[list[Value]]) -> None:
    number, header = header_of(rows, "invoices", {})
    assert 0 <= number <= len(rows)
    assert all(re.search(r"\w", fold(candidate.heading)) for candidates in header.values() for candidate in candidates)


FILLED = {
    "Invoices": (["I1", "I2", "I1"], ["C1", "C2"], [dt.date(2026, 1, 5)], [dt.date(2026, 2, 5)], [100.0, 0.005]),
    "Payments": (["P1", "P2"], ["C1", "C2"], [dt.date(2026, 3, 5)], [100.0], ["I1", "I2", ""]),
    "SalesOrders": (["O1", "O2"], ["C1", "C2"], [dt.date(2026, 1, 5)], [100.0]),
}


def sheet_rows(name: str) -> st.SearchStrategy[list[tuple[Value, ...]]]:
    """Rows that are mostly good, with a cell of anything here and there."""
    cells = [st.sampled_from(good) | st.sampled_from(good) | VALUES for good in FILLED[name]]
    return st.lists(st.tuples(*cells), max_size=6)


@examples(40)
@given(**{name: sheet_rows(name) for name in FILLED})
def test_every_row_of_any_sheet_is_used_or_left_out_and_the_sums_agree(**sheets: list[tuple[Value, ...]]) -> None:
    book = MemoryBook({name: [HEADINGS[name], *rows] for name, rows in sheets.items()})
    try:
        intake = read_ledger(book, Settings())
    except XlsegError:
        return
    assert all(tally.agrees for tally in intake.tallies)


# ── text files ───────────────────────────────────────────────────────────────


@examples(150)
@given(content=st.binary(max_size=300) | st.text(alphabet='a1,;\t|"\n\r\ufeff\0=é', max_size=300).map(str.encode))
@example(content=b"sep=")
@example(content=b'sep="\na')
@example(content=b"sep=\n\n\r")
def test_csv_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "Invoices.csv"
    path.write_bytes(content)
    try:
        read_all(open_source(path))
    except XlsegError as error:
        calm(error)


XML_TOKENS = (
    "<", ">", "/", '"', "&", "&amp;", "&x;", "<Row>", "</Row>", "<Row/>", "<Cell>", "</Cell>", "<Cell/>",
    "<Data>x</Data>", ' ss:Index="3"', ' ss:Index="-9"',
    ' ss:Index="x"', ' ss:MergeAcross="99999"', ' ss:Type="Number"', ' ss:Type="DateTime"', ' ss:Type="Error"',
    "<Worksheet>", "</Worksheet>", "<!-- -->", "<?x?>",
)  # fmt: skip


@examples(100)
@given(changes=st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 9), st.sampled_from(XML_TOKENS)), max_size=5))
def test_spreadsheetml(tmp_path: Path, changes: list[tuple[int, int, str]]) -> None:
    name = "urn:schemas-microsoft-com:office:spreadsheet"
    rows = '<Row><Cell><Data ss:Type="String">a</Data></Cell><Cell><Data ss:Type="Number">1</Data></Cell></Row>' * 3
    text = f'<Workbook xmlns="{name}" xmlns:ss="{name}"><Worksheet ss:Name="Invoices"><Table>{rows}</Table></Worksheet></Workbook>'
    for where, gone, new in changes:
        at = 130 + where * (len(text) - 130) // 1000
        text = text[:at] + new + text[at + gone :]
    path = tmp_path / "export.xls"
    path.write_text(text)
    try:
        read_all(open_source(path))
    except XlsegError as error:
        calm(error)


# ── the terminal ─────────────────────────────────────────────────────────────


@examples(200)
@given(text=st.text() | st.text(alphabet="\x00\x07\x1b\x7f\x85\x9b\u200e\u202e\u2028\ufeff\udcffaé\n"))
def test_lines_for_the_terminal(text: str) -> None:
    line = plain_line(text)
    line.encode()  # no halves of characters
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)
    plain_json(text).encode()


@pytest.mark.parametrize("text", ["Müller & Söhne", "東京 株式会社", "شركة", "naïve “quotes” – dash · × → Σ", "👩‍👩‍👧"])
def test_names_of_any_script_are_printed_as_they_are(text: str) -> None:
    assert plain_line(text) == text
