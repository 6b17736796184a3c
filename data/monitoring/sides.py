"""
The two sides of a forecast of pupils, and their agreement, stage by stage.

Cohort side: the children of every settlement, aged (`data.forecast.chain`), times the share of them that the school of
their zone teaches (`data.forecast.capture`, taken in the latest year in which roll and children are both known).
School side: the grades of every school progressed (`data.forecast.progression`), its entrants the children of its zone
times that share. Both stand in one tree

    division  <-  school  <-  settlements of its zone

and agree by least squares (`data.forecast.agreement`), grade by grade, each weighted by its error. A stage without
zones has no lowest rung: its schools share the children of the division, and settlements are scaled to what is agreed.
A division with a control total of the stage keeps its children as they are. Whole pupils, parts adding up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import GRADES, Stage
from data.forecast import capture, progression
from data.forecast.agreement import Rung, agree
from data.forecast.capture import Spread
from data.forecast.history import History
from data.monitoring import whole
from data.monitoring.ground import COLUMNS, Ground, Indices
from data.monitoring.layer import STAGES

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
class Children:
    """
    Children of every settlement by grade, aged.

    Attributes
    ----------
    pupils
        Shape (V, 15, Y); NaN where nobody counted them.
    years
        Of the last axis: those of the rolls as well as those of the forecast.
    counted
        Year of the latest count of children.
    """

    pupils: Floats
    years: tuple[int, ...]
    counted: int

    def of(self, stage: Stage, years: Sequence[int]) -> Floats:
        """Take a stage and some years, shape (V, G, Y)."""
        return self.pupils[:, COLUMNS[stage]][:, :, [self.years.index(year) for year in years]]


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
    """

    of_children: Floats
    of_rolls: Floats
    homes: Counts
    schools: Counts
    known: Flags
    at_school: Flags


def agreed(
    ground: Ground, stage: Stage, children: Children, years: tuple[int, ...], controlled: Flags, weights: Weights
) -> Sides:
    """
    Bring one stage to agreement.

    Parameters
    ----------
    controlled
        Shape (D,): the division has a control total of the stage, which its children already add up to.
    """
    return _Stage(ground, stage, children, years, controlled, weights).sides()


@dataclass(frozen=True, eq=False)
class _Stage:
    """
    One stage under way. Nodes are the schools and, in a zoned stage, one more a division for settlements of no zone.
    """

    ground: Ground
    stage: Stage
    children: Children
    years: tuple[int, ...]
    controlled: Flags
    weights: Weights

    def sides(self) -> Sides:
        ages = self.ages
        rungs = self._rungs()
        top, *below = agree(rungs)
        divisions = self._whole_divisions(top)
        nodes = whole.parts(below[0], rungs[1].parent, divisions) if below else np.zeros((0, top.shape[1]), np.int64)
        if self.zoned:
            homes = whole.parts(below[1], rungs[2].parent, nodes)
        else:
            homes = whole.parts(self._flat(np.nan_to_num(ages)), self.ground.settlement_division, divisions)
        schools = np.zeros((self.schools, top.shape[1]), dtype=np.int64)
        schools[: min(len(nodes), self.schools)] = nodes[: self.schools]
        progressed = np.isfinite(self.of_rolls[self.with_roll]).all(axis=(0, 1)) & self.with_roll.any()
        return Sides(
            of_children=np.where(self.zoned & self.known_ages, self.of_children[: self.schools], np.nan),
            of_rolls=self.of_rolls,
            homes=self._by_grade(homes),
            schools=self._by_grade(schools),
            known=np.asarray(self.known_ages.all(axis=0) | progressed),
            at_school=self.with_roll | self.ground.with_zone(self.stage),
        )

    def _whole_divisions(self, top: Floats) -> Counts:
        """Round each division's stage to whole pupils, and divide them over its grades, shape (D, G * Y)."""
        grades = len(GRADES[self.stage])
        by_grade = top.reshape(-1, len(self.years))
        stage = np.rint(top.reshape(-1, grades, len(self.years)).sum(axis=1)).astype(np.int64)
        division = np.repeat(np.arange(len(top)), grades)
        return whole.parts(by_grade, division, stage).reshape(len(top), -1)

    @property
    def schools(self) -> int:
        return len(self.ground.district.schools)

    @property
    def zoned(self) -> bool:
        return self.ground.zoned(self.stage)

    @cached_property
    def ages(self) -> Floats:
        """Children by settlement, grade and year, NaN where unknown."""
        return self.children.of(self.stage, self.years)

    @cached_property
    def known_ages(self) -> Flags:
        """Shape (G, Y)."""
        return np.asarray(np.isfinite(self.ages).all(axis=0))

    @cached_property
    def with_roll(self) -> Flags:
        return self.ground.has_roll(self.stage)

    @cached_property
    def roll(self) -> Floats:
        """Rolls of the stage, shape (S, G, R)."""
        return self.ground.roll[:, COLUMNS[self.stage]]

    @cached_property
    def node(self) -> Indices:
        """The node of every settlement, shape (V,), in a zoned stage."""
        zone = self.ground.zone[STAGES.index(self.stage)]
        return np.where(zone >= 0, zone, self.schools + self.ground.settlement_division)

    @cached_property
    def division_of_node(self) -> Indices:
        extra = np.arange(len(self.ground.divisions)) if self.zoned else np.zeros(0, dtype=np.intp)
        return np.concatenate([self.ground.school_division, extra])

    @cached_property
    def measured_in(self) -> int | None:
        """Position among the roll years of the latest one in which the children are known too."""
        for at in reversed(range(len(self.ground.roll_years))):
            told = np.isfinite(self.roll[:, :, at]).any()
            ages = self.children.of(self.stage, [self.ground.roll_years[at]])
            if told and np.isfinite(ages).all():
                return at
        return None

    @cached_property
    def share(self) -> Floats:
        """
        Pupils to a child of the stage: shape (nodes,) in a zoned stage, (D,) in another.

        1 where no roll tells, and in a division whose children add up to a control total.
        """
        divisions = len(self.ground.divisions)
        share = np.ones(len(self.division_of_node) if self.zoned else divisions)
        if self.measured_in is None:
            return share
        ages = self.children.of(self.stage, [self.ground.roll_years[self.measured_in]])[:, :, 0].sum(axis=1)
        told = self.roll[:, :, self.measured_in]
        rolls = np.where(np.isfinite(told).any(axis=1), np.nansum(told, axis=1), np.nan)
        in_zone = np.bincount(self.node, weights=ages, minlength=len(share)) if self.zoned else np.zeros(0)
        for division in np.flatnonzero(~self.controlled):
            mine = np.flatnonzero(self.division_of_node == division)
            here = self.ground.settlement_division == division
            if self.zoned:
                taught = in_zone[mine]
                pupils = np.append(rolls, np.full(divisions, np.nan))[mine]
                measured = capture.ratios(np.where(taught > 0, pupils, 0), taught, taught > 0)
                share[mine] = np.where(taught > 0, measured.ratio, 1.0)
            elif ages[here].sum() > 0 and np.isfinite(rolls[mine]).any():
                share[division] = np.nansum(rolls[mine]) / ages[here].sum()
        return share

    @cached_property
    def due(self) -> Floats:
        """Children of every settlement that the schools teach, shape (V, G, Y); 0 where unknown."""
        of = self.share[self.node] if self.zoned else self.share[self.ground.settlement_division]
        return np.asarray(np.nan_to_num(self.ages) * of[:, None, None])

    @cached_property
    def of_children(self) -> Floats:
        """Pupils of every node as the cohort side says, shape (nodes, G, Y); 0 in a stage without zones."""
        found = np.zeros((len(self.division_of_node), *self.due.shape[1:]))
        if self.zoned:
            np.add.at(found, self.node, self.due)
        return found

    @cached_property
    def of_rolls(self) -> Floats:
        """Pupils of every school as the school side says, shape (S, G, Y)."""
        found = np.full((self.schools, *self.due.shape[1:]), np.nan)
        for division in range(len(self.ground.divisions)):
            rows = np.flatnonzero(self.with_roll & (self.ground.school_division == division))
            if rows.size:
                found[rows] = self._ahead(rows)
        return found

    def _ahead(self, rows: Indices) -> Floats:
        """Progress the schools of one division to the years of the forecast; years of the rolls are as told."""
        history = self.ground.history(self.stage, rows)
        last = history.years[-1]
        horizon = max(self.years[-1] - last, 0)
        result = np.full((len(rows), len(history.grades), len(self.years)), np.nan)
        if horizon:
            entrants = self._entrants(rows, history, [last + ahead for ahead in range(1, horizon + 1)])
            projected = progression.ahead(history, horizon, entrants=entrants).pupils
        for at, year in enumerate(self.years):
            if year > last:
                result[:, :, at] = projected[:, :, year - last - 1]
            elif year in history.years:
                result[:, :, at] = history.pupils[:, :, history.years.index(year)]
        return result

    def _entrants(self, rows: Indices, history: History, years: Sequence[int]) -> Floats | None:
        """
        Children who enter the first grade of each school of a division, shape (S', H); ``None`` where nobody told.

        Of a school without a zone, its part of the last entrants, growing as the division's children of that age do.
        """
        if any(year not in self.children.years for year in (history.years[-1], *years)):
            return None
        here = self.ground.settlement_division == self.ground.school_division[rows[0]]
        first = self.children.of(self.stage, [history.years[-1], *years])[:, 0]
        if not np.isfinite(first[here]).all():
            return None
        everyone = first[here].sum(axis=0)
        entered = np.nan_to_num(history.pupils[:, 0, -1])
        found = entered[:, None] * (everyone[1:] / max(everyone[0], 1.0))[None]
        if self.zoned:
            taught = np.zeros((len(self.division_of_node), len(years)))
            np.add.at(taught, self.node, first[:, 1:] * self.share[self.node][:, None])
            of_zone = self.ground.with_zone(self.stage)[rows]
            found[of_zone] = taught[rows[of_zone]]
        return np.asarray(found)

    def _rungs(self) -> list[Rung]:
        divisions = len(self.ground.divisions)
        everywhere = np.zeros((divisions, *self.due.shape[1:]))
        np.add.at(everywhere, self.ground.settlement_division, self.due)
        own = np.where(self.known_ages, everywhere, np.nan)
        spread = _variance(own, self.weights.cohort, [year - self.children.counted for year in self.years])
        held = self.controlled[:, None, None]
        top = Rung(
            parent=np.zeros(divisions, dtype=np.intp),
            estimate=self._flat(np.where(held | (not self.zoned), own, np.nan)),
            variance=self._flat(np.where(held, 0.0, np.nan_to_num(spread))),
        )
        if self.zoned:
            return [top, self._nodes(), self._leaves()]
        return [top, self._nodes()] if self.with_roll.any() else [top]

    def _nodes(self) -> Rung:
        estimate = np.full((len(self.division_of_node), *self.due.shape[1:]), np.nan)
        estimate[: self.schools] = self.of_rolls
        last = self.ground.roll_years[-1] if self.ground.roll_years else self.years[0]
        variance = _variance(estimate, self.weights.school, [year - last for year in self.years])
        return Rung(self.division_of_node, self._flat(estimate), self._flat(np.nan_to_num(variance)))

    def _leaves(self) -> Rung:
        """Settlements; the variance of their zone is theirs by the children they have."""
        ahead = [year - self.children.counted for year in self.years]
        of_zone = _variance(self.of_children, self.weights.cohort, ahead) / np.maximum(self.of_children, 1e-9)
        variance = of_zone[self.node] * self.due + _HALF**2
        weight = np.nan_to_num(self.ages).mean(axis=(1, 2), keepdims=True) + 1e-6
        variance = np.where(self.known_ages, variance, _ONLY_DIVIDES * weight)
        return Rung(self.node, self._flat(self.due), self._flat(variance))

    def _flat(self, figures: Floats) -> Floats:
        return figures.reshape(len(figures), -1)

    def _by_grade(self, figures: Counts) -> Counts:
        return figures.reshape(len(figures), len(GRADES[self.stage]), len(self.years))


def _variance(pupils: Floats, spreads: Sequence[Spread], ahead: Sequence[int]) -> Floats:
    """Variance of pupils (n, G, Y) forecast so many years ahead: the stage's by its size, divided over the grades."""
    size = np.maximum(np.nan_to_num(pupils).sum(axis=1, keepdims=True), 1.0)
    relative = np.stack(
        [spreads[min(max(years, 0), len(spreads) - 1)].sd(size[:, :, at]) ** 2 for at, years in enumerate(ahead)],
        axis=2,
    )
    return np.asarray(relative * (np.nan_to_num(pupils) + _HALF) * size)
