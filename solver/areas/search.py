"""
Finding plans: growth from the schools, annealing of zone borders, opening and closing schools.

A ``Desk`` holds the arrays of one problem as the compiled kernels want them, with the one state they change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.areas import kernels
from solver.areas.problem import NOBODY, AreaProblem, Bools, Ints
from solver.areas.reach import neighbour_matrix
from solver.plan import ShouldStop, never_stop

Floats = NDArray[np.float64]

SEGMENT = 1_000_000
"""Steps of annealing between two looks at the clock."""

NEAR_SCHOOLS = 12
"""How many near schools a settlement may try where zones need not be connected."""


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
        About what a plan costs; gives the size of temperatures and first penalties.
    """

    def __init__(self, problem: AreaProblem, seed: int, expected: float) -> None:
        n_v, n_s = problem.size
        self.problem, self._rng = problem, np.random.default_rng(seed)
        matrix = neighbour_matrix(problem)
        self.indptr, self.indices = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64)
        self.nobody_price = 10.0 * float(problem.cost[problem.allowed].max(initial=1)) + 1.0
        self.cost: Floats = np.full((n_v, n_s + 1), self.nobody_price)
        self.cost[:, :n_s] = np.where(problem.allowed, problem.cost, np.inf)
        self.open_cost = problem.open_cost.astype(np.float64)
        self.boarders = np.zeros((0, 0), np.int64) if problem.boarders is None else problem.boarders
        self.beds = np.full(n_s, 2**62, np.int64) if problem.beds is None else problem.beds
        self.least = np.zeros(n_s, np.int64) if problem.least_pupils is None else problem.least_pupils
        self.anchor_ptr = np.cumsum([0, *map(len, problem.anchors)]).astype(np.int64)
        self.anchor_of = np.array([v for row in problem.anchors for v in row], dtype=np.int64)
        self.hard = np.array([1, problem.bed_price is None, problem.shortfall_price is None], dtype=np.int64)
        self.soft = np.array([0, problem.bed_price or 0, problem.shortfall_price or 0], dtype=np.float64)
        self.near_schools = np.full((n_v, 1), -1, np.int64)
        pupils = max(float(problem.pupils.sum()), 1.0)
        joining = max(float(self.cost[:, :n_s].min(axis=1).sum()), 0.5 * expected, 1.0)
        self.step = joining / max(n_v, 1)
        """About the cost of one settlement's joining: the unit of temperatures."""
        self._base_price = max(joining / pupils, 1e-6)
        self.price: Floats = np.full(3, self._base_price)
        self.zone = np.full(n_v, n_s, np.int64)
        self.load, self.board, self.count = (np.zeros(n_s + 1, np.int64) for _ in range(3))
        self.is_open: Bools = problem.must_open.copy()
        self._recount()

    def _recount(self) -> None:
        p = self.problem
        kernels.count_up(self.zone, p.size[1], p.pupils, self.boarders, self.load, self.board, self.count)

    def _seed(self) -> int:
        return int(self._rng.integers(2**31))

    def put(self, school_of: Ints, opened: Bools) -> None:
        """Set the state to a plan; settlements of closed schools or forbidden pairs go to no school."""
        n_s = self.problem.size[1]
        zone = np.where(school_of == NOBODY, n_s, school_of)
        known = zone < n_s
        fits = np.isfinite(self.cost[np.arange(len(zone)), zone]) & np.r_[opened, True][zone]
        self.zone = np.where(known & fits, zone, n_s).astype(np.int64)
        self.is_open = opened.copy()
        self._recount()

    def grow(self) -> None:
        """Give every settlement without a school to a zone that it may join, cheapest first; no zone stays empty."""
        self._fill()
        for s in np.flatnonzero(self.is_open & (self.count[:-1] == 0)):
            begun = len(self.problem.anchors[s]) > 0 and self.open(int(s))
            closable = not self.problem.must_open[s] and self.is_open.sum() > self.problem.open_at_least
            if not begun and closable:
                self.is_open[s] = False

    def _fill(self) -> None:
        p = self.problem
        if not p.contiguous:
            kernels.fill(
                _by_pupils(p), self.cost, p.pupils, p.places, self.boarders, self.beds, self.anchor_ptr,
                self.anchor_of, self.price, self.zone, self.load, self.board, self.count, self.is_open,
            )  # fmt: skip
            return
        kernels.grow(
            self.indptr, self.indices, self.cost, p.pupils, p.places, self.boarders, self.beds, self.least,
            self.anchor_ptr, self.anchor_of, self.price,
            self.zone, self.load, self.board, self.count, self.is_open,
        )  # fmt: skip

    def anneal(
        self, steps: int, hot: float, cold: float, best: Found | None, should_stop: ShouldStop = never_stop
    ) -> Found | None:
        """
        Anneal for some steps between two temperatures, in units of ``step``; a stop is heard twice a second or so.

        Returns the cheaper of ``best`` and the cheapest lawful plan seen.
        """
        p = self.problem
        if not p.contiguous:
            self.near_schools = _near_schools(p, self.is_open)
        self.price[:] = self._base_price * (1.0 if hot >= 1.0 else 5.0)
        floor = self.price.copy()
        kept = self.zone.copy() if best is None else best.school_of.copy()
        before = np.inf if best is None else best.cost
        if not p.open_at_least <= self.is_open.sum() <= p.most_open:
            before = -np.inf  # moving settlements cannot make this plan lawful
        cost = before
        for begin in range(0, steps, SEGMENT):
            if should_stop():
                break
            cost = kernels.anneal(
                self.indptr, self.indices, self.cost, p.pupils, p.places, self.boarders, self.beds, self.least,
                self.anchor_ptr, self.anchor_of, self.price, self.open_cost,
                self.zone, self.load, self.board, self.count, self.is_open, self.hard, self.soft, self.near_schools,
                p.contiguous, floor, begin, min(begin + SEGMENT, steps), steps, hot * self.step, cold * self.step,
                self._seed(), kept, cost,
            )  # fmt: skip
        if cost >= before or not np.isfinite(cost):
            return best
        return Found(kept, self.is_open.copy(), float(cost))

    def close(self, school: int) -> None:
        """Close a school; its settlements go to neighbouring zones, as far as they can."""
        kernels.give_up(school, self.zone, self.load, self.board, self.count, self.problem.pupils, self.boarders)
        self.is_open[school] = False
        self.grow()

    def open(self, school: int) -> bool:
        """Open a school and let it take what gains by joining; False when it cannot begin a zone."""
        p = self.problem
        begun = kernels.invade(
            school, self.indptr, self.indices, self.cost, p.pupils, p.places, self.boarders, self.beds, self.least,
            self.anchor_ptr, self.anchor_of, self.price, self.zone, self.load, self.board, self.count, p.contiguous,
        )  # fmt: skip
        if begun:
            self.is_open[school] = True
        return bool(begun)

    def random(self) -> np.random.Generator:
        """Give the random numbers of this search."""
        return self._rng


def _by_pupils(problem: AreaProblem) -> Ints:
    return np.argsort(-problem.pupils, kind="stable")


def _near_schools(problem: AreaProblem, opened: Bools) -> Ints:
    """Give shape (V, K): the cheapest open schools of each settlement, -1 where there are fewer."""
    schools = np.flatnonzero(opened)
    cost = np.where(problem.allowed[:, schools], problem.cost[:, schools].astype(np.float64), np.inf)
    k = min(NEAR_SCHOOLS, len(schools))
    near = np.argpartition(cost, k - 1, axis=1)[:, :k] if k else np.zeros((problem.size[0], 0), np.int64)
    permitted = np.isfinite(np.take_along_axis(cost, near, axis=1))
    return np.where(permitted, schools[near], -1).astype(np.int64) if k else np.full((problem.size[0], 1), -1, np.int64)
