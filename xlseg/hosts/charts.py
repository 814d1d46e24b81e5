"""The charts of a new tab: XlsxWriter draws them, quiet and flat, over the cells of the tab.

No chart holds a copy of its numbers: whoever opens the file reads them from the cells, so that a refresh leaves none behind that are old.
"""

from __future__ import annotations

import re

from xlsxwriter import Workbook
from xlsxwriter.chart import Chart as DrawnChart
from xlsxwriter.worksheet import Worksheet

from xlseg.hosts.looks import LOOKS, PALETTE
from xlseg.workbook import Block, Chart, Series, Tab

_KINDS = {
    "column": {"type": "column"},
    "stacked column": {"type": "column", "subtype": "stacked"},
    "bar": {"type": "bar"},
    "stacked bar": {"type": "bar", "subtype": "stacked"},
    "split bar": {"type": "bar"},
    "line": {"type": "line"},
}
_INK, _LINE = "#404040", "#D9D9D9"
_SMALL = {"size": 9, "color": _INK, "bold": False}
_LEVEL = 360
"""Numbers without room are left out, not put askew."""
_NO_TICKS = {"major_tick_mark": "none", "minor_tick_mark": "none"}
_MARKERS = ("circle", "square", "diamond", "triangle", "x", "plus")
"""Lines differ by their marks too, for whoever sees or prints no colours."""
_MOVES_WITH_CELLS = 2
_STRICT = {
    b"http://schemas.openxmlformats.org/drawingml/2006/": b"http://purl.oclc.org/ooxml/drawingml/",
    b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
}
_SHOWN = {b"LegendKey": 0, b"Val": 1, b"CatName": 0, b"SerName": 0, b"Percent": 0, b"BubbleSize": 0}
_LABEL = b"".join(b'<c:show%s val="%d"/>' % shown for shown in _SHOWN.items())
_FINISH = tuple(
    (re.compile(pattern, re.S), words)
    for pattern, words in (
        (rb"<c:(num|str)Cache>.*?</c:\1Cache>", b""),
        (rb'(<c:lang val="[^"]*"/>)', rb'\1<c:roundedCorners val="0"/>'),
        (rb"(<c:layout/>)(?=</c:title>)", rb'\1<c:overlay val="0"/>'),
        (rb"(</c:title>)(?=<c:plotArea>)", rb'\1<c:autoTitleDeleted val="0"/>'),
        (rb'(<c:legendPos val="[^"]*"/><c:layout/>)', rb'\1<c:overlay val="0"/>'),
        (rb'(<c:grouping val="[^"]*"/>)', rb'\1<c:varyColors val="0"/>'),
        (rb"(?<=</c:scaling>)(?!<c:delete)", b'<c:delete val="0"/>'),
        (rb'rot="21600000"', b'rot="0"'),  # once round, XlsxWriter's way to ask for level text
        (rb'<c:showVal val="1"/>', _LABEL),
        (rb'(<c:plotVisOnly val="1"/>)', rb'\1<c:dispBlanksAs val="gap"/>'),
    )
)
_OF_KIND = {  # bars below 0 have the colour of the others, lines go straight from one number to the next
    b"<c:barChart>": (re.compile(rb"(</c:tx><c:spPr>.*?</c:spPr>)", re.S), rb'\1<c:invertIfNegative val="0"/>'),
    b"<c:lineChart>": (re.compile(rb"(?=</c:ser>)"), b'<c:smooth val="0"/>'),
}


def draw_charts(book: Workbook, sheet: Worksheet, tab: Tab) -> None:
    """The charts of a tab on its sheet."""
    for number, chart in enumerate(tab.charts, start=1):
        drawn = book.add_chart({**_KINDS[chart.kind], "name": f"{tab.name} chart {number}"})
        for place, series in enumerate(chart.series):
            drawn.add_series(_series(tab.name, chart, series, place))
        _dress(drawn, chart)
        place_in_cells = {"object_position": _MOVES_WITH_CELLS, "description": chart.title}
        sheet.insert_chart(chart.at[0] - 1, chart.at[1] - 1, drawn, place_in_cells)


def finished(chart: bytes, *, epoch_1904: bool) -> bytes:
    """The part of a chart without its copy of the numbers, and with all that spreadsheet programs take for usual in different ways said outright."""
    for pattern, words in _FINISH:
        chart = pattern.sub(words, chart)
    for mark, (pattern, words) in _OF_KIND.items():
        chart = pattern.sub(words, chart) if mark in chart else chart
    return chart.replace(b"<c:lang ", b'<c:date1904 val="1"/><c:lang ', 1) if epoch_1904 else chart


def strict_drawing(part: bytes) -> bytes:
    """A drawing or chart part in the strict namespaces; percentages stay bare numbers, as they do where Excel saves a strict workbook."""
    for usual, strict in _STRICT.items():
        part = part.replace(usual, strict)
    return part


def _series(sheet: str, chart: Chart, series: Series, place: int) -> dict[str, object]:
    colour = PALETTE[series.colour % len(PALETTE)]
    made: dict[str, object] = {
        "name": [sheet, series.name[0] - 1, series.name[1] - 1],
        "categories": _cells(sheet, series.categories),
        "categories_data": ["text"],  # so that they are asked for as labels
        "values": _cells(sheet, series.values),
    }
    if chart.kind == "line":
        marker = {"type": _MARKERS[place % len(_MARKERS)], "size": 5, "fill": {"color": colour}, "border": {"color": colour}}
        return {**made, "line": {"color": colour, "width": 2}, "marker": marker}
    bar = {**made, "fill": {"color": colour}, "border": {"none": True}, "gap": 45}
    if chart.kind == "split bar":
        bar["overlap"] = 100
    number = _number(chart)
    label = {"value": True, "position": "outside_end", "num_format": f"{number};-{number};", "font": _SMALL}  # none at 0
    return {**bar, "data_labels": label} if chart.labels else bar


def _cells(sheet: str, block: Block) -> list[object]:
    return [sheet, *(number - 1 for number in block)]


def _dress(drawn: DrawnChart, chart: Chart) -> None:
    lies = chart.kind.endswith("bar")
    drawn.set_title({"name": chart.title, "name_font": {"size": 11, "bold": True, "color": "#1F3864"}, "overlay": False})
    no_grid = {"visible": False}
    categories: dict[str, object] = {
        "num_font": _SMALL,
        "line": {"color": "#7F7F7F"},
        "major_gridlines": no_grid,
        **_NO_TICKS,
        "label_position": "low",
    }
    if lies:  # the first line of the block is the uppermost bar, and the numbers stay below
        categories |= {"reverse": True, "crossing": "max", "interval_unit": 1}  # each bar has its name
    grid = {"visible": True, "line": {"color": _LINE, "width": 0.75}}
    numbers: dict[str, object] = {
        "num_font": {**_SMALL, "size": 8, "rotation": _LEVEL},
        "num_format": _number(chart),
        "line": {"none": True},
        **_NO_TICKS,
        "major_gridlines": grid,
    }
    if chart.labels:
        numbers = {"visible": False, "major_gridlines": no_grid, **_NO_TICKS}
    drawn.set_x_axis(numbers if lies else categories)
    drawn.set_y_axis(categories if lies else numbers)
    drawn.set_legend({"position": "bottom", "font": _SMALL} if len(chart.series) > 1 else {"none": True})
    drawn.set_chartarea({"border": {"none": True}, "fill": {"color": "#FFFFFF"}})
    drawn.set_plotarea({"fill": {"none": True}})
    drawn.set_size({"width": chart.size[0], "height": chart.size[1]})
    drawn.show_blanks_as("gap")


def _number(chart: Chart) -> str:
    """Whole numbers read best on an axis."""
    if chart.number in ("money", "count"):
        return "#,##0"
    return {"days": "0", "share": "0%"}.get(chart.number) or str(LOOKS[chart.number].get("num_format", "General"))
