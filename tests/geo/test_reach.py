"""Access by hand: three settlements and two schools on one road."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import reach

FAR = 9_999
NO_PUPILS = np.zeros(3, dtype=np.int64)


@pytest.fixture
def one_road():
    """
    Minutes between neighbours on one road.

        A(30 pupils) --10-- North(60 places) --20-- B(20) --10-- South(30) --25-- C(40)
    """
    minutes = np.array([[10, 40], [20, 10], [55, 25]])
    return minutes, np.array([30, 20, 40]), np.array([60, 30])


def test_places_a_pupil_in_two_steps(one_road):
    # Within 25 minutes: North serves A and B, 60/50 = 1.2; South serves B and C, 30/60 = 0.5.
    assert reach.two_step(*one_road, limit=25) == pytest.approx([1.2, 1.7, 0.5])


def test_the_limit_itself_is_within_reach(one_road):
    # At 24 minutes C is out, and South has B's 20 pupils alone: 30/20.
    assert reach.two_step(*one_road, limit=24) == pytest.approx([1.2, 2.7, 0.0])


def test_who_reaches_no_school_has_no_places(one_road):
    assert reach.two_step(*one_road, limit=5).tolist() == [0, 0, 0]


def test_a_school_without_pupils_in_reach_adds_nothing(one_road):
    minutes, _, places = one_road
    assert reach.two_step(minutes, np.array([0, 0, 40]), places, limit=20).tolist() == [0, 0, 0]


def test_a_school_without_places_adds_nothing(one_road):
    minutes, pupils, _ = one_road
    assert reach.two_step(minutes, pupils, np.array([0, 30]), limit=25) == pytest.approx([0, 0.5, 0.5])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_two_steps_as_the_definition_says(settlements, schools, seed):
    draw = np.random.default_rng(seed)
    minutes = draw.integers(0, 60, (settlements, schools))
    minutes[draw.random(minutes.shape) < 0.2] = FAR
    pupils, places = draw.integers(0, 50, settlements), draw.integers(0, 300, schools)
    expected = np.zeros(settlements)
    for s in range(schools):
        demand = sum(pupils[v] for v in range(settlements) if minutes[v, s] <= 30)
        for v in range(settlements):
            if minutes[v, s] <= 30 and demand:
                expected[v] += places[s] / demand
    assert reach.two_step(minutes, pupils, places, 30) == pytest.approx(expected)
    # Where every pupil reaches a school, all places of the schools that are reached are shared out, none twice.
    reached = [s for s in range(schools) if any(pupils[v] and minutes[v, s] <= 30 for v in range(settlements))]
    assert (expected * pupils).sum() == pytest.approx(places[reached].sum())


def test_means_count_pupils_not_settlements():
    values, pupils = np.array([2.0, 0.5, 1.0]), np.array([10, 30, 60])
    # (20 + 15 + 60) / 100
    assert reach.mean(values, pupils) == pytest.approx(0.95)
    assert np.isnan(reach.mean(values, NO_PUPILS))


def test_the_worst_off_tenth_takes_parts_of_a_settlement():
    values, pupils = np.array([2.0, 0.1, 0.4]), np.array([72, 3, 25])
    # Ten of a hundred pupils: the three at 0.1, then seven of those at 0.4.
    assert reach.worst_off(values, pupils, share=0.1) == pytest.approx((3 * 0.1 + 7 * 0.4) / 10)
    # A share of 45 pupils: 2.5 % is 1.125 of them, all at the lowest value.
    assert reach.worst_off(values, np.array([30, 5, 10]), share=0.025) == pytest.approx(0.1)
    assert np.isnan(reach.worst_off(values, NO_PUPILS, share=0.1))


def test_longest_trips_are_the_worst_when_negative():
    assert reach.worst_off(-np.array([10, 50, 30]), np.array([80, 5, 15]), share=0.1) == pytest.approx(
        -(5 * 50 + 5 * 30) / 10
    )


def test_share_within_a_limit():
    minutes, pupils = np.array([30, 31, FAR]), np.array([40, 50, 10])
    assert reach.share_within(minutes, pupils, 30) == pytest.approx(0.4)
    assert reach.share_within(minutes, pupils, np.array([30, 40, 40])) == pytest.approx(0.9)
    assert np.isnan(reach.share_within(minutes, NO_PUPILS, 30))


@pytest.fixture
def two_banks():
    """
    A river between; the straight line knows no bridge. Minutes to West, East and a closed school.

        settlement   straight        road
        A  (7)       20 10  1        25 60  1      East seems nearer, West is; East is not within 30 minutes
        B (11)       35 40  1        30 30  1      seems beyond 30 minutes, is not; both equally near
        C (13)       10 50  1       FAR FAR 1      no way to either
        D (17)       10 50  1        15 70  1      as it seems
    """
    straight = np.array([[20, 10, 1], [35, 40, 1], [10, 50, 1], [10, 50, 1]])
    road = np.array([[25, 60, 1], [30, 30, 1], [FAR, FAR, 1], [15, 70, 1]])
    return straight, road, np.array([7, 11, 13, 17]), np.array([True, True, False])


def test_nearest_schools_by_line_and_by_road(two_banks):
    straight, road, _, opened = two_banks
    found = reach.nearest(straight, road, opened, FAR)
    assert found.by_straight.tolist() == [1, 0, 0, 0]
    assert found.by_road.tolist() == [0, 0, reach.NOBODY, 0]


def test_without_open_schools_none_is_nearest(two_banks):
    straight, road, _, _ = two_banks
    assert reach.nearest(straight, road, np.zeros(3, dtype=bool), FAR).by_road.tolist() == [reach.NOBODY] * 4


def test_whom_straight_lines_deceive(two_banks):
    straight, road, pupils, opened = two_banks
    errors = reach.straight_line_errors(straight, road, pupils, np.array([1, 0, 0, 0]), opened, limit=30, beyond=FAR)
    # A to East: 10 against 60. B to West: 35 against 30. C to West: 10 against none.
    assert errors == reach.StraightErrors(too_short=7 + 13, too_long=11, wrong_nearest=7)


def test_a_settlement_without_a_school_has_no_trip_to_judge(two_banks):
    straight, road, pupils, opened = two_banks
    errors = reach.straight_line_errors(straight, road, pupils, np.array([-1, -1, -1, 0]), opened, limit=30, beyond=FAR)
    assert errors == reach.StraightErrors(too_short=0, too_long=0, wrong_nearest=7)
