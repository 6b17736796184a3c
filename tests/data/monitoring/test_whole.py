"""Whole pupils: sums hold at every place, and nobody is a pupil away from their share."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from data.monitoring import whole


def test_three_zones_of_a_third_of_ten_pupils():
    # Shares 3.33 each: floors 3, and the first of equal remainders gets the tenth.
    assert whole.parts(np.ones((3, 1)), np.zeros(3, dtype=np.intp), np.array([[10]]))[:, 0].tolist() == [4, 3, 3]


def test_places_without_any_share_divide_evenly():
    assert whole.parts(np.zeros((2, 1)), np.zeros(2, dtype=np.intp), np.array([[7]]))[:, 0].tolist() == [4, 3]


@given(st.integers(1, 12), st.integers(1, 4), st.integers(0, 2**31))
def test_parts_add_up_and_stay_within_one_of_their_share(places, columns, seed):
    rng = np.random.default_rng(seed)
    parent = rng.integers(0, 3, places)
    shares = rng.gamma(1, 5, (places, columns))
    totals = np.zeros((3, columns), dtype=np.int64)
    sums = np.zeros((3, columns))
    np.add.at(sums, parent, shares)
    totals[:] = np.rint(sums)
    found = whole.parts(shares, parent, totals)
    added = np.zeros_like(totals)
    np.add.at(added, parent, found)
    with_parts = np.bincount(parent, minlength=3) > 0
    assert np.array_equal(added[with_parts], totals[with_parts])
    exact = shares * (totals / np.where(sums > 0, sums, 1))[parent]
    assert (np.abs(found - exact) < 1 + 1e-6).all() and (found >= 0).all()


def test_a_small_place_is_not_rounded_down_in_every_grade():
    # Shares 0.6 and 1.4 of 2 pupils in each of five grades: 3 and 7 in all, not 0 or 5.
    shares = np.tile([[0.6], [1.4]], (1, 5))
    found = whole.by_grade(shares, np.zeros(2, dtype=np.intp), np.full((1, 5), 2), grades=5)
    assert found.sum(axis=0).tolist() == [2] * 5
    assert found.sum(axis=1).tolist() == [3, 7]


def test_a_place_that_is_due_none_gets_none():
    shares = np.tile([[0.0], [0.5], [0.5]], (1, 4))
    found = whole.by_grade(shares, np.zeros(3, dtype=np.intp), np.full((1, 4), 1), grades=4)
    assert found[0].tolist() == [0] * 4
