"""Files that cannot be edited are refused with one clear line, and left as they were."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from workbooks import add_part, parts, repacked, segments, user_book

from xlseg.errors import FileError, FormatError
from xlseg.hosts import opening
from xlseg.hosts.file import WorkbookFile

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
Edit = Callable[[dict[str, bytes]], None]


def refused(path: Path, match: str) -> None:
    before = path.read_bytes()
    with pytest.raises(FormatError, match=match):
        WorkbookFile(path).write([segments({"A": 1.0})])
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        pytest.param(
            OLE + bytes(600), r"book\.xlsx: the file is a legacy \.xls workbook\. To go on, open it in Excel and save it as", id="legacy .xls"
        ),
        pytest.param(OLE + "EncryptedPackage".encode("utf-16-le"), "the file is encrypted. To go on, .*remove the password", id="encrypted"),
        pytest.param(b'<?xml version="1.0"?><Workbook/>', "the file is XML or HTML", id="SpreadsheetML 2003"),
        pytest.param(b"a,b\n1,2\n", "not a workbook, or broken", id="CSV"),
        pytest.param(b"", "not a workbook, or broken", id="empty file"),
    ],
)
def test_files_that_are_no_package(tmp_path: Path, content: bytes, match: str) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    refused(path, match)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_file_that_is_cut_short(tmp_path: Path, share: float) -> None:
    path = user_book(tmp_path / "book.xlsx")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refused(path, "not a workbook, or broken .*To go on, restore it from a backup")


def test_a_part_whose_bytes_are_damaged(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    with zipfile.ZipFile(path) as package:
        start = package.getinfo("xl/workbook.xml").header_offset + 60
    content = bytearray(path.read_bytes())
    content[start : start + 20] = bytes(20)
    path.write_bytes(content)
    refused(path, "part xl/workbook.xml is broken")


def test_a_zip_file_that_is_something_else(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("word.txt", "hello")
    refused(path, "the zip file is not a workbook")


def replaced(part: str, old: bytes, new: bytes) -> Edit:
    def edit(members: dict[str, bytes]) -> None:
        assert old in members[part]
        members[part] = members[part].replace(old, new)

    return edit


def remade(part: str, content: bytes) -> Edit:
    return lambda members: members.update({part: content})


DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><workbook>&b;</workbook>'


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        pytest.param(remade("XL/Workbook.xml", b""), "part 'XL/Workbook.xml' is there twice", id="duplicate part in another case"),
        pytest.param(remade("xl/../../evil.xml", b""), "points outside of the file", id="part that points outside"),
        pytest.param(remade("xl/workbook.xml", DOCTYPE), "the XML declares a document type", id="entities in the workbook"),
        pytest.param(remade("xl/workbook.xml", DOCTYPE.decode().encode("utf-16")), "the XML declares a document type", id="entities in UTF-16"),
        pytest.param(remade("xl/styles.xml", b"<styleSheet"), "xl/styles.xml: the XML is broken", id="broken styles"),
        pytest.param(lambda m: m.pop("xl/workbook.xml"), "the file has no workbook part", id="no workbook part"),
        pytest.param(
            replaced("[Content_Types].xml", b"spreadsheetml.sheet.main+xml", b"ms-excel.sheet.binary.macroEnabled.main"), r"\.xlsb", id=".xlsb"
        ),
        pytest.param(
            replaced("xl/workbook.xml", b"spreadsheetml/2006/main", b"other/2006/main"), "the file is no Excel workbook", id="another format"
        ),
        pytest.param(
            replaced("xl/workbook.xml", b"<bookViews>", b'<workbookProtection lockStructure="1"/><bookViews>'),
            "the structure of the workbook is locked, so that the tab Segments cannot be added. To go on, unprotect it",
            id="locked structure",
        ),
        pytest.param(
            lambda m: add_part(m, "revisionHeaders", "xl/revisions/revisionHeaders.xml", "application/xml"),
            "the workbook is shared",
            id="shared workbook",
        ),
    ],
)
def test_packages_that_cannot_be_edited(tmp_path: Path, edit: Edit, match: str) -> None:
    path = repacked(user_book(tmp_path / "book.xlsx"), edit)
    refused(path, match)


def test_entities_in_a_sheet_of_ours(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments({"A": 1.0})])
    repacked(path, replaced("xl/worksheets/sheet2.xml", b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'))
    refused(path, "Segments: the XML declares a document type")


def test_a_row_that_is_there_twice_in_a_sheet_of_ours(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments({"A": 1.0})])
    repacked(
        path, replaced("xl/worksheets/sheet2.xml", b"<sheetData>", b'<sheetData><row r="5"><c r="H5" t="inlineStr"><is><t>mine</t></is></c></row>')
    )
    refused(path, "Segments: row 5 is there twice")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b'ref="A4:D5"', b'ref="here"', id="a range that is none"),
        pytest.param(b'ref="A4:D5"', b'ref="A4:D2000000"', id="two million rows"),
        pytest.param(b'ref="A4:D5"', b'ref="A4:ZZZ5"', id="beyond the last column"),
        pytest.param(b'ref="A4:D5"', b'ref=""', id="nothing"),
        pytest.param(b'ref="A4:D5"', b'ref="#REF!"', id="a lost reference"),
        pytest.param(b" displayName", b' totalsRowCount="x" displayName', id="a count that is none"),
    ],
)
def test_a_table_that_does_not_say_which_cells_it_is(tmp_path: Path, old: bytes, new: bytes) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments({"A": 1.0})])
    repacked(path, replaced("xl/tables/table1.xml", old, new))
    refused(path, r"book\.xlsx: the table 'tblSegments' does not say which cells it is\. To go on, repair the file by opening and saving")
    with pytest.raises(FormatError, match="does not say which cells it is"):
        WorkbookFile(path).sheet_of_table("tblSegments")


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    repacked(path, lambda m: m.update({"xl/media/bomb.bin": bytes(70 << 20)}))
    refused(path, "part xl/media/bomb.bin unpacks to 73,400,320 bytes")


def test_a_size_that_is_a_lie(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    content = bytearray(path.read_bytes())
    at = content.rindex(b"xl/workbook.xml") - 46 + 24  # its entry in the central directory: size unpacked
    content[at : at + 4] = struct.pack("<I", 10)
    path.write_bytes(content)
    refused(path, "part xl/workbook.xml is broken")


@pytest.mark.parametrize(("bound", "value", "match"), [("MOST_PARTS", 5, "parts are more than 5"), ("MOST_BYTES", 99, "larger than 99 bytes")])
def test_bounds_of_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int, match: str) -> None:
    monkeypatch.setattr(opening, bound, value)
    refused(user_book(tmp_path / "book.xlsx"), match)


def test_a_password_on_the_zip_file(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    content = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        start = package.start_dir
    damaged = bytearray(content)
    damaged[start + 8] |= 1
    path.write_bytes(damaged)
    refused(path, "the zip file has a password")


def test_a_locked_structure_does_not_matter_once_the_tabs_are_there(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments({"A": 1.0})])
    repacked(path, replaced("xl/workbook.xml", b"<bookViews>", b'<workbookProtection lockStructure="1"/><bookViews>'))
    assert WorkbookFile(path).write([segments({"A": 2.0})]).updated == ("Segments",)


def test_a_signature_over_the_whole_file_is_remarked_upon(tmp_path: Path) -> None:
    path = repacked(user_book(tmp_path / "book.xlsx"), remade("_xmlsignatures/sig1.xml", b"<Signature/>"))
    written = WorkbookFile(path).write([segments({"A": 1.0})])
    assert written.remarks == ("book.xlsx: the digital signature of the file is no longer valid; sign it again if you need it.",)
    assert parts(path)["_xmlsignatures/sig1.xml"] == b"<Signature/>"


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"there is no such file\. To go on, check the path"):
        WorkbookFile(tmp_path / "none.xlsx")


def test_parts_that_share_bytes(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    repacked(path, lambda m: m.update({"xl/media/a.bin": bytes(1000), "xl/media/b.bin": bytes(1000)}))
    content = bytearray(path.read_bytes())
    first, second = (content.rindex(name) - 46 + 42 for name in (b"xl/media/a.bin", b"xl/media/b.bin"))  # central directory: where it lies
    content[second : second + 4] = content[first : first + 4]
    path.write_bytes(content)
    refused(path, r"part 'xl/media/[ab]\.bin' overlaps another")


@pytest.mark.parametrize(
    ("part", "old", "new"),
    [
        pytest.param("xl/worksheets/sheet2.xml", b"<v>1</v>", b"<v>one</v>", id="a number that is none"),
        pytest.param("xl/worksheets/sheet2.xml", b'<row r="5"', b'<row r="five"', id="a row that has no number"),
    ],
)
def test_what_no_spreadsheet_program_writes(tmp_path: Path, part: str, old: bytes, new: bytes) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments({"A": 1.0})])
    repacked(path, replaced(part, old, new))
    refused(path, r"book\.xlsx: the file holds what no spreadsheet program writes \(ValueError: .*\)\. To go on, repair it by opening")


def test_a_file_that_cannot_be_edited_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    repacked(path, lambda m: add_part(m, "revisionHeaders", "xl/revisions/revisionHeaders.xml", "application/xml"))
    with pytest.raises(FormatError, match="the workbook is shared"):
        WorkbookFile(path)
