"""A refresh with nobody at the desk: it is noted in a log, the digest is sent, and a failed run is told of too."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from xlseg import own
from xlseg.addresses import Addresses, read_addresses
from xlseg.digest import Content, content_of, digest_message, failure_message, tells_something
from xlseg.errors import NoticeError, ScheduleError, XlsegError, failure_of
from xlseg.message import Message
from xlseg.notices import Delivery, deliver, notify_file
from xlseg.refresh import Report
from xlseg.scheduling.log import DONE, FAILED, NOTICE, STARTED, must_be_a_log, note
from xlseg.sources import open_source

ALWAYS, CHANGES, FAILURES = "always", "changes", "failures"
"""When a digest is sent: after every refresh; when something was published that was not before, or a control failed; when a control failed.

A run that failed is told of in all three.
"""


@dataclass(frozen=True)
class Watch:
    """What was asked for on the command line.

    Attributes
    ----------
    book
        The workbook whose Config says who is told.
    notify
        One of the three above; empty: nobody is told.
    to
        Who is told in place of those on Config.
    failures_to
        Who is told of a failed run when Config cannot be read.
    secrets
        The notify file.
    log
        Where the run is noted, if anywhere.
    now
        The time, aware of its zone.
    complain
        Told each line that belongs on the terminal's error output.
    """

    book: Path
    notify: str
    to: Addresses
    failures_to: Addresses
    secrets: Path
    log: Path | None
    now: Callable[[], dt.datetime]
    complain: Callable[[str], None]
    troubles: list[str] = field(default_factory=list)

    def started(self) -> None:
        """Note that the run begins.

        Raises
        ------
        ScheduleError
            When a file that is no log would be written to.
        """
        if self.log is not None:
            must_be_a_log(self.log)
        self._note(STARTED, f"refresh of {self.book}")

    def finished(self, report: Report, summary: str) -> list[str]:
        """Note how it went and send the digest; returns lines for the summary. What could not be delivered is in `troubles`."""
        self._note(DONE, summary)
        if not self.notify:
            return []
        if not report.saved:
            return ["digest    not sent: nothing was written"]
        return self._tried(lambda: self._digest(report))

    def failed(self, error: Exception) -> None:
        """Note what went wrong, and tell those who would have got the digest."""
        failure = failure_of(error, self.book.name)
        if not isinstance(error, ScheduleError):  # the log itself is none
            self._note(FAILED, str(error) if isinstance(error, XlsegError) else f"{failure.place}: {failure}")
        if self.notify:
            message = failure_message(failure, self.book.name, self.now(), str(self.log or ""))
            self._tried(lambda: self._send(message, self.to or self._on_config() or self.failures_to))

    def _digest(self, report: Report) -> list[str]:
        content = content_of(report)
        if not _wanted(self.notify, content):
            reason = "nothing new and no control failed" if self.notify == CHANGES else "no control failed"
            self._note(NOTICE, f"not sent: {reason}")
            return [f"digest    not sent: {reason} (--notify {self.notify})"]
        return self._send(digest_message(content), self.to or read_addresses(report.analysis.settings.digest_to))

    def _send(self, message: Message, to: Addresses) -> list[str]:
        file = notify_file(self.secrets)
        if file.remark:
            self.complain(file.remark)
        delivery = deliver(message, to, file)
        if delivery.sent:
            self._note(NOTICE, f"sent to {', '.join(delivery.sent)}")
        if delivery.failed:
            raise _undelivered(delivery, file.name)
        return [f"digest    sent to {', '.join(delivery.sent)}"]

    def _tried(self, send: Callable[[], list[str]]) -> list[str]:
        """A message that cannot be made or delivered is a line of its own: what was refreshed stays refreshed."""
        try:
            return send()
        except NoticeError as error:
            trouble = str(error)
        except Exception as error:
            trouble = f"--notify: the message could not be made ({type(error).__name__}). To go on, report this."
        self._note(NOTICE, f"not delivered: {trouble}")
        self.troubles.append(trouble)
        self.complain(trouble)
        return []

    def _on_config(self) -> Addresses:
        """Who stands on Config, as far as it can be read."""
        try:
            return read_addresses(own.settings_of(open_source(self.book)).digest_to)
        except Exception:  # whatever is wrong with the book has been said
            return Addresses()

    def _note(self, state: str, words: str) -> None:
        if self.log is None:
            return
        try:
            note(self.log, self.now(), state, words)
        except XlsegError as error:
            self.complain(str(error))


def _wanted(when: str, content: Content) -> bool:
    return when == ALWAYS or bool(content.failed) or (when == CHANGES and tells_something(content))


def _undelivered(delivery: Delivery, file: str) -> NoticeError:
    missed = ", ".join(f"{name} ({reason})" for name, reason in delivery.failed)
    return NoticeError(file, f"a message could not be delivered to {missed}", "check the entry and the connection")
