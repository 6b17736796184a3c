"""
A bound by branching on which schools are open, with the Lagrangian bound at every node.

A node holds some schools open and some closed. Its bound is raised by a few subgradient steps from its parent's prices;
the lowest node is split on the school that is open about half of the time. Nodes that cannot hold a plan cheaper than
the best are dropped. So the least bound of the nodes left, or the cost of the best plan where that is lower, holds for
the whole problem. Where a few schools stand on many settlements this closes most of the gap that whole schools leave,
and far sooner than a general solver, whose linear programmes hold every pair.

The choices of schools seen at low nodes are also where to look for plans.

Source: Geoffrion (1974), Lagrangean relaxation for integer programming, Mathematical Programming Study 2.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from solver.areas.dual import Climb, Dual, Ground
from solver.areas.problem import AreaProblem, Bools

STEPS_A_NODE, STEPS_A_LEAF = 40, 300
LENGTH = 0.3
MOST_CHOICES = 400


class Choices:
    """
    Choices of open schools worth trying, lowest bound first; ``take`` gives each once. For several threads.
    """

    def __init__(self) -> None:
        self._bound: dict[bytes, float] = {}
        self._taken: set[bytes] = set()
        self._lock = threading.Lock()

    def add(self, opened: Bools, bound: float) -> None:
        """Note a choice (S,) with the bound of plans near it."""
        with self._lock:
            key = opened.tobytes()
            self._bound[key] = min(bound, self._bound.get(key, np.inf))
            if len(self._bound) > 2 * MOST_CHOICES:
                kept = sorted(self._bound, key=self._bound.__getitem__)[:MOST_CHOICES]
                self._bound = {k: self._bound[k] for k in kept}

    def take(self) -> Bools | None:
        """Give the choice of lowest bound not yet taken; when all are taken, begin again; ``None`` without any."""
        with self._lock:
            if not self._bound:
                return None
            left = [k for k in self._bound if k not in self._taken]
            if not left:
                self._taken.clear()
                left = list(self._bound)
            key = min(left, key=self._bound.__getitem__)
            self._taken.add(key)
            return np.frombuffer(key, np.bool_).copy()


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """
    What the tree leaves.

    Attributes
    ----------
    bound
        No plan costs less; the ceiling where no node is left.
    climbs
        The nodes left: every plan no dearer than the ceiling is in one.
    """

    bound: float
    climbs: tuple[Climb, ...]

    def narrowed(self, ground: Ground, ceiling: float) -> AreaProblem:
        """Give the problem less the pairs and openings that no plan up to the ceiling uses in any node."""
        problem = ground.problem
        allowed = np.zeros(problem.size, np.bool_)
        for climb in self.climbs:
            guide = ground.read(climb, whole=False)
            allowed |= guide.bound + guide.pair_reduced <= ceiling
        opened = np.array([c.must_open for c in self.climbs])
        closed = np.array([c.must_close for c in self.climbs])
        return replace(
            problem,
            allowed=allowed & problem.allowed,
            must_open=opened.all(axis=0),
            must_close=closed.all(axis=0),
            open_at_least=max(problem.open_at_least, int(opened.sum(axis=1).min())),
            open_at_most=min(problem.most_open, int((~closed).sum(axis=1).max())),
        )


def branch(
    ground: Ground,
    guide: Dual,
    *,
    ceiling: Callable[[], float],
    choices: Choices,
    tell: Callable[[float], None],
    should_stop: Callable[[], bool],
    most_nodes: int | None = None,
) -> Left:
    """
    Branch until no node is left, the lowest has every school decided, or it is told to stop.

    Parameters
    ----------
    ceiling
        Asked for the cost that a plan must stay below to be of use.
    choices
        Filled with choices of open schools.
    tell
        Told each new bound.
    most_nodes
        For an answer that does not depend on the machine.
    """
    problem, count = ground.problem, itertools.count()
    root = Climb(guide.bound, guide.prices, guide.open_share, problem.must_open, problem.must_close)
    heap, told = [(root.bound, next(count), root)], -np.inf
    while heap and not should_stop() and (most_nodes is None or next(count) < most_nodes):
        bound, _, node = heap[0]
        if bound > ceiling():
            break
        if bound > told:
            tell(bound)
            told = bound
        school = _undecided(node)
        if school is None:
            break
        heapq.heappop(heap)
        for child in _children(ground, node, school, ceiling()):
            if child.bound < np.inf:
                choices.add(_likely_open(problem, child), child.bound)
            if child.bound <= ceiling():
                heapq.heappush(heap, (max(child.bound, bound), next(count), child))
    left = [(b, c) for b, _, c in heap if b <= ceiling()]
    return Left(min([b for b, _ in left], default=ceiling()), tuple(c for _, c in left))


def _undecided(node: Climb) -> int | None:
    """Give the free school whose being open is least settled."""
    free = np.flatnonzero(~(node.must_open | node.must_close))
    if len(free) == 0:
        return None
    return int(free[np.argmin(np.abs(node.open_share[free] - 0.5))])


def _children(ground: Ground, node: Climb, school: int, ceiling: float) -> list[Climb]:
    found = []
    for flag in (True, False):
        must_open, must_close = node.must_open.copy(), node.must_close.copy()
        (must_open if flag else must_close)[school] = True
        leaf = bool(np.all(must_open | must_close))
        found.append(
            ground.climb(
                node.prices, must_open, must_close, steps=STEPS_A_LEAF if leaf else STEPS_A_NODE,
                goal=lambda best: ceiling + 1.0 if np.isfinite(ceiling) else 1.05 * best, length=LENGTH,
            )
        )  # fmt: skip
    return found


def _likely_open(problem: AreaProblem, node: Climb) -> Bools:
    """Give the schools open in most of the last steps of a node, and those it holds open."""
    opened: Bools = (node.must_open | (node.open_share >= 0.5 * node.open_share.max(initial=0.0))) & ~node.must_close
    return opened
