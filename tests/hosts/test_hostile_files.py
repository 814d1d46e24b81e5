"""Files made to do harm: refused with one line, or read as what they are, in little time and memory."""

from __future__ import annotations

import os
import re
import resource
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import xlsxwriter
from books import demo_file
from workbooks import MAIN, part_of, parts, repacked, segments, user_book

from xlseg.errors import FormatError, XlsegError
from xlseg.hosts import extent as extent_module
from xlseg.hosts.extent import Extent
from xlseg.hosts.file import WorkbookFile
from xlseg.hosts.package import MOST_TAGS
from xlseg.hosts.reading import open_sheets
from xlseg.sources import open_source

ROOT = Path(__file__).parents[2]
SHEET = "xl/worksheets/sheet1.xml"
Edit = Callable[[dict[str, bytes]], None]


def both_refuse(path: Path, match: str) -> None:
    """Reading and editing alike, and the file stays as it was."""
    before = path.read_bytes()
    with pytest.raises(FormatError, match=match):
        open_sheets(path).sheet("Invoices").body(0)
    with pytest.raises(FormatError, match=match):
        edited(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def edited(path: Path) -> None:
    book = WorkbookFile(path)
    book.sheet("Invoices").body(0)
    book.write([segments({"A": 1.0})])


# ── zip files that are not what they seem ────────────────────────────────────


@dataclass(frozen=True)
class Entry:
    """A member of a zip file, every field of which may be a lie."""

    name: bytes
    data: bytes
    method: int = 8
    flags: int = 0
    packed: bytes | None = None
    size: int | None = None
    packed_size: int | None = None
    checksum: int | None = None
    local_name: bytes | None = None
    at: int | None = None


def zipped(entries: Sequence[Entry], comment: bytes = b"") -> bytes:
    out, directory = bytearray(), bytearray()
    for entry in entries:
        engine = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = entry.packed if entry.packed is not None else engine.compress(entry.data) + engine.flush() if entry.method == 8 else entry.data
        checksum = zlib.crc32(entry.data) if entry.checksum is None else entry.checksum
        sizes = (len(packed) if entry.packed_size is None else entry.packed_size, len(entry.data) if entry.size is None else entry.size)
        at, local = len(out) if entry.at is None else entry.at, entry.local_name or entry.name
        if entry.at is None:
            out += struct.pack("<4s5H3L2H", b"PK\3\4", 20, entry.flags, entry.method, 0, 33, checksum, *sizes, len(local), 0) + local + packed
        head = (b"PK\1\2", 20, 20, entry.flags, entry.method, 0, 33, checksum, *sizes, len(entry.name), 0, 0, 0, 0, 0, at)
        directory += struct.pack("<4s6H3L5H2L", *head) + entry.name
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), len(out), len(comment))
    return bytes(out + directory + end + comment)


def entries_of(path: Path) -> list[Entry]:
    return [Entry(name.encode(), data) for name, data in parts(path).items()]


def changed(path: Path, part: str, **lies: object) -> Path:
    entries = entries_of(path)
    assert any(entry.name == part.encode() for entry in entries)
    path.write_bytes(zipped([replace(e, **lies) if e.name == part.encode() else e for e in entries]))  # type: ignore[arg-type]
    return path


def with_entry(path: Path, entry: Entry) -> Path:
    path.write_bytes(zipped([*entries_of(path), entry]))
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return user_book(tmp_path / "book.xlsx")


def test_the_zip_writer_of_these_tests_writes_what_can_be_edited(book: Path) -> None:
    book.write_bytes(zipped(entries_of(book)))
    assert WorkbookFile(book).write([segments({"A": 1.0})]).made == ("Segments",)


@pytest.mark.parametrize(
    ("lies", "match"),
    [
        pytest.param({"size": 100}, "not of the size or checksum|is broken", id="less than there is"),
        pytest.param({"size": 99_999}, "not of the size or checksum|is broken", id="more than there is"),
        pytest.param({"checksum": 7}, "not of the size or checksum|is broken", id="another checksum"),
        pytest.param({"packed_size": 1 << 30}, "overlaps another", id="packed size beyond the end"),
        pytest.param({"packed_size": 0}, "not of the size or checksum|is broken", id="packed size nothing"),
        pytest.param({"method": 12}, "packed as no workbook is .method 12.", id="bzip2, which packs a thousand times as tight"),
        pytest.param({"method": 99}, "packed as no workbook is .method 99.", id="a method nobody knows"),
        pytest.param({"method": 0, "size": 10}, "has two sizes", id="stored in two sizes"),
        pytest.param({"flags": 1}, "the zip file has a password", id="encrypted"),
        pytest.param({"name": b"xl/worksheets/sheet1.xml\0.png"}, "holds control characters", id="NUL in its name"),
        pytest.param({"name": b"xl/worksheets/\x1b[2Jsheet1.xml"}, "holds control characters", id="escape in its name"),
        pytest.param({"name": b"..\\..\\evil.xml"}, "points outside of the file", id="backslashes that lead outside"),
    ],
)
def test_a_part_that_lies_about_itself(book: Path, lies: dict[str, object], match: str) -> None:
    both_refuse(changed(book, SHEET, **lies), match)


def test_a_checksum_made_for_the_size_that_is_a_lie(book: Path) -> None:
    data = parts(book)[SHEET]
    bomb = data + b" " * 20_000_000
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bomb) + packer.flush()
    changed(book, SHEET, packed=packed, size=len(data), checksum=zlib.crc32(data))
    with pytest.raises(FormatError, match="not of the size or checksum that it claims"):
        open_sheets(book)


def test_a_part_that_is_called_otherwise_where_it_lies(book: Path) -> None:
    changed(book, "xl/theme/theme1.xml", local_name=b"xl/vbaProject.bin99")
    before = book.read_bytes()
    with pytest.raises(FormatError, match="called otherwise where it lies"):
        WorkbookFile(book).write([segments({"A": 1.0})])
    assert book.read_bytes() == before


def test_many_names_for_the_same_bytes(book: Path) -> None:
    kernel = Entry(b"k", bytes(100_000))
    start = len(zipped(entries_of(book))) - len(zipped([])) - sum(46 + len(e.name) for e in entries_of(book))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(kernel.data) + packer.flush()
    others = [replace(kernel, name=b"k%d" % i, packed=packed, at=start) for i in range(40)]
    book.write_bytes(zipped([*entries_of(book), kernel, *others]))
    both_refuse(book, "overlaps another")


def test_too_many_parts(book: Path) -> None:
    book.write_bytes(zipped([*entries_of(book), *(Entry(b"x/%d" % i, b"", method=0) for i in range(10_000))]))
    both_refuse(book, "parts are more than 10,000")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        pytest.param(lambda good: good + b"junk", "more than one beginning or end|not a workbook", id="something behind the end"),
        pytest.param(lambda good: b"#!/bin/sh\n" + good, "more than one beginning or end|not a workbook", id="something before the beginning"),
        pytest.param(
            lambda good: zipped([], comment=good)[:0] + good[:-2] + struct.pack("<H", 22) + zipped([]), "beginning or end|no", id="two ends"
        ),
        pytest.param(lambda good: good[:-12] + struct.pack("<H", 3) + good[-10:], "beginning or end", id="fewer parts than there are"),
    ],
)
def test_a_zip_file_that_could_be_read_in_two_ways(book: Path, change: Callable[[bytes], bytes], match: str) -> None:
    book.write_bytes(change(zipped(entries_of(book))))
    both_refuse(book, match)


# ── bombs ────────────────────────────────────────────────────────────────────


def filled(path: Path, *, part: str = SHEET, before: bytes = b"</sheetData>", with_: bytes) -> Path:
    def edit(members: dict[str, bytes]) -> None:
        assert before in members[part]
        members[part] = members[part].replace(before, with_ + before, 1)

    return repacked(path, edit)


def text_cell(words: bytes) -> bytes:
    return b'<row r="9000"><c r="A9000" t="inlineStr"><is><t>%s</t></is></c></row>' % words


@pytest.mark.parametrize(
    "value",
    [b"<v>3&#55;3.01</v>", b"<v>3<!-- -->73.01</v>", b"<v>-3<?x y?>73</v>", b"<x:v xmlns:x='%s'>3&#55;3</x:v>" % MAIN, b"<f>1+1</f><v>&#55;</v>"],
)
def test_a_number_in_pieces_is_not_cut_short(book: Path, value: bytes) -> None:
    both_refuse(filled(book, with_=b'<row r="9000"><c r="A9000">%s</c></row>' % value), "a value is written in pieces")


@pytest.mark.parametrize("value", [b"<v>3<![CDATA[73]]></v>", b"<v><![CDATA[373]]></v>"])
def test_a_number_in_a_section_of_characters_is_not_passed_over(book: Path, value: bytes) -> None:
    both_refuse(filled(book, with_=b'<row r="9000"><c r="A9000">%s</c></row>' % value), "a value is written in pieces")


def sheet_edited(path: Path, old: bytes, new: bytes) -> Path:
    def edit(members: dict[str, bytes]) -> None:
        assert old in members[SHEET]
        members[SHEET] = members[SHEET].replace(old, new, 1)

    return repacked(path, edit)


_COMPATIBLE = b"http://schemas.openxmlformats.org/markup-compatibility/2006"
_CHOICE = b'<mc:AlternateContent xmlns:mc="%b"><mc:Choice xmlns:q="urn:q" Requires="q">%%b</mc:Choice></mc:AlternateContent>' % _COMPATIBLE
ROW = b'<row r="9000"><c r="A9000"><v>1</v></c></row>'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"</sheetData>", _CHOICE % ROW + b"</sheetData>", id="a row in an alternative that nobody understands"),
        pytest.param(b"</sheetData>", b'<row r="9000"><c r="A9000"><v>1</v><q:v xmlns:q="urn:q">2</q:v></c></row></sheetData>', id="a second value"),
        pytest.param(b"</sheetData>", b"</sheetData><sheetData>" + ROW + b"</sheetData>", id="rows twice"),
        pytest.param(b"<sheetData>", b"<extLst><ext><sheetData></sheetData></ext></extLst><sheetData>", id="rows in an extension, too"),
    ],
)
def test_rows_that_other_programs_do_not_see(book: Path, old: bytes, new: bytes) -> None:
    both_refuse(sheet_edited(book, old, new), "rows")


def test_all_rows_in_an_alternative(book: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        start, stop = members[SHEET].index(b"<sheetData"), members[SHEET].index(b"</sheetData>") + len(b"</sheetData>")
        members[SHEET] = members[SHEET][:start] + _CHOICE % members[SHEET][start:stop] + members[SHEET][stop:]

    both_refuse(repacked(book, edit), "the rows stand where no spreadsheet program writes them")


def test_a_cell_in_our_list_that_is_named_by_another_row(book: Path) -> None:
    edited(book)
    part = part_of(book, "Segments")

    def edit(members: dict[str, bytes]) -> None:
        assert b'<c r="C5"' in members[part]
        members[part] = re.sub(rb'<c r="C5"', b'<c r="A1"', members[part], count=1)

    before = repacked(book, edit).read_bytes()
    with pytest.raises(FormatError, match="Segments: a cell in row 5 is called A1"):
        WorkbookFile(book).write([segments({"A": 2.0})])
    assert book.read_bytes() == before


def test_a_relationship_id_that_is_there_twice(book: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        rels = members["xl/_rels/workbook.xml.rels"]
        first = re.search(rb"<Relationship [^>]*/>", rels)
        assert first
        members["xl/_rels/workbook.xml.rels"] = rels.replace(b"</Relationships>", first[0] + b"</Relationships>")

    both_refuse(repacked(book, edit), "two relationships have one id")


@pytest.mark.parametrize(("rels", "part"), [("_rels/.rels", "xl/workbook.xml"), ("xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml")])
def test_a_part_beside_the_one_of_its_usual_name(book: Path, rels: str, part: str) -> None:
    def edit(members: dict[str, bytes]) -> None:
        other = part.replace(".xml", "2.xml")
        members[other] = members[part]
        name, new = part.rpartition("/")[2].encode(), other.rpartition("/")[2].encode()
        assert name in members[rels]
        members[rels] = members[rels].replace(name, new)
        relations = "xl/_rels/workbook.xml.rels"
        if part == "xl/workbook.xml":
            members[relations.replace("workbook", "workbook2")] = members[relations]

    both_refuse(repacked(book, edit), f"it has {part.lower()} and names")


@pytest.mark.parametrize("word", [b"&#49;", b"on", b" 1 ", b"01", b"2"])
def test_a_date_system_that_readers_disagree_about(book: Path, word: bytes) -> None:
    def edit(members: dict[str, bytes]) -> None:
        members["xl/workbook.xml"] = re.sub(rb"<workbookPr", b'<workbookPr date1904="%s"' % word, members["xl/workbook.xml"], count=1)

    both_refuse(repacked(book, edit), "from which year its dates count")


def test_properties_of_an_extension_say_nothing_of_the_date_system(book: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        more = b'<extLst><ext uri="{1}"><x15:workbookPr xmlns:x15="urn:x15" chartTrackingRefBase="1"/></ext></extLst></workbook>'
        members["xl/workbook.xml"] = members["xl/workbook.xml"].replace(b"</workbook>", more)

    assert not WorkbookFile(repacked(book, edit)).epoch_1904


def test_a_part_with_a_second_name(book: Path) -> None:
    # field 0x7075 of a zip directory: version, checksum of the name, name; other programs call the part by it
    name = b"xl/worksheets/other.xml"
    field = struct.pack("<2sHBL", b"up", 5 + len(name), 1, zlib.crc32(SHEET.encode())) + name
    whole = zipped(entries_of(book))
    at = whole.index(b"PK\1\2", whole.index(SHEET.encode(), whole.index(b"PK\1\2")) - 46)
    length = at + 46 + len(SHEET)
    entry = whole[at : at + 30] + struct.pack("<H", len(field)) + whole[at + 32 : length] + field
    end = whole.rindex(b"PK\5\6")
    size = struct.unpack_from("<L", whole, end + 12)[0] + len(field)
    book.write_bytes(whole[:at] + entry + whole[length:end] + whole[end : end + 12] + struct.pack("<L", size) + whole[end + 16 :])
    both_refuse(book, "has a second name")


@pytest.mark.parametrize("flag", [0x20, 0x40])
def test_parts_that_are_patched_or_locked(book: Path, flag: int) -> None:
    both_refuse(changed(book, SHEET, flags=flag), "packed as no workbook is")


def test_a_number_in_pieces_that_lie_apart_is_not_cut_short(book: Path) -> None:
    extent = Extent("book", 1000)
    extent.take(b'<sheetData><row r="1"><c r="A1"><v>3')
    with pytest.raises(FormatError, match="a value is written in pieces"):
        extent.take(b"<!-- -->73</v></c></row></sheetData>")


def test_texts_of_formulas_may_hold_references(book: Path) -> None:
    cells = b'<c r="A9000" t="str"><f>"1&amp;2"</f><v>1&amp;2</v></c><c r="B9000" t="str"><v>-&#10;</v></c><c r="C9000"><v>5</v></c>'
    filled(book, with_=b'<row r="9000">%s</row>' % cells)
    assert [column[8998] for column in open_sheets(book).sheet("Invoices").body(1).columns[:3]] == ["1&2", "-\n", 5]


def test_more_sheets_than_any_book_has(book: Path) -> None:
    sheets = b"".join(b'<sheet name="S%d" sheetId="%d" r:id="rId1"/>' % (at, at + 1000) for at in range(10_001))
    both_refuse(filled(book, part="xl/workbook.xml", before=b"</sheets>", with_=sheets), r"10,0\d\d sheets are more than 10,000\. To go on, split")


def test_more_cell_formats_than_any_book_has(book: Path) -> None:
    both_refuse(filled(book, part="xl/styles.xml", before=b"</cellXfs>", with_=b"<xf/>" * 200_000), r"200,0\d\d cell formats are more than 200,000")


def test_a_part_that_unpacks_a_thousandfold_is_read_no_more_than_it_is_edited(book: Path) -> None:
    both_refuse(filled(book, with_=text_cell(b"a" * 40_000_000)), "unpacks to 40,00")


def test_many_small_bombs_are_a_large_one(book: Path) -> None:
    repacked(book, lambda members: members.update({f"xl/media/{i}.bin": bytes(15_000_000) for i in range(4)}))
    both_refuse(book, r"its [\d,]+ bytes unpack to 60,0")


def test_a_tree_with_more_tags_than_any(book: Path) -> None:
    both = b"".join(b"<xf%d/>" % (i % 997) for i in range(MOST_TAGS // 100))
    filled(book, part="xl/styles.xml", before=b"</cellXfs>", with_=both * 101)
    before = book.read_bytes()
    with pytest.raises(FormatError, match=r"unpacks|has more than 5,000,000 tags"):
        WorkbookFile(book)
    assert book.read_bytes() == before


LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
READS_A_FILE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("declaration", [LAUGHS, READS_A_FILE, b"<!--" + b"x" * 9000 + b"-->" + LAUGHS], ids=["laughs", "a file", "after a comment"])
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels", "xl/sharedStrings.xml"])
def test_entities_in_whatever_is_read(book: Path, part: str, declaration: bytes) -> None:
    def edit(members: dict[str, bytes]) -> None:
        assert b"?>" in members[part]
        members[part] = members[part].replace(b"?>", b"?>" + declaration, 1)

    both_refuse(repacked(book, edit), "the XML declares a document type")


def test_entities_in_a_sheet_of_two_bytes_a_character(book: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        members[SHEET] = members[SHEET].replace(b"UTF-8", b"UTF-16").replace(b"?>", b"?>" + LAUGHS, 1).decode().encode("utf-16")

    both_refuse(repacked(book, edit), "the XML declares a document type")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"])
@pytest.mark.parametrize("size", [0, 1 << 20])
def test_a_sheet_in_another_encoding_is_not_taken_for_one_without_cells(
    book: Path, encoding: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(members: dict[str, bytes]) -> None:
        text = members[SHEET].decode().replace("UTF-8", encoding.upper()).replace("</sheetData>", " " * size + "</sheetData>")
        members[SHEET] = text.encode(encoding)

    monkeypatch.setattr("xlseg.hosts.pieces.piece_size", lambda _: 1_000)
    both_refuse(repacked(book, edit), "a sheet in another encoding than UTF-8, .* To go on, open it in Excel and save it again")


@pytest.mark.parametrize("name", ["Invoices", "INVOICES"])
def test_two_sheets_of_one_name(book: Path, name: str) -> None:
    def edit(members: dict[str, bytes]) -> None:
        sheets = members["xl/workbook.xml"]
        again = re.search(rb"<sheet [^>]*/>", sheets)
        assert again
        other = re.sub(rb'sheetId="\d+"', b'sheetId="99"', again[0].replace(b'name="Invoices"', f'name="{name}"'.encode()))
        members["xl/workbook.xml"] = sheets.replace(b"</sheets>", other + b"</sheets>")

    both_refuse(repacked(book, edit), r"two sheets are called 'Invoices'\. To go on, repair the file")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_elements_within_elements_without_end(book: Path, part: str) -> None:
    def edit(members: dict[str, bytes]) -> None:
        at = members[part].rindex(b"</")
        members[part] = members[part][:at] + b"<z>" * 100_000 + b"</z>" * 100_000 + members[part][at:]

    before = repacked(book, edit).read_bytes()
    with pytest.raises(FormatError, match="the XML is broken"):
        WorkbookFile(book)
    assert book.read_bytes() == before


# ── sheets that claim what they do not hold ──────────────────────────────────

FAR = {
    "in plain sight": b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
    "spaces about the sign": b'<row r = "1048576"><c r = "XFD1048576"><v>1</v></c></row>',
    "small letters": b'<row r="1048576"><c r="xfd1048576"><v>1</v></c></row>',
    "cells without a name": b'<row r="1048576">' + b"<c><v>1</v></c>" * 16_000 + b"</row>",
    "a row that is not the cell's": b'<row r="20"><c r="XFD1048576"><v>1</v></c></row>',
    "a prefix": b'<x:row xmlns:x="%b" r="1048576"><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>' % MAIN,
    "other quotes": b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>",
    "far from the tag's start": b'<row %b r="1048576"><c %b r="XFD1048576"><v>1</v></c></row>' % ((b'a="%b"' % (b"y" * 5000),) * 2),
}


def extent_of(rows: bytes) -> Extent:
    extent = Extent("Invoices", 1_000)
    start = b'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    extent.take(re.sub(rb"<(/?)(\w)", rb"<\1x:\2", start) if rows.startswith(b"<x:") else start)
    extent.take(rows)
    return extent


@pytest.mark.parametrize("rows", FAR.values(), ids=FAR.keys())
def test_a_cell_in_the_far_corner_is_seen_however_it_is_written(rows: bytes) -> None:
    extent = extent_of(rows)
    assert extent.dense >= 16_000 * 1_048_575
    assert extent.is_sparse


def test_a_cell_in_the_far_corner_is_no_reason_to_fill_what_is_before_it(book: Path) -> None:
    both_refuse(filled(book, with_=FAR["in plain sight"]), "its cells spread over")


def test_rows_and_cells_without_names_are_counted() -> None:
    # the row after 1 is 2, the one after 7 is 8; three cells and one at E
    extent = extent_of(b'<row><c/><c/><c/></row><row r="7"/><row><c r="E8"/></row>')
    assert extent.dense == 8 * 26  # what is written in the usual way is never looked at closer than A to Z


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        pytest.param(b'<row r="2000000"><c r="A2000000"><v>1</v></c></row>', "claims 2,000,000 rows", id="two million rows"),
        pytest.param(b'<row r="20"><c r="ZZZ20"><v>1</v></c></row>', "18,278 columns", id="column ZZZ"),
        pytest.param(b'<row r="20"><c r="ZZZZ20"><v>1</v></c></row>', "'ZZZZ20' is no row and no cell", id="column ZZZZ"),
        pytest.param(b'<row r="20"><c r="%b1"/></row>' % (b"Z" * 100_000), "is no row and no cell", id="a hundred thousand letters"),
        pytest.param(b'<row r="%b"/>' % (b"9" * 100_000), "is no row and no cell", id="a hundred thousand digits"),
        pytest.param(b'<row r="0"><c r="A0"><v>1</v></c></row>', "cannot be read", id="row 0"),
        pytest.param(b'<row r="-5"><c r="A-5"><v>1</v></c></row>', "'-5' is no row", id="a row below 0"),
        pytest.param(b'<row x=">" r="1048576"><c x=">" r="XFD1048576"/></row>', "as no spreadsheet program writes it", id="a tag within quotes"),
        pytest.param(b"<row r='" + b" " * 70_000 + b"1'/>", "cannot be read|no row", id="a tag without end"),
        pytest.param(b'<row r="9">' + b"<c><v>1</v></c>" * 16_385 + b"</row>", "16,385 columns", id="more unnamed cells than columns"),
    ],
)
def test_rows_and_cells_that_no_sheet_has(book: Path, rows: bytes, match: str) -> None:
    with pytest.raises(FormatError, match=match):
        open_sheets(filled(book, with_=rows)).sheet("Invoices").body(0)


@pytest.mark.parametrize("part", ["xl/charts/sheet.xml", "xl/sheet.dat"])
def test_a_sheet_that_hides_among_other_parts(book: Path, part: str) -> None:
    def edit(members: dict[str, bytes]) -> None:
        members[part] = members.pop(SHEET)
        for name in ("[Content_Types].xml", "xl/_rels/workbook.xml.rels"):
            members[name] = members[name].replace(b"worksheets/sheet1.xml", part.removeprefix("xl/").encode())

    with pytest.raises(FormatError, match="its cells spread over"):
        open_sheets(filled(repacked(book, edit), part=part, with_=FAR["in plain sight"])).sheet("Invoices").body(0)


def test_formats_in_the_last_column_of_many_rows(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet, bold = book.add_worksheet("Invoices"), book.add_format({"bold": True})
    for row in range(2_000):
        sheet.write_blank(row, 16_383, None, bold)
    book.close()
    with pytest.raises(FormatError, match="spread over more than 12,000,000 places"):
        open_sheets(path).sheet("Invoices").body(0)


@pytest.mark.parametrize("far", [False, True], ids=["nothing below", "a cell far below"])
def test_rows_at_the_end_that_only_have_a_format_are_no_part_of_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, far: bool) -> None:
    monkeypatch.setattr(extent_module, "FEW", 1_000)  # so that 26,000 places to Z are far more than 60,000 bytes can hold: calamine would fill them
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet, bold = book.add_worksheet("Invoices"), book.add_format({"bold": True})
    for row in range(3):
        sheet.write_row(row, 0, [1, 2, 3, 4, 5, 6])
    for row in range(3, 1_000):
        sheet.write_blank(row, 0, None, bold)
    if far:
        sheet.write(1_000, 0, 7)
    book.close()
    if far:
        with pytest.raises(FormatError, match="its cells spread over 6,006 places"):
            open_sheets(path).sheet("Invoices").body(0)
    else:
        assert [column.tolist() for column in open_sheets(path).sheet("Invoices").body(0).columns] == [[float(at)] * 3 for at in range(1, 7)]


@pytest.mark.parametrize("words", [b"row " * 500_000, b'r="AA' * 400_000, b"&lt;c r=" * 200_000], ids=["row", "r=", "c r="])
def test_words_of_the_format_in_a_cell_take_no_longer_than_others(book: Path, words: bytes) -> None:
    """A search that starts anew at each of them would take hours."""
    assert len(open_sheets(filled(book, with_=text_cell(words))).sheet("Invoices").body(8999).columns[0][0]) > 400_000


def test_a_false_dimension_is_not_believed(book: Path) -> None:
    def edit(members: dict[str, bytes]) -> None:
        members[SHEET] = members[SHEET].replace(b'<dimension ref="A1:F6"/>', b'<dimension ref="A1:XFD2000000"/>')
        members[SHEET] = members[SHEET].replace(b"</sheetData>", b'<row r="9"><c r="A9" t="e"><v>#N/A</v></c></row></sheetData>')
        assert b"XFD2000000" in members[SHEET]

    sheet = open_sheets(repacked(book, edit)).sheet("Invoices")
    assert (sheet.head()[1][0], str(sheet.head()[8][0])) == ("INV001", "#N/A")


@pytest.mark.parametrize("claim", [b"4000000000", b"18446744073709551615", b"+4000000000", b"-1"])
def test_more_shared_strings_claimed_than_have_room(book: Path, claim: bytes) -> None:
    """A library makes room for them before it reads the first."""

    def edit(members: dict[str, bytes]) -> None:
        assert b'uniqueCount="' in members["xl/sharedStrings.xml"]
        members["xl/sharedStrings.xml"] = re.sub(rb'uniqueCount="\d+"', b'uniqueCount="%b"' % claim, members["xl/sharedStrings.xml"])

    both_refuse(repacked(book, edit), r"it claims to hold .* texts")


# ── CSV and SpreadsheetML ────────────────────────────────────────────────────

HEADINGS = "Invoice No,Customer ID,Date,Due Date,Amount\n"
LINE = "I1,C1,2026-01-05,2026-02-05,5\n"


def csv_file(folder: Path, content: str | bytes) -> Path:
    path = folder / "Invoices.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "match"),
    [
        pytest.param(HEADINGS + LINE + '"I2,' + LINE * 9, "a quotation mark is opened and never closed", id="a quote that swallows rows"),
        pytest.param(HEADINGS + "," * 20_000, "keep within 10,000,000 × 16,384", id="twenty thousand columns"),
        pytest.param(HEADINGS + "," * 16_000 + "\n" + LINE * 2_000, "rows of one length", id="one row that is far longer"),
        pytest.param("a" * 300_000, "field larger than", id="a line that is one cell"),
        pytest.param("sep=", "", id="a separator that is missing"),
        pytest.param("sep=\n" + HEADINGS + LINE, "", id="a separator that ends the line"),
        pytest.param('sep="\n' + HEADINGS + LINE, "", id="a separator that is a quote"),
        pytest.param((HEADINGS + LINE).encode("utf-16")[:-1], "neither UTF-8, UTF-16 nor", id="half a character"),
    ],
)
def test_csv_files_that_are_none(tmp_path: Path, content: str | bytes, match: str) -> None:
    path = csv_file(tmp_path, content)
    if match:
        with pytest.raises(XlsegError, match=match):
            open_source(path).sheet("Invoices").body(0)
    else:
        assert open_source(path).sheet("Invoices").body(1).rows >= 0


def test_text_behind_a_quote_is_no_reason_to_refuse_a_file(tmp_path: Path) -> None:
    path = csv_file(tmp_path, 'a,b\n"6" pipe,2\n')
    assert open_source(path).sheet("Invoices").head() == [["a", "b"], ["6 pipe", "2"]]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_a_device_and_a_link_to_itself_are_no_files(tmp_path: Path) -> None:
    csv_file(tmp_path, HEADINGS + LINE)
    other = tmp_path / "Customers.csv"
    for make in (lambda: os.mkfifo(other), lambda: other.symlink_to("/dev/zero"), lambda: other.symlink_to("Customers.csv")):
        make()
        with pytest.raises(FormatError, match=r"Customers\.csv: no file that can be read"):
            open_source(tmp_path).sheet("Customers").head()
        other.unlink()
    os.mkfifo(other)
    with pytest.raises(FormatError, match="no file that can be read"):
        open_source(other)


def test_two_files_of_one_name_in_a_folder(tmp_path: Path) -> None:
    csv_file(tmp_path, HEADINGS + LINE)
    (tmp_path / "Invoices.CSV").write_text(HEADINGS)
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system tells no small letters from large ones")
    with pytest.raises(FormatError, match="two of its files have the same name"):
        open_source(tmp_path)


NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
XML = f'<?xml version="1.0"?>{{}}<Workbook xmlns="{NAMESPACE}" xmlns:ss="{NAMESPACE}">{{}}</Workbook>'


def xml_sheets(*tables: str) -> str:
    return "".join(f'<Worksheet ss:Name="s{i}"><Table>{table}</Table></Worksheet>' for i, table in enumerate(tables))


@pytest.mark.parametrize(
    ("declaration", "content", "match"),
    [
        pytest.param(LAUGHS.decode(), xml_sheets("<Row><Cell><Data>&b;</Data></Cell></Row>"), "declares a document type", id="entities"),
        pytest.param(READS_A_FILE.decode(), xml_sheets("<Row><Cell><Data>&e;</Data></Cell></Row>"), "declares a document type", id="a file"),
        pytest.param("", xml_sheets("<a>" * 10_000 + "</a>" * 10_000), "broken XML", id="elements within elements"),
        pytest.param("", xml_sheets('<Row ss:Index="2000000"><Cell/></Row>'), "claims a cell in row 2,000,000", id="row two million"),
        pytest.param("", xml_sheets(f'<Row ss:Index="{"9" * 5000}"/>'), "broken XML", id="a row of five thousand digits"),
        pytest.param(
            "", xml_sheets(*['<Row ss:Index="1048576"><Cell/></Row>'] * 5), "more cells than can stand in it", id="five empty sheets, full length"
        ),
        pytest.param("", xml_sheets('<Row><Cell ss:Index="16384"/></Row>' * 300), "more cells than can stand in it", id="rows as wide as a sheet"),
    ],
)
def test_spreadsheetml_made_to_do_harm(tmp_path: Path, declaration: str, content: str, match: str) -> None:
    path = tmp_path / "export.xls"
    path.write_text(XML.format(declaration, content))
    with pytest.raises(FormatError, match=match):
        open_source(path).sheets()


# ── the command, in a process of little memory ───────────────────────────────


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS") or sys.platform == "darwin", reason="this system does not limit a process's memory")
def test_a_bomb_ends_in_one_line_within_a_gigabyte(book: Path) -> None:
    demo_file(book, 5)
    part = part_of(book, "Invoices")
    filled(book, part=part, with_=FAR["cells without a name"])
    before = book.read_bytes()
    for command in ("check", "refresh"):
        done = subprocess.run(
            [sys.executable, "-m", "xlseg", command, str(book)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)),
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("xlseg: Invoices: its cells spread over")
        assert done.stderr.count("\n") == 1
    assert book.read_bytes() == before


def test_what_the_libraries_say_among_themselves_is_not_shown(book: Path) -> None:
    """In a process of its own: here the test runner listens to all that is logged."""
    demo_file(book, 5)
    part = part_of(book, "Payments")

    def edit(members: dict[str, bytes]) -> None:
        members[part] = re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1:XFD2000000"/>', members[part])

    filled(repacked(book, edit), part=part, with_=b'<row r="30000"><c r="Z30000" t="inlineStr"><is><t>far</t></is></c></row>')
    done = subprocess.run(
        [sys.executable, "-m", "xlseg", "check", str(book), "--as-of", "2026-10-31"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert "checks " in done.stdout
    assert done.stderr == ""


def test_the_helper_of_these_tests_reads_back(book: Path) -> None:
    with_entry(book, Entry(b"xl/media/x.bin", b"x"))
    with zipfile.ZipFile(book) as package:
        assert package.testzip() is None
