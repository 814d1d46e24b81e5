"""Every command with its options and help."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from xlseg import __version__
from xlseg.cli import commands as do

_NOTIFY = ("always", "changes", "failures")


def parser() -> argparse.ArgumentParser:
    """Every command with its options and help."""
    top = argparse.ArgumentParser(prog="xlseg", description="Customer behaviour and segments from the ERP exports in a workbook.")
    top.add_argument("--version", action="version", version=f"xlseg {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    demo = _command(commands, "demo", do.demo, "make a believable ERP workbook to try things on")
    demo.add_argument("book", type=Path, help="file to make, such as erp.xlsx")
    demo.add_argument("--customers", type=_positive, default=500, metavar="N", help="how many customers (500)")
    demo.add_argument("--seed", type=_seed, default=7, metavar="N", help="the same seed makes the same book (7)")

    new = _command(commands, "new", do.new, "make an empty book: input sheets, Rules, Config, instructions")
    new.add_argument("book", type=Path, help="file to make: book.xlsx; or book.xlsm, which has the ribbon button and formulas for Excel")

    check = _command(commands, "check", do.check, "read the sheets and report findings; write nothing. Exit code 0: a refresh would be sound")
    _reading(check)
    check.add_argument("--json", action="store_true", help="print one JSON object, for programs")

    refresh = _command(commands, "refresh", do.refresh, "compute metrics and segments and write the tabs back into the book")
    _reading(refresh)
    refresh.add_argument("--output", type=Path, metavar="FILE", help="write there, and leave the book as it is")
    refresh.add_argument("--backup", type=_positive, default=0, metavar="N", help="keep the last N versions beside the book (0)")
    refresh.add_argument("--dry-run", action="store_true", help="compute everything, write nothing")
    refresh.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    _telling(refresh)
    refresh.add_argument("--failures-to", type=_addresses, metavar="WHO", help="who is told of a failed run when Config cannot be read")
    refresh.add_argument("--log", type=Path, metavar="FILE", help="note there when the run began and how it ended")
    refresh.add_argument("--timezone", default="", metavar="ZONE", help="whose calendar says what today is, such as Europe/Berlin")

    schedule = _command(commands, "schedule", do.schedule, "have the system refresh a book every day: cron or systemd, launchd, Task Scheduler")
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
        ("install-calc", do.install_calc, "put the formulas and the button Refresh Segments into LibreOffice Calc"),
        ("uninstall-calc", do.uninstall_calc, "take them out of LibreOffice again, without trace"),
    ):
        calc = _command(commands, name, run, text)
        calc.add_argument("--office", type=Path, metavar="FOLDER", help="where LibreOffice is, when it is not where it usually is")
        calc.add_argument("--profile", type=Path, metavar="FOLDER", help="user profile of LibreOffice (the user's own)")

    explain = _command(commands, "explain", do.explain, "why a customer is in his segment: rule, values, margins, invoices")
    _reading(explain)
    explain.add_argument("customer", help="customer id, as on the Segments tab")

    history = _command(commands, "history", do.history, "what was published on a day: every customer's segment, and the rule set in force")
    history.add_argument("book", type=Path, help="refreshed workbook")
    history.add_argument("--on", type=_date, metavar="YYYY-MM-DD", required=True, help="the day")
    shape = history.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    shape.add_argument("--csv", action="store_true", help="print comma-separated values, for a spreadsheet")
    _rules_commands(commands)

    doctor = _command(
        commands, "doctor", do.doctor, "say what is wrong with the installation for Excel and Calc, and what to do. Exit code 0: nothing is"
    )
    doctor.add_argument("book", type=Path, nargs="?", help="look at this workbook too: its macros, its runtime, the Python it starts")

    measure = _command(commands, "measure", do.measure, "the metrics of the invoices in a parquet file, when a workbook is too small")
    measure.add_argument("invoices", type=Path, help="parquet file, or a quoted pattern such as 'invoices/*.parquet'; needs xlseg[duckdb]")
    measure.add_argument("--as-of", type=_date, metavar="YYYY-MM-DD", required=True, help="day to look at the book")
    measure.add_argument("--output", type=Path, metavar="FILE", required=True, help="file to write, .parquet or .csv: a row a customer")
    measure.add_argument("--metrics", metavar="NAME,…", help="only these, of docs/metrics.md: the fewer, the faster")
    return top


def _rules_commands(commands: Any) -> None:
    """`xlseg rules export`, `import`, `diff`."""
    rules = commands.add_parser("rules", help="share a rule set between books", description="Share a rule set between books.")
    actions = rules.add_subparsers(dest="action", required=True, metavar="ACTION")

    export = _command(actions, "export", do.rules_export, "write the Rules sheet of a book to a text file")
    export.add_argument("book", type=Path, help="workbook with a Rules sheet")
    export.add_argument("file", type=Path, help="file to write, such as rules.json")
    export.add_argument("--name", metavar="TEXT", help="what the rule set is called (the book's name)")
    export.add_argument("--version", metavar="TEXT", default="", help="your version of it, such as 2026-11")
    export.add_argument("--comment", metavar="TEXT", default="", help="what is new")

    bring = _command(actions, "import", do.rules_import, "write the rules in a text file onto the Rules sheet of a book")
    bring.add_argument("book", type=Path, help="workbook")
    bring.add_argument("file", type=Path, help="file made by `xlseg rules export`")
    bring.add_argument("--backup", type=_positive, default=0, metavar="N", help="keep the last N versions beside the book (0)")
    bring.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")

    diff = _command(actions, "diff", do.rules_diff, "how two rule sets differ. Exit code 0: not at all, 1: they differ, 2: one cannot be read")
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


def with_notify_word(arguments: Sequence[str]) -> list[str]:
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
    return _whole(text, 1, 1_000_000)


def _seed(text: str) -> int:
    return _whole(text, 0, 2**63)


def _whole(text: str, first: int, last: int) -> int:
    if not text.isdecimal() or len(text) > 20 or not first <= int(text) <= last:
        raise argparse.ArgumentTypeError(f"{text!r:.60} is not a whole number from {first}")
    return int(text)
