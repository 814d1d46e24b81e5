"""Reads dates: true ones, serial numbers and texts; the order of day and month is decided for a column, never for a cell."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np

from xlseg.intake.cells import Cells, is_blank, trimmed
from xlseg.workbook import Array, Value

FIRST_YEAR, LAST_YEAR = 1950, 2099
"""Outside of these a date is a defect, or means "none"."""

_EPOCH = dt.date(1899, 12, 30)
"""Day 0, so that serials from 61 (1 March 1900) on are right: Excel counts a 29 February 1900 (60) that never was."""
_DAYS_TO_1904 = 1462
_SERIALS = range((dt.date(FIRST_YEAR, 1, 1) - _EPOCH).days, (dt.date.max - _EPOCH).days + 1)
"""Numbers that are taken for a date; smaller ones are days overdue and the like."""

_LONGEST = 80
"""Characters beyond which a text is no date, whatever they are."""
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\.?")
_IN_SIGNS = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_DECIMALS = re.compile(r"(?<=^\d{8})[.,]0+$")
"""What a program that holds dates as numbers makes of 20200210."""
_NUMERIC = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2\s*(\d{4}|\d{2})")
_DAY_FIRST_WORD = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er)?[-/. ]*([^\W\d_]{3,10})[-/., ]*(\d{4}|\d{2})")
_MONTH_FIRST_WORD = re.compile(r"([^\W\d_]{3,10})[-/. ]*(\d{1,2})(?:st|nd|rd|th)?[-/., ]+(\d{4}|\d{2})")
_TIME = re.compile(r"[T ,]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:Z|UTC|GMT|[-+]\d{2}(?::?\d{2})?)?$")
_WEEKDAY = re.compile(r"^[^\W\d_]{2,10}\.?,\s+(?=\d|[^\W\d_]{3,9}\.? \d)")
_SERIAL = re.compile(r"\d{5}(?:[.,]\d+)?")
_SEVERAL, _LAST_MONTH, _CHANCE = 3, 12, 1 / 2000
"""A day is at most 12 in two dates of five: that all of some are, and all of others are not, is no chance where it happens once in two thousand."""
_SHORT = re.compile(r"(\d{2})[-/.]\d{2}[-/.](\d{2})")
_FEW_YEARS, _MANY_DAYS, _LAST_DAY = 5, 10, 31
_INITIAL = re.compile(r"^[0\s./-]+$")
"""How SAP writes a date that was never set: 00.00.0000."""

_MONTHS = {
    name: number
    for number, names in enumerate((
        "jan january januar jän jänner janv janvier januari ene enero gen gennaio janeiro",
        "feb february februar févr fév fevr février fevrier februari febrero febbraio fev fevereiro",
        "mar march mär märz mrz maerz mars maart mrt marzo março marco", "apr april avr avril abr abril aprile",
        "may mai mei mayo mag maggio maio", "jun june juni juin junio giu giugno junho", "jul july juli juil juillet julio lug luglio julho",
        "aug august août aout augustus ago agosto", "sep sept september septembre septiembre set settembre setembro",
        "oct october okt oktober octobre octubre ott ottobre out outubro", "nov november novembre noviembre novembro",
        "dec december dez dezember déc décembre decembre dic diciembre dicembre dezembro",
    ), start=1)
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True)
class Dates:
    """A column of dates.

    Attributes
    ----------
    days
        datetime64[s] at midnight, NaT where there is none.
    bad, beyond
        Where a cell is not empty but no date; where it is one before 1950 or after 2099.
    unsure
        Where day and month could be swapped, and the cells of the column do not all say the same about their order, or nothing.
    torn
        Where they could be swapped and so many cells contradict each other that there is no reading it.
    """

    days: Array
    bad: Array
    beyond: Array
    unsure: Array
    torn: Array


@dataclass(frozen=True)
class TwoNumbers:
    """A text such as 03/04/2026, whose first two numbers are a day and a month in an order that it does not tell, or only by their size."""

    first: int
    second: int
    year: int
    mark: str

    def ordered(self, day_first: bool) -> dt.date | None:
        """The date when read in an order; None when there is no such day."""
        day, month = (self.first, self.second) if day_first else (self.second, self.first)
        return _date(self.year, month, day)

    @property
    def vote(self) -> bool | None:
        """Whether it can only be day first (True) or month first (False); None when it can be both, or neither."""
        day_first, month_first = self.ordered(True), self.ordered(False)
        return None if day_first == month_first or (day_first and month_first) else day_first is not None


Reading = dt.date | TwoNumbers | Literal["beyond", "none", "bad"]
"""What a cell holds: a date, two numbers that its column must order, a date out of bounds, nothing (or a word for it), or what is no date."""


def dates(column: Cells, *, epoch_1904: bool = False, day_first: bool | None = None, hint: bool | None = None) -> Dates:
    """Dates of a column.

    Parameters
    ----------
    column
        Its cells.
    epoch_1904
        Whether serial numbers count from 1904.
    day_first
        The user's word on texts that could be either.
    hint
        What other columns tell about the order, should this one not.
    """
    if column.array.dtype == np.dtype("datetime64[s]"):
        return _of_dates(column.array)
    readings = [reading_of(cell, epoch_1904) for cell in column.distinct]
    day_first, certain = order_of(readings, day_first)
    if day_first is None and not certain:
        day_first = hint
    parts = [_settled(reading, day_first, certain) for reading in readings]
    days = np.array([day if isinstance(day, dt.date) else None for day, _ in parts], dtype="datetime64[s]")
    masks = (column.spread([found == state for _, found in parts], bool) for state in ("bad", "beyond", "unsure", "torn"))
    return Dates(days[column.codes], *masks)


def decided_order(column: Cells, epoch_1904: bool = False) -> bool | None:
    """Whether the texts of a column say by themselves that the day comes first; None when they do not say."""
    return order_of((reading_of(cell, epoch_1904) for cell in column.distinct), None)[0]


def half_converted(column: Cells, epoch_1904: bool = False) -> Array:
    """Where true dates stand that a program has probably made by taking the day of a text for its month.

    All of them have days up to 12, and all texts beside them days above: those it could not take for dates. Nowhere when they are too few to tell.
    """
    nowhere = np.zeros(len(column), dtype=bool)
    if column.array.dtype != object:
        return nowhere
    days = [cell.day for cell in column.distinct if isinstance(cell, dt.date)]
    if len(days) < _SEVERAL or max(days) > _LAST_MONTH:  # nearly always: no text need be read a second time
        return nowhere
    readings = (reading_of(cell, epoch_1904) for cell in column.distinct if isinstance(cell, str))
    written = [reading for reading in readings if isinstance(reading, TwoNumbers)]
    is_half = len(written) >= _SEVERAL and 0.4 ** len(days) * 0.6 ** len(written) < _CHANCE and all(text.vote is not None for text in written)
    return column.spread([isinstance(cell, dt.date) for cell in column.distinct], bool) if is_half else nowhere


def year_first(column: Cells) -> Array:
    """Where texts such as 25-01-08 stand in a column of which the first numbers are few and the last ones many: years and days, it seems.

    They are read as any others: the twenty-fifth of January 2008.
    """
    matches = [_SHORT.fullmatch(trimmed(cell)) if isinstance(cell, str) and len(cell) < _LONGEST else None for cell in column.distinct]
    firsts, lasts = ({int(match[at]) for match in matches if match} for at in (1, 2))
    seems = bool(firsts) and max(firsts) - min(firsts) <= _FEW_YEARS and max(lasts) - min(lasts) >= _MANY_DAYS and max(lasts) <= _LAST_DAY
    return column.spread([seems and match is not None for match in matches], bool)


def _of_dates(column: Array) -> Dates:
    days = column.astype("datetime64[D]")
    beyond = (days < np.datetime64(f"{FIRST_YEAR}-01-01")) | (days > np.datetime64(f"{LAST_YEAR}-12-31"))
    no = np.zeros(len(column), dtype=bool)
    return Dates(np.where(beyond, np.datetime64("NaT", "D"), days).astype("datetime64[s]"), no, beyond, no, no)


def order_of(readings: Iterable[Reading], day_first: bool | None) -> tuple[bool | None, bool]:
    """The order of day and month in a column: (day first, whether it is certain); None when there is no telling or too much contradiction."""
    if day_first is not None:
        return day_first, True
    votes = [reading.vote for reading in readings if isinstance(reading, TwoNumbers)]
    for_day, for_month = votes.count(True), votes.count(False)
    if min(for_day, for_month) * 10 > for_day + for_month:
        return None, True
    if for_day == for_month:
        return None, False
    return for_day > for_month, min(for_day, for_month) == 0


def _settled(reading: Reading, day_first: bool | None, certain: bool) -> tuple[dt.date | None, str]:
    """A reading as a date, and its state: "", or one of the masks of `Dates`.

    Undecided texts with dots or dashes are read day first, as wherever those are in use; with slashes month first, as in the United States.
    """
    if isinstance(reading, dt.date):
        return reading, ""
    if not isinstance(reading, TwoNumbers):
        return None, "" if reading == "none" else reading
    if reading.vote is not None:
        return _within(reading.ordered(reading.vote))
    if reading.first == reading.second:
        return _within(reading.ordered(True))
    if day_first is None and certain:
        return None, "torn"
    if reading.mark == "." and day_first is not False:
        return _within(reading.ordered(True))
    date, state = _within(reading.ordered(reading.mark != "/" if day_first is None else day_first))
    return date, state or ("" if certain else "unsure")


def _within(date: dt.date | None) -> tuple[dt.date | None, str]:
    if date is None:
        return None, "bad"
    return (date, "") if FIRST_YEAR <= date.year <= LAST_YEAR else (None, "beyond")


def reading_of(cell: Value, epoch_1904: bool = False) -> Reading:
    """What a cell holds, taken by itself."""
    if is_blank(cell):
        return "none"
    if isinstance(cell, dt.date):
        return _bounded(cell.date() if isinstance(cell, dt.datetime) else cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float | str):
        return "bad"
    return _of_text(trimmed(cell), epoch_1904) if isinstance(cell, str) else of_serial(float(cell), epoch_1904)


def _bounded(date: dt.date | None) -> Reading:
    if date is None:
        return "bad"
    return date if FIRST_YEAR <= date.year <= LAST_YEAR else "beyond"


def of_serial(serial: float, epoch_1904: bool = False) -> Reading:
    """A number as a date: a serial number of the sheet's date system, or 20260131. 0 is no date."""
    if serial == 0:
        return "none"
    if not isfinite(serial):
        return "bad"
    if 19_000_101 <= serial <= 99_991_231 and serial == int(serial):
        return _bounded(_date(*map(int, _COMPACT.fullmatch(str(int(serial))).groups())))  # type: ignore[union-attr]
    days = int(serial) + (_DAYS_TO_1904 if epoch_1904 else 0)
    if not _SERIALS.start <= days < _SERIALS.stop:
        return "bad"
    return _bounded(_EPOCH + dt.timedelta(days))


def _of_text(text: str, epoch_1904: bool) -> Reading:
    if len(text) > _LONGEST:
        return "bad"
    if _INITIAL.match(text):
        return "none"
    if _SERIAL.fullmatch(text):
        return of_serial(float(text.replace(",", ".")), epoch_1904)
    text = _DECIMALS.sub("", _WEEKDAY.sub("", _TIME.sub("", text)))
    if match := _ISO.fullmatch(text) or _COMPACT.fullmatch(text) or _IN_SIGNS.fullmatch(text):
        year, month, day = (int(number) for number in match.groups() if number.isdigit())
        return _bounded(_date(year, month, day))
    if match := _NUMERIC.fullmatch(text):
        first, mark, second, year_text = match.groups()
        numbers = TwoNumbers(int(first), int(second), _year(year_text), mark)
        return numbers if numbers.ordered(True) or numbers.ordered(False) else "bad"
    return _bounded(_of_words(text))


def _of_words(text: str) -> dt.date | None:
    """5-Jan-2026, 5. Januar 2026, Jan 5, 2026."""
    if match := _DAY_FIRST_WORD.fullmatch(text):
        day, month, year = match.groups()
    elif match := _MONTH_FIRST_WORD.fullmatch(text):
        month, day, year = match.groups()
    else:
        return None
    number = _MONTHS.get(month.casefold())
    return _date(_year(year), number, int(day)) if number else None


def _year(text: str) -> int:
    """A year; one of two digits is taken to lie between 1950 and 2049."""
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < 50 else 1900)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None
