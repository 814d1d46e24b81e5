"""CSV files and SpreadsheetML as exports have them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xlseg.errors import FormatError, MissingSheetError
from xlseg.intake import read_ledger
from xlseg.settings import Settings
from xlseg.sources import open_source, spreadsheetml
from xlseg.sources.separated import delimiter_of
from xlseg.workbook import CellError, Value


def csv(path: Path, content: str | bytes, name: str = "Invoices.csv") -> Path:
    file = path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def rows(file: Path, name: str = "Invoices") -> list[list[Value]]:
    return [list(row) for row in open_source(file).sheet(name).head()]


# ── CSV ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_cuts_the_rows_evenly(tmp_path: Path, delimiter: str) -> None:
    lines = [["Name", "Amount, net", "Note"], ["A; B | C", "1", "x"], ["D", "2", ""]]
    text = "\n".join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    assert rows(csv(tmp_path, text)) == [["Name", "Amount, net", "Note"], ["A; B | C", "1", "x"], ["D", "2", None]]


def test_a_decimal_comma_does_not_pass_for_a_delimiter() -> None:
    assert delimiter_of("Nr;Betrag\n1;1.234,50\n2;7,25\n3;8,00\n") == ";"


TITLES = "Muster GmbH, Berlin\nOffene Posten, Stand 31.10.2026\n"
GERMAN = "Rechnungsnummer;Kunde;Betrag\nR1;K1;100,50\nR2;K1;1000,50\nR3;K2;70,25\n"


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        # by commas 2 titles and 3 rows are in two, by semicolons the 4 rows of the table in three
        pytest.param(TITLES + GERMAN, ";", id="a decimal comma in each row"),
        pytest.param(TITLES + GERMAN.replace(";", "\t"), "\t", id="tabs"),
        pytest.param(TITLES + GERMAN.replace(",50", ",50 EUR"), ";", id="a currency behind it"),
        pytest.param(TITLES + GERMAN.replace("100,50", "1,234,100.50"), ";", id="thousands"),
        pytest.param(TITLES + GERMAN.replace("\n", "\r\n").strip(), ";", id="lines of Windows, the last without end"),
        pytest.param(TITLES + "No,Tags,Amount\n1,a;b,5.5\n2,c;d,7\n", ",", id="semicolons within cells"),
        pytest.param("Tags,Amount,Open\n1;2,5,3\n3;4,7,3\n", ",", id="numbers between semicolons and commas"),
        pytest.param("No,Tags,Amount\n1,a;5,3\n2,b;4,7\n", ",", id="what could be a decimal comma in a table of commas"),
    ],
)
def test_titles_with_a_comma_do_not_outvote_the_rows_of_a_table(text: str, delimiter: str) -> None:
    assert delimiter_of(text) == delimiter


def test_excels_own_hint_is_followed(tmp_path: Path) -> None:
    assert rows(csv(tmp_path, "sep=;\nA;B,C\n1;2,5\n")) == [["sep=", None], ["A", "B,C"], ["1", "2,5"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    assert rows(csv(tmp_path, "Name,Währung\nMüller & Söhne,€\n".encode(encoding))) == [["Name", "Währung"], ["Müller & Söhne", "€"]]


def test_every_cell_is_text_and_an_empty_one_is_none(tmp_path: Path) -> None:
    sheet = open_source(csv(tmp_path, 'A,B,C\n0017,1.50,""\n\n17,"a\nb"\n')).sheet("Invoices")
    grid = sheet.body(1)
    assert grid.first_row == 2
    assert [column.tolist() for column in grid.columns] == [["0017", None, "17"], ["1.50", None, "a\nb"], [None, None, None]]


def test_a_folder_is_a_book_of_its_csv_files(tmp_path: Path) -> None:
    csv(tmp_path, "Invoice No,Customer,Date,Due Date,Amount\n1,A,2026-01-15,2026-02-14,5\n")
    csv(tmp_path, "Applied To,Date,Amount\n1,2026-02-14,5\n", "Payments.CSV")
    csv(tmp_path, "not read", "notes.txt")
    source = open_source(tmp_path)
    assert (source.name, list(source.sheets()), source.epoch_1904) == (tmp_path.name, ["Invoices", "Payments"], False)
    ledger = read_ledger(source, Settings()).ledger
    assert (len(ledger.invoices), len(ledger.payments)) == (1, 1)
    with pytest.raises(MissingSheetError, match="no sheet holds Orders"):
        source.sheet("Orders")


# ── SpreadsheetML 2003 ───────────────────────────────────────────────────────

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><?mso-application progid="Excel.Sheet"?>\n'
    '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:html="http://www.w3.org/TR/REC-html40">'
)


def cell(value: str, kind: str = "String", more: str = "") -> str:
    return f'<Cell {more}><Data ss:Type="{kind}">{value}</Data></Cell>'


def xml(path: Path, table: str, before: str = "") -> Path:
    return csv(path, f'{HEAD}{before}<Worksheet ss:Name="Invoices"><Table>{table}</Table></Worksheet></Workbook>', "Export.xls")


def test_cells_are_typed_as_the_file_types_them(tmp_path: Path) -> None:
    table = f"""<Row>{cell("0017")}{cell("17.5", "Number")}{cell("2026-01-31T00:00:00.000", "DateTime")}{cell("1", "Boolean")}{cell("#N/A", "Error")}
        {cell("1.234")}{cell("A &amp; B")}<Cell/>{cell("")}{cell("<html:B>bold</html:B> plain")}</Row>"""
    assert rows(xml(tmp_path, table)) == [
        ["0017", 17.5, dt.datetime(2026, 1, 31), True, CellError("#N/A"), "1.234", "A & B", None, None, "bold plain"]
    ]


def test_a_cell_that_does_not_hold_what_it_says_is_a_text_and_a_date_stays_the_day_that_is_written(tmp_path: Path) -> None:
    said = ("0000-00-00T00:00:00", "2026-02-30T00:00:00")
    table = "".join(f"<Row>{cell(text, 'DateTime')}</Row>" for text in (*said, "2026-01-05T00:00:00+02:00", "2026-01-05T23:00:00Z"))
    table += "".join(f"<Row>{cell(text, 'Number')}</Row>" for text in ("1,000", "0x10", "12"))
    days = [[dt.datetime(2026, 1, 5)], [dt.datetime(2026, 1, 5, 23)]]
    assert rows(xml(tmp_path, table)) == [*([text] for text in said), *days, ["1,000"], ["0x10"], [12.0]]


def test_a_csv_file_of_too_many_cells_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlseg.sources.separated.MAX_DENSE", 5)
    with pytest.raises(FormatError, match=r"^Invoices\.csv: more than 5 cells\. To go on, export fewer columns"):
        rows(csv(tmp_path, "a,b\n1,2\n3,4\n"))


def test_rows_and_cells_may_skip_positions_and_cover_several(tmp_path: Path) -> None:
    table = f"""<Row>{cell("title", more='ss:MergeAcross="2"')}{cell("D1")}</Row>
        <Row ss:Index="4">{cell("A4")}{cell("C4", more='ss:Index="3"')}</Row><Row>{cell("A5")}</Row>"""
    assert rows(xml(tmp_path, table)) == [["title", None, None, "D1"], [], [], ["A4", None, "C4"], ["A5"]]


def test_a_netsuite_export_of_texts_becomes_a_ledger(tmp_path: Path) -> None:
    heads = ["Document Number", "Name", "Date", "32 Due Date/Receive By", "Amount"]
    line = ["INV1", "Acme", "13/01/2026", "12/02/2026", "(1,234.50)"]
    table = f"<Row>{cell('Open Invoices')}</Row>" + "".join(f"<Row>{''.join(map(cell, texts))}</Row>" for texts in (heads, line))
    invoices = read_ledger(open_source(xml(tmp_path, table)), Settings()).ledger.invoices
    assert invoices[["document", "customer", "amount", "row"]].to_numpy().tolist() == [["INV1", "Acme", -123450, 3]]
    assert [f"{day:%Y-%m-%d}" for day in invoices[["issued", "due"]].iloc[0]] == ["2026-01-13", "2026-02-12"]


def test_its_date_system_is_known(tmp_path: Path) -> None:
    assert not open_source(xml(tmp_path, "")).epoch_1904
    assert open_source(xml(tmp_path, "", "<x:ExcelWorkbook><x:Date1904/></x:ExcelWorkbook>")).epoch_1904


def test_xml_with_entities_is_refused(tmp_path: Path) -> None:
    bomb = HEAD.replace("<Workbook", '<!DOCTYPE Workbook [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><Workbook')
    file = csv(tmp_path, f'{bomb}<Worksheet ss:Name="S"><Table><Row>{cell("&b;")}</Row></Table></Worksheet></Workbook>', "Export.xls")
    with pytest.raises(FormatError, match="declares a document type"):
        open_source(file).sheets()


def test_broken_xml_is_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"Export\.xls: broken XML"):
        open_source(csv(tmp_path, HEAD + "<Worksheet>", "Export.xls")).sheets()


@pytest.mark.parametrize("place", ['ss:Index="1048577"', 'ss:Index="99999999999"'])
def test_rows_beyond_excel_are_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(FormatError, match="keep within 1,048,576 × 16,384"):
        open_source(xml(tmp_path, f"<Row {place}>{cell('x')}</Row>")).sheets()
    with pytest.raises(FormatError, match="keep within"):
        open_source(xml(tmp_path, f"<Row>{cell('x', more=place)}</Row>")).sheets()


def test_cells_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheetml, "FEW", -1000)
    wide = cell("x", more='ss:MergeAcross="30"')
    with pytest.raises(FormatError, match="keep within"):
        open_source(xml(tmp_path, f"<Row>{wide}</Row><Row>{cell('y')}</Row>")).sheets()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.integers(1, 12), st.integers(-999, 999), max_size=5), max_size=6))
def test_what_is_written_with_gaps_is_read_at_its_place(tmp_path: Path, sparse: list[dict[int, int]]) -> None:
    table = ""
    for number, cells in enumerate(sparse, start=1):
        inner = "".join(cell(str(value), "Number", f'ss:Index="{column}"') for column, value in sorted(cells.items()))
        table += f'<Row ss:Index="{number}">{inner}</Row>' if cells else ""
    read = {(r, c): v for r, row in enumerate(rows(xml(tmp_path, table)), 1) for c, v in enumerate(row, 1) if v is not None}
    assert read == {(r, c): float(v) for r, cells in enumerate(sparse, 1) for c, v in cells.items()}


# ── by content, not by name ──────────────────────────────────────────────────


def test_a_workbook_is_known_by_its_content(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "export.csv") as book:
        book.add_worksheet("S").write(0, 0, "x")
    assert list(open_source(tmp_path / "export.csv").sheets()) == ["S"]


def test_a_csv_file_is_known_by_its_content(tmp_path: Path) -> None:
    assert rows(csv(tmp_path, "A,B\n1,2\n", "export.xls"), "export") == [["A", "B"], ["1", "2"]]


@pytest.mark.parametrize("text", ["Kunde;Betrag\nMüller;100\n", "Клиент;Сумма\nИванов;100\n", "顧客;金額\n田中;100\n", "ग्राहक;राशि\nराम;100\n"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_by_its_zeros(text: str, encoding: str, tmp_path: Path) -> None:
    assert rows(csv(tmp_path, text.encode(encoding), "export.csv"), "export") == [line.split(";") for line in text.splitlines()]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, r"a legacy \.xls workbook"),
        (b"<html><table><tr><td>1</td></tr></table>", "a web page. To go on, open it in Excel and save it as .xlsx"),
        (b"<?xml version='1.0'?><rss/>", "XML, but no SpreadsheetML"),
        (b"%PDF-1.7\n\x01\x02\x03", "neither a workbook nor a CSV file"),
        (b"", "neither a workbook nor a CSV file"),
        (b"Customer,Amount\nA\0,100\n", r"it holds NUL characters\. To go on, export it again, as CSV UTF-8"),
        ("Kunde,Betrag\nMüller,100\0\n".encode(), "it holds NUL characters"),
    ],
)
def test_anything_else_is_refused_with_advice(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        open_source(csv(tmp_path, content, "export.xls"))


def test_a_folder_called_like_a_csv_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "Invoices.csv").mkdir()
    with pytest.raises(FormatError, match=r"Invoices\.csv: no file that can be read\. To go on, check the name"):
        open_source(tmp_path).sheet("Invoices").head()


def test_an_empty_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"a folder without \.csv files"):
        open_source(tmp_path)
    with pytest.raises(FormatError, match="cannot be opened"):
        open_source(tmp_path / "none.csv")


def test_a_folder_without_a_name_of_its_own_is_called_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FormatError, match=r"^this folder: a folder without"):
        open_source(Path("."))
