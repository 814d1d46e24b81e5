"""The worker of LibreOffice in a process of its own; the test says what LibreOffice would say."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from xlseg.addin.catalogue import FORMULAS
from xlseg.hosts.wire import Grid, receive, send

AS_OF = 46326.0  # 2026-10-31
INVOICES: list[tuple[Any, ...]] = [
    ("Invoice No", "Customer ID", "Date", "Due Date", "Amount", "Paid Date"),
    ("1", "A", 46174.0, 46204.0, 100.0, 46206.0),  # 2 days late
    ("2", "A", 46204.0, 46234.0, 300.0, 46240.0),  # 6 days late
    ("3", 17.0, 46235.0, 46265.0, 50.0, 46276.0),  # 11 days late
    ("4", "0018", 46266.0, 46296.0, 500.0, ""),  # 30 days late so far
]
ORDERS: list[tuple[Any, ...]] = [("Order No", "Customer ID", "Date", "Amount")]
ORDERS += [(f"S{n}", ("A", 17.0)[n % 2], 45500.0 + 7 * n, 100.0 + n) for n in range(110)]
WITH_OPTIONS = {"SEGMENT_AT": [AS_OF]}
OF_CUSTOMERS = [f.name for f in FORMULAS if f.arguments and f.arguments[0].kind == "customers" and f.name != "EXPLAIN"]


class Office:
    """What LibreOffice says to the worker."""

    def __init__(self) -> None:
        self.sheets = {"Invoices": INVOICES, "SalesOrders": ORDERS}
        self.process = subprocess.Popen([sys.executable, "-m", "xlseg.addin.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.times_read = 0

    def say(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        send(self.process.stdin, message)  # type: ignore[arg-type]

    def hear(self) -> dict[str, Any]:
        assert self.process.stdout
        heard = receive(self.process.stdout)  # type: ignore[arg-type]
        assert heard is not None
        return heard

    def put(self, name: str, *arguments: Any, changed: bool = False, everyone: bool = False) -> None:
        self.say({"do": "call", "name": name, "arguments": arguments, "book": "1", "changed": changed, "all": everyone})

    def call(self, name: str, *arguments: Any, **wishes: bool) -> dict[str, Any]:
        self.put(name, *arguments, **wishes)
        return self.until_answered()

    def until_answered(self) -> dict[str, Any]:
        while "ask" in (heard := self.hear()):
            self.say({"told": self.told(heard["ask"], *heard["with"])})
        return heard

    def told(self, what: str, *about: Any) -> dict[str, Any]:
        if what == "book":
            return {"name": "erp", "null": [1899, 12, 30], "sheets": [[name, True] for name in self.sheets], "tables": {}, "marks": {}}
        assert what == "read"
        name, first, last = about
        self.times_read += 1
        rows = self.sheets[name]
        dates = [[1, column, len(rows) - 1, column] for column, heading in enumerate(rows[0]) if "Date" in heading]
        return {"cells": Grid(rows[first:last]), "dates": dates, "logicals": [], "errors": []}


@pytest.fixture
def office() -> Iterator[Office]:
    running = Office()
    yield running
    running.process.communicate()  # its input ends, and so does it
    assert running.process.returncode == 0


def test_the_answers_for_all_customers_are_those_that_single_calls_get(office: Office) -> None:
    for name in OF_CUSTOMERS:
        others = WITH_OPTIONS.get(name, [])
        reply = office.call(name, "A", *others, everyone=True)
        assert reply["holds"], name
        answers = {row[0]: row[1:] for row in reply["all"].rows}
        assert [*answers] == ["A", "17", "0018", 17.0], name  # the number 18 is no way to write 0018
        for customer, answer in answers.items():
            alone = office.call(name, customer, *others)["answer"]
            assert (alone.rows[0] if isinstance(alone, Grid) else (alone,)) == answer, (name, customer)
    velocity = office.call("PAYMENT_VELOCITY", "A", None, AS_OF, everyone=True)
    # (2 + 6) / 2, 11, 30 so far, 11
    assert velocity["all"].rows == [("A", 4.0), ("17", 11.0), ("0018", 30.0), (17.0, 11.0)]


def test_a_formula_that_is_not_asked_beside_customers_answers_for_nobody_else(office: Office) -> None:
    for name, arguments in {
        "DISCOUNT_APR": (0.02, 10.0, 30.0),
        "DSO": (None, AS_OF),
        "EXPLAIN": ("A", "payment_velocity"),
        "XLSEG_VERSION": (),
    }.items():
        reply = office.call(name, *arguments, everyone=True)
        assert (reply["holds"], "all" in reply) == (True, False), name


@pytest.mark.parametrize("name", ["desk", "__builtins__", "wraps", "NO_SUCH_FORMULA", ""])
def test_nothing_but_a_formula_can_be_called(name: str, office: Office) -> None:
    assert office.call(name)["answer"] == {"error": "#VALUE!"}
    assert office.call("XLSEG_VERSION")["answer"]


def packed(*pieces: bytes) -> bytes:
    return struct.pack("<Q", len(pieces)) + b"".join(struct.pack("<Q", len(piece)) + piece for piece in pieces)


NO_MESSAGES = {
    "no object": packed(b"[]"),
    "an empty object": packed(b"{}"),
    "a call of nothing": packed(b'{"do":"call"}'),
    "no JSON": packed(b"{"),
    "no pieces": struct.pack("<Q", 0),
    "cut short": packed(b'{"do":"call"}')[:-3],
    "more pieces than there are": struct.pack("<QQ", 2**63, 2) + b"{}",
    "a piece larger than any": struct.pack("<QQ", 1, 2**40),
    "a grid that is none": packed(b'{"do":"call","arguments":[{"grid":[0,"a"]}]}'),
    "deep": packed(b"[" * 200_000),
}


@pytest.mark.parametrize("content", NO_MESSAGES.values(), ids=NO_MESSAGES)
def test_what_is_no_message_ends_the_worker_with_a_line(content: bytes) -> None:
    done = subprocess.run([sys.executable, "-m", "xlseg.addin.worker"], input=content, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        "xlseg worker: what was received is no message of xlseg. To go on, leave this program to LibreOffice, which starts it.\n"
    )


def test_where_the_sheets_cannot_be_read_nobody_else_is_answered(office: Office) -> None:
    office.sheets["Invoices"] = [row[:3] for row in INVOICES]
    reply = office.call("PAYMENT_VELOCITY", "A", everyone=True)
    assert (reply["answer"], "all" in reply) == ({"error": "#VALUE!"}, False)


def test_an_answer_that_comes_in_between_while_the_sheets_are_read_does_not_hold(office: Office) -> None:
    office.put("PAYMENT_VELOCITY", "A", None, AS_OF)
    assert office.hear()["ask"] == "book"
    office.put("OPEN_BALANCE", "A", None, AS_OF, everyone=True)
    first = office.until_answered()
    assert first == {"answer": {"error": "#VALUE!"}, "again": True, "holds": False}
    office.say({"told": office.told("book")})
    assert office.until_answered()["answer"] == 4.0

    office.sheets["Invoices"] = [*INVOICES, ("5", "A", 46266.0, 46296.0, 70.0, "")]
    office.put("PAYMENT_VELOCITY", "A", None, AS_OF, changed=True)
    assert office.hear()["ask"] == "book"
    office.put("OPEN_BALANCE", "A", None, AS_OF, everyone=True)
    before = office.until_answered()  # of what was read before: A owed nothing then
    assert (before["answer"], before["holds"], "all" in before) == (0.0, False, False)
    office.say({"told": office.told("book")})
    office.until_answered()
    after = office.call("OPEN_BALANCE", "A", None, AS_OF, everyone=True)
    assert (after["answer"], after["holds"], after["all"].rows[0]) == (70.0, True, ("A", 70.0))


def test_the_sheets_are_read_once_until_something_changes(office: Office) -> None:
    office.call("PAYMENT_VELOCITY", "A", everyone=True)
    once = office.times_read
    office.call("DSO", None, AS_OF)
    assert office.times_read == once
    office.call("DSO", None, AS_OF, changed=True)
    assert office.times_read == 2 * once
