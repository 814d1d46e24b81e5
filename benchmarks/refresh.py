"""How long a refresh takes, against what a user would do otherwise. Run: python benchmarks/refresh.py [invoices …]

For each size, in one run and on the same workbook (10 columns, 20 invoices a customer, three years):
  read      the Invoices sheet read with fastexcel alone, nothing computed
  xlseg     `xlseg refresh` as a process: 13 month-ends, all tabs, saved in place; first and second time
  by hand   what an analyst writes: pandas.read_excel, groupby.apply for seven of the metrics at each of the 13 month-ends, openpyxl to put one tab
            back; in brackets for a single date
Below each line, where the first refresh spent its time, as it tells on the way.

The ratios are what counts; absolute seconds are this machine's. docs/benchmarks.md holds what was seen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import fastexcel
import numpy as np
import openpyxl
import pandas as pd
import xlsxwriter

AS_OF = pd.Timestamp("2026-10-31")
MONTH_ENDS = pd.date_range(end=AS_OF, periods=13, freq="ME")
PER_CUSTOMER = 20
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


def by_hand(path: Path, dates: Sequence[pd.Timestamp]) -> None:
    """The analyst's own way, for seven metrics at each date."""
    table = pd.read_excel(path, sheet_name="Invoices", engine="openpyxl")
    found = pd.concat([behaviour(table, date).assign(date=date) for date in dates])
    book = openpyxl.load_workbook(path)
    page = book.create_sheet("Behaviour")
    page.append(list(found.columns))
    for row in found.itertuples(index=False):
        page.append(list(row))
    book.save(path.with_name("by_hand.xlsx"))


def behaviour(table: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    """Seven metrics of each customer at a date."""
    seen = table[table["Date"] <= date]

    def measured(group: pd.DataFrame) -> pd.Series:
        closed = group[(group["Paid Date"] <= date) & (group["Paid Date"] > date - pd.Timedelta(days=365))]
        waiting = group[~(group["Paid Date"] <= date) & (group["Due Date"] < date)]
        late = pd.concat([(closed["Paid Date"] - closed["Due Date"]).dt.days, (date - waiting["Due Date"]).dt.days])
        recent = group[group["Date"] > date - pd.Timedelta(days=365)]
        return pd.Series(
            {
                "n": len(late),
                "velocity": late.mean(),
                "spread": late.std(),
                "late share": (late > 5).mean(),
                "open": group.loc[~(group["Paid Date"] <= date), "Amount"].sum(),
                "orders": len(recent),
                "value": recent["Amount"].mean(),
            }
        )

    return seen.groupby("Customer ID").apply(measured, include_groups=False).reset_index()


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


def refresh(path: Path) -> int:
    """The command, as a process. Returns the most memory it held, in kilobytes."""
    command = [sys.executable, "-m", "xlseg", "refresh", str(path), "--as-of", str(AS_OF.date())]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_maxrss


def stages(path: Path) -> str:
    """The seconds of each stop of a first refresh."""
    command = [sys.executable, "-c", STAGES, str(path), str(AS_OF.date())]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def timed(work: Callable[[], int | None]) -> tuple[float, int]:
    """Wall time of one call, and what it returns."""
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found or 0


def main(sizes: list[int]) -> None:
    """One line a size, and one on the stops."""
    print(f"{'invoices':>10} {'read':>7} {'xlseg':>7} {'again':>7} {'by hand':>16} {'xlseg/read':>11} {'by hand/xlseg':>14} {'peak MB':>8}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "book.xlsx"
            make_book(path, size)
            fresh = shutil.copy(path, path.with_name("fresh.xlsx"))
            read, _ = timed(lambda path=path: bare_read(path))
            once, hand = hands(path) if size <= BY_HAND_UP_TO else (float("nan"), float("nan"))
            first, peak = timed(lambda path=path: refresh(path))
            again, peak_again = timed(lambda path=path: refresh(path))
            most = max(peak, peak_again) / 1024
            print(
                f"{size:>10,} {read:>7.2f} {first:>7.2f} {again:>7.2f} {hand:>8.1f} ({once:>5.1f}) {first / read:>11.1f}"
                f" {hand / first:>6.0f} ({once / first:>5.1f}) {most:>8.0f}"
            )
            print(f"{'':>10} {stages(fresh)}", flush=True)


def hands(path: Path) -> tuple[float, float]:
    """Seconds by hand, for one date and for all."""
    return timed(lambda: by_hand(path, [AS_OF]))[0], timed(lambda: by_hand(path, MONTH_ENDS))[0]


def bare_read(path: Path) -> None:
    """The Invoices sheet, as an Arrow table."""
    fastexcel.read_excel(path).load_sheet("Invoices", schema_sample_rows=None).to_arrow()


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1_000, 10_000, 100_000, 1_000_000])
