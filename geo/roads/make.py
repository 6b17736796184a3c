"""
From files to a road network, a report of it, and everything that is wrong with the files.

Data of the extract © OpenStreetMap contributors, ODbL 1.0.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data.faults import Findings, Where
from geo.roads import elevation, osm, store
from geo.roads.classes import ROADS
from geo.roads.elevation import Tile
from geo.roads.errors import BadRoadFile
from geo.roads.network import Floats, Floats32, Ints32, Network, Ride, SegmentFlag
from geo.roads.osm import Box, Dropped, Extract

CREDIT = "© OpenStreetMap contributors, ODbL 1.0"

_PARTS_TOLD = 10
_KM_A_DEGREE = 111.32
"""Of latitude."""
_EDGE_KM = 1.0
"""A place this near the outermost road is not called outside the extract."""

Points = tuple[ArrayLike, ArrayLike]
"""Longitudes and latitudes of places."""


@dataclass(frozen=True, slots=True)
class Part:
    """Roads that hang together."""

    nodes: int
    km: float


@dataclass(frozen=True, slots=True)
class ClassLength:
    """Kilometres of one class; ``walk``: it is open on foot by default."""

    road: str
    zh: str
    km: float
    bus_kmh: float
    walk: bool


@dataclass(frozen=True, slots=True)
class ReliefFacts:
    """
    What is known of heights.

    Attributes
    ----------
    share_known
        Share of the nodes that have one.
    lowest, highest
        Metres; ``None`` where no node has one.
    """

    files: tuple[str, ...]
    share_known: float
    lowest: float | None
    highest: float | None


@dataclass(frozen=True, slots=True)
class RoadsReport:
    """
    What an import of roads found.

    Attributes
    ----------
    km, walk_km, ride_km
        Length of all segments, of those open on foot, and of those open to buses in at least one direction.
    parts
        The ten largest by length; ``parts_in_all`` counts the small ones too.
    by_class
        The classes found, in the order of ``geo.roads.classes``.
    bounds
        West, south, east, north of the nodes.
    read_from
        Names of the files.
    """

    hash: str
    nodes: int
    segments: int
    km: float
    walk_km: float
    ride_km: float
    parts: tuple[Part, ...]
    parts_in_all: int
    by_class: tuple[ClassLength, ...]
    relief: ReliefFacts | None
    bounds: Box
    read_from: tuple[str, ...]
    dropped: Dropped

    def json(self) -> dict[str, Any]:
        """Give the report as plain JSON."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain | {"credit": CREDIT}


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """The outcome of an import of roads: a network and its report, or at least one fault; warnings in both cases."""

    network: Network | None
    report: RoadsReport | None
    findings: Findings


def make(
    road_file: Path,
    relief_files: Sequence[Path] = (),
    around: Points | None = None,
    margin_km: float = 0.0,
    *,
    called: Mapping[Path, str] | None = None,
    findings: Findings | None = None,
) -> Made:
    """
    Read roads and relief.

    Parameters
    ----------
    around
        Settlements and schools: only segments with an end in their box, widened by ``margin_km`` on every side, are
        kept. ``None`` or no places: all.
    called
        Names by which a person knows the files, where they differ from those on disk.
    findings
        Faults and warnings are added to these.

    Returns
    -------
    made
        Every fault of all files is in it, and where there is one there is no network.
    """
    told = Findings() if findings is None else findings
    known = len(told.faults)
    names = {path: path.name for path in (road_file, *relief_files)} | dict(called or {})
    places = _places(around)
    extract = _read_roads(road_file, names, places, margin_km, told)
    tiles = [(path, tile) for path in relief_files for tile in _tiles(path, names, told)]
    if extract is None:
        return Made(None, None, told)
    height = _heights(extract, tiles, names, told)
    if len(told.faults) > known:
        return Made(None, None, told)
    network = _network(extract, height)
    files = tuple(names[path] for path in dict.fromkeys(relief_files))
    if files:
        _tell_of_holes(height, names[relief_files[0]], told)
    return Made(network, _report(network, extract, (names[road_file], *files)), told)


# Roads


def _read_roads(
    path: Path, names: Mapping[Path, str], places: NDArray[np.float64] | None, margin_km: float, told: Findings
) -> Extract | None:
    """Read the extract and tell of what is wrong with it; ``None`` where it cannot be used."""
    where = Where(names[path])
    try:
        extract = osm.read(path, None if places is None else _widened(osm.box_of(*places), margin_km))
    except BadRoadFile as error:
        _tell(error, names, told)
        return None
    if extract.bounds is None:
        told.add("roads-empty", where)
        return None
    if places is not None:
        if extract.tail.size == 0:
            told.add("roads-elsewhere", where, roads=_degrees(extract.bounds), places=_degrees(osm.box_of(*places)))
            return None
        outside = int((~_widened(extract.bounds, _EDGE_KM).around(*places)).sum())
        if outside:
            told.add("roads-part", where, count=outside, total=places.shape[1], roads=_degrees(extract.bounds))
    if extract.dropped.without_place:
        told.add("roads-cut", where, count=extract.dropped.without_place)
    return extract


def _tell(error: BadRoadFile, names: Mapping[Path, str], told: Findings) -> None:
    told.add(error.code, Where(names[error.path]), **error.said)


def _places(around: Points | None) -> NDArray[np.float64] | None:
    """Longitudes and latitudes, shape (2, P); ``None`` where there are none."""
    if around is None:
        return None
    places = np.array([np.ravel(np.asarray(axis, dtype=float)) for axis in around])
    return places if places.size else None


def _widened(box: Box, km: float) -> Box:
    up = km / _KM_A_DEGREE
    aside = up / max(math.cos(math.radians(min(max(abs(box.south), abs(box.north)), 89))), 1e-3)
    return Box(box.west - aside, box.south - up, box.east + aside, box.north + up)


def _degrees(box: Box) -> str:
    return f"{box.west:.3f}, {box.south:.3f} – {box.east:.3f}, {box.north:.3f}"


# Relief


def _tiles(path: Path, names: Mapping[Path, str], told: Findings) -> list[Tile]:
    try:
        return elevation.tiles_of(path)
    except BadRoadFile as error:
        _tell(error, names, told)
        return []


def _heights(
    extract: Extract, tiles: Sequence[tuple[Path, Tile]], names: Mapping[Path, str], told: Findings
) -> Floats32:
    """Heights by node in whole centimetres, so that every machine stores the same; bridges and tunnels straight."""
    height = _sampled(extract, [tile for _, tile in tiles], names, told)
    roads = osm.box_of(extract.lon, extract.lat)
    if not any(_meet(tile.bounds(), roads) for _, tile in tiles):
        for path, tile in tiles:
            told.add("relief-elsewhere", Where(names[path]), relief=_degrees(tile.bounds()), roads=_degrees(roads))
    lifted = (extract.flags & (SegmentFlag.BRIDGE | SegmentFlag.TUNNEL)) != 0
    height = elevation.straight_over(height, extract.tail, extract.head, extract.metres, lifted)
    return np.round(height, 2).astype(np.float32)


def _sampled(extract: Extract, tiles: Sequence[Tile], names: Mapping[Path, str], told: Findings) -> Floats:
    """Ask the tiles for heights, and tell of each that turns out to be damaged."""
    try:
        return elevation.relief(tiles).heights(extract.lon, extract.lat)
    except BadRoadFile as error:
        _tell(error, names, told)
        return _sampled(extract, [tile for tile in tiles if tile.path != error.path], names, told)


def _meet(one: Box, other: Box) -> bool:
    return one.west <= other.east and other.west <= one.east and one.south <= other.north and other.south <= one.north


def _tell_of_holes(height: Floats32, file: str, told: Findings) -> None:
    unknown = float(np.isnan(height).mean())
    if unknown > 0:
        told.add("relief-holes", Where(file), share=f"{max(100 * unknown, 0.01):.2f}")


# The network


def _network(extract: Extract, height: Floats32) -> Network:
    lines = extract.barriers
    return store.sealed(
        {
            "lon": extract.lon,
            "lat": extract.lat,
            "height": height,
            "node_id": extract.node_id,
            "node_flags": extract.node_flags,
            "tail": extract.tail,
            "head": extract.head,
            "metres": extract.metres,
            "way_id": extract.way_id,
            "road": extract.road,
            "walk": extract.walk,
            "ride": extract.ride,
            "limit_kmh": extract.limit_kmh,
            "flags": extract.flags,
            "ferry_minutes": extract.ferry_minutes,
            "name": extract.name,
            "part": parts(extract.lon.size, extract.tail, extract.head, extract.metres),
            "barrier_kind": lines.kind,
            "barrier_start": lines.start,
            "barrier_lon": lines.lon,
            "barrier_lat": lines.lat,
            "barrier_name": lines.name,
        },
        extract.names,
    )


def parts(nodes: int, tail: Ints32, head: Ints32, metres: Floats32) -> Ints32:
    """
    Number the parts that hang together, the one with most metres first.

    Returns
    -------
    part
        Shape (N,). Of two parts of one length, the one with the node of the least index comes first.
    """
    graph = coo_array((np.ones(tail.size, dtype=np.int8), (tail, head)), shape=(nodes, nodes))
    count, label = connected_components(graph, directed=False)
    length = _length_of_parts(label, tail, metres, count)
    _, first = np.unique(label, return_index=True)
    order = np.lexsort((first, -length))
    number = np.empty(count, dtype=np.int32)
    number[order] = np.arange(count, dtype=np.int32)
    return np.asarray(number[label], dtype=np.int32)


def _length_of_parts(part: Ints32, tail: Ints32, metres: Floats32, count: int) -> Floats:
    return np.asarray(np.bincount(part[tail], weights=metres, minlength=count), dtype=np.float64)


# The report


def _report(network: Network, extract: Extract, read_from: tuple[str, ...]) -> RoadsReport:
    km = network.metres.astype(np.float64) / 1_000
    told, count = _largest_parts(network)
    return RoadsReport(
        hash=network.hash,
        nodes=network.lon.size,
        segments=network.tail.size,
        km=_km(km.sum()),
        walk_km=_km(km[network.walk].sum()),
        ride_km=_km(km[network.ride != Ride.NONE].sum()),
        parts=told,
        parts_in_all=count,
        by_class=_by_class(network, km),
        relief=_relief_facts(network, read_from[1:]),
        bounds=osm.box_of(network.lon, network.lat),
        read_from=read_from,
        dropped=extract.dropped,
    )


def _km(value: float) -> float:
    return round(float(value), 3)


def _largest_parts(network: Network) -> tuple[tuple[Part, ...], int]:
    nodes = np.bincount(network.part)
    metres = _length_of_parts(network.part, network.tail, network.metres, nodes.size)
    largest = zip(nodes[:_PARTS_TOLD].tolist(), metres[:_PARTS_TOLD].tolist(), strict=True)
    return tuple(Part(count, _km(length / 1_000)) for count, length in largest), int(nodes.size)


def _by_class(network: Network, km: Floats) -> tuple[ClassLength, ...]:
    length = np.bincount(network.road, weights=km, minlength=len(ROADS))
    return tuple(
        ClassLength(road.road, road.zh, _km(length[index]), road.bus_kmh, road.walk)
        for index, road in enumerate(ROADS)
        if length[index] > 0
    )


def _relief_facts(network: Network, files: tuple[str, ...]) -> ReliefFacts | None:
    if not files:
        return None
    known = network.height[np.isfinite(network.height)].astype(np.float64)
    lowest, highest = (round(float(known.min()), 1), round(float(known.max()), 1)) if known.size else (None, None)
    return ReliefFacts(files, round(known.size / network.height.size, 4), lowest, highest)
