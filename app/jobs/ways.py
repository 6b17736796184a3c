"""
The ways of pupils on a dataset's roads: minutes, crossings and borders that nobody can cross.

They depend on the network, the profile and the places alone, and are kept in a folder under the hash of these, so that
a second plan, an edit and the map find them at once.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from app.cases.scenario import Means as AskedMeans
from app.cases.scenario import Starts, Travel
from data.domain.district import District
from data.norms import Norms
from geo.contiguity import Contiguity
from geo.roads import borders, homes, minutes, snap, times
from geo.roads.classes import ROADS
from geo.roads.graph import Graph, build
from geo.roads.homes import Homes
from geo.roads.network import Network, Ride
from geo.roads.profile import Closure, Means, Profile, Slope
from geo.roads.snap import Snapped

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Arrays = dict[str, NDArray[Any]]
"""Arrays by the name under which they are kept."""

FORM = b"junheng-ways-1"
"""Named in every key; changes when what is kept, or how it is found, does."""

MOST_KEPT = 300
"""Results kept in a folder: a few MB each for a county."""

NOT_REACHED = 9_999
"""Minutes of a pair without a way within the cut-off: such a pair is never planned and its minutes never shown."""

FENCED = frozenset({"motorway", "motorway_link"})
"""Classes of road that nobody gets on or off at a border."""

FARTHEST_METRES = 1e7
"""Stands for the distance to a road where there is none at all: a quarter of the earth's girth."""

WKT_DECIMALS = 6
"""Decimals of a degree of a border that is kept: about 0.1 m."""

TIE_MINUTES = 60.0
"""A settlement cut off by barriers keeps a neighbour that is no further than this by road."""


@dataclass(frozen=True, slots=True)
class Roads:
    """A dataset's network, and the folder in which ways found on it are kept (``None``: nowhere)."""

    network: Network
    kept: Path | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """
    Ways of V settlements to S schools; shapes (V, S), minutes one way to school, ``NOT_REACHED`` where there is none.

    Attributes
    ----------
    minutes, p95
        By the means asked: mean over the homes of a settlement, and what 95 of 100 of its people keep to.
    walk, bus
        Mean on foot, and by bus with its walks.
    crosses
        Whether the way by the means asked crosses a trunk road or a railway on the level, on foot.
    by_bus
        Whether the way by the means asked is by bus.
    settlements_far, schools_far
        Shapes (V,) and (S,): metres from the road, in a straight line, of the farthest home and of the school, where
        that is beyond the limit; 0 elsewhere.
    """

    minutes: Ints
    p95: Ints
    walk: Ints
    bus: Ints
    crosses: Bools
    by_bus: Bools
    settlements_far: Ints
    schools_far: Ints

    @property
    def reached(self) -> Bools:
        """Tell which pairs have a way."""
        return np.asarray(self.minutes < NOT_REACHED)


def profile_of(value: Callable[[str], float], travel: Travel) -> Profile:
    """Make the profile of a scenario; ``value`` gives the value of a norm by its key."""
    return Profile(
        walk_kmh=value("travel.walk_kmh"),
        off_road_kmh=value("travel.off_road_kmh"),
        wait_minutes=value("travel.bus_wait"),
        ferry_wait_minutes=value("travel.ferry_wait"),
        ferry_kmh=value("travel.ferry_kmh"),
        stairs_kmh=value("travel.stairs_kmh"),
        steep_from=value("travel.steep_from"),
        steep_loss=value("travel.steep_loss"),
        steep_least=value("travel.steep_least"),
        slope=Slope(travel.slope),
        closures=tuple(
            Closure(
                name=closure.name,
                above_metres=closure.above_metres,
                below_metres=closure.below_metres,
                steeper_than=closure.steeper_than,
                ferries=closure.ferries,
                ways=closure.ways,
                area=None if closure.area is None else shape_of(closure.area),
            )
            for closure in travel.closures
        ),
    )


def plain_profile(on: date) -> Profile:
    """Make the profile of no scenario: the norms of a day, nothing shut."""
    norms = Norms.default()
    return profile_of(lambda key: norms.value(key, None, on), Travel())


@lru_cache(maxsize=2)
def graph_of(network: Network, profile: Profile) -> Graph:
    """Build the graph of a network and a profile, once for the last ones asked."""
    return build(network, profile)


def means_of(travel: Travel) -> Means:
    """Give the means of trips on roads that a scenario asks for."""
    return Means.MIXED if travel.means is AskedMeans.STRAIGHT_LINE else Means(travel.means)


def homes_of(district: District, network: Network, starts: Starts) -> Homes:
    """Give the places that trips of each settlement start from."""
    centres = np.array([settlement.centre for settlement in district.settlements], dtype=object)
    if starts is Starts.CENTRE:
        return homes.points_of(network, centres, centres)
    shapes = np.array([settlement.geometry for settlement in district.settlements], dtype=object)
    return homes.points_of(network, shapes, centres, _listed(district))


def find(
    district: District,
    schools: Sequence[Point],
    roads: Roads,
    profile: Profile,
    travel: Travel,
    *,
    snap_limit: float,
    cut_off: float,
) -> Ways:
    """
    Find the ways of a district's settlements to some schools.

    Parameters
    ----------
    snap_limit
        Longest straight way from a home or school to the roads, metres.
    cut_off
        Minutes beyond which no way is looked for.
    """
    starts = homes_of(district, roads.network, travel.starts)
    doors = np.array([[point.x, point.y] for point in schools], dtype=np.float64).reshape(-1, 2)
    means = means_of(travel)
    key = _key(b"ways", roads.network, profile, starts, doors, (means.value, snap_limit, cut_off))

    def search() -> Arrays:
        at = snap.snap(roads.network, starts.lon, starts.lat, snap_limit)
        stand = snap.snap(roads.network, doors[:, 0], doors[:, 1], snap_limit)
        graph = graph_of(roads.network, profile)
        count = len(district.settlements)
        found = minutes.between(graph, starts, at, count, stand, cut_off_minutes=cut_off)
        return _tables(found, means, starts, at, stand, (count, len(doors)))

    return Ways(**_kept(roads.kept, key, search))


def _tables(
    found: minutes.Times, means: Means, starts: Homes, at: Snapped, stand: Snapped, shape: tuple[int, int]
) -> Arrays:
    """Give the fields of ``Ways``."""
    walk, bus = (found.dense(name, shape, NOT_REACHED) for name in ("walk", "bus"))
    crosses_walk, crosses_bus = (found.dense(name, shape, 0) > 0 for name in ("crosses_walk", "crosses_bus"))
    by_bus = {Means.WALK: np.zeros(shape, bool), Means.BUS: bus < NOT_REACHED, Means.MIXED: bus < walk}[means]
    far = np.zeros(shape[0], dtype=np.int64)
    np.maximum.at(far, starts.settlement, _off_road(at))
    return {
        "minutes": found.dense(means.value, shape, NOT_REACHED),
        "p95": found.dense(f"{means.value}_p95", shape, NOT_REACHED),
        "walk": walk,
        "bus": bus,
        "crosses": np.where(by_bus, crosses_bus, crosses_walk),
        "by_bus": by_bus,
        "settlements_far": far,
        "schools_far": _off_road(stand),
    }


def _off_road(places: Snapped) -> Ints:
    """Give the metres to the road of places beyond the limit, 0 for the others."""
    metres = np.where(places.segment < 0, np.minimum(places.metres, FARTHEST_METRES), 0.0)
    return np.ceil(metres).astype(np.int64)


def _listed(district: District) -> Homes | None:
    """Give the homes that the dataset lists."""
    if not district.homes:
        return None
    position: Mapping[str, int] = {settlement.id: v for v, settlement in enumerate(district.settlements)}
    rows = sorted(district.homes, key=lambda home: position[home.settlement])
    return Homes(
        settlement=np.array([position[home.settlement] for home in rows], dtype=np.int32),
        lon=np.array([home.point.x for home in rows]),
        lat=np.array([home.point.y for home in rows]),
        weight=np.array([home.people for home in rows], dtype=np.float64),
    )


def _key(what: bytes, network: Network, profile: Profile, *places: object) -> str:
    """Hash everything that a result depends on."""
    total = hashlib.sha256(FORM + what + network.hash.encode())
    total.update(repr((profile, ROADS)).encode())
    for place in places:
        parts = [getattr(place, f.name) for f in fields(place)] if isinstance(place, Homes) else [place]
        for part in parts:
            total.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    return total.hexdigest()


def _kept(folder: Path | None, key: str, make: Callable[[], Arrays]) -> Arrays:
    """Give arrays that are kept under a key, or make and keep them; a damaged file is made anew."""
    if folder is None:
        return dict(make())
    path = folder / f"{key}.npz"
    try:
        with np.load(path, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, EOFError, BadZipFile):
        arrays = dict(make())
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".npz")
        with os.fdopen(handle, "wb") as out:
            np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
        Path(name).replace(path)
        _make_room(folder)
        return arrays


def _make_room(folder: Path) -> None:
    """Let go of what was found longest ago; another process may do so at the same time."""
    found = [(path.stat().st_mtime, path) for path in folder.glob("*.npz") if path.exists()]
    for _, path in sorted(found)[:-MOST_KEPT]:
        path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class UncrossedBorder:
    """
    A common border of two settlements (indices) that no way crosses.

    Attributes
    ----------
    reason
        ``water``, ``expressway``, ``railway`` or ``no_way``.
    barrier
        Its name, or empty.
    line
        The border, longitude and latitude.
    kept
        The two count as neighbours all the same, as one of them would have none within reach.
    """

    settlement: int
    other: int
    reason: str
    barrier: str
    metres: int
    line: BaseGeometry
    kept: bool


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """``crossed``: shape (E, 2), the neighbours that remain; ``borders``: those that no way crosses."""

    crossed: Ints
    borders: tuple[UncrossedBorder, ...]


def cut(
    district: District,
    near: Contiguity,
    roads: Roads,
    profile: Profile,
    means: Means,
    unknown: Bools,
    *,
    snap_limit: float,
) -> Cut:
    """
    Find which common borders no way crosses; a settlement that this would cut off keeps a tie.

    Parameters
    ----------
    means
        On foot alone, a border counts as crossed where people can walk; otherwise also where a bus rides, expressways
        aside.
    unknown
        Shape (V,): settlements of which no way is known; their borders all count.
    """
    centres = np.array([settlement.centre for settlement in district.settlements], dtype=object)
    places = shapely.get_coordinates(centres)
    shapes = shapely.to_wkb(near.cells).tolist()
    key = _key(b"cut", roads.network, profile, near.pairs, places, shapes, unknown, (means.value, snap_limit))

    def judge() -> Arrays:
        found = borders.crossable(_crossed_by(roads.network, profile, means), near.pairs, near.cells, centres)
        nothing_known = unknown[near.pairs].any(axis=1)
        found.kept[nothing_known], found.reason[nothing_known] = True, ""
        minutes_apart = _apart(roads.network, profile, means, places, near.pairs[~found.kept], snap_limit)
        found = borders.with_ties(found, minutes_apart, TIE_MINUTES)
        told = np.flatnonzero(found.reason != "")
        return {
            "kept": found.kept,
            "told": told,
            "reason": found.reason[told].astype(np.str_),
            "barrier": found.barrier[told].astype(np.str_),
            "metres": found.metres[told],
            "line": shapely.to_wkt(found.geometry[told], rounding_precision=WKT_DECIMALS).astype(np.str_),
        }

    rows = _kept(roads.kept, key, judge)
    kept = np.asarray(rows["kept"], dtype=bool)
    told = [rows[name].tolist() for name in ("told", "reason", "barrier", "metres", "line")]
    return Cut(
        near.pairs[kept],
        tuple(
            UncrossedBorder(
                settlement=int(near.pairs[pair, 0]),
                other=int(near.pairs[pair, 1]),
                reason=reason,
                barrier=barrier,
                metres=round(metres),
                line=shapely.from_wkt(line),
                kept=bool(kept[pair]),
            )
            for pair, reason, barrier, metres, line in zip(*told, strict=True)
        ),
    )


def _crossed_by(network: Network, profile: Profile, means: Means) -> Network:
    """Give the network whose ways on foot are those that lead people over a border by these means, if open."""
    crossed = network.walk
    if means is not Means.WALK:
        fenced = np.isin(network.road, [place for place, road in enumerate(ROADS) if road.road in FENCED])
        crossed = crossed | ((network.ride != Ride.NONE) & ~fenced)
    if profile.closures:
        crossed = crossed & ~times.closed(network, profile.closures, times.slopes(network))
    return replace(network, walk=crossed)


def _apart(
    network: Network, profile: Profile, means: Means, places: NDArray[np.float64], pairs: Ints, snap_limit: float
) -> NDArray[np.float64]:
    """Give the minutes by road between the centres of pairs; infinite beyond ``TIE_MINUTES``."""
    if len(pairs) == 0:
        return np.empty(0)
    ones, at_one = np.unique(pairs[:, 0], return_inverse=True)
    others, at_other = np.unique(pairs[:, 1], return_inverse=True)
    starts = Homes(np.arange(len(ones), dtype=np.int32), places[ones, 0], places[ones, 1], np.ones(len(ones)))
    at = snap.snap(network, starts.lon, starts.lat, snap_limit)
    ends = snap.snap(network, places[others, 0], places[others, 1], snap_limit)
    found = minutes.between(graph_of(network, profile), starts, at, len(ones), ends, cut_off_minutes=TIE_MINUTES)
    table = found.dense(means.value, (len(ones), len(others)), NOT_REACHED).astype(np.float64)
    table[table >= NOT_REACHED] = np.inf
    return np.asarray(table[at_one, at_other])
