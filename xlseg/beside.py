"""Work done beside other work, in a thread: numpy, zlib and the libraries that read sheets let go of the interpreter while they are busy.

Only for work that leaves pandas alone, which changes the warning filters of the whole process for a moment again and again.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def beside(work: Callable[[], T]) -> Future[T]:
    """Begin some work; its result, or its exception, is to be had from the future. Without threads (in a browser) it is done at once."""
    if sys.platform == "emscripten":
        return done(work)
    coming: Future[T] = Future()
    threading.Thread(target=_do, args=(work, coming), daemon=True).start()
    return coming


def done(work: Callable[[], T]) -> Future[T]:
    """Do some work at once; its result, or its exception, is to be had from the future."""
    coming: Future[T] = Future()
    _do(work, coming)
    return coming


def _do(work: Callable[[], T], coming: Future[T]) -> None:
    try:
        coming.set_result(work())
    except BaseException as error:  # told to whoever asks for the result
        coming.set_exception(error)


def ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items, the next two made beside what is done with one; who stops before the end waits for those that are being made."""
    if sys.platform == "emscripten":
        yield from items
        return
    end = object()
    with ThreadPoolExecutor(1) as maker:  # waits: else they would be made from a file that others go on to read, at a place that is theirs
        coming = deque(maker.submit(next, items, end) for _ in range(2))
        while (item := coming.popleft().result()) is not end:
            coming.append(maker.submit(next, items, end))
            yield item  # type: ignore[misc]
