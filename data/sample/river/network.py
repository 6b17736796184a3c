"""
The schools: where they stand, the zones they have today, and what they offer.

Zones are the shortest-path trees of the schools over bordering settlements, so that every zone is one piece that holds
its school; no zone crosses the river.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra

from data.domain.schools import SchoolKind, Stage
from data.sample.river.land import Land
from data.sample.river.people import Children

PRIMARIES, SEAT_PRIMARIES = 68, 6
JUNIORS, SEAT_JUNIORS, NINE_YEARS = 13, 3, 4
SENIORS = 2
_LONGEST_WALK = 4_900.0
"""Metres by way of neighbours' centres that no primary zone exceeds: well under half an hour by straight line, with the
detour of 1.4 at 15 km/h that the sample promises."""
_DAY_PUPIL_METRES = 7_000.0
"""Straight metres beyond which junior pupils board."""
_SCHOOL_FROM_CENTRE = 120.0
_PLACES_A_CLASSROOM = {Stage.PRIMARY: 45, Stage.JUNIOR: 50, Stage.SENIOR: 50}
"""The norm at the time of drawing (``class.norm``): a fact of this invented county, not a rule of the software."""
_SPARE = {Stage.PRIMARY: (0.22, 0.42), Stage.JUNIOR: (0.10, 0.30), Stage.SENIOR: (0.05, 0.15)}
_LEAST_CLASSROOMS = {
    SchoolKind.TEACHING_POINT: 1,
    SchoolKind.VILLAGE_PRIMARY: 3,
    SchoolKind.FULL_PRIMARY: 6,
    SchoolKind.NINE_YEAR: 6,
}
_TEACHING_POINT_BELOW, _VILLAGE_PRIMARY_BELOW = 55, 130
_PROTECTED = 6
_BEDS_A_BOARDER = 1.2
_SENIOR_SHARE = 0.55
"""Share of the ages 15 to 17 at a general senior school of the district."""
PRIMARY_AGES, JUNIOR_AGES, SENIOR_AGES = range(6, 12), range(12, 15), range(15, 18)


@dataclass(frozen=True, slots=True)
class Offer:
    """A stage at a school: pupils by grade today, boarders by grade, classrooms and beds."""

    stage: Stage
    pupils: tuple[int, ...]
    boarders: tuple[int, ...]
    classrooms: int
    beds: int


@dataclass(frozen=True, slots=True)
class SampleSchool:
    """A school of the sample: the settlement it stands in, metres east and north, and its stages."""

    settlement: int
    place: tuple[float, float]
    kind: SchoolKind
    offers: tuple[Offer, ...]
    protected: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The schools, and for each zoned stage the index of the school of every settlement, shape (V,)."""

    schools: tuple[SampleSchool, ...]
    zones: dict[Stage, NDArray[np.intp]]


def make(rng: Generator, land: Land, children: Children) -> Network:
    """Found the schools: primary ones (some of them nine-year), then junior ones, then a senior one."""
    primaries, juniors = _primaries(land, children), _juniors(land, children)
    nine_years = [home for home in juniors if land.kind[home] == 1][:NINE_YEARS]
    zones = {Stage.PRIMARY: _zones(land, primaries), Stage.JUNIOR: _zones(land, juniors)}
    founder = _Founder(rng, land, children, zones)
    kinds = {home: _primary_kind(land, children, zones[Stage.PRIMARY], home, nine_years) for home in primaries}
    kept = _most_remote(land, primaries, [home for home in primaries if kinds[home] is SchoolKind.TEACHING_POINT])
    schools = [founder.primary(home, kinds[home], home in kept) for home in primaries]
    seat = [home for home in juniors if land.kind[home] == 2]
    kinds = {home: SchoolKind.COMPLETE_MIDDLE if home == seat[0] else SchoolKind.JUNIOR for home in juniors}
    schools += [founder.junior(home, kinds[home]) for home in juniors if home not in nine_years]
    schools.append(founder.senior(seat[-1]))
    return Network(tuple(schools), {stage: _school_of(schools, stage, homes) for stage, homes in zones.items()})


def _school_of(schools: list[SampleSchool], stage: Stage, homes: NDArray[np.intp]) -> NDArray[np.intp]:
    """Turn the home of each settlement's school into the school's index."""
    index = {
        school.settlement: number
        for number, school in enumerate(schools)
        if any(offer.stage is stage for offer in school.offers)
        and (stage is not Stage.JUNIOR or school.kind is not SchoolKind.SENIOR)
    }
    return np.array([index[int(home)] for home in homes])


def _primaries(land: Land, children: Children) -> list[int]:
    """Settlements with a primary school: towns, then where the way is too long, then where most pupil-metres are."""
    homes = [*land.centre_of_town.tolist(), *_seat_communities(land, SEAT_PRIMARIES - 1)]
    pupils = children.ages[:, list(PRIMARY_AGES)].sum(axis=1)
    while True:
        metres = _metres_over_land(land, homes)
        if metres.max() > _LONGEST_WALK:
            homes.append(int(np.argmax(metres)))
        elif len(homes) < PRIMARIES:
            homes.append(int(np.argmax(metres * pupils)))
        else:
            return sorted(homes)


def _juniors(land: Land, children: Children) -> list[int]:
    """Settlements with a junior school: some in the seat, then the towns with most pupil-metres, both banks served."""
    homes = [int(land.centre_of_town[0]), *_seat_communities(land, SEAT_JUNIORS - 1)]
    towns = land.centre_of_town
    pupils = np.bincount(land.town, weights=children.ages[:, list(JUNIOR_AGES)].sum(axis=1), minlength=len(towns))
    while len(homes) < JUNIORS:
        metres = _metres_over_land(land, homes)[towns]
        cost = np.where(np.isfinite(metres), metres * pupils, np.inf)
        homes.append(int(towns[np.argmax(cost)]))
    return sorted(homes)


def _seat_communities(land: Land, count: int) -> list[int]:
    """Communities of the county seat on its own bank, each as far as can be from those before it."""
    seat = np.flatnonzero(land.kind == 2)
    over_land = _metres_over_land(land, [int(land.centre_of_town[0])])
    seat = seat[np.isfinite(over_land[seat])]
    chosen = [int(land.centre_of_town[0])]
    while len(chosen) <= count:
        apart = np.min([np.hypot(*(land.centres[seat] - land.centres[home]).T) for home in chosen], axis=0)
        chosen.append(int(seat[np.argmax(apart)]))
    return chosen[1:]


def _graph(land: Land) -> csr_array:
    one, other = land.neighbours.T
    metres = np.hypot(*(land.centres[one] - land.centres[other]).T)
    count = len(land.cells)
    return coo_array((metres, (one, other)), shape=(count, count)).tocsr()


def _metres_over_land(land: Land, homes: list[int]) -> NDArray[np.float64]:
    """Metres of every settlement to the nearest of some, by way of neighbours' centres; infinite across the river."""
    return np.asarray(dijkstra(_graph(land), directed=False, indices=homes, min_only=True))


def _zones(land: Land, homes: list[int]) -> NDArray[np.intp]:
    """The home of the school each settlement belongs to."""
    _, _, source = dijkstra(_graph(land), directed=False, indices=homes, min_only=True, return_predecessors=True)
    return np.asarray(source, dtype=np.intp)


def _primary_kind(
    land: Land, children: Children, zone: NDArray[np.intp], home: int, nine_years: list[int]
) -> SchoolKind:
    if home in nine_years:
        return SchoolKind.NINE_YEAR
    pupils = int(children.ages[zone == home][:, list(PRIMARY_AGES)].sum())
    if land.kind[home] > 0 or pupils >= _VILLAGE_PRIMARY_BELOW:
        return SchoolKind.FULL_PRIMARY
    return SchoolKind.TEACHING_POINT if pupils < _TEACHING_POINT_BELOW else SchoolKind.VILLAGE_PRIMARY


def _most_remote(land: Land, primaries: list[int], points: list[int]) -> list[int]:
    """The teaching points from which the next school is farthest."""
    way = {home: _metres_over_land(land, [other for other in primaries if other != home])[home] for home in points}
    return sorted(points, key=lambda home: -way[home])[:_PROTECTED]


@dataclass(frozen=True, slots=True, eq=False)
class _Founder:
    """Founds schools large enough for the children of their zones, with some places to spare."""

    rng: Generator
    land: Land
    children: Children
    zones: dict[Stage, NDArray[np.intp]]

    def primary(self, home: int, kind: SchoolKind, protected: bool) -> SampleSchool:
        """A primary school, with a junior stage where it is a nine-year one."""
        place = self._near(home)
        offers = [self._offer(Stage.PRIMARY, home, place, kind)]
        if kind is SchoolKind.NINE_YEAR:
            offers.append(self._offer(Stage.JUNIOR, home, place, kind))
        return SampleSchool(home, place, kind, tuple(offers), protected)

    def junior(self, home: int, kind: SchoolKind) -> SampleSchool:
        """A junior school, with a senior stage where it is a complete middle school."""
        place = self._near(home)
        offers = [self._offer(Stage.JUNIOR, home, place, kind)]
        if kind is SchoolKind.COMPLETE_MIDDLE:
            offers.append(self._senior())
        return SampleSchool(home, place, kind, tuple(offers))

    def senior(self, home: int) -> SampleSchool:
        """A senior school."""
        return SampleSchool(home, self._near(home), SchoolKind.SENIOR, (self._senior(),))

    def _near(self, home: int) -> tuple[float, float]:
        """A place near the middle of a settlement, within it."""
        angle = self.rng.uniform(0, 2 * np.pi)
        east, north = self.land.centres[home] + _SCHOOL_FROM_CENTRE * np.array([np.cos(angle), np.sin(angle)])
        return float(east), float(north)

    def _offer(self, stage: Stage, home: int, place: tuple[float, float], kind: SchoolKind) -> Offer:
        ages = PRIMARY_AGES if stage is Stage.PRIMARY else JUNIOR_AGES
        here = self.children.ages[:, list(ages)] * (self.zones[stage] == home)[:, None]
        far = np.hypot(*(self.land.centres - np.array(place)).T) > _DAY_PUPIL_METRES
        boarders = here[far & (stage is Stage.JUNIOR)].sum(axis=0)
        pupils = here.sum(axis=0)
        classrooms = max(self._classrooms(stage, int(pupils.sum())), _LEAST_CLASSROOMS.get(kind, 6))
        beds = int(np.ceil(_BEDS_A_BOARDER * boarders.sum() / 10) * 10)
        return Offer(stage, tuple(pupils.tolist()), tuple(boarders.tolist()), classrooms, beds)

    def _senior(self) -> Offer:
        """An equal part of the district's senior pupils, half of them boarders."""
        here = self.children.ages[:, list(SENIOR_AGES)].sum(axis=0)
        pupils = np.floor(here * _SENIOR_SHARE / SENIORS).astype(np.int64)
        classrooms = self._classrooms(Stage.SENIOR, int(pupils.sum()))
        beds = int(np.ceil((pupils // 2).sum() / 10) * 10)
        return Offer(Stage.SENIOR, tuple(pupils.tolist()), tuple((pupils // 2).tolist()), classrooms, beds)

    def _classrooms(self, stage: Stage, pupils: int) -> int:
        spare = self.rng.uniform(*_SPARE[stage])
        return int(np.ceil(pupils / (1 - spare) / _PLACES_A_CLASSROOM[stage]))
