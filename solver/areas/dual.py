"""
A lower bound by Lagrangian relaxation, with reduced costs.

Relax rule 1 (every settlement joins one school) with a price u[v] each. What is left falls apart into one
knapsack of whole settlements a school s, over the pairs that are allowed:

    L(u) = sum_v u[v] + sum_s y[s] (f[s] + min { sum_v (c[v,s] - u[v]) z[v] : sum_v n[v] z[v] <= q[s], z in {0,1} })

where y is the cheapest choice of whole schools that keeps those that must stay, holds all pupils and has an allowed
number: itself a small knapsack. That settlements and schools are whole, and that all pupils fit into the open schools,
raises the bound far above the linear programme's where zones are small and schools full. Rules on connection, beds and
least size only make plans dearer, so L(u) is a bound for every u. The best u is approached by subgradient steps, longer
for the prices of settlements with many pupils, as prices are about proportional to them.

Sources: Held, Wolfe and Crowder (1974), Validation of subgradient optimization, Math. Programming 6; Beasley
(1993), Lagrangean heuristics for location problems, EJOR 65; Cornuejols, Sridharan and Thizy (1991), A comparison of
heuristics and relaxations for the capacitated plant location problem, EJOR 50.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.areas import kernels
from solver.areas.problem import AreaProblem, Bools
from solver.plan import ShouldStop, never_stop
from solver.run import SAFETY

Floats = NDArray[np.float64]


KNAPSACK_WORK, MOST_NODES = 1_000_000, 2_000
"""Search nodes for the knapsacks of all schools at one step, and for one school's."""

MOST_EXACT, PAIR_NODES = 60_000, 200
"""Up to this many pairs the cost of each is found from a whole knapsack, if so many search nodes suffice."""

OPENING_WORK = 3_000_000
"""Search nodes times schools for one choice of open schools; beyond them a coarser bound is taken."""

MOST_TURNED = 150
"""Up to this many schools the cost of turning each, open or closed, is found exactly; else from one price a place."""

PATIENCE, SHORTER = 20, 1.6
SHORTEST_STEP = 1e-4
MOMENTUM = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """
    A proved bound and what it says of each pair.

    Attributes
    ----------
    bound
        No plan costs less; minus infinity when nothing was proved, plus infinity when no choice of schools is allowed.
    prices
        Shape (V,): u.
    pair_reduced
        Shape (V, S): a plan that uses the pair costs at least ``bound + pair_reduced``.
    open_reduced
        Shape (S,): a plan that opens a school closed in the relaxation (value >= 0), or closes an open one (value
        < 0), costs at least ``bound + abs(value)``.
    open_share
        Shape (S,): how often the school was open over the last steps, 0 to 1: a guide, not a proof.
    """

    bound: float
    prices: Floats
    pair_reduced: Floats
    open_reduced: Floats
    open_share: Floats


def ascend(
    problem: AreaProblem,
    *,
    steps: int,
    target: float | None = None,
    start: Floats | None = None,
    should_stop: ShouldStop = never_stop,
) -> Dual:
    """
    Raise the bound by subgradient steps.

    Parameters
    ----------
    problem
        Already narrowed, so that every settlement has a school.
    target
        Cost of a known plan; without one, a guess leads the steps: a little above the bound, or towards the cost of
        joining the near schools of which one is open.
    start
        Prices to start from, shape (V,).
    """
    ground = Ground(problem)
    u = _likely(problem) if start is None else start.copy()
    guess = float(u.sum())

    def goal(best: float) -> float:
        return target if target is not None else best + max(0.02 * abs(best), 0.1 * (guess - best), 1.0)

    climb = ground.climb(u, problem.must_open, problem.must_close, steps=steps, goal=goal, should_stop=should_stop)
    return ground.read(climb)


def _likely(problem: AreaProblem) -> Floats:
    """Give shape (V,): cost of joining the nearest school, or the k-th nearest where one school in k may open."""
    cost = np.where(problem.allowed, problem.cost.astype(np.float64), np.inf)
    k = -(-problem.size[1] // max(problem.most_open, 1))
    near = np.partition(cost, k - 1, axis=1)[:, k - 1]
    return np.where(np.isfinite(near), near, cost.min(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class Climb:
    """
    The best point of an ascent: bound, prices (V,), how often each school was open (S,), and the flags it kept (S,).
    """

    bound: float
    prices: Floats
    open_share: Floats
    must_open: Bools
    must_close: Bools


class Ground:
    """The arrays of the relaxation, schools first, and its value at given prices."""

    def __init__(self, problem: AreaProblem) -> None:
        self.problem = problem
        self.cost = np.ascontiguousarray(problem.cost.T.astype(np.float64))
        self.allowed = np.ascontiguousarray(problem.allowed.T)
        self.open_cost = problem.open_cost.astype(np.float64)
        self.home = np.array([a[0] if len(a) == 1 else -1 for a in problem.anchors], dtype=np.int64)
        self.need = int(problem.pupils.sum())
        self.value = np.empty(problem.size[1])
        self._begin = np.empty(problem.size[1] + 1, np.int64)
        self._taken, self._share = np.empty(self.cost.size, np.int32), np.empty(self.cost.size)
        self._nodes = min(max(KNAPSACK_WORK // problem.size[1], 100), MOST_NODES)
        self._stretch = np.maximum(problem.pupils, 1).astype(np.float64)
        self._counted = problem.open_at_least > 0 or problem.open_at_most is not None

    def climb(
        self,
        u: Floats,
        must_open: Bools,
        must_close: Bools,
        *,
        steps: int,
        goal: Callable[[float], float],
        length: float = 1.0,
        should_stop: ShouldStop = never_stop,
    ) -> Climb:
        """
        Raise the bound from prices ``u`` by subgradient steps, some schools held open or closed.

        ``goal`` gives, from the best bound so far, the value the steps aim at; ``length`` is their first relative size.
        """
        best, best_u, stale = -math.inf, u, 0
        share, direction = np.zeros(len(must_open)), np.zeros(len(u))
        for _ in range(steps):
            bound, opened, slope = self.look(u, must_open, must_close)
            if bound == math.inf:
                return Climb(bound, u, share, must_open, must_close)
            share = 0.95 * share + 0.05 * opened
            stale = 0 if bound > best + 1e-6 * abs(best) else stale + 1
            if bound > best:
                best, best_u = bound, u
            if stale >= PATIENCE:
                length, stale, u = length / SHORTER, 0, best_u
            direction = MOMENTUM * direction + (1.0 - MOMENTUM) * slope
            size = float(direction @ (self._stretch * direction))
            aim = goal(best)
            if size < 1e-12 or length < SHORTEST_STEP or best >= aim or should_stop():
                break
            u = u + length * max(aim - bound, 1e-6 * abs(aim)) / size * self._stretch * direction
        return Climb(best - SAFETY * max(1.0, abs(best)), best_u, share, must_open, must_close)

    def look(self, u: Floats, must_open: Bools, must_close: Bools) -> tuple[float, Floats, Floats]:
        """Give L(u), how far each school is open (S,), and the slope (V,): 1 less the share of each that is taken."""
        kernels.knapsacks(
            self.cost, self.allowed, self.problem.pupils, self.problem.places, u, self.home, self._nodes, self.value,
            self._begin, self._taken, self._share,
        )  # fmt: skip
        value, opened = self._choose(self.value + self.open_cost, must_open, must_close)
        left = np.empty(len(u))
        kernels.slope(opened, self._begin, self._taken, self._share, left)
        return float(u.sum()) + value, opened, left

    def _choose(self, bracket: Floats, must_open: Bools, must_close: Bools) -> tuple[float, Floats]:
        """Choose the open schools; where the exact choice takes too long, in part or without asking for places."""
        p = self.problem
        coarse = self._coarse(bracket, must_open, must_close)
        if coarse is not None and p.places[coarse].sum() >= self.need:
            return float(bracket[coarse].sum()), coarse.astype(np.float64)
        exact = np.zeros(len(bracket), np.bool_)
        value = kernels.cheapest_opening(
            bracket, p.places, must_open, must_close, self.need, p.open_at_least, p.most_open,
            OPENING_WORK // len(bracket), exact,
        )  # fmt: skip
        if value > -math.inf:
            return value, exact.astype(np.float64)
        if coarse is not None and self._counted:
            return float(bracket[coarse].sum()), coarse.astype(np.float64)
        return self._in_part(bracket, must_open, must_close)[:2]

    def _coarse(self, bracket: Floats, must_open: Bools, must_close: Bools) -> Bools | None:
        """Choose those held open and the most negative brackets; ``None`` where the numbers allow no choice."""
        free = np.flatnonzero(~must_open & ~must_close)
        held = int(must_open.sum())
        least, most = max(self.problem.open_at_least - held, 0), self.problem.most_open - held
        if most < 0 or least > len(free):
            return None
        order = free[np.argsort(bracket[free], kind="stable")]
        number = min(max(least, int((bracket[free] < 0).sum())), most)
        opened = must_open.copy()
        opened[order[:number]] = True
        return opened

    def _in_part(self, bracket: Floats, must_open: Bools, must_close: Bools) -> tuple[float, Floats, float]:
        """Choose with one school open in part: cost, how far each is open (S,), and the price of a place."""
        places = self.problem.places
        opened, free = must_open.astype(np.float64), np.flatnonzero(~must_open & ~must_close)
        ratio = bracket[free] / np.maximum(places[free], 1e-9)
        order = np.argsort(ratio, kind="stable")
        short = self.need - float(places[must_open].sum())
        after = short - np.cumsum(places[free][order])
        whole = int(np.count_nonzero((ratio[order] < 0) | (after > 0)))
        opened[free[order[:whole]]] = 1.0
        short -= float(places[free][order[:whole]].sum())
        price = 0.0
        if short > 0 and whole < len(free):
            s = free[order[whole]]
            opened[s], price = short / places[s], ratio[order[whole]]
        return float(bracket @ opened), opened, price

    def read(self, climb: Climb, *, whole: bool = True) -> Dual:
        """Give the bound and reduced costs at the best prices of an ascent; ``whole``: from whole knapsacks if few."""
        p, u = self.problem, climb.prices
        bound, opened, _ = self.look(u, climb.must_open, climb.must_close)
        if bound == math.inf:
            return Dual(bound, u, np.full(p.size, np.inf), np.zeros(p.size[1]), climb.open_share)
        turned = self._turned(bound - float(u.sum()), opened > 0.5, climb)
        bound -= SAFETY * max(1.0, abs(bound))
        to_open = np.maximum(turned, 0.0)
        rise = np.empty(self.cost.shape)
        kernels.rises(
            self.cost, self.allowed, p.pupils, p.places, u, self.home, PAIR_NODES, self.value,
            whole and rise.size <= MOST_EXACT, rise,
        )  # fmt: skip
        pair: Floats = rise.T + to_open[None, :]
        alone = self.home >= 0
        pair[self.home[alone], alone] = to_open[alone]  # taken whenever the school is open, at no further cost
        pair[~p.allowed] = np.inf
        return Dual(bound, u, pair, turned, climb.open_share)

    def _turned(self, base: float, opened: Bools, climb: Climb) -> Floats:
        """Give ``open_reduced`` against a choice of cost ``base``; 0 where nothing is known."""
        bracket = self.value + self.open_cost
        free = ~(climb.must_open | climb.must_close)
        if len(bracket) > MOST_TURNED:
            if self._counted:
                return np.zeros(len(bracket))
            value, _, price = self._in_part(bracket, climb.must_open, climb.must_close)
            reduced = bracket - price * self.problem.places
            return np.where(free, np.sign(reduced) * np.maximum(np.abs(reduced) + value - base, 0.0), 0.0)
        turned = np.zeros(len(bracket))
        for s in np.flatnonzero(free):
            must_open, must_close = climb.must_open.copy(), climb.must_close.copy()
            (must_close if opened[s] else must_open)[s] = True
            rise = max(self._choose(bracket, must_open, must_close)[0] - base, 0.0)
            turned[s] = -rise if opened[s] else rise
        return turned
