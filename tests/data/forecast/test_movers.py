"""The change of cohorts, learned from other places."""

import numpy as np
import pytest

from data.forecast import movers
from data.forecast.opening import AgeCounts, AgeGroup

GROUPS = tuple(AgeGroup(age, age + 4) for age in range(0, 60, 5))


def known(pull, settled=None, before=None):
    nothing = np.full(len(pull), np.nan)
    columns = [pull, nothing if settled is None else settled, nothing if before is None else before]
    return np.column_stack(columns)


def test_a_line_without_noise_is_found():
    pull = np.linspace(-1, 1, 20)
    learned = movers.learn(known(pull), 0.2 + 0.5 * pull)
    assert learned.log_change(known(np.array([2.0])))[0] == pytest.approx(1.2)
    assert learned.half_width == pytest.approx(0, abs=1e-9)


def test_the_mean_of_the_lines_is_the_forecast():
    pull, settled = np.linspace(-1, 1, 20), np.resize([1.0, -1.0], 20)
    settled -= pull * (settled @ pull) / (pull @ pull)  # no part of pull in it, so that both lines have the same slope
    learned = movers.learn(known(pull, settled), 0.5 * pull + 0.05 * settled)
    found = learned.log_change(known(np.array([0.0]), np.array([1.0])))[0]
    assert found == pytest.approx(0.05 / 2, abs=0.005)


def test_a_place_with_a_redrawn_border_does_not_bend_the_line():
    pull = np.linspace(-1, 1, 21)
    change = 0.5 * pull + np.resize([0.01, -0.01], 21)
    change[20] += 3.0
    found = movers.learn(known(pull), change).log_change(known(np.array([1.0])))[0]
    assert found == pytest.approx(0.5, abs=0.02)


def test_no_place_teaches_nothing_and_few_teach_their_mean():
    assert movers.learn(known(np.zeros(0)), np.zeros(0)).log_change(known(np.array([1.0]))).tolist() == [0.0]
    few = movers.learn(known(np.array([0.0, 1.0, 2.0])), np.array([0.1, 0.2, 0.3]))
    assert few.log_change(known(np.array([9.0])))[0] == pytest.approx(0.2)
    assert np.isnan(few.half_width)


def test_the_outcome_of_a_place_enters_neither_its_forecast_nor_its_band():
    draw = np.random.default_rng(1)
    pull, change = draw.normal(size=15), draw.normal(size=15)
    folds = [np.array([place]) for place in range(15)]
    forecast, half = movers.leave_out(known(pull), change, folds)
    other = change.copy()
    other[4] += 5
    forecast_then, half_then = movers.leave_out(known(pull), other, folds)
    assert forecast_then[4] == pytest.approx(forecast[4])
    assert half_then[4] == pytest.approx(half[4])
    assert forecast_then[5] != pytest.approx(forecast[5])


def test_bands_hold_four_fifths_of_places_never_seen():
    draw = np.random.default_rng(2)
    hits = []
    for _ in range(60):
        pull = draw.normal(size=40)
        change = 0.3 * pull + 0.1 * draw.normal(size=40)
        learned = movers.learn(known(pull[:39]), change[:39])
        hits.append(abs(change[39] - learned.log_change(known(pull[39:]))[0]) <= learned.half_width)
    assert 0.7 <= np.mean(hits) <= 0.92  # 60 draws of 0.8: three standard deviations are 0.15


def test_generations_of_a_whole_country_do_not_change_who_draws_the_young():
    first = AgeCounts(tuple("ABCDEFGH"), GROUPS, np.full((8, 12), 1000.0))
    first.counts[:, 4] = [400, 600, 800, 900, 1100, 1300, 1500, 1700]
    second = AgeCounts(first.places, GROUPS, first.counts.copy())
    second.counts[:, 2] = first.counts[:, 4]  # children of 0-4 change as 20-24 stand to 10-14
    later = AgeCounts(first.places, GROUPS, first.counts.copy())
    later.counts[:, 4] /= 2  # half as many born twenty years before, everywhere
    same = movers.cohort_changes(first, second, first, 10, blocks=((0, 4),))
    halved = movers.cohort_changes(first, second, later, 10, blocks=((0, 4),))
    assert halved[:, 0] == pytest.approx(same[:, 0], abs=0.01)
    assert same[:, 0] == pytest.approx(np.log(first.counts[:, 4] / 1000), abs=0.01)


def test_blocks_that_no_groups_tell_are_unknown():
    counts = AgeCounts(("A", "B"), GROUPS, np.ones((2, 12)))
    assert np.isnan(movers.cohort_changes(counts, counts, counts, 10, blocks=((2, 6),))).all()
