"""The formulas under the decorators of xlwings: for classic xlwings, whose wrappers in VBA call this module, and for xlwings Lite.

In xlwings Lite: `from xlseg.addin.excel_functions import *`. Where xlwings is missing, or refuses to be imported, the functions are still here.
"""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from xlseg.addin import functions
from xlseg.addin.catalogue import FORMULAS
from xlseg.addin.desk import Desk, install
from xlseg.addin.excel_book import Calculations, ExcelBook
from xlseg.addin.formula import WIZARD_CATEGORY, Formula
from xlseg.addin.values import for_xlwings

xlwings: Any
try:
    import xlwings
except Exception:  # not installed, or a check of its licence fails: the functions are of use without
    xlwings = None

Function = Callable[..., Any]

_calculations = Calculations(time.monotonic)


def _calling_book() -> ExcelBook | None:
    """The workbook of the cell; None where Excel shows nothing but arguments: on the web, in xlwings Lite."""
    if xlwings is None or not sys.platform.startswith("win"):
        return None
    return ExcelBook(xlwings.Book.caller(), _calculations)


def _for_excel(function: Function) -> Function:
    @wraps(function)
    def answer(*given: Any) -> Any:
        found = for_xlwings(function(*given))
        _calculations.ended()
        return found

    return answer


def _registered(formula: Formula) -> Function:
    function = _for_excel(getattr(functions, formula.name))
    if xlwings is None:
        return function
    for argument in formula.arguments:
        function = xlwings.arg(argument.name, "raw", doc=argument.help)(function)
    registered: Function = xlwings.func(category=WIZARD_CATEGORY)(function)
    return registered


install(Desk(_calling_book, lambda: dt.date.today()))
globals().update({formula.name: _registered(formula) for formula in FORMULAS})
__all__ = [formula.name for formula in FORMULAS]
