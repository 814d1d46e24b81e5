"""What other programs say of a refreshed book: the Open XML SDK finds no error, LibreOffice calculates what is cached."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from books import AS_OF, clock, demo_file, edited, refreshed, rows

from xlseg.hosts.file import WorkbookFile, new_book
from xlseg.refresh import refresh
from xlseg.sources import open_source
from xlseg.tabs.inputs import new_book_tabs

OURS = (
    "Dashboard", "Actions", "Segments", "Movers", "Migration", "Migration Data", "Drill", "Drill Data", "Value", "Cash Forecast", "Metrics",
    "Data Quality", "History", "Run Log", "Rule Sets", "Change Log", "Action Log", "Definitions", "Rules", "Playbook", "Overrides", "Config",
)  # fmt: skip

ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""

Cells = dict[tuple[str, str], object]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    """A workbook refreshed twice, the second time at another date and with other customers; one with macros filled from it; one with odd segments."""
    folder = tmp_path_factory.mktemp("books")
    plain, macros = demo_file(folder / "plain.xlsx", customers=25), folder / "macros.xlsm"
    refreshed(plain, as_of=AS_OF.replace(month=9, day=30))
    refreshed(plain, source=demo_file(folder / "more.xlsx", customers=30))
    new_book(macros, new_book_tabs())
    refresh(WorkbookFile(macros), open_source(plain), AS_OF, clock())
    odd = edited(demo_file(folder / "odd.xlsx", customers=25), _with_odd_segments)
    refreshed(odd)
    return plain, macros, odd


def _with_odd_segments(book: openpyxl.Workbook) -> None:
    """Segments whose names a formula could take for comparisons, patterns, numbers or formulas."""
    sheet = book.create_sheet("Rules")
    sheet.append(["Priority", "Segment", "Risk", "payment_velocity"])
    names = ("<30 days", "VIP*", "VIP A", '="x"', "Slow?~", ">5", "2026", "Total", "Rest")
    limits = (">20", ">10", ">6", ">4", ">2", ">0", ">-2", ">-5", None)
    for row, (name, limit) in enumerate(zip(names, limits, strict=True), start=1):
        sheet.append([10 * row, None, row if limit else None, limit])
        sheet.cell(row + 1, 2).value, sheet.cell(row + 1, 2).data_type = name, "s"


def test_the_open_xml_sdk_finds_no_error(books: tuple[Path, ...]) -> None:
    validator = os.environ.get("OOXML_VALIDATOR")
    if not validator:
        pytest.skip("OOXML_VALIDATOR does not name the validator of the Open XML SDK")
    for path in books[:2]:  # openpyxl, which has made the third, writes fonts in an order of its own
        report = subprocess.run([validator, str(path)], capture_output=True, text=True, check=False).stdout
        assert json.loads(report)["errors"] == [], path.name


def test_libreoffice_calculates_every_formula_of_ours_to_the_value_that_is_cached(books: tuple[Path, ...], tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    wrong = _with_a_wrong_value(books[0], tmp_path / "wrong.xlsx")
    (tmp_path / "profile" / "user").mkdir(parents=True)
    (tmp_path / "profile" / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    command = [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run([*command, "--outdir", str(tmp_path / "out"), *map(str, (*books, wrong))], check=True, capture_output=True, timeout=180)
    for path in books:
        cached, calculated = _formulas(path, path), _formulas(path, tmp_path / "out" / f"{path.stem}.xlsx")
        assert {sheet for sheet, _ in cached} == {"Dashboard", "Segments", "Migration", "Drill", "Value", "Cash Forecast", "Data Quality"}
        assert sum(value is not None for value in cached.values()) > len(cached) / 4  # a share of nothing is empty
        assert calculated == {at: pytest.approx(value) if isinstance(value, float) else value for at, value in cached.items()}, path.name
    assert openpyxl.load_workbook(wrong, data_only=True)["Segments"]["B4"].value == 99
    customers = len(rows(books[0], "Segments", "Customer ID"))
    assert openpyxl.load_workbook(tmp_path / "out" / "wrong.xlsx", data_only=True)["Segments"]["B4"].value == customers  # it does calculate


def _with_a_wrong_value(path: Path, copy: Path) -> Path:
    """A copy in which the number of customers is wrong."""
    right = b"<f>ROWS(tblSegments[Customer ID])</f><v>"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            start = data.find(right) + len(right)
            new.writestr(name, data[:start] + b"99" + data[data.index(b"<", start) :] if right in data else data)
    return copy


def _formulas(path: Path, values: Path) -> Cells:
    """The values in `values` of the cells of ours that hold a formula in `path`."""
    formulas, shown = openpyxl.load_workbook(path), openpyxl.load_workbook(values, data_only=True)
    found = ((name, cell.coordinate) for name in OURS for row in formulas[name].iter_rows() for cell in row if cell.data_type == "f")
    return {(sheet, place): shown[sheet][place].value for sheet, place in found}
