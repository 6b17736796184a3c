"""
The people: births that fall from year to year, and the children of every age that came of them.

A cohort starts as its births, 4/12 of the one calendar year and 8/12 of the next, and drifts with age from the villages
to the towns, as families do that move for a school.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from data.sample.river.land import Land

TODAY = 2026
OLDEST = 18
FIRST_BIRTHS, LAST_BIRTHS = 2018, 2025
"""Calendar years of births that the district knows; the forecast holds the last of them."""

_RESIDENTS = {0: (140, 900), 1: (1_300, 3_000), 2: (2_200, 4_000)}
"""Least and most residents of a village, a town's community and one of the county seat."""
_REMOTE_METRES = 4_500.0
"""A village this far from its town has a third of the residents of one beside it."""
_BIRTHS_PER_1000 = {2007: 11.0, 2012: 12.0, 2016: 12.6, 2017: 12.4, 2020: 8.6, 2023: 6.4, 2026: 5.4}
"""Births per thousand residents in some years, straight lines between them."""
_FERTILITY = {0: 0.9, 1: 1.05, 2: 1.1}
_DRIFT = {0: -0.014, 1: 0.010, 2: 0.016}
"""Share of a cohort that comes or goes with each year of age."""


@dataclass(frozen=True, slots=True, eq=False)
class Children:
    """
    The children of the district.

    Attributes
    ----------
    births
        Shape (V, Y), by calendar year from `FIRST_BIRTHS` to `LAST_BIRTHS`.
    ages
        Shape (V, 19), by completed age from 0 to 18 on 31 August of `TODAY`.
    """

    births: NDArray[np.int64]
    ages: NDArray[np.int64]


def make(rng: Generator, land: Land) -> Children:
    """Bear the children."""
    low, high = (np.array([_RESIDENTS[kind][end] for kind in land.kind]) for end in (0, 1))
    residents = rng.uniform(low, high) * _nearness(land)
    first, last = TODAY - OLDEST - 1, TODAY
    years = np.arange(first, last + 1)
    rate = np.interp(years, list(_BIRTHS_PER_1000), list(_BIRTHS_PER_1000.values())) / 1_000
    fertility = np.array([_FERTILITY[kind] for kind in land.kind])
    births = rng.poisson((residents * fertility)[:, None] * rate[None, :])
    known = slice(FIRST_BIRTHS - first, LAST_BIRTHS - first + 1)
    return Children(births[:, known].astype(np.int64), _ages(rng, land, births))


def _nearness(land: Land) -> NDArray[np.float64]:
    """1 for communities and for a village in town, a third for a remote one, in between by the way to town."""
    town = land.centres[land.centre_of_town[land.town]]
    way = np.minimum(np.hypot(*(land.centres - town).T) / _REMOTE_METRES, 1)
    return np.asarray(np.where(land.kind > 0, 1, 1 - way * 2 / 3))


def _ages(rng: Generator, land: Land, births: NDArray[np.int64]) -> NDArray[np.int64]:
    """Children by age today; the last column of births is this year's."""
    ages = np.arange(OLDEST + 1)
    of_cohort = births[:, ::-1]
    born = (4 * of_cohort[:, ages + 1] + 8 * of_cohort[:, ages]) / 12
    return np.floor(born * stay(land, ages) + rng.uniform(0, 1, born.shape)).astype(np.int64)


def stay(land: Land, ages: NDArray[np.int64]) -> NDArray[np.float64]:
    """Children of each settlement against those born there, shape (V, A), by age."""
    drift = np.array([_DRIFT[kind] for kind in land.kind])
    return np.asarray(1 + drift[:, None] * ages[None, :])
