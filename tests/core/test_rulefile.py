"""A rule set as a text file: it comes back as it went, and what is none is refused in one line."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as some

from xlseg.errors import CriterionError, FormatError, XlsegError
from xlseg.rulefile import SharedRules, read_rule_file, text_of
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import read_rules

FILE = "rules.json"


@pytest.mark.parametrize("with_invoices", [True, False])
def test_a_rule_set_comes_back_with_its_hash_and_what_is_said_of_it(with_invoices: bool) -> None:
    shared = SharedRules(default_rules(with_invoices), "Europe “B”", "2026-11", "late share\nraised")
    found = read_rule_file(text_of(shared).encode(), FILE)
    assert (found.rules.hash, found.name, found.version, found.comment) == (shared.rules.hash, "Europe “B”", "2026-11", "late share\nraised")
    assert text_of(found) == text_of(shared)


def test_a_changed_criterion_is_one_changed_line_and_that_of_the_hash() -> None:
    head = ["Priority", "Segment", "Risk", "n_paid", "late_share"]
    one, other = (read_rules([head, [1, "A", 1, ">4", "<=5%"], [2, "B", 2, limit, None]]) for limit in (">=2", ">=3"))
    pairs = zip(text_of(SharedRules(one)).splitlines(), text_of(SharedRules(other)).splitlines(), strict=True)
    assert [a.strip()[:6] for a, b in pairs if a != b] == ['"hash"', '{"prio']


def test_columns_in_another_order_make_the_same_file() -> None:
    one = read_rules([["Priority", "Segment", "Risk", "n_paid", "late_share"], [1, "A", 1, ">4", "<=5%"]])
    other = read_rules([["Priority", "Segment", "Risk", "late_share", "n_paid"], [1.0, "A", 1, "<=5%", ">4"]])
    assert text_of(SharedRules(one)) == text_of(SharedRules(other))


def file(rules: object, **more: object) -> bytes:
    return json.dumps({"format": "xlseg rule set", "format_version": 1, "rules": rules, **more}).encode()


GOOD = {"priority": 1, "segment": "A", "risk": 1, "if": {"n_paid": ">4"}}


def test_a_file_without_hash_is_read_and_a_bare_number_is_an_equality() -> None:
    found = read_rule_file(b"\xef\xbb\xbf" + file([{**GOOD, "if": {"n_paid": 4}}]), FILE)
    assert found.rules.rules[0].criteria[0][1].written == "=4"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"rules\.json, line 1: the file is no JSON\. To go on, make one with `xlseg rules export`"),
        (b'{"format": "xlseg rule set",\n oops', r"rules\.json, line 2: the file is no JSON"),
        (b"\xff\xfe\x00", r"rules\.json: the file is no JSON"),
        (b"[" * 100_000, r"rules\.json.*: the file is no JSON"),
        (b"[]", r"rules\.json: the file is no rule set"),
        (b'{"rules": []}', r"rules\.json: the file is no rule set"),
        (b" " * (2**22 + 1), r"rules\.json: a rule set file has at most 4,194,304 bytes"),
        (file([{**GOOD, "priority": float("nan")}]), r"rules\.json: it holds a number or a character that no cell takes"),
        (file([{**GOOD, "priority": float("-inf")}]), r"rules\.json: it holds a number or a character that no cell takes"),
        (file([{**GOOD, "priority": 10**400}]), r"rules\.json: it holds a number or a character that no cell takes"),
        (file([{**GOOD, "if": {"n_paid": 10**400}}]), r"rules\.json: it holds a number or a character that no cell takes"),
        (file([{**GOOD, "segment": "\ud800"}]), r"rules\.json: it holds a number or a character that no cell takes"),
        (file([GOOD], name="\ud800"), r"rules\.json: it holds a number or a character that no cell takes"),
        (file([{**GOOD, "priority": n} for n in range(1_901)]), r"rules\.json: it holds 1,901 rules, and a Rules sheet takes 1,900"),
        (file([GOOD], format_version=2), r"rules\.json: its format version is 2, not 1"),
        (file([GOOD], hash="abcd1234"), r"rules\.json: it says hash abcd1234, and its rules have [0-9a-f]{8}: somebody has edited it"),
    ],
)
def test_what_is_no_rule_set_file_is_refused_in_one_line(content: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message) as told:
        read_rule_file(content, FILE)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([], r"rules\.json: no rules below the headings"),
        ([GOOD, "x"], r"rules\.json, rule 2: it is no rule"),
        ([{**GOOD, "if": [1]}], r"rules\.json, rule 1: it is no rule"),
        ([{**GOOD, "then": 1}], r"rules\.json, rule 1: 'then' says nothing about a rule"),
        ([{**GOOD, "if": {"n_paid": [1]}}], r"rules\.json, rule 1: 'n_paid' holds no single criterion"),
        ([GOOD, {**GOOD, "if": {"n_paid": ">= five"}}], r"rules\.json, rule 2: '>= five' is not a criterion\. To go on, write"),
        ([{**GOOD, "if": {"n_payd": ">5"}}], r"rules\.json, rule 1: 'n_payd' is no metric\. To go on, write 'n_paid'"),
        ([{**GOOD, "priority": "first"}], r"rules\.json, rule 1: 'first' is not a priority"),
        ([{**GOOD, "risk": 12}], r"rules\.json, rule 1: 12 is not a risk"),
        ([{**GOOD, "segment": None}], r"rules\.json, rule 1: no segment name"),
        ([{**GOOD, "segment": "A" * 32_768}], r"rules\.json, rule 1: a text of more than 32,767 characters, which no cell takes"),
        ([{**GOOD, "if": {"n_paid": ">4", "N Paid": ">5"}}], r"rules\.json, rule 1: 'N Paid' stands twice"),
        ([GOOD, {**GOOD, "risk": 2}], r"rules\.json: A has risk 2 here and 1 in another row"),
    ],
)
def test_a_rule_that_does_not_parse_is_named(rules: list[object], message: str) -> None:
    with pytest.raises(CriterionError, match=message):
        read_rule_file(file(rules), FILE)


def test_many_names_that_ask_for_nothing_take_no_room() -> None:
    # a row a rule and a column a name would be 1,900 × 150,000 cells, more than 2 GB
    names = dict.fromkeys(map(str, range(150_000)))
    rules = [{"priority": n, "segment": "A"} for n in range(1_899)]
    tracemalloc.start()
    try:
        found = read_rule_file(file([*rules, {"priority": 1_899, "segment": "A", "if": names}]), FILE)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(found.rules.rules) == 1_900
    assert most < 200 * 2**20


def test_a_metric_may_be_spelled_otherwise_in_another_rule() -> None:
    found = read_rule_file(file([GOOD, {"priority": 2, "segment": "A", "risk": 1, "if": {"N Paid": ">5"}}]), FILE)
    assert [[(name, asked.written) for name, asked in rule.criteria] for rule in found.rules.rules] == [[("n_paid", ">4")], [("n_paid", ">5")]]


jsons = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from(["priority", "segment", "risk", "if", "n_paid", "x"]), inner),
    max_leaves=12,
)


@given(some.lists(jsons, max_size=4))
def test_whatever_stands_for_the_rules_is_read_or_refused(rules: list[object]) -> None:
    try:
        said = read_rule_file(file(rules), FILE).rules.segments
    except XlsegError as error:
        said = (str(error),)
    assert said[0].startswith(FILE) or len(said) > 1  # the last one is that of nobody's customers
