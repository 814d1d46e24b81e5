"""What earlier refreshes and the user left in a book, read before it is written again."""

from xlseg.own.inputs import overrides_typed, playbook_of, playbook_sheet_of, rules_of, rules_sheet_of, settings_of
from xlseg.own.kept import Kept
from xlseg.own.published import (
    change_log_of,
    first_run_of,
    history_of,
    published_of,
    rule_set_published,
    run_log_of,
    runs_of,
    shown_of,
    signed_of,
)
from xlseg.own.typed import drilled_of, left_moves, listed_of, logged_of, owners_of, picked_of

__all__ = [
    "Kept",
    "change_log_of",
    "drilled_of",
    "first_run_of",
    "history_of",
    "left_moves",
    "listed_of",
    "logged_of",
    "overrides_typed",
    "owners_of",
    "picked_of",
    "playbook_of",
    "playbook_sheet_of",
    "published_of",
    "rule_set_published",
    "rules_of",
    "rules_sheet_of",
    "run_log_of",
    "runs_of",
    "settings_of",
    "shown_of",
    "signed_of",
]
