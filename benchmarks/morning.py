"""What the tabs of the morning cost: a refresh with all tabs against one with the ten that only say how things stand.

Run: python benchmarks/morning.py [invoices]. Exit code 1 beyond 1.5 times. CPU seconds of processes of their own, the smaller of two each.
"""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from refresh import make_book

from xlseg import own
from xlseg.analysis import analyse
from xlseg.controls import controls, remarks
from xlseg.fingerprint import digest
from xlseg.hosts.file import WorkbookFile
from xlseg.intake import read_ledger
from xlseg.movers import movers
from xlseg.refresh import Clock, refresh
from xlseg.tabs.data_quality import data_quality_tab
from xlseg.tabs.history import history_tab
from xlseg.tabs.inputs import config_tab, rules_tab
from xlseg.tabs.metrics import metrics_tab
from xlseg.tabs.migration import migration_tabs
from xlseg.tabs.movers import movers_tab
from xlseg.tabs.segments import segments_tab

AS_OF = dt.date(2026, 10, 31)
BAR = 1.5


def without(path: Path) -> None:
    """The road as it was before: how things stand, and no more."""
    book = WorkbookFile(path)
    settings = own.settings_of(book)
    intake = read_ledger(book, settings)
    analysis = analyse(intake.ledger, settings, own.rules_of(book, True), AS_OF)
    digest(intake.ledger, settings)
    found = movers(analysis)
    tabs = [
        segments_tab(analysis, str, ()),
        movers_tab(analysis, found, str),
        *migration_tabs(analysis, own.picked_of(book)),
        metrics_tab(analysis),
        data_quality_tab(analysis, controls(analysis, intake), intake.tallies, (*intake.findings, *remarks(analysis))),
        history_tab(analysis, {}, AS_OF),
        rules_tab(True),
        config_tab(),
    ]
    book.write(tabs)


def with_all(path: Path) -> None:
    """All tabs."""
    refresh(WorkbookFile(path), None, AS_OF, Clock(dt.datetime(2026, 11, 2), lambda: 0.0))


def taken(way: str, path: Path) -> float:
    """CPU seconds of one of the two, in a process of its own, on a fresh copy of the book."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        copy.write_bytes(path.read_bytes())
        done = subprocess.run([sys.executable, __file__, way, str(copy)], check=True, capture_output=True, text=True)
        return float(done.stdout)


def main(invoices: int) -> int:
    """Print both and their ratio; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "erp.xlsx")
        make_book(path, invoices)
        bare, whole = (min(taken(way, path) for _ in range(2)) for way in ("without", "with_all"))
    print(
        f"{invoices:,} invoices: without the tabs of the morning {bare:.1f} s of CPU, with them {whole:.1f} s: {whole / bare:.2f} times (bar {BAR})"
    )
    return int(whole > BAR * bare)


if __name__ == "__main__":
    if sys.argv[1:2] in (["without"], ["with_all"]):
        started = time.process_time()
        globals()[sys.argv[1]](Path(sys.argv[2]))
        print(time.process_time() - started)
    else:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 100_000))
