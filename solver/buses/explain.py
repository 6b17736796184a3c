"""Why a stop cannot be served, and why a school needs as many buses as it does: by arithmetic alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from solver.buses import bound
from solver.buses.problem import NO_WAY, BusProblem, Reason, Unserved, part


def unserved(problem: BusProblem) -> tuple[Unserved, ...]:
    """Name every stop with pupils whom no bus can take."""
    found = []
    for stop in np.flatnonzero((problem.pupils > 0) & ~problem.servable).tolist():
        minutes = int(problem.straight[stop])
        no_way = minutes >= NO_WAY
        found.append(Unserved(stop, Reason.NO_WAY if no_way else Reason.TOO_FAR, None if no_way else minutes))
    return tuple(found)


class Binding(StrEnum):
    """What makes a number of buses necessary."""

    SEATS = "seats"
    """Fewer buses have fewer seats than pupils."""
    APART = "apart"
    """A group of stops of which no two can share a bus: their pupils are too many, or would ride too long."""


@dataclass(frozen=True, slots=True)
class Need:
    """
    Buses that no plan can do without.

    Attributes
    ----------
    buses
        Full buses included.
    stops
        With ``APART``: the group, in indices.
    """

    buses: int
    binding: Binding
    stops: tuple[int, ...]


def least_buses(problem: BusProblem) -> Need:
    """Tell how many buses the pupils who can be served need at least, and why."""
    served = np.flatnonzero((problem.pupils > 0) & problem.servable)
    full = int((problem.pupils[served] // problem.seats).sum())
    rest = problem.pupils[served] % problem.seats
    small = part(problem, served[rest > 0], rest[rest > 0])
    for_seats, group = bound.buses_for_seats(small), bound.apart(small)
    if for_seats >= len(group):
        return Need(full + for_seats, Binding.SEATS, ())
    return Need(full + len(group), Binding.APART, tuple(served[rest > 0][list(group)].tolist()))
