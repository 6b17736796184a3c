"""
The one door to the solvers: arrays in, answer out, within a time limit.

HiGHS gives status, values and a proved bound, and can be stopped; the routing of OR-Tools gives routes and no bound.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from solver.errors import BadProblem
from solver.plan import ShouldStop, never_stop

log = logging.getLogger("junheng.solver")

SAFETY = 1e-6
"""Relative distance kept between a solver's floating bound and the bound we claim."""

LARGEST_COST = 1e5
"""Costs are handed over in units that make the largest one this: HiGHS works with absolute tolerances."""

HONEST = 1e-5
"""Relative distance between the cost a solver tells and that of its point, beyond which it is not believed."""

WATCH_SECONDS = 0.1

MOST_STEP = 1 << 40
"""Routing adds whole numbers of 64 bits up along a route: no leg is handed over as more than this."""


class Outcome(StrEnum):
    """How a mixed-integer solve ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class MixedInteger:
    """
    Minimise ``cost @ z`` with ``lower <= z <= upper`` and ``row_lower <= rows @ z <= row_upper``.

    ``integer`` marks the whole-number columns. ``rows`` is a CSR array, one row a constraint.
    """

    cost: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    rows: csr_array
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Solved:
    """``values`` is the best point found or ``None``; ``bound`` is proved, less ``SAFETY``, or minus infinity."""

    outcome: Outcome
    values: NDArray[np.float64] | None
    bound: float


@dataclass(frozen=True, slots=True)
class Budget:
    """``legs`` of a route add up to ``most`` at most; square, in the order of ``Fleet.cost``."""

    legs: NDArray[np.int64]
    most: int


@dataclass(frozen=True, slots=True)
class Fleet:
    """
    Minimise the cost of routes that together call at every place once and begin and end at the last, the depot.

    ``cost`` is square, of each leg; ``vehicle_cost`` of each route that calls anywhere, of ``vehicles`` at most.
    """

    cost: NDArray[np.int64]
    vehicle_cost: int
    vehicles: int
    budgets: tuple[Budget, ...]


@dataclass(frozen=True, slots=True)
class Routed:
    """``routes``: the places of each route in order, without the depot; ``None`` where none were found."""

    outcome: Outcome
    routes: tuple[tuple[int, ...], ...] | None


def version() -> str:
    """Name the solver and its version."""
    return f"HiGHS {metadata.version('highspy')}"


def mixed_integer(
    model: MixedInteger,
    *,
    seconds: float,
    start: NDArray[np.float64] | None = None,
    workers: int = 1,
    seed: int = 0,
    relative_gap: float = 0.0,
    max_nodes: int | None = None,
    should_stop: ShouldStop = never_stop,
) -> Solved:
    """
    Solve with HiGHS.

    Parameters
    ----------
    start
        A complete feasible point, taken as first plan.
    max_nodes
        Bound on the search tree, which makes the work the same on every machine.
    should_stop
        Asked ten times a second from another thread; the best point so far is kept. HiGHS has been seen to
        overrun its own limit by half a minute, so the same thread also stops it at ``seconds``.
    """
    highspy = _highspy()
    highs = highspy.Highs()
    for name, value in _options(seconds, workers, seed, relative_gap, max_nodes).items():
        highs.setOptionValue(name, value)
    unit = max(1.0, float(np.abs(model.cost).max(initial=0.0)) / LARGEST_COST)
    highs.passModel(_lp(highspy, model, unit))
    if start is not None:
        hint = highspy.HighsSolution()
        hint.col_value = start.tolist()
        highs.setSolution(hint)
    highs.HandleUserInterrupt = True
    with _watch(highs.cancelSolve, seconds, should_stop):
        highs.run()
    return _solved(highspy, highs, model, unit)


@cache
def _highspy() -> Any:
    """Load the solver, 0.3 s, where one is near; its first object writes a banner to stdout, which is not ours."""
    highspy: Any = importlib.import_module("highspy")
    stdout, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        highspy.Highs()
    finally:
        os.dup2(stdout, 1)
        os.close(stdout)
        os.close(nowhere)
    return highspy


def _options(
    seconds: float, workers: int, seed: int, relative_gap: float, max_nodes: int | None
) -> dict[str, bool | int | float | str]:
    options: dict[str, bool | int | float | str] = {
        "output_flag": False,
        "time_limit": max(seconds, 0.01),
        "threads": workers,
        "random_seed": seed,
        "mip_rel_gap": relative_gap,
        "mip_abs_gap": 1e-9,
    }
    if max_nodes is not None:
        options["mip_max_nodes"] = max_nodes
    return options


def _lp(highspy: Any, model: MixedInteger, unit: float) -> Any:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.cost), model.rows.shape[0]
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost / unit, model.lower, model.upper
    lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = lp.num_col_, lp.num_row_
    lp.a_matrix_.start_ = model.rows.indptr
    lp.a_matrix_.index_ = model.rows.indices
    lp.a_matrix_.value_ = model.rows.data
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[int(flag)] for flag in model.integer]
    return lp


class _watch:  # noqa: N801  (used as a with-statement word)
    """Call ``cancel`` from another thread when time is up or a stop is asked."""

    def __init__(self, cancel: Callable[[], object], seconds: float, should_stop: ShouldStop) -> None:
        self._cancel, self._until, self._should_stop = cancel, time.monotonic() + seconds, should_stop
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self) -> None:
        while not self._done.wait(WATCH_SECONDS):
            if time.monotonic() > self._until or self._should_stop():
                self._cancel()
                return

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def _solved(highspy: Any, highs: Any, model: MixedInteger, unit: float) -> Solved:
    """
    Read what was found, and believe a bound only from a solver whose point has the cost it tells.

    HiGHS 1.16.0 was seen to call a given start optimal with a cost below the optimum's, and to give the start back.
    """
    status, info = highs.getModelStatus(), highs.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Solved(Outcome.INFEASIBLE, None, float("inf"))
    has_point = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.asarray(highs.getSolution().col_value) if has_point else None
    told = float(info.objective_function_value) * unit
    if values is not None and abs(float(model.cost @ values) - told) > HONEST * max(1.0, abs(told)):
        log.warning(
            "HiGHS tells a cost of %g for a point that costs %g: its bound is not used", told, model.cost @ values
        )
        return Solved(Outcome.STOPPED, values, float("-inf"))
    outcome = Outcome.OPTIMAL if status == highspy.HighsModelStatus.kOptimal else Outcome.STOPPED
    bound = float(info.mip_dual_bound) if model.integer.any() else float(info.objective_function_value)
    if not np.isfinite(bound) or (outcome is Outcome.STOPPED and not model.integer.any()):
        return Solved(outcome, values, float("-inf"))
    proved = bound * unit
    return Solved(outcome, values, proved - SAFETY * max(1.0, abs(proved)))


def routing_version() -> str:
    """Name the solver of routes and its version."""
    return f"OR-Tools routing {metadata.version('ortools')}"


def routes(fleet: Fleet, *, seconds: float, solutions: int, seed: int = 0) -> Routed:
    """
    Search routes with OR-Tools: cheapest insertion, then guided local search.

    Parameters
    ----------
    seconds
        A guard: the same fleet, ``solutions`` and seed give the same routes as long as it is not reached.
    solutions
        The search ends after so many solutions, better or not.

    Source: Voudouris and Tsang (1999), Guided local search and its application to the traveling salesman problem,
    EJOR 113.
    """
    pywrapcp = importlib.import_module("ortools.constraint_solver.pywrapcp")
    enums = importlib.import_module("ortools.constraint_solver.routing_enums_pb2")
    places = len(fleet.cost)
    manager = pywrapcp.RoutingIndexManager(places, fleet.vehicles, places - 1)
    routing = pywrapcp.RoutingModel(manager)
    routing.solver().ReSeed(seed)
    routing.SetArcCostEvaluatorOfAllVehicles(routing.RegisterTransitMatrix(_steps(fleet.cost)))
    routing.SetFixedCostOfAllVehicles(fleet.vehicle_cost)
    for k, budget in enumerate(fleet.budgets):
        routing.AddDimension(routing.RegisterTransitMatrix(_steps(budget.legs)), 0, budget.most, True, f"budget {k}")
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = enums.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = enums.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.solution_limit = solutions
    parameters.time_limit.FromMilliseconds(max(int(seconds * 1000), 10))
    found = routing.SolveWithParameters(parameters)
    outcome = _routing_outcome(enums.RoutingSearchStatus, routing.status())
    return Routed(outcome, None if found is None else tuple(_read_routes(manager, routing, found)))


def _steps(legs: NDArray[np.int64]) -> list[list[int]]:
    steps: list[list[int]] = np.minimum(legs, MOST_STEP).tolist()
    return steps


def _routing_outcome(status: Any, told: int) -> Outcome:
    """The status table; what is told optimal or infeasible without a search is believed, all else was stopped."""
    table = {status.ROUTING_OPTIMAL: Outcome.OPTIMAL, status.ROUTING_INFEASIBLE: Outcome.INFEASIBLE}
    if told == status.ROUTING_INVALID:
        raise BadProblem("the routing solver does not accept the fleet")
    return table.get(told, Outcome.STOPPED)


def _read_routes(manager: Any, routing: Any, found: Any) -> Iterator[tuple[int, ...]]:
    for vehicle in range(routing.vehicles()):
        places, at = [], found.Value(routing.NextVar(routing.Start(vehicle)))
        while not routing.IsEnd(at):
            places.append(manager.IndexToNode(at))
            at = found.Value(routing.NextVar(at))
        if places:
            yield tuple(places)
