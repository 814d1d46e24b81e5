"""Work done beside other work, in a thread: numpy, zlib and the libraries that read sheets let go of the interpreter while they are busy.

Only for work that leaves pandas alone, which changes the warning filters of the whole process for a moment again and again.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def beside(work: Callable[[], T]) -> Future[T]:
    """Begin some work; its result, or its exception, is to be had from the future. Without threads (in a browser) it is done at once."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # told to whoever asks for the result
            done.set_exception(error)

    if sys.platform == "emscripten":
        run()
    else:
        threading.Thread(target=run, daemon=True).start()
    return done


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items, each made beside what is done with the one before; who stops before the end waits for the one that is being made."""
    end = object()
    coming = beside(lambda: next(items, end))
    try:
        while (item := coming.result()) is not end:
            coming = beside(lambda: next(items, end))
            yield item  # type: ignore[misc]
    finally:
        coming.exception()  # else it would be made from a file that others go on to read, at a place that is theirs
