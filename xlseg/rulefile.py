"""A rule set as a text file that several business units share: JSON, one rule a line. docs/governance.md, "A shared rule set"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlseg.errors import CriterionError, FormatError
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.rules import ATTRIBUTES, HEAD, Rule, RuleSet, read_rules
from xlseg.workbook import Value

FORMAT = "xlseg rule set"
FORMAT_VERSION = 1

MOST_BYTES = 2**22
"""Far more than 2,000 rules are."""
MOST_RULES = 1_900
"""The Rules sheet has at most 2,000 rows, with what stands above the rules."""
MOST_CHARACTERS = 32_767
"""Of a cell."""


@dataclass(frozen=True)
class SharedRules:
    """A rule set with what its owner says of it."""

    rules: RuleSet
    name: str = ""
    version: str = ""
    comment: str = ""


def text_of(shared: SharedRules) -> str:
    """The file: equal rule sets of one name, version and comment make equal texts."""
    head = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "name": shared.name,
        "version": shared.version,
        "comment": shared.comment,
        "hash": shared.rules.hash,
    }
    lines = [f"  {_json(key)}: {_json(value)}," for key, value in head.items()]
    rules = ",\n".join(f"    {_json(_said(rule))}" for rule in shared.rules.rules)
    return "\n".join(["{", *lines, '  "rules": [', rules, "  ]", "}", ""])


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _said(rule: Rule) -> dict[str, object]:
    order = [*CATALOGUE, *ATTRIBUTES]
    criteria = sorted(rule.criteria, key=lambda criterion: order.index(criterion[0]))
    priority = int(rule.priority) if rule.priority.is_integer() else rule.priority
    return {"priority": priority, "segment": rule.segment, "risk": rule.risk, "if": {name: criterion.written for name, criterion in criteria}}


def read_rule_file(content: bytes, file: str) -> SharedRules:
    """The rule set in a file.

    Raises
    ------
    FormatError
        When it is no rule set file, or its hash is not that of its rules.
    CriterionError
        For a rule that does not parse, with its place among the rules.
    """
    found = _parsed(content, file)
    rules = _rules(found["rules"], file)
    if found.get("hash", rules.hash) != rules.hash:
        fact = f"it says hash {found['hash']!s:.20}, and its rules have {rules.hash}: somebody has edited it"
        raise FormatError(file, fact, "export it again, or delete the line with the hash if the edit is meant")
    name, version, comment = (str(found.get(key, "")) for key in ("name", "version", "comment"))
    return SharedRules(rules, name, version, comment)


def must_be_rule_file(content: bytes, file: str) -> None:
    """Refuse what is no rule set file of this version; what its rules say is not looked at.

    Raises
    ------
    FormatError
        When it is none.
    """
    _parsed(content, file)


def _parsed(content: bytes, file: str) -> dict[str, Any]:
    advice = "make one with `xlseg rules export`"
    if len(content) > MOST_BYTES:
        raise FormatError(file, f"a rule set file has at most {MOST_BYTES:,} bytes", advice)
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_int=_whole)
    except (ValueError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise FormatError(f"{file}{where}", "the file is no JSON", advice) from None
    _must_be_plain(found, file)
    if not isinstance(found, dict) or found.get("format") != FORMAT or not isinstance(found.get("rules"), list):
        raise FormatError(file, "the file is no rule set", advice)
    if found.get("format_version") != FORMAT_VERSION:
        raise FormatError(file, f"its format version is {found.get('format_version')!r:.20}, not {FORMAT_VERSION}", "use the xlseg that made it")
    return found


def _whole(digits: str) -> float:
    return int(digits) if len(digits) < 20 else float(digits)


def _must_be_plain(found: object, file: str) -> None:
    try:
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise FormatError(file, "it holds a number or a character that no cell takes", "look for NaN, Infinity, 1e400 and \\ud800") from None


def _rules(rules: list[Any], file: str) -> RuleSet:
    if len(rules) > MOST_RULES:
        raise FormatError(file, f"it holds {len(rules):,} rules, and a Rules sheet takes {MOST_RULES:,}", "leave out those that nobody needs")
    found = [_cells(rule, f"{file}, rule {number}") for number, rule in enumerate(rules, start=1)]
    names = list(dict.fromkeys(name for _, criteria in found for name in criteria))  # only such as are known by now: no more than there are
    rows = [[*head, *(criteria.get(name) for name in names)] for head, criteria in found]
    try:
        return read_rules([[*HEAD, *names], *rows], file)
    except CriterionError as error:
        raise CriterionError(file, error.fact, "mend it in the book it comes from, and export it again") from None


def _cells(rule: object, place: str) -> tuple[list[Value], dict[str, Value]]:
    """Priority, segment and risk of a rule, and its criteria as the catalogue spells them; read by itself, so that what is wrong is said of it."""
    if not isinstance(rule, dict) or not isinstance(rule.get("if", {}), dict):
        raise CriterionError(place, "it is no rule", 'write {"priority": 10, "segment": "At-Risk", "risk": 8, "if": {"n_paid": ">=4"}}')
    unknown = next((key for key in rule if key not in ("priority", "segment", "risk", "if")), None)
    if unknown is not None:
        raise CriterionError(place, f"{unknown!r:.60} says nothing about a rule", "delete it")
    criteria: dict[str, Value] = {name: value for name, value in rule.get("if", {}).items() if value is not None}
    wrong = next((name for name, value in criteria.items() if isinstance(value, (list, dict))), None)
    if wrong is not None:
        raise CriterionError(place, f"{wrong!r:.60} holds no single criterion", 'write one such as ">=5"')
    _must_fit(rule, criteria, place)
    head = [rule.get("priority"), rule.get("segment"), rule.get("risk")]
    try:
        read_rules([[*HEAD, *criteria], [*head, *criteria.values()]], place)
    except CriterionError as error:
        raise CriterionError(place, error.fact, error.advice) from None
    return head, {name.strip().casefold().replace(" ", "_"): value for name, value in criteria.items()}


def _must_fit(rule: Mapping[str, Any], criteria: Mapping[str, Value], place: str) -> None:
    texts = [text for text in (rule.get("segment"), *criteria.values()) if isinstance(text, str)]
    if any(len(text) > MOST_CHARACTERS for text in texts):
        raise CriterionError(place, f"a text of more than {MOST_CHARACTERS:,} characters, which no cell takes", "shorten it")
