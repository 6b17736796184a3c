"""Places that add up, against the textbook's own formula and against figures worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from data.forecast.agreement import Rung, agree

TOP = np.zeros(1, dtype=np.intp)


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_a_district_and_its_two_schools_meet_by_how_sure_they_are():
    """
    The district says 100 (variance 6), its schools 60 (variance 1) and 50 (variance 2): together 110 (variance 3).

    Agreed total: (100/6 + 110/3) / (1/6 + 1/3) = 106.67. The schools give up 3.33, one part and two parts of three.
    """
    total, schools = agree(
        [
            Rung(TOP, column(100), column(6)),
            Rung(np.zeros(2, dtype=np.intp), column(60, 50), column(1, 2)),
        ]
    )
    assert total[0, 0] == pytest.approx(320 / 3)
    assert schools[:, 0] == pytest.approx([60 - 10 / 9, 50 - 20 / 9])


def test_a_control_total_holds():
    total, schools = agree(
        [
            Rung(TOP, column(90), column(0)),
            Rung(np.zeros(2, dtype=np.intp), column(60, 50), column(1, 1)),
        ]
    )
    assert total[0, 0] == 90
    assert schools[:, 0] == pytest.approx([50, 40])


def test_a_place_without_its_own_estimate_is_the_sum_of_its_parts():
    total, zones, settlements = agree(
        [
            Rung(TOP, column(np.nan), column(0)),
            Rung(np.zeros(2, dtype=np.intp), column(np.nan, 30), column(0, 0)),
            Rung(np.zeros(3, dtype=np.intp), column(5, 7, 8), column(1, 1, 1)),
        ]
    )
    assert zones[:, 0].tolist() == [20, 30] and total[0, 0] == 50
    assert settlements[:, 0].tolist() == [5, 7, 8]


def test_nothing_becomes_negative_and_sums_hold():
    """Schools of 2 (very unsure) and 50 must make 40: the first can give 2 at most."""
    _, schools = agree(
        [
            Rung(TOP, column(40), column(0)),
            Rung(np.zeros(2, dtype=np.intp), column(2, 50), column(100, 1)),
        ]
    )
    assert schools.min() >= 0 and schools.sum() == pytest.approx(40)


numbers = arrays.arrays(float, 7, elements=st.floats(20, 90))
variances = arrays.arrays(float, 7, elements=st.floats(0.5, 4))


@given(numbers, variances)
def test_it_is_the_generalised_least_squares_fit(estimates, spread):
    """One district, two zones, four settlements: S (S' W^-1 S)^-1 S' W^-1 y (Wickramasuriya et al. 2019, eq. 7)."""
    sums = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [0, 0, 1, 1], *np.eye(4)])
    weights = np.diag(1 / spread)
    fit = sums @ np.linalg.solve(sums.T @ weights @ sums, sums.T @ weights @ estimates)
    if fit.min() < 0:
        return
    total, zones, settlements = agree(
        [
            Rung(TOP, column(*estimates[:1]), column(*spread[:1])),
            Rung(np.zeros(2, dtype=np.intp), column(*estimates[1:3]), column(*spread[1:3])),
            Rung(np.array([0, 0, 1, 1]), column(*estimates[3:]), column(*spread[3:])),
        ]
    )
    assert np.concatenate([total, zones, settlements])[:, 0] == pytest.approx(fit, rel=1e-6, abs=1e-6)
