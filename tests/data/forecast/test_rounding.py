"""Largest remainders against arithmetic done by hand and against their definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.forecast.rounding import largest_remainder, split_rows, whole

weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=12).map(np.array)


def test_the_largest_remainders_are_served():
    # 10 over 1:1:1 is 3.33 each: the first gets the odd one.
    # 7 over 5:3:1 is 3.89, 2.33 and 0.78: floors 3, 2 and 0, and two left.
    assert largest_remainder(np.array([1, 1, 1]), 10).tolist() == [4, 3, 3]
    assert largest_remainder(np.array([5, 3, 1]), 7).tolist() == [4, 2, 1]


def test_no_weights_are_even_weights():
    assert largest_remainder(np.array([0, 0, 0]), 5).tolist() == [2, 2, 1]


def test_nothing_is_divided_among_nobody():
    assert largest_remainder(np.array([], dtype=np.int64), 0).tolist() == []


def test_twelfths_are_rounded_together():
    # 4, 4 and 4 twelfths make one child, not three times none; 30 twelfths are 2.5 children and round up.
    assert whole(np.array([4, 4, 4]), 12).tolist() == [1, 0, 0]
    assert whole(np.array([30]), 12).tolist() == [3]
    assert whole(np.array([29]), 12).tolist() == [2]


@given(weights, st.integers(0, 100_000))
def test_parts_add_up_and_stay_within_one_of_their_share(shares, total):
    parts = largest_remainder(shares, total)
    assert parts.sum() == total
    even = shares if shares.any() else np.ones_like(shares)
    assert (np.abs(parts - even * total / even.sum()) < 1).all()


@given(weights, st.data())
def test_a_part_never_exceeds_its_weight_when_there_is_enough(shares, data):
    total = data.draw(st.integers(0, int(shares.sum())))
    if shares.any():
        assert (largest_remainder(shares, total) <= shares).all()


def test_rows_are_divided_each_by_itself_and_no_column_gains():
    # Seven over three equal columns is 2.33 each: the odd one goes to another column in each row.
    assert split_rows(np.ones((3, 3), dtype=np.int64), np.array([7, 7, 7])).tolist() == [
        [3, 2, 2],
        [2, 3, 2],
        [2, 2, 3],
    ]
    # 10 over 3:1 is 7.5 and 2.5; 5 over nothing is even.
    assert split_rows(np.array([[3, 1], [0, 0]]), np.array([10, 5])).tolist() == [[8, 2], [2, 3]]


@given(st.lists(st.tuples(st.tuples(*[st.integers(0, 500)] * 3), st.integers(0, 5_000)), min_size=1, max_size=8))
def test_rows_add_up_and_stay_within_one_of_their_share(rows):
    shares, totals = np.array([row for row, _ in rows]), np.array([total for _, total in rows])
    parts = split_rows(shares, totals)
    assert parts.sum(axis=1).tolist() == totals.tolist()
    even = np.where(shares.any(axis=1, keepdims=True), shares, 1)
    assert (np.abs(parts - even * totals[:, None] / even.sum(axis=1, keepdims=True)) < 1).all()
