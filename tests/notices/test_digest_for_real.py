"""Digests and notices of failed runs, sent by `xlseg refresh --notify` in a process of its own, as a mail server and a webhook receive them."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import pytest
from books import demo_file, edited, header_row, rows
from receivers import PASSWORD, TOKEN, USER, Mails, Posts, mail_server, webhook

SECRETS = (PASSWORD, "hunter2", TOKEN, quote(PASSWORD, safe=""))
AT = ("--as-of", "2026-10-31")


@dataclass
class Office:
    """A refreshed book, a notify file, and who receives."""

    folder: Path
    book: Path
    mails: Mails
    posts: Posts

    @property
    def log(self) -> Path:
        return self.folder / "erp.log"

    def refresh(self, *options: str, before: str = "", book: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command, after some lines of Python."""
        program = f"import sys\n{before}\nfrom xlseg.cli import main\nsys.exit(main())"
        environment = {**os.environ, "HOME": str(self.folder), "XLSEG_NOTIFY": str(self.folder / "notify.txt")}
        words = ["refresh", str(book or self.book), *AT, "--log", str(self.log), *options]
        done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=False, env=environment)
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr + self.log.read_text(encoding="utf-8")
        return done

    def config(self, key: str, value: object) -> None:
        def fill(workbook: Any) -> None:
            page = workbook["Config"]
            row = next(row for row in range(1, 40) if page.cell(row, 1).value == key)
            page.cell(row, 2, value)

        edited(self.book, fill)


@pytest.fixture(scope="session")
def refreshed_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = demo_file(tmp_path_factory.mktemp("notices") / "erp.xlsx", customers=30, seed=5)
    subprocess.run([sys.executable, "-m", "xlseg", "refresh", str(book), *AT], check=True, capture_output=True)
    return book


@pytest.fixture
def office(refreshed_book: Path, tmp_path: Path) -> Iterator[Office]:
    with mail_server() as mails, webhook() as posts:
        server = f"mailto://127.0.0.1:{mails.port}?user={quote(USER)}&pass={quote(PASSWORD, safe='')}&from=xlseg@firm.example"
        file = tmp_path / "notify.txt"
        file.write_text(f"# what tells whom\nmail={server}\nteam,xlseg=json://127.0.0.1:{posts.port}/{TOKEN}\n", encoding="utf-8")
        file.chmod(0o600)
        yield Office(tmp_path, Path(shutil.copy(refreshed_book, tmp_path / "erp.xlsx")), mails, posts)


def test_the_digest_goes_to_everybody_on_config(office: Office) -> None:
    office.config("Digest to", "anna@firm.example; team\nbob@firm.example")
    done = office.refresh("--notify")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "digest    sent to anna@firm.example, bob@firm.example, team"
    assert [(to, mail["To"]) for to, mail in office.mails.received] == [
        (["anna@firm.example"], "anna@firm.example"),
        (["bob@firm.example"], "bob@firm.example"),
    ]
    worse, better = re.search(r"moved     (\d+) worse, (\d+) better", done.stdout).groups()  # type: ignore[union-attr]
    mail = office.mails.received[0][1]
    assert mail["Subject"] == f"xlseg erp.xlsx 2026-10-31: {worse} worse, {better} better"
    assert "xlseg@firm.example" in mail["From"]
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    movers = list(rows(office.book, "Movers", "Customer ID").values())
    assert movers
    run = max(rows(office.book, "Run Log", "Run"))
    for said in (mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content(), office.posts.received[0]["message"]):  # type: ignore[union-attr]
        assert f"As of: {'<b>' * ('<b>' in said)}2026-10-31, run {run}, rules " in said
        assert all(mover["Customer ID"] in said for mover in movers[:10])
        assert "unapplied cash" not in said
    assert office.posts.received[0]["title"] == mail["Subject"]
    assert len(office.posts.received) == 1


def test_the_plain_part_of_a_mail_has_its_lines(office: Office) -> None:
    office.config("Ledger control total", 12.5)
    assert office.refresh("--notify", "--notify-to", "anna@firm.example").returncode == 0
    mail = office.mails.received[0][1]
    assert mail["Subject"].endswith(", 1 control FAILED")
    lines = [line.strip() for line in mail.get_body(("plain",)).get_content().splitlines()]  # type: ignore[union-attr]
    assert lines[0] == "xlseg erp.xlsx"
    assert any(line.startswith("CONTROL FAILED: Open balance = control total on Config: expected 12.50, found ") for line in lines)
    assert any(line.startswith("Exposure in risk 6 and above: ") for line in lines)
    assert any(line.startswith("Findings: ") for line in lines)


def test_a_book_that_cannot_be_read_is_told_to_those_named_for_that_and_stays_as_it_is(office: Office) -> None:
    office.config("Digest to", "anna@firm.example")
    broken = office.book.read_bytes()[:5000]
    office.book.write_bytes(broken)
    done = office.refresh("--notify", "--failures-to", "ops@firm.example")
    assert done.returncode == 1
    assert office.book.read_bytes() == broken
    ((to, mail),) = office.mails.received
    assert (to, mail["Subject"]) == (["ops@firm.example"], "xlseg erp.xlsx: the refresh FAILED")
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    where, what, advice = re.match(r"xlseg: (.*?): (.*)\. To go on, (.*)\.\n", done.stderr).groups()  # type: ignore[union-attr]
    assert [f"Where: {where}" in text, f"What: {what}" in text, f"To go on: {advice}" in text, f"Log: {office.log}" in text] == [True] * 4
    assert re.search(r" FAILED   erp\.xlsx: ", office.log.read_text(encoding="utf-8"))


def test_a_broken_book_with_nobody_named_goes_to_the_channel_tagged_xlseg(office: Office) -> None:
    office.book.write_bytes(b"PK\x03\x04")
    assert office.refresh("--notify", "failures").returncode == 1
    assert office.posts.received[0]["title"] == "xlseg erp.xlsx: the refresh FAILED"
    assert office.posts.received[0]["type"] == "failure"


def test_a_book_that_is_open_elsewhere_is_told_to_those_on_config(office: Office) -> None:
    office.config("Digest to", "anna@firm.example")
    before = office.book.read_bytes()
    (office.folder / "~$erp.xlsx").write_bytes(b"\x04Anna" + b" " * 160)
    assert office.refresh("--notify").returncode == 1
    assert office.book.read_bytes() == before
    assert [to for to, _ in office.mails.received] == [["anna@firm.example"]]


def test_an_error_of_the_program_is_told_without_what_stood_in_it(office: Office) -> None:
    broken = "import xlseg.refresh\ndef fail(*_):\n    raise KeyError('name in a cell')\nxlseg.refresh.read_ledger = fail"
    done = office.refresh("--notify", before=broken)
    assert done.returncode == 1
    assert "an error of the program itself (KeyError)" in office.posts.received[0]["message"]
    assert "name in a cell" not in office.posts.received[0]["message"] + done.stderr


def test_what_cannot_be_delivered_is_one_line_after_the_refresh_has_been_saved(office: Office) -> None:
    office.posts.answer = 401
    office.mails.refused = "bob@firm.example"
    runs = max(rows(office.book, "Run Log", "Run"))
    done = office.refresh("--notify", "--notify-to", "anna@firm.example, bob@firm.example, team")
    assert done.returncode == 1
    assert done.stderr == (
        "xlseg: notify.txt: a message could not be delivered to bob@firm.example (the service answered 550), team (login refused). "
        "To go on, check the entry and the connection.\n"
    )
    assert " · 1 tab written in " in done.stdout  # the Run Log: nothing else differs
    assert max(rows(office.book, "Run Log", "Run")) == runs + 1
    assert [to for to, _ in office.mails.received] == [["anna@firm.example"]]
    log = office.log.read_text(encoding="utf-8").splitlines()
    assert [line.split()[1] for line in log] == ["started", "done", "notice", "notice"]
    assert "not delivered: notify.txt" in log[-1]


HOSTILE = "<script>alert(1)</script>\r\nBcc: evil@x.example\r\n\r\n<!channel> @everyone =cmd|'/c calc'!A0 https://evil.example/"


def test_a_hostile_name_injects_neither_headers_nor_tags_nor_calls_everybody(office: Office) -> None:
    def rename(workbook: openpyxl.Workbook) -> None:
        page = workbook["Customers"]
        top = header_row(page, "Name")  # type: ignore[arg-type]
        at = next(cell.column for cell in page[top] if cell.value == "Name")  # type: ignore[index]
        for row in range(top + 1, page.max_row + 1):  # type: ignore[union-attr]
            page.cell(row, at, HOSTILE)  # type: ignore[union-attr]

    edited(office.book, rename)
    name = "a <b>\r\nBcc: evil@x.example.xlsx" if os.name != "nt" else "a.xlsx"
    book = office.book.rename(office.folder / name)
    done = office.refresh("--notify", "--notify-to", "anna@firm.example, team", book=book)
    assert done.returncode == 0, done.stderr
    ((to, mail),) = office.mails.received
    assert to == ["anna@firm.example"]
    assert set(mail.keys()) <= {"Subject", "From", "To", "Content-Type", "MIME-Version", "X-Application", "Message-ID", "Date"}
    assert "Bcc" not in mail
    page = mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r"<(script|b>\s*\\r)", page)
    posted = office.posts.received[0]["title"] + office.posts.received[0]["message"]
    assert "‹script›" in posted
    assert not re.search("[<@]", posted)
    assert not any(line.startswith("Bcc") for line in posted.splitlines())
    assert "https://" not in page + posted


@pytest.mark.parametrize("entry", [f"json://127.0.0.1/{TOKEN}", f"anna:{PASSWORD}@firm.example", "anna@firm.example\r\nBcc: hunter2@x.example"])
def test_a_secret_or_a_header_on_config_is_refused_once_and_repeated_nowhere(office: Office, entry: str) -> None:
    office.config("Digest to", entry)
    before = office.book.read_bytes()
    done = office.refresh("--notify")
    assert done.returncode == 1
    assert re.match(r"xlseg: Config!B\d+: Digest to holds .* not repeated here\)\. To go on, .*\n$", done.stderr)
    assert office.book.read_bytes() == before
    assert office.mails.received == []
    assert "hunter2" not in office.posts.received[0]["message"]


LOUD = """
import http.client, logging, warnings
logging.basicConfig(level=1)
logging.getLogger("apprise").setLevel(1)
logging.getLogger("apprise").addHandler(logging.StreamHandler())
http.client.HTTPConnection.debuglevel = 1
warnings.simplefilter("always")
"""


@pytest.mark.parametrize("answer", [200, 500])
def test_with_all_logging_on_no_secret_is_printed(office: Office, answer: int) -> None:
    office.posts.answer = answer
    notify = office.folder / "notify.txt"
    notify.write_text(notify.read_text(encoding="utf-8") + f"team=json://127.0.0.1:notaport/{TOKEN}\nteam=nothing://{TOKEN}\n", encoding="utf-8")
    done = office.refresh("--notify", "--notify-to", "anna@firm.example, team", before=LOUD)  # looks for the secrets in all that it says
    assert done.returncode == (answer != 200)
    assert len(office.mails.received) == 1


def test_apprise_by_itself_would_print_them(office: Office) -> None:
    # Without this the test above could not fail.
    loud = f"{LOUD}\nimport apprise, sys\napprise.AppriseConfig().add_config(open(sys.argv[1]).read(), format='text')"
    done = subprocess.run([sys.executable, "-c", loud, str(office.folder / "notify.txt")], capture_output=True, text=True, check=True)
    assert TOKEN in done.stderr


def test_without_apprise_the_book_is_refreshed_and_one_line_says_how_to_get_it(office: Office) -> None:
    runs = max(rows(office.book, "Run Log", "Run"))
    done = office.refresh("--notify", before="sys.modules['apprise'] = None")
    assert done.returncode == 1
    assert done.stderr == 'xlseg: --notify: apprise, which sends messages, is not installed. To go on, run: pip install "xlseg[notify]".\n'
    assert max(rows(office.book, "Run Log", "Run")) == runs + 1


def test_changes_and_failures_send_nothing_when_there_is_nothing_to_tell(office: Office) -> None:
    done = office.refresh("--notify", "changes")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "digest    not sent: nothing new and no control failed (--notify changes)"
    assert office.refresh("--notify", "failures").returncode == 0
    assert office.posts.received == []
    office.config("Ledger control total", 12.5)
    assert office.refresh("--notify", "failures").returncode == 0
    assert [post["title"].split(", ")[-1] for post in office.posts.received] == ["1 control FAILED"]


def test_changes_sends_when_a_customer_is_published_with_another_segment(office: Office) -> None:
    done = office.refresh("--notify", "changes", "--as-of", "2026-08-31")
    assert done.returncode == 0, done.stderr
    assert "digest    sent to xlseg" in done.stdout


def test_nothing_is_sent_unless_it_is_asked_for(office: Office) -> None:
    office.config("Digest to", "anna@firm.example, team")
    done = office.refresh()
    assert done.returncode == 0
    assert "digest" not in done.stdout
    assert office.refresh("--notify", "--dry-run").stdout.splitlines()[-1] == "digest    not sent: nothing was written"
    assert (office.mails.received, office.posts.received) == ([], [])


@pytest.mark.skipif(os.name == "nt", reason="rights of Unix")
def test_a_notify_file_that_others_may_read_is_warned_of(office: Office) -> None:
    (office.folder / "notify.txt").chmod(0o644)
    done = office.refresh("--notify")
    assert done.returncode == 0
    assert re.fullmatch(r"xlseg: others may read .*notify\.txt, which holds passwords\. To go on, run: chmod 600 notify\.txt\n", done.stderr)


def test_the_json_of_a_refresh_says_what_became_of_the_digest(office: Office) -> None:
    done = office.refresh("--notify", "--json")
    assert '"digest": [\n    "digest    sent to xlseg"\n  ]' in done.stdout


def test_the_day_is_that_of_the_zone_named(office: Office) -> None:
    ahead = dt.datetime.now(dt.timezone(dt.timedelta(hours=14))).date()
    done = subprocess.run(
        [sys.executable, "-m", "xlseg", "refresh", str(office.book), "--timezone", "Pacific/Kiritimati"], capture_output=True, text=True, check=True
    )
    shown = re.search(r"as of (\S+)", done.stdout)
    assert shown is not None
    assert dt.date.fromisoformat(shown[1]) - ahead in (dt.timedelta(0), dt.timedelta(1))  # the second when midnight fell in between
