"""Sixty real workbooks, made by Excel and others, are refreshed and lose nothing. What they hold, and what of it is kept, is reported at the end.

The files belong to other projects and are not part of this one; they are expected in `shared/corpus` beside the checkout.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import python_calamine
from features import features
from loss import differing, erp_tabs, losses, parts_of_tab, refreshed
from workbooks import parts

from xlseg.errors import FormatError
from xlseg.hosts.file import WorkbookFile

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
FILES = sorted(CORPUS.glob("*.xls?"))

REFUSED = {
    "020_workbookProtection_workbook_revision_pro.xlsx": "the workbook is shared",
    "047_workbookProtection_workbook_structure_pr.xlsx": "the structure of the workbook is locked",
    "054_Revision_NameCommentChange.xlsx": "the workbook is shared",
    "079_simple_cell_changes.xlsx": "the workbook is shared",
}
TEN_TIMES = ("072_database.xlsm", "105_xl8galry.xlsx")
"""Macros and controls; a strict book with chart sheets."""

TABS = ("Segments", "Metrics")
Record = Callable[[str, object], None]


@pytest.fixture(params=FILES or [None], ids=lambda f: f.stem if f else "none")
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of one of the files."""
    if request.param is None:
        pytest.skip("../shared/corpus is not here")
    path = tmp_path / request.param.name
    shutil.copyfile(request.param, path)
    return path


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of nothing but the same ledger, refreshed."""
    path = tmp_path_factory.mktemp("plain") / "plain.xlsx"
    openpyxl.Workbook().save(path)
    WorkbookFile(path).write(erp_tabs())
    refreshed(path)
    return path


def show_the_same(book: Path, other: Path) -> bool:
    """Whether Segments and Metrics say the same, to one of two programs' eyes: one knows no macro sheets, the other no strict books."""
    try:
        return through_calamine(book) == through_calamine(other)
    except python_calamine.CalamineError:
        return through_openpyxl(book) == through_openpyxl(other)


def through_calamine(path: Path) -> list[list[object]]:
    book = python_calamine.load_workbook(path)
    return [list(book.get_sheet_by_name(name).to_python()) for name in TABS]


def through_openpyxl(path: Path) -> list[list[object]]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        return [list(book[name].iter_rows(values_only=True)) for name in TABS]
    finally:
        book.close()


def test_a_real_workbook_is_refreshed_and_loses_nothing(book: Path, plain: Path, record_property: Record) -> None:
    content, theirs = book.read_bytes(), parts(book)
    held = sorted(features(theirs))
    if book.name in REFUSED:
        with pytest.raises(FormatError, match=REFUSED[book.name]):
            WorkbookFile(book).write(erp_tabs())
        assert book.read_bytes() == content
        record_property("refused", held)
        return
    WorkbookFile(book).write(erp_tabs())
    before = parts(book)
    refreshed(book)
    first = parts(book)
    same_numbers = show_the_same(book, plain)
    again = [stable(book, first, day) for day in range(3, 12 if book.name in TEN_TIMES else 4)]
    lost = losses(theirs, before) + losses(before, first)
    if "calculation chain" in held:  # formulas of ours move: the one reason to touch more than our tabs
        refreshed(book, day=12, as_of=dt.date(2026, 8, 31))
        lost += losses(before, parts(book), recalculated=True)
    record_property("refreshed", dict.fromkeys(held, not lost and all(again)))
    assert lost == []
    assert all(again)
    assert same_numbers


def stable(book: Path, first: dict[str, bytes], day: int) -> bool:
    """Whether another refresh changes the Run Log and nothing else."""
    refreshed(book, day)
    changed = differing(first, parts(book))
    return bool(changed) and changed <= parts_of_tab(first, "Run Log")
