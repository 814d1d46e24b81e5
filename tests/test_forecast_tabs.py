"""The tabs Cash Forecast and Value as they stand in a workbook."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import AS_OF, NOW, demo_file, edited, part_of, parts, refreshed, rows


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with a baseline and a target on Config, refreshed."""
    path = demo_file(tmp_path_factory.mktemp("forecast") / "erp.xlsx", customers=60)

    def configure(workbook: openpyxl.Workbook) -> None:
        sheet = workbook.create_sheet("Config")
        for line in (("Key", "Value"), ("Baseline", dt.datetime(2026, 4, 30)), ("Target days late", -5), ("Cost of capital", 0.1)):
            sheet.append(line)

    refreshed(edited(path, configure))
    return path


def page(path: Path, name: str) -> list[list[Any]]:
    return [list(row) for row in openpyxl.load_workbook(path, data_only=True)[name].iter_rows(values_only=True)]


def line(table: list[list[Any]], label: str) -> list[Any]:
    return next(row for row in table if row[0] == label)


def weeks_of(table: list[list[Any]]) -> list[list[Any]]:
    start = next(at for at, row in enumerate(table) if row[0] == "Week")
    return table[start + 1 : start + 14]


def test_the_weeks_and_what_comes_later_are_the_open_balance_to_the_cent(once: Path) -> None:
    table = page(once, "Cash Forecast")
    weeks = weeks_of(table)
    assert [row[1].date() for row in weeks] == [AS_OF + dt.timedelta(days=1 + 7 * week) for week in range(13)]
    assert all((row[2] - row[1]).days == 6 for row in weeks)
    expected = round(sum(row[3] for row in weeks), 2)
    assert line(table, "13 weeks together")[3] == expected == weeks[-1][7]
    assert round(expected + line(table, "Later or never")[3], 2) == line(table, "Open invoices")[3]
    balance = sum(row["Open Balance"] or 0 for row in rows(once, "Segments", "Customer ID").values())
    assert line(table, "Open balance")[3] == pytest.approx(balance, abs=0.005)
    assert all(row[4] <= row[5] <= row[6] for row in weeks)


def test_the_segments_add_up_to_the_weeks_to_the_cent(once: Path) -> None:
    table = page(once, "Cash Forecast")
    start = next(at for at, row in enumerate(table) if row[0] == "Segment")
    end = next(at for at in range(start, len(table)) if table[at][0] == "Total")
    weeks = weeks_of(table)
    sums = [round(sum(row[column] for row in table[start + 1 : end]), 2) for column in range(1, 15)]
    assert sums == [*(row[3] for row in weeks), line(table, "Later or never")[3]]
    assert table[end][1:15] == sums


def test_the_value_of_a_segment_is_its_receipts_by_its_days(once: Path) -> None:
    table = page(once, "Value")
    start = next(at for at, row in enumerate(table) if row[0] == "Segment")
    customers: dict[str, int] = {}
    for row in rows(once, "Segments", "Customer ID").values():
        customers[row["Segment"]] = customers.get(row["Segment"], 0) + 1
    end = next(at for at, row in enumerate(table[start:], start=start) if not row[0])
    found = {row[0]: row for row in table[start + 2 : end]}
    assert {name: row[1] for name, row in found.items()} == customers
    for row in found.values():
        if row[3] is not None:
            saved = max(0, row[3] + 5)
            assert row[5:8] == pytest.approx([saved, row[2] * saved / 30, row[2] * saved / 30 * 0.1])
        assert row[9] == row[8] * 5
    assert line(table, "All segments")[6] == pytest.approx(sum(row[6] for row in found.values() if isinstance(row[6], float)))


def test_a_second_refresh_changes_neither(once: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(once, tmp_path / "erp.xlsx"))
    before = parts(path)
    refreshed(path, now=NOW + dt.timedelta(days=1))
    for name in ("Cash Forecast", "Value"):
        assert parts(path)[part_of(path, name)] == before[part_of(path, name)]
