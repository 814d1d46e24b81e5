"""Actions: the playbook applied to a day: what is to be done, what is held back and why, what becomes of what was typed. docs/actions.md."""

from xlseg.actions.typed import LAPSED, Entry, Listed, Logged, Typed
from xlseg.actions.values import Action, Work
from xlseg.actions.worklist import worklist

__all__ = ["LAPSED", "Action", "Entry", "Listed", "Logged", "Typed", "Work", "worklist"]
