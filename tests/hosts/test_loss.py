"""The instrument of the tests for loss sees losses: of a part, of an element, of an order; and what another program loses."""

from pathlib import Path

import openpyxl
import pytest
from loss import losses
from workbooks import parts, user_book

Edit = tuple[str, bytes, bytes]


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        pytest.param(("xl/styles.xml", b"<fill>", b"<fill/><fill>"), "xl/styles.xml: fills: element 1 (fill)", id="a style before the others"),
        pytest.param(("xl/workbook.xml", b"<bookViews>", b"<other/><bookViews>"), "xl/workbook.xml: other is new", id="an element in the workbook"),
        pytest.param(("xl/workbook.xml", b'name="Total"', b'name="Sum"'), "definedNames: element 1", id="a name"),
        pytest.param(("[Content_Types].xml", b'Extension="png"', b'Extension="gif"'), "element 3 (Default)", id="a content type"),
        pytest.param(("xl/charts/chart1.xml", b"<c:chart>", b"<c:chart >"), "xl/charts/chart1.xml: is another one", id="a blank in a chart"),
    ],
)
def test_a_change_of_a_foreign_part_is_seen(tmp_path: Path, edit: Edit, what: str) -> None:
    part, old, new = edit
    before = parts(user_book(tmp_path / "book.xlsx"))
    after = {name: data.replace(old, new) if name == part else data for name, data in before.items()}
    assert [what in lost for lost in losses(before, after)] == [True]
    assert losses(before, before) == []


def test_what_openpyxl_loses_is_seen(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsm")
    before = parts(path)
    openpyxl.load_workbook(path).save(path)
    lost = losses(before, parts(path))
    assert "xl/vbaProject.bin is gone" in lost
    assert "xl/charts/chart1.xml: is another one" in lost or "xl/charts/chart1.xml is gone" in lost
