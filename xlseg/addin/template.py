"""The workbook with the ribbon button and the formulas, built from text: sheets, VBA sources, ribbon.

`python -m xlseg.addin.template` builds workbook_template.xlsm anew; a test compares it with the one in the repository, part by part.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import BinaryIO

from xlseg.actions import worklist
from xlseg.addin.ovba import Module, from_exported, vba_project
from xlseg.addin.runtime import Runtime, installed_runtime
from xlseg.addin.wrappers import PYTHON_MODULE, functions_module, wizard_module
from xlseg.analysis import Analysis, analyse
from xlseg.dashboard import dashboard
from xlseg.errors import FileError
from xlseg.hosts import saving
from xlseg.hosts.book import Book
from xlseg.hosts.file import must_be_absent, new_book
from xlseg.hosts.macros import WORKBOOK, name_code, put_project, put_ribbon
from xlseg.playbook import default_playbook
from xlseg.segments.defaults import default_rules
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.tabs.actions import actions_tab
from xlseg.tabs.dashboard import dashboard_tab
from xlseg.tabs.inputs import macro_book_tabs
from xlseg.tabs.migration import Picked, migration_tabs
from xlseg.tabs.segments import segments_tab
from xlseg.workbook import Cell, Tab

FILE = "workbook_template.xlsm"
CONF = "xlwings.conf"
_WAITING = "Empty until the first refresh: click Refresh Segments on the xlseg ribbon, or run `xlseg refresh`."
_ANY_DAY = dt.date(2026, 1, 31)
"""The empty tabs are laid out for a date, of which nothing is shown."""


def build(path: Path, runtime: Runtime, interpreter: Mapping[str, str] | None = None) -> None:
    """Write the workbook with this runtime of xlwings, and what its sheet xlwings.conf says of the Python to start.

    Raises
    ------
    FileError
        When there is a file already, or it cannot be written.
    """

    def finish(book: Book) -> None:
        put_project(book, vba_project(modules(name_code(book), runtime)))
        put_ribbon(book, _text("customUI.xml").encode())

    new_book(path, tabs(interpreter or {}), finish)


def modules(sheets: Sequence[str], runtime: Runtime) -> list[Module]:
    """The VBA project: a document module for the workbook and each sheet, by code name; ours; those of xlwings."""
    documents = [Module(WORKBOOK, "workbook", _text("ThisWorkbook.cls")), *(Module(name, "worksheet", _text("Sheet.cls")) for name in sheets)]
    return [*documents, from_exported(_text("xlseg_ribbon.bas"), "module"), functions_module(), wizard_module(), *runtime.modules]


def tabs(interpreter: Mapping[str, str]) -> tuple[Tab, ...]:
    """The sheets: instructions, those for the exports, rules, settings; the main tabs, still empty; what xlwings is to know."""
    nothing = analyse(Ledger(has_invoices=True), Settings(), default_rules(True), _ANY_DAY, (), frozenset())
    return (*macro_book_tabs(), *_waiting(nothing), conf_tab(interpreter))


def _waiting(nothing: Analysis) -> list[Tab]:
    """What opens the day, Segments and Migration as a refresh lays them out, without numbers and dates."""
    board = dashboard_tab(nothing, dashboard(nothing, ()), 1, "", Cell(None))
    actions = actions_tab(nothing, worklist(nothing, default_playbook(True, nothing.rules.segments)))
    segments, (migration, data) = segments_tab(nothing), migration_tabs(nothing, Picked())
    totals = {place for place, cell in segments.cells.items() if place[0] == 4}
    pickers = {(row, column) for row in (4, 5, 6) for column in (1, 2)}
    words = {(6, 10), (7, 10), (8, 10)}
    return [_emptied(board, ()), _emptied(actions, ()), _emptied(segments, totals), _emptied(migration, pickers), _emptied(data, words)]


def _emptied(tab: Tab, kept: Collection[tuple[int, int]]) -> Tab:
    cells = {place: cell for place, cell in tab.cells.items() if place in kept or place == (1, 1)}
    return replace(tab, cells={**cells, (2, 1): Cell(_WAITING, "subtitle")}, footer="")


def conf_tab(interpreter: Mapping[str, str]) -> Tab:
    """What xlwings is to know of this workbook. It reads columns A and B from A1 down to the first empty row: so there is no title."""
    lines: list[tuple[str, str | bool, str]] = [(key, value, "The Python in which xlseg is installed.") for key, value in interpreter.items()]
    lines += [
        ("UDF Modules", PYTHON_MODULE, "Where the formulas are."),
        ("Use UDF Server", True, "One Python for button and formulas: a click answers about a second sooner."),
        ("ADD_WORKBOOK_TO_PYTHONPATH", False, "Nothing is loaded from the workbook's folder, which on OneDrive is a web address."),
    ]
    cells: dict[tuple[int, int], Cell] = {}
    for row, (key, value, note) in enumerate(lines, start=1):
        cells |= {(row, 1): Cell(key, "label"), (row, 2): Cell(value, "input_text"), (row, 3): Cell(note, "note")}
    return Tab(CONF, cells, widths={1: 32.0, 2: 60.0, 3: 80.0}, input=True)


def interpreter_of(platform: str, executable: str, home: str) -> dict[str, str]:
    """What xlwings.conf says of a Python: its path, on Windows with the user's folder left open, so that colleagues may share the book."""
    if platform == "win32":
        inside = executable.lower().startswith(home.lower() + "\\")
        return {"Interpreter_Win": "%USERPROFILE%" + executable[len(home) :] if inside else executable}
    return {"Interpreter_Mac": executable} if platform == "darwin" else {}


def shipped() -> Path:
    """The template that comes with this installation; in a checkout it lies at the top."""
    home = Path(__file__).parents[1]
    return next((place for place in (home / FILE, home.parent / FILE) if place.is_file()), home / FILE)


def new_macro_book(path: Path, interpreter: Mapping[str, str], runtime: Runtime | None) -> str:
    """Make a workbook of the template with the runtime of the xlwings that is installed; a remark when none is.

    Raises
    ------
    FileError
        When there is a file already, or it cannot be written.
    """
    if runtime is not None:
        build(path, runtime, interpreter)
        return ""
    must_be_absent(path)
    saving.replace(path, _copy_shipped, before=lambda: must_be_absent(path))
    return (
        'xlwings is not installed here: the book is made for the version it was tested with. Before you use it in Excel: pip install "xlseg[excel]"'
    )


def _copy_shipped(file: BinaryIO) -> None:
    file.write(shipped().read_bytes())


def _text(name: str) -> str:
    return resources.files("xlseg.addin").joinpath("vba", name).read_text(encoding="utf-8")


def main(place: Path) -> str:
    """Build the template anew; what was built."""
    runtime = installed_runtime()
    if runtime is None:
        raise FileError(FILE, "xlwings is not installed, whose runtime the workbook carries", "install it (pip install xlwings)")
    place.unlink(missing_ok=True)
    build(place, runtime)
    return f"{place}  built with the runtime of xlwings {runtime.version}"


if __name__ == "__main__":
    print(main(Path(sys.argv[1] if len(sys.argv) > 1 else FILE)))
