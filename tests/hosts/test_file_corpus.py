"""Sixty real workbooks, made by Excel and others, get our tabs and lose nothing.

The files belong to other projects and are not part of this one; they are expected in `shared/corpus` beside the checkout.
"""

import shutil
from pathlib import Path

import pytest
from workbooks import layout, parts, segments

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
EDITED = ("[Content_Types].xml", "workbook.xml", "workbook.xml.rels", "styles.xml")
FIRST, SECOND = {"0017": 120.0, "0018": 80.0}, {"0018": 81.0, "0019": 5.0}


@pytest.fixture(params=FILES or [None], ids=lambda f: f.stem if f else "none")
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of one of the files."""
    if request.param is None:
        pytest.skip("../shared/corpus is not here")
    path = tmp_path / request.param.name
    shutil.copyfile(request.param, path)
    return path


def test_a_real_workbook_gets_our_tabs_and_loses_nothing(book: Path) -> None:
    before, content = parts(book), book.read_bytes()
    if book.name in REFUSED:
        with pytest.raises(FormatError, match=REFUSED[book.name]):
            WorkbookFile(book).write([segments(FIRST), layout([0.5])])
        assert book.read_bytes() == content
        return
    assert WorkbookFile(book).write([segments(FIRST), layout([0.5, 0.25])]).made == ("Segments", "Migration")
    written = book.read_bytes()
    assert WorkbookFile(book).write([segments(FIRST), layout([0.5, 0.25])]).unchanged == ("Segments", "Migration")
    assert book.read_bytes() == written
    assert WorkbookFile(book).write([segments(SECOND), layout([0.5])]).updated == ("Segments", "Migration")
    after = parts(book)
    edited = [name for name, data in before.items() if after.get(name) != data and not name.lower().endswith(tuple(e.lower() for e in EDITED))]
    # the sum on our second tab has moved: the list of formula cells, which Excel rebuilds, may go
    assert edited in ([], ["xl/calcChain.xml"])
