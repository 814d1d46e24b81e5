"""The workbook template: every gate that can be passed without Excel."""

from __future__ import annotations

import inspect
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import openpyxl
import pytest
from books import AS_OF, clock, demo_file, parts, refreshed, rows
from lxml import etree
from project_reading import badly_coloured, named, project_of, sources, unfindable

from xlseg.addin import template
from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.runtime import Runtime, installed_folder, installed_runtime, version_of
from xlseg.addin.wrappers import PYTHON_MODULE
from xlseg.cli import main
from xlseg.errors import FileError
from xlseg.hosts.file import WorkbookFile
from xlseg.refresh import refresh
from xlseg.sources import open_source

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "workbook_template.xlsm"
RUNTIME = installed_runtime()
UI = "{http://schemas.microsoft.com/office/2006/01/customui}"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SHEETS = [
    "Start", "Customers", "Invoices", "Payments", "SalesOrders", "Reminders", "Rules", "Playbook", "Overrides", "Config", "Dashboard", "Actions",
    "Segments", "Migration", "Migration Data", "xlwings.conf",
]  # fmt: skip
XLWINGS_NEEDED = "the template carries the runtime of xlwings"


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    assert RUNTIME is not None, XLWINGS_NEEDED
    return RUNTIME


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, runtime: Runtime) -> Path:
    path = tmp_path_factory.mktemp("template") / "book.xlsm"
    template.build(path, runtime)
    return path


def test_the_template_in_the_repository_is_what_its_sources_make(built: Path) -> None:
    there, made = parts(TEMPLATE), parts(built)
    assert sorted(there) == sorted(made)
    assert [name for name in made if there[name] != made[name]] == [], "run `make template`"


# ── the project ──────────────────────────────────────────────────────────────


def test_olevba_gives_back_every_module(built: Path, runtime: Runtime) -> None:
    documents = ["ThisWorkbook", *(f"Sheet{n}" for n in range(1, len(SHEETS) + 1))]
    found = sources(project_of(built))
    assert list(found) == [*documents, "xlseg_ribbon", "xlseg_functions", "xlseg_wizard", "xlwings", "Dictionary"]
    assert found == {module.name: module.text for module in template.modules(documents[1:], runtime)}


def test_the_runtime_is_that_of_xlwings_to_the_letter(built: Path) -> None:
    folder = installed_folder()
    assert folder is not None
    theirs = (folder / "xlwings.bas").read_bytes().decode("cp1252")
    assert sources(project_of(built))["xlwings"].rstrip() == theirs.rstrip()


def test_the_container_is_searchable(built: Path) -> None:
    assert (unfindable(project_of(built)), badly_coloured(project_of(built))) == ([], [])


def test_code_names_of_the_workbook_and_of_the_project_are_the_same_set(built: Path) -> None:
    package, project = parts(built), project_of(built)
    sheets = [
        etree.fromstring(data).find(f"{MAIN}sheetPr").get("codeName") for name, data in package.items() if name.startswith("xl/worksheets/sheet")
    ]
    book = etree.fromstring(package["xl/workbook.xml"]).find(f"{MAIN}workbookPr").get("codeName")
    documents = [name for name, code in sources(project).items() if re.search(r'VB_Base = "0\{0002082?', code)]
    assert sorted([book, *sheets]) == sorted(documents)
    assert set(documents) <= set(named(project, 0x19))


def test_what_ours_calls_is_there(built: Path) -> None:
    found = sources(project_of(built))
    assert "Public Sub DescribeFormulas()" in found["xlseg_wizard"]
    assert "xlseg_wizard.DescribeFormulas" in found["ThisWorkbook"]
    for called in ("Public Function RunPython(PythonCommand As String)", "Function XLPy()", 'PROJECT_NAME As String = "xlwings"'):
        assert called in found["xlwings"]
    assert {f"Function {formula.name}(" for formula in FORMULAS} == set(re.findall(r"^Function \w+\(", found["xlseg_functions"], re.M))


def test_no_two_public_names_of_the_project_are_the_same(built: Path) -> None:
    declared = re.compile(r"^(?:Public )?(?:Function|Sub) (\w+)", re.M | re.I)
    names = [name.lower() for module, code in sources(project_of(built)).items() if module != "Dictionary" for name in declared.findall(code)]
    twice = {name for name in names if names.count(name) > 1}
    assert twice <= {"getudfmodules", "getdirectorypath"}  # xlwings declares these once for Excel, once for other programs


def test_the_button_and_the_wrappers_call_python_that_is_there(built: Path) -> None:
    found = sources(project_of(built))
    assert set(re.findall(r'XLPy.CallUDF\("([\w.]+)"', found["xlseg_functions"])) == {PYTHON_MODULE}
    assert find_spec(PYTHON_MODULE) is not None
    command = re.search(r'RunPython "import ([\w.]+); \1\.(\w+)\(\)"', found["xlseg_ribbon"])
    assert command is not None
    assert f'XLPy.Module "{command[1]}"' in found["xlseg_ribbon"]
    assert inspect.signature(getattr(import_module(command[1]), command[2])).parameters == {}


# ── the package ──────────────────────────────────────────────────────────────


def test_every_part_has_a_content_type_and_every_content_type_a_part(built: Path) -> None:
    package = parts(built)
    types = etree.fromstring(package["[Content_Types].xml"])
    overrides = {e.get("PartName", "").lstrip("/"): e.get("ContentType") for e in types if e.tag.endswith("}Override")}
    defaults = {e.get("Extension", ""): e.get("ContentType") for e in types if e.tag.endswith("}Default")}
    assert set(overrides) <= set(package)
    assert all(name in overrides or name.rpartition(".")[2] in defaults for name in package if name != "[Content_Types].xml")
    assert overrides["xl/workbook.xml"] == "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert overrides["xl/vbaProject.bin"] == "application/vnd.ms-office.vbaProject"


def related(package: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    """Type and target of every relationship."""
    for name in (n for n in package if n.endswith(".rels")):
        folder = posixpath.dirname(posixpath.dirname(name))
        entries = list(etree.fromstring(package[name]))
        assert len({e.get("Id") for e in entries}) == len(entries), name
        yield from ((e.get("Type", ""), posixpath.normpath(posixpath.join("/", folder, e.get("Target", ""))).lstrip("/")) for e in entries)


def test_every_relationship_leads_to_a_part_and_every_part_is_led_to(built: Path) -> None:
    package = parts(built)
    links = set(related(package))
    assert {target for _, target in links} == {n for n in package if not n.endswith(".rels") and n != "[Content_Types].xml"}
    office = "http://schemas.microsoft.com/office/2006/relationships/"
    assert {(f"{office}vbaProject", "xl/vbaProject.bin"), (f"{office}ui/extensibility", "customUI/customUI.xml")} <= links


def test_the_ids_of_the_ribbon_are_unique_and_its_callbacks_exist(built: Path) -> None:
    ribbon = etree.fromstring(parts(built)["customUI/customUI.xml"])
    ids = [e.get("id") for e in ribbon.iter() if e.get("id")]
    assert len(set(ids)) == len(ids)
    assert (ribbon.find(f".//{UI}tab").get("label"), ribbon.find(f".//{UI}button").get("label")) == ("xlseg", "Refresh Segments")
    assert ribbon.find(f".//{UI}button").get("imageMso") == "RefreshAll"
    callbacks = [value for e in ribbon.iter() for key, value in e.attrib.items() if key.startswith(("on", "get", "load"))]
    assert callbacks == ["xlseg_ribbon.OnRefreshSegments"]
    assert "Public Sub OnRefreshSegments(control As IRibbonControl)" in sources(project_of(built))["xlseg_ribbon"]


def test_screen_tips_are_no_longer_than_the_ribbon_takes(built: Path) -> None:
    button = etree.fromstring(parts(built)["customUI/customUI.xml"]).find(f".//{UI}button")
    assert max(len(button.get(name)) for name in ("label", "screentip", "supertip")) <= 1024


def test_excel_is_not_asked_to_recalculate_when_it_opens_the_template(built: Path) -> None:
    assert b"fullCalcOnLoad" not in parts(built)["xl/workbook.xml"]


# ── other programs ───────────────────────────────────────────────────────────


def test_the_open_xml_sdk_finds_no_error(built: Path, tmp_path: Path) -> None:
    validator = os.environ.get("OOXML_VALIDATOR")
    if not validator:
        pytest.skip("OOXML_VALIDATOR does not name the validator of the Open XML SDK")
    for path in (built, filled(built, tmp_path)):
        report = subprocess.run([validator, str(path)], capture_output=True, text=True, check=False).stdout
        assert json.loads(report)["errors"] == [], path.name


def test_openxml_audit_finds_no_error(built: Path) -> None:
    program = shutil.which("openxml-audit", path=Path(sys.executable).parent)
    if program is None:
        pytest.skip("openxml-audit is not installed (pip install openxml-audit)")
    (report,) = json.loads(subprocess.run([program, "--output", "json", str(built)], capture_output=True, text=True, check=False).stdout)
    assert (report["valid"], report["error_count"]) == (True, 0)
    assert all("inline-string" in e["description"] for e in report["errors"])  # Excel makes shared strings of them when it saves


def test_libreoffice_shows_the_values_of_every_sheet(built: Path, tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    book = filled(built, tmp_path)
    command = [office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML"]
    subprocess.run([*command, "--outdir", str(tmp_path / "out"), str(book)], check=True, capture_output=True, timeout=180)
    ours, theirs = (openpyxl.load_workbook(path, data_only=True) for path in (book, tmp_path / "out" / "book.xlsx"))
    assert theirs.sheetnames == ours.sheetnames
    for name in ("Start", "Rules", "Config", "xlwings.conf", "Segments", "Migration"):
        assert shown(theirs[name]) == shown(ours[name]), name
    assert len(shown(ours["Segments"])) > 200


def shown(sheet: openpyxl.worksheet.worksheet.Worksheet) -> dict[str, object]:
    """Values by cell; numbers to six digits, and an empty text as no value."""
    cells = (cell for row in sheet.iter_rows() for cell in row if cell.value not in (None, ""))
    return {c.coordinate: float(f"{c.value:.6g}") if isinstance(c.value, float) else c.value for c in cells}


def test_openpyxl_keeps_project_and_ribbon_when_it_saves_the_template_again(built: Path, tmp_path: Path) -> None:
    workbook = openpyxl.load_workbook(built, keep_vba=True)
    workbook.save(tmp_path / "again.xlsm")
    workbook.vba_archive.close()  # openpyxl leaves it to the garbage collector, which closes what lies below it first
    before, after = parts(built), parts(tmp_path / "again.xlsm")
    assert [after[name] for name in KEPT] == [before[name] for name in KEPT]
    assert {target for _, target in related(after)} >= set(KEPT)


KEPT = ("xl/vbaProject.bin", "customUI/customUI.xml")


# ── the refresh ──────────────────────────────────────────────────────────────


def filled(book: Path, folder: Path) -> Path:
    """A copy of the book, refreshed from the exports of another."""
    copy = Path(shutil.copy(book, folder / "book.xlsm"))
    refreshed(copy, source=demo_file(folder / "erp.xlsx", customers=25))
    return copy


def test_a_refresh_fills_the_tabs_that_wait_and_leaves_the_rest_as_it_was(built: Path, tmp_path: Path) -> None:
    demo, copy = demo_file(tmp_path / "erp.xlsx", customers=25), Path(shutil.copy(built, tmp_path / "book.xlsm"))
    report = refresh(WorkbookFile(copy), open_source(demo), AS_OF, clock())
    assert report.written.updated == ("Dashboard", "Actions", "Segments", "Migration", "Migration Data")
    assert report.written.unchanged == ("Rules", "Playbook", "Overrides", "Config")
    before, after = parts(built), parts(copy)
    waiting = {f"xl/worksheets/sheet{n}.xml" for n in range(11, 16)} | {f"xl/tables/table{n}.xml" for n in (10, 11, 12)}
    grown = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
    assert {name for name in before if after.get(name) != before[name]} == waiting | grown
    refreshed(demo)
    assert rows(copy, "Segments", "Customer ID") == rows(demo, "Segments", "Customer ID")
    ours, theirs = (openpyxl.load_workbook(path, data_only=True)["Migration"] for path in (copy, demo))
    assert shown(ours) == shown(theirs)


def test_a_second_refresh_changes_the_run_log_alone(built: Path, tmp_path: Path) -> None:
    book = filled(built, tmp_path)
    report = refreshed(book, source=tmp_path / "erp.xlsx")
    assert (report.written.made, report.written.updated) == ((), ("Run Log",))


# ── the sheets ───────────────────────────────────────────────────────────────


def test_the_sheets_stand_in_the_order_of_the_work(built: Path) -> None:
    assert openpyxl.load_workbook(built).sheetnames == SHEETS


def test_the_tables_are_called_as_the_formulas_call_them(built: Path) -> None:
    book = openpyxl.load_workbook(built)
    tables = {table for sheet in book for table in sheet.tables}
    mentioned = {name for formula in FORMULAS for a in formula.arguments for name in re.findall(r"\b(\w+)\[#All\]", a.help)}
    assert mentioned == {"Invoices", "Payments", "SalesOrders", "Customers", "tblRules", "tblConfig"}
    assert mentioned <= tables


def test_xlwings_reads_its_settings_from_the_first_two_columns(built: Path) -> None:
    lines = [(row[0], row[1]) for row in openpyxl.load_workbook(built)["xlwings.conf"].iter_rows(values_only=True)]
    assert lines == [("UDF Modules", PYTHON_MODULE), ("Use UDF Server", True), ("ADD_WORKBOOK_TO_PYTHONPATH", False)]


def test_the_waiting_tabs_show_no_date_and_no_number_but_zero(built: Path) -> None:
    book = openpyxl.load_workbook(built, data_only=True)
    for name in ("Segments", "Migration", "Migration Data"):
        values = [cell.value for row in book[name].iter_rows() for cell in row if cell.value is not None]
        assert {value for value in values if not isinstance(value, str)} <= {0}
        assert any("Empty until the first refresh" in value for value in values if isinstance(value, str))


# ── xlseg new ────────────────────────────────────────────────────────────────


def test_on_windows_the_book_names_the_python_and_leaves_the_users_folder_open(tmp_path: Path, runtime: Runtime) -> None:
    inside = template.interpreter_of("win32", r"C:\Users\Ann\venv\Scripts\python.exe", r"c:\users\ann")
    assert inside == {"Interpreter_Win": r"%USERPROFILE%\venv\Scripts\python.exe"}
    assert template.interpreter_of("win32", r"C:\Users\Anna\python.exe", r"C:\Users\Ann") == {"Interpreter_Win": r"C:\Users\Anna\python.exe"}
    assert template.interpreter_of("darwin", "/usr/local/bin/python3", "/Users/ann") == {"Interpreter_Mac": "/usr/local/bin/python3"}
    assert template.interpreter_of("linux", "/usr/bin/python3", "/home/ann") == {}
    assert template.new_macro_book(tmp_path / "b.xlsm", inside, runtime) == ""
    first = next(openpyxl.load_workbook(tmp_path / "b.xlsm")["xlwings.conf"].iter_rows(values_only=True))
    assert first[:2] == ("Interpreter_Win", r"%USERPROFILE%\venv\Scripts\python.exe")


def test_a_new_book_has_the_runtime_of_the_xlwings_that_is_installed(tmp_path: Path) -> None:
    folder = fake_xlwings(tmp_path / "xlwings", "9.9.9")
    template.new_macro_book(tmp_path / "b.xlsm", {}, installed_runtime(folder))
    assert version_of(sources(project_of(tmp_path / "b.xlsm"))["xlwings"]) == "9.9.9"


def fake_xlwings(folder: Path, version: str) -> Path:
    """A folder with the sources of xlwings, of another version."""
    theirs = installed_folder()
    assert theirs is not None
    (folder / "addin").mkdir(parents=True)
    shutil.copy(theirs / "addin" / "Dictionary.cls", folder / "addin")
    text = (theirs / "xlwings.bas").read_bytes().decode("cp1252")
    (folder / "xlwings.bas").write_bytes(text.replace(version_of(text) or "", version).encode("cp1252"))
    return folder


def test_without_xlwings_a_new_book_is_the_template_and_says_so(tmp_path: Path) -> None:
    assert installed_runtime(tmp_path) is None
    remark = template.new_macro_book(tmp_path / "b.xlsm", {}, None)
    assert parts(tmp_path / "b.xlsm") == parts(TEMPLATE)
    assert remark.startswith("xlwings is not installed here")
    with pytest.raises(FileError, match="a file of this name is there already"):
        template.new_macro_book(tmp_path / "b.xlsm", {}, None)


@pytest.mark.parametrize("name", ["book.xlsx", "book.xlsm"])
def test_a_folder_that_is_not_there_is_said_in_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", str(tmp_path / "nowhere" / name)]) == 1
    assert re.fullmatch(rf"xlseg: {name}: the file cannot be written \(.*\)\. To go on, .*\.\n", capsys.readouterr().err)


def test_xlseg_new_makes_a_workbook_with_macros(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", str(tmp_path / "book.xlsm")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'book.xlsm'}  made. Next: open it and follow the Start sheet.\n"
    assert openpyxl.load_workbook(tmp_path / "book.xlsm").sheetnames == SHEETS


def test_the_template_is_built_anew_by_one_command(tmp_path: Path) -> None:
    said = template.main(tmp_path / "t.xlsm")
    assert RUNTIME is not None
    assert said == f"{tmp_path / 't.xlsm'}  built with the runtime of xlwings {RUNTIME.version}"
    template.main(tmp_path / "t.xlsm")  # over the one that is there
    with zipfile.ZipFile(tmp_path / "t.xlsm") as package:
        assert package.testzip() is None
