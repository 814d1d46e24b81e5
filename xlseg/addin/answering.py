"""From a formula's arguments to its answer in the shape the cells expect, and from every error to an error value."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from xlseg.addin.arguments import ErrorAnswer, Ids, reader
from xlseg.addin.book import Book
from xlseg.addin.catalogue import BY_NAME
from xlseg.addin.desk import desk
from xlseg.addin.values import BAD_NUMBER, BAD_VALUE, NOT_AVAILABLE
from xlseg.errors import XlsegError
from xlseg.workbook import CellError, Value

Answer = Any
"""A value, or rows of values: text, numbers, truth values, dates, None, and error values (`CellError`)."""


def formula(body: Callable[..., Answer]) -> Callable[..., Answer]:
    """The formula whose name the function has: reads the arguments as the record says, and turns errors into error values."""
    record = BY_NAME[body.__name__]
    names = {argument.name: i for i, argument in enumerate(record.arguments)}
    readers = [reader(record.name, argument) for argument in record.arguments]
    body.__doc__ = record.help

    @wraps(body)
    def answer(*given: Any, **named: Any) -> Answer:
        arguments = [*given, *[None] * (len(readers) - len(given))]
        for name, value in named.items():
            arguments[names[name]] = value
        try:
            return body(*[read(value) for read, value in zip(readers, arguments, strict=True)])
        except ErrorAnswer as error:
            desk().last_error = str(error)
            return error.error
        except XlsegError as error:
            desk().last_error = str(error)
            return BAD_VALUE
        except Exception as error:
            desk().last_error = f"{record.name}: an error of the program itself ({type(error).__name__}: {error}). To go on, report it."
            return BAD_VALUE

    return answer


def beside(ids: Ids, of: Callable[[str], Value]) -> Answer:
    """An answer beside each id: an empty text beside an empty cell, an error value beside the same, #N/A where there is no answer."""

    def one(customer: str | CellError) -> Value:
        if isinstance(customer, CellError) or not customer:
            return customer
        value = of(customer)
        return NOT_AVAILABLE if value is None else value

    if ids.single:
        return one(ids.rows[0][0])
    return [[one(customer) for customer in row] for row in ids.rows]


def below(ids: Ids, width: int, of: Callable[[str], Sequence[Value] | None]) -> Answer:
    """A row of answers for each id, one below the other."""
    found: list[Sequence[Value]] = []
    for customer in ids.column:
        if isinstance(customer, CellError) or not customer:
            found.append([customer] * width)
            continue
        row = of(customer) or [None] * width
        found.append([NOT_AVAILABLE if value is None else value for value in row])
    return [list(row) for row in found]


def by_position(book: Book, of: Callable[[int], Value]) -> Callable[[str], Value]:
    """From an id to the answer for the customer's position; None for an unknown customer."""

    def answer(customer: str) -> Value:
        position = book.position(customer)
        return None if position is None else of(position)

    return answer


def number(value: float) -> Value:
    """A number, or #NUM! where it is not defined."""
    return BAD_NUMBER if math.isnan(value) or math.isinf(value) else value


def elementwise(compute: Callable[..., Value], *arguments: Any) -> Answer:
    """A function of numbers over columns of them; single numbers, rows and columns are repeated.

    An error value among the arguments is the answer there, an empty cell an empty text; where one of the columns has ended it is #N/A, as in Excel.
    """
    if not any(isinstance(argument, list) for argument in arguments):
        return compute(*arguments)
    tables = [argument if isinstance(argument, list) else [[argument]] for argument in arguments]
    height, width = max(map(len, tables)), max(len(row) for table in tables for row in table)
    return [[_at(compute, [_repeated(table, i, j) for table in tables]) for j in range(width)] for i in range(height)]


def _repeated(table: Sequence[Sequence[Value]], i: int, j: int) -> Value:
    row = table[0] if len(table) == 1 else table[i] if i < len(table) else ()
    return row[0] if len(row) == 1 else row[j] if j < len(row) else NOT_AVAILABLE


def _at(compute: Callable[..., Value], numbers: Sequence[Value]) -> Value:
    error = next((each for each in numbers if isinstance(each, CellError)), None)
    if error is not None:
        return error
    return "" if None in numbers else compute(*numbers)
