"""A month in the life of a book: refreshed every day, with a user at work in it between the refreshes.

Nothing he types is lost or comes to stand beside another customer; what is done does not come back, what was published can be told for every day.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import demo_file, header_row, refreshed
from office import edited_in_office
from openpyxl.worksheet.worksheet import Worksheet

FIRST = dt.date(2026, 10, 2)
DAYS = 30
PAUSE = 4
OVERRIDDEN = ("At-Risk", "fire in the plant", "Anna")
"""Segment, reason and name of an override that is typed on day 5 and holds until day 15."""
CHANGED, APPROVED = 8, 11
"""Days on which a rule is changed, and the new rule set approved."""

Key = tuple[str, str]


def table(page: Worksheet, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a list on a tab by heading, with their numbers."""
    top = header_row(page, key)
    heads = [cell.value for cell in page[top]]
    for row in range(top + 1, page.max_row + 1):
        line = {head: page.cell(row, at).value for at, head in enumerate(heads, start=1) if head is not None}
        if line[key] is not None:
            yield row, line


def put(page: Worksheet, key: str, row: int, heading: str, value: object) -> None:
    top = header_row(page, key)
    column = next((cell.column for cell in page[top] if cell.value == heading), None)
    if column is None:
        column = max(cell.column for cell in page[top] if cell.value is not None) + 1
        page.cell(top, column, heading)
    page.cell(row, column).value = value  # type: ignore[union-attr]


@dataclass
class Diary:
    """What the user has typed and seen.

    `notes` are what stands on Actions by customer and kind; `over` what he has finished: key → note, outcome, day. `seen` is what Segments showed.
    """

    notes: dict[Key, str] = field(default_factory=dict)
    over: list[tuple[Key, str, str, dt.date]] = field(default_factory=list)
    lapsed: set[str] = field(default_factory=set)
    seen: dict[dt.date, dict[str, tuple[str, str]]] = field(default_factory=dict)
    drafts: dict[dt.date, bool] = field(default_factory=dict)
    overridden: str = ""
    regions: dict[str, str] = field(default_factory=dict)

    # ── what he sees ─────────────────────────────────────────────────────────

    def reads(self, book: openpyxl.Workbook, day: dt.date) -> None:
        actions = {(line["Customer ID"], line["Kind"]): line for _, line in table(book["Actions"], "Customer ID")}
        log = [line for _, line in table(book["Action Log"], "Customer ID")]
        self._notes_are_kept(actions, log)
        self._finished_stays_finished(actions, log, day)
        segments = {line["Customer ID"]: line for _, line in table(book["Segments"], "Customer ID")}
        self.seen[day] = {customer: (line["Segment"], line["Status"] or "") for customer, line in segments.items()}
        self.drafts[day] = "DRAFT" in str([cell.value for cell in book["Segments"][3]])
        for customer, region in self.regions.items():
            assert segments[customer]["Region"] == region

    def _notes_are_kept(self, actions: dict[Key, dict[str, Any]], log: list[dict[str, Any]]) -> None:
        for key, line in actions.items():
            if line["Note"]:
                assert line["Note"].startswith(f"{key[0]}/{key[1]}/"), f"{line['Note']} stands beside {key}"
                assert line["Ref"] == f"ref {line['Note']}"
        logged = {line["Note"]: line for line in log if line["Note"]}
        for key, note in list(self.notes.items()):
            if key in actions and actions[key]["Note"] == note:
                continue
            assert note in logged, f"{note} is lost"
            assert logged[note]["Outcome"].startswith("Lapsed: ")
            assert f"ref {note}" in logged[note]["Other"]
            self.lapsed.add(note)
            del self.notes[key]

    def _finished_stays_finished(self, actions: dict[Key, dict[str, Any]], log: list[dict[str, Any]], day: dt.date) -> None:
        entries = Counter((line["Customer ID"], line["Kind"], line["Note"], line["Outcome"]) for line in log if line["Note"])
        for key, note, outcome, on in self.over:
            assert entries[(*key, note, outcome)] == 1, f"{note} is in the log {entries[(*key, note, outcome)]} times"
            again = actions.get(key)
            assert again is None or again["Note"] != note
            if outcome == "Done" and key[1] == "Collect" and 0 <= (day - on).days < PAUSE:
                assert again is None or again["Held Back"], f"{key} is back {(day - on).days} days after a touch"

    # ── what he does ─────────────────────────────────────────────────────────

    def works(self, book: openpyxl.Workbook, day: dt.date, chance: random.Random) -> None:
        page = book["Actions"]
        for row, line in list(table(page, "Customer ID")):
            key, word = (line["Customer ID"], line["Kind"]), chance.random()
            if word < 0.35 and key not in self.notes:
                self.notes[key] = f"{key[0]}/{key[1]}/{day}"
                put(page, "Customer ID", row, "Note", self.notes[key])
                put(page, "Customer ID", row, "Ref", f"ref {self.notes[key]}")
                put(page, "Customer ID", row, "Status", chance.choice(["Doing", "Promised", "Open"]))
                if chance.random() < 0.4:
                    put(page, "Customer ID", row, "Follow Up", dt.datetime.combine(day + dt.timedelta(days=3), dt.time()))
            elif word > 0.8 and key in self.notes and not line["Held Back"]:
                outcome = "Suppressed" if word > 0.95 else "Done"
                put(page, "Customer ID", row, "Status", outcome)
                self.over.append((key, self.notes.pop(key), outcome, day + dt.timedelta(days=1)))  # logged by tomorrow's refresh

    def decides(self, book: openpyxl.Workbook, day: dt.date, number: int) -> None:
        if number == 3:
            for row, line in list(table(book["Segments"], "Customer ID")):
                self.regions[line["Customer ID"]] = f"R-{line['Customer ID']}"
                put(book["Segments"], "Customer ID", row, "Region", self.regions[line["Customer ID"]])
        if number == 5:
            page, segment = book["Overrides"], OVERRIDDEN[0]
            self.overridden = next(customer for customer, (now, _) in self.seen[day].items() if now not in (segment, "Gone"))
            until = dt.datetime.combine(FIRST + dt.timedelta(days=15), dt.time())
            top = header_row(page, "Customer ID")
            words = {"Customer ID": self.overridden, "Segment": segment, "Reason": OVERRIDDEN[1], "By": OVERRIDDEN[2], "Until": until}
            for heading, value in words.items():
                put(page, "Customer ID", top + 1, heading, value)
        if number == CHANGED:
            page = book["Rules"]
            row = next(row for row, line in table(page, "Priority") if line["Segment"] == "Slow Payer")
            put(page, "Priority", row, "payment_velocity", ">4")
        if number == APPROVED:
            page = book["Rule Sets"]
            row = max(row for row, _ in table(page, "Rule Set"))
            put(page, "Rule Set", row, "Approved By", "Carla Controller")
            put(page, "Rule Set", row, "Approved On", dt.datetime.combine(day, dt.time()))


def on(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def refresh_of(path: Path, day: dt.date) -> None:
    refreshed(path, day, dt.datetime.combine(day, dt.time(6, 30)))


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Diary]:
    path = demo_file(tmp_path_factory.mktemp("month") / "erp.xlsx", customers=10, seed=3)
    diary, chance = Diary(), random.Random(20261002)
    for number in range(DAYS):
        day = on(number)
        refresh_of(path, day)
        book = openpyxl.load_workbook(path)
        diary.reads(book, day)
        diary.works(book, day, chance)
        diary.decides(book, day, number)
        book.save(path)
    return path, diary


def test_what_the_user_types_in_a_month_is_kept_beside_its_customer(month: tuple[Path, Diary]) -> None:
    _, diary = month  # each day's look at the book asserts it
    finished = Counter(outcome for _, _, outcome, _ in diary.over)
    assert min(finished["Done"], finished["Suppressed"], len(diary.notes) + len(diary.lapsed)) > 0, "the month was too quiet to show anything"


def test_history_tells_for_every_day_what_segments_showed(month: tuple[Path, Diary]) -> None:
    path, diary = month
    page = openpyxl.load_workbook(path, read_only=False)["History"]
    rows = [line for _, line in table(page, "Published")]
    for day, shown in diary.seen.items():
        told: dict[str, tuple[str, str]] = {}
        for line in rows:
            if line["Published"].date() <= day and line["Customer ID"]:
                told[line["Customer ID"]] = (line["Segment"], line["Status"] or "")
        assert told == shown, day


def test_a_changed_rule_makes_drafts_until_the_rule_set_is_approved(month: tuple[Path, Diary]) -> None:
    path, diary = month
    assert [day for day, draft in diary.drafts.items() if draft] == [on(number) for number in range(CHANGED + 1, APPROVED + 1)]
    log = [line for _, line in table(openpyxl.load_workbook(path)["Change Log"], "No")]
    changed = [line for line in log if line["Sheet"] == "Rules" and line["Before"] == ">5" and line["After"] == ">4"]
    assert [line["Published"].date() for line in changed] == [on(CHANGED + 1)]
    signed = [line for line in log if line["Sheet"] == "Rule Sets" and "Carla Controller" in str(line["After"])]
    assert [line["Published"].date() for line in signed] == [on(APPROVED + 1)]


def test_an_override_wins_until_it_expires(month: tuple[Path, Diary]) -> None:
    _, diary = month
    won = [day for day, shown in diary.seen.items() if shown[diary.overridden] == (OVERRIDDEN[0], "override")]
    assert won == [on(number) for number in range(6, 16)]


_OFFICE = """
Sub Types(doc, page)
  Dim actions, row, last
  actions = doc.Sheets.getByName("Actions")
  last = LastRow2(actions)
  For row = HeadRow2(actions) + 1 To last
    If actions.getCellByPosition(PlaceOf(actions, "Note"), row).String = "" Then
      actions.getCellByPosition(PlaceOf(actions, "Note"), row).String = _
        actions.getCellByPosition(PlaceOf(actions, "Customer ID"), row).String & "/" & actions.getCellByPosition(PlaceOf(actions, "Kind"), row).String
    ElseIf row = last Then
      actions.getCellByPosition(PlaceOf(actions, "Status"), row).String = "Done"
    End If
  Next
End Sub

Function HeadRow2(page)
  Dim row
  For row = 0 To 59
    If page.getCellByPosition(1, row).String = "Customer ID" Then
      HeadRow2 = row
      Exit Function
    End If
  Next
End Function

Function PlaceOf(page, heading)
  Dim place
  Do While page.getCellByPosition(place, HeadRow2(page)).String <> heading
    place = place + 1
  Loop
  PlaceOf = place
End Function

Function LastRow2(page)
  Dim row
  row = HeadRow2(page)
  Do While page.getCellByPosition(1, row + 1).String <> ""
    row = row + 1
  Loop
  LastRow2 = row
End Function
"""


def test_what_is_typed_in_libreoffice_is_kept_beside_its_customer_for_days(tmp_path: Path) -> None:
    path = demo_file(tmp_path / "erp.xlsx", customers=10, seed=3)
    typed: set[str] = set()
    for number in range(4):
        refresh_of(path, on(number))
        book = openpyxl.load_workbook(path)
        notes = {line["Note"]: line for _, line in table(book["Actions"], "Customer ID") if line["Note"]}
        logged = {line["Note"] for _, line in table(book["Action Log"], "Customer ID") if line["Note"]}
        assert all(note == f"{line['Customer ID']}/{line['Kind']}" for note, line in notes.items())
        assert typed <= notes.keys() | logged
        typed |= {f"{line['Customer ID']}/{line['Kind']}" for _, line in table(book["Actions"], "Customer ID")}
        (tmp_path / f"office{number}").mkdir()
        edited_in_office(tmp_path / f"office{number}", [("Types", path, tmp_path / "next.xlsx")], _OFFICE)
        path = (tmp_path / "next.xlsx").rename(tmp_path / f"erp{number}.xlsx")
    assert typed
    assert logged, "a Done typed in LibreOffice is in the log"
