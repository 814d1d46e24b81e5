"""The History tab: what was published when. Append only; a row for each customer whose published standing differs from the last one published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from xlseg.analysis import Analysis
from xlseg.migration import GONE
from xlseg.tabs.top import HEADER_ROW, footer_of, state_of
from xlseg.workbook import Cell, Column, Tab, Table

NAME, TABLE = "History", "tblHistory"

Published = tuple[str, str]
"""Segment and status (confirmed, provisional, override) as last published."""

ALL = "(all customers: the rule set or its approval changed)"
"""Name in a row without a customer."""


_TIME_ZONE = dt.timedelta(days=1)


def history_tab(
    analysis: Analysis, published: Mapping[str, Published], until: dt.date | None, on: dt.date, last: tuple[str, str | None] | None = None
) -> Tab:
    """The tab with the rows to append.

    `published` is the last standing of each customer on the tab and `until` its last day, `on` the day of this refresh (where another time zone was a
    day ahead, that day: what is published later does not stand before), `last` hash and state (None: not known) of the rule
    set of the last run: when it was another, or stood otherwise, a row without a customer says so, whether or not any segment changed.
    """
    on = until if until is not None and on < until <= on + _TIME_ZONE else on
    rows = analysis.standing
    approval = analysis.approval
    standing = [*zip(rows["segment"].tolist(), rows["status"].tolist(), strict=True), *((GONE, "") for _ in analysis.departed)]
    ids = [*rows["customer"].tolist(), *(d.customer for d in analysis.departed)]
    names = [*rows["name"].tolist(), *(d.name for d in analysis.departed)]
    risk = np.concatenate([rows["risk"].to_numpy("float64"), np.full(len(analysis.departed), np.nan)])
    balance = np.concatenate([rows["open_balance"].to_numpy("float64"), np.full(len(analysis.departed), np.nan)])
    new = [i for i, (customer, now) in enumerate(zip(ids, standing, strict=True)) if published.get(customer) != now]
    why = [*rows["overridden"].tolist(), *("" for _ in analysis.departed)]
    if last is not None and (last[0] != approval.hash or last[1] not in (None, approval.state)):
        # One more row, without a customer.
        new = [len(ids), *new]
        ids, names, standing, why = [*ids, None], [*names, ALL], [*standing, (None, None)], [*why, None]
        risk, balance = np.append(risk, np.nan), np.append(balance, np.nan)
    columns = (
        Column("As Of", np.full(len(new), np.datetime64(analysis.as_of, "s")), "date", 11),
        Column("Published", np.full(len(new), np.datetime64(on, "s")), "date", 11),
        Column("Customer ID", [ids[i] for i in new], "text", 14),
        Column("Name", [names[i] for i in new], "text", 28),
        Column("Segment", [standing[i][0] for i in new], "text", 22),
        Column("Status", [standing[i][1] for i in new], "text", 12),
        Column("Risk", risk[new], "score", 7),
        Column("Open Balance", balance[new], "money", 14),
        Column("Rules", [approval.hash] * len(new), "text", 11),
        Column("Rule Set State", [approval.state] * len(new), "text", 14),
        Column("Override", [why[i] or None for i in new], "text", 40),
    )
    cells = {
        (1, 1): Cell("History", "title"),
        (2, 1): Cell("What was published when: a row whenever a customer's published segment or status changed. Never rewritten.", "subtitle"),
        (3, 1): state_of(approval),
    }
    table = Table(TABLE, (HEADER_ROW, 1), columns, growth="append")
    return Tab(NAME, cells, (table,), freeze=(HEADER_ROW, 0), footer=footer_of(approval), record=True)
