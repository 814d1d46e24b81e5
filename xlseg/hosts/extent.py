"""How far the cells of a worksheet reach, by its raw XML: what a library would fill a rectangle for."""

from __future__ import annotations

import re
from bisect import bisect

from xlseg.errors import FormatError
from xlseg.hosts.glance import MANY, glance, is_usual

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384

MAX_DENSE = 60_000_000
"""Cells, empty ones included, up to which a sheet is read by calamine, which keeps 24 bytes for each; and up to which it is read at all."""
FEW = 4_000_000
"""Cells that any sheet may spread over."""
PLACES_A_BYTE = 0.25
"""Cells that it may spread over for each byte of its XML: a cell that holds something is written in twenty or so."""

_ROW = re.compile(rb'<row r="(\d{1,7})"')
_BEYOND_Z = re.compile(rb'<c r="[A-Z]{2}')
_LETTERS = re.compile(rb'<c r="([A-Z]{2,3})\d')
_CELL_ROW = re.compile(rb'<c r="[A-Z]{1,3}(\d{1,7})"')
_UNUSUAL = re.compile(rb""":(?:row|c)[\s/>]|<row(?! r="\d{1,7}")[\s/>]""")
_UNUSUAL_CELL = {digits: re.compile(rb'<c(?! r="[A-Z]{1,3}\d{1,%d}")[\s/>]' % digits) for digits in range(1, 8)}

_TAG = re.compile(rb"""<(?:\w+:)?(row|c)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))*)\s*/?>""")
_ANY_TAG = re.compile(rb"<(?:\w+:)?(?:row|c)(?=[\s/>])")
_NAMED = re.compile(rb'<(?:(row)|c) r="[A-Z]{0,3}(\d{1,7})"')
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([^"']*)["']""")
_PLACE = re.compile(rb"([A-Za-z]{0,3})0*(\d{1,7})")


_REFERRING = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>[-+0-9.eE]*&#")
_OF_TEXT = re.compile(rb"""\bt\s*=\s*["']str["']""")
_COMMENTED = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>[^<]*<[!?]")
_BROKEN_OFF = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>[^<]*\Z")
_LONGEST_VALUE = 200
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s>])[^<>]*")
_CELLS = (b"<c ", b":c ", b"<c>")

_ROWS, _ROWS_END = b"<sheetData", b"</sheetData>"
_BEGINS, _ENDS = re.compile(rb"<(?:\w+:)?sheetData[\s>/]"), re.compile(rb"</(?:\w+:)?sheetData\s*>|<(?:\w+:)?sheetData\s*/>")
_OF_CELLS = re.compile(rb"<(?:(\w+):)?(?:row|c|v|f|is)[\s>/]")
_NO_ELEMENT = re.compile(rb"<[!?]")
_HUGE = re.compile(rb">-(?:[0-9]{12}|[0-9.]+[eE]\+?[0-9]|[iI][nN][fF])")


class Extent:
    """The rows and columns of a worksheet, never less than they are, while its XML goes by.

    Attributes
    ----------
    part
        Name of the member that holds it.
    has_errors
        Whether a cell may hold an error value.
    has_rare
        Whether a cell may hold TRUE or FALSE, or a date as text of ISO 8601.
    has_formulas
        Whether a cell may hold a formula.
    is_in_order
        Whether every "<row " surely begins a row, rows follow each other from the top, and each cell is named by the row that it stands in.
    is_usual
        Whether rows and cells are surely named first of all, with nothing but elements among them.
    has_negatives
        Whether a cell may hold a negative number.
    has_huge
        Whether a cell may hold a negative number of twelve digits or more, over which calamine stumbles where a date should be.
    """

    def __init__(self, place: str, size: int, part: str = "") -> None:
        self._place, self._size, self.part = place, size, part
        self.has_errors = self.has_rare = self.has_formulas = self.has_negatives = self.has_huge = False
        self.is_in_order = self.is_usual = True
        self._has_begun = self._has_ended = False
        self._rows, self._columns = 0, 1
        self._row, self._column = 0, 0
        self._breaks_off = self._is_in_text = False
        self._has_rows = self._is_behind_rows = False
        self._prefixes: set[bytes] = set()

    @property
    def dense(self) -> int:
        """Cells of the rectangle around all cells."""
        return self._rows * self._columns

    @property
    def is_sparse(self) -> bool:
        """Whether that is far more than can stand in the sheet."""
        return self.dense > FEW + self._size * PLACES_A_BYTE

    @property
    def is_plain(self) -> bool:
        """Whether the cells hold nothing but numbers and texts, dates among them, and lie close together."""
        return not (self.has_errors or self.has_rare or self.has_huge or self.is_sparse or self.dense > MAX_DENSE)

    def take(self, chunk: bytes) -> None:
        """Go on with the next bytes, which begin and end between tags.

        Raises
        ------
        FormatError
            When the sheet claims more than Excel can hold, or its rows and cells are not what a spreadsheet program writes.
        """
        seen = glance(chunk, self._rows, self._columns)
        self.is_in_order = self.is_in_order and (seen.is_in_order if seen is not None else self._are_in_order(chunk))
        has_edge = b"sheetData" in chunk
        self.is_usual = self.is_usual and self._are_usual(chunk, known=seen is not None and seen.is_in_order, has_edge=has_edge)
        self._must_be_whole(chunk, only_elements=seen is not None and seen.is_in_order)
        self._must_be_single(chunk, is_plain=seen is not None, has_edge=has_edge)
        may_be_below = b">-" in chunk if seen is None else seen.has_negatives
        self.has_negatives = self.has_negatives or may_be_below
        self.has_huge = self.has_huge or (may_be_below and _HUGE.search(chunk) is not None)
        if seen is not None:
            self.has_errors, self.has_rare = self.has_errors or "e" in seen.kinds, self.has_rare or bool(seen.kinds & {"b", "d"})
            self.has_formulas = self.has_formulas or seen.has_formulas
            self._row = self._rows = max(self._rows, seen.rows)
            self._column = self._columns = max(self._columns, seen.columns)
            self._must_be_within_bounds()
            return
        self.has_errors = self.has_errors or b'"e"' in chunk or b"'e'" in chunk
        self.has_rare = self.has_rare or any(kind in chunk for kind in (b'"b"', b"'b'", b'"d"', b"'d'"))
        self.has_formulas = self.has_formulas or b"<f" in chunk or b":f" in chunk
        rows = max(self._rows, max(map(int, _ROW.findall(chunk)), default=0))
        if _UNUSUAL.search(chunk) or _UNUSUAL_CELL[min(7, len(str(rows)))].search(chunk):
            self._take_tag_by_tag(chunk)
        else:
            self._take_at_once(chunk, rows)
        self._must_be_within_bounds()

    def _must_be_single(self, chunk: bytes, *, is_plain: bool, has_edge: bool) -> None:
        """All rows stand in one element, of one namespace, in no alternative: else a library and a spreadsheet program would read others.

        `is_plain`: no element of the piece has a prefix; `has_edge`: all rows may begin or end in it.
        """
        begins, end = None, None
        if has_edge:
            begins, end = _BEGINS.search(chunk), _ENDS.search(chunk)
            if self._has_rows + len(_BEGINS.findall(chunk)) > 1:
                raise self._strange("the sheet has its rows twice")
        head = b"" if self._has_rows else chunk[: begins.start()] if begins else chunk
        if b"<extLst" in head or head.count(b"AlternateContent") % 2:
            raise self._strange("the rows stand where no spreadsheet program writes them")
        self._has_rows = self._has_rows or begins is not None
        if self._has_rows and not self._is_behind_rows:
            rows = b"" if is_plain else chunk[begins.start() if begins else 0 : end.start() if end else len(chunk)]
            self._prefixes |= {b""} if is_plain else set(_OF_CELLS.findall(rows))
            if len(self._prefixes) > 1 or b"AlternateContent" in rows:
                raise self._strange("rows or cells stand in another namespace, or in an alternative")
        self._is_behind_rows = self._is_behind_rows or end is not None

    def _must_be_whole(self, chunk: bytes, *, only_elements: bool) -> None:
        """Values are written in one go: a library reads no further than to a reference, comment or CDATA section in the middle of a number."""
        referring = [match.start() for match in _REFERRING.finditer(chunk)] if b"&" in chunk and b"&#" in chunk else []
        is_cut = bool(referring) and not self._are_of_text(chunk, referring)
        is_cut = is_cut or (not only_elements and (b"<!" in chunk or b"<?" in chunk) and _COMMENTED.search(chunk) is not None)
        if is_cut or (self._breaks_off and chunk.startswith((b"<!", b"<?"))):
            raise self._strange("a value is written in pieces, as no spreadsheet program writes it")
        last = next((at for mark in _CELLS if (at := chunk.rfind(mark)) >= 0), -1)
        self._is_in_text = self._is_in_text if last < 0 else _OF_TEXT.search(chunk, last, chunk.find(b">", last)) is not None
        self._breaks_off = _BROKEN_OFF.search(chunk[-_LONGEST_VALUE:]) is not None

    def _are_of_text(self, chunk: bytes, values: list[int]) -> bool:
        """Whether the cells whose values begin at these places say that they are texts; the first may have begun in the piece before."""
        cells = list(_CELL.finditer(chunk))
        begun = [cell.start() for cell in cells]
        of = (bisect(begun, value) - 1 for value in values)
        return all(self._is_in_text if at < 0 else _OF_TEXT.search(cells[at][0]) is not None for at in of)

    def _are_in_order(self, chunk: bytes) -> bool:
        """Whether the rows and cells are, of a piece that is written in an unusual way."""
        named = _NAMED.findall(chunk)
        if _NO_ELEMENT.search(chunk) or len(named) != len(_ANY_TAG.findall(chunk)):
            return False
        row = self._rows
        for begins, number in named:
            if int(number) <= row if begins else int(number) != row:
                return False
            row = int(number)
        return True

    def _are_usual(self, chunk: bytes, *, known: bool, has_edge: bool) -> bool:
        """Whether the rows of a piece are; what stands before and behind all rows may be written as it likes."""
        start = 0 if self._has_begun else chunk.find(_ROWS) if has_edge else -1
        if self._has_ended or start < 0:
            return True
        end = chunk.find(_ROWS_END, start) if has_edge else -1
        self._has_begun, self._has_ended = True, end >= 0
        return known or is_usual(chunk, start, end if end >= 0 else len(chunk))

    def _must_be_within_bounds(self) -> None:
        if self._rows > MAX_ROWS or self._columns > MAX_COLUMNS:
            fact = f"a sheet claims {self._rows:,} rows and {self._columns:,} columns"
            raise FormatError(self._place, fact, f"keep within {MAX_ROWS:,} × {MAX_COLUMNS:,}")

    def _take_at_once(self, chunk: bytes, rows: int) -> None:
        letters = set(_LETTERS.findall(chunk)) if _BEYOND_Z.search(chunk) else {b"Z"}
        self._columns = max(self._columns, *map(column_number, letters))
        self._row = self._rows = max(rows, self._rows_of_cells(chunk) if self._columns * 10 ** len(str(rows)) > MANY else rows)
        self._column = self._columns

    @staticmethod
    def _rows_of_cells(chunk: bytes) -> int:
        """Cells may name a row that is not the one they stand in."""
        return max(map(int, set(_CELL_ROW.findall(chunk))), default=0)

    def _take_tag_by_tag(self, chunk: bytes) -> None:
        tags = _TAG.findall(chunk)
        if len(tags) != len(_ANY_TAG.findall(chunk)):
            raise self._strange("a row or cell is written as no spreadsheet program writes it")
        for name, attributes in tags:
            match = _REFERENCE.search(attributes) if attributes else None
            if name == b"row":
                self._row, self._column = self._place_of(match[1])[1] if match else self._row + 1, 0
            elif match:
                self._column, row = self._place_of(match[1])
                self._rows = max(self._rows, row)
            else:
                self._column += 1
            self._rows, self._columns = max(self._rows, self._row), max(self._columns, self._column)

    def _place_of(self, reference: bytes) -> tuple[int, int]:
        match = _PLACE.fullmatch(reference.strip())
        if match is None or not int(match[2]):
            raise self._strange(f"{reference[:20].decode('utf-8', 'replace')!r} is no row and no cell")
        return column_number(match[1]), int(match[2])

    def _strange(self, fact: str) -> FormatError:
        return FormatError(self._place, fact, "repair the file by opening and saving it in Excel")


def is_spread(places: int, cells: int) -> bool:
    """Whether a rectangle is far larger than the cells that stand in it."""
    return places > FEW + 8 * cells


def column_number(letters: bytes) -> int:
    """Number of a column from its letters: A is 1, XFD is 16,384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
