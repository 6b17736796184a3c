"""
The exact model, solved by HiGHS with connection cuts added where they are broken.

Sets        v settlements, s schools, pairs P of those that may join
Data        n[v] pupils, q[s] places, c[v,s] cost, f[s] cost of opening, b[v,s] boarders, e[s] beds,
            m[s] least viable size, A[s] anchors, N(v) neighbours
Choose      x[v,s] in {0,1} on P, y[s] in {0,1}, h[s] >= 0 pupils missing, k[s] >= 0 boarders without a bed
Minimise    sum c x + sum f y + price_h sum h + price_k sum k
Subject to  (1) sum_s x[v,s] = 1                         every settlement joins one school
            (2) sum_v n[v] x[v,s] <= q[s] y[s]           no school over its places; x[v,s] <= y[s]
            (3) sum_v n[v] x[v,s] + h[s] >= m[s] y[s]    least viable size
            (5) sum_v b[v,s] x[v,s] <= e[s] y[s] + k[s]  beds
            (6) sum_(v in A[s]) x[v,s] >= y[s]           a zone holds an anchor of its school
            (7) x[v,s] <= sum_(u in N(v)) x[u,s]         for v outside A[s]: nobody joins alone
            (8) x[v,s] <= sum_(u in U) x[u,s]            for every U that parts v from A[s]
            (9) least <= sum y <= most                   number of open schools

(8) is added only where a solution breaks it, with U cut down to a minimal separator. Where a school has several
anchors and two pieces each hold one, the cut is x[v,s] + x[w,s] - 1 <= sum_(u in U) x[u,s].

Sources: Carvajal, Constantino, Goycoolea, Vielma and Weintraub (2013), Imposing connectivity constraints in forest
planning models, Operations Research 61; Fischetti et al. (2017), Thinning out Steiner trees, MPC 9.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from solver import run
from solver.areas.problem import NOBODY, AreaProblem, Bools, Ints
from solver.areas.reach import neighbour_matrix
from solver.plan import ShouldStop, never_stop
from solver.run import MixedInteger, Outcome

Floats = NDArray[np.float64]

CUTS_A_PIECE = 6
"""At most this many settlements of a cut-off piece get a cut of their own in one round."""


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """
    What the exact model found.

    Attributes
    ----------
    proved
        The plan is the cheapest of the model, or, without a plan, none exists.
    bound
        No plan of the model costs less; plus infinity when none exists.
    school_of, opened
        The cheapest connected plan found here, or ``None``.
    """

    proved: bool
    bound: float
    school_of: Ints | None = None
    opened: Bools | None = None


class _Rows:
    """Rows of a model, collected as triplets."""

    def __init__(self) -> None:
        self._col: list[Ints] = []
        self._val: list[Floats] = []
        self._lower: list[float] = []
        self._upper: list[float] = []

    def add(self, columns: Ints, values: Floats, lower: float, upper: float) -> None:
        """Add one row."""
        self._col.append(columns)
        self._val.append(values)
        self._lower.append(lower)
        self._upper.append(upper)

    def matrix(self, columns: int) -> tuple[csr_array, Floats, Floats]:
        """Give the rows as CSR with their bounds."""
        ptr = np.cumsum([0, *map(len, self._col)])
        col = np.concatenate(self._col) if self._col else np.zeros(0, np.int64)
        val = np.concatenate(self._val) if self._val else np.zeros(0)
        rows = csr_array((val, col.astype(np.int32), ptr.astype(np.int32)), shape=(len(self._col), columns))
        return rows, np.array(self._lower), np.array(self._upper)


class Model:
    """The model of one problem, with the cuts found so far."""

    def __init__(self, problem: AreaProblem) -> None:
        self.problem = problem
        n_s = problem.size[1]
        self.pair_v, self.pair_s = (a.astype(np.int64) for a in np.nonzero(problem.allowed))
        self.column = np.full(problem.size, -1, np.int64)
        self.column[self.pair_v, self.pair_s] = np.arange(len(self.pair_v))
        self.y = len(self.pair_v) + np.arange(n_s)
        self.h = self.y + n_s if problem.shortfall_price is not None else None
        after_h = len(self.pair_v) + n_s * (2 if self.h is not None else 1)
        self.k = after_h + np.arange(n_s) if problem.bed_price is not None and problem.beds is not None else None
        self.width = after_h + (n_s if self.k is not None else 0)
        self.near = neighbour_matrix(problem)
        self.rows = _Rows()
        every_settlement_joins_one_school(self)
        no_school_is_over_its_places(self)
        only_open_schools_are_joined(self)
        open_schools_are_viable(self)
        boarders_have_beds(self)
        zones_hold_an_anchor(self)
        nobody_joins_alone(self)
        number_of_open_schools(self)

    def columns_of(self, school: int) -> tuple[Ints, Ints]:
        """Give the settlements that may join a school and their columns."""
        settlements = np.flatnonzero(self.problem.allowed[:, school])
        return settlements, self.column[settlements, school]

    def build(self) -> MixedInteger:
        """Give the model as arrays."""
        p = self.problem
        cost = np.zeros(self.width)
        cost[: len(self.pair_v)] = p.cost[self.pair_v, self.pair_s]
        cost[self.y] = p.open_cost
        upper = np.ones(self.width)
        lower = np.zeros(self.width)
        lower[self.y], upper[self.y] = p.must_open, ~p.must_close
        integer = np.ones(self.width, dtype=bool)
        for slack, price in ((self.h, p.shortfall_price), (self.k, p.bed_price)):
            if slack is not None:
                cost[slack], upper[slack], integer[slack] = price, np.inf, False
        rows, row_lower, row_upper = self.rows.matrix(self.width)
        return MixedInteger(cost, lower, upper, integer, rows, row_lower, row_upper)

    def point(self, school_of: Ints, opened: Bools) -> Floats | None:
        """Give a plan as a point of the model, or ``None`` where it uses a pair that the model lacks."""
        columns = self.column[np.arange(len(school_of)), school_of]
        if np.any(school_of == NOBODY) or np.any(columns < 0):
            return None
        p, z = self.problem, np.zeros(self.width)
        z[columns] = 1.0
        z[self.y] = opened
        load = np.bincount(school_of, weights=p.pupils, minlength=p.size[1])
        if self.h is not None and p.least_pupils is not None:
            z[self.h] = np.where(opened, np.maximum(p.least_pupils - load, 0), 0)
        if self.k is not None and p.boarders is not None and p.beds is not None:
            away = p.boarders[np.arange(len(school_of)), school_of]
            z[self.k] = np.maximum(np.bincount(school_of, weights=away, minlength=p.size[1]) - p.beds, 0)
        return z

    def read(self, values: Floats) -> tuple[Ints, Bools]:
        """Give the plan of a whole-number point."""
        school_of = np.full(self.problem.size[0], NOBODY, np.int64)
        chosen = values[: len(self.pair_v)] > 0.5
        school_of[self.pair_v[chosen]] = self.pair_s[chosen]
        return school_of, values[self.y] > 0.5

    def cut_off_pieces(self, school_of: Ints) -> int:
        """Add cuts (8) for every piece of a zone that is cut off; give their number."""
        if not self.problem.contiguous:
            return 0
        return sum(_cut_zone(self, s, np.flatnonzero(school_of == s)) for s in range(self.problem.size[1]))


def every_settlement_joins_one_school(model: Model) -> None:
    """Rule (1)."""
    order = np.argsort(model.pair_v, kind="stable")
    for columns in np.split(order, np.flatnonzero(np.diff(model.pair_v[order])) + 1):
        model.rows.add(columns, np.ones(len(columns)), 1.0, 1.0)


def no_school_is_over_its_places(model: Model) -> None:
    """Rule (2)."""
    p = model.problem
    for s in range(p.size[1]):
        settlements, columns = model.columns_of(s)
        values = np.r_[p.pupils[settlements], -p.places[s]].astype(np.float64)
        model.rows.add(np.r_[columns, model.y[s]], values, -np.inf, 0.0)


def only_open_schools_are_joined(model: Model) -> None:
    """Rule (2), the strong linking; needless where the school is open anyway."""
    for s in np.flatnonzero(~model.problem.must_open):
        for column in model.columns_of(int(s))[1]:
            model.rows.add(np.array([column, model.y[s]]), np.array([1.0, -1.0]), -np.inf, 0.0)


def open_schools_are_viable(model: Model) -> None:
    """Rule (3)."""
    p = model.problem
    if p.least_pupils is None:
        return
    for s in np.flatnonzero(p.least_pupils > 0):
        settlements, columns = model.columns_of(int(s))
        cols, vals = np.r_[columns, model.y[s]], np.r_[p.pupils[settlements], -p.least_pupils[s]]
        if model.h is not None:
            cols, vals = np.r_[cols, model.h[s]], np.r_[vals, 1]
        model.rows.add(cols, vals.astype(np.float64), 0.0, np.inf)


def boarders_have_beds(model: Model) -> None:
    """Rule (5)."""
    p = model.problem
    if p.boarders is None or p.beds is None:
        return
    for s in range(p.size[1]):
        settlements, columns = model.columns_of(s)
        away = p.boarders[settlements, s]
        if not away.any():
            continue
        cols, vals = np.r_[columns, model.y[s]], np.r_[away, -p.beds[s]]
        if model.k is not None:
            cols, vals = np.r_[cols, model.k[s]], np.r_[vals, -1]
        model.rows.add(cols, vals.astype(np.float64), -np.inf, 0.0)


def zones_hold_an_anchor(model: Model) -> None:
    """Rule (6)."""
    for s, anchors in enumerate(model.problem.anchors):
        if anchors and not model.problem.must_close[s]:
            columns = np.array([c for v in anchors if (c := model.column[v, s]) >= 0], dtype=np.int64)
            values = np.r_[np.ones(len(columns)), -1.0]
            model.rows.add(np.r_[columns, model.y[s]], values, 0.0, np.inf)


def nobody_joins_alone(model: Model) -> None:
    """Rule (7)."""
    p = model.problem
    if not p.contiguous:
        return
    for s, anchors in enumerate(p.anchors):
        if not anchors:
            continue
        for v in np.setdiff1d(np.flatnonzero(p.allowed[:, s]), np.array(anchors)):
            around = model.near.indices[model.near.indptr[v] : model.near.indptr[v + 1]]
            columns = model.column[around, s]
            _join_only_with(model, model.column[v, s], columns[columns >= 0])


def number_of_open_schools(model: Model) -> None:
    """Rule (9)."""
    p = model.problem
    if p.open_at_least > 0 or p.open_at_most is not None:
        model.rows.add(model.y, np.ones(p.size[1]), float(p.open_at_least), float(p.most_open))


def _join_only_with(model: Model, column: int, others: Ints, also: int | None = None) -> None:
    columns = np.r_[column, others] if also is None else np.r_[column, also, others]
    heads = 1 if also is None else 2
    values = np.r_[np.ones(heads), -np.ones(len(others))]
    model.rows.add(columns, values, -np.inf, float(heads - 1))


def _cut_zone(model: Model, school: int, zone: Ints) -> int:
    """Cut off the pieces of one zone; a school without anchors keeps its largest piece."""
    if len(zone) < 2:
        return 0
    number, label = connected_components(model.near[zone][:, zone], directed=False)
    if number < 2:
        return 0
    anchors = set(model.problem.anchors[school])
    pieces = sorted((zone[label == k] for k in range(number)), key=lambda z: (not anchors & set(z.tolist()), -len(z)))
    kept, added = pieces[0], 0
    for piece in pieces[1:]:
        around = _separator(model, school, piece, kept)
        held = sorted(anchors & set(piece.tolist()))
        also = int(model.column[kept[0], school]) if held or not anchors else None
        most = sorted(piece.tolist(), key=lambda v: -int(model.problem.pupils[v]))[:CUTS_A_PIECE]
        for v in most:
            _join_only_with(model, int(model.column[v, school]), model.column[around, school], also)
        added += len(most)
    return added


def _separator(model: Model, school: int, piece: Ints, kept: Ints) -> Ints:
    """Give the settlements around ``piece`` that part it from the anchors (or from ``kept``): a minimal set."""
    p = model.problem
    inside = np.zeros(p.size[0], dtype=bool)
    inside[piece] = True
    rim = np.zeros(p.size[0], dtype=bool)
    rim[model.near[piece].indices] = True
    rim &= ~inside & p.allowed[:, school]
    outside = np.flatnonzero(p.allowed[:, school] & ~inside & ~rim)
    anchors = [v for v in p.anchors[school] if not inside[v]] or kept.tolist()
    at_rim = [v for v in anchors if rim[v]]
    number, label = connected_components(model.near[outside][:, outside], directed=False)
    if number == 0:
        return np.flatnonzero(rim)
    position = np.full(p.size[0], -1, np.int64)
    position[outside] = np.arange(len(outside))
    rooted = {int(label[position[v]]) for v in anchors if position[v] >= 0}
    reached = outside[np.isin(label, list(rooted))]
    beside = np.zeros(p.size[0], dtype=bool)
    if len(reached):
        beside[model.near[reached].indices] = True
    beside[at_rim] = True
    return np.flatnonzero(rim & beside)


def solve(
    problem: AreaProblem,
    *,
    seconds: float,
    start: tuple[Ints, Bools] | None = None,
    workers: int = 1,
    seed: int = 0,
    max_nodes: int | None = None,
    max_rounds: int | None = None,
    should_stop: ShouldStop = never_stop,
) -> Exact:
    """
    Solve by rounds: the model, then cuts for what its solution breaks, until nothing is broken or time is up.

    Parameters
    ----------
    start
        A lawful plan of the problem: assignment and open schools.
    max_nodes, max_rounds
        Bounds on the work, for an answer that does not depend on the machine.
    """
    model, until, bound, rounds = Model(problem), time.monotonic() + seconds, -np.inf, 0
    if np.any(~problem.allowed.any(axis=1)):
        return Exact(True, np.inf)
    begin = model.point(*start) if start is not None else None
    while True:
        left = until - time.monotonic()
        if left <= 0 or should_stop() or (max_rounds is not None and rounds >= max_rounds):
            return Exact(False, float(bound))
        solved = run.mixed_integer(
            model.build(), seconds=left, start=begin, workers=workers, seed=seed, max_nodes=max_nodes,
            should_stop=should_stop,
        )  # fmt: skip
        rounds += 1
        if solved.outcome is Outcome.INFEASIBLE:
            return Exact(True, np.inf)
        bound = max(bound, solved.bound)
        if solved.values is None:
            return Exact(False, float(bound))
        school_of, opened = model.read(solved.values)
        if model.cut_off_pieces(school_of) == 0:
            return Exact(solved.outcome is Outcome.OPTIMAL, float(bound), school_of, opened)


def part_of(problem: AreaProblem, settlements: Ints, schools: Ints, opened: Bools) -> AreaProblem:
    """
    Give the problem of some schools and all settlements of their zones, everything else left as it is.

    ``opened`` (S,): the whole plan's open schools, for the bounds on their number.
    """
    position = {int(v): i for i, v in enumerate(settlements)}
    elsewhere = int(opened.sum() - opened[schools].sum())
    most = None if problem.open_at_most is None else max(problem.open_at_most - elsewhere, 0)
    return AreaProblem(
        settlement_ids=tuple(problem.settlement_ids[v] for v in settlements),
        school_ids=tuple(problem.school_ids[s] for s in schools),
        pupils=problem.pupils[settlements],
        places=problem.places[schools],
        cost=problem.cost[np.ix_(settlements, schools)],
        allowed=problem.allowed[np.ix_(settlements, schools)],
        open_cost=problem.open_cost[schools],
        must_open=problem.must_open[schools],
        must_close=problem.must_close[schools] | ~np.array([_anchored(problem, int(s), position) for s in schools]),
        neighbours=_inner_pairs(problem.neighbours, settlements, problem.size[0]),
        anchors=tuple(_inner(problem.anchors[s], position) for s in schools),
        contiguous=problem.contiguous,
        boarders=None if problem.boarders is None else problem.boarders[np.ix_(settlements, schools)],
        beds=None if problem.beds is None else problem.beds[schools],
        bed_price=problem.bed_price,
        least_pupils=None if problem.least_pupils is None else problem.least_pupils[schools],
        shortfall_price=problem.shortfall_price,
        open_at_least=max(problem.open_at_least - elsewhere, 0),
        open_at_most=most,
    )


def _inner(anchors: Sequence[int], position: dict[int, int]) -> tuple[int, ...]:
    return tuple(position[v] for v in anchors if v in position)


def _anchored(problem: AreaProblem, school: int, position: dict[int, int]) -> bool:
    return not problem.anchors[school] or any(v in position for v in problem.anchors[school])


def _inner_pairs(pairs: Ints, settlements: Ints, n_v: int) -> Ints:
    position = np.full(n_v, -1, np.int64)
    position[settlements] = np.arange(len(settlements))
    mapped = position[pairs]
    return mapped[(mapped >= 0).all(axis=1)]
