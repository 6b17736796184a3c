"""
Reading an OpenStreetMap extract: segments of roads and lines that people cannot cross, as arrays.

Data © OpenStreetMap contributors, ODbL 1.0.

The file is read to its end before anything is made of it, so that one that is cut off is refused and never used by
half. Nodes may stand before or after the ways, and their ids may be negative, as editors write them.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import osmium
from numpy.typing import NDArray
from osmium.filter import IdFilter, KeyFilter, TagFilter
from osmium.osm import NODE, RELATION, WAY
from pyproj import Geod

from geo.roads import tags
from geo.roads.errors import BadRoadFile
from geo.roads.errors import said as said_of
from geo.roads.network import BarrierKind, Bytes, Floats, Floats32, Ints32, Ints64, NodeFlag

ENDINGS = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".pbf")
"""Endings of files that are read."""

_PER_DEGREE = 10_000_000
"""Coordinates in a file are whole parts of a degree."""
_GEOD = Geod(ellps="WGS84")
_SHORTEST = 0.001
"""Metres."""
_SORTED = "Type_then_ID"

Bools = NDArray[np.bool_]


class Box(NamedTuple):
    """Degrees; a place on its border is inside."""

    west: float
    south: float
    east: float
    north: float

    def around(self, lon: Floats, lat: Floats) -> Bools:
        """Tell which places are inside."""
        inside = (self.west <= lon) & (lon <= self.east) & (self.south <= lat) & (lat <= self.north)
        return np.asarray(inside, dtype=bool)


def box_of(lon: Floats, lat: Floats) -> Box:
    """Give the least box around at least one place."""
    return Box(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))


@dataclass(frozen=True, slots=True)
class Dropped:
    """
    What was in the extract and is not in the network.

    Attributes
    ----------
    closed_ways
        Nobody may walk or ride there.
    squares
        Outlines of areas (``area=yes``).
    without_place
        Segments with an end that the file does not hold.
    without_length
        Segments from a node to itself. Between two nodes at one place a segment stays, a millimetre long, as ways may
        hang together by it alone.
    outside
        Segments with both ends outside the box.
    """

    closed_ways: int
    squares: int
    without_place: int
    without_length: int
    outside: int


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines that people cannot cross; fields as ``barrier_*`` of ``Network``."""

    kind: Bytes
    start: Ints32
    lon: Floats
    lat: Floats
    name: Ints32


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """
    The roads of an extract within a box; arrays as in ``Network``. Ways are in order of their ids.

    Attributes
    ----------
    bounds
        Of all roads of the file, before it was clipped; ``None`` where it has none.
    """

    lon: Floats
    lat: Floats
    node_id: Ints64
    node_flags: Bytes
    tail: Ints32
    head: Ints32
    metres: Floats32
    way_id: Ints64
    road: Bytes
    walk: Bools
    ride: Bytes
    limit_kmh: Floats32
    flags: Bytes
    ferry_minutes: Floats32
    name: Ints32
    barriers: Lines
    names: tuple[str, ...]
    bounds: Box | None
    dropped: Dropped


def is_extract(name: str) -> bool:
    """Tell whether a file name is that of an extract."""
    return name.lower().endswith(ENDINGS)


def read(path: Path, box: Box | None = None) -> Extract:
    """
    Read an extract.

    Parameters
    ----------
    box
        Segments with at least one end inside are kept; ``None`` keeps all.

    Raises
    ------
    BadRoadFile
        When the file is of another kind (``roads-kind``), empty (``file-empty``), damaged or cut off
        (``roads-broken``).
    """
    if not is_extract(path.name):
        raise BadRoadFile(path, "roads-kind", kind="".join(path.suffixes[-2:]) or "?")
    if path.stat().st_size == 0:
        raise BadRoadFile(path, "file-empty")
    with _damage_told(path):
        found = _scan(path)
        places = found.places(path)
    return _extract(found, places, box)


@contextmanager
def _damage_told(path: Path) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, ValueError, OverflowError, OSError, osmium.InvalidLocationError) as error:
        raise BadRoadFile(path, "roads-broken", error=said_of(path, error)) from error


# What the file holds


@dataclass(slots=True)
class _Ways:
    """Ways one after another: the ids of their nodes end to end, and how many each has."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    refs: array[int] = field(default_factory=lambda: array("q"))
    lengths: array[int] = field(default_factory=lambda: array("q"))

    def add(self, way: Any) -> None:
        refs = [node.ref for node in way.nodes]
        self.ids.append(way.id)
        self.refs.extend(refs)
        self.lengths.append(len(refs))

    def node_ids(self) -> Ints64:
        return np.array(self.refs, dtype=np.int64)

    def count(self) -> int:
        """Give the number of segments."""
        lengths = np.array(self.lengths, dtype=np.int64)
        return int(np.maximum(lengths - 1, 0).sum())

    def segments(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Give the way of each segment, and where in ``refs`` its tail stands; in order of way ids, along each way."""
        lengths = np.array(self.lengths, dtype=np.intp)
        way = np.repeat(np.arange(lengths.size), lengths)
        at = np.flatnonzero(way[1:] == way[:-1])
        order = np.argsort(np.array(self.ids, dtype=np.int64)[way[at]], kind="stable")
        return way[at][order], at[order]


@dataclass(frozen=True, slots=True, eq=False)
class _Places:
    """Nodes in order of their ids; those that the file lacks have no ``known`` place."""

    ids: Ints64
    lon: Floats
    lat: Floats
    known: Bools


@dataclass(slots=True)
class _Found:
    """Everything of the file that matters, as read."""

    roads: _Ways = field(default_factory=_Ways)
    uses: list[tags.Use] = field(default_factory=list)
    barriers: _Ways = field(default_factory=_Ways)
    kinds: list[BarrierKind] = field(default_factory=list)
    barrier_names: list[str] = field(default_factory=list)
    node_flags: dict[int, int] = field(default_factory=dict)
    closed_ways: int = 0
    squares: int = 0
    _seen: set[int] = field(default_factory=set)
    _places: Any = None
    _in_order: bool = False

    def look_up(self, processor: Any) -> None:
        """Remember where the reader keeps the places of nodes."""
        self._places = processor.node_location_storage
        self._in_order = processor.header.get("sorting") == _SORTED

    def way(self, way: Any) -> None:
        if way.id in self._seen:
            return
        said = {tag.k: tag.v for tag in way.tags}
        road, kind = tags.road_of(said), tags.barrier_of(said)
        if road is None and kind is None:
            return
        self._seen.add(way.id)
        if road is not None:
            self._road(way, said, road)
        if kind is not None:
            self.barrier(way, kind, tags.name_of(said))

    def _road(self, way: Any, said: tags.Tags, road: str) -> None:
        if tags.is_area(said):
            self.squares += 1
        elif (use := tags.use(said, road)) is None:
            self.closed_ways += 1
        else:
            self.roads.add(way)
            self.uses.append(use)

    def barrier(self, way: Any, kind: BarrierKind, name: str) -> None:
        self.barriers.add(way)
        self.kinds.append(kind)
        self.barrier_names.append(name)

    def shore(self, way: Any, name: str) -> None:
        """Add a way that is a shore as part of a relation only."""
        if way.id not in self._seen:
            self._seen.add(way.id)
            self.barrier(way, BarrierKind.WATER, tags.name_of({tag.k: tag.v for tag in way.tags}) or name)

    def places(self, path: Path) -> _Places:
        ids = np.unique(np.concatenate([self.roads.node_ids(), self.barriers.node_ids()]))
        x, y, known = self._stored(ids)
        unsure = ~known if not self._in_order else ids < 0
        if unsure.any():
            _search(path, ids, x, y, known, unsure)
        lon: Floats = x / np.float64(_PER_DEGREE)
        lat: Floats = y / np.float64(_PER_DEGREE)
        known &= (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        return _Places(ids, lon, lat, known)

    def _stored(self, ids: Ints64) -> tuple[Ints32, Ints32, Bools]:
        """Look the places up where the reader keeps those of nodes with ids above 0."""
        x, y, known = np.zeros(ids.size, np.int32), np.zeros(ids.size, np.int32), np.zeros(ids.size, bool)
        get: Callable[[int], Any] = self._places.get
        for k, node in enumerate(ids.tolist()):
            if node < 0:
                continue
            try:
                place = get(node)
            except KeyError:
                continue
            x[k], y[k], known[k] = place.x, place.y, True
        return x, y, known


def _reader(path: Path, kinds: Any) -> Any:
    """Open the file; a reader gives nodes, ways or relations as they come."""
    return osmium.FileProcessor(path, kinds)


def _scan(path: Path) -> _Found:
    found = _Found()
    shores = _shores(path)
    keys = KeyFilter(*tags.WAY_KEYS)
    keys.enable_for(WAY)
    node_keys = KeyFilter(*tags.NODE_KEYS)
    node_keys.enable_for(NODE)
    processor = _reader(path, NODE | WAY).with_locations().with_filter(keys).with_filter(node_keys)
    for thing in processor:
        if thing.deleted:
            continue
        if thing.is_way():
            found.way(thing)
        elif flags := tags.node_flags({tag.k: tag.v for tag in thing.tags}):
            found.node_flags[thing.id] = flags
    found.look_up(processor)
    if shores:
        for way in _reader(path, WAY).with_filter(IdFilter(shores)):
            found.shore(way, shores[way.id])
    return found


def _shores(path: Path) -> dict[int, str]:
    """Find the ways that are shores as parts of relations, with the name of the water."""
    shores: dict[int, str] = {}
    for relation in _reader(path, RELATION).with_filter(TagFilter(*tags.WATER_TAGS)):
        said = {tag.k: tag.v for tag in relation.tags}
        if tags.is_water(said):
            name = tags.name_of(said)
            shores |= {part.ref: name for part in relation.members if part.type == "w" and part.ref > 0}
    return shores


def _search(path: Path, ids: Ints64, x: Ints32, y: Ints32, known: Bools, unsure: Bools) -> None:
    """Fill in the places of nodes that could not be looked up, by going through all nodes of the file."""
    at = dict(zip(ids[unsure].tolist(), np.flatnonzero(unsure).tolist(), strict=True))
    for node in _reader(path, NODE):
        if (k := at.get(node.id)) is not None and not node.deleted and node.location.valid():
            x[k], y[k], known[k] = node.location.x, node.location.y, True


# What is made of it


@dataclass(frozen=True, slots=True, eq=False)
class _Segments:
    """
    Pieces between two nodes that follow each other on a way, both of known place.

    Attributes
    ----------
    way
        Number of the way in the order read.
    at
        Where the tail stands among the nodes of all ways end to end.
    tail, head
        Indices into ``_Places``.
    """

    way: NDArray[np.intp]
    at: NDArray[np.intp]
    tail: NDArray[np.intp]
    head: NDArray[np.intp]

    def where(self, kept: Bools) -> _Segments:
        return _Segments(self.way[kept], self.at[kept], self.tail[kept], self.head[kept])

    def touching(self, inside: Bools) -> _Segments:
        """Those with an end at one of these places."""
        return self.where(inside[self.tail] | inside[self.head])


def _segments(ways: _Ways, places: _Places) -> _Segments:
    way, at = ways.segments()
    node = np.searchsorted(places.ids, ways.node_ids())
    every = _Segments(way, at, node[at], node[at + 1])
    return every.where(places.known[every.tail] & places.known[every.head])


def _extract(found: _Found, places: _Places, box: Box | None) -> Extract:
    inside = np.ones(places.ids.size, dtype=bool) if box is None else box.around(places.lon, places.lat)
    placed = _segments(found.roads, places)
    long = placed.where(placed.tail != placed.head)
    kept = long.touching(inside)
    line, lines = _lines(_segments(found.barriers, places).touching(inside), places, found.kinds)
    line_names = [found.barrier_names[way] for way in line.tolist()]
    names = _names([found.uses[way].name for way in np.unique(kept.way).tolist()], line_names)
    used, ends = np.unique(np.concatenate([kept.tail, kept.head]), return_inverse=True)
    tail, head = np.split(ends.astype(np.int32), 2)
    use = _columns(found.uses, names)
    metres = _metres(places, kept)
    return Extract(
        lon=places.lon[used],
        lat=places.lat[used],
        node_id=places.ids[used],
        node_flags=_node_flags(found, places.ids[used]),
        tail=tail,
        head=head,
        metres=metres.astype(np.float32),
        way_id=np.array(found.roads.ids, dtype=np.int64)[kept.way],
        road=use.road[kept.way],
        walk=use.walk[kept.way],
        ride=use.ride[kept.way],
        limit_kmh=use.limit_kmh[kept.way],
        flags=use.flags[kept.way],
        ferry_minutes=(metres * _minutes_a_metre(use.ferry_minutes, places, long)[kept.way]).astype(np.float32),
        name=use.name[kept.way],
        barriers=replace(lines, name=_numbers(line_names, names)),
        names=names,
        bounds=_bounds(places, long),
        dropped=Dropped(
            closed_ways=found.closed_ways,
            squares=found.squares,
            without_place=found.roads.count() - placed.way.size,
            without_length=placed.way.size - long.way.size,
            outside=long.way.size - kept.way.size,
        ),
    )


def _metres(places: _Places, segments: _Segments) -> Floats:
    """Lengths on the ellipsoid in whole millimetres, one at least, so that every machine stores the same."""
    tail, head = segments.tail, segments.head
    if tail.size == 0:
        return np.empty(0)
    _, _, metres = _GEOD.inv(places.lon[tail], places.lat[tail], places.lon[head], places.lat[head])
    return np.asarray(np.maximum(np.round(metres, 3), _SHORTEST), dtype=np.float64)


def _minutes_a_metre(minutes: Floats, places: _Places, segments: _Segments) -> Floats:
    """Spread the minutes of each ferry over its whole way; NaN for other ways."""
    timed = segments.where(np.isfinite(minutes)[segments.way])
    metres = np.bincount(timed.way, weights=_metres(places, timed), minlength=minutes.size)
    rate: Floats = np.divide(minutes, metres, out=np.full(minutes.size, np.nan), where=metres > 0)
    return rate


def _bounds(places: _Places, segments: _Segments) -> Box | None:
    ends = np.concatenate([segments.tail, segments.head])
    return box_of(places.lon[ends], places.lat[ends]) if ends.size else None


class _Columns(NamedTuple):
    """Fields of ``tags.Use`` by way."""

    road: Bytes
    walk: Bools
    ride: Bytes
    limit_kmh: Floats32
    flags: Bytes
    ferry_minutes: Floats
    name: Ints32


def _columns(uses: Sequence[tags.Use], names: tuple[str, ...]) -> _Columns:
    road, walk, ride, limit_kmh, flags, ferry_minutes, name = zip(*uses, strict=True) if uses else ((),) * 7
    return _Columns(
        road=np.array(road, dtype=np.uint8),
        walk=np.array(walk, dtype=bool),
        ride=np.array(ride, dtype=np.uint8),
        limit_kmh=np.array(limit_kmh, dtype=np.float32),
        flags=np.array(flags, dtype=np.uint8),
        ferry_minutes=np.array(ferry_minutes, dtype=np.float64),
        name=_numbers(name, names),
    )


def _names(*used: Iterable[str]) -> tuple[str, ...]:
    """Give every name once, the empty one first."""
    return ("", *sorted(set().union(*used) - {""}))


def _numbers(called: Iterable[str], names: tuple[str, ...]) -> Ints32:
    index = {name: number for number, name in enumerate(names)}
    return np.array([index.get(name, 0) for name in called], dtype=np.int32)


def _node_flags(found: _Found, ids: Ints64) -> Bytes:
    """Flags by node; where a road shares a node with a railway on the level, it crosses it."""
    flags = np.zeros(ids.size, dtype=np.uint8)
    tagged = np.array(sorted(found.node_flags), dtype=np.int64)
    tagged = tagged[np.isin(tagged, ids, assume_unique=True)]
    flags[np.searchsorted(ids, tagged)] = [found.node_flags[node] for node in tagged.tolist()]
    on_rails = np.repeat(np.array(found.kinds, dtype=np.uint8) == BarrierKind.RAILWAY, found.barriers.lengths)
    flags[np.isin(ids, found.barriers.node_ids()[on_rails])] |= np.uint8(NodeFlag.LEVEL_CROSSING)
    return flags


def _lines(segments: _Segments, places: _Places, kinds: Sequence[BarrierKind]) -> tuple[NDArray[np.intp], Lines]:
    """Join segments that follow each other to lines; also give the way of each. The lines have no names yet."""
    at, way = segments.at, segments.way
    first = np.flatnonzero(np.diff(at, prepend=-2) != 1)
    # A line of n segments has n + 1 places: all tails, and the head of its last segment.
    last = np.append(first[1:], at.size) - 1 if first.size else first
    tail = np.insert(segments.tail, last + 1, segments.head[last])
    start = np.append(first, at.size) + np.arange(first.size + 1)
    kind = np.array(kinds, dtype=np.uint8)[way[first]]
    none = np.zeros(first.size, dtype=np.int32)
    return way[first], Lines(kind, start.astype(np.int32), places.lon[tail], places.lat[tail], none)
