"""Workbooks that are written differently from Excel's habit, but rightly."""

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from lxml import etree
from workbooks import MAIN, RELATION, STRICT, STRICT_RELATION, parts, repacked, segments, user_book

from xlseg.hosts.file import WorkbookFile
from xlseg.workbook import Cell, Tab

Members = dict[str, bytes]
RELATIONSHIPS_TYPE = b"application/vnd.openxmlformats-package.relationships+xml"
FIRST, SECOND = {"0017": 120.0, "0018": 80.0}, {"0018": 81.0, "0019": 5.0}
EDITED = {
    "[Content_Types].xml", "xl/styles.xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/book.xml", "xl/_rels/book.xml.rels",
    "workbook.xml", "_rels/workbook.xml.rels",
}  # fmt: skip
SHEETS = ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml")


def strict(members: Members) -> None:
    for name in members:
        members[name] = members[name].replace(MAIN, STRICT).replace(RELATION, STRICT_RELATION)


def prefixed(members: Members) -> None:
    for name in [n for n in members if re.match(r"xl/(workbook|styles|worksheets/sheet\d+|tables/table\d+)\.xml", n)]:
        root = etree.fromstring(members[name])
        new = etree.Element(root.tag, root.attrib, nsmap={"x": MAIN.decode(), **{k: v for k, v in root.nsmap.items() if k}})
        new.extend(list(root))
        text = etree.tostring(new, xml_declaration=True, encoding="UTF-8")
        members[name] = text.replace(b' xmlns="%s"' % MAIN, b"")


def absolute(members: Members) -> None:
    name = "xl/_rels/workbook.xml.rels"
    members[name] = re.sub(rb'Target="([^/])', rb'Target="/xl/\1', members[name])


def backslashes(members: Members) -> None:
    name = "xl/_rels/workbook.xml.rels"
    members[name] = members[name].replace(b'Target="worksheets/', b'Target="worksheets\\')


def backslash_names(members: Members) -> None:
    for name in [n for n in members if n.startswith("xl/worksheets/sheet")]:
        members[name.replace("/", "\\")] = members.pop(name)


def other_case(members: Members) -> None:
    for name in [n for n in members if n.startswith("xl/worksheets/")]:
        members[name.replace("worksheets/sheet", "Worksheets/Sheet").replace("_rels/sheet", "_rels/Sheet")] = members.pop(name)


def other_name(members: Members) -> None:
    members["xl/book.xml"] = members.pop("xl/workbook.xml")
    members["xl/_rels/book.xml.rels"] = members.pop("xl/_rels/workbook.xml.rels")
    for name in ("[Content_Types].xml", "_rels/.rels"):
        members[name] = members[name].replace(b"xl/workbook.xml", b"xl/book.xml")


def in_the_root(members: Members) -> None:
    members["workbook.xml"] = members.pop("xl/workbook.xml")
    rels = members.pop("xl/_rels/workbook.xml.rels")
    members["_rels/workbook.xml.rels"] = re.sub(rb'Target="([^/])', rb'Target="xl/\1', rels)
    for name in ("[Content_Types].xml", "_rels/.rels"):
        members[name] = members[name].replace(b"xl/workbook.xml", b"workbook.xml")


def no_default_types(members: Members) -> None:
    """As LibreOffice once wrote it: each part has its own content type, those of relationships too."""
    types = re.sub(rb"<Default[^<>]*/>", b"", members["[Content_Types].xml"])
    known = re.findall(rb'PartName="/([^"]+)"', types)
    kinds = {"rels": RELATIONSHIPS_TYPE, "xml": b"application/xml"}
    lines = [
        b'<Override PartName="/%s" ContentType="%s"/>' % (name.encode(), kinds.get(name.rpartition(".")[2], b"image/png"))
        for name in members
        if name != "[Content_Types].xml" and name.encode() not in known
    ]
    members["[Content_Types].xml"] = types.replace(b"</Types>", b"".join(lines) + b"</Types>")


def no_named_styles(members: Members) -> None:
    """Formats of cells that are those of no named style."""
    styles = re.sub(rb"<cellStyleXfs.*?</cellStyleXfs>|<cellStyles.*?</cellStyles>", b"", members["xl/styles.xml"])
    members["xl/styles.xml"] = re.sub(rb' xfId="\d+"', b"", styles)


def formats_from_0(members: Members) -> None:
    """As a PHP library writes it: the formats of the book are numbered from 0, so that plain numbers are dates."""
    styles = re.sub(rb"<numFmts.*?</numFmts>", b"", members["xl/styles.xml"])
    formats = b'<numFmts count="2"><numFmt numFmtId="0" formatCode="dd\\.mm\\.yyyy"/><numFmt numFmtId="3" formatCode="0.00%"/></numFmts>'
    members["xl/styles.xml"] = re.sub(rb"(<styleSheet[^>]*>)", rb"\1" + formats.replace(b"\\", b"\\\\"), styles)


def dates_by_default(members: Members) -> None:
    """The style Normal has been given the format of a date."""
    members["xl/styles.xml"] = re.sub(rb'(<cellXfs[^>]*><xf [^>]*)numFmtId="0"', rb'\1numFmtId="14"', members["xl/styles.xml"])


def no_styles(members: Members) -> None:
    del members["xl/styles.xml"]
    for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
        members[name] = re.sub(rb"<[^<>]*styles\.xml[^<>]*/>", b"", members[name])
    members[SHEETS[0]] = re.sub(rb' s="\d+"', b"", members[SHEETS[0]])


def no_styles_part(members: Members) -> None:
    no_styles(members)
    relation = b'<Relationship Id="rId77" Type="%s/styles" Target="styles.xml"/></Relationships>' % RELATION
    members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", relation)


def unknown_elements(members: Members) -> None:
    book = (
        members["xl/workbook.xml"].replace(b"<workbook ", b'<workbook xmlns:z="urn:z" ').replace(b"<sheets>", b'<z:odd z:a="1">kept</z:odd><sheets>')
    )
    members["xl/workbook.xml"] = book


def usual(members: Members) -> None:
    """Back to what openpyxl can open."""
    for name in list(members):
        data = members.pop(name).replace(STRICT, MAIN).replace(STRICT_RELATION, RELATION)
        name = name.replace("\\", "/").replace("Worksheets/Sheet", "worksheets/sheet").replace("_rels/Sheet", "_rels/sheet")
        members[name] = data.replace(b"worksheets\\", b"worksheets/") if name.endswith(".rels") else data


VARIANTS = [
    strict,
    prefixed,
    absolute,
    backslashes,
    backslash_names,
    other_case,
    other_name,
    in_the_root,
    no_styles,
    no_styles_part,
    formats_from_0,
    dates_by_default,
    no_default_types,
    unknown_elements,
]

SHOWING_DATES = (formats_from_0, dates_by_default)


@pytest.mark.parametrize("variant", SHOWING_DATES, ids=lambda v: v.__name__)
def test_numbers_stay_numbers_in_a_book_whose_plain_cells_are_dates(tmp_path: Path, variant: Callable[[Members], None]) -> None:
    path = repacked(user_book(tmp_path / "book.xlsx"), variant)
    cells = {
        (1, 1): Cell(365),
        (2, 1): Cell(365, "input_text"),
        (3, 1): Cell(365, "input_number"),
        (4, 1): Cell(365, "score"),
        (5, 1): Cell(3.5, "count"),
    }
    WorkbookFile(path).write([Tab("Plain", cells, input=True)])
    assert [cell.value for (cell,) in openpyxl.load_workbook(path)["Plain"].iter_rows(max_col=1)] == [365, 365, 365, 365, 3.5]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: v.__name__)
def test_a_tab_is_made_and_brought_up_to_date_in_a_book_like_that(tmp_path: Path, variant: Callable[[Members], None]) -> None:
    path = repacked(user_book(tmp_path / "book.xlsx"), variant)
    before = parts(path)
    WorkbookFile(path).write([segments(FIRST)])
    assert WorkbookFile(path).write([segments(FIRST)]).unchanged == ("Segments",)
    WorkbookFile(path).write([segments(SECOND)])
    after = parts(path)
    edited = {n.replace("\\", "/") for n in before if after.get(n) != before[n]}
    assert edited <= EDITED
    sheet = openpyxl.load_workbook(repacked(path, usual))["Segments"]
    assert [sheet.cell(row, 1).value for row in range(4, 8)] == ["Customer ID", "0017", "0018", "0019"]
    assert [sheet.cell(row, 3).value for row in range(5, 8)] == [120, 81, 5]
    assert sheet["C7"].number_format == '#,##0;(#,##0);"-"'
    if variant not in SHOWING_DATES:
        assert sheet["B5"].number_format == "General"


def test_relationships_of_new_sheets_are_known_as_such(tmp_path: Path) -> None:
    path = repacked(user_book(tmp_path / "book.xlsx"), no_default_types)
    WorkbookFile(path).write([segments(FIRST)])
    types = etree.fromstring(parts(path)["[Content_Types].xml"])
    assert [d.get("ContentType", "").encode() for d in types.iterfind("{*}Default[@Extension='rels']")] == [RELATIONSHIPS_TYPE]


def test_a_format_is_of_no_named_style_where_there_is_none(tmp_path: Path) -> None:
    path = repacked(user_book(tmp_path / "book.xlsx"), no_named_styles)
    WorkbookFile(path).write([segments(FIRST)])
    assert b"xfId" not in parts(path)["xl/styles.xml"]


def test_elements_that_nobody_knows_survive_in_the_workbook_part(tmp_path: Path) -> None:
    path = repacked(user_book(tmp_path / "book.xlsx"), unknown_elements)
    WorkbookFile(path).write([segments(FIRST)])
    assert b'<z:odd z:a="1">kept</z:odd>' in parts(path)["xl/workbook.xml"]


def no_numbers(sheet: bytes) -> bytes:
    return re.sub(rb'<(c|row) r="[A-Z]*\d+"', rb"<\1", sheet)


def comments(sheet: bytes) -> bytes:
    return sheet.replace(b"<sheetData>", b"<!-- <sheetData> --><sheetData><!-- <row r='9'/> -->")


def character_data(sheet: bytes) -> bytes:
    return sheet.replace(b"<t>0017</t>", b"<t><![CDATA[0017]]></t>")


def single_quotes(sheet: bytes) -> bytes:
    return re.sub(rb' (r|s|t)="(\w+)"', rb" \1='\2'", sheet)


def other_order(sheet: bytes) -> bytes:
    return re.sub(rb'<c r="(\w+)" s="(\d+)"', rb'<c s="\2" r="\1"', sheet)


def utf16(sheet: bytes) -> bytes:
    return re.sub(r"encoding=.UTF-8.", 'encoding="UTF-16"', sheet.decode()).encode("utf-16")


def spaced(sheet: bytes) -> bytes:
    return sheet.replace(b"<row ", b"\n  <row ").replace(b"<c ", b"\n    <c ").replace(b"</row>", b"\n  </row>\n")


def byte_order_mark(sheet: bytes) -> bytes:
    return b"\xef\xbb\xbf" + sheet


def with_prefix(sheet: bytes) -> bytes:
    members = {SHEETS[1]: sheet}
    prefixed(members)
    return members[SHEETS[1]]


@pytest.mark.parametrize(
    "variant",
    [no_numbers, comments, character_data, single_quotes, other_order, utf16, spaced, byte_order_mark, with_prefix],
    ids=lambda v: v.__name__,
)
def test_a_sheet_of_ours_that_another_program_wrote_its_own_way_is_still_updated(tmp_path: Path, variant: Callable[[bytes], bytes]) -> None:
    path = user_book(tmp_path / "book.xlsx")
    tab = segments(FIRST)
    # without gaps, so that cells without numbers stay where they are
    tight = type(tab)(tab.name, {}, tuple(type(t)(t.name, (1, 1), t.columns, t.key, t.growth, t.highlights) for t in tab.tables))
    later = segments(SECOND)
    tight_later = type(tab)(tab.name, {}, tuple(type(t)(t.name, (1, 1), t.columns, t.key, t.growth, t.highlights) for t in later.tables))
    WorkbookFile(path).write([tight])
    sheet = parts(path)[SHEETS[1]]
    other = variant(sheet)
    assert other != sheet
    repacked(path, lambda members: members.update({SHEETS[1]: other}))
    WorkbookFile(path).write([tight_later])
    before = path.read_bytes()
    assert WorkbookFile(path).write([tight_later]).unchanged == ("Segments",)
    assert path.read_bytes() == before
    read = openpyxl.load_workbook(path)["Segments"]
    assert [read.cell(row, 1).value for row in range(1, 5)] == ["Customer ID", "0017", "0018", "0019"]
    assert [read.cell(row, 3).value for row in range(2, 5)] == [120, 81, 5]
