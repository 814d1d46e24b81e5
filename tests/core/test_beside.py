"""Work beside other work."""

import sys
import threading
from collections.abc import Iterator

import pytest

from xlseg.beside import ahead, beside


def test_two_works_go_on_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=60)  # done one after the other, the first would wait for the second in vain
    both = [beside(meeting.wait) for _ in range(2)]
    assert sorted(work.result() for work in both) == [0, 1]


def test_an_error_comes_out_where_the_result_is_asked_for() -> None:
    work = beside(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        work.result()


def test_in_a_browser_which_has_no_threads_it_is_done_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "emscripten")
    work = beside(threading.get_ident)
    assert work.done()
    assert work.result() == threading.get_ident()


def test_who_stops_early_waits_for_what_is_being_made_ahead() -> None:
    wanted, made = threading.Event(), []

    def items() -> Iterator[int]:
        yield 0
        wanted.wait(60)
        made.append(1)
        yield 1

    numbers = ahead(items())
    assert next(numbers) == 0
    threading.Timer(0.05, wanted.set).start()
    numbers.close()
    assert made == [1]
