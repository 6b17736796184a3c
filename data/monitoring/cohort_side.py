"""
The cohort side of a forecast of pupils: children of every settlement, aged, and the share of them that schools teach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import GRADES, Stage
from data.forecast import capture
from data.monitoring import incoming
from data.monitoring.ground import COLUMNS, Ground, Indices
from data.monitoring.incoming import Counted
from data.monitoring.layer import STAGES
from data.monitoring.nodes import Nodes, ratio

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LAST_ENTRANTS = 3
_FEW = 50.0
"""Pupils: a grade of a division with as many or fewer says little of its own share."""
_ALMOST_NONE = 1e-9


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
    held
        Shape (V, 4, Y): pupils rather than children, declared or fitted to a control total, that nothing changes.
    """

    pupils: Floats
    years: tuple[int, ...]
    counted: int
    held: Flags

    def of(self, stage: Stage, years: Sequence[int]) -> Floats:
        """Take a stage and some years, shape (V, G, Y)."""
        return self.pupils[:, COLUMNS[stage]][:, :, [self.years.index(year) for year in years]]

    def held_of(self, stage: Stage, years: Sequence[int]) -> Flags:
        """Tell which settlements are held at a stage in some years, shape (V, Y)."""
        return self.held[:, STAGES.index(stage)][:, [self.years.index(year) for year in years]]


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """
    Migrant children of a stage who come after today.

    Attributes
    ----------
    change
        Of their demand: 0.2 for 20 % more.
    """

    counts: tuple[Counted, ...]
    change: float
    today: int


@dataclass(frozen=True, eq=False)
class CohortSide:
    """
    One stage as the children tell it.

    Attributes
    ----------
    controlled
        Shape (D,): the division has a control total of the stage, which its children already add up to.
    """

    ground: Ground
    stage: Stage
    children: Children
    years: tuple[int, ...]
    controlled: Flags
    migrants: Incoming

    @property
    def schools(self) -> int:
        """Count the schools."""
        return len(self.ground.district.schools)

    @cached_property
    def nodes(self) -> Nodes:
        """What stands between divisions and settlements."""
        return Nodes.of(self.ground, self.stage)

    @cached_property
    def ages(self) -> Floats:
        """Children by settlement, grade and year, NaN where unknown."""
        return self.children.of(self.stage, self.years)

    @cached_property
    def known_ages(self) -> Flags:
        """Shape (G, Y)."""
        return np.asarray(np.isfinite(self.ages).all(axis=0))

    @cached_property
    def held(self) -> Flags:
        """Settlements and years whose pupils nothing changes, shape (V, Y)."""
        return self.children.held_of(self.stage, self.years)

    @cached_property
    def with_roll(self) -> Flags:
        """Schools with a roll of the stage, shape (S,)."""
        return self.ground.has_roll(self.stage)

    @cached_property
    def at_school(self) -> Flags:
        """Schools that teach the stage, by roll or zone, shape (S,)."""
        return self.with_roll | self.ground.with_zone(self.stage)

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

    def since_the_count(self) -> Indices:
        """Years since the children were counted, and the share that schools teach measured, shape (1, Y)."""
        last = self.children.counted
        if self.measured_in is not None:
            last = min(last, self.ground.roll_years[self.measured_in])
        return np.array([year - last for year in self.years])[None]

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

    def own_share(self, cohorts: NDArray[np.int64]) -> Floats:
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
    def taught(self) -> Floats:
        """Children of every settlement that the schools teach, shape (V, G, Y); 0 where unknown."""
        cohorts = np.array([[year - grade + 1 for year in self.years] for grade in GRADES[self.stage]])
        own = self.own_share(cohorts)[self.ground.settlement_division]
        share = np.where(self.held[:, None], 1.0, self.share[:, None, None] * own)
        return np.asarray(np.nan_to_num(self.ages) * share)

    @cached_property
    def more(self) -> Floats:
        """What pupils are multiplied by for migrants who come after today, shape (V, Y); control totals still hold."""
        pupils = self.taught.sum(axis=1)
        share = incoming.shares(self.migrants.counts, pupils, self.years)
        later = np.array([year > self.migrants.today for year in self.years])
        more = np.where(self.held, 1.0, 1 + self.migrants.change * share[:, None] * later)
        division = self.ground.settlement_division
        of_division = ratio(pupils * more, pupils, division, len(self.controlled))
        return np.where(self.controlled[division, None], more / of_division[division], more)

    @cached_property
    def due(self) -> Floats:
        """The same with the migrants who come."""
        return np.asarray(self.taught * self.more[:, None])

    @cached_property
    def of_children(self) -> Floats:
        """Pupils of every node as the cohort side says, shape (N, G, Y)."""
        found = np.zeros((len(self.nodes.division), *self.due.shape[1:]))
        if self.nodes.of_home is not None:
            np.add.at(found, self.nodes.of_home, self.due)
        return found

    @property
    def children_say(self) -> Floats:
        """Pupils of every school as the cohort side says, shape (S, G, Y); NaN where it does not."""
        told = self.known_ages & (self.nodes.of_home is not None)
        return np.where(told & self.at_school[:, None, None], self._of_schools(self.of_children), np.nan)

    def _of_schools(self, figures: Floats) -> Floats:
        """Divide what is said of nodes over their schools, by their last rolls, shape (S, G, Y)."""
        part = self.parts(np.nansum(self.roll[:, :, -1], axis=1) if self.roll.size else np.zeros(self.schools))
        return np.asarray(figures[self.nodes.of_school] * part[:, None, None])

    def parts(self, weights: Floats) -> Floats:
        """The part that each school has of its node, shape (S,), by weights of the schools that have roll or zone."""
        own = np.where(self.at_school, np.nan_to_num(weights) + _ALMOST_NONE, 0.0)
        total = np.bincount(self.nodes.of_school, weights=own, minlength=len(self.nodes.division))
        return np.asarray(own / np.maximum(total, _ALMOST_NONE)[self.nodes.of_school])

    def has_homes(self) -> Flags:
        """Tell of each school whether its node, else its division, has any settlement, shape (S,)."""
        if self.nodes.of_home is None:
            return np.isin(self.ground.school_division, self.ground.settlement_division)
        return np.isin(self.nodes.of_school, self.nodes.of_home)

    def more_at_schools(self) -> Floats:
        """What pupils of schools are multiplied by: as those of their node, else their division; shape (S, Y)."""
        before, after = self.taught.sum(axis=1), self.due.sum(axis=1)
        divisions = ratio(after, before, self.ground.settlement_division, len(self.ground.divisions))
        more = divisions[self.ground.school_division]
        if self.nodes.of_home is None:
            return more
        nodes = ratio(after, before, self.nodes.of_home, len(self.nodes.division))
        return np.where(self.has_homes()[:, None], nodes[self.nodes.of_school], more)
