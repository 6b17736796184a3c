"""
The outlook of a district: pupils of every school, zone, township and division to a last year, with bands.

    children told (data.forecast)  ->  grown to years not told (children)  ->  two sides agreed (sides)
                                   ->  errors measured (errors)  ->  sample paths (data.forecast.paths)  ->  layers
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data import places
from data.domain.district import District
from data.domain.schools import GRADES, Stage
from data.errors import PlanningError
from data.forecast.cohort import spanned
from data.forecast.component import Variant
from data.forecast.errors import NoCohort
from data.forecast.paths import Paths
from data.forecast.result import Forecast
from data.monitoring import children, errors, incoming, layers, population, sides
from data.monitoring.children import Known
from data.monitoring.cohort_side import Children, Incoming
from data.monitoring.errors import Measured
from data.monitoring.ground import COLUMNS, Ground, lay_out, offered
from data.monitoring.layer import STAGES, Layer, Level
from data.monitoring.layers import Agreed, Look
from data.monitoring.population import Outline
from data.monitoring.sides import Sides
from data.norms import Norms

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


class NothingTold(PlanningError):
    """A district without any roll, count of people, births or declared pupils was to be forecast."""

    def __init__(self, title: str) -> None:
        self.title = title
        super().__init__(f"Nothing tells of children in {title!r}: give people, births, rolls or declared pupils.")


@dataclass(frozen=True, slots=True)
class Question:
    """
    What an outlook is asked for.

    Attributes
    ----------
    migrants
        Change of the demand of migrant children, 0.2 for 20 % more.
    paths, seed
        Number of sample paths, and what they are drawn from.
    band
        Share of the paths that a band holds.
    """

    last_year: int
    fertility: Variant = Variant.MIDDLE
    migrants: float = 0.0
    paths: int = 200
    seed: int = 1
    band: float = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """
    Everything known of the years ahead.

    Attributes
    ----------
    years
        From the base year, the year of the latest count or roll, to the last; backwards where the last is earlier.
    sides
        The two sides of each stage and what they agreed on.
    paths
        Sample paths of the settlements' pupils by stage: robust planning draws from the same.
    variants
        Pupils of all divisions together by fertility, shape (4, Y), -1 where nothing is known.
    """

    question: Question
    ground: Ground
    years: tuple[int, ...]
    layers: Mapping[Level, Layer]
    agreed: Agreed
    sides: Mapping[Stage, Sides]
    paths: Mapping[Stage, Paths]
    outlines: tuple[Outline, ...]
    variants: Mapping[Variant, Counts]
    measured: Measured
    notes: tuple[str, ...]
    notes_zh: tuple[str, ...]


def look_ahead(
    district: District, question: Question, norms: Norms, *, report: Callable[[str], None] = lambda phase: None
) -> Outlook:
    """
    Look ahead.

    Parameters
    ----------
    report
        Told of each phase as it begins.

    Raises
    ------
    UnknownPlace
        When a row counts people of a place without settlements.
    """
    report("children")
    start = _begin(district, question)
    ground, years = start.ground, start.years
    outlines = _outlines(ground, start.told.years[-1], Variant)
    grown = {variant: children.grown(ground, start.told, outlines[variant]) for variant in Variant}
    chosen = grown[question.fertility]
    report("accuracy")
    measured = errors.measure(ground, start.told)
    report("agreement")
    both = _both_sides(start, chosen, measured)
    agreed = _joined(both)
    report("paths")
    of_homes, of_schools = _paths(start, agreed, measured, question)
    look = Look(question.band, norms.value("warn.blue", None, places.opening_day(years[0])))
    room = offered(district, norms, years)
    return Outlook(
        question=question,
        ground=ground,
        years=years,
        layers=layers.draw(ground, agreed, of_homes, of_schools, room, look, years),
        agreed=agreed,
        sides=both,
        paths=of_homes,
        outlines=outlines[question.fertility],
        variants=_variants(agreed, grown, chosen, years),
        measured=measured,
        notes=start.told.notes,
        notes_zh=start.told.notes_zh,
    )


def pupils(district: District, question: Question, year: int) -> Forecast:
    """
    Give the agreed pupils of every settlement in one year, as plans take them; no bands are drawn.

    Raises
    ------
    UnknownPlace
        When a row counts people of a place without settlements.
    """
    start = _begin(district, question)
    outlines = _outlines(start.ground, start.told.years[-1], [question.fertility])
    chosen = children.grown(start.ground, start.told, outlines[question.fertility])
    both = _both_sides(start, chosen, errors.measure(start.ground, start.told))
    homes = _joined(both).homes[:, :, start.years.index(year)]
    known = {stage: both[stage].known[start.years.index(year)] for stage in STAGES}
    first = str(district.settlements[0].id)
    return Forecast(
        settlements=tuple(home.id for home in district.settlements),
        years=(year,),
        pupils_by_grade=homes[:, None, :],
        method="outlook: children aged and grown by fertility and moves, school rolls progressed, both agreed; whole "
        "pupils by largest remainder",
        notes=start.told.notes,
        notes_zh=start.told.notes_zh,
        unknown={
            (year, grade): NoCohort(first, len(homes), grade, year, *spanned(year - grade + 1))
            for stage in STAGES
            if not known[stage]
            for grade in GRADES[stage]
        },
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Start:
    """What is told, before anything is grown."""

    ground: Ground
    years: tuple[int, ...]
    told: Known
    base: int
    change: float


def _begin(district: District, question: Question) -> _Start:
    ground = lay_out(district)
    base = _base_year(ground)
    years = tuple(range(min(base, question.last_year), max(question.last_year, base) + 1))
    first = min([*ground.roll_years, *(row.year for row in district.controls), *years])
    told = children.known(district, range(first, max([*years, *(row.year for row in district.controls)]) + 1))
    return _Start(ground, years, told, base, question.migrants)


def _both_sides(start: _Start, chosen: Children, measured: Measured) -> dict[Stage, Sides]:
    ground = start.ground
    return {
        stage: sides.agreed(
            ground,
            stage,
            chosen,
            start.years,
            children.controlled(ground, stage),
            measured.weights[stage],
            Incoming(incoming.last_counts(ground.district, stage), start.change, start.base),
        )
        for stage in STAGES
    }


def _base_year(ground: Ground) -> int:
    """
    The year of the latest roll or count of people; else the first September after the latest births, else the first
    year of which the authority declared pupils.

    Raises
    ------
    NothingTold
        Without any of them.
    """
    district = ground.district
    told = [*ground.roll_years, *(row.year for row in district.people)]
    if told:
        return max(told)
    if district.births:
        return max(row.year for row in district.births) + 1
    if district.demand:
        return min(row.year for row in district.demand)
    raise NothingTold(district.title)


def _outlines(ground: Ground, last_year: int, variants: Iterable[Variant]) -> dict[Variant, tuple[Outline, ...]]:
    """The population of every division; a township whose name two divisions have tells of neither."""
    division_of: dict[str, str] = {f"division:{code}": code for code in ground.divisions}
    division_of |= {f"settlement:{home.id}": home.division for home in ground.district.settlements}
    named = Counter(township for _, township in ground.townships)
    division_of |= {f"township:{town}": division for division, town in ground.townships if named[town] == 1}
    return population.outlines(ground.district, ground.divisions, division_of, last_year, variants)


def _joined(both: Mapping[Stage, Sides]) -> Agreed:
    parts = [both[stage] for stage in STAGES]
    return Agreed(
        homes=np.concatenate([part.homes for part in parts], axis=1),
        schools=np.concatenate([part.schools for part in parts], axis=1),
        known=np.stack([part.known for part in parts]),
        at_school=np.stack([part.at_school for part in parts], axis=1),
        beside=np.stack([part.beside for part in parts], axis=1),
    )


def _paths(
    start: _Start, agreed: Agreed, measured: Measured, question: Question
) -> tuple[dict[Stage, Paths], dict[Stage, Paths]]:
    """Paths of the settlements, and of the schools for those that have no zone, by stage."""
    ground = start.ground
    of_homes, of_schools = {}, {}
    count = len(ground.district.schools)
    off = measured.at(start.years, start.base)
    for at, stage in enumerate(STAGES):
        zone = ground.zone[at]
        of_homes[stage] = Paths(
            middle=agreed.homes[:, COLUMNS[stage]].sum(axis=1).astype(float),
            zone=np.where(zone >= 0, zone, count + ground.settlement_township),
            division=ground.settlement_division,
            errors=off,
            count=question.paths,
            seed=(question.seed, at, 0),
        )
        of_schools[stage] = Paths(
            middle=agreed.schools[:, COLUMNS[stage]].sum(axis=1).astype(float),
            zone=np.arange(count),
            division=ground.school_division,
            errors=off,
            count=question.paths,
            seed=(question.seed, at, 1),
        )
    return of_homes, of_schools


def _variants(
    agreed: Agreed, grown: Mapping[Variant, Children], chosen: Children, years: tuple[int, ...]
) -> dict[Variant, Counts]:
    """What the district's pupils would be under each fertility: as agreed, times what its children would be."""
    totals = agreed.by_stage(agreed.homes).sum(axis=0)
    found = {}
    for variant, made in grown.items():
        ratio = np.ones(totals.shape)
        for at, stage in enumerate(STAGES):
            own, base = (np.nansum(side.of(stage, years), axis=(0, 1)) for side in (made, chosen))
            ratio[at] = np.divide(own, base, out=np.ones(len(years)), where=base > 0)
        found[variant] = np.where(agreed.known, np.rint(totals * ratio), -1).astype(np.int64)
    return found
