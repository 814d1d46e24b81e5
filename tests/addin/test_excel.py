"""Every formula through the real code of xlwings, behind a stub of pywin32, with what Excel for Windows hands over. The calls: excel_session.py."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def session() -> Any:
    if find_spec("xlwings") is None:
        pytest.skip("xlwings is not installed")
    program = (
        f"import sys; sys.path[:0] = [{str(HERE)!r}, {str(HERE.parents[1])!r}]; import runpy; runpy.run_path({str(HERE / 'excel_session.py')!r})"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_xlwings_knows_every_formula(session: Any) -> None:
    assert session["unregistered"] == []


def test_excel_gets_what_plain_python_gets_and_can_carry_it(session: Any) -> None:
    assert session["differences"] == []


# A owes 500, B 50; A's mean days late by the end of September is 5.
@pytest.mark.parametrize(
    ("quirk", "answer"),
    [
        ("one-row range of ids", [500, 50, "#N/A"]),
        ("range of one cell", 500),
        ("id as number", "#N/A"),
        ("as-of date as serial number", 5),
        ("as-of date in a cell", 5),
        ("error value as id", [["#N/A"], [500]]),
        ("error value as as-of date", "#N/A"),
        ("column formatted as currency", 500),
        ("error value in a date column", 500),
        ("empty cell as id", ""),
        ("word that is none", "#VALUE!"),
        ("no data", "#VALUE!"),
        ("error codes", True),
    ],
)
def test_what_excel_hands_over_in_odd_forms(quirk: str, answer: Any, session: Any) -> None:
    assert session["quirks"][quirk] == answer


def test_the_functions_are_there_where_only_pandas_numpy_and_narwhals_are_to_be_had() -> None:
    """As in xlwings Lite, where whatever else is imported is missing."""
    program = (
        "import sys\n"
        "there = {'xlseg', 'pandas', 'numpy', 'narwhals', 'dateutil', 'pytz', 'six', 'tzdata'} | sys.stdlib_module_names\n"
        "class Nothing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] not in there and name[0] != '_':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Nothing())\n"
        "from xlseg.addin.excel_functions import *\n"
        "assert CASH_ACCELERATED(1200000.0, 12.0) == 480000.0 and FINANCE_COST_SHARE(1.0, 0.0) == '#NUM!'\n"
        "rows = [['Invoice No', 'Customer ID', 'Date', 'Due Date', 'Amount', 'Paid Date'], ['1', 'A', 46174, 46204, 100, 46206]]\n"
        "assert PAYMENT_VELOCITY('A', rows, 46326) == 2 and PAYMENT_VELOCITY([['A'], ['B']], rows, 46326) == [[2], ['#N/A']]"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
