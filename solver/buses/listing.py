"""
Proof by listing every set of stops that one bus can serve, where those are few.

Seats and the ride limit leave few such sets in mountains. With r[R] the yuan of the cheapest bus for the set R, the
cheapest plan is a set partition: choose x[R] in {0, 1}, minimise sum r[R] x[R] so that every stop is in one chosen set.
Its relaxation, with the buses of a plan at least those of the relaxation that counts buses alone, rounded up, is a
bound; HiGHS decides the rest. Where it is stopped, its best plan is left and only bounds are used: a proof that does
not end leaves the routes as they were.

Source: Balinski and Quandt (1964), On an integer program for a delivery problem, Operations Research 12.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from solver import run
from solver.buses.problem import BusProblem

MOST_SETS = 5_000
"""Listing so many takes about a tenth of a second."""

SECONDS, NODES = 0.5, 50
"""A proof ends after so much time, or, where the same work is asked of every machine, after so many nodes."""

Order = tuple[int, ...]
Ride = tuple[int, int, Order]
"""Minutes, yuan a year of its kilometres, and the stops in order."""

Level = dict[int, dict[int, list[Ride]]]
"""Of each set of so many stops (a bit a stop) and each first stop: the rides that no other beats in both figures."""


@dataclass(frozen=True, slots=True)
class Proof:
    """``orders``: the stops of each bus of a cheapest plan, ``None`` where the proof did not end; ``bound``: yuan."""

    orders: tuple[Order, ...] | None
    bound: int


def prove(problem: BusProblem, known: Sequence[Order], seconds: float) -> Proof | None:
    """Prove or better the plan ``known``; ``None`` where the sets are too many to list."""
    rides = cheapest_rides(problem)
    if rides is None:
        return None
    model = _partition(problem, rides)
    counting = run.mixed_integer(_relaxed(model, np.ones(len(rides))), seconds=seconds)
    model.row_lower[-1] = _rounded_up(counting.bound)
    relaxed = run.mixed_integer(_relaxed(model, model.cost), seconds=seconds)
    position = {number: k for k, number in enumerate(rides)}
    start = np.zeros(len(rides))
    start[[position[_number(order)] for order in known]] = 1.0
    whole = run.mixed_integer(model, seconds=seconds, start=start, max_nodes=NODES)
    bound = max(_rounded_up(relaxed.bound), _rounded_up(whole.bound))
    if whole.outcome is not run.Outcome.OPTIMAL or whole.values is None:
        return Proof(None, bound)
    orders = [order for _, order in rides.values()]
    return Proof(tuple(orders[k] for k in np.flatnonzero(whole.values > 0.5)), bound)


def _partition(problem: BusProblem, rides: dict[int, tuple[int, Order]]) -> run.MixedInteger:
    """One column a set; one row a stop, in one set, and a last row that counts the buses."""
    n, sets = len(problem.stop_ids), len(rides)
    holds = np.zeros((n + 1, sets))
    for k, (_, order) in enumerate(rides.values()):
        holds[[*order, n], k] = 1.0
    return run.MixedInteger(
        cost=np.array([yuan + problem.bus_price for yuan, _ in rides.values()], dtype=np.float64),
        lower=np.zeros(sets),
        upper=np.ones(sets),
        integer=np.ones(sets, dtype=bool),
        rows=csr_array(holds),
        row_lower=np.append(np.ones(n), 0.0),
        row_upper=np.append(np.ones(n), float(n)),
    )


def _relaxed(model: run.MixedInteger, cost: np.ndarray) -> run.MixedInteger:
    return run.MixedInteger(
        cost, model.lower, model.upper, np.zeros(len(cost), dtype=bool), model.rows, model.row_lower, model.row_upper
    )


def _rounded_up(bound: float) -> int:
    """Whole units that a proved bound of whole units means; 0 where nothing was proved."""
    return math.ceil(bound - 1e-4) if math.isfinite(bound) else 0


def cheapest_rides(problem: BusProblem) -> dict[int, tuple[int, Order]] | None:
    """
    Give, of every set of stops that one bus can serve, the yuan of its cheapest ride and its order.

    ``None`` where there are more than ``MOST_SETS``.
    """
    n, found = len(problem.stop_ids), {}
    level: Level = {1 << i: {i: [(int(problem.straight[i]), int(problem.cost[i, n]), (i,))]} for i in range(n)}
    legs, cost = (problem.minutes[:, :n] + problem.stop_minutes).tolist(), problem.cost.tolist()
    while level:
        for number, by_first in level.items():
            found[number] = min((yuan, order) for rides in by_first.values() for _, yuan, order in rides)
        if len(found) > MOST_SETS:
            return None
        level = _with_a_stop_before(problem, level, legs, cost)
    return found


def _with_a_stop_before(problem: BusProblem, level: Level, legs: list[list[int]], cost: list[list[int]]) -> Level:
    """Put every other stop before the first of the rides, where seats and limit allow it."""
    longer: Level = {}
    pupils = problem.pupils.tolist()
    for number, by_first in level.items():
        load = sum(pupils[i] for i in next(iter(by_first.values()))[0][2])
        for i in range(len(pupils)):
            if number >> i & 1 or load + pupils[i] > problem.seats or len(longer) > MOST_SETS:
                continue
            rides = [
                (minutes + legs[i][j], yuan + cost[i][j], (i, *order))
                for j, known in by_first.items()
                for minutes, yuan, order in known
                if minutes + legs[i][j] <= problem.ride_limit
            ]
            if rides:
                longer.setdefault(number | 1 << i, {})[i] = _unbeaten(rides)
    return longer


def _unbeaten(rides: list[Ride]) -> list[Ride]:
    """Keep rides that are cheaper than every quicker one."""
    kept: list[Ride] = []
    for ride in sorted(rides):
        if not kept or ride[1] < kept[-1][1]:
            kept.append(ride)
    return kept


def _number(order: Order) -> int:
    return sum(1 << i for i in order)
