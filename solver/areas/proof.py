"""
Proof on the whole problem, on a second core while the search goes on.

Where schools may close, a tree over the choices of open schools comes first. Then pairs that the bounds rule out are
removed: a plan cheaper than the best known cannot use them, so the bound of what is left, or the cost of the best plan
where that is lower, holds for the whole problem.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from data.errors import PlanningError
from solver.areas import check, exact, reach, tree
from solver.areas.dual import Climb, Dual, Ground
from solver.areas.exact import Exact
from solver.areas.problem import AreaProblem
from solver.areas.search import Found
from solver.areas.tree import Choices, Left
from solver.areas.work import Work

log = logging.getLogger("junheng.solver")

MOST_PAIRS = 12_000
"""The proof is not tried while more pairs than this are left: it would not raise the bound in any time at hand."""

TREE_SHARE, TREE_NODES = 0.6, 60
"""The tree has this share of the time, or in deterministic mode so many nodes."""

MOST_LEAVES, LEAF_SECONDS = 60, 2.0
"""Up to this many choices of schools are solved one by one, first for so long each."""

GRACE_SECONDS = 1.5
"""A solver that does not hear its end within this time is not waited for."""

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


def offer_plan(work: Work, problem: AreaProblem, result: Exact) -> None:
    """Offer the plan of an exact solve, where there is one, at the cost that the checker counts."""
    if result.school_of is not None and result.opened is not None:
        cost = check.cost(problem, result.school_of.tolist(), result.opened.tolist())
        work.offer(Found(result.school_of, result.opened, float(cost)), "proof")


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

    ``meanwhile``, some search, is called while it waits for a good plan, between the parts, and when nothing is left
    to prove in the time at hand.
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
        """Wait for the thread; it ends by itself when the work is over, or is left behind where a solver does not."""
        if self._thread is not None:
            self._thread.join(GRACE_SECONDS)
            if self._thread.is_alive():
                log.warning("the proof did not end within %g s of its time and is left behind", GRACE_SECONDS)
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
        self._tell([c.bound for c in self._left.climbs])

    def _ceiling(self) -> float:
        """Give what a plan may cost to be of use: costs are whole."""
        return np.inf if self._work.best is None else self._work.best.cost - 1.0

    def _tell(self, bounds: Sequence[float]) -> None:
        """Take the least of the bounds of parts that hold every plan cheaper than the best."""
        work = self._work
        if work.best is not None:
            work.raise_bound(min([*bounds, work.best.cost]), "bound")
        elif bounds:
            work.raise_bound(min(bounds), "bound")

    def run(self) -> None:
        """Solve the whole problem, or, where few choices of schools are left, one choice after another."""
        self._wait_for_a_plan()
        if self._left is not None and self._left.decided and len(self._left.climbs) <= MOST_LEAVES:
            return self._solve_leaves([(c.bound, c) for c in self._left.climbs])
        if not self._work.over():
            self._settle(self._solve(self._narrowed(self._work.best), self._work.left()))
        while not self._work.over() and not self._work.limits.deterministic:
            self._meanwhile()
        return None

    def _solve_leaves(self, leaves: list[tuple[float, Climb]]) -> None:
        """Solve each choice of schools exactly, lowest bound first, each time with twice the time."""
        work = self._work
        seconds = work.left() if work.limits.deterministic else LEAF_SECONDS
        while leaves and not work.over():
            for k, (bound, leaf) in enumerate(leaves):
                if bound <= self._ceiling() and not work.over():
                    lean = Left((leaf,)).narrowed(self._ground, self._ceiling())
                    result = self._solve(lean, min(seconds, work.left()))
                    offer_plan(self._work, self._problem, result)
                    leaves[k] = np.inf if result.proved else max(bound, result.bound), leaf
                    if not work.over() and not work.limits.deterministic:
                        self._meanwhile()
            leaves = sorted(((b, c) for b, c in leaves if b < np.inf and b <= self._ceiling()), key=lambda e: e[0])
            self._tell([b for b, _ in leaves])
            seconds *= 2.0
            if work.limits.deterministic:
                break
        self.infeasible = not leaves and work.best is None
        if not leaves and work.best is not None:
            work.raise_bound(work.best.cost, "proof")
            work.proved = True

    def _solve(self, problem: AreaProblem, seconds: float) -> Exact:
        """Solve a narrowed problem exactly; too large ones are left alone."""
        work, best = self._work, self._work.best
        reached = reach.narrow(problem)
        if reached.infeasible:  # nothing cheaper than the best plan is left, or no plan at all
            return Exact(True, np.inf)
        if reached.problem.allowed.sum() > MOST_PAIRS:
            return Exact(False, -np.inf)
        held, shut = reached.problem.must_open, reached.problem.must_close
        fits = best is not None and not np.any((held & ~best.opened) | (shut & best.opened))
        steps = work.limits.deterministic
        return exact.solve(
            reached.problem,
            seconds=seconds,
            start=(best.school_of, best.opened) if best is not None and fits else None,
            seed=work.limits.seed,
            max_nodes=PROOF_NODES if steps else None,
            max_rounds=PROOF_ROUNDS if steps else None,
            should_stop=work.over,
        )

    def _narrowed(self, best: Found | None) -> AreaProblem:
        """Give the problem less what no plan cheaper than ``best`` uses; what ``best`` itself uses stays."""
        problem = without_needless_pairs(self._problem, self._guide, best)
        if best is None or self._left is None:
            return problem
        return with_plan(self._left.narrowed(self._ground, best.cost - 1.0), problem, best)

    def _wait_for_a_plan(self) -> None:
        """Give the search a quarter of the time to find a good plan, which makes the proof far smaller."""
        work = self._work
        if work.limits.deterministic:
            return
        until = work.seconds + min(work.left() / 4, 15.0)
        while work.seconds < until and not work.over():
            self._meanwhile()

    def _settle(self, result: Exact) -> None:
        work = self._work
        offer_plan(self._work, self._problem, result)
        self.infeasible = result.proved and not np.isfinite(result.bound) and work.best is None
        take_bound(work, result)
