"""Comments and links on the cells of a list whose rows change places go with their rows, as when Excel sorts."""

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.comments import Comment
from workbooks import add_user_column, by_hand, column, parts, repacked, segments

from xlseg.errors import LayoutError
from xlseg.hosts.file import WorkbookFile, new_book

FIRST = {"A": 10.0, "B": 20.0, "C": 30.0}
RANKED_ANEW = {"C": 3.0, "D": 4.0, "A": 1.0, "E": 5.0}
"""A goes from row 5 to 7, C from 7 to 5, B is gone."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A book with a list of customers A, B and C in rows 5 to 7, columns A to E, the last of which is the user's."""
    new_book(tmp_path / "book.xlsx", [segments(FIRST)])
    return by_hand(tmp_path / "book.xlsx", lambda sheet: add_user_column(sheet, "Note", ["note A", "note B", "note C"]))


def refresh(path: Path, rows: dict[str, float] = RANKED_ANEW, growth: str = "replace") -> tuple[str, ...]:
    return WorkbookFile(path).write([segments(rows, growth=growth)]).remarks  # type: ignore[arg-type]


def comments(path: Path) -> dict[str, str]:
    sheet = openpyxl.load_workbook(path)["Segments"]
    return {cell.coordinate: cell.comment.text for row in sheet for cell in row if cell.comment}


def commented(path: Path, places: dict[str, str]) -> Path:
    def comment(sheet: Any) -> None:
        for place, words in places.items():
            sheet[place].comment = Comment(words, "Anna")

    return by_hand(path, comment)


def test_comments_go_with_their_rows(path: Path) -> None:
    commented(path, {"A5": "pays on Fridays", "E7": "call C", "G5": "beside the list", "A4": "on a heading"})
    assert refresh(path) == ("Segments: 1 value typed beside rows that are gone from tblSegments went with them: B 'note B'.",)
    assert column(path, "A") == ["C", "D", "A", "E"]
    assert comments(path) == {"A7": "pays on Fridays", "E5": "call C", "G5": "beside the list", "A4": "on a heading"}


def test_the_boxes_of_comments_go_with_them(path: Path) -> None:
    commented(path, {"A5": "pays on Fridays", "E7": "call C", "G5": "beside the list"})
    as_excel_draws(path)
    assert boxes(path) == {(4, 0): (3, 7), (6, 4): (5, 9), (4, 6): (3, 7)}
    refresh(path)
    # rows count from 0 there: A5 → A7 is 4 → 6, E7 → E5 is 6 → 4; an anchor goes as far as its cell
    assert boxes(path) == {(6, 0): (5, 9), (4, 4): (3, 7), (4, 6): (3, 7)}


def as_excel_draws(path: Path) -> None:
    """Give the boxes anchors, from a row above their cell to three below it, as Excel does; openpyxl writes none."""

    def draw(members: dict[str, bytes]) -> None:
        name = next(name for name in members if name.endswith(".vml"))
        anchor = r"<\1Anchor>1, 15, {}, 2, 3, 31, {}, 9</\1Anchor><\1Row>{}</"
        members[name] = re.sub(
            r"<(\w+:)Row>(\d+)</", lambda m: m.expand(anchor.format(int(m[2]) - 1, int(m[2]) + 3, m[2])), members[name].decode()
        ).encode()

    repacked(path, draw)


def boxes(path: Path) -> dict[tuple[int, int], tuple[int, int]]:
    """First and last row of the anchor of every comment's box, by row and column of its cell, all from 0."""
    drawing = next(data for name, data in parts(path).items() if name.endswith(".vml")).decode()
    found = {}
    for shape in re.findall(r"<\w+:ClientData.*?</\w+:ClientData>", drawing, re.S):
        row, column, anchor = (re.search(rf"{tag}>([^<]*)<", shape) for tag in ("Row", "Column", "Anchor"))
        assert row is not None
        assert column is not None
        assert anchor is not None
        first, last = anchor[1].split(",")[2:7:4]
        found[int(row[1]), int(column[1])] = int(first), int(last)
    return found


def test_a_comment_whose_row_is_gone_is_told_and_does_not_come_to_stand_beside_another_customer(path: Path) -> None:
    commented(path, {"B6": "promised 500 by\nFriday"})
    remarks = refresh(path)
    assert comments(path) == {}
    assert b"ClientData" not in next(data for name, data in parts(path).items() if name.endswith(".vml"))
    assert "Segments: 1 comment on rows that are gone went with them: B 'promised 500 by Friday'." in remarks


def test_links_go_with_their_rows(path: Path) -> None:
    def link(sheet: Any) -> None:
        for place in ("E5", "E6", "E7", "G6"):
            sheet[place].hyperlink = f"https://example.com/{place}"

    by_hand(path, link)
    remarks = refresh(path)
    sheet = openpyxl.load_workbook(path)["Segments"]
    links = {cell.coordinate: cell.hyperlink.target for row in sheet for cell in row if cell.hyperlink}
    assert links == {"E7": "https://example.com/E5", "E5": "https://example.com/E7", "G6": "https://example.com/G6"}
    assert "Segments: 1 link on rows that are gone went with them: B 'https://example.com/E6'." in remarks


def test_no_element_is_left_for_links_that_are_all_gone(path: Path) -> None:
    by_hand(path, lambda sheet: setattr(sheet["E6"], "hyperlink", "https://example.com"))
    refresh(path)
    assert b"hyperlink" not in parts(path)["xl/worksheets/sheet1.xml"]  # the schema wants one at least


THREADS = """<?xml version="1.0" encoding="UTF-8"?>
<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">
<threadedComment ref="A5" dT="2026-10-01T08:00:00.00" personId="{1}" id="{2}"><text>pays on Fridays</text></threadedComment>
<threadedComment ref="A5" dT="2026-10-01T09:00:00.00" personId="{1}" id="{3}" parentId="{2}"><text>not any more</text></threadedComment>
<threadedComment ref="A6" dT="2026-10-01T09:00:00.00" personId="{1}" id="{4}"><text>is B</text></threadedComment>
</ThreadedComments>"""


def test_threads_of_comments_go_with_their_rows(path: Path) -> None:
    commented(path, {"A5": "[Threaded comment] pays on Fridays", "A6": "[Threaded comment] is B"})
    relation = "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment"
    part, kind = "xl/threadedComments/threadedComment1.xml", "application/vnd.ms-excel.threadedcomments+xml"

    def add(members: dict[str, bytes]) -> None:
        members[part] = THREADS.encode()
        rels = "xl/worksheets/_rels/sheet1.xml.rels"
        line = f'<Relationship Id="rIdT" Type="{relation}" Target="/{part}"/></Relationships>'
        members[rels] = members[rels].replace(b"</Relationships>", line.encode())
        override = f'<Override PartName="/{part}" ContentType="{kind}"/></Types>'
        members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", override.encode())

    repacked(path, add)
    refresh(path)
    assert re.findall(rb'ref="(\w+)".*?<text>([^<]*)', parts(path)[part]) == [(b"A7", b"pays on Fridays"), (b"A7", b"not any more")]
    assert comments(path) == {"A7": "[Threaded comment] pays on Fridays"}


def test_what_hangs_on_a_list_that_keeps_its_rows_is_not_touched(path: Path) -> None:
    commented(path, {"A5": "pays on Fridays"})
    by_hand(path, lambda sheet: setattr(sheet["E6"], "hyperlink", "https://example.com"))
    before = {name: data for name, data in parts(path).items() if "comment" in name.lower() or name.endswith(".vml")}
    assert len(before) == 2
    refresh(path, FIRST | {"D": 1.0}, "keep")
    assert {name: data for name, data in parts(path).items() if name in before} == before
    assert openpyxl.load_workbook(path)["Segments"]["E6"].hyperlink.target == "https://example.com"


def test_two_comments_never_come_to_stand_on_one_cell(path: Path) -> None:
    commented(path, {"A5": "pays on Fridays", "A9": "below the list"})
    before = path.read_bytes()
    with pytest.raises(LayoutError, match="Segments!A9: a comment stands on this cell, and a row with another one comes here"):
        refresh(path, {"B": 1.0, "C": 1.0, "D": 1.0, "E": 1.0, "A": 1.0})
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda vml: re.sub(rb"<(/?)\w+:(\w+)", rb"<\1\2", vml), id="without prefixes"),
        pytest.param(lambda vml: vml.replace(b"1, 15,", b"auto"), id="an anchor that is none"),
        pytest.param(lambda vml: vml.replace(b"</ns0:textbox>", b"<br></ns0:textbox>"), id="no XML"),
    ],
)
def test_boxes_as_other_programs_write_them(path: Path, change: Any) -> None:
    commented(path, {"A5": "pays on Fridays"})
    as_excel_draws(path)

    def edit(members: dict[str, bytes]) -> None:
        for name in [name for name in members if name.lower().endswith(".vml")]:
            members[name], before = change(members[name]), members[name]
            assert members[name] != before

    repacked(path, edit)
    refresh(path)
    drawing = next(data for name, data in parts(path).items() if name.lower().endswith(".vml"))
    assert re.findall(rb"Row>(\d+)<", drawing) == [b"6"]
    assert comments(path) == {"A7": "pays on Fridays"}
