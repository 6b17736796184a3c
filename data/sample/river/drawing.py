"""The map of a seed: its ways, relief and homes, drawn once, and the files made of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from shapely import LineString

from data.sample.river import earth, homes, names, network, osm, people, relief, roads, streets
from data.sample.river import land as lands
from data.sample.river.homes import Home
from data.sample.river.land import Land
from data.sample.river.relief import Relief
from data.sample.river.roads import Road, Tags

_RELIEF, _STREETS, _HOMES = 1, 2, 3
"""Random numbers of their own beside those of the tables."""
_RIVER_STEP = 100.0
_KEPT = 4


@dataclass(frozen=True, slots=True, eq=False)
class Map:
    """The ways, the places of nodes with tags of their own, the relief and the homes of a seed."""

    roads: tuple[Road, ...]
    marks: tuple[tuple[lands.Places, Tags], ...]
    relief: Relief
    homes: tuple[Home, ...]


@lru_cache(maxsize=_KEPT)
def draw(seed: int) -> Map:
    """Draw the map of a seed, on the land and round the schools that the tables of that seed have."""
    rng = np.random.default_rng(seed)
    land = lands.make(rng)
    children = people.make(rng, land)
    schools = network.make(rng, land, children)
    heights = relief.make(np.random.default_rng((seed, _RELIEF)), land)
    ways = roads.draw(land, schools, heights, names.stems(land.centre_of_town.tolist(), len(land.cells)))
    small, along = streets.draw(np.random.default_rng((seed, _STREETS)), land, schools, heights, ways)
    settled = homes.make(np.random.default_rng((seed, _HOMES)), land, children, along)
    return Map((*ways.roads, *small, *_river(land)), ways.marks, heights, tuple(settled))


def homes_of(seed: int) -> tuple[Home, ...]:
    """Give where people live, settlement by settlement."""
    return draw(seed).homes


def osm_xml(seed: int) -> bytes:
    """Give the roads, the expressway, the railway and the river as OSM XML."""
    drawn = draw(seed)
    return osm.xml(drawn.roads, drawn.marks)


def hgt(seed: int) -> tuple[str, bytes]:
    """Give the relief as the SRTM tile of three seconds that the district lies in: its file name and its content."""
    west, south = np.floor(earth.degrees(np.zeros((1, 2)))[0]).astype(int).tolist()
    return relief.hgt(draw(seed).relief, west, south)


def _river(land: Land) -> Iterator[Road]:
    """The middle of the river, and its surface between the banks."""
    west, _, east, _ = shapely.total_bounds(land.cells)
    along = np.arange(west, east, _RIVER_STEP)
    middle = np.column_stack([along, lands.river_north(along, land.river_phase)])
    surface = LineString(middle).buffer(lands.RIVER_WIDTH / 2, cap_style="flat").simplify(1.0)
    yield Road(middle, {"waterway": "river", "name": names.RIVER}, ground=False)
    ring = shapely.get_coordinates(surface)
    yield Road(ring, {"natural": "water", "water": "river", "name": names.RIVER}, ground=False)
