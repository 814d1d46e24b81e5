"""What other programs say of the files we write: the Open XML SDK and LibreOffice."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from workbooks import layout, repacked, segments, shared, user_book

from xlseg.hosts.file import WorkbookFile, new_book
from xlseg.hosts.looks import LOOKS
from xlseg.workbook import Cell, Column, Tab, Table


def every_look() -> Tab:
    """All styles, and every shape of cell."""
    cells = {(row, 2): Cell(row, style) for row, style in enumerate(LOOKS, start=1)}
    choices = {(1, 4): "yes, no", (2, 4): "Segments!$A$5:$A$6"}
    return Tab("Looks", {**cells, (1, 3): Cell(0.5, "share", formula="1/2")}, widths={2: 30.0}, choices=choices, owns_columns=3, freeze=(2, 1))


def grown(path: Path) -> Path:
    """A book that has seen refreshes and edits of a user."""
    user_book(path)
    WorkbookFile(path).write([segments({"A": 1.0, "B": 200.0}), layout([0.5, 0.25]), every_look()])
    repacked(path, with_a_column_of_the_user)
    extra = Column("Past due", [1.0, 2.0, 3.0], "money")
    tab = segments({"A": 1.0, "B": 2.0, "C": 3.5}, extra=[extra])
    more = Table("tblMore", (4, 12), (Column("x", ["&<>"]), Column("Line\nbreak", [1], "count")), ("x",))
    WorkbookFile(path).write([Tab(tab.name, tab.cells, (*tab.tables, more), footer="As of A & B"), layout([0.5]), every_look()])
    return path


def with_a_column_of_the_user(members: dict[str, bytes]) -> None:
    """As Excel writes it; openpyxl would write styles that the validator rejects."""
    sheet = members["xl/worksheets/sheet2.xml"]
    for row, cell in ((4, b't="inlineStr"><is><t>Twice</t></is>'), (5, b"><f>C5*2</f><v>2</v>"), (6, b"><f>C6*2</f><v>400</v>")):
        start = sheet.index(b'<row r="%d"' % row)
        end = sheet.index(b"</row>", start)
        sheet = sheet[:end] + b'<c r="E%d" ' % row + cell + b"</c>" + sheet[end:]
    members["xl/worksheets/sheet2.xml"] = sheet
    table = members["xl/tables/table1.xml"].replace(b"A4:D6", b"A4:E6").replace(b'count="4"', b'count="5"')
    members["xl/tables/table1.xml"] = table.replace(b"</tableColumns>", b'<tableColumn id="9" name="Twice"/></tableColumns>')


def new(path: Path) -> Path:
    """A book that is all ours."""
    new_book(path, [segments({"A": 1.0}), every_look(), layout([0.5, 0.5])])
    return path


def new_with_macros(path: Path) -> Path:
    """The same as .xlsm."""
    return new(path.with_suffix(".xlsm"))


def saved_by_excel(path: Path) -> Path:
    """A book with shared strings."""
    new(path)
    WorkbookFile(shared(path)).write([segments({"A": 1.0, "B": 1.0})])
    return path


@pytest.mark.parametrize("made", [grown, new, new_with_macros, saved_by_excel], ids=lambda f: f.__name__)
def test_the_open_xml_sdk_finds_no_error(tmp_path: Path, made: object) -> None:
    validator = os.environ.get("OOXML_VALIDATOR")
    if not validator:
        pytest.skip("OOXML_VALIDATOR does not name the validator of the Open XML SDK")
    path = made(tmp_path / "book.xlsx")  # type: ignore[operator]
    report = subprocess.run([validator, str(path)], capture_output=True, text=True, check=False).stdout
    assert json.loads(report)["errors"] == []


ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""


def saved_by_libreoffice(path: Path, folder: Path) -> Path:
    """The file opened, calculated and saved by LibreOffice."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    command = [office, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run([*command, "--outdir", str(folder / "out"), str(path)], check=True, capture_output=True, timeout=120)
    return folder / "out" / path.name


def test_libreoffice_calculates_what_we_have_cached_and_its_file_can_be_refreshed(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    wrong = Tab("Wrong", {(1, 1): Cell(99, formula="1+1")}, owns_columns=1)  # shows that it does calculate
    new_book(path, [segments({"0017": 1.0, "B": 2.5}), layout([0.5, 0.25]), every_look(), wrong])
    theirs_path = saved_by_libreoffice(path, tmp_path)
    ours, theirs = (openpyxl.load_workbook(p, data_only=True) for p in (path, theirs_path))
    for sheet, cell, value in (("Segments", "C2", 3.5), ("Migration", "B5", 0.75), ("Looks", "C1", 0.5)):
        assert ours[sheet][cell].value == theirs[sheet][cell].value == value
    assert (ours["Wrong"]["A1"].value, theirs["Wrong"]["A1"].value) == (99, 2)
    assert [c.value for c in theirs["Segments"][4]] == ["Customer ID", "Segment", "Open balance", "Owner"]
    assert theirs["Segments"].tables["tblSegments"].ref == "A4:D6"
    assert WorkbookFile(theirs_path).write([segments({"0017": 1.0, "B": 2.5})]).unchanged == ("Segments",)
    WorkbookFile(theirs_path).write([segments({"B": 5.0, "C": 6.0}), layout([0.5])])
    sheet = openpyxl.load_workbook(theirs_path)["Segments"]
    assert [[cell.value for cell in row[:3]] for row in sheet["A5:C7"]] == [["0017", "Reliable", 1], ["B", "Reliable", 5], ["C", "Reliable", 6]]
