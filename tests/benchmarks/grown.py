"""
Districts of any size for measurements, 合成数据: towns and villages on two banks of a river with a few bridges.

The river district of ``data.sample`` has polygons, names, teachers and one size; here there are only the arrays that a
layout needs, drawn at once, so that ten thousand settlements take seconds. A lawful set of zones is drawn first and
the places after it, 15 to 30 % above its pupils school by school: a plan exists, and joining the nearest school is
none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, vstack
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay, KDTree

from geo import travel
from solver.areas.layout import Layout

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SETTLEMENTS_A_SCHOOL = ((100, 12), (10_000, 20))
"""Settlements for each school at two sizes; between them by the logarithm of the size."""

_METRES_APART = 2_000.0
_JITTER = 0.3
_TOWN_EVERY, _COMMUNITIES = 15, 3
"""Settlements for each town, and communities of a town besides its middle."""
_TOWN_SPREAD = 700.0
_BRIDGE_EVERY = 12_000.0
_LONGEST_BORDER = 3.0
"""Times the usual distance beyond which two settlements at the rim of the map are no neighbours."""
_PUPILS = {0: (8, 50), 1: (60, 170)}
"""Least and most pupils of a village and of a town's community."""
_REMOTE_METRES = 6_000.0
_LEFT_OVER = 1 / 3
"""Share of the schools that stand where they happen to."""
_UNEVEN = 0.6
"""Most that a school starts ahead of the others, as a share of its distance to the next one; below 1."""
_SPARE = (1.15, 1.30)
_PLACES_A_CLASSROOM = 45
_RUNNING_COST, _RUNNING_COST_A_CLASSROOM = 90_000, 55_000
_KM_PER_HOUR, _DETOUR, _LONGEST_MINUTES = 25.0, 1.3, 40
"""A county with buses; the longest trip is that of the norm for a single trip."""
_MINUTE_PRICE = 200


@dataclass(frozen=True, slots=True, eq=False)
class Grown:
    """A district and a lawful set of zones, shape (V,), with every school open: the proof that a plan exists."""

    layout: Layout
    zones: Ints


def schools_for(settlements: int) -> int:
    """Number of schools of a district of a size."""
    (small, few), (large, many) = SETTLEMENTS_A_SCHOOL
    share = np.interp(np.log(settlements), np.log([small, large]), [few, many])
    return round(settlements / float(share))


def make(settlements: int, seed: int = 1, *, trip_limit: bool = True) -> Grown:
    """
    Draw a district of 50 settlements or more; the same size and seed give the same.

    Parameters
    ----------
    trip_limit
        Whether trips end at the longest minutes, as planned by default; without, every pair of settlement and school
        is permitted, which is harder to solve.
    """
    rng = np.random.default_rng(seed)
    at, town = _places(rng, settlements)
    pairs = _neighbours(at)
    pupils = _pupils(rng, at, town)
    homes = _homes(rng, at, pupils, schools_for(settlements))
    zone = _zones(rng, at, pairs, homes)
    in_zone = np.bincount(zone, weights=pupils, minlength=len(homes))
    places = np.ceil(in_zone * rng.uniform(*_SPARE, len(homes))).astype(np.int64)
    n_v, n_s = len(at), len(homes)
    nothing, nowhere = np.zeros(n_s, np.int64), np.zeros(n_s, dtype=bool)
    young = pupils // 2
    layout = Layout(
        settlement_ids=tuple(f"v{v}" for v in range(n_v)),
        school_ids=tuple(f"s{s}" for s in range(n_s)),
        young=young,
        older=pupils - young,
        minutes=travel.straight_line_minutes(at, at[homes], km_per_hour=_KM_PER_HOUR, detour=_DETOUR),
        places=places,
        largest=places,
        beds=nothing,
        running_cost=_RUNNING_COST + _RUNNING_COST_A_CLASSROOM * -(-places // _PLACES_A_CLASSROOM),
        least_viable=nothing,
        protected=nowhere,
        keep=nowhere,
        close=nowhere,
        stands_in=homes,
        neighbours=pairs,
        school_now=np.full(n_v, -1, np.int64),
        young_limit=_LONGEST_MINUTES,
        older_limit=_LONGEST_MINUTES,
        minute_price=_MINUTE_PRICE,
        trip_price=None if trip_limit else 0,
    )
    return Grown(layout, zone)


def _places(rng: Generator, settlements: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Metres east and north of each settlement, and which are communities of a town, their middles first."""
    towns = max(settlements // _TOWN_EVERY, 1)
    grid = settlements - towns * _COMMUNITIES
    radius = _METRES_APART * np.sqrt(settlements / np.pi)
    steps = np.arange(-int(radius / _METRES_APART) - 2, int(radius / _METRES_APART) + 3)
    column, row = (a.ravel().astype(float) for a in np.meshgrid(steps, steps))
    even = np.column_stack([column + 0.5 * (row % 2), row * np.sqrt(0.75)]) * _METRES_APART
    even += rng.normal(0, _JITTER * _METRES_APART, even.shape)
    angle = np.arctan2(even[:, 1], even[:, 0])
    wavy = np.hypot(*even.T) / (1 + 0.12 * np.sin(2 * angle) + 0.08 * np.sin(3 * angle + 1))
    land = even[np.argsort(wavy)[:grid]]
    rng.shuffle(land)
    middles = land[_apart(land, towns)]
    rest = land[~np.isin(np.arange(grid), _apart(land, towns))]
    communities = np.repeat(middles, _COMMUNITIES, axis=0)
    communities = communities + rng.normal(0, _TOWN_SPREAD, communities.shape)
    at = np.vstack([middles, communities, rest])
    return at, np.arange(len(at)) < towns * (1 + _COMMUNITIES)


def _apart(land: Floats, count: int) -> Ints:
    """Some points, each as far as can be from those before it."""
    chosen, away = [0], np.hypot(*(land - land[0]).T)
    while len(chosen) < count:
        chosen.append(int(np.argmax(away)))
        away = np.minimum(away, np.hypot(*(land - land[chosen[-1]]).T))
    return np.array(chosen, dtype=np.int64)


def _north_bank(at: Floats) -> NDArray[np.bool_]:
    east = at[:, 0]
    return np.asarray(at[:, 1] > 3_000 * np.sin(east / 9_000) + 500)


def _neighbours(at: Floats) -> Ints:
    """Shape (E, 2): neighbours on each bank, and the pairs that bridges join."""
    corners = Delaunay(at).simplices.astype(np.int64)
    pairs = np.unique(np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    metres = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    north = _north_bank(at)
    across = north[pairs[:, 0]] != north[pairs[:, 1]]
    bridges = _shortest_by(np.floor(at[pairs[:, 0], 0] / _BRIDGE_EVERY), np.where(across, metres, np.inf))
    bridge = np.isin(np.arange(len(pairs)), bridges)
    # the tree keeps the map in one piece: it crosses the water only where a bank would otherwise be left alone
    weight = np.where(across & ~bridge, metres * 1_000, metres)
    tree = minimum_spanning_tree(_matrix(pairs, weight, len(at))).tocoo()
    needed = {tuple(sorted(pair)) for pair in zip(tree.row.tolist(), tree.col.tolist(), strict=True)}
    in_tree = np.array([tuple(pair) in needed for pair in pairs.tolist()])
    near = metres < _LONGEST_BORDER * _METRES_APART
    return np.asarray(pairs[(near & (~across | bridge)) | in_tree], dtype=np.int64)


def _shortest_by(stretch: Floats, metres: Floats) -> Ints:
    """The pair of least metres on every stretch of the river."""
    order = np.lexsort((metres, stretch))
    first = np.r_[True, np.diff(stretch[order]) != 0]
    chosen = order[first]
    return np.asarray(chosen[np.isfinite(metres[chosen])])


def _matrix(pairs: Ints, weight: Floats, count: int) -> csr_array:
    return csr_array(coo_array((weight, (pairs[:, 0], pairs[:, 1])), shape=(count, count)))


def _pupils(rng: Generator, at: Floats, town: NDArray[np.bool_]) -> Ints:
    """Many in towns; a village far from one has a third of the pupils of a village beside it."""
    low, high = (np.where(town, _PUPILS[1][end], _PUPILS[0][end]) for end in (0, 1))
    way, _ = KDTree(at[town]).query(at)
    nearness = np.where(town, 1, 1 - np.minimum(way / _REMOTE_METRES, 1) * 2 / 3)
    return np.ceil(rng.uniform(low, high) * nearness).astype(np.int64)


def _homes(rng: Generator, at: Floats, pupils: Ints, count: int) -> Ints:
    """
    Settlements with a school, most of them each time where most pupils are farthest from one.

    The others stand anywhere, as they were founded when every village had children: those a plan may close.
    """
    chosen, away = [0], np.hypot(*(at - at[0]).T)
    while len(chosen) < count - round(count * _LEFT_OVER):
        chosen.append(int(np.argmax(away**2 * np.sqrt(pupils))))
        away = np.minimum(away, np.hypot(*(at - at[chosen[-1]]).T))
    free = np.setdiff1d(np.arange(len(at)), chosen)
    return np.array([*chosen, *rng.choice(free, count - len(chosen), replace=False).tolist()], dtype=np.int64)


def _zones(rng: Generator, at: Floats, pairs: Ints, homes: Ints) -> Ints:
    """
    Connected zones, each with its school's settlement: by way of neighbours to the nearest school, with a head start.

    No head start reaches the next school, so every school keeps its own settlement.
    """
    n_v, n_s = len(at), len(homes)
    roads = _matrix(pairs, np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T), n_v)
    next_school = np.asarray(KDTree(at[homes]).query(at[homes], k=2)[0])[:, 1]
    # a gate beside the map stands before all schools; the more a school is ahead, the shorter its way from there
    start = next_school.max() + 1 - rng.uniform(0, _UNEVEN, n_s) * next_school
    gate = csr_array(coo_array((start, (np.zeros(n_s, np.int64), homes)), shape=(1, n_v)))
    wide = vstack([roads, gate], format="coo")
    graph = csr_array(coo_array((wide.data, (wide.row, wide.col)), shape=(n_v + 1, n_v + 1)))
    (before,) = dijkstra(graph, directed=False, indices=[n_v], return_predecessors=True)[1][:, :n_v]
    root = np.where(before == n_v, np.arange(n_v), before)
    while np.any(root[root] != root):
        root = root[root]
    school = np.full(n_v, -1, np.int64)
    school[homes] = np.arange(n_s)
    return np.asarray(school[root])
