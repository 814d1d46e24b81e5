"""Formulas in cells of a real LibreOffice Calc, which is started with a profile of its own and steered as in the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import xlsxwriter
from invoices import AS_OF, ASKED, PER_CUSTOMER, ids_of, rows

from xlseg.addin.calc_extension.install import FORMULAS_FROM, install
from xlseg.addin.calc_extension.office import find_office
from xlseg.errors import InstallError

HARNESS = Path(__file__).parents[1] / "tests" / "addin"
DAY = float(AS_OF.toordinal() - 693_594)  # the day as a cell has it
ALL = f"B1:B{ASKED}"


def missing() -> str:
    """Why this cannot be measured here; "" when it can."""
    if shutil.which("soffice") is None or shutil.which("unopkg") is None:
        return "LibreOffice is not installed"
    if not HARNESS.is_dir():
        return "the tests, which steer LibreOffice, are not here"
    if subprocess.run(["/usr/bin/python3", "-c", "import uno"], capture_output=True, check=False).returncode:
        return "python3-uno is not installed"
    try:
        version = find_office().version
    except InstallError as error:
        return str(error)
    return "" if version >= FORMULAS_FROM else "this LibreOffice is too old for formulas"


def measured(invoices: int) -> dict[str, float]:
    """Seconds by measure."""
    sys.path.insert(0, str(HARNESS))
    from calc_office import RunningOffice, open_folder, profile, programs

    with open_folder() as folder:
        office = find_office(programs(folder / "program"), profile(folder / "profile"))
        install(office)
        write_book(folder / "book.xlsx", invoices)
        calc = RunningOffice(office.profile_folder(), environment={"XDG_STATE_HOME": str(folder / "state")})
        try:
            calc("open", str(folder / "book.xlsx"))
            return _in_cells(calc, invoices)
        finally:
            calc.quit()


def write_book(path: Path, invoices: int) -> None:
    """Invoices; and on a second sheet ids, single formulas beside them, two more, and the as-of dates that they refer to."""
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Invoices")
    for number, row in enumerate(rows(invoices)):
        sheet.write_row(number, 0, row)
    mine = book.add_worksheet("Mine")
    for number, (one,) in enumerate(ids_of(invoices // PER_CUSTOMER)):
        mine.write_string(number, 0, one)
        mine.write_formula(number, 1, f"=PAYMENT_VELOCITY(A{number + 1},,$D$1)")
    mine.write_formula("E2", '=PAYMENT_VELOCITY("C1",,D2)')
    mine.write_formula("E3", '=PAYMENT_VELOCITY("C2",,D3)')
    book.close()


def _in_cells(calc: Any, invoices: int) -> dict[str, float]:
    """A new date in the cell that formulas refer to has them computed again, and only them."""

    def computed(day_cell: str, day: float, cells: str) -> float:
        began = busy(calc.process.pid)
        calc("put", "Mine", day_cell, [[day]])
        calc("compute", "Mine", cells)
        return busy(calc.process.pid) - began

    found = {"first": computed("D2", DAY, "E2")}
    found["single"] = computed("D1", DAY, ALL) / ASKED
    calc("put", "Invoices", f"E{invoices + 1}", [[1.0]])
    found["changed"] = computed("D2", DAY - 1, "E2")
    began = time.perf_counter()  # too short for hundredths: by the clock, with two steps of the program that steers
    computed("D3", DAY - 1, "E3")
    found["then"] = time.perf_counter() - began
    found["then all"] = computed("D1", DAY - 1, ALL) / ASKED
    calc("array", "Mine", f"F1:F{ASKED}", f"=PAYMENT_VELOCITY(A1:A{ASKED};;D4)")
    calc("put", "Mine", "D4", [[DAY]])
    calc("compute", "Mine", f"F1:F{ASKED}")
    found["array again"] = computed("D4", DAY - 1, f"F1:F{ASKED}")
    assert calc("values", "Mine", f"F1:F{ASKED}") == calc("values", "Mine", ALL)
    for measure, amount in (("array", 2.0), ("array changed", 3.0)):  # either way the sheets are read
        calc("put", "Invoices", f"E{invoices + 1}", [[amount]])
        found[measure] = computed("D4", DAY - amount, f"F1:F{ASKED}")
    assert calc("values", "Mine", f"F1:F{ASKED}") != calc("values", "Mine", ALL)
    return found


def busy(process: int) -> float:
    """Seconds of the processor that a process and those it has started have taken so far, in hundredths."""
    started = subprocess.run(["ps", "--ppid", str(process), "-o", "pid="], capture_output=True, text=True, check=False).stdout.split()
    fields = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in (process, *started) if Path(f"/proc/{each}").exists()]
    return sum(int(each[11]) + int(each[12]) for each in fields) / os.sysconf("SC_CLK_TCK")
