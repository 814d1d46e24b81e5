"""Calls every formula through the code of xlwings, as Excel for Windows does, and in plain Python; prints what differs. Run by test_excel.py."""

from __future__ import annotations

import datetime as dt
import json
import sys
from decimal import Decimal
from typing import Any

import excel_stub
from excel_stub import MISSING, NA_CODE, ComRange, carried, com, rows_of
from formula_books import INVOICES, day

xlwings = excel_stub.import_xlwings()
from xlwings.com_server import XLPython  # noqa: E402

from xlseg.addin import excel_functions, functions  # noqa: E402
from xlseg.addin.catalogue import BY_NAME, FORMULAS  # noqa: E402
from xlseg.addin.desk import Desk, install  # noqa: E402
from xlseg.addin.values import COM_ERRORS  # noqa: E402
from xlseg.workbook import CellError  # noqa: E402

AS_OF = dt.date(2026, 10, 31)
ORDERS = [["Order No", "Customer ID", "Date", "Amount"]]
ORDERS += [[f"S{n}", "AB"[n % 2], dt.date(2024, 1, 5) + dt.timedelta(days=9 * n), 100.0 + n] for n in range(110)]
IDS = [["A"], ["B"], [""], ["nobody"]]
RULES = [["Priority", "Segment", "Risk", "payment_velocity"], [1, "Late", 5, ">5"], [2, "Rest", 1, None]]
TABLES = {"invoices": INVOICES, "orders": ORDERS, "rules": RULES}
KINDS: dict[str, Any] = {
    "customers": IDS, "date": AS_OF, "dates": [[dt.date(2026, 8, 31), AS_OF]], "number": 365, "flag": True, "text": "orders",
    "numbers": [[0.5], [2.0], ["x"]], "months": [[1], [12.0]],
}  # fmt: skip
OF_NAME: dict[str, Any] = {"before": dt.date(2026, 8, 31), "since": dt.date(2026, 9, 30), "discount": [[0.02], [1.0]], "net_days": 30.0}


def arguments(name: str) -> list[Any]:
    """Arguments for a formula, all that it takes."""
    found = []
    for argument in BY_NAME[name].arguments:
        given = argument.default if argument.kind == "choice" else KINDS.get(argument.kind)
        found.append(OF_NAME.get(argument.name, TABLES.get(argument.name) if argument.kind == "table" else given))
    return ["A", *found[1:]] if name == "EXPLAIN" else found


def excel(name: str, *given: Any) -> Any:
    """What a wrapper in VBA does. One row comes as a flat list, a single value alone."""
    return XLPython().CallUDF("xlseg.addin.excel_functions", name, tuple(given), None, ComRange(None, "$E$5"))


def in_excel(value: Any) -> Any:
    if value is None:
        return MISSING
    return ComRange(com(value)) if isinstance(value, list) else com(value)


def as_rows(answer: Any) -> list[list[Any]]:
    """An answer as rows: dates without a time zone, error values as their texts, nothing as an empty text."""

    def plain(value: Any) -> Any:
        if isinstance(value, dt.datetime):
            return value.replace(tzinfo=None)
        return value.code if isinstance(value, CellError) else "" if value is None else value

    return [[plain(value) for value in row] for row in rows_of(answer)]


def differences() -> list[str]:
    wrong = []
    for formula in FORMULAS:
        given = arguments(formula.name)
        calls = {"all arguments": given, "data and dates alone": [v if a.kind in ("table", "date") or not a.optional else None
                                                                      for v, a in zip(given, formula.arguments, strict=True)]}  # fmt: skip
        if formula.arguments and formula.arguments[0].kind == "customers":
            calls["one cell"] = ["A", *given[1:]]
        for what, values in calls.items():
            answer = excel(formula.name, *map(in_excel, values))
            plain = getattr(functions, formula.name)(*values)
            wrong += [f"{formula.name}, {what}: Excel cannot carry {each}" for each in carried(answer)]
            if as_rows(answer) != as_rows(plain):
                wrong.append(f"{formula.name}, {what}: {answer!r} is not {plain!r}")
            if isinstance(plain, CellError) or plain is None:
                wrong.append(f"{formula.name}, {what}: {plain} was answered; {desk.last_error}")
    return wrong


def quirks() -> dict[str, Any]:
    """Single answers to what Excel hands over in odd forms."""
    table = ComRange(com(INVOICES))
    priced = tuple(tuple(Decimal(str(cell)) if isinstance(cell, float) else com(cell) for cell in row) for row in INVOICES)
    broken = [INVOICES[0], *([*row[:5], NA_CODE if row[0] == "4" else row[5]] for row in INVOICES[1:])]
    one_row = ComRange((("A", "B", "nobody"),))
    return {
        "one-row range of ids": excel("OPEN_BALANCE", one_row, table, com(AS_OF)),
        "range of one cell": excel("OPEN_BALANCE", ComRange("A"), table, com(AS_OF)),
        "id as number": excel("OPEN_BALANCE", 17.0, table, com(AS_OF)),
        "as-of date as serial number": excel("PAYMENT_VELOCITY", "A", table, 46295.0),
        "as-of date in a cell": excel("PAYMENT_VELOCITY", "A", table, ComRange(com(day("2026-09-30")))),
        "error value as id": excel("OPEN_BALANCE", ComRange(((NA_CODE,), ("A",))), table, com(AS_OF)),
        "error value as as-of date": excel("OPEN_BALANCE", "A", table, NA_CODE),
        "column formatted as currency": excel("OPEN_BALANCE", "A", ComRange(priced), com(AS_OF)),
        "error value in a date column": excel("OPEN_BALANCE", "A", ComRange(com(broken)), com(AS_OF)),
        "empty cell as id": excel("OPEN_BALANCE", None, table, com(AS_OF)),
        "word that is none": excel("PAYMENT_VELOCITY", "A", table, com(AS_OF), MISSING, "amout"),
        "no data": excel("PAYMENT_VELOCITY", "A"),
        "error codes": sorted(COM_ERRORS.values(), key=str) == sorted(map(CellError, xlwings._xlwindows.cell_errors.values()), key=str),
    }  # fmt: skip


desk = Desk(today=lambda: AS_OF)
install(desk)
missing = [formula.name for formula in FORMULAS if not hasattr(getattr(excel_functions, formula.name), "__xlfunc__")]
json.dump({"unregistered": missing, "differences": differences(), "quirks": quirks()}, sys.stdout, default=str)
