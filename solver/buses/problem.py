"""The arrays of a school-bus problem at one school, and its plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from solver.errors import BadProblem
from solver.plan import Certificate

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NO_WAY = 65_535
"""In ``minutes``: no bus can ride there."""


@dataclass(frozen=True, slots=True, eq=False)
class BusProblem:
    """
    Which stops the buses of one school serve, and in which order; N stops, whole units.

    Attributes
    ----------
    pupils
        Shape (N,), 0 or more: who board at each stop.
    minutes, metres
        Shape (N, N + 1): the ride from each stop to each other and, in the last column, to the school. The two
        directions may differ; the diagonal is not looked at. ``minutes`` is ``NO_WAY`` where no bus can ride.
    seats
        Pupils that one bus seats, 1 or more.
    ride_limit
        Longest ride of a pupil from boarding to the school, minutes, with the waiting at later stops.
    stop_minutes
        Minutes that a bus stands at a stop.
    bus_price
        Yuan a year of a bus.
    km_price
        Yuan of a kilometre.
    trips_year
        Times a year that each route is driven.
    """

    stop_ids: tuple[str, ...]
    pupils: Ints
    minutes: Ints
    metres: Ints
    seats: int
    ride_limit: int
    stop_minutes: int
    bus_price: int
    km_price: float
    trips_year: int

    def __post_init__(self) -> None:
        n = len(self.stop_ids)
        shapes = {"pupils": (n,), "minutes": (n, n + 1), "metres": (n, n + 1)}
        for name, shape in shapes.items():
            if (found := getattr(self, name).shape) != shape:
                raise BadProblem(f"{name} has shape {found}, expected {shape}")
            if np.any(getattr(self, name) < 0):
                raise BadProblem(f"{name} are 0 or more")
        if self.seats < 1:
            raise BadProblem(f"a bus has {self.seats} seats, expected 1 or more")
        if min(self.ride_limit, self.stop_minutes, self.bus_price, self.km_price, self.trips_year) < 0:
            raise BadProblem("limits, prices and trips are 0 or more")

    @property
    def cost(self) -> Ints:
        """Shape (N, N + 1): yuan a year of riding there on every trip, each leg rounded to whole yuan."""
        yuan = np.floor(self.metres * self.km_price * self.trips_year / 1000 + 0.5)
        return yuan.astype(np.int64)

    @property
    def straight(self) -> Ints:
        """Shape (N,): minutes of the ride from each stop straight to the school."""
        found: Ints = self.minutes[:, -1]
        return found

    @property
    def servable(self) -> Bools:
        """Shape (N,): the ride straight to the school keeps to the limit."""
        found: Bools = (self.straight < NO_WAY) & (self.straight <= self.ride_limit)
        return found


def part(problem: BusProblem, stops: Ints, pupils: Ints) -> BusProblem:
    """Give the problem of some stops with other numbers of pupils."""
    columns = np.append(stops, len(problem.stop_ids))
    return replace(
        problem,
        stop_ids=tuple(problem.stop_ids[i] for i in stops),
        pupils=pupils,
        minutes=problem.minutes[np.ix_(stops, columns)],
        metres=problem.metres[np.ix_(stops, columns)],
    )


class Reason(StrEnum):
    """Why a stop cannot be served."""

    NO_WAY = "no_way"
    """No bus can ride from it to the school."""
    TOO_FAR = "too_far"
    """The ride straight to the school is longer than a pupil may ride."""


@dataclass(frozen=True, slots=True)
class Unserved:
    """A stop with pupils whom no bus can take: why, and the minutes straight to the school if there is a way."""

    stop: int
    reason: Reason
    minutes: int | None


@dataclass(frozen=True, slots=True)
class BusRoute:
    """
    One bus: it begins empty at its first stop and ends at the school.

    Attributes
    ----------
    stops, pupils
        Stops in the order of the ride, and the pupils who board at each.
    minutes
        Ride from each stop to the school, with the waiting at later stops.
    metres
        From the first stop to the school.
    cost
        Yuan a year of the bus and its kilometres.
    """

    stops: tuple[int, ...]
    pupils: tuple[int, ...]
    minutes: tuple[int, ...]
    metres: int
    cost: int


@dataclass(frozen=True, slots=True)
class BusPlan:
    """The buses of one school, and the stops with pupils whom none can take."""

    certificate: Certificate
    routes: tuple[BusRoute, ...]
    unserved: tuple[Unserved, ...] = field(default=())
