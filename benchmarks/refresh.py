"""How long a refresh takes, against what a user would do otherwise. Run: python benchmarks/refresh.py [invoices …]

For each size, in one run and on the same workbook (10 columns, 20 invoices a customer, three years):
  read      the Invoices sheet read with fastexcel alone, nothing computed
  xlseg     `xlseg refresh` as a process: 13 month-ends, all tabs, saved in place; first and second time, and once more at a date two weeks later
  by hand   what an analyst writes: pandas.read_excel, groupby.apply and a segment at each of the 13 month-ends, openpyxl to put two tabs back; with
            seven of the metrics (also for a single date), and with those that the default rules ask for, which are compared with the Metrics tab.
            Up to 100,000 invoices, where it takes minutes
Below, where the first refresh spent its time, as it tells on the way.

The ratios are what counts; absolute seconds are this machine's, and where others use it too, CPU time tells more than wall time.
docs/benchmarks.md holds what was seen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import numpy as np
import pandas as pd
import xlsxwriter
from by_hand import by_hand, of_the_rules, seven

AS_OF = pd.Timestamp("2026-10-31")
LATER = AS_OF + pd.Timedelta(days=15)
"""When nearly every number is another one."""
MONTH_ENDS = pd.date_range(end=AS_OF, periods=13, freq="ME")
PER_CUSTOMER = 20
METRICS_HEADER = 5
"""Position of the headings on the Metrics tab, from 0."""
BY_HAND_UP_TO = 100_000
"""Beyond, the way by hand takes many minutes and gigabytes."""


def make_book(path: Path, invoices: int) -> None:
    """A book with one Invoices sheet of ten columns, without defects."""
    chance = np.random.default_rng(1)
    customers = max(invoices // PER_CUSTOMER, 1)
    issued = pd.Timestamp("2023-11-01") + pd.to_timedelta(np.sort(chance.integers(0, 1095, invoices)), unit="D")
    due = issued + pd.Timedelta(days=30)
    paid = due + pd.to_timedelta(np.rint(chance.normal(-3.6, 12.3, invoices)), unit="D")
    amount = np.round(np.exp(chance.normal(6, 1, invoices)), 2)
    owner = chance.integers(0, customers, invoices)
    book = xlsxwriter.Workbook(path, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    sheet = book.add_worksheet("Invoices")
    headings = ("Invoice No", "Customer ID", "Name", "Date", "Due Date", "Amount", "Amount Remaining", "Paid Date", "Status", "Currency")
    sheet.write_row(0, 0, headings)
    for i in range(invoices):
        is_paid = paid[i] <= AS_OF
        row = (f"INV{i:07d}", f"C{owner[i]:06d}", f"Customer {owner[i]}", issued[i], due[i], amount[i], 0 if is_paid else amount[i])
        sheet.write_row(i + 1, 0, (*row, paid[i] if is_paid else None, "Paid In Full" if is_paid else "Open", "USD"))
    book.close()


STAGES = """
import datetime as dt, sys, time
started = time.perf_counter()
from pathlib import Path
from xlseg.hosts.file import WorkbookFile
from xlseg.refresh import Clock, refresh
told = [("starting", started)]
refresh(WorkbookFile(Path(sys.argv[1])), None, dt.date.fromisoformat(sys.argv[2]), Clock(dt.datetime.now(), lambda: 0.0),
        lambda stage: told.append((stage, time.perf_counter())))
told.append(("", time.perf_counter()))
print(", ".join(f"{stage} {after - at:.2f}" for (stage, at), (_, after) in zip(told, told[1:])))
"""
"""A refresh that prints the seconds of each stop."""


@dataclass(frozen=True)
class Taken:
    """Seconds of wall and CPU time, the most memory held, in megabytes, and what the work says of itself."""

    wall: float
    cpu: float
    peak: float = float("nan")
    said: str = ""


def refresh(path: Path, as_of: pd.Timestamp = AS_OF) -> Taken:
    """The command, as a process."""
    command = [sys.executable, "-m", "xlseg", "refresh", str(path), "--as-of", str(as_of.date())]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Taken(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def stages(path: Path) -> str:
    """The seconds of each stop of a first refresh."""
    command = [sys.executable, "-c", STAGES, str(path), str(AS_OF.date())]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def timed(work: Callable[[], str]) -> Taken:
    """What one call takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    said = work()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu, said=said)


def main(sizes: list[int]) -> None:
    """A few lines a size, and one on the stops."""
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "book.xlsx"
            make_book(path, size)
            fresh = shutil.copy(path, path.with_name("fresh.xlsx"))
            read = timed(lambda path=path: bare_read(path))
            first, again = refresh(path), refresh(path)  # before this process grows: a new one begins with the memory of the one that starts it
            ours = shutil.copy(path, path.with_name("ours.xlsx"))
            later = refresh(path, LATER)
            hands = hand_made(fresh, ours) if size <= BY_HAND_UP_TO else {}
            print(
                f"{size:,} invoices {'wall s':>28} {'CPU s':>8} {'peak MB':>8} {'wall/read':>10} {'CPU/read':>9} {'wall/xlseg':>11} {'CPU/xlseg':>10}"
            )
            for name, taken in {"read": read, "xlseg": first, "again": again, "two weeks later": later, **hands}.items():
                peak = "" if taken.peak != taken.peak else f"{taken.peak:,.0f}"
                against = (
                    f"{taken.wall / read.wall:>10.1f} {taken.cpu / read.cpu:>9.1f} {taken.wall / first.wall:>11.2f} {taken.cpu / first.cpu:>10.2f}"
                )
                print(f"  {name:<30} {taken.wall:>10.2f} {taken.cpu:>8.2f} {peak:>8} {against}  {taken.said}")
            print(f"  xlseg, wall: {stages(fresh)}", flush=True)


def hand_made(path: Path, ours: Path) -> dict[str, Taken]:
    """By hand: seven metrics for one date and for all, and those of the rules for all, held against our own book."""

    def with_rules() -> str:
        made = by_hand(path, MONTH_ENDS, of_the_rules)
        found.append(made.found)
        return made.said

    found: list[pd.DataFrame] = []
    ends = f"{len(MONTH_ENDS)} month-ends"
    taken = {
        "by hand, one date": timed(lambda: by_hand(path, [AS_OF], seven).said),
        f"by hand, {ends}": timed(lambda: by_hand(path, MONTH_ENDS, seven).said),
        f"by hand, {ends}, the rules'": timed(with_rules),
    }
    print(agreement(found[0], ours))
    return taken


SEASONAL = ("frequency_change", "frequency_change_z", "deterioration_z", "orders_per_month_sa")


def agreement(by_hand: pd.DataFrame, ours: Path) -> str:
    """In how many of the metrics two ways agree on every customer, to a billionth; those with a seasonal adjustment aside."""
    table = fastexcel.read_excel(ours).load_sheet("Metrics", header_row=METRICS_HEADER).to_pandas().set_index("customer_id")
    theirs = by_hand.set_index("Customer ID").drop(columns=["segment", *SEASONAL])
    apart = [name for name in theirs if not np.allclose(table[name].reindex(theirs.index), theirs[name], rtol=1e-9, atol=1e-9, equal_nan=True)]
    return f"by hand and by xlseg, {len(theirs.columns)} metrics of {len(theirs):,} customers: " + (f"apart in {apart}" if apart else "the same")


def bare_read(path: Path) -> str:
    """The Invoices sheet, as an Arrow table."""
    fastexcel.read_excel(path).load_sheet("Invoices", schema_sample_rows=None).to_arrow()
    return ""


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1_000, 10_000, 100_000, 1_000_000])
