"""The spread of a projection: what it learns from which past errors."""

import numpy as np
import pytest

from data.forecast import spread
from data.forecast.spread import Errors, Spread


def errors(by_origin, horizon=1, size=1e9):
    """Errors of many large places, all of the same absolute size at an origin."""
    log = np.concatenate([np.full(100, sd) * np.where(np.arange(100) % 2, 1, -1) for sd in by_origin.values()])
    origin = np.repeat(np.array(list(by_origin)), 100)
    return Errors(log, np.full(log.size, size), np.full(log.size, horizon), origin)


def test_the_first_origins_of_a_history_are_left_out_as_long_as_two_others_are_known():
    wild = dict.fromkeys(range(2000, 2004), 0.5)
    calm = dict.fromkeys(range(2004, 2010), 0.05)
    only_calm = spread.fitted(errors(calm | {2010: 0.05, 2011: 0.05, 2012: 0.05, 2013: 0.05}), 1)
    # Four wild origins are left out; six calm ones stay, as of ten calm ones six do.
    assert spread.fitted(errors(wild | calm), 1).variance == pytest.approx(only_calm.variance)


def test_with_few_origins_the_first_ones_count_too():
    assert spread.fitted(errors({2000: 0.5, 2001: 0.05}), 1).variance[0] > 0.5**2 / 10


def test_a_band_holds_four_fifths_of_errors_like_those_it_was_fitted_on():
    rng = np.random.default_rng(3)
    origin = np.repeat(np.arange(2000, 2020), 200)
    log = rng.normal(0, 0.1, origin.size)
    found = spread.fitted(Errors(log, np.full(log.size, 1e9), np.ones(log.size, dtype=np.int64), origin), 1)
    # 20 origins against the leaning of two on 2 %: a little under the true 10 %.
    assert float(found.of(1e9, 1)) == pytest.approx(0.1, rel=0.1)


def test_beyond_the_longest_horizon_the_variance_grows_with_the_years():
    found = Spread((0.01, 0.02), 0.0)
    assert found.of(100.0, 4) ** 2 == pytest.approx(0.04)


def test_the_smaller_the_place_the_wider():
    found = Spread((0.01,), 100.0)
    assert found.of(100.0, 1) / found.of(1e9, 1) == pytest.approx(np.sqrt(2))
