"""
What can be said before any search: pairs that no plan can use, schools that no plan can close.

Every deduction is exact: it removes no plan that keeps all rules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from solver.areas.problem import AreaProblem, Bools, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """
    A problem with its impossible pairs removed.

    Attributes
    ----------
    problem
        The same plans as before, in fewer pairs.
    unreached
        Settlements left with no school at all: the problem is infeasible when not empty.
    unopenable
        Schools that must open and cannot: infeasible when not empty.
    """

    problem: AreaProblem
    unreached: tuple[int, ...]
    unopenable: tuple[int, ...]

    @property
    def infeasible(self) -> bool:
        """Tell whether no plan can exist."""
        return bool(self.unreached or self.unopenable)


def neighbour_matrix(problem: AreaProblem) -> csr_array:
    """Give the neighbours as a symmetric CSR array of shape (V, V)."""
    v = problem.size[0]
    a, b = problem.neighbours[:, 0], problem.neighbours[:, 1]
    ones = np.ones(2 * len(a), dtype=np.int8)
    return csr_array(coo_array((ones, (np.r_[a, b], np.r_[b, a])), shape=(v, v)))


def narrow(problem: AreaProblem) -> Reach:
    """Remove pairs that no plan can use, until nothing more follows."""
    near = neighbour_matrix(problem)
    allowed = problem.allowed & ~problem.must_close[None, :] & (problem.pupils[:, None] <= problem.places[None, :])
    if problem.boarders is not None and problem.beds is not None and problem.bed_price is None:
        allowed &= problem.boarders <= problem.beds[None, :]
    must_open, must_close = problem.must_open.copy(), problem.must_close.copy()
    unopenable: set[int] = set()
    while True:
        before = (allowed.sum(), must_open.sum(), must_close.sum())
        _settlements_of_open_schools(problem, allowed, must_open)
        if problem.contiguous:
            _only_through_own_land(problem, near, allowed)
        _schools_without_anchor(problem, allowed, must_open, must_close, unopenable)
        _only_school(allowed, must_open, must_close)
        if before == (allowed.sum(), must_open.sum(), must_close.sum()):
            break
    narrowed = replace(problem, allowed=allowed, must_open=must_open, must_close=must_close)
    unreached = tuple(np.flatnonzero(~allowed.any(axis=1)).tolist())
    return Reach(narrowed, unreached, tuple(sorted(unopenable)))


def _settlements_of_open_schools(problem: AreaProblem, allowed: Bools, must_open: Bools) -> None:
    """An open school that stands alone in its settlement takes that settlement."""
    for s in np.flatnonzero(must_open):
        if len(problem.anchors[s]) == 1:
            home = problem.anchors[s][0]
            keep = allowed[home, s]
            allowed[home, :] = False
            allowed[home, s] = keep


def _only_through_own_land(problem: AreaProblem, near: csr_array, allowed: Bools) -> None:
    """A settlement joins a school only when a chain of settlements that may join it leads to an anchor."""
    for s in range(problem.size[1]):
        anchors = [v for v in problem.anchors[s] if allowed[v, s]]
        if problem.anchors[s]:
            allowed[:, s] &= _reached(near, allowed[:, s], anchors)


def _reached(near: csr_array, inside: Bools, starts: list[int]) -> Bools:
    seen = np.zeros(len(inside), dtype=bool)
    members = np.flatnonzero(inside)
    if not starts:
        return seen
    position = np.full(len(inside), -1, dtype=np.int64)
    position[members] = np.arange(len(members))
    part = near[members][:, members]
    for start in starts:
        if not seen[start]:
            order = breadth_first_order(part, position[start], directed=False, return_predecessors=False)
            seen[members[order]] = True
    return seen


def _schools_without_anchor(
    problem: AreaProblem, allowed: Bools, must_open: Bools, must_close: Bools, unopenable: set[int]
) -> None:
    """A school none of whose anchors may join it cannot open."""
    for s, anchors in enumerate(problem.anchors):
        if anchors and not must_close[s] and not any(allowed[v, s] for v in anchors):
            if must_open[s]:
                unopenable.add(s)
            must_open[s], must_close[s] = False, True
            allowed[:, s] = False


def _only_school(allowed: Bools, must_open: Bools, must_close: Bools) -> None:
    """The only school that a settlement may join opens."""
    single = allowed.sum(axis=1) == 1
    schools: Ints = np.argmax(allowed[single], axis=1)
    must_open[schools] = ~must_close[schools]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Settlements that may join only ``schools``, whose places together are fewer than their pupils."""

    settlements: tuple[int, ...]
    schools: tuple[int, ...]
    pupils: int
    places: int


def crowd(problem: AreaProblem) -> Crowd | None:
    """
    Find settlements whose pupils outnumber all places that they may reach, even if settlements could be split.

    A minimum cut between pupils and places; ``None`` when there is no such set. The answer proves itself by addition.
    """
    n_v, n_s = problem.size
    source, sink = n_v + n_s, n_v + n_s + 1
    v, s = np.nonzero(problem.allowed)
    row = np.r_[np.full(n_v, source), v, n_v + np.arange(n_s)]
    col = np.r_[np.arange(n_v), n_v + s, np.full(n_s, sink)]
    places = np.minimum(np.where(problem.must_close, 0, problem.places), problem.pupils.sum())
    capacity = np.r_[problem.pupils, problem.pupils[v], places].astype(np.int32)
    graph = csr_array((capacity, (row, col)), shape=(sink + 1, sink + 1))
    flow = maximum_flow(graph, source, sink)
    if flow.flow_value >= problem.pupils.sum():
        return None
    residual = csr_array(graph - flow.flow)
    residual.eliminate_zeros()
    seen = breadth_first_order(residual > 0, source, return_predecessors=False)
    settlements = np.sort(seen[seen < n_v])
    settlements = settlements[problem.pupils[settlements] > 0]
    schools = np.flatnonzero(problem.allowed[settlements].any(axis=0))
    return Crowd(
        tuple(settlements.tolist()),
        tuple(schools.tolist()),
        int(problem.pupils[settlements].sum()),
        int(np.where(problem.must_close, 0, problem.places)[schools].sum()),
    )
