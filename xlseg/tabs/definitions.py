"""The Definitions tab: what every name in the workbook means, made from the code and the present rules and settings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from xlseg.analysis import BETTER, CONFIRMED, OVERRIDE, PROVISIONAL, SAME, SIDEWAYS, WORSE, Analysis
from xlseg.behind import absent
from xlseg.metrics.catalogue import CATALOGUE, Metric
from xlseg.migration import GONE, NEW
from xlseg.playbook import COLLECT, Playbook, Step, signed
from xlseg.segments.criteria import Criterion, Sign
from xlseg.segments.rules import NO_SEGMENT, Rule
from xlseg.settings import SETTINGS, Setting, Settings
from xlseg.tabs.segments import HEADINGS
from xlseg.tabs.top import HEADER_ROW, footer, top
from xlseg.workbook import Column, Tab, Table, Value

NAME, TABLE = "Definitions", "tblDefinitions"


@dataclass(frozen=True)
class Definition:
    """One line: what kind of thing, its name, what it means, its unit, and what else there is to know."""

    kind: str
    name: str
    definition: str
    unit: str = ""
    more: str = ""


def definitions_tab(analysis: Analysis, playbook: Playbook) -> Tab:
    """The tab."""
    lines = (*_metrics(), *_segments(analysis), *_steps(playbook), *FIGURES, *STATES, *TERMS, *_settings(analysis.settings))
    columns = (
        Column("Kind", [line.kind for line in lines], "wrap", 13),
        Column("Name", [line.name for line in lines], "wrap", 28),
        Column("Definition", [line.definition for line in lines], "wrap", 85),
        Column("Unit", [line.unit for line in lines], "wrap", 11),
        Column("More", [line.more for line in lines], "wrap", 62),
    )
    text = "What the names in this workbook mean, with the present rules and settings. Sums by hand: docs/metrics.md. Made anew by each refresh."
    table = Table(TABLE, (HEADER_ROW, 1), columns, ("Kind", "Name"), "replace")
    return Tab(NAME, top(analysis, "Definitions", text), (table,), freeze=(HEADER_ROW, 2), footer=footer(analysis))


# ── metrics and segments ─────────────────────────────────────────────────────


def _metrics() -> list[Definition]:
    return [Definition("Metric", name, _sentence(metric.meaning), metric.unit, _about(metric)) for name, metric in CATALOGUE.items()]


def _about(metric: Metric) -> str:
    worse = {+1: "Higher is worse.", -1: "Lower is worse."}.get(metric.worse, "")
    shown = f"On Segments: {HEADINGS[metric.name]}." if metric.name in HEADINGS else ""
    why = absent(metric.name)
    return " ".join(words for words in (worse, f"Empty when: {why}." if why else "", shown) if words)


def _segments(analysis: Analysis) -> list[Definition]:
    """The rules of each segment in words; several rows of one segment are joined by "or"."""
    rules = list(enumerate(analysis.rules.rules))
    found = []
    for segment in analysis.segments:
        own = [(position, rule) for position, rule in rules if rule.segment == segment]
        words = ". Or: ".join(_rule(analysis, position, rule) for position, rule in own)
        found.append(Definition("Segment", segment, f"{words or 'no rule matches'}.", "", _risk(analysis, segment, [rule for _, rule in own])))
    return found


def _steps(playbook: Playbook) -> list[Definition]:
    return [
        Definition("Playbook", f"{step.segment}: {_when(step)}", _sentence(step.action or "nothing is done"), "", _how(step))
        for step in playbook.steps
    ]


def _when(step: Step) -> str:
    if step.kind == COLLECT:
        return f"{step.kind}, {signed(step.day)} days from the due date"
    return f"{step.kind}, {step.day} days in the segment" if step.day else step.kind


def _how(step: Step) -> str:
    parts = (step.channel, step.tone, step.owner, f"within {step.within} days" if step.within else "")
    stops = f"Held back when {' or '.join(map(str, step.stops))}." if step.stops else ""
    return " ".join(words for words in (_sentence(", ".join(filter(None, parts))) if any(parts) else "", stops) if words)


def _risk(analysis: Analysis, segment: str, rules: Sequence[Rule]) -> str:
    risk = analysis.risks.get(segment)
    said = f"Risk {risk} (1 best, 9 worst)." if risk is not None else "No risk."
    if segment == NO_SEGMENT or not rules:
        return said
    priorities = ", ".join(f"{rule.priority:g}" for rule in rules)
    return f"{said} Priority {priorities}: the lowest that matches wins."


def _rule(analysis: Analysis, position: int, rule: Rule) -> str:
    parts = [in_words(name, criterion, _edges(analysis, position, name, criterion)) for name, criterion in rule.criteria]
    return " and ".join(parts) if parts else "everybody whom no rule above matches"


def _edges(analysis: Analysis, position: int, name: str, criterion: Criterion) -> list[float]:
    """What each edge of a criterion stands for at the as-of date."""
    edges, at = analysis.labelled.edges, pd.Timestamp(analysis.as_of)
    return [edges[position, name, place][at] for place in range(len(criterion.bounds))]


_WORDS: dict[Sign, str] = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "=": "exactly", "<>": "other than"}


def in_words(name: str, criterion: Criterion, edges: Sequence[float]) -> str:
    """A criterion as a reader says it: `late_share at least 50%`, `revenue at least the 80th percentile (now 4,100)`."""
    if criterion.is_text:
        return f"{name} is {'not ' if criterion.negated else ''}{criterion.text}"
    said = []
    for bound, edge in zip(criterion.bounds, edges, strict=True):
        limit = _number(edge, name)
        if bound.edge.is_percentile:
            limit = f"the {_ordinal(bound.edge.value)} percentile of the customers" + (f" (now {limit})" if edge == edge else "")
        said.append(f"{_WORDS[bound.sign]} {limit}")
    return f"{name} {' and '.join(said)}"


def _ordinal(value: float) -> str:
    """80th, 1st, 12.5th."""
    last = 0 if value % 1 or value // 10 == 1 else value % 10
    return f"{value:g}{({1: 'st', 2: 'nd', 3: 'rd'}).get(int(last), 'th')}"


def _number(value: float, name: str) -> str:
    """A limit with as many digits as it has, in its unit."""
    unit = CATALOGUE[name].unit
    if unit == "share":
        return f"{value * 100:.10g}%"
    text = f"{value:,.0f}" if unit == "money" else f"{value:.4g}"
    return f"{text} days" if unit == "days" else text


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


# ── settings ─────────────────────────────────────────────────────────────────


def _settings(settings: Settings) -> list[Definition]:
    found = [Definition("Setting", s.key, s.note, s.unit, f"Now: {_present(s, settings)}.") for s in SETTINGS]
    mapped = [Definition("Setting", f"Heading: {heading}", f"Read as {field}.", "", "On Config.") for heading, field in settings.headings.items()]
    return [*found, *mapped]


def _present(setting: Setting, settings: Settings) -> str:
    value: Value = getattr(settings, setting.attribute)
    if value is None or value == "":
        return "not set"
    if setting.attribute == "day_first":
        return "DMY" if value else "MDY"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.date):
        return value.isoformat()
    return f"{value:,.10g}" if isinstance(value, float) else str(value)


# ── the rest ─────────────────────────────────────────────────────────────────

_DAYS = "the amounts of invoices, without credit memos, issued in the window"

FIGURES = (
    Definition("Book figure", "open_balance", "Open balances of all invoices and credit memos at the as-of date.", "money"),
    Definition("Book figure", "past_due", "The part of it whose due date has passed; credit memos are current.", "money", "Higher is worse."),
    Definition(
        "Book figure", "dso", f"Days sales outstanding: open ÷ sales × days. Sales: {_DAYS}.", "days", "Higher is worse. Empty without sales."
    ),
    Definition("Book figure", "dso_best", "The same on what is not past due: what it would be if all paid on time.", "days", "Empty without sales."),
    Definition("Book figure", "average_days_delinquent", "dso less dso_best: what late payment adds.", "days", "Higher is worse."),
    Definition(
        "Book figure",
        "dso_countback",
        "Days of sales, month by month backwards, that the open balance covers.",
        "days",
        "Higher is worse. 0 when nothing is open, empty when all sales of the ledger do not cover it.",
    ),
    Definition(
        "Book figure",
        "collection_effectiveness",
        "(Opening balance + sales − closing balance) ÷ (opening + sales − closing balance not yet due), since the date before.",
        "share",
        "Lower is worse.",
    ),
    Definition("Book figure", "roll_rates", "Of what was open in an ageing bucket at the last month-end: the share now in a worse bucket.", "share"),
    Definition("Book figure", "cure rate", "Of what was open in an ageing bucket at the last month-end: the share no longer open.", "share"),
)

STATES = (
    Definition("Status", CONFIRMED, "The label has held at two checkpoints four weeks apart, or rests on a change so clear that it counts at once."),
    Definition("Status", PROVISIONAL, "Today's label differs from the segment, but has not yet held at two checkpoints four weeks apart."),
    Definition(
        "Status", OVERRIDE, "Somebody has decided so on Overrides, with a reason, and until the day stated there; the rules' own label is Today."
    ),
    Definition("Status", GONE, "Not in the ERP sheets any more; the row stays, so that references to it hold."),
    Definition("Direction", WORSE, "Moved to a segment of higher risk since the last month-end."),
    Definition("Direction", BETTER, "Moved to a segment of lower risk."),
    Definition("Direction", SIDEWAYS, "Moved to a segment of the same risk, or one of the two has none."),
    Definition("Direction", SAME, "In the same segment as at the last month-end."),
    Definition("Direction", NEW, "Not known yet at the last month-end."),
    Definition("Direction", GONE, "In the ERP sheets then, and no longer now."),
)

TERMS = (
    Definition("Term", "As-of date", "The day the book is looked at: nothing dated later counts.", "date"),
    Definition("Term", "Payment event", "An invoice settled in the window, or open and past due; the open one counts its days late so far."),
    Definition("Term", "Days late", "Settled date (or as-of date) less due date. Late is positive, early negative.", "days"),
    Definition("Term", "Contribution", "What a document adds to a number on Drill; the last row of the account is the number."),
    Definition("Term", "Part: document", "A document of the customer, with its contribution."),
    Definition("Term", "Part: others", "Documents that are not listed one by one, together."),
    Definition("Term", "Part: input", "Something else that goes into the number, such as the mean of the book."),
    Definition("Term", "Part: step", "A number on the way from the contributions to the metric."),
    Definition("Term", "Part: number", "The metric itself, and how it is made of the rows above."),
)
