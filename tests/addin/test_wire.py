"""What LibreOffice and the worker say to each other arrives as it was sent."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlseg.hosts.wire import Coded, Column, Grid, receive, send

CELLS = st.one_of(st.floats(allow_nan=False), st.text(), st.none(), st.booleans(), st.integers(-(2**53), 2**53))
ROWS = st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=30))


def there(message: dict[str, object]) -> dict[str, object]:
    stream = io.BytesIO()
    send(stream, message)
    stream.seek(0)
    received = receive(stream)
    assert received is not None
    assert stream.read() == b""
    return received


@given(ROWS)
def test_cells_of_any_kind_arrive_as_they_were(rows: list[list[object]]) -> None:
    arrived = there({"told": {"cells": Grid(rows)}, "n": 1})["told"]["cells"].rows  # type: ignore[index]
    assert [list(row) for row in arrived] == rows
    assert [[type(cell) for cell in row] for row in arrived] == [[type(cell) for cell in row] for row in rows]


def test_a_column_of_numbers_with_a_few_texts_arrives_as_it_was() -> None:
    rows = [(float(i), "" if i % 3 else f"text {i}") if i % 5 else ("none", 2.5) for i in range(1000)]
    assert [tuple(row) for row in there({"a": Grid(rows)})["a"].rows] == rows  # type: ignore[attr-defined]


AS_CALC_HAS_THEM = st.one_of(st.floats(allow_nan=False), st.text(), st.sampled_from(["", "USD", "EUR"]), st.none())


@given(st.lists(st.lists(AS_CALC_HAS_THEM, min_size=1, max_size=5), min_size=1, max_size=8))
def test_a_column_that_comes_in_pieces_arrives_as_they_were(pieces: list[list[object]]) -> None:
    column = Column()
    for piece in pieces:
        column.add(piece)
    cells = [cell for piece in pieces for cell in piece]
    assert list(column.cells) == cells
    arrived = there({"a": Grid(columns=[column.cells])})["a"].columns[0]  # type: ignore[attr-defined]
    assert list(arrived) == cells
    assert [type(cell) for cell in arrived] == [type(cell) for cell in cells]


def test_texts_of_which_few_differ_are_sent_as_codes_and_others_are_not() -> None:
    few, many = Column(), Column()
    for start in range(0, 60_000, 1_000):
        few.add([f"C{n % 7}" for n in range(start, start + 1_000)])
        many.add([f"INV{n}" for n in range(start, start + 1_000)])
    assert isinstance(few.cells, Coded)
    assert few.cells.distinct == [f"C{n}" for n in range(7)]
    assert list(few.cells[7:9]) == ["C0", "C1"]
    assert isinstance(many.cells, list)
    assert many.cells == [f"INV{n}" for n in range(60_000)]


def test_an_object_that_looks_like_a_grid_of_many_keys_stays_one() -> None:
    assert there({"a": {"grid": 1, "other": 2}}) == {"a": {"grid": 1, "other": 2}}


def test_the_end_of_the_other_side_is_no_message() -> None:
    assert receive(io.BytesIO()) is None


@pytest.mark.parametrize("broken", [b"\x01" + b"\0" * 7 + b"\xff" * 8 + b"{}", b"\x01" + b"\0" * 7 + b"\x02" + b"\0" * 7 + b"{]"])
def test_what_is_no_message_is_refused(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"no message|Expecting"):
        receive(io.BytesIO(broken))
