"""The worker of LibreOffice: computes formulas and refreshes, in the Python that xlseg is installed in. `python -m xlseg.addin.worker`.

It reads requests from its input and answers on its output, which LibreOffice alone holds; when LibreOffice ends, the input ends, and so does it.
While it computes it may ask LibreOffice for cells; meanwhile LibreOffice may put another request, which is then answered first.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import struct
import sys
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from xlseg import words
from xlseg.addin import functions
from xlseg.addin.catalogue import BY_NAME
from xlseg.addin.desk import Desk, desk, install
from xlseg.addin.log import log_file
from xlseg.cli import started_clock, today
from xlseg.errors import BusyError, FileError, XlsegError
from xlseg.hosts.calc import CalcWorkbook
from xlseg.hosts.wire import Grid, receive, send
from xlseg.intake.cells import text_of
from xlseg.memory import seldom_look_for_cycles
from xlseg.refresh import refresh
from xlseg.workbook import CellError, Source, Value

_log = logging.getLogger("xlseg.worker")


_OF_A_CALL = {"book": str, "changed": object, "name": str, "arguments": list, "all": object}
_NO_MESSAGE = "xlseg worker: what was received is no message of xlseg. To go on, leave this program to LibreOffice, which starts it."


class Worker:
    """Answers requests until there are no more."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests, self._answers = requests, answers
        self._books: dict[str, CalledBook] = {}
        self._caller: CalledBook | None = None
        install(Desk(lambda: self._caller, today))

    def run(self) -> None:
        """Answer until LibreOffice has gone."""
        while (message := self._received()) is not None:
            send(self._answers, self._answer(message))

    def ask(self, name: str, *arguments: Any) -> Any:
        """What LibreOffice says to a question; requests that come before it are answered first."""
        send(self._answers, {"ask": name, "with": arguments})
        while (message := self._received()) is not None:
            if "told" in message:
                return message["told"]
            if "failed" in message:
                _log.warning("LibreOffice refused to %s", name)
                raise FileError("LibreOffice", f"it cannot do this now ({message['failed']})", "end what is being edited, and try again")
            send(self._answers, self._answer(message))
        raise SystemExit(0)

    def _received(self) -> dict[str, Any] | None:
        """The next message; None when LibreOffice has gone. What is none ends the worker with a line: nobody knows where the next one would begin."""
        try:
            message = receive(self._requests)
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, MemoryError, OverflowError, struct.error):
            raise SystemExit(_NO_MESSAGE) from None
        if message is not None and not _is_whole(message):
            raise SystemExit(_NO_MESSAGE)
        return message

    def _answer(self, message: dict[str, Any]) -> dict[str, Any]:
        return self._refresh(message) if message["do"] == "refresh" else self._call(message)

    # ── formulas ─────────────────────────────────────────────────────────────

    def _call(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer of one formula.

        `holds`: as long as the document is as it is; `again`: it could not be given yet, and is to be asked for once more; `all`: where it was
        wished for, the answers of all customers behind their ids.
        """
        book = self._books.setdefault(message["book"], CalledBook(message["book"], self.ask))
        book.changed |= message["changed"]
        self._caller, before = book, self._caller
        try:
            name, arguments = message["name"], [_unpacked(argument) for argument in message["arguments"]]
            reply = {"answer": _packed(_formula(name)(*arguments), book), "again": book.answered(), "holds": not book.is_being_read}
            if message["all"] and reply["holds"] and arguments:
                reply |= _everyone(name, arguments[1:], book)
            return reply
        except Exception as error:
            _log.error("%s: %s at %s", message["name"], type(error).__name__, _place(error))
            return {"answer": {"error": "#VALUE!"}, "again": False}
        finally:
            self._caller = before

    # ── the button ───────────────────────────────────────────────────────────

    def _refresh(self, message: dict[str, Any]) -> dict[str, Any]:
        day = message.get("as_of")
        try:
            as_of = dt.date.fromisoformat(day) if day else None
            report = refresh(CalcWorkbook(self.ask), None, as_of, started_clock(), lambda stop: self.ask("progress", stop))
        except XlsegError as error:
            _log.info("refresh: %s", type(error).__name__)
            return {"done": False, "words": str(error)}
        except Exception as error:
            _log.error("refresh: %s at %s", type(error).__name__, _place(error))
            fact = f"an error of the program itself ({type(error).__name__}); the workbook is as it was"
            return {"done": False, "words": f"xlseg: {fact}. To go on, report what stands at the end of {log_file()}."}
        _log.info("refresh: done")
        return {"done": True, "words": "\n".join(words.summary(report))}


def _is_whole(message: Any) -> bool:
    """Whether a message holds what is asked of it."""
    if not isinstance(message, dict):
        return False
    if message.get("do") == "call":
        return all(key in message and isinstance(message[key], kind) for key, kind in _OF_A_CALL.items())
    return message.get("do") == "refresh" or "told" in message or "failed" in message


class CalledBook:
    """The document a formula stands in, for the desk of the formulas.

    Its sheets may themselves hold formulas of ours, which Calc computes while they are read: those get an answer of what was read before.
    """

    def __init__(self, identity: str, ask: Callable[..., Any]) -> None:
        self._identity, self._ask = identity, ask
        self._revision = 0
        self._read = -1
        self._reading = False
        self._put_off = False
        self.changed = True
        self._workbook = CalcWorkbook(self._asking)

    @property
    def epoch_1904(self) -> bool:
        """Whether dates count from 1904."""
        return self._workbook.epoch_1904

    def stamp(self) -> Hashable:
        """Equal as long as the document's sheets have not changed."""
        if self._reading:
            if self._read < 0:
                self._put_off = True
                raise BusyError(self._workbook.name, "its sheets are being read just now", "recalculate (Ctrl+Shift+F9)")
            return self._identity, self._read
        if self.changed:
            self._revision, self.changed = self._revision + 1, False
            self._workbook = CalcWorkbook(self._asking)
        return self._identity, self._revision

    @property
    def is_being_read(self) -> bool:
        """Whether the answer that is given now comes in between."""
        return self._reading

    def source(self) -> Source:
        """The document's sheets."""
        return self._workbook

    def answered(self) -> bool:
        """Note that a formula has its answer; whether one that came in between had to be put off."""
        if not self._reading:
            self._read = self._revision
        put_off, self._put_off = self._put_off, False
        return put_off

    def _asking(self, name: str, *arguments: Any) -> Any:
        before, self._reading = self._reading, True
        try:
            return self._ask(name, *arguments)
        finally:
            self._reading = before


def _everyone(name: str, others: list[Any], book: CalledBook) -> dict[str, Grid]:
    """The answers of a formula for all customers, under `all`; nothing where it is not asked beside customers, or gives no answer.

    A column of ids often holds numbers: an id that is one stands there twice, as text and as number.
    """
    if BY_NAME[name].arguments[0].kind != "customers":
        return {}
    ids: list[str | float] = [*desk().reading({}).book.positions]
    ids += [number for each in ids if isinstance(each, str) and (number := _number(each)) is not None]
    answers = _formula(name)([[each] for each in ids], *others)
    if not isinstance(answers, list) or len(answers) != len(ids):
        return {}
    return {"all": Grid([[each, *(_cell(value, book) for value in answer)] for each, answer in zip(ids, answers, strict=True)])}


def _formula(name: str) -> Callable[..., Any]:
    """The formula of this name; the module holds other names too, which nobody is to call from outside."""
    formula: Callable[..., Any] = getattr(functions, BY_NAME[name].name)
    return formula


def _number(text: str) -> float | None:
    """The number that is read as this text."""
    return float(text) if text.isdecimal() and text_of(float(text)) == text else None


def _unpacked(argument: Any) -> Any:
    """Cells that were handed over, as the formulas take them."""
    return argument.rows if isinstance(argument, Grid) else argument


def _packed(answer: Any, book: CalledBook) -> Any:
    """An answer as Calc takes it: rows of numbers, texts and error values; an empty cell is an empty text, a date its number."""
    if isinstance(answer, list):
        return Grid([[_cell(value, book) for value in row] for row in answer])
    return _cell(answer, book)


def _cell(value: Value, book: CalledBook) -> Any:
    if isinstance(value, (float, str)):
        return value
    if isinstance(value, CellError):
        return {"error": value.code}
    if isinstance(value, dt.date):
        moment = value if isinstance(value, dt.datetime) else dt.datetime(value.year, value.month, value.day)
        return (moment - (dt.datetime(1904, 1, 1) if book.epoch_1904 else dt.datetime(1899, 12, 30))) / dt.timedelta(days=1)
    return "" if value is None else float(value)


def _place(error: BaseException) -> str:
    """Where in the code it happened; no values, which may be the user's data."""
    trace, at = error.__traceback__, ""
    while trace is not None:
        at = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return at


def main() -> None:
    """Serve the LibreOffice that started this process. What anything prints goes nowhere: the output carries answers."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    with suppress(OSError):  # a log is no reason not to compute
        log_file().parent.mkdir(parents=True, exist_ok=True)
        logging.basicConfig(filename=log_file(), filemode="w", level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    seldom_look_for_cycles()
    _log.info("started: Python %s", sys.version.split()[0])
    with suppress(BrokenPipeError):
        Worker(requests, answers).run()


if __name__ == "__main__":
    main()
