"""The command line: `xlseg demo`, `new`, `check`, `refresh`, `explain`, `doctor`, `measure`, `install-calc`, `uninstall-calc`.

Exit codes: 0 done, 1 known failure (one line on stderr), 2 usage. This module alone reads the clock.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from xlseg import __version__
from xlseg.errors import XlsegError
from xlseg.memory import keep_freed_memory
from xlseg.terminal import plain_json, plain_line

# Everything heavier is imported where it is used, so that `xlseg --version` and a usage error answer at once.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads would only wait for each other: no matrix here is larger than 40 × 40
    _never_fail_to_print()
    chosen = parser().parse_args(arguments)
    keep_freed_memory()
    try:
        code: int = chosen.run(chosen)
        return code
    except XlsegError as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        _complain("stopped; the book is as it was")
        return 1
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, there is nobody to tell
        return 1
    except MemoryError:
        _complain("there is not enough memory for this; the book is as it was. To go on, leave out what need not be segmented")
        return 1
    except Exception as error:
        if os.environ.get("XLSEG_TRACEBACK"):
            raise
        advice = "set XLSEG_TRACEBACK=1, run it again, and report what it prints"
        _complain(f"an error of the program itself ({type(error).__name__}); the book is as it was. To go on, {advice}.")
        return 1


def _never_fail_to_print() -> None:
    """A character that the terminal or pipe cannot show is escaped, not an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _complain(words: str) -> None:
    print(plain_line(f"xlseg: {words}"), file=sys.stderr)


def _say(*lines: str) -> None:
    print("\n".join(map(plain_line, lines)))


def _say_json(facts: dict[str, Any]) -> None:
    print(plain_json(json.dumps(facts, indent=2, ensure_ascii=False)))


def parser() -> argparse.ArgumentParser:
    """Every command with its options and help."""
    top = argparse.ArgumentParser(prog="xlseg", description="Customer behaviour and segments from the ERP exports in a workbook.")
    top.add_argument("--version", action="version", version=f"xlseg {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = _command(commands, "demo", _demo, "make a believable ERP workbook to try things on")
    demo.add_argument("book", type=Path, help="file to make, such as erp.xlsx")
    demo.add_argument("--customers", type=_positive, default=500, metavar="N", help="how many customers (500)")
    demo.add_argument("--seed", type=int, default=7, metavar="N", help="the same seed makes the same book (7)")

    new = _command(commands, "new", _new, "make an empty book: input sheets, Rules, Config, instructions")
    new.add_argument("book", type=Path, help="file to make: book.xlsx; or book.xlsm, which has the ribbon button and formulas for Excel")

    check = _command(commands, "check", _check, "read the sheets and report findings; write nothing. Exit code 0: a refresh would be sound")
    _reading(check)
    check.add_argument("--json", action="store_true", help="print one JSON object, for programs")

    refresh = _command(commands, "refresh", _refresh, "compute metrics and segments and write the tabs back into the book")
    _reading(refresh)
    refresh.add_argument("--output", type=Path, metavar="FILE", help="write there, and leave the book as it is")
    refresh.add_argument("--backup", type=_positive, default=0, metavar="N", help="keep the last N versions beside the book (0)")
    refresh.add_argument("--dry-run", action="store_true", help="compute everything, write nothing")
    refresh.add_argument("--json", action="store_true", help="print one JSON object, for cron")

    for name, run, text in (
        ("install-calc", _install_calc, "put the formulas and the button Refresh Segments into LibreOffice Calc"),
        ("uninstall-calc", _uninstall_calc, "take them out of LibreOffice again, without trace"),
    ):
        calc = _command(commands, name, run, text)
        calc.add_argument("--office", type=Path, metavar="FOLDER", help="where LibreOffice is, when it is not where it usually is")
        calc.add_argument("--profile", type=Path, metavar="FOLDER", help="user profile of LibreOffice (the user's own)")

    explain = _command(commands, "explain", _explain, "why a customer is in his segment: rule, values, margins, invoices")
    _reading(explain)
    explain.add_argument("customer", help="customer id, as on the Segments tab")

    doctor = _command(
        commands, "doctor", _doctor, "say what is wrong with the installation for Excel and Calc, and what to do. Exit code 0: nothing is"
    )
    doctor.add_argument("book", type=Path, nargs="?", help="look at this workbook too: its macros, its runtime, the Python it starts")

    measure = _command(commands, "measure", _measure, "the metrics of the invoices in a parquet file, when a workbook is too small")
    measure.add_argument("invoices", type=Path, help="parquet file, or a quoted pattern such as 'invoices/*.parquet'; needs xlseg[duckdb]")
    measure.add_argument("--as-of", type=_date, metavar="YYYY-MM-DD", required=True, help="day to look at the book")
    measure.add_argument("--output", type=Path, metavar="FILE", required=True, help="file to write, .parquet or .csv: a row a customer")
    measure.add_argument("--metrics", metavar="NAME,…", help="only these, of docs/metrics.md: the fewer, the faster")
    return top


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.set_defaults(run=run)
    return command


def _reading(command: argparse.ArgumentParser) -> None:
    command.add_argument("book", type=Path, help="workbook (.xlsx, .xlsm); or exports: a folder of .csv, a .csv, a NetSuite .xls")
    command.add_argument("--as-of", type=_date, metavar="YYYY-MM-DD", help="day to look at the book (Config, or else today)")
    command.add_argument("--from", dest="source", type=Path, metavar="PATH", help="read the ERP sheets from there instead of the book")


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2026-10-31") from None


def _positive(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def _demo(chosen: argparse.Namespace) -> int:
    from xlseg.demo import make_book, write_book
    from xlseg.errors import FileError

    if chosen.book.suffix.lower() != ".xlsx":
        raise FileError(chosen.book.name, "the demo book is an .xlsx workbook", "give it a name such as erp.xlsx")
    if chosen.book.exists():
        raise FileError(chosen.book.name, "a file of this name is there already", "take another name, or delete it")
    book = make_book(chosen.customers, chosen.seed)
    write_book(book, chosen.book)
    rows = ", ".join(f"{len(sheet):,} {name}" for name, sheet in book.sheets.items())
    _say(f"{chosen.book}  {rows} · up to {book.until}. Next: xlseg refresh {chosen.book} --as-of {book.until}")
    return 0


def _new(chosen: argparse.Namespace) -> int:
    from xlseg.errors import FileError
    from xlseg.hosts.file import new_book
    from xlseg.tabs.inputs import new_book_tabs

    kind = chosen.book.suffix.lower()
    if kind not in (".xlsx", ".xlsm"):
        raise FileError(chosen.book.name, "a workbook is an .xlsx or .xlsm file", "give it a name such as book.xlsx")
    remarks: list[str] = []
    if kind == ".xlsm":
        remarks = _new_with_macros(chosen.book)
    else:
        new_book(chosen.book, new_book_tabs())
    _say(f"{chosen.book}  made. Next: open it and follow the Start sheet.", *remarks)
    return 0


def _new_with_macros(book: Path) -> list[str]:
    from xlseg.addin.runtime import installed_runtime
    from xlseg.addin.template import interpreter_of, new_macro_book

    remark = new_macro_book(book, interpreter_of(sys.platform, sys.executable, str(Path.home())), installed_runtime())
    return [remark] if remark else []


def _check(chosen: argparse.Namespace) -> int:
    from xlseg import words

    report = _examined(chosen)
    if chosen.json:
        _say_json(words.as_json(report))
    else:
        _say(*words.summary(report), *words.findings(report))
    return 0 if report.sound else 1


def _refresh(chosen: argparse.Namespace) -> int:
    from xlseg import words

    report = _refreshed(chosen)
    if chosen.json:
        _say_json(words.as_json(report))
    else:
        _say(*words.summary(report))
    return 0


def _explain(chosen: argparse.Namespace) -> int:
    from xlseg import words
    from xlseg.explain import explain

    report = _examined(chosen)
    _say(*words.explanation(explain(report.analysis, chosen.customer, report.book)))
    return 0


def _doctor(chosen: argparse.Namespace) -> int:
    from xlseg.addin.doctor import examined, report
    from xlseg.addin.installation import look

    findings = examined(look(chosen.book))
    _say(*report(findings))
    return 1 if any(finding.state == "wrong" for finding in findings) else 0


def _install_calc(chosen: argparse.Namespace) -> int:
    from xlseg.addin.calc_extension.install import install
    from xlseg.addin.calc_extension.office import find_office

    _say(install(find_office(chosen.office, chosen.profile)))
    return 0


def _uninstall_calc(chosen: argparse.Namespace) -> int:
    from xlseg.addin.calc_extension.install import uninstall
    from xlseg.addin.calc_extension.office import find_office

    _say(uninstall(find_office(chosen.office, chosen.profile)))
    return 0


def _measure(chosen: argparse.Namespace) -> int:
    from fnmatch import fnmatch

    from xlseg.engines import write
    from xlseg.errors import FileError
    from xlseg.metrics import measure_parquet
    from xlseg.settings import Settings

    target = chosen.output
    if target.suffix.lower() not in (".parquet", ".csv"):
        raise FileError(target.name, "neither a .parquet nor a .csv file", "give it a name such as metrics.parquet")
    if fnmatch(str(target.absolute()), str(chosen.invoices.absolute())) or (
        target.exists() and chosen.invoices.exists() and target.samefile(chosen.invoices)
    ):
        raise FileError(target.name, "the result would be among the invoices", "take another name for --output")
    metrics = [name.strip() for name in chosen.metrics.split(",")] if chosen.metrics else None
    clock = started_clock()
    measured = measure_parquet(chosen.invoices, [chosen.as_of], Settings(), metrics)
    write(measured.assign(as_of=measured["as_of"].dt.date), target)
    _say(f"{target}  as of {chosen.as_of} · {len(measured):,} customers, {len(measured.columns) - 2} metrics in {clock.seconds():.1f} s")
    return 0


def _examined(chosen: argparse.Namespace) -> Any:
    from xlseg.refresh import examine
    from xlseg.sources import open_source

    book = open_source(chosen.book)
    source = open_source(chosen.source) if chosen.source else None
    with _Progress() as progress:
        return examine(book, source, chosen.as_of, started_clock(), progress)


def _refreshed(chosen: argparse.Namespace) -> Any:
    from xlseg.hosts.file import WorkbookFile
    from xlseg.refresh import refresh
    from xlseg.sources import open_source

    clock = started_clock()
    if _is_export(chosen.book):
        return _from_exports(chosen, clock)
    source = open_source(chosen.source) if chosen.source else None
    book = WorkbookFile(chosen.book, output=chosen.output, backups=chosen.backup, formulas=_formulas(chosen, source, clock))
    with _Progress() as progress:
        return refresh(book, source, chosen.as_of, clock, progress, save=not chosen.dry_run)


def _formulas(chosen: argparse.Namespace, exports: Any, clock: Any) -> Any:
    """What answers the formulas in the cells of the book."""
    from xlseg.addin.headless import CellFormulas

    return CellFormulas(clock.now.date(), chosen.as_of, exports)


def _is_export(path: Path) -> bool:
    """Whether this is something to read only: a folder or a text file. What claims to be a workbook is left to the file host to judge."""
    if not path.is_file():
        return path.is_dir()
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError:
        return False
    return not start.startswith((b"PK", b"\xd0\xcf\x11\xe0"))


def _from_exports(chosen: argparse.Namespace, clock: Any) -> Any:
    """Exports that are no workbook: the tabs go into the book named with --output, which is made when it is not there."""
    from dataclasses import replace

    from xlseg.errors import SourceError
    from xlseg.hosts.file import WorkbookFile, new_book
    from xlseg.refresh import examine, refresh, tabs
    from xlseg.sources import open_source
    from xlseg.workbook import Written

    source = open_source(chosen.book)
    if chosen.output is None:
        raise SourceError(chosen.book.name, "these are exports, not a workbook that tabs can be written to", "add --output book.xlsx")
    with _Progress() as progress:
        if chosen.output.exists():
            book = WorkbookFile(chosen.output, backups=chosen.backup, formulas=_formulas(chosen, source, clock))
            return refresh(book, source, chosen.as_of, clock, progress, save=not chosen.dry_run)
        report = examine(source, None, chosen.as_of, clock, progress)
        if chosen.dry_run:
            return report
        made = tabs(report, source, clock)
        progress("writing")
        new_book(chosen.output, made)
    return replace(report, written=Written(made=tuple(tab.name for tab in made)), saved=True, seconds=clock.seconds())


def today() -> dt.date:
    """The day by this machine's calendar."""
    return dt.date.today()


def started_clock() -> Any:
    """A `refresh.Clock` that starts now: for every door, since none but this module reads the time."""
    from xlseg.refresh import Clock

    started = time.perf_counter()
    return Clock(dt.datetime.now(), lambda: time.perf_counter() - started)


class _Progress:
    """Names the stop under way on the terminal, in one line that is wiped at the end; silent in a pipe."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def __enter__(self) -> _Progress:
        return self

    def __call__(self, stop: str) -> None:
        if self.shown:
            print(f"\r\x1b[K{stop} …", end="", file=sys.stderr, flush=True)

    def __exit__(self, *_: object) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
