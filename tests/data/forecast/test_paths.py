"""Sample paths: their mean, their spread and their sums, each against what the docstring of the model says."""

import numpy as np
import pytest

from data.forecast import paths
from data.forecast.paths import Errors, Paths

YEARS = np.arange(5)


def many(middle=400.0, places=6, *, common=0.0, zone=0.0, chance=0.0, count=4_000, seed=(7,), divisions=1):
    return Paths(
        middle=np.full((places, 5), middle),
        zone=np.arange(places) // 2,
        division=np.arange(places) % divisions,
        errors=Errors(common * YEARS, zone * YEARS, chance * YEARS),
        count=count,
        seed=seed,
    )


def test_the_same_seed_gives_the_same_paths_and_another_seed_others():
    assert np.array_equal(many(chance=0.1).draw(), many(chance=0.1).draw())
    assert not np.array_equal(many(chance=0.1).draw(), many(chance=0.1, seed=(8,)).draw())


def test_without_error_every_path_is_the_middle():
    assert (many().draw() == 400).all()


def test_half_children_are_rounded_at_random_so_that_their_mean_stays():
    # 4,000 paths of 2.5: a mean of 2.5 with a standard error of 0.5 / sqrt(4,000) = 0.008.
    assert many(2.5).draw().mean() == pytest.approx(2.5, abs=0.04)


@pytest.mark.parametrize("which", ["common", "zone"])
def test_the_mean_stays_the_middle_and_the_spread_grows_with_the_years(which):
    drawn = many(**{which: 0.01}).draw()
    assert drawn[:, 0].std() == 0
    for year in range(1, 5):
        # A lognormal of log variance 0.01 a year: relative standard deviation sqrt(exp(0.01 years) - 1).
        wanted = np.sqrt(np.expm1(0.01 * year))
        assert drawn[0, year].std() / 400 == pytest.approx(wanted, rel=0.1)
        assert drawn[0, year].mean() == pytest.approx(400, rel=0.02)


def test_a_place_of_four_times_the_children_has_half_the_relative_error_of_chance():
    small, large = (many(n, chance=0.5).draw()[0, 4].std() / n for n in (100, 400))
    assert small / large == pytest.approx(2, rel=0.15)


def test_places_of_a_zone_err_together_and_other_zones_apart():
    drawn = many(zone=0.05).draw()[:, 4].astype(float)
    assert np.corrcoef(drawn[0], drawn[1])[0, 1] > 0.95
    assert abs(np.corrcoef(drawn[0], drawn[2])[0, 1]) < 0.1


def test_half_of_the_error_of_divisions_is_shared():
    drawn = many(common=0.05, divisions=2).draw()[:, 4].astype(float)
    assert np.corrcoef(drawn[0], drawn[2])[0, 1] > 0.95
    assert np.corrcoef(drawn[0], drawn[1])[0, 1] == pytest.approx(0.5, abs=0.1)


def test_a_path_that_is_high_in_one_year_is_likely_to_be_high_in_the_next():
    drawn = many(zone=0.05).draw()[0].astype(float)
    assert np.corrcoef(drawn[3], drawn[4])[0, 1] == pytest.approx(np.sqrt(3 / 4), abs=0.07)


def test_the_band_holds_its_share_of_the_paths():
    drawn = many(zone=0.05, count=1_001).draw()
    low, high = paths.band(drawn, 0.8)
    inside = ((drawn >= low[..., None]) & (drawn <= high[..., None])).mean(axis=-1)
    assert (low <= high).all() and inside.min() >= 0.8 and inside[:, 1:].max() < 0.82


def test_sums_add_up_in_every_path_and_leave_out_who_belongs_to_none():
    drawn = many(chance=0.2, count=50).draw()
    groups = np.array([2, 0, 0, -1, 2, 0])
    found = paths.sums(drawn, groups, 4)
    assert np.array_equal(found[0], drawn[[1, 2, 5]].sum(axis=0))
    assert np.array_equal(found[2], drawn[[0, 4]].sum(axis=0))
    assert not found[1].any() and not found[3].any()
