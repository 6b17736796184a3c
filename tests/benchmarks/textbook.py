"""
The textbook model of the published kinds, given as it stands to CP-SAT and to HiGHS, and the p-median of spopt.

Sets        v settlements, s schools, a arcs: both directions of every pair of neighbours
Data        n[v] pupils, q[s] places, c[v,s] cost, k[s] cost of opening, h[s] the settlement a school stands in
Choose      x[v,s] in {0,1}, y[s] in {0,1}, f[s,a] >= 0 flow within the zone of s
Minimise    sum c x + sum k y
Subject to  (1) sum_s x[v,s] = 1                            every settlement joins one school
            (2) sum_v n[v] x[v,s] <= q[s] y[s]              no school is over its places
            (3) x[v,s] <= y[s]                              only open schools are joined (strong linking)
            (4) x[h[s],s] = y[s]                            a school serves its own settlement
            (5) sum_(out of v) f[s] - sum_(into v) f[s] = x[v,s]   for v other than h[s]: a unit of flow from every
                                                            settlement of a zone ends in its school
            (6) sum_(into v) f[s] <= (V - 1) x[v,s]         and passes only settlements of the zone
            (7) sum_s y[s] = p, or <= p                     number of open schools, where asked

(4) for sap, gap, cflsap and ckflsap; (5) and (6) for sap, cflsap and ckflsap; y = 1 for sap and gap.

Sources: Holmberg, Ronnqvist and Yuan (1999), EJOR 113, for (1) to (3); Shirabe (2009), Environment and Planning B 36,
for (5) and (6).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model
from scipy.sparse import coo_array, csr_array, eye_array, hstack, kron, vstack

from tests.benchmarks.instance import (
    ALL_OPEN,
    AT_MOST,
    CONTIGUOUS,
    EXACTLY,
    HOLDS_ITS_OWN,
    Instance,
)

Plan = Callable[[NDArray[np.int64], NDArray[np.bool_]], None]
"""Takes a plan the moment it is found: school of each settlement, shape (V,), and open schools, shape (S,)."""
Bound = Callable[[float], None]
"""Takes a proved bound, in the unit of the file."""

Run = Callable[[float, Plan, Bound], str]
"""Solves a model that is built, within so many seconds; gives its status in the solver's own word."""

WORKERS = 2
SEED = 1
_HIGHS: Any = highspy.Highs
WHOLE_UNITS = 1e10
"""CP-SAT counts in whole numbers: costs are scaled so that no plan costs more of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """
    Minimise ``cost @ z`` with ``lower <= z <= upper`` and ``row_lower <= rows @ z <= row_upper``.

    The columns are x by settlement and then school, y, and f by school and then arc; f need not be whole, but may be.
    """

    cost: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    rows: csr_array
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    size: tuple[int, int]

    def read(self, values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """School of each settlement and open schools of a point."""
        n_v, n_s = self.size
        school_of = np.argmax(values[: n_v * n_s].reshape(n_v, n_s), axis=1).astype(np.int64)
        opened = values[n_v * n_s : n_v * n_s + n_s] > 0.5
        opened[school_of] = True
        return school_of, opened


class Rows:
    """Blocks of rows over x, y and f."""

    def __init__(self, n_x: int, n_y: int, n_f: int) -> None:
        self._widths = (n_x, n_y, n_f)
        self._blocks: list[Any] = []
        self._lower: list[NDArray[np.float64]] = []
        self._upper: list[NDArray[np.float64]] = []

    def add(self, x: Any, y: Any, f: Any, lower: float, upper: float) -> None:
        """Add rows; ``None`` stands for a block of zeros."""
        height = next(block for block in (x, y, f) if block is not None).shape[0]
        parts = [
            csr_array((height, width)) if block is None else block
            for block, width in zip((x, y, f), self._widths, strict=True)
        ]
        self._blocks.append(hstack(parts, format="csr"))
        self._lower.append(np.full(height, lower))
        self._upper.append(np.full(height, upper))

    def all(self) -> tuple[csr_array, NDArray[np.float64], NDArray[np.float64]]:
        """Matrix and bounds."""
        return csr_array(vstack(self._blocks)), np.concatenate(self._lower), np.concatenate(self._upper)


def build(instance: Instance) -> Model:
    """Build the textbook model."""
    (n_v, n_s), kind = instance.cost.shape, instance.question.kind
    n_f = 2 * len(instance.edges) * n_s if kind in CONTIGUOUS else 0
    rows = Rows(n_v * n_s, n_s, n_f)
    every_settlement_joins_one_school(rows, instance)
    no_school_is_over_its_places(rows, instance)
    if kind not in ALL_OPEN:
        only_open_schools_are_joined(rows, instance)
    if kind in HOLDS_ITS_OWN:
        schools_serve_their_own_settlement(rows, instance)
    if kind in CONTIGUOUS:
        every_settlement_sends_flow_to_its_school(rows, instance)
        flow_stays_in_the_zone(rows, instance)
    if instance.question.number is not None:
        number_of_open_schools(rows, instance)
    upper = np.concatenate([np.ones(n_v * n_s + n_s), np.full(n_f, n_v - 1.0)])
    lower = np.zeros_like(upper)
    lower[n_v * n_s : n_v * n_s + n_s] = kind in ALL_OPEN
    cost = np.concatenate([instance.cost.ravel(), instance.fixed, np.zeros(n_f)])
    return Model(cost, lower, upper, *rows.all(), size=(n_v, n_s))


def every_settlement_joins_one_school(rows: Rows, instance: Instance) -> None:
    """Rule (1)."""
    n_v, n_s = instance.cost.shape
    rows.add(kron(eye_array(n_v), np.ones((1, n_s))), None, None, 1, 1)


def no_school_is_over_its_places(rows: Rows, instance: Instance) -> None:
    """Rule (2), in whole pupils; a school with unlimited places has no such row."""
    limited = np.flatnonzero(np.isfinite(instance.places))
    if len(limited) == 0:
        return
    pupils, places = whole_pupils(instance)
    n_s = len(places)
    own = csr_array(kron(pupils[None, :], eye_array(n_s)))[limited]
    rows.add(own, _at(limited, np.arange(len(limited)), -places[limited], n_s), None, -np.inf, 0)


def whole_pupils(instance: Instance) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pupils and places in the largest decimal unit, down to a thousandth, in which both are whole."""
    figures = np.concatenate([instance.pupils, instance.places[np.isfinite(instance.places)]])
    for unit in (1, 10, 100, 1_000):
        if np.abs(figures * unit - np.round(figures * unit)).max() < 1e-6:
            return np.round(instance.pupils * unit), np.round(instance.places * unit)
    return np.ceil(instance.pupils * 1_000 - 1e-6), np.floor(instance.places * 1_000 + 1e-6)


def only_open_schools_are_joined(rows: Rows, instance: Instance) -> None:
    """Rule (3)."""
    n_v, n_s = instance.cost.shape
    rows.add(eye_array(n_v * n_s), kron(np.ones((n_v, 1)), -eye_array(n_s)), None, -np.inf, 0)


def schools_serve_their_own_settlement(rows: Rows, instance: Instance) -> None:
    """Rule (4)."""
    n_v, n_s = instance.cost.shape
    standing = np.flatnonzero(instance.home >= 0)
    here, one = np.arange(len(standing)), np.ones(len(standing))
    own = _at(instance.home[standing] * n_s + standing, here, one, n_v * n_s)
    rows.add(own, _at(standing, here, -one, n_s), None, 0, 0)


def every_settlement_sends_flow_to_its_school(rows: Rows, instance: Instance) -> None:
    """Rule (5)."""
    n_v, n_s = instance.cost.shape
    tail, head = _arcs(instance)
    arcs, one = np.arange(len(tail)), np.ones(len(tail))
    net = _at(arcs, tail, one, len(tail), n_v) - _at(arcs, head, one, len(tail), n_v)
    others = np.ones((n_s, n_v), dtype=bool)
    others[np.arange(n_s), instance.home] = False
    kept = np.flatnonzero(others.ravel())
    flow = csr_array(kron(eye_array(n_s), net))[kept]
    rows.add(-csr_array(_by_school(n_v, n_s))[kept], None, flow, 0, 0)


def flow_stays_in_the_zone(rows: Rows, instance: Instance) -> None:
    """Rule (6)."""
    n_v, n_s = instance.cost.shape
    _, head = _arcs(instance)
    into = _at(np.arange(len(head)), head, np.ones(len(head)), len(head), n_v)
    rows.add(-(n_v - 1) * _by_school(n_v, n_s), None, kron(eye_array(n_s), into), -np.inf, 0)


def number_of_open_schools(rows: Rows, instance: Instance) -> None:
    """Rule (7)."""
    kind, number = instance.question.kind, float(instance.question.number or 0)
    assert kind in EXACTLY | AT_MOST
    rows.add(None, np.ones((1, len(instance.fixed))), None, number if kind in EXACTLY else 0, number)


def _arcs(instance: Instance) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    one, other = instance.edges.T
    return np.concatenate([one, other]), np.concatenate([other, one])


def _at(
    columns: NDArray[np.int64], rows: NDArray[np.int64], values: NDArray[np.float64], width: int, height: int = 0
) -> csr_array:
    return csr_array(coo_array((values, (rows, columns)), shape=(height or len(rows), width)))


def _by_school(n_v: int, n_s: int) -> csr_array:
    """The permutation that takes x by settlement and school to x by school and settlement."""
    school, settlement = np.divmod(np.arange(n_v * n_s), n_v)
    return _at(settlement * n_s + school, np.arange(n_v * n_s), np.ones(n_v * n_s), n_v * n_s)


def cp_sat(instance: Instance) -> Run:
    """Build the model for CP-SAT."""
    model = build(instance)
    scale = float(10 ** np.floor(np.log10(WHOLE_UNITS / max(_dearest(instance), 1e-9))))
    whole = cp_model.CpModel()
    z = [whole.new_int_var(int(low), int(high), "") for low, high in zip(model.lower, model.upper, strict=True)]
    starts, columns, values = model.rows.indptr.tolist(), model.rows.indices.tolist(), model.rows.data.astype(int)
    low = [int(b) if np.isfinite(b) else cp_model.INT_MIN for b in model.row_lower]
    high = [int(b) if np.isfinite(b) else cp_model.INT_MAX for b in model.row_upper]
    for row, (first, last) in enumerate(pairwise(starts)):
        terms = cp_model.LinearExpr.weighted_sum([z[c] for c in columns[first:last]], values[first:last].tolist())
        whole.add_linear_constraint(terms, low[row], high[row])
    cost = np.round(model.cost * scale).astype(int)
    priced = np.flatnonzero(cost).tolist()
    whole.minimize(cp_model.LinearExpr.weighted_sum([z[c] for c in priced], cost[priced].tolist()))
    # a rounded cost is at most half a unit off, and a plan adds up one for each settlement and each school
    slack = 0.5 * sum(model.size)

    def run(seconds: float, plan: Plan, bound: Bound) -> str:
        class Seen(cp_model.CpSolverSolutionCallback):
            def on_solution_callback(self) -> None:
                plan(*model.read(np.array(self.response_proto.solution, dtype=float)))

        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = seconds
        solver.parameters.num_workers = WORKERS
        solver.parameters.random_seed = SEED
        solver.best_bound_callback = lambda value: bound((value - slack) / scale)
        status = solver.solve(whole, Seen())
        bound((solver.best_objective_bound - slack) / scale)
        return str(solver.status_name(status)).lower()

    return run


def _dearest(instance: Instance) -> float:
    return float(instance.cost.max(axis=1).sum() + instance.fixed.sum())


def highs(instance: Instance) -> Run:
    """Build the model for HiGHS."""
    model = build(instance)
    solver: Any = _HIGHS()
    solver.setOptionValue("log_to_console", False)  # not output_flag: without a log its callback never comes
    solver.passModel(_highs_lp(model))

    def run(seconds: float, plan: Plan, bound: Bound) -> str:
        options = {"time_limit": seconds, "threads": WORKERS, "random_seed": SEED, "mip_rel_gap": 0.0}
        for name, value in options.items():
            solver.setOptionValue(name, value)
        solver.cbMipImprovingSolution += lambda event: plan(*model.read(np.array(event.data_out.mip_solution)))
        solver.cbMipLogging += lambda event: bound(event.data_out.mip_dual_bound)
        _HIGHS.resetGlobalScheduler(True)  # else the number of threads of an earlier solve holds
        solver.run()
        _HIGHS.resetGlobalScheduler(True)
        bound(solver.getInfo().mip_dual_bound)
        return str(solver.modelStatusToString(solver.getModelStatus())).lower()

    return run


def _highs_lp(model: Model) -> Any:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = model.rows.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_row_, lp.a_matrix_.num_col_ = model.rows.shape
    lp.a_matrix_.start_, lp.a_matrix_.index_ = model.rows.indptr, model.rows.indices
    lp.a_matrix_.value_ = model.rows.data
    n_v, n_s = model.size
    choices, flows = n_v * n_s + n_s, len(model.cost) - n_v * n_s - n_s
    lp.integrality_ = [highspy.HighsVarType.kInteger] * choices + [highspy.HighsVarType.kContinuous] * flows
    return lp


def spopt(instance: Instance) -> Run:
    """
    Build a p-median, capacitated or not, of spopt, for the CBC that comes with pulp.

    spopt multiplies cost by weight and holds weights against places, so it gets the cost of one pupil.
    """
    pulp, locate = importlib.import_module("pulp"), importlib.import_module("spopt.locate")
    limited = bool(np.isfinite(instance.places).all())
    weights = instance.pupils if limited else np.ones(len(instance.pupils))
    model = locate.PMedian.from_cost_matrix(
        instance.cost / weights[:, None],
        weights,
        instance.question.number,
        facility_capacities=instance.places if limited else None,
    )

    def run(seconds: float, plan: Plan, bound: Bound) -> str:
        try:
            model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=seconds, threads=WORKERS), results=False)
        except RuntimeError:  # its word for "no plan"
            return str(pulp.LpStatus[model.problem.status]).lower()
        joined = np.vectorize(lambda variable: variable.value() or 0.0, otypes=[float])(model.cli_assgn_vars)
        school_of = np.argmax(joined, axis=1).astype(np.int64)
        opened = np.isin(np.arange(len(instance.fixed)), school_of)
        plan(school_of, opened)
        if model.problem.sol_status != pulp.LpSolutionOptimal:
            return "feasible"
        bound(instance.objective(school_of, opened))
        return "optimal"

    return run


TEXTBOOKS: dict[str, Callable[[Instance], Run]] = {"cp-sat": cp_sat, "highs": highs, "spopt": spopt}
