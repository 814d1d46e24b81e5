"""Reads the arguments of a formula as its record says: ids, days, numbers, words; ranges with a heading row are left to the desk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from xlseg.addin.desk import desk
from xlseg.addin.formula import Argument
from xlseg.addin.values import BAD_VALUE, cell, is_range, rows_of
from xlseg.errors import ArgumentError, XlsegError
from xlseg.intake.cells import text_of
from xlseg.workbook import CellError, Value

_EPOCH_1900, _EPOCH_1904 = dt.date(1899, 12, 30), dt.date(1904, 1, 1)
_LAST_SERIAL = 2_958_465


class ErrorAnswer(XlsegError):
    """The answer is an error value: one that an argument holds already, or one for which there is a reason."""

    def __init__(self, error: CellError, formula: str = "", fact: str = "", advice: str = "") -> None:
        super().__init__(formula or "an argument", fact or f"holds {error.code}", advice or "repair that cell")
        self.error = error


@dataclass(frozen=True)
class Ids:
    """Customer ids in the shape in which they stand: `rows` of texts ("" = empty cell) or error values; `single` for one cell."""

    rows: Sequence[Sequence[str | CellError]]
    single: bool

    @property
    def column(self) -> list[str | CellError]:
        """The ids one below the other, row by row."""
        return [each for row in self.rows for each in row]


Reader = Callable[[Any], Any]


@cache
def reader(formula: str, argument: Argument) -> Reader:
    """What reads an argument of a formula. An empty or missing one becomes the default.

    The reader raises `ArgumentError` for what the argument cannot hold, `ErrorAnswer` for an error value.
    """
    kinds: dict[str, Reader] = {
        "customers": _ids,
        "table": _table,
        "date": lambda given: _optional(given, _day),
        "dates": lambda given: [_day(each) for row in rows_of(given) for each in row if _one(each) is not None],
        "window": lambda given: _optional(given, lambda each: _number(each, 1)),
        "number": lambda given: _optional(given, _number),
        "numbers": lambda given: _each(given, _numeral),
        "months": lambda given: _each(given, _month),
        "choice": lambda given: _optional(given, lambda each: _word(each, argument.choices)),
        "flag": lambda given: _optional(given, _flag),
        "text": lambda given: text_of(_one(_single(given))),
    }
    read = kinds[argument.kind]

    def of(given: Any) -> Any:
        try:
            found = read(given)
        except ValueError as error:
            raise ArgumentError(formula, f"{argument.name} cannot be {_shown(given)}", f"write {error}") from None
        if found is None or found == [] or found == "":
            if not argument.optional:
                raise ArgumentError(formula, f"{argument.name} is missing", f"give it: {argument.help[:1].lower()}{argument.help[1:].rstrip('.')}")
            return argument.default
        return found

    return of


def _shown(given: Any) -> str:
    return "a range" if is_range(given) else repr(cell(given))


def _one(given: Any) -> Value:
    value = cell(given)
    if isinstance(value, CellError):
        raise ErrorAnswer(value)
    return value


def _single(given: Any) -> Any:
    """The only cell of what may be a range of one."""
    while is_range(given):
        if len(given) != 1:
            raise ValueError("a single cell")
        given = given[0]
    return given


def _optional(given: Any, read: Callable[[Value], Any]) -> Any:
    value = _one(_single(given))
    return None if value is None else read(value)


def _each(given: Any, read: Callable[[Any], Any]) -> Any:
    """One number, or rows of them; a cell of a range that is none becomes an error value, an empty one None."""
    if not is_range(given):
        return _optional(given, read)
    return [[_in_range(each, read) for each in row] for row in rows_of(given)]


def _in_range(given: Any, read: Callable[[Any], Any]) -> Any:
    value = cell(given)
    if value is None or isinstance(value, CellError):
        return value
    try:
        return read(value)
    except ValueError:
        return BAD_VALUE


def _table(given: Any) -> Any:
    if is_range(given):
        return given or None
    value = _one(given)
    if value is None:
        return None
    raise ValueError("a range with its heading row, such as Invoices[#All]")


def _ids(given: Any) -> Ids:
    if not is_range(given):
        return Ids([[_id(given)]], True)
    return Ids([[_id(each) for each in row] for row in rows_of(given)], False)


def _id(given: Any) -> str | CellError:
    if given.__class__ is str and given.isalnum():  # nothing to trim, no error value
        text: str = given
        return text
    value = cell(given)
    return value if isinstance(value, CellError) else text_of(value)


def _day(given: Any) -> dt.date:
    value = _one(given)
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 1 <= value <= _LAST_SERIAL:
        return (_EPOCH_1904 if desk().epoch_1904 else _EPOCH_1900) + dt.timedelta(days=int(value))
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError("a date, such as DATE(2026,10,31)") from None


def _number(value: Value, least: int = 0) -> int:
    found = _numeral(value)
    if not least <= found <= 3660 or found != int(found):
        raise ValueError(f"a whole number of days, from {least} to 3660")
    return int(found)


def _numeral(given: Any) -> float:
    value = _one(given)
    if isinstance(value, (dt.date, bool)) or value is None:
        raise ValueError("a number")
    try:
        found = float(str(value)) if isinstance(value, str) else float(value)  # type: ignore[arg-type]
    except ValueError:
        raise ValueError("a number") from None
    if not abs(found) < 1e300:
        raise ValueError("a number that can be computed with")
    return found


def _month(given: Any) -> int:
    """Month 1 to 12."""
    value = _one(given)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value in range(1, 13):
        return int(value)
    return _day(value).month


def _word(value: Value, choices: tuple[str, ...]) -> str:
    text = str(value).strip().casefold()
    if text in choices:
        return text
    near = get_close_matches(text, choices, n=1)
    raise ValueError(f'"{near[0]}"' if near else " or ".join(f'"{choice}"' for choice in choices))


def _flag(value: Value) -> bool:
    if isinstance(value, (bool, int, float)) and value in (0, 1):
        return bool(value)
    text = str(value).strip().casefold()
    if text in ("true", "yes", "1", "false", "no", "0"):
        return text in ("true", "yes", "1")
    raise ValueError("TRUE or FALSE")
