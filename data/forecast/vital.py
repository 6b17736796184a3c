"""
Survival and births by single age, from the few figures in ``vital.csv``.

Survival. Of those born, 1 - q0 live to age 1 and 1 - q5 to age 5, the hazard between being even; above 5 it is
``makeham + level exp(slope x)``, the level solved so that the life expectancy is met. Years lived from age x to x + 1:

    L[0] = 1 - (1 - a0) q0,  a0 = 0.07 + 1.7 q0 (Keyfitz)      L[x] = integral of l from x to x + 1

Childbearing: a gamma density from age 15 with the mean and deviation given, cut at 50 and made to add up to 1.

Sources: Makeham (1860), J. Inst. Actuaries 8; Keyfitz (1970), Finding probabilities from observed rates, Am.
Statistician 24(1); Hoem et al. (1981), Experiments in modelling recent Danish fertility curves, Demography 18(2).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import gamma

Floats = NDArray[np.float64]

OLDEST = 100
"""The last single age; it holds everybody of that age and older."""

AGES = OLDEST + 1
BOTH, MALE, FEMALE = "both", "male", "female"
FIRST_CHILDBEARING, LAST_CHILDBEARING = 15, 49

_END = 130
_STEPS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Rate:
    """One figure of ``vital.csv``; ``trust``: K known but not re-read, U unverified."""

    key: str
    sex: str
    value: float
    unit: str
    year: int
    source: str
    trust: str


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """
    Shares that live on, for each of S sexes.

    Attributes
    ----------
    born
        Shape (S,): of those born in a year, the share alive at its end.
    yearly
        Shape (S, 101): of those of an age, the share alive a year later; the last for everybody of 100 and older.
    """

    born: Floats
    yearly: Floats

    @staticmethod
    def certain(sexes: int) -> Survival:
        """Nobody dies."""
        return Survival(np.ones(sexes), np.ones((sexes, AGES)))

    def over(self, years: int) -> Floats:
        """Return the share of each age alive after some years, shape (S, 101)."""
        ages = np.arange(AGES)
        alive = np.ones_like(self.yearly)
        for year in range(years):
            alive = alive * self.yearly[:, np.minimum(ages + year, OLDEST)]
        return alive


@cache
def rates() -> tuple[Rate, ...]:
    """Give all figures shipped with the program."""
    text = resources.files("data.forecast").joinpath("vital.csv").read_text(encoding="utf-8")
    return tuple(
        Rate(row["key"], row["sex"], float(row["value"]), row["unit"], int(row["year"]), row["source"], row["trust"])
        for row in csv.DictReader(text.splitlines())
    )


def rate(key: str, sex: str = BOTH) -> Rate:
    """Give one figure, that of both sexes where a sex has none of its own; raises ``KeyError`` without any."""
    found = {row.sex: row for row in rates() if row.key == key}
    if not found:
        raise KeyError(key)
    return found.get(sex) or found.get(BOTH) or next(iter(found.values()))


def years_lived(infant: float, under5: float, expectancy: float, makeham: float, slope: float) -> Floats:
    """
    Return the years lived at each age by one person born, shape (101,); the last from 100 on.

    Parameters
    ----------
    infant, under5
        Shares of those born that die before age 1 and age 5.
    expectancy
        Years; what the result adds up to.
    makeham, slope
        A year, and a year of age.

    Raises
    ------
    ValueError
        When no level of mortality gives that expectancy.
    """

    def lived(log_level: float) -> Floats:
        return _years_lived(infant, under5, makeham, slope, log_level)

    def excess(log_level: float) -> float:
        return float(lived(log_level).sum()) - expectancy

    return lived(brentq(excess, -25.0, -3.0, xtol=1e-12))


def survival(sexes: Sequence[str] = (BOTH,)) -> Survival:
    """Give the survival of the sexes named, from the figures shipped."""
    lived = np.array([_shipped_years_lived(sex) for sex in sexes])
    yearly = np.ones_like(lived)
    yearly[:, :-2] = lived[:, 1:-1] / lived[:, :-2]
    yearly[:, -2:] = (lived[:, -1] / (lived[:, -1] + lived[:, -2]))[:, None]  # everybody over 99 alike
    return Survival(lived[:, 0].copy(), yearly)


def stationary(sex: str = BOTH) -> Floats:
    """Give the ages of a population that neither grows nor moves, shape (101,), per birth a year."""
    return _shipped_years_lived(sex).copy()


def childbearing(mean: float | None = None, deviation: float | None = None) -> Floats:
    """Give the share of a woman's children born at each age 15 to 49, shape (35,); as shipped where not given."""
    mean = rate("childbearing_mean").value if mean is None else mean
    deviation = rate("childbearing_deviation").value if deviation is None else deviation
    after = mean - FIRST_CHILDBEARING
    density = gamma(a=(after / deviation) ** 2, loc=FIRST_CHILDBEARING, scale=deviation**2 / after)
    shares = np.diff(density.cdf(np.arange(FIRST_CHILDBEARING, LAST_CHILDBEARING + 2)))
    return np.asarray(shares / shares.sum(), dtype=np.float64)


@cache
def _shipped_years_lived(sex: str) -> Floats:
    return years_lived(
        rate("infant_mortality", sex).value / 1000,
        rate("under5_mortality", sex).value / 1000,
        rate("life_expectancy", sex).value,
        rate("makeham", sex).value,
        rate("gompertz_slope", sex).value,
    )


def _years_lived(infant: float, under5: float, makeham: float, slope: float, log_level: float) -> Floats:
    at = np.linspace(1, _END, (_END - 1) * _STEPS_A_YEAR + 1)
    even = -np.log((1 - under5) / (1 - infant)) / 4
    adult = makeham * (at - 5) + np.exp(log_level) / slope * (np.exp(slope * at) - np.exp(slope * 5))
    hazard = np.where(at <= 5, even * (at - 1), even * 4 + adult)
    alive = (1 - infant) * np.exp(-hazard)
    pieces = (alive[1:] + alive[:-1]) / 2 / _STEPS_A_YEAR
    by_age = pieces.reshape(_END - 1, _STEPS_A_YEAR).sum(axis=1)
    first = 1 - (1 - (0.07 + 1.7 * infant)) * infant
    return np.concatenate([[first], by_age[: OLDEST - 1], [by_age[OLDEST - 1 :].sum()]])
