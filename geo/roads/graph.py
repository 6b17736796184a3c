"""
The network as a graph to search, for one profile.

Travel on foot and by bus share the nodes; ``geo.roads.kernels`` lays them in three states. Arcs are kept by the node
they lead to, as searches run from the schools against the direction of travel. Nodes are renumbered along a curve that
keeps neighbours near each other in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.roads import kernels
from geo.roads.classes import ROADS
from geo.roads.network import Floats, Floats32, Ints32, Ints64, Network, NodeFlag, SegmentFlag
from geo.roads.profile import Profile
from geo.roads.snap import Snapped
from geo.roads.times import Bools, SegmentMinutes, segment_minutes

_MINUTES_PER_HOUR, _METRES_PER_KM = 60.0, 1_000.0
_CURVE_BITS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """
    A network timed by a profile.

    Attributes
    ----------
    minutes
        By segment, each way.
    land
        The arcs, in the graph's own numbers of nodes.
    number
        Shape (N,), the graph's number of each node of the network; ``node`` is the way back.
    walk_segment, ride_segment
        Segment of each arc.
    on_trunk
        Shape (E,), whether the segment is a trunk road on the level, neither bridge nor tunnel.
    trunk_node
        Shape (N,), in the network's numbers: whether such a segment ends there.
    """

    network: Network
    profile: Profile
    minutes: SegmentMinutes
    land: kernels.Land
    number: Ints32
    node: Ints32
    walk_segment: Ints32
    ride_segment: Ints32
    on_trunk: Bools
    trunk_node: Bools


@dataclass(frozen=True, slots=True, eq=False)
class _Arcs:
    """Arcs by the node they lead to: ``start`` (N + 1,), then one entry each."""

    start: Ints32
    origin: Ints32
    minutes: Floats32
    segment: Ints32


def build(network: Network, profile: Profile) -> Graph:
    """Time the network; raises `geo.errors.BadTravel` for a speed, wait or share that cannot be."""
    minutes = segment_minutes(network, profile)
    on_trunk = _on_trunk(network)
    trunk_node = np.zeros(network.lon.size, dtype=bool)
    for ends in (network.tail, network.head):
        trunk_node[ends[on_trunk]] = True
    node = _along_a_curve(network)
    number = np.empty(node.size, dtype=np.int32)
    number[node] = np.arange(node.size, dtype=np.int32)
    every = np.ones(node.size, dtype=bool)
    drivable = (network.node_flags & NodeFlag.NO_VEHICLES) == 0
    walk = _arcs(network, number, minutes.walk_forward, minutes.walk_backward, every)
    ride = _arcs(network, number, minutes.ride_forward, minutes.ride_backward, drivable)
    land = kernels.Land(
        walk_start=walk.start,
        walk_from=walk.origin,
        walk_minutes=walk.minutes,
        walk_trunk=on_trunk[walk.segment],
        ride_start=ride.start,
        ride_from=ride.origin,
        ride_minutes=ride.minutes,
        crossing=_crossing(network, trunk_node)[node],
        wait=float(profile.wait_minutes),
    )
    return Graph(network, profile, minutes, land, number, node, walk.segment, ride.segment, on_trunk, trunk_node)


def ends(graph: Graph, places: Snapped) -> kernels.Ends:
    """
    Join places to the graph: both ends of the segment that each was put on, and the minutes to and from them.

    A segment that is shut joins nothing, save for a place at its very end.
    """
    joined = places.segment >= 0
    segment = np.where(joined, places.segment, 0)
    if graph.network.tail.size == 0:
        return _nowhere(places)
    share = np.where(joined, places.along, 0.0)
    forward, backward = graph.minutes.walk_forward[segment], graph.minutes.walk_backward[segment]
    nodes = graph.number[np.column_stack([graph.network.tail[segment], graph.network.head[segment]])]
    return kernels.Ends(
        segment=places.segment.astype(np.int32),
        node=nodes.astype(np.int32),
        out=np.column_stack([_part_of(share, backward), _part_of(1 - share, forward)]),
        back=np.column_stack([_part_of(share, forward), _part_of(1 - share, backward)]),
        share=share,
        along=np.column_stack([forward, backward]),
        off=np.where(joined, places.metres, 0.0) * _MINUTES_PER_HOUR / (graph.profile.off_road_kmh * _METRES_PER_KM),
        trunk=graph.on_trunk[segment],
    )


def _part_of(share: Floats, minutes: Floats) -> Floats:
    """Minutes of a share of a segment; none of a segment takes none, even where it is shut."""
    part: Floats = np.multiply(share, minutes, out=np.zeros_like(share), where=share > 0)
    return part


def _nowhere(places: Snapped) -> kernels.Ends:
    """Join places to a network without segments."""
    n = places.segment.size
    none, pair = np.zeros(n), np.zeros((n, 2))
    return kernels.Ends(
        np.full(n, -1, np.int32), np.zeros((n, 2), np.int32), pair, pair, none, pair, none, np.zeros(n, dtype=bool)
    )


def _arcs(network: Network, number: Ints32, forward: Floats, backward: Floats, may_leave: Bools) -> _Arcs:
    """Both directions of every segment that can be travelled so, from nodes that may be left."""
    origin = np.concatenate([network.tail, network.head])
    target = np.concatenate([network.head, network.tail])
    minutes = np.concatenate([forward, backward])
    open_ = np.flatnonzero(np.isfinite(minutes) & may_leave[origin] & (origin != target))
    origin, target = number[origin[open_]], number[target[open_]]
    order = np.lexsort((open_, origin, target))
    start = np.zeros(number.size + 1, dtype=np.int32)
    start[1:] = np.cumsum(np.bincount(target, minlength=number.size))
    return _Arcs(
        start=start,
        origin=origin[order].astype(np.int32),
        minutes=minutes[open_][order].astype(np.float32),
        segment=(open_[order] % network.tail.size).astype(np.int32),
    )


def _on_trunk(network: Network) -> Bools:
    """Segments of trunk roads that are neither bridge nor tunnel."""
    trunk = np.array([road.trunk for road in ROADS], dtype=bool)[network.road]
    level: Bools = (network.flags & (SegmentFlag.BRIDGE | SegmentFlag.TUNNEL)) == 0
    return trunk & level


def _crossing(network: Network, trunk_node: Bools) -> Bools:
    """Nodes that nobody passes on foot without crossing a trunk road or a railway, signals aside."""
    rails: Bools = (network.node_flags & NodeFlag.LEVEL_CROSSING) != 0
    signals: Bools = (network.node_flags & NodeFlag.SIGNALS) != 0
    return (trunk_node | rails) & ~signals


def _along_a_curve(network: Network) -> Ints32:
    """Nodes in the order of a Z-curve (Morton 1966), which keeps those near each other on earth near in the order."""
    if network.lon.size == 0:
        return np.empty(0, dtype=np.int32)
    west, south = network.lon.min(), network.lat.min()
    side = max(np.ptp(network.lon), np.ptp(network.lat), 1e-9)
    cells = 2**_CURVE_BITS - 1
    x = ((network.lon - west) / side * cells).astype(np.int64)
    y = ((network.lat - south) / side * cells).astype(np.int64)
    return np.argsort(_spread(x) | (_spread(y) << 1), kind="stable").astype(np.int32)


def _spread(values: Ints64) -> Ints64:
    """Put a zero between the bits of each number."""
    for shift, mask in (
        (16, 0x0000FFFF0000FFFF),
        (8, 0x00FF00FF00FF00FF),
        (4, 0x0F0F0F0F0F0F0F0F),
        (2, 0x3333333333333333),
        (1, 0x5555555555555555),
    ):
        values = (values | (values << shift)) & mask
    return values
