"""What a refresh does with the rows of a table that is already there."""

import random
import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula
from workbooks import add_user_column, by_hand, cells, column, parts, repacked, segments, shared, table_ref, user_book

from xlseg.errors import LayoutError
from xlseg.hosts.file import WorkbookFile, new_book
from xlseg.workbook import Column, Growth, Tab, Table, Value

FIRST = {"A": 10.0, "B": 20.0, "C": 30.0}
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A book that holds our tab with customers A, B and C, and nothing else."""
    new_book(tmp_path / "book.xlsx", [segments(FIRST)])
    return tmp_path / "book.xlsx"


def refresh(path: Path, rows: dict[str, float], growth: Growth = "keep", **more: Any) -> tuple[str, ...]:
    return WorkbookFile(path).write([segments(rows, growth=growth, **more)]).remarks


@pytest.mark.parametrize(
    ("growth", "new", "keys", "balances"),
    [
        pytest.param("keep", {"C": 3.0, "D": 4.0}, "ABCD", [10, 20, 3, 4], id="keep: who is gone stays with his values"),
        pytest.param("replace", {"C": 3.0, "D": 4.0}, "CD", [3, 4], id="replace: exactly the new ones"),
        pytest.param("replace", {"D": 4.0, "C": 3.0, "B": 2.0, "A": 1.0}, "DCBA", [4, 3, 2, 1], id="replace: in their order"),
        pytest.param("append", {"C": 3.0, "D": 4.0}, "ABCD", [10, 20, 30, 4], id="append: what is there stays as it is"),
        pytest.param("replace", {}, [None], [None], id="replace by nothing: one blank row"),
        pytest.param("keep", {}, "ABC", [10, 20, 30], id="keep with nothing new"),
    ],
)
def test_rows(path: Path, growth: Growth, new: dict[str, float], keys: str, balances: list[Value]) -> None:
    refresh(path, new, growth)
    assert column(path, "A") == list(keys)
    assert column(path, "C") == balances
    assert table_ref(path) == f"A4:D{4 + len(keys)}"
    before = path.read_bytes()
    refresh(path, new, growth)
    assert path.read_bytes() == before


def test_an_empty_table_has_one_blank_row_which_the_first_customer_takes(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    for growth in ("keep", "replace", "append"):
        new_book(path, [segments({}, growth=growth)])
        assert column(path, "A") == [None]
        refresh(path, {"A": 1.0, "B": 2.0}, growth)
        assert column(path, "A") == ["A", "B"]
        path.unlink()


def test_rows_that_go_leave_nothing_behind(path: Path) -> None:
    refresh(path, {"B": 1.0}, "replace")
    found = cells(path)
    assert [name for name in found if name.endswith(("6", "7"))] == []
    assert openpyxl.load_workbook(path)["Segments"].dimensions == "A1:D5"


@pytest.mark.parametrize(("rows", "is_italic"), [((5, 6, 7), True), ((6, 7), True), ((7,), False)])
def test_new_rows_look_like_most_rows_above(path: Path, rows: tuple[int, ...], is_italic: bool) -> None:
    def colour(sheet: Any) -> None:
        for row in rows:
            sheet.cell(row, 2).font = openpyxl.styles.Font(italic=True)

    by_hand(path, colour)
    refresh(path, FIRST | {"D": 1.0})
    sheet = openpyxl.load_workbook(path)["Segments"]
    assert bool(sheet["B8"].font.italic) is is_italic
    assert sheet["C8"].number_format == '#,##0;(#,##0);"-"'


def test_sums_that_are_typed_as_formulas_go_with_their_customers(path: Path) -> None:
    by_hand(path, lambda sheet: add_user_column(sheet, "Insured", ["=1200+300", "=900+50", "=2*400"]))
    remarks = refresh(path, {"C": 3.0, "D": 4.0, "B": 2.0, "E": 5.0}, "replace")
    assert column(path, "E", formulas=True) == ["=2*400", None, "=900+50", None]
    assert remarks == ("Segments: 1 value typed beside rows that are gone from tblSegments went with them: A '=1200+300'.",)


def test_a_sum_in_the_last_row_is_not_given_to_new_customers(path: Path) -> None:
    by_hand(path, lambda sheet: add_user_column(sheet, "Insured", [500, None, "=1200+300"]))
    refresh(path, FIRST | {"D": 1.0})
    assert column(path, "E", formulas=True) == [500, None, "=1200+300", None]


def test_a_formula_of_another_kind_goes_with_its_customer_among_those_that_most_rows_have(path: Path) -> None:
    by_hand(path, lambda sheet: add_user_column(sheet, "Limit", ["=C5*2", "=C6*2+B6", "=C7*2"]))
    refresh(path, {"B": 2.0, "C": 3.0, "A": 1.0, "D": 4.0}, "replace")
    assert column(path, "E", formulas=True) == ["=C5*2+B5", "=C6*2", "=C7*2", "=C8*2"]


def test_notes_beside_a_list_whose_rows_nobody_tells_from_each_other_are_told(path: Path) -> None:
    def keyless(rows: dict[str, float]) -> Tab:
        tab = segments(rows, growth="replace")
        table = tab.tables[0]
        return Tab(tab.name, tab.cells, (Table(table.name, table.at, table.columns[:3], (), "replace"),))

    new_book(path.with_name("keyless.xlsx"), [keyless(FIRST)])
    book = by_hand(path.with_name("keyless.xlsx"), lambda sheet: sheet.cell(6, 4, "checked"))
    assert WorkbookFile(book).write([keyless(FIRST)]).remarks == ()
    (remark,) = WorkbookFile(book).write([keyless({"C": 3.0, "A": 1.0})]).remarks
    assert remark.startswith("Segments: column D stands beside tblSegments, which is made anew")


def test_a_colour_goes_with_its_row_when_rows_change_places(path: Path) -> None:
    yellow = openpyxl.styles.PatternFill("solid", fgColor="FFFFFF00")

    def dress(sheet: Any) -> None:
        add_user_column(sheet, "Note", ["", "", ""])
        for place in ("A5", "B5", "C6"):
            sheet[place].fill = yellow
        sheet["C5"].number_format = "0.000"

    by_hand(path, dress)
    refresh(path, {"C": 3.0, "D": 4.0, "A": 1.0}, "replace")  # B, whose balance is yellow, is gone
    sheet = openpyxl.load_workbook(path)["Segments"]
    assert column(path, "A") == ["C", "D", "A"]
    assert [cell.coordinate for row in sheet["A5:C7"] for cell in row if cell.fill.fgColor.rgb == "FFFFFF00"] == ["A7", "B7"]
    assert [sheet[f"C{row}"].number_format for row in (5, 6, 7)] == ['#,##0;(#,##0);"-"', '#,##0;(#,##0);"-"', "0.000"]
    before = path.read_bytes()
    refresh(path, {"C": 3.0, "D": 4.0, "A": 1.0}, "replace")
    assert path.read_bytes() == before


def test_kept_columns_are_filled_for_new_rows_only(path: Path) -> None:
    by_hand(path, lambda sheet: sheet.cell(5, 4, "Ann"))

    def tab(owner: str, rows: dict[str, float]) -> Tab:
        old = segments(rows)
        table = old.tables[0]
        columns = (*table.columns[:3], Column("Owner", [owner] * len(rows), "input_text", kept=True))
        return Tab(old.name, old.cells, (Table(table.name, table.at, columns, table.key, table.growth),))

    WorkbookFile(path).write([tab("Bob", FIRST | {"D": 1.0})])
    assert column(path, "D") == ["Ann", None, None, "Bob"]


def test_values_beside_a_replaced_table_follow_their_key_and_formulas_stay(path: Path) -> None:
    def dress(sheet: Any) -> None:
        sheet["D6"] = "Ann"
        add_user_column(sheet, "Note", ["note A", "note B", "note C"])
        add_user_column(sheet, "Twice", ["=C5*2", "=C6*2", "=C7*2"])

    by_hand(path, dress)
    remarks = refresh(path, {"C": 3.0, "D": 4.0, "B": 2.0, "E": 5.0}, "replace")
    assert column(path, "D") == [None, None, "Ann", None]
    assert column(path, "E") == ["note C", None, "note B", None]
    assert column(path, "F", formulas=True) == ["=C5*2", "=C6*2", "=C7*2", "=C8*2"]
    assert remarks == ("Segments: 1 value typed beside rows that are gone from tblSegments went with them: A 'note A'.",)


def test_a_value_typed_over_a_formula_follows_its_key(path: Path) -> None:
    by_hand(path, lambda sheet: add_user_column(sheet, "Limit", ["=C5*2", 7, "=C7*2"]))
    refresh(path, {"B": 2.0, "A": 1.0, "C": 3.0}, "replace")
    assert column(path, "E", formulas=True) == [7, "=C6*2", "=C7*2"]


def test_formulas_of_the_user_are_continued_on_new_rows_as_excel_copies_them(path: Path) -> None:
    formula = "=IF(C{0}>$C$5,tblSegments[[#This Row],[Open balance]]+C{1},Other!C{0})"
    by_hand(path, lambda sheet: add_user_column(sheet, "X", [formula.format(r, r - 1) for r in (5, 6, 7)]))
    refresh(path, FIRST | {"D": 1.0, "E": 2.0})
    assert column(path, "E", formulas=True) == [formula.format(r, r - 1) for r in (5, 6, 7, 8, 9)]


def test_a_shared_formula_is_continued_with_its_text(path: Path) -> None:
    by_hand(path, lambda sheet: add_user_column(sheet, "X", ["=C5*2", "=C6*2", "=C7*2"]))
    share_column_e(path)
    refresh(path, FIRST | {"D": 1.0})
    assert column(path, "E", formulas=True)[3] == "=C8*2"
    assert parts(path)[SHEET].count(b't="shared"') == 3


def test_a_shared_formula_survives_the_row_it_was_written_in(path: Path) -> None:
    by_hand(path, lambda sheet: add_user_column(sheet, "X", ["=C5*2", "=C6*2", "=C7*2"]))
    by_hand(path, lambda sheet: sheet.cell(5, 5, 99))
    by_hand(path, lambda sheet: sheet.cell(5, 5, "=C5*2"))
    share_column_e(path)
    refresh(path, {"B": 1.0, "C": 1.0}, "replace")
    assert column(path, "E", formulas=True) == ["=C5*2", "=C6*2"]
    assert b't="shared"' not in parts(path)[SHEET]


def share_column_e(path: Path) -> None:
    """As Excel saves a formula that was filled down: the first cell has the text."""

    def edit(members: dict[str, bytes]) -> None:
        sheet = members[SHEET].replace(b"<f>C5*2</f>", b'<f t="shared" ref="E5:E7" si="0">C5*2</f>')
        for row in (b"6", b"7"):
            sheet = sheet.replace(b"<f>C%s*2</f>" % row, b'<f t="shared" si="0"/>')
        assert sheet.count(b'si="0"') == 3
        members[SHEET] = sheet

    repacked(path, edit)


def test_a_column_that_the_user_moved_is_found_by_its_heading(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    old = segments(FIRST).tables[0]
    order = (old.columns[2], old.columns[0], old.columns[3], old.columns[1])
    new_book(path, [Tab("Segments", {}, (Table(old.name, old.at, order, old.key, old.growth),))])
    refresh(path, {"B": 5.0, "D": 6.0})
    assert column(path, "A") == [10, 5, 30, 6]
    assert column(path, "B") == ["A", "B", "C", "D"]


def test_the_totals_row_of_the_user_moves_down_and_up(path: Path) -> None:
    def totals(sheet: Any) -> None:
        sheet["A8"], sheet["C8"] = "Total", "=SUBTOTAL(109,tblSegments[Open balance])"
        table = sheet.tables["tblSegments"]
        table.ref, table.totalsRowCount = "A4:D8", 1

    by_hand(path, totals)
    refresh(path, FIRST | {"D": 1.0, "E": 2.0})
    found = cells(path, formulas=True)
    assert (found["A9"], found["A10"], found["C10"]) == ("E", "Total", "=SUBTOTAL(109,tblSegments[Open balance])")
    assert table_ref(path) == "A4:D10"
    assert openpyxl.load_workbook(path)["Segments"].tables["tblSegments"].autoFilter.ref == "A4:D9"
    refresh(path, {"A": 1.0}, "replace")
    found = cells(path, formulas=True)
    assert (found["A5"], found["A6"]) == ("A", "Total")
    assert "A10" not in found
    assert table_ref(path) == "A4:D6"


def test_formulas_in_a_totals_row_move_with_it(path: Path) -> None:
    def totals(sheet: Any) -> None:
        table = sheet.tables["tblSegments"]
        table.ref, table.totalsRowCount = "A4:D8", 1
        sheet["A8"], sheet["B8"], sheet["C8"] = "=C8/B8", "=COUNTA(A5:A7)-$H$8", "=SUM(C5:C7)+C5+$C$2+SUM(Z5:Z7)+SUM(Segments!C5:C7)"
        sheet["D8"] = ArrayFormula("D8", "=SUM(C5:C7*C8)")

    by_hand(path, totals)
    refresh(path, FIRST | {"D": 1.0, "E": 2.0})
    book = openpyxl.load_workbook(path)
    sheet, last = book["Segments"], 9
    assert sheet.tables["tblSegments"].ref == f"A4:D{last + 1}"
    found = [sheet.cell(last + 1, column).value for column in (1, 2, 3)]
    assert found == [f"=C{last + 1}/B{last + 1}", f"=COUNTA(A5:A{last})-$H$8", f"=SUM(C5:C{last})+C5+$C$2+SUM(Z5:Z7)+SUM(Segments!C5:C{last})"]
    array = sheet.cell(last + 1, 4).value
    assert (array.ref, array.text) == (f"D{last + 1}", f"=SUM(C5:C{last}*C{last + 1})")


def test_single_formulas_follow_the_key_of_their_row_and_fill_no_other(path: Path) -> None:
    def type_in(sheet: Any) -> None:
        add_user_column(sheet, "Promise", [100, None, "=C7*0.5+C5+SUM(C5:C7)/C$7+H7+Segments!C7"])
        sheet["D6"] = '="half is "&C6/2&", total "&$C$2&SUM(B6:C6)'

    by_hand(path, type_in)
    refresh(path, {"C": 30.0, "B": 20.0, "D": 1.0}, "replace")
    found = cells(path, formulas=True)
    assert [found.get(f"E{row}") for row in (5, 6, 7)] == ["=C5*0.5+C5+SUM(C5:C7)/C$7+H7+Segments!C5", None, None]
    assert [found.get(f"D{row}") for row in (5, 6, 7)] == [None, '="half is "&C6/2&", total "&$C$2&SUM(B6:C6)', None]
    refresh(path, {"B": 20.0, "D": 1.0}, "replace")
    assert cells(path, formulas=True)["D5"] == '="half is "&C5/2&", total "&$C$2&SUM(B5:C5)'


def test_rows_hidden_by_hand_are_spoken_of_where_rows_change_places(path: Path) -> None:
    def hide(sheet: Any) -> None:
        sheet.row_dimensions[6].hidden = True

    by_hand(path, hide)
    assert refresh(path, FIRST | {"B": 21.0}) == ()  # rows that keep their places
    remark = "Segments: rows of tblSegments are hidden, and may be others than those that you have hidden; show them all."
    assert refresh(path, {"C": 30.0, "A": 10.0, "B": 21.0}, "replace") == (remark,)
    assert refresh(path, {"C": 30.0, "A": 10.0, "B": 21.0}, "replace") == ()


def test_ids_keep_their_zeros_and_numbers_match_numbers(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"

    def tab(ids: list[Value]) -> Tab:
        return Tab("T", {}, (Table("tblT", (1, 1), (Column("ID", ids), Column("n", list(range(len(ids))))), ("ID",), "keep"),))

    new_book(path, [tab(["0017", "17", 18, 19.5, "a & <b>", " x "])])
    shared(path)
    WorkbookFile(path).write([tab([" x ", "a & <b>", 19.5, 18.0, "17", "0017", "new"])])
    assert column(path, "A", "T", first=2) == ["0017", "17", 18, 19.5, "a & <b>", " x ", "new"]
    assert column(path, "B", "T", first=2) == [5, 4, 3, 2, 1, 0, 6]


def test_a_key_that_the_user_made_partly_bold_is_still_the_key(path: Path) -> None:
    def bold(members: dict[str, bytes]) -> None:
        plain = b"<is><t>B</t></is>"
        rich = b'<is><r><rPr><b/></rPr><t>B</t></r><rPh sb="0" eb="1"><t>bee</t></rPh></is>'
        assert plain in members[SHEET]
        members[SHEET] = members[SHEET].replace(plain, rich)

    repacked(path, bold)
    refresh(path, {"B": 7.0})
    assert column(path, "A") == ["A", "B", "C"]
    assert column(path, "C") == [10, 7, 30]
    assert b"<rPr><b/></rPr>" in parts(path)[SHEET]


def test_two_rows_with_the_same_key_are_paired_in_order(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"

    def tab(amounts: list[Value]) -> Tab:
        columns = (Column("ID", ["A"] * len(amounts)), Column("n", amounts))
        return Tab("T", {}, (Table("tblT", (1, 1), columns, ("ID",), "keep"),))

    new_book(path, [tab([1, 2])])
    WorkbookFile(path).write([tab([3, 4, 5])])
    assert column(path, "B", "T", first=2) == [3, 4, 5]


def test_a_table_that_became_a_range_is_found_by_its_headings(path: Path) -> None:
    def unlist(sheet: Any) -> None:
        del sheet.tables["tblSegments"]
        sheet.cell(5, 5, "my note")

    by_hand(path, unlist)
    refresh(path, {"B": 5.0, "D": 6.0})
    found = cells(path)
    assert [found[f"A{row}"] for row in range(5, 9)] == ["A", "B", "C", "D"]
    assert [found[f"C{row}"] for row in range(5, 9)] == [10, 5, 30, 6]
    assert found["E5"] == "my note"


def test_a_missing_column_is_added_at_the_right_with_a_remark(path: Path) -> None:
    extra = Column("Past due", [1.0, 2.0, 3.0], "money")
    remarks = refresh(path, FIRST, extra=[extra])
    assert remarks == ("Segments: the column 'Past due' was not there; it is added at the right of tblSegments.",)
    assert column(path, "E", first=4) == ["Past due", 1, 2, 3]
    assert table_ref(path) == "A4:E7"
    sheet = openpyxl.load_workbook(path)["Segments"]
    assert sheet["E7"].number_format == '#,##0;(#,##0);"-"'
    assert sheet["E4"].font.bold
    before = path.read_bytes()
    assert refresh(path, FIRST, extra=[extra]) == ()
    assert path.read_bytes() == before


@pytest.mark.parametrize("seed", range(5))
def test_notes_stay_with_their_customers_over_many_replacements(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    by_hand(path, lambda sheet: add_user_column(sheet, "Note", ["note A", "note B", "note C"]))
    by_hand(path, lambda sheet: add_user_column(sheet, "Twice", ["=C5*2", "=C6*2", "=C7*2"]))
    notes: dict[str, Value] = {key: f"note {key}" for key in "ABC"}
    for run in range(8):
        keys = chance.sample("ABCDEFGHIJ", k=chance.randint(0, 8))
        refresh(path, {key: run + 0.5 for key in keys}, "replace")
        notes = {key: note for key, note in notes.items() if key in keys}  # who is gone takes his note with him
        rows = len(keys) or 1
        assert column(path, "A") == (keys or [None])
        assert column(path, "E") == ([notes.get(key) for key in keys] or [None])
        assert column(path, "F", formulas=True) == [f"=C{row}*2" for row in range(5, 5 + rows)]
        assert table_ref(path) == f"A4:F{4 + rows}"
        assert max(int(re.sub(r"\D", "", name)) for name in cells(path, formulas=True)) == 4 + rows


# ── layouts that are refused ─────────────────────────────────────────────────


def rename_heading(sheet: Any, column_number: int, heading: str) -> None:
    sheet.cell(4, column_number, heading)
    sheet.tables["tblSegments"].tableColumns[column_number - 1].name = heading


def test_a_lost_key_heading_is_refused(path: Path) -> None:
    by_hand(path, lambda sheet: rename_heading(sheet, 1, "Kunde"))
    before = path.read_bytes()
    with pytest.raises(
        LayoutError, match=r"Segments!A4: the heading 'Customer ID' of the table tblSegments is not there any more\. To go on, rename it back"
    ):
        refresh(path, FIRST)
    assert path.read_bytes() == before


def test_headings_renamed_beyond_recognition_are_refused(path: Path) -> None:
    for number in (2, 3, 4):
        by_hand(path, lambda sheet, n=number: rename_heading(sheet, n, f"Spalte {n}"))  # type: ignore[misc]
    with pytest.raises(LayoutError, match="Segments!B4: the heading 'Segment'"):
        refresh(path, FIRST)


def test_something_below_the_table_is_never_overwritten(path: Path) -> None:
    by_hand(path, lambda sheet: sheet.cell(9, 2, "do not touch"))
    refresh(path, FIRST | {"D": 1.0})
    before = path.read_bytes()
    with pytest.raises(LayoutError, match=r"Segments!B9: the table tblSegments needs 1 more row, and this cell is in use\. To go on, move it"):
        refresh(path, FIRST | {"D": 1.0, "E": 1.0})
    assert path.read_bytes() == before


def test_a_merged_range_below_the_table_is_in_the_way(path: Path) -> None:
    by_hand(path, lambda sheet: sheet.merge_cells("B8:C8"))
    with pytest.raises(LayoutError, match="Segments!B8"):
        refresh(path, FIRST | {"D": 1.0})


def test_a_table_of_the_user_below_is_in_the_way(path: Path) -> None:
    def add(sheet: Any) -> None:
        sheet["A9"], sheet["B9"] = "x", "y"
        sheet.add_table(openpyxl.worksheet.table.Table(displayName="Mine", ref="A9:B10"))

    by_hand(path, add)
    with pytest.raises(LayoutError, match="Segments!A9"):
        refresh(path, FIRST | {k: 1.0 for k in "DEFG"})


def test_a_sheet_of_the_user_with_our_name_is_never_overwritten(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    by_hand(path, lambda sheet: setattr(sheet, "title", "segments"), "Invoices")
    with pytest.raises(LayoutError, match="segments: there is a sheet of this name that xlseg has not made"):
        refresh(path, FIRST)


def test_a_chart_sheet_with_our_name_is_refused(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book.create_chartsheet("Segments").add_chart(openpyxl.chart.BarChart())
    book.save(path)
    with pytest.raises(LayoutError, match=r"book\.xlsx: Segments: the sheet of this name is no worksheet"):
        refresh(path, FIRST)


def test_a_defined_name_like_our_table_is_refused(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book.defined_names["tblsegments"] = openpyxl.workbook.defined_name.DefinedName("tblsegments", attr_text="Invoices!$A$1")
    book.save(path)
    with pytest.raises(LayoutError, match="a defined name is called like a table of xlseg"):
        refresh(path, FIRST)


def test_more_rows_than_a_sheet_holds_are_refused(path: Path) -> None:
    many = [1.0] * 1_048_573
    table = Table("tblMany", (4, 1), (Column("n", many),))
    with pytest.raises(LayoutError, match=r"Many!A4: a table of 1,048,573 rows and 1 columns does not fit into a sheet"):
        WorkbookFile(path).write([Tab("Many", {}, (table,))])


def test_a_cell_of_ours_in_a_table_that_has_grown_is_refused(path: Path) -> None:
    tab = segments({k: 1.0 for k in "ABCDEF"})
    late = Tab(tab.name, {**tab.cells, (8, 1): next(iter(tab.cells.values()))}, tab.tables)
    with pytest.raises(LayoutError, match="Segments!A8: the table tblSegments has grown over a cell of the tab"):
        WorkbookFile(path).write([late])


def test_row_heights_and_hidden_rows_stay(path: Path) -> None:
    def edit(sheet: Any) -> None:
        sheet.row_dimensions[6].height = 33
        sheet.row_dimensions[6].hidden = True

    by_hand(path, edit)
    refresh(path, {"B": 99.0})
    row = re.search(rb'<row r="6"[^>]*>', parts(path)[SHEET])
    assert row
    assert b'ht="33"' in row[0]
    assert b'hidden="1"' in row[0]


def test_a_column_typed_beside_a_table_whose_rows_change_places_goes_with_its_rows(path: Path) -> None:
    workbook = openpyxl.load_workbook(path)
    for row, words in enumerate(("Mine", "beside A", "beside B", "beside C"), start=4):
        workbook.worksheets[0].cell(row, 5, words)
    workbook.save(path)
    refresh(path, {"C": 30.0, "A": 10.0, "B": 20.0}, "replace")
    assert column(path, "A") == ["C", "A", "B"]
    assert column(path, "E") == ["beside C", "beside A", "beside B"]
    assert table_ref(path) == "A4:E7"


@pytest.mark.parametrize("heading", [2026, "=A1", "customer id"], ids=["a number", "a formula", "one of ours"])
def test_what_cannot_be_a_heading_beside_a_table_stays_outside(path: Path, heading: object) -> None:
    workbook = openpyxl.load_workbook(path)
    workbook.worksheets[0].cell(4, 5).value = heading  # type: ignore[assignment]
    workbook.save(path)
    refresh(path, {"C": 30.0, "A": 10.0}, "replace")
    assert table_ref(path) == "A4:D6"


def test_a_heading_that_is_merged_beside_a_table_stays_outside(path: Path) -> None:
    workbook = openpyxl.load_workbook(path)
    workbook.worksheets[0]["E4"] = "Mine"
    workbook.worksheets[0].merge_cells("E4:F4")
    workbook.save(path)
    refresh(path, {"C": 30.0, "A": 10.0}, "replace")
    assert table_ref(path) == "A4:D6"


def test_a_formula_that_fills_several_cells_beside_a_table_stays_outside(path: Path) -> None:
    spill = (
        b'<c r="E5" t="str"><f t="array" ref="E5:E6">_xlfn.SORT(tblSegments[Customer ID])</f><v>A</v></c>',
        b'<c r="E6" t="str"><v>B</v></c>',
    )

    def edit(members: dict[str, bytes]) -> None:
        sheet = re.sub(rb'(<row r="4".*?)(</row>)', rb'\1<c r="E4" t="inlineStr"><is><t>Sorted</t></is></c>\2', members[SHEET])
        for row, cell in enumerate(spill, start=5):
            sheet = re.sub(rb'(<row r="%d".*?)(</row>)' % row, rb"\1%b\2" % cell, sheet)
        members[SHEET] = sheet

    repacked(path, edit)
    refresh(path, {"C": 30.0, "A": 10.0}, "replace")
    assert table_ref(path) == "A4:D6"
    assert all(cell in parts(path)[SHEET] for cell in spill)


def test_a_row_that_the_user_has_copied_is_remarked_upon(path: Path) -> None:
    def copy(sheet: Any) -> None:
        sheet["A8"], sheet["C8"] = "B", 5.0
        sheet.tables["tblSegments"].ref = sheet.tables["tblSegments"].autoFilter.ref = "A4:D8"

    by_hand(path, copy)
    remarks = refresh(path, {"A": 1.0, "B": 2.0, "C": 3.0})
    assert column(path, "C") == [1.0, 2.0, 3.0, 5.0]
    assert remarks == ("Segments: B stands in too many rows of tblSegments; delete those that are not kept up to date.",)


def test_a_table_with_another_name_is_named(path: Path) -> None:
    def rename(sheet: Any) -> None:
        table = sheet.tables.pop("tblSegments")
        table.name = table.displayName = "Runs"
        sheet.add_table(table)

    by_hand(path, rename)
    with pytest.raises(LayoutError, match=r"Segments!A4: the table of this tab is called Runs, not tblSegments\. To go on, rename it back"):
        refresh(path, FIRST)


@pytest.mark.parametrize("growth", ["keep", "replace"])
def test_an_empty_cell_that_another_program_has_left_out_is_not_put_back(path: Path, growth: Growth) -> None:
    rows = {"A": 1.0, "B": float("nan"), "C": 3.0}
    refresh(path, rows, growth)

    def save_elsewhere(members: dict[str, bytes]) -> None:
        bare = re.sub(rb'<c r="C6"[^>]*/>', b"", members[SHEET])
        members[SHEET] = bare.replace(b'<row r="6"', b'<row r="6" customFormat="false" ht="15"')

    repacked(path, save_elsewhere)
    assert b'r="C6"' not in parts(path)[SHEET]
    assert WorkbookFile(path).write([segments(rows, growth=growth)]).unchanged == ("Segments",)


@pytest.mark.parametrize("how", ["in the table", "converted to a range"])
def test_what_is_typed_below_a_list_that_is_made_anew_is_not_deleted_with_its_rows(path: Path, how: str) -> None:
    refresh(path, FIRST, "replace")

    def note(sheet: Any) -> None:
        sheet["A8"], sheet["A9"], sheet["D9"] = "agreed with sales", "and again", "by Anna"
        sheet.tables["tblSegments"].ref = "A4:D9"  # as Excel does where something is typed below a table
        if how != "in the table":
            del sheet.tables["tblSegments"]

    by_hand(path, note)
    refresh(path, {"B": 2.0, "A": 1.0}, "replace")
    found = cells(path)
    assert [found.get(f"A{row}") for row in range(5, 10)] == ["B", "A", None, "agreed with sales", "and again"]
    assert found["D9"] == "by Anna"
    before = path.read_bytes()
    with pytest.raises(LayoutError, match=r"^Segments!A8: the table tblSegments needs 2 more rows, and this cell is in use\. To go on, move it"):
        refresh(path, FIRST | {"D": 4.0}, "replace")
    assert path.read_bytes() == before


def test_a_row_whose_key_is_emptied_is_not_counted_beside_a_new_one(path: Path) -> None:
    by_hand(path, lambda sheet: sheet.__setitem__("A6", None))
    before = path.read_bytes()
    with pytest.raises(LayoutError, match=r"^Segments!A6: the Customer ID of this row of tblSegments is empty\. To go on, write it back, or delete"):
        refresh(path, FIRST)
    assert path.read_bytes() == before
    by_hand(path, lambda sheet: sheet.__setitem__("A6", "B"))
    refresh(path, FIRST)
    assert column(path, "A") == ["A", "B", "C"]


@pytest.mark.parametrize("at", ["E", "left"])
def test_what_stands_directly_beside_rows_that_change_places_is_told(path: Path, at: str) -> None:
    refresh(path, FIRST, "replace")

    def note(sheet: Any) -> None:
        if at == "left":
            sheet.move_range("A4:D7", cols=1)
            sheet.tables["tblSegments"].ref = "B4:E7"
        for row, words in enumerate(("on A", "on B", "on C"), start=5):
            sheet[f"{'A' if at == 'left' else at}{row}"] = words

    by_hand(path, note)
    letter = "A" if at == "left" else "E"
    told = f"Segments: column {letter} stands directly beside tblSegments and does not move with its rows; give it a heading"
    (remark,) = refresh(path, {"C": 3.0, "A": 1.0, "B": 2.0}, "replace")
    assert remark.startswith(told)
    assert refresh(path, {"C": 4.0, "A": 1.0, "B": 2.0}, "replace") == ()


def test_new_rows_get_a_formula_that_most_rows_have_though_a_value_is_typed_over_the_last(path: Path) -> None:
    by_hand(path, lambda sheet: add_user_column(sheet, "Twice", ["=C5*2", "=C6*2", 0]))
    refresh(path, FIRST | {"D": 4.0})
    assert column(path, "E", formulas=True) == ["=C5*2", "=C6*2", 0, "=C8*2"]


def test_a_format_of_whole_columns_stays_as_it_is(path: Path) -> None:
    def dress(sheet: Any) -> None:
        rule = openpyxl.formatting.rule.CellIsRule(operator="greaterThan", formula=["5"])
        sheet.conditional_formatting.add("C1:C9", rule)

    by_hand(path, dress)
    repacked(path, lambda members: members.update({SHEET: members[SHEET].replace(b'sqref="C1:C9"', b'sqref="C:C 5:7 C5:C7"')}))
    refresh(path, FIRST | {"D": 4.0})
    assert b'sqref="C:C 5:7 C5:C8"' in parts(path)[SHEET]


def test_rows_of_the_user_between_those_of_a_list_that_is_made_anew_are_not_deleted(path: Path) -> None:
    refresh(path, FIRST, "replace")

    def note(sheet: Any) -> None:
        sheet.insert_rows(6)
        sheet["A6"], sheet.tables["tblSegments"].ref = "TEAM NORTH: ask Okafor", "A4:D8"

    by_hand(path, note)
    before = path.read_bytes()
    refusal = r"^Segments!A6: this row of tblSegments is not one that xlseg has written, and the list is made anew\. To go on, move it below"
    with pytest.raises(LayoutError, match=refusal):
        refresh(path, FIRST, "replace")
    assert path.read_bytes() == before


def test_a_totals_row_is_not_put_upon_what_is_typed_at_the_end_of_a_list(path: Path) -> None:
    refresh(path, FIRST, "replace")

    def note(sheet: Any) -> None:
        sheet["A8"], sheet["A9"] = "agreed with sales", "Total"
        sheet.tables["tblSegments"].ref, sheet.tables["tblSegments"].totalsRowCount = "A4:D9", 1

    by_hand(path, note)
    with pytest.raises(LayoutError, match=r"^Segments!A8: the table tblSegments needs 1 more row, and this cell is in use"):
        refresh(path, FIRST, "replace")
    refresh(path, {"A": 1.0, "B": 2.0}, "replace")
    found = cells(path)
    assert [found.get(f"A{row}") for row in range(5, 9)] == ["A", "B", "Total", "agreed with sales"]


def test_what_is_typed_into_the_blank_row_of_an_empty_list_comes_to_stand_beside_nobody(path: Path) -> None:
    refresh(path, {}, "replace")
    by_hand(path, lambda sheet: sheet.__setitem__("D5", "nobody moved in June"))
    refresh(path, {}, "replace")
    before = path.read_bytes()
    with pytest.raises(
        LayoutError, match=r"^Segments!D5: something is typed into the blank row of tblSegments, to which rows come now\. To go on, move"
    ):
        refresh(path, FIRST, "replace")
    assert path.read_bytes() == before
