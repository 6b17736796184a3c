"""
The land: an outline cut in two banks by a river, towns, villages, and the few bridges between the banks.

Everything here is in metres east and north of the middle of the district. Settlements are the Voronoi cells of their
centres on their own bank, so that no settlement lies on both and no border crosses the water.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray
from shapely import LineString, MultiPoint, Polygon

Places = NDArray[np.float64]
"""Shape (N, 2), metres east and north."""

SETTLEMENTS = 300
TOWNS = 20
SEAT_COMMUNITIES = 14
TOWN_COMMUNITIES = 3
BRIDGES = 5

RADIUS = 20_500.0
_BUMPS = ((2, 0.12), (3, 0.08), (7, 0.04))
"""Waves around the outline and their height, as a share of the radius."""
_OUTLINE_CORNERS = 180
RIVER_WIDTH = 260.0
RIVER_MEANDER = 3_000.0
RIVER_WAVE = 9_000.0
_SEAT_FROM_RIVER = 1_500.0
_TOWN_SPACING = 4_600.0
_SEAT_SPACING, _COMMUNITY_SPACING, _VILLAGE_SPACING = 380.0, 420.0, 1_500.0
_SEAT_SPREAD, _TOWN_SPREAD = 1_100.0, 700.0
_FROM_EDGE = 150.0
_LEAST_SHARED_BORDER = 20.0
_PATIENCE = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Land:
    """
    The settlements on the map.

    Attributes
    ----------
    cells
        Shape (V,), polygons.
    centres
        Shape (V, 2).
    town
        Shape (V,), index of the town whose township a settlement belongs to.
    kind
        Shape (V,): 2 a community of the county seat, 1 of another town, 0 a village.
    centre_of_town
        Shape (T,), the settlement in the middle of each town; town 0 is the county seat.
    neighbours
        Shape (E, 2), pairs with a common border well above a metre.
    bridges
        Pairs of settlements on the two banks, west to east.
    river_phase
        Where the river is in its wave, see `river_north`.
    """

    cells: NDArray[np.object_]
    centres: Places
    town: NDArray[np.intp]
    kind: NDArray[np.intp]
    centre_of_town: NDArray[np.intp]
    neighbours: NDArray[np.intp]
    bridges: tuple[tuple[int, int], ...]
    river_phase: float


def make(rng: Generator) -> Land:
    """Draw the land."""
    phases = rng.uniform(0, 2 * np.pi, len(_BUMPS) + 1)
    banks = _banks(_outline(phases), _river(phases[-1]))
    towns = _towns(rng, banks, phases[-1])
    centres, kind = _centres(rng, banks, towns)
    bank = _bank_of(banks, centres)
    cells = np.empty(len(centres), dtype=object)
    for number, shore in enumerate(banks):
        cells[bank == number] = _cells(centres[bank == number], shore)
    return Land(
        cells=cells,
        centres=centres,
        town=_nearest_on_the_bank(centres, bank, towns, _bank_of(banks, towns)),
        kind=kind,
        centre_of_town=np.arange(len(towns)),
        neighbours=_neighbours(cells),
        bridges=_bridges(cells, centres, bank),
        river_phase=float(phases[-1]),
    )


def _outline(phases: Places) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, _OUTLINE_CORNERS, endpoint=False)
    bumps = sum(height * np.sin(waves * angle + phase) for (waves, height), phase in zip(_BUMPS, phases, strict=False))
    radius = RADIUS * (1 + bumps)
    return Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))


def river_north(east: Places | float, phase: float) -> Places:
    """Metres north at which the middle of the river runs, by the metres east."""
    return np.asarray(RIVER_MEANDER * np.sin(np.asarray(east) / RIVER_WAVE + phase))


def _river(phase: float) -> LineString:
    east = np.linspace(-2 * RADIUS, 2 * RADIUS, 400)
    return LineString(np.column_stack([east, river_north(east, phase)]))


def _banks(outline: Polygon, river: LineString) -> list[Polygon]:
    """The two banks, the larger first; what a bend cuts off at the edge of the map is left out."""
    pieces = shapely.get_parts(outline.difference(river.buffer(RIVER_WIDTH / 2)))
    return sorted(pieces, key=lambda piece: -piece.area)[:2]


def _towns(rng: Generator, banks: list[Polygon], phase: float) -> Places:
    """The county seat by the river in the middle, then towns as far apart as they can be."""
    seat = np.array([[0.0, float(river_north(0.0, phase)) + _SEAT_FROM_RIVER]])
    return _scatter(rng, banks, seat, TOWNS, _TOWN_SPACING, inset=1_500.0)


def _centres(rng: Generator, banks: list[Polygon], towns: Places) -> tuple[Places, NDArray[np.intp]]:
    """Centres of settlements, the middles of the towns first, and their kinds."""
    centres = towns
    for number, town in enumerate(towns):
        more = SEAT_COMMUNITIES - 1 if number == 0 else int(rng.integers(1, TOWN_COMMUNITIES))
        spacing, spread = (_SEAT_SPACING, _SEAT_SPREAD) if number == 0 else (_COMMUNITY_SPACING, _TOWN_SPREAD)
        centres = _scatter(rng, banks, centres, len(centres) + more, spacing, around=(town, spread))
    kind = np.zeros(SETTLEMENTS, dtype=np.intp)
    kind[: len(centres)] = 1
    kind[0] = 2
    kind[len(towns) : len(towns) + SEAT_COMMUNITIES - 1] = 2
    return _scatter(rng, banks, centres, SETTLEMENTS, _VILLAGE_SPACING), kind


def _scatter(
    rng: Generator,
    banks: list[Polygon],
    given: Places,
    count: int,
    spacing: float,
    *,
    inset: float = _FROM_EDGE,
    around: tuple[Places, float] | None = None,
) -> Places:
    """Throw points on the banks until there are ``count``, none nearer to another than a slowly yielding spacing."""
    room = [bank.buffer(-inset) for bank in banks]
    places = given
    for throw in range(_PATIENCE):
        if len(places) == count:
            break
        aim = rng.uniform(-1.4 * RADIUS, 1.4 * RADIUS, 2) if around is None else rng.normal(around[0], around[1])
        apart = spacing * (1 - throw / (2 * _PATIENCE))
        if np.hypot(*(places - aim).T).min() >= apart and any(shapely.contains_xy(bank, *aim) for bank in room):
            places = np.vstack([places, aim])
    return places


def _bank_of(banks: list[Polygon], places: Places) -> NDArray[np.intp]:
    return np.asarray(~shapely.contains_xy(banks[0], places[:, 0], places[:, 1])).astype(np.intp)


def _nearest_on_the_bank(
    centres: Places, bank: NDArray[np.intp], towns: Places, town_bank: NDArray[np.intp]
) -> NDArray[np.intp]:
    metres = np.hypot(*(centres[:, None, :] - towns[None, :, :]).transpose(2, 0, 1))
    metres[bank[:, None] != town_bank[None, :]] = np.inf
    return np.asarray(np.argmin(metres, axis=1))


def _cells(centres: Places, shore: Polygon) -> NDArray[np.object_]:
    """Voronoi cells in one piece each: a piece cut off from its centre goes to the neighbour it borders most."""
    diagram = shapely.voronoi_polygons(MultiPoint(centres), extend_to=shore, ordered=True)
    clipped = shapely.intersection(shapely.get_parts(diagram), shore)
    pieces, owner = shapely.get_parts(clipped, return_index=True)
    own = shapely.contains_xy(pieces, *centres[owner].T)
    cells = np.empty(len(centres), dtype=object)
    cells[owner[own]] = pieces[own]
    for piece in pieces[~own]:
        if piece.geom_type == "Polygon":
            heir = int(np.argmax(shapely.length(shapely.intersection(piece.boundary, shapely.boundary(cells)))))
            cells[heir] = cells[heir].union(piece)
    return cells


def _neighbours(cells: NDArray[np.object_]) -> NDArray[np.intp]:
    one, other = shapely.STRtree(cells).query(cells, predicate="intersects")
    one, other = one[one < other], other[one < other]
    border = shapely.length(shapely.intersection(cells[one], cells[other]))
    return np.asarray(np.column_stack([one, other])[border > _LEAST_SHARED_BORDER])


def _bridges(cells: NDArray[np.object_], centres: Places, bank: NDArray[np.intp]) -> tuple[tuple[int, int], ...]:
    """Pairs across the water, one near each of some places spread along the river, the first of them at the seat."""
    one, other = shapely.STRtree(cells).query(cells, predicate="dwithin", distance=1.2 * RIVER_WIDTH)
    across = (bank[one] == 0) & (bank[other] == 1)
    one, other = one[across], other[across]
    middle = (centres[one, 0] + centres[other, 0]) / 2
    length = np.hypot(*(centres[one] - centres[other]).T)
    aims = np.linspace(-0.7, 0.7, BRIDGES) * RADIUS
    chosen = {int(np.argmin(np.abs(middle - aim) + length)) for aim in aims}
    return tuple((int(one[pair]), int(other[pair])) for pair in sorted(chosen, key=lambda pair: middle[pair]))
