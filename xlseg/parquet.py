"""A parquet file of tidy invoices, opened by DuckDB as integers: days since 1970, hundredths. Nothing goes through pandas.

The columns are those of `tables.INVOICES`. Needed: customer, issued, due, amount; where they are absent, paid means never, remaining and status
not stated, is_credit an amount below 0, disputed no. Other columns are not read.
"""

from __future__ import annotations

import datetime as dt
import glob
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np

from xlseg.calendar import FOREVER, day_number
from xlseg.engines import connect, said, told
from xlseg.errors import FormatError, SourceError
from xlseg.workbook import Array

_DATES = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_IDS = (*_WHOLE, "UBIGINT", "HUGEINT", "UHUGEINT", "VARCHAR", "UUID")
_UNITS = ("DECIMAL", "DOUBLE", "FLOAT")

_COLUMNS: dict[str, tuple[Sequence[str], str]] = {
    "customer": (_IDS, "a text or a whole number"),
    "issued": (_DATES, "a date or a timestamp without time zone"),
    "due": (_DATES, "a date or a timestamp without time zone"),
    "amount": ((*_WHOLE, *_UNITS), "a whole number (hundredths), or a decimal or double (units)"),
    "paid": (_DATES, "a date or a timestamp without time zone"),
    "remaining": ((*_WHOLE, *_UNITS), "a whole number (hundredths), or a decimal or double (units)"),
    "status": (("VARCHAR", "ENUM"), "a text: open, closed, credited or empty"),
    "is_credit": (("BOOLEAN",), "true or false"),
    "disputed": (("BOOLEAN",), "true or false"),
}
_NEEDED = ("customer", "issued", "due", "amount")
_FIRST, LAST = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
EXACT = 2**53
"""Floating point adds whole numbers up to this exactly."""


@dataclass(frozen=True)
class InvoiceFile:
    """The invoices of a file.

    Attributes
    ----------
    invoices
        A DuckDB relation: `customer` as it is in the file; int64 issued, due, paid (FOREVER = not), month (0–11, of issued), amount, remaining
        (hundredths; absent = not stated), is_credit, disputed, says_open, says_closed, says_credited (0 or 1).
    first, last
        The first and the last day number of all issue and due dates.
    rows
        How many invoices there are.
    """

    name: str
    invoices: Any
    first: int
    last: int
    rows: int

    def orders_per_day(self) -> tuple[Array, Array]:
        """The day numbers with an invoice above 0, and how many there are on each."""
        counted = self.invoices.filter("amount > 0").aggregate("issued, count(*) as n", "issued").order("issued").fetchnumpy()
        return np.asarray(counted["issued"], "int64"), np.asarray(counted["n"], "int64")


def open_invoices(path: Path | str) -> InvoiceFile:
    """A parquet file, or the files that a pattern such as `invoices/*.parquet` matches.

    Raises
    ------
    FormatError
        When there is no such file, or it is none that DuckDB can read.
    SourceError
        When a column is not there or there twice, is of another type, is not the same in all files, or holds what an invoice cannot have.
    SettingError
        When duckdb is not installed.
    """
    name = Path(path).name
    _must_be_files(name, str(path))
    connection, failure = connect()
    try:
        found = connection.read_parquet(str(path))
    except failure as error:
        raise FormatError(name, f"no parquet file that can be read ({said(error)})", "check the name, or write it again") from None
    kinds = _kinds(found)
    with told(name):
        _must_be_single(name, kinds, connection, str(path))
        _must_be_alike(kinds, connection, str(path))
    kinds = {column: kind for column, kind in kinds.items() if kind != "NULL" or column in _NEEDED}  # never a value: as if it were not there
    _check_columns(name, kinds)
    invoices = found.project(", ".join(f"{sql} as {column}" for column, sql in _integers(kinds).items()))
    with told(name):
        return _bounded(name, invoices, _flaws(found, kinds))


def _kinds(found: Any) -> dict[str, str]:
    """The type of each column, without its precision."""
    return {column: str(kind).split("(")[0].strip('"') for column, kind in zip(found.columns, found.dtypes, strict=True)}


def _must_be_single(name: str, kinds: dict[str, str], connection: Any, pattern: str) -> None:
    """Refuse two columns of one name, of which DuckDB would call the second one `amount_1`; it may be called so, too."""
    suspects = [column for column in _COLUMNS if any(kind.lower() == f"{column}_1" for kind in kinds)]
    for column in suspects:
        asked = "SELECT count(*) FROM parquet_schema(?) WHERE lower(name) = ? GROUP BY file_name HAVING count(*) > 1"
        if connection.execute(asked, [pattern, column]).fetchone():
            raise SourceError(name, f"two columns are called {column!r}", "write the file with one of them")


def _must_be_alike(kinds: dict[str, str], connection: Any, pattern: str) -> None:
    """Refuse files whose columns differ: DuckDB reads all of them as the first one, and whole numbers are hundredths while others are units."""
    said = "string_agg(concat_ws(' ', name, type, converted_type, logical_type), ',' ORDER BY name)"
    ours = ", ".join(map(repr, _COLUMNS))
    by_file = f"SELECT file_name, {said} AS said FROM parquet_schema(?) WHERE name IN ({ours}) GROUP BY file_name"
    for (file,) in connection.execute(f"SELECT min(file_name) FROM ({by_file}) GROUP BY said ORDER BY 1", [pattern]).fetchall():
        own = _kinds(connection.read_parquet(file))
        for column in _COLUMNS:
            if _sort(own.get(column)) != _sort(kinds.get(column)):
                here, there = (found.get(column, "not there") for found in (own, kinds))
                raise SourceError(Path(file).name, f"column {column!r} is {here}, and {there} in another of the files", "write them alike")


def _sort(kind: str | None) -> object:
    """What a type holds: dates, whole numbers and units each have several that DuckDB turns into each other without loss."""
    return next((group for group in (_DATES, (*_WHOLE, "UBIGINT"), _UNITS) if kind in group), kind)


def _must_be_files(name: str, pattern: str) -> None:
    """Refuse pipes and devices: opening one may wait for ever."""
    if any(os.path.exists(place) and not os.path.isfile(place) for place in (pattern, *glob.iglob(pattern, recursive=True))):
        raise FormatError(name, "no file that can be read", "name a parquet file, or a pattern of such")


def _check_columns(name: str, kinds: dict[str, str]) -> None:
    for column in _NEEDED:
        if column not in kinds:
            near = get_close_matches(column, kinds, n=1)
            raise SourceError(name, f"no column {column!r}", f"rename {near[0]!r} to {column!r}" if near else "write the file with it")
    for column, (allowed, wanted) in _COLUMNS.items():
        if column in kinds and kinds[column] not in allowed:
            raise SourceError(name, f"column {column!r} is {kinds[column]}", f"write it as {wanted}")


def _integers(kinds: dict[str, str]) -> dict[str, str]:
    """The SQL of each column."""
    amount = _hundredths("amount", kinds)
    is_credit = f"({amount} < 0)" if "is_credit" not in kinds else "coalesce(is_credit, false)"
    return {
        "customer": "customer",
        "issued": _day("issued"),
        "due": f"coalesce({_day('due')}, {_day('issued')})",
        "paid": f"CASE WHEN paid::DATE <= DATE '9999-12-31' THEN {_day('paid')} ELSE {FOREVER} END" if "paid" in kinds else f"{FOREVER}::BIGINT",
        "month": "month(issued::DATE) - 1",
        "amount": amount,
        "remaining": _hundredths("remaining", kinds) if "remaining" in kinds else "NULL::BIGINT",
        "is_credit": f"{is_credit}::BIGINT",
        "disputed": "coalesce(disputed, false)::BIGINT" if "disputed" in kinds else "0::BIGINT",
        **{f"says_{word}": f"coalesce(status = '{word}', false)::BIGINT" if "status" in kinds else "0::BIGINT" for word in _WORDS},
    }


_WORDS = ("open", "closed", "credited")


def _day(column: str) -> str:
    return f"({column}::DATE - DATE '1970-01-01')::BIGINT"


def _hundredths(column: str, kinds: dict[str, str]) -> str:
    return f"{column}::BIGINT" if kinds[column] in _WHOLE else f"round({column}::DOUBLE * 100)::BIGINT"


def _flaws(found: Any, kinds: dict[str, str]) -> dict[str, Any]:
    """What a look at every row says, before anything is added up."""
    given = {name: f"{name}::DATE" for name in ("issued", "due", "paid") if name in kinds}
    is_credit = "amount < 0" if "is_credit" not in kinds else "is_credit"
    asked = {
        "rows": "count(*)",
        "without_issued": "count(*) FILTER (issued IS NULL)",
        "without_amount": "count(*) FILTER (amount IS NULL)",
        "without_due": f"count(*) FILTER (due IS NULL AND NOT coalesce({is_credit}, false))",
        "first": f"min(least({given['issued']}, {given['due']}))",
        "last": f"max(greatest({given['issued']}, {given['due']}))",
        "money": _total("amount", kinds),
        "open": _total("remaining", kinds) if "remaining" in kinds else "0",
        "wrong_sign": "count(*) FILTER (is_credit AND amount > 0)" if "is_credit" in kinds else "0",
        "odd_status": f"min(status::VARCHAR) FILTER (status::VARCHAR NOT IN ('', {', '.join(map(repr, _WORDS))}))" if "status" in kinds else "NULL",
    }
    dates = ("first", "last")
    (row,) = found.aggregate(", ".join(f"{f'({sql})::VARCHAR' if key in dates else sql} as {key}" for key, sql in asked.items())).fetchall()
    return dict(zip(asked, row, strict=True))


def _total(column: str, kinds: dict[str, str]) -> str:
    return f"sum(abs({column}::DOUBLE)) * {1 if kinds[column] in _WHOLE else 100}"


def _bounded(name: str, invoices: Any, seen: dict[str, Any]) -> InvoiceFile:
    """The file, when nothing in it forbids to add it up."""
    tests: Sequence[tuple[bool, Callable[[], str], str]] = (
        (seen["rows"] == 0, lambda: "no rows", "export at least one invoice"),
        (seen["without_issued"] > 0, lambda: f"{seen['without_issued']:,} rows without an issue date", "fill in column 'issued'"),
        (seen["without_amount"] > 0, lambda: f"{seen['without_amount']:,} rows without an amount", "fill in column 'amount'"),
        (seen["without_due"] > 0, lambda: f"{seen['without_due']:,} invoices without a due date", "fill in column 'due'"),
        (seen["wrong_sign"] > 0, lambda: f"{seen['wrong_sign']:,} credit memos with an amount above 0", "write their amounts below 0"),
        (seen["odd_status"] is not None, lambda: f"status {seen['odd_status']!r}", "write open, closed, credited or nothing"),
        (not (seen["money"] or 0) < EXACT, lambda: "amounts that cannot be added to the cent", "look for amounts far too large"),
        (not (seen["open"] or 0) < EXACT, lambda: "remaining amounts that cannot be added to the cent", "look for such far too large, or no number"),
    )
    for wrong, fact, advice in tests:
        if wrong:
            raise SourceError(name, fact(), advice)
    first, last = _date(name, seen["first"]), _date(name, seen["last"])
    return InvoiceFile(name, invoices, day_number(first), day_number(last), seen["rows"])


def _date(name: str, text: str) -> dt.date:
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        date = dt.date.max
    if not _FIRST <= date <= LAST:
        raise SourceError(name, f"an issue or due date of {text}", f"correct what lies before {_FIRST.year} or after {LAST.year}")
    return date
