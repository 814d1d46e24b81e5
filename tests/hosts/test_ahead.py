"""Pieces made in another thread are those that would have been made here."""

import threading
from collections.abc import Iterator

import pytest

from xlseg.hosts.ahead import ahead


def broken_after(count: int) -> Iterator[int]:
    yield from range(count)
    raise ValueError("the rest is missing")


@pytest.mark.parametrize("count", [0, 1, 100])
def test_all_pieces_come_in_their_order(count: int) -> None:
    assert list(ahead(iter(range(count)))) == list(range(count))


def test_an_error_comes_after_the_pieces_before_it() -> None:
    pieces = ahead(broken_after(40))
    assert [next(pieces) for _ in range(40)] == list(range(40))
    with pytest.raises(ValueError, match="the rest is missing"):
        next(pieces)


def test_no_thread_is_left_when_nobody_takes_the_rest() -> None:
    before = threading.active_count()
    pieces = ahead(iter(range(10_000)))
    assert next(pieces) == 0
    pieces.close()
    assert threading.active_count() == before
