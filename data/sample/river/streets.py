"""
The small ways: lanes to hamlets and between houses, ways to the gates of schools, short cuts on foot, and a quarry.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import shapely
from numpy.random import Generator
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from data.sample.river import lines
from data.sample.river.land import Land, Places
from data.sample.river.network import Network
from data.sample.river.relief import Relief
from data.sample.river.roads import ON_FOOT, Drawing, Road

_LANES = {0: (2, 4), 1: (3, 6), 2: (4, 7)}
"""Least and most lanes of a village, a town's community and one of the county seat."""
_LANE_METRES = {0: (90.0, 320.0), 1: (60.0, 160.0), 2: (50.0, 130.0)}
_LANES_WITHIN = {0: 520.0, 1: 330.0, 2: 200.0}
"""Metres along the road from the centre within which lanes leave it."""
_FROM_BORDER = 12.0
_PATIENCE = 12
_SHORT_CUTS = 0.4
"""Share of the winding roads beside which a path leads straight up."""
_WINDING, _LONG_ENOUGH = 1.2, 400.0
_STEPS_FROM = 0.17
"""Slope from which a path is made of steps."""
_QUARRY_TRIES, _QUARRY_CLEAR, _QUARRY_RADIUS, _QUARRY_CORNERS = 200, 120.0, 45.0, 12

Streets = Mapping[int, Sequence[Places]]
"""Lines of the streets of each settlement, from its centre or from another street outwards."""


def draw(rng: Generator, land: Land, schools: Network, relief: Relief, ways: Drawing) -> tuple[list[Road], Streets]:
    """Draw the small ways; also give the streets that people live along."""
    streets: dict[int, list[Places]] = defaultdict(list)
    for one in ways.courses:
        if one.course.road not in ON_FOOT:
            for home, half in zip((one.course.one, one.course.other), one.halves, strict=True):
                streets[home].append(half)
    shapely.prepare(ways.closed)
    roads = list(_gates(land, schools))
    for home in range(len(land.cells)):
        lanes = list(_lanes(rng, land, home, streets[home], ways.closed))
        streets[home] += [lane.line for lane in lanes]
        roads += lanes
    roads += _short_cuts(rng, land, relief, ways)
    roads.append(_quarry(rng, land, [*ways.roads, *roads]))
    return roads, streets


def _gates(land: Land, schools: Network) -> Iterator[Road]:
    for school in schools.schools:
        line = lines.straight(land.centres[school.settlement], np.array(school.place))
        yield Road(line, {"highway": "service"})


def _lanes(rng: Generator, land: Land, home: int, streets: Sequence[Places], closed: BaseGeometry) -> Iterator[Road]:
    """Lanes that leave the roads of a settlement, on its own land and away from what is fenced."""
    kind = int(land.kind[home])
    room = land.cells[home].buffer(-_FROM_BORDER)
    shapely.prepare(room)
    starts = _starts(streets, _LANES_WITHIN[kind])
    for _ in range(int(rng.integers(*_LANES[kind], endpoint=True)) if starts else 0):
        for _ in range(_PATIENCE):
            start, run = starts[int(rng.integers(len(starts)))]
            turn = rng.choice([-1, 1]) * rng.uniform(0.35, 0.65) * np.pi
            metres = rng.uniform(*_LANE_METRES[kind])
            aside = np.array(
                [np.cos(turn) * run[0] - np.sin(turn) * run[1], np.sin(turn) * run[0] + np.cos(turn) * run[1]]
            )
            line = lines.straight(start, start + metres * aside)
            if _is_free(line, room, closed):
                road = "service" if kind and rng.uniform() < 0.3 else "residential"
                yield Road(line, {"highway": road})
                break


def _starts(streets: Sequence[Places], within: float) -> list[tuple[Places, Places]]:
    """Nodes of streets within some metres of the centre, and the direction of the street there."""
    found = []
    for line in streets:
        metres = lines.along(line)
        for node in np.flatnonzero((metres > lines.STEP) & (metres < within))[:-1].tolist():
            run = line[node + 1] - line[node]
            found.append((line[node], run / np.hypot(*run)))
    return found


def _is_free(line: Places, room: BaseGeometry, closed: BaseGeometry) -> bool:
    way = LineString(line)
    return bool(room.contains(way)) and not closed.intersects(way)


def _short_cuts(rng: Generator, land: Land, relief: Relief, ways: Drawing) -> Iterator[Road]:
    """Paths that lead straight where a road winds, with steps where it is steep."""
    for one in ways.courses:
        for home, half in zip((one.course.one, one.course.other), one.halves, strict=True):
            metres = float(np.hypot(*(half[-1] - half[0])))
            winds = metres > _LONG_ENOUGH and lines.length(half) > _WINDING * metres and not one.stretches
            if winds and one.course.road not in ON_FOOT and rng.uniform() < _SHORT_CUTS:
                line = lines.straight(half[0], half[-1])
                if _is_free(line, land.cells[home].buffer(1.0), ways.closed):
                    yield from _stepped(line, relief)


def _stepped(line: Places, relief: Relief) -> Iterator[Road]:
    """A path, cut where steps begin and end."""
    slope = np.abs(np.diff(relief.heights(line))) / np.hypot(*np.diff(line, axis=0).T)
    steep = slope > _STEPS_FROM
    cuts = [0, *(np.flatnonzero(np.diff(steep)) + 1).tolist(), len(steep)]
    for start, end in itertools.pairwise(cuts):
        yield Road(line[start : end + 1], {"highway": "steps" if steep[start] else "path"})


def _quarry(rng: Generator, land: Land, roads: Iterable[Road]) -> Road:
    """A track round a quarry that no road leads to, on the land of the village farthest from the county seat."""
    seat = land.centres[land.centre_of_town[0]]
    cell = land.cells[int(np.argmax(np.hypot(*(land.centres - seat).T)))]
    every = shapely.union_all([LineString(road.line) for road in roads if cell.intersects(LineString(road.line))])
    west, south, east, north = cell.bounds
    tried = rng.uniform((west, south), (east, north), (_QUARRY_TRIES, 2))
    within = shapely.contains_xy(cell.buffer(-_QUARRY_CLEAR), tried[:, 0], tried[:, 1])
    metres = np.where(within, shapely.distance(shapely.points(tried), every), -1.0)
    angle = np.linspace(0, 2 * np.pi, _QUARRY_CORNERS + 1)
    ring = tried[int(np.argmax(metres))] + _QUARRY_RADIUS * np.column_stack([np.cos(angle), np.sin(angle)])
    ring[-1] = ring[0]
    return Road(ring, {"highway": "track"})
