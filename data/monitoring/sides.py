"""
The two sides of a forecast of pupils, and their agreement, stage by stage.

Cohort side: the children of every settlement, aged (`data.forecast.chain`), times the share of them that the school of
their zone teaches (`data.forecast.capture`, taken in the latest year in which roll and children are both known).
School side: the grades of every school progressed (`data.forecast.progression`), its entrants the children of its zone
times that share. Both stand in one tree

    division  <-  school  <-  settlements of its zone

and agree by least squares (`data.forecast.agreement`), grade by grade, each weighted by its error. Where a stage has no
zones, townships stand in their place if each has a school of the stage: children registered in the villages and taught
in the towns are counted where they are taught. Else the schools share the children of the division, and settlements are
scaled to what is agreed. Children without a zone go to the schools of their division that have none either. Whole
pupils, parts adding up.

A division with a control total of the stage keeps its children as they are in sum, a settlement whose pupils were
declared or follow a control total of its township keeps its own, unless rolls of its zone let nobody else give way.
Children of migrant workers come on top of both sides, or stay away, after today (`data.monitoring.incoming`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import GRADES, Stage
from data.forecast.agreement import Rung, agree
from data.forecast.capture import Spread
from data.monitoring import school_side, whole
from data.monitoring.cohort_side import Children, CohortSide, Incoming
from data.monitoring.ground import Ground, Indices
from data.monitoring.nodes import summed

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

_ONLY_DIVIDES = 1e15
"""Variance of a figure that says how to divide what others know, and nothing more."""
_HALF = 0.5
"""Pupils a grade is taken to have at least where its variance is asked for: none forecast is no proof of none."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """
    How far each side is off at a school, by years ahead of its last count (0 first): spread of ln(actual / forecast).

    Longer horizons than given are as the last.
    """

    cohort: Sequence[Spread]
    school: Sequence[Spread]


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """
    One stage with G grades, agreed.

    Attributes
    ----------
    of_children, of_rolls
        Pupils of each school as the cohort and the school side say, shape (S, G, Y); NaN where they do not.
    homes, schools
        Whole pupils, shapes (V, G, Y) and (S, G, Y).
    known
        Shape (Y,): either side says something of every grade.
    at_school
        Shape (S,): the pupils of this school are known.
    beside
        Shape (S,): they live in none of the settlements, and are counted besides those of these.
    """

    of_children: Floats
    of_rolls: Floats
    homes: Counts
    schools: Counts
    known: Flags
    at_school: Flags
    beside: Flags


def agreed(
    ground: Ground,
    stage: Stage,
    children: Children,
    years: tuple[int, ...],
    controlled: Flags,
    weights: Weights,
    migrants: Incoming,
) -> Sides:
    """
    Bring one stage to agreement.

    Parameters
    ----------
    controlled
        Shape (D,): the division has a control total of the stage, which its children already add up to.
    """
    return _Agreement(CohortSide(ground, stage, children, years, controlled, migrants), weights).sides()


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    """
    What each side says by itself of the pupils of every school, shape (S, G, Y); NaN where it says nothing.

    Attributes
    ----------
    share_measured
        The share of the children that schools teach was measured in the first of the years.
    """

    of_children: Floats
    of_rolls: Floats
    share_measured: bool


def alone(ground: Ground, stage: Stage, children: Children, years: tuple[int, ...]) -> Alone:
    """Let each side speak by itself, without control totals or migrants to come."""
    free = np.zeros(len(ground.divisions), dtype=np.bool_)
    side = CohortSide(ground, stage, children, years, free, Incoming((), 0.0, years[-1]))
    at = side.measured_in
    measured = at is not None and ground.roll_years[at] == years[0]
    return Alone(side.children_say, school_side.of_rolls(side), measured)


@dataclass(frozen=True, eq=False)
class _Agreement:
    """One stage under way."""

    side: CohortSide
    weights: Weights

    @cached_property
    def of_rolls(self) -> Floats:
        return school_side.of_rolls(self.side)

    @property
    def grades(self) -> int:
        return len(GRADES[self.side.stage])

    def sides(self) -> Sides:
        node = self.side.nodes.of_home
        homes, schools = self._agreed() if node is None else self._agreed_by_node(node)
        return Sides(
            of_children=self.side.children_say,
            of_rolls=self.of_rolls,
            homes=self._by_grade(homes),
            schools=self._by_grade(schools),
            known=np.asarray(self.side.known_ages.all(axis=0) | self._progressed()),
            at_school=self.side.at_school,
            beside=self.side.at_school & ~self.side.has_homes(),
        )

    def _agreed(self) -> tuple[Counts, Counts]:
        """Whole pupils of settlements and schools, shapes (V, G * Y) and (S, G * Y), that meet in their division."""
        rows, of_school = np.flatnonzero(self.side.with_roll), self.side.ground.school_division
        of_rolls, variance = self._schools_say()
        rung = Rung(of_school[rows], self._flat(of_rolls[rows]), self._flat(variance[rows]))
        top, below = agree([self._top(), rung])
        divisions = self._whole_divisions(top)
        schools = np.zeros((self.side.schools, divisions.shape[1]), dtype=np.int64)
        schools[rows] = whole.by_grade(below, of_school[rows], divisions, self.grades)
        of_home = self.side.ground.settlement_division
        leaves = self._leaves(of_home, summed(self.side.due, of_home, len(divisions)))
        _, homes = agree([Rung(np.zeros(len(top), dtype=np.intp), top, np.zeros(top.shape)), leaves])
        return whole.by_grade(homes, of_home, divisions, self.grades), schools

    def _agreed_by_node(self, of_home: Indices) -> tuple[Counts, Counts]:
        """Whole pupils of settlements and schools, shapes (V, G * Y) and (S, G * Y), that meet in their node."""
        of_rolls, variance = (self._flat(self.side.nodes.summed(figures)) for figures in self._schools_say())
        middle = Rung(self.side.nodes.division, of_rolls, np.nan_to_num(variance))
        top, at_nodes, at_homes = agree([self._top(), middle, self._leaves(of_home, self.side.of_children)])
        nodes = whole.by_grade(at_nodes, middle.parent, self._whole_divisions(top), self.grades)
        rows = np.flatnonzero(self.side.at_school)
        schools = np.zeros((self.side.schools, nodes.shape[1]), dtype=np.int64)
        weights = self._flat(np.nan_to_num(self.of_rolls))[rows]
        schools[rows] = whole.by_grade(weights, self.side.nodes.of_school[rows], nodes, self.grades)
        return whole.by_grade(at_homes, of_home, nodes, self.grades), schools

    def _progressed(self) -> Flags:
        """Tell in which years the rolls of every division with settlements tell of all grades, shape (Y,)."""
        divisions = summed(self.of_rolls, self.side.ground.school_division, len(self.side.ground.divisions))
        return np.asarray(np.isfinite(divisions[np.unique(self.side.ground.settlement_division)]).all(axis=(0, 1)))

    def _whole_divisions(self, top: Floats) -> Counts:
        """Round each division's stage to whole pupils, and divide them over its grades, shape (D, G * Y)."""
        grades = len(GRADES[self.side.stage])
        by_grade = top.reshape(-1, len(self.side.years))
        stage = np.rint(top.reshape(-1, grades, len(self.side.years)).sum(axis=1)).astype(np.int64)
        division = np.repeat(np.arange(len(top)), grades)
        return whole.parts(by_grade, division, stage).reshape(len(top), -1)

    def _top(self) -> Rung:
        """Divisions; their children say nothing that those of their nodes do not, unless a control total holds them."""
        divisions = len(self.side.ground.divisions)
        everywhere = summed(self.side.due, self.side.ground.settlement_division, divisions)
        own = np.where(self.side.known_ages, np.nan_to_num(everywhere), np.nan)
        of_home = self.side.ground.settlement_division
        free = summed(np.where(self.side.held[:, None], np.nan, self.side.due), of_home, divisions)
        held = self.side.controlled[:, None, None]
        known = held | np.isnan(free)  # of a division all of whose settlements are held, too
        return Rung(
            parent=np.zeros(divisions, dtype=np.intp),
            estimate=self._flat(np.where(held | (self.side.nodes.of_home is None), own, np.nan)),
            variance=self._flat(
                np.where(known, 0.0, _variance(free, self.weights.cohort, self.side.since_the_count()))
            ),
        )

    def _schools_say(self) -> tuple[Floats, Floats]:
        """Pupils of schools and their variance as far as rolls tell of them, shapes (S, G, Y)."""
        last = np.full(len(self.side.ground.divisions), self.side.years[0])
        for division in range(len(last)):
            rows = np.flatnonzero(self.side.with_roll & (self.side.ground.school_division == division))
            if rows.size:
                last[division] = self.side.ground.history(self.side.stage, rows).years[-1]
        ahead = np.array(self.side.years) - last[self.side.ground.school_division][:, None]
        return self.of_rolls, _variance(self.of_rolls, self.weights.school, ahead)

    def _leaves(self, parent: Indices, of_parents: Floats) -> Rung:
        """Settlements; the variance of their parent is theirs by the children they have, none where they are held."""
        per_child = _variance(of_parents, self.weights.cohort, self.side.since_the_count()) / np.maximum(
            of_parents, 1e-9
        )
        weight = np.nan_to_num(self.side.ages).mean(axis=(1, 2), keepdims=True) + 1e-6
        known = np.where(self.side.held[:, None], 0.0, per_child[parent] * self.side.due + _HALF**2)
        variance = np.where(self.side.known_ages, known, _ONLY_DIVIDES * weight)
        return Rung(parent, self._flat(self.side.due), self._flat(variance))

    def _flat(self, figures: Floats) -> Floats:
        return figures.reshape(len(figures), figures.shape[1] * figures.shape[2])

    def _by_grade(self, figures: Counts) -> Counts:
        return figures.reshape(len(figures), len(GRADES[self.side.stage]), len(self.side.years))


def _variance(pupils: Floats, spreads: Sequence[Spread], ahead: Indices) -> Floats:
    """
    Variance of pupils (n, G, Y) forecast so many years ahead: the stage's by its size, divided over the grades.

    ``ahead`` is of shape (n, Y) or (1, Y). Where no pupils are told it is that of none.
    """
    told = np.nan_to_num(pupils)
    size = np.maximum(told.sum(axis=1), 1.0)
    step = np.clip(ahead, 0, len(spreads) - 1)
    floor, falling = (np.array([getattr(one, name) for one in spreads]) for name in ("floor", "falling"))
    of_stage = (floor[step] + falling[step] / size) * size
    return np.asarray(of_stage[:, None] * (told + _HALF))
