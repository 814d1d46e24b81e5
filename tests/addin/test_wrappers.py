"""The generated VBA: wrappers as xlwings' own generator writes them, texts of the function wizard as VBA can hold them."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.wrappers import PYTHON_MODULE, functions_module, quoted, wizard_module, wrapper

GENERATOR = f"""
import sys, types

def stub(name, **names):  # what xlwings asks of pywin32 before it writes a wrapper
    module = types.ModuleType(name)
    module.__dict__.update(names)
    sys.modules[name] = module

error = type("com_error", (Exception,), {{}})
stub("pywintypes", com_error=error)
stub("pythoncom", CoInitialize=lambda: None, com_error=error)
stub("win32com")
stub("win32com.client", Dispatch=None)

from xlwings import udfs
from xlseg.addin.catalogue import FORMULAS

module = types.ModuleType("formulas")
for formula in FORMULAS:
    arguments = ", ".join(f"{{a.name}}=None" if a.optional else a.name for a in formula.arguments)
    exec(f"def {{formula.name}}({{arguments}}): pass", module.__dict__)
    setattr(module, formula.name, udfs.xlfunc(getattr(module, formula.name)))
udfs.generate_vba_wrapper({PYTHON_MODULE!r}, module, sys.stdout, types.SimpleNamespace(Name="book.xlsm"))
"""

LINES = wizard_module().text.split("\r\n")


@pytest.fixture(scope="module")
def written_by_xlwings() -> str:
    return subprocess.run([sys.executable, "-c", GENERATOR], capture_output=True, text=True, check=True).stdout


def test_the_wrappers_are_what_the_generator_of_xlwings_writes(written_by_xlwings: str) -> None:
    ours = functions_module().code
    # One thing is added: error values, which COM does not carry, are made of their texts.
    ours, wrapped = re.subn(r"= ErrorValues\((XLPy\.CallUDF\(.*\))\)$", r"= \1", ours, flags=re.MULTILINE)
    assert ours[ours.index("Function AGING") :].rstrip("\n") == written_by_xlwings.rstrip("\n")
    assert wrapped == 2 * len(FORMULAS)
    assert written_by_xlwings.count("End Function") == len(FORMULAS)


def test_every_error_value_is_made_of_its_text() -> None:
    # XlCVError, as Microsoft documents it
    numbers = {"#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042}
    found = re.findall(r'Case "(.*)": ErrorValue = CVErr\((\d+)\)', functions_module().code)
    assert {text: int(number) for text, number in found} == numbers


def test_the_module_declares_what_the_wrappers_ask_for() -> None:
    assert '#Const App = "Microsoft Excel"' in functions_module().text.splitlines()


@pytest.mark.parametrize("module", [functions_module(), wizard_module()], ids=lambda module: module.name)
def test_no_line_is_longer_than_vba_reads_and_none_is_continued_too_often(module: object) -> None:
    lines = module.text.split("\r\n")  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= 1023
    continued = re.findall(r"(?:.* _\r\n)+", module.text)  # type: ignore[attr-defined]
    assert max((run.count("\r\n") for run in continued), default=0) <= 24


def test_the_wizard_gets_a_text_for_every_argument() -> None:
    for formula in FORMULAS:
        start = LINES.index(f"Private Sub Describe_{formula.name}()")
        body = "\n".join(LINES[start : LINES.index("End Sub", start)])
        assert f'Here("{formula.name}")' in body
        texts = [text.replace('""', '"') for text in re.findall(r'"((?:[^"]|"")*)"', body)]
        assert texts == [formula.name, "xlseg", formula.help, *(argument.help for argument in formula.arguments)]
        assert f"    Describe_{formula.name}" in LINES


def test_describing_the_formulas_does_not_make_excel_ask_whether_to_save() -> None:
    start = LINES.index("Public Sub DescribeFormulas()")
    body = LINES[start : LINES.index("End Sub", start)]
    assert (body[2], body[-1]) == ("    unchanged = ThisWorkbook.Saved", "    ThisWorkbook.Saved = unchanged")


def test_a_quote_in_a_text_is_doubled() -> None:
    assert quoted('say "km"') == '"say ""km"""'


def test_a_formula_without_arguments_has_an_empty_list() -> None:
    version = next(formula for formula in FORMULAS if formula.name == "XLSEG_VERSION")
    assert wrapper(version).startswith("Function XLSEG_VERSION()\n")
    assert '"XLSEG_VERSION", Array(), ThisWorkbook' in wrapper(version)
