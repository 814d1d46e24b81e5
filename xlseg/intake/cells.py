"""The cells of a column, and columns of ids, texts and yes/no answers. What a cell means is worked out once for each different cell.

Amounts and dates have modules of their own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import isfinite

import numpy as np
import pandas as pd

from xlseg.workbook import Array, CellError, Value

_SPACES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b\u2060\ufeff"
"""What is not seen at the ends of a text: all spaces of Unicode, and those without width that web pages and PDF files bring along."""
YES = frozenset(["yes", "y", "true", "t", "x", "1", "ja", "j", "wahr", "on", "hold", "✓", "✔"])
NO = frozenset(["no", "n", "false", "f", "0", "nein", "falsch", "off", "auto", "none", "-"])
_FEW = 5
_WHOLE = 1e15
"""Up to here a whole number is written in full by `repr`, and so by us."""


def trimmed(text: str) -> str:
    """A text without the spaces at its ends."""
    return text.strip() if text.isascii() else text.strip(_SPACES)


def text_of(cell: Value) -> str:
    """A cell as text, trimmed: the number 17.0 is "17", never 1.7E+01; "" for an empty cell or an error value."""
    if isinstance(cell, str):
        return trimmed(cell)
    if cell is None or isinstance(cell, CellError) or cell != cell:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, dt.date):
        return f"{cell:%Y-%m-%d}"
    return format(Decimal(repr(cell or 0)), "f").removesuffix(".0") if isfinite(cell) else str(cell)


def shown(cell: Value) -> str:
    """What a cell shows: `text_of`, and an error value as it is written."""
    return str(cell) if isinstance(cell, CellError) else text_of(cell)


def is_blank(cell: Value) -> bool:
    """Whether a cell holds nothing, or only spaces."""
    if isinstance(cell, str):
        return not trimmed(cell)
    return cell is None or (isinstance(cell, float) and cell != cell)


def objects(values: Sequence[object] | Array) -> Array:
    """An array of objects, one a value."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@dataclass(frozen=True)
class Texts:
    """A column of texts: the different ones, no two equal, and for each row which of them it is.

    There may be different ones that no row has.
    """

    codes: Array
    distinct: Array

    @classmethod
    def of(cls, texts: Array) -> Texts:
        """Those of an object array of str."""
        return cls(*pd.factorize(texts))

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.codes)

    @cached_property
    def array(self) -> Array:
        """The texts themselves, an object array of str that is not to be changed."""
        array: Array = self.distinct[self.codes]
        array.flags.writeable = False
        return array

    def spread(self, of_distinct: Sequence[object] | Array, dtype: type = object) -> Array:
        """What is said of each different text, row by row."""
        each = objects(of_distinct) if dtype is object else np.array(of_distinct, dtype=dtype)
        array: Array = each[self.codes]
        return array

    def among(self, *words: str) -> Array:
        """Where the text is one of these."""
        if not words:
            return np.zeros(len(self), dtype=bool)
        if len(words) < _FEW:
            return self.spread(np.logical_or.reduce([self.distinct == word for word in words]), bool)
        wanted = frozenset(words)
        return self.spread([text in wanted for text in self.distinct], bool)

    def mapped(self, change: Callable[[str], str]) -> Texts:
        """The texts with each different one changed; two may become one."""
        return _united(self.codes, objects([change(text) for text in self.distinct]))

    def where(self, mask: Array) -> Texts:
        """The rows of a mask."""
        return self if mask.all() else Texts(self.codes[mask], self.distinct)


def _united(codes: Array, texts: Array) -> Texts:
    places, distinct = pd.factorize(texts)
    return Texts(codes, texts) if len(distinct) == len(texts) else Texts(places[codes], distinct)


class Cells:
    """The cells of a column as the grid has them: numbers, dates or objects."""

    def __init__(self, array: Array, coded: tuple[Array, Array] | None = None) -> None:
        self.array = array
        if coded is not None:
            self._coded = coded

    @classmethod
    def none(cls, count: int) -> Cells:
        """As many empty cells."""
        return cls(np.full(count, None, dtype=object), (np.zeros(count, dtype=np.intp), objects([None])))

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.array)

    def __getitem__(self, index: int) -> Value:
        """One cell as a value of the port."""
        cell = self.array[index]
        value: Value = cell if self.mixed else None if cell != cell else cell.item()
        return value

    @property
    def mixed(self) -> bool:
        """Whether the cells are neither all numbers nor all dates."""
        return bool(self.array.dtype == object)

    @property
    def codes(self) -> Array:
        """For each cell its position in `distinct`."""
        return self._coded[0]

    @property
    def distinct(self) -> Array:
        """The different cells, an object array of values; 1, 1.0 and TRUE are different. There may be blank ones that no row has."""
        return self._coded[1]

    @cached_property
    def _kinds(self) -> set[type]:
        if not self.mixed:
            return set()
        return set(map(type, self.distinct if "_coded" in self.__dict__ else self.array))

    @cached_property
    def _coded(self) -> tuple[Array, Array]:
        if not self._kinds <= {str, type(None)}:
            return _coded_by_type(self.array)
        codes, distinct = pd.factorize(self.array)
        if (codes < 0).any():
            return np.where(codes < 0, len(distinct), codes), objects([*distinct.tolist(), None])
        return codes, objects(distinct.tolist())

    @cached_property
    def blank(self) -> Array:
        """Where a cell is empty, or holds only spaces."""
        if not self.mixed:
            return np.isnan(self.array) if self.array.dtype == float else np.isnat(self.array)
        blank = objects(self._trimmed) == ""
        blank[blank] = [is_blank(cell) for cell in self.distinct[blank]]
        return self.spread(blank, bool)

    @cached_property
    def errors(self) -> Array:
        """Where a cell holds an error value such as #N/A."""
        if CellError in self._kinds:
            return self.spread([isinstance(cell, CellError) for cell in self.distinct], bool)
        return np.zeros(len(self.array), dtype=bool)

    @cached_property
    def texts(self) -> Texts:
        """The cells as texts, "" where there is none."""
        texts = objects(self._trimmed)
        return Texts(self.codes, texts) if self._kinds == {str} and (texts == self.distinct).all() else _united(self.codes, texts)

    @cached_property
    def _trimmed(self) -> list[str]:
        """The text of each different cell."""
        cells = self.distinct.tolist()
        kinds = set(map(type, cells))
        if kinds == {str}:
            return [cell.strip() if cell.isascii() else cell.strip(_SPACES) for cell in cells]  # `trimmed`, a million times
        if kinds == {float} and all(abs(cell) < _WHOLE and cell == int(cell) for cell in cells):
            return [str(int(cell)) for cell in cells]
        return [text_of(cell) for cell in cells]

    def spread(self, of_distinct: Sequence[object] | Array, dtype: type = object) -> Array:
        """What is said of each different cell, cell by cell."""
        return Texts(*self._coded).spread(of_distinct, dtype)

    def where(self, mask: Array) -> Cells:
        """The cells of a mask, which leaves out blank ones only: so what is different stays what it is."""
        return Cells(self.array[mask], (self.codes[mask], self.distinct) if "_coded" in self.__dict__ else None)


def _coded_by_type(array: Array) -> tuple[Array, Array]:
    places: dict[tuple[type, object], int] = {}
    codes = np.array([places.setdefault((type(cell), cell), len(places)) for cell in array], dtype=np.intp)
    return codes, objects([cell for _, cell in places])


def flags(column: Cells, also: Collection[str] = ()) -> tuple[Array, Array]:
    """Yes/no answers of a column: (yes, neither yes nor no); the words `also` are a yes."""
    yes = YES.union(also)
    words = column.texts.mapped(str.casefold)
    odd = words.spread([bool(word) and word not in yes and word not in NO for word in words.distinct], bool)
    return words.among(*yes), odd | column.errors
