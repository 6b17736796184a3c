"""
What was before today, and who is no child: earlier rolls, adults by age and sex, children of migrant workers.

Drawn after everything else and from numbers of its own, so that today's district is the same with and without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from data.domain.schools import GRADES, Stage
from data.sample.river.land import Land
from data.sample.river.network import Network, SampleSchool
from data.sample.river.people import OLDEST, TODAY, Children, stay

FIRST_ROLL = 2017
OLDEST_ADULT = 100
_COMES_OR_GOES = 0.012
"""Share of a grade that changes school in a year for reasons of its own."""
_RESIDENTS_A_CHILD = 5.6
_ADULTS = {19: 0.75, 25: 0.8, 35: 1.25, 42: 1.0, 52: 1.5, 58: 1.6, 65: 1.1, 75: 0.65, 85: 0.22, 100: 0.004}
"""Adults of a single age against the mean age, straight lines between: many of them work elsewhere at 19 to 30."""
_MALE_SHARE = {19: 0.515, 45: 0.505, 65: 0.49, 85: 0.42, 100: 0.3}
_MIGRANT_SHARE = {0: 0.01, 1: 0.07, 2: 0.16}
"""Children of migrant workers among the pupils of a village, a town's community and one of the county seat."""
_IN_PUBLIC = 0.9


@dataclass(frozen=True, slots=True)
class PastRoll:
    """Pupils of one school, the index in `Network.schools`, in one grade of an earlier year."""

    school: int
    year: int
    grade: int
    pupils: int


def rolls(rng: Generator, land: Land, children: Children, network: Network) -> Iterator[PastRoll]:
    """Give the rolls from `FIRST_ROLL` to the year before today, in the order of year, school and grade."""
    for year in range(FIRST_ROLL, TODAY):
        ages = _children_in(rng, land, children, year)
        for number, school in enumerate(network.schools):
            yield from _roll(rng, network, ages, number, school, year)


def adults(rng: Generator, children: Children) -> Iterator[tuple[int, str, int]]:
    """Give age, sex and count of the district's people older than `OLDEST`."""
    ages = np.arange(OLDEST + 1, OLDEST_ADULT + 1)
    shape = np.interp(ages, list(_ADULTS), list(_ADULTS.values()))
    people = rng.poisson(children.ages.sum() * (_RESIDENTS_A_CHILD - 1) * shape / shape.sum())
    males = rng.binomial(people, np.interp(ages, list(_MALE_SHARE), list(_MALE_SHARE.values())))
    for age, both, male in zip(ages.tolist(), people.tolist(), males.tolist(), strict=True):
        yield age, "male", male
        yield age, "female", both - male


def migrants(rng: Generator, land: Land, children: Children) -> Iterator[tuple[int, Stage, int, int]]:
    """Give township, stage, children of migrant workers and how many of them are in public schools, today."""
    share = np.array([_MIGRANT_SHARE[kind] for kind in land.kind])
    for stage in (Stage.PRIMARY, Stage.JUNIOR):
        pupils = children.ages[:, [grade + 5 for grade in GRADES[stage]]].sum(axis=1)
        expected = np.bincount(land.town, weights=pupils * share)
        found = rng.poisson(expected)
        in_public = rng.binomial(found, _IN_PUBLIC)
        for town, (some, public) in enumerate(zip(found.tolist(), in_public.tolist(), strict=True)):
            yield town, stage, some, public


def _children_in(rng: Generator, land: Land, children: Children, year: int) -> NDArray[np.int64]:
    """Children by settlement and age in an earlier year: the cohorts of today before they drifted."""
    ages, back = np.arange(OLDEST + 1), TODAY - year
    later = np.minimum(ages + back, OLDEST)
    grown = children.ages[:, later] * stay(land, ages) / stay(land, later)
    noise = rng.normal(0, 0.01, (1, OLDEST + 1))
    return np.floor(grown * (1 + noise) + rng.uniform(0, 1, grown.shape)).astype(np.int64)


def _roll(
    rng: Generator, network: Network, ages: NDArray[np.int64], number: int, school: SampleSchool, year: int
) -> Iterator[PastRoll]:
    for offer in school.offers:
        zone = network.zones.get(offer.stage)
        for grade, today in zip(GRADES[offer.stage], offer.pupils, strict=True):
            here = ages[:, grade + 5]
            if zone is not None and (zone == number).any():
                expected = float(here[zone == number].sum())
            else:
                expected = today * float(here.sum()) / max(float(ages[:, 15:18].mean(axis=1).sum()), 1.0)
            moved = rng.normal(0, np.sqrt(_COMES_OR_GOES * max(expected, 1.0)))
            yield PastRoll(number, year, grade, max(round(expected + moved), 0))
