"""Formula text that is one call of a known function with simple arguments, taken apart."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from xlseg.hosts.a1 import LAST_COLUMN, LAST_ROW, Area, number, position
from xlseg.workbook import CellError, Value

_OUR_PREFIX = re.compile(r"(?:_xlfn\.|_xlws\.|_xludf\.|xlwings\.|(?:\w+\.)*xlseg\.(?:\w+\.)*)+", re.I)
"""What programs put before the name of a function they do not know, or know from an add-in."""
_SHEET = re.compile(r"(?:'((?:[^'\[\]]|'')+)'|([^'!\[\]:]+))!(.+)", re.S)
_COLUMNS = re.compile(r"\$?([A-Za-z]{1,3}):\$?([A-Za-z]{1,3})")
_ROWS = re.compile(r"\$?([0-9]{1,7}):\$?([0-9]{1,7})")
_TABLE = re.compile(r"([\w.\\]*)\[(.*)\]", re.S)
_PIECE = re.compile(r"\[((?:[^\[\]']|'.)*)\]|([^\[\],:\s][^\[\],:]*)", re.S)
_NAME = re.compile(r"[^\W\d][\w.]*")
_FIXED = re.compile(r"\$[A-Za-z]{1,3}\$[0-9]+(?::\$[A-Za-z]{1,3}\$[0-9]+)?|\$[A-Za-z]{1,3}:\$[A-Za-z]{1,3}|\$[0-9]+:\$[0-9]+")
"""A reference that means the same cells wherever it stands."""
_ESCAPE = re.compile(r"'(.)", re.S)


@dataclass(frozen=True)
class Literal:
    """A value that stands in the formula."""

    value: Value


@dataclass(frozen=True)
class Reference:
    """Cells, of the formula's own sheet when `sheet` is None."""

    sheet: str | None
    area: Area


@dataclass(frozen=True)
class TableReference:
    """Cells of a table, or of the one the formula stands in when `table` is "".

    Attributes
    ----------
    items
        Which of its parts, in lower case without `#`: `all`, `data`, `headers`, `totals`, `this row`; the data when empty.
    columns
        Headings of the first and last column; all columns when empty.
    """

    table: str
    items: frozenset[str] = frozenset()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Named:
    """A name: of a table, or one the user has defined."""

    name: str


Argument = Literal | Reference | TableReference | Named | None
"""None is an argument that is left out."""


@dataclass(frozen=True)
class Call:
    """A function by its name in capitals, and its arguments."""

    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Found:
    """What a formula says about functions we know: the call that it is; None when it calls one but is more than that."""

    call: Call | None


class _NotSimpleError(Exception):
    """An argument must be computed before it is a value or a place."""


def found(words: str, names: Collection[str]) -> Found | None:
    """What a formula (without `=`) says of the functions `names`; None when it calls none of them."""
    from openpyxl.formula import Tokenizer
    from openpyxl.formula.tokenizer import TokenizerError

    try:
        tokens = [t for t in Tokenizer("=" + words).items if t.type != "WHITE-SPACE"]
    except TokenizerError:  # what openpyxl cannot read, such as A2#
        return Found(None) if _mentions(words, names) else None
    if not any(_function(t) in names for t in tokens):
        return None
    while tokens[0].type == "OPERATOR-PREFIX" and tokens[0].value == "+":
        tokens = tokens[1:]
    try:
        return Found(_call(tokens, names))
    except (_NotSimpleError, ValueError, OverflowError):
        return Found(None)


def named(words: str) -> Argument:
    """What a defined name stands for; None when that is no plain reference, or one that means another place in every cell."""
    try:
        meaning = _operand_range(words)
    except (ValueError, OverflowError):
        return None
    if isinstance(meaning, Reference):
        return meaning if meaning.sheet is not None and _FIXED.fullmatch(words.rpartition("!")[2]) else None
    return meaning if isinstance(meaning, TableReference) and meaning.table and "this row" not in meaning.items else None


def pattern(names: Collection[str]) -> re.Pattern[bytes]:
    """What the XML of a formula that calls one of the functions holds."""
    return re.compile(rb"(?<!\w)(?:%s)\s*\(" % b"|".join(name.encode() for name in sorted(names)), re.I)


def _mentions(words: str, names: Collection[str]) -> bool:
    return bool(pattern(names).search(words.encode("utf-8", "replace")))


def _function(token: Any) -> str | None:
    """The function that a token opens, in capitals and without what programs put before it."""
    if token.type != "FUNC" or token.subtype != "OPEN":
        return None
    name = str(token.value)[:-1].strip()
    prefix = _OUR_PREFIX.match(name)
    return name[prefix.end() if prefix else 0 :].upper()


def _call(tokens: Sequence[Any], names: Collection[str]) -> Call:
    name = _function(tokens[0])
    if name not in names or name is None:
        raise _NotSimpleError
    return Call(name, tuple(map(_argument, _arguments(tokens))))


def _arguments(tokens: Sequence[Any]) -> list[list[Any]]:
    """The tokens of each argument of the function that the first token opens and the last one closes."""
    inside: list[list[Any]] = [[]]
    depth = 0
    for token in tokens[1:-1]:
        depth += {"OPEN": 1, "CLOSE": -1}.get(token.subtype, 0)
        if depth < 0:
            raise _NotSimpleError
        if token.type == "SEP" and depth == 0:
            inside.append([])
        else:
            inside[-1].append(token)
    last = tokens[-1]
    if depth or (last.type, last.subtype) != ("FUNC", "CLOSE"):
        raise _NotSimpleError
    return [] if inside == [[]] else inside


def _argument(tokens: Sequence[Any]) -> Argument:
    if not tokens:
        return None
    if tokens[0].subtype == "OPEN":
        return Literal(_day(tokens))
    signs, [operand, *behind] = _signs(tokens)
    if operand.type != "OPERAND" or any(t.type != "OPERATOR-POSTFIX" for t in behind):
        raise _NotSimpleError
    if operand.subtype == "NUMBER":
        return Literal(signs * float(operand.value) / 100 ** len(behind))
    if len(tokens) > 1:
        raise _NotSimpleError
    return _operand_range(operand.value) if operand.subtype == "RANGE" else Literal(_constant(operand))


def _signs(tokens: Sequence[Any]) -> tuple[int, Sequence[Any]]:
    """1 or -1 for the signs at the beginning, and the tokens behind them."""
    sign, at = 1, 0
    while at < len(tokens) - 1 and tokens[at].type == "OPERATOR-PREFIX":
        sign, at = (-sign if tokens[at].value == "-" else sign), at + 1
    return sign, tokens[at:]


def _constant(operand: Any) -> Value:
    text = str(operand.value)
    if operand.subtype == "TEXT":
        return text[1:-1].replace('""', '"')
    return text.upper() == "TRUE" if operand.subtype == "LOGICAL" else CellError(text)


def _day(tokens: Sequence[Any]) -> dt.datetime:
    """DATE of three numbers: the only way to write a day in a formula."""
    if _function(tokens[0]) != "DATE":
        raise _NotSimpleError
    year, month, day = (_argument(part) for part in _arguments(tokens))
    parts = [p.value for p in (year, month, day) if isinstance(p, Literal) and isinstance(p.value, float) and p.value.is_integer()]
    if len(parts) != 3 or parts[0] < 1900:
        raise _NotSimpleError
    return dt.datetime(*map(int, parts))  # type: ignore[arg-type]


# ── references ───────────────────────────────────────────────────────────────


def _operand_range(words: str) -> Argument:
    match = _SHEET.fullmatch(words)
    if match:
        sheet = match[1].replace("''", "'") if match[1] else match[2]
        return Reference(sheet, _area(match[3]))
    if match := _TABLE.fullmatch(words):
        return _table(match[1], match[2])
    try:
        return Reference(None, _area(words))
    except ValueError:
        if _NAME.fullmatch(words):
            return Named(words)
        raise


def _area(words: str) -> Area:
    """The area of `A1`, `A1:B2`, `A:B` or `1:2`.

    Raises
    ------
    ValueError
        When it is none of them.
    """
    if match := _COLUMNS.fullmatch(words):
        left, right = sorted((number(match[1]), number(match[2])))
        if right > LAST_COLUMN:
            raise ValueError(words)
        return Area(1, left, LAST_ROW, right)
    if match := _ROWS.fullmatch(words):
        top, bottom = sorted((int(match[1]), int(match[2])))
        return Area(top, 1, bottom, LAST_COLUMN)
    first, _, last = words.partition(":")
    (row, column), (other_row, other_column) = position(first), position(last or first)
    return Area(min(row, other_row), min(column, other_column), max(row, other_row), max(column, other_column))


def _table(table: str, inside: str) -> TableReference:
    inside = inside.strip()
    items = {"this row"} if inside.startswith("@") else set()
    inside = inside.removeprefix("@").strip()
    pieces = [bracketed or bare for bracketed, bare in _PIECE.findall(inside)] if inside.startswith("[") else [inside] if inside else []
    joints = _PIECE.sub("", inside).replace(" ", "") if inside.startswith("[") else ""
    items |= {piece[1:].strip().casefold() for piece in pieces if piece.startswith("#")}
    columns = tuple(_ESCAPE.sub(r"\1", piece) for piece in pieces if not piece.startswith("#"))
    if joints.strip(",:") or len(columns) > 2 or (len(columns) == 2) != (":" in joints):
        raise ValueError(inside)
    return TableReference(table, frozenset(items), columns)
