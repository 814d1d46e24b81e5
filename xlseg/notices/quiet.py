"""Nothing is written while secrets are at work: neither apprise nor what it calls logs, prints or warns, whatever logging is switched on."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout

_SENDER = "apprise"


class _Kept(logging.Handler):
    """Keeps what the sender says, for a reason to be found in it; the text itself goes nowhere."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@contextmanager
def unheard() -> Iterator[list[str]]:
    """Take every handler off every logger, and let nothing be printed; gives the list that what apprise says is kept in."""
    kept, sender = _Kept(), logging.getLogger(_SENDER)
    loggers = [logging.getLogger(), *(item for item in logging.root.manager.loggerDict.values() if isinstance(item, logging.Logger))]
    handlers, last, level = [list(logger.handlers) for logger in loggers], logging.lastResort, sender.level
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(io.StringIO()))
        stack.enter_context(redirect_stderr(io.StringIO()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        logging.lastResort = None
        for logger in loggers:
            logger.handlers = []
        sender.handlers = [kept]
        sender.setLevel(logging.DEBUG)
        try:
            yield kept.said
        finally:
            sender.handlers = []
            sender.setLevel(level)
            for logger, own in zip(loggers, handlers, strict=True):
                logger.handlers = own
            logging.lastResort = last
