"""`xlseg rules export`, `import`, `diff`: a rule set shared by several books."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import openpyxl
import pytest
from books import demo_file, edited, parts, refreshed
from openpyxl.styles import PatternFill
from openpyxl.worksheet.table import TableColumn

from xlseg.cli import main
from xlseg.segments.defaults import default_rules


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("once") / "erp.xlsx", customers=4)
    refreshed(path)
    return path


@pytest.fixture
def book(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(once, tmp_path / "erp.xlsx"))


def other_rules(workbook: openpyxl.Workbook) -> None:
    """Another limit in one rule, one rule less, a rule that asks for metrics the defaults do not ask for."""
    page = workbook["Rules"]
    page["F9"] = ">70%"
    for column in range(1, page.max_column + 1):
        page.cell(19, column).value = None  # High Engagement, priority 80
    page.cell(6, 22, "credit_share")
    page.cell(6, 23, "past_due_share")
    page.cell(19, 1, 15)
    page.cell(19, 2, "Disputes")
    page.cell(19, 3, 6)
    page.cell(19, 22, ">10%")
    page.cell(19, 23, ">=p90")
    table = page.tables["tblRules"]
    table.ref = table.autoFilter.ref = "A6:W22"
    table.tableColumns += [TableColumn(id=22, name="credit_share"), TableColumn(id=23, name="past_due_share")]


@pytest.fixture
def shared(once: Path, tmp_path: Path) -> Path:
    """The rule set of the head office, as a file."""
    path = edited(Path(shutil.copy(once, tmp_path / "office.xlsx")), other_rules)
    assert main(["rules", "export", str(path), str(tmp_path / "rules.json"), "--version", "2026-11", "--comment", "Disputes"]) == 0
    return tmp_path / "rules.json"


def rules_on(path: Path) -> dict[object, dict[str, object]]:
    """The rules on the sheet by priority: what is filled."""
    page = openpyxl.load_workbook(path)["Rules"]
    heads = [str(cell.value) for cell in page[6]]
    found = [{head: cell.value for head, cell in zip(heads, row, strict=True) if cell.value is not None} for row in page.iter_rows(min_row=7)]
    return {row.pop("Priority"): row for row in found if row}


def test_a_rule_set_goes_from_one_book_into_another_and_is_a_draft_there(book: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["rules", "diff", str(book), str(shared)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[1:] == [
        "At-Risk, priority 12: late_share: – → >70%",
        "Disputes, priority 15: – → risk 6; past_due_share >=p90; credit_share >10%",
        "High Engagement, priority 80: risk 2; n_paid >=4; payment_velocity <=2; frequency_change >=0; orders_per_month_sa >=p80 → –",
    ]
    assert main(["rules", "import", str(book), str(shared)]) == 0
    assert "written to Rules. Next: xlseg refresh" in capsys.readouterr().out
    found = rules_on(book)
    assert found[12] == {"Segment": "At-Risk", "Risk": 8, "frequency_change": "<=-25%", "oldest_past_due": ">60", "late_share": ">70%"}
    assert found[15] == {"Segment": "Disputes", "Risk": 6, "credit_share": ">10%", "past_due_share": ">=p90"}
    assert 80 not in found
    assert found[95] == {"Segment": "Slow Payer", "Risk": 5, "n_paid": ">=4", "payment_velocity": ">5"}
    assert main(["rules", "diff", str(book), str(shared)]) == 0
    assert capsys.readouterr().out == ""
    assert refreshed(book).analysis.approval.is_draft


def test_importing_touches_the_rules_sheet_alone_and_keeps_what_the_user_put_there(book: Path, shared: Path, tmp_path: Path) -> None:
    def his(workbook: openpyxl.Workbook) -> None:
        page = workbook["Rules"]
        page.column_dimensions["B"].width = 41
        page["D7"] = " >=4 "  # a spelling of his own
        page["D8"].fill = PatternFill("solid", fgColor="FF00FF00")
        page["X1"] = "Ask Carla before changing"
        page.cell(6, 22, "Note")
        for row in range(7, 23):
            page.cell(row, 22, f"={page.cell(row, 1).value}" if row == 7 else f"why {page.cell(row, 1).value}")
            page.cell(row, 22).data_type = "s"
        table = page.tables["tblRules"]
        table.ref = table.autoFilter.ref = "A6:V22"
        table.tableColumns.append(TableColumn(id=22, name="Note"))

    edited(book, his)
    before = parts(book)
    assert main(["rules", "import", str(book), str(shared), "--backup", "1"]) == 0
    page = openpyxl.load_workbook(book)["Rules"]
    found = rules_on(book)
    assert (page.column_dimensions["B"].width, page["D8"].fill.fgColor.rgb, page["X1"].value) == (41, "FF00FF00", "Ask Carla before changing")
    assert (found[10]["n_paid"], found[10]["Note"], found[95]["Note"]) == (" >=4 ", "=10", "why 95")
    assert "Note" not in found[15]
    assert page.tables["tblRules"].ref == "A6:X22"
    assert not [cell for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    after = parts(book)
    changed = {name for name in before if before[name] != after[name]}
    assert all(name.startswith(("xl/worksheets/", "xl/tables/")) or name in ("xl/styles.xml", "xl/workbook.xml") for name in changed)
    assert len([name for name in changed if name.startswith("xl/worksheets/")]) == 1
    assert parts(tmp_path / "erp.1.xlsx") == before


def test_importing_the_same_again_or_trying_it_out_writes_nothing(book: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = book.read_bytes()
    assert main(["rules", "import", str(book), str(shared), "--dry-run"]) == 0
    assert "would be written" in capsys.readouterr().out
    assert book.read_bytes() == content
    main(["rules", "import", str(book), str(shared)])
    content = book.read_bytes()
    assert main(["rules", "import", str(book), str(shared)]) == 0
    assert "already; nothing written" in capsys.readouterr().out
    assert book.read_bytes() == content


def test_a_book_without_a_rules_sheet_gets_one(book: Path, shared: Path) -> None:
    def without(workbook: openpyxl.Workbook) -> None:
        del workbook["Rules"]

    assert main(["rules", "import", str(edited(book, without)), str(shared)]) == 0
    assert rules_on(book)[15]["past_due_share"] == ">=p90"
    assert main(["rules", "diff", str(book), str(shared)]) == 0


def test_a_rules_sheet_of_few_columns_takes_a_rule_set_of_many(book: Path, tmp_path: Path) -> None:
    def few(workbook: openpyxl.Workbook) -> None:
        page = workbook["Rules"]
        page.delete_cols(5, page.max_column)
        for row in range(8, 23):
            for column in range(1, 5):
                page.cell(row, column).value = None
        table = page.tables["tblRules"]
        table.ref = table.autoFilter.ref = "A6:D7"
        table.tableColumns = table.tableColumns[:4]

    assert main(["rules", "export", str(book), str(tmp_path / "rules.json")]) == 0
    edited(book, few)
    assert main(["rules", "import", str(book), str(tmp_path / "rules.json")]) == 0
    assert refreshed(book).analysis.rules.hash == default_rules().hash


def test_what_does_not_parse_is_refused_and_the_book_stays(book: Path, shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = book.read_bytes()
    shared.write_text(shared.read_text(encoding="utf-8").replace('">70%"', '"> seventy"'), encoding="utf-8")
    assert main(["rules", "import", str(book), str(shared)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("xlseg: rules.json, rule 3: '> seventy' is not a criterion. To go on, write ")
    assert error.count("\n") == 1
    assert book.read_bytes() == content


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["rules", "diff", "erp.xlsx", "none.json"], 2, "none.json: the file cannot be read"),
        (["rules", "import", "erp.xlsx", "none.json"], 1, "none.json: the file cannot be read"),
        (["rules", "export", "erp.xlsx", "other.xlsx"], 1, "other.xlsx: a rule set is exported to a text file"),
        (["rules", "export", "erp.xlsx", "no/folder.json"], 1, "folder.json: the file cannot be written"),
        (["rules", "export", "none.xlsx", "rules.json"], 1, "none.xlsx: the file cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    book: Path, arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book.parent)
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert error.startswith(f"xlseg: {message}")
    assert error.count("\n") == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
@pytest.mark.parametrize("command", ["import", "diff"])
def test_a_pipe_in_place_of_a_rule_file_is_refused_at_once(book: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    pipe = book.parent / "rules.json"
    os.mkfifo(pipe)
    assert main(["rules", command, str(book), str(pipe)]) != 0
    error = capsys.readouterr().err
    assert error.startswith(f"xlseg: {pipe}: no file that can be read. To go on, name the file that `xlseg rules export` made.")


NO_RULE_SETS = {"a workbook": None, "a text": b"Ask Carla", "a list": b"[1]", "another file of JSON": b'{"rules": []}'}


@pytest.mark.parametrize("content", NO_RULE_SETS.values(), ids=NO_RULE_SETS)
def test_a_file_that_is_no_rule_set_is_not_replaced(book: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]) -> None:
    file = book.parent / "rules.json"
    file.write_bytes(before := content or book.read_bytes())
    assert main(["rules", "export", str(book), str(file)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("xlseg: rules.json: a file of this name is there already, and the file is no ")
    assert error.count("\n") == 1
    assert file.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="links as Unix has them")
def test_the_book_itself_is_not_replaced_by_its_rules_whatever_it_is_called(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before, soft, hard = book.read_bytes(), book.with_name("soft.json"), book.with_name("hard.json")
    soft.symlink_to(book)
    hard.hardlink_to(book)
    other = Path(shutil.copy(book, book.with_name("erp.bak")))
    for named, file in ((book, soft), (book, hard), (other, other)):
        assert main(["rules", "export", str(named), str(file)]) == 1
        assert capsys.readouterr().err.startswith(f"xlseg: {file.name}: this is the book itself. To go on, export to another file")
    assert (book.read_bytes(), other.read_bytes()) == (before, before)


def test_a_rule_set_is_written_all_or_nothing(book: Path, shared: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = shared.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["rules", "export", str(book), str(shared)]) == 1
    assert "rules.json: the file cannot be written (No space left on device)" in capsys.readouterr().err
    monkeypatch.undo()
    assert shared.read_bytes() == before
    assert main(["rules", "export", str(book), str(shared)]) == 0
    assert shared.read_bytes() != before
    assert sorted(path.name for path in book.parent.iterdir()) == ["erp.xlsx", "office.xlsx", "rules.json"]


@pytest.mark.parametrize("option", ["--name", "--version", "--comment"])
def test_an_argument_that_is_not_utf_8_is_one_line_and_the_file_stays(
    option: str, book: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shared.read_bytes()
    assert main(["rules", "export", str(book), str(shared), option, os.fsdecode(b"a\xff")]) == 1
    error = capsys.readouterr().err
    assert error == f"xlseg: {option}: 'a\\udcff' is not UTF-8, as a rule set file is. To go on, write it otherwise with {option}.\n"
    assert shared.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_no_rule_set_is_written_to_a_pipe_or_a_device(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(book.parent / "rules.json")
    for file in (str(book.parent / "rules.json"), os.devnull):
        assert main(["rules", "export", str(book), file]) == 1
        assert ": no file that can be written. To go on, export to another file" in capsys.readouterr().err


@pytest.mark.parametrize("kept", [1, 2])
def test_a_rule_set_of_few_rules_takes_the_place_of_many(book: Path, tmp_path: Path, kept: int) -> None:
    assert main(["rules", "export", str(book), str(tmp_path / "rules.json")]) == 0
    content = json.loads((tmp_path / "rules.json").read_text())
    content["rules"] = content["rules"][:kept]
    content.pop("hash")
    (tmp_path / "few.json").write_text(json.dumps(content))
    assert main(["rules", "import", str(book), str(tmp_path / "few.json")]) == 0
    assert len(rules_on(book)) == kept
