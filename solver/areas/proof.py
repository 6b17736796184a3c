"""
Proof on the whole problem, on a second core while the search goes on.

Where schools may close, a tree over the choices of open schools comes first. Then pairs that the bounds rule out are
removed: a plan cheaper than the best known cannot use them, so the bound of what is left, or the cost of the best plan
where that is lower, holds for the whole problem.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from data.errors import PlanningError
from solver.areas import check, exact, reach, tree
from solver.areas.dual import Dual, Ground
from solver.areas.exact import Exact
from solver.areas.problem import AreaProblem, Bools, Ints
from solver.areas.search import Found
from solver.areas.tree import Choices, Left
from solver.areas.work import Work

MOST_PAIRS = 40_000
"""The proof is not tried while more pairs than this are left."""

TREE_SHARE, TREE_NODES = 0.4, 60
"""The tree has this share of the time, or in deterministic mode so many nodes."""

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


def with_plan(lean: AreaProblem, problem: AreaProblem, best: Found) -> AreaProblem:
    """Give a narrowed problem with what a plan uses put back, so that a solver may start from it."""
    allowed, number = lean.allowed & problem.allowed, int(best.opened.sum())
    allowed[np.arange(len(best.school_of)), best.school_of] = True
    return replace(
        lean,
        allowed=allowed,
        must_open=problem.must_open | (lean.must_open & best.opened),
        must_close=problem.must_close | (lean.must_close & ~best.opened),
        open_at_least=min(lean.open_at_least, number),
        open_at_most=None if lean.open_at_most is None else max(lean.open_at_most, number),
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

    def __init__(
        self, work: Work, problem: AreaProblem, guide: Dual, choices: Choices, meanwhile: Callable[[], None]
    ) -> None:
        self._work, self._problem, self._guide, self._meanwhile = work, problem, guide, meanwhile
        self._ground, self._choices = Ground(problem), choices
        self._left: Left | None = None
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
            self.branch()
            self.run()
        except PlanningError as failure:
            self._failure = failure

    def branch(self) -> None:
        """Raise the bound by branching on which schools are open."""
        work, problem = self._work, self._problem
        if not np.any(~problem.must_open & ~problem.must_close) or work.over():
            return
        self._left = tree.branch(
            self._ground,
            self._guide,
            ceiling=self._ceiling,
            choices=self._choices,
            tell=lambda bound: work.raise_bound(bound, "bound"),
            should_stop=lambda: work.past(TREE_SHARE),
            most_nodes=TREE_NODES if work.limits.deterministic else None,
        )
        if work.best is not None:
            work.raise_bound(min(self._left.bound, work.best.cost), "bound")

    def _ceiling(self) -> float:
        """Give what a plan may cost to be of use: costs are whole."""
        return np.inf if self._work.best is None else self._work.best.cost - 1.0

    def run(self) -> None:
        """Solve the whole problem as far as limits permit."""
        work = self._work
        best = self._wait_for_a_plan()
        if work.over():
            return
        reached = reach.narrow(self._narrowed(best))
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

    def _narrowed(self, best: Found | None) -> AreaProblem:
        """Give the problem less what no plan cheaper than ``best`` uses; what ``best`` itself uses stays."""
        problem = without_needless_pairs(self._problem, self._guide, best)
        if best is None or self._left is None:
            return problem
        if not self._left.climbs:
            return replace(problem, allowed=np.zeros_like(problem.allowed))
        return with_plan(self._left.narrowed(self._ground, best.cost - 1.0), problem, best)

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
