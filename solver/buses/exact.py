"""
The cheapest routes of a few stops, by dynamic programming over sets of stops.

f[R, i, m] is the least cost of a ride of m minutes that begins at stop i, calls at every stop of the set R and ends at
the school: c[i, school] for one stop, else the least over the next stop j of c[i, j] + f[R - i, j, m - t[i, j] - w].
With it r[R], the least over i and m within the limit, is the cheapest bus for R, and the cheapest buses for a set S are
those of the set R that holds its first stop and the cheapest buses for the others.

Source: Held and Karp (1962), A dynamic programming approach to sequencing problems, J. SIAM 10.
"""

from __future__ import annotations

import numpy as np

from solver.buses.problem import BusProblem, Ints

MOST_STOPS, MOST_STATES = 12, 2_200_000
"""Up to this size it takes about a tenth of a second and 20 MB."""

NEVER = 1 << 60
"""The cost of what cannot be."""


def fits(problem: BusProblem) -> bool:
    """Tell whether the problem is small enough."""
    n = len(problem.stop_ids)
    return n <= MOST_STOPS and (n << n) * (problem.ride_limit + 1) <= MOST_STATES


def cheapest(problem: BusProblem) -> list[tuple[int, ...]]:
    """
    Give the stops of each bus of a cheapest plan, in the order of the ride.

    Every stop has 1 to ``seats`` pupils and a ride straight to the school within the limit.
    """
    rides = _rides(problem)
    bus = rides.min(axis=(1, 2), initial=NEVER) + problem.bus_price
    sets = _cheapest_sets(bus)
    return [_order(problem, rides, number) for number in sets]


def _rides(problem: BusProblem) -> Ints:
    """Give f, shape (2**N, N, minutes + 1); sets are numbers with a bit a stop, those beyond the seats are left out."""
    n, cost = len(problem.stop_ids), problem.cost
    load = _loads(problem.pupils)
    size = _loads(np.ones(n, np.int64))
    f = np.full((1 << n, n, problem.ride_limit + 1), NEVER, np.int64)
    for i in range(n):
        f[1 << i, i, problem.straight[i]] = cost[i, n]
    numbers = np.arange(1 << n)
    for k in range(1, n):
        usual = numbers[(size == k) & (load < problem.seats)]
        for i in range(n):
            without = usual[(usual >> i & 1 == 0) & (load[usual] + problem.pupils[i] <= problem.seats)]
            for j in range(n):
                later = int(problem.minutes[i, j]) + problem.stop_minutes
                before = without[without >> j & 1 == 1]
                if i == j or later > problem.ride_limit or len(before) == 0:
                    continue
                found = f[before, j, : problem.ride_limit + 1 - later] + cost[i, j]
                after = before | 1 << i
                f[after, i, later:] = np.minimum(f[after, i, later:], found)
    return f


def _loads(pupils: Ints) -> Ints:
    """Give, for every set of stops, the pupils who board."""
    load = np.zeros(1, np.int64)
    for number in pupils:
        load = np.concatenate([load, load + number])
    return load


def _cheapest_sets(bus: Ints) -> list[int]:
    """Split all stops into the sets of a cheapest plan."""
    whole = len(bus) - 1
    possible = np.flatnonzero(bus < NEVER)
    first = possible & -possible
    begins = {int(bit): possible[first == bit] for bit in np.unique(first)}
    best, chosen = np.zeros(whole + 1, np.int64), np.zeros(whole + 1, np.int64)
    for number in range(1, whole + 1):
        sets = begins[number & -number]
        sets = sets[sets & ~number == 0]
        total = bus[sets] + best[number ^ sets]
        k = int(np.argmin(total))
        best[number], chosen[number] = total[k], sets[k]
    found = []
    while whole:
        found.append(int(chosen[whole]))
        whole ^= found[-1]
    return found


def _order(problem: BusProblem, f: Ints, number: int) -> tuple[int, ...]:
    """Read the order of the cheapest ride of a set back from f."""
    i, m = (int(k) for k in np.unravel_index(int(np.argmin(f[number])), f[number].shape))
    order, cost = [i], problem.cost
    while number := number ^ 1 << i:
        for j in range(len(problem.stop_ids)):
            later = int(problem.minutes[i, j]) + problem.stop_minutes
            if number >> j & 1 and later <= m and f[number, j, m - later] + cost[i, j] == f[number | 1 << i, i, m]:
                i, m = j, m - later
                order.append(i)
                break
    return tuple(order)
