"""The measures of benchmarks/meaning.py, each against a count by hand."""

import numpy as np
from measures import falls, flips, interval, is_train, jumps, lift, ranking


def test_the_ranking_is_the_share_of_pairs_in_the_right_order() -> None:
    # bad: 3 and 2, good: 1, 2, 0. Pairs: 3>1, 3>2, 3>0, 2>1, 2=2 (half), 2>0 → 5.5 of 6
    assert ranking(np.array([3.0, 1, 2, 2, 0]), np.array([True, False, True, False, False])) == 5.5 / 6


def test_a_row_without_a_score_is_in_no_pair() -> None:
    assert ranking(np.array([np.nan, 1.0, 2.0]), np.array([True, False, True])) == 1.0
    assert np.isnan(ranking(np.array([1.0, 2.0]), np.array([True, True])))


def test_lift_is_the_bad_rate_among_the_flagged_over_that_of_all() -> None:
    # flagged: 1 of 2 bad; all: 2 of 8 bad → 0.5 / 0.25
    flagged = np.array([1, 1, 0, 0, 0, 0, 0, 0], "bool")
    bad = np.array([1, 0, 1, 0, 0, 0, 0, 0], "bool")
    assert lift(flagged, bad) == 2.0


def test_flips_and_jumps_count_only_where_both_dates_are_known() -> None:
    # 3 customers × 3 dates. A A B: one flip of two; B B B: none of two; unknown, A, B: one of one → 2 of 5
    labels = np.array([["A", "A", "B"], ["B", "B", "B"], ["", "A", "B"]])
    known = np.array([[1, 1, 1], [1, 1, 1], [0, 1, 1]], "bool")
    assert flips(labels, known) == 2 / 5
    # risks: 1 1 3 jumps once; 5 4 4 moves by one only; nan, 1, nan never → 1 of 5
    assert jumps(np.array([[1, 1, 3], [5, 4, 4], [np.nan, 1, np.nan]]), known) == 1 / 5


def test_a_bad_rate_that_falls_with_risk_is_found_and_segments_of_one_risk_are_not_compared() -> None:
    assert not falls([1, 1, 3], [0.1, 0.0, 0.1])
    assert falls([1, 3, 5], [0.1, 0.3, 0.2])


def test_the_interval_draws_whole_customers() -> None:
    # every customer has the same mean, so that no draw of customers can differ; a draw of rows would
    customers, values = np.repeat(["a", "b", "c"], 2), np.array([0.0, 1, 0, 1, 0, 1])
    assert interval(customers, lambda rows: float(values[rows].mean()), draws=20) == (0.5, 0.5)


def test_the_halves_follow_the_ids_and_nothing_else() -> None:
    # printf C-1 | sha256sum ends in …1a070, C-2 in …10553, C-3 in …aca8d, C-4 in …1eb81
    assert is_train(["C-1", "C-2", "C-3", "C-4"]).tolist() == [True, False, False, False]


def test_the_halves_are_halves() -> None:
    # 1000 ids: 500 ± 4 standard deviations of a fair coin, √250 = 15.8
    assert abs(is_train([f"C-{i}" for i in range(1000)]).sum() - 500) < 63
