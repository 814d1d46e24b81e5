"""Formulas of ours in the user's cells: their values are brought up to date, and nothing else in their sheets."""

import datetime as dt
import re
import shutil
import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from openpyxl.worksheet.table import TableColumn
from workbooks import MAIN, add_part, cells, part_of, parts, repacked, segments

from xlseg.hosts.a1 import Area
from xlseg.hosts.calls import Call, Found, Literal, Named, Reference, TableReference, found
from xlseg.hosts.file import WorkbookFile
from xlseg.workbook import CellError, Recomputed, Source, Value

NAMES = {"TWICE", "SHOUT", "NONE", "SIZE", "SHAPE", "DAY"}


class Toys:
    """Five functions whose answers are seen at a glance."""

    names: Collection[str] = NAMES

    def of(self, book: Source) -> Callable[[str, Sequence[Any]], Any]:
        answers: Mapping[str, Callable[..., Any]] = {
            "TWICE": lambda given: [[2 * v for v in row] for row in given] if isinstance(given, tuple) else 2 * given,
            "SHOUT": lambda given: [[v and v.upper() for v in row] for row in given] if isinstance(given, tuple) else str(given).upper(),
            "NONE": lambda *given: CellError("#N/A"),
            "SIZE": lambda given, *more: float(len(given) * len(given[0])) + len(more) if isinstance(given, tuple) else 1.0,
            "SHAPE": lambda rows, columns: [[float(10 * r + c) for c in range(int(columns))] for r in range(int(rows))],
            "DAY": lambda given: given + dt.timedelta(days=1),
        }
        return lambda name, given: answers[name](*given)


def book(path: Path, formulas: Mapping[str, str], *, epoch_1904: bool = False, more: Callable[[Any, Any], None] = lambda *_: None) -> Path:
    """A sheet Data with the table tblData (names in A, numbers in B, dates in C; rows 2 to 4) and a sheet Report with formulas without sense yet."""
    file = xlsxwriter.Workbook(str(path), {"date_1904": epoch_1904})
    data, report = file.add_worksheet("Data"), file.add_worksheet("Report")
    day = file.add_format({"num_format": "yyyy-mm-dd"})
    rows = [["ann", 1, dt.date(2026, 1, 1)], ["bob", 2, dt.date(2026, 1, 2)], ["cyd", 4.5, dt.date(2026, 1, 3)]]
    headings = [{"header": "Who"}, {"header": "How much"}, {"header": "When", "format": day}]
    data.add_table("A1:C4", {"name": "tblData", "columns": headings, "data": rows})
    for place, words in formulas.items():
        write = report.write_dynamic_array_formula if words.startswith("{=") and ":" not in place else report.write_formula
        write(place, words, None, -1)
    more(file, report)
    file.close()
    return path


def test_a_date_that_no_calendar_holds_is_left_to_the_spreadsheet() -> None:
    assert found("DAY(DATE(99999999999,1,1))", NAMES) == Found(None)
    assert found("DAY(DATE(2026,13,1))", NAMES) == Found(None)


def recomputed(path: Path) -> Recomputed:
    return WorkbookFile(path, formulas=Toys()).write([]).recomputed


def report(path: Path) -> dict[str, Value]:
    return cells(path, "Report")


# ── what is understood ───────────────────────────────────────────────────────

B2, B2_C4 = Area(2, 2, 2, 2), Area(2, 2, 4, 3)


@pytest.mark.parametrize(
    ("words", "argument"),
    [
        ("TWICE(B2)", Reference(None, B2)),
        ("twice( $B$2 )", Reference(None, B2)),
        ("_xlfn.TWICE(B2)", Reference(None, B2)),
        ("_xludf.twice(B2)", Reference(None, B2)),
        ("XLSEG.TWICE(B2)", Reference(None, B2)),
        ("ORG.XLSEG.ADDIN.TWICE(B2)", Reference(None, B2)),
        ("+TWICE(B2)", Reference(None, B2)),
        ("TWICE(C4:B2)", Reference(None, B2_C4)),
        ("TWICE(Data!$B$2:$C$4)", Reference("Data", B2_C4)),
        ("TWICE('It''s data'!B2)", Reference("It's data", B2)),
        ("TWICE(B:C)", Reference(None, Area(1, 2, 1_048_576, 3))),
        ("TWICE(2:4)", Reference(None, Area(2, 1, 4, 16_384))),
        ("TWICE(tblData[#All])", TableReference("tblData", frozenset({"all"}))),
        ("TWICE(tblData[How much])", TableReference("tblData", columns=("How much",))),
        ("TWICE(tblData[[#Headers],[#Data],[Who]:[How much]])", TableReference("tblData", frozenset({"headers", "data"}), ("Who", "How much"))),
        ("TWICE(tblData[[#This Row],[Who]])", TableReference("tblData", frozenset({"this row"}), ("Who",))),
        ("TWICE([@[How much]])", TableReference("", frozenset({"this row"}), ("How much",))),
        ("TWICE([[#This Row],How much])", TableReference("", frozenset({"this row"}), ("How much",))),  # as XlsxWriter writes it
        ("TWICE(tblData[@Who])", TableReference("tblData", frozenset({"this row"}), ("Who",))),
        ("TWICE(tblData['#1 '[net']])", TableReference("tblData", columns=("#1 [net]",))),
        ("TWICE(Balances)", Named("Balances")),
        ("TWICE(-8%)", Literal(-0.08)),
        ("TWICE(1.5E3)", Literal(1500.0)),
        ('TWICE("a ""b"", c")', Literal('a "b", c')),
        ("TWICE(TRUE)", Literal(True)),
        ("TWICE(#N/A)", Literal(CellError("#N/A"))),
        ("TWICE(DATE(2026,9,30))", Literal(dt.datetime(2026, 9, 30))),
    ],
)
def test_an_argument_that_is_a_place_or_a_value_is_understood(words: str, argument: object) -> None:
    assert found(words, NAMES) == Found(Call("TWICE", (argument,)))  # type: ignore[arg-type]


def test_arguments_may_be_left_out() -> None:
    assert found("SIZE(B2,,1,)", NAMES) == Found(Call("SIZE", (Reference(None, B2), None, Literal(1.0), None)))
    assert found("NONE()", NAMES) == Found(Call("NONE", ()))


@pytest.mark.parametrize(
    "words",
    [
        "IF(A2=0,0,TWICE(A2))",
        "TWICE(A2)+1",
        "-TWICE(A2)",
        "TWICE(A2+1)",
        "TWICE(TWICE(A2))",
        "TWICE(A2:B3 B2)",
        "TWICE((A1,B2))",
        "TWICE(TODAY())",
        "TWICE({1;2})",
        "TWICE(A2#)",
        "TWICE(DATE(2026,13,1))",
        "TWICE(DATE(A1,1,1))",
        "TWICE(Data!#REF!)",
        "TWICE(tblData[[Who],[When]])",
        "TWICE(A1:INDEX(A:A,3))",
    ],
)
def test_a_formula_that_is_more_than_a_call_of_ours_is_found_and_left(words: str) -> None:
    assert found(words, NAMES) == Found(None)


@pytest.mark.parametrize("words", ["SUM(A2)", 'IF(A1="TWICE(A2)",1,0)', "THRICE(A2)", "MYTWICE(A2)", "OTHER.TWICE(A2)", "[1]!TWICE(A2)", "TWICE"])
def test_functions_of_others_are_none_of_ours(words: str) -> None:
    assert found(words, NAMES) is None


# ── what is computed ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("=TWICE(Data!B2)", 2),
        ("=TWICE(tblData[How much])", 2),  # a single cell shows the first of three
        ("=SIZE(tblData)", 9),
        ("=SIZE(tblData[])", 9),
        ("=SIZE(tblData[#All])", 12),
        ("=SIZE(tblData[#Headers])", 3),
        ("=SIZE(tblData[[#All],[Who]:[How much]])", 8),
        ("=SIZE(Data!A:B)", 8),  # rows 1 to 4 are in use
        ("=SIZE(Data!2:3)", 2 * 3),
        ("=SIZE(Balances)", 3),
        ("=SIZE(Balances,1,2)", 5),
        ("=SHOUT(data!A3)", "BOB"),
        ('=SHOUT("<é> & ""b""")', '<É> & "B"'),
        ("=NONE(tblData)", "#N/A"),
        ("=TWICE(-8%)", -0.16),
        ("=DAY(Data!C2)", 46024),  # 2 January 2026
        ("=DAY(DATE(2026,1,1))", 46024),
    ],
)
def test_the_value_beside_a_formula_is_its_answer(tmp_path: Path, words: str, value: Value) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": words}, more=lambda file, _: file.define_name("Balances", "=Data!$B$2:$B$4"))
    assert recomputed(path) == Recomputed(1, 1)
    assert report(path)["B2"] == value
    assert cells(path, "Report", formulas=True)["B2"] == words
    before = path.read_bytes()
    assert recomputed(path) == Recomputed(1, 0)
    assert path.read_bytes() == before


def test_nothing_but_the_values_of_these_cells_is_touched(tmp_path: Path) -> None:
    def elsewhere(file: Any, _: Any) -> None:
        file.add_worksheet("Third").write_formula("A1", "=TWICE(Data!B3)+1", None, -1)

    path = book(tmp_path / "b.xlsm", {"B2": '=SHOUT("a""b")', "C2": "=TWICE(Data!B4)"}, more=elsewhere)

    def as_excel(members: dict[str, bytes]) -> None:
        members["xl/calcChain.xml"] = b'<calcChain xmlns="%s"><c r="B2" i="2"/><c r="C2"/><c r="A1" i="3"/></calcChain>' % MAIN
        add_part(members, "calcChain", "xl/calcChain.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml")

    before = parts(repacked(path, as_excel))
    assert recomputed(path) == Recomputed(2, 2, ("Third!A1",))
    after = parts(path)
    sheet = "xl/worksheets/sheet2.xml"
    assert {name for name in before if before[name] != after[name]} == {sheet}
    old = before[sheet].decode()
    for name, kind, value in (("B2", ' t="str"', 'A"B'), ("C2", "", "9")):
        old = re.sub(rf'(<c r="{name}")(><f>[^<]*</f>)<v>-1</v>', rf"\g<1>{kind}\g<2><v>{value}</v>", old)
    assert after[sheet].decode() == old


def test_a_cell_that_changes_its_kind_keeps_its_look(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {}, more=lambda file, sheet: sheet.write_formula("B2", "=SHOUT(Data!A2)", file.add_format({"bold": True}), 7))
    recomputed(path)
    cell = openpyxl.load_workbook(path, data_only=True)["Report"]["B2"]
    assert (cell.value, cell.font.b) == ("ANN", True)


def test_shared_formulas_have_each_their_own_answer(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "=TWICE(Data!B2)", "B3": "=TWICE(Data!B3)", "B4": "=TWICE(Data!B4)"})

    def share(members: dict[str, bytes]) -> None:
        sheet = members["xl/worksheets/sheet2.xml"].replace(b"<f>TWICE(Data!B2)</f>", b'<f t="shared" ref="B2:B4" si="0">TWICE(Data!B2)</f>')
        members["xl/worksheets/sheet2.xml"] = re.sub(rb"<f>TWICE\(Data!B[34]\)</f>", b'<f t="shared" si="0"/>', sheet)

    repacked(path, share)
    assert recomputed(path) == Recomputed(3, 3)
    assert [report(path)[name] for name in ("B2", "B3", "B4")] == [2, 4, 9]
    assert parts(path)["xl/worksheets/sheet2.xml"].count(b'<f t="shared" si="0"/>') == 2


def test_a_column_of_a_table_is_answered_row_by_row(tmp_path: Path) -> None:
    def add(_: Any, sheet: Any) -> None:
        columns = [{"header": "Id"}, {"header": "Twice", "formula": "=TWICE(tblMine[@[Id]])"}]
        sheet.add_table("A1:B4", {"name": "tblMine", "columns": columns, "data": [[3], [5], [8]]})

    path = book(tmp_path / "b.xlsx", {}, more=add)
    assert b"tblMine[[#This Row],[Id]]" in parts(path)["xl/worksheets/sheet2.xml"]
    assert recomputed(path) == Recomputed(3, 3)
    assert [report(path)[name] for name in ("B2", "B3", "B4")] == [6, 10, 16]


def test_a_new_row_of_a_tab_of_ours_continues_the_users_formula_and_has_its_answer(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {})
    WorkbookFile(path).write([segments({"0017": 1.0, "0018": 2.0})])
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Segments"]
    sheet["E4"], sheet["E5"], sheet["E6"] = "Twice", "=TWICE(C5)", "=TWICE(C6)"
    table = sheet.tables["tblSegments"]
    table.ref = table.autoFilter.ref = "A4:E6"
    table.tableColumns.append(TableColumn(id=9, name="Twice"))
    workbook.save(path)
    written = WorkbookFile(path, formulas=Toys()).write([segments({"0017": 1.0, "0018": 20.0, "0019": 300.0})])
    assert written.recomputed == Recomputed(3, 3)
    assert [cells(path)[name] for name in ("E5", "E6", "E7")] == [2, 40, 600]


def test_arguments_see_the_tabs_as_they_are_written(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "=SIZE(tblSegments[#All])", "B3": "=TWICE(Segments!C5)"})
    assert recomputed(path).left == ("Report!B2", "Report!B3")  # there is no such table yet
    assert WorkbookFile(path, formulas=Toys()).write([segments({"0017": 1.5})]).recomputed.left == ()
    assert (report(path)["B2"], report(path)["B3"]) == (2 * 4, 3)


def test_formulas_that_refer_to_each_other_are_answered_in_their_order(tmp_path: Path) -> None:
    path = book(
        tmp_path / "b.xlsx", {"B2": "=TWICE(B3)", "B3": "=TWICE(Report!B4)", "B4": "=TWICE(Data!B2)", "C1": "=SIZE(B1:B4)", "D1": "=TWICE(B2:B4)"}
    )
    assert recomputed(path) == Recomputed(5, 5)
    assert {name: report(path)[name] for name in ("B4", "B3", "B2", "C1", "D1")} == {"B4": 2, "B3": 4, "B2": 8, "C1": 4, "D1": 16}


def test_formulas_that_refer_to_themselves_are_left(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "=TWICE(B3)", "B3": "=TWICE(B2)", "B4": "=TWICE(B4)", "B5": "=TWICE(Data!B2)"})
    assert recomputed(path) == Recomputed(1, 1, ("Report!B2", "Report!B3", "Report!B4"))
    assert report(path)["B5"] == 2


def test_a_circle_of_formulas_that_all_refer_to_all_is_left_and_what_stands_beside_it_is_not(tmp_path: Path) -> None:
    circle = {f"B{row}": "=SHOUT(B1:B400)" for row in range(1, 401)}
    path = book(tmp_path / "b.xlsx", circle | {"D1": "=TWICE(Data!B2)", "D2": "=SHOUT(B7)"})
    done = recomputed(path)
    assert (done.formulas, len(done.left), report(path)["D1"]) == (2, 400, 2)


def test_formulas_that_refer_to_more_than_can_be_followed_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlseg.hosts.recompute._MOST_STEPS", 30)
    path = book(tmp_path / "b.xlsx", {f"B{row}": f"=SHOUT(B{row + 1}:B20)" for row in range(1, 10)})
    assert (recomputed(path).formulas, len(recomputed(path).left)) == (0, 9)


def test_a_long_chain_of_formulas_is_followed(tmp_path: Path) -> None:
    formulas = {f"B{row}": f"=SHOUT(B{row + 1})" for row in range(1, 3000)} | {"B3000": '=SHOUT("end")'}
    path = book(tmp_path / "b.xlsx", formulas)
    assert recomputed(path) == Recomputed(3000, 3000)
    assert report(path)["B1"] == "END"


# ── arrays ───────────────────────────────────────────────────────────────────


def test_every_cell_of_an_array_formula_has_its_part_of_the_answer(tmp_path: Path) -> None:
    def add(_: Any, sheet: Any) -> None:
        sheet.write_array_formula("B2:C5", "{=SHAPE(3,2)}", None, -1)
        sheet.write_array_formula("E2:F3", "{=SHAPE(1,2)}", None, -1)
        sheet.write_array_formula("H2:I3", "{=SHAPE(1,1)}", None, -1)

    path = book(tmp_path / "b.xlsx", {}, more=add)
    recomputed(path)
    found = report(path)
    assert [found[f"B{r}"] for r in (2, 3, 4, 5)] == [0, 10, 20, "#N/A"]
    assert [found[f"C{r}"] for r in (2, 3, 4, 5)] == [1, 11, 21, "#N/A"]
    assert [[found[f"{c}{r}"] for c in "EF"] for r in (2, 3)] == [[0, 1], [0, 1]]
    assert [[found[f"{c}{r}"] for c in "HI"] for r in (2, 3)] == [[0, 0], [0, 0]]


def test_a_spilled_answer_grows_and_shrinks_with_its_arguments(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "{=SHOUT(tblData[Who])}", "D9": "=SUM(1)"})
    sheet = "xl/worksheets/sheet2.xml"
    assert recomputed(path) == Recomputed(1, 1)
    assert [report(path).get(f"B{r}") for r in (2, 3, 4, 5)] == ["ANN", "BOB", "CYD", None]
    assert b'<f t="array" ref="B2:B4">SHOUT(tblData[Who])</f>' in parts(path)[sheet]
    assert b'<c r="B2" cm="1" t="str">' in parts(path)[sheet]
    repacked(path, lambda m: m.update({"xl/tables/table1.xml": m["xl/tables/table1.xml"].replace(b"A1:C4", b"A1:C3")}))
    assert recomputed(path) == Recomputed(1, 1)
    assert [report(path).get(f"B{r}") for r in (2, 3, 4)] == ["ANN", "BOB", None]
    assert b'ref="B2:B3"' in parts(path)[sheet]


def test_an_answer_that_has_no_room_is_left(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "{=SHOUT(tblData[Who])}", "B4": "=SUM(1)", "D2": "{=SHAPE(2,2)}", "E1": "{=SHAPE(2,1)}"})
    before = report(path)
    done = recomputed(path)
    assert done == Recomputed(1, 1, ("Report!B2", "Report!D2"))  # E1 spreads down to E2, where D2 would have to spread to
    assert [report(path)[name] for name in ("B2", "D2", "E1", "E2")] == [before["B2"], before["D2"], 0, 10]


@pytest.mark.parametrize("kind", ["", ' cm="1"'])
def test_an_area_beyond_all_measure_is_left(tmp_path: Path, kind: str) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "=SIZE(Data!A1:IV1048576)", "B3": "=TWICE(1)"})
    part, mark = part_of(path, "Report"), kind.encode()
    claim = b'<c r="B2"%s><f t="array" ref="B2:XFD1048576">' % mark
    repacked(path, lambda m: m.update({part: m[part].replace(b'<c r="B2"><f>', claim)}))
    assert recomputed(path) == Recomputed(1, 1, ("Report!B2",))
    tall = b'<c r="B2"%s><f t="array" ref="B2:B1000000">' % mark
    repacked(path, lambda m: m.update({part: m[part].replace(claim, tall)}))
    assert recomputed(path) == Recomputed(1, 0, ("Report!B2",))


# ── books of all kinds ───────────────────────────────────────────────────────


def test_days_count_from_1904_where_the_book_says_so(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "=DAY(Data!C2)"}, epoch_1904=True)
    recomputed(path)
    assert report(path)["B2"] == 46024 - 1462


def test_an_error_value_gives_way_to_a_number_and_back(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "=NONE()", "B3": "=TWICE(1)"})
    part = part_of(path, "Report")
    error = b'<c r="B3" t="e" vm="1"><f>TWICE(1)</f><v>#VALUE!</v>'
    repacked(path, lambda m: m.update({part: m[part].replace(b'<c r="B3"><f>TWICE(1)</f><v>-1</v>', error)}))
    recomputed(path)
    assert (report(path)["B2"], report(path)["B3"]) == ("#N/A", 2)
    assert b'<c r="B2" t="e"><f>NONE()</f><v>#N/A</v>' in parts(path)[part]
    assert b'<c r="B3"><f>TWICE(1)</f><v>2</v>' in parts(path)[part]


@pytest.mark.parametrize(
    ("others", "asked"),
    [
        ({}, False),
        ({"D1": "=SUM(B2)"}, True),  # on the same sheet
        ({"D1": "=TWICE(Segments!C5)"}, False),  # computed here
        ({"D1": "=1+TWICE(Segments!C5)"}, True),
    ],
)
def test_a_recalculation_on_opening_is_asked_for_only_where_it_is_needed(tmp_path: Path, others: Mapping[str, str], asked: bool) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "=TWICE(Segments!C5)", "B3": "=SIZE(tblSegments)"} | dict(others))
    repacked(path, lambda m: m.update({"xl/workbook.xml": m["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")}))
    WorkbookFile(path, formulas=Toys()).write([segments({"0017": 1.5})])
    assert (b'fullCalcOnLoad="1"' in parts(path)["xl/workbook.xml"]) is asked


def test_a_dry_run_computes_and_writes_nothing(tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", {"B2": "=TWICE(Data!B2)"})
    before = path.read_bytes()
    assert WorkbookFile(path, formulas=Toys()).write([], save=False).recomputed == Recomputed(1, 1)
    assert path.read_bytes() == before


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_without_the_functions_reads_the_values(tmp_path: Path) -> None:
    # It computes error values and arrays again whatever the file says, so they are not here.
    path = book(tmp_path / "b.xlsx", {"A1": "=TWICE(Data!B4)", "A2": "=SHOUT(Data!A2)"})
    repacked(path, lambda m: m.update({"xl/workbook.xml": m["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")}))
    recomputed(path)
    second = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2"
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", second, "--outdir", str(tmp_path)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=120)
    assert (tmp_path / "b-Report.csv").read_text().split() == ["9", "ANN"]
