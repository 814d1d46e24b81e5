"""Thirty mornings of a collector: the book is refreshed daily, and he types into it in between. Nothing of his is lost or changes rows."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from books import header_row
from exports import HEADINGS, MemoryBook
from openpyxl.worksheet.worksheet import Worksheet
from slow_actions import Done, List
from test_actions_oracle import standing

from xlseg.demo.simulate import Population, unchanging
from xlseg.hosts.file import WorkbookFile
from xlseg.refresh import Clock, Report, examine, tabs
from xlseg.tables import Ledger

LAST = dt.date(2026, 10, 31)
DAYS = [LAST - dt.timedelta(days=29 - at) for at in range(30)]
CAPACITY, PAUSE = 2, 4
OWN = "My view"
STATUSES = ["Doing", "Promised", "Done", "done ", "SUPPRESSED", "erledigt", "Open", None]


def exports(ledger: Ledger, until: dt.date, touched: list[tuple[str, dt.date]]) -> MemoryBook:
    """What the ERP knows on a day; the collector's letters of the week before are among the reminders."""
    end = str(until)
    invoices = ledger.invoices[ledger.invoices["issued"] <= end]
    payments = ledger.payments[ledger.payments["date"] <= end]
    orders = ledger.orders[ledger.orders["date"] <= end]
    flags = [[c, c, "", "yes" if at == 3 else ""] for at, c in enumerate(ledger.customers["customer"])]
    return MemoryBook(
        {
            "Customers": [["Customer ID", "Name", "Terms", "Do Not Contact"], *flags],
            "Invoices": [[*HEADINGS["Invoices"], "Disputed"], *(
                [i["document"], i["customer"], i["issued"].date(), i["due"].date(), i["amount"] / 100, "yes" if at % 17 == 0 else ""]
                for at, i in enumerate(invoices.to_dict("records"))
            )],
            "Payments": [HEADINGS["Payments"], *(
                [p["payment"], p["customer"], p["date"].date(), p["amount"] / 100, p["document"]] for p in payments.to_dict("records")
            )],
            "SalesOrders": [
                HEADINGS["SalesOrders"],
                *([o["document"], o["customer"], o["date"].date(), o["amount"] / 100] for o in orders.to_dict("records")),
            ],
            "Reminders": [["Customer ID", "Invoice No", "Date", "Channel"], *([c, "", day, "Letter"] for c, day in touched if day <= until)],
        }
    )  # fmt: skip


TABS = ("Actions", "Segments", "Action Log", "Playbook", "Config")
"""The tabs that have to do with actions: the others only take time."""


def written(path: Path, source: MemoryBook, as_of: dt.date, clock: Clock) -> Report:
    """A refresh that writes those tabs alone."""
    book = WorkbookFile(path)
    report = examine(book, source, as_of, clock)
    book.write([tab for tab in tabs(report, book, clock) if tab.name in TABS])
    return report


Key = tuple[str, str]


@dataclass
class Collector:
    """Types, and remembers what he typed where: a token is a text that exists once in the world."""

    chance: random.Random
    notes: dict[Key, str] = field(default_factory=dict)
    views: dict[Key, str] = field(default_factory=dict)
    everything: list[tuple[Key, str]] = field(default_factory=list)
    done: list[tuple[Key, str]] = field(default_factory=list)
    number: int = 0

    def token(self, key: Key, kind: str) -> str:
        self.number += 1
        self.everything.append((key, f"{kind} {self.number} about {key[0]} {key[1]}"))
        return self.everything[-1][1]

    def type(self, page: Worksheet, day: dt.date) -> None:
        """A morning: some statuses, follow-ups, notes and words in a column of his own; a sort or a filter now and then."""
        top = header_row(page, "Rank")
        if self.chance.random() < 0.3:
            _sort(page, top, self.chance)
        columns = {cell.value: cell.column for cell in page[top]}
        self.done = []
        for row in range(top + 1, page.max_row + 1):
            key = (page.cell(row, columns["Customer ID"]).value, page.cell(row, columns["Kind"]).value)
            if key[0] is None:
                continue
            if self.chance.random() < 0.45:
                self.status(page, row, columns, key, day)
            if self.chance.random() < 0.6 and key not in self.notes:
                self.notes[key] = self.token(key, "note")
                page.cell(row, columns["Note"], self.notes[key])
            if OWN in columns and self.chance.random() < 0.4 and key not in self.views:
                self.views[key] = self.token(key, "view")
                page.cell(row, columns[OWN], self.views[key])

    def status(self, page: Worksheet, row: int, columns: Mapping[Any, int], key: Key, day: dt.date) -> None:
        status = self.chance.choice(STATUSES)
        page.cell(row, columns["Status"], status)
        later = day + dt.timedelta(days=self.chance.randrange(-2, 9))
        if status in ("Promised", "SUPPRESSED"):
            page.cell(row, columns["Follow Up"], later if self.chance.random() < 0.7 else self.chance.choice([str(later), "next week", None]))
        if status and status.strip().casefold() in ("done", "suppressed"):
            self.done.append((key, status.strip().capitalize()))


def _sort(page: Worksheet, top: int, chance: random.Random) -> None:
    """He sorts the table by something: the rows change places, whole."""
    rows = [[cell.value for cell in line] for line in page.iter_rows(min_row=top + 1)]
    chance.shuffle(rows)
    for at, values in enumerate(rows, start=top + 1):
        for column, value in enumerate(values, start=1):
            page.cell(at, column).value = value


def _own_column(page: Worksheet) -> None:
    top, column = header_row(page, "Rank"), page.max_column + 1
    page.cell(top, column, OWN)
    table = page.tables["tblActions"]
    table.ref = f"A{top}:{page.cell(page.max_row, column).coordinate}"
    table.autoFilter.ref = table.ref
    table.tableColumns.append(openpyxl.worksheet.table.TableColumn(id=column, name=OWN))


def _capacity(workbook: openpyxl.Workbook) -> None:
    page = workbook["Config"]
    at = next(row for row in range(1, 40) if page.cell(row, 1).value == "Capacity")
    page.cell(at, 2, CAPACITY)


def _list(workbook: openpyxl.Workbook, name: str, key: str) -> list[dict[str, Any]]:
    page = workbook[name]
    top = header_row(page, key)
    heads = [cell.value for cell in page[top]]
    lines = (dict(zip(heads, line, strict=False)) for line in page.iter_rows(min_row=top + 1, values_only=True))
    return [line for line in lines if line["Customer ID"] is not None]


def test_thirty_mornings_lose_nothing_and_repeat_nothing(tmp_path: Path) -> None:
    ledger = unchanging(Population(customers=10, invoices_a_month=5, late=9, until=LAST, years=1), 5)
    path = tmp_path / "book.xlsx"
    openpyxl.Workbook().save(path)
    man, touched, logged_before = Collector(random.Random(7)), [], 0
    seen: Counter[str] = Counter()
    for number, day in enumerate(DAYS):
        as_of = day - dt.timedelta(days=6) if number in (15, 16) else day  # a controller looks at an earlier day, twice
        if number % 6 == 5:
            touched.append((man.chance.choice(ledger.customers["customer"].tolist()), day - dt.timedelta(days=1)))
        report = written(path, exports(ledger, day, touched), as_of, Clock(dt.datetime.combine(day, dt.time(6, 30)), lambda: 0.5))
        workbook = openpyxl.load_workbook(path)
        actions, log = _list(workbook, "Actions", "Rank"), _list(workbook, "Action Log", "Logged")
        _nothing_is_lost(man, actions, log)
        _what_is_done_is_logged_once(man, actions, log[logged_before:])
        _nothing_repeats(actions, log, as_of)
        if number > 0:
            seen += _nothing_vanishes(report, actions, log[:], as_of)
        logged_before = len(log)
        if number == 0:
            _capacity(workbook)
        if number == 2:
            _own_column(workbook["Actions"])
        man.type(workbook["Actions"], day)
        workbook.save(path)
    assert len(man.everything) > 30
    assert {"Done", "Suppressed"} <= {line["Outcome"] for line in log}
    assert any(line["Outcome"].startswith("Lapsed") for line in log)
    assert seen["beyond"] >= 5
    assert seen["held"] > 10


def _nothing_is_lost(man: Collector, actions: list[dict[str, Any]], log: list[dict[str, Any]]) -> None:
    """Every text he has typed stands once: beside its customer and kind on the list, or in the log under both."""
    here = [((a["Customer ID"], a["Kind"]), str(text)) for a in actions for text in (a["Note"], a.get(OWN)) if text]
    there = [((e["Customer ID"], e["Kind"]), str(text)) for e in log for text in (e["Note"], e["Other"]) if text]
    for key, token in man.everything:
        found = [at for at, text in here + there if token in text.split("; ") or f"{OWN}: {token}" in text.split("; ")]
        assert found == [key], token
    listed = {key for key, _ in here}
    man.notes = {key: token for key, token in man.notes.items() if (key, token) in here}
    man.views = {key: token for key, token in man.views.items() if (key, token) in here}
    assert listed <= {*man.notes, *man.views}


def _what_is_done_is_logged_once(man: Collector, actions: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    listed = {(a["Customer ID"], a["Kind"]): a["Status"] for a in actions}
    logged = Counter((e["Customer ID"], e["Kind"], e["Outcome"]) for e in new if not e["Outcome"].startswith("Lapsed"))
    assert logged == Counter((*key, outcome) for key, outcome in man.done)
    for key, _ in man.done:
        assert listed.get(key, "Open") == "Open"


def _nothing_repeats(actions: list[dict[str, Any]], log: list[dict[str, Any]], as_of: dt.date) -> None:
    """Nobody is asked for again within the pause."""
    for entry in log:
        recent = entry["Logged"].date() > as_of - dt.timedelta(days=PAUSE)
        if entry["Outcome"] == "Done" and entry["Kind"] == "Collect" and recent:
            again = [a for a in actions if a["Customer ID"] == entry["Customer ID"] and a["Kind"] == "Collect"]
            assert all(a["Held Back"] for a in again), (entry, again)


def _nothing_vanishes(report: Report, actions: list[dict[str, Any]], log: list[dict[str, Any]], as_of: dt.date) -> Counter[str]:
    """By the slow reading, every step that is due and not done is on the list, held back, or beyond the capacity."""
    known = [Done(e["Logged"].date(), e["Customer ID"], e["Kind"], e["Outcome"], e["Channel"] or "", _day(e["Follow Up"])) for e in log]
    slow = List(report.intake.ledger, report.work.playbook, known, as_of, PAUSE)
    due = {(who.customer, kind): action for who in standing(report.analysis) for kind, action in slow.of(who).items()}
    listed = {(a["Customer ID"], a["Kind"]): a for a in actions}
    counted = Counter(a["Kind"] for a in actions if not a["Held Back"])
    beyond = due.keys() - listed.keys()
    for key in beyond:
        assert not due[key].held, key
        assert counted[key[1]] >= CAPACITY, key
    assert sum(report.work.beyond.values()) == len(beyond)
    for key in listed.keys() - due.keys():  # kept because of what he typed
        promised = str(listed[key]["Status"]).casefold() == "promised"
        assert promised or listed[key]["Held Back"].startswith("Not due on"), listed[key]
    return Counter(beyond=len(beyond), held=sum(bool(action.held) for action in due.values()))


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    return dt.date.fromisoformat(value) if isinstance(value, str) and value[:2] == "20" else None
