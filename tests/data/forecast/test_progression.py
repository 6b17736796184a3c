"""Cohorts carried on, entrants, schools within the district, and how far all that may be off; worked by hand."""

import numpy as np
import pytest

from data.forecast.history import History
from data.forecast.intake import combined, entering
from data.forecast.progression import ahead
from data.forecast.spread import DEVIATIONS_OF_BAND, Errors, Spread, counted, fitted, past_errors, rolling, spreads


def history(pupils, first=2000, grades=None, births=None):
    """Make a history of schools a, b, ... from counts of shape (S, G, Y)."""
    counts = np.array(pupils, dtype=float)
    series = tuple("abcdefghijklmnop"[: len(counts)])
    years = tuple(range(first, first + counts.shape[2]))
    return History(series, grades or tuple(range(1, counts.shape[1] + 1)), years, counts, births)


def cohorts(sizes, grades):
    """Counts of shape (1, G, Y) in which nobody comes or leaves; the first cohort is in the top grade in year 0."""
    years = len(sizes) - grades + 1
    return [[[sizes[grades - 1 - grade + year] for year in range(years)] for grade in range(grades)]]


def test_a_cohort_that_nobody_joins_or_leaves_keeps_its_pupils():
    # Cohorts enter with 50, 80, 60, 90, 70, 100; in the last year grades 1, 2, 3 hold 100, 70, 90.
    made = ahead(history(cohorts([50, 80, 60, 90, 70, 100], 3)), 2)
    assert made.years == (2004, 2005)
    assert made.district[1:, 0] == pytest.approx([100, 70])
    assert made.district[2, 1] == pytest.approx(100)


def test_one_year_of_roll_moves_up_as_it_is():
    made = ahead(history([[[30], [20], [10]], [[3], [2], [0]]]), 2)
    assert made.pupils[:, 1:, 0] == pytest.approx(np.array([[30, 20], [3, 2]]))
    assert made.pupils[:, 2, 1] == pytest.approx([30, 3])
    assert made.pupils[:, 0, 1] == pytest.approx([30, 3])


def test_a_steady_gain_shows_in_the_ratio_but_is_drawn_towards_one_while_years_are_few():
    # Each year grade 2 holds 10 % more than grade 1 did the year before.
    two = ahead(history([[[100, 100], [100, 110]]]), 1).ratios[0, 1]
    many = ahead(history([[[100] * 20, [110] * 20]]), 1).ratios[0, 1]
    assert 1 < two < many - 0.01
    assert many == pytest.approx(1.1, abs=0.01)


def test_schools_add_up_to_the_district_and_a_school_that_ended_is_none():
    counts = np.random.default_rng(1).poisson(40, (3, 4, 9)).astype(float)
    counts[1, :, 6:] = np.nan
    made = ahead(history(counts), 5)
    assert np.isnan(made.pupils[1]).all()
    assert np.nansum(made.pupils, axis=0) == pytest.approx(made.district)


def test_entrants_known_from_elsewhere_are_taken_as_they_are():
    given = np.array([[11.0, 12.0], [5.0, 0.0]])
    made = ahead(history(np.full((2, 2, 4), 20.0)), 2, entrants=given)
    assert made.pupils[:, 0] == pytest.approx(given)
    assert made.pupils[:, 1, 1] == pytest.approx(given[:, 0])
    with pytest.raises(ValueError, match="entrants"):
        ahead(history(np.full((2, 2, 4), 20.0)), 3, entrants=given)


def test_entrants_follow_the_births_they_followed():
    births = dict(zip(range(1990, 2016), 100 + 60 * np.random.default_rng(3).random(26), strict=True))
    years = tuple(range(1996, 2011))
    # Grade 1 at six: half of 4/12 of the births seven years before and 8/12 of those six years before.
    share = [0.5 * (births[year - 7] / 3 + 2 * births[year - 6] / 3) - 0.25 for year in (*years[1:], 2011, 2012)]
    counts = np.array([40.0, *share[:-2]])
    made = entering(counts, years, 2, 6, births)
    assert made == pytest.approx(share[-2:], rel=0.01)


def test_births_known_for_no_year_of_the_history_change_nothing():
    counts, years = np.array([50.0, 60.0, 55.0]), (2000, 2001, 2002)
    assert entering(counts, years, 3, 6, {2001: 90, 2002: 95}) == pytest.approx(entering(counts, years, 3, 6, None))


def test_weights_are_powers_of_past_errors_times_the_prior():
    assert combined(np.array([1.0, 4.0]), 1.0) == pytest.approx([0.8, 0.2])
    assert combined(np.array([1.0, 4.0]), 0.5, np.array([1.0, 2.0])) == pytest.approx([0.5, 0.5])
    assert combined(np.array([[1.0, 1.0], [2.0, 8.0]]), 1.0) == pytest.approx([0.8, 0.2])
    assert combined(np.array([np.nan, np.nan]), 3.0, np.array([1.0, 3.0])) == pytest.approx([0.25, 0.75])


def test_a_large_school_goes_by_its_own_record_and_a_small_one_by_the_district():
    # In both one pupil in five leaves before grade 2, in the other schools nobody does.
    large, small = [[100] * 9, [80] * 9], [[5] * 9, [4] * 9]
    others = [[[100] * 9, [100] * 9]] * 4
    ratios = ahead(history([large, small, *others]), 1).ratios[:, 1]
    assert ratios[0] == pytest.approx(0.8, abs=0.05)
    assert ratios[0] < ratios[1] < ratios[2]


def test_a_school_that_begins_with_a_later_grade_takes_its_share_of_it():
    # a teaches grades 1 and 2, b takes all of grade 3 from it.
    made = ahead(history([[[30] * 6, [30] * 6, [0] * 6], [[0] * 6, [0] * 6, [30] * 6]]), 3)
    assert made.pupils[0, 2] == pytest.approx([0, 0, 0], abs=0.01)
    assert made.pupils[1, 2] == pytest.approx(made.district[2], abs=0.01)
    assert made.pupils[1, :2] == pytest.approx(np.zeros((2, 3)), abs=0.01)


def test_a_school_that_is_merged_into_is_carried_on_at_its_new_size():
    # c closes after 2005 and its 30 pupils a grade go to a.
    a, c = [[30] * 6 + [60] * 3] * 3, [[30] * 6 + [np.nan] * 3] * 3
    made = ahead(history([a, [[50] * 9] * 3, c]), 2)
    assert made.pupils[0] == pytest.approx(np.full((3, 2), 60), rel=0.02)
    assert made.pupils[1] == pytest.approx(np.full((3, 2), 50), rel=0.02)


def test_tiny_schools_and_grades_without_a_pupil_give_finite_numbers():
    made = ahead(history([[[0, 0, 0]] * 3, [[3, 0, 1], [0, 2, 0], [1, 0, 0]]]), 10)
    assert np.isfinite(made.pupils).all()
    assert (made.pupils >= 0).all()
    assert made.pupils[0] == pytest.approx(np.zeros((3, 10)), abs=1e-6)


def test_a_history_without_a_count_is_refused():
    with pytest.raises(ValueError, match="count"):
        ahead(history(np.full((1, 2, 3), np.nan)), 1)


def test_a_year_far_under_both_neighbours_is_left_out_once_the_next_count_is_in():
    counts = np.full((2, 3, 5), 100.0)
    counts[:, :, 3] = 85
    whole = history(counts)
    assert whole.left_out.tolist() == [False, False, False, True, False]
    assert not whole.upto(2003).left_out.any()
    assert np.isnan(counted(whole)["district total"][0, 3])
    counts[:, :, 3] = 93  # 7 % under: kept
    assert not history(counts).left_out.any()


def test_a_school_far_under_its_neighbours_is_put_in_along_its_cohorts():
    counts = np.array(cohorts([40, 50, 60, 70, 80, 90], 3))
    counts[0, :, 2] = 10
    both = history(np.concatenate([counts, np.full((1, 3, 4), 3000.0)]))
    assert both.left_out_of.tolist() == [[False, False, True, False], [False] * 4]
    # In 2002 grades 2 and 3 are the cohorts of 70 and 60; grade 1 is the one that had 80 in grade 2 a year later.
    assert both.filled()[0, :, 2].tolist() == [80, 70, 60]
    assert both.upto(2002).filled()[0, :, 2].tolist() == [10, 10, 10]


def test_only_births_before_the_year_are_known_in_it():
    known = history(np.ones((1, 2, 3)), births={1999: 5, 2000: 6, 2001: 7, 2002: 8}).upto(2001)
    assert known.births == {1999: 5, 2000: 6}


def test_four_of_five_past_errors_lie_in_the_band():
    rng = np.random.default_rng(5)
    log = rng.normal(0, 0.1, 5_000)
    origin = np.repeat(np.arange(1000), 5)
    spread = fitted(Errors(log, np.full(5_000, 80.0), np.ones(5_000, dtype=int), origin), 1)
    assert spread.of(80.0, 1) == pytest.approx(0.1, rel=0.05)
    low, high = spread.band(80.0, 1)
    assert np.mean((80 * np.exp(log) >= low) & (80 * np.exp(log) <= high)) == pytest.approx(0.8, abs=0.01)


def test_small_counts_get_wider_bands_when_the_past_says_so():
    rng = np.random.default_rng(6)
    size = np.repeat([10.0, 1000.0], 400)
    log = rng.normal(0, 0.02 * np.sqrt(1 + 100 / size))
    spread = fitted(Errors(log, size, np.ones(800, dtype=int), np.tile(np.arange(400), 2)), 1)
    # 0.02 sqrt(1 + 10) and 0.02 sqrt(1 + 0.1)
    assert spread.of(10.0, 1) == pytest.approx(0.0663, rel=0.15)
    assert spread.of(1000.0, 1) == pytest.approx(0.0210, rel=0.15)


def test_where_no_outcome_is_known_the_variance_grows_with_the_years():
    none = np.empty(0)
    spread = fitted(Errors(none, none, none.astype(int), none.astype(int)), 4)
    assert np.array(spread.variance) == pytest.approx(0.02**2 * np.arange(1, 5))
    assert spread.of(50.0, 8) == pytest.approx(spread.of(50.0, 4) * np.sqrt(2))


def test_a_band_is_as_wide_as_its_deviation():
    low, high = Spread((0.01,), 0.0).band(100.0, 1)
    assert np.log(high / 100) == pytest.approx(DEVIATIONS_OF_BAND * 0.1)
    assert np.log(low / 100) == pytest.approx(-DEVIATIONS_OF_BAND * 0.1)


def test_errors_compare_what_came_and_never_across_a_left_out_year():
    counts = np.full((1, 2, 8), 100.0)
    counts[:, :, 4] = 80
    made = history(counts)
    errors = past_errors(made, rolling(made, 3))["district total"]
    crossing = [(o, h) for o, h in zip(errors.origin, errors.horizon, strict=True) if o < 2004 <= o + h]
    assert crossing == []
    assert 2004 not in errors.origin
    assert errors.log == pytest.approx(np.zeros(len(errors.log)), abs=1e-6)
    assert set(spreads(made, 3)) == {"district grade", "district total", "school total", "school grade"}
