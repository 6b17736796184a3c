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
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from solver.areas.dual import Climb, Dual, Ground
from solver.areas.problem import AreaProblem, Bools
from solver.run import SAFETY

STEPS_A_NODE, STEPS_A_LEAF = 40, 300
LENGTH = 0.3
MOST_CHOICES = 400


class Choices:
    """
    Choices of open schools worth trying, for several threads.

    ``take`` gives the one least often taken, of those the one with the lowest bound. Once full choices are known, with
    every school decided, the likely ones of nodes still to be split are left alone.
    """

    def __init__(self) -> None:
        self._full: dict[bytes, float] = {}
        self._likely: dict[bytes, float] = {}
        self._taken: Counter[bytes] = Counter()
        self._lock = threading.Lock()

    def add(self, opened: Bools, bound: float, *, full: bool) -> None:
        """Note a choice (S,) with the bound of its plans, or of plans like it."""
        with self._lock:
            known = self._full if full else self._likely
            key = opened.tobytes()
            known[key] = min(bound, known.get(key, np.inf))
            if len(known) > 2 * MOST_CHOICES:
                for key in sorted(known, key=known.__getitem__)[MOST_CHOICES:]:
                    del known[key]

    def take(self, ceiling: float) -> tuple[Bools, bool] | None:
        """Give a choice that may hold a plan up to the ceiling, and whether it is full; ``None`` without any."""
        with self._lock:
            full = {key: bound for key, bound in self._full.items() if bound <= ceiling}
            known = full or self._likely
            if not known:
                return None
            key = min(known, key=lambda k: (self._taken[k], known[k]))
            self._taken[key] += 1
            return np.frombuffer(key, np.bool_).copy(), bool(full)


@dataclass(frozen=True, slots=True, eq=False)
class Left:
    """What the tree leaves, lowest bound first: every plan no dearer than the ceiling is in one of these nodes."""

    climbs: tuple[Climb, ...]

    @property
    def decided(self) -> bool:
        """Tell whether every node left has all its schools decided."""
        return all(np.all(c.must_open | c.must_close) for c in self.climbs)

    def narrowed(self, ground: Ground, ceiling: float) -> AreaProblem:
        """Give the problem less the pairs and openings that no plan up to the ceiling uses in any node."""
        problem = ground.problem
        allowed = np.zeros(problem.size, np.bool_)
        for climb in self.climbs:
            guide = ground.read(climb, whole=False)
            allowed |= guide.bound + guide.pair_reduced <= ceiling
        opened: Bools = np.array([c.must_open for c in self.climbs])
        closed: Bools = np.array([c.must_close for c in self.climbs])
        return replace(
            problem,
            allowed=allowed & problem.allowed,
            must_open=np.all(opened, axis=0),
            must_close=np.all(closed, axis=0),
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
    Branch until every node left has all its schools decided, or it is told to stop.

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
    heap, leaves, nodes = [(root.bound, next(count), root)], list[tuple[float, Climb]](), 0
    while heap and heap[0][0] <= ceiling() and not should_stop() and (most_nodes is None or nodes < most_nodes):
        bound, _, node = heapq.heappop(heap)
        nodes += 1
        if not leaves:
            tell(bound)
        school = _undecided(node)
        if school is None:
            leaves.append((bound, node))
            choices.add(node.must_open, bound, full=True)
            continue
        for child in _children(ground, node, school, ceiling()):
            if child.bound == np.inf:
                continue
            choices.add(_likely_open(child), child.bound, full=False)
            if child.bound <= ceiling():
                heapq.heappush(heap, (max(child.bound, bound), next(count), child))
    left = sorted(((b, c) for b, c in [*leaves, *((b, c) for b, _, c in heap)] if b <= ceiling()), key=lambda e: e[0])
    return Left(tuple(replace(c, bound=b) for b, c in left))


def _undecided(node: Climb) -> int | None:
    """Give the free school whose being open is least settled."""
    free = np.flatnonzero(~(node.must_open | node.must_close))
    if len(free) == 0:
        return None
    return int(free[np.argmin(np.abs(node.open_share[free] - 0.5))])


def _children(ground: Ground, node: Climb, school: int, ceiling: float) -> list[Climb]:
    found, enough = [], ceiling + 1.0 + 2.0 * SAFETY * abs(ceiling)
    for flag in (True, False):
        must_open, must_close = node.must_open.copy(), node.must_close.copy()
        (must_open if flag else must_close)[school] = True
        leaf = bool(np.all(must_open | must_close))
        found.append(
            ground.climb(
                node.prices, must_open, must_close, steps=STEPS_A_LEAF if leaf else STEPS_A_NODE,
                goal=lambda best: enough if np.isfinite(enough) else 1.05 * best, length=LENGTH,
            )
        )  # fmt: skip
    return found


def _likely_open(node: Climb) -> Bools:
    """Give the schools open in most of the last steps of a node, and those it holds open."""
    usual = float(node.open_share.max(initial=0.0))
    opened: Bools = (node.must_open | (node.open_share >= 0.5 * usual)) & ~node.must_close
    return opened
