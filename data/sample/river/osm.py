"""
The map as an OpenStreetMap file: nodes shared where ways join, and every way marked as synthetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from xml.sax.saxutils import quoteattr

import numpy as np
import shapely
from numpy.typing import NDArray

from data.sample.river import earth
from data.sample.river.land import Places
from data.sample.river.roads import Road, Tags

GENERATOR = "junheng river_district (synthetic 合成数据)"
NOTE = "synthetic 合成数据: stands for no real place"

_FIRST_NODE, _FIRST_WAY = 90_000_000_001, 9_000_000_001
"""Ids far above those in use, so that nobody takes these for real ones."""
_SAME = 0.01
"""Metres: nodes of one square of this side are one."""
_DECIMALS = 7


def xml(roads: Sequence[Road], marks: Sequence[tuple[Places, Tags]]) -> bytes:
    """Write ways, and nodes with tags of their own, as OSM XML; the same input gives the same bytes."""
    joined = _joined(roads)
    count = [len(road.line) for road in joined]
    keys = np.rint(np.vstack([road.line for road in joined]) / _SAME).astype(np.int64)
    marked = np.rint(np.array([place for place, _ in marks]).reshape(-1, 2) / _SAME).astype(np.int64)
    places, node = np.unique(np.vstack([keys, marked]), axis=0, return_inverse=True)
    nodes = np.split(node.ravel(), np.cumsum(count))
    tags_of = {int(number): tags for number, (_, tags) in zip(nodes[-1], marks, strict=True)}
    lonlat = earth.degrees(np.asarray(places * _SAME, dtype=np.float64), _DECIMALS)
    lines = [
        "<?xml version='1.0' encoding='UTF-8'?>",
        f'<osm version="0.6" generator={quoteattr(GENERATOR)}>',
        _bounds(lonlat),
        *_nodes(lonlat, tags_of),
        *_ways(joined, nodes),
        "</osm>\n",
    ]
    return "\n".join(lines).encode()


def _joined(roads: Sequence[Road]) -> list[Road]:
    """Give ways on the ground a common node wherever two of them cross."""
    ground = [number for number, road in enumerate(roads) if road.ground]
    places = np.vstack([roads[number].line for number in ground])
    owner = np.repeat(np.arange(len(ground)), [len(roads[number].line) for number in ground])
    segments = np.flatnonzero(owner[:-1] == owner[1:])
    pieces = np.asarray(shapely.linestrings(np.stack([places[segments], places[segments + 1]], axis=1)))
    one, other = shapely.STRtree(pieces).query(pieces, predicate="crosses")
    points = np.asarray(shapely.intersection(pieces[one], pieces[other]))
    crossing = np.flatnonzero((shapely.get_type_id(points) == 0) & (one < other))
    at = shapely.get_coordinates(points[crossing])
    where = np.concatenate([segments[one[crossing]], segments[other[crossing]]])
    new = np.vstack([at, at])
    order = np.lexsort((np.hypot(*(new - places[where]).T), where))
    places = np.insert(places, where[order] + 1, new[order], axis=0)
    owner = np.insert(owner, where[order] + 1, owner[where[order]])
    lines = np.split(places, np.flatnonzero(np.diff(owner)) + 1)
    joined = list(roads)
    for number, line in zip(ground, lines, strict=True):
        joined[number] = replace(roads[number], line=line)
    return joined


def _bounds(lonlat: NDArray[np.float64]) -> str:
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    return f'<bounds minlat="{south:.7f}" minlon="{west:.7f}" maxlat="{north:.7f}" maxlon="{east:.7f}"/>'


def _nodes(lonlat: NDArray[np.float64], tags_of: dict[int, Tags]) -> Iterator[str]:
    for number, (lon, lat) in enumerate(lonlat.tolist()):
        head = f'<node id="{_FIRST_NODE + number}" lat="{lat:.7f}" lon="{lon:.7f}"'
        yield f"{head}>{_tags(tags_of[number])}</node>" if number in tags_of else f"{head}/>"


def _ways(roads: Sequence[Road], nodes: Sequence[NDArray[np.intp]]) -> Iterator[str]:
    for number, (road, members) in enumerate(zip(roads, nodes, strict=False)):
        apart = members[np.concatenate([[True], np.diff(members) != 0])]
        refs = "".join(f'<nd ref="{_FIRST_NODE + node}"/>' for node in apart.tolist())
        tags = _tags({**road.tags, "note": NOTE})
        yield f'<way id="{_FIRST_WAY + number}">{refs}{tags}</way>'


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
