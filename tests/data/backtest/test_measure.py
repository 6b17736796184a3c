"""Scores of forecasts, by hand."""

import numpy as np
import pandas as pd
import pytest

from data.backtest.measure import TRIAL_COLUMNS, figures, scores, scores_by_size


def trials(*rows):
    """Make trials of one unit from (place, method, horizon, forecast, actual, low, high)."""
    frame = pd.DataFrame(rows, columns=["place", "method", "horizon", "forecast", "actual", "low", "high"])
    frame = frame.assign(unit="pupils", stage="", grade=None, origin=2000, size=frame["actual"])
    frame["year"] = 2000 + frame["horizon"]
    return frame[list(TRIAL_COLUMNS)]


def test_figures_by_hand():
    # Errors +10 of 100, -30 of 300 and +5 of 0: relative 10 % and 10 %; together 45 of 400; net -15 of 400.
    one = trials(
        ("a", "m", 1, 110, 100, 90, 120), ("b", "m", 1, 270, 300, 260, 280), ("c", "m", 1, 5, 0, np.nan, np.nan)
    )
    found = figures(one)
    assert found["cases"] == 3
    assert found["mape"] == pytest.approx(10)
    assert found["median_ape"] == pytest.approx(10)
    assert found["weighted_ape"] == pytest.approx(100 * 45 / 400)
    assert found["bias"] == pytest.approx(100 * -15 / 400)
    assert found["coverage"] == pytest.approx(50)


def test_the_place_in_the_middle_counts_each_place_once_however_many_cases_it_has():
    # Place a is off by 10 and 30 % (mean 20), b by 10, c by 50: the middle place by 20; the mean of the cases is 25.
    rows = [("a", "m", 1, 110, 100, np.nan, np.nan), ("a", "m", 1, 130, 100, np.nan, np.nan)]
    rows += [("b", "m", 1, 90, 100, np.nan, np.nan), ("c", "m", 1, 150, 100, np.nan, np.nan)]
    found = figures(trials(*rows))
    assert (found["place_median"], found["mape"]) == (pytest.approx(20), pytest.approx(25))


def test_methods_are_compared_on_the_cases_they_share_and_the_best_is_named():
    rows = [(str(place), "unchanged", 1, 110, 100, np.nan, np.nan) for place in range(19)]
    rows += [("19", "unchanged", 1, 100, 100, np.nan, np.nan)]  # a case the other method has not
    rows += [(str(place), "junheng", 1, 105, 100, 90, 110) for place in range(19)]
    found = scores(trials(*rows)).set_index("method")
    assert found["cases"].tolist() == [19, 19]
    assert found.loc["unchanged", "mape"] == pytest.approx(10)
    assert found.loc["junheng", "mape"] == pytest.approx(5)
    assert found["best"].to_dict() == {"junheng": True, "unchanged": False}


def test_a_method_with_few_cases_is_scored_but_not_ranked():
    rows = [(str(place), "unchanged", 1, 110, 100, np.nan, np.nan) for place in range(10)]
    rows += [("0", "lucky", 1, 100, 100, np.nan, np.nan)]
    found = scores(trials(*rows)).set_index("method")
    assert found.loc["lucky", "mape"] == 0
    assert not found.loc["lucky", "ranked"]
    assert found.loc["unchanged", "best"]
    assert found.loc["unchanged", "cases"] == 10


def test_horizons_are_scored_apart():
    found = scores(trials(("a", "m", 1, 101, 100, 0, 1), ("a", "m", 3, 103, 100, 0, 200)))
    assert found["horizon"].tolist() == [1, 3]
    assert found["mape"].tolist() == pytest.approx([1, 3])
    assert found["coverage"].tolist() == [0, 100]


def test_thirds_of_size_are_scored_apart():
    rows = [(str(place), "m", 1, 10 * place + 1, 10 * place, np.nan, np.nan) for place in range(1, 10)]
    found = scores_by_size(trials(*rows))
    # Sizes 10 to 90: the thirds are 10-30, 40-60 and 70-90; an error of 1 in each.
    assert found["cases"].tolist() == [3, 3, 3]
    assert found["mape"].tolist()[0] == pytest.approx(100 * (1 / 10 + 1 / 20 + 1 / 30) / 3)
