"""
Isochrones: the land from which pupils reach a place in time.

The same trips are meant as everywhere (`geo.roads.minutes`): from a home straight to the road, along the road on foot,
perhaps by bus, and from the road to the school. Homes further than ``_BESIDE_METRES`` from a road are not looked for. A
place beside a road counts when the way to the road and the rest together keep to the minutes, so that the land narrows
to a point where the road leads out of reach. Nobody lives on ferries or in tunnels.

Along a segment minutes grow evenly from either end, and so the land reached from a stretch of it is that of a circle
that shrinks evenly while it moves: the convex hull of the first and the last circle. The union of all of them is closed
(gaps narrower than ``2 x _CLOSING_METRES`` vanish) and holes under ``_LEAST_HOLE`` are filled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from geo import cells, crs
from geo.crs import Shapes
from geo.roads import minutes as times
from geo.roads import snap
from geo.roads.graph import Graph
from geo.roads.network import SegmentFlag
from geo.roads.profile import Means
from geo.roads.snap import Snapped

_BESIDE_METRES = 100.0
_CLOSING_METRES = 50.0
_LEAST_HOLE = 10_000.0
"""Square metres: one hectare."""
_SIMPLER_METRES = 1.0
_TILE_METRES = 50.0
"""Amid dense roads whole tiles stand for the land, and roads are looked at only along the edges of what is reached."""
_CORNERS = 32
"""Corners of the polygon that stands for a circle."""
_METRES_PER_KM, _MINUTES_PER_HOUR = 1_000.0, 60.0

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


class _Stretches(NamedTuple):
    """
    K stretches of segments along which minutes grow evenly from where pupils leave them.

    ``start``, ``end``: shape (K, 2), metres. ``minutes``: from the start. ``whole``: on foot from end to start.
    ``segment``: stretches of one segment, from either end, have one number.
    """

    start: Floats
    end: Floats
    minutes: Floats
    whole: Floats
    segment: Indices


class _Tiles(NamedTuple):
    """Squares of ``_TILE_METRES``: ``first``, the column and row of the south-western one, and which are covered."""

    first: Indices
    covered: Bools


def polygons(
    graph: Graph,
    lon: float,
    lat: float,
    minutes: Sequence[int],
    means: Means,
    *,
    snap_limit: float = math.inf,
) -> Shapes:
    """
    Draw the land from which a place is reached within some minutes.

    Parameters
    ----------
    lon, lat
        The place, degrees.
    minutes
        Each above 0, in any order.
    snap_limit
        Longest way from the place to the nearest road, metres.

    Returns
    -------
    land
        One Polygon or MultiPolygon for each of the minutes, in their order, longitude and latitude; those of more
        minutes hold those of fewer. Empty where the place is further from the roads than the limit.

    Raises
    ------
    BadTravel
        When minutes are not above 0 or beyond 65,534.
    WrongCrs
        When the place has no longitude and latitude.
    """
    if not len(minutes):
        return np.empty(0, dtype=object)
    system = crs.metric_crs(lon, lat)
    school = snap.snap(graph.network, lon, lat, snap_limit)
    labels = times.labels(graph, school, cut_off_minutes=float(max(minutes))).by(means)
    stretches = _stretches(graph, labels, system)
    if means is not Means.BUS:
        stretches = _joined(stretches, _beside_school(graph, school, system))
    land: dict[int, BaseGeometry] = {}
    within: BaseGeometry = shapely.Polygon()
    for limit in sorted(set(minutes)):
        within = shapely.union(_land(stretches, limit, graph.profile.off_road_kmh), within)
        land[limit] = within
    return cells.repaired(crs.unproject([land[limit] for limit in minutes], system))[0]


def _stretches(graph: Graph, labels: Floats, system: CRS) -> _Stretches:
    """Take every segment that people live along twice: once left by its tail, once by its head."""
    network, on_foot = graph.network, graph.minutes
    lived_on = (network.flags & (SegmentFlag.FERRY | SegmentFlag.TUNNEL)) == 0
    near = np.isfinite(labels[network.tail]) | np.isfinite(labels[network.head])
    used = np.flatnonzero(lived_on & near & np.isfinite(on_foot.walk_forward) & (network.metres > 0))
    nodes, place = np.unique(np.concatenate([network.tail[used], network.head[used]]), return_inverse=True)
    xy = crs.project_points(network.lon[nodes], network.lat[nodes], system)[place]
    other = np.roll(np.arange(len(place)), len(used))
    return _Stretches(
        start=xy,
        end=xy[other],
        minutes=labels[nodes][place],
        whole=np.concatenate([on_foot.walk_backward[used], on_foot.walk_forward[used]]),
        segment=np.tile(np.arange(len(used)), 2),
    )


def _beside_school(graph: Graph, school: Snapped, system: CRS) -> _Stretches:
    """Take the segment that the school stands at, to either side of it: who lives there meets no end of it."""
    network, segment, share = graph.network, int(school.segment[0]), float(school.along[0])
    if segment < 0:
        return _Stretches(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), np.empty(0), np.empty(0, dtype=np.int64))
    ends = np.array([network.tail[segment], network.head[segment]])
    xy = crs.project_points(network.lon[ends], network.lat[ends], system)
    off = float(school.metres[0]) / _metres_a_minute(graph.profile.off_road_kmh)
    forward, backward = graph.minutes.walk_forward[segment], graph.minutes.walk_backward[segment]
    return _Stretches(
        start=np.tile(xy[0] + share * (xy[1] - xy[0]), (2, 1)),
        end=xy,
        minutes=np.full(2, off if np.isfinite(forward) else np.inf),
        whole=np.array([share * forward, (1 - share) * backward]),
        segment=np.arange(2),
    )


def _joined(one: _Stretches, other: _Stretches) -> _Stretches:
    apart = other._replace(segment=other.segment + len(one.segment))
    return _Stretches(*(np.concatenate(columns) for columns in zip(one, apart, strict=True)))


def _land(stretches: _Stretches, limit: float, off_road_kmh: float) -> BaseGeometry:
    """Draw what is reached within a limit."""
    pace = _metres_a_minute(off_road_kmh)
    near = _reached(stretches, limit)
    spare = limit - near.minutes
    wide, last = _share(spare - _BESIDE_METRES / pace, near.whole), _share(spare, near.whole)
    middle, tip = (near.start + share[:, None] * (near.end - near.start) for share in (wide, last))
    at_start, at_middle, at_tip = (
        np.clip((spare - share * near.whole) * pace, 0.0, _BESIDE_METRES) for share in (np.zeros(1), wide, last)
    )
    all_wide = np.bincount(near.segment, wide, minlength=1)[near.segment] >= 1
    once = np.flatnonzero(all_wide)[np.unique(near.segment[all_wide], return_index=True)[1]]
    tiles = _covered(near.start[once], near.end[once])
    edge = once[~_within(tiles, near.start[once], near.end[once])]
    rest = np.flatnonzero(~all_wide)
    rest = rest[~_within(tiles, near.start[rest], tip[rest])]
    even, narrowing = rest[wide[rest] > 0], rest[last[rest] > wide[rest]]
    pieces = [
        _boxes(tiles),
        _wide(near.start[edge], near.end[edge]),
        _hulls(near.start[even], at_start[even], middle[even], at_middle[even]),
        _hulls(middle[narrowing], at_middle[narrowing], tip[narrowing], at_tip[narrowing]),
    ]
    return _without_small_holes(_closed(shapely.union_all(np.concatenate(pieces))))


def _reached(stretches: _Stretches, limit: float) -> _Stretches:
    near = (stretches.minutes < limit) & (stretches.whole > 0)
    return _Stretches(
        stretches.start[near],
        stretches.end[near],
        stretches.minutes[near],
        stretches.whole[near],
        stretches.segment[near],
    )


def _metres_a_minute(kmh: float) -> float:
    return kmh * _METRES_PER_KM / _MINUTES_PER_HOUR


def _share(spare: Floats, whole: Floats) -> Floats:
    """What share of the way spare minutes are enough for."""
    return np.asarray(np.clip(spare / whole, 0.0, 1.0), dtype=np.float64)


def _covered(start: Floats, end: Floats) -> _Tiles:
    """Find tiles that lie wholly within ``_BESIDE_METRES`` of segments: those with a centre near enough to one."""
    if not len(start):
        return _Tiles(np.zeros(2, dtype=np.int64), np.zeros((1, 1), dtype=bool))
    number = np.ceil(np.hypot(*(end - start).T) / _TILE_METRES).astype(np.int64) + 1
    of = np.repeat(np.arange(len(start)), number)
    turn = np.arange(len(of)) - np.repeat(np.cumsum(number) - number, number)
    places = start[of] + ((turn + 0.5) / number[of])[:, None] * (end - start)[of]
    home = np.floor(places / _TILE_METRES).astype(np.int64)
    around = [home + np.array([x, y]) for x in (-1, 0, 1) for y in (-1, 0, 1)]
    near = _BESIDE_METRES - _TILE_METRES / math.sqrt(2)
    close = [np.hypot(*((tile + 0.5) * _TILE_METRES - places).T) <= near for tile in around]
    tile = np.concatenate([tile[which] for tile, which in zip(around, close, strict=True)])
    first = tile.min(axis=0)
    covered = np.zeros(tile.max(axis=0) - first + 1, dtype=bool)
    covered[tuple((tile - first).T)] = True
    return _Tiles(first, covered)


def _within(tiles: _Tiles, start: Floats, end: Floats) -> Bools:
    """Tell which segments have all land beside them, by the box around it, in covered tiles."""
    size = np.array(tiles.covered.shape)
    low = np.floor((np.minimum(start, end) - _BESIDE_METRES) / _TILE_METRES).astype(np.int64) - tiles.first
    high = np.floor((np.maximum(start, end) + _BESIDE_METRES) / _TILE_METRES).astype(np.int64) - tiles.first + 1
    inside = ((low >= 0) & (high <= size)).all(axis=1)
    (west, south), (east, north) = np.clip(low, 0, size).T, np.clip(high, 0, size).T
    total = np.zeros(size + 1, dtype=np.int64)
    total[1:, 1:] = tiles.covered.cumsum(axis=0).cumsum(axis=1)
    found = total[east, north] - total[west, north] - total[east, south] + total[west, south]
    return np.asarray(inside & (found == (east - west) * (north - south)), dtype=bool)


def _boxes(tiles: _Tiles) -> Shapes:
    """Cover the tiles by boxes, one for each run of them from south to north."""
    edges = np.diff(np.pad(tiles.covered, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    column, south = np.nonzero(edges == 1)
    _, north = np.nonzero(edges == -1)
    low = (tiles.first + np.column_stack([column, south])) * _TILE_METRES
    high = (tiles.first + np.column_stack([column + 1, north])) * _TILE_METRES
    return np.asarray(shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1]), dtype=object)


def _wide(start: Floats, end: Floats) -> Shapes:
    """Land beside segments that are reached with time to spare."""
    lines = shapely.multilinestrings(np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object))
    chains = shapely.simplify(shapely.get_parts(shapely.line_merge(lines)), _SIMPLER_METRES)
    return np.asarray(shapely.buffer(chains, _BESIDE_METRES, quad_segs=_CORNERS // 4), dtype=object)


def _hulls(start: Floats, wide: Floats, end: Floats, narrow: Floats) -> Shapes:
    """Land of circles that shrink evenly from start to end."""
    turn = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    rings = [centre[:, None, :] + radius[:, None, None] * circle for centre, radius in ((start, wide), (end, narrow))]
    around = shapely.linestrings(np.concatenate(rings, axis=1))
    return np.asarray(shapely.convex_hull(around), dtype=object)


def _closed(land: BaseGeometry) -> BaseGeometry:
    wider = shapely.buffer(shapely.simplify(land, _SIMPLER_METRES), _CLOSING_METRES, quad_segs=_CORNERS // 4)
    return shapely.buffer(wider, -_CLOSING_METRES, quad_segs=_CORNERS // 4)


def _without_small_holes(land: BaseGeometry) -> BaseGeometry:
    parts = [
        shapely.Polygon(part.exterior, [ring for ring in part.interiors if shapely.Polygon(ring).area >= _LEAST_HOLE])
        for part in shapely.get_parts(land)
    ]
    return shapely.union_all(parts)
