"""
How far forecasts are off, by years ahead: measured on the rolls at hand where they are long enough.

School side: grade progression begun again in every earlier year of the rolls (`data.forecast.spread`), by size of
school, and for each division as a whole. Cohort side: the share of a zone's children that its school teaches, in two
years h apart: ln of their ratio is how far children times share would have been off (`data.forecast.capture.spread`).
Rolls too short for that are taken to err as a published history does, and a horizon longer than any measured as the
longest, in proportion to the years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import GRADES, Stage
from data.forecast import capture, spread
from data.forecast.capture import Spread
from data.forecast.cohort import AGE_AT_ENTRY
from data.forecast.paths import Errors
from data.monitoring.children import Known
from data.monitoring.ground import COLUMNS, Ground
from data.monitoring.layer import STAGES
from data.monitoring.sides import Weights

Floats = NDArray[np.float64]

FEWEST_YEARS = 4
"""Years of roll that a measurement needs: two to begin from, and two to compare with."""
FEWEST_CASES = 30
LONGEST = 5
"""Years ahead that are measured."""
OLDEST_CHILD = 17
"""Age at the latest count up to which a cohort is taken to have been where it is now."""

PUBLISHED_SCHOOL, PUBLISHED_COMMON = Spread(0.0006, 0.6), 0.0003
"""
A year ahead, as this code measures it on the elementary schools of Eau Claire without births, 1998 to 2019: spread of
single schools by size, and variance of the district as a whole; both grow in proportion to the years.
"""
EXACT, CHANCE = Spread(0.0, 0.0), Spread(0.0, 0.1)
"""In the year of the count: of a roll, and of children times the share that a school teaches."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """
    Errors by years ahead.

    Attributes
    ----------
    weights
        Of the two sides, by stage.
    common, school
        Of a division as a whole (variance of the log), and of a school; by years ahead, 0 first.
    on_own_rolls
        Measured here, not taken from a published history.
    """

    weights: Mapping[Stage, Weights]
    common: Floats
    school: Sequence[Spread]
    on_own_rolls: bool

    def at(self, years: Sequence[int], counted: int) -> Errors:
        """Give the errors of years, those up to the year counted without any."""
        ahead = np.array([max(year - counted, 0) for year in years])
        common = _extended(self.common, ahead)
        floor = _extended(np.array([one.floor for one in self.school]), ahead)
        return Errors(
            common=common,
            zone=np.maximum(floor - common, 0.0),
            chance=_extended(np.array([one.falling for one in self.school]), ahead),
        )


def measure(ground: Ground, told: Known) -> Measured:
    """Measure the errors of a district, all stages with enough roll together."""
    tried = _progressed_again(ground)
    schools, common = (_published(), _in_proportion(PUBLISHED_COMMON)) if tried is None else tried
    cohort = _shares_again(ground, told)
    weights = Weights(cohort=_and_of_children(cohort, common) if cohort else schools, school=schools)
    return Measured(dict.fromkeys(STAGES, weights), common, schools, tried is not None)


def _progressed_again(ground: Ground) -> tuple[tuple[Spread, ...], Floats] | None:
    """Spreads of schools and variances of divisions by years ahead, 0 first; ``None`` where there are too few cases."""
    schools, wholes = [], []
    for stage in STAGES:
        for division in range(len(ground.divisions)):
            rows = np.flatnonzero(ground.has_roll(stage) & (ground.school_division == division))
            history = ground.history(stage, rows) if rows.size else None
            if history is not None and len(history.years) >= FEWEST_YEARS:
                found = spread.past_errors(history, spread.rolling(history, min(LONGEST, len(history.years) - 1)))
                schools.append(found["school total"])
                wholes.append(found["district total"])
    if sum(int((found.horizon == 1).sum()) for found in schools) < FEWEST_CASES:
        return None
    whole = _joined(wholes)
    of_schools, of_wholes = spread.fitted(_joined(schools), LONGEST), spread.fitted(whole, LONGEST)
    common = [of_wholes.of(float(np.median(whole.size)), step) ** 2 for step in range(1, LONGEST + 1)]
    return _by_step(of_schools), np.maximum.accumulate(np.array([0.0, *map(float, common)]))


def _joined(parts: Sequence[spread.Errors]) -> spread.Errors:
    names = ("log", "size", "horizon", "origin")
    return spread.Errors(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _shares_again(ground: Ground, told: Known) -> tuple[Spread, ...] | None:
    """Carry the share of a zone's children that its school teaches from one roll year to later ones, by years ahead."""
    steps, errors, sizes = [], [], []
    for stage in STAGES:
        for step, forecast, actual in _shares_of(ground, told, stage):
            both = (np.nan_to_num(forecast) > 0) & (np.nan_to_num(actual) > 0)
            steps.append(np.full(int(both.sum()), step))
            errors.append(np.log(actual[both] / forecast[both]))
            sizes.append(forecast[both])
    found = [CHANCE]
    at, error, size = (np.concatenate([np.zeros(0), *parts]) for parts in (steps, errors, sizes))
    for ahead in range(1, LONGEST + 1):
        of = at == ahead
        if of.sum() < FEWEST_CASES:
            break
        one = capture.spread(error[of], size[of])
        found.append(Spread(max(one.floor, found[-1].floor), max(one.falling, found[-1].falling)))
    return tuple(found) if len(found) > 1 else None


def _shares_of(ground: Ground, told: Known, stage: Stage) -> list[tuple[int, Floats, Floats]]:
    """Years ahead, pupils forecast and pupils counted, by school, for every pair of roll years of a stage."""
    zone = ground.zone[STAGES.index(stage)]
    schools = len(ground.district.schools)
    roll = ground.roll[:, COLUMNS[stage]]
    pupils = np.where(np.isfinite(roll).any(axis=1), np.nansum(roll, axis=1), np.nan)
    children = np.zeros((schools, len(ground.roll_years)))
    oldest = GRADES[stage][-1] + AGE_AT_ENTRY - 1
    for at, year in enumerate(ground.roll_years):
        if oldest + told.counted - year <= OLDEST_CHILD:  # older ones have grown up since, and may have left
            here = told.pupils[:, COLUMNS[stage], told.years.index(year)].sum(axis=1)
            children[:, at] = np.bincount(zone[zone >= 0], weights=here[zone >= 0], minlength=schools)
    return [
        (later - year, pupils[:, at] * children[:, then] / np.maximum(children[:, at], 1e-9), pupils[:, then])
        for at, year in enumerate(ground.roll_years)
        for then, later in enumerate(ground.roll_years)
        if 0 < later - year <= LONGEST and children[:, at].any()
    ]


def _by_step(of_schools: spread.Spread) -> tuple[Spread, ...]:
    """Write v[h] (1 + q / size) as floor + falling / size, by years ahead, 0 first."""
    parts = np.maximum.accumulate(np.array(of_schools.variance))
    return (EXACT, *(Spread(v, v * of_schools.small_part) for v in parts.tolist()))


def _and_of_children(shares: Sequence[Spread], common: Floats) -> tuple[Spread, ...]:
    """Add to the error of shares that of the children themselves, taken to be a whole division's."""
    of_children = _extended(common, np.arange(len(shares)))
    return tuple(Spread(s.floor + extra, s.falling) for s, extra in zip(shares, of_children.tolist(), strict=True))


def _published() -> tuple[Spread, ...]:
    floor, falling = _in_proportion(PUBLISHED_SCHOOL.floor), _in_proportion(PUBLISHED_SCHOOL.falling)
    return tuple(Spread(a, b) for a, b in zip(floor.tolist(), falling.tolist(), strict=True))


def _in_proportion(a_year: float) -> Floats:
    return np.asarray(a_year * np.arange(LONGEST + 1), dtype=np.float64)


def _extended(by_step: Floats, ahead: NDArray[np.intp]) -> Floats:
    """Read a variance at years ahead; beyond the longest measured in proportion to the years."""
    last = len(by_step) - 1
    return np.asarray(by_step[np.minimum(ahead, last)] * np.maximum(ahead / max(last, 1), 1.0))
