"""
School buses: which stops each bus of a school serves, and in which order.

Sets        i, j stops, and the school
Data        p[i] pupils, t[i,j] minutes and d[i,j] metres from i to j or to the school, by direction, q seats,
            L longest ride and w standing at a stop in minutes, f yuan a year of a bus, c[i,j] yuan a year of driving
            d[i,j] on every trip
Choose      routes: each an order of stops, begun empty at the first of them, ended at the school
Minimise    f x buses + sum of c over the legs of all routes; yuan a year
Subject to  (1) every pupil rides, once
            (2) a bus holds at most q pupils
            (3) from boarding to the school nobody rides longer than L, counting w at every later stop
            (4) the pupils of a stop ride in one bus; of more than q, full buses go straight to the school and the
                rest, fewer than q, is a stop like the others

The longest ride of a bus is that from its first stop, so (3) bounds the minutes of each route. A stop from which the
ride straight to the school is longer than L cannot be served: it is named with the reason and the others are planned.

Few stops are solved exactly (``exact``). Of more OR-Tools finds routes; where few sets of stops can share a bus,
``listing`` proves them cheapest or finds those that are; else ``bound`` tells how far the cheapest can be.

Source: Bodin and Berman (1979), Routing and scheduling of school buses by computer, Transportation Science 13; the
problem is the open vehicle routing problem with a limit on distance.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from solver import run
from solver.buses import bound, check, exact, explain, listing
from solver.buses.problem import NO_WAY, BusPlan, BusProblem, BusRoute, Ints, part
from solver.errors import UnlawfulPlan
from solver.plan import Certificate, Limits, Status

SOLUTIONS = 400
"""Solutions that the search looks at: about a quarter of a second for 25 stops."""

DEFAULT_LIMITS = Limits(seconds=5.0)
"""The search is counted in solutions and the seconds are a guard; a proof has a clock unless it is counted too."""


def solve(problem: BusProblem, limits: Limits = DEFAULT_LIMITS) -> BusPlan:
    """
    Find the cheapest buses for one school.

    Raises
    ------
    UnlawfulPlan
        When the check refuses the routes or counts another cost: our own fault.
    """
    began = time.monotonic()
    unserved = explain.unserved(problem)
    served = np.setdiff1d(np.flatnonzero(problem.pupils > 0), [left.stop for left in unserved])
    full = [route(problem, (i,), (problem.seats,)) for i in served for _ in range(_full_buses(problem, i))]
    rest = problem.pupils[served] % problem.seats
    left = served[rest > 0]
    small = part(problem, left, rest[rest > 0])
    cheapest = _cheapest(small, limits)
    shared = [_on_the_map(problem, small, left, order) for order in cheapest.orders]
    routes = (*full, *sorted(shared, key=lambda one: one.stops))
    parts = check.parts(problem, routes)
    cost = sum(one.cost for one in routes)
    _refuse_unlawful(problem, routes, parts)
    least = sum(one.cost for one in full) + cheapest.bound
    certificate = Certificate(
        status=Status.OPTIMAL if least == cost else Status.FEASIBLE,
        objective=cost,
        bound=least,
        seed=limits.seed,
        seconds=round(time.monotonic() - began, 3),
        method=cheapest.method,
        parts=parts,
        deterministic=limits.deterministic,
    )
    return BusPlan(certificate, routes, unserved)


def _full_buses(problem: BusProblem, stop: int) -> int:
    return int(problem.pupils[stop]) // problem.seats


@dataclass(frozen=True, slots=True)
class _Cheapest:
    """The stops of each bus, yuan a year that no plan goes below, and how both were found."""

    orders: Sequence[tuple[int, ...]]
    bound: int
    method: str


def _cheapest(small: BusProblem, limits: Limits) -> _Cheapest:
    if exact.fits(small):
        orders: Sequence[tuple[int, ...]] = exact.cheapest(small)
        return _Cheapest(orders, _yuan(small, orders), "dynamic programming")
    orders = _searched(small, limits)
    proof = listing.prove(small, orders, limits.seconds if limits.deterministic else listing.SECONDS)
    if proof is None:
        return _Cheapest(orders, bound.least_cost(small), run.routing_version())
    method = f"{run.routing_version()}, {run.version()}"
    if proof.orders is not None:
        return _Cheapest(proof.orders, _yuan(small, proof.orders), method)
    return _Cheapest(orders, max(bound.least_cost(small), proof.bound), method)


def _searched(small: BusProblem, limits: Limits) -> Sequence[tuple[int, ...]]:
    """Search with OR-Tools; no plan is dearer than a bus for every stop, which is lawful."""
    found = run.routes(fleet(small), seconds=limits.seconds, solutions=SOLUTIONS, seed=limits.seed).routes
    each_alone = [(i,) for i in range(len(small.stop_ids))]
    return min(each_alone if found is None else found, each_alone, key=lambda orders: _yuan(small, orders))


def _yuan(small: BusProblem, orders: Iterable[tuple[int, ...]]) -> int:
    return sum(route(small, order, tuple(int(small.pupils[i]) for i in order)).cost for order in orders)


def fleet(small: BusProblem) -> run.Fleet:
    """Hand the problem over: riding out to the first stop costs nothing, and every stop may have a bus."""
    n, standing = len(small.stop_ids), small.stop_minutes
    ride = np.where(small.minutes >= NO_WAY, small.ride_limit + 1, small.minutes) + np.append(np.full(n, standing), 0)
    boarding = np.repeat(small.pupils[:, None], n + 1, axis=1)
    return run.Fleet(
        cost=_from_the_school(small.cost),
        vehicle_cost=small.bus_price,
        vehicles=n,
        budgets=(
            run.Budget(_from_the_school(ride), small.ride_limit),
            run.Budget(_from_the_school(boarding), small.seats),
        ),
    )


def _from_the_school(legs: Ints) -> Ints:
    """Add a last row of noughts, and none from a stop to itself."""
    square = np.vstack([legs, np.zeros(legs.shape[1], np.int64)])
    np.fill_diagonal(square, 0)
    return square


def route(problem: BusProblem, stops: tuple[int, ...], pupils: tuple[int, ...]) -> BusRoute:
    """Tell minutes, metres and yuan of a bus that calls at these stops."""
    legs = np.array(stops), np.append(np.array(stops[1:], dtype=np.int64), len(problem.stop_ids))
    rides = np.cumsum(problem.minutes[legs][::-1] + problem.stop_minutes)[::-1] - problem.stop_minutes
    return BusRoute(
        stops=tuple(int(stop) for stop in stops),
        pupils=pupils,
        minutes=tuple(rides.tolist()),
        metres=int(problem.metres[legs].sum()),
        cost=problem.bus_price + int(problem.cost[legs].sum()),
    )


def _on_the_map(problem: BusProblem, small: BusProblem, left: Ints, order: tuple[int, ...]) -> BusRoute:
    """Give a route of the smaller problem in the stops of the whole."""
    return route(problem, tuple(left[list(order)].tolist()), tuple(small.pupils[list(order)].tolist()))


def _refuse_unlawful(problem: BusProblem, routes: Sequence[BusRoute], parts: dict[str, int]) -> None:
    faults = [f"{b.rule}: stop {b.stop}, bus {b.route}" for b in check.breaches(problem, routes)]
    if sum(parts.values()) != sum(one.cost for one in routes):
        faults.append(f"the check counts {sum(parts.values())}, the model {sum(one.cost for one in routes)}")
    if faults:
        raise UnlawfulPlan(faults[:5])
