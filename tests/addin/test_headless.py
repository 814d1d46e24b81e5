"""`xlseg refresh` computes the formulas in the user's cells: they show what the functions answer in plain Python."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from formula_books import TODAY, desk_of
from openpyxl.worksheet.formula import ArrayFormula

from xlseg.addin import functions
from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.desk import at
from xlseg.addin.headless import CellFormulas
from xlseg.cli import main
from xlseg.demo import make_book, write_book
from xlseg.hosts.file import WorkbookFile
from xlseg.workbook import CellError, Value

AS_OF = dt.date(2026, 8, 31)
"""Another day than the last of the book, and than the day of the refresh."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of forty customers with its tabs."""
    path = tmp_path_factory.mktemp("book") / "erp.xlsx"
    write_book(make_book(40, 7), path)
    assert main(["refresh", str(path), "--as-of", AS_OF.isoformat()]) == 0
    return path


def segments(path: Path) -> list[dict[str, Value]]:
    """The rows of the Segments tab by heading."""
    sheet = openpyxl.load_workbook(path, data_only=True)["Segments"]
    headings, *rows = sheet[sheet.tables["tblSegments"].ref]
    return [{str(h.value): cell.value for h, cell in zip(headings, row, strict=True)} for row in rows]


@pytest.fixture(scope="module")
def first(demo: Path) -> str:
    return str(segments(demo)[0]["Customer ID"])


def with_formulas(demo: Path, path: Path, formulas: dict[str, Any]) -> Path:
    book = openpyxl.load_workbook(demo)
    sheet = book.create_sheet("Report")
    for place, formula in formulas.items():
        sheet[place] = formula
    book.save(path)
    return path


def computed(path: Path, as_of: dt.date | None = AS_OF, exports: Path | None = None) -> dict[str, Value]:
    """What the report shows when its formulas, and nothing but they, have been computed."""
    source = WorkbookFile(exports) if exports else None
    WorkbookFile(path, formulas=CellFormulas(TODAY, as_of, source)).write([])
    return report(path)


def report(path: Path) -> dict[str, Value]:
    sheet = openpyxl.load_workbook(path, data_only=True)["Report"]
    return {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row}


def shown(value: Any) -> Value:
    """An answer as a cell shows it: the first of several; an empty text is read back as nothing."""
    while isinstance(value, list):
        value = value[0]
    return value.code if isinstance(value, CellError) else value or (None if value == "" else value)


@pytest.fixture(scope="module")
def answers(demo: Path, first: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Value]:
    """Every formula with its first required arguments, refreshed once."""
    calls = {f"B{row}": f"={formula.name}({', '.join(given(formula.name))})" for row, formula in enumerate(FORMULAS, start=2)}
    path = with_formulas(demo, tmp_path_factory.mktemp("all") / "book.xlsx", {"A1": first, **calls})
    return computed(path)


def given(name: str) -> Iterator[str]:
    """The required arguments of a formula as they are typed."""
    words = {"customers": "A1", "dates": "DATE(2026,6,30)", "text": '"payment_velocity"'}
    record = next(formula for formula in FORMULAS if formula.name == name)
    return (words.get(argument.kind, "3") for argument in record.required)


@pytest.mark.parametrize(("row", "name"), list(enumerate((formula.name for formula in FORMULAS), start=2)))
def test_a_cell_shows_what_the_function_answers(demo: Path, first: str, answers: dict[str, Value], row: int, name: str) -> None:
    plain = {"A1": first, "DATE(2026,6,30)": dt.date(2026, 6, 30), '"payment_velocity"': "payment_velocity", "3": 3}
    record = next(formula for formula in FORMULAS if formula.name == name)
    day = {argument.name: AS_OF for argument in record.arguments if argument.name in ("as_of", "after")}
    with at(desk_of(demo)):
        answer = getattr(functions, name)(*(plain[word] for word in given(name)), **day)
    assert answers[f"B{row}"] == (pytest.approx(shown(answer)) if isinstance(shown(answer), float) else shown(answer))


def test_an_array_over_a_column_of_ours_shows_what_the_tabs_show(demo: Path, tmp_path: Path) -> None:
    rows = segments(demo)
    ids = openpyxl.load_workbook(demo)["Segments"].tables["tblSegments"].ref.replace("A", "$A").partition(":")[0]
    reach = f"A1:A{len(rows)}"
    formulas = {
        "A1": ArrayFormula(reach, "=SEGMENT(tblSegments[Customer ID])"),
        "C1": ArrayFormula(reach.replace("A", "C"), "=OPEN_BALANCE(tblSegments[[#Data],[Customer ID]])"),
        "D1": f"=OPEN_BALANCE(Segments!{ids})",  # the heading is no customer
    }
    path = with_formulas(demo, tmp_path / "book.xlsx", formulas)
    found = computed(path)
    assert [found[f"A{i}"] for i in range(1, len(rows) + 1)] == [row["Segment"] for row in rows]
    assert [found[f"C{i}"] for i in range(1, len(rows) + 1)] == pytest.approx([row["Open Balance"] for row in rows])
    assert found["D1"] == "#N/A"


def test_without_a_date_the_one_on_config_counts(demo: Path, first: str, tmp_path: Path) -> None:
    path = with_formulas(demo, tmp_path / "book.xlsx", {"A1": "=XLSEG_CHECK()", "A2": "=XLSEG_CHECK(,DATE(2026,6,30))"})
    book = openpyxl.load_workbook(path)
    config = next(row for row in book["Config"].iter_rows() if row[0].value == "As of")
    config[1].value = dt.date(2026, 7, 31)
    book.save(path)
    found = computed(path, None)
    assert [str(found[place])[:16] for place in ("A1", "A2")] == ["as of 2026-07-31", "as of 2026-06-30"]


def test_exports_from_elsewhere_are_what_the_formulas_read(demo: Path, first: str, tmp_path: Path) -> None:
    path = with_formulas(demo, tmp_path / "book.xlsx", {"A1": first, "B1": "=OPEN_BALANCE(A1)"})
    book = openpyxl.load_workbook(path)
    for name in ("Customers", "Invoices", "Payments", "SalesOrders", "Reminders"):
        del book[name]
    book.save(path)
    assert computed(path, exports=demo)["B1"] == segments(demo)[0]["Open Balance"]


def test_the_report_says_what_was_computed_and_what_was_left(demo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    formulas = {"A1": "=XLSEG_VERSION()", "A2": '=IF(1,SEGMENT("x"),"")', "A3": "=DSO(NoSuchTable[#All])", "A4": "=SEGMENT_AT(A1,TODAY())"}
    path = with_formulas(demo, tmp_path / "book.xlsx", formulas)
    assert main(["refresh", str(path), "--as-of", AS_OF.isoformat()]) == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("formulas"))
    assert line == "formulas  1 computed, 1 with a new answer; 3 left for a spreadsheet program to compute: Report!A2, Report!A3, Report!A4"
    assert main(["refresh", str(path), "--as-of", AS_OF.isoformat(), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)["formulas"]
    assert facts == {"computed": 1, "changed": 0, "left": ["Report!A2", "Report!A3", "Report!A4"]}
