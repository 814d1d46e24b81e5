"""Ledger, settings and rules at an as-of date → everything the tabs show, as values. No workbook, no clock."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from xlseg.approval import Approval, unsigned
from xlseg.calendar import WARM_UP, Season, checkpoints, day_number
from xlseg.courses import UNKNOWN, Courses, courses, said_of
from xlseg.facts import Facts, facts
from xlseg.metrics.book import book_figures_of, roll_rates_of
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.metrics.measure import measure_facts, season_of
from xlseg.migration import NEW, Migration, Snapshot, migrate
from xlseg.overrides import NONE, Override, holding
from xlseg.receipts import Applied, applied
from xlseg.segments.assign import Labels, labels, plain_texts, with_attributes
from xlseg.segments.confirm import ABSENT, Confirmed, Evidence, confirm
from xlseg.segments.margin import Leeway, leeway
from xlseg.segments.rules import RuleSet
from xlseg.segments.sentences import sentences, stays
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.workbook import Array

WORSE, BETTER, SIDEWAYS, SAME = "▲ worse", "▼ better", "► sideways", "= same"
"""Directions of a move: a sign and a word, so that they read in print and without colours."""

CONFIRMED, PROVISIONAL, OVERRIDE = "confirmed", "provisional", "override"


@dataclass(frozen=True)
class Departed:
    """A customer on the Segments tab who is no longer in the ERP sheets: id, name, segment he had, date since which he is gone."""

    customer: str
    name: str
    segment: str
    since: dt.date


@dataclass(frozen=True)
class Analysis:
    """What is known at an as-of date.

    Attributes
    ----------
    applied
        What came in and what was credited, by invoice and day.
    dates
        The 13 month-ends, and the as-of date as the last one.
    previous
        Last month-end before the as-of date: what moves are measured against.
    measured
        Every metric, a row an as-of date and known customer, with his `position` among the facts' customers, `label` and `segment` (by the rules,
        and confirmed).
    standing
        A row a customer at the as-of date, in the ledger's order: customer, position (among the facts' customers), name, sales_rep, segment,
        since, previous ("" = not known then), direction, risk, status, today, also, why, known, overridden (who, until when and why; "" = not),
        and the metrics.
    overrides
        Those that count; `segment` is theirs wherever they hold.
    approval
        How the rule set stands: default, approved or a draft.
    """

    ledger: Ledger
    facts: Facts
    applied: Applied
    settings: Settings
    rules: RuleSet
    dates: tuple[dt.date, ...]
    previous: dt.date
    measured: pd.DataFrame
    labelled: Labels
    standing: pd.DataFrame
    departed: tuple[Departed, ...]
    overrides: tuple[Override, ...]
    approval: Approval

    @property
    def as_of(self) -> dt.date:
        """The as-of date."""
        return self.dates[-1]

    @cached_property
    def season(self) -> Season:
        """The seasonal indices at the as-of date."""
        return season_of(self.facts, day_number(self.as_of))

    @cached_property
    def figures(self) -> pd.DataFrame:
        """The book figures, a row an as-of date."""
        return book_figures_of(self.facts, self.dates, self.settings)

    @cached_property
    def roll_rates(self) -> pd.DataFrame:
        """What became of each ageing bucket since the month-end before."""
        return roll_rates_of(self.facts, self.previous, self.as_of)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Segments of the rule set in its order; the one of unmatched customers only where there are some."""
        used = {*self.measured["segment"].unique(), *self.standing["segment"].unique()} | {d.segment for d in self.departed}
        return tuple(dict.fromkeys([s for s in self.rules.segments if s in used or s != self.rules.segments[-1]]))

    @cached_property
    def risks(self) -> Mapping[str, int | None]:
        """Risk of each segment."""
        return self.rules.risks

    @cached_property
    def courses(self) -> Courses:
        """Where each customer stands among the measured rows at each date."""
        return courses(self.measured, self.dates, self.facts.customers)

    def migration(self, before: dt.date, after: dt.date) -> Migration:
        """The migration matrix between two of the dates, weighed by open balance (0 where unknown); who left the ERP sheets since is Gone."""
        left = {d.customer: self.segments.index(d.segment) for d in self.departed if before < d.since <= after and d.segment in self.segments}
        return migrate(self._snapshot(before, [*left.values()]), self._snapshot(after, [UNKNOWN] * len(left)), self.segments)

    def _snapshot(self, date: dt.date, of_departed: list[int]) -> Snapshot:
        """The confirmed segments of all customers at one of the dates, and of some who have left."""
        segments, weights = self.segments_at(date), self._stood[1][self.dates.index(date)]
        return Snapshot(np.append(segments, np.array(of_departed, "int64")), np.append(weights, np.zeros(len(of_departed))))

    def segments_at(self, date: dt.date) -> Array:
        """Position of the segment of each of the facts' customers at one of the dates; UNKNOWN who was not known then."""
        found: Array = self._stood[0][self.dates.index(date)]
        return found

    @cached_property
    def _stood(self) -> tuple[Array, Array]:
        """Position of the segment and open balance, each dates × customers."""
        codes, names = pd.factorize(self.measured["segment"].to_numpy(object))
        segment = np.array([self.segments.index(name) for name in names], "int64")[codes]
        weight = np.nan_to_num(self.measured["open_balance"].to_numpy("float64"))
        rows = np.ascontiguousarray(self.courses.rows.T)
        return said_of(rows, segment, UNKNOWN), said_of(rows, weight, 0.0)

    def row_at(self, position: int) -> int:
        """Row of `measured` (and of the labels) that the customer at a position of `standing` has at the as-of date."""
        return int(self.standing["row"].to_numpy()[position])


@dataclass(frozen=True)
class Measurement:
    """Every metric at the checkpoints up to an as-of date, those of the warm-up among them, before anybody is labelled."""

    dates: list[dt.date]
    facts: Facts
    applied: Applied
    measured: pd.DataFrame


def measurement(book: Facts, came: Applied, settings: Settings, as_of: dt.date) -> Measurement:
    """Measure every customer at the as-of date and the month-ends up to it."""
    dates = checkpoints(as_of)
    return Measurement(dates, book, came, measure_facts(book, dates, settings))


def analyse(
    ledger: Ledger,
    settings: Settings,
    rules: RuleSet,
    as_of: dt.date,
    departed: tuple[Departed, ...] = (),
    shown: frozenset[str] = frozenset(),
    overrides: tuple[Override, ...] = (),
    approval: Approval | None = None,
    taken: Measurement | None = None,
) -> Analysis:
    """Measure, label and confirm every customer at the as-of date and the 13 month-ends up to it.

    `shown` are ids with a row on the Segments tab: one who is not known yet at an earlier as-of date is listed, so that no later number stays there.
    `overrides` win over rules and confirmation, each within its span. Without `approval` the rule set is one that nobody has approved.
    `taken` is the measurement, if somebody has made it already.
    """
    if taken is None:
        book = facts(ledger, settings)
        taken = measurement(book, applied(ledger, book), settings, as_of)
    followed, book = taken.dates, taken.facts
    dates = followed[WARM_UP:]
    measured = with_attributes(_with_silent(taken.measured.assign(known=True), ledger, book, as_of, shown), ledger, book.customers)
    labelled = labels(measured, rules)
    room = leeway(measured, labelled, settings.margin)
    confirmed = _confirmed(measured, book.customers, labelled, room, followed, settings.confirm, overrides)
    measured = measured.assign(label=plain_texts(labelled.segment), **confirmed)
    first = int(np.searchsorted(measured["as_of"].to_numpy(), np.datetime64(dates[0], "s")))  # the warm-up has done its part
    measured, labelled, room = measured.iloc[first:].reset_index(drop=True), labelled.rows(first), room.rows(first)
    standing = _standing(measured, labelled, room, ledger, dates, overrides)
    measured = measured.drop(columns=_WORKING)
    known = approval or unsigned(rules)
    return Analysis(ledger, book, taken.applied, settings, rules, tuple(dates), dates[-2], measured, labelled, standing, departed, overrides, known)


_WORKING = ["waits", "since", "ruled", "override"]
"""Columns of the measured rows that are needed for the standing only."""


def _with_silent(measured: pd.DataFrame, ledger: Ledger, book: Facts, as_of: dt.date, shown: frozenset[str]) -> pd.DataFrame:
    """The measured frame with the customers of the Customers sheet, and those shown, who have no facts yet, at the as-of date."""
    at = np.datetime64(as_of, "s")
    known = np.zeros(len(book.customers), "bool")
    known[measured["position"].to_numpy()[measured["as_of"].to_numpy() == at]] = True
    if known.all():
        return measured  # in this order already
    listed = {*ledger.customers.loc[ledger.customers["row"] > 0, "customer"], *shown}
    silent = [position for position in np.flatnonzero(~known).tolist() if book.customers[position] in listed]
    if not silent:
        return measured
    names = np.array(book.customers, object)[silent]
    rows = pd.DataFrame({"as_of": np.full(len(silent), at), "customer": names, "position": silent, "known": False})
    # Columns are spelled out, since concat of all-empty ones would guess their types.
    rows = rows.assign(**{name: None if m.unit == "letter" else np.nan for name, m in CATALOGUE.items()})[list(measured.columns)]
    measured = pd.concat([measured.astype({"consistency_rating": object}), rows.astype(measured.dtypes.to_dict())], ignore_index=True)
    place = np.lexsort((measured["position"].to_numpy(), measured["as_of"].to_numpy()))
    return measured.iloc[place].reset_index(drop=True)


def _confirmed(
    measured: pd.DataFrame,
    customers: Sequence[str],
    labelled: Labels,
    room: Leeway,
    dates: list[dt.date],
    on: bool,
    overrides: Sequence[Override],
) -> dict[str, Array | pd.Series]:
    """Columns of the measured rows: the `segment`, and `since` when the last one holds.

    Beside them the segment confirmed by the rules (`ruled`), whether a move by the rules `waits` for a second checkpoint, and the place of the
    `override` that wins (or NONE).
    """
    customer = measured["position"].to_numpy()
    day = np.searchsorted(np.array(dates, "datetime64[s]"), measured["as_of"].to_numpy())
    shape = (len(customers), len(dates))
    today, clear, holds = np.full(shape, ABSENT), np.zeros(shape, "bool"), np.ones((len(room.holds), *shape), "bool")
    today[customer, day], clear[customer, day], holds[:, customer, day] = labelled.code, room.clear, room.holds
    names, risks = labelled.rules.segments, labelled.rules.risks
    risk = np.array([math.nan if risks[name] is None else float(risks[name] or 0) for name in names])
    ruled = confirm(Evidence(today, holds, clear, risk), dates, on)
    where = np.where(ruled.labels != ABSENT, holding(overrides, customers, dates), NONE)
    codes = np.array([*(names.index(override.segment) for override in overrides), ABSENT])
    found = Confirmed(np.where(where != NONE, codes[where], ruled.labels), ruled.waits)
    segments = np.array(names, dtype=object)
    return {
        "segment": plain_texts(segments[found.labels[customer, day]]),
        "ruled": plain_texts(segments[ruled.labels[customer, day]]),
        "override": where[customer, day],
        "waits": ruled.waits[customer, day],
        "since": _since(found, where[:, -1], overrides, dates)[customer],
    }


def _since(found: Confirmed, override: Array, overrides: Sequence[Override], dates: Sequence[dt.date]) -> Array:
    """Since when each customer's last segment holds: a checkpoint, or the day between two of them on which his override began."""
    place = found.since(WARM_UP)
    since = np.array(dates, "datetime64[s]")[place]
    for customer in np.flatnonzero((override != NONE) & (place > WARM_UP)).tolist():
        began, at = overrides[override[customer]].since, place[customer]
        if dates[at - 1] < began < dates[at]:
            since[customer] = np.datetime64(began, "s")
    return since


def _standing(
    measured: pd.DataFrame, labelled: Labels, room: Leeway, ledger: Ledger, dates: list[dt.date], overrides: Sequence[Override]
) -> pd.DataFrame:
    at = np.flatnonzero(measured["as_of"].to_numpy() == np.datetime64(dates[-1], "s"))
    now = measured.iloc[at].reset_index(drop=True)
    before = measured[(measured["as_of"] == np.datetime64(dates[-2], "s")) & measured["known"]].set_index("customer")["segment"]
    master = ledger.customers.set_index("customer")
    was = before.reindex(now["customer"]).fillna("").to_numpy(object)
    risks = labelled.rules.risks
    segment = now["segment"].to_numpy(object)
    override = now["override"].to_numpy("int64")
    status = np.where(now["waits"], PROVISIONAL, CONFIRMED).astype(object)
    columns: dict[str, Any] = {
        "name": master["name"].astype(object).reindex(now["customer"]).fillna("").to_numpy(object),
        "since": now["since"].to_numpy(),
        "previous": was,
        "direction": [direction(b, a, risks) if k else "" for b, a, k in zip(was, segment, now["known"], strict=True)],
        "risk": np.array([risks[s] if risks[s] is not None else np.nan for s in segment], "float64"),
        "status": np.where(override != NONE, OVERRIDE, status),
        "today": now["label"].to_numpy(object),
        "also": _also(labelled, at),
        "why": _why(_sentences(now, labelled, room, at, pd.Timestamp(dates[-1])), override, overrides),
        "overridden": [overrides[place].words if place != NONE else "" for place in override.tolist()],
        "row": at,
    }
    return now.drop(columns=[name for name in _WORKING if name != "since"]).assign(**columns)


def _why(sentences: list[str], override: Array, overrides: Sequence[Override]) -> list[str]:
    """The sentences, behind what a person has decided where he has."""
    for row in np.flatnonzero(override != NONE).tolist():
        said = sentences[row] if sentences[row].startswith("Today ") else f"Today {sentences[row]}"
        sentences[row] = f"{overrides[override[row]].sentence} {said}"
    return sentences


def _also(labelled: Labels, at: Array) -> list[str]:
    """The other segments that match each row, worked out once for all rows that the same rules match."""
    matched = np.packbits(labelled.matches[:, at], axis=0).T
    patterns = [(winner, row.tobytes()) for winner, row in zip(labelled.winner[at].tolist(), matched, strict=True)]
    said = {pattern: ", ".join(labelled.also(row)) for pattern, row in dict(zip(patterns, at.tolist(), strict=True)).items()}
    return [said[pattern] for pattern in patterns]


def _sentences(now: pd.DataFrame, labelled: Labels, room: Leeway, at: Array, as_of: object) -> list[str]:
    """The sentences explain the label of today, and say so where it is not the segment, and by which margin the segment is kept."""
    values = {name: now[name].to_numpy() for name in labelled.rules.columns}
    found = sentences(labelled, at, values, as_of)
    label, segment, waits = labelled.code[at], _codes(now["ruled"], labelled.rules.segments), now["waits"].to_numpy("bool")
    kept = np.flatnonzero((label != segment) & ~waits)
    for row in np.flatnonzero((label != segment) & waits).tolist():
        found[row] = f"Today {found[row]}"
    here = {name: column[kept] for name, column in values.items()}
    for row, text in zip(kept.tolist(), stays(labelled, room, at[kept], segment[kept], here, as_of), strict=True):
        found[row] = f"Today {found[row]}. {text}"
    return found


def _codes(segments: pd.Series, names: Sequence[str]) -> Array:
    """Position of each row's segment among the names."""
    code = {name: i for i, name in enumerate(names)}
    return np.array([code[name] for name in segments.tolist()], "int64")


def direction(before: str, after: str, risks: Mapping[str, int | None]) -> str:
    """Direction of a move between two segments by their risk; New without a segment before."""
    if not before:
        return NEW
    if before == after:
        return SAME
    low, high = risks.get(before), risks.get(after)
    if low is None or high is None or low == high:
        return SIDEWAYS
    return WORSE if high > low else BETTER
