"""CSV files: one, or a folder of them. Every cell is text, an empty one is absent; the file's stem is the sheet's name."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np

from xlseg.errors import FormatError, MissingSheetError
from xlseg.hosts.extent import MAX_COLUMNS, MAX_DENSE, is_spread
from xlseg.inert import may_hold_inert, read_back
from xlseg.workbook import Array, Grid, Value

MAX_BYTES = 2 << 30
MAX_ROWS = 10_000_000
_EMPTY: list[str] = []
_DELIMITERS = ",;\t|"
_SAMPLE = 200
_FIGURE = re.compile(r'(?<=[;\t|])[^,;\t|\r\n"]*\d(?:,\d{3})*,\d[^,;\t|\r\n"]*(?=[;\t|\r\n]|\Z)')
"""A cell between other delimiters than the comma whose commas stand in a number: a decimal comma, or those of thousands."""
_CONTROL = re.compile(rb"[\x00-\x1f]")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class CsvSource:
    """CSV files as a `Source`."""

    def __init__(self, name: str, files: Sequence[Path]) -> None:
        self._name, self._files = name, {file.stem: file for file in files}
        if len(self._files) < len(files):
            raise FormatError(name, "two of its files have the same name but for its ending", "rename one of them")

    @property
    def name(self) -> str:
        """The file's or folder's name."""
        return self._name

    @property
    def epoch_1904(self) -> bool:
        """Never: a CSV file has no date system."""
        return False

    def sheets(self) -> Sequence[str]:
        """Stems of the files."""
        return list(self._files)

    def sheet(self, name: str) -> CsvSheet:
        """One of them."""
        if name not in self._files:
            raise MissingSheetError(self._name, name, self.sheets())
        return CsvSheet(name, self._files[name])


class CsvSheet:
    """A CSV file as a `Sheet`; its rows count as a spreadsheet program counts them, not its lines."""

    def __init__(self, name: str, file: Path) -> None:
        self._name, self._file = name, file

    @property
    def name(self) -> str:
        """Stem of the file."""
        return self._name

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Rows 1 … `rows`."""
        return [[cell or None for cell in row] for row in self._rows[:rows]]

    def body(self, below: int) -> Grid:
        """All rows below row number `below`."""
        rows = self._rows[below:]
        width = max(map(len, rows), default=0)
        return Grid(below + 1, tuple(_column([row[i] if i < len(row) else "" for row in rows]) for i in range(width)))

    @cached_property
    def _rows(self) -> list[list[str]]:
        text = decoded(_content(self._file), self._file.name)
        try:
            return self._parsed(text, strict=True)
        except csv.Error as error:
            if "end of data" in str(error):
                fact = "a quotation mark is opened and never closed, so that rows would be taken for a cell"
                raise FormatError(self._file.name, fact, "export it again") from None
        try:
            return self._parsed(text, strict=False)
        except csv.Error as error:
            raise FormatError(self._file.name, f"not a CSV file ({error})", "export it again") from None

    def _parsed(self, text: str, *, strict: bool) -> list[list[str]]:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=strict)
        read = list(_within_bounds(self._file.name, rows))
        if may_hold_inert(text):
            read = [[read_back(cell) for cell in row] for row in read]
        while read and not read[-1]:
            read.pop()
        return read


def _within_bounds(name: str, rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """The rows, as long as they are few and narrow enough, and their rectangle not far larger than what stands in it."""
    cells = width = 0
    for number, row in enumerate(rows, start=1):
        cells, width = cells + len(row), max(width, len(row))
        if number > MAX_ROWS or width > MAX_COLUMNS or is_spread(number * width, cells):
            advice = f"keep within {MAX_ROWS:,} × {MAX_COLUMNS:,}, and rows of one length"
            raise FormatError(name, f"{number:,} rows of up to {width:,} cells", advice)
        if cells > MAX_DENSE:
            raise FormatError(name, f"more than {MAX_DENSE:,} cells", "export fewer columns, or measure a parquet file with xlseg measure")
        yield row if any(row) else _EMPTY


def _content(file: Path) -> bytes:
    try:
        if not file.is_file():
            raise FormatError(file.name, "no file that can be read", "check the name; links must lead to a file")
        if file.stat().st_size > MAX_BYTES:
            raise FormatError(file.name, "larger than 2 GiB", "export fewer rows")
        return file.read_bytes()
    except OSError as error:
        raise FormatError(file.name, f"cannot be opened ({error.strerror})", "check the name and the rights") from None


def decoded(content: bytes, name: str, *, whole: bool = True) -> str:
    """Text of a CSV file: by its byte order mark, else UTF-8, else what Windows calls ANSI.

    `whole`: False when the content is cut off somewhere, perhaps within a character.
    """
    encoding = next((encoding for bom, encoding in _BOMS if content.startswith(bom)), None)
    start = content[:4000]
    if encoding is None and b"\0" in start:
        _must_be_utf_16(start, name)
        encoding = "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
    for candidate in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            return codecs.getincrementaldecoder(candidate)().decode(content, final=whole).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
    raise FormatError(name, "neither UTF-8, UTF-16 nor Windows-1252 text", "export it as CSV UTF-8")


def _must_be_utf_16(start: bytes, name: str) -> None:
    """Refuse UTF-8 that holds NUL characters: of UTF-16 half of the bytes are no characters of a text, or it is no UTF-8."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return
    if len(_CONTROL.findall(start)) * 4 < len(start):
        raise FormatError(name, "it holds NUL characters", "export it again, as CSV UTF-8")


def delimiter_of(text: str) -> str:
    """The delimiter that cuts most of the first rows into the same number (above one) of cells; the comma of a number is none."""
    start = text[:200_000]

    def evenness(delimiter: str) -> tuple[int, int]:
        # with titles that hold a comma each, rows with a decimal comma would be more than those of the table
        text = _FIGURE.sub(lambda cell: cell[0].replace(",", "."), start) if delimiter == "," else start
        try:
            widths = Counter(len(row) for row in islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _SAMPLE) if row)
        except csv.Error:  # a field longer than any
            return 0, 0
        widths.pop(1, None)
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return rows, width

    if start.startswith("sep="):  # Excel's own way to say it
        return start[4:5] if start[4:5] not in ("", "\r", "\n", '"') else ","
    return max(_DELIMITERS, key=evenness)


def _column(cells: Sequence[str]) -> Array:
    column = np.empty(len(cells), dtype=object)
    column[:] = [cell or None for cell in cells]
    return column
