"""Do the segments mean anything? Run: python benchmarks/meaning.py

Out of time: the product sees the facts up to a month-end T, the outcome is counted from the raw documents of the 90 days after it.

  receivables   ../shared/data/receivables, one sample that looks generated. T: the last 13 month-ends with 90 whole days of due dates after
                them; the first has nine months of history before it. Bad: the invoices due in the 90 days are paid more than 5 days late,
                weighted by amount. Invoices stand in for orders.
  orders        ../shared/data/orders. T: four dates. Outcome: an order in the 91 days after.
  simulated     books of 200 customers made by xlseg.demo.simulate, in which what changes, and when, is known.

Rules and confirmation were chosen by the train half of the customers (measures.is_train) and by the simulated books; the held half is only
reported. Where ../shared is absent only the simulated part runs. docs/segments.md holds what was seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sampled import orders_part, receivables_part
from simulated import simulated_part

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> int:
    """The three parts; exit code 1 when a bar is missed."""
    lines = []
    for part, name in ((receivables_part, "receivables"), (orders_part, "orders")):
        if (DATA / name).is_dir():
            lines += part(DATA / name)
        else:
            print(f"{name}: no folder {DATA / name}, left out\n")
    lines += simulated_part()
    missed = [line.measure for line in lines if line.missed]
    print(f"{sum(line.bar is not None for line in lines)} bars, {len(missed)} missed{': ' + '; '.join(missed) if missed else ''}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
