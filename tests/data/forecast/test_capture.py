"""Capture ratios worked by hand, and their promises on any counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from data.forecast.capture import Drift, Spread, drawn_together, drift, ratios, spread


def test_two_values_are_drawn_together_as_on_paper():
    """
    x = 0 and 2, v = 1 each: m = 1, and 2 x 1 / (t + 1) = P - 1 = 1 gives t = 1. Half of the way is kept: 0.5 and 1.5,
    with 1 x 1 / (1 + 1) = 0.5 left open.
    """
    drawn = drawn_together([0, 2], [1, 1])
    assert drawn.between == pytest.approx(1)
    assert drawn.mean == pytest.approx(1)
    assert drawn.values == pytest.approx([0.5, 1.5])
    assert drawn.open == pytest.approx([0.5, 0.5])


def test_values_as_close_as_chance_makes_them_are_one():
    """Sum (x - m)^2 / v = 2 x 0.25 / 1 = 0.5, under P - 1 = 1; m weighs 1 / v: (1 x 0 + 1 x 1) / 2."""
    drawn = drawn_together([0, 1], [1, 1])
    assert drawn.between == 0
    assert drawn.values == pytest.approx([0.5, 0.5])
    assert drawn_together([0, 1], [1, 4]).mean == pytest.approx((0 / 1 + 1 / 4) / (1 / 1 + 1 / 4))


def test_one_value_stays():
    assert drawn_together([3.0], [1.0]).values == pytest.approx([3.0])


def test_large_places_keep_their_ratio_and_carry_it():
    """A village sends half of its 100,000 children to the town, which teaches them: ratios 0.5 and 1.5."""
    found = ratios([50_000, 150_000], [100_000, 100_000])
    assert found.ratio == pytest.approx([0.5, 1.5], rel=1e-3)
    assert found.division == 1
    # 40,000 children in the village, 60,000 in the town: 20,000 and 90,000, brought to the 100,000 children there are.
    assert found.apply([40_000, 60_000]) == pytest.approx([100_000 * 2 / 11, 100_000 * 9 / 11], rel=1e-3)


def test_a_small_place_is_drawn_further_than_a_large_one():
    """Four towns around 0.8 and 1.2, and two villages with the ratios of the extreme towns but hardly any children."""
    children = np.array([5000, 5000, 5000, 5000, 10, 10])
    found = ratios([4000, 6000, 4100, 5900, 8, 12], children)
    raw = np.array([0.8, 1.2, 0.82, 1.18, 0.8, 1.2])
    pulled = np.abs(found.ratio - raw)
    assert (pulled[4:] > 10 * pulled[:2]).all()
    assert 0.8 < found.ratio[4] < 1 < found.ratio[5] < 1.2


def test_a_place_without_a_school_teaches_nobody_and_its_children_count_in_the_total():
    found = ratios([0, 180], [100, 100])
    assert found.ratio[0] == 0
    assert found.division == pytest.approx(0.9)
    assert found.apply([50, 150]) == pytest.approx([0, 180])


def test_a_school_without_pupils_on_the_roll_is_a_school():
    found = ratios([0, 90, 90, 90], [10, 100, 100, 100], school=[True, True, True, True])
    assert 0 < found.ratio[0] < 0.9


def test_a_place_without_children_keeps_its_share_of_the_pupils():
    """A boarding school of 50 where nobody is registered, 150 elsewhere of 200 children: 1 pupil a child in all."""
    found = ratios([50, 150], [0, 200])
    assert found.apply([0, 400]) == pytest.approx([100, 300])


def test_an_unknown_roll_takes_the_mean_of_the_others():
    found = ratios([80, 80, np.nan, 80], [100, 100, 100, 100])
    assert found.ratio == pytest.approx([0.8, 0.8, 0.8, 0.8])
    assert found.apply([10, 10, 10, 10]).sum() == pytest.approx(32)


@pytest.mark.parametrize(("pupils", "children"), [([np.nan, np.nan], [10, 20]), ([30, 40], [0, 0])])
def test_where_nothing_can_be_measured_children_go_to_school_where_they_live(pupils, children):
    assert ratios(pupils, children).apply([10, 30]) == pytest.approx([10, 30])


def test_no_child_is_left_over_where_nobody_teaches():
    assert ratios([0, 0], [10, 10]).apply([10, 10]) == pytest.approx([0, 0])


counts = arrays.arrays(np.int64, 6, elements=st.integers(0, 3000))


@given(pupils=counts, children=counts, later=counts)
def test_the_division_keeps_its_own_ratio(pupils, children, later):
    found = ratios(pupils, children)
    made = found.apply(later)
    assert (made >= 0).all()
    if children.sum() and made.sum():
        assert found.division == pytest.approx(pupils.sum() / children.sum())
        somewhere = (found.ratio * later).sum() > 0 or found.attached.sum() == pytest.approx(1)
        if somewhere:
            assert made.sum() == pytest.approx(found.division * later.sum())


@given(pupils=counts, children=counts)
def test_renaming_places_changes_nothing(pupils, children):
    turned = ratios(pupils[::-1], children[::-1])
    assert ratios(pupils, children).ratio == pytest.approx(turned.ratio[::-1], abs=1e-9)


def test_the_spread_of_a_forecast_narrows_with_size():
    found = ratios([90, 1100, 900, 1000], [100, 1000, 1000, 1000])
    small, large = found.relative_sd([100, 1000, 1000, 1000])[:2]
    assert small > 2 * large
    # With no difference between places the chance of a count is all: 1 / sqrt(pupils).
    even = ratios([100, 100], [100, 100])
    assert even.relative_sd([100, 400]) == pytest.approx([0.1, 0.05])
    assert even.relative_sd([100, 400], Spread(0.03, 1.0)) == pytest.approx([0.2, np.sqrt(0.0325)])
    assert np.isnan(ratios([0, 10], [10, 10]).relative_sd([10, 10])[0])


def test_a_drift_without_noise_is_found():
    """ln ratio changes by 0.1 for every factor e of size: at size e^4 by 0.4, at e^8 by 0.8."""
    size = np.exp([4.0, 5.0, 6.0, 7.0, 8.0])
    found = drift(np.log(size) / 10, size)
    assert found.slope == pytest.approx(0.1)
    assert np.log(found.factor(np.exp([4.0, 8.0, 10.0]))) == pytest.approx([0.4, 0.8, 1.0])


def test_a_slope_that_chance_explains_is_none():
    """
    Changes +, -, -, + at sizes 1 to 4 % apart: a line through them is off by 0.1 at each, its slope is far under its
    standard error and becomes exactly 0. Three places never have a slope.
    """
    assert drift([0.1, -0.1, -0.1, 0.11], [100, 101, 102, 103]).slope == 0
    found = drift([0.1, 0.2, 0.4], [10, 100, 1000])
    assert found.slope == 0
    weight = np.sqrt([10, 100, 1000])
    assert found.level == pytest.approx((weight @ [0.1, 0.2, 0.4]) / weight.sum())
    assert drift([], []) == Drift()
    assert Drift().factor([5, 50]) == pytest.approx([1, 1])


def test_a_spread_is_told_apart_by_what_falls_with_size():
    """Errors of +-0.1 at every size: floor 0.01. Errors of +-1 / sqrt(size): nothing but what falls, 1 / size."""
    size = np.array([25.0, 100.0, 400.0, 1600.0] * 3)
    even = spread(np.full(12, 0.1), size)
    assert even.floor == pytest.approx(0.01)
    assert even.falling == 0
    falling = spread(1 / np.sqrt(size), size)
    assert falling.sd([25, 1600]) == pytest.approx([0.2, 0.025], rel=0.15)
    assert spread([], []) == Spread(0.0, 1.0)
