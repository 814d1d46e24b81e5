"""Pieces made in a thread of their own while those before them are looked at: unpacking holds nobody up."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from queue import Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

_PIECES = 16
"""Made ahead at most, so that the memory needed is bounded."""


@dataclass(frozen=True)
class _Raised:
    """What ended the making."""

    error: BaseException


def ahead(pieces: Iterator[T]) -> Generator[T, None, None]:
    """The same pieces in the same order, and in the end the same error; the thread ends with whoever takes them."""
    made: Queue[T | _Raised] = Queue(_PIECES)
    left = Event()
    thread = Thread(target=_make, args=(pieces, made, left), daemon=True)
    thread.start()
    try:
        while not isinstance(piece := made.get(), _Raised):
            yield piece
        if not isinstance(piece.error, StopIteration):
            raise piece.error
    finally:
        left.set()
        while thread.is_alive():
            _empty(made)
            thread.join(0.01)


def _make(pieces: Iterator[T], made: Queue[T | _Raised], left: Event) -> None:
    while not left.is_set():
        try:
            piece = next(pieces)
        except BaseException as error:  # the end, or whatever went wrong: raised where the piece would have been taken
            made.put(_Raised(error))
            return
        made.put(piece)


def _empty(queue: Queue[T]) -> None:
    while not queue.empty():
        queue.get_nowait()
