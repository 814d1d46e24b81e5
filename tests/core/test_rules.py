"""The Rules sheet."""

import re
from pathlib import Path

import pytest

from xlseg.errors import CriterionError
from xlseg.metrics import CATALOGUE
from xlseg.segments.defaults import default_rows, default_rules
from xlseg.segments.rules import read_rules
from xlseg.workbook import Value

DOCS = Path(__file__).parents[2] / "docs"
HEAD: list[Value] = ["Priority", "Segment", "Risk", "payment_velocity"]


def test_the_lowest_priority_comes_first_wherever_it_stands() -> None:
    rules = read_rules([HEAD, [20, "B", 2, ">1"], [10, "A", 1, ">2"]])
    assert [rule.segment for rule in rules.rules] == ["A", "B"]


def test_titles_above_blank_rows_and_remark_columns_do_no_harm() -> None:
    rules = read_rules([["Our rules"], [], [*HEAD, None, "Notes"], [None] * 5, [10, "A", 1, ">2", None, "agreed in May"]])
    assert [(name, c.written) for name, c in rules.rules[0].criteria] == [("payment_velocity", ">2")]
    assert rules.rules[0].row == 5


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([HEAD, [10, "A", 1, ">= five"]], r"Rules!D2: '>= five' is not a criterion\. To go on, write a comparison such as >=5"),
        ([[*HEAD[:3], "payment_velocty"], [1, "A", 1, None]], r"Rules!D1: 'payment_velocty' is no metric\. To go on, write 'payment_velocity'"),
        ([[*HEAD, "payment_velocity"], [1, "A", 1, None, None]], r"Rules!E1: 'payment_velocity' stands twice"),
        ([HEAD, ["high", "A", 1, None]], r"Rules!A2: 'high' is not a priority"),
        ([HEAD, [10, None, 1, ">2"]], r"Rules!B2: no segment name"),
        ([HEAD, [10, "A", 12, ">2"]], r"Rules!C2: 12 is not a risk"),
        ([HEAD, [10, "A", 1, ">2"], [11, "A", 2, ">3"]], r"Rules!C3: A has risk 2 here and 1 in another row"),
        ([HEAD, [10, "A", 1, "USD"]], r"Rules!D2: 'USD' is not a criterion for payment_velocity, which is a number"),
        ([[*HEAD[:3], "currency"], [10, "A", 1, ">5"]], r"Rules!D2: '>5' is not a criterion for currency, which is a text"),
        ([HEAD, [10, "A", 1, ">0,250"]], r"Rules!D2: '>0,250' is not a criterion"),
        ([HEAD, [10, "Slow", 1, ">2"], [20, "slow", 1, ">1"]], r"Rules!B3: 'slow' is called 'Slow' in another row\. To go on, write both alike"),
        ([HEAD, [10, "new", 1, ">2"]], r"Rules!B2: 'new' means something else on the tabs\. To go on, take another name"),
        ([HEAD, [10, "Gone", 1, ">2"]], r"Rules!B2: 'Gone' means something else"),
        ([HEAD, [10, "Unsegmented", 1, ">2"]], r"Rules!B2: 'Unsegmented' means something else"),
        ([["a", "b"]], r"Rules: no headings Priority, Segment, Risk"),
        ([HEAD], r"Rules: no rules below the headings"),
    ],
)
def test_a_rule_that_does_not_parse_names_its_cell_and_what_would_be_right(rows: list[list[Value]], message: str) -> None:
    with pytest.raises(CriterionError, match=message):
        read_rules(rows)


@pytest.mark.parametrize("with_invoices", [True, False])
def test_the_default_rules_are_those_of_the_documentation(with_invoices: bool) -> None:
    section = (DOCS / "segments.md").read_text(encoding="utf-8").split("## Default rules")[1].split("##")[0]
    written = re.findall(r"^\| (\d+) \| ([^|]+) \| ([\d–]) \| ([^|]*)\|$", section, re.MULTILINE)
    documented = [(int(p), s.strip(), None if r == "–" else int(r), c.strip()) for p, s, r, c in written]
    rules = default_rules(with_invoices).rules
    documented = documented[: -len(default_rules(False).rules)] if with_invoices else documented[-len(rules) :]
    assert documented == [(int(r.priority), r.segment, r.risk, ", ".join(f"{n} {c.written}" for n, c in r.criteria)) for r in rules]


def test_the_hash_follows_what_the_rules_say_and_not_how_they_are_laid_out() -> None:
    rows = default_rows()
    moved = [[*row[:3], *row[:2:-1]] for row in rows]
    assert read_rules(moved).hash == read_rules(rows).hash
    changed = [list(row) for row in rows]
    changed[1][changed[0].index("velocity_change")] = ">=6"
    assert read_rules(changed).hash != read_rules(rows).hash


def test_every_metric_is_defined_in_the_contract() -> None:
    headings = " ".join(re.findall(r"^### (.+)$", (DOCS / "metrics.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert [name for name in CATALOGUE if name not in re.split(r"[ ,]+", headings)] == []
