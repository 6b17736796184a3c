"""Minutes from settlements to schools by road, searched from the schools' side."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

import numpy as np
from numpy.typing import NDArray

from geo.errors import BadTravel
from geo.roads import graph as graphs
from geo.roads import kernels
from geo.roads.graph import Graph
from geo.roads.homes import Homes
from geo.roads.network import Floats, Ints32, Ints64
from geo.roads.profile import Means
from geo.roads.snap import Snapped
from geo.roads.times import Bools

FAR = kernels.FAR
"""Instead of minutes where a settlement does not reach a school within the cut-off."""

UInts16 = NDArray[np.uint16]

_MOST_MINUTES = FAR - 1
_ROWS_AT_ONCE = 400_000
_SCHOOLS_AT_ONCE = 32


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """
    Minutes of R pairs, ordered by school, then settlement; pairs without any figure are left out.

    Attributes
    ----------
    walk, bus, mixed
        Whole minutes to school, rounded up, mean of the settlement's homes by weight; ``FAR`` where homes with less
        than 95 % of the weight arrive within the cut-off. Those that do not arrive are left out of the mean. ``bus``
        includes the walks and the wait and always rides; ``mixed``: each home by the quicker of the two.
    walk_p95, bus_p95, mixed_p95
        Least whole minutes within which homes with 95 % of the weight arrive.
    crosses_walk, crosses_bus
        Whether the ways on foot of homes with at least half of the arriving weight cross a trunk road or a railway on
        the level where no signals stand, or follow such a road; for the bus the ways to it and from it.
    """

    school: Ints32
    settlement: Ints32
    walk: UInts16
    bus: UInts16
    mixed: UInts16
    walk_p95: UInts16
    bus_p95: UInts16
    mixed_p95: UInts16
    crosses_walk: Bools
    crosses_bus: Bools

    def dense(self, name: str, shape: tuple[int, int], fill: int) -> Ints64:
        """Lay one column out by settlement and school, shape (V, S), with ``fill`` where it has no figure."""
        values = getattr(self, name).astype(np.int64)
        if name not in ("crosses_walk", "crosses_bus"):
            values[values == FAR] = fill
        full = np.full(shape, fill, dtype=np.int64)
        full[self.settlement, self.school] = values
        return full


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """
    Minutes to one school from every node, shape (N,) in the network's order; infinite beyond the cut-off.

    Attributes
    ----------
    walk
        On foot.
    bus
        On foot, by bus and on foot, with the wait; a ride is always part of it.
    """

    walk: Floats
    bus: Floats

    def by(self, means: Means) -> Floats:
        """Return the minutes by one means of travel."""
        if means is Means.WALK:
            return self.walk
        return self.bus if means is Means.BUS else np.minimum(self.walk, self.bus)


def between(
    graph: Graph,
    homes: Homes,
    at: Snapped,
    settlements: int,
    schools: Snapped,
    *,
    cut_off_minutes: float,
    workers: int | None = None,
) -> Times:
    """
    Time every pair of a settlement and a school that lie within the cut-off of each other.

    Parameters
    ----------
    homes, at
        P homes ordered by settlement, and where each joins the network.
    settlements
        How many there are, V.
    schools
        Where each school joins the network.
    cut_off_minutes
        Longest trip, above 0.
    workers
        Threads; ``None``: one a processor. The answer does not depend on it.

    Raises
    ------
    BadTravel
        When the cut-off is not above 0 or beyond 65,534.
    """
    _check_cut_off(cut_off_minutes)
    if np.any(np.diff(homes.settlement) < 0):
        raise ValueError("homes must be ordered by settlement")
    task = _Task(
        graph.land,
        graphs.ends(graph, at),
        graphs.ends(graph, schools),
        _groups(graph, homes, at, settlements),
        settlements,
        cut_off_minutes + kernels.ROUNDING_GUARD,
    )
    chunks = list(_chunks(task))
    threads = max(1, min(workers or len(os.sched_getaffinity(0)), len(chunks)))
    idle: SimpleQueue[_Desk] = SimpleQueue()
    for _ in range(threads):
        idle.put(_desk(task))

    def work(chosen: Ints32) -> Times:
        desk = idle.get()
        try:
            return _rows(task, desk, chosen)
        finally:
            idle.put(desk)

    with ThreadPoolExecutor(threads) as pool:
        return _joined(list(pool.map(work, chunks)))


def labels(graph: Graph, school: Snapped, *, cut_off_minutes: float) -> Labels:
    """Time every node to one school; raises `BadTravel` as `between` does."""
    _check_cut_off(cut_off_minutes)
    scratch = kernels.scratch(graph.land)
    kernels.search(graph.land, graphs.ends(graph, school), 0, cut_off_minutes, False, scratch)
    by_node = scratch.label.reshape(-1, 3)[graph.number]
    return Labels(by_node[:, kernels.AFTER].copy(), by_node[:, kernels.BEFORE].copy())


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    land: kernels.Land
    homes: kernels.Ends
    schools: kernels.Ends
    groups: kernels.Groups
    settlements: int
    cut_off: float


@dataclass(frozen=True, slots=True, eq=False)
class _Desk:
    """What one thread works with."""

    scratch: kernels.Scratch
    notes: kernels.Notes


def _check_cut_off(minutes: float) -> None:
    if not 0 < minutes <= _MOST_MINUTES:
        raise BadTravel("cut_off_minutes", minutes, f"above 0 and at most {_MOST_MINUTES}")


def _groups(graph: Graph, homes: Homes, at: Snapped, settlements: int) -> kernels.Groups:
    """Homes by settlement, and the settlements that each node must look at."""
    nodes = graph.number.size
    joined = np.flatnonzero(at.segment >= 0)
    segment = at.segment[joined]
    ends = np.concatenate([graph.network.tail[segment], graph.network.head[segment]])
    pairs = np.unique(
        np.column_stack([graph.number[ends], np.tile(homes.settlement[joined], 2)]).astype(np.int64), axis=0
    )
    start = np.zeros(nodes + 1, dtype=np.int32)
    start[1:] = np.cumsum(np.bincount(pairs[:, 0], minlength=nodes))
    return kernels.Groups(
        first=np.searchsorted(homes.settlement, np.arange(settlements + 1)).astype(np.int64),
        weight=homes.weight.astype(np.float64),
        node_start=start,
        settlement=pairs[:, 1].astype(np.int32),
    )


def _desk(task: _Task) -> _Desk:
    most = int(np.diff(task.groups.first).max(initial=0))
    return _Desk(kernels.scratch(task.land), kernels.notes(task.settlements, most))


def _chunks(task: _Task) -> Iterator[Ints32]:
    """Schools to search together: near each other, so that a thread finds the same nodes in its cache."""
    order = np.argsort(task.schools.node[:, 0], kind="stable").astype(np.int32)
    size = min(max(_ROWS_AT_ONCE // max(task.settlements, 1), 1), _SCHOOLS_AT_ONCE)
    for begin in range(0, order.size, size):
        yield order[begin : begin + size]


def _rows(task: _Task, desk: _Desk, chosen: Ints32) -> Times:
    most = chosen.size * task.settlements
    settlement, upto = np.empty(most, np.int32), np.zeros(chosen.size, np.int64)
    figures, crosses = np.empty((most, 6), np.uint16), np.empty((most, 2), dtype=bool)
    rows = kernels.settlements_to_schools(
        task.land, task.homes, task.groups, task.schools, chosen, task.cut_off, desk.scratch, desk.notes,
        settlement, figures, crosses, upto,
    )  # fmt: skip
    walk, bus, mixed, walk_p95, bus_p95, mixed_p95 = figures[:rows].T.copy()
    return Times(
        school=np.repeat(chosen, np.diff(upto, prepend=0)).astype(np.int32),
        settlement=settlement[:rows].copy(),
        walk=walk,
        bus=bus,
        mixed=mixed,
        walk_p95=walk_p95,
        bus_p95=bus_p95,
        mixed_p95=mixed_p95,
        crosses_walk=crosses[:rows, 0].copy(),
        crosses_bus=crosses[:rows, 1].copy(),
    )


def _joined(parts: list[Times]) -> Times:
    """One table, ordered by school; within a school the rows are in order already."""
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts]) if parts else np.empty(0, dtype)
        for name, dtype in _COLUMNS.items()
    }
    order = np.argsort(columns["school"], kind="stable")
    return Times(**{name: column[order] for name, column in columns.items()})


_COLUMNS = {
    **dict.fromkeys(("school", "settlement"), np.int32),
    **dict.fromkeys(("walk", "bus", "mixed", "walk_p95", "bus_p95", "mixed_p95"), np.uint16),
    **dict.fromkeys(("crosses_walk", "crosses_bus"), np.bool_),
}
