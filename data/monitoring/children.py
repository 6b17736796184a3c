"""
Children of every settlement by grade and year: aged, born by the fertility of a variant, moved as counts have shown.

The planning forecast (`data.forecast.chain`) ages cohorts and holds the births of the last year known. Here a cohort
born after the last births told is multiplied by what its division's births do from then on; where nothing at all is
told of it, it is as large as the last cohort known, times the same. Cohorts of divisions that count people of all ages
change with deaths and moves. Children of migrant workers come on top, or stay away, by the share the recipe asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.district import District
from data.domain.schools import Stage
from data.forecast import forecast
from data.forecast.cohort import AGE_AT_ENTRY
from data.forecast.result import GRADES_IN_ORDER
from data.monitoring.ground import COLUMNS, Ground
from data.monitoring.layer import STAGES
from data.monitoring.population import Outline
from data.monitoring.sides import Children

Floats = NDArray[np.float64]

_LAST_KNOWN = 3
"""Youngest known cohorts whose mean stands for one of which nothing is told."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """
    The planning forecast for some years, and where its knowledge ends.

    Attributes
    ----------
    pupils
        Shape (V, 15, Y), NaN where nothing is told.
    cohort
        The last cohort of which ages or all births are told.
    """

    pupils: Floats
    years: tuple[int, ...]
    notes: tuple[str, ...]
    notes_zh: tuple[str, ...]
    cohort: int
    counted: int


def known(district: District, years: Sequence[int]) -> Known:
    """Make the planning forecast of some years."""
    made = forecast(district, years)
    pupils = made.pupils_by_grade.transpose(0, 2, 1).astype(np.float64)
    for year, grade in made.unknown:
        pupils[:, GRADES_IN_ORDER.index(grade), made.years.index(year)] = np.nan
    counted = [row.year for row in district.people]
    youngest = [row.year - row.age + AGE_AT_ENTRY for row in district.people]
    return Known(
        pupils=pupils,
        years=made.years,
        notes=made.notes,
        notes_zh=made.notes_zh,
        cohort=max([*youngest, _born_until(district) + AGE_AT_ENTRY], default=0),
        counted=max(counted, default=_born_until(district)),
    )


def grown(ground: Ground, told: Known, outlines: Sequence[Outline], extra: Floats, today: int) -> Children:
    """
    Carry the children told on to those not told.

    Parameters
    ----------
    outlines
        Of the divisions, in the ground's order.
    extra
        Shape (V, 4): children of migrant workers that come on top, as a share of the settlement's, by stage.
    today
        The year after which they come.
    """
    pupils = told.pupils.copy()
    until = _born_until(ground.district) or told.cohort - AGE_AT_ENTRY
    for at, year in enumerate(told.years):
        for column, grade in enumerate(GRADES_IN_ORDER):
            cohort = year - grade + 1
            factor = np.array([_factor(outline, cohort, grade, year, told, until) for outline in outlines])
            if not np.isfinite(pupils[:, column, at]).all() and cohort > told.cohort:
                pupils[:, column, at] = _youngest(told, at)
            pupils[:, column, at] *= factor[ground.settlement_division]
    later = np.array([year > today for year in told.years])
    for at, stage in enumerate(STAGES):
        pupils[:, COLUMNS[stage]] *= 1 + extra[:, at, None, None] * later
    return Children(pupils, told.years, told.counted)


def migrant_share(ground: Ground, told: Known, change: float) -> Floats:
    """
    Return the children of migrant workers to add to each settlement's, as a share of them, shape (V, 4).

    The latest count of a place, over the children of its settlements in that year, times the change.
    """
    share = np.zeros((len(ground.district.settlements), len(STAGES)))
    if change == 0:
        return share
    latest = {(row.level, row.place, row.stage): row for row in sorted(ground.district.migrants, key=lambda r: r.year)}
    members = _members(ground)
    for (level, place, stage), row in latest.items():
        if row.year in told.years:
            here = members[level, place]
            children = np.nansum(told.pupils[here][:, COLUMNS[stage], told.years.index(row.year)])
            share[here, STAGES.index(stage)] += change * row.migrants / max(children, 1.0)
    return share


def controlled(ground: Ground, stage: Stage) -> NDArray[np.bool_]:
    """Tell of each division whether a control total of the stage holds it, shape (D,)."""
    held = {row.place for row in ground.district.controls if row.stage is stage and row.level == "division"}
    return np.array([code in held for code in ground.divisions])


def _factor(outline: Outline, cohort: int, grade: int, year: int, told: Known, until: int) -> float:
    age = grade + AGE_AT_ENTRY - 1
    kept = outline.kept(age, year) if age >= 0 else 1.0
    return kept * (outline.unborn(cohort, until) if cohort > told.cohort else 1.0)


def _youngest(told: Known, at: int) -> Floats:
    """The mean of the youngest cohorts known in a year, shape (V,)."""
    columns = [column for column in range(len(GRADES_IN_ORDER)) if np.isfinite(told.pupils[:, column, at]).all()]
    if not columns:
        return np.full(len(told.pupils), np.nan)
    return np.asarray(told.pupils[:, columns[:_LAST_KNOWN], at].mean(axis=1))


def _born_until(district: District) -> int:
    """The last 1 September up to which all births of the year before are told; 0 without births."""
    ends = [row.year if row.month is None or row.month >= 8 else row.year - 1 for row in district.births]
    return max(ends, default=0)


def _members(ground: Ground) -> Mapping[tuple[str, str], NDArray[np.intp]]:
    """The settlements of every place that a row may name."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, home in enumerate(ground.district.settlements):
        for key in (("settlement", str(home.id)), ("township", home.township), ("division", str(home.division))):
            found.setdefault(key, []).append(number)
    return {key: np.array(numbers) for key, numbers in found.items()}
