"""A row of a table with new values, made from the row as it stands and the cells as they would be written anew.

What the user gave a cell, its format, stays; a cell that holds its value already, in our form or in Excel's, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from xlseg.hosts.cellxml import BLANK, Body, Cell, number_in, same, style_attribute, type_attribute

Strings = Callable[[], Sequence[str]]
"""The shared strings of the book, which are read only when a cell needs them."""

_CELL = b'<c r="'
_END = b"</row>"
_REST = re.compile(rb"([A-Z]+)[0-9]+\"([^>]*?)(?:/>|>(.*?)</c>)", re.S)
"""What follows the start of a cell: the letters of its name, its attributes, its content."""

_NUMBER, _NUMBER_ENDS = b"<v>", b"</v></c>"
_TEXT, _TEXT_ENDS = b"<is><t>", b"</t></is></c>"


def written(old: Cell | None, new: Body, strings: Strings, style: bytes | None = None) -> Cell | None:
    """The cell with a new value: the very same one if it holds that already, in its style unless another is given."""
    if old is not None and style is None and old[1] == new[1] and type_attribute(old) == new[0]:
        return old  # nearly all cells
    attribute = style_attribute(old) if style is None else style
    if old is not None and style is None and (number := number_in(old)) is not None and (other := number_in(new)) is not None:
        return old if number == other else (attribute, new[1])
    if old is not None:
        known = strings() if b' t="s"' in old[0] and old[1] != new[1] else ()
        if same(old, new, known):
            return old if style is None or attribute == style_attribute(old) else (_restyled(old[0], attribute), old[1])
    if new[1] is None and not attribute:
        return None
    return attribute + new[0], new[1]


def _restyled(attributes: bytes, style: bytes) -> bytes:
    old = style_attribute((attributes, None))
    return style + (attributes.replace(old, b"", 1) if old else attributes)


def edited(row: bytes, cells: bytes, ours: Collection[bytes], strings: Strings) -> bytes | None:
    """A row with the values that `cells` holds, which are its cells as they are where nothing but values of ours has been changed.

    Cells beyond are left alone; so are their formats. `ours` are the letters of our columns. None when the row must be taken apart.
    """
    if not row.endswith(_END):
        return None
    start, *old = row[: -len(_END)].split(_CELL)
    new = cells.split(_CELL)[1:]
    parts = [o if o == n else _changed(o, n, strings) for o, n in zip(old, new, strict=False)] if len(old) == len(new) else [None]
    if None in parts:
        parts = _merged(old, new, ours, strings)
    if None in parts:
        return None
    if parts == old:
        return row
    return start + b"".join(_CELL + part for part in parts if part) + _END


def _changed(old: bytes, new: bytes, strings: Strings) -> bytes | None:
    """A cell with another value; nothing where no cell is needed any more. None when these are cells of two columns, or it is not plain."""
    head = new.index(b">") + 1
    if old.startswith(new[:head]):  # name, format and type are the same
        if _is_just(old, head, _NUMBER, _NUMBER_ENDS) and b' t="' not in new[:head]:
            return old if float(old[head + 3 : -8]) == float(new[head + 3 : -8]) else new
        if _is_just(old, head, _TEXT, _TEXT_ENDS) and b"&" not in old and b"_x" not in old:
            return new
    there, wanted = _REST.fullmatch(old), _REST.fullmatch(new)
    if there is None or wanted is None or there[1] != wanted[1]:
        return None
    return _put(old, (there[2], there[3]), (type_attribute((wanted[2], None)), wanted[3]), strings)


def _is_just(cell: bytes, head: int, start: bytes, end: bytes) -> bool:
    """Whether a cell, after the end of its tag, holds nothing but a number, or a text, as we write it."""
    return cell.startswith(start, head) and cell.endswith(end) and cell.find(b"<", head + len(start)) == len(cell) - len(end)


def _put(piece: bytes, cell: Cell, value: Body, strings: Strings) -> bytes:
    found = written(cell, value, strings)
    if found is cell:
        return piece
    if found is None:
        return b""
    name = piece[: piece.index(b'"') + 1]
    return name + found[0] + (b"/>" if found[1] is None else b">%s</c>" % found[1])


def _merged(old: Sequence[bytes], new: Sequence[bytes], ours: Collection[bytes], strings: Strings) -> list[bytes | None]:
    """Cells of rows that do not have the same columns."""
    there, wanted = ({_letters(piece): piece for piece in pieces} for pieces in (old, new))
    if len(there) < len(old):
        return [None]  # two cells of one column: one of them is named by another row
    parts: list[bytes | None] = []
    for column in sorted(there.keys() | wanted.keys(), key=lambda letters: (len(letters), letters)):
        before, after = there.get(column), wanted.get(column)
        if before is None:
            parts.append(_bare(after or b""))
        elif after is None:
            parts.append(before if column not in ours else _emptied(before, strings))
        else:
            parts.append(before if before == after else _changed(before, after, strings))
    return parts


def _bare(piece: bytes) -> bytes:
    """A new cell where there was none: it has no format, and without a value it is none."""
    found = _REST.fullmatch(piece)
    return _put(piece, (b"", None), (type_attribute((found[2], None)), found[3]), tuple) if found and found[3] is not None else b""


def _emptied(piece: bytes, strings: Strings) -> bytes | None:
    found = _REST.fullmatch(piece)
    return _put(piece, (found[2], found[3]), BLANK, strings) if found else None


def _letters(piece: bytes) -> bytes:
    return piece[: piece.index(b'"')].rstrip(b"0123456789")
