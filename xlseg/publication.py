"""What was published on a day, and under which rule set: read back from History and Run Log. docs/governance.md, "What was published"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from xlseg import own
from xlseg.errors import SourceError
from xlseg.workbook import Source


@dataclass(frozen=True)
class Standing:
    """A customer as published: what he was called then, and since when it stood so. `rule_set` is the one under which it was first published."""

    customer: str
    name: str
    segment: str
    status: str
    risk: int | None
    since: dt.date
    rule_set: str
    rule_set_state: str
    override: str


@dataclass(frozen=True)
class Run:
    """A run as the Run Log has it: number, when, as-of date, rule set and how that stood ("" where a former version did not say)."""

    number: int
    refreshed: str
    as_of: dt.date | None
    rule_set: str
    state: str


@dataclass(frozen=True)
class Publication:
    """What stood in a book on a day. `run` is the last one up to that day; None where the Run Log does not reach back so far."""

    book: str
    on: dt.date
    run: Run | None
    standings: tuple[Standing, ...]


def published_on(source: Source, on: dt.date) -> Publication:
    """What was published on a day: the last row of each customer up to it.

    Raises
    ------
    SourceError
        When nothing had been published by then.
    """
    last: dict[str, Standing] = {}
    first: dt.date | None = None
    for standing in sorted(map(_standing, own.history_of(source)), key=lambda each: each.since):
        first = first or standing.since
        if standing.since <= on:
            last[standing.customer] = standing
    if not last:
        advice = f"take a day from {first.isoformat()} on" if first else "refresh it first"
        raise SourceError(source.name, f"nothing was published up to {on.isoformat()}", advice)
    runs = [Run(*run) for run in own.run_log_of(source) if run[1][:10] <= on.isoformat()]
    run = max(runs, key=lambda run: run.number, default=None)
    return Publication(source.name, on, run, tuple(last.values()))


def _standing(row: tuple[dt.date, str, str, str, str, float | None, str, str, str]) -> Standing:
    since, customer, name, segment, status, risk, rules, state, override = row
    return Standing(customer, name, segment, status, None if risk is None else int(risk), since, rules, state, override)


HEADINGS = ("customer", "name", "segment", "status", "risk", "rule_set", "rule_set_state", "published", "override")


def as_rows(found: Publication) -> list[list[str]]:
    """The list as texts, headings first: for a table of another program."""
    return [list(HEADINGS), *(_row(standing) for standing in found.standings)]


def _row(each: Standing) -> list[str]:
    risk = "" if each.risk is None else str(each.risk)
    return [
        each.customer, each.name, each.segment, each.status, risk, each.rule_set, each.rule_set_state, each.since.isoformat(), each.override,
    ]  # fmt: skip


def as_json(found: Publication) -> dict[str, object]:
    """The same for a program."""
    run = found.run and {
        "run": found.run.number,
        "refreshed": found.run.refreshed,
        "as_of": found.run.as_of.isoformat() if found.run.as_of else None,
        "rule_set": found.run.rule_set,
        "rule_set_state": found.run.state or None,
    }
    customers = [dict(zip(HEADINGS, _row(each), strict=True)) | {"risk": each.risk} for each in found.standings]
    return {"book": found.book, "on": found.on.isoformat(), "in_force": run, "customers": customers}


def lines(found: Publication) -> list[str]:
    """What `xlseg history` prints."""
    head = f"{found.book}  published on {found.on.isoformat()} · {len(found.standings):,} customers"
    return [head, _in_force(found), "", *_table(found.standings)]


def _in_force(found: Publication) -> str:
    if found.run is None:
        return "rules     not known: the Run Log does not reach back so far"
    as_of = f", as of {found.run.as_of.isoformat()}" if found.run.as_of else ""
    state = f" {found.run.state}" if found.run.state else ""
    return f"rules     {found.run.rule_set}{state} in force · run {found.run.number}, refreshed {found.run.refreshed}{as_of}"


def _table(standings: Sequence[Standing]) -> list[str]:
    shown = [f"{'customer':<16} {'segment':<24} {'status':<12} {'risk':>4}  {'rule set':<16} published"]
    for each in standings:
        risk = "" if each.risk is None else str(each.risk)
        rules = f"{each.rule_set} {each.rule_set_state}".strip()
        line = f"{each.customer:<16.16} {each.segment:<24.24} {each.status:<12.12} {risk:>4}  {rules:<16.17} {each.since.isoformat()}"
        shown.append(line + (f"  override by {each.override}" if each.override else ""))
    return shown
