"""Whatever a workbook holds stays what it is through refreshes: a workbook of our own for every feature."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from features import BOOK, PARTS, SHEETS, features
from foreign import DRAWN, WRITTEN, made
from loss import differing, erp_tabs, losses, parts_of_tab, refreshed
from workbooks import parts

from xlseg.hosts.file import WorkbookFile

FEATURES = (*DRAWN, *WRITTEN)
EDITED = (
    "strict", "prefixed XML", "1904 dates", "names", "tables", "slicers", "macro sheets", "dialog sheets", "chart sheets", "external links",
    "package signature",
)  # fmt: skip
"""Those that change the parts to which a refresh adds."""
MACROS = ("VBA", "VBA signature", "macro sheets")


def filled(folder: Path, feature: str) -> Path:
    """A workbook that holds the feature and the ERP sheets."""
    path = made(folder / ("book.xlsm" if feature in MACROS else "book.xlsx"), feature)
    before = parts(path)
    WorkbookFile(path).write(erp_tabs())
    assert losses(before, parts(path)) == []
    return path


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_outlives_refreshes(tmp_path: Path, feature: str) -> None:
    path = filled(tmp_path, feature)
    before = parts(path)
    refreshed(path)
    first = parts(path)
    assert losses(before, first) == []
    refreshed(path, day=3)
    assert set() < differing(first, parts(path)) <= parts_of_tab(first, "Run Log")


def test_the_tenth_refresh_is_like_the_first(tmp_path: Path) -> None:
    path = filled(tmp_path, "VBA")
    refreshed(path)
    first = parts(path)
    for day in range(3, 12):
        refreshed(path, day)
    assert differing(first, parts(path)) == parts_of_tab(first, "Run Log")


def test_there_is_a_workbook_for_every_feature_that_is_reported(tmp_path: Path) -> None:
    held = frozenset().union(*(features(parts(made(tmp_path / "book.xlsx", feature))) for feature in FEATURES))
    assert held == {*PARTS, *SHEETS, *BOOK}


@pytest.mark.parametrize("feature", EDITED)
def test_the_open_xml_sdk_finds_no_error_that_was_not_there(tmp_path: Path, feature: str) -> None:
    if not os.environ.get("OOXML_VALIDATOR"):
        pytest.skip("OOXML_VALIDATOR does not name the validator of the Open XML SDK")
    path = filled(tmp_path, feature)
    original = Path(shutil.copy(path, tmp_path / f"before{path.suffix}"))
    refreshed(path)
    assert [e for e in errors(path) if e not in errors(original)] == []


def errors(path: Path) -> list[tuple[str, str]]:
    """What the Open XML SDK finds wrong, without the numbers of lines and parts."""
    report = subprocess.run([os.environ["OOXML_VALIDATOR"], str(path)], capture_output=True, text=True, check=False).stdout
    return sorted(
        (e["description"], e["path"]["partUri"] if isinstance(e.get("path"), dict) else str(e.get("path"))) for e in json.loads(report)["errors"]
    )
