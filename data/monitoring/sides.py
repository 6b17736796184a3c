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
from data.forecast import capture, progression
from data.forecast.agreement import Rung, agree
from data.forecast.capture import Spread
from data.forecast.history import History
from data.monitoring import incoming, whole
from data.monitoring.ground import COLUMNS, Ground, Indices
from data.monitoring.incoming import Counted
from data.monitoring.layer import STAGES

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

_ONLY_DIVIDES = 1e15
"""Variance of a figure that says how to divide what others know, and nothing more."""
_LAST_ENTRANTS = 3
_FEW = 50.0
"""Pupils: a grade of a division with as many or fewer says little of its own share."""
_ALMOST_NONE = 1e-9
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
    return _Stage(ground, stage, children, years, controlled, weights, migrants).sides()


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
    made = _Stage(ground, stage, children, years, free, Weights((), ()), Incoming((), 0.0, years[-1]))
    at = made.measured_in
    return Alone(made.children_say, made.of_rolls.copy(), at is not None and ground.roll_years[at] == years[0])


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
    """

    of_home: Indices | None
    of_school: Indices
    division: Indices

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
            without = len(schools) + divisions
            home = np.where(zone >= 0, zone, without[ground.settlement_division])
            shares_homes = ~ground.with_zone(stage) & np.isin(without, home)[ground.school_division]
            school = np.where(shares_homes, without[ground.school_division], schools)
            return _Nodes(home, school, np.concatenate([ground.school_division, divisions]))
        here = np.bincount(ground.school_township[ground.has_roll(stage)] + 1, minlength=len(ground.townships) + 1)[1:]
        if len(ground.townships) > 1 and (here[np.unique(ground.settlement_township)] > 0).all():
            codes = {code: number for number, code in enumerate(ground.divisions)}
            of_town = np.array([codes[division] for division, _ in ground.townships], dtype=np.intp)
            without = len(of_town) + ground.school_division
            school = np.where(ground.school_township >= 0, ground.school_township, without)
            return _Nodes(ground.settlement_township, school, np.concatenate([of_town, divisions]))
        return _Nodes(None, schools, ground.school_division)

    def summed(self, figures: Floats) -> Floats:
        """Add schools up to their nodes, shape (N, ...); NaN where nothing is told of any."""
        return _summed(figures, self.of_school, len(self.division))


@dataclass(frozen=True, eq=False)
class _Stage:
    """One stage under way."""

    ground: Ground
    stage: Stage
    children: Children
    years: tuple[int, ...]
    controlled: Flags
    weights: Weights
    migrants: Incoming

    def sides(self) -> Sides:
        homes, schools = self._agreed() if self.nodes.of_home is None else self._agreed_by_node(self.nodes.of_home)
        return Sides(
            of_children=self.children_say,
            of_rolls=self.of_rolls,
            homes=self._by_grade(homes),
            schools=self._by_grade(schools),
            known=np.asarray(self.known_ages.all(axis=0) | self._progressed()),
            at_school=self.at_school,
            beside=self.at_school & ~self._has_homes(),
        )

    def _agreed(self) -> tuple[Counts, Counts]:
        """Whole pupils of settlements and schools, shapes (V, G * Y) and (S, G * Y), that meet in their division."""
        rows, of_school = np.flatnonzero(self.with_roll), self.ground.school_division
        of_rolls, variance = self._schools_say()
        rung = Rung(of_school[rows], self._flat(of_rolls[rows]), self._flat(variance[rows]))
        top, below = agree([self._top(), rung])
        divisions = self._whole_divisions(top)
        schools = np.zeros((self.schools, divisions.shape[1]), dtype=np.int64)
        schools[rows] = whole.parts(below, of_school[rows], divisions)
        of_home = self.ground.settlement_division
        leaves = self._leaves(of_home, _summed(self.due, of_home, len(divisions)))
        _, homes = agree([Rung(np.zeros(len(top), dtype=np.intp), top, np.zeros(top.shape)), leaves])
        return whole.parts(homes, of_home, divisions), schools

    def _agreed_by_node(self, of_home: Indices) -> tuple[Counts, Counts]:
        """Whole pupils of settlements and schools, shapes (V, G * Y) and (S, G * Y), that meet in their node."""
        of_rolls, variance = (self._flat(self.nodes.summed(figures)) for figures in self._schools_say())
        middle = Rung(self.nodes.division, of_rolls, np.nan_to_num(variance))
        top, at_nodes, at_homes = agree([self._top(), middle, self._leaves(of_home, self.of_children)])
        nodes = whole.parts(at_nodes, middle.parent, self._whole_divisions(top))
        rows = np.flatnonzero(self.at_school)
        schools = np.zeros((self.schools, nodes.shape[1]), dtype=np.int64)
        schools[rows] = whole.parts(self._flat(np.nan_to_num(self.of_rolls))[rows], self.nodes.of_school[rows], nodes)
        return whole.parts(at_homes, of_home, nodes), schools

    def _has_homes(self) -> Flags:
        """Tell of each school whether its node, else its division, has any settlement, shape (S,)."""
        if self.nodes.of_home is None:
            return np.isin(self.ground.school_division, self.ground.settlement_division)
        return np.isin(self.nodes.of_school, self.nodes.of_home)

    def _progressed(self) -> Flags:
        """Tell in which years the rolls of every division with settlements tell of all grades, shape (Y,)."""
        divisions = _summed(self.of_rolls, self.ground.school_division, len(self.ground.divisions))
        return np.asarray(np.isfinite(divisions[np.unique(self.ground.settlement_division)]).all(axis=(0, 1)))

    def _whole_divisions(self, top: Floats) -> Counts:
        """Round each division's stage to whole pupils, and divide them over its grades, shape (D, G * Y)."""
        grades = len(GRADES[self.stage])
        by_grade = top.reshape(-1, len(self.years))
        stage = np.rint(top.reshape(-1, grades, len(self.years)).sum(axis=1)).astype(np.int64)
        division = np.repeat(np.arange(len(top)), grades)
        return whole.parts(by_grade, division, stage).reshape(len(top), -1)

    @property
    def children_say(self) -> Floats:
        """Pupils of every school as the cohort side says, shape (S, G, Y); NaN where it does not."""
        told = self.known_ages & (self.nodes.of_home is not None)
        return np.where(told & self.at_school[:, None, None], self._of_schools(self.of_children), np.nan)

    def _of_schools(self, figures: Floats) -> Floats:
        """Divide what is said of nodes over their schools, by their last rolls, shape (S, G, Y)."""
        part = self._parts(np.nansum(self.roll[:, :, -1], axis=1) if self.roll.size else np.zeros(self.schools))
        return np.asarray(figures[self.nodes.of_school] * part[:, None, None])

    def _parts(self, weights: Floats) -> Floats:
        """The part that each school has of its node, shape (S,), by weights of the schools that have roll or zone."""
        own = np.where(self.at_school, np.nan_to_num(weights) + _ALMOST_NONE, 0.0)
        total = np.bincount(self.nodes.of_school, weights=own, minlength=len(self.nodes.division))
        return np.asarray(own / np.maximum(total, _ALMOST_NONE)[self.nodes.of_school])

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
    def held(self) -> Flags:
        """Settlements and years whose pupils nothing changes, shape (V, Y)."""
        return self.children.held_of(self.stage, self.years)

    @cached_property
    def taught(self) -> Floats:
        """Children of every settlement that the schools teach, shape (V, G, Y); 0 where unknown."""
        cohorts = np.array([[year - grade + 1 for year in self.years] for grade in GRADES[self.stage]])
        own = self._own_share(cohorts)[self.ground.settlement_division]
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
        of_division = _ratio(pupils * more, pupils, division, len(self.controlled))
        return np.where(self.controlled[division, None], more / of_division[division], more)

    @cached_property
    def due(self) -> Floats:
        """The same with the migrants who come."""
        return np.asarray(self.taught * self.more[:, None])

    def _more_at_schools(self) -> Floats:
        """What pupils of schools are multiplied by: as those of their node, else their division; shape (S, Y)."""
        before, after = self.taught.sum(axis=1), self.due.sum(axis=1)
        divisions = _ratio(after, before, self.ground.settlement_division, len(self.ground.divisions))
        more = divisions[self.ground.school_division]
        if self.nodes.of_home is None:
            return more
        nodes = _ratio(after, before, self.nodes.of_home, len(self.nodes.division))
        return np.where(self._has_homes()[:, None], nodes[self.nodes.of_school], more)

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
        return np.asarray(found * self._more_at_schools()[:, None])

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
        if not here.any() or not np.isfinite(first[here]).all():
            return None
        everyone = first[here].sum(axis=0)
        entered = np.nan_to_num(history.pupils[:, 0, -1])
        growth = everyone[1:] / everyone[0] if everyone[0] > 0 else np.ones(len(years))
        found = entered[:, None] * growth[None]
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

    def _top(self) -> Rung:
        """Divisions; their children say nothing that those of their nodes do not, unless a control total holds them."""
        divisions = len(self.ground.divisions)
        everywhere = _summed(self.due, self.ground.settlement_division, divisions)
        own = np.where(self.known_ages, np.nan_to_num(everywhere), np.nan)
        of_home = self.ground.settlement_division
        free = _summed(np.where(self.held[:, None], np.nan, self.due), of_home, divisions)
        held = self.controlled[:, None, None]
        known = held | np.isnan(free)  # of a division all of whose settlements are held, too
        return Rung(
            parent=np.zeros(divisions, dtype=np.intp),
            estimate=self._flat(np.where(held | (self.nodes.of_home is None), own, np.nan)),
            variance=self._flat(np.where(known, 0.0, _variance(free, self.weights.cohort, self._since_the_count()))),
        )

    def _schools_say(self) -> tuple[Floats, Floats]:
        """Pupils of schools and their variance as far as rolls tell of them, shapes (S, G, Y)."""
        last = np.full(len(self.ground.divisions), self.years[0])
        for division in range(len(last)):
            rows = np.flatnonzero(self.with_roll & (self.ground.school_division == division))
            if rows.size:
                last[division] = self.ground.history(self.stage, rows).years[-1]
        ahead = np.array(self.years) - last[self.ground.school_division][:, None]
        return self.of_rolls, _variance(self.of_rolls, self.weights.school, ahead)

    def _leaves(self, parent: Indices, of_parents: Floats) -> Rung:
        """Settlements; the variance of their parent is theirs by the children they have, none where they are held."""
        per_child = _variance(of_parents, self.weights.cohort, self._since_the_count()) / np.maximum(of_parents, 1e-9)
        weight = np.nan_to_num(self.ages).mean(axis=(1, 2), keepdims=True) + 1e-6
        known = np.where(self.held[:, None], 0.0, per_child[parent] * self.due + _HALF**2)
        variance = np.where(self.known_ages, known, _ONLY_DIVIDES * weight)
        return Rung(parent, self._flat(self.due), self._flat(variance))

    def _since_the_count(self) -> Indices:
        """Years since the children were counted, and the share that schools teach measured, shape (1, Y)."""
        last = self.children.counted
        if self.measured_in is not None:
            last = min(last, self.ground.roll_years[self.measured_in])
        return np.array([year - last for year in self.years])[None]

    def _flat(self, figures: Floats) -> Floats:
        return figures.reshape(len(figures), figures.shape[1] * figures.shape[2])

    def _by_grade(self, figures: Counts) -> Counts:
        return figures.reshape(len(figures), len(GRADES[self.stage]), len(self.years))


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


def _summed(figures: Floats, groups: Indices, count: int) -> Floats:
    """Add figures (n, ...) up by group, shape (count, ...); NaN where nothing is told of any of a group."""
    told = np.isfinite(figures)
    sums, some = np.zeros((count, *figures.shape[1:])), np.zeros((count, *figures.shape[1:]))
    np.add.at(sums, groups, np.where(told, figures, 0.0))
    np.add.at(some, groups, told)
    return np.where(some > 0, sums, np.nan)


def _ratio(after: Floats, before: Floats, groups: Indices, count: int) -> Floats:
    """Divide sums by group, shape (count, Y); 1 where there was nothing before."""
    now, then = (np.nan_to_num(_summed(figures, groups, count)) for figures in (after, before))
    return np.divide(now, then, out=np.ones_like(now), where=then > 0)
