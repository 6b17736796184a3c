"""Survival and births from few figures, against integrals made another way."""

import numpy as np
import pytest
from scipy.integrate import quad

from data.forecast import vital


def test_every_figure_says_where_it_is_from_and_how_far_it_is_trusted():
    for rate in vital.rates():
        assert rate.source
        assert rate.trust in {"V", "K", "U"}


def test_years_lived_are_the_integral_of_a_makeham_law_over_five():
    infant, under5, makeham, slope = 0.01, 0.02, 0.0005, 0.1
    lived = vital.years_lived(infant, under5, 70.0, makeham, slope)
    assert lived.sum() == pytest.approx(70.0, abs=1e-6)
    assert lived[0] == pytest.approx(1 - (1 - 0.07 - 1.7 * 0.01) * 0.01)
    # Alive at 1: 0.99, at 5: 0.98, the hazard h in between even: alive at 1 + t are 0.99 exp(-h t).
    h = np.log(0.99 / 0.98) / 4
    assert lived[1:5].sum() == pytest.approx(quad(lambda t: 0.99 * np.exp(-h * t), 0, 4)[0], abs=1e-6)

    def alive(age, level):
        return 0.98 * np.exp(-makeham * (age - 5) - level / slope * (np.exp(slope * age) - np.exp(slope * 5)))

    # The level that gives the years lived at 60 must give those of 40 and 80 too.
    low, high = 1e-7, 1e-2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if quad(alive, 60, 61, args=(middle,))[0] > lived[60] else (low, middle)
    for age in (40, 80):
        assert lived[age] == pytest.approx(quad(alive, age, age + 1, args=(low,))[0], rel=1e-3)


def test_men_die_younger_than_women_and_children_hardly_at_all():
    survival = vital.survival((vital.MALE, vital.FEMALE))
    assert (survival.yearly[0, 20:100] < survival.yearly[1, 20:100]).all()
    assert (survival.yearly[:, :15] > 0.999).all()
    assert ((survival.yearly > 0) & (survival.yearly <= 1)).all()


def test_survival_over_years_is_the_product_of_the_years():
    survival = vital.survival()
    assert survival.over(3)[0, 10] == pytest.approx(np.prod(survival.yearly[0, 10:13]))
    assert survival.over(2)[0, 100] == pytest.approx(survival.yearly[0, 100] ** 2)


def test_childbearing_adds_up_and_has_the_mean_and_spread_asked_for():
    shares = vital.childbearing(27.0, 3.0)
    middle = np.arange(15.5, 50)
    assert shares.sum() == pytest.approx(1)
    assert shares @ middle == pytest.approx(27.0, abs=0.01)
    # Sheppard: whole years add 1/12 to the variance.
    assert shares @ (middle - 27) ** 2 == pytest.approx(9 + 1 / 12, abs=0.05)


def test_an_unknown_figure_is_refused():
    with pytest.raises(KeyError):
        vital.rate("height")
