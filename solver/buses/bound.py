"""
What the buses of one school cost at least: proved by argument, no search.

Every stop holds 1 to ``seats`` pupils, who ride in one bus. Then in every plan

(a) the buses are at least the pupils over the seats, rounded up, and at least the stops of any group of which no two
    can share a bus: together they have too many pupils, or in either order the first pupils ride too long even by the
    quickest ways from the one stop to the other and on to the school;
(b) every stop is left once, towards a stop that it can share a bus with or towards the school; every stop is reached
    from one stop at most; and the school is reached once by every bus. The cheapest choice of one onward leg a stop
    under these conditions alone, with the price of a bus on every leg to the school and at least the buses of (a), is
    an assignment problem, and no plan costs less than it;
(c) a bus rides at least the way from its farthest stop to the school, which is at least the mean of its pupils' ways,
    times the pupils it holds over its seats. Summed over the buses: the price of a kilometre for every pupil's
    cheapest way, over the seats. With the buses of (a) this is a second bound.

The greater of (b) and (c) is taken.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from solver.buses.problem import NO_WAY, Bools, BusProblem, Ints

NEVER = 1 << 40
"""The cost of what cannot be: above any plan's, and far from the end of the numbers even when summed."""


def least_cost(problem: BusProblem) -> int:
    """Give the bound in yuan a year; every stop has 1 to ``seats`` pupils and keeps to the limit by itself."""
    if len(problem.stop_ids) == 0:
        return 0
    buses = least_buses(problem)
    return max(_of_legs(problem, buses), _of_ways(problem, buses))


def least_buses(problem: BusProblem) -> int:
    """Give (a)."""
    return max(buses_for_seats(problem), len(apart(problem)))


def buses_for_seats(problem: BusProblem) -> int:
    """Give the pupils over the seats, rounded up."""
    return -(-int(problem.pupils.sum()) // problem.seats)


def apart(problem: BusProblem) -> tuple[int, ...]:
    """Give a group of stops of which no two can share a bus, as large as a greedy choice finds."""
    clash = ~(_may_follow(problem) | _may_follow(problem).T)
    np.fill_diagonal(clash, False)
    best: list[int] = []
    for start in range(len(clash)):
        group, rest = [start], clash[start].copy()
        while rest.any():
            degree = np.where(rest, (clash & rest).sum(axis=1), -1)
            group.append(int(np.argmax(degree)))
            rest &= clash[group[-1]]
        if len(group) > len(best):
            best = group
    return tuple(sorted(best))


def _may_follow(problem: BusProblem) -> Bools:
    """Tell, shape (N, N), whether a bus that has called at one stop may still call at the other, however it rides."""
    quickest = shortest(np.where(problem.minutes >= NO_WAY, NEVER, problem.minutes + _standing(problem)))
    ride = quickest[:, :-1] + quickest[None, :, -1]
    together = problem.pupils[:, None] + problem.pupils[None, :] <= problem.seats
    found: Bools = together & (ride <= problem.ride_limit)
    return found


def _standing(problem: BusProblem) -> Ints:
    """Minutes of standing at what comes next: none at the school."""
    found: Ints = np.append(np.full(len(problem.stop_ids), problem.stop_minutes), 0)
    return found


def shortest(legs: Ints) -> Ints:
    """Give the least sums of legs from each stop to each stop and, in the last column, to the school (Floyd)."""
    found = legs.copy()
    np.fill_diagonal(found, 0)
    for k in range(len(found)):
        found = np.minimum(found, found[:, [k]] + found[[k], :])
    return np.minimum(found, NEVER)


def _of_legs(problem: BusProblem, buses: int) -> int:
    """
    Give (b).

    Rows: the stops, and as many idle rows as there are buses at least; columns: the stops, and the school once for
    every stop. An idle row takes a stop's column, so that at least so many stops go on to the school.
    """
    n, cost = len(problem.stop_ids), problem.cost
    onward = np.where(_may_follow(problem) & _leg_fits(problem), cost[:, :n], NEVER)
    np.fill_diagonal(onward, NEVER)
    home = np.repeat(cost[:, n:] + problem.bus_price, n, axis=1)
    idle = np.hstack([np.zeros((buses, n), np.int64), np.full((buses, n), NEVER)])
    table = np.vstack([np.hstack([onward, home]), idle])
    rows, columns = linear_sum_assignment(table)
    return int(table[rows, columns].sum())


def _leg_fits(problem: BusProblem) -> Bools:
    """Tell, shape (N, N), whether the leg itself and the quickest way on from there keep to the limit."""
    quickest = shortest(np.where(problem.minutes >= NO_WAY, NEVER, problem.minutes + _standing(problem)))
    legs = problem.minutes[:, :-1] + problem.stop_minutes + quickest[None, :, -1]
    found: Bools = (problem.minutes[:, :-1] < NO_WAY) & (legs <= problem.ride_limit)
    return found


def _of_ways(problem: BusProblem, buses: int) -> int:
    """Give (c)."""
    ways = shortest(np.where(problem.minutes >= NO_WAY, NEVER, problem.cost))[:, -1]
    return problem.bus_price * buses + -(-int(problem.pupils @ ways) // problem.seats)
