"""
Reach: how well pupils get to schools, from minutes of any origin.

Arrays over V settlements and S schools in one order each. A pair without a way carries minutes beyond every limit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from access.fca import two_stage_fca
from numpy.typing import NDArray

NOBODY = -1
"""Stands for a school where a settlement has none."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = NDArray[np.int64] | NDArray[np.float64]


class StraightErrors(NamedTuple):
    """
    Pupils whom straight lines deceive.

    ``too_short``: straight lines call their trip within the limit and roads do not; ``too_long``: the other way round;
    ``wrong_nearest``: the open school that straight lines call nearest is further by road than another.
    """

    too_short: int
    too_long: int
    wrong_nearest: int


class Nearest(NamedTuple):
    """The open school nearest to each settlement, shape (V,), ``NOBODY`` where none is reached by road."""

    by_straight: Ints
    by_road: Ints


def two_step(minutes: Ints, pupils: Ints, places: Ints, limit: float) -> Floats:
    """
    Give the places a pupil that each settlement reaches: the two-step floating catchment.

    First each school's places are divided by all pupils within the limit of it; then each settlement adds up the
    ratios of the schools within its limit. Source: Luo and Wang (2003), Environment and Planning B 30, 865-884; the
    sums are those of the library ``access`` (PySAL).

    Parameters
    ----------
    minutes
        Shape (V, S).
    pupils, places
        Shapes (V,) and (S,), 0 or more. A school with no pupil within the limit of it adds nothing.
    limit
        Minutes within which a school is reached, itself included.

    Returns
    -------
    ratio
        Shape (V,); 0 where no school is reached.
    """
    settlement, school = np.nonzero(minutes <= limit)
    asked = np.bincount(school, weights=pupils[settlement], minlength=len(places))
    wanted = asked[school] > 0
    settlement, school = settlement[wanted], school[wanted]
    if settlement.size == 0:
        return np.zeros(len(pupils))
    found = two_stage_fca(
        pd.DataFrame({"pupils": pupils}),
        pd.DataFrame({"places": places}),
        pd.DataFrame({"origin": settlement, "dest": school, "cost": minutes[settlement, school]}),
        demand_index=True,
        demand_name="pupils",
        supply_index=True,
        supply_name="places",
    )
    return np.asarray(found.reindex(np.arange(len(pupils)), fill_value=0.0), dtype=np.float64)


def mean(values: Numbers, pupils: Ints) -> float:
    """Give the mean over pupils, each settlement's value counted once a pupil; NaN without pupils."""
    return float(np.average(values, weights=pupils)) if pupils.any() else float("nan")


def worst_off(values: Numbers, pupils: Ints, share: float) -> float:
    """
    Give the mean over the pupils with the lowest values, ``share`` of all; NaN without pupils.

    The settlement on the edge counts with as many of its pupils, or parts of one, as still belong to the share. Where
    high values are bad, as minutes are, give them negative.
    """
    if not pupils.any():
        return float("nan")
    order = np.argsort(values, kind="stable")
    before = np.cumsum(pupils[order]) - pupils[order]
    among = share * float(pupils.sum())
    counted = np.clip(among - before, 0, pupils[order])
    return float((values[order] * counted).sum() / among)


def share_within(minutes: Ints, pupils: Ints, limit: Numbers | float) -> float:
    """Give the share of pupils whose minutes, shape (V,), are at most the limit; NaN without pupils."""
    return mean((minutes <= limit).astype(np.int64), pupils)


def nearest(straight: Ints, road: Ints, opened: Bools, beyond: int) -> Nearest:
    """
    Find the open school nearest by straight lines and by road.

    Parameters
    ----------
    straight, road
        Minutes, shape (V, S).
    beyond
        Road minutes from which on a school is not reached.

    Returns
    -------
    nearest
        Of several equally near by road, the one nearest by straight line; of several of those, the first.
    """
    if not opened.any():
        none = np.full(len(road), NOBODY, dtype=np.int64)
        return Nearest(none, none)
    school = np.flatnonzero(opened)
    as_crow, on_road = straight[:, school], road[:, school]
    least = on_road.min(axis=1)
    furthest = np.iinfo(np.int64).max
    as_near = np.where(on_road == least[:, None], as_crow, furthest).argmin(axis=1)
    return Nearest(school[as_crow.argmin(axis=1)], np.where(least < beyond, school[as_near], NOBODY))


def straight_line_errors(
    straight: Ints, road: Ints, pupils: Ints, school_of: Ints, opened: Bools, *, limit: float, beyond: int
) -> StraightErrors:
    """
    Count the pupils for whom straight lines give another answer than roads.

    Parameters
    ----------
    straight, road
        Minutes, shape (V, S).
    school_of
        Shape (V,); settlements with ``NOBODY`` have no trip to hold against the limit.
    beyond
        Road minutes from which on a school is not reached. Who reaches no open school has no nearest one to get wrong.
    """
    placed = np.flatnonzero(school_of != NOBODY)
    guessed, true = straight[placed, school_of[placed]] <= limit, road[placed, school_of[placed]] <= limit
    rows = np.arange(len(road))
    by_straight, by_road = nearest(straight, road, opened, beyond)
    further = (by_road != NOBODY) & (road[rows, by_straight] > road[rows, by_road])
    return StraightErrors(
        too_short=int(pupils[placed[guessed & ~true]].sum()),
        too_long=int(pupils[placed[~guessed & true]].sum()),
        wrong_nearest=int(pupils[further].sum()),
    )
