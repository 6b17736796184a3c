"""Where the people of a settlement live, as places from which trips start: given, along its roads, or its centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo import cells
from geo.crs import Shapes
from geo.roads.classes import ROADS
from geo.roads.network import Floats, Ints32, Ints64, Network

MOST_PLACES = 16
"""Places along the roads of one settlement."""
PLACE_METRES = 100.0
"""One place is set for so many metres of road."""
LEAST_METRES = 200.0
"""With less road than this inside it a settlement has its centre."""
_POLYGONS = (3, 6)


@dataclass(frozen=True, slots=True, eq=False)
class Homes:
    """
    P homes, ordered by settlement; every settlement has one or more.

    Attributes
    ----------
    settlement
        Shape (P,), index of the settlement.
    lon, lat
        Shape (P,), degrees, EPSG:4326.
    weight
        Shape (P,), above 0: people, or equal shares that add up to 1.
    """

    settlement: Ints32
    lon: Floats
    lat: Floats
    weight: Floats


def points_of(network: Network, geometries: Shapes, centres: Shapes, given: Homes | None = None) -> Homes:
    """
    Choose the homes of all settlements.

    Homes that are given win, those with nobody in them left out. A polygon without any has up to ``MOST_PLACES``
    places, evenly along the walkable roads inside it where homes stand (``RoadClass.lived_on``). Every other
    settlement has its centre.

    Parameters
    ----------
    geometries
        Shape (V,), Point, Polygon or MultiPolygon, longitude and latitude.
    centres
        Shape (V,), Point.
    given
        In any order; a settlement may have none.
    """
    shapes, middle = np.asarray(geometries, dtype=object), np.asarray(centres, dtype=object)
    kept = _peopled(given)
    lacking = np.ones(shapes.size, dtype=bool)
    lacking[kept.settlement] = False
    polygons = np.flatnonzero(lacking & np.isin(shapely.get_type_id(shapes), _POLYGONS))
    sampled = _along_roads(network, shapes, polygons)
    lacking[sampled.settlement] = False
    alone = np.flatnonzero(lacking)
    at_centre = Homes(
        alone.astype(np.int32), shapely.get_x(middle[alone]), shapely.get_y(middle[alone]), np.ones(alone.size)
    )
    return _joined(kept, sampled, at_centre)


def _peopled(given: Homes | None) -> Homes:
    if given is None:
        return Homes(np.empty(0, np.int32), np.empty(0), np.empty(0), np.empty(0))
    lived_in = np.asarray(given.weight) > 0
    return Homes(given.settlement[lived_in], given.lon[lived_in], given.lat[lived_in], given.weight[lived_in])


def _joined(*parts: Homes) -> Homes:
    settlement = np.concatenate([part.settlement for part in parts])
    order = np.argsort(settlement, kind="stable")
    lon, lat, weight = (
        np.concatenate([getattr(part, name) for part in parts]).astype(np.float64)[order]
        for name in ("lon", "lat", "weight")
    )
    return Homes(settlement[order].astype(np.int32), lon, lat, weight)


def _along_roads(network: Network, shapes: Shapes, polygons: NDArray[np.intp]) -> Homes:
    """Places evenly along the pieces of road inside each polygon, taken in the order of the network's segments."""
    owner, piece, metres = _pieces(network, shapes, polygons)
    total = np.bincount(owner, weights=metres, minlength=shapes.size)
    whole = np.round(total, 1)  # a decimetre is nothing to a border, and may not cost a place
    places = np.clip(whole // PLACE_METRES, 1, MOST_PLACES).astype(np.int64) * (whole >= LEAST_METRES)
    settlement = np.repeat(np.arange(shapes.size), places)
    rank = np.arange(settlement.size) - np.repeat(np.cumsum(places) - places, places)
    end = np.cumsum(metres)
    before = np.concatenate([[0.0], np.cumsum(total)])[settlement]
    target = before + (rank + 0.5) * total[settlement] / places[settlement]
    which = np.minimum(np.searchsorted(end, target), max(end.size - 1, 0))
    share = 1 - (end[which] - target) / metres[which]
    at = shapely.line_interpolate_point(piece[which], np.clip(share, 0, 1), normalized=True)
    return Homes(settlement.astype(np.int32), shapely.get_x(at), shapely.get_y(at), 1 / places[settlement])


def _pieces(network: Network, shapes: Shapes, polygons: NDArray[np.intp]) -> tuple[Ints64, Shapes, Floats]:
    """Settlement, line and metres of every piece of road inside a polygon."""
    lived_on = np.array([road.lived_on for road in ROADS], dtype=bool)[network.road]
    roads = np.flatnonzero(network.walk & lived_on & (network.tail != network.head))
    if roads.size == 0 or polygons.size == 0:
        return np.empty(0, np.int64), np.empty(0, dtype=object), np.empty(0)
    ends = [np.column_stack([x[network.tail[roads]], x[network.head[roads]]]) for x in (network.lon, network.lat)]
    lines = np.asarray(shapely.linestrings(np.stack(ends, axis=2)), dtype=object)
    land, _ = cells.repaired(shapes[polygons])
    owner, line = _meeting(land, lines)
    parts, of_pair = shapely.get_parts(_clipped(land, lines, owner, line), return_index=True)
    share = shapely.length(parts) / shapely.length(lines[line[of_pair]])
    metres = share * network.metres[roads[line[of_pair]]]
    real = metres > 0
    return polygons[owner[of_pair[real]]], parts[real], metres[real]


def _meeting(land: Shapes, lines: Shapes) -> tuple[Ints64, Ints64]:
    """Pairs of a polygon and a line that meet, ordered by polygon, then line."""
    owner, line = shapely.STRtree(lines).query(land, predicate="intersects")
    order = np.lexsort((line, owner))
    return owner[order], line[order]


def _clipped(land: Shapes, lines: Shapes, owner: Ints64, line: Ints64) -> Shapes:
    """The part of each line inside its polygon; most lie inside whole, which a prepared polygon tells at once."""
    shapely.prepare(land)
    inside = np.asarray(shapely.covers(land[owner], lines[line]), dtype=bool)
    clipped = lines[line]
    clipped[~inside] = shapely.intersection(lines[line[~inside]], land[owner[~inside]])
    return clipped
