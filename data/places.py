"""Places 学位 of each school at a stage in a year: what it can take under the norms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from data.domain.district import District
from data.domain.schools import STAGE_OF_GRADE, RollCount, School, SchoolKind, Site, Stage
from data.norms import Norms

THROUGH_KINDS = {SchoolKind.NINE_YEAR, SchoolKind.TWELVE_YEAR}
NO_LIMIT = 2**31
"""Largest school where no norm limits it."""

FIRST_DAY = (9, 1)
"""Month and day on which a school year begins."""


@dataclass(frozen=True, slots=True)
class SchoolPlaces:
    """
    One school at one stage.

    Attributes
    ----------
    places
        Declared places, or classrooms x the smaller of its class size and the norm.
    largest
        The largest school that the norm permits.
    roll
        Pupils on the latest roll up to the year, or ``None`` without one.
    running_cost
        Yuan a year whatever its pupils.
    """

    school: School
    site: Site
    places: int
    largest: int
    beds: int
    running_cost: int
    roll: int | None


def opening_day(year: int) -> date:
    """Give 1 September of a year."""
    return date(year, *FIRST_DAY)


def ledger(district: District, norms: Norms, stage: Stage, year: int) -> tuple[SchoolPlaces, ...]:
    """List the schools that have a site at the stage, special schools left out, in the district's order."""
    on = opening_day(year)
    rolls = _rolls(district, stage, year)
    class_norm = int(norms.value("class.norm", stage, on))
    cost = round(norms.value("cost.school_year", stage, on))
    return tuple(
        SchoolPlaces(
            school=school,
            site=site,
            places=_places(site, class_norm, year),
            largest=_largest(school, norms, stage, on),
            beds=site.beds,
            running_cost=cost if site.running_cost is None else site.running_cost,
            roll=rolls.get(school.id),
        )
        for school, site in _with_sites(district, stage)
    )


def offered(district: District, norms: Norms, stage: Stage, year: int) -> dict[str, int]:
    """Count the places of every school of the `ledger`, by its id."""
    class_norm = int(norms.value("class.norm", stage, opening_day(year)))
    return {school.id: _places(site, class_norm, year) for school, site in _with_sites(district, stage)}


def _with_sites(district: District, stage: Stage) -> Iterator[tuple[School, Site]]:
    """Schools that have a site at the stage, special schools left out, in the district's order."""
    site_of = {site.school: site for site in district.sites if site.stage is stage}
    for school in district.schools:
        if school.id in site_of and school.kind is not SchoolKind.SPECIAL:
            yield school, site_of[school.id]


def _places(site: Site, class_norm: int, year: int) -> int:
    if site.places is not None:
        return site.places
    size = class_norm if site.class_size is None else min(site.class_size, class_norm)
    return site.classrooms_in(year) * size


def _largest(school: School, norms: Norms, stage: Stage, on: date) -> int:
    key = "school.max_size_through" if school.kind in THROUGH_KINDS else "school.max_size"
    norm = norms.find(key, stage, on)
    return NO_LIMIT if norm is None else int(norm.value)


def roll_once(rows: Iterable[RollCount]) -> dict[tuple[str, int, int], int]:
    """Give pupils by school, year and grade; a grade told by sex and for both together counts once."""
    by_sex: dict[tuple[str, int, int], dict[str | None, int]] = {}
    for row in rows:
        by_sex.setdefault((row.school, row.year, row.grade), {})[row.sex] = row.pupils
    return {key: told[None] if None in told else sum(told.values()) for key, told in by_sex.items()}


def _rolls(district: District, stage: Stage, year: int) -> dict[str, int]:
    """Sum the latest roll of each school up to the year."""
    rows = [row for row in district.roll if STAGE_OF_GRADE[row.grade] is stage and row.year <= year]
    latest: dict[str, int] = {}
    for row in rows:
        latest[row.school] = max(latest.get(row.school, row.year), row.year)
    totals: dict[str, int] = {}
    for (school, told, _), pupils in roll_once(rows).items():
        if told == latest[school]:
            totals[school] = totals.get(school, 0) + pupils
    return totals
