"""A table of ours as it stands in the user's sheet: a table part, or what is left of it when the user has made it a plain range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from xlseg.errors import FormatError
from xlseg.hosts.a1 import Area
from xlseg.hosts.package import Element, Package, serialized

_LINE_BREAKS = (("_x000a_", "\n"), ("_x000A_", "\n"), ("_x000d_", ""), ("_x000D_", ""))


class TableXml:
    """Where a table stands, and its headings from left to right.

    Attributes
    ----------
    area
        All of it, with header and totals row.
    part
        Name of its part; None when the user has turned the table into a range.
    """

    def __init__(self, area: Area, headings: Sequence[str], part: str | None = None, root: Element | None = None) -> None:
        self.area, self.headings, self.part, self._root = area, list(headings), part, root
        self._before = b"" if root is None else serialized(root)

    @classmethod
    def of_part(cls, package: Package, part: str) -> TableXml:
        """The table of a part.

        Raises
        ------
        FormatError
            Where it does not say which cells it is.
        """
        root = package.xml(part)
        columns = [e for e in root.iter() if isinstance(e.tag, str) and etree.QName(e).localname == "tableColumn"]
        try:
            area, _ = Area.of(root.get("ref", "A1")), [int(root.get(name, "1")) for name in ("headerRowCount", "totalsRowCount")]
        except ValueError:
            fact = f"the table {root.get('displayName', part)!r} does not say which cells it is"
            raise FormatError(package.name, fact, "repair the file by opening and saving it in Excel") from None
        return cls(area, [_heading(c) for c in columns], part, root)

    @property
    def name(self) -> str:
        """What formulas call it."""
        return "" if self._root is None else self._root.get("displayName", self._root.get("name", ""))

    @property
    def header_rows(self) -> int:
        """1, or 0 when the user has switched the header off."""
        return 1 if self._root is None else int(self._root.get("headerRowCount", "1"))

    @property
    def totals_rows(self) -> int:
        """1 when the user has switched the totals row on."""
        return 0 if self._root is None else int(self._root.get("totalsRowCount", "0"))

    @property
    def first_row(self) -> int:
        """The first row of data."""
        return self.area.top + self.header_rows

    @property
    def last_row(self) -> int:
        """The last row of data."""
        return self.area.bottom - self.totals_rows

    @property
    def filtered(self) -> bool:
        """Whether a filter may have hidden rows."""
        return next(self._elements("filterColumn"), None) is not None

    def column(self, heading: str) -> int | None:
        """Column of the sheet that has the heading, written in any case."""
        known = [folded(h) for h in self.headings]
        return self.area.left + known.index(folded(heading)) if folded(heading) in known else None

    def stand_at(self, area: Area, headings: Sequence[str]) -> None:
        """Be where the headings stand: another program has moved the cells, and not the table. What is filtered goes by position, so it goes."""
        self.area, self.headings = area, list(headings)
        if self._root is None:
            return
        columns = next(self._elements("tableColumns"))
        known = {folded(_heading(column)): column for column in columns}
        free = 1 + max(int(column.get("id", "0")) for column in columns)
        new = (etree.Element(columns[0].tag, id=str(number), name=_escaped(heading)) for number, heading in enumerate(headings, start=free))
        columns[:] = [known.get(folded(heading), element) for heading, element in zip(headings, new, strict=True)]
        for column, heading in zip(columns, headings, strict=True):
            if _heading(column) != heading:  # in another case: a table whose headings are not those of its cells is repaired by Excel
                column.set("name", _escaped(heading))
        columns.set("count", str(len(columns)))
        for element in [*self._elements("filterColumn"), *self._elements("sortState")]:
            element.getparent().remove(element)  # type: ignore[union-attr]
        for element in self._elements("autoFilter"):
            element.set("ref", str(Area(area.top, area.left, area.bottom - self.totals_rows, area.right)))
        self._root.set("ref", str(area))

    def _elements(self, name: str) -> Iterator[Element]:
        return iter(()) if self._root is None else self._root.iter(f"{{*}}{name}")

    def end_at(self, last_row: int) -> None:
        """Let the data end at a row; filter and sort range follow."""
        if last_row == self.last_row:
            return
        old_data = self.last_row
        self._move(old_data, last_row, self.area.right, self.area.right)

    def add_column(self, heading: str) -> int:
        """A new last column; its number in the sheet."""
        self.headings.append(heading)
        for columns in self._elements("tableColumns"):
            identity = 1 + max(int(c.get("id", "0")) for c in columns)
            etree.SubElement(columns, f"{{{etree.QName(columns).namespace}}}tableColumn", id=str(identity), name=_escaped(heading))
            columns.set("count", str(len(columns)))
        self._move(self.last_row, self.last_row, self.area.right, self.area.right + 1)
        return self.area.right

    def save(self, package: Package) -> None:
        """Put the part, if the table is another one now: what another program wrote its own way stays so."""
        if self.part is not None and self._root is not None and (new := serialized(self._root)) != self._before:
            package.put(self.part, new)

    def _move(self, old_row: int, new_row: int, old_right: int, new_right: int) -> None:
        totals = self.totals_rows
        if self._root is not None:
            for element in [e for e in self._root.iter() if isinstance(e.tag, str) and e.get("ref")]:
                area = Area.of(element.get("ref", ""))
                bottom = area.bottom + new_row - old_row if area.bottom in (old_row, old_row + totals) else area.bottom
                right = new_right if area.right == old_right and area.left == self.area.left else area.right
                element.set("ref", str(Area(area.top, area.left, bottom, right)))
        self.area = Area(self.area.top, self.area.left, new_row + totals, new_right)


def _heading(column: Element) -> str:
    name = column.get("name", "")
    for code, sign in _LINE_BREAKS:
        name = name.replace(code, sign)
    return name


def _escaped(heading: str) -> str:
    return heading.replace("\n", "_x000a_")


def folded(heading: str) -> str:
    """A heading as it is compared: without case and line breaks."""
    return " ".join(heading.split()).casefold()
