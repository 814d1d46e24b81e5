"""What an analyst writes who has pandas and openpyxl: behaviour of each customer at some dates, and two tabs put back.

Twice: with seven metrics and three rules of thumb, and with the metrics that the default rules ask for, as docs/metrics.md defines them, without a
seasonal adjustment. What can be done for all rows at once is done before they are grouped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd

WINDOW, RECENT, LAST, GRACE, MONTH = 365, 60, 90, 5, 30.4375
"""Days: the defaults of Config, and those of docs/metrics.md."""

Measured = Callable[[pd.DataFrame, pd.Timestamp], pd.DataFrame]


@dataclass(frozen=True)
class ByHand:
    """Where the CPU time went, and what was found at the last date."""

    said: str
    found: pd.DataFrame


def by_hand(path: Path, dates: Sequence[pd.Timestamp], measured: Measured) -> ByHand:
    """Metrics and a segment of each customer at each date, a list of the last date, and who moved from date to date."""
    told = [time.process_time()]
    table = pd.read_excel(path, sheet_name="Invoices", engine="openpyxl")
    told.append(time.process_time())
    found = [measured(table, date) for date in dates]
    told.append(time.process_time())
    book = openpyxl.load_workbook(path)
    page = book.create_sheet("Behaviour")
    page.append(list(found[-1].columns))
    for row in found[-1].itertuples(index=False):
        page.append(list(row))
    page = book.create_sheet("Moves")
    for date, before, after in zip(dates[1:], found, found[1:], strict=False):
        both = before.merge(after, on="Customer ID", suffixes=(" before", " after"))
        moves = pd.crosstab(both["segment before"], both["segment after"])
        page.append([date, *moves.columns])
        for name, counts in zip(moves.index, moves.to_numpy().tolist(), strict=True):
            page.append([name, *counts])
    book.save(path.with_name("by_hand.xlsx"))
    told.append(time.process_time())
    said = ", ".join(f"{stop} {after - at:.1f}" for stop, at, after in zip(("reading", "measuring", "writing"), told, told[1:], strict=False))
    return ByHand(said, found[-1])


def _seen(table: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    """The invoices up to a date, with what each is at it."""
    seen = table.loc[table["Date"] <= date, ["Customer ID", "Date", "Due Date", "Paid Date", "Amount"]]
    year_ago = date - pd.Timedelta(days=WINDOW)
    paid = seen["Paid Date"] <= date
    seen["late"] = (seen["Paid Date"].where(paid, date) - seen["Due Date"]).dt.days
    seen["event"] = np.where(paid, seen["Paid Date"] > year_ago, seen["Due Date"] < date)
    seen["open"] = seen["Amount"].where(~paid, 0)
    seen["in window"] = seen["Date"] > year_ago
    return seen


def seven(table: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    """Seven metrics of each customer at a date, and a segment by three simple rules."""

    def measured(group: pd.DataFrame) -> pd.Series:
        late, orders = group.loc[group["event"], "late"], group.loc[group["in window"], "Amount"]
        return pd.Series(
            {
                "n": len(late),
                "velocity": late.mean(),
                "spread": late.std(),
                "late share": (late > GRACE).mean(),
                "open": group["open"].sum(),
                "orders": len(orders),
                "value": orders.mean(),
            }
        )

    columns = ["late", "event", "open", "in window", "Amount"]
    found = _seen(table, date).groupby("Customer ID")[columns].apply(measured).reset_index()
    rules = [found["velocity"] > 10, found["velocity"] > 0, found["velocity"] <= 0]
    return found.assign(segment=np.select(rules, ["slow", "late", "good"], "unknown"))


def of_the_rules(table: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    """The metrics that the default rules ask for, of each customer at a date, and the segment by those rules."""
    early = table["Paid Date"] < table["Date"]
    seen = _seen(table.assign(**{"Paid Date": table["Paid Date"].mask(early, table["Date"])}), date)
    paid = seen["Paid Date"] <= date
    seen["late"] = seen["late"].where(paid, seen["late"].clip(upper=WINDOW))
    seen["recent"] = ~paid | (seen["Paid Date"] > date - pd.Timedelta(days=RECENT))
    seen["overdue"] = (date - seen["Due Date"]).dt.days.where(~paid & (seen["Due Date"] < date))
    seen["ago"] = (date - seen["Date"]).dt.days
    columns = ["late", "event", "recent", "overdue", "open", "in window", "ago", "Amount"]
    found = seen.groupby("Customer ID")[columns].apply(_of_one).reset_index()
    gaps = found["gaps"].sum()
    found["typical_gap"] = (found["span"] + 3 * found["span"].sum() / gaps) / (found["gaps"] + 3) if gaps else math.nan
    found["recency_ratio"] = found["days_since_last_order"] / found["typical_gap"]
    return found.assign(segment=_segment(found)).drop(columns=["gaps", "span"])


def _of_one(group: pd.DataFrame) -> pd.Series:
    events, orders = group[group["event"]], group.loc[group["in window"], "Amount"]
    late, recent, earlier = events["late"], events.loc[events["recent"], "late"], events.loc[~events["recent"], "late"]
    change = change_z = math.nan
    if len(recent) >= 2 and len(earlier) >= 2:
        change = recent.mean() - earlier.mean()
        squares = ((recent - recent.mean()) ** 2).sum() + ((earlier - earlier.mean()) ** 2).sum()
        spread = earlier.std() if len(earlier) >= 6 else math.sqrt(squares / (len(late) - 2))
        change_z = change / (max(spread, 1.0) * math.sqrt(1 / len(recent) + 1 / len(earlier)))
    ago = group["ago"]
    exposure = min(WINDOW, int(ago.max()) + 1)
    lately, before, rest = int((ago < LAST).sum()), int(((ago >= LAST) & group["in window"]).sum()), exposure - LAST
    expected = before / rest * LAST if rest >= LAST else math.nan
    frequency_z = (lately - expected) / math.sqrt(max(expected, 0.5)) if rest >= LAST else math.nan
    return pd.Series(
        {
            "n_paid": len(late),
            "payment_velocity": late.mean(),
            "late_share": (late > GRACE).mean(),
            "late_rms": math.sqrt((late.clip(lower=0) ** 2).mean()) if len(late) else math.nan,
            "velocity_change": change,
            "velocity_change_z": change_z,
            "velocity_recent": recent.mean(),
            "frequency_change": lately / expected - 1 if expected > 0 else math.nan,
            "frequency_change_z": frequency_z,
            "deterioration_z": (change_z - frequency_z) / math.sqrt(2),
            "orders_per_month_sa": len(orders) / (exposure / MONTH),
            "revenue": orders.sum(),
            "average_order_value": orders.mean(),
            "days_since_last_order": ago.min(),
            "gaps": ago.nunique() - 1,
            "span": ago.max() - ago.min(),
            "oldest_past_due": group["overdue"].max(),
            "open_balance": group["open"].sum(),
        }
    )


def _segment(found: pd.DataFrame) -> np.ndarray:
    """The first of the default rules that matches."""
    top = {name: found[name].quantile(share) for name, share in (("revenue", 0.8), ("average_order_value", 0.8), ("open_balance", 0.25))}
    often, usual, gap = found["orders_per_month_sa"].quantile(0.8), found["orders_per_month_sa"].quantile(0.25), found["typical_gap"].quantile(0.5)
    some, worse, slow, late = found["n_paid"] >= 4, found["velocity_recent"] > 0, found["payment_velocity"] > 5, found["velocity_change"]
    fewer, z, orders_z = found["frequency_change"] <= -0.25, found["velocity_change_z"], found["frequency_change_z"]
    rules = [
        ("At-Risk", some & (late >= 5) & worse & fewer & (found["deterioration_z"] >= 2)),
        ("At-Risk", some & (late >= 5) & (z >= 1.64) & worse & (found["recency_ratio"] >= 2)),
        ("At-Risk", fewer & (found["oldest_past_due"] > 60)),
        ("Declining Engagement", worse & fewer & (orders_z <= -1.96)),
        ("Declining Engagement", (late >= 3) & (z >= 1.28) & found["recency_ratio"].between(2, 3)),
        ("High Value Slow Pay", some & slow & (found["revenue"] >= top["revenue"])),
        ("High Value Slow Pay", some & slow & (found["average_order_value"] >= top["average_order_value"])),
        ("Deteriorating Payer", some & (late >= 7) & (z >= 2.33) & worse),
        ("Habitual Late Payer", some & slow & (found["late_share"] >= 0.5)),
        (
            "Dormant Low-Balance",
            (found["days_since_last_order"] >= 90) & (found["recency_ratio"] >= 3) & (found["open_balance"] <= top["open_balance"]),
        ),
        (
            "Reliable Frequent",
            some
            & (found["payment_velocity"] <= 2)
            & (found["late_share"] <= 0.35)
            & (found["late_rms"] <= 7)
            & (orders_z > -1.96)
            & (found["orders_per_month_sa"] >= usual)
            & (found["typical_gap"] <= gap),
        ),
        ("Early Payer", some & (found["payment_velocity"] <= -5) & (found["late_share"] <= 0.15)),
        ("High Engagement", some & (found["payment_velocity"] <= 2) & (found["frequency_change"] >= 0) & (found["orders_per_month_sa"] >= often)),
        ("Slow Payer", some & slow),
        ("Standard", some),
    ]
    return np.select([match for _, match in rules], [name for name, _ in rules], "Not Enough History")
