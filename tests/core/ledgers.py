"""Small ledgers for tests: builders of single rows (amounts in units, not hundredths) and a seeded generator of a messy book."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from xlseg.metrics import measure
from xlseg.settings import Settings
from xlseg.tables import INVOICES, ORDERS, PAYMENTS, Ledger, empty

T = dt.date(2024, 12, 31)
SOME_DAY = T - dt.timedelta(days=100)
Row = Mapping[str, Any]


def ago(days: int, of: dt.date = T) -> dt.date:
    return of - dt.timedelta(days=days)


def cents(amount: float) -> int:
    return round(amount * 100)


def invoice(
    amount: float = 100,
    *,
    issued: dt.date,
    due: dt.date | None = None,
    document: str = "",
    customer: str = "A",
    remaining: float = math.nan,
    paid: dt.date | None = None,
    status: str = "",
    disputed: bool = False,
) -> Row:
    """An invoice, or a credit memo if the amount is below 0; due 30 days after issue unless said otherwise."""
    return {
        "document": document, "customer": customer, "issued": issued, "due": due or issued + dt.timedelta(days=30), "amount": cents(amount),
        "remaining": remaining if math.isnan(remaining) else cents(remaining), "paid": paid, "status": status, "is_credit": amount < 0,
        "disputed": disputed,
    }  # fmt: skip


def settled(late: int, amount: float = 100, *, on: dt.date = SOME_DAY, **others: Any) -> Row:
    """An invoice on 30 days' terms, paid on a date that lies `late` days after it was due."""
    due = ago(late, of=on)
    return invoice(amount, issued=ago(30, of=due), due=due, paid=on, **others)


def past_due(late: int, amount: float = 100, **others: Any) -> Row:
    """An invoice on 30 days' terms that nobody has paid, due `late` days before T."""
    return invoice(amount, issued=ago(late + 30), **others)


def payment(amount: float, date: dt.date, document: str, *, customer: str = "A", name: str = "", credit: bool = False) -> Row:
    return {"payment": name, "customer": customer, "date": date, "amount": cents(amount), "document": document, "is_credit": credit}


def order(amount: float, date: dt.date, *, customer: str = "A") -> Row:
    return {"document": "", "customer": customer, "date": date, "amount": cents(amount)}


def frame(columns: Mapping[str, str], rows: Iterable[Row], prefix: str) -> pd.DataFrame:
    """The rows with their types; a row without a name of its own gets one."""
    named = [{**row, "row": number, **_named(row, f"{prefix}{number}")} for number, row in enumerate(rows, start=2)]
    return pd.DataFrame(named, columns=list(columns)).astype(dict(columns)) if named else empty(columns)


def _named(row: Row, name: str) -> dict[str, str]:
    key = "payment" if "payment" in row else "document"
    return {} if row[key] else {key: name}


def book(invoices: Iterable[Row] | None = None, payments: Iterable[Row] | None = None, orders: Iterable[Row] | None = None) -> Ledger:
    """A ledger; a table that is not given is a sheet that is not there."""
    return Ledger(
        invoices=frame(INVOICES, invoices or (), "INV"),
        payments=frame(PAYMENTS, payments or (), "PAY"),
        orders=frame(ORDERS, orders or (), "SO"),
        has_invoices=invoices is not None,
        has_payments=payments is not None,
        has_orders=orders is not None,
    )


def product(ledger: Ledger, as_of: dt.date, settings: Settings, engine: str = "pandas") -> dict[str, dict[str, Any]]:
    """What the product measures at one as-of date, as the slow reading hands it out."""
    measured = measure(ledger, [as_of], settings, engine=engine).drop(columns="as_of")
    return {row.pop("customer"): {name: None if pd.isna(value) else value for name, value in row.items()} for row in measured.to_dict("records")}


# ── a messy book ─────────────────────────────────────────────────────────────

FIRST = dt.date(2022, 1, 3)


def messy(seed: int, customers: int = 40, documents: int = 400) -> Ledger:
    """Three years of a book with everything that ERP ledgers hold: see the kinds of `_applied`."""
    chance = random.Random(seed)
    names = [f"C{number:03}" for number in range(customers)]
    shares = [chance.gammavariate(0.8, 1) for _ in names]
    invoices, payments = [], []
    for number in range(documents):
        issued = FIRST + dt.timedelta(days=chance.randrange(1095))
        due = issued + dt.timedelta(days=chance.choice((0, 14, 30, 60)))
        name, amount = f"D{number:04}", chance.choice((0.0, 0.01, 0.02)) if chance.random() < 0.03 else chance.randrange(100, 500_000) / 100
        row = dict(invoice(amount, issued=issued, due=due, document=name, customer=chance.choices(names, shares)[0], disputed=chance.random() < 0.1))
        if chance.random() < 0.12:
            row |= {"amount": -row["amount"], "is_credit": True}
        elif row["amount"] > 2:
            kind = chance.choice(KINDS)
            changes, applied = kind(row, due + dt.timedelta(days=round(chance.gauss(4, 15))), chance)
            row |= changes
            payments += applied
        invoices.append(row)
    payments += _used_memos(invoices, payments, chance)
    payments += [payment(chance.randrange(100), FIRST + dt.timedelta(days=chance.randrange(1095)), "", customer="ONLY-CASH") for _ in range(3)]
    return book(invoices, payments, _messy_orders(names, chance))


Made = tuple[dict[str, Any], list[Row]]


def _apply(row: Row, share: float, date: dt.date, credit: bool = False) -> Row:
    return payment(round(row["amount"] * share) / 100, date, row["document"], customer=row["customer"], credit=credit)


def _paid(row: Row, date: dt.date, chance: random.Random) -> Made:
    return {"status": "closed", "remaining": 0.0, "paid": max(date, row["issued"])}, [_apply(row, 1, date)]


def _in_parts(row: Row, date: dt.date, chance: random.Random) -> Made:
    first, share = _apply(row, chance.random(), date), chance.choice((0.5, 1.0))
    rest = {**_apply(row, share, date + dt.timedelta(days=chance.randrange(60))), "amount": round((row["amount"] - first["amount"]) * share)}
    return {}, [first, rest]


def _overpaid_and_reversed(row: Row, date: dt.date, chance: random.Random) -> Made:
    return {}, [_apply(row, 1.1, date), _apply(row, -0.3, date + dt.timedelta(days=chance.randrange(90)))]


def _credited(row: Row, date: dt.date, chance: random.Random) -> Made:
    share = chance.choice((0.3, 0.5, 0.8, 1.0))
    return {}, [_apply(row, share, date, credit=True), {**_apply(row, 1, date), "amount": row["amount"] - round(row["amount"] * share)}]


def _written_off(row: Row, date: dt.date, chance: random.Random) -> Made:
    later = date + dt.timedelta(days=chance.randrange(200))
    return {"status": "credited"}, [
        _apply(row, 0.4, date),
        {**_apply(row, 1, later, credit=True), "amount": row["amount"] - round(row["amount"] * 0.4)},
    ]


def _prepaid(row: Row, date: dt.date, chance: random.Random) -> Made:
    return {}, [_apply(row, chance.choice((0.5, 1.0)), row["issued"] - dt.timedelta(days=chance.randrange(1, 90)))]


def _unpaid(row: Row, date: dt.date, chance: random.Random) -> Made:
    return chance.choice(({}, {"status": "open"}, {"status": "open", "paid": dt.date(2049, 12, 31)})), []


def _paid_by_its_own_row(row: Row, date: dt.date, chance: random.Random) -> Made:
    return chance.choice(({"status": "closed"}, {"remaining": 0.0}, {"status": "credited"})) | {"paid": date}, []


def _closed_on_no_date(row: Row, date: dt.date, chance: random.Random) -> Made:
    return chance.choice(({"status": "closed"}, {"remaining": 0.0}, {"status": "credited"})), []


def _partly_paid_on_no_date(row: Row, date: dt.date, chance: random.Random) -> Made:
    return {"status": "open", "remaining": float(math.ceil(row["amount"] * chance.uniform(0.3, 0.9)))}, []


KINDS: tuple[Callable[[dict[str, Any], dt.date, random.Random], Made], ...] = (
    _paid, _paid, _paid, _paid, _paid, _in_parts, _overpaid_and_reversed, _credited, _written_off, _prepaid, _unpaid, _paid_by_its_own_row,
    _closed_on_no_date, _partly_paid_on_no_date,
)  # fmt: skip


def _used_memos(invoices: list[dict[str, Any]], payments: list[Row], chance: random.Random) -> list[Row]:
    """Half of the credit memos are used, in whole or in part, on an invoice that nothing refers to yet; some are refunded in cash."""
    touched = {row["document"] for row in payments}
    bare = [row for row in invoices if not row["is_credit"] and row["document"] not in touched and row["status"] != "closed"]
    rows = []
    for memo in (row for row in invoices if row["is_credit"] and row["amount"] < -2):
        use = chance.random()
        if use < 0.5 and bare:
            target = bare.pop(chance.randrange(len(bare)))
            date = max(memo["issued"], target["issued"]) + dt.timedelta(days=chance.randrange(40))
            amount = -memo["amount"] / 100 * chance.choice((1, 0.5))
            rows.append(payment(amount, date, target["document"], customer=memo["customer"], name=memo["document"], credit=True))
        elif use < 0.6:
            date = memo["issued"] + dt.timedelta(days=20)
            rows.append(payment(memo["amount"] / 100, date, memo["document"], customer=memo["customer"]))
    return rows


def _messy_orders(names: list[str], chance: random.Random) -> list[Row]:
    """Orders with a season (three in December for one in June), some refunds, some of nothing; one customer has orders only, one a refund only.

    Rates are gamma and chances to leave beta distributed, so that the likelihood of expected_orders has one clear summit.
    """
    rows = [order(-20, FIRST + dt.timedelta(days=500), customer="ONLY-REFUND")]
    for name in [*names[:-3], "ONLY-ORDERS"]:
        day, rate, leaves = chance.randrange(600), chance.gammavariate(0.8, 0.15), chance.betavariate(0.8, 6)
        while (day := day + 1 + int(chance.expovariate(rate))) < 1095:
            date = FIRST + dt.timedelta(days=day)
            if 3 * chance.random() < 2 + math.cos(2 * math.pi * date.month / 12):
                rows.append(order(chance.choice((1, 1, 1, 1, 1, 1, 1, -1, 0)) * chance.randrange(100, 90_000) / 100, date, customer=name))
                if chance.random() < leaves:
                    break
    return rows


def without_payments(ledger: Ledger) -> Ledger:
    """The same book as an ERP without a Payments sheet exports it: invoices that are paid say so in their row."""
    return replace(ledger, payments=empty(PAYMENTS), has_payments=False)


def without_orders(ledger: Ledger) -> Ledger:
    return replace(ledger, orders=empty(ORDERS), has_orders=False)


def without_invoices(ledger: Ledger) -> Ledger:
    return replace(ledger, invoices=empty(INVOICES), payments=empty(PAYMENTS), has_invoices=False, has_payments=False)


def without_some_customers(ledger: Ledger) -> Ledger:
    """A book in which some customers have invoices only."""
    return replace(ledger, orders=ledger.orders[ledger.orders["customer"] > "C010"])
