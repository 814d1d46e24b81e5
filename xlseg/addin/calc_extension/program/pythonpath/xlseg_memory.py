"""What the worker has answered to single cells, as long as nothing has changed: a column of formulas is asked for once, not cell by cell."""

import datetime

_PLAIN = frozenset((str, float, type(None)))
"""What a single cell hands over. A truth value is left to the worker: it would pass for a number here."""
_A_FEW = 2
"""Calls of one kind that are answered one by one before all customers are asked for."""
_MOST = 1_000_000
"""Answers kept of one document; what is more is asked for one by one."""
_NEVER_AGAIN = -(10**12)


class Memory:
    """The answers of one document, by formula and arguments."""

    def __init__(self):
        self._begin(None)

    def _begin(self, state):
        self._state, self._answers, self._calls, self._count = state, {}, {}, 0

    def turn(self, revision):
        """What answers depend on beside their arguments: the cells of the document, and today. When it is another one, all is forgotten."""
        state = (revision, datetime.date.today())
        if state != self._state:
            self._begin(state)
        return state

    def answer(self, name, arguments):
        """The answer that is known; None when the worker has to be asked."""
        if not _PLAIN.issuperset(map(type, arguments)):
            return None
        answers = self._answers.get((name, arguments[1:]))
        return answers.get(arguments[:1]) if answers else None

    def wants_all(self, name, arguments):
        """Whether the worker should answer for all customers at once: a few have been asked for like this one.

        When it cannot, it is asked again after as many calls once more, so that this never costs more than the calls themselves.
        """
        if self._count >= _MOST or not _PLAIN.issuperset(map(type, arguments)):
            return False
        key = (name, arguments[1:])
        calls = self._calls[key] = self._calls.get(key, 0) + 1
        return calls > _A_FEW and calls & (calls - 1) == 0

    def keep(self, state, name, arguments, answer, everyone):
        """Remember an answer, and those of all customers by their ids, unless something has changed since the question was put."""
        if state != self._state or self._count >= _MOST or not _PLAIN.issuperset(map(type, arguments)):
            return
        key = (name, arguments[1:])
        answers = self._answers.setdefault(key, {})
        self._count -= len(answers)
        answers.update(((customer,), other) for customer, other in everyone)
        answers[arguments[:1]] = answer
        self._count += len(answers)
        if everyone:
            self._calls[key] = _NEVER_AGAIN
