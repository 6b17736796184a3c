"""
The best plan that can be put together of zones seen before: set partitioning.

Sets        z zones seen, each with its school s(z) and settlements V(z)
Data        c[z] cost of a zone: joining, opening, prices of soft rules
Choose      x[z] in {0,1}
Minimise    sum c x
Subject to  sum_(z holds v) x[z] = 1      every settlement is in one zone
            sum_(z of s) x[z] <= 1        a school has one zone; exactly one where it must open
            least <= sum x <= most        number of open schools

Every zone comes from a lawful plan, so what is put together is lawful. Many plans of different starts share good
pieces; this finds the best mixture.

Source: Rochat and Taillard (1995), Probabilistic diversification and intensification in local search, J. Heuristics 1.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from solver import run
from solver.areas.problem import AreaProblem, Ints
from solver.areas.search import Found
from solver.plan import ShouldStop, never_stop
from solver.run import MixedInteger

MOST_ZONES = 6_000
"""The oldest zones are forgotten beyond this number."""


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """One zone of a lawful plan, with all that it costs."""

    school: int
    settlements: Ints
    cost: float


class Pool:
    """Zones seen in lawful plans of one problem."""

    def __init__(self, problem: AreaProblem) -> None:
        self._problem = problem
        self._zones: dict[tuple[int, bytes], Zone] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._zones)

    def add(self, found: Found) -> None:
        """Take the zones of a lawful plan; may be called from several threads."""
        with self._lock:
            self._add(found)

    def _add(self, found: Found) -> None:
        order = np.argsort(found.school_of, kind="stable")
        schools, starts = np.unique(found.school_of[order], return_index=True)
        for school, settlements in zip(schools.tolist(), np.split(order, starts[1:]), strict=True):
            key = (school, settlements.astype(np.int32).tobytes())
            zone = self._zones.pop(key, None) or Zone(school, settlements, self._cost(school, settlements))
            self._zones[key] = zone  # the newest last
        while len(self._zones) > MOST_ZONES:
            del self._zones[next(iter(self._zones))]

    def _cost(self, school: int, settlements: Ints) -> float:
        p = self._problem
        total = float(p.cost[settlements, school].sum() + p.open_cost[school])
        if p.shortfall_price is not None and p.least_pupils is not None:
            total += p.shortfall_price * max(0, int(p.least_pupils[school] - p.pupils[settlements].sum()))
        if p.bed_price is not None and p.boarders is not None and p.beds is not None:
            total += p.bed_price * max(0, int(p.boarders[settlements, school].sum() - p.beds[school]))
        return total

    def mix(self, best: Found, seconds: float, nodes: int | None, should_stop: ShouldStop = never_stop) -> Found | None:
        """Give the cheapest mixture found within some seconds, or search nodes; ``best``, of the pool, leads it."""
        with self._lock:
            zones = list(self._zones.values())
        solved = run.mixed_integer(
            _model(self._problem, zones), seconds=seconds, start=_point(zones, best), max_nodes=nodes,
            should_stop=should_stop,
        )  # fmt: skip
        if solved.values is None:
            return None
        chosen = [z for z, x in zip(zones, solved.values > 0.5, strict=True) if x]
        school_of, opened = best.school_of.copy(), self._problem.must_open.copy()
        for zone in chosen:
            school_of[zone.settlements], opened[zone.school] = zone.school, True
        idle = float(self._problem.open_cost[opened].sum()) - sum(
            float(self._problem.open_cost[z.school]) for z in chosen
        )
        return Found(school_of, opened, sum(z.cost for z in chosen) + idle)


def _point(zones: list[Zone], best: Found) -> np.ndarray:
    return np.array([float(np.all(best.school_of[z.settlements] == z.school) and _whole(z, best)) for z in zones])


def _whole(zone: Zone, best: Found) -> bool:
    return bool(np.count_nonzero(best.school_of == zone.school) == len(zone.settlements))


def _model(problem: AreaProblem, zones: list[Zone]) -> MixedInteger:
    n_v, n_s = problem.size
    sizes = np.array([len(z.settlements) for z in zones])
    school = np.array([z.school for z in zones])
    column = np.arange(len(zones))
    row = np.concatenate([*(z.settlements for z in zones), n_v + school, np.full(len(zones), n_v + n_s)])
    col = np.concatenate([np.repeat(column, sizes), column, column])
    rows = csr_array((np.ones(len(row)), (row, col)), shape=(n_v + n_s + 1, len(zones)))
    begins = problem.must_open & np.array([len(a) > 0 for a in problem.anchors])
    return MixedInteger(
        cost=np.array([z.cost for z in zones]),
        lower=np.zeros(len(zones)),
        upper=np.ones(len(zones)),
        integer=np.ones(len(zones), dtype=bool),
        rows=rows,
        row_lower=np.r_[np.ones(n_v), begins.astype(float), _least_zones(problem)],
        row_upper=np.r_[np.ones(n_v), np.ones(n_s), float(problem.most_open)],
    )


def _least_zones(problem: AreaProblem) -> float:
    """Give the least number of zones; an open school without anchors may have none, so it counts for nothing then."""
    idle = sum(1 for s, anchors in enumerate(problem.anchors) if problem.must_open[s] and not anchors)
    return float(max(problem.open_at_least - idle, 0))
