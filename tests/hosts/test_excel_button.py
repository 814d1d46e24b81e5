"""The button: a click refreshes the open workbook, and one message says how it went."""

import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import fake_excel
import openpyxl
import pytest

from xlseg.addin import ribbon
from xlseg.demo import make_book, write_book
from xlseg.hosts.file import WorkbookFile
from xlseg.refresh import Clock, refresh

CLOCK = Clock(dt.datetime(2026, 10, 31, 9, 30), lambda: 0.0)


class Watched(fake_excel.App):
    """Keeps what the status bar has said."""

    def __init__(self) -> None:
        self.said: list[Any] = []
        super().__init__()

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "status_bar":
            self.said.append(value)
        super().__setattr__(name, value)


@pytest.fixture(scope="module")
def erp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "erp.xlsx"
    write_book(make_book(12, 7), path)
    return path


def tabs(path: Path) -> dict[str, list[list[object]]]:
    """All cells of all sheets."""
    return {sheet.title: [[_rounded(cell.value) for cell in row] for row in sheet.iter_rows()] for sheet in openpyxl.load_workbook(path)}


def _rounded(value: object) -> object:
    """openpyxl, which is the paper, keeps sixteen digits of a number."""
    return float(f"{value:.12g}") if isinstance(value, float) else value


def test_a_click_writes_what_the_command_writes(erp: Path, tmp_path: Path) -> None:
    by_command, by_click = tmp_path / "command" / "erp.xlsx", tmp_path / "click" / "erp.xlsx"
    for path in (by_command, by_click):
        path.parent.mkdir()
        shutil.copy(erp, path)
    app = Watched()
    book = fake_excel.Book(by_click, app)
    for time in (1, 2):  # the tabs made, then brought up to date
        report = refresh(WorkbookFile(by_command), None, None, CLOCK)
        ribbon.refresh_book(book, CLOCK)
        fake_excel.saved(book)
        assert tabs(by_click) == tabs(by_command), time
    assert app.said == [False, *(2 * ["xlseg: reading the sheets …", "xlseg: measuring …", "xlseg: checking …", "xlseg: writing …", False])]
    assert len(app.alerts) == 2
    first = app.alerts[-1].splitlines()
    assert first[0] == f"{len(report.analysis.standing)} customers as of 2026-10-31."
    assert re.fullmatch(r"Since 2026-09-30: \d+ worse, \d+ better \(\d+ of them provisional\)\.", first[1])


def test_what_the_user_must_do_is_said_in_one_message(erp: Path, tmp_path: Path) -> None:
    path = shutil.copy(erp, tmp_path / "erp.xlsx")
    book = fake_excel.Book(Path(path))
    for sheets in (book.file, book.values):
        next(cell for cell in sheets["Invoices"][1] if cell.value == "Date").value = "Whatever"
    ribbon.refresh_book(book, CLOCK)
    assert book.app.alerts == ["Invoices: no column 'Date'. To go on, add it, or map it on the Config sheet."]
    assert book.app.status_bar is False
    assert book.file.sheetnames == openpyxl.load_workbook(erp).sheetnames


def test_an_error_of_the_program_is_a_message_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, erp: Path) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(ribbon, "refresh", broken)
    book = fake_excel.Book(erp)
    ribbon.refresh_book(book, CLOCK)
    assert "(ZeroDivisionError: by nought); the workbook is as it was. To go on, run `xlseg check`" in book.app.alerts[0]


def test_a_draft_is_said_in_the_message(erp: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(erp, tmp_path / "erp.xlsx"))
    refresh(WorkbookFile(path), None, None, CLOCK)
    book = fake_excel.Book(path)
    for sheets in (book.file, book.values):
        sheets["Rules"]["F9"] = ">70%"
    ribbon.refresh_book(book, CLOCK)
    assert re.search(
        r"\n\nDRAFT: rule set [0-9a-f]{8} is not approved: fill Approved By and Approved On in its row on Rule Sets, and refresh\.",
        book.app.alerts[0],
    )
