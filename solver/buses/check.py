"""
The rules and the cost of the buses of one school, restated without a solver.

Shares no code with the model: only the arrays of the problem, in plain loops that a reader can check against the text
of each rule. Judges routes from anywhere, a hand edit included.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from solver.buses.problem import NO_WAY, BusProblem, BusRoute


@dataclass(frozen=True, slots=True)
class Breach:
    """
    One rule broken at one place.

    Attributes
    ----------
    rule
        Name of the rule: ``every_pupil_rides``, ``seats``, ``ride_limit``, ``way``, ``one_bus``, ``unserved_stop``,
        ``told``.
    stop, route
        Indices concerned; ``None`` when the rule is about none.
    amount
        By how much, in the rule's unit (pupils, minutes, legs or buses).
    """

    rule: str
    stop: int | None
    route: int | None
    amount: int


def breaches(problem: BusProblem, routes: Sequence[BusRoute]) -> Iterator[Breach]:
    """Yield every breach of a rule."""
    yield from every_pupil_rides(problem, routes)
    yield from pupils_of_a_stop_ride_in_one_bus(problem, routes)
    for r, route in enumerate(routes):
        yield from a_seat_for_every_pupil(problem, r, route)
        yield from nobody_rides_too_long(problem, r, route)
        yield from the_route_tells_what_it_is(problem, r, route)


def parts(problem: BusProblem, routes: Sequence[BusRoute]) -> dict[str, int]:
    """Add up yuan a year by part: ``buses`` and ``km``."""
    return {
        "buses": problem.bus_price * len(routes),
        "km": sum(_leg_yuan(problem, i, j) for route in routes for i, j in _legs(problem, route)),
    }


def is_servable(problem: BusProblem, stop: int) -> bool:
    """Tell whether the ride straight to the school keeps to the limit."""
    minutes = int(problem.minutes[stop, -1])
    return minutes < NO_WAY and minutes <= problem.ride_limit


def every_pupil_rides(problem: BusProblem, routes: Sequence[BusRoute]) -> Iterator[Breach]:
    """Rule (1): all pupils of a stop that can be served ride; nobody is taken from another stop."""
    aboard = [0] * len(problem.stop_ids)
    for route in routes:
        for stop, pupils in zip(route.stops, route.pupils, strict=True):
            aboard[stop] += pupils
    for stop, pupils in enumerate(aboard):
        waiting = int(problem.pupils[stop])
        if not is_servable(problem, stop):
            if pupils:
                yield Breach("unserved_stop", stop, None, pupils)
        elif pupils != waiting:
            yield Breach("every_pupil_rides", stop, None, waiting - pupils)


def pupils_of_a_stop_ride_in_one_bus(problem: BusProblem, routes: Sequence[BusRoute]) -> Iterator[Breach]:
    """Rule (4): those of a stop ride together; more than a bus seats, full buses go straight and the rest together."""
    for stop in range(len(problem.stop_ids)):
        others = 0
        for route in routes:
            full = route.stops == (stop,) and route.pupils == (problem.seats,)
            others += 1 if stop in route.stops and not full else 0
        if others > 1:
            yield Breach("one_bus", stop, None, others - 1)


def a_seat_for_every_pupil(problem: BusProblem, r: int, route: BusRoute) -> Iterator[Breach]:
    """Rule (2); a bus calls only where somebody boards."""
    if sum(route.pupils) > problem.seats:
        yield Breach("seats", None, r, sum(route.pupils) - problem.seats)
    for stop, pupils in zip(route.stops, route.pupils, strict=True):
        if pupils < 1:
            yield Breach("every_pupil_rides", stop, r, 1 - pupils)


def nobody_rides_too_long(problem: BusProblem, r: int, route: BusRoute) -> Iterator[Breach]:
    """Rule (3), over legs that a bus can ride."""
    for i, j in _legs(problem, route):
        if problem.minutes[i, j] >= NO_WAY:
            yield Breach("way", i, r, 1)
    longest = max(_rides(problem, route), default=0)
    if longest > problem.ride_limit:
        yield Breach("ride_limit", route.stops[0], r, longest - problem.ride_limit)


def the_route_tells_what_it_is(problem: BusProblem, r: int, route: BusRoute) -> Iterator[Breach]:
    """The minutes, metres and yuan that a route tells are those of its legs."""
    legs = list(_legs(problem, route))
    told = (route.minutes, route.metres, route.cost)
    true = (
        tuple(_rides(problem, route)),
        sum(int(problem.metres[i, j]) for i, j in legs),
        problem.bus_price + sum(_leg_yuan(problem, i, j) for i, j in legs),
    )
    if told != true or not route.stops:
        yield Breach("told", None, r, 1)


def _legs(problem: BusProblem, route: BusRoute) -> Iterator[tuple[int, int]]:
    """Give each stop of a route with what comes next; the school is the last column."""
    school = len(problem.stop_ids)
    for k, stop in enumerate(route.stops):
        yield stop, route.stops[k + 1] if k + 1 < len(route.stops) else school


def _rides(problem: BusProblem, route: BusRoute) -> list[int]:
    """Minutes from boarding at each stop to the school; the bus stands at each later stop."""
    rides = []
    for k in range(len(route.stops)):
        legs = list(_legs(problem, route))[k:]
        rides.append(sum(int(problem.minutes[i, j]) for i, j in legs) + problem.stop_minutes * (len(legs) - 1))
    return rides


def _leg_yuan(problem: BusProblem, i: int, j: int) -> int:
    return math.floor(int(problem.metres[i, j]) * problem.km_price * problem.trips_year / 1000 + 0.5)
