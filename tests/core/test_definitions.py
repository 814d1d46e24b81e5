"""The Definitions tab: nothing that has a name in the workbook goes without its meaning, and no meaning contradicts docs/metrics.md."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from ledgers import T, book, settled

from xlseg.analysis import BETTER, CONFIRMED, OVERRIDE, PROVISIONAL, SAME, SIDEWAYS, WORSE, analyse
from xlseg.metrics import CATALOGUE
from xlseg.metrics.book import BOOK_FIGURES
from xlseg.migration import GONE, NEW
from xlseg.playbook import Playbook, default_playbook, read_playbook
from xlseg.segments.criteria import criterion
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import read_rules
from xlseg.settings import SETTINGS, Settings
from xlseg.tabs.definitions import definitions_tab, in_words
from xlseg.workbook import Tab

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
UNITS = {
    "count": r"[Cc]ount|number of", "days": "Days", "money": "Money", "share": "0–1|Share", "ratio": "Ratio|Count|factor", "letter": "Letter",
    "z": "Standard deviations", "score": "1–100", "per month": "Per month",
}  # fmt: skip
"""How the page says each unit."""


@cache
def tab() -> Tab:
    return definitions_tab(
        analyse(book([settled(5)]), Settings(grace=3, control_total=1234.5), default_rules(), T), default_playbook(True, default_rules().segments)
    )


def lines(found: Tab) -> dict[tuple[str, str], tuple[str, str, str]]:
    columns = [list(column.values) for column in found.tables[0].columns]
    return {(kind, name): (definition, unit, more) for kind, name, definition, unit, more in zip(*columns, strict=True)}


def names(kind: str) -> set[str]:
    return {name for of, name in lines(tab()) if of == kind}


def test_everything_that_has_a_name_has_a_definition() -> None:
    assert names("Metric") == set(CATALOGUE)
    assert names("Setting") == {setting.key for setting in SETTINGS}
    assert names("Book figure") >= set(BOOK_FIGURES)
    assert names("Segment") == {rule.segment for rule in default_rules().rules}
    assert names("Status") == {CONFIRMED, PROVISIONAL, OVERRIDE, GONE}
    assert names("Direction") == {WORSE, BETTER, SIDEWAYS, SAME, NEW, GONE}
    assert all(definition for definition, _, _ in lines(tab()).values())


def test_no_line_stands_twice() -> None:
    found = tab().tables[0]
    pairs = list(zip(found.columns[0].values, found.columns[1].values, strict=True))
    assert len(pairs) == len(set(pairs))


def section(name: str) -> str:
    """What the page says of a metric."""
    found = re.search(rf"^### [^\n]*\b{name}\b[^\n]*\n(.*?)(?=^##)", PAGE, re.M | re.S)
    assert found is not None, name
    return found[1]


@pytest.mark.parametrize("name", CATALOGUE)
def test_meaning_and_unit_do_not_contradict_the_page(name: str) -> None:
    metric, text = CATALOGUE[name], section(name)
    assert re.search(UNITS[metric.unit], text), f"{name}: {metric.unit} is not how docs/metrics.md says it"
    numbers = set(re.findall(r"\d+", metric.meaning))
    heading = re.search(rf"^### [^\n]*\b{name}\b[^\n]*", PAGE, re.M)
    assert heading is not None
    assert numbers <= set(re.findall(r"\d+", text + heading[0])), f"{name}: {metric.meaning}"


def test_the_present_value_of_a_setting_is_shown() -> None:
    found = lines(tab())
    assert found["Setting", "Grace"][2] == "Now: 3."
    assert found["Setting", "Ledger control total"][2] == "Now: 1,234.5."
    assert found["Setting", "As of"][2] == "Now: not set."
    assert found["Setting", "Confirm moves"][2] == "Now: yes."


def test_a_rule_is_said_in_words() -> None:
    rows = [
        ["Priority", "Segment", "Risk", "payment_velocity", "late_share", "category"],
        [1, "Late", 5, ">5", ">=50%", None],
        [2, "Late", 5, "2..4", None, "<>Trade"],
        [3, "=Rest", None, None, None, None],
    ]
    found = lines(definitions_tab(analyse(book([settled(5)]), Settings(), read_rules(rows), T), Playbook(())))
    first, second = found["Segment", "Late"][0].split(" Or: ")
    assert first == "payment_velocity above 5 days and late_share at least 50%."
    assert second == "payment_velocity at least 2 days and at most 4 days and category is not Trade."
    assert found["Segment", "Late"][2] == "Risk 5 (1 best, 9 worst). Priority 1, 2: the lowest that matches wins."
    assert found["Segment", "=Rest"] == ("everybody whom no rule above matches.", "", "No risk. Priority 3: the lowest that matches wins.")


@pytest.mark.parametrize(
    ("name", "cell", "edges", "said"),
    [
        ("revenue", ">=p80", [4100.0], "revenue at least the 80th percentile of the customers (now 4,100)"),
        ("revenue", ">=p80", [float("nan")], "revenue at least the 80th percentile of the customers"),
        ("revenue", "<=p1", [4.0], "revenue at most the 1st percentile of the customers (now 4)"),
        ("typical_gap", "<=p50", [37.227], "typical_gap at most the 50th percentile of the customers (now 37.23 days)"),
        ("frequency_change", "<=-25%", [-0.25], "frequency_change at most -25%"),
        ("n_paid", "=4", [4.0], "n_paid exactly 4"),
        ("n_paid", "<>4", [4.0], "n_paid other than 4"),
        ("consistency_rating", "A", [], "consistency_rating is A"),
    ],
)  # fmt: skip
def test_a_criterion_is_said_in_words(name: str, cell: str, edges: list[float], said: str) -> None:
    found = criterion(cell)
    assert found is not None
    assert in_words(name, found, edges) == said


def test_the_steps_of_a_playbook_stand_after_the_segments() -> None:
    rows = [
        ["Segment", "Kind", "Day", "Action", "Channel", "Tone", "Owner", "Service Level", "Stop If"],
        ["Slow Payer", "Collect", -7, "remind him", "E-mail", "friendly", "Collector", "2 days", "past_due <=100; revenue >=p80"],
        ["At-Risk", "Review", 0, "Review the credit", None, None, None, "48 hours", None],
        ["Early Payer", "None", None, None, None, None, None, None, None],
    ]
    found = lines(definitions_tab(analyse(book([settled(5)]), Settings(), default_rules(), T), read_playbook(rows)))
    steps = {name: (said[0], said[2]) for (kind, name), said in found.items() if kind == "Playbook"}
    assert steps == {
        "Slow Payer: Collect, −7 days from the due date": (
            "Remind him.",
            "E-mail, friendly, Collector, within 2 days. Held back when past_due <=100 or revenue >=p80.",
        ),
        "At-Risk: Review": ("Review the credit.", "Within 2 days."),
        "Early Payer: None": ("Nothing is done.", ""),
    }
    kinds = [kind for kind, _ in found]
    assert kinds[kinds.index("Playbook") - 1] == "Segment"
    assert kinds[kinds.index("Playbook") + 3] == "Book figure"
