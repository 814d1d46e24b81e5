"""Invoices in a parquet file, measured at one date through DuckDB, against a bare look at it. Run: python benchmarks/parquet.py [invoices …]

For each size, in one run and three times over (20 invoices a customer, three years, text ids):
  bare     scan and group-by: count, sum of amounts, mean days late, last date of every customer
  seven    n_paid, payment_velocity, payment_consistency, late_share, days_to_pay, open_balance, past_due
  most     every metric that needs no count of distinct order days (not typical_gap, recency_ratio, expected_orders)
  all      every metric, the BG/NBD fit over all customers with it
Wall time, CPU time of all threads, and the ratios to `bare`; CPU ratios hold still where others use the machine as well.
docs/benchmarks.md holds what was seen.
"""

from __future__ import annotations

import datetime as dt
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from xlseg.metrics import CATALOGUE, measure_parquet
from xlseg.metrics.needs import OF_ORDER_DAYS
from xlseg.settings import Settings

AS_OF = dt.date(2026, 10, 31)
ROUNDS = 3
SEVEN = ("n_paid", "payment_velocity", "payment_consistency", "late_share", "days_to_pay", "open_balance", "past_due")
MOST = tuple(name for name in CATALOGUE if name not in OF_ORDER_DAYS)


def make_file(path: Path, invoices: int) -> None:
    """Invoices on 30 days' terms, paid a few days early or late."""
    duckdb.execute("SELECT setseed(0.5)")
    duckdb.execute(f"""
        COPY (
            SELECT 'INV' || i AS document, 'C' || (hash(i) % {max(invoices // 20, 1)}) AS customer, issued, issued + 30 AS due,
                CASE WHEN issued + 30 + late <= DATE '{AS_OF}' THEN issued + 30 + late END AS paid, (exp(4.5 + 3 * random()) * 100)::BIGINT AS amount
            FROM (
                SELECT i, DATE '2023-11-01' + (i * 1095 // {invoices})::INT AS issued,
                    round(-3.6 + 24.6 * (random() + random() + random() - 1.5))::INT AS late
                FROM range({invoices}) numbers(i)
            )
        ) TO '{path}' (FORMAT parquet)""")


def bare(path: Path) -> None:
    """What any question about customers costs at least."""
    sql = f"SELECT customer, count(*), sum(amount), avg(date_diff('day', due, paid)), max(issued) FROM '{path}' GROUP BY customer"
    duckdb.sql(sql).fetchnumpy()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and CPU seconds of one call."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def main(sizes: list[int]) -> None:
    """A line a size and question: the medians of the rounds, and the most memory so far."""
    print(f"{'invoices':>12} {'':8} {'wall':>7} {'CPU':>7} {'wall/bare':>10} {'CPU/bare':>9} {'peak MB':>8}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "invoices.parquet"
            make_file(path, size)
            asked: dict[str, Callable[[], object]] = {"bare": lambda path=path: bare(path)}
            for name, metrics in (("seven", SEVEN), ("most", MOST), ("all", tuple(CATALOGUE))):
                asked[name] = lambda path=path, metrics=metrics: measure_parquet(path, [AS_OF], Settings(), metrics)
            compare(size, asked)


def compare(size: int, asked: dict[str, Callable[[], object]]) -> None:
    """The rounds of a size, each question after the other in each."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in asked}
    asked["bare"]()  # the first look warms the file up
    peak = {}
    for _ in range(ROUNDS):
        for name, work in asked.items():
            seen[name].append(timed(work))
            peak.setdefault(name, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    for name, times in seen.items():
        wall, cpu = (statistics.median(column) for column in zip(*times, strict=True))
        against = [statistics.median(a[i] / b[i] for a, b in zip(times, seen["bare"], strict=True)) for i in (0, 1)]
        print(f"{size:>12,} {name:8} {wall:>7.2f} {cpu:>7.2f} {against[0]:>10.1f} {against[1]:>9.1f} {peak[name]:>8.0f}", flush=True)


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1_000_000, 10_000_000])
