"""What benchmarks/formulas.py holds against its bars."""

from __future__ import annotations

from formulas import lines

FAST = {"alone": 0.8, "array": 1.0, "single": 40e-6}


def missed(*places: dict[str, float]) -> list[str]:
    return [line.measure for line in lines({str(n): place for n, place in enumerate(places)}) if line.missed]


def test_the_slowest_place_is_held_against_the_bar() -> None:
    assert missed(FAST, {**FAST, "single": 99e-6}) == []
    assert missed(FAST, {**FAST, "single": 101e-6}) == ["each of 10,000 single calls after it (µs)"]
    # 1.3 s are more than one and a half times 0.8 s, and less than one and a half times 0.9 s
    assert missed(FAST, {**FAST, "array": 1.3}) == ["array of 10,000 ids / metrics alone"]
    assert missed(FAST, {**FAST, "array": 1.3, "alone": 0.9}) == []


def test_what_a_place_does_not_measure_is_no_miss_of_another() -> None:
    assert missed({"alone": 0.8, "single": 40e-6}, FAST) == []


def test_a_place_where_nothing_was_measured_misses_the_bars() -> None:
    assert len(missed({"alone": 0.8})) == 2


def test_the_array_in_calc_is_held_against_the_bar_like_that_of_every_place() -> None:
    slow = lines({"Python": FAST, "Calc": {**FAST, "array": 4.0}})
    assert [line.cells for line in slow if line.measure.startswith("array of")] == [("1.25", "5.00")]
    assert [line.measure for line in slow if line.missed] == ["array of 10,000 ids / metrics alone"]
