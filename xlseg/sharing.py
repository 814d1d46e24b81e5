"""A rule set from a book to a text file and back: what `xlseg rules` does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from xlseg.changelog import rule_differences
from xlseg.errors import FileError, FormatError
from xlseg.hosts import saving
from xlseg.hosts.file import WorkbookFile
from xlseg.importing import rules_to_write, standing_rules
from xlseg.rulefile import MOST_BYTES, SharedRules, must_be_rule_file, read_rule_file, text_of
from xlseg.segments.rules import RuleSet
from xlseg.sources import open_source


def export_rules(book: Path, file: Path, name: str | None, version: str, comment: str) -> list[str]:
    """Write the rule set of a book to a file, all or nothing; what was done, in words.

    Raises
    ------
    XlsegError
        When the book has no rules that can be read, or the file cannot be written: it is the book, or holds something else than a rule set.
    """
    if file.suffix.lower() in (".xlsx", ".xlsm"):
        raise FileError(file.name, "a rule set is exported to a text file", "give it a name such as rules.json")
    _must_be_utf8({"--name": book.stem if name is None else name, "--version": version, "--comment": comment})
    _must_be_replaceable(file, book)
    rules = rules_in(book)
    content = text_of(SharedRules(rules, book.stem if name is None else name, version, comment)).encode()
    saving.replace(file, lambda beside: beside.write(content), before=lambda: _must_be_replaceable(file, book))
    return [f"{file}  rule set {rules.hash}, {len(rules.rules)} rules"]


def _must_be_utf8(given: Mapping[str, str]) -> None:
    for option, text in given.items():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise FileError(option, f"{text!r:.60} is not UTF-8, as a rule set file is", f"write it otherwise with {option}") from None


def _must_be_replaceable(file: Path, book: Path) -> None:
    """Refuse to write over the book, by whatever name, and over what is no rule set: it would be lost."""
    if not os.path.lexists(file):
        return
    if file.exists() and book.exists() and file.samefile(book):
        raise FileError(file.name, "this is the book itself", "export to another file, such as rules.json")
    if not file.is_file():  # opening a pipe may wait for ever
        raise FileError(file.name, "no file that can be written", "export to another file, such as rules.json")
    try:
        with file.open("rb") as there:
            content = there.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileError(file.name, f"the file that is there cannot be read ({error.strerror or error})", "export to another file") from None
    try:
        if content:
            must_be_rule_file(content, file.name)
    except FormatError as error:
        raise FileError(file.name, f"a file of this name is there already, and {error.fact}", "delete it, or export to another file") from None


def import_rules(book: Path, file: Path, backups: int, *, save: bool) -> list[str]:
    """Write the rule set in a file onto the Rules sheet of a book; what was done, and what differs, in words.

    Raises
    ------
    XlsegError
        When the file does not parse, or the book cannot be written; it is then as it was.
    """
    shared = _rule_file(file)
    workbook = WorkbookFile(book, backups=backups)
    before = standing_rules(workbook)
    if before is not None and before.hash == shared.rules.hash:
        return [f"{book}  has rule set {shared.rules.hash} already; nothing written"]
    written = workbook.write(rules_to_write(workbook, shared.rules), save=save)
    done = f"{len(shared.rules.rules)} rules {'written' if save else 'would be written'} to Rules"
    changed = [] if before is None else _told(before, shared.rules)
    return [f"{book}  rule set {shared.rules.hash}, {done}. Next: xlseg refresh {book}", *changed, *(f"note      {r}" for r in written.remarks)]


def differing_rules(before: Path, after: Path) -> list[str]:
    """How the rule sets of two books or files differ, in words; nothing when they are the same.

    Raises
    ------
    XlsegError
        When one of them cannot be read.
    """
    one, other = rules_in(before), rules_in(after)
    return [] if one.hash == other.hash else [f"{before} {one.hash} → {after} {other.hash}", *_told(one, other)]


def rules_in(path: Path) -> RuleSet:
    """The rule set of a book or of a rule set file."""
    if not _is_workbook(path):
        return _rule_file(path).rules
    rules = standing_rules(open_source(path))
    if rules is None:
        raise FileError(path.name, "the book has no Rules sheet yet", "refresh it, which makes one")
    return rules


def _is_workbook(path: Path) -> bool:
    """Whether it claims to be one: a zip, or what encrypted and older workbooks are, which are refused with their reason."""
    if not path.is_file():  # opening a pipe may wait for ever
        return False
    try:
        with path.open("rb") as file:
            return file.read(4).startswith((b"PK", b"\xd0\xcf\x11\xe0"))
    except OSError:
        return False


def _rule_file(path: Path) -> SharedRules:
    if path.exists() and not path.is_file():
        raise FileError(str(path), "no file that can be read", "name the file that `xlseg rules export` made")
    try:
        with path.open("rb") as file:
            return read_rule_file(file.read(MOST_BYTES + 1), path.name)
    except OSError as error:
        raise FileError(str(path), f"the file cannot be read ({error.strerror or error})", "check the path") from None


def _told(before: RuleSet, after: RuleSet) -> list[str]:
    return [f"{entry.item}: {entry.before or '–'} → {entry.after or '–'}" for entry in rule_differences(before, after)]
