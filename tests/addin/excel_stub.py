"""Excel for Windows on any system: enough of pywin32 for the real code of xlwings to answer formulas, and what Excel hands over.

`answered` runs a script in a process of its own, since the stub pretends to be another platform while xlwings is imported.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import sys
import types
from typing import Any
from unittest import mock

MISSING = -2147352572
NA_CODE, VALUE_CODE = -2146826246, -2146826273

RANGE_ID = "{00020846-0000-0000-C000-000000000046}"


class ComError(Exception):
    hresult = 0


class ComTime(dt.datetime):
    """pywintypes.TimeType: a datetime that always has a time zone."""


class _Anything:
    def __getattr__(self, name: str) -> Any:
        return _Anything()

    def __call__(self, *given: Any, **named: Any) -> int:
        return 0


class _Library(_Anything):
    def __init__(self, *given: Any) -> None:
        pass


def _module(name: str, **names: Any) -> None:
    module = types.ModuleType(name)
    module.__dict__.update(names)
    module.__file__ = f"{name}.pyd"
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _refuse(*given: Any, **named: Any) -> Any:
    raise ComError(-1)


def import_xlwings() -> Any:
    """The xlwings of Windows, whose UDF code is real."""
    dispatch_id = "{00020400-0000-0000-C000-000000000046}"
    identity = types.SimpleNamespace
    _module("pywintypes", com_error=ComError, error=ComError, TimeType=ComTime, IID=str.upper, HANDLE=int)
    _module(
        "pythoncom", CoInitialize=lambda: None, ole_error=ComError, com_error=ComError, IID_IDispatch=dispatch_id, IID_IEnumVARIANT="enum",
        TypeIIDs={dispatch_id: type("PyIDispatch", (), {})},
    )  # fmt: skip
    for name in ("win32api", "win32con", "win32gui", "win32event", "win32com", "win32com.server", "win32com.server.dispatcher"):
        _module(name)
    _module("win32process", GetWindowThreadProcessId=lambda window: (1, 4242))
    _module("win32timezone", TimeZoneInfo=types.SimpleNamespace(utc=lambda: dt.UTC))
    _module(
        "win32com.client", CDispatch=type("CDispatch", (), {}), DispatchBaseClass=type("DispatchBaseClass", (), {}), CoClassBaseClass=object,
        Dispatch=lambda com, **named: com, DispatchEx=_refuse, gencache=identity(EnsureModule=lambda *given, **named: None),
    )  # fmt: skip
    _module("win32com.server.exception")
    _module("win32com.server.policy", DefaultPolicy=object)
    _module("win32com.server.util", wrap=lambda each, *given, **named: each, unwrap=_refuse)
    with (
        mock.patch.object(sys, "platform", "win32"),
        mock.patch.object(ctypes, "windll", _Anything(), create=True),
        mock.patch.object(ctypes, "oledll", _Anything(), create=True),
        mock.patch.object(ctypes, "PyDLL", _Library),
    ):
        import xlwings
        import xlwings.com_server
        import xlwings.udfs
    return xlwings


BOOK = types.SimpleNamespace(Name="book.xlsm", Application=types.SimpleNamespace(Version="16.0", Hwnd=1))
SHEET = types.SimpleNamespace(Name="Sheet1", Parent=BOOK)


class _Ole:
    @staticmethod
    def GetTypeInfo() -> Any:
        return types.SimpleNamespace(GetTypeAttr=lambda: types.SimpleNamespace(iid=RANGE_ID))


class ComRange:
    """A range as COM hands it to a formula: `Value` is a single value, or a tuple of rows."""

    _oleobj_ = _Ole()
    CLSID = RANGE_ID

    def __init__(self, value: Any, address: str = "$A$1") -> None:
        self.Value, self._address = value, address
        height, width = (len(value), len(value[0])) if isinstance(value, tuple) else (1, 1)
        self.Row = self.Column = 1
        self.Rows, self.Columns = types.SimpleNamespace(Count=height), types.SimpleNamespace(Count=width)
        self.Count = height * width
        self.Worksheet = types.SimpleNamespace(
            Name="Sheet1", Parent=types.SimpleNamespace(Name="book.xlsm", Application=types.SimpleNamespace(Version="16.0", Hwnd=1))
        )

    def GetAddress(self, *given: Any) -> str:
        return self._address


def com(value: Any) -> Any:
    """A Python value as COM hands it over: numbers as floats, dates with a time zone, texts and empty cells as they are."""
    if isinstance(value, (list, tuple)):
        return tuple(tuple(com(each) for each in row) for row in value)
    if isinstance(value, dt.date):
        return ComTime(value.year, value.month, value.day, tzinfo=dt.UTC)
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def rows_of(answer: Any) -> list[list[Any]]:
    """An answer as rows: xlwings hands over one row as a flat list, a single value alone."""
    if not isinstance(answer, list):
        return [[answer]]
    return answer if answer and isinstance(answer[0], list) else [answer]


def carried(answer: Any) -> list[str]:
    """Types in an answer that pywin32 cannot make a VARIANT of, or that Excel shows as something else; none is right."""
    rows = rows_of(answer)
    right = {str, float, int, bool, dt.datetime}
    wrong = [type(each).__name__ for row in rows for each in row if type(each) not in right or each != each]
    naive = ["date without a time zone" for row in rows for each in row if isinstance(each, dt.datetime) and each.tzinfo is None]
    return [*wrong, *naive, *(["rows of different length"] if len({len(row) for row in rows}) > 1 else [])]
