"""The school side of a forecast of pupils: grades of every school progressed, entrants the children of its zone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.forecast import progression
from data.forecast.history import History
from data.monitoring.cohort_side import CohortSide
from data.monitoring.ground import Indices

Floats = NDArray[np.float64]


def of_rolls(side: CohortSide) -> Floats:
    """Pupils of every school as the school side says, shape (S, G, Y)."""
    found = np.full((side.schools, *side.due.shape[1:]), np.nan)
    for division in range(len(side.ground.divisions)):
        rows = np.flatnonzero(side.with_roll & (side.ground.school_division == division))
        if rows.size:
            found[rows] = _ahead(side, rows)
    return np.asarray(found * side.more_at_schools()[:, None])


def _ahead(side: CohortSide, rows: Indices) -> Floats:
    """Progress the schools of one division to the years of the forecast; years of the rolls are as told."""
    history = side.ground.history(side.stage, rows)
    last = history.years[-1]
    horizon = max(side.years[-1] - last, 0)
    result = np.full((len(rows), len(history.grades), len(side.years)), np.nan)
    if horizon:
        entrants = _entrants(side, rows, history, [last + ahead for ahead in range(1, horizon + 1)])
        projected = progression.ahead(history, horizon, entrants=entrants).pupils
    for at, year in enumerate(side.years):
        if year > last:
            result[:, :, at] = projected[:, :, year - last - 1]
        elif year in history.years:
            result[:, :, at] = history.pupils[:, :, history.years.index(year)]
    return result


def _entrants(side: CohortSide, rows: Indices, history: History, years: Sequence[int]) -> Floats | None:
    """
    Children who enter the first grade of each school of a division, shape (S', H); ``None`` where nobody told.

    A school's part of its node's; of a school whose node has no settlement, its part of the last entrants, growing
    as the division's children of that age do.
    """
    if any(year not in side.children.years for year in (history.years[-1], *years)):
        return None
    here = side.ground.settlement_division == side.ground.school_division[rows[0]]
    first = side.children.of(side.stage, [history.years[-1], *years])[:, 0]
    if not here.any() or not np.isfinite(first[here]).all():
        return None
    everyone = first[here].sum(axis=0)
    entered = np.nan_to_num(history.pupils[:, 0, -1])
    growth = everyone[1:] / everyone[0] if everyone[0] > 0 else np.ones(len(years))
    found = entered[:, None] * growth[None]
    if side.nodes.of_home is None:
        return np.asarray(found)
    taught = np.zeros((len(side.nodes.division), len(years)))
    own = side.own_share(np.array([year - history.grades[0] + 1 for year in years]))
    due = first[:, 1:] * side.share[:, None] * own[side.ground.settlement_division]
    np.add.at(taught, side.nodes.of_home, due)
    weights = np.zeros(side.schools)
    weights[rows] = entered
    part = taught[side.nodes.of_school] * side.parts(weights)[:, None]
    with_home = np.bincount(side.nodes.of_home, minlength=len(taught))[side.nodes.of_school] > 0
    return np.where(with_home[rows][:, None], part[rows], found)
