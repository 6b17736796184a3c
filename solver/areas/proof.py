"""
Proof on the whole problem, on a second core while the search goes on.

Pairs that the Lagrangian bound rules out are removed first: a plan cheaper than the best known cannot use them, so
the bound of what is left, or the cost of the best plan where that is lower, holds for the whole problem.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from data.errors import PlanningError
from solver.areas import check, exact, reach
from solver.areas.dual import Dual
from solver.areas.exact import Exact
from solver.areas.problem import AreaProblem, Bools, Ints
from solver.areas.search import Found
from solver.areas.work import Work

MOST_PAIRS = 40_000
"""The proof is not tried while more pairs than this are left."""

PROOF_NODES = 50
PROOF_ROUNDS = 6


def without_needless_pairs(problem: AreaProblem, guide: Dual, best: Found | None) -> AreaProblem:
    """Remove pairs and openings that no plan cheaper than ``best`` uses; what ``best`` itself uses stays."""
    if best is None:
        return problem
    ceiling = best.cost - 1.0
    allowed = problem.allowed & (guide.bound + guide.pair_reduced <= ceiling)
    allowed[np.arange(len(best.school_of)), best.school_of] = True
    decided = guide.bound + np.abs(guide.open_reduced) > ceiling
    closed = decided & (guide.open_reduced > 0) & ~best.opened
    opened = decided & (guide.open_reduced < 0) & best.opened
    return replace(
        problem,
        allowed=allowed & ~closed[None, :],
        must_open=problem.must_open | opened,
        must_close=problem.must_close | closed,
    )


def take_bound(work: Work, result: Exact) -> None:
    """Take the bound of an exact solve into the whole problem's: never above the best plan."""
    if work.best is not None:
        work.raise_bound(min(result.bound, work.best.cost), "proof")
        if result.proved:
            work.raise_bound(work.best.cost, "proof")
            work.proved = True
    elif np.isfinite(result.bound):
        work.raise_bound(result.bound, "proof")


class Proof:
    """
    The exact solve of the whole problem, in its own thread (``begin``, ``end``) or at once (``run``).

    ``meanwhile`` is called again and again while it waits for a good plan.
    """

    def __init__(self, work: Work, problem: AreaProblem, guide: Dual, meanwhile: Callable[[], None]) -> None:
        self._work, self._problem, self._guide, self._meanwhile = work, problem, guide, meanwhile
        self._thread: threading.Thread | None = None
        self._failure: PlanningError | None = None
        self.infeasible = False

    def begin(self) -> None:
        """Start in a thread of its own."""
        self._thread = threading.Thread(target=self._guarded, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Wait for the thread; it ends by itself when the work is over."""
        if self._thread is not None:
            self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _guarded(self) -> None:
        try:
            self.run()
        except PlanningError as failure:
            self._failure = failure

    def run(self) -> None:
        """Solve the whole problem as far as limits permit."""
        work = self._work
        best = self._wait_for_a_plan()
        if work.over():
            return
        reached = reach.narrow(without_needless_pairs(self._problem, self._guide, best))
        if reached.infeasible:  # nothing cheaper than the best plan is left, or no plan at all
            self._settle(Exact(True, np.inf))
            return
        if reached.problem.allowed.sum() > MOST_PAIRS:
            return
        steps = work.limits.deterministic
        result = exact.solve(
            reached.problem,
            seconds=work.left(),
            start=None if best is None else (best.school_of, best.opened),
            seed=work.limits.seed,
            max_nodes=PROOF_NODES if steps else None,
            max_rounds=PROOF_ROUNDS if steps else None,
            should_stop=work.over,
        )
        self._settle(result)

    def _wait_for_a_plan(self) -> Found | None:
        """Give the search a quarter of the time to find a good plan, which makes the proof far smaller."""
        work = self._work
        if work.limits.deterministic:
            return work.best
        until = work.seconds + min(work.left() / 4, 15.0)
        while work.seconds < until and not work.over():
            self._meanwhile()
        return work.best

    def _settle(self, result: Exact) -> None:
        work = self._work
        if result.school_of is not None and result.opened is not None:
            work.offer(_found(self._problem, result.school_of, result.opened), "proof")
        self.infeasible = result.proved and not np.isfinite(result.bound) and work.best is None
        take_bound(work, result)


def _found(problem: AreaProblem, school_of: Ints, opened: Bools) -> Found:
    cost = sum(check.parts(problem, school_of.tolist(), opened.tolist()).values())
    return Found(school_of, opened, float(cost))
