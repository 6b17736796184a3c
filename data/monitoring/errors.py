"""
How far forecasts are off, by years ahead: measured on the rolls at hand where they are long enough.

School side: grade progression begun again in every earlier year of the rolls, ln(actual / forecast) of the pupils of
each school and of each division. Cohort side: the share of a zone's children that its school teaches, in two years h
apart: ln of their ratio is how far children times share would have been off. Both by size of school
(`data.forecast.capture.spread`). Rolls too short for that are taken to err as a published history does, and a horizon
longer than any measured as the longest, in proportion to the years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import GRADES, Stage
from data.forecast import capture, progression
from data.forecast.capture import Spread
from data.forecast.cohort import AGE_AT_ENTRY
from data.forecast.history import History
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

PUBLISHED_SCHOOL, PUBLISHED_COMMON = Spread(0.00004, 1.0), 0.0004
"""
A year ahead, measured with this code on the elementary schools of Eau Claire, 1998 to 2019: spread of single schools
by size, and variance of the district as a whole; both grow in proportion to the years (docs/measurements.md).
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
        floor = _extended(np.array([spread.floor for spread in self.school]), ahead)
        return Errors(
            common=common,
            zone=np.maximum(floor - common, 0.0),
            chance=_extended(np.array([spread.falling for spread in self.school]), ahead),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """Log errors of schools with their size, and of whole divisions, each with its years ahead."""

    ahead: NDArray[np.intp]
    error: Floats
    size: Floats
    whole_ahead: NDArray[np.intp]
    whole_error: Floats

    @staticmethod
    def joined(parts: Sequence[Trials]) -> Trials:
        """Put several together; there must be one."""
        names = ("ahead", "error", "size", "whole_ahead", "whole_error")
        return Trials(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def measure(ground: Ground, told: Known) -> Measured:
    """Measure the errors of a district, all stages with enough roll together."""
    tried, shares = [], []
    for stage in STAGES:
        for division in range(len(ground.divisions)):
            rows = np.flatnonzero(ground.has_roll(stage) & (ground.school_division == division))
            if rows.size:
                tried.append(progress_again(ground.history(stage, rows)))
        shares.append(_shares_again(ground, told, stage))
    school = _spreads(Trials.joined(tried)) if tried else None
    cohort = _spreads(Trials.joined(shares), CHANCE)
    own = school is not None
    schools = school or _published()
    common = _common(Trials.joined(tried)) if tried and own else _in_proportion(PUBLISHED_COMMON)
    weights = Weights(cohort=_and_of_children(cohort, common) if cohort else schools, school=schools)
    return Measured(dict.fromkeys(STAGES, weights), common, schools, own)


def progress_again(history: History) -> Trials:
    """Begin grade progression again in every earlier year of a history, and compare with what came."""
    rows: list[tuple[int, Floats, Floats]] = []
    totals = np.where(np.isfinite(history.pupils).any(axis=1), np.nansum(history.pupils, axis=1), np.nan)
    for at in range(1, len(history.years) - 1):
        if not np.isfinite(totals[:, at]).any() or history.left_out[at]:
            continue
        horizon = min(LONGEST, len(history.years) - 1 - at)
        forecast = progression.ahead(history.upto(history.years[at]), horizon).pupils.sum(axis=1)
        rows.extend(
            (step, forecast[:, step - 1], totals[:, at + step])
            for step in range(1, horizon + 1)
            if not history.left_out[at + step]
        )
    return _compared(rows)


def _shares_again(ground: Ground, told: Known, stage: Stage) -> Trials:
    """Carry the share of a zone's children that its school teaches from one roll year to a later one."""
    zone = ground.zone[STAGES.index(stage)]
    schools = len(ground.district.schools)
    roll = ground.roll[:, COLUMNS[stage]]
    pupils = np.where(np.isfinite(roll).any(axis=1), np.nansum(roll, axis=1), np.nan)
    children = np.zeros((schools, len(ground.roll_years)))
    oldest = GRADES[stage][-1] + AGE_AT_ENTRY - 1
    for at, year in enumerate(ground.roll_years):
        if oldest + told.counted - year > OLDEST_CHILD:
            continue  # they have grown up since, and may have left
        here = told.pupils[:, COLUMNS[stage], told.years.index(year)].sum(axis=1)
        children[:, at] = np.bincount(zone[zone >= 0], weights=here[zone >= 0], minlength=schools)
    rows = [
        (later - year, pupils[:, at] * children[:, then] / np.maximum(children[:, at], 1e-9), pupils[:, then])
        for at, year in enumerate(ground.roll_years)
        for then, later in enumerate(ground.roll_years)
        if 0 < later - year <= LONGEST and children[:, at].any()
    ]
    return _compared(rows)


def _compared(rows: Sequence[tuple[int, Floats, Floats]]) -> Trials:
    """Compare forecasts with what came, of the schools that both know."""
    nothing, whole = np.zeros(0), np.zeros(0, dtype=np.intp)
    parts = [Trials(whole, nothing, nothing, whole, nothing)]
    for step, forecast, actual in rows:
        both = (np.nan_to_num(forecast) > 0) & (np.nan_to_num(actual) > 0)
        if both.any():
            error = np.log(actual[both] / forecast[both])
            together = np.log(actual[both].sum() / forecast[both].sum())
            parts.append(
                Trials(np.full(error.size, step), error, forecast[both], np.array([step]), np.array([together]))
            )
    return Trials.joined(parts)


def _spreads(trials: Trials, today: Spread = EXACT) -> tuple[Spread, ...] | None:
    """Spreads by years ahead, that of 0 given; ``None`` where the next year has too few cases."""
    found = [today]
    for step in range(1, LONGEST + 1):
        of = trials.ahead == step
        if of.sum() < FEWEST_CASES:
            break
        spread = capture.spread(trials.error[of], trials.size[of])
        found.append(Spread(max(spread.floor, found[-1].floor), max(spread.falling, found[-1].falling)))
    return tuple(found) if len(found) > 1 else None


def _common(trials: Trials) -> Floats:
    """Variance of whole divisions by years ahead, 0 first, never falling."""
    steps = range(1, int(trials.whole_ahead.max(initial=0)) + 1)
    found = [0.0, *(float(np.mean(trials.whole_error[trials.whole_ahead == step] ** 2)) for step in steps)]
    return np.asarray(np.maximum.accumulate(np.array(found)), dtype=np.float64)


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
