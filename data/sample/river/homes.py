"""Where people live: hamlets and houses along the streets of each settlement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator

from data.sample.river import lines
from data.sample.river.land import Land, Places
from data.sample.river.people import Children
from data.sample.river.streets import Streets

_HOMES = {0: (4, 9), 1: (6, 12), 2: (8, 14)}
"""Least and most places of a village, a town's community and one of the county seat."""
_WITHIN = {0: 650.0, 1: 400.0, 2: 300.0}
"""Metres along the street from its start within which people live."""
_ASIDE = (12.0, 45.0)
_RESIDENTS_A_CHILD = 5.5
"""People of all ages for one of up to 18 years, as the district's counts have it."""
_LEAST = 40
_IN_THE_MIDDLE = 2.5
"""People who live at the centre against those of another place."""


@dataclass(frozen=True, slots=True)
class Home:
    """People who live at one place: the settlement's number, metres east and north, and how many."""

    settlement: int
    east: float
    north: float
    people: int


def make(rng: Generator, land: Land, children: Children, streets: Streets) -> Iterator[Home]:
    """Settle the people, settlement by settlement."""
    for home, cell in enumerate(land.cells):
        kind = int(land.kind[home])
        count = int(rng.integers(*_HOMES[kind], endpoint=True))
        shapely.prepare(cell)
        places = [land.centres[home]]
        for _ in range(20 * count):
            if len(places) == count:
                break
            place = _beside(rng, streets[home], _WITHIN[kind])
            if shapely.contains_xy(cell, *place):
                places.append(place)
        residents = max(_LEAST, round(_RESIDENTS_A_CHILD * int(children.ages[home].sum())))
        for (east, north), people in zip(places, _shared(rng, residents, len(places)), strict=True):
            yield Home(home, float(east), float(north), people)


def _beside(rng: Generator, streets: Sequence[Places], within: float) -> Places:
    """A place beside one of the streets."""
    line = streets[int(rng.integers(len(streets)))]
    metres = rng.uniform(0.1, 1.0) * min(lines.length(line), within)
    here, ahead = lines.at(line, metres), lines.at(line, metres - 1.0)
    run = here - ahead
    return np.asarray(here + rng.choice([-1, 1]) * rng.uniform(*_ASIDE) * np.array([-run[1], run[0]]))


def _shared(rng: Generator, residents: int, places: int) -> list[int]:
    """People of each place, one or more; most of them in the middle, which comes first."""
    weights = rng.uniform(0.5, 1.5, places)
    weights[0] *= _IN_THE_MIDDLE
    shares = rng.multinomial(residents - places, weights / weights.sum())
    return [1 + int(share) for share in shares]
