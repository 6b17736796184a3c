"""Minutes by straight line, worked on paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import BadTravel, WrongCrs
from geo.travel import straight_line_minutes

HOMES = np.array([[0.0, 0.0], [3_000.0, 4_000.0]])
SCHOOLS = np.array([[0.0, 0.0], [0.0, 4_000.0], [3_000.0, 0.0]])


def test_minutes_are_metres_times_detour_over_speed_rounded_up():
    # At 12 km/h 200 m take a minute. Straight metres 0, 4000, 3000 and 5000, 3000, 4000; times 1.5, over 200.
    minutes = straight_line_minutes(HOMES, SCHOOLS, km_per_hour=12, detour=1.5)
    assert minutes.tolist() == [[0, 30, 23], [38, 23, 30]]
    assert minutes.dtype == np.int64


def test_a_whole_minute_is_not_rounded_to_the_next():
    # 4 km x 1.4 at 15 km/h are 22.4 minutes; 2,500 m at 15 km/h without detour are exactly 10.
    assert straight_line_minutes(np.zeros((1, 2)), np.array([[0, 4_000.0]]), km_per_hour=15, detour=1.4)[0, 0] == 23
    assert straight_line_minutes(np.zeros((1, 2)), np.array([[0, 2_500.0]]), km_per_hour=15, detour=1.0)[0, 0] == 10


def test_a_metre_takes_a_minute_and_no_metre_takes_none():
    schools = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert straight_line_minutes(np.zeros((1, 2)), schools, km_per_hour=60, detour=1).tolist() == [[1, 0]]


@given(st.floats(1, 100), st.floats(1, 5))
def test_a_longer_detour_is_never_faster(speed, detour):
    short = straight_line_minutes(HOMES, SCHOOLS, km_per_hour=speed, detour=1)
    assert (straight_line_minutes(HOMES, SCHOOLS, km_per_hour=speed, detour=detour) >= short).all()


@pytest.mark.parametrize(("speed", "detour"), [(0, 1.3), (-5, 1.3), (float("nan"), 1.3), (15, 0.9)])
def test_a_speed_or_detour_that_cannot_be_is_refused(speed, detour):
    with pytest.raises(BadTravel):
        straight_line_minutes(HOMES, SCHOOLS, km_per_hour=speed, detour=detour)


def test_points_that_are_no_pairs_are_refused():
    with pytest.raises(WrongCrs):
        straight_line_minutes(np.zeros((2, 3)), SCHOOLS, km_per_hour=15, detour=1.3)


def test_no_homes_give_no_rows():
    assert straight_line_minutes(np.empty((0, 2)), SCHOOLS, km_per_hour=15, detour=1.3).shape == (0, 3)
