"""Errors of forecasts: measured on rolls, published ones where rolls are short, extended in proportion to the years."""

import numpy as np
import pytest
from shapely import Point

from data.domain.district import District
from data.domain.schools import RollCount, School, SchoolKind
from data.forecast.capture import Spread
from data.monitoring import children, errors
from data.monitoring.errors import Measured
from data.monitoring.ground import lay_out


def district(noise, *, years=8, seed=1):
    """Ten schools of six grades of 50, all of whom stay to the next grade, each count off by ``noise`` at random."""
    rng = np.random.default_rng(seed)
    schools = tuple(School(f"S{n}", f"S{n}", "500101", SchoolKind.FULL_PRIMARY, Point(106, 29)) for n in range(10))
    roll = tuple(
        RollCount(school.id, 2010 + year, grade, round(50 * np.exp(rng.normal(0, noise))))
        for school in schools
        for year in range(years)
        for grade in range(1, 7)
    )
    return District("drawn", "500101", True, "", schools=schools, roll=roll)


def measure(made):
    ground = lay_out(made)
    return errors.measure(ground, children.known(made, ground.roll_years))


def test_rolls_too_short_are_taken_to_err_as_a_published_history_does():
    found = measure(district(0.1, years=3))
    assert not found.on_own_rolls
    assert found.school[1] == errors.PUBLISHED_SCHOOL and found.common[1] == errors.PUBLISHED_COMMON


def test_rolls_that_stay_the_same_are_surer_than_rolls_that_jump():
    calm, wild = measure(district(0.0)), measure(district(0.2))
    assert calm.on_own_rolls and wild.on_own_rolls
    assert all(a.sd(300) < b.sd(300) for a, b in zip(calm.school[1:], wild.school[1:], strict=True))


def test_errors_never_shrink_with_the_years():
    found = measure(district(0.1))
    sds = [float(one.sd(300)) for one in found.school]
    assert sds == sorted(sds) and sds[0] == 0
    assert found.common.tolist() == sorted(found.common.tolist())


def measured(**facts):
    return Measured({}, facts.get("common", np.array([0.0, 0.01, 0.04])), facts.get("school", ()), True)


def test_a_horizon_beyond_the_longest_measured_grows_in_proportion():
    school = (Spread(0.0, 0.0), Spread(0.02, 1.0), Spread(0.06, 3.0))
    found = measured(school=school).at([2025, 2026, 2027, 2031], 2025)
    assert found.common.tolist() == pytest.approx([0.0, 0.01, 0.04, 0.04 * 3])  # six years ahead: three times two
    assert found.zone.tolist() == pytest.approx([0.0, 0.01, 0.02, 0.02 * 3])
    assert found.chance.tolist() == pytest.approx([0.0, 1.0, 3.0, 9.0])


def test_years_up_to_the_count_have_no_error():
    school = (Spread(0.0, 0.0), Spread(0.02, 1.0))
    found = measured(common=np.array([0.0, 0.01]), school=school).at([2023, 2024, 2025], 2025)
    assert not found.common.any() and not found.chance.any()


def test_a_zone_is_never_surer_than_its_division_says():
    school = (Spread(0.0, 0.0), Spread(0.001, 1.0))
    assert measured(common=np.array([0.0, 0.01]), school=school).at([2026], 2025).zone.tolist() == [0.0]
