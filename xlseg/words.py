"""Results in words, for a terminal: a few lines, the numbers first."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from xlseg.analysis import OVERRIDE, PROVISIONAL
from xlseg.explain import Explanation
from xlseg.movers import counts
from xlseg.refresh import Report
from xlseg.workbook import Recomputed

_SHOWN = 40
"""Documents listed by explain."""

_PLACES = 3
"""Cells named in a line."""

_ROLES = ("invoices", "payments", "orders")


def summary(report: Report) -> list[str]:
    """The lines that `xlseg refresh` prints."""
    analysis = report.analysis
    rows = {tally.role: tally.rows_used for tally in report.intake.tallies}
    used = ", ".join(f"{rows[role]:,} {role}" for role in _ROLES if role in rows)
    void = sum(tally.rows_void for tally in report.intake.tallies)
    excluded = sum(tally.rows_excluded for tally in report.intake.tallies) - void
    segments = analysis.standing["segment"].value_counts()
    listed = " · ".join(f"{name} {count}" for name, count in segments.items())
    entity = analysis.settings.entity.lower()
    excluded_text = f"{excluded:,} row{'s' * (excluded != 1)} excluded (Data Quality)" + (f", {void:,} void" if void else "")
    lines = [
        f"{report.book}  as of {analysis.as_of} · {len(analysis.standing):,} {entity}s · {used} · {excluded_text}",
        f"segments  {listed}",
        f"moved     {moved(report)}",
    ]
    lines += draft(report)
    stale = [f"{finding.found}: {finding.effect}" for finding in report.findings if finding.kind == "stale export"]
    notes = (f"note      {remark}" for remark in (*stale, *report.written.remarks))
    return [*lines, *_formulas(report.written.recomputed), f"checks    {checks(report)}", *_failures(report), *notes]


def draft(report: Report) -> list[str]:
    """The line that says what a draft waits for; none when the rule set is approved."""
    approval = report.analysis.approval
    return [f"DRAFT     {approval.advice}"] if approval.is_draft else []


def _formulas(done: Recomputed) -> list[str]:
    """What became of the formulas in the user's cells, if there are any."""
    if not done.formulas and not done.left:
        return []
    shown = ", ".join(done.left[:_PLACES]) + (" …" if len(done.left) > _PLACES else "")
    left = f"; {len(done.left):,} left for a spreadsheet program to compute: {shown}" if done.left else ""
    return [f"formulas  {done.formulas:,} computed, {done.changed:,} with a new answer{left}"]


def moved(report: Report) -> str:
    """How many moved, for the worse and the better."""
    worse, better, provisional = counts(list(report.movers))
    return f"{worse} worse, {better} better since {report.analysis.previous} ({provisional} provisional)"


def checks(report: Report) -> str:
    """How many controls agree, and how many tabs were written in what time."""
    tabs = len(report.written.made) + len(report.written.updated)
    written = f"{tabs} tab{'s' * (tabs != 1)} {'written in' if report.saved else 'would be written,'}" if tabs else "nothing written,"
    return f"{report.passed} of {len(report.applicable)} · {written} {report.seconds:.1f} s"


def _failures(report: Report) -> list[str]:
    return [
        f"FAILED    {control.name}: expected {control.expected:,.2f}, found {control.found:,.2f}"
        for control in report.applicable
        if not control.passed
    ]


def findings(report: Report, most: int = 20) -> list[str]:
    """The lines that `xlseg check` prints: findings by kind, the gravest first, with one example each."""
    order = {"error": 0, "warning": 1, "info": 2}
    kinds: dict[tuple[str, str, str], list[Any]] = {}
    for finding in report.findings:
        kinds.setdefault((finding.severity, finding.sheet, finding.kind), []).append(finding)
    lines = []
    for (severity, sheet, kind), found in sorted(kinds.items(), key=lambda item: (order[item[0][0]], -sum(f.count for f in item[1])))[:most]:
        first, count = found[0], sum(f.count for f in found)
        if not first.row:
            lines.append(f"{severity:<8}  {sheet}: {kind} → {first.effect}")
            continue
        example = f"row {first.row}" + (f": {first.found!s:.60}" if first.found is not None else "")
        place = f" × {count:,}, e.g. {example}" if count > 1 else f", {example}"
        lines.append(f"{severity:<8}  {sheet}: {kind}{place} → {first.effect}")
    return lines or ["no findings"]


def as_json(report: Report) -> dict[str, Any]:
    """What `--json` prints: the same facts for a program."""
    analysis, tallies, recomputed = report.analysis, report.intake.tallies, report.written.recomputed
    worse, better, provisional = counts(list(report.movers))
    return {
        "book": report.book,
        "as_of": analysis.as_of.isoformat(),
        "previous": analysis.previous.isoformat(),
        "customers": len(analysis.standing),
        "rows": {t.role: {"read": t.rows_read, "used": t.rows_used, "excluded": t.rows_excluded} for t in tallies},
        "segments": {str(name): int(count) for name, count in analysis.standing["segment"].value_counts().items()},
        "moved": {"worse": worse, "better": better, "provisional": provisional},
        "controls": [
            {"name": c.name, "applies": c.applies, "passed": c.passed, "expected": c.expected, "found": c.found, "note": c.note}
            for c in report.controls
        ],
        "sound": report.sound,
        "findings": {level: sum(f.count for f in report.findings if f.severity == level) for level in ("error", "warning", "info")},
        "rules": analysis.rules.hash,
        "rule_set": {
            "hash": analysis.approval.hash,
            "state": analysis.approval.state,
            "approved_by": analysis.approval.by or None,
            "approved_on": analysis.approval.on.isoformat() if analysis.approval.on else None,
        },
        "overrides": int((analysis.standing["status"] == OVERRIDE).sum()),
        "saved": report.saved,
        "tabs": {"made": list(report.written.made), "updated": list(report.written.updated), "unchanged": list(report.written.unchanged)},
        "formulas": {"computed": recomputed.formulas, "changed": recomputed.changed, "left": list(recomputed.left)},
        "remarks": list(report.written.remarks),
        "seconds": round(report.seconds, 3),
    }


_HELD = {PROVISIONAL: "not yet confirmed by two checkpoints four weeks apart", OVERRIDE: "a person has decided otherwise"}
"""Why a customer's segment is not the label of today."""


def explanation(found: Explanation) -> list[str]:
    """The lines that `xlseg explain` prints."""
    row = found.standing
    risk = "no risk" if math.isnan(row["risk"]) else f"risk {row['risk']:.0f}"
    before = f", before: {row['previous']}" if row["previous"] not in ("", row["segment"]) else ""
    name = f" {row['name']}" if row["name"] else ""
    lines = [f"{row['customer']}{name} · {row['segment']} ({risk}, {row['status']}, since {row['since']:%Y-%m-%d}{before})"]
    if row["today"] != row["segment"]:
        held = _HELD.get(row["status"], "within the margin of his segment")
        lines.append(f"today     {row['today']}: {held}")
    lines.append(f"why       {row['why']}")
    if found.rule is not None:
        where = f"Rules row {found.rule.row}, " if found.rule.row else ""
        lines.append(f"rule      {where}priority {found.rule.priority:g}")
    if row["also"]:
        lines.append(f"also      {row['also']}")
    return [*lines, "", *_event_lines(found.events), "", *_order_lines(found.orders)]


def _event_lines(events: pd.DataFrame) -> list[str]:
    if events.empty:
        return ["no payment events in the window"]
    lines = [f"{'invoice':<16} {'issued':<10} {'due':<10} {'settled':<10} {'amount':>14} {'days late':>9}"]
    for event in events.tail(_SHOWN).to_dict("records"):
        settled = "open" if pd.isna(event["settled"]) else f"{event['settled']:%Y-%m-%d}"
        mark = "  recent" if event["recent"] else ""
        when = f"{event['issued']:%Y-%m-%d} {event['due']:%Y-%m-%d} {settled:<10}"
        lines.append(f"{event['document']:<16.16} {when} {event['amount']:>14,.2f} {event['days_late']:>9}{mark}")
    if len(events) > _SHOWN:
        lines.insert(1, f"… {len(events) - _SHOWN} earlier ones")
    total = int(events["days_late"].sum())
    return [*lines, f"n_paid {len(events)} · Σ days late {total} → payment_velocity {total / len(events):.2f}"]


def _order_lines(orders: pd.DataFrame) -> list[str]:
    if orders.empty:
        return ["no orders in the window"]
    placed = orders[orders["amount"] > 0]
    first, last = orders["date"].min(), orders["date"].max()
    return [f"orders {len(placed)} from {first:%Y-%m-%d} to {last:%Y-%m-%d} · revenue {orders['amount'].sum():,.2f}"]
