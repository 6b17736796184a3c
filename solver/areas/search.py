"""
Finding plans: growth from the schools, annealing of zone borders and of which schools are open.

A ``Desk`` holds the arrays of one problem as the compiled kernels want them, with the one state they change.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.areas import kernels
from solver.areas.problem import NOBODY, AreaProblem, Bools, Ints
from solver.areas.reach import neighbour_matrix
from solver.plan import ShouldStop, never_stop

Floats = NDArray[np.float64]

SEGMENT_SECONDS = 0.25
FIRST_SEGMENT = 20_000
"""Steps of the first annealing segment; later ones take about ``SEGMENT_SECONDS``, so that a stop is soon heard."""

NEAR_SCHOOLS = 40
"""How many near schools a settlement may try where zones need not be connected."""

ZONES_AROUND = 3
"""An opening school looks at as many settlements as this number of usual zones hold."""

BESIDE_SCHOOLS, BESIDE_SETTLEMENTS = 3, 6
"""Unconnected settlements count as beside each other when near the same school: so many schools, settlements each."""

SCHOOL_SHARE, SCHOOL_SHARE_UNCONNECTED = 0.004, 0.05
"""Share of annealing steps that open, close or exchange schools: about half of the time."""


@dataclass(slots=True)
class Found:
    """The cheapest lawful plan so far: ``school_of`` (V,), ``opened`` (S,), ``cost`` in whole units."""

    school_of: Ints
    opened: Bools
    cost: float


class Desk:
    """
    The working state of a search.

    Parameters
    ----------
    problem
        Already narrowed.
    seed
        Start of every random choice; the same seed and the same calls give the same plans.
    expected
        About what a plan costs; gives the size of temperatures and first fines.
    expected_open
        About how many schools a good plan opens.
    """

    def __init__(self, problem: AreaProblem, seed: int, expected: float, expected_open: float = 0.0) -> None:
        n_v, n_s = problem.size
        self.problem, self._rng = problem, np.random.default_rng(seed)
        self.land = _land(problem, expected_open or float(n_s))
        nearest = float(np.where(problem.allowed, problem.cost, np.inf).min(axis=1).sum())
        joining = max(nearest, 0.5 * expected, 1.0)
        self.step = joining / max(n_v, 1)
        """About the cost of one settlement's joining: the unit of temperatures."""
        self._usual_fine = max(joining / max(float(problem.pupils.sum()), 1.0), 1e-6)
        self.state = _state(problem, self._usual_fine, self._rng)
        self._school_share = _school_share(problem)
        kernels.count_up(self.land, self.state)

    @property
    def zone(self) -> Ints:
        """Shape (V,): the school of each settlement, S for none."""
        return self.state.zone

    @property
    def is_open(self) -> Bools:
        """Shape (S,)."""
        return self.state.is_open

    def put(self, school_of: Ints, opened: Bools) -> None:
        """Set the state to a plan; settlements of closed schools or forbidden pairs go to no school."""
        n_s = self.problem.size[1]
        zone = np.where(school_of == NOBODY, n_s, school_of)
        fits = np.isfinite(self.land.cost[np.arange(len(zone)), zone]) & np.r_[opened, True][zone]
        self.state.zone[:] = np.where(fits, zone, n_s)
        self.state.is_open[:] = opened
        kernels.count_up(self.land, self.state)

    def grow(self) -> None:
        """Give every settlement without a school to a zone that it may join, cheapest first; no zone stays empty."""
        if self.problem.contiguous:
            kernels.grow(self.land, self.state)
        else:
            kernels.fill(self.land, self.state, np.argsort(-self.problem.pupils, kind="stable"))
        for s in np.flatnonzero(self.is_open & (self.state.members[:-1] == 0)):
            self._begin_or_close(int(s))

    def _begin_or_close(self, school: int) -> None:
        """Begin the zone of an open school at one of its anchors, or close the school."""
        self.is_open[school] = False
        kernels.count_up(self.land, self.state)
        must = self.problem.must_open[school] or self.is_open.sum() < self.problem.open_at_least
        begun = len(self.problem.anchors[school]) > 0 and self.open(school)
        if must and not begun:
            self.is_open[school] = True
            kernels.count_up(self.land, self.state)

    def anneal(
        self,
        steps: int,
        hot: float,
        cold: float,
        best: Found | None,
        should_stop: ShouldStop = never_stop,
        *,
        exchange: bool = True,
    ) -> Found | None:
        """
        Anneal for some steps between two temperatures, in units of ``step``; a stop is heard in half a second or so.

        ``exchange``: whether schools open and close.

        Returns the cheaper of ``best`` and the cheapest lawful plan seen.
        """
        kept, opened = self.zone.copy(), self.is_open.copy()
        before = cost = np.inf if best is None else best.cost
        begin, segment = 0, FIRST_SEGMENT
        while begin < steps and not should_stop():
            started, end = time.monotonic(), min(begin + segment, steps)
            cost = kernels.anneal(
                self.land, self.state, begin, end, steps, hot * self.step, cold * self.step, self._usual_fine,
                self._school_share if exchange else 0.0, kept, opened, cost,
            )  # fmt: skip
            took, begin = time.monotonic() - started, end
            segment = int(segment * min(max(SEGMENT_SECONDS / max(took, 1e-3), 0.2), 10.0)) + 1
        if cost >= before or not np.isfinite(cost):
            return best
        return Found(kept, opened, float(cost))

    def close(self, school: int) -> None:
        """Close a school; its settlements go to the zones about, as far as they can."""
        opened = self.is_open.copy()
        opened[school] = False
        self.put(np.where(self.zone == self.problem.size[1], NOBODY, self.zone), opened)
        self.grow()

    def open(self, school: int) -> bool:
        """Open a school and let it take what gains by joining; False, and nothing done, when it cannot begin."""
        kernels.clear_trail(self.state)
        begun = bool(kernels.open_school(self.land, self.state, school))
        if not begun:
            kernels.undo(self.land, self.state)
        return begun

    def random(self) -> np.random.Generator:
        """Give the random numbers of this search."""
        return self._rng


def _school_share(problem: AreaProblem) -> float:
    if not (~problem.must_open & ~problem.must_close).any():
        return 0.0
    return SCHOOL_SHARE if problem.contiguous else SCHOOL_SHARE_UNCONNECTED


def _land(problem: AreaProblem, expected_open: float) -> kernels.Land:
    n_v, n_s = problem.size
    cost: Floats = np.full((n_v, n_s + 1), 10.0 * float(problem.cost[problem.allowed].max(initial=1)) + 1.0)
    cost[:, :n_s] = np.where(problem.allowed, problem.cost, np.inf)
    around = min(n_v, max(30, int(ZONES_AROUND * n_v / max(expected_open, 1.0))))
    near_settlements = _cheapest((cost[:, :n_s] / np.maximum(problem.pupils, 1)[:, None]).T, around)
    near_schools = np.full((n_v, 1), -1) if problem.contiguous else _cheapest(cost[:, :n_s], min(NEAR_SCHOOLS, n_s))
    indptr, indices = _beside(problem, near_schools, near_settlements)
    return kernels.Land(
        indptr=indptr,
        indices=indices,
        cost=cost,
        pupils=problem.pupils,
        places=problem.places,
        boarders=np.zeros((0, 0), np.int64) if problem.boarders is None else problem.boarders,
        beds=np.full(n_s, 2**62, np.int64) if problem.beds is None else problem.beds,
        least=np.zeros(n_s, np.int64) if problem.least_pupils is None else problem.least_pupils,
        anchor_ptr=np.cumsum([0, *map(len, problem.anchors)]).astype(np.int64),
        anchor_of=np.array([v for row in problem.anchors for v in row], dtype=np.int64),
        open_cost=problem.open_cost.astype(np.float64),
        may_open=~problem.must_close,
        may_close=~problem.must_open,
        hard=np.array([1, problem.bed_price is None, problem.shortfall_price is None], dtype=np.int64),
        soft=np.array([0, problem.bed_price or 0, problem.shortfall_price or 0], dtype=np.float64),
        near_schools=near_schools.astype(np.int64),
        near_settlements=near_settlements.astype(np.int64),
        open_at_least=problem.open_at_least,
        most_open=problem.most_open,
        contiguous=problem.contiguous,
        extra=problem.beds is not None or problem.least_pupils is not None,
    )


def _cheapest(cost: Floats, number: int) -> Ints:
    """Give the ``number`` cheapest columns of each row, cheapest first, -1 where the cost is infinite."""
    some = np.argpartition(cost, number - 1, axis=1)[:, :number]
    price = np.take_along_axis(cost, some, axis=1)
    order = np.argsort(price, axis=1, kind="stable")
    columns = np.take_along_axis(some, order, axis=1)
    found: Ints = np.where(np.isfinite(np.take_along_axis(price, order, axis=1)), columns, -1)
    return found


def _beside(problem: AreaProblem, near_schools: Ints, near_settlements: Ints) -> tuple[Ints, Ints]:
    """Give as CSR the settlements beside each: neighbours, or, unconnected, those near the same near schools."""
    if problem.contiguous:
        matrix = neighbour_matrix(problem)
        return matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
    shared = near_settlements[near_schools[:, :BESIDE_SCHOOLS], :BESIDE_SETTLEMENTS]
    shared = np.where(near_schools[:, :BESIDE_SCHOOLS, None] >= 0, shared, -1).reshape(problem.size[0], -1)
    known = shared >= 0
    return np.r_[0, np.cumsum(known.sum(axis=1))].astype(np.int64), shared[known].astype(np.int64)


def _state(problem: AreaProblem, usual_fine: float, rng: np.random.Generator) -> kernels.State:
    n_v, n_s = problem.size
    return kernels.State(
        zone=np.full(n_v, n_s, np.int64),
        load=np.zeros(n_s + 1, np.int64),
        board=np.zeros(n_s + 1, np.int64),
        members=np.zeros(n_s + 1, np.int64),
        is_open=problem.must_open.copy(),
        first=np.zeros(n_s + 1, np.int64),
        after=np.zeros(n_v, np.int64),
        before=np.zeros(n_v, np.int64),
        fine=np.full(n_s, usual_fine),
        other_fine=np.full(3, usual_fine),
        tally=np.zeros(3),
        trail=np.zeros((8 * n_v + 64, 2), np.int64),
        counter=np.zeros(3, np.int64),
        mark=np.zeros(n_v, np.int64),
        queue=np.zeros(n_v, np.int64),
        piece=np.zeros(n_v, np.int64),
        random=rng.integers(1, 2**63, size=1).astype(np.uint64),
    )
