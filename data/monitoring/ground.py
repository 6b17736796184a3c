"""Who is where: settlements, zones, schools, their rolls and places, as arrays in one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data import places
from data.domain.district import District
from data.domain.schools import GRADES, STAGE_OF_GRADE, SchoolKind, Stage
from data.forecast.history import History
from data.forecast.result import GRADES_IN_ORDER
from data.monitoring.layer import STAGES
from data.norms import Norms

Indices = NDArray[np.intp]

COLUMNS: Mapping[Stage, slice] = {
    stage: slice(GRADES_IN_ORDER.index(GRADES[stage][0]), GRADES_IN_ORDER.index(GRADES[stage][-1]) + 1)
    for stage in STAGES
}
"""Where the grades of each stage stand among the fifteen."""


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The group of each settlement and of each school, -1 for none."""

    count: int
    homes: Indices
    schools: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """
    The places of a district.

    Attributes
    ----------
    divisions, townships
        Codes of divisions, and (division, name) of townships, that hold settlements or schools.
    settlement_division, settlement_township
        Shape (V,), indices into those.
    school_division, school_township
        Shape (S,); -1 where a school names no township and no settlement of its division is without one.
    zone
        Shape (4, V), by stage: the school whose zone a settlement belongs to today, -1 without one.
    roll_years
        Ascending.
    roll
        Shape (S, 15, R), pupils by school, grade and roll year; NaN where a school's roll of the stage is not told in
        that year.
    """

    district: District
    divisions: tuple[str, ...]
    townships: tuple[tuple[str, str], ...]
    settlement_division: Indices
    settlement_township: Indices
    school_division: Indices
    school_township: Indices
    zone: Indices
    roll_years: tuple[int, ...]
    roll: NDArray[np.float64]

    @property
    def school_ids(self) -> tuple[str, ...]:
        """Schools in the district's order."""
        return tuple(str(school.id) for school in self.district.schools)

    def zoned(self, stage: Stage) -> bool:
        """Tell whether the stage has zones today."""
        return bool((self.zone[STAGES.index(stage)] >= 0).any())

    def with_zone(self, stage: Stage) -> NDArray[np.bool_]:
        """Tell of each school whether it has a zone at the stage today, shape (S,)."""
        zone = self.zone[STAGES.index(stage)]
        return np.asarray(np.bincount(zone[zone >= 0], minlength=len(self.district.schools)) > 0)

    def townships_of(self, schools: NDArray[np.bool_]) -> Groups:
        """Group all settlements and some schools by township."""
        return Groups(len(self.townships), self.settlement_township, np.where(schools, self.school_township, -1))

    def divisions_of(self, schools: NDArray[np.bool_]) -> Groups:
        """Group all settlements and some schools by division."""
        return Groups(len(self.divisions), self.settlement_division, np.where(schools, self.school_division, -1))

    def has_roll(self, stage: Stage) -> NDArray[np.bool_]:
        """Tell of each school whether any roll of the stage is known, shape (S,)."""
        return np.asarray(np.isfinite(self.roll[:, COLUMNS[stage]]).any(axis=(1, 2)))

    def upto(self, year: int) -> Ground:
        """Leave the rolls after a year out."""
        count = sum(told <= year for told in self.roll_years)
        return replace(self, roll_years=self.roll_years[:count], roll=self.roll[:, :, :count])

    def history(self, stage: Stage, schools: Indices) -> History:
        """Give the rolls of a stage of some schools, all years from the first to the last."""
        roll = self.roll[schools][:, COLUMNS[stage]]
        told = [year for at, year in enumerate(self.roll_years) if np.isfinite(roll[:, :, at]).any()]
        years = tuple(range(told[0], told[-1] + 1)) if told else ()
        pupils = np.full((*roll.shape[:2], len(years)), np.nan)
        for at, year in enumerate(self.roll_years):
            if year in years:
                pupils[:, :, year - years[0]] = roll[:, :, at]
        names = tuple(str(self.district.schools[school].id) for school in schools)
        return History(names, GRADES[stage], years, pupils)


def lay_out(district: District) -> Ground:
    """Put a district in arrays."""
    homes, schools = district.settlements, district.schools
    divisions = tuple(dict.fromkeys([*(s.division for s in homes), *(s.division for s in schools)]))
    named = [(s.division, s.township) for s in schools if s.township]
    townships = tuple(dict.fromkeys([*((s.division, s.township) for s in homes), *named]))
    division_of = {code: number for number, code in enumerate(divisions)}
    township_of = {name: number for number, name in enumerate(townships)}
    years, roll = _rolls(district)
    return Ground(
        district=district,
        divisions=divisions,
        townships=townships,
        settlement_division=_indices(division_of[s.division] for s in homes),
        settlement_township=_indices(township_of[s.division, s.township] for s in homes),
        school_division=_indices(division_of[s.division] for s in schools),
        school_township=_indices(township_of.get((s.division, s.township), -1) for s in schools),
        zone=_zones(district),
        roll_years=years,
        roll=roll,
    )


def offered(district: District, norms: Norms, years: Sequence[int]) -> NDArray[np.int64]:
    """Count the places of every school, shape (S, 4, Y); -1 where it offers none at the stage."""
    found = np.full((len(district.schools), len(STAGES), len(years)), -1, dtype=np.int64)
    number: dict[str, int] = {school.id: index for index, school in enumerate(district.schools)}
    for at, stage in enumerate(STAGES):
        for column, year in enumerate(years):
            for school, count in places.offered(district, norms, stage, year).items():
                found[number[school], at, column] = count
    return found


def class_rooms(district: District, years: Sequence[int]) -> NDArray[np.int64]:
    """Count the classrooms of every school, shape (S, 4, Y); -1 where it has no site of the stage."""
    found = np.full((len(district.schools), len(STAGES), len(years)), -1, dtype=np.int64)
    number: dict[str, int] = {school.id: index for index, school in enumerate(district.schools)}
    for site in district.sites:
        found[number[site.school], STAGES.index(site.stage)] = [site.classrooms_in(year) for year in years]
    return found


def _rolls(district: District) -> tuple[tuple[int, ...], NDArray[np.float64]]:
    years = tuple(sorted({row.year for row in district.roll}))
    at_year = {year: number for number, year in enumerate(years)}
    at_school: dict[str, int] = {school.id: number for number, school in enumerate(district.schools)}
    at_grade = {grade: number for number, grade in enumerate(GRADES_IN_ORDER)}
    special = {school.id for school in district.schools if school.kind is SchoolKind.SPECIAL}
    roll = np.full((len(at_school), len(GRADES_IN_ORDER), len(years)), np.nan)
    for (school, year, grade), pupils in places.roll_once(district.roll).items():
        if school not in special:
            stage = roll[at_school[school], COLUMNS[STAGE_OF_GRADE[grade]], at_year[year]]
            np.nan_to_num(stage, copy=False)
            roll[at_school[school], at_grade[grade], at_year[year]] = pupils
    return years, roll


def _zones(district: District) -> Indices:
    at_school: dict[str, int] = {school.id: number for number, school in enumerate(district.schools)}
    at_settlement: dict[str, int] = {settlement.id: number for number, settlement in enumerate(district.settlements)}
    zone = np.full((len(STAGES), len(at_settlement)), -1, dtype=np.intp)
    for row in district.zones:
        zone[STAGES.index(row.stage), at_settlement[row.settlement]] = at_school[row.school]
    return zone


def _indices(values: Iterable[int]) -> Indices:
    return np.fromiter(values, dtype=np.intp)
