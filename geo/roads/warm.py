"""Compile the kernels of roads once (``python -m geo.roads.warm``), so that the first import does not wait for it."""

from __future__ import annotations

import numpy as np

from geo.roads import graph, minutes, route
from geo.roads.homes import Homes
from geo.roads.network import Network, Ride
from geo.roads.profile import Means, Profile
from geo.roads.snap import snap

_STEP = 0.001
_SPEEDS = Profile(
    walk_kmh=4.0,
    off_road_kmh=3.0,
    wait_minutes=5.0,
    ferry_wait_minutes=10.0,
    ferry_kmh=8.0,
    stairs_kmh=2.0,
    steep_from=0.06,
    steep_loss=0.05,
    steep_least=0.4,
)


def row(nodes: int) -> Network:
    """Make one straight road."""
    segments, nothing = nodes - 1, np.empty(0)
    return Network(
        lon=np.linspace(108.0, 108.0 + _STEP * segments, nodes),
        lat=np.full(nodes, 30.0),
        height=np.full(nodes, np.nan, np.float32),
        node_id=np.arange(nodes, dtype=np.int64),
        node_flags=np.zeros(nodes, np.uint8),
        tail=np.arange(segments, dtype=np.int32),
        head=np.arange(1, nodes, dtype=np.int32),
        metres=np.full(segments, 100, np.float32),
        way_id=np.ones(segments, np.int64),
        road=np.zeros(segments, np.uint8),
        walk=np.ones(segments, dtype=bool),
        ride=np.full(segments, Ride.BOTH, np.uint8),
        limit_kmh=np.zeros(segments, np.float32),
        flags=np.zeros(segments, np.uint8),
        ferry_minutes=np.full(segments, np.nan, np.float32),
        name=np.zeros(segments, np.int32),
        part=np.zeros(nodes, np.int32),
        barrier_kind=np.empty(0, np.uint8),
        barrier_start=np.zeros(1, np.int32),
        barrier_lon=nothing,
        barrier_lat=nothing,
        barrier_name=np.empty(0, np.int32),
        names=("",),
        hash="",
    )


def main() -> None:
    """Time and find a way along the road."""
    network = row(4)
    built = graph.build(network, _SPEEDS)
    at = snap(network, network.lon[:1], network.lat[:1], 100)
    homes = Homes(np.zeros(1, np.int32), network.lon[:1], network.lat[:1], np.ones(1))
    minutes.between(built, homes, at, 1, at, cut_off_minutes=60)
    minutes.labels(built, at, cut_off_minutes=60)
    ends = [(float(network.lon[k]), float(network.lat[k])) for k in (0, -1)]
    route.find(built, ends[0], ends[1], Means.MIXED)


if __name__ == "__main__":
    main()
