"""What the user has written on his own pages: settings, rules, playbook, overrides."""

from __future__ import annotations

from collections.abc import Sequence

from xlseg.errors import SettingError
from xlseg.overrides import HEADINGS, Typed, read_overrides
from xlseg.own.lists import MANY_ROWS, all_rows, numbered_rows, sheet_of
from xlseg.playbook import Playbook, default_playbook, read_playbook
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import RuleSet, read_rules
from xlseg.settings import Settings, read_settings
from xlseg.tables import Finding
from xlseg.tabs import overrides
from xlseg.tabs.inputs import CONFIG, CONFIG_TABLE, PLAYBOOK, PLAYBOOK_TABLE, RULES, RULES_TABLE
from xlseg.workbook import Source, Value


def settings_of(source: Source) -> Settings:
    """The settings on the Config sheet; the defaults where there is none."""
    name = sheet_of(source, CONFIG, CONFIG_TABLE)
    return read_settings(all_rows(source, name), name) if name else Settings()


def rules_of(source: Source, with_invoices: bool) -> RuleSet:
    """The rule set on the Rules sheet; where there is none the default one, for a book with or without invoices."""
    found = rules_sheet_of(source)
    return read_rules(*found) if found else default_rules(with_invoices)


def rules_sheet_of(source: Source) -> tuple[Sequence[Sequence[Value]], str] | None:
    """The rows of the Rules sheet and its name; None where there is none."""
    name = sheet_of(source, RULES, RULES_TABLE)
    return (all_rows(source, name), name) if name else None


def playbook_of(source: Source, with_invoices: bool, segments: Sequence[str]) -> tuple[Playbook, str]:
    """The playbook on the Playbook sheet and its name; where there is none the default one for the segments of the rule set."""
    name = sheet_of(source, PLAYBOOK, PLAYBOOK_TABLE)
    return (read_playbook(all_rows(source, name), name), name) if name else (default_playbook(with_invoices, segments), PLAYBOOK)


def playbook_sheet_of(source: Source) -> Sequence[Sequence[Value]] | None:
    """The rows of the Playbook sheet; None where there is none."""
    name = sheet_of(source, PLAYBOOK, PLAYBOOK_TABLE)
    return source.sheet(name).head(MANY_ROWS) if name else None


def overrides_typed(source: Source) -> tuple[list[Typed], list[Finding]]:
    """The rows of the Overrides sheet whose shape is right, and what is wrong with the others.

    Raises
    ------
    SettingError
        When a heading is not there: no override is lost in silence.
    """
    name = sheet_of(source, overrides.NAME, overrides.TABLE)
    if name is None:
        return [], []
    found = numbered_rows(source, name, HEADINGS)
    if found is None:
        fact = f"no headings {', '.join(HEADINGS)} in one row"
        raise SettingError(name, fact, "put them back, or rename the sheet if it is your own")
    return read_overrides(found, name)
