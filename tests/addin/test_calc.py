"""The extension in a real LibreOffice: installed, asked in cells, its button's command, uninstalled."""

import ast
import datetime as dt
import os
import re
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

import openpyxl
import pytest
from calc_office import RunningOffice, open_folder, own, profile, programs
from formula_books import desk_of

import xlseg
from xlseg.addin import functions
from xlseg.addin.calc_extension.files import COMMAND, files
from xlseg.addin.calc_extension.install import FORMULAS_FROM, install, make, uninstall
from xlseg.addin.calc_extension.office import Office, find_office
from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.desk import at
from xlseg.addin.log import log_file
from xlseg.cli import main
from xlseg.errors import InstallError
from xlseg.hosts.a1 import letters
from xlseg.workbook import CellError

T = TypeVar("T")
AS_OF = "2026-10-31"
DAY = dt.date(2026, 10, 31)
ROOT = Path(xlseg.__file__).parents[1]


def missing() -> str:
    """Why a real LibreOffice cannot be asked here."""
    if shutil.which("soffice") is None or shutil.which("unopkg") is None:
        return "LibreOffice is not installed"
    if Office(Path(shutil.which("unopkg") or "").parent).version < FORMULAS_FROM:
        return "this LibreOffice is too old for formulas"
    if subprocess.run(["/usr/bin/python3", "-c", "import uno"], capture_output=True, check=False).returncode:
        return "python3-uno is not installed"
    return ""


MISSING = missing()


def real(test: T) -> T:
    """A test in a real LibreOffice. What that refuses when it is steered from outside is tried once more; what it answers wrongly is not."""
    asked_again = pytest.mark.flaky(reruns=1, reruns_delay=1, only_rerun=["RuntimeError"])
    return cast(T, pytest.mark.skipif(bool(MISSING), reason=MISSING or "LibreOffice is there")(asked_again(test)))


# ── the files of the extension ───────────────────────────────────────────────


def test_the_generated_files_are_xml_that_names_every_formula_and_argument() -> None:
    made = files(FORMULAS, "1.2.3")
    trees = {name: ET.fromstring(text) for name, text in made.items() if name.endswith((".xml", ".xcu", ".components"))}
    key = "{http://openoffice.org/2001/registry}name"
    functions_ = trees["CalcAddIns.xcu"].find(f".//*[@{key}='AddInFunctions']")
    assert functions_ is not None
    names = [f.findtext(f"./prop[@{key}='CompatibilityName']/value") for f in functions_]
    assert names == [formula.name for formula in FORMULAS]
    arguments = [[a.findtext(f"./prop[@{key}='DisplayName']/value") for a in f.findall(f"./*[@{key}='Parameters']/*")] for f in functions_]
    assert arguments == [[argument.name for argument in formula.arguments] for formula in FORMULAS]
    listed = {e.get("{http://openoffice.org/2001/manifest}full-path") for e in trees["META-INF/manifest.xml"]}
    assert listed == made.keys() - {"META-INF/manifest.xml", "description.xml", "functions.json"}


def test_the_interface_declares_each_formula_with_the_arguments_of_its_record() -> None:
    text = files(FORMULAS, "1.2.3")["XFunctions.idl"]
    declared = [line for line in text.splitlines() if line.startswith("    ")]
    assert len(declared) == len(FORMULAS)
    for line, formula in zip(declared, FORMULAS, strict=True):
        assert line.count("[in] any ") == len(formula.arguments)
        assert line.startswith("    sequence< sequence< any > >") is formula.spills


def test_for_an_old_libreoffice_the_extension_holds_the_button_alone(tmp_path: Path) -> None:
    made = files((), "1.2.3")
    assert "CalcAddIns.xcu" not in made
    assert "XFunctions.idl" not in made
    assert COMMAND in made["Addons.xcu"]
    assert make(tmp_path, with_formulas=False).stat().st_size > 0


def test_an_old_libreoffice_is_told_why_it_gets_no_formulas(tmp_path: Path) -> None:
    folder = tmp_path / "program"
    folder.mkdir()
    said = 'case "$*" in *--version*) echo "LibreOffice 7.4.7.2 40(Build:2)";; *list*) echo org.xlseg.calc;; esac'
    for name in ("soffice", "unopkg"):
        (folder / name).write_text(f"#!/bin/sh\n{said}\n")
        (folder / name).chmod(0o755)
    words = install(find_office(folder, tmp_path / "profile"))
    assert words.startswith("LibreOffice 7.4: Refresh Segments installed")
    assert "No formulas: this version would save them under names that Excel does not know; they need 24.2 or newer" in words


def test_where_there_is_no_libreoffice_one_line_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install-calc", "--office", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"xlseg: {tmp_path}: LibreOffice is not there. To go on, name the folder that holds soffice and unopkg.\n"


# ── a real LibreOffice ───────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "demo.xlsx"
    assert main(["demo", str(path), "--customers", "50"]) == 0
    return path


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def installed(place: Path) -> Office:
    office = find_office(programs(place / "program"), profile(place / "profile"))
    assert "formulas and Refresh Segments installed" in install(office)
    return office


@pytest.fixture(scope="module")
def running() -> Iterator[list[RunningOffice]]:
    """The LibreOffice that runs, if one does."""
    found: list[RunningOffice] = []
    yield found
    for office in found:
        office.quit()


@pytest.fixture
def calc(installed: Office, place: Path, running: list[RunningOffice]) -> RunningOffice:
    """One LibreOffice for all tests; another when it has gone."""
    if running and not running[0].is_there:
        running.pop().quit()
    if not running:
        running.append(RunningOffice(installed.profile_folder(), environment={"XDG_STATE_HOME": str(place / "state")}))
    return running[0]


@pytest.fixture
def own_place() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture
def opened(calc: RunningOffice, book: Path, tmp_path: Path) -> Iterator[RunningOffice]:
    """The book in Calc: a copy, for Calc locks the file that it has open."""
    shutil.copyfile(book, tmp_path / "demo.xlsx")
    calc("open", str(tmp_path / "demo.xlsx"))
    yield calc
    calc("close")


@real
def test_the_function_wizard_shows_the_texts_of_the_records(calc: RunningOffice) -> None:
    for formula in FORMULAS:
        said = calc("describe", formula.name)
        assert said == [formula.help, [[a.name, a.help, True] for a in formula.arguments]]


ASKED = {
    '=PAYMENT_VELOCITY("C-0042";;DATE(2026;10;31))': ("PAYMENT_VELOCITY", "C-0042", None, DAY),
    '=PAYMENT_VELOCITY("C-0042";;DATE(2026;10;31);;;"km";"median")': ("PAYMENT_VELOCITY", "C-0042", None, DAY, None, None, "km", "median"),
    '=SEGMENT("C-0042";;DATE(2026;10;31))': ("SEGMENT", "C-0042", None, DAY),
    '=SEGMENT_WHY("C-0042";;DATE(2026;10;31))': ("SEGMENT_WHY", "C-0042", None, DAY),
    '=OPEN_BALANCE("C-0042";;DATE(2026;10;31))': ("OPEN_BALANCE", "C-0042", None, DAY),
    '=ORDER_FREQUENCY("C-0042";;DATE(2026;10;31);;FALSE())': ("ORDER_FREQUENCY", "C-0042", None, DAY, None, False),
    '=SEGMENT("nobody";;DATE(2026;10;31))': ("SEGMENT", "nobody", None, DAY),
    '=PAYMENT_VELOCITY("C-0042";;DATE(2026;10;31);-5)': ("PAYMENT_VELOCITY", "C-0042", None, DAY, -5),
    "=DISCOUNT_APR(2%;10;30)": ("DISCOUNT_APR", 0.02, 10, 30),
    "=FINANCE_COST_SHARE(1;0)": ("FINANCE_COST_SHARE", 1, 0),
    "=DSO(;DATE(2026;10;31))": ("DSO", None, DAY),
    "=XLSEG_VERSION()": ("XLSEG_VERSION",),
}


@real
def test_a_formula_in_a_cell_answers_what_the_function_answers(opened: RunningOffice, book: Path) -> None:
    opened("execute", "doc.Sheets.insertNewByName('Mine', 0)")
    for row, text in enumerate(ASKED, start=1):
        opened("formula", "Mine", f"A{row}", text)
    with at(desk_of(book)):
        expected = [getattr(functions, name)(*arguments) for name, *arguments in ASKED.values()]
    assert {CellError("#N/A"), CellError("#VALUE!"), CellError("#NUM!")} <= set(expected)
    found = [cell for (cell,) in opened("values", "Mine", f"A1:A{len(ASKED)}")]
    assert found == [value.code if isinstance(value, CellError) else value for value in expected]


@real
def test_a_column_of_ids_and_ranges_with_headings_answer_as_an_array(opened: RunningOffice, book: Path) -> None:
    ids = [cell for (cell,) in opened("values", "Customers", "A2:A52")]
    opened("execute", "doc.Sheets.insertNewByName('Mine', 0)")
    opened("put", "Mine", "A1:A52", [[one] for one in [*ids, "nobody"]])
    # A range that holds an error value is not handed over by Calc: the exports hold one, which is made a text here.
    opened("execute", "c = [r for r in doc.Sheets.getByName('Invoices').queryFormulaCells(4)]; [x.clearContents(16) for x in c]")
    opened("array", "Mine", "B1:B52", "=PAST_DUE(A1:A52;Invoices[#All];DATE(2026;10;31);Payments[#All])")
    opened("array", "Mine", "C1:G52", "=AGING(A1:A52;;DATE(2026;10;31))")
    with at(desk_of(book)):
        alone = [functions.PAST_DUE(one, None, DAY) for one in [*ids, "nobody"]]
        aged = functions.AGING([[one] for one in [*ids, "nobody"]], None, DAY)
    plain = [value.code if isinstance(value, CellError) else value for value in alone]
    assert [cell for (cell,) in opened("values", "Mine", "B1:B52")] == plain
    assert plain[-1] == "#N/A"
    assert opened("values", "Mine", "C1:G52") == [[v.code if isinstance(v, CellError) else v for v in row] for row in aged]


@real
def test_a_book_with_formulas_goes_through_xlsx_with_names_and_values(opened: RunningOffice, tmp_path: Path) -> None:
    opened("execute", "doc.Sheets.insertNewByName('Mine', 0)")
    opened("formula", "Mine", "A1", '=OPEN_BALANCE("C-0042";;DATE(2026;10;31))')
    opened("array", "Mine", "B1:F1", '=AGING("C-0042";;DATE(2026;10;31))')
    before = opened("values", "Mine", "A1:F1")
    opened("save", str(tmp_path / "out.xlsx"))
    stored = openpyxl.load_workbook(tmp_path / "out.xlsx")["Mine"]
    assert stored["A1"].value == '=OPEN_BALANCE("C-0042",,DATE(2026,10,31))'
    assert stored["B1"].value.text == '=AGING("C-0042",,DATE(2026,10,31))'
    assert openpyxl.load_workbook(tmp_path / "out.xlsx", data_only=True)["Mine"]["A1"].value == before[0][0]  # type: ignore[index]
    opened("close")
    opened("open", str(tmp_path / "out.xlsx"))
    assert opened("values", "Mine", "A1:F1") == before
    opened("recalculate")
    assert opened("values", "Mine", "A1:F1") == before


@real
def test_a_changed_invoice_changes_the_answer_and_an_unchanged_book_is_read_once(opened: RunningOffice) -> None:
    opened("execute", "doc.Sheets.insertNewByName('Mine', 0)")
    opened("formula", "Mine", "A1", "=DSO(;DATE(2026;10;31))")
    before = opened("values", "Mine", "A1")
    headings = opened("values", "Invoices", "A1:Q1")[0]  # type: ignore[index]
    column, kind, status = letters(1 + headings.index("Amount")), headings.index("Type"), headings.index("Status")
    rows = opened("values", "Invoices", "A1:Q2600")
    last = max(i for i, row in enumerate(rows, start=1) if (row[kind], row[status]) == ("Invoice", "Open"))  # type: ignore[arg-type]
    opened("put", "Invoices", f"{column}{last}", [[1_000_000.0]])
    opened("recalculate")
    assert opened("values", "Mine", "A1") != before


@real
def test_single_formulas_down_a_column_answer_what_each_alone_answers(opened: RunningOffice, book: Path) -> None:
    ids = [*(cell for (cell,) in opened("values", "Customers", "A2:A51")), "c-0042", " C-0042 ", "nobody"]  # type: ignore[attr-defined]
    opened("execute", "doc.Sheets.insertNewByName('Mine', 0)")
    opened("put", "Mine", f"A1:A{len(ids)}", [[one] for one in ids])
    for row in range(1, len(ids) + 1):
        opened("formula", "Mine", f"B{row}", f"=PAYMENT_VELOCITY(A{row};;DATE(2026;10;31))")
        opened("formula", "Mine", f"C{row}", f"=SEGMENT(A{row};;DATE(2026;10;31))")
    with at(desk_of(book)):
        expected = [[functions.PAYMENT_VELOCITY(one, None, DAY), functions.SEGMENT(one, None, DAY)] for one in ids]
    plain = [[value.code if isinstance(value, CellError) else value for value in row] for row in expected]
    assert opened("values", "Mine", f"B1:C{len(ids)}") == plain
    assert plain[-3] == plain[-2]
    assert plain[-1] == ["#N/A", "#N/A"]


@real
def test_once_a_few_cells_have_asked_the_others_are_answered_without_the_worker_until_an_invoice_changes(calc: RunningOffice) -> None:
    calc("open")
    try:
        calc("put", "Sheet1", "A1:F1", [["Invoice No", "Customer ID", "Date", "Due Date", "Amount", "Paid Date"]])
        rows = [[f"I{n}", f"C{n}", 46174.0, 46204.0, 100.0 + n, "" if n else 46200.0] for n in range(10)]  # all open but the first
        calc("put", "Sheet1", "A2:F11", rows)
        calc("execute", "doc.Sheets.getByIndex(0).Name = 'Invoices'; doc.Sheets.insertNewByName('Mine', 1)")
        for n in range(5):
            calc("formula", "Mine", f"A{n + 1}", f'=OPEN_BALANCE("C{n}";;DATE(2026;10;31))')
        assert calc("values", "Mine", "A1:A5") == [[0.0], [101.0], [102.0], [103.0], [104.0]]
        workers = worker_processes(calc)
        os.kill(int(workers[0]), signal.SIGSTOP)
        try:  # who does not answer has not been asked
            calc("formula", "Mine", "B1", '=OPEN_BALANCE("C9";;DATE(2026;10;31))')
            assert calc("values", "Mine", "B1") == [[109.0]]
        finally:
            os.kill(int(workers[0]), signal.SIGCONT)
        calc("put", "Invoices", "E11", [[209.0]])
        calc("formula", "Mine", "B2", '=OPEN_BALANCE("C9";;DATE(2026;10;31))')
        assert calc("values", "Mine", "B1:B2") == [[109.0], [209.0]]  # B1 refers to no cell that has changed
        calc("recalculate")
        assert calc("values", "Mine", "B1:B2") == [[209.0], [209.0]]
    finally:
        calc("close")


@real
def test_the_command_of_the_button_writes_the_tabs_that_the_file_host_writes(opened: RunningOffice, book: Path, tmp_path: Path) -> None:
    """Three refreshes: tabs made, a month later, and once more the same."""
    file = tmp_path / "file.xlsx"
    shutil.copyfile(book, file)
    for day in ("2026-09-30", AS_OF, AS_OF):
        state, words = opened("command", COMMAND, {"AsOf": day, "Quiet": True})  # type: ignore[misc]
        assert (state, words.splitlines()[0].split("·")[0]) == (1, f"demo.xlsx  as of {day} ")
        assert main(["refresh", str(file), "--as-of", day]) == 0
    assert "1 tab written" in words  # the Run Log
    opened("recalculate")
    live = {name: content(opened, name) for name in opened("sheets")}  # type: ignore[attr-defined]
    tables = opened("tables")
    opened("close")
    opened("open", str(file))
    opened("recalculate")
    assert opened("tables") == tables
    for name in opened("sheets"):  # type: ignore[attr-defined]
        if name != "Run Log":  # when, and how long it took
            assert live[name] == content(opened, name), name
    assert len(live) == 28


def content(calc: RunningOffice, sheet: str) -> tuple[object, object]:
    rows, columns = calc("used", sheet)  # type: ignore[misc]
    area = f"A1:{letters(columns)}{rows}"
    return calc("values", sheet, area), calc("formulas", sheet, area)


_SHOWN = """
result = []
for chart in doc.Sheets.getByName("Dashboard").Charts.ElementNames:
    made = doc.Sheets.getByName("Dashboard").Charts.getByName(chart).EmbeddedObject
    sequences = made.getDataSequences()
    named = [s.Label.SourceRangeRepresentation for s in sequences if s.Label]
    result.append([made.Title.String, sorted({s.Values.SourceRangeRepresentation for s in sequences} | set(named)),
                   [[v if isinstance(v, (str, float)) else None for v in s.Values.Data] for s in sequences]])
"""


@real
def test_the_charts_of_a_tab_that_is_made_show_the_cells_of_that_tab(opened: RunningOffice) -> None:
    for day in ("2026-09-30", AS_OF):
        opened("command", COMMAND, {"AsOf": day, "Quiet": True})
    charts = {title: (ranges, shown) for title, ranges, shown in ast.literal_eval(str(opened("execute", _SHOWN)))}
    assert len(charts) == 5
    page = """
sheet = doc.Sheets.getByName("Dashboard")
style = doc.StyleFamilies.getByName("PageStyles").getByName(sheet.PageStyle)
areas = [(a.StartRow, a.StartColumn, a.EndRow, a.EndColumn) for a in sheet.getPrintAreas()]
result = [areas, style.ScaleToPagesX, style.ScaleToPagesY, style.IsLandscape, style.Width > style.Height]
"""
    assert ast.literal_eval(str(opened("execute", page))) == [[(0, 0, 39, 10)], 1, 1, True, True]
    for ranges, _ in charts.values():
        assert ranges
        assert all(re.match(r"\$Dashboard\.\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?$", area) for area in ranges), ranges
    ranges, shown = charts["Exposure by segment"]
    assert ranges == ["$Dashboard.$M$18:$M$29", "$Dashboard.$P$17", "$Dashboard.$P$18:$P$29"]
    exposure = [row[0] for row in opened("values", "Dashboard", "P18:P29") if row[0] != ""]  # type: ignore[attr-defined]
    assert [number for number in shown[-1] if isinstance(number, float) and number == number] == exposure


@real
def test_what_the_user_has_beside_our_tables_stays_and_continues(opened: RunningOffice) -> None:
    refresh = lambda day: opened("command", COMMAND, {"AsOf": day, "Quiet": True})  # noqa: E731
    refresh("2025-01-31")
    rows, columns = opened("used", "Segments")  # type: ignore[misc]
    note, doubled = letters(columns + 1), letters(columns + 2)
    opened("put", "Segments", f"{note}6:{doubled}6", [["Note", "Doubled"]])
    opened("put", "Segments", f"{note}7", [["call him"]])
    opened("execute", f"""
t = doc.DatabaseRanges.getByName("tblSegments"); a = t.DataArea; a.EndColumn += 2; t.DataArea = a
s = doc.Sheets.getByName("Segments")
for r in range(7, {rows} + 1):
    s.getCellRangeByName("{doubled}%d" % r).setFormula("=G%d*2" % r)
""")  # fmt: skip
    first = opened("values", "Segments", f"A7:{note}7")
    refresh(AS_OF)
    more, _ = opened("used", "Segments")  # type: ignore[misc]
    assert more > rows
    assert opened("values", "Segments", "A7")[0] == first[0][:1]  # type: ignore[index]
    assert opened("values", "Segments", f"{note}7") == [["call him"]]
    assert opened("formulas", "Segments", f"{doubled}7:{doubled}{more}") == [[f"=G{row}*2"] for row in range(7, more + 1)]
    assert opened("values", "Segments", f"{note}{more}") == [[""]]
    assert opened("property", "Segments", f"D{more}", "NumberFormat") == opened("property", "Segments", "D7", "NumberFormat")
    opened("undo")
    assert opened("used", "Segments")[0] == rows  # type: ignore[index]
    assert opened("tables")["tblSegments"][3] == rows - 1  # type: ignore[index]


@real
def test_what_is_missing_is_said_in_plain_words_and_nothing_is_changed(calc: RunningOffice) -> None:
    calc("open")
    try:
        calc("put", "Sheet1", "A1:C2", [["Invoice No", "Customer ID", "Date"], ["1", "A", 46000.0]])
        state, words = calc("command", COMMAND, {"AsOf": AS_OF, "Quiet": True})  # type: ignore[misc]
        assert state == 0
        assert ": " in words
        assert "To go on, " in words
        assert calc("sheets") == ["Sheet1"]
        assert calc("execute", "result = doc.CurrentController.Frame is not None and doc.isAutomaticCalculationEnabled()") == "True"
    finally:
        calc("close")


_NAMED = """
result = {}
for sheet in (doc.Sheets.getByIndex(i) for i in range(doc.Sheets.Count)):
    result[sheet.Name] = {name: sheet.NamedRanges.getByName(name).Content for name in sheet.NamedRanges.ElementNames}
"""


@real
@pytest.mark.parametrize("undo", ["", "doc.UndoManager.lock()"], ids=["undone", "nothing to undo"])
def test_a_step_that_fails_half_way_leaves_the_document_as_it_was(opened: RunningOffice, undo: str) -> None:
    def all_of_it() -> object:
        cells = {name: [[row for row in rows if any(row)] for rows in content(opened, name)] for name in ("Segments", "Movers", "History")}  # type: ignore[attr-defined]
        return cells, opened("tables"), opened("execute", _NAMED)

    opened("command", COMMAND, {"AsOf": "2026-09-30", "Quiet": True})
    opened("formula", "Segments", "K3", "=1+1")
    before = all_of_it()
    opened("execute", "doc.Sheets.getByName('Data Quality').protect('')")  # written after Segments and Movers
    opened("execute", undo)
    state, words = opened("command", COMMAND, {"AsOf": AS_OF, "Quiet": True})  # type: ignore[misc]
    assert (state, "LibreOffice: it cannot do this now" in words) == (0, True)
    assert all_of_it() == before
    opened("execute", "doc.Sheets.getByName('Data Quality').unprotect('')")
    assert opened("command", COMMAND, {"AsOf": AS_OF, "Quiet": True})[0] == 1  # type: ignore[index]
    assert all_of_it() != before


@real
def test_a_worker_that_was_killed_is_started_again(opened: RunningOffice) -> None:
    opened("formula", "Notes", "H1", "=DISCOUNT_APR(2%;10;30)")
    workers = worker_processes(opened)
    assert len(workers) == 1
    subprocess.run(["kill", "-9", workers[0]], check=True)
    opened("formula", "Notes", "H2", "=DISCOUNT_APR(2%;10;60)")
    # 0.02 / 0.98 × 365 / 50
    assert opened("values", "Notes", "H2")[0][0] == pytest.approx(0.148980, abs=1e-6)  # type: ignore[index]
    assert len(worker_processes(opened)) == 1


def worker_processes(calc: RunningOffice) -> list[str]:
    listed = subprocess.run(["ps", "--ppid", str(calc.process.pid), "-o", "pid=,args="], capture_output=True, text=True, check=False).stdout
    return [line.split()[0] for line in listed.splitlines() if "xlseg.addin.worker" in line and "defunct" not in line]


@real
def test_the_worker_ends_with_libreoffice_and_the_extension_goes_without_trace(own_place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(own_place / "state"))
    office = find_office(programs(own_place / "program"), profile(own_place / "profile"))
    install(office)
    running = RunningOffice(office.profile_folder())
    running("open")
    running("formula", "Sheet1", "A1", "=XLSEG_VERSION()")
    assert running("values", "Sheet1", "A1") == [[xlseg.__version__]]
    worker = worker_processes(running)[0]
    assert "started" in log_file().read_text()
    running.quit()
    assert ended(worker)
    own(office.profile_folder())
    assert uninstall(office) == "LibreOffice: the extension is removed."
    traces = [path for path in office.profile_folder().rglob("*") if "xlseg" in path.name or (path.is_file() and b"xlseg" in path.read_bytes())]
    assert traces == []
    assert not log_file().parent.exists()
    assert uninstall(office) == "LibreOffice: the extension is not installed; nothing to remove."


def ended(process: str) -> bool:
    for _ in range(300):
        if not Path(f"/proc/{process}").exists():
            return True
        time.sleep(0.1)
    return False


@real
def test_the_administrator_is_told_to_install_as_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(InstallError, match=r"LibreOffice: it takes no extension from the administrator \(root\)\. To go on, run this as the user"):
        install(find_office())


@real
@pytest.mark.skipif(not all(map(shutil.which, ("Xvfb", "xdotool"))), reason="no Xvfb and xdotool to click with")
def test_a_click_on_the_toolbar_button_makes_the_tabs_and_says_so(own_place: Path, book: Path) -> None:
    office = find_office(programs(own_place / "program"), profile(own_place / "profile"))
    install(office)
    path = own_place / "click.xlsx"
    shutil.copyfile(book, path)
    RunningOffice(office.profile_folder()).quit()  # the first start of a profile is for itself: the button may stay grey
    with display() as (screen, environment):
        running = RunningOffice(office.profile_folder(), display=screen, book=path, environment={"XDG_STATE_HOME": str(own_place / "state")})
        try:
            wait_for(lambda: clicker(environment, "search", "--name", "click.xlsx"))
            running.wait_until_idle()
            running("opened")
            name, x, y = wait_for(lambda: running("button"))  # type: ignore[misc]
            assert name == "Refresh Segments"
            clicker(environment, "mousemove", str(x), str(y), "click", "1")
            box = wait_for(lambda: clicker(environment, "search", "--name", "^Refresh Segments$"))
            running.wait_until_idle()
            wait_for(lambda: is_closed(environment, box))
            running.wait_until_idle()
            assert {"Segments", "Migration", "Movers"} <= set(running("sheets"))  # type: ignore[call-overload]
        finally:
            running.quit()


def clicker(environment: dict[str, str], *words: str) -> str:
    """What xdotool says, its last word: the window it found; nothing when there is none."""
    said = subprocess.run(["xdotool", *words], env=environment, capture_output=True, text=True, check=False, timeout=20).stdout.split()
    return said[-1] if said else ""


def is_closed(environment: dict[str, str], box: str) -> bool:
    """Whether a box has gone after the Return key was pressed; a key that comes too early is lost."""
    clicker(environment, "windowfocus", box, "key", "Return", "sleep", "1")
    return not clicker(environment, "search", "--name", "^Refresh Segments$")


def wait_for(found: Callable[[], T]) -> T:
    for _ in range(960):
        if answer := found():
            return answer
        time.sleep(0.25)
    raise AssertionError("it has not come within four minutes")


@contextmanager
def display() -> Iterator[tuple[str, dict[str, str]]]:
    """A screen that nobody sees. Without a window manager: a window begins in its corner, so that places in it are places on the screen.

    It begins anew whenever the last program leaves it, unless told not to: LibreOffice, which comes just then, would find no screen.
    """
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as numbers:
        screen = f":{numbers.readline().strip()}"
    try:
        yield screen, {**os.environ, "DISPLAY": screen}
    finally:
        server.terminate()
        server.wait()
