"""Workbooks of users, tabs of ours, and what is needed to look into them. Read back by openpyxl, never by the code under test."""

import datetime as dt
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import xlsxwriter
from openpyxl.worksheet.table import TableColumn

from xlseg.workbook import Cell, Column, Growth, Highlight, Tab, Table, Value

MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATION = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATION = b"http://purl.oclc.org/ooxml/officeDocument/relationships"
VBA = b"not really a VBA project, but nobody looks"

# ── tabs ─────────────────────────────────────────────────────────────────────


def segments(rows: Mapping[str, float], *, growth: Growth = "keep", extra: Sequence[Column] = (), at: tuple[int, int] = (4, 1)) -> Tab:
    """A list tab: customers with their balances, from row 5 on."""
    count = len(rows)
    columns = (
        Column("Customer ID", list(rows), "text", 14),
        Column("Segment", ["At-Risk" if v > 100 else "Reliable" for v in rows.values()], "text", 20),
        Column("Open balance", np.array(list(rows.values()), dtype=float), "money"),
        Column("Owner", [None] * count, "input_text", kept=True),
        *extra,
    )
    cells = {
        (1, 1): Cell("Segments", "title"),
        (2, 1): Cell("As of", "label"),
        (2, 2): Cell(dt.date(2026, 10, 31), "date"),
        (2, 3): Cell(sum(rows.values()), "money", formula="SUM(tblSegments[Open balance])"),
    }
    highlights = (Highlight("Segment", "= At-Risk", "bad"), Highlight("Open balance", ">= 100", "warn"))
    return Tab("Segments", cells, (Table("tblSegments", at, columns, ("Customer ID",), growth, highlights),), footer="As of 2026-10-31")


def layout(shares: Sequence[float]) -> Tab:
    """A layout tab: a column of shares and their sum."""
    last = 2 + len(shares)
    cells = {(1, 1): Cell("Migration", "title")} | {(3 + i, 2): Cell(s, "share") for i, s in enumerate(shares)}
    return Tab("Migration", cells | {(last + 1, 2): Cell(sum(shares), "share", formula=f"SUM(B3:B{last})")}, owns_columns=4)


# ── books ────────────────────────────────────────────────────────────────────


def user_book(path: Path, *, epoch_1904: bool = False, refers: str = "") -> Path:
    """A book with a chart, picture, names, notes, validation, conditional formats, hyperlink, filter and macros."""
    book = xlsxwriter.Workbook(str(path), {"date_1904": epoch_1904})
    sheet = book.add_worksheet("Invoices")
    sheet.write_row(0, 0, ["Invoice No", "Amount"], book.add_format({"bold": True, "bg_color": "#FFCC00"}))
    for row in range(1, 6):
        sheet.write_row(row, 0, [f"INV{row:03d}", row * 100.5])
    sheet.write_formula("D1", refers or "=SUM(B2:B6)", None, 1507.5)
    sheet.write_comment("A2", "looks odd")
    sheet.data_validation("B2:B6", {"validate": "decimal", "criteria": ">", "value": 0})
    sheet.conditional_format("B2:B6", {"type": "data_bar"})
    sheet.write_url("F1", "https://example.com/")
    sheet.insert_image("H2", "dot.png", {"image_data": picture()})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Invoices!$B$2:$B$6"})
    sheet.insert_chart("H8", chart)
    book.define_name("Total", "=Invoices!$D$1")
    if path.suffix == ".xlsm":
        binary = path.with_name("vba.bin")
        binary.write_bytes(VBA)
        book.add_vba_project(str(binary))
    book.close()
    return path


def picture() -> Any:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b""))


def parts(path: Path) -> dict[str, bytes]:
    """Content of every member of the zip."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def repacked(path: Path, edit: Callable[[dict[str, bytes]], None]) -> Path:
    """The same file with its members edited."""
    members = parts(path)
    edit(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in members.items():
            info = zipfile.ZipInfo("placeholder", (2020, 1, 1, 0, 0, 0))
            info.filename = name
            package.writestr(info, data, zipfile.ZIP_DEFLATED)
    return path


def part_of(path: Path, sheet: str) -> str:
    """Name of a sheet's part, in a book of ours or XlsxWriter's."""
    members = parts(path)
    book = members["xl/workbook.xml"].decode()
    identity = book.split(f'name="{sheet}"')[1].split('r:id="')[1].split('"')[0]
    relation = next(r for r in members["xl/_rels/workbook.xml.rels"].decode().split("<Relationship ") if f'Id="{identity}"' in r)
    return "xl/" + relation.split('Target="')[1].split('"')[0].removeprefix("/xl/")


def shared(path: Path) -> Path:
    """The same file with shared strings for inline ones, as Excel saves it."""
    texts: list[bytes] = []

    def share(match: re.Match[bytes]) -> bytes:
        texts.append(match[1])
        return b' t="s"><v>%d</v>' % (len(texts) - 1)

    def edit(members: dict[str, bytes]) -> None:
        for name in [n for n in members if n.startswith("xl/worksheets/sheet")]:
            members[name] = re.sub(rb' t="inlineStr"><is>(.*?)</is>', share, members[name])
        items = b"".join(b"<si>%s</si>" % t for t in texts)
        members["xl/sharedStrings.xml"] = b'<sst xmlns="%s">%s</sst>' % (MAIN, items)
        kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
        add_part(members, "sharedStrings", "xl/sharedStrings.xml", kind)

    return repacked(path, edit)


def add_part(members: dict[str, bytes], relation: str, part: str, kind: str) -> None:
    """Content type and relationship of a part of the workbook, unless they are there."""
    if f"/{part}".encode() not in members["[Content_Types].xml"]:
        override = f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'.encode()
        members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", override)
    if f"/{relation}".encode() not in members["xl/_rels/workbook.xml.rels"]:
        new = b'<Relationship Id="rId99" Type="%s/%s" Target="/%s"/></Relationships>' % (RELATION, relation.encode(), part.encode())
        members["xl/_rels/workbook.xml.rels"] = members["xl/_rels/workbook.xml.rels"].replace(b"</Relationships>", new)


# ── looking ──────────────────────────────────────────────────────────────────


def cells(path: Path, sheet: str = "Segments", *, formulas: bool = False) -> dict[str, Value]:
    """Filled cells by name."""
    book = openpyxl.load_workbook(path, data_only=not formulas)
    found = {cell.coordinate: cell.value for row in book[sheet].iter_rows() for cell in row if cell.value is not None}
    book.close()
    return found


def column(path: Path, letter: str, sheet: str = "Segments", *, first: int = 5, formulas: bool = False) -> list[Value]:
    """A column from its first data row to the last row of the sheet's first table."""
    book = openpyxl.load_workbook(path, data_only=not formulas)
    table = next(iter(book[sheet].tables.values()))
    last = int("".join(filter(str.isdigit, table.ref.split(":")[1])))
    found = [book[sheet][f"{letter}{row}"].value for row in range(first, last + 1)]
    book.close()
    return found


def table_ref(path: Path, sheet: str = "Segments", name: str = "tblSegments") -> str:
    """Range of a table."""
    book = openpyxl.load_workbook(path)
    ref: str = book[sheet].tables[name].ref
    book.close()
    return ref


def by_hand(path: Path, edit: Callable[[Any], None], sheet: str = "Segments") -> Path:
    """What a user does in a spreadsheet program: open, edit, save; cached values go, styles are renumbered."""
    book = openpyxl.load_workbook(path)
    edit(book[sheet])
    book.save(path)
    book.close()
    return path


def add_user_column(sheet: Any, heading: str, values: Sequence[Value], name: str = "tblSegments") -> None:
    """A further column at the right of a table, as when the user types beside it."""
    table = sheet.tables[name]
    first, last = table.ref.split(":")
    right = openpyxl.utils.coordinate_to_tuple(last)[1] + 1
    top = openpyxl.utils.coordinate_to_tuple(first)[0]
    sheet.cell(top, right, heading)
    for offset, value in enumerate(values, start=1):
        sheet.cell(top + offset, right, value)
    letter = openpyxl.utils.get_column_letter(right)
    table.tableColumns.append(TableColumn(id=100 + right, name=heading))
    table.ref = f"{first}:{letter}{openpyxl.utils.coordinate_to_tuple(last)[0]}"
    table.autoFilter.ref = table.ref
