"""Reads amounts: numbers as they are, texts by the decimal convention of their column."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

import numpy as np

from xlseg.intake.cells import Cells, is_blank
from xlseg.workbook import Array, Value

Point = Literal[".", ","]

LIMIT = 10**11
"""Amounts from here on (in units) are not money but a defect."""

_CODES = (
    "EUR|USD|GBP|CHF|JPY|CNY|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|INR|BRL|MXN|ARS|CLP|COP|PEN|ZAR|SGD|HKD|KRW|TWD|THB|MYR|IDR|PHP|"
    "VND|AED|SAR|ILS|EGP|NGN|KES|ISK|MAD|QAR|KWD|PKR"
)
CODES = frozenset(_CODES.split("|"))
_CURRENCY = rf"(?:{_CODES}|[A-Z]{{0,3}}[$€£¥₹₽₩₺₪฿₫₴₦]|Fr\.?|[Kk]r\.?|zł|Kč|Ft|Rs\.?)"
_LEADING, _TRAILING = re.compile(f"^{_CURRENCY}"), re.compile(f"{_CURRENCY}$")
_SPACES = re.compile(r"[\s'’\u200b\u2060\ufeff]")
_TWO_NUMBERS = re.compile(r"\d(?:[^\S\n\r\t]|['’])+(?!\d{3}(?!\d))\d|\d\s*[\n\r\t]\s*\d")
"""A space that cuts off anything but three digits, or a line break between digits."""
_PLAIN = re.compile(r"[\d.,+()\-]|(?<=\d)[eE](?=[-+]?\d)")
_NO_CENTS = re.compile(r"(?<=\d)[.,][-–—]+(?=\D*$)")
"""5,- is 5."""
_SIDE = re.compile(r"(CR|DR)\.?$", re.IGNORECASE)
_NUMBER = re.compile(r"(?:\d|[.,]\d)[\d.,]*(?:[eE][-+]?\d{1,4})?")
_LONGEST = 80
"""Characters beyond which a text is no amount, whatever they are."""
_MANY = 5
"""Numbers, and texts, that tell how a program has read a column."""
_NOTHING = {"-", "–", "—"}


@dataclass(frozen=True)
class Amounts:
    """A column of amounts.

    Attributes
    ----------
    hundredths
        int64, 0 where there is none.
    present, bad
        Where a cell holds an amount; where it holds something else that is not empty.
    unsure
        Where "1,234" was read while no cell of the column decides what the separator means.
    """

    hundredths: Array
    present: Array
    bad: Array
    unsure: Array


@dataclass(frozen=True)
class Shape:
    """A text that may be an amount: sign, digits with separators, and the decimal separator that they give away.

    `unsure`: one separator before three digits, which may group thousands or start the decimals.
    """

    negative: bool
    digits: str
    point: Point | None = None
    unsure: bool = False


def amounts(column: Cells) -> Amounts:
    """Amounts of a column in hundredths, half to even."""
    if column.mixed:
        return _of_objects(column)
    if column.array.dtype == float:
        return _of_numbers(column.array)
    nothing = np.zeros(len(column), dtype=bool)
    return Amounts(np.zeros(len(column), dtype=np.int64), nothing, ~column.blank, nothing)


def _of_numbers(column: Array) -> Amounts:
    blank = np.isnan(column)
    fine = np.abs(np.where(blank, 0.0, column)) < LIMIT
    scaled = np.where(blank | ~fine, 0.0, column) * 100
    hundredths = np.rint(scaled).astype(np.int64)
    for i in np.flatnonzero(np.abs(np.abs(scaled - np.trunc(scaled)) - 0.5) < 1e-4):  # a half that the binary fraction may have missed
        hundredths[i] = rounded(Decimal(repr(float(column[i]))))
    return Amounts(hundredths, ~blank & fine, ~fine, np.zeros(len(column), dtype=bool))


def _of_objects(column: Cells) -> Amounts:
    shapes = [shape_of(cell) if isinstance(cell, str) else None for cell in column.distinct]
    point = decimal_point(shape.point for shape in shapes if shape)
    values = [_value(cell, shape, point) for cell, shape in zip(column.distinct, shapes, strict=True)]
    doubtful = [shape is not None and shape.unsure and point is None for shape in shapes]
    present = column.spread([value is not None for value in values], bool) & ~column.blank
    hundredths = np.where(present, column.spread([value or 0 for value in values], int), 0)
    return Amounts(hundredths, present, ~present & ~column.blank, column.spread(doubtful, bool))


def _value(cell: Value, shape: Shape | None, point: Point | None) -> int | None:
    """Hundredths of one cell; None when it is no amount."""
    if isinstance(cell, str):
        return value_of(shape, point) if shape else None
    return None if is_blank(cell) else _number(cell)


def _number(cell: Value) -> int | None:
    if isinstance(cell, bool) or not isinstance(cell, int | float) or not abs(cell) < LIMIT:
        return None
    return rounded(Decimal(repr(cell)))


def shape_of(text: str) -> Shape | None:
    """A text taken apart: "(1,234.50)", "$4,235.00", "1.234,50-", "1 234,50 EUR", "250.00 CR"; None when it is no amount.

    CR (credit), a minus on either side and parentheses are negative.
    """
    if len(text) > _LONGEST or _TWO_NUMBERS.search(text):
        return None
    bare = _NO_CENTS.sub("", _SPACES.sub("", text.replace("−", "-")))
    if _TRAILING.sub("", _LEADING.sub("", bare)) in _NOTHING:  # "$ -", as Excel's accounting format shows 0
        return Shape(False, "0")
    side = _SIDE.search(bare)
    negative, digits = _peeled(bare[: side.start()] if side else bare)
    if not _NUMBER.fullmatch(digits):
        return None
    return _separated(negative or bool(side and side[1].casefold() == "cr"), digits)


def half_converted(column: Cells) -> Array:
    """Where true numbers stand that a program has probably made by taking a decimal comma for one of thousands: 234,56 becomes 23456.

    All of them are whole, and the texts beside them, which it could not take for numbers, have a decimal comma and cents. Nowhere when they are few.
    """
    nowhere = np.zeros(len(column), dtype=bool)
    if not column.mixed:
        return nowhere
    numbers = [cell for cell in column.distinct if isinstance(cell, int | float) and not isinstance(cell, bool) and cell != 0]
    if len(numbers) < _MANY or not all(float(cell).is_integer() for cell in numbers):
        return nowhere
    shapes = [shape for cell in column.distinct if isinstance(cell, str) and (shape := shape_of(cell)) is not None]
    with_cents = sum(shape.point == "," and (value_of(shape, ",") or 0) % 100 != 0 for shape in shapes)
    if with_cents < _MANY or with_cents < 0.5 * len(shapes):
        return nowhere
    return column.spread([isinstance(cell, int | float) for cell in column.distinct], bool)


def currency_in(text: str) -> str:
    """The code or symbol of the currency that is written with an amount; "" where none is, or where the text is no amount."""
    bare = _SPACES.sub("", text.replace("−", "-"))
    word = _PLAIN.sub("", _SIDE.sub("", bare)).strip("–—")
    return word if word and shape_of(text) is not None else ""


def _peeled(text: str) -> tuple[bool, str]:
    """Sign and digits of a text, in whatever order signs, parentheses and the currency enclose them."""
    negative, before = False, None
    while text != before:
        before = text
        text = _TRAILING.sub("", _LEADING.sub("", text))
        if text[:1] == "(" and text[-1:] == ")":
            negative, text = True, text[1:-1]
        if text[:1] in ("-", "+") or text[-1:] in ("-", "+"):
            negative = negative or "-" in (text[0], text[-1])
            text = text[text[0] in "-+" : len(text) - (text[-1] in "-+")]
    return negative, text


def _separated(negative: bool, digits: str) -> Shape | None:
    """What the separators of a number say; None when they stand where none can."""
    mantissa = re.split("[eE]", digits)[0]
    marks = {mark: mantissa.count(mark) for mark in ".," if mark in mantissa}
    if not marks:
        return Shape(negative, digits)
    last: Point = "," if mantissa.rfind(",") > mantissa.rfind(".") else "."
    point: Point = ("," if last == "." else ".") if marks[last] > 1 else last
    whole, _, fraction = mantissa.partition(last)
    if len(marks) == 1 and marks[last] == 1:
        groups = len(fraction) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0") and mantissa == digits
        return Shape(negative, digits, None, unsure=True) if groups else Shape(negative, digits, point)
    return Shape(negative, digits, point) if _groups_well(mantissa, point) else None


def _groups_well(mantissa: str, point: Point) -> bool:
    """Whether the other separator cuts the whole part as thousands are cut, or as in India: 12,34,567."""
    whole, _, fraction = mantissa.partition(point)
    first, *inner, last = whole.split("," if point == "." else ".")
    return 1 <= len(first) <= 3 and all(len(group) in (2, 3) for group in inner) and len(last) == 3 and "," not in fraction and "." not in fraction


def decimal_point(points: Iterable[Point | None]) -> Point | None:
    """The decimal separator that the cells of a column give away; None when none does or they contradict each other."""
    heard = {point for point in points if point}
    return heard.pop() if len(heard) == 1 else None


def value_of(shape: Shape, point: Point | None) -> int | None:
    """Hundredths of a text in a column whose decimal separator is `point`; None beyond `LIMIT`.

    When no cell decides, a lone separator before three digits groups thousands, for money has two decimals.
    """
    point = point if shape.unsure else shape.point
    digits = "".join("." if char == point else char for char in shape.digits if char not in ".," or char == point)
    value = Decimal(digits)
    if not value < LIMIT:  # digits have no sign
        return None
    return rounded(-value if shape.negative else value)


def rounded(units: Decimal) -> int:
    """Hundredths of an amount in units, half to even."""
    return int((units * 100).to_integral_value(ROUND_HALF_EVEN))
