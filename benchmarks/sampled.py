"""The parts that need ../shared: real orders, and a sample of receivables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from followed import BAD, HORIZON, Followed, follow, lateness_to_come, simple_rules
from lines import Line, show
from measures import Array, falls, flips, interval, is_train, jumps, lift, ranking

from xlseg.calendar import month_ends
from xlseg.intake import read_ledger
from xlseg.metrics import measure
from xlseg.settings import Settings
from xlseg.sources import open_source
from xlseg.tables import Ledger

ENOUGH = 30
"""A segment with fewer customer-months has no bad rate worth comparing."""

HIGH_RISK = 6
ORDER_DATES = (dt.date(2011, 3, 10), dt.date(2011, 6, 10), dt.date(2011, 7, 31), dt.date(2011, 9, 8))
ORDER_HORIZON = 91


def receivables_part(folder: Path) -> list[Line]:
    """Rank, lift, flips and bad rates of the receivables sample."""
    ledger, invoices = _ledger(folder), _raw_invoices(folder)
    followed = follow(ledger, _last_month_end(invoices))
    rows = followed.rows
    outcome = lateness_to_come(invoices, rows)
    simple = simple_rules(invoices, rows)
    train = is_train(rows["customer"])
    parts = {"train half": train, "held half": ~train, "all": np.ones(len(rows), "bool")}
    scores = {"risk of the segment": rows["risk"].to_numpy(), "expected_days_late": rows["expected_days_late"].to_numpy(), **simple}
    bars = {"risk of the segment": 0.89, "expected_days_late": 0.92}
    lines = [_rank_line(name, score, outcome, rows["customer"], parts, bars.get(name)) for name, score in scores.items()]
    lines += _lift_lines(rows, outcome, parts)
    lines += _flip_lines(followed)
    lines.append(_falls_line(rows, outcome, parts))
    lines += _null_lines(ledger, invoices, _last_month_end(invoices))
    title = f"receivables: {rows['customer'].nunique()} customers, {int((~np.isnan(outcome)).sum())} customer-months, "
    title += f"T {rows['as_of'].min():%Y-%m-%d} … {rows['as_of'].max():%Y-%m-%d}, {np.nanmean(outcome > BAD):.0%} bad"
    show(title, (*parts, "95 % by customer"), lines)
    _show_segments(rows, outcome)
    return lines


def orders_part(folder: Path) -> list[Line]:
    """Who orders again: expected_orders against what a user would sort by."""
    ledger = _ledger(folder)
    found: dict[str, list[float]] = {}
    for date in ORDER_DATES:
        measured = measure(ledger, [date], Settings())
        again = _orders_again(ledger, measured["customer"], date)
        scores = {
            "expected_orders": measured["expected_orders"],
            "orders in the window": measured["orders"],
            "days since the last order": -measured["days_since_last_order"],
            "recency_ratio": -measured["recency_ratio"],
        }
        for name, score in scores.items():
            for part, chosen in (("", np.ones(len(again), "bool")), ("held", ~is_train(measured["customer"]))):
                found.setdefault(name + part, []).append(ranking(score.to_numpy("float64")[chosen], again[chosen]))
    lines = []
    for name in scores:
        mean = float(np.mean(found[name]))
        cells = (*(f"{value:.3f}" for value in found[name]), f"{np.mean(found[name + 'held']):.3f}", f"{mean:.3f}")
        lines.append(Line(f"{name}: AUC", cells, mean, 0.785 if name == "expected_orders" else None))
    show("orders: who orders again in 91 days", (*(f"{date}" for date in ORDER_DATES), "mean, held half", "mean"), lines)
    return lines


def _ledger(folder: Path) -> Ledger:
    return read_ledger(open_source(folder), Settings()).ledger


def _raw_invoices(folder: Path) -> pd.DataFrame:
    names = {"Customer": "customer", "InvoiceNo": "document", "InvoiceDate": "issued", "DueDate": "due", "PaidDate": "paid", "Amount": "amount"}
    raw = pd.read_csv(folder / "Invoices.csv", dtype={"InvoiceNo": str}, parse_dates=["InvoiceDate", "DueDate", "PaidDate"])
    country = pd.read_csv(folder / "Customers.csv").set_index("Customer")["Country"]
    return raw.rename(columns=names)[[*names.values()]].assign(country=raw["Customer"].map(country))


def _last_month_end(invoices: pd.DataFrame) -> dt.date:
    """The last month-end after which the ledger holds 90 days of due dates."""
    return month_ends((invoices["due"].max() - pd.Timedelta(days=HORIZON)).date(), 1)[0]


def _rank_line(name: str, score: Array, outcome: Array, customers: pd.Series, parts: Mapping[str, Array], bar: float | None) -> Line:
    def of(rows: Array) -> float:
        return ranking(score[rows], outcome[rows] > BAD)

    known = ~np.isnan(outcome)
    values = [of(chosen & known) for chosen in parts.values()]
    low, high = interval(customers.to_numpy(object)[known], lambda drawn: of(np.flatnonzero(known)[drawn]))
    return Line(f"{name}: AUC", (*(f"{value:.3f}" for value in values), f"{low:.3f} … {high:.3f}"), values[-1], bar)


def _lift_lines(rows: pd.DataFrame, outcome: Array, parts: Mapping[str, Array]) -> list[Line]:
    known, flagged = ~np.isnan(outcome), (rows["risk"] >= HIGH_RISK).to_numpy()
    lifts = [lift(flagged[chosen & known], outcome[chosen & known] > BAD) for chosen in parts.values()]
    shares = [float(flagged[chosen & known].mean()) for chosen in parts.values()]
    return [
        Line(f"risk ≥ {HIGH_RISK}: lift", (*(f"{value:.2f}" for value in lifts), ""), lifts[-1], 3.0),
        Line(f"risk ≥ {HIGH_RISK}: share of customers", (*(f"{value:.1%}" for value in shares), "")),
    ]


def _flip_lines(followed: Followed) -> list[Line]:
    labels, known = followed.grid("segment")
    risk, _ = followed.grid("risk")
    today, _ = followed.grid("label")
    train = is_train(followed.customers)
    measures: tuple[tuple[str, Callable[[Array], float], float | None], ...] = (
        ("flips a month", lambda of: flips(labels[of], known[of]), 0.12),
        ("flips with a risk change ≥ 2", lambda of: jumps(risk[of], known[of]), 0.07),
        ("flips of the rules alone", lambda of: flips(today[of], known[of]), None),
    )
    lines = []
    for name, of, bar in measures:
        values = [of(chosen) for chosen in (train, ~train, np.ones(len(train), "bool"))]
        low, high = interval(followed.customers, lambda drawn, of=of: of(drawn))
        lines.append(Line(name, (*(f"{value:.1%}" for value in values), f"{low:.1%} … {high:.1%}"), values[-1], bar, at_least=False))
    return lines


def _bad_rates(rows: pd.DataFrame, outcome: Array) -> pd.DataFrame:
    known = ~np.isnan(outcome)
    table = pd.DataFrame({"risk": rows["risk"], "segment": rows["segment"], "bad": outcome > BAD})[known]
    return table.groupby(["risk", "segment"])["bad"].agg(["mean", "size"]).reset_index()


def _falls_line(rows: pd.DataFrame, outcome: Array, parts: Mapping[str, Array]) -> Line:
    cells = []
    for chosen in parts.values():
        table = _bad_rates(rows[chosen], outcome[chosen])
        table = table[table["size"] >= ENOUGH]
        cells.append("falls" if falls(table["risk"].tolist(), table["mean"].tolist()) else "holds")
    return Line(f"bad rate never falls with risk (n ≥ {ENOUGH})", (*cells, ""), float(cells[-1] == "holds"), 1.0)


def _null_lines(ledger: Ledger, invoices: pd.DataFrame, as_of: dt.date) -> list[Line]:
    """The same sample with the days late dealt to other invoices: what tells customers apart then is chance."""
    ranks, moved = [], []
    for seed in (1, 2, 3):
        dealt = invoices.assign(paid=invoices["due"] + np.random.default_rng(seed).permutation(invoices["paid"] - invoices["due"]))
        dealt["paid"] = dealt[["paid", "issued"]].max(axis=1)
        paid = dealt.set_index("document")["paid"]
        payments = ledger.payments.assign(date=paid.reindex(ledger.payments["document"]).to_numpy("datetime64[s]"))
        followed = follow(replace(ledger, payments=payments), as_of)
        outcome = lateness_to_come(dealt, followed.rows)
        known = ~np.isnan(outcome)
        ranks.append(ranking(followed.rows["risk"].to_numpy()[known], outcome[known] > BAD))
        moved.append(flips(*followed.grid("segment")))
    return [
        Line("days late dealt to other invoices: AUC of the risk", ("", "", f"{np.mean(ranks):.3f}", f"{min(ranks):.3f} … {max(ranks):.3f}")),
        Line("days late dealt to other invoices: flips a month", ("", "", f"{np.mean(moved):.1%}", f"{min(moved):.1%} … {max(moved):.1%}")),
    ]


def _orders_again(ledger: Ledger, customers: pd.Series, date: dt.date) -> Array:
    orders = ledger.orders[ledger.orders["amount"] > 0]
    soon = (orders["date"] > pd.Timestamp(date)) & (orders["date"] <= pd.Timestamp(date) + pd.Timedelta(days=ORDER_HORIZON))
    return customers.isin(orders.loc[soon, "customer"]).to_numpy()


def _show_segments(rows: pd.DataFrame, outcome: Array) -> None:
    table = _bad_rates(rows, outcome).sort_values(["risk", "mean"])
    lines = [Line(row["segment"], (f"{row['risk']:.0f}", f"{row['mean']:.1%}", f"{row['size']}")) for _, row in table.iterrows()]
    show("receivables: bad rate by segment", ("risk", "bad", "customer-months"), lines)
