"""The refresh: ERP sheets → tidy tables → metrics → segments → migration → tabs. Reads like the list of stops."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from xlseg import __version__, own
from xlseg.actions import LAPSED, Entry, Work, worklist
from xlseg.analysis import Analysis, analyse, measurement
from xlseg.beside import beside, done
from xlseg.controls import Control, controls, remarks
from xlseg.dashboard import dashboard
from xlseg.errors import SourceError
from xlseg.facts import facts
from xlseg.fingerprint import fingerprint
from xlseg.governance import Governance, governance_of, governance_tabs, rows_to_be
from xlseg.intake import read_ledger
from xlseg.intake.dates import FIRST_YEAR, LAST_YEAR
from xlseg.metrics.expected_orders import make_ready
from xlseg.movers import Mover, counts, movers
from xlseg.playbook import agreed
from xlseg.receipts import applied
from xlseg.tables import Finding, Intake, Ledger
from xlseg.tabs.action_log import action_log_tab
from xlseg.tabs.actions import actions_tab
from xlseg.tabs.dashboard import dashboard_tab
from xlseg.tabs.data_quality import data_quality_tab, light
from xlseg.tabs.definitions import definitions_tab
from xlseg.tabs.drill import drill_tabs
from xlseg.tabs.forecast import Receipts, forecast_tab, grounds_of, receipts_of
from xlseg.tabs.history import Published, history_tab
from xlseg.tabs.inputs import PLAYBOOK, config_tab, playbook_tab, rules_tab
from xlseg.tabs.metrics import metrics_tab
from xlseg.tabs.migration import migration_tabs
from xlseg.tabs.movers import movers_tab
from xlseg.tabs.run_log import Run, run_log_tab
from xlseg.tabs.segments import segments_tab
from xlseg.tabs.value import value_tab
from xlseg.workbook import Source, Tab, Workbook, Written

Progress = Callable[[str], None]
"""Told the name of each stop as it begins."""


@dataclass(frozen=True)
class Clock:
    """Now, and the seconds since the run began: the core reads no clock of its own."""

    now: dt.datetime
    seconds: Callable[[], float]


@dataclass(frozen=True)
class Report:
    """What a refresh found and did; `run` is its number on the Run Log."""

    book: str
    analysis: Analysis
    intake: Intake
    findings: tuple[Finding, ...]
    controls: tuple[Control, ...]
    movers: tuple[Mover, ...]
    work: Work
    governance: Governance = field(default_factory=Governance)
    run: int = 1
    written: Written = field(default_factory=Written)
    saved: bool = False
    seconds: float = 0.0

    @property
    def applicable(self) -> tuple[Control, ...]:
        """The controls that apply to this book."""
        return tuple(control for control in self.controls if control.applies)

    @property
    def passed(self) -> int:
        """How many of them agree."""
        return sum(control.passed for control in self.applicable)

    @property
    def sound(self) -> bool:
        """Whether every control that applies agrees."""
        return self.passed == len(self.applicable)


def examine(workbook: Source, source: Source | None, as_of: dt.date | None, clock: Clock, progress: Progress = lambda _: None) -> Report:
    """Read and compute everything, write nothing.

    Parameters
    ----------
    workbook
        Where Rules, Config and earlier tabs are.
    source
        Where the ERP sheets are, when that is not the workbook.
    as_of
        The as-of date; by default the one on Config, or else today.
    """
    book = own.Kept(workbook)  # the exports, which are large and read once, are not kept
    return _checked(book, _analysed(book, source or workbook, as_of, clock, progress), clock, progress)


@dataclass(frozen=True)
class Begun:
    """What is made or read beside other work before the tabs are: the receipts to come, and what the History tab holds."""

    receipts: Future[Receipts | None]
    published: Future[tuple[dict[str, Published], dt.date | None]]


@dataclass(frozen=True)
class _Analysed:
    """What was read and computed of every customer; nothing is checked yet, and nothing listed. `begun`: if tabs are to be made."""

    intake: Intake
    analysis: Analysis
    governance: Governance
    begun: Begun | None


def _analysed(workbook: own.Kept, source: Source, as_of: dt.date | None, clock: Clock, progress: Progress, *, ahead: bool = False) -> _Analysed:
    """With `ahead`, what the tabs will need is begun with as soon as it can be."""
    settings = own.settings_of(workbook)
    at = as_of or settings.as_of or clock.now.date()
    if at.year < FIRST_YEAR:
        raise _nothing_by(at, workbook.name)
    if at.year > LAST_YEAR:
        raise SourceError(workbook.name, f"no date as late as {at.isoformat()} is read", f"take an as-of date up to {LAST_YEAR}-12-31")
    progress("reading the sheets")
    beside(make_ready)  # while sheets are read
    intake = read_ledger(source, settings)
    rules = own.rules_of(workbook, intake.ledger.has_invoices)
    progress("measuring")
    customers = present(intake.ledger)
    decided = governance_of(workbook, rules, customers, at, clock.now.date())
    standing = workbook.ask(lambda: own.shown_of(workbook, customers, at))
    book = facts(intake.ledger, settings)
    came = applied(intake.ledger, book)
    grounds = beside(grounds_of(intake.ledger, book, came, at, settings)) if ahead else None
    taken = measurement(book, came, settings, at)
    shown, departed = standing.result()
    published = workbook.ask(lambda: own.published_of(workbook)) if ahead else None
    analysis = analyse(intake.ledger, settings, rules, at, departed, shown, decided.overrides, decided.approvals[rules.hash], taken)
    _must_hold_something(analysis, intake, workbook.name)
    begun = Begun(beside(receipts_of(analysis, grounds.result)), published) if grounds and published else None
    return _Analysed(intake, analysis, decided, begun)


def _checked(workbook: Source, found: _Analysed, clock: Clock, progress: Progress) -> Report:
    progress("checking")
    intake, analysis, decided = found.intake, found.analysis, found.governance
    work, unfit = _work(workbook, analysis)
    return Report(
        book=workbook.name,
        analysis=analysis,
        intake=intake,
        findings=(*intake.findings, *decided.findings, *remarks(analysis), *unfit, *work.findings),
        controls=controls(analysis, intake),
        movers=tuple(movers(analysis)),
        work=work,
        governance=decided,
        run=own.runs_of(workbook) + 1,
        seconds=clock.seconds(),
    )


def _work(workbook: Source, analysis: Analysis) -> tuple[Work, list[Finding]]:
    """The actions by the book's playbook, and what of that does not fit its rules."""
    found, sheet = own.playbook_of(workbook, analysis.facts.has_invoices, analysis.rules.segments)
    playbook, unfit = agreed(found, analysis.rules, analysis.standing["segment"].unique().tolist(), sheet)
    return worklist(analysis, playbook, own.listed_of(workbook), own.logged_of(workbook), own.owners_of(workbook)), unfit


def _must_hold_something(analysis: Analysis, intake: Intake, book: str) -> None:
    if analysis.standing["known"].any():
        return
    errors = [finding for finding in intake.findings if finding.severity == "error" and finding.row]
    commonest = Counter(finding.kind for finding in errors).most_common(1)
    first = next((finding for finding in errors if finding.kind == commonest[0][0]), None)
    if first and not any(tally.rows_used for tally in intake.tallies if tally.role in ("invoices", "orders")):
        fact = f"{first.kind}, and no other row can be used"
        raise SourceError(f"{book}: {first.sheet} row {first.row}", fact, f"give it {first.wanted}")
    raise _nothing_by(analysis.as_of, book)


def _nothing_by(as_of: dt.date, book: str) -> SourceError:
    return SourceError(book, f"no invoice, order or payment is dated up to {as_of.isoformat()}", "paste the exports, or take a later as-of date")


def refresh(
    workbook: Workbook, source: Source | None, as_of: dt.date | None, clock: Clock, progress: Progress = lambda _: None, *, save: bool = True
) -> Report:
    """Examine the book and write the tabs, all or nothing; with `save=False` only say what would be written.

    Raises
    ------
    XlsegError
        When the sheets cannot be read, hold nothing yet, a rule or setting does not parse, or the tabs cannot be written; the book is then as it was.
    """
    book = own.Kept(workbook)
    found = _analysed(book, source or workbook, as_of, clock, progress, ahead=True)
    report = _checked(book, found, clock, progress)
    progress("writing")
    written = workbook.write(tabs(report, book, clock, found.begun), save=save)
    return replace(report, written=written, saved=save, seconds=clock.seconds())


def tabs(report: Report, workbook: Source, clock: Clock, begun: Begun | None = None) -> list[Tab]:
    """Every tab of a refresh, in the order they are made; `begun` is what somebody has begun with."""
    analysis, work, today = report.analysis, report.work, clock.now.date()
    begun = begun or Begun(beside(receipts_of(analysis)), done(lambda: own.published_of(workbook)))
    run = _run(report, report.run, clock)
    inputs = [rules_tab(analysis.facts.has_invoices), playbook_tab(analysis.facts.has_invoices, analysis.rules.segments), config_tab()]
    playbook = own.playbook_sheet_of(workbook) or rows_to_be(inputs, PLAYBOOK)
    rule_sets, change_log, overrides = governance_tabs(report.governance, analysis.rules, analysis.settings, playbook, today)
    before = [
        _dashboard_tab(report, workbook, run),
        actions_tab(analysis, work),
        segments_tab(analysis, work.playbook.said, work.likely),
        movers_tab(analysis, report.movers, work.playbook.said),
        *migration_tabs(analysis, own.picked_of(workbook)),
        *drill_tabs(analysis, own.drilled_of(workbook)),
        value_tab(analysis, work.touches, work.contacted),
    ]
    behind = [
        metrics_tab(analysis),
        data_quality_tab(analysis, report.controls, report.intake.tallies, report.findings),
        history_tab(analysis, *begun.published.result(), today, own.rule_set_published(workbook)),
        run_log_tab(run),
        rule_sets,
        change_log,
        action_log_tab((*work.entries, *_left_moves(report, workbook))),
        definitions_tab(analysis, work.playbook),
        *inputs[:-1],
        overrides,
        inputs[-1],
    ]
    forecast = forecast_tab(analysis, begun.receipts.result())  # last: it waits for what is worked out beside the others
    return [*before, forecast, *behind]


def _left_moves(report: Report, workbook: Source) -> list[Entry]:
    """What was typed in rows of Movers that are there no more."""
    staying = ((mover.customer, mover.before, mover.after) for mover in report.movers)
    return [Entry(report.analysis.as_of, row, f"{LAPSED}: no longer listed") for row in own.left_moves(workbook, staying)]


def _dashboard_tab(report: Report, workbook: Source, run: Run) -> Tab:
    analysis = report.analysis
    first = own.first_run_of(workbook, run.as_of, run.input_hash, run.rules_hash)
    return dashboard_tab(analysis, dashboard(analysis, report.movers), first, analysis.approval.words, light(report.controls, report.findings))


def _run(report: Report, number: int, clock: Clock) -> Run:
    tallies = report.intake.tallies
    worse, better, provisional = counts(list(report.movers))
    return Run(
        run=number,
        refreshed=clock.now,
        as_of=report.analysis.as_of,
        version=__version__,
        input_hash=fingerprint(report.intake.ledger, report.analysis.settings, report.analysis.overrides),
        rules_hash=report.analysis.rules.hash,
        customers=len(report.analysis.standing),
        rows_read=sum(t.rows_read for t in tallies),
        rows_used=sum(t.rows_used for t in tallies),
        rows_excluded=sum(t.rows_excluded for t in tallies),
        worse=worse,
        better=better,
        provisional=provisional,
        checks_passed=report.passed,
        checks=len(report.applicable),
        seconds=round(clock.seconds(), 1),
        rules_state=report.analysis.approval.state,
        rules_number=report.governance.number_of(report.analysis.rules.hash),
    )


def present(ledger: Ledger) -> set[str]:
    """Ids of the customers that the ledger knows."""
    return set(ledger.customers["customer"].tolist())
