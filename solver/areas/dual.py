"""
A lower bound by Lagrangian relaxation, with reduced costs.

Relax rule 1 (every settlement joins one school) with a price u[v] each. What is left falls apart into one
continuous knapsack a school s, over the pairs that are allowed:

    L(u) = sum_v u[v] + sum_s y[s] (f[s] + min { sum_v (c[v,s] - u[v]) z[v] : sum_v n[v] z[v] <= q[s], 0 <= z <= 1 })

with y[s] = 1 for schools that must open, and otherwise 1 where the bracket is negative (as few or as many as the
bounds on the number of open schools ask). Rules on connection, beds and least size only make plans dearer, so L(u)
is a bound for every u. The best u gives the bound of the linear programme with strong linking; it is approached
by subgradient steps.

Sources: Held, Wolfe and Crowder (1974), Validation of subgradient optimization, Math. Programming 6; Beasley
(1993), Lagrangean heuristics for location problems, EJOR 65.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.areas import kernels
from solver.areas.problem import AreaProblem, Bools
from solver.plan import ShouldStop, never_stop
from solver.run import SAFETY

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """
    A proved bound and what it says of each pair.

    Attributes
    ----------
    bound
        No plan costs less; minus infinity when nothing was proved.
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


def _opened(bracket: Floats, must_open: Bools, must_close: Bools, least: int, most: int) -> Bools:
    """Choose the open schools of the relaxation: those held open and the most negative brackets."""
    opened = must_open.copy()
    order = np.argsort(bracket, kind="stable")
    number = int(opened.sum())
    for s in order:
        if opened[s] or must_close[s]:
            continue
        if number >= most or (bracket[s] >= 0 and number >= least):
            break
        opened[s] = True
        number += 1
    return opened


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
    ground = _Ground(problem)
    u = _likely(problem) if start is None else start.copy()
    guess = float(u.sum())
    best, best_u, share, theta, stale = -math.inf, u.copy(), np.zeros(problem.size[1]), 1.0, 0
    direction = np.zeros(problem.size[0])
    for _ in range(steps):
        bound, opened, slope = ground.look(u)
        share = 0.95 * share + 0.05 * opened
        stale = 0 if bound > best + 1e-6 * abs(best) else stale + 1
        if bound > best:
            best, best_u = bound, u.copy()
        if stale >= 20:
            theta, stale, u = theta / 1.6, 0, best_u.copy()
        direction = 0.3 * direction + 0.7 * slope
        size = float(direction @ direction)
        if size < 1e-12 or theta < 1e-4 or should_stop():
            break
        goal = target if target is not None else best + max(0.02 * abs(best), 0.1 * (guess - best), 1.0)
        u = u + theta * max(goal - bound, 1e-6 * abs(goal)) / size * direction
    return ground.read(best_u, share)


def _likely(problem: AreaProblem) -> Floats:
    """Give shape (V,): cost of joining the nearest school, or the k-th nearest where one school in k may open."""
    cost = np.where(problem.allowed, problem.cost.astype(np.float64), np.inf)
    k = -(-problem.size[1] // max(problem.most_open, 1))
    near = np.partition(cost, k - 1, axis=1)[:, k - 1]
    return np.where(np.isfinite(near), near, cost.min(axis=1))


class _Ground:
    """The arrays of the relaxation, schools first, and its value at given prices."""

    def __init__(self, problem: AreaProblem) -> None:
        self.problem = problem
        self.cost = np.ascontiguousarray(problem.cost.T.astype(np.float64))
        self.allowed = np.ascontiguousarray(problem.allowed.T)
        self.open_cost = problem.open_cost.astype(np.float64)
        self.home = np.array([a[0] if len(a) == 1 else -1 for a in problem.anchors], dtype=np.int64)
        self.value, self.critical = np.empty(problem.size[1]), np.empty(problem.size[1])
        self.taken = np.empty(self.cost.shape)

    def look(self, u: Floats) -> tuple[float, Bools, Floats]:
        """Give L(u), the open schools, and the slope (V,): 1 less the share of each settlement taken."""
        p = self.problem
        kernels.knapsacks(
            self.cost, self.allowed, p.pupils, p.places, u, self.home, self.value, self.taken, self.critical
        )
        bracket = self.value + self.open_cost
        opened = _opened(bracket, p.must_open, p.must_close, p.open_at_least, p.most_open)
        return float(u.sum() + bracket[opened].sum()), opened, 1.0 - opened.astype(np.float64) @ self.taken

    def read(self, u: Floats, share: Floats) -> Dual:
        """Give the bound and reduced costs at prices ``u``."""
        p = self.problem
        bound, opened, _ = self.look(u)
        bound -= SAFETY * max(1.0, abs(bound))
        bracket = self.value + self.open_cost
        counted = p.open_at_least > 0 or p.open_at_most is not None
        to_open = np.where(opened | counted, 0.0, np.maximum(bracket, 0.0))
        pair = np.maximum(self.cost.T - u[:, None] - np.outer(p.pupils, self.critical), 0.0) + to_open[None, :]
        alone = self.home >= 0
        pair[self.home[alone], alone] = to_open[alone]  # taken whenever the school is open, at no further cost
        pair[~p.allowed] = np.inf
        free = ~(p.must_open | p.must_close) & (not counted)
        return Dual(bound, u, pair, np.where(free, bracket, 0.0), share)
