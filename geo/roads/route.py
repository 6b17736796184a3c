"""The way of one pupil to school: its legs, how long they take, and where it crosses a trunk road or a railway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise

import numpy as np

from geo.errors import BadTravel
from geo.roads import graph as graphs
from geo.roads import kernels
from geo.roads.graph import Graph
from geo.roads.network import Floats, NodeFlag, SegmentFlag
from geo.roads.profile import Means
from geo.roads.snap import Snapped, snap

LAYERS = {
    Means.WALK: (kernels.AFTER,),
    Means.BUS: (kernels.BEFORE,),
    Means.MIXED: (kernels.AFTER, kernels.BEFORE),
}
"""States in which a way by each means may begin (``geo.roads.kernels``); of equally quick ones the first is taken."""


_MILLIMETRE = 0.001
"""Steps of this length are left out: a place on the road is rarely on it to the last digit."""


class LegKind(StrEnum):
    """How a leg is travelled."""

    OFF_ROAD = "off_road"
    WALK = "walk"
    BUS = "bus"
    FERRY = "ferry"


class MetKind(StrEnum):
    """What is crossed."""

    TRUNK = "trunk"
    RAILWAY = "railway"


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """
    A stretch travelled in one manner.

    Attributes
    ----------
    minutes
        With the wait for the bus, or of the ferry, that the leg begins with.
    names
        Names of the roads in the order followed, each once.
    lon, lat
        Its line, two or more places.
    """

    kind: LegKind
    minutes: float
    metres: float
    names: tuple[str, ...]
    lon: Floats
    lat: Floats


@dataclass(frozen=True, slots=True)
class Met:
    """
    A trunk road or railway crossed on foot on the level, or a trunk road followed on foot from here on.

    Attributes
    ----------
    road
        Name of the trunk road; empty where it has none, and for railways.
    guarded
        Whether traffic signals stand there; such a crossing is not counted as one.
    """

    lon: float
    lat: float
    road: str
    kind: MetKind
    guarded: bool


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A way to school; ``minutes`` and ``metres`` are the sums of the legs, ``climb`` and ``descent`` are in metres."""

    minutes: float
    metres: float
    climb: float
    descent: float
    legs: tuple[Leg, ...]
    crossings: tuple[Met, ...]


@dataclass(frozen=True, slots=True)
class _Move:
    """
    One step along the network; ``segment`` -1: off the road.

    ``begin, end``: places (longitude, latitude); ``node``: where it ends, -1 when not at a node. ``wait``: before it.
    """

    kind: LegKind
    segment: int
    forward: bool
    minutes: float
    metres: float
    begin: tuple[float, float]
    end: tuple[float, float]
    node: int
    on_foot: bool
    wait: float = 0.0


def find(
    graph: Graph,
    home: tuple[float, float],
    school: tuple[float, float],
    means: Means,
    *,
    limit_metres: float = np.inf,
    cut_off_minutes: float = np.inf,
) -> Route | None:
    """
    Find the quickest way from home to school, longitude and latitude each, the same that `minutes.between` times.

    ``None``: one of the two lies further than ``limit_metres`` from every road, or no way leads there within the
    cut-off. By bus the way always includes a ride.

    Raises
    ------
    BadTravel
        When the cut-off is not above 0.
    geo.errors.WrongCrs
        When a value cannot be a longitude or latitude.
    """
    if not cut_off_minutes > 0:
        raise BadTravel("cut_off_minutes", cut_off_minutes, "above 0")
    start, goal = (snap(graph.network, *place, limit_metres) for place in (home, school))
    trip = _Trip(graph, home, school, start, goal)
    moves = trip.moves(means, cut_off_minutes)
    return None if moves is None else _route(graph, moves)


class _Trip:
    """The two ends of a way, and the search between them."""

    def __init__(
        self, graph: Graph, home: tuple[float, float], school: tuple[float, float], start: Snapped, goal: Snapped
    ) -> None:
        self.graph = graph
        self.home, self.school = home, school
        self.start, self.goal = start, goal
        self.at_home, self.at_school = graphs.ends(graph, start), graphs.ends(graph, goal)

    def moves(self, means: Means, cut_off: float) -> list[_Move] | None:
        """The steps of the quickest way; ``None`` where there is none."""
        land, limit = self.graph.land, cut_off + kernels.ROUNDING_GUARD
        scratch = kernels.scratch(land, trace=True)
        kernels.search(land, self.at_school, 0, limit, True, scratch)
        found = scratch.label, scratch.flags, land.crossing
        ways = [
            (*kernels.from_home(self.at_home, 0, self.at_school, 0, layer, *found), layer) for layer in LAYERS[means]
        ]
        minutes, _, end, layer = min(ways, key=lambda way: way[0])
        if end < 0 or not minutes <= limit:
            return None
        return [move for move in self._steps(end, layer, scratch) if move.metres > _MILLIMETRE or move.wait > 0]

    def _steps(self, end: int, layer: int, scratch: kernels.Scratch) -> Iterator[_Move]:
        joins, leaves = (_place(self.graph, place) for place in (self.start, self.goal))
        yield self._off_road(self.home, joins, float(self.at_home.off[0]), float(self.start.metres[0]))
        if end == kernels.DIRECT:
            yield self._direct(joins, leaves)
        else:
            yield self._to_node(joins, end)
            state = 3 * int(self.at_home.node[0, end]) + layer
            wait = 0.0
            while (following := int(scratch.next_state[state])) >= 0:
                arc = int(scratch.next_arc[state])
                if arc < 0:
                    wait = self.graph.land.wait
                else:
                    yield self._along(state, following, arc, wait)
                    wait = 0.0
                state = following
            yield self._from_node(leaves, -1 - following)
        yield self._off_road(leaves, self.school, float(self.at_school.off[0]), float(self.goal.metres[0]))

    def _off_road(self, begin: tuple[float, float], end: tuple[float, float], minutes: float, metres: float) -> _Move:
        return _Move(LegKind.OFF_ROAD, -1, True, minutes, metres, begin, end, -1, on_foot=True)

    def _direct(self, begin: tuple[float, float], end: tuple[float, float]) -> _Move:
        gone = float(self.at_school.share[0] - self.at_home.share[0])
        minutes = abs(gone) * float(self.at_home.along[0, 0 if gone > 0 else 1]) if gone else 0.0
        return self._partial(int(self.start.segment[0]), gone > 0, abs(gone), minutes, begin, end, -1)

    def _to_node(self, begin: tuple[float, float], end: int) -> _Move:
        share = float(self.at_home.share[0])
        node = int(self.graph.node[self.at_home.node[0, end]])
        gone = share if end == kernels.TO_TAIL else 1 - share
        minutes = float(self.at_home.out[0, end])
        return self._partial(
            int(self.start.segment[0]), end == kernels.TO_HEAD, gone, minutes, begin, self._at(node), node
        )

    def _from_node(self, leaves: tuple[float, float], end: int) -> _Move:
        share = float(self.at_school.share[0])
        node = int(self.graph.node[self.at_school.node[0, end]])
        gone = share if end == kernels.TO_TAIL else 1 - share
        minutes = float(self.at_school.back[0, end])
        return self._partial(
            int(self.goal.segment[0]), end == kernels.TO_TAIL, gone, minutes, self._at(node), leaves, -1
        )

    def _partial(
        self,
        segment: int,
        forward: bool,
        share: float,
        minutes: float,
        begin: tuple[float, float],
        end: tuple[float, float],
        node: int,
    ) -> _Move:
        metres = share * float(self.graph.network.metres[segment])
        return _Move(LegKind.WALK, segment, forward, minutes, metres, begin, end, node, on_foot=True)

    def _along(self, state: int, following: int, arc: int, wait: float) -> _Move:
        graph, network = self.graph, self.graph.network
        rides = state % 3 == kernels.RIDING
        segment = int((graph.ride_segment if rides else graph.walk_segment)[arc])
        minutes = float((graph.land.ride_minutes if rides else graph.land.walk_minutes)[arc])
        origin, node = (int(graph.node[s // 3]) for s in (state, following))
        kind = LegKind.BUS if rides else LegKind.WALK
        if network.flags[segment] & SegmentFlag.FERRY:
            kind = LegKind.FERRY
        forward = int(network.tail[segment]) == origin
        metres = float(network.metres[segment])
        places = self._at(origin), self._at(node)
        return _Move(kind, segment, forward, minutes, metres, *places, node, on_foot=not rides, wait=wait)

    def _at(self, node: int) -> tuple[float, float]:
        return float(self.graph.network.lon[node]), float(self.graph.network.lat[node])


def _place(graph: Graph, at: Snapped) -> tuple[float, float]:
    """The point of the road that a place was put on."""
    network, segment, share = graph.network, int(at.segment[0]), float(at.along[0])
    tail, head = network.tail[segment], network.head[segment]
    return tuple(float(x[tail] + share * (x[head] - x[tail])) for x in (network.lon, network.lat))  # type: ignore[return-value]


def _route(graph: Graph, moves: list[_Move]) -> Route:
    legs = tuple(_leg(graph, list(part)) for _, part in groupby(moves, key=lambda move: move.kind))
    rise = np.array([_rise(graph, move) for move in moves])
    return Route(
        minutes=sum(leg.minutes for leg in legs),
        metres=sum(leg.metres for leg in legs),
        climb=float(rise[rise > 0].sum()),
        descent=float(np.abs(rise[rise < 0]).sum()),
        legs=legs,
        crossings=tuple(_crossings(graph, moves)),
    )


def _leg(graph: Graph, moves: list[_Move]) -> Leg:
    names = [graph.network.names[graph.network.name[move.segment]] for move in moves if move.segment >= 0]
    places = np.array([moves[0].begin, *(move.end for move in moves)])
    return Leg(
        kind=moves[0].kind,
        minutes=sum(move.minutes + move.wait for move in moves),
        metres=sum(move.metres for move in moves),
        names=tuple(dict.fromkeys(name for name in names if name)),
        lon=places[:, 0],
        lat=places[:, 1],
    )


def _rise(graph: Graph, move: _Move) -> float:
    if move.segment < 0:
        return 0.0
    slope = float(graph.minutes.slope[move.segment])
    return (slope if move.forward else -slope) * move.metres


def _crossings(graph: Graph, moves: list[_Move]) -> Iterator[Met]:
    """What is met on foot, in order: trunk roads followed, trunk roads crossed, railways crossed."""
    steps = [move for move in moves if move.segment >= 0]
    if steps and _on_trunk(graph, steps[0]):
        yield _followed(graph, steps[0])
    for before, after in pairwise(steps):
        if _on_trunk(graph, after) and not _on_trunk(graph, before):
            yield _followed(graph, after)
        if before.node >= 0 and before.on_foot and after.on_foot:
            yield from _passed(graph, before, after)


def _on_trunk(graph: Graph, move: _Move) -> bool:
    return move.on_foot and bool(graph.on_trunk[move.segment])


def _followed(graph: Graph, move: _Move) -> Met:
    name = graph.network.names[graph.network.name[move.segment]]
    return Met(*move.begin, name, MetKind.TRUNK, guarded=False)


def _passed(graph: Graph, before: _Move, after: _Move) -> Iterator[Met]:
    """What is crossed at the node between two moves on foot."""
    node = before.node
    flags = graph.network.node_flags[node]
    guarded = bool(flags & NodeFlag.SIGNALS)
    if graph.trunk_node[node] and not (_on_trunk(graph, before) or _on_trunk(graph, after)):
        yield Met(*before.end, _trunk_name(graph, node), MetKind.TRUNK, guarded)
    if flags & NodeFlag.LEVEL_CROSSING:
        yield Met(*before.end, "", MetKind.RAILWAY, guarded)


def _trunk_name(graph: Graph, node: int) -> str:
    network = graph.network
    meets = np.flatnonzero(graph.on_trunk & ((network.tail == node) | (network.head == node)))
    named = (network.names[network.name[segment]] for segment in meets)
    return next((name for name in named if name), "")
