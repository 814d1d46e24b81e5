"""What the button Refresh Segments calls: the open workbook is refreshed, progress stands in the status bar, and a message says how it went."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from xlseg.analysis import WORSE
from xlseg.errors import XlsegError
from xlseg.hosts.excel import ExcelWorkbook
from xlseg.movers import Mover, counts
from xlseg.refresh import Clock, Report, refresh

TITLE = "xlseg"
_NAMED = 3
"""Movers named in the message."""


def refresh_segments() -> None:
    """Refresh the workbook whose button was clicked. Called by the macro OnRefreshSegments through RunPython."""
    import xlwings

    started = time.perf_counter()
    refresh_book(xlwings.Book.caller(), Clock(dt.datetime.now(), lambda: time.perf_counter() - started))


def refresh_book(book: Any, clock: Clock) -> None:
    """Refresh an open workbook and say how it went, whatever happens.

    Parameters
    ----------
    book
        An `xlwings.Book`.
    """
    app = book.app

    def progress(stop: str) -> None:
        app.status_bar = f"xlseg: {stop} …"

    try:
        words, mode = _done(refresh(ExcelWorkbook(book), None, None, clock, progress)), "info"
    except Exception as error:
        words, mode = _failed(error), "critical"
    finally:
        app.status_bar = False
    app.alert(words, TITLE, mode=mode)


def _failed(error: Exception) -> str:
    if isinstance(error, XlsegError):
        return str(error)
    if isinstance(error, MemoryError):
        fact, advice = "There is not enough memory for this", "close other programs, or leave out what need not be segmented"
    else:
        fact = f"An error of the program itself ({type(error).__name__}: {error})"[:200]
        advice = "run `xlseg check` on the saved file, and report what it says"
    return f"{fact}; the workbook is as it was. To go on, {advice}."


def _done(report: Report) -> str:
    """A few lines: who moved, and what is wrong with the numbers."""
    analysis = report.analysis
    worse, better, provisional = counts(list(report.movers))
    entity = analysis.settings.entity.lower()
    lines = [
        f"{len(analysis.standing):,} {entity}s as of {analysis.as_of}.",
        f"Since {analysis.previous}: {worse} worse, {better} better ({provisional} of them provisional).",
        *map(_mover, [mover for mover in report.movers if mover.direction == WORSE][:_NAMED]),
    ]
    if analysis.approval.is_draft:
        lines += ["", f"DRAFT: {analysis.approval.advice}."]
    failed = [control.name for control in report.applicable if not control.passed]
    if failed:
        lines += ["", f"These checks failed, see Data Quality: {'; '.join(failed)}."]
    return "\n".join([*lines, *(("", *report.written.remarks) if report.written.remarks else ())])


def _mover(mover: Mover) -> str:
    return f"  {mover.customer}: {mover.before} → {mover.after}"
