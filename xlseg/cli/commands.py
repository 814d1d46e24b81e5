"""What each command does. Everything heavy is imported where it is used, so that `xlseg --version` and a usage error answer at once."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path
from typing import Any

from xlseg.cli.clock import started_clock, time_now
from xlseg.cli.screen import Progress, complain, say, say_json
from xlseg.errors import XlsegError


def demo(chosen: argparse.Namespace) -> int:
    """Make a demo book."""
    from xlseg.demo import make_book, write_book
    from xlseg.errors import FileError
    from xlseg.hosts.file import must_be_absent

    if chosen.book.suffix.lower() != ".xlsx":
        raise FileError(chosen.book.name, "the demo book is an .xlsx workbook", "give it a name such as erp.xlsx")
    must_be_absent(chosen.book)
    book = make_book(chosen.customers, chosen.seed)
    write_book(book, chosen.book)
    rows = ", ".join(f"{len(sheet):,} {name}" for name, sheet in book.sheets.items())
    say(f"{chosen.book}  {rows} · up to {book.until}. Next: xlseg refresh {chosen.book} --as-of {book.until}")
    return 0


def new(chosen: argparse.Namespace) -> int:
    """Make an empty book."""
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
    say(f"{chosen.book}  made. Next: open it and follow the Start sheet.", *remarks)
    return 0


def _new_with_macros(book: Path) -> list[str]:
    from xlseg.addin.runtime import installed_runtime
    from xlseg.addin.template import interpreter_of, new_macro_book

    remark = new_macro_book(book, interpreter_of(sys.platform, sys.executable, str(Path.home())), installed_runtime())
    return [remark] if remark else []


def check(chosen: argparse.Namespace) -> int:
    """Read, compute and say what was found."""
    from xlseg import words

    report = _examined(chosen)
    if chosen.json:
        say_json(words.as_json(report))
    else:
        say(*words.summary(report), *words.findings(report))
    return 0 if report.sound else 1


def refresh(chosen: argparse.Namespace) -> int:
    """Refresh a book, and tell those who are to know."""
    from xlseg import words

    time_now(chosen.timezone)
    watch = _watch(chosen)
    try:
        watch.started()
        report = _refreshed(chosen)
    except Exception as error:
        watch.failed(error)
        raise
    summary = words.summary(report)
    told = watch.finished(report, f"{summary[0]}; {words.moved(report)}; {words.checks(report)}")
    if chosen.json:
        say_json({**words.as_json(report), "digest": [*told, *watch.troubles]})
    else:
        say(*summary, *told)
    return 1 if watch.troubles else 0


def _watch(chosen: argparse.Namespace) -> Any:
    from xlseg.addresses import Addresses
    from xlseg.unattended import Watch

    book = chosen.output if chosen.output is not None and _is_export(chosen.book) else chosen.book
    to, failures_to = chosen.notify_to or Addresses(), chosen.failures_to or Addresses()
    return Watch(book, chosen.notify or "", to, failures_to, _secrets(chosen), chosen.log, lambda: time_now(chosen.timezone), complain)


def _secrets(chosen: argparse.Namespace) -> Path:
    from xlseg.notices import standard_file

    named: Path | None = chosen.notify_config
    return named or standard_file(sys.platform, Path.home(), os.environ)


def schedule(chosen: argparse.Namespace) -> int:
    """Put the refresh into the system's scheduler, show it there, or take it out."""
    from xlseg.addresses import Addresses
    from xlseg.errors import ScheduleError
    from xlseg.scheduling import Machine, run_program
    from xlseg.timetable import Wish, schedule, show, time_of_day, unschedule

    now = time_now("")
    machine = Machine(sys.platform, Path.home(), os.environ, getattr(os, "getuid", lambda: 0)(), now.date(), run_program)
    book = _absolute(chosen.book)
    if chosen.show:
        say(*show(book, machine, now))
        return 0
    if book is None:
        raise ScheduleError("xlseg schedule", "no book is named", "name it: xlseg schedule book.xlsx --daily 06:30")
    if chosen.remove:
        say(*unschedule(book, machine))
        return 0
    time_now(chosen.timezone)  # says so when there is no such zone
    wish = Wish(
        book, time_of_day(chosen.daily), chosen.weekdays, _absolute(chosen.source), chosen.backup, chosen.timezone, chosen.notify or "",
        chosen.notify_to or Addresses(), _absolute(_secrets(chosen)) if chosen.notify else None, _absolute(chosen.log), chosen.scheduler or "",
    )  # fmt: skip
    say(*schedule(wish, machine, sys.executable, now))
    return 0


def _absolute(path: Path | None) -> Path | None:
    return None if path is None else Path(os.path.abspath(path.expanduser()))


def explain(chosen: argparse.Namespace) -> int:
    """Say why a customer is where he is."""
    from xlseg import words
    from xlseg.explain import explain

    report = _examined(chosen)
    say(*words.explanation(explain(report.analysis, chosen.customer, report.book)), *words.draft(report))
    return 0


def history(chosen: argparse.Namespace) -> int:
    """Say what was published on a day."""
    import csv

    from xlseg import publication
    from xlseg.inert import inert
    from xlseg.sources import open_source

    found = publication.published_on(open_source(chosen.book), chosen.on)
    if chosen.json:
        say_json(publication.as_json(found))
    elif chosen.csv:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(map(inert, row) for row in publication.as_rows(found))
        say(*text.getvalue().removesuffix("\n").split("\n"))
    else:
        say(*publication.lines(found))
    return 0


def rules_export(chosen: argparse.Namespace) -> int:
    """Write the rules of a book to a file."""
    from xlseg.sharing import export_rules

    say(*export_rules(chosen.book, chosen.file, chosen.name, chosen.version, chosen.comment))
    return 0


def rules_import(chosen: argparse.Namespace) -> int:
    """Write the rules of a file into a book."""
    from xlseg.sharing import import_rules

    say(*import_rules(chosen.book, chosen.file, chosen.backup, save=not chosen.dry_run))
    return 0


def rules_diff(chosen: argparse.Namespace) -> int:
    """Say how two rule sets differ."""
    from xlseg.sharing import differing_rules

    try:
        found = differing_rules(chosen.before, chosen.after)
    except XlsegError as error:
        complain(str(error))
        return 2
    if found:
        say(*found)
    return 1 if found else 0


def doctor(chosen: argparse.Namespace) -> int:
    """Say what is wrong with the installation."""
    from xlseg.addin.doctor import examined, report
    from xlseg.addin.installation import look

    findings = examined(look(chosen.book))
    say(*report(findings))
    return 1 if any(finding.state == "wrong" for finding in findings) else 0


def install_calc(chosen: argparse.Namespace) -> int:
    """Put the extension into LibreOffice."""
    from xlseg.addin.calc_extension.install import install
    from xlseg.addin.calc_extension.office import find_office

    say(install(find_office(chosen.office, chosen.profile)))
    return 0


def uninstall_calc(chosen: argparse.Namespace) -> int:
    """Take the extension out of LibreOffice."""
    from xlseg.addin.calc_extension.install import uninstall
    from xlseg.addin.calc_extension.office import find_office

    say(uninstall(find_office(chosen.office, chosen.profile)))
    return 0


def measure(chosen: argparse.Namespace) -> int:
    """Measure the invoices of a parquet file."""
    from fnmatch import fnmatch

    from xlseg.engines import must_be_replaceable, write
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
    must_be_replaceable(target)
    metrics = [name.strip() for name in chosen.metrics.split(",")] if chosen.metrics else None
    clock = started_clock()
    measured = measure_parquet(chosen.invoices, [chosen.as_of], Settings(), metrics)
    write(measured.assign(as_of=measured["as_of"].dt.date), target)
    say(f"{target}  as of {chosen.as_of} · {len(measured):,} customers, {len(measured.columns) - 2} metrics in {clock.seconds():.1f} s")
    return 0


def _examined(chosen: argparse.Namespace) -> Any:
    from xlseg.refresh import examine
    from xlseg.sources import open_source

    book = open_source(chosen.book)
    source = open_source(chosen.source) if chosen.source else None
    with Progress() as progress:
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
    with Progress() as progress:
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
    with Progress() as progress:
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
