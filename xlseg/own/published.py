"""What earlier refreshes have left: who was there, what was published when, the runs, the rule sets and what changed."""

from __future__ import annotations

import datetime as dt
from collections import Counter

from xlseg.analysis import Departed
from xlseg.approval import Signed
from xlseg.changelog import Entry, Logged
from xlseg.migration import GONE
from xlseg.own.lists import MOST_RUNS, as_date, as_text, as_whole, log_of, rows_of
from xlseg.tabs import change_log, history, rule_sets, run_log, segments
from xlseg.workbook import Source


def shown_of(source: Source, present: set[str], as_of: dt.date) -> tuple[frozenset[str], tuple[Departed, ...]]:
    """Ids of the customers with a row on the Segments tab, and those of them who are not in the ERP sheets any more."""
    shown, departed = set(), []
    padded: dict[str, str] | None = None
    for customer, name, segment, since, previous, _ in rows_of(source, segments.NAME, segments.TABLE, segments.KEY, segments.READ_BACK):
        day = as_date(since, source)
        if customer is None or day is None or not isinstance(segment, str):
            continue  # the last two: a totals row, or what the user has written below
        key = as_text(customer)
        if key not in present and not isinstance(customer, str):
            padded = _padded(present) if padded is None else padded
            key = padded.get(key, key)
        shown.add(key)
        if key not in present:
            gone = segment == GONE
            departed.append(Departed(key, as_text(name), as_text(previous) if gone else segment, day if gone else as_of))
    return frozenset(shown), tuple(departed)


def _padded(present: set[str]) -> dict[str, str]:
    """The ids that begin with 0 by what is left of them as a number: a spreadsheet program makes 417 of 00417. Not where two would be the same."""
    bare = [(customer.lstrip("0"), customer) for customer in present if customer.startswith("0")]
    twice = {number for number, count in Counter(number for number, _ in bare).items() if count > 1}
    return {number: customer for number, customer in bare if number not in twice}


def published_of(source: Source) -> tuple[dict[str, history.Published], dt.date | None]:
    """The last published segment and status of each customer on the History tab, however the user has sorted it; and the last day of all.

    Of two on one day the lower row is the later one.
    """
    wanted = ("Published", "Customer ID", "Segment", "Status")
    found: list[tuple[dt.date, str, history.Published]] = []
    for _, (published, customer, segment, status) in log_of(source, history.NAME, history.TABLE, wanted):
        day = as_date(published, source)
        if day is not None and customer is not None:
            found.append((day, as_text(customer), (as_text(segment), as_text(status))))
    found.sort(key=lambda row: row[0])
    return {customer: standing for _, customer, standing in found}, found[-1][0] if found else None


def history_of(source: Source) -> list[tuple[dt.date, str, str, str, str, float | None, str, str, str]]:
    """The customers' rows of the History tab: published, customer, name, segment, status, risk, rule set, how that stood, override."""
    wanted = ("Published", "Customer ID", "Name", "Segment", "Status", "Risk", "Rules")
    rows = rows_of(source, history.NAME, history.TABLE, wanted, ("Rule Set State", "Override"))
    found = []
    for published, customer, name, segment, status, risk, *others in rows:
        day = as_date(published, source)
        if day is not None and customer is not None:
            rules, state, override = map(as_text, others)
            level = float(risk) if isinstance(risk, (int, float)) else None
            found.append((day, as_text(customer), as_text(name), as_text(segment), as_text(status), level, rules, state, override))
    return found


def rule_set_published(source: Source) -> tuple[str, str | None] | None:
    """Hash and state of the rule set of the last run on the Run Log; no state in a book of a version that knew none; None without a run."""
    last = max(run_log_of(source), key=lambda run: run[0], default=None)
    return (last[3], last[4] or None) if last else None


def run_log_of(source: Source) -> list[tuple[int, str, dt.date | None, str, str]]:
    """The runs of the Run Log: number, when, as-of date, rule set and how it stood ("" in a row of a version that did not say)."""
    rows = rows_of(source, run_log.NAME, run_log.TABLE, ("Run",), ("Refreshed", "As Of", "Rules", "Rule Set State"))
    return [
        (int(run), as_text(when), as_date(as_of, source), as_text(rules), as_text(state))
        for run, when, as_of, rules, state in rows
        if isinstance(run, (int, float)) and abs(run) < MOST_RUNS
    ]


def runs_of(source: Source) -> int:
    """Number of the last run on the Run Log tab; 0 when there is none."""
    runs = (run for (run,) in rows_of(source, run_log.NAME, run_log.TABLE, ("Run",)) if isinstance(run, (int, float)))
    return max((int(run) for run in runs if abs(run) < MOST_RUNS), default=0)


def first_run_of(source: Source, as_of: dt.date, inputs: str, rules: str) -> int:
    """Number of the run that first had these inputs: the earliest of the last unbroken row of runs that had the same.

    The number of the run to come if the last had others, or there is none.
    """
    found = []
    for run, date, read, rule_set in rows_of(source, run_log.NAME, run_log.TABLE, ("Run",), ("As Of", "Input", "Rules")):
        if isinstance(run, (int, float)) and abs(run) < MOST_RUNS:
            found.append((int(run), (as_date(date, source), as_text(read), as_text(rule_set)) == (as_of, inputs, rules)))
    first = max((run for run, _ in found), default=0) + 1
    for run, same in sorted(found, reverse=True):
        if not same:
            break
        first = run
    return first


def signed_of(source: Source, today: dt.date) -> list[Signed]:
    """The rows of the Rule Sets tab, one a rule set; one whose First Used cannot be read counts from today."""
    wanted = ("No", "Rule Set", "First Used", "Rules", "Approved By", "Approved On")
    found: dict[str, Signed] = {}
    for row, (number, rules, first, count, by, on) in log_of(source, rule_sets.NAME, rule_sets.TABLE, wanted):
        if rules is None or not isinstance(number, (int, float)) or not abs(number) < MOST_RUNS:
            continue  # a totals row, or what the user has written below
        signed = Signed(int(number), as_text(rules), as_date(first, source) or today, as_whole(count), by, on, row)
        found.setdefault(signed.hash, signed)
    return list(found.values())


def change_log_of(source: Source) -> list[Logged]:
    """The lines of the Change Log tab."""
    wanted = ("No", "Published", "Sheet", "Item", "Before", "After", "Rule Set")
    return [
        Logged(int(number), as_date(published, source), Entry(as_text(sheet), as_text(item), as_text(before), as_text(after)), as_text(rules))
        for _, (number, published, sheet, item, before, after, rules) in log_of(source, change_log.NAME, change_log.TABLE, wanted)
        if isinstance(number, (int, float)) and abs(number) < MOST_RUNS and sheet is not None
    ]
