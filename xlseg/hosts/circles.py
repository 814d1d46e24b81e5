"""Things in the order in which they need each other, those that need each other in a circle together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


def groups(things: Iterable[T], needed: Callable[[T], Iterable[T]]) -> Iterator[list[T]]:
    """Groups of things, each behind those it needs; several in a group need each other.

    The strongly connected components of Tarjan (SIAM Journal on Computing 1, 1972), in time linear in things and needs, without recursion.
    """
    walk = _Walk(needed)
    for thing in things:
        yield from walk.begin(thing)


class _Walk(Generic[T]):
    def __init__(self, needed: Callable[[T], Iterable[T]]) -> None:
        self._needed = needed
        self._number: dict[T, int] = {}
        self._lowest: dict[T, int] = {}
        self._open: dict[T, None] = {}  # met, and not yet told of which group they are

    def begin(self, first: T) -> Iterator[list[T]]:
        """The groups that can be told from here, if nobody has been here before."""
        way = [] if first in self._number else [self._meet(first)]
        while way:
            thing, others = way[-1]
            new = self._next(thing, others)
            if new:
                way.append(self._meet(new[0]))
                continue
            way.pop()
            if way:
                self._lower(way[-1][0], self._lowest[thing])
            if self._lowest[thing] == self._number[thing]:
                yield self._group(thing)

    def _meet(self, thing: T) -> tuple[T, Iterator[T]]:
        self._number[thing] = self._lowest[thing] = len(self._number)
        self._open[thing] = None
        return thing, iter(self._needed(thing))

    def _next(self, thing: T, others: Iterator[T]) -> list[T]:
        """The next of the others that is new, if any; the way back from those that are open counts."""
        for other in others:
            if other not in self._number:
                return [other]
            if other in self._open:
                self._lower(thing, self._number[other])
        return []

    def _lower(self, thing: T, number: int) -> None:
        self._lowest[thing] = min(self._lowest[thing], number)

    def _group(self, first: T) -> list[T]:
        found = [self._open.popitem()[0]]
        while found[-1] != first:
            found.append(self._open.popitem()[0])
        return found
