"""The digest: what it tells, added up by hand, and that nothing in a name can act."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from books import AS_OF, clock, demo_file, edited
from openpyxl import Workbook

from xlseg.digest import Content, Move, content_of, digest_message, failure_message, tells_something
from xlseg.errors import Failure, FormatError, failure_of
from xlseg.message import Message
from xlseg.refresh import Report, examine
from xlseg.sources import open_source

CONTENT = Content(
    book="erp.xlsx",
    as_of=dt.date(2026, 10, 31),
    previous=dt.date(2026, 9, 30),
    run=12,
    rules="1a2b3c4d",
    draft=False,
    worse=3,
    better=2,
    provisional=1,
    moves=(
        Move("▲ worse", "C-0042 Acme Ltd", "Reliable Frequent", "Habitual Late Payer", 12_340.5, True),
        Move("Gone", "C-0007", "Standard", "Gone", None, False),
    ),
    failed=(("Open balance = control total on Config", 12.5, 8000.0),),
    exposure=123_456.0,
    actions=17,
    findings=(("errors", 0), ("warnings", 3), ("remarks", 1_250)),
    news=True,
)

TEXT = """\
xlseg erp.xlsx
CONTROL FAILED: Open balance = control total on Config: expected 12.50, found 8,000.00

As of: 2026-10-31, run 12, rules 1a2b3c4d
Moved since 2026-09-30: 3 worse, 2 better (1 provisional)
Exposure in risk 6 and above: 123,456.00
Actions: 17
Findings: 0 errors, 3 warnings, 1,250 remarks

Movers, most at stake first
▲ worse: C-0042 Acme Ltd: Reliable Frequent → Habitual Late Payer, balance 12,340.50, provisional
Gone: C-0007: Standard → Gone

Sent because the refresh ran with --notify. Who gets it stands on Config, Digest to. Everything else is in the book."""


def test_the_digest_reads_like_this() -> None:
    assert digest_message(CONTENT).text == TEXT


@pytest.mark.parametrize(
    ("content", "subject"),
    [
        (CONTENT, "xlseg erp.xlsx 2026-10-31: 3 worse, 2 better, 1 control FAILED"),
        (replace(CONTENT, better=0), "xlseg erp.xlsx 2026-10-31: 3 worse, 1 control FAILED"),
        (replace(CONTENT, failed=CONTENT.failed * 2, draft=True), "xlseg erp.xlsx 2026-10-31 DRAFT: 3 worse, 2 better, 2 controls FAILED"),
        (replace(CONTENT, worse=0, better=0, failed=()), "xlseg erp.xlsx 2026-10-31: nobody moved"),
    ],
)
def test_the_subject_tells_at_a_glance(content: Content, subject: str) -> None:
    assert digest_message(content).subject == subject


def test_a_rule_set_that_is_not_approved_is_said_in_the_text_too() -> None:
    assert "rules 1a2b3c4d, DRAFT: not approved yet" in digest_message(replace(CONTENT, draft=True)).text


def test_what_is_unknown_is_not_a_number() -> None:
    text = digest_message(replace(CONTENT, exposure=None)).text
    assert "Exposure in risk 6 and above: unknown: no invoices in the book" in text


class Shown(HTMLParser):
    """What a program that shows the page has: its tags, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_says_the_same_as_the_text() -> None:
    page = Shown(digest_message(CONTENT).html)
    assert re.sub(r"\s+", "", page.words) == re.sub(r"\s+", "", TEXT)


HOSTILE = '<script>alert("1")</script><img src=x onerror=y>\r\nBcc: evil@x.example'


def test_a_name_can_neither_begin_a_line_nor_a_tag() -> None:
    moves = (Move("▲ worse", HOSTILE, HOSTILE, HOSTILE, 1.0, False),)
    message = digest_message(replace(CONTENT, book=f"a\r\nBcc: evil@x.example\x1b[2J{HOSTILE}.xlsx", moves=moves))
    assert not re.search("[\x00-\x1f\x7f]", message.subject)
    assert not any(line.startswith("Bcc") for line in message.text.split("\n"))
    assert {tag for tag, _ in Shown(message.html).tags} == {"html", "head", "meta", "body", "h3", "p", "b", "br", "ul", "li"}
    assert {name for _, attributes in Shown(message.html).tags for name, _ in attributes} == {"charset", "style"}


def test_names_are_short_and_no_links(tmp_path: Path) -> None:
    book = demo_file(tmp_path / "erp.xlsx")

    def rename(workbook: object) -> None:
        page = workbook["Customers"]  # type: ignore[index]
        at = next(cell.column for cell in page[1] if cell.value == "Name")
        for row in range(2, page.max_row + 1):
            page.cell(row, at, "https://evil.example/" + "\u202ex" * 500)

    moves = content_of(examine(open_source(edited(book, rename)), None, AS_OF, clock())).moves
    assert moves
    assert all(len(move.customer) <= 60 and "://" not in move.customer and "\u202e" not in move.customer for move in moves)


ADDRESSES = "http://evil.example/a www.evil.example WWW.evil.example https://www.evil.example/?a=1&b=2 ftp://x.example"


@pytest.mark.parametrize("place", ["customer", "before", "after", "direction", "book", "control"])
def test_no_web_address_of_a_cell_or_file_is_one_to_click_on(place: str) -> None:
    if place == "book":
        content = replace(CONTENT, book=ADDRESSES)
    elif place == "control":
        content = replace(CONTENT, failed=((ADDRESSES, 1.0, 2.0),))
    else:
        content = replace(CONTENT, moves=(replace(CONTENT.moves[0], **{place: ADDRESSES}),))
    no_links(digest_message(content))


@pytest.mark.parametrize("place", ["place", "fact", "advice"])
def test_no_web_address_in_a_failure_is_one_to_click_on(place: str) -> None:
    failure = replace(Failure("Rules!D7", "'x' is no criterion", "write one"), **{place: f"'{ADDRESSES}' is no criterion"})
    no_links(failure_message(failure, ADDRESSES, dt.datetime(2026, 11, 2), f"/var/{ADDRESSES}.log"))


def no_links(message: Message) -> None:
    for shown in (message.subject, message.text, message.html, Shown(message.html).words):
        assert not re.search(r"://|www\.", shown, re.IGNORECASE)
    assert "evil.example" in message.text


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    book = demo_file(tmp_path_factory.mktemp("digest") / "erp.xlsx", customers=60, seed=5)
    return examine(open_source(book), None, AS_OF, clock())


def test_exposure_is_the_open_balance_of_customers_in_segments_of_risk_six_and_above(report: Report) -> None:
    # Added up from the ledger: every balance that stands on the day, of the customers whose segment has risk 6 to 9.
    standing = report.analysis.standing
    risky = {row["customer"] for row in standing.to_dict("records") if row["risk"] in (6, 7, 8, 9)}
    balances = report.analysis.facts.balances
    day = (AS_OF - dt.date(1970, 1, 1)).days
    ids = report.analysis.facts.customers
    cents = sum(row["amount"] for row in balances.to_dict("records") if row["since"] <= day < row["until"] and ids[row["customer"]] in risky)
    assert risky
    assert content_of(report).exposure == pytest.approx(cents / 100, abs=0.005)


def test_movers_are_the_first_ten_of_the_movers_tab(report: Report) -> None:
    content = content_of(report)
    assert len(content.moves) == min(10, len(report.movers))
    for move, mover in zip(content.moves, report.movers, strict=False):
        assert move.customer.startswith(mover.customer)
        assert (move.before, move.after, move.direction) == (mover.before, mover.after, mover.direction)
    assert (content.worse, content.better) == tuple(sum(m.direction == said for m in report.movers) for said in ("▲ worse", "▼ better"))


def test_a_book_of_orders_alone_has_movers_by_revenue(tmp_path: Path) -> None:
    def leave_the_orders(workbook: Workbook) -> None:
        for name in set(workbook.sheetnames) - {"Customers", "SalesOrders"}:
            del workbook[name]

    path = edited(demo_file(tmp_path / "erp.xlsx"), leave_the_orders)
    found = content_of(examine(open_source(path), None, AS_OF, clock()))
    text = digest_message(found).text
    assert found.moves
    assert ", revenue " in text
    assert ", balance " not in text


def test_changes_are_what_was_published_anew_or_a_control_that_failed() -> None:
    assert tells_something(CONTENT)
    assert tells_something(replace(CONTENT, news=False))
    assert tells_something(replace(CONTENT, failed=()))
    assert not tells_something(replace(CONTENT, news=False, failed=()))


def test_a_failed_run_is_told_with_place_advice_and_log() -> None:
    failure = failure_of(FormatError("erp.xlsx", "part <b> is broken", "restore the file"))
    message = failure_message(failure, "erp.xlsx", dt.datetime(2026, 11, 2, 6, 30), "/var/log/erp.log")
    assert message.subject == "xlseg erp.xlsx: the refresh FAILED"
    assert message.bad_news
    assert message.text == (
        "xlseg erp.xlsx\n\nWhere: erp.xlsx\nWhat: part <b> is broken\nTo go on: restore the file\nWhen: 2026-11-02 06:30\n"
        "Log: /var/log/erp.log\n\nThe book is as it was: nothing has been written to it."
    )
    assert "part &lt;b&gt; is broken" in message.html


def test_of_an_error_of_the_program_only_its_kind_is_told() -> None:
    said = failure_of(KeyError("name in a cell"), "erp.xlsx")
    assert said == Failure("erp.xlsx", "an error of the program itself (KeyError)", "set XLSEG_TRACEBACK=1, run it again, and report what it prints")
