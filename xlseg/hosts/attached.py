"""What hangs on cells without standing in them, comments and links: with the rows of a table it goes to another place, as when Excel sorts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from xlseg.errors import LayoutError
from xlseg.hosts.a1 import Area
from xlseg.hosts.book import Book, sheet_place
from xlseg.hosts.package import Element, Relationships, serialized
from xlseg.hosts.sheetxml import SheetXml
from xlseg.hosts.telling import went_with_rows

_SHAPE_END = re.compile(rb"(</(?:\w+:)?shape>)")
_SHAPE = re.compile(rb"<(?:\w+:)?shape\s")
_NOTE = re.compile(rb"""\sObjectType=["']Note["']""")
_ROW = re.compile(rb"(<(?:\w+:)?Row>\s*)([0-9]{1,7})(\s*</)")
_COLUMN = re.compile(rb"<(?:\w+:)?Column>\s*([0-9]{1,5})\s*</")
_ANCHOR = re.compile(rb"(<(?:\w+:)?Anchor>)([^<]*)(</)")
_ANCHOR_ROWS = (2, 6)
"""Places of the first and last row among the numbers of an anchor."""


@dataclass(frozen=True)
class Moves:
    """Rows of a table that have changed places.

    Attributes
    ----------
    columns
        The area of the table; its columns have moved, what stands beside them has not.
    to
        The number of a row by the one that it had; rows that have stayed are not among them.
    gone
        What each row that is gone was called, by the number that it had.
    """

    columns: Area
    to: Mapping[int, int] = field(default_factory=dict)
    gone: Mapping[int, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.to or self.gone)

    def of(self, reference: str) -> str | None:
        """Where what hangs on a cell, or on several of one row, hangs now; "" where the row is gone, None where it has stayed."""
        try:
            area = Area.of(reference)
        except ValueError:
            return None
        if area.top != area.bottom or area.right > self.columns.right:
            return None
        row = self.row_of(area.top, area.left)
        return str(Area(row, area.left, row, area.right)) if row else None if row is None else ""

    def row_of(self, row: int, column: int) -> int | None:
        """The row of what hangs on a cell; 0 where it is gone, None where it has stayed."""
        if not self.columns.left <= column <= self.columns.right:
            return None
        return 0 if row in self.gone else self.to.get(row)


def follow(book: Book, part: str, name: str, sheet: SheetXml, moves: Moves) -> list[str]:
    """Let the comments and links of a sheet go with the rows; returns what there is to say of those whose rows are gone.

    Raises
    ------
    LayoutError
        Where two comments come to stand on one cell.
    """
    relationships = Relationships(book.package, part)
    gone: list[tuple[int, str]] = []
    for comments in relationships.targets("comments").values():
        gone += _moved_elements(book, comments, "comment", moves)
        _must_be_single(book, comments, name)
    for threads in relationships.targets("threadedComment").values():
        _moved_elements(book, threads, "threadedComment", moves)
    for drawing in relationships.targets("vmlDrawing").values():
        if book.package.has(drawing):
            book.package.put(drawing, _moved_shapes(book.package.read(drawing), moves))
    links = _moved_links(sheet, moves, relationships.addresses())
    return [*_told(name, "comment", gone, moves), *_told(name, "link", links, moves)]


def _moved_elements(book: Book, part: str, tag: str, moves: Moves) -> list[tuple[int, str]]:
    """Move the elements of a part that name a cell; those that are gone, each with its row and text."""
    if not book.package.has(part):
        return []
    root = book.package.xml(part)
    changed, gone = _moved([*root.iter(f"{{*}}{tag}")], moves, lambda element: "".join(_texts(element)))
    if changed:
        book.package.put(part, serialized(root))
    return gone


def _moved_links(sheet: SheetXml, moves: Moves, addresses: Mapping[str, str]) -> list[tuple[int, str]]:
    def words(link: Element) -> str:
        identity = next((value for name, value in link.attrib.items() if str(name).endswith("}id")), "")
        return addresses.get(str(identity)) or link.get("location") or link.get("display") or ""

    links = [*sheet.all("hyperlink")]
    _, gone = _moved(links, moves, words)
    home = sheet.find("hyperlinks")
    if home is not None and not len(home):
        sheet.root.remove(home)
    return gone


def _moved(elements: list[Element], moves: Moves, words: Callable[[Element], str]) -> tuple[bool, list[tuple[int, str]]]:
    changed, gone = False, []
    for element in elements:
        reference = element.get("ref", "")
        to = moves.of(reference)
        if to is None:
            continue
        changed = True
        parent = element.getparent()
        if to:
            element.set("ref", to)
        elif parent is not None:
            gone.append((Area.of(reference).top, words(element)))
            parent.remove(element)
    return changed, gone


def _texts(comment: Element) -> Iterator[str]:
    return (element.text or "" for element in comment.iter("{*}t", "{*}text"))


def _must_be_single(book: Book, part: str, name: str) -> None:
    """Two comments on one cell would make the file a broken one."""
    if not book.package.has(part):
        return
    counted = Counter(comment.get("ref", "") for comment in book.package.xml(part).iter("{*}comment"))
    if twice := next((reference for reference, count in counted.items() if count > 1), None):
        area = Area.of(twice)
        fact = "a comment stands on this cell, and a row with another one comes here"
        raise LayoutError(sheet_place(name, area.top, area.left), fact, "move the comment to another column, or delete it")


def _moved_shapes(drawing: bytes, moves: Moves) -> bytes:
    """The boxes in which comments are shown; such drawings are often no XML, so that only what changes is touched."""
    pieces = _SHAPE_END.split(drawing)
    for index in range(0, len(pieces) - 1, 2):
        starts = [*_SHAPE.finditer(pieces[index])]
        if starts:
            at = starts[-1].start()
            shape = _moved_shape(pieces[index][at:], moves)
            pieces[index] = pieces[index][:at] + shape
            pieces[index + 1] = pieces[index + 1] if shape else b""
    return b"".join(pieces)


def _moved_shape(shape: bytes, moves: Moves) -> bytes:
    row, column = _ROW.search(shape), _COLUMN.search(shape)
    if not (row and column and _NOTE.search(shape)):
        return shape
    to = moves.row_of(int(row[2]) + 1, int(column[1]) + 1)
    if to is None:
        return shape
    if not to:
        return b""
    by = to - 1 - int(row[2])
    shape = _ROW.sub(lambda match: b"%b%d%b" % (match[1], to - 1, match[3]), shape, count=1)
    return _ANCHOR.sub(lambda match: match[1] + _anchor(match[2], by) + match[3], shape, count=1)


def _anchor(words: bytes, by: int) -> bytes:
    numbers = words.split(b",")
    try:
        for place in _ANCHOR_ROWS:
            numbers[place] = b" %d" % max(0, int(numbers[place]) + by)
    except (IndexError, ValueError):
        return words
    return b",".join(numbers)


def _told(name: str, what: str, gone: list[tuple[int, str]], moves: Moves) -> list[str]:
    if not gone:
        return []
    which = f"{len(gone)} {what}{'' if len(gone) == 1 else 's'} on rows that are gone"
    return [went_with_rows(name, which, [(moves.gone[row], words) for row, words in gone])]
