"""The worklist against its slow reading, on messy books with reminders, promises and a log."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from ledgers import frame as tidy
from ledgers import messy, payment, without_invoices, without_payments
from slow_actions import Done, List, Standing, counts, judged

from xlseg.actions import Action, Logged, worklist
from xlseg.analysis import Analysis, analyse
from xlseg.playbook import Playbook, Stop, agreed, default_playbook
from xlseg.segments.criteria import criterion
from xlseg.segments.defaults import default_rules
from xlseg.settings import Settings
from xlseg.tables import CUSTOMERS, PAYMENTS, REMINDERS, Ledger
from xlseg.touches import channel_of

T = dt.date(2024, 10, 17)
CHANNELS = ("E-mail", "Phone", "Letter")


def with_reminders(ledger: Ledger, seed: int, reminders: int = 150) -> Ledger:
    """Reminders on all kinds of days, with and without a document, some with a promise; a fifth of the customers may not be contacted."""
    chance = random.Random(seed)
    names = sorted({*ledger.invoices["customer"], *ledger.orders["customer"]})
    documents = ledger.invoices[["document", "customer", "due"]].to_dict("records")
    rows = []
    for number in range(reminders):
        if documents and chance.random() < 0.7:
            of = chance.choice(documents)
            customer, document, day = of["customer"], of["document"], of["due"].date() + dt.timedelta(days=chance.randrange(-10, 60))
        else:
            customer, document, day = chance.choice(names), "", T - dt.timedelta(days=chance.randrange(-5, 300))
        document = "ANOTHER" if chance.random() < 0.03 else document
        promised = day + dt.timedelta(days=chance.randrange(1, 60)) if chance.random() < 0.3 else None
        rows.append((customer, document, day, chance.choice(CHANNELS), "Sent", promised, number + 2))
    for name in chance.sample(names, 15):  # long promises, made before the step that is due now
        day, promised = T - dt.timedelta(days=chance.randrange(40, 100)), T + dt.timedelta(days=chance.randrange(-1, 3))
        rows.append((name, "", day, "Phone", "Promised", promised, 0))
    frame = pd.DataFrame(rows, columns=list(REMINDERS)).astype(REMINDERS)
    blank = {"str": "", "float64": np.nan, "bool": False, "int64": 2}
    people = pd.DataFrame({name: [blank[kind]] * len(names) for name, kind in CUSTOMERS.items()})
    people = people.assign(customer=names, do_not_contact=[chance.random() < 0.2 for _ in names])
    cash = [payment(chance.randrange(1, 3000), T - dt.timedelta(days=9), "", customer=name) for name in names if chance.random() < 0.3]
    if ledger.has_payments:
        ledger = replace(ledger, payments=pd.concat([ledger.payments, tidy(PAYMENTS, cash, "CASH")], ignore_index=True))
    return replace(ledger, reminders=frame, customers=people.astype(CUSTOMERS))


def a_log(ledger: Ledger, seed: int) -> list[Done]:
    chance = random.Random(seed + 1)
    names = sorted({*ledger.invoices["customer"], *ledger.orders["customer"]})
    return [
        Done(
            T - dt.timedelta(days=chance.randrange(120)), chance.choice(names), chance.choice(("Collect", "Collect", "Review", "Sales", "Clear")),
            chance.choice(("Done", "Suppressed", "Lapsed: paid")), chance.choice(CHANNELS),
            T + dt.timedelta(days=chance.randrange(-40, 40)) if chance.random() < 0.5 else None,
        )
        for _ in range(40)
    ]  # fmt: skip


def a_playbook(with_invoices: bool, analysis: Analysis) -> Playbook:
    """The defaults, with a larger stop and other Review and Sales days, so that every branch is met."""
    found, _ = agreed(default_playbook(with_invoices, analysis.rules.segments), analysis.rules, [])
    asked = criterion("<=2500")
    assert asked is not None
    steps = [replace(step, stops=(Stop("past_due", asked),) if step.stops else ()) for step in found.steps]
    standard = next(step for step in steps if step.segment == "Standard")
    steps += [replace(standard, kind=kind, day=day, action=f"{kind} {day}", stops=(), within=3) for kind, day in (("Review", 0), ("Review", 60))]
    steps += [
        replace(standard, kind="Clear", day=10, action="Clear", stops=(), within=0),
        replace(standard, kind="Sales", segment="Not Enough History", day=5, action="Call", stops=()),
    ]
    return Playbook(tuple(steps))


def standing(analysis: Analysis) -> list[Standing]:
    found = []
    for row in analysis.standing.to_dict("records"):
        since = row["since"].date()
        before = max((date for date in analysis.dates if date < since), default=dt.date(1900, 1, 1))
        found.append(Standing(row["customer"], row["segment"], since, before, row["open_balance"], row["past_due"]))
    return found


def same(number: float, other: float) -> bool:
    return (math.isnan(number) and math.isnan(other)) or number == pytest.approx(other, abs=0.005)


BOOKS: dict[str, Callable[[int], Ledger]] = {
    "full": lambda seed: messy(seed, 60, 1500),
    "without payments": lambda seed: without_payments(messy(seed, 60, 1500)),
    "orders only": lambda seed: without_invoices(messy(seed, 60, 400)),
}


@pytest.mark.parametrize("kind", BOOKS)
def test_the_list_equals_its_slow_reading(kind: str) -> None:
    kinds, held = set(), set()
    for seed in (3, 4, 5):
        ledger = with_reminders(BOOKS[kind](seed), seed)
        rows = _compared(ledger, a_log(ledger, seed))
        kinds |= {row.kind for row in rows}
        held |= {row.held.split(" ")[0] for row in rows}
    assert kinds == ({"Sales", "Review"} if kind == "orders only" else {"Collect", "Review", "Clear", "Sales"})
    every = {"", "Do", "Touched", "Disputed", "Promise", "Playbook:", "Unapplied"}
    wanted = {"full": every, "without payments": every - {"Unapplied"}, "orders only": {"", "Do"}}
    assert held >= wanted[kind]


def _compared(ledger: Ledger, log: list[Done]) -> tuple[Action, ...]:
    """The rows of the list, each of which says what its slow reading says."""
    settings = Settings(capacity=1000)
    analysis = analyse(ledger, settings, default_rules(ledger.has_invoices), T)
    playbook = a_playbook(ledger.has_invoices, analysis)
    work = worklist(analysis, playbook, logged=[Logged(d.day, d.customer, d.kind, d.outcome, d.channel, d.until) for d in log])
    slow = List(ledger, playbook, log, T, settings.pause)
    wanted = {(who.customer, kind): action for who in standing(analysis) for kind, action in slow.of(who).items()}
    found = {row.key: row for row in work.rows}
    assert found.keys() == wanted.keys()
    for key, action in wanted.items():
        row = found[key]
        assert (row.action, row.invoices, row.when) == (action.action, action.invoices, action.when), key
        assert same(row.balance, action.balance), key
        assert same(row.oldest, math.nan if action.oldest is None else action.oldest), key
        assert row.held[:5] == action.held[:5], (key, row.held, action.held)
    _must_be_in_order(work.rows)
    return work.rows


def _must_be_in_order(rows: tuple[Action, ...]) -> None:
    order = ["Collect", "Review", "Sales", "Clear"]
    places = [(bool(row.held), order.index(row.kind)) for row in rows]
    assert places == sorted(places)
    for before, after in pairwise(rows):
        if (bool(before.held), before.kind, after.kind) == (bool(after.held), "Collect", "Collect"):
            assert before.expected >= after.expected


@pytest.mark.parametrize("kind", ["full", "without payments"])
def test_touches_and_answers_equal_their_slow_reading(kind: str) -> None:
    ledger = with_reminders(BOOKS[kind](5), 5, reminders=500)
    log = a_log(ledger, 5)
    analysis = analyse(ledger, Settings(), default_rules(True), T)
    logged = [Logged(d.day, d.customer, d.kind, d.outcome, d.channel, d.until) for d in log]
    found = worklist(analysis, a_playbook(True, analysis), logged=logged).responses
    names = analysis.facts.customers
    wanted = counts(judged(ledger, log, T, 365))
    assert {(names[at], channel): pair for (at, channel), pair in found.by_channel.items()} == wanted
    assert sum(n for n, _ in wanted.values()) > 50
    assert sum(k for _, k in wanted.values()) > 3
    assert {channel for _, channel in wanted} == {channel_of(word) for word in CHANNELS}
