"""The formulas of a sheet when cells move: continued downwards as Excel copies them, shifted with the tab, freed from sharing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from xlseg.errors import LayoutError
from xlseg.hosts.a1 import Area, letters, number, place, position, sheet_in
from xlseg.hosts.cellxml import Cell, escaped, formula, style_attribute
from xlseg.hosts.sheetxml import SheetXml

_TAG = re.compile(rb"<f(\s[^>]*?)?(?:/>|>[^<]*</f>)")
_ATTRIBUTE = re.compile(rb'\s(\w+)="([^"]*)"')
_REFERENCE = re.compile(r"(?<![\w.$])(\$?)([A-Za-z]{1,3})(\$?)([0-9]+)(?![\w.(\[])")
_PLACE = re.compile(rb'( ref=")([^"]*)(")')
_METADATA = re.compile(rb' cm="[0-9]+"')

Origin = tuple[int, int, str]
"""Row and column of the first cell of a shared formula, and its text."""


def attributes(cell: Cell) -> dict[str, str]:
    """Attributes of the cell's formula element."""
    match = _TAG.search(cell[1] or b"")
    return {k.decode(): v.decode() for k, v in _ATTRIBUTE.findall(match[1] or b"")} if match else {}


def shared_origins(sheet: SheetXml) -> dict[str, Origin]:
    """The first cell of each shared formula, by its index."""
    origins = {}
    for row in sheet.formula_rows(b't="shared"'):
        for column, cell in sheet.cells(row).items():
            found, words = attributes(cell), formula(cell)
            if found.get("t") == "shared" and words is not None:
                origins[found["si"]] = (row, column, words)
    return origins


def own_text(cell: Cell, row: int, column: int, origins: dict[str, Origin]) -> str | None:
    """Text of the formula in this cell, of whatever kind but a data table."""
    found = attributes(cell)
    if found.get("t") == "dataTable":
        return None
    if found.get("t") != "shared" or formula(cell) is not None:
        return formula(cell)
    first = origins.get(found.get("si", ""))
    return None if first is None else copied(first[2], (first[0], first[1]), (row, column))


def relative(words: str, row: int) -> str:
    """A formula in a row as all rows have it that it is copied to."""
    return _REFERENCE.sub(lambda match: match[0] if match[3] else f"{match[1]}{match[2]}[{int(match[4]) - row}]", words)


def is_computed(words: str) -> bool:
    """Whether a formula is more than numbers that somebody has typed with signs between."""
    return any(sign.isalpha() for sign in words)


def copied(words: str, start: tuple[int, int], end: tuple[int, int]) -> str | None:
    """A formula as Excel copies it from one cell to another; None for one that openpyxl cannot take apart, such as a DDE link."""
    if start == end:
        return words
    from openpyxl.formula.tokenizer import TokenizerError
    from openpyxl.formula.translate import Translator  # loaded where a formula moves: openpyxl takes longer to load than most tabs to write

    try:
        translated: str = Translator("=" + words, origin=place(*start)).translate_formula(place(*end))
    except TokenizerError:
        return None
    return translated[1:]


def continued(cell: Cell, start: tuple[int, int], end: tuple[int, int], origins: dict[str, Origin]) -> Cell | None:
    """The formula cell at `start` copied to `end`, without a value: that is for Excel to calculate."""
    own = own_text(cell, *start, origins)
    words = None if own is None else copied(own, start, end)
    if words is None:
        return None
    array = b""
    if attributes(cell).get("t") == "array":
        array = b' t="array" ref="%s"' % place(*end).encode()
    metadata = _METADATA.search(cell[0]) if array else None
    head = style_attribute(cell) + (metadata[0] if metadata else b"")
    return head, b"<f%s>%s</f>" % (array, escaped(words))


def unshare(sheet: SheetXml, area: Area) -> None:
    """Give every cell of a shared formula that begins in the area its own text, so that any of them may go."""
    origins = {si: origin for si, origin in shared_origins(sheet).items() if area.holds(origin[0], origin[1])}
    if not origins:
        return
    for row in sheet.formula_rows(b't="shared"'):
        cells = sheet.cells(row)
        for column, cell in cells.items():
            if attributes(cell).get("si") in origins and attributes(cell).get("t") == "shared":
                words = own_text(cell, row, column, origins)
                if words is None:
                    raise LayoutError(place(row, column), "a shared formula that cannot be copied", "write it into each cell by itself")
                cells[column] = (cell[0], _TAG.sub(lambda _, w=words: b"<f>%s</f>" % escaped(w), cell[1] or b"", count=1))  # type: ignore[misc]
        sheet.put(row, cells)


def shifted(words: str, place_of: Callable[[int, int], tuple[int, int]]) -> str:
    """A formula of a tab whose cells have all moved: every reference that names no sheet moves too, fixed or not."""
    return _rewritten(words, lambda reference: _moved(reference, place_of))


def _rewritten(words: str, change: Callable[[str], str]) -> str:
    """A formula with each of its references changed."""
    from openpyxl.formula import Tokenizer

    tokens = Tokenizer("=" + words).items
    return "".join(change(t.value) if t.type == "OPERAND" and t.subtype == "RANGE" else t.value for t in tokens)


@dataclass(frozen=True)
class Moved:
    """A row of a table that has moved, with the columns of the table: what stands beside it has not.

    `rows`, first and last, and `last` are given where the row is the totals row: all rows of the table then go on to another last one.
    """

    sheet: str
    row: int
    to: int
    left: int
    right: int
    rows: tuple[int, int] = (0, 0)
    last: int = 0

    def cell(self, cell: Cell) -> Cell:
        """A formula cell of that row, in which what refers to the row goes with it; as it was where the formula cannot be taken apart."""
        words, match = formula(cell), _TAG.search(cell[1] or b"")
        if words is None or match is None:
            return cell
        from openpyxl.formula.tokenizer import TokenizerError

        try:
            moved = _rewritten(words, self._operand)
        except TokenizerError:
            return cell
        head = _PLACE.sub(lambda m: m[1] + self._reference(m[2].decode()).encode() + m[3], match[1] or b"")
        return cell[0], _TAG.sub(lambda _: b"<f%s>%s</f>" % (head, escaped(moved)), cell[1] or b"", count=1)

    def _operand(self, words: str) -> str:
        """A reference to this sheet; one to another, or to a table, says the same wherever it stands."""
        sheet, mark, reference = words.rpartition("!")
        is_own = not mark or sheet_in(sheet) == self.sheet.casefold()
        return words if "[" in words or not is_own else f"{sheet}{mark}{self._reference(reference)}"

    def _reference(self, words: str) -> str:
        ends = list(_REFERENCE.finditer(words))
        if not all(self.left <= number(end[2]) <= self.right for end in ends):
            return words
        rows = [int(end[4]) for end in ends]
        if len(ends) == 2 and self.last and rows[0] <= self.rows[0] and rows[1] == self.rows[1]:
            return words[: ends[1].start(4)] + str(self.last) + words[ends[1].end(4) :]
        if any(row != self.row for row in rows) or (not self.last and any(end[3] for end in ends)):
            return words
        return _REFERENCE.sub(lambda m: f"{m[1]}{m[2]}{m[3]}{self.to}", words)


def _moved(reference: str, place_of: Callable[[int, int], tuple[int, int]]) -> str:
    if "!" in reference or "[" in reference:
        return reference
    return _REFERENCE.sub(lambda m: _one_moved(m, place_of), reference)


def _one_moved(match: re.Match[str], place_of: Callable[[int, int], tuple[int, int]]) -> str:
    row, column = place_of(*position(match[2] + match[4]))
    return f"{match[1]}{letters(column)}{match[3]}{row}"
