"""Native charts: drawn with a tab over its own cells, in any book; afterwards they are the user's."""

import itertools
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from loss import losses
from lxml import etree
from test_file_variants import VARIANTS
from workbooks import by_hand, part_of, parts, repacked, segments, user_book

from xlseg.hosts.file import WorkbookFile, new_book
from xlseg.hosts.looks import PALETTE
from xlseg.workbook import Cell, Chart, Series, Tab

KINDS = ("column", "stacked column", "bar", "stacked bar", "split bar", "line")
"""Every other one says its numbers."""


def board(values: tuple[float | None, ...] = (5.0, 3.0, 2.0), name: str = "Dash & Board") -> Tab:
    """A layout tab with a chart of each kind over the cells A3:C5."""
    cells = {(1, 1): Cell("Board", "title"), (2, 1): Cell("Kind", "header"), (2, 2): Cell("Worse", "header"), (2, 3): Cell("Better", "header")}
    for row, value in enumerate(values, start=3):
        cells |= {(row, 1): Cell(f"Row {row}"), (row, 2): Cell(value, "money"), (row, 3): Cell(None if value is None else -value, "money")}
    both = tuple(Series((2, at), (3, 1, 5, 1), (3, at, 5, at), at) for at in (2, 3))
    charts = tuple(Chart(kind, f"A {kind}", (8 + 16 * at, 1), (380, 300), both, "money", labels=at % 2 == 0) for at, kind in enumerate(KINDS))  # type: ignore[arg-type]
    return Tab(name, cells, owns_columns=3, charts=charts, one_page=True, print_area=(1, 1, 106, 8))


def chart_parts(path: Path, sheet: str = "Dash & Board") -> list[bytes]:
    """The chart parts of a sheet, by way of its drawing."""
    members = parts(path)
    drawing = _related(members, part_of(path, sheet.replace("&", "&amp;")), "drawing")
    return [members[chart] for part in drawing for chart in _related(members, part, "chart")]


def _related(members: dict[str, bytes], part: str, kind: str) -> list[str]:
    folder, _, leaf = part.rpartition("/")
    found = etree.fromstring(members[f"{folder}/_rels/{leaf}.rels"])
    targets = [r.get("Target", "") for r in found if r.get("Type", "").endswith("/" + kind)]
    return [os.path.normpath(f"{folder}/{target}") if target[0] != "/" else target[1:] for target in targets]


def references(chart: bytes) -> list[str]:
    return [str(f.text) for f in etree.fromstring(chart).iter("{*}f")]


def test_each_series_refers_to_the_cells_of_its_tab(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    new_book(path, [segments({"A": 1.0}), board()])
    charts = chart_parts(path)
    assert len(charts) == 6
    for chart in charts:
        tab = "'Dash & Board'"
        one, other = ([f"{tab}!${at}$2", f"{tab}!$A$3:$A$5", f"{tab}!${at}$3:${at}$5"] for at in "BC")
        assert references(chart) == [*one, *other]


def test_no_chart_holds_a_copy_of_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    new_book(path, [board()])
    assert not [chart for chart in chart_parts(path) if b"Cache" in chart or b"<c:pt" in chart]


def test_what_programs_take_for_usual_in_different_ways_is_said_outright(tmp_path: Path) -> None:
    # LibreOffice takes what is left out otherwise in a book of Excel 2007 than in one of a later program, whose properties say so.
    path = tmp_path / "book.xlsx"
    new_book(path, [board()])
    for chart in map(etree.fromstring, chart_parts(path)):
        said = {
            etree.QName(e).localname: e.get("val") for e in chart.iter("{*}roundedCorners", "{*}autoTitleDeleted", "{*}varyColors", "{*}dispBlanksAs")
        }
        assert said == {"roundedCorners": "0", "autoTitleDeleted": "0", "varyColors": "0", "dispBlanksAs": "gap"}
        assert [e.find("{*}overlay").get("val") for e in chart.iter("{*}title", "{*}legend")] == ["0", "0"]  # type: ignore[union-attr]
        assert all(axis.find("{*}delete") is not None for axis in chart.iter("{*}catAx", "{*}valAx"))
        for series in chart.iter("{*}ser"):
            kind = etree.QName(series.getparent()).localname  # type: ignore[arg-type]
            assert series.find("{*}smooth" if kind == "lineChart" else "{*}invertIfNegative").get("val") == "0"  # type: ignore[union-attr]
        for labels in chart.iter("{*}dLbls"):
            shows = {etree.QName(e).localname: e.get("val") for e in labels if etree.QName(e).localname.startswith("show")}
            assert [name for name, value in shows.items() if value == "1"] == ["showVal"]
            assert len(shows) == 6


def test_a_refresh_changes_the_cells_and_no_part_of_a_chart(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    new_book(path, [board()])
    before = parts(path)
    assert WorkbookFile(path).write([board()]).unchanged == ("Dash & Board",)
    assert WorkbookFile(path).write([board((9.0, None, 1.0))]).updated == ("Dash & Board",)
    changed = {name for name, data in parts(path).items() if before.get(name) != data}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/workbook.xml"}  # where it is noted that one cell less is filled


def test_a_chart_that_the_user_has_changed_or_deleted_stays_so(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([board()])
    mine = next(name for name, data in parts(path).items() if b"A stacked bar<" in data)

    def edit(members: dict[str, bytes]) -> None:
        members[mine] = members[mine].replace(b"A stacked bar<", b"My bars<").replace(b"AE421A", b"00FF00")
        drawing = next(name for name in members if re.fullmatch(r"xl/drawings/drawing\d+.xml", name) and members[name].count(b"twoCellAnchor>") > 2)
        members[drawing] = re.sub(rb"<xdr:twoCellAnchor .*?</xdr:twoCellAnchor>", b"", members[drawing], count=1, flags=re.S)

    before = parts(repacked(path, edit))
    WorkbookFile(path).write([board((1.0, 2.0, 4.0))])
    after = parts(path)
    assert {name for name in after if before.get(name) != after[name]} == {part_of(path, "Dash &amp; Board")}
    assert b"My bars" in after[mine]


def test_a_tab_whose_charts_have_all_been_deleted_gets_none_again(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    new_book(path, [board()])
    by_hand(path, lambda sheet: sheet._charts.clear(), "Dash & Board")
    WorkbookFile(path).write([board((1.0, 2.0, 4.0))])
    assert not [name for name in parts(path) if "chart" in name]


@pytest.mark.parametrize("epoch_1904", [False, True], ids=["1900", "1904"])
def test_charts_of_the_user_keep_their_parts_and_ours_take_free_names(tmp_path: Path, epoch_1904: bool) -> None:
    path = user_book(tmp_path / "book.xlsx", epoch_1904=epoch_1904)
    before = parts(path)
    assert {"xl/charts/chart1.xml", "xl/drawings/drawing1.xml"} <= before.keys()
    WorkbookFile(path).write([board()])
    after = parts(path)
    assert losses(before, after) == []
    assert sorted(after.keys() - before.keys() - {"xl/worksheets/sheet2.xml", "xl/worksheets/_rels/sheet2.xml.rels"}) == [
        *(f"xl/charts/chart{number}.xml" for number in range(2, 8)), "xl/drawings/_rels/drawing2.xml.rels", "xl/drawings/drawing2.xml",
    ]  # fmt: skip
    book = openpyxl.load_workbook(path)
    assert [len(book[name]._charts) for name in ("Invoices", "Dash & Board")] == [1, 6]
    assert all((b'<c:date1904 val="1"/>' in chart) == epoch_1904 for chart in chart_parts(path))


def test_in_strict_books_charts_are_strict_too(tmp_path: Path) -> None:
    strict = next(variant for variant in VARIANTS if variant.__name__ == "strict")
    path = repacked(user_book(tmp_path / "book.xlsx"), strict)
    before = parts(path)
    WorkbookFile(path).write([board()])
    new = {name: data for name, data in parts(path).items() if (name not in before and "/chart" in name) or "drawing2" in name}
    assert len(new) == 8
    assert not [name for name, data in new.items() if b"schemas.openxmlformats.org" in data.replace(b"org/package/2006/relationships", b"")]


def validated(path: Path) -> list[object]:
    validator = os.environ.get("OOXML_VALIDATOR")
    if not validator:
        pytest.skip("OOXML_VALIDATOR does not name the validator of the Open XML SDK")
    report = subprocess.run([validator, str(path)], capture_output=True, text=True, check=False).stdout
    found: list[object] = json.loads(report)["errors"]
    return found


@pytest.mark.parametrize("variant", [None, *VARIANTS], ids=lambda v: v.__name__ if v else "usual")
def test_the_open_xml_sdk_finds_no_error_that_was_not_there(tmp_path: Path, variant: object) -> None:
    path = user_book(tmp_path / "book.xlsx")
    if variant:
        repacked(path, variant)  # type: ignore[arg-type]
    before = validated(path)
    WorkbookFile(path).write([segments({"A": 1.0}), board()])
    WorkbookFile(path).write([segments({"A": 1.0, "B": 2.0}), board((9.0, None, 1.0))])
    assert [error for error in validated(path) if error not in before] == []


# ── colours ──────────────────────────────────────────────────────────────────

_SEEN_AS = {  # Machado, Oliveira and Fernandes 2009, severity 1: what linear RGB becomes
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    part = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b* of linear sRGB, white D65."""
    xyz = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]) @ rgb
    x, y, z = (np.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in xyz / np.array([0.95047, 1.0, 1.08883]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("colours", [PALETTE[:5], PALETTE[5:]], ids=["kinds", "order"])
def test_colours_differ_in_grey_print_and_for_the_colour_blind(colours: tuple[str, ...]) -> None:
    lightness = sorted(float(lab(linear(colour))[0]) for colour in colours)
    assert min(b - a for a, b in itertools.pairwise(lightness)) >= 10
    for matrix in _SEEN_AS.values():
        seen = [lab(np.clip(np.array(matrix) @ linear(colour), 0, 1)) for colour in colours]
        assert min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2)) >= 15  # 2.3 is just noticeable


def test_grave_is_darker() -> None:
    lightness = [float(lab(linear(colour))[0]) for colour in PALETTE[5:]]
    assert lightness == sorted(lightness, reverse=True)
