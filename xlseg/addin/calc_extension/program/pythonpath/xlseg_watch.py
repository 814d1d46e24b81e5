"""Whether the sheets that formulas have read were changed since, so that they are read once and not for every cell."""

import unohelper
from com.sun.star.util import XModifyListener

_HARDLY_ANYTHING = 5
"""Rows of a sheet into which an export may still be pasted."""
_FORMULAS = 16  # com.sun.star.sheet.CellFlags
_WATCHES = {}


class Watch(unohelper.Base, XModifyListener):
    """The sheets of one document that matter: those that were read to their end, and those that hold hardly anything yet.

    Not the others: the answers of the formulas stand in them, and would count as changes.
    """

    def __init__(self, model):
        self._model = model
        self._names, self._sheets, self._changed = (), {}, True

    def saw(self, sheet, height, whole):
        """A sheet of so many rows was read."""
        name = sheet.Name
        if name not in self._sheets and (whole or _is_waiting(sheet, height)):
            self._sheets[name] = sheet
            sheet.addModifyListener(self)

    def has_changed(self):
        """Whether anything has changed since this was last asked."""
        names = self._model.Sheets.ElementNames
        if names != self._names:
            self._names, self._changed = names, True
        changed, self._changed = self._changed, False
        return changed

    def forget(self):
        """Everything has to be read again."""
        self._changed = True

    def modified(self, event):
        self._changed = True

    def disposing(self, event):
        self._changed = True
        self._sheets = {}
        _WATCHES.pop(self._identity(), None)

    def _identity(self):
        return next((identity for identity, watch in _WATCHES.items() if watch is self), None)


def _is_waiting(sheet, height):
    return height <= _HARDLY_ANYTHING and not len(sheet.queryContentCells(_FORMULAS).RangeAddresses)


def watch_of(model):
    """The watch of a document, from its first formula on."""
    identity = model.RuntimeUID
    if identity not in _WATCHES:
        _WATCHES[identity] = Watch(model)
    return identity, _WATCHES[identity]
