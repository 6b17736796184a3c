"""
Why: who cannot be served and why, which rules clash, and whose children make a school necessary.

Every statement is verified by arithmetic or by an exact deduction or solve, never taken from a solver's core.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from solver.areas import answer, layout, reach
from solver.areas.layout import Layout
from solver.areas.problem import AreaProblem
from solver.areas.reach import Crowd
from solver.plan import Limits, Status, never_stop, report_nothing


class Reason(StrEnum):
    """Why a settlement can join no school."""

    NO_WAY = "no_way"
    """No way leads from it to any school."""
    TOO_FAR = "too_far"
    """Every school is beyond the trip limit, and none has beds for those who may board."""
    TOO_LARGE = "too_large"
    """It has more pupils than any school within reach has places."""
    CUT_OFF = "cut_off"
    """Schools are near enough, but no chain of neighbouring settlements leads to one."""
    ORDERED_AWAY = "ordered_away"
    """The planner's pins, bans and closures leave it no school."""
    NO_BEDS = "no_beds"
    """Its boarders are more than the beds of any school within reach."""


@dataclass(frozen=True, slots=True)
class Left:
    """
    A settlement that no plan can serve.

    Attributes
    ----------
    nearest_school, nearest_minutes
        The nearest school that is not closed by order and to which a way leads, and the minutes there as they are
        held against the limits; ``None`` where there is none.
    """

    settlement: int
    reason: Reason
    nearest_school: int | None
    nearest_minutes: int | None


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A rule without which a plan was found."""

    rule: str


def unserved(asked: Layout) -> tuple[Left, ...]:
    """Name every settlement with pupils that no plan can serve."""
    problem = layout.problem_of(asked)
    reached = reach.narrow(problem)
    return tuple(_left(asked, problem, v) for v in reached.unreached if asked.pupils[v] > 0)


def unopenable(asked: Layout) -> tuple[int, ...]:
    """Name the schools that must stay open and can have no zone."""
    return reach.narrow(layout.problem_of(asked)).unopenable


def _left(asked: Layout, problem: AreaProblem, v: int) -> Left:
    usable, held = layout.has_way(asked)[v] & ~asked.close, asked.held_minutes[v]
    nearest = int(np.argmin(np.where(usable, held, np.iinfo(np.int64).max))) if usable.any() else None
    minutes = None if nearest is None else int(held[nearest])
    return Left(v, _reason(asked, problem, v), nearest, minutes)


def _reason(asked: Layout, problem: AreaProblem, v: int) -> Reason:
    if not layout.has_way(asked)[v].any():
        return Reason.NO_WAY
    free = replace(asked, pins=(), bans=())
    within = layout.permitted(free)[v]
    if not within.any():
        return Reason.TOO_FAR
    fits = within & (asked.pupils[v] <= asked.places)
    if not fits.any():
        return Reason.TOO_LARGE
    fits &= problem.allowed[v] & ~asked.close
    if not fits.any():
        return Reason.ORDERED_AWAY
    if problem.boarders is not None and problem.beds is not None and problem.bed_price is None:
        housed = fits & (problem.boarders[v] <= problem.beds)
        if not housed.any():
            return Reason.NO_BEDS
    return Reason.CUT_OFF


def crowd(asked: Layout) -> Crowd | None:
    """Find settlements whose pupils outnumber all places they may reach; see ``reach.crowd``."""
    return reach.crowd(reach.narrow(layout.problem_of(asked)).problem)


def necessary_for(asked: Layout, school: int) -> tuple[int, ...]:
    """
    Name the settlements for which a school is necessary (rule 10): without it no plan can serve them.

    Either they lose their last school within reach, or their pupils outnumber the places left to them. Empty when
    neither can be shown.
    """
    close = asked.close.copy()
    close[school] = True
    without = replace(asked, close=close, keep=asked.keep & ~close, protected=asked.protected & ~close)
    without = replace(without, pins=tuple(p for p in without.pins if p[1] != school))
    reached = reach.narrow(layout.problem_of(without))
    lost = tuple(v for v in reached.unreached if asked.pupils[v] > 0)
    if lost:
        return lost
    crowded = reach.crowd(reached.problem)
    return () if crowded is None else crowded.settlements


RULES: Mapping[str, Mapping[str, Any]] = {
    "contiguity": {"contiguous": False},
    "beds": {"bed_price": 0},
    "least_viable": {"shortfall_price": 0},
    "trip_limit": {"trip_price": 0},
    "pins_and_bans": {"pins": (), "bans": ()},
}
"""Rules that ``relaxations`` tries to do without, one at a time."""


def relaxations(asked: Layout, seconds: float, seed: int) -> tuple[Relaxation, ...]:
    """Find the single rules without which a plan exists: each one shown by a plan found within ``seconds`` in all."""
    found = []
    for rule, change in RULES.items():
        loose = replace(asked, **change)
        if all(getattr(asked, name) == getattr(loose, name) for name in change):
            continue  # a rule that the layout does not have cannot be in the way
        plan = answer.solve(loose, Limits(seconds=seconds / len(RULES), seed=seed, gap=1.0), report_nothing, never_stop)
        if plan.certificate.status in (Status.OPTIMAL, Status.FEASIBLE):
            found.append(Relaxation(rule))
    return tuple(found)
