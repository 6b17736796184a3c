"""
The road network of a dataset, as arrays.

A segment is the straight piece between two consecutive nodes of a way, in the direction in which the way is drawn:
tail to head. What a segment permits is stored; how long it takes is decided by a profile (``geo.roads.profile``), so
that one network serves every speed, slope rule and closure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Ints32 = NDArray[np.int32]
Ints64 = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class Ride(IntEnum):
    """Where vehicles may drive along a segment."""

    NONE = 0
    FORWARD = 1  # tail to head only
    BACKWARD = 2
    BOTH = 3


class SegmentFlag(IntFlag):
    """What a segment is besides its class."""

    BRIDGE = 1
    TUNNEL = 2
    FERRY = 4
    STEPS = 8


class NodeFlag(IntFlag):
    """What stands at a node."""

    CROSSING = 1  # a marked crossing on foot
    SIGNALS = 2  # traffic signals
    LEVEL_CROSSING = 4  # road or path over a railway on the level
    NO_VEHICLES = 8  # a bollard, gate or block that vehicles cannot pass


class BarrierKind(IntEnum):
    """What people cannot cross where no way leads over, under or through it."""

    WATER = 0  # river, canal, lake shore
    EXPRESSWAY = 1  # motorway
    RAILWAY = 2


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """
    N nodes, E segments, B barrier lines.

    Attributes
    ----------
    lon, lat
        Shape (N,), degrees, EPSG:4326.
    height
        Shape (N,), metres above the sea by the elevation file; NaN where none is known. On bridges and in tunnels
        the straight slope between the ends, not the ground.
    node_id
        Shape (N,), id in the extract.
    node_flags
        Shape (N,), ``NodeFlag`` bits.
    tail, head
        Shape (E,), node indices.
    metres
        Shape (E,), length on the ellipsoid.
    way_id
        Shape (E,), id of the way in the extract.
    road
        Shape (E,), index into ``geo.roads.classes.ROADS``.
    walk
        Shape (E,), whether people may walk along it (always both ways).
    ride
        Shape (E,), ``Ride``.
    limit_kmh
        Shape (E,), signed speed limit; 0 where none is tagged.
    flags
        Shape (E,), ``SegmentFlag`` bits.
    ferry_minutes
        Shape (E,), minutes of this segment of a ferry by its timetable; NaN where it is no ferry or says nothing.
    name
        Shape (E,), index into ``names``; ``names[0]`` is the empty name.
    part
        Shape (N,), connected part of each node, all ways usable in either direction; 0 is the part with most metres,
        1 the next.
    barrier_kind, barrier_start, barrier_lon, barrier_lat
        Lines: kind (B,), first coordinate of each and the end (B + 1,), coordinates. Bridges and tunnels of
        expressways and railways are no barriers and are left out.
    barrier_name
        Shape (B,), index into ``names``.
    hash
        SHA-256 over all arrays and names, in hexadecimal.
    """

    lon: Floats
    lat: Floats
    height: Floats32
    node_id: Ints64
    node_flags: Bytes
    tail: Ints32
    head: Ints32
    metres: Floats32
    way_id: Ints64
    road: Bytes
    walk: NDArray[np.bool_]
    ride: Bytes
    limit_kmh: Floats32
    flags: Bytes
    ferry_minutes: Floats32
    name: Ints32
    part: Ints32
    barrier_kind: Bytes
    barrier_start: Ints32
    barrier_lon: Floats
    barrier_lat: Floats
    barrier_name: Ints32
    names: tuple[str, ...]
    hash: str

    @property
    def has_relief(self) -> bool:
        """Tell whether any height is known."""
        return bool(np.isfinite(self.height).any())
