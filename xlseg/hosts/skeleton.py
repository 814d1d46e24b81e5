"""A tab drawn once, without its rows: XlsxWriter knows how a sheet, its tables, conditional formats and print settings are written.

The rows and values come later and always by the same road, whether the tab is new or a hundred refreshes old.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xlseg.hosts.a1 import Area, place
from xlseg.hosts.cellxml import unescaped
from xlseg.hosts.charts import draw_charts, finished
from xlseg.hosts.looks import HIGHLIGHTS, LOOKS, TAB_COLOURS
from xlseg.workbook import Highlight, Tab, Table

_DEEPEST_FREEZE = 10
"""A header further down is neither frozen nor repeated in print: it would leave no room to scroll."""
_PAGE = "&RPage &P of &N"


@dataclass(frozen=True)
class Skeleton:
    """The parts of a drawn tab.

    Attributes
    ----------
    sheet, styles
        The parts as XlsxWriter writes them; texts are inline.
    tables
        The table parts, in the order of the tab.
    names
        What the names of the sheet for printing refer to, such as `'Data Quality'!$4:$4` for the rows repeated on every page.
    drawing
        The part that says where the charts are; b"" when there are none.
    charts
        The chart parts by the ids that the drawing knows them by.
    """

    sheet: bytes
    styles: bytes
    tables: tuple[bytes, ...]
    names: Mapping[str, str]
    drawing: bytes = b""
    charts: Mapping[str, bytes] = field(default_factory=dict)


def draw(tab: Tab, epoch_1904: bool, font: tuple[str, float]) -> Skeleton:
    """The skeleton of a tab, in the book's date system and default font."""
    buffer = io.BytesIO()
    default = {"font_name": font[0], "font_size": font[1]}
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "date_1904": epoch_1904, "default_format_properties": default})
    formats: dict[str, Format] = {}

    def look(style: str) -> Format:
        if style not in formats:
            formats[style] = book.add_format(dict(LOOKS[style]))  # type: ignore[index]
        return formats[style]

    sheet = book.add_worksheet(tab.name)
    for (row, column), cell in tab.cells.items():
        sheet.write_blank(row - 1, column - 1, None, None if cell.style == "text" else look(cell.style))
    for column, width in tab.widths.items():
        sheet.set_column(column - 1, column - 1, width)
    for row, height in tab.heights.items():
        sheet.set_row(row - 1, height)
    for table in tab.tables:
        _draw_table(sheet, table, look)
        for highlight in table.highlights:
            _draw_highlight(sheet, table, highlight, book.add_format(dict(HIGHLIGHTS[highlight.look])))
    _draw_choices(sheet, tab)
    draw_charts(book, sheet, tab)
    _page(sheet, tab)
    book.close()
    return _parts(buffer, tab, epoch_1904)


def footer(words: str) -> str:
    """The footer of our tabs: what the tab says, and the page."""
    return "&L" + words.replace("&", "&&") + _PAGE if words else _PAGE


def is_our_footer(there: str, words: str) -> bool:
    """Whether a footer is an earlier one of ours, not the user's own: it begins with the same word and is built the same."""
    start = footer(words.split(" ")[0]).removesuffix(_PAGE)
    middle = there.removeprefix(start).removesuffix(_PAGE).replace("&&", "")
    return there == _PAGE or (there.startswith(start) and there.endswith(_PAGE) and "&" not in middle)


def area_of(table: Table) -> Area:
    """Where the skeleton of a table is drawn: the header and one row."""
    row, column = table.at
    return Area(row, column, row + 1, column + len(table.columns) - 1)


def _draw_table(sheet: Worksheet, table: Table, look: object) -> None:
    area = area_of(table)
    columns = [{"header": c.heading, "header_format": look("header")} for c in table.columns]  # type: ignore[operator]
    options = {"name": table.name, "style": "Table Style Light 1", "banded_rows": False, "columns": columns}
    if sheet.add_table(area.top - 1, area.left - 1, area.bottom - 1, area.right - 1, options) not in (0, None):
        raise ValueError(f"table {table.name}: headings must differ and the table must not overlap another")
    for offset, column in enumerate(table.columns):
        at = area.left - 1 + offset
        sheet.set_column(at, at, column.width)
        if column.style != "text":
            sheet.write_blank(area.bottom - 1, at, None, look(column.style))  # type: ignore[operator]
        if column.choices:
            _draw_choice(sheet, (area.bottom, at + 1), column.choices)
    keys = [area.left + i for i, c in enumerate(table.columns) if c.heading in table.key]
    if keys:  # ids are text on purpose: no green triangles
        sheet.ignore_errors({"number_stored_as_text": " ".join(str(Area(area.bottom, k, area.bottom, k)) for k in keys)})


def _draw_highlight(sheet: Worksheet, table: Table, highlight: Highlight, look: Format) -> None:
    area = area_of(table)
    column = area.left + [c.heading for c in table.columns].index(highlight.heading)
    rule = {"type": "formula", "criteria": _criterion(highlight.condition, place(area.bottom, column)), "format": look}
    sheet.conditional_format(area.bottom - 1, column - 1, area.bottom - 1, column - 1, rule)


def _criterion(condition: str, cell: str) -> str:
    """A condition as a formula; a bound never counts empty cells or text, which Excel would take for 0 or for more than any number."""
    operator, _, operand = condition.partition(" ")
    quoted = '"' + operand.replace('"', '""') + '"'
    if operator == "=":
        return f"={cell}={quoted}"
    if operator == "begins":
        return f"=LEFT({cell},{len(operand)})={quoted}"
    if operator in (">=", "<="):
        return f"=AND(ISNUMBER({cell}),{cell}{operator}{float(operand)!r})"
    raise ValueError(f"{condition!r} is no condition of a highlight")


def _draw_choices(sheet: Worksheet, tab: Tab) -> None:
    for at, choices in tab.choices.items():
        _draw_choice(sheet, at, choices)


def _draw_choice(sheet: Worksheet, at: tuple[int, int], choices: str) -> None:
    row, column = at[0] - 1, at[1] - 1
    if sheet.data_validation(row, column, row, column, {"validate": "list", "source": _source(choices)}):
        raise ValueError(f"{choices!r} is too long for a drop-down")


def _source(choices: str) -> str | list[str]:
    """A range, or a list of words with commas between."""
    if choices.startswith("=") or "!" in choices or ":" in choices:
        return "=" + choices.removeprefix("=")
    return [c.strip() for c in choices.split(",")]


def _page(sheet: Worksheet, tab: Tab) -> None:
    sheet.set_landscape()
    sheet.fit_to_pages(1, 1 if tab.one_page else 0)
    sheet.set_tab_color(TAB_COLOURS["input" if tab.input else "record" if tab.record else "output"])
    if tab.one_page:
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.center_horizontally()
    if not tab.gridlines:
        sheet.hide_gridlines(2)
    if tab.print_area:
        top, left, bottom, right = tab.print_area
        sheet.print_area(top - 1, left - 1, bottom - 1, right - 1)
    sheet.set_footer(footer(tab.footer))
    header = tab.tables[0].at[0] if tab.tables else 0
    if 0 < header <= _DEEPEST_FREEZE:
        sheet.repeat_rows(header - 1)
    if tab.freeze:
        sheet.freeze_panes(*tab.freeze)
    elif 0 < header <= _DEEPEST_FREEZE:
        sheet.freeze_panes(header, 0)


def _parts(buffer: io.BytesIO, tab: Tab, epoch_1904: bool) -> Skeleton:
    with zipfile.ZipFile(buffer) as drawn:
        sheet = drawn.read("xl/worksheets/sheet1.xml").replace(b' tabSelected="1"', b"")
        if "xl/sharedStrings.xml" in drawn.namelist():
            strings = re.findall(rb"<si>(.*?)</si>", drawn.read("xl/sharedStrings.xml"), re.S)
            sheet = re.sub(rb' t="s"><v>([0-9]+)</v>', lambda m: b' t="inlineStr"><is>' + strings[int(m[1])] + b"</is>", sheet)
        tables = tuple(drawn.read(f"xl/tables/table{i}.xml") for i in range(1, len(tab.tables) + 1))
        names = re.findall(rb'name="(_xlnm.Print_[^"]*)"[^>]*>([^<]*)<', drawn.read("xl/workbook.xml"))
        printed = {name.decode(): unescaped(area) for name, area in names}
        return Skeleton(sheet, drawn.read("xl/styles.xml"), tables, printed, *_charts(drawn, tab, epoch_1904))


def _charts(drawn: zipfile.ZipFile, tab: Tab, epoch_1904: bool) -> tuple[bytes, dict[str, bytes]]:
    if not tab.charts:
        return b"", {}
    relations = re.findall(r'Id="([^"]*)"[^>]*Target="\.\./charts/([^"]*)"', drawn.read("xl/drawings/_rels/drawing1.xml.rels").decode())
    return drawn.read("xl/drawings/drawing1.xml"), {
        identity: finished(drawn.read(f"xl/charts/{part}"), epoch_1904=epoch_1904) for identity, part in relations
    }
