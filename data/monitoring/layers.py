"""From agreed pupils and sample paths to the layers of an outlook: divisions, townships, schools, settlements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import Stage
from data.forecast import paths
from data.forecast.paths import Paths
from data.monitoring.ground import COLUMNS, Ground, Groups
from data.monitoring.layer import STAGES, Layer, Level

Counts = NDArray[np.int64]
UNKNOWN = -1


@dataclass(frozen=True, slots=True, eq=False)
class Agreed:
    """
    Pupils brought to agreement, by grade.

    Attributes
    ----------
    homes
        Shape (V, 15, Y): pupils by the settlement they live in.
    schools
        Shape (S, 15, Y): pupils by the school they are due at.
    known
        Shape (4, Y): something is known of the stage in the year.
    at_school
        Shape (S, 4): the school's pupils of the stage are known.
    beside
        Shape (S, 4): they live in none of the settlements, and are counted besides those of these.
    """

    homes: Counts
    schools: Counts
    known: NDArray[np.bool_]
    at_school: NDArray[np.bool_]
    beside: NDArray[np.bool_]

    def by_stage(self, pupils: Counts) -> Counts:
        """Sum grades to stages, shape (n, 4, Y)."""
        return np.stack([pupils[:, COLUMNS[stage]].sum(axis=1) for stage in STAGES], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Bands:
    """Pupils of some places with the ends of their band, and how often they find too few places or too many."""

    middle: Counts
    low: Counts
    high: Counts
    shortage: NDArray[np.float64]
    surplus: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """How paths are read: the share of them in a band, and the share of places under which there is a surplus."""

    band: float
    surplus_below: float


def draw(
    ground: Ground,
    agreed: Agreed,
    of_homes: Mapping[Stage, Paths],
    of_schools: Mapping[Stage, Paths],
    offered: Counts,
    look: Look,
    years: tuple[int, ...],
) -> dict[Level, Layer]:
    """
    Draw the paths stage by stage, and read every level of them.

    Parameters
    ----------
    of_homes
        Paths of the settlements' pupils, by stage.
    of_schools
        Paths of schools that take their pupils from no zone; the others are the sums of their zones.
    offered
        Places by school, shape (S, 4, Y), -1 where there are none.
    """
    homes, schools = agreed.by_stage(agreed.homes), agreed.by_stage(agreed.schools)
    read: dict[Level, list[Bands]] = {level: [] for level in Level}
    places = _places_by_level(ground, offered)
    for at, stage in enumerate(STAGES):
        zoned = ground.with_zone(stage)
        home_paths = of_homes[stage].draw()
        school_paths = paths.sums(home_paths, ground.zone[at], len(zoned))
        school_paths[~zoned] = of_schools[stage].draw()[~zoned]
        beside = agreed.beside[:, at]
        for level, pupils, middle in (
            (Level.SETTLEMENT, home_paths, homes[:, at]),
            (Level.SCHOOL, school_paths, schools[:, at]),
            (
                Level.TOWNSHIP,
                *_grouped(home_paths, homes[:, at], school_paths, schools[:, at], ground.townships_of(beside)),
            ),
            (
                Level.DIVISION,
                *_grouped(home_paths, homes[:, at], school_paths, schools[:, at], ground.divisions_of(beside)),
            ),
        ):
            read[level].append(_read(pupils, middle, places[level][:, at], look))
    return {level: _layer(ground, level, years, read[level], places[level], agreed) for level in Level}


def _grouped(
    home_paths: NDArray[np.int32], homes: Counts, school_paths: NDArray[np.int32], schools: Counts, groups: Groups
) -> tuple[NDArray[np.int32], Counts]:
    """Add up the pupils of settlements, and of schools that take theirs from no zone though the stage has zones."""
    drawn = paths.sums(home_paths, groups.homes, groups.count) + paths.sums(school_paths, groups.schools, groups.count)
    middle = np.zeros((groups.count, homes.shape[1]), dtype=np.int64)
    np.add.at(middle, groups.homes, homes)
    some = groups.schools >= 0
    np.add.at(middle, groups.schools[some], schools[some])
    return drawn, middle


def _read(drawn: NDArray[np.int32], middle: Counts, places: Counts, look: Look) -> Bands:
    low, high = paths.band(drawn, look.band)
    with_places = places > 0
    share = np.where(with_places, places, 1)[:, :, None]
    shortage = np.where(with_places, (drawn > share).mean(axis=2), np.nan)
    surplus = np.where(with_places, (drawn < look.surplus_below * share).mean(axis=2), np.nan)
    return Bands(middle, np.minimum(low, middle), np.maximum(high, middle), shortage, surplus)


def _places_by_level(ground: Ground, offered: Counts) -> dict[Level, Counts]:
    nothing = np.full((len(ground.district.settlements), *offered.shape[1:]), UNKNOWN, dtype=np.int64)
    return {
        Level.SCHOOL: offered,
        Level.TOWNSHIP: _summed(offered, ground.school_township, len(ground.townships)),
        Level.DIVISION: _summed(offered, ground.school_division, len(ground.divisions)),
        Level.SETTLEMENT: nothing,
    }


def _summed(offered: Counts, groups: NDArray[np.intp], count: int) -> Counts:
    """Places of groups of schools; -1 where no school of the group has any."""
    known = (offered >= 0) & (groups >= 0)[:, None, None]
    sums = np.zeros((count, *offered.shape[1:]), dtype=np.int64)
    some = np.zeros(sums.shape, dtype=np.int64)
    np.add.at(sums, np.maximum(groups, 0), np.where(known, offered, 0))
    np.add.at(some, np.maximum(groups, 0), known)
    return np.where(some > 0, sums, UNKNOWN)


def _layer(
    ground: Ground, level: Level, years: tuple[int, ...], read: list[Bands], places: Counts, agreed: Agreed
) -> Layer:
    ids, names, parents = _named(ground, level)
    known = np.broadcast_to(agreed.known, (len(ids), *agreed.known.shape))
    if level is Level.SCHOOL:
        known = known & agreed.at_school[:, :, None]

    def stacked(name: str) -> NDArray[np.int64]:
        return np.where(known, np.stack([getattr(bands, name) for bands in read], axis=1), UNKNOWN)

    def shares(name: str) -> NDArray[np.float64]:
        return np.where(known, np.stack([getattr(bands, name) for bands in read], axis=1), np.nan)

    return Layer(
        level=level,
        ids=ids,
        names=names,
        parents=parents,
        years=years,
        middle=stacked("middle"),
        low=stacked("low"),
        high=stacked("high"),
        offered=places,
        shortage=shares("shortage"),
        surplus=shares("surplus"),
    )


def _named(ground: Ground, level: Level) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Ids, names and parents of the places of a level; a township is named by its division where there are several."""
    district = ground.district
    single = len(ground.divisions) == 1
    towns = tuple(name if single else f"{division}/{name}" for division, name in ground.townships)
    if level is Level.DIVISION:
        called = {str(division.code): division.name for division in district.divisions}
        names = tuple(called.get(code, code) for code in ground.divisions)
        return ground.divisions, names, ("",) * len(ground.divisions)
    if level is Level.TOWNSHIP:
        return towns, tuple(name for _, name in ground.townships), tuple(division for division, _ in ground.townships)
    if level is Level.SCHOOL:
        groups, named = ground.school_township, [(str(school.id), school.name) for school in district.schools]
    else:
        groups, named = ground.settlement_township, [(str(home.id), home.name) for home in district.settlements]
    parents = tuple(towns[group] if group >= 0 else "" for group in groups.tolist())
    return tuple(id for id, _ in named), tuple(name for _, name in named), parents
