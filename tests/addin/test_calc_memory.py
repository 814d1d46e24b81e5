"""What the extension for LibreOffice remembers of the worker's answers, and when it forgets."""

from __future__ import annotations

import datetime as dt
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import xlseg

FILE = Path(xlseg.__file__).parent / "addin" / "calc_extension" / "program" / "pythonpath" / "xlseg_memory.py"


@pytest.fixture
def module() -> Any:
    """The file as LibreOffice's Python reads it: beside no package of ours."""
    spec = spec_from_file_location("xlseg_memory", FILE)
    assert spec
    assert spec.loader
    loaded = module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_what_was_answered_is_known_until_something_changes(module: Any) -> None:
    memory = module.Memory()
    state = memory.turn(1)
    assert memory.answer("OPEN_BALANCE", ("A", None)) is None
    memory.keep(state, "OPEN_BALANCE", ("A", None), ((5.0,),), [])
    assert memory.answer("OPEN_BALANCE", ("A", None)) == ((5.0,),)
    assert memory.answer("OPEN_BALANCE", ("B", None)) is None
    assert memory.answer("OPEN_BALANCE", ("A", 46326.0)) is None
    assert memory.answer("PAST_DUE", ("A", None)) is None
    memory.turn(1)
    assert memory.answer("OPEN_BALANCE", ("A", None)) == ((5.0,),)
    memory.turn(2)
    assert memory.answer("OPEN_BALANCE", ("A", None)) is None


def test_an_answer_that_was_overtaken_by_a_change_is_not_kept(module: Any) -> None:
    memory = module.Memory()
    asked = memory.turn(1)
    memory.turn(2)  # a cell has changed while the worker computed
    memory.keep(asked, "OPEN_BALANCE", ("A",), ((5.0,),), [("B", ((6.0,),))])
    assert memory.answer("OPEN_BALANCE", ("A",)) is None
    assert memory.answer("OPEN_BALANCE", ("B",)) is None


def test_at_midnight_all_is_forgotten_since_today_is_another_day(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    today = [dt.date(2026, 10, 30)]
    monkeypatch.setattr(module, "datetime", SimpleNamespace(date=SimpleNamespace(today=lambda: today[0])))
    memory = module.Memory()
    memory.keep(memory.turn(1), "PAST_DUE", ("A",), ((5.0,),), [])
    today[0] = dt.date(2026, 10, 31)
    memory.turn(1)
    assert memory.answer("PAST_DUE", ("A",)) is None


def test_all_customers_are_asked_for_after_a_few_and_never_again(module: Any) -> None:
    memory = module.Memory()
    state = memory.turn(1)
    wanted = [memory.wants_all("SEGMENT", (f"C{n}", None)) for n in range(4)]
    assert wanted == [False, False, False, True]
    assert not memory.wants_all("SEGMENT", ("C1", 46326.0))  # another date is another kind
    memory.keep(state, "SEGMENT", ("C3", None), (("Late",),), [(f"C{n}", ((f"S{n}",),)) for n in range(100)] + [(7.0, (("S7",),))])
    assert memory.answer("SEGMENT", ("C99", None)) == (("S99",),)
    assert memory.answer("SEGMENT", (7.0, None)) == (("S7",),)
    assert memory.answer("SEGMENT", ("7", None)) is None
    assert not any(memory.wants_all("SEGMENT", (f"nobody {n}", None)) for n in range(1000))


def test_where_the_worker_cannot_answer_for_all_it_is_asked_ever_less_often(module: Any) -> None:
    memory = module.Memory()
    memory.turn(1)
    wanted = [n for n in range(1, 1001) if memory.wants_all("EXPLAIN", ("A", "dso"))]
    assert wanted == [4, 8, 16, 32, 64, 128, 256, 512]


@pytest.mark.parametrize("given", [True, ((1.0, 2.0),), 1], ids=["truth value", "range", "integer"])
def test_what_is_no_plain_cell_is_never_answered_from_memory(module: Any, given: Any) -> None:
    memory = module.Memory()
    state = memory.turn(1)
    memory.keep(state, "ORDER_FREQUENCY", ("A", given), ((5.0,),), [])
    memory.keep(state, "ORDER_FREQUENCY", ("A", 1.0), ((6.0,),), [])
    assert memory.answer("ORDER_FREQUENCY", ("A", given)) is None
    assert not any(memory.wants_all("ORDER_FREQUENCY", ("A", given)) for _ in range(10))


def test_no_more_is_kept_than_fits_into_memory(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST", 10)
    memory = module.Memory()
    state = memory.turn(1)
    memory.keep(state, "SEGMENT", ("A",), (("x",),), [(f"C{n}", (("x",),)) for n in range(20)])
    memory.keep(state, "SEGMENT_RISK", ("A",), ((1.0,),), [])
    assert memory.answer("SEGMENT", ("C19",)) == (("x",),)
    assert memory.answer("SEGMENT_RISK", ("A",)) is None
    assert not any(memory.wants_all("SEGMENT_RISK", ("A",)) for _ in range(10))
