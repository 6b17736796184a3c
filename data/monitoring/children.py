"""
Children of every settlement by grade and year: aged, born by the fertility of a variant, moved as counts have shown.

The planning forecast (`data.forecast.chain`) ages cohorts and holds the births of the last year known. Here a cohort
born after the last births told is multiplied by what its division's births do from then on; where nothing at all is
told of it, it is as large as the last cohort known, times the same. Cohorts of divisions that count people of all ages
change with deaths and moves. What the authority declared stays as declared, and control totals are met again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.district import District
from data.domain.schools import STAGE_OF_GRADE, Stage
from data.forecast import forecast
from data.forecast.cohort import AGE_AT_ENTRY
from data.forecast.places import DIVISION, Places
from data.forecast.result import GRADES_IN_ORDER
from data.monitoring.cohort_side import Children
from data.monitoring.ground import COLUMNS, Ground
from data.monitoring.layer import STAGES
from data.monitoring.population import Outline

Floats = NDArray[np.float64]

_LAST_MONTH = 8
"""August: the last month in which a cohort is born."""
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
        The last cohort of which ages or all births are told; ``None`` where neither ever are.
    held_too_long
        Births end before the youngest count: those that the planning forecast holds are older than children counted.
    counted
        Year of the latest count of people, else of births.
    """

    pupils: Floats
    years: tuple[int, ...]
    notes: tuple[str, ...]
    notes_zh: tuple[str, ...]
    cohort: int | None
    held_too_long: bool
    counted: int


def known(district: District, years: Sequence[int]) -> Known:
    """Make the planning forecast of some years."""
    made = forecast(district, years)
    pupils = made.pupils_by_grade.transpose(0, 2, 1).astype(np.float64)
    for year, grade in made.unknown:
        pupils[:, GRADES_IN_ORDER.index(grade), made.years.index(year)] = np.nan
    counted = [row.year for row in district.people]
    youngest = max((row.year - row.age + AGE_AT_ENTRY for row in district.people), default=None)
    until = _born_until(district)
    born = None if until is None else until + AGE_AT_ENTRY
    return Known(
        pupils=pupils,
        years=made.years,
        notes=made.notes,
        notes_zh=made.notes_zh,
        cohort=max((cohort for cohort in (youngest, born) if cohort is not None), default=None),
        held_too_long=born is not None and youngest is not None and born < youngest,
        counted=max(counted, default=until or made.years[0]),
    )


def grown(ground: Ground, told: Known, outlines: Sequence[Outline]) -> Children:
    """
    Carry the children told on to those not told.

    Parameters
    ----------
    outlines
        Of the divisions, in the ground's order.
    """
    pupils = told.pupils.copy()
    held = _declared(ground.district, told.years)
    for at, year in enumerate(told.years):
        for column, grade in enumerate(GRADES_IN_ORDER):
            cohort = year - grade + 1
            unborn = told.cohort is not None and cohort > told.cohort
            free = ~held[:, STAGES.index(STAGE_OF_GRADE[grade]), at]
            if unborn:
                pupils[free, column, at] = _not_born(ground, told, pupils[:, column, at], at)[free]
            factor = np.array([_factor(outline, cohort, grade, year, told) for outline in outlines])
            pupils[free, column, at] *= factor[ground.settlement_division[free]]
    for stage in STAGES:
        _fit_to_controls(ground, stage, told, pupils, held)
    return Children(pupils, told.years, told.counted, held)


def controlled(ground: Ground, stage: Stage) -> NDArray[np.bool_]:
    """Tell of each division whether a control total of the stage holds it, shape (D,)."""
    held = {row.place for row in ground.district.controls if row.stage is stage and row.level == "division"}
    return np.array([code in held for code in ground.divisions])


def _declared(district: District, years: Sequence[int]) -> NDArray[np.bool_]:
    """Tell of which settlements, stages and years the authority declared the pupils, shape (V, 4, Y)."""
    number: dict[str, int] = {home.id: at for at, home in enumerate(district.settlements)}
    found = np.zeros((len(number), len(STAGES), len(years)), dtype=np.bool_)
    for row in district.demand:
        if row.year in years:
            found[number[row.settlement], STAGES.index(row.stage), years.index(row.year)] = True
    return found


def _fit_to_controls(ground: Ground, stage: Stage, told: Known, pupils: Floats, held: NDArray[np.bool_]) -> None:
    """
    Bring a stage that has grown back to its control totals, as the planning forecast met them (`data.forecast.fit`).

    Townships first, then divisions by what no township holds; in other years the factor of the nearest control year.
    Settlements of a place that is no division of the ground are held in the years of its control totals; in others the
    rolls may tell better.
    """
    places, columns, axis = Places.of(ground.district), COLUMNS[stage], STAGES.index(stage)
    totals: dict[tuple[str, str], dict[int, int]] = {}
    for row in ground.district.controls:
        if row.stage is stage:
            totals.setdefault((row.level, row.place), {}).setdefault(told.years.index(row.year), row.pupils)
    members = {key: places.members("controls", *key) for key in totals}
    fitted = held[:, axis].copy()
    for level, place in sorted(totals, key=lambda key: (key[0] == DIVISION, len(members[key]), key[1])):
        here = members[level, place]
        factors = {
            by: _back_to(total, pupils[here, columns, by].sum(axis=1), fitted[here, by])
            for by, total in totals[level, place].items()
        }
        for at, year in enumerate(told.years):
            nearest = min(factors, key=lambda by: (abs(told.years[by] - year), told.years[by]))
            free = here[~fitted[here, at]]
            pupils[free, columns, at] *= factors[nearest]
        fitted[here] = True
        if level != DIVISION or place not in ground.divisions:
            for by in totals[level, place]:
                held[here, axis, by] = True


def _back_to(total: int, pupils: Floats, fitted: NDArray[np.bool_]) -> float:
    """By what the pupils (n,) not fitted are multiplied so that all add up to a total; 1 where none can be."""
    free = float(pupils[~fitted].sum())
    return max(total - float(pupils[fitted].sum()), 0.0) / free if np.isfinite(pupils).all() and free > 0 else 1.0


def _factor(outline: Outline, cohort: int, grade: int, year: int, told: Known) -> float:
    age = grade + AGE_AT_ENTRY - 1
    kept = outline.kept(age, year) if age >= 0 else 1.0
    if told.cohort is None or cohort <= told.cohort:
        return kept
    return kept * outline.unborn(cohort, told.cohort - AGE_AT_ENTRY)


def _not_born(ground: Ground, told: Known, held: Floats, at: int) -> Floats:
    """
    Give a cohort of which nothing is told, shape (V,), before its division's births are looked at.

    In all as many as the last births, divided over the settlements as the youngest cohorts known are: one year's births
    of a village are chance. Where no births are held it is as large as those.
    """
    youngest = _youngest(told, at)
    if told.held_too_long or not np.isfinite(held).all():
        return youngest
    division, count = ground.settlement_division, len(ground.divisions)
    total, known = (
        np.bincount(division, weights=np.nan_to_num(figures), minlength=count) for figures in (held, youngest)
    )
    scale = np.divide(total, known, out=np.zeros(count), where=known > 0)
    return np.where((known > 0)[division], np.nan_to_num(youngest) * scale[division], held)


def _youngest(told: Known, at: int) -> Floats:
    """The mean of the youngest cohorts known in a year, else in the latest year before it, shape (V,)."""
    for year in range(at, -1, -1):
        known = np.isfinite(told.pupils[:, :, year]).all(axis=0)
        known &= np.array([told.years[year] - grade + 1 <= (told.cohort or 0) for grade in GRADES_IN_ORDER])
        if known.any():
            columns = np.flatnonzero(known)[:_LAST_KNOWN]
            return np.asarray(told.pupils[:, columns, year].mean(axis=1))
    return np.full(len(told.pupils), np.nan)


def _born_until(district: District) -> int | None:
    """The last 1 September up to which all births of the year before are told; ``None`` without births."""
    ends = [row.year if row.month is None or row.month > _LAST_MONTH else row.year - 1 for row in district.births]
    return max(ends, default=None)
