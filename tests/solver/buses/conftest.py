"""School buses that can be planned in the head, and few stops that can be planned by trying everything."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import strategies as st

from solver.buses.problem import NO_WAY, BusProblem


@pytest.fixture
def road() -> BusProblem:
    """
    Two stops on one road to the school; minutes and km between neighbours.

        School --10 min, 5 km-- A (10 pupils) --10 min, 5 km-- B (12 pupils)

    A bus is 120,000 yuan a year and a km 5 yuan on 400 trips, so 2,000 yuan a year. One bus from B by A drives 10 km:
    140,000 yuan; A rides 10 minutes and B 10 + 1 + 10 = 21. Two buses drive 5 and 10 km: 270,000 yuan.
    """
    return BusProblem(
        stop_ids=("A", "B"),
        pupils=np.array([10, 12]),
        minutes=np.array([[0, 10, 10], [10, 0, 20]]),
        metres=np.array([[0, 5000, 5000], [5000, 0, 10000]]),
        seats=36,
        ride_limit=40,
        stop_minutes=1,
        bus_price=120_000,
        km_price=5.0,
        trips_year=400,
    )


def best_by_trying_all(problem: BusProblem) -> int:
    """Give the yuan a year of the cheapest buses, by trying every order of every group of stops."""
    served = [i for i in range(len(problem.stop_ids)) if problem.pupils[i] > 0 and _ride(problem, (i,)) is not None]
    full = sum(int(problem.pupils[i]) // problem.seats * _bus(problem, (i,)) for i in served)
    rest = {i: int(problem.pupils[i]) % problem.seats for i in served if problem.pupils[i] % problem.seats}
    return full + _split(frozenset(rest), cheapest_by_trying_all(problem, rest))


def cheapest_by_trying_all(problem: BusProblem, pupils: dict[int, int]) -> dict[frozenset[int], int]:
    """Give the yuan a year of the cheapest bus for every group of stops that one bus can serve."""
    cheapest = {}
    for k in range(1, len(pupils) + 1):
        for group in itertools.combinations(pupils, k):
            orders = [order for order in itertools.permutations(group) if _ride(problem, order) is not None]
            if orders and sum(pupils[i] for i in group) <= problem.seats:
                cheapest[frozenset(group)] = min(_bus(problem, order) for order in orders)
    return cheapest


def _split(left: frozenset[int], cheapest: dict[frozenset[int], int]) -> int:
    if not left:
        return 0
    first = min(left)
    return min(cost + _split(left - group, cheapest) for group, cost in cheapest.items() if first in group <= left)


def _ride(problem: BusProblem, order: tuple[int, ...]) -> int | None:
    """Minutes from the first stop to the school; ``None`` where that is too long or no way leads."""
    legs = [int(problem.minutes[i, j]) for i, j in itertools.pairwise((*order, len(problem.stop_ids)))]
    ride = sum(legs) + problem.stop_minutes * (len(legs) - 1)
    return None if max(legs) >= NO_WAY or ride > problem.ride_limit else ride


def _bus(problem: BusProblem, order: tuple[int, ...]) -> int:
    legs = itertools.pairwise((*order, len(problem.stop_ids)))
    yuan = [problem.metres[i, j] / 1000 * problem.km_price * problem.trips_year for i, j in legs]
    return problem.bus_price + sum(math.floor(one + 0.5) for one in yuan)


@st.composite
def small_problems(draw: st.DrawFn, *, on_roads: bool = False) -> BusProblem:
    """
    Draw up to 6 stops, any legs one way and the other, some of them missing.

    ``on_roads``: every leg is the shortest way, so that a stop more on the way never shortens a ride.
    """
    n = draw(st.sampled_from([6, 5, 4, 3, 2, 1]))
    table = lambda low, high: np.array(  # noqa: E731
        draw(st.lists(st.integers(low, high), min_size=n * (n + 1), max_size=n * (n + 1)))
    ).reshape(n, n + 1)
    minutes, metres = table(1, 20), table(1, 20) * 500
    if on_roads:
        minutes, metres = shortest(minutes), shortest(metres)
    else:
        minutes = np.where(table(0, 9) == 0, NO_WAY, minutes)
    return BusProblem(
        stop_ids=tuple(f"stop {i}" for i in range(n)),
        pupils=np.array(draw(st.lists(st.integers(0, 12), min_size=n, max_size=n))),
        minutes=minutes,
        metres=metres,
        seats=draw(st.integers(3, 20)),
        ride_limit=draw(st.integers(8, 45)),
        stop_minutes=draw(st.integers(0, 3)),
        bus_price=draw(st.sampled_from([0, 1_000, 5_000, 20_000])),
        km_price=5.0,
        trips_year=400,
    )


def shortest(legs: np.ndarray) -> np.ndarray:
    """Shorten every leg that is longer than the way round by another stop."""
    found = legs.copy()
    for _ in range(len(found)):
        for i, k, j in itertools.product(range(len(found)), range(len(found)), range(len(found) + 1)):
            if len({i, j, k}) == 3:
                found[i, j] = min(found[i, j], found[i, k] + found[k, j])
    return found
