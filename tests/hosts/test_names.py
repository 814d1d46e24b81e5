"""Defined names over all rows of a table of ours grow and shrink with it; any other reference stays what it is."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName
from workbooks import segments, user_book

from xlseg.hosts.a1 import Area
from xlseg.hosts.file import WorkbookFile
from xlseg.hosts.names import followed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Segments!$C$5:$C$9", "Segments!$C$5:$C$12", id="a column"),
        pytest.param("segments!$A$4:$D$9", "segments!$A$4:$D$12", id="the whole table with its header"),
        pytest.param("Segments!$A$1:$H$9", "Segments!$A$1:$H$12", id="a print area"),
        pytest.param("SUM('Segments'!$C$5:$C$9)/Segments!$C$2", "SUM('Segments'!$C$5:$C$12)/Segments!$C$2", id="within a formula"),
        pytest.param("Segments!$A$4:$D$10", "Segments!$A$4:$D$13", id="with the totals row"),
        pytest.param("Segments!$C$10", "Segments!$C$13", id="a total"),
        pytest.param("Segments!$C$10/'Segments'!$D$10", "Segments!$C$13/'Segments'!$D$13", id="two totals"),
        pytest.param("Segments!$A$10:$D$10", "Segments!$A$13:$D$13", id="all totals"),
        pytest.param("Segments!$F$10", None, id="beside the totals"),
        pytest.param('"reviewed: Segments!$A$4:$D$9, 1 October"', None, id="a text"),
        pytest.param('"""Segments!$C$10"""', None, id="a text with quotes"),
        pytest.param('COUNTIF(Segments!$C$5:$C$9,"Segments!$C$10")', 'COUNTIF(Segments!$C$5:$C$12,"Segments!$C$10")', id="beside a text"),
        pytest.param("SUM(Dashboard:Segments!$C$5:$C$9)", None, id="of several sheets"),
        pytest.param("Segments!$C$9", None, id="a cell of the last row"),
        pytest.param("Segments!$C$100", None, id="a cell far below"),
        pytest.param("Other!$C$10", None, id="a cell of another sheet"),
        pytest.param("Segments!$C$6:$C$9", None, id="without the first row"),
        pytest.param("Segments!$C$5:$C$8", None, id="without the last row"),
        pytest.param("Segments!$F$5:$F$9", None, id="beside the table"),
        pytest.param("Segments!$C5:$C9", None, id="relative rows"),
        pytest.param("Segments!$4:$4", None, id="whole rows"),
        pytest.param("Other!$C$5:$C$9", None, id="another sheet"),
        pytest.param("MySegments!$C$5:$C$9", None, id="a sheet whose name ends alike"),
        pytest.param("[1]Segments!$C$5:$C$9", None, id="another book"),
        pytest.param("'[book.xlsx]Segments'!$C$5:$C$9", None, id="another book, quoted"),
        pytest.param("Segments!$C$5:$C$99", None, id="far below"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_what_a_name_refers_to_follows_the_table(before: str, after: str | None) -> None:
    assert followed(before, "Segments", Area.of("A4:D10"), (5, 9), 3) == (before if after is None else after)


def test_a_sheet_name_with_an_apostrophe() -> None:
    assert followed("'Anna''s list'!$C$5:$C$9", "Anna's list", Area.of("A4:D9"), (5, 9), -2) == "'Anna''s list'!$C$5:$C$7"


def test_names_and_the_print_area_of_the_user_grow_with_the_table(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments({"A": 1.0, "B": 2.0})])
    book = openpyxl.load_workbook(path)
    book.defined_names["Balances"] = DefinedName("Balances", attr_text="Segments!$C$5:$C$6")
    book["Segments"].print_area = "A1:D6"
    book.save(path)
    WorkbookFile(path).write([segments({"A": 1.0, "B": 2.0, "C": 3.0})])
    book = openpyxl.load_workbook(path)
    assert book.defined_names["Balances"].attr_text == "Segments!$C$5:$C$7"
    assert book.defined_names["Total"].attr_text == "Invoices!$D$1"
    assert book["Segments"].print_area == "'Segments'!$A$1:$D$7"
