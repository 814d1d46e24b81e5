"""What the user has typed on our tabs: actions, owners, the dates of Migration, the customer on Drill."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from xlseg.actions import Listed, Logged, Typed
from xlseg.actions.typed import day_of
from xlseg.actions.values import ORDER
from xlseg.drill import Asked
from xlseg.own.lists import as_date, as_text, folded, last_row, lines_of, log_of, rows_of, sheet_of, totals_row
from xlseg.tabs import action_log, actions, drill, migration, movers, segments
from xlseg.tabs.migration import Picked
from xlseg.workbook import Source, Value

_OURS = frozenset(map(folded, actions.headings()))
_TYPED = ("status", "follow up", "note")
_OF_MOVERS = frozenset(map(folded, movers.HEADINGS))
MOVE = "Move"
"""The kind under which the Action Log holds what was typed in rows of Movers."""


def owners_of(source: Source) -> dict[str, str]:
    """Who looks after each customer, as the Segments tab says."""
    listed = rows_of(source, segments.NAME, segments.TABLE, segments.KEY, segments.READ_BACK)
    return {as_text(customer): as_text(owner) for customer, *_, owner in listed if customer is not None and as_text(owner).strip()}


def listed_of(source: Source) -> Listed:
    """The Actions tab as the user has left it, in the order of its rows."""
    name = sheet_of(source, actions.NAME, actions.TABLE)
    if name is None:
        return Listed()
    log_of(source, actions.NAME, actions.TABLE, actions.KEY)  # without its headings, what is typed there would be passed over in silence
    lines, ended = [], False
    totals, last = totals_row(source, actions.TABLE), last_row(source, actions.TABLE)
    for number, line in lines_of(source, name, actions.KEY, _OURS):
        if number == totals:
            continue
        ended |= all(value is None for value in line.values()) or (last is not None and number > last)  # what stands below is no row of the table
        if not ended or (line["customer id"] is not None and line["kind"] in ORDER):
            lines.append(line)
    as_of = next((as_date(after, source) for row in source.sheet(name).head(60) for cell, after in pairwise(row) if cell == "As of"), None)
    return Listed(as_of, tuple(_typed(line, source) for line in lines if not _is_no_action(line)))


def _is_no_action(line: Mapping[str, Value]) -> bool:
    """Whether a line is empty, or may be the table's totals row: a label where nobody types, and numbers."""
    texts = [heading for heading, value in line.items() if value is not None and not isinstance(value, (int, float))]
    return line["kind"] is None and len(texts) < 2 and not any(heading in _TYPED or heading.casefold() not in _OURS for heading in texts)


def _typed(line: Mapping[str, Value], source: Source) -> Typed:
    balance = line.get("balance concerned")
    return Typed(
        customer=as_text(line["customer id"]),
        kind=as_text(line["kind"]),
        name=as_text(line.get("name")),
        segment=as_text(line.get("segment")),
        action=as_text(line.get("action")),
        when=as_date(line.get("when"), source),
        channel=as_text(line.get("channel")),
        tone=as_text(line.get("tone")),
        owner=as_text(line.get("owner")),
        balance=float(balance) if isinstance(balance, (int, float)) else math.nan,
        held=as_text(line.get("held back")),
        status=line.get("status"),
        follow_up=line.get("follow up"),
        note=line.get("note"),
        own={heading: value for heading, value in line.items() if heading.casefold() not in _OURS},
    )


def left_moves(source: Source, staying: Iterable[tuple[str, str, str]]) -> list[Typed]:
    """The rows of Movers in which something is typed, but for those of a customer and move that stay; their kind is that of no action."""
    name = sheet_of(source, movers.NAME, movers.TABLE)
    left, found = Counter(staying), []
    totals, last = totals_row(source, movers.TABLE), last_row(source, movers.TABLE)
    for number, line in lines_of(source, name, movers.KEY, _OF_MOVERS) if name else []:
        customer, before, after = (as_text(line[heading.casefold()]) for heading in movers.KEY)
        if number == totals or not customer or (last is not None and number > last):
            continue
        own = {heading: value for heading, value in line.items() if heading.casefold() not in _OF_MOVERS}
        move = Typed(customer, MOVE, as_text(line.get("name")), action=f"{before} → {after}", note=line.get(movers.TYPED.casefold()), own=own)
        left[customer, before, after] -= 1
        if left[customer, before, after] < 0 and move.is_touched:
            found.append(move)
    return found


def logged_of(source: Source) -> list[Logged]:
    """The rows of the Action Log that have a date and a customer."""
    wanted = ("Logged", "Customer ID", "Kind", "Channel", "Outcome", "Follow Up")
    found = []
    for _, (logged, customer, kind, channel, outcome, until) in log_of(source, action_log.NAME, action_log.TABLE, wanted):
        day = as_date(logged, source)
        if day is not None and customer is not None:
            found.append(Logged(day, as_text(customer), as_text(kind), as_text(outcome), as_text(channel), day_of(until)))
    return found


def picked_of(source: Source) -> Picked:
    """The dates picked on the Migration tab."""
    name = sheet_of(source, migration.NAME, f"{migration.NAME}!")
    rows = source.sheet(name).head(8) if name else []
    cells: dict[str, Value] = {f"B{number}": row[1] for number, row in enumerate(rows, start=1) if len(row) > 1}
    return migration.pick(cells)


def drilled_of(source: Source) -> Asked:
    """The customer and the metric typed on the Drill tab, and the owners typed on Segments."""
    name = sheet_of(source, drill.NAME, f"{drill.NAME}!")
    rows = source.sheet(name).head(8) if name else []
    return drill.asked_in(rows, name or drill.NAME, owners_of(source) if name else {})
