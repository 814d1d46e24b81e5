"""The digest of a refresh, and the notice of one that failed: values in, a short message out. Who sends it, and to whom, is known elsewhere."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from xlseg.analysis import PROVISIONAL
from xlseg.dashboard import HIGH_RISK, exposure_at_risk
from xlseg.errors import Failure
from xlseg.message import Message
from xlseg.movers import counts
from xlseg.refresh import Report
from xlseg.tabs import history
from xlseg.terminal import plain_line

_MOST_MOVES = 10
_LONGEST_NAME = 60
_WWW = re.compile(r"(www)\.", re.IGNORECASE)
_LEVELS = (("error", "errors"), ("warning", "warnings"), ("info", "remarks"))


@dataclass(frozen=True)
class Move:
    """A mover as the digest names him: direction, id and name, from, to, exposure (None where unknown) and of what, whether provisional."""

    direction: str
    customer: str
    before: str
    after: str
    exposure: float | None
    provisional: bool
    measure: str = "balance"


@dataclass(frozen=True)
class Content:
    """What a digest tells. `exposure` is None in a book without invoices."""

    book: str
    as_of: dt.date
    previous: dt.date
    run: int
    rules: str
    draft: bool
    worse: int
    better: int
    provisional: int
    moves: tuple[Move, ...]
    failed: tuple[tuple[str, float, float], ...]
    exposure: float | None
    actions: int
    findings: tuple[tuple[str, int], ...]
    news: bool

    @property
    def all_moves(self) -> int:
        """How many are said to have moved."""
        return self.worse + self.better


def content_of(report: Report) -> Content:
    """What the digest of a refresh tells."""
    analysis = report.analysis
    worse, better, provisional = counts(list(report.movers))
    levels = Counter[str]()
    for finding in report.findings:
        levels[finding.severity] += finding.count
    return Content(
        book=report.book,
        as_of=analysis.as_of,
        previous=analysis.previous,
        run=report.run,
        rules=analysis.rules.hash,
        draft=analysis.approval.is_draft,
        worse=worse,
        better=better,
        provisional=provisional,
        moves=_moves(report),
        failed=tuple((c.name, c.expected or 0.0, c.found or 0.0) for c in report.applicable if not c.passed),
        exposure=exposure_at_risk(analysis),
        actions=sum(not row.held for row in report.work.rows),
        findings=tuple((word, levels[level]) for level, word in _LEVELS),
        news=history.NAME not in report.written.unchanged,
    )


def _moves(report: Report) -> tuple[Move, ...]:
    names = report.analysis.standing["name"].tolist()
    return tuple(
        Move(
            mover.direction,
            _clipped(f"{mover.customer} {names[mover.position] if mover.position >= 0 else ''}"),
            mover.before,
            mover.after,
            None if math.isnan(mover.exposure) else mover.exposure,
            mover.status == PROVISIONAL,
            "balance" if report.analysis.facts.has_invoices else "revenue",
        )
        for mover in report.movers[:_MOST_MOVES]
    )


def _clipped(text: str) -> str:
    """What a cell says, in one short line; a web address in it is not one to click on."""
    shown = _unlinked(_long(text))
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"


def _unlinked(text: str) -> str:
    """A text in which no program that shows mail finds a web address to click on: one that stands there comes from a cell, for ours hold none."""
    return _WWW.sub(r"\1 .", text.replace("://", ": //"))


def tells_something(content: Content) -> bool:
    """Whether anything was published that was not before, or a control failed: what `--notify changes` waits for."""
    return content.news or bool(content.failed)


def digest_message(content: Content) -> Message:
    """The digest as a message; its subject tells at a glance."""
    facts = (
        ("As of", f"{content.as_of}, run {content.run}, rules {content.rules}" + (", DRAFT: not approved yet" if content.draft else "")),
        (f"Moved since {content.previous}", f"{content.worse} worse, {content.better} better ({content.provisional} provisional)"),
        (f"Exposure in risk {HIGH_RISK} and above", "unknown: no invoices in the book" if content.exposure is None else f"{content.exposure:,.2f}"),
        ("Actions", f"{content.actions:,}"),
        ("Findings", ", ".join(f"{count:,} {word}" for word, count in content.findings)),
    )
    alarms = [f"CONTROL FAILED: {name}: expected {expected:,.2f}, found {found:,.2f}" for name, expected, found in content.failed]
    ending = "Sent because the refresh ran with --notify. Who gets it stands on Config, Digest to. Everything else is in the book."
    return _message(_subject(content), content.book, alarms, facts, content.moves, ending, bool(content.failed))


def _subject(content: Content) -> str:
    draft = " DRAFT" if content.draft else ""
    moved = [f"{content.worse} worse"] * (content.worse > 0) + [f"{content.better} better"] * (content.better > 0)
    failed = len(content.failed)
    told = [*(moved or ["nobody moved"]), *([f"{failed} control{'s' * (failed > 1)} FAILED"] if failed else [])]
    return f"xlseg {content.book} {content.as_of}{draft}: {', '.join(told)}"


def failure_message(failure: Failure, book: str, when: dt.datetime, log: str = "") -> Message:
    """The notice of a failed refresh: what, where, what to do, and where more is written."""
    facts = (
        ("Where", _long(failure.place)),
        ("What", _long(failure.fact)),
        ("To go on", _long(failure.advice)),
        ("When", f"{when:%Y-%m-%d %H:%M}"),
        *((("Log", _long(log)),) if log else ()),
    )
    ending = "The book is as it was: nothing has been written to it."
    return _message(f"xlseg {book}: the refresh FAILED", book, [], facts, (), ending, bad_news=True)


def _long(text: str) -> str:
    return plain_line(" ".join(text.split()))


def _message(
    subject: str, book: str, alarms: Sequence[str], facts: Sequence[tuple[str, str]], moves: Sequence[Move], ending: str, bad_news: bool
) -> Message:
    title, subject = plain_line(f"xlseg {book}"), plain_line(subject)
    text, html = (shown(title, alarms, facts, moves, ending) for shown in (_text, _html))
    return Message(_unlinked(subject), _unlinked(text), _unlinked(html), bad_news)


def _text(title: str, alarms: Sequence[str], facts: Sequence[tuple[str, str]], moves: Sequence[Move], ending: str) -> str:
    lines = [title, *alarms, "", *(f"{label}: {said}" for label, said in facts)]
    if moves:
        lines += ["", "Movers, most at stake first", *map(_line, moves)]
    return "\n".join([*lines, "", ending])


def _line(move: Move) -> str:
    exposure = "" if move.exposure is None else f", {move.measure} {move.exposure:,.2f}"
    return _long(f"{move.direction}: {move.customer}: {move.before} → {move.after}{exposure}{', provisional' * move.provisional}")


def _html(title: str, alarms: Sequence[str], facts: Sequence[tuple[str, str]], moves: Sequence[Move], ending: str) -> str:
    """Paragraphs and a list, no more: programs that show mail as text keep its lines apart, and nothing is loaded from anywhere."""
    body = [f"<h3>{escape(title)}</h3>", *(f'<p style="color:#b00020"><b>{escape(alarm)}</b></p>' for alarm in alarms)]
    body += [f"<p>{'<br>'.join(f'{escape(label)}: <b>{escape(said)}</b>' for label, said in facts)}</p>"]
    if moves:
        body += ["<p>Movers, most at stake first</p>", f"<ul>{''.join(f'<li>{escape(_line(move))}</li>' for move in moves)}</ul>"]
    body += [f'<p style="color:#666666">{escape(ending)}</p>']
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"></head><body style="font-family:sans-serif">{"".join(body)}</body></html>'
