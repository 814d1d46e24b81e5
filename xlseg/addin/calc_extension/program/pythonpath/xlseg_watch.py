"""Whether the sheets that formulas have read were changed since, so that they are read once and not for every cell."""

import unohelper
from com.sun.star.util import XModifyListener
from xlseg_memory import Memory

_HARDLY_ANYTHING = 5
"""Rows of a sheet into which an export may still be pasted."""
_FORMULAS = 16  # com.sun.star.sheet.CellFlags
_WATCHES, _KNOWN = {}, {}
"""By the identity of a document, and by the ways in which it was handed over: its identity takes longer to ask for than an answer."""


class Watch(unohelper.Base, XModifyListener):
    """The sheets of one document that matter: those that were read to their end, and those that hold hardly anything yet.

    Not the others: the answers of the formulas stand in them, and would count as changes.
    """

    def __init__(self, model, identity):
        self._model, self.identity, self.memory = model, identity, Memory()
        self._names, self._sheets = (), {}
        self._revision, self._told = 0, -1

    def saw(self, sheet, height, whole):
        """A sheet of so many rows was read."""
        name = sheet.Name
        if name not in self._sheets and (whole or _is_waiting(sheet, height)):
            self._sheets[name] = sheet
            sheet.addModifyListener(self)

    def revision(self):
        """A number that is the same as long as nothing has changed."""
        names = self._model.Sheets.ElementNames
        if names != self._names:
            self._names = names
            self._revision += 1
        return self._revision

    def is_news(self):
        """Whether anything has changed since the worker was last told."""
        before, self._told = self._told, self.revision()
        return self._told != before

    def forget(self):
        """Everything has to be read again."""
        self._revision += 1

    def modified(self, event):
        self._revision += 1

    def disposing(self, event):
        self._revision += 1
        self._sheets = {}
        _WATCHES.pop(self.identity, None)
        for model in [model for model, watch in _KNOWN.items() if watch is self]:
            del _KNOWN[model]


def _is_waiting(sheet, height):
    return height <= _HARDLY_ANYTHING and not len(sheet.queryContentCells(_FORMULAS).RangeAddresses)


def watch_of(model):
    """The watch of a document, from its first formula on."""
    watch = _KNOWN.get(model)
    if watch is None:
        identity = model.RuntimeUID
        watch = _WATCHES.get(identity)
        if watch is None:
            watch = _WATCHES[identity] = Watch(model, identity)
        _KNOWN[model] = watch
    return watch
