"""
Road networks drawn by hand, in metres, for tests whose answers are worked on paper.

The drawing's origin lies at 108 E, near 30 N, on the central meridian of a zone of true scale: a hundred metres drawn
are a hundred metres on the ellipsoid, to a millimetre in ten kilometres.

    drawn({"A": (0, 0), "B": (400, 0, 250.0), "C": Spot(400, 300, flags=NodeFlag.SIGNALS)},
          [Way("A B C", "residential", ride=Ride.FORWARD), Way("A C", "steps", flags=SegmentFlag.STEPS)])

Nodes and segments are numbered in the order drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import affinity

from geo import crs
from geo.roads import store
from geo.roads.classes import ROADS
from geo.roads.network import BarrierKind, Network, Ride
from geo.roads.profile import Profile

UNKNOWN = float("nan")
SPEEDS = Profile(
    walk_kmh=6.0,
    off_road_kmh=3.0,
    wait_minutes=5.0,
    ferry_wait_minutes=10.0,
    ferry_kmh=12.0,
    stairs_kmh=3.0,
    steep_from=0.06,
    steep_loss=0.05,
    steep_least=0.4,
)
"""A minute is 100 m on the flat, 50 m off the road or on steps, 200 m by ferry, 500 m by bus on a way signed 30."""
_EAST, _NORTH = 500_000.0, 3_320_000.0
_SYSTEM = crs.metric_crs(108.0, 30.0)


@dataclass(frozen=True)
class Spot:
    """A node: metres east and north of the origin, metres above the sea, ``NodeFlag`` bits."""

    x: float
    y: float
    height: float = UNKNOWN
    flags: int = 0


@dataclass(frozen=True)
class Way:
    """
    A way along the nodes named, in the order in which it is drawn.

    ``walk``, ``ride``: ``None`` as the class permits. ``ferry_minutes``: of the whole way, shared by length. ``id``:
    ``None`` numbers the ways from 1.
    """

    along: str
    road: str = "residential"
    walk: bool | None = None
    ride: Ride | None = None
    flags: int = 0
    name: str = ""
    limit_kmh: float = 0.0
    ferry_minutes: float = UNKNOWN
    id: int | None = None


@dataclass(frozen=True)
class Barrier:
    """A line in metres that people cannot cross."""

    kind: BarrierKind
    points: Sequence[tuple[float, float]]
    name: str = ""


def on_earth(x, y):
    """Longitude and latitude of a place (or places) drawn in metres."""
    flat = np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(y, dtype=float))
    points = crs.unproject(shapely.points(flat[0] + _EAST, flat[1] + _NORTH), _SYSTEM)
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    return (lon, lat) if np.ndim(x) else (float(lon[0]), float(lat[0]))


def shape_on_earth(shape):
    """Hand over a shape drawn in metres in longitude and latitude."""
    return crs.unproject([affinity.translate(shape, _EAST, _NORTH)], _SYSTEM)[0]


def drawn(
    nodes: Mapping[str, Spot | tuple[float, ...]], ways: Sequence[Way], barriers: Sequence[Barrier] = ()
) -> Network:
    """Make the network."""
    spots = [spot if isinstance(spot, Spot) else Spot(*spot) for spot in nodes.values()]
    at = np.array([(spot.x, spot.y) for spot in spots], dtype=float).reshape(-1, 2)
    number = {name: k for k, name in enumerate(nodes)}
    names = ("", *sorted({x.name for x in (*ways, *barriers)} - {""}))
    runs = [[number[name] for name in way.along.split()] for way in ways]
    tail = np.array([k for run in runs for k in run[:-1]], dtype=np.int32)
    head = np.array([k for run in runs for k in run[1:]], dtype=np.int32)
    way = np.repeat(np.arange(len(ways)), [len(run) - 1 for run in runs])
    metres = np.hypot(*(at[head] - at[tail]).T)
    classes = _classes()
    of_way = [classes[w.road] for w in ways]
    whole = np.bincount(way, weights=metres, minlength=len(ways))
    line = [np.asarray(barrier.points, dtype=float) for barrier in barriers]
    barrier_lon, barrier_lat = on_earth(*np.concatenate([np.empty((0, 2)), *line]).T)
    lon, lat = on_earth(at[:, 0], at[:, 1])

    def by_segment(values, dtype):
        return np.array(list(values)).astype(dtype)[way]

    arrays = {
        "lon": lon,
        "lat": lat,
        "height": np.array([spot.height for spot in spots], dtype=np.float32),
        "node_id": np.arange(1, len(spots) + 1, dtype=np.int64),
        "node_flags": np.array([int(spot.flags) for spot in spots], dtype=np.uint8),
        "tail": tail,
        "head": head,
        "metres": metres.astype(np.float32),
        "way_id": by_segment((k + 1 if w.id is None else w.id for k, w in enumerate(ways)), np.int64),
        "road": by_segment((index for index, _ in of_way), np.uint8),
        "walk": by_segment(
            (c.walk if w.walk is None else w.walk for w, (_, c) in zip(ways, of_way, strict=True)), np.bool_
        ),
        "ride": by_segment((_ride(w, c) for w, (_, c) in zip(ways, of_way, strict=True)), np.uint8),
        "limit_kmh": by_segment((w.limit_kmh for w in ways), np.float32),
        "flags": by_segment((int(w.flags) for w in ways), np.uint8),
        "ferry_minutes": (
            by_segment((w.ferry_minutes for w in ways), np.float64) * metres / np.maximum(whole[way], 1e-9)
        ).astype(np.float32),
        "name": by_segment((names.index(w.name) for w in ways), np.int32),
        "part": _parts(len(spots), tail, head, metres),
        "barrier_kind": np.array([int(barrier.kind) for barrier in barriers], dtype=np.uint8),
        "barrier_start": np.cumsum([0, *map(len, line)], dtype=np.int32),
        "barrier_lon": barrier_lon,
        "barrier_lat": barrier_lat,
        "barrier_name": np.array([names.index(barrier.name) for barrier in barriers], dtype=np.int32),
    }
    return store.sealed(arrays, names)


def _classes():
    return {road.road: (index, road) for index, road in enumerate(ROADS)}


def _ride(way: Way, road) -> int:
    if way.ride is not None:
        return int(way.ride)
    return int(Ride.BOTH if road.ride else Ride.NONE)


def _parts(nodes: int, tail, head, metres):
    """Connected part of each node; 0 is the one with most metres."""
    _, label = connected_components(coo_array((np.ones(tail.size), (tail, head)), shape=(nodes, nodes)), directed=False)
    length = np.bincount(label[tail], weights=metres, minlength=label.max(initial=-1) + 1)
    rank = np.empty(length.size, dtype=np.int32)
    rank[np.argsort(-length, kind="stable")] = np.arange(length.size, dtype=np.int32)
    return rank[label]
