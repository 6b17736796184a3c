"""Errors of forecasts: measured on rolls, published ones where rolls are short, extended in proportion to the years."""

import numpy as np
import pytest

from data.forecast.capture import Spread
from data.forecast.history import History
from data.monitoring import errors
from data.monitoring.errors import Measured


def history(schools, years, *, noise=0.0, seed=1):
    """Schools of six grades of 50 that all stay to the next grade, each grade off by ``noise`` at random."""
    rng = np.random.default_rng(seed)
    pupils = 50 * np.exp(rng.normal(0, noise, (schools, 6, years)))
    return History(tuple(f"S{n}" for n in range(schools)), (1, 2, 3, 4, 5, 6), tuple(range(2010, 2010 + years)), pupils)


def test_rolls_that_stay_the_same_are_forecast_without_error():
    trials = errors.progress_again(history(5, 8))
    assert trials.error.size > 0 and np.abs(trials.error).max() < 1e-9
    assert np.abs(trials.whole_error).max() < 1e-9


def test_every_earlier_year_is_an_origin_and_no_later_year_is_used():
    """Eight years: origins 2011 to 2016 (two years of roll at least), 1 to 5 years ahead: 5 + 5 + 4 + 3 + 2 + 1."""
    trials = errors.progress_again(history(3, 8))
    assert trials.whole_ahead.size == 20
    assert trials.ahead.size == 3 * 20


def test_noisier_rolls_have_larger_errors():
    calm, wild = (np.std(errors.progress_again(history(20, 10, noise=n)).error) for n in (0.02, 0.2))
    assert wild > 5 * calm


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
