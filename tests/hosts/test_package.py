"""Parts that are expected are unpacked one ahead."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from workbooks import repacked, user_book

from xlseg.errors import FormatError
from xlseg.hosts import package
from xlseg.hosts.package import Package

PARTS = ["xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"]


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(package, "_LARGE", 0)
    return user_book(tmp_path / "book.xlsx")


@pytest.mark.parametrize(
    ("expected", "read"),
    [
        pytest.param(PARTS, PARTS, id="as expected"),
        pytest.param(PARTS, PARTS[::-1], id="in another order"),
        pytest.param(PARTS[:1], PARTS[1:], id="others"),
        pytest.param(["XL/Styles.xml", "xl/nowhere.xml"], PARTS, id="in another case, and what is not there"),
        pytest.param(PARTS, [], id="none"),
    ],
)
def test_expected_parts_are_what_they_are(book: Path, expected: list[str], read: list[str]) -> None:
    with zipfile.ZipFile(book) as members:
        wanted = {part: members.read(part) for part in PARTS}
    found = Package(book)
    found.expect(expected)
    assert {part: found.read(part) for part in read} == {part: wanted[part] for part in read}
    found.close()
    book.rename(book.with_name("other.xlsx"))  # nobody holds it


def test_a_broken_part_is_told_of_when_it_is_read(book: Path) -> None:
    repacked(book, lambda members: members)
    with zipfile.ZipFile(book) as members:
        start = members.getinfo(PARTS[0]).header_offset
    data = bytearray(book.read_bytes())
    data[start + 60 : start + 80] = bytes(20)
    book.write_bytes(data)
    found = Package(book)
    found.expect(PARTS)
    assert found.read(PARTS[1])
    with pytest.raises(FormatError, match=r"part xl/worksheets/sheet1\.xml is broken"):
        found.read(PARTS[0])
    found.close()


def test_a_part_that_has_been_put_is_not_what_was_unpacked(book: Path) -> None:
    found = Package(book)
    found.expect(PARTS)
    found.put(PARTS[0], b"<new/>")
    assert found.read(PARTS[0]) == b"<new/>"
    found.close()
