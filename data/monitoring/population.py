"""
The population behind the children: births to come and moves by age, division by division.

Where a division counts people of all ages, its cohorts are carried forward (`data.forecast.component`): births by the
fertility of the variant, moves as two counts show them. Where it does not, births follow the variant's total fertility
alone, as if the women stayed as many. What the children of settlements are multiplied by is

    unborn    births of the cohort / births of the last twelve months known
    moved     people of the cohort at its age in the year / people of it at the last count
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.district import District
from data.domain.people import PeopleCount
from data.forecast import component, tally, vital
from data.forecast.cohort import AGE_AT_ENTRY
from data.forecast.component import Movers, Population, Projection, Variant

Floats = NDArray[np.float64]

_ALL_AGES = range(50)
"""Ages that a division must count to have its cohorts carried forward: children and the women who may bear them."""
_SHORTEST_INTERVAL = 3
"""Years between two counts from which moves are measured."""
SEXES = (vital.MALE, vital.FEMALE)


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """
    How one division's births and cohorts go on.

    Attributes
    ----------
    projection
        ``None`` where the division does not count people of all ages.
    births
        Relative births of the twelve months up to 1 September, by year; any level, only ratios are used.
    """

    division: str
    projection: Projection | None
    births: Mapping[int, float]

    def unborn(self, cohort: int, known_until: int) -> float:
        """Return births of a cohort over those of the last year known; 1 where there were none."""
        year, known = cohort - AGE_AT_ENTRY, self.births[known_until]
        return self.births[max(year, known_until)] / known if known > 0 else 1.0

    def kept(self, age: int, year: int) -> float:
        """Return people of an age in a year over the same cohort at the count, or when born after it; 1 if unknown."""
        if self.projection is None or year <= self.projection.years[0]:
            return 1.0
        at = year - self.projection.years[0]
        now = float(self.projection.counts[0, :, age, at].sum())
        before = (
            float(self.projection.counts[0, :, age - at, 0].sum())
            if age >= at
            else float(self.projection.births[0, at - age - 1])
        )
        return now / before if before > 0 else 1.0


def outlines(
    district: District,
    divisions: Sequence[str],
    division_of: Mapping[str, str],
    last_year: int,
    variants: Iterable[Variant],
) -> dict[Variant, tuple[Outline, ...]]:
    """
    Carry the population of every division forward, by the fertility of each variant.

    Parameters
    ----------
    division_of
        Division of every place that people are counted by, under ``level:place``.
    """
    counts = _by_division(district.people, division_of)
    return {
        variant: tuple(_outline(counts.get(code, {}), code, last_year, variant) for code in divisions)
        for variant in variants
    }


def _outline(counts: Mapping[int, Floats], division: str, last_year: int, variant: Variant) -> Outline:
    full = [year for year, ages in sorted(counts.items()) if np.isfinite(ages[:, _ALL_AGES]).all()]
    if not full:
        return Outline(division, None, _fertility_alone(variant, last_year))
    survival = vital.survival(SEXES)
    base = Population((division,), full[-1], SEXES, np.nan_to_num(counts[full[-1]])[None])
    earlier = [year for year in full if full[-1] - year >= _SHORTEST_INTERVAL]
    rates = None
    if earlier:
        gap = full[-1] - earlier[-1]
        before = np.nan_to_num(counts[earlier[-1]])[None]
        rates = component.yearly_rates(component.net_changes(before, base.counts, survival, gap), gap)
    projection = component.project(
        base,
        max(last_year, base.year),
        survival,
        fertility=component.fertility(variant, base, max(last_year, base.year), survival, local=False),
        movers=Movers(rates),
    )
    born = {base.year: _born_before(base, variant)} | dict(
        zip(projection.years[1:], projection.births[0].tolist(), strict=True)
    )
    return Outline(division, projection, _Held(born))


def _born_before(base: Population, variant: Variant) -> float:
    """Births of the year before the count, by the same fertility: what later births are compared with."""
    start = vital.rate("total_fertility")
    target = vital.rate(f"total_fertility_{variant}")
    way = min(max((base.year - start.year) / (target.year - start.year), 0.0), 1.0)
    total = start.value + way * (target.value - start.value)
    return float((base.women() @ vital.childbearing())[0] * total)


def _fertility_alone(variant: Variant, last_year: int) -> Mapping[int, float]:
    start, target = vital.rate("total_fertility"), vital.rate(f"total_fertility_{variant}")
    years = np.arange(start.year, max(last_year, target.year) + 1)
    way = np.clip((years - start.year) / (target.year - start.year), 0, 1)
    return _Held(dict(zip(years.tolist(), (start.value + way * (target.value - start.value)).tolist(), strict=True)))


class _Held(dict[int, float]):
    """Births by year; before the first and after the last year they are as there."""

    def __missing__(self, year: int) -> float:
        return self[min(max(year, min(self)), max(self))]


def _by_division(people: Iterable[PeopleCount], division_of: Mapping[str, str]) -> dict[str, dict[int, Floats]]:
    """People by division, year, sex and age, shape (2, 101); NaN where an age is not counted."""
    found: dict[str, dict[int, Floats]] = defaultdict(dict)
    boys = vital.rate("sex_ratio_at_birth").value
    either = np.array([boys, 100.0]) / (boys + 100)
    for (year, age, level, place), by_sex in tally.by_sex(people).items():
        division = division_of.get(f"{level}:{place}")
        if division is None:
            continue
        ages = found[division].setdefault(year, np.full((2, vital.AGES), np.nan))
        at = min(age, vital.OLDEST)
        counted = (
            either * by_sex[None] if None in by_sex else np.array([by_sex.get(sex, 0) for sex in SEXES], dtype=float)
        )
        ages[:, at] = np.nan_to_num(ages[:, at]) + counted
    return dict(found)
