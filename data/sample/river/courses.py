"""
The courses: over which borders of settlements a way leads, and of which class it is.

What today's zones need is always there: the tree of shortest ways from each school over the settlements of its zone,
the bridges, and the ways from town to town. Of the other borders the easiest have a road, some more a track or path,
and the hardest, ridges mostly, nothing at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from data.domain.schools import Stage
from data.sample.river.land import Land, Places, river_north
from data.sample.river.network import Network
from data.sample.river.relief import Relief

TRUNK, PRIMARY, SECONDARY, TERTIARY = "trunk", "primary", "secondary", "tertiary"
UNCLASSIFIED, RESIDENTIAL, TRACK, PATH = "unclassified", "residential", "track", "path"
"""Values of the OSM key ``highway``."""
BY_RANK = (TRUNK, PRIMARY, SECONDARY, TERTIARY, UNCLASSIFIED, RESIDENTIAL, TRACK, PATH)

_SHARES_OF_A_BORDER = np.linspace(0.2, 0.8, 7)
_CLIMB_WEIGHT = 6.0
"""Metres on the flat that are as bad as one metre up or down."""
_IMPOSSIBLE = 1e6
"""Added where the straight way leaves one of the two settlements."""
_EASY, _HARD = 0.25, 0.55
"""Of the borders nobody needs to cross, the share with a road, and the share beyond which there is nothing."""
_FAR_ON_A_LANE = 3_200.0
"""Metres from its school beyond which the settlements of a zone need a better road in between."""
_MANY = 5
"""Settlements whose way to the junior school makes a better road."""
_VALLEY = 1_500.0
"""The trunk road avoids what lies further than about this from the river."""
_KNOWN_WAY = 0.75
"""Length of a border crossed anyway, against another, for those who choose a way from town to town."""

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """
    The neighbouring pairs of a land, those joined by a bridge at the end.

    Attributes
    ----------
    pairs
        Shape (E, 2).
    points
        Shape (E, 2), where the common border is best crossed, in metres; not a number for bridges.
    metres
        Shape (E,), length by way of that point.
    effort
        Shape (E,), the same with climbs added; above `_IMPOSSIBLE` where no straight way leads there.
    """

    pairs: NDArray[np.intp]
    points: Places
    metres: NDArray[np.float64]
    effort: NDArray[np.float64]

    def graph(self, weights: NDArray[np.float64], used: NDArray[np.bool_] | None = None) -> csr_array:
        """Give the pairs (or those used) as a symmetric graph."""
        chosen = slice(None) if used is None else used
        one, other = self.pairs[chosen].T
        count = int(self.pairs.max()) + 1
        both = (np.concatenate([one, other]), np.concatenate([other, one]))
        return coo_array((np.tile(weights[chosen], 2), both), shape=(count, count)).tocsr()


@dataclass(frozen=True, slots=True)
class Course:
    """
    A way from the centre of one settlement to that of a neighbour.

    Attributes
    ----------
    at
        Where it crosses the common border; ``None`` for a bridge.
    needed
        Without it some zone of today falls apart, or a town or bridge is cut off.
    """

    one: int
    other: int
    road: str
    at: tuple[float, float] | None
    needed: bool


def choose(land: Land, schools: Network, relief: Relief) -> list[Course]:
    """Choose the courses, in the order of the neighbouring pairs, bridges last."""
    borders = _borders(land, relief)
    needed = _needed(land, schools, borders)
    courses = []
    for number, road in _roads(land, borders, needed).items():
        one, other = _ordered(*borders.pairs[number].tolist())
        east, north = borders.points[number].tolist()
        at = None if np.isnan(east) else (east, north)
        courses.append(Course(one, other, road, at, (one, other) in needed))
    return courses


def _borders(land: Land, relief: Relief) -> Borders:
    one, other = land.neighbours.T
    shared = shapely.line_merge(shapely.intersection(land.cells[one], land.cells[other]))
    pieces, owner = shapely.get_parts(shared, return_index=True)
    order = np.lexsort((-shapely.length(pieces), owner))
    longest = pieces[order[np.unique(owner[order], return_index=True)[1]]]
    tries = shapely.line_interpolate_point(longest[:, None], _SHARES_OF_A_BORDER[None, :], normalized=True)
    places = shapely.get_coordinates(tries).reshape(len(one), -1, 2)
    effort = sum(_effort(land, relief, ends, places) for ends in (one, other))
    best = np.argmin(effort, axis=1)
    rows = np.arange(len(one))
    points = places[rows, best]
    metres = sum(np.hypot(*(points - land.centres[ends]).T) for ends in (one, other))
    bridges = np.array(land.bridges, dtype=np.intp)
    over = np.hypot(*(land.centres[bridges[:, 0]] - land.centres[bridges[:, 1]]).T)
    return Borders(
        np.vstack([land.neighbours, bridges]),
        np.vstack([points, np.full((len(bridges), 2), np.nan)]),
        np.concatenate([metres, over]),
        np.concatenate([np.asarray(effort)[rows, best], over]),
    )


def _effort(land: Land, relief: Relief, ends: NDArray[np.intp], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """What it takes from the centres of some settlements straight to places on their borders, shape (E, K)."""
    centres = land.centres[ends]
    metres = np.hypot(*(places - centres[:, None, :]).transpose(2, 0, 1))
    climb = np.abs(relief.at(places[..., 0], places[..., 1]) - relief.heights(centres)[:, None])
    ways = shapely.linestrings(np.stack(np.broadcast_arrays(centres[:, None, :], places), axis=2))
    cells = land.cells[ends].copy()
    shapely.prepare(cells)
    within = shapely.length(shapely.intersection(ways, cells[:, None])) > metres - 0.1
    return np.asarray(metres + _CLIMB_WEIGHT * climb + np.where(within, 0, _IMPOSSIBLE))


def _roads(land: Land, borders: Borders, needed: dict[Pair, str]) -> dict[int, str]:
    """Classes of ways by position among the borders: the needed, streets of towns, the easy and the middling."""
    pairs = [_ordered(*pair) for pair in borders.pairs.tolist()]
    roads = {number: needed[pair] for number, pair in enumerate(pairs) if pair in needed}
    free = [number for number in np.argsort(borders.effort).tolist() if number not in roads]
    free = [number for number in free if borders.effort[number] < _IMPOSSIBLE]
    for place, number in enumerate(free):
        one, other = pairs[number]
        if min(land.kind[one], land.kind[other]) > 0:
            roads[number] = RESIDENTIAL
        elif place < _EASY * len(free):
            roads[number] = UNCLASSIFIED
        elif place < _HARD * len(free):
            roads[number] = (TRACK, PATH)[place % 2]
    return dict(sorted(roads.items()))


def _needed(land: Land, schools: Network, borders: Borders) -> dict[Pair, str]:
    """Classes of the roads that must be there."""
    found: dict[Pair, str] = {}
    for pair, metres in _tree(schools, borders, Stage.PRIMARY, found).items():
        _raise_to(found, pair, TERTIARY if max(metres) > _FAR_ON_A_LANE else UNCLASSIFIED)
    for pair, metres in _tree(schools, borders, Stage.JUNIOR, found).items():
        _raise_to(found, pair, TERTIARY if len(metres) >= _MANY else UNCLASSIFIED)
    for one, other in land.bridges:
        _raise_to(found, _ordered(one, other), SECONDARY)
    for pair, road in _between_towns(land, borders, found):
        _raise_to(found, pair, road)
    for pair in _along_the_valley(land, borders):
        _raise_to(found, pair, TRUNK)
    return found


def _raise_to(found: dict[Pair, str], pair: Pair, road: str) -> None:
    found[pair] = min(found.get(pair, road), road, key=BY_RANK.index)


def _ordered(one: int, other: int) -> Pair:
    return min(one, other), max(one, other)


def _cheaper(borders: Borders, found: Collection[Pair]) -> NDArray[np.float64]:
    """Efforts, less where a road is needed anyway."""
    known = np.array([_ordered(*pair) in found for pair in borders.pairs.tolist()])
    return np.where(known, _KNOWN_WAY, 1.0) * borders.effort


def _tree(schools: Network, borders: Borders, stage: Stage, found: Collection[Pair]) -> dict[Pair, list[float]]:
    """Pairs on the best ways to school within today's zones of a stage, with the metres of each settlement's way."""
    zone = schools.zones[stage]
    inside = zone[borders.pairs[:, 0]] == zone[borders.pairs[:, 1]]
    graph = borders.graph(_cheaper(borders, found), inside)
    homes = [schools.schools[school].settlement for school in np.unique(zone)]
    _, before, _ = dijkstra(graph, indices=homes, min_only=True, return_predecessors=True)
    metres_of = dict(zip(map(tuple, np.sort(borders.pairs, axis=1).tolist()), borders.metres.tolist(), strict=True))
    used: dict[Pair, list[float]] = defaultdict(list)
    for home in range(len(zone)):
        way = list(_steps(before, home))
        for pair in way:
            used[pair].append(sum(metres_of[step] for step in way))
    return used


def _steps(before: NDArray[np.int32], home: int) -> Iterator[Pair]:
    """Pairs on the way that Dijkstra's predecessors describe, from its end."""
    while before[home] >= 0:
        yield _ordered(home, int(before[home]))
        home = int(before[home])


def _between_towns(land: Land, borders: Borders, found: Collection[Pair]) -> Iterator[tuple[Pair, str]]:
    """The least net of ways that joins the towns, better near the county seat, and one more way for each town."""
    towns = land.centre_of_town
    effort, before = dijkstra(borders.graph(_cheaper(borders, found)), indices=towns, return_predecessors=True)
    apart = effort[:, towns]
    net = minimum_spanning_tree(apart).tocoo()
    joined = {_ordered(*ends) for ends in zip(net.row.tolist(), net.col.tolist(), strict=True)}
    for one, other in sorted(joined):
        for pair in _steps(before[one], int(towns[other])):
            yield pair, PRIMARY if one == 0 else SECONDARY
    for one in range(len(towns)):
        near = next(other for other in np.argsort(apart[one])[1:].tolist() if _ordered(one, other) not in joined)
        for pair in _steps(before[one], int(towns[near])):
            yield pair, TERTIARY


def _along_the_valley(land: Land, borders: Borders) -> Iterator[Pair]:
    """The way from the west down to the county seat, over its bridge and on to the east."""
    east, north = land.centres.T
    away = np.abs(north - river_north(east, land.river_phase))
    weights = borders.effort * (1 + (away[borders.pairs].max(axis=1) / _VALLEY) ** 2)
    on_land = borders.graph(weights, np.isfinite(borders.points[:, 0]))
    seat = int(land.centre_of_town[0])
    from_seat, before = (row[0] for row in dijkstra(on_land, indices=[seat], return_predecessors=True))
    bridges = [pair if np.isfinite(from_seat[pair[0]]) else pair[::-1] for pair in land.bridges]
    here, there = min(bridges, key=lambda pair: float(from_seat[pair[0]]))
    yield _ordered(here, there)
    yield from _steps(before, here)
    yield from _steps(before, _outmost(from_seat, -east, away))
    from_bridge, before = (row[0] for row in dijkstra(on_land, indices=[there], return_predecessors=True))
    yield from _steps(before, _outmost(from_bridge, east, away))


def _outmost(effort: NDArray[np.float64], outward: NDArray[np.float64], away: NDArray[np.float64]) -> int:
    """The settlement that can be reached and lies farthest out and near the river."""
    return int(np.argmax(np.where(np.isfinite(effort), outward - 2 * away, -np.inf)))
