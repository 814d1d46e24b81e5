"""The hosts, each as a function that writes tabs into a workbook and saves it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import fake_excel
from calc_office import RunningOffice

from xlseg.addin.calc_extension.install import make
from xlseg.hosts.calc import CalcWorkbook
from xlseg.hosts.excel import ExcelWorkbook
from xlseg.hosts.file import WorkbookFile
from xlseg.workbook import Tab, Written

Write = Callable[[Path, Sequence[Tab]], Written]


def in_the_file(path: Path, tabs: Sequence[Tab]) -> Written:
    return WorkbookFile(path).write(tabs)


def in_excel(path: Path, tabs: Sequence[Tab]) -> Written:
    book = fake_excel.Book(path)
    written = ExcelWorkbook(book).write(tabs)
    fake_excel.saved(book)
    return written


HOSTS: Mapping[str, Write] = {"file": in_the_file, "excel": in_excel}


def why_no_calc() -> str:
    """Why there is no LibreOffice to write into; "" when there is one."""
    if shutil.which("soffice") is None:
        return "LibreOffice is not installed"
    no_uno = subprocess.run(["/usr/bin/python3", "-c", "import uno"], capture_output=True, check=False).returncode
    return "python3-uno is not installed" if no_uno else ""


class LiveCalc:
    """A LibreOffice of its own, and the part of the extension that works on a document, which is run by the program that steers it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="xlseg-office-"))
        make(self._folder)
        self._office = RunningOffice(self._folder / "profile")

    def write(self, path: Path, tabs: Sequence[Tab]) -> Written:
        self._office("open", str(path))
        try:
            written = CalcWorkbook(self._ask).write(tabs)
            self._office("save", str(self._folder / "saved.xlsx"))
        finally:
            self._office("close")
        shutil.move(self._folder / "saved.xlsx", path)
        return written

    def _ask(self, name: str, *arguments: Any) -> Any:
        return self._office("ask", str(self._folder / "content" / "pythonpath"), name, *arguments)

    def quit(self) -> None:
        self._office.quit()
        shutil.rmtree(self._folder, ignore_errors=True)
