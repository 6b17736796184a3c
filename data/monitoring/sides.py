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
scaled to what is agreed. A division with a control total of the stage keeps its children as they are. Whole pupils,
parts adding up.
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
_LAST_ENTRANTS = 3
_FEW = 50.0
"""Pupils: a grade of a division with as many or fewer says little of its own share."""
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


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """
    What stands between a division and its settlements at a stage: N nodes.

    Attributes
    ----------
    of_home
        Shape (V,): the node of each settlement; ``None`` where nothing stands between.
    of_school
        Shape (S,): the node that each school belongs to.
    division
        Shape (N,).
    are_schools
        Node s is school s; those after the schools hold what has no school.
    """

    of_home: Indices | None
    of_school: Indices
    division: Indices
    are_schools: bool

    @staticmethod
    def of(ground: Ground, stage: Stage) -> _Nodes:
        """
        Choose the nodes: zones where the stage has them; else townships, where each with children has a school of the
        stage, so that its children can be taken to go to school there; else the schools, and no settlement under them.
        """
        schools = np.arange(len(ground.district.schools))
        divisions = np.arange(len(ground.divisions))
        zone = ground.zone[STAGES.index(stage)]
        if ground.zoned(stage):
            home = np.where(zone >= 0, zone, len(schools) + ground.settlement_division)
            return _Nodes(home, schools, np.concatenate([ground.school_division, divisions]), True)
        here = np.bincount(ground.school_township[ground.has_roll(stage)] + 1, minlength=len(ground.townships) + 1)[1:]
        if len(ground.townships) > 1 and (here[np.unique(ground.settlement_township)] > 0).all():
            codes = {code: number for number, code in enumerate(ground.divisions)}
            of_town = np.array([codes[division] for division, _ in ground.townships], dtype=np.intp)
            without = len(of_town) + ground.school_division
            school = np.where(ground.school_township >= 0, ground.school_township, without)
            return _Nodes(ground.settlement_township, school, np.concatenate([of_town, divisions]), False)
        return _Nodes(None, schools, ground.school_division, True)

    def summed(self, figures: Floats) -> Floats:
        """Add schools up to their nodes, shape (N, ...); NaN where nothing is told of any."""
        told = np.isfinite(figures)
        sums, some = (
            np.zeros((len(self.division), *figures.shape[1:])),
            np.zeros((len(self.division), *figures.shape[1:])),
        )
        np.add.at(sums, self.of_school, np.where(told, figures, 0.0))
        np.add.at(some, self.of_school, told)
        return np.where(some > 0, sums, np.nan)


@dataclass(frozen=True, eq=False)
class _Stage:
    """One stage under way."""

    ground: Ground
    stage: Stage
    children: Children
    years: tuple[int, ...]
    controlled: Flags
    weights: Weights

    def sides(self) -> Sides:
        rungs = self._rungs()
        top, *below = agree(rungs)
        divisions = self._whole_divisions(top)
        nodes = whole.parts(below[0], rungs[1].parent, divisions) if below else np.zeros((0, top.shape[1]), np.int64)
        if self.nodes.of_home is None:
            homes = whole.parts(self._flat(np.nan_to_num(self.ages)), self.ground.settlement_division, divisions)
        else:
            homes = whole.parts(below[1], rungs[2].parent, nodes)
        progressed = np.isfinite(self.of_rolls[self.with_roll]).all(axis=(0, 1)) & self.with_roll.any()
        told = self.known_ages & (self.nodes.of_home is not None)
        return Sides(
            of_children=np.where(told, self._of_schools(self.of_children), np.nan),
            of_rolls=self.of_rolls,
            homes=self._by_grade(homes),
            schools=self._by_grade(self._whole_schools(nodes)),
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

    def _whole_schools(self, nodes: Counts) -> Counts:
        """Give schools what their nodes ended with, as their rolls divide it, shape (S, G * Y)."""
        if len(nodes) == 0 or self.nodes.are_schools:
            schools = np.zeros((self.schools, len(GRADES[self.stage]) * len(self.years)), dtype=np.int64)
            schools[: min(len(nodes), self.schools)] = nodes[: self.schools]
            return schools
        rows = np.flatnonzero(self.with_roll)
        schools = np.zeros((self.schools, nodes.shape[1]), dtype=np.int64)
        weights = self._flat(np.nan_to_num(self.of_rolls))[rows]
        schools[rows] = whole.parts(weights, self.nodes.of_school[rows], nodes)
        return schools

    def _of_schools(self, figures: Floats) -> Floats:
        """Divide what is said of nodes over their schools, by their last rolls, shape (S, G, Y)."""
        if self.nodes.are_schools:
            return figures[: self.schools]
        part = self._parts(np.nansum(self.roll[:, :, -1], axis=1) if self.roll.size else np.zeros(self.schools))
        return np.asarray(figures[self.nodes.of_school] * part[:, None, None])

    def _parts(self, weights: Floats) -> Floats:
        """The part that each school has of its node, shape (S,), by weights of the schools that have a roll."""
        own = np.where(self.with_roll, np.nan_to_num(weights) + 1e-9, 0.0)
        total = np.bincount(self.nodes.of_school, weights=own, minlength=len(self.nodes.division))
        return np.asarray(own / np.maximum(total, 1e-9)[self.nodes.of_school])

    @property
    def schools(self) -> int:
        return len(self.ground.district.schools)

    @cached_property
    def nodes(self) -> _Nodes:
        return _Nodes.of(self.ground, self.stage)

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
        Pupils to a child of the stage, by settlement, shape (V,).

        1 where no roll tells, and in a division whose children add up to a control total.
        """
        division = self.ground.settlement_division
        if self.measured_in is None:
            return np.ones(len(division))
        ages = self.children.of(self.stage, [self.ground.roll_years[self.measured_in]])[:, :, 0].sum(axis=1)
        told = self.roll[:, :, self.measured_in]
        rolls = np.where(np.isfinite(told).any(axis=1), np.nansum(told, axis=1), np.nan)
        if self.nodes.of_home is None:
            share = self._of_divisions(ages, rolls)[division]
        else:
            share = self._of_nodes(ages, self.nodes.summed(rolls), self.nodes.of_home)[self.nodes.of_home]
        return np.where(self.controlled[division], 1.0, share)

    def _of_divisions(self, ages: Floats, rolls: Floats) -> Floats:
        """Pupils to a child of every division, 1 where nothing tells."""
        count = len(self.ground.divisions)
        children = np.bincount(self.ground.settlement_division, weights=ages, minlength=count)
        pupils = np.bincount(self.ground.school_division, weights=np.nan_to_num(rolls), minlength=count)
        return np.where((children > 0) & (pupils > 0), pupils / np.maximum(children, 1e-9), 1.0)

    def _of_nodes(self, ages: Floats, rolls: Floats, node: Indices) -> Floats:
        """Pupils to a child of every node, drawn towards those of its division where it is small."""
        children = np.bincount(node, weights=ages, minlength=len(rolls))
        share = np.ones(len(rolls))
        for division in range(len(self.ground.divisions)):
            mine = np.flatnonzero((self.nodes.division == division) & (children > 0))
            if mine.size:
                share[mine] = capture.ratios(rolls[mine], children[mine], np.ones(mine.size, dtype=np.bool_)).ratio
        return share

    @cached_property
    def due(self) -> Floats:
        """Children of every settlement that the schools teach, shape (V, G, Y); 0 where unknown."""
        cohorts = np.array([[year - grade + 1 for year in self.years] for grade in GRADES[self.stage]])
        own = self._own_share(cohorts)[self.ground.settlement_division]
        return np.asarray(np.nan_to_num(self.ages) * self.share[:, None, None] * own)

    def _own_share(self, cohorts: NDArray[np.int64]) -> Floats:
        """
        How the share of single cohorts differs from that of the whole stage, by division, shape (D, *cohorts).

        A cohort keeps what it had when it was measured: families that came or left stay so. One that enters later has
        what the last entrants had, in the mean of up to `_LAST_ENTRANTS` years; an older one what the oldest had.
        """
        first, *_ = GRADES[self.stage]
        found = np.ones((len(self.ground.divisions), *cohorts.shape))
        if self.measured_in is None:
            return found
        measured = self.ground.roll_years[self.measured_in] - first + 1
        entering = [at for at in range(self.measured_in + 1) if at > self.measured_in - _LAST_ENTRANTS]
        for division in np.flatnonzero(~self.controlled):
            by_grade = self._grade_shares(int(division), self.measured_in)
            entered = [self._grade_shares(int(division), at)[0] for at in entering]
            known = [share for share in entered if np.isfinite(share)]
            if not np.isfinite(by_grade).all() or not known:
                continue
            by_grade[0] = np.mean(known)
            found[division] = by_grade[np.clip(measured - cohorts, 0, len(by_grade) - 1)]
        return found

    def _grade_shares(self, division: int, at: int) -> Floats:
        """The share of each grade over that of the stage in a roll year, drawn to 1 by `_FEW` pupils, shape (G,)."""
        roll = self.roll[self.ground.school_division == division, :, at]
        ages = self.children.of(self.stage, [self.ground.roll_years[at]])[:, :, 0]
        children = ages[self.ground.settlement_division == division].sum(axis=0)
        pupils = np.nansum(roll, axis=0)
        if not np.isfinite(roll).any() or not np.isfinite(children).all() or children.sum() <= 0:
            return np.full(roll.shape[1], np.nan)
        return np.asarray((pupils + _FEW) / (children * pupils.sum() / children.sum() + _FEW))

    @cached_property
    def of_children(self) -> Floats:
        """Pupils of every node as the cohort side says, shape (N, G, Y)."""
        found = np.zeros((len(self.nodes.division), *self.due.shape[1:]))
        if self.nodes.of_home is not None:
            np.add.at(found, self.nodes.of_home, self.due)
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

        A school's part of its node's; of a school whose node has no settlement, its part of the last entrants, growing
        as the division's children of that age do.
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
        if self.nodes.of_home is None:
            return np.asarray(found)
        taught = np.zeros((len(self.nodes.division), len(years)))
        own = self._own_share(np.array([year - history.grades[0] + 1 for year in years]))
        due = first[:, 1:] * self.share[:, None] * own[self.ground.settlement_division]
        np.add.at(taught, self.nodes.of_home, due)
        weights = np.zeros(self.schools)
        weights[rows] = entered
        part = taught[self.nodes.of_school] * self._parts(weights)[:, None]
        with_home = np.bincount(self.nodes.of_home, minlength=len(taught))[self.nodes.of_school] > 0
        return np.where(with_home[rows][:, None], part[rows], found)

    def _rungs(self) -> list[Rung]:
        divisions = len(self.ground.divisions)
        everywhere = np.zeros((divisions, *self.due.shape[1:]))
        np.add.at(everywhere, self.ground.settlement_division, self.due)
        own = np.where(self.known_ages, everywhere, np.nan)
        spread = _variance(own, self.weights.cohort, [year - self.children.counted for year in self.years])
        held = self.controlled[:, None, None]
        top = Rung(
            parent=np.zeros(divisions, dtype=np.intp),
            estimate=self._flat(np.where(held | (self.nodes.of_home is None), own, np.nan)),
            variance=self._flat(np.where(held, 0.0, np.nan_to_num(spread))),
        )
        if self.nodes.of_home is not None:
            return [top, self._middle(), self._leaves(self.nodes.of_home)]
        return [top, self._middle()] if self.with_roll.any() else [top]

    def _middle(self) -> Rung:
        """The nodes, as far as rolls tell of them."""
        last = self.ground.roll_years[-1] if self.ground.roll_years else self.years[0]
        ahead = [year - last for year in self.years]
        estimate = self.nodes.summed(self.of_rolls)
        variance = self.nodes.summed(_variance(self.of_rolls, self.weights.school, ahead))
        return Rung(self.nodes.division, self._flat(estimate), self._flat(np.nan_to_num(variance)))

    def _leaves(self, node: Indices) -> Rung:
        """Settlements; the variance of their node is theirs by the children they have."""
        ahead = [year - self.children.counted for year in self.years]
        of_node = _variance(self.of_children, self.weights.cohort, ahead) / np.maximum(self.of_children, 1e-9)
        variance = of_node[node] * self.due + _HALF**2
        weight = np.nan_to_num(self.ages).mean(axis=(1, 2), keepdims=True) + 1e-6
        variance = np.where(self.known_ages, variance, _ONLY_DIVIDES * weight)
        return Rung(node, self._flat(self.due), self._flat(variance))

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
