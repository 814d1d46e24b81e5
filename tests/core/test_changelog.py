"""The change log: its lines say what changed, and their replay is the state before the next refresh."""

import datetime as dt
import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some

from xlseg.approval import APPROVED, Approval
from xlseg.changelog import LONGEST, Entry, Logged, Present, begins, bounded, changes_since, playbook_rows, replay, rule_differences
from xlseg.errors import CriterionError
from xlseg.overrides import Typed
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import RuleSet, read_rules
from xlseg.settings import Settings
from xlseg.workbook import Value

DAY = dt.date(2026, 10, 31)


def rules(*rows: list[Value], head: tuple[str, ...] = ("n_paid", "late_share", "category")) -> RuleSet:
    return read_rules([["Priority", "Segment", "Risk", *head], *rows])


FEW = rules([10, "Late", 7, ">=4", ">50%"], [10, "Late", 7, None, ">80%"], [99, "Rest", None])


def present(
    rule_set: RuleSet = FEW,
    settings: Settings | None = None,
    playbook: list[list[Value]] | None = None,
    overrides: tuple[Typed, ...] = (),
    approvals: dict[str, Approval] | None = None,
) -> Present:
    return Present(rule_set, settings or Settings(), playbook or [], overrides, [each.since or DAY for each in overrides], approvals or {})


class Log:
    """A log as it grows: refreshes, whose lines are read back in any order."""

    def __init__(self) -> None:
        self.lines: list[Logged] = []

    def refresh(self, now: Present) -> list[tuple[str, str, str, str]]:
        random.Random(len(self.lines)).shuffle(self.lines)  # the user has sorted the tab
        entries = changes_since(self.lines, now)
        last = max((line.number for line in self.lines), default=0)
        self.lines += [Logged(last + i, DAY, entry) for i, entry in enumerate(entries, start=1)]
        assert changes_since(self.lines, now) == []  # nothing has changed since
        return [(e.sheet, e.item, e.before, e.after) for e in entries]


def test_the_first_refresh_says_how_things_stand() -> None:
    lines = Log().refresh(present())
    assert lines[:4] == [
        ("Rules", "Rule set", "", FEW.hash),
        ("Rules", "Late, priority 10", "", "risk 7; n_paid >=4; late_share >50%"),
        ("Rules", "Late, priority 10 (2)", "", "risk 7; late_share >80%"),
        ("Rules", "Rest, priority 99", "", "risk none"),
    ]
    assert ("Config", "Window", "", "365") in lines
    assert all(before == "" for _, _, before, _ in lines)


def test_a_changed_an_added_and_a_removed_rule_are_told_cell_by_cell() -> None:
    log = Log()
    log.refresh(present())
    other = rules([10, "Late", 7, ">=6", ">50%"], [10, "Late", 7, ">2", None, "=USD"], [20, "Fresh", 3, None, "<=5%"])
    assert log.refresh(present(other)) == [
        ("Rules", "Rule set", FEW.hash, other.hash),
        ("Rules", "Late, priority 10: n_paid", ">=4", ">=6"),
        ("Rules", "Late, priority 10 (2): n_paid", "", ">2"),
        ("Rules", "Late, priority 10 (2): category", "", "=USD"),
        ("Rules", "Late, priority 10 (2): late_share", ">80%", ""),
        ("Rules", "Fresh, priority 20", "", "risk 3; late_share <=5%"),
        ("Rules", "Rest, priority 99", "risk none", ""),
    ]
    assert len(log.refresh(present())) == 7  # and back again


def test_a_setting_that_changes_is_told_and_one_that_a_later_version_brings_is_not() -> None:
    log = Log()
    log.refresh(present())
    changed = Settings(grace=7, confirm=False, day_first=True, baseline=dt.date(2026, 1, 1), headings={"Invoices.Belegdat": "Date"})
    assert log.refresh(present(settings=changed)) == [
        ("Config", "Grace", "5", "7"),
        ("Config", "Confirm moves", "yes", "no"),
        ("Config", "Day order", "", "DMY"),
        ("Config", "Baseline", "", "2026-01-01"),
        ("Config", "Heading: Invoices.Belegdat", "", "Date"),
    ]
    log.lines = [line for line in log.lines if line.entry.item != "Margin"]  # a log of a version that had no margin
    assert log.refresh(present(settings=replace(changed, grace=5))) == [("Config", "Grace", "7", "5")]


PLAYBOOK: list[list[Value]] = [
    ["Playbook"],
    ["What to do, by segment."],
    [None],
    ["Segment", "Days", "Channel"],
    ["Late", 1.0, "Mail"],
    ["Late", 7, "Call"],
    ["Rest", None, None],
]


def test_rows_of_the_playbook_are_told_wherever_they_stand() -> None:
    assert playbook_rows(PLAYBOOK) == [("Late", "Days 1; Channel Mail"), ("Late", "Days 7; Channel Call"), ("Rest", "")]
    log = Log()
    assert [line for line in log.refresh(present(playbook=PLAYBOOK)) if line[0] == "Playbook"] == [
        ("Playbook", "Late", "", "Days 1; Channel Mail"),
        ("Playbook", "Late (2)", "", "Days 7; Channel Call"),
    ]
    turned = [*PLAYBOOK[:4], ["Late", 7, "Letter"], ["Late", 1, "Mail"], ["Other", 3, "Call"]]
    assert log.refresh(present(playbook=turned)) == [
        ("Playbook", "Late (2)", "Days 7; Channel Call", "Days 7; Channel Letter"),
        ("Playbook", "Other", "", "Days 3; Channel Call"),
    ]


def override(customer: str = "A", segment: str = "Late", reason: str = "x", since: dt.date | None = DAY, until: dt.date | None = None) -> Typed:
    return Typed(customer, segment, reason, "Anna", since, until, 7)


def test_overrides_are_told_by_customer_and_sorting_them_is_no_change() -> None:
    log, one, two = Log(), override(until=DAY), override(segment="Rest", since=dt.date(2026, 11, 1))
    log.refresh(present())
    assert log.refresh(present(overrides=(one, two))) == [
        ("Overrides", "A", "", "Late from 2026-10-31 until 2026-10-31, by Anna: x"),
        ("Overrides", "A (2)", "", "Rest from 2026-11-01, by Anna: x"),
    ]
    assert log.refresh(present(overrides=(two, one))) == []
    assert log.refresh(present(overrides=(replace(two, reason="y"), one))) == [
        ("Overrides", "A (2)", "Rest from 2026-11-01, by Anna: x", "Rest from 2026-11-01, by Anna: y"),
    ]  # fmt: skip
    assert log.refresh(present(overrides=(one,))) == [("Overrides", "A (2)", "Rest from 2026-11-01, by Anna: y", "")]


def test_an_override_without_from_begins_on_the_day_the_log_first_knew_it() -> None:
    log, open_end = Log(), override(since=None)
    log.refresh(present(overrides=(open_end,)))
    later = dt.date(2026, 12, 31)
    known = replay(log.lines).items
    assert begins([open_end], known, later) == [DAY]
    assert begins([replace(open_end, reason="another reason", until=later)], known, later) == [DAY]  # the row has been edited
    assert begins([override(customer="B", since=None)], known, later) == [later]
    # A second row of the same customer and segment is another override.
    assert begins([override(since=None, reason="new"), open_end], known, later) == [later, DAY]
    assert begins([override(since=dt.date(2026, 5, 1))], known, later) == [dt.date(2026, 5, 1)]
    spoilt = {item: text.replace("2026-10-31", "2026-99-99") for item, text in known.items()}  # somebody has typed into the log
    assert begins([open_end], spoilt, later) == [later]


def test_approvals_are_told_when_they_are_given_and_withdrawn() -> None:
    log, signed = Log(), {FEW.hash: Approval(FEW.hash, APPROVED, "Anna", DAY)}
    log.refresh(present())
    assert log.refresh(present(approvals=signed)) == [("Rule Sets", FEW.hash, "", "approved by Anna on 2026-10-31")]
    assert log.refresh(present(approvals={FEW.hash: Approval(FEW.hash, "DRAFT")})) == [("Rule Sets", FEW.hash, "approved by Anna on 2026-10-31", "")]


def test_a_long_text_is_cut_off_and_a_change_at_its_end_is_seen() -> None:
    long = "a" * 32_767
    assert len(bounded(long)) == LONGEST
    assert bounded(long) != bounded(long[:-1] + "b")
    assert bounded("one\x1b[2J\ntwo  three") == "one\\x1b[2J two three"
    log = Log()
    log.refresh(present(overrides=(override(reason=long),)))
    ((_, _, before, after),) = log.refresh(present(overrides=(override(reason=long[:-1] + "b"),)))
    assert before != after
    assert max(len(before), len(after)) < 600


def test_two_rule_sets_of_the_same_rules_in_another_order_differ() -> None:
    one, other = rules([1, "A", 1, ">1"], [1, "B", 2, ">0"]), rules([1, "B", 2, ">0"], [1, "A", 1, ">1"])
    assert one.hash != other.hash
    assert rule_differences(one, other) == [Entry("Rules", "order of the rules of one priority", "A 1, B 1", "B 1, A 1")]
    assert rule_differences(one, one) == []
    log = Log()
    log.refresh(present(one))
    assert log.refresh(present(other)) == [("Rules", "Rule set", one.hash, other.hash)]


names = some.text(min_size=1, max_size=12).filter(lambda text: text.strip())


@given(
    some.lists(
        some.tuples(some.integers(0, 3), names, some.sampled_from([None, ">=4", "<=p80", "1..5"]), some.one_of(some.none(), names)), max_size=8
    )
)
def test_whatever_the_rules_are_called_their_log_replays(rows: list[tuple[int, str, str | None, str | None]]) -> None:
    log = Log()
    log.refresh(present())
    try:
        other = rules(*([priority, segment, 5, count, None, text] for priority, segment, count, text in rows))
    except CriterionError:  # not every text is one
        return
    log.refresh(present(other))
    log.refresh(present(default_rules()))
    assert replay(log.lines).rules == replay_of(default_rules())


def replay_of(rule_set: RuleSet) -> dict[str, dict[str, str]]:
    """The rules read off the set itself: no segment of the defaults has two rules of one priority."""
    return {
        f"{rule.segment}, priority {rule.priority:g}": {
            "risk": "none" if rule.risk is None else str(rule.risk),
            **{name: criterion.written for name, criterion in rule.criteria},
        }
        for rule in rule_set.rules
    }


def test_a_long_text_in_the_log_that_looks_like_many_rules_is_read_in_no_time() -> None:
    # 2,900 × ", priority " and a colon: an expression that tries every place with every other takes 15 s for each such line, 200 lines an hour
    evil = ", priority " * 2_900 + "::!"
    state = replay([Logged(n, DAY, Entry("Rules", evil, "", "risk 8")) for n in range(200)])
    assert state.rules == {}


def test_five_thousand_overrides_of_one_customer_find_their_lines() -> None:
    typed = [Typed("C1", "Late", "r", "me", DAY + dt.timedelta(days=n), DAY + dt.timedelta(days=n), n) for n in range(5_000)]
    lines = {("Overrides", f"C1 ({n + 1})"): f"Late from {t.since} until {t.until}, by me: r" for n, t in enumerate(typed)}
    without = [replace(t, since=None) for t in typed]
    assert begins(without, lines, dt.date(2020, 1, 1)) == [t.since for t in typed]
