"""The command line: what `xlseg --help` lists.

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
from xlseg.errors import XlsegError, failure_of
from xlseg.memory import keep_freed_memory, seldom_look_for_cycles
from xlseg.terminal import plain_json, plain_line

# Everything heavier is imported where it is used, so that `xlseg --version` and a usage error answer at once.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # its threads would only wait for each other: no matrix here is larger than 40 × 40
    _never_fail_to_print()
    chosen = parser().parse_args(_with_notify_word(sys.argv[1:] if arguments is None else arguments))
    keep_freed_memory()
    seldom_look_for_cycles()
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
    except Exception as error:
        if os.environ.get("XLSEG_TRACEBACK") and not isinstance(error, MemoryError):
            raise
        _complain(str(failure_of(error)))
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
    refresh.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    _telling(refresh)
    refresh.add_argument("--failures-to", type=_addresses, metavar="WHO", help="who is told of a failed run when Config cannot be read")
    refresh.add_argument("--log", type=Path, metavar="FILE", help="note there when the run began and how it ended")
    refresh.add_argument("--timezone", default="", metavar="ZONE", help="whose calendar says what today is, such as Europe/Berlin")

    schedule = _command(commands, "schedule", _schedule, "have the system refresh a book every day: cron or systemd, launchd, Task Scheduler")
    schedule.add_argument("book", type=Path, nargs="?", help="workbook (.xlsx, .xlsm)")
    action = schedule.add_mutually_exclusive_group(required=True)
    action.add_argument("--daily", metavar="HH:MM", help="when, such as 06:30; again to change it")
    action.add_argument("--show", action="store_true", help="what is scheduled, when it runs next, how it ended last")
    action.add_argument("--remove", action="store_true", help="take it out again, without trace")
    schedule.add_argument("--weekdays", action="store_true", help="Monday to Friday only")
    schedule.add_argument("--from", dest="source", type=Path, metavar="PATH", help="read the ERP sheets from there instead of the book")
    schedule.add_argument("--backup", type=_positive, default=0, metavar="N", help="keep the last N versions beside the book (0)")
    _telling(schedule)
    schedule.add_argument("--log", type=Path, metavar="FILE", help="where each run is noted (the user's folder for such)")
    schedule.add_argument("--timezone", default="", metavar="ZONE", help="whose calendar says what today is, such as Europe/Berlin")
    schedule.add_argument("--with", dest="scheduler", choices=("cron", "systemd"), help="on Linux: which of the two (cron)")

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

    history = _command(commands, "history", _history, "what was published on a day: every customer's segment, and the rule set in force")
    history.add_argument("book", type=Path, help="refreshed workbook")
    history.add_argument("--on", type=_date, metavar="YYYY-MM-DD", required=True, help="the day")
    shape = history.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    shape.add_argument("--csv", action="store_true", help="print comma-separated values, for a spreadsheet")
    _rules_commands(commands)

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


def _rules_commands(commands: Any) -> None:
    """`xlseg rules export`, `import`, `diff`."""
    rules = commands.add_parser("rules", help="share a rule set between books", description="Share a rule set between books.")
    actions = rules.add_subparsers(dest="action", required=True, metavar="ACTION")

    export = _command(actions, "export", _rules_export, "write the Rules sheet of a book to a text file")
    export.add_argument("book", type=Path, help="workbook with a Rules sheet")
    export.add_argument("file", type=Path, help="file to write, such as rules.json")
    export.add_argument("--name", metavar="TEXT", help="what the rule set is called (the book's name)")
    export.add_argument("--version", metavar="TEXT", default="", help="your version of it, such as 2026-11")
    export.add_argument("--comment", metavar="TEXT", default="", help="what is new")

    bring = _command(actions, "import", _rules_import, "write the rules in a text file onto the Rules sheet of a book")
    bring.add_argument("book", type=Path, help="workbook")
    bring.add_argument("file", type=Path, help="file made by `xlseg rules export`")
    bring.add_argument("--backup", type=_positive, default=0, metavar="N", help="keep the last N versions beside the book (0)")
    bring.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")

    diff = _command(actions, "diff", _rules_diff, "how two rule sets differ. Exit code 0: not at all, 1: they differ, 2: one cannot be read")
    diff.add_argument("before", type=Path, help="book or rule set file")
    diff.add_argument("after", type=Path, help="book or rule set file")


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
    command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    command.set_defaults(run=run)
    return command


def _reading(command: argparse.ArgumentParser) -> None:
    command.add_argument("book", type=Path, help="workbook (.xlsx, .xlsm); or exports: a folder of .csv, a .csv, a NetSuite .xls")
    command.add_argument("--as-of", type=_date, metavar="YYYY-MM-DD", help="day to look at the book (Config, or else today)")
    command.add_argument("--from", dest="source", type=Path, metavar="PATH", help="read the ERP sheets from there instead of the book")


def _telling(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--notify", nargs="?", const="always", choices=_NOTIFY, metavar="WHEN",
        help="send a digest to those on Config: always, on changes, or on failures only; needs xlseg[notify]",
    )  # fmt: skip
    command.add_argument("--notify-to", type=_addresses, metavar="WHO", help="mail addresses or channels, in place of those on Config")
    command.add_argument("--notify-config", type=Path, metavar="FILE", help="notify file with the mail server and channels (the user's own)")


_NOTIFY = ("always", "changes", "failures")


def _with_notify_word(arguments: Sequence[str]) -> list[str]:
    """The arguments, in which a `--notify` before something else than one of its words (mostly the book) has its usual one."""
    return ["--notify=always" if word == "--notify" and not {*arguments[at + 1 : at + 2]} & {*_NOTIFY} else word for at, word in enumerate(arguments)]


def _addresses(text: str) -> Any:
    from xlseg.addresses import AddressError, read_addresses

    try:
        return read_addresses(text)
    except AddressError as error:
        raise argparse.ArgumentTypeError(f"it holds {error}") from None


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

    _now(chosen.timezone)
    watch = _watch(chosen)
    watch.started()
    try:
        report = _refreshed(chosen)
    except Exception as error:
        watch.failed(error)
        raise
    summary = words.summary(report)
    told = watch.finished(report, f"{summary[0]}; {words.moved(report)}; {words.checks(report)}")
    if chosen.json:
        _say_json({**words.as_json(report), "digest": [*told, *watch.troubles]})
    else:
        _say(*summary, *told)
    return 1 if watch.troubles else 0


def _watch(chosen: argparse.Namespace) -> Any:
    from xlseg.addresses import Addresses
    from xlseg.unattended import Watch

    book = chosen.output if chosen.output is not None and _is_export(chosen.book) else chosen.book
    to, failures_to = chosen.notify_to or Addresses(), chosen.failures_to or Addresses()
    return Watch(book, chosen.notify or "", to, failures_to, _secrets(chosen), chosen.log, lambda: _now(chosen.timezone), _complain)


def _secrets(chosen: argparse.Namespace) -> Path:
    from xlseg.notices import standard_file

    named: Path | None = chosen.notify_config
    return named or standard_file(sys.platform, Path.home(), os.environ)


def _schedule(chosen: argparse.Namespace) -> int:
    from xlseg.addresses import Addresses
    from xlseg.errors import ScheduleError
    from xlseg.scheduling import Machine, run_program
    from xlseg.timetable import Wish, schedule, show, time_of_day, unschedule

    now = _now("")
    machine = Machine(sys.platform, Path.home(), os.environ, getattr(os, "getuid", lambda: 0)(), now.date(), run_program)
    book = _absolute(chosen.book)
    if chosen.show:
        _say(*show(book, machine, now))
        return 0
    if book is None:
        raise ScheduleError("xlseg schedule", "no book is named", "name it: xlseg schedule book.xlsx --daily 06:30")
    if chosen.remove:
        _say(*unschedule(book, machine))
        return 0
    _now(chosen.timezone)  # says so when there is no such zone
    wish = Wish(
        book, time_of_day(chosen.daily), chosen.weekdays, _absolute(chosen.source), chosen.backup, chosen.timezone, chosen.notify or "",
        chosen.notify_to or Addresses(), _absolute(_secrets(chosen)) if chosen.notify else None, _absolute(chosen.log), chosen.scheduler or "",
    )  # fmt: skip
    _say(*schedule(wish, machine, sys.executable, now))
    return 0


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else Path(os.path.abspath(path.expanduser()))


def _explain(chosen: argparse.Namespace) -> int:
    from xlseg import words
    from xlseg.explain import explain

    report = _examined(chosen)
    _say(*words.explanation(explain(report.analysis, chosen.customer, report.book)), *words.draft(report))
    return 0


def _history(chosen: argparse.Namespace) -> int:
    import csv

    from xlseg import publication
    from xlseg.sources import open_source

    found = publication.published_on(open_source(chosen.book), chosen.on)
    if chosen.json:
        _say_json(publication.as_json(found))
    elif chosen.csv:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(publication.as_rows(found))
        _say(*text.getvalue().removesuffix("\n").split("\n"))
    else:
        _say(*publication.lines(found))
    return 0


def _rules_export(chosen: argparse.Namespace) -> int:
    from xlseg.sharing import export_rules

    _say(*export_rules(chosen.book, chosen.file, chosen.name, chosen.version, chosen.comment))
    return 0


def _rules_import(chosen: argparse.Namespace) -> int:
    from xlseg.sharing import import_rules

    _say(*import_rules(chosen.book, chosen.file, chosen.backup, save=not chosen.dry_run))
    return 0


def _rules_diff(chosen: argparse.Namespace) -> int:
    from xlseg.sharing import differing_rules

    try:
        found = differing_rules(chosen.before, chosen.after)
    except XlsegError as error:
        _complain(str(error))
        return 2
    if found:
        _say(*found)
    return 1 if found else 0


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

    clock = started_clock(chosen.timezone)
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


def _now(zone: str) -> dt.datetime:
    """The time now, aware of its zone: the one named, or else this machine's."""
    from xlseg.zones import time_zone

    return dt.datetime.now(time_zone(zone)) if zone else dt.datetime.now().astimezone()


def started_clock(zone: str = "") -> Any:
    """A `refresh.Clock` that starts now: for every door, since none but this module reads the time."""
    from xlseg.refresh import Clock

    started = time.perf_counter()
    return Clock(_now(zone).replace(tzinfo=None), lambda: time.perf_counter() - started)


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
