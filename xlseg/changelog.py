"""What changed in rules, settings, playbook, overrides and approvals. The replay of the log is the state before. docs/governance.md."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count

from xlseg.approval import DEFAULT, DRAFT, Approval
from xlseg.overrides import Typed, brief
from xlseg.segments.rules import RuleSet
from xlseg.settings import SETTINGS, Settings
from xlseg.terminal import plain_line
from xlseg.workbook import Value

RULES, CONFIG, PLAYBOOK, OVERRIDES, RULE_SETS = "Rules", "Config", "Playbook", "Overrides", "Rule Sets"
RULE_SET = "Rule set"
"""The item under which the hash of the rule set is logged."""

LONGEST = 500
"""Characters of a text in the log; a longer one is cut off, with a fingerprint, so that a change further on is seen as well."""

_LONGEST_SEGMENT = 120
_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""What looks like an escaped character in a cell: not every program that saves the book gives it back as it was."""
_PRIORITY = ", priority "
_RULE = re.compile(r"(?P<priority>[^:]+?)(?:: (?P<cell>\w+))?", re.DOTALL)
_RISK = "risk"
_SPAN = re.compile(r"(?P<segment>.*?) from (?P<since>\d{4}-\d\d-\d\d)(?P<rest>(?: until \d{4}-\d\d-\d\d)?, by .*)", re.DOTALL)

_SECOND = re.compile(r"(?P<name>.*) \((?P<number>\d{1,9})\)", re.DOTALL)

Item = tuple[str, str]
"""Sheet and item of a line of the log."""


@dataclass(frozen=True)
class Entry:
    """A line of the log: on which sheet, what, how it was and how it is; "" where it was not or is no more."""

    sheet: str
    item: str
    before: str
    after: str


@dataclass(frozen=True)
class Logged:
    """A line as it stands on the tab: its number, the day it was published, and the rule set then."""

    number: int
    published: dt.date | None
    entry: Entry
    rule_set: str = ""


@dataclass(frozen=True)
class State:
    """What the log follows: rules by name and then cell by cell, and everything else by sheet and item."""

    rules: Mapping[str, Mapping[str, str]]
    items: Mapping[Item, str]


# ── texts ────────────────────────────────────────────────────────────────────


def bounded(text: str, most: int = LONGEST) -> str:
    """A text in one line; a long one cut off, with a fingerprint of the whole."""
    line = _ESCAPE.sub("-", plain_line(" ".join(text.split())))
    mark = hashlib.sha256(line.encode()).hexdigest()[:8]
    return line if len(line) <= most else f"{line[: most - 12]}… [{mark}]"


def said(value: Value) -> str:
    """A cell as the log says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return f"{value:.15g}"
    return "" if value is None else bounded(str(value))


# ── the present ──────────────────────────────────────────────────────────────


def rules_said(rules: RuleSet) -> dict[str, dict[str, str]]:
    """Each rule by segment, priority and, where several have both, position; then its risk and criteria."""
    found: dict[str, dict[str, str]] = {}
    for rule in rules.rules:
        name = f"{bounded(rule.segment, _LONGEST_SEGMENT)}, priority {rule.priority:g}"
        number = next(n for n in range(1, len(rules.rules) + 1) if _numbered(name, n) not in found)
        cells = {metric: bounded(criterion.written).replace(";", ",") for metric, criterion in rule.criteria}  # "; " is between them
        found[_numbered(name, number)] = {_RISK: "none" if rule.risk is None else str(rule.risk), **cells}
    return found


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name} ({number})"


def settings_said(settings: Settings) -> dict[Item, str]:
    """Every setting that is not empty, in the spelling of the Config sheet."""
    found = {(CONFIG, s.key): _setting(s.attribute, getattr(settings, s.attribute)) for s in SETTINGS}
    found |= {(CONFIG, f"Heading: {bounded(heading, 200)}"): bounded(field) for heading, field in settings.headings.items()}
    return {item: text for item, text in found.items() if text}


def _setting(attribute: str, value: Value) -> str:
    if attribute == "day_first" and value is not None:
        return "DMY" if value else "MDY"
    return said(value)


def approvals_said(approvals: Mapping[str, Approval]) -> dict[Item, str]:
    """The signature of every rule set that has one."""
    return {(RULE_SETS, name): approval.words for name, approval in approvals.items() if approval.state not in (DRAFT, DEFAULT)}


def override_said(override: Typed, since: dt.date) -> str:
    """`Standard from 2026-10-31 until 2026-12-31, by Anna: promised by phone`."""
    until = f" until {override.until.isoformat()}" if override.until else ""
    return (
        f"{bounded(override.segment, _LONGEST_SEGMENT)} from {since.isoformat()}{until}, by {brief(override.by, 60)}: {bounded(override.reason, 300)}"
    )


def listed_said(sheet: str, rows: Iterable[tuple[str, str]], before: Mapping[Item, str]) -> dict[Item, str]:
    """Rows of a list, (what it is about, text), each as the item under which the same text is logged already, wherever it stands now.

    One whose text is new takes the item of one that is no longer there and is about the same, or else an item of its own.
    """
    about: dict[str, list[str]] = {}
    for name, text in rows:
        about.setdefault(bounded(name, _LONGEST_SEGMENT), []).append(text)
    logged = _by_name(sheet, before)
    found: dict[Item, str] = {}
    for name, waiting in about.items():
        known = [(item, text) for item, text in logged.get(name, {}).items() if (sheet, item) not in found]
        for item, text in known:
            if text in waiting:
                found[sheet, item] = text
                waiting.remove(text)
        new = (_numbered(name, n) for n in count(1))
        free = chain((item for item, _ in known), (item for item in new if (sheet, item) not in before))
        for text in waiting:
            found[sheet, next(item for item in free if (sheet, item) not in found)] = text
    return found


def _by_name(sheet: str, before: Mapping[Item, str]) -> dict[str, dict[str, str]]:
    """What the items of a sheet are about, then the items and their texts in the order of their numbers."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    for (on, item), text in before.items():
        if on == sheet:
            found.setdefault(item, []).append((1, item, text))
            if match := _SECOND.fullmatch(item):
                found.setdefault(match["name"], []).append((int(match["number"]), item, text))
    return {name: {item: text for _, item, text in sorted(items)} for name, items in found.items()}


def begins(typed: Sequence[Typed], before: Mapping[Item, str], as_of: dt.date) -> list[dt.date]:
    """The day on which each override begins: its From; for an empty one the day the log has recorded, or else the as-of date.

    A line of the log speaks for one row only: first for the one that says the same, then for one of the same segment.
    """
    found = [each.since for each in typed]
    logged = {name: _spans(texts) for name, texts in _by_name(OVERRIDES, before).items()}
    for closely in (True, False):
        for at, each in enumerate(typed):
            if found[at] is None or (closely and each.since is not None):
                since = _claimed(each, logged.get(bounded(each.customer, _LONGEST_SEGMENT), {}), closely)
                found[at] = found[at] or since
    return [since or as_of for since in found]


_Spans = dict[str, tuple[str, dt.date, str]]
"""Lines about a customer's overrides by their items: segment, the day it begins, and the rest."""


def _spans(texts: Mapping[str, str]) -> _Spans:
    matches = ((item, _SPAN.fullmatch(text)) for item, text in texts.items())
    found = ((item, match, _day(match["since"])) for item, match in matches if match)
    return {item: (match["segment"], since, match["rest"]) for item, match, since in found if since is not None}


def _claimed(typed: Typed, logged: _Spans, closely: bool) -> dt.date | None:
    """The day that the log has of an override, whose line is taken away from the others; None where there is none."""
    wanted = _SPAN.fullmatch(override_said(typed, typed.since or dt.date.min))
    for item, (segment, since, rest) in logged.items():
        if wanted is None or segment != wanted["segment"]:
            continue
        if not closely or (rest == wanted["rest"] and typed.since in (None, since)):
            del logged[item]
            return since
    return None


def _day(text: str) -> dt.date | None:
    """A day of the log; None when somebody has made another text of it."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def playbook_rows(rows: Sequence[Sequence[Value]]) -> list[tuple[str, str]]:
    """The Playbook sheet as (first cell, all the others by their headings); the headings are the first row of the most texts, at least two."""
    texts = [sum(isinstance(cell, str) and bool(cell.strip()) for cell in row) for row in rows]
    if max(texts, default=0) < 2:
        return []
    head = texts.index(max(texts))
    headings = [said(cell) for cell in rows[head]]
    found = []
    for row in rows[head + 1 :]:
        words = [(heading, said(cell)) for heading, cell in zip(headings, row, strict=False)]
        if any(word for _, word in words):
            text = "; ".join(f"{heading} {word}" for heading, word in words[1:] if heading and word)
            found.append((words[0][1] or "(empty)", bounded(text)))
    return found


# ── the past, and the difference ─────────────────────────────────────────────


def replay(lines: Iterable[Logged]) -> State:
    """The state that the lines lead to, in whatever order they stand."""
    rules: dict[str, dict[str, str]] = {}
    items: dict[Item, str] = {}
    for line in sorted(lines, key=lambda line: line.number):
        entry = line.entry
        if entry.sheet == RULES and entry.item != RULE_SET:
            _replay_rule(rules, entry)
        elif entry.after:
            items[entry.sheet, entry.item] = entry.after
        else:
            items.pop((entry.sheet, entry.item), None)
    return State({name: cells for name, cells in rules.items() if cells}, items)


def _replay_rule(rules: dict[str, dict[str, str]], entry: Entry) -> None:
    segment, mark, rest = entry.item.rpartition(_PRIORITY)  # by hand: an expression over all of a long text may try every place with every other
    match = _RULE.fullmatch(rest) if mark else None
    if match is None:
        return
    rule = f"{segment}{mark}{match['priority']}"
    cells = rules.setdefault(rule, {})
    if match["cell"] is None:
        rules[rule] = _cells(entry.after)
    elif entry.after:
        cells[match["cell"]] = entry.after
    else:
        cells.pop(match["cell"], None)


def _whole(cells: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {text}" for name, text in cells.items())


def _cells(text: str) -> dict[str, str]:
    parts = (part.partition(" ") for part in text.split("; ") if part)
    return {name: rest for name, _, rest in parts}


def differences(before: State, now: State) -> list[Entry]:
    """The lines that lead from one state to the other, in the order of the sheets."""
    found = [*_of_rules(before.rules, now.rules), *_of_items(before.items, now.items)]
    order = (RULES, CONFIG, PLAYBOOK, OVERRIDES, RULE_SETS)
    return sorted(found, key=lambda entry: (order.index(entry.sheet) if entry.sheet in order else len(order), entry.item != RULE_SET))


def _of_rules(before: Mapping[str, Mapping[str, str]], now: Mapping[str, Mapping[str, str]]) -> list[Entry]:
    found = []
    for name in dict.fromkeys((*now, *before)):
        old, new = before.get(name), now.get(name)
        if old is None or new is None:
            found.append(Entry(RULES, name, _whole(old or {}), _whole(new or {})))
        else:
            cells = (cell for cell in dict.fromkeys((*new, *old)) if old.get(cell, "") != new.get(cell, ""))
            found += [Entry(RULES, f"{name}: {cell}", old.get(cell, ""), new.get(cell, "")) for cell in cells]
    return found


def _of_items(before: Mapping[Item, str], now: Mapping[Item, str]) -> list[Entry]:
    names = (item for item in dict.fromkeys((*now, *before)) if before.get(item, "") != now.get(item, ""))
    return [Entry(*item, before.get(item, ""), now.get(item, "")) for item in names]


def rule_differences(before: RuleSet, now: RuleSet) -> list[Entry]:
    """What differs between two rule sets; the order of rules of one priority too, since the upper one wins."""
    found = _of_rules(rules_said(before), rules_said(now))
    if not found and before.hash != now.hash:
        found = [Entry(RULES, "order of the rules of one priority", _order(before), _order(now))]
    return found


def _order(rules: RuleSet) -> str:
    return bounded(", ".join(f"{rule.segment} {rule.priority:g}" for rule in rules.rules))


@dataclass(frozen=True)
class Present:
    """What the log looks at in a refresh. `begins` are the days on which the overrides begin; `playbook` the rows of the Playbook sheet."""

    rules: RuleSet
    settings: Settings
    playbook: Sequence[Sequence[Value]]
    overrides: Sequence[Typed]
    begins: Sequence[dt.date]
    approvals: Mapping[str, Approval]


def changes_since(lines: Sequence[Logged], present: Present) -> list[Entry]:
    """The lines to append: all of it in the first refresh, then what differs from the replay of the log."""
    before = replay(lines)
    items: dict[Item, str] = {(RULES, RULE_SET): present.rules.hash}
    items |= settings_said(present.settings)
    if lines:
        items = {item: text for item, text in items.items() if item in before.items or text != _by_default(item)}
    items |= listed_said(PLAYBOOK, playbook_rows(present.playbook), before.items)
    overrides = [(each.customer, override_said(each, since)) for each, since in zip(present.overrides, present.begins, strict=True)]
    items |= listed_said(OVERRIDES, overrides, before.items)
    items |= approvals_said(present.approvals)
    return differences(before, State(rules_said(present.rules), items))


def _by_default(item: Item) -> str:
    """What a setting is when nobody sets it: one that a later version brings is no change."""
    return settings_said(Settings()).get(item, "")
