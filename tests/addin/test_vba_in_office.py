"""LibreOffice compiles our VBA: a function added to each module answers in a cell, one added to a module with a mistake does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
from office import calculated_with_macros

from xlseg.addin.ovba import Module, vba_project
from xlseg.addin.runtime import Runtime
from xlseg.addin.template import modules
from xlseg.hosts.book import Book
from xlseg.hosts.file import new_book
from xlseg.hosts.macros import name_code, put_project
from xlseg.workbook import Cell, Tab

OURS = ("xlseg_ribbon", "xlseg_functions", "xlseg_wizard")
BROKEN = Module("Broken", "module", "Function BAD(x)\n    If x Then Then\nEnd Function")


def with_probe(module: Module) -> Module:
    """The module with one more function, which answers the doubled length of its name times the argument."""
    name = f"PROBE_{module.name}"
    return replace(module, code=f"{module.code}\n\nFunction {name}(x)\n    {name} = {2 * len(module.name)} * x\nEnd Function\n")


def test_every_module_of_ours_compiles(tmp_path: Path) -> None:
    def finish(book: Book) -> None:
        project = modules(name_code(book), Runtime("", ()))  # the runtime of xlwings is for Excel alone
        documents = [module for module in project if module.name not in OURS]
        put_project(book, vba_project([*documents, *(with_probe(m) for m in (*project, BROKEN) if m.name in (*OURS, "Broken"))]))

    cells = {(row, 1): Cell(0, "count", f"PROBE_{name}(3)") for row, name in enumerate((*OURS, "Broken"), start=1)}
    new_book(tmp_path / "book.xlsm", [Tab("Probes", cells, input=True)], finish)
    calculated_with_macros(tmp_path, tmp_path / "book.xlsm", tmp_path / "calculated.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "calculated.xlsx", data_only=True)["Probes"]
    assert [sheet.cell(row, 1).value for row in (1, 2, 3)] == [72, 90, 72]  # 12, 15 and 12 letters, doubled, times 3
    assert sheet.cell(4, 1).value == "#NAME?"
