"""
Borders: which neighbouring settlements people can walk between, and what keeps the others apart.

Every pair of neighbours counts as neighbours unless the roads say otherwise. A pair is kept when any of these holds:

1. *Nothing is known.* No walkable segment ends on the ground of one of the two. A node stands on the ground of the
   cell it lies in (of the smallest, where cells overlap); but between two pieces of a bridge, tunnel or ferry it stands
   on nobody's ground, whatever lies below, even where stairs lead down from it.
2. *A way crosses.* A walkable segment has one end on the ground of each: a road, path, steps, bridge or tunnel. Borders
   drawn askew let a road on one bank dip into the land of the other: where something is to blame (below), a road on the
   ground counts only when at both ends its network within the cell has at least a tenth of the metres of the longest
   network there. A network is what hangs together by walkable segments with both ends in the cell; those that leave it
   count by half.
3. *A way leads over nobody's ground*: a run of walkable segments, over bridges and through tunnels as long as they are
   and for at most 2 km on ground outside all cells, from the ground of one to the ground of the other without setting
   foot on a third's. A ferry counts, and is named, where no other way does.
4. *A road runs along the border.* Twenty metres or more of walkable road on the ground come within 25 m of both, not
   on the land of a third, and no barrier is met on the straight line from the road to the land on its other side, nor
   60 m further on. Borders follow roads, and which side of the line the nodes fall on says nothing.
5. *The border is too short to tell*: under 100 m, and nothing is to blame. Streets of a town are that far apart.

To blame is the kind of barrier that more than half of the common border runs within 60 m of; else the one that the
straight line between the two centres crosses, within 500 m of the border and nearest to it; else nothing, and then the
reason is that no way is known.
Expressways are never walked. Pairs are judged one by one, so that no way, however long, makes neighbours of
settlements that were none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely.geometry.base import BaseGeometry

from geo import crs
from geo.contiguity import SNAP_METRES, Pairs
from geo.crs import Shapes
from geo.errors import UnequalLengths
from geo.roads.network import BarrierKind, Network, SegmentFlag

NOBODY = -1
"""Stands for a cell where a place lies on nobody's land."""

_STRIP_METRES = 2_000.0
"""Longest way on the ground of nobody, such as the foreland of a wide river on both of its sides."""
_BESIDE_METRES, _ALONG_METRES = 25.0, 20.0
"""A road this near a border for this length runs along it: half a main road and the error of a digitised border."""
_BARRIER_METRES = 60.0
"""A barrier this near a border runs along it: half a river and the error of a digitised border."""
_BETWEEN_METRES = 500.0
"""Longest way from the border to a barrier between the two centres: half of the widest rivers."""
_SMALL = 0.1
"""A network within a cell with less than this share of the metres of the cell's longest one may be there by error."""
_SHORT_METRES = 100.0
"""Whether a way crosses a border shorter than this is chance."""
_FACING = 1.5
"""The side of a cell that faces another: within this many times the gap between the two."""
_ROAD_STEP, _BORDER_STEP, _BORDER_STEPS = 5.0, 10.0, 200
"""Metres between the places looked at along a road and along a border, and the most of them on one border."""
_AROUND_DEGREES = 0.5
"""Roads this far outside all cells lead nobody from one of them to another."""
_FREE = 1e-3
"""What a metre counts on a bridge, in a tunnel or on a ferry, where only metres on the ground are limited."""
_SAME_PLACE_METRES = 1e-3
_AIR = SegmentFlag.BRIDGE | SegmentFlag.TUNNEL | SegmentFlag.FERRY

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Texts = NDArray[np.object_]


class Reason(StrEnum):
    """Why nobody can cross."""

    WATER = "water"
    EXPRESSWAY = "expressway"
    RAILWAY = "railway"
    NO_WAY = "no_way"  # no way is known, nor what is in its place


_NOTHING = -1
_REASONS = np.array([*(Reason[kind.name] for kind in BarrierKind), Reason.NO_WAY], dtype=object)
"""Reasons by kind of barrier; the last one where there is nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Borders:
    """
    What is known of E pairs of neighbours among V settlements.

    Attributes
    ----------
    pairs
        Shape (E, 2), as given.
    kept
        Shape (E,), whether the two count as neighbours.
    reason
        Shape (E,), a `Reason` of pairs that no way joins, else "". A pair that has one and is kept nevertheless is a
        tie; see `with_ties`.
    barrier
        Shape (E,), name of what is in the way, or "".
    ferry
        Shape (E,), whether nothing but a ferry joins the two.
    ferry_name
        Shape (E,), name of that ferry, or "".
    geometry
        Shape (E,), the common border of pairs with a reason, longitude and latitude; where the cells do not touch, the
        side of the first that faces the second. Empty for other pairs.
    metres
        Shape (E,), its length; 0 for other pairs.
    known
        Shape (V,), whether any walkable segment stands on the ground of the settlement.
    """

    pairs: Pairs
    kept: Bools
    reason: Texts
    barrier: Texts
    ferry: Bools
    ferry_name: Texts
    geometry: Shapes
    metres: Floats
    known: Bools


class _Ways(NamedTuple):
    """Walkable segments near the cells, M of them between K nodes; places in metres."""

    xy: Floats  # (K, 2)
    tail: Indices
    head: Indices
    metres: Floats
    air: Bools  # on a bridge, in a tunnel or on a ferry
    ferry: Bools
    name: Indices
    cell: Indices  # (K,) the cell that the node lies in, or NOBODY
    ground: Indices  # (K,) the cell on whose ground it stands, or NOBODY
    doubtful: Bools  # (M,) on the ground, with an end whose network within its cell is small


class _Fronts(NamedTuple):
    """Common borders of pairs as lines, and how far apart the two cells are, in metres."""

    lines: Shapes
    gap: Floats


class _Barriers(NamedTuple):
    """Barriers in straight pieces, kind and name of each."""

    lines: Shapes
    tree: shapely.STRtree
    kind: Indices
    name: Indices


class _Blame(NamedTuple):
    """What keeps each pair apart: its kind, or -1, and the index of its name."""

    kind: Indices
    name: Indices


class _Runs(NamedTuple):
    """
    Where people get without setting foot on anyone's land, as a graph of metres on the ground.

    ``node``: the node of each node of the graph. ``leave``, ``arrive``, ``cell``: nodes of the graph that stand on the
    ground of a cell, in the order of the cells.
    """

    graph: csr_array
    node: Indices
    leave: Indices
    arrive: Indices
    cell: Indices


class _Led(NamedTuple):
    """Whether a run of segments leads across, and the index of the name of a ferry in it."""

    across: Bools
    ferry_name: Indices


def crossable(network: Network, pairs: Pairs, cells: Shapes, centres: Sequence[BaseGeometry] | Shapes) -> Borders:
    """
    Judge which pairs of neighbours people can walk between; the module says by what rule.

    Parameters
    ----------
    pairs
        Shape (E, 2), indices of neighbouring settlements.
    cells
        Shape (V,), polygons, longitude and latitude; empty where a settlement has no land of its own.
    centres
        Shape (V,), points, longitude and latitude.

    Raises
    ------
    UnequalLengths
        When cells and centres differ in number.
    WrongCrs
        When the coordinates are not longitude and latitude.
    """
    if len(cells) != len(centres):
        raise UnequalLengths("centres", len(centres), "cells", len(cells))
    couples = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    known = np.zeros(len(cells), dtype=bool)
    if shapely.is_empty(cells).all():
        return _all_kept(couples, known)
    system = crs.metric_crs_of(cells)
    land = crs.project(cells, system)
    ways = _ways(network, cells, land, system)
    known[ways.ground[ways.ground >= 0]] = True

    left = np.flatnonzero(known[couples].all(axis=1))
    contact, sound = _crossed(ways, couples[left])
    left, contact = left[~sound], contact[~sound]
    across = _led_across(ways, couples[left], ~ways.ferry & ~ways.doubtful).across
    left, contact = left[~across], contact[~across]

    fronts = _fronts(land, couples[left])
    barriers = _barriers(network, cells, system)
    blame = _blame(barriers, fronts, crs.project(centres, system)[couples[left]])
    blamed = blame.kind != _NOTHING
    joined = (contact | (shapely.length(fronts.lines) < _SHORT_METRES)) & ~blamed
    joined |= _run_along(ways, land, couples[left], fronts, barriers, blamed)
    unsure = np.flatnonzero(~joined & ~blamed)
    joined[unsure] = _led_across(ways, couples[left[unsure]], ~ways.ferry).across
    left, lines, blame = left[~joined], fronts.lines[~joined], _Blame(blame.kind[~joined], blame.name[~joined])
    ferried = _led_across(ways, couples[left], ~ways.doubtful)
    return _told(_all_kept(couples, known), left, ferried, lines, blame, network.names, system)


def with_ties(borders: Borders, minutes: Floats, limit_minutes: float) -> Borders:
    """
    Keep some pairs that no way joins, so that roads missing from an extract do not make islands.

    Where settlements hang together by all pairs, but no longer by those kept, the pairs with the fewest minutes between
    are kept as well: as few as hang the parts together again (a minimum spanning forest), and none beyond the limit.

    Parameters
    ----------
    minutes
        Of the pairs that are not kept, in their order: minutes between the two settlements by the ways there are,
        whatever land they lead over; infinite where there is none.
    limit_minutes
        A pair at most this far apart may be kept.

    Raises
    ------
    UnequalLengths
        When there are not as many minutes as pairs that are not kept.
    """
    cut = np.flatnonzero(~borders.kept)
    if len(minutes) != len(cut):
        raise UnequalLengths("minutes", len(minutes), "pairs that are not kept", len(cut))
    tail, head = borders.pairs[borders.kept].T
    _, part = _components(len(borders.known), tail, head)
    kept = borders.kept.copy()
    for shortest in np.argsort(minutes, kind="stable"):
        one, other = part[borders.pairs[cut[shortest]]]
        if one != other and minutes[shortest] <= limit_minutes:
            part[part == one] = other
            kept[cut[shortest]] = True
    return replace(borders, kept=kept)


def _all_kept(pairs: Pairs, known: Bools) -> Borders:
    count = len(pairs)
    return Borders(
        pairs=pairs,
        kept=np.ones(count, dtype=bool),
        reason=np.full(count, "", dtype=object),
        barrier=np.full(count, "", dtype=object),
        ferry=np.zeros(count, dtype=bool),
        ferry_name=np.full(count, "", dtype=object),
        geometry=np.full(count, shapely.LineString(), dtype=object),
        metres=np.zeros(count),
        known=known,
    )


def _told(
    borders: Borders, left: Indices, ferried: _Led, lines: Shapes, blame: _Blame, names: tuple[str, ...], system: CRS
) -> Borders:
    """Write down what is found of the pairs that only a ferry might join; all others are kept."""
    named = np.array(names, dtype=object)
    over, shut = ferried.across, ~ferried.across
    cut = left[shut]
    borders.ferry[left] = over
    borders.ferry_name[left[over]] = named[ferried.ferry_name[over]]
    borders.kept[cut] = False
    borders.reason[cut] = _REASONS[blame.kind[shut]]
    borders.barrier[cut] = named[blame.name[shut]]
    borders.geometry[cut] = crs.unproject(lines[shut], system)
    borders.metres[cut] = shapely.length(lines[shut])
    return borders


def _ways(network: Network, cells: Shapes, land: Shapes, system: CRS) -> _Ways:
    near = _near(network.lon, network.lat, cells)
    used = np.flatnonzero(network.walk & near[network.tail] & near[network.head])
    nodes, ends = np.unique(np.concatenate([network.tail[used], network.head[used]]), return_inverse=True)
    tail, head = ends[: len(used)], ends[len(used) :]
    flags = network.flags[used]
    air, metres = (flags & _AIR) > 0, network.metres[used].astype(np.float64)
    xy = crs.project_points(network.lon[nodes], network.lat[nodes], system)
    cell = _cell_of(xy, land)
    within_air = np.bincount(np.concatenate([tail[air], head[air]]), minlength=len(nodes)) > 1
    small = _in_a_small_network(cell, tail, head, metres)
    return _Ways(
        xy=xy,
        tail=tail,
        head=head,
        metres=metres,
        air=air,
        ferry=(flags & SegmentFlag.FERRY) > 0,
        name=network.name[used].astype(np.int64),
        cell=cell,
        ground=np.where(within_air, NOBODY, cell),
        doubtful=~air & (small[tail] | small[head]),
    )


def _near(lon: Floats, lat: Floats, cells: Shapes) -> Bools:
    """Tell which places lie around the cells, so that others need not be measured in their metres."""
    west, south, east, north = shapely.total_bounds(cells)
    margin = _AROUND_DEGREES
    inside = (lon > west - margin) & (lon < east + margin) & (lat > south - margin) & (lat < north + margin)
    return np.asarray(inside, dtype=bool)


def _cell_of(xy: Floats, land: Shapes) -> Indices:
    """Find the cell that each place lies in: the smallest, then the earliest; `NOBODY` outside all."""
    found = np.full(len(xy), NOBODY, dtype=np.int64)
    cell, place = shapely.STRtree(np.asarray(shapely.points(xy), dtype=object)).query(land, predicate="intersects")
    largest_first = np.lexsort((-cell, -shapely.area(land)[cell]))
    found[place[largest_first]] = cell[largest_first]  # the last one written stays
    return found


def _in_a_small_network(cell: Indices, tail: Indices, head: Indices, metres: Floats) -> Bools:
    """Tell which nodes lie in networks, each within one cell, that are short beside the longest in that cell."""
    inside = (cell[tail] == cell[head]) & (cell[tail] >= 0)
    count, label = _components(len(cell), tail[inside], head[inside])
    length = np.bincount(label[tail], metres / 2, count) + np.bincount(label[head], metres / 2, count)
    cell_of = np.full(count, NOBODY, dtype=np.int64)
    cell_of[label] = cell
    longest = np.zeros(int(cell.max(initial=NOBODY)) + 2)  # the last one for nobody's land
    np.maximum.at(longest, cell_of, length)
    return np.asarray((cell >= 0) & (length < _SMALL * longest[cell_of])[label], dtype=bool)


def _components(count: int, tail: Indices, head: Indices) -> tuple[int, Indices]:
    ones = np.ones(len(tail), dtype=np.int8)
    parts, label = connected_components(coo_array((ones, (tail, head)), shape=(count, count)), directed=False)
    return int(parts), label.astype(np.int64)


def _crossed(ways: _Ways, couples: Pairs) -> tuple[Bools, Bools]:
    """Tell which pairs a segment joins that stands on the ground of both, and which of them beyond doubt."""
    one, other = ways.ground[ways.tail], ways.ground[ways.head]
    over = np.flatnonzero((one >= 0) & (other >= 0) & (one != other) & ~ways.ferry)
    asked, met = _keys(couples), _keys(np.column_stack([one[over], other[over]]))
    return np.isin(asked, met), np.isin(asked, met[~ways.doubtful[over]])


def _keys(couples: Pairs) -> Indices:
    """One number a pair, whatever its order."""
    return np.asarray(couples.min(axis=1) * 2**31 + couples.max(axis=1), dtype=np.int64)


def _led_across(ways: _Ways, couples: Pairs, usable: Bools) -> _Led:
    """Follow runs of usable segments through the air and over nobody's ground, a search for each first of the pairs."""
    across, ferry_name = np.zeros(len(couples), dtype=bool), np.zeros(len(couples), dtype=np.int64)
    by_ferry = bool(usable[ways.ferry].any())
    runs = _runs(ways, couples, usable)
    start, end = (np.searchsorted(runs.cell, couples, side) for side in ("left", "right"))
    possible = np.flatnonzero((end > start).all(axis=1))
    for one in np.unique(couples[possible, 0]):
        mine = possible[couples[possible, 0] == one]
        sources = runs.leave[start[mine[0], 0] : end[mine[0], 0]]
        metres, before, _ = dijkstra(
            runs.graph, indices=sources, limit=_STRIP_METRES, min_only=True, return_predecessors=True
        )
        for pair in mine.tolist():
            doors = runs.arrive[start[pair, 1] : end[pair, 1]]
            door = doors[metres[doors].argmin()]
            across[pair] = np.isfinite(metres[door])
            if across[pair] and by_ferry:
                ferry_name[pair] = _ferry_on(ways, runs.node[_trace(before, int(door))])
    return _Led(across, ferry_name)


def _runs(ways: _Ways, couples: Pairs, usable: Bools) -> _Runs:
    """
    Lay out the runs between the cells of some pairs.

    A node on the ground stands twice in the graph, once to leave from and once to arrive at, so that no run passes
    through it. Nodes further than half the longest run from all of them are left out: the roads outside all cells are
    many, and no run gets so far.
    """
    count = len(ways.ground)
    on_way = ways.ground < 0
    at_end = np.isin(ways.ground, couples)
    run = np.flatnonzero(
        usable
        & (ways.air | on_way[ways.tail] | on_way[ways.head])
        & (on_way | at_end)[ways.tail]
        & (on_way | at_end)[ways.head]
    )
    tail, head = np.concatenate([ways.tail[run], ways.head[run]]), np.concatenate([ways.head[run], ways.tail[run]])
    head = np.where(on_way[head], head, count + head)
    metres = np.tile(np.where(ways.air, ways.metres * _FREE, ways.metres)[run], 2) + _FREE
    graph = _arcs(tail, head, metres, 2 * count)
    gates = np.unique(tail[~on_way[tail]])
    gates = gates[np.argsort(ways.ground[gates], kind="stable")]
    near = np.zeros(2 * count, dtype=bool)
    if gates.size:
        near = np.isfinite(dijkstra(graph, indices=gates, limit=_STRIP_METRES / 2, min_only=True))
    near[count + gates] = True
    kept = np.flatnonzero(near)
    arc = near[tail] & near[head]
    return _Runs(
        graph=_arcs(np.searchsorted(kept, tail[arc]), np.searchsorted(kept, head[arc]), metres[arc], len(kept)),
        node=kept % count,
        leave=np.searchsorted(kept, gates),
        arrive=np.searchsorted(kept, count + gates),
        cell=ways.ground[gates],
    )


def _arcs(tail: Indices, head: Indices, metres: Floats, count: int) -> csr_array:
    """Make a graph; of several arcs between two nodes the shortest counts."""
    order = np.lexsort((metres, head, tail))
    tail, head, metres = tail[order], head[order], metres[order]
    first = np.ones(len(tail), dtype=bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    return csr_array((metres[first], (tail[first], head[first])), shape=(count, count))


def _trace(before: NDArray[np.int32], node: int) -> Indices:
    """Nodes on the way to a node, back to where it set out."""
    path = [node]
    while before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return np.array(path, dtype=np.int64)


def _ferry_on(ways: _Ways, nodes: Indices) -> int:
    """Index of the name of a ferry between some of these nodes; 0 where there is none."""
    met = ways.ferry & np.isin(ways.tail, nodes) & np.isin(ways.head, nodes)
    return int(ways.name[met].max(initial=0))


def _fronts(land: Shapes, couples: Pairs) -> _Fronts:
    """Lines where two cells meet; where they do not touch, the side of one that faces the other, the longer of both."""
    one, other = land[couples[:, 0]], land[couples[:, 1]]
    gap = np.asarray(shapely.distance(one, other), dtype=np.float64)
    width = np.where(gap > SNAP_METRES, _FACING * gap, SNAP_METRES)
    mine, theirs = (
        shapely.line_merge(shapely.intersection(shapely.boundary(a), shapely.buffer(b, width)))
        for a, b in ((one, other), (other, one))
    )
    lines = np.where(shapely.length(mine) >= shapely.length(theirs), mine, theirs)
    return _Fronts(np.asarray(lines, dtype=object), gap)


def _barriers(network: Network, cells: Shapes, system: CRS) -> _Barriers:
    """Cut the barriers around the cells into straight pieces."""
    line = np.repeat(np.arange(len(network.barrier_kind)), np.diff(network.barrier_start))
    near = _near(network.barrier_lon, network.barrier_lat, cells)
    first = np.flatnonzero((line[:-1] == line[1:]) & near[:-1] & near[1:])
    xy = np.zeros((len(line), 2))
    xy[near] = crs.project_points(network.barrier_lon[near], network.barrier_lat[near], system)
    pieces = _pieces(xy[first], xy[first + 1])
    return _Barriers(
        lines=pieces,
        tree=shapely.STRtree(pieces),
        kind=network.barrier_kind[line[first]].astype(np.int64),
        name=network.barrier_name[line[first]].astype(np.int64),
    )


def _pieces(start: Floats, end: Floats) -> Shapes:
    return np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)


def _blame(barriers: _Barriers, fronts: _Fronts, centres: Shapes) -> _Blame:
    """Find what keeps pairs apart: what runs along most of the border, else what the line of the centres crosses."""
    along, between = _along(barriers, fronts), _between(barriers, fronts, centres)
    whole = along.kind != _NOTHING
    return _Blame(np.where(whole, along.kind, between.kind), np.where(whole, along.name, between.name))


def _along(barriers: _Barriers, fronts: _Fronts) -> _Blame:
    count = len(fronts.lines)
    steps = np.maximum(_BORDER_STEP, shapely.length(fronts.lines) / _BORDER_STEPS)
    pair, points, metres = _spread(fronts.lines, steps)
    place, piece = barriers.tree.query(points, predicate="dwithin", distance=_BARRIER_METRES)
    beside = np.zeros((len(points), len(BarrierKind)), dtype=bool)
    beside[place, barriers.kind[piece]] = True
    total = np.bincount(pair, metres, count)
    by_kind = np.column_stack([np.bincount(pair, metres * beside[:, kind], count) for kind in BarrierKind])
    kind = np.where((by_kind > total[:, None] / 2).any(axis=1), by_kind.argmax(axis=1), _NOTHING)
    mine = barriers.kind[piece] == kind[pair[place]]
    name = _commonest(pair[place[mine]], barriers.name[piece[mine]], metres[place[mine]], count)
    return _Blame(kind, name)


def _commonest(owner: Indices, name: Indices, weight: Floats, count: int) -> Indices:
    """For each owner the name with most weight, no name only where there is no other; 0 for owners without any."""
    named = name > 0
    both, inverse = np.unique(np.column_stack([owner, name])[named], axis=0, return_inverse=True)
    total = np.bincount(inverse.ravel(), weight[named], len(both))
    order = np.argsort(total, kind="stable")
    found = np.zeros(count, dtype=np.int64)
    found[both[order, 0]] = both[order, 1]  # the last one written stays
    return found


def _between(barriers: _Barriers, fronts: _Fronts, centres: Shapes) -> _Blame:
    places = shapely.get_coordinates(centres.ravel()).reshape(-1, 2, 2)
    lines = _pieces(places[:, 0], places[:, 1])
    pair, piece = barriers.tree.query(lines, predicate="intersects")
    metres = shapely.distance(shapely.intersection(lines[pair], barriers.lines[piece]), fronts.lines[pair])
    near = metres <= _BETWEEN_METRES
    order = np.argsort(-metres[near], kind="stable")
    pair, piece = pair[near][order], piece[near][order]
    kind, name = np.full(len(lines), _NOTHING, dtype=np.int64), np.zeros(len(lines), dtype=np.int64)
    kind[pair], name[pair] = barriers.kind[piece], barriers.name[piece]  # the last one written, the nearest, stays
    return _Blame(kind, name)


def _spread(lines: Shapes, step: Floats | float) -> tuple[Indices, Shapes, Floats]:
    """Spread places along lines, about a step apart: the line of each, the place, and the metres it stands for."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    straight = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    parts, owner = parts[straight], owner[straight]
    length = shapely.length(parts)
    number = np.maximum(np.ceil(length / np.broadcast_to(step, len(lines))[owner]), 1).astype(np.int64)
    of = np.repeat(np.arange(len(parts)), number)
    turn = np.arange(len(of)) - np.repeat(np.cumsum(number) - number, number)
    points = shapely.line_interpolate_point(parts[of], (turn + 0.5) / number[of], normalized=True)
    return owner[of].astype(np.int64), np.asarray(points, dtype=object), (length / number)[of]


def _run_along(ways: _Ways, land: Shapes, couples: Pairs, fronts: _Fronts, barriers: _Barriers, blamed: Bools) -> Bools:
    """Tell which pairs share a road along their border: rule 4."""
    joined = np.zeros(len(couples), dtype=bool)
    wanted = np.append(np.isin(np.arange(len(land)), couples), True)  # the last one for nobody's land
    roads = np.flatnonzero(~ways.air & (wanted[ways.cell[ways.tail]] | wanted[ways.cell[ways.head]]))
    close = np.flatnonzero(fronts.gap <= 2 * _BESIDE_METRES)
    lines = _pieces(ways.xy[ways.tail[roads]], ways.xy[ways.head[roads]])
    front, road = shapely.STRtree(lines).query(
        fronts.lines[close], predicate="dwithin", distance=_BESIDE_METRES + fronts.gap[close]
    )
    pair, segment = close[front], roads[road]
    sure = ~(blamed[pair] & ways.doubtful[segment])
    pair, segment, lines = pair[sure], segment[sure], lines[road[sure]]

    of, points, metres = _spread(lines, _ROAD_STEP)
    pair, segment = pair[of], segment[of]
    shared = _shared_by_both(points, land, couples[pair])
    pair, segment, points, metres = pair[shared], segment[shared], points[shared], metres[shared]
    free = ~_barred(ways, segment, points, land, couples[pair], barriers)
    joined[np.bincount(pair[free], metres[free], len(couples)) >= _ALONG_METRES] = True
    return joined


def _shared_by_both(points: Shapes, land: Shapes, couples: Pairs) -> Bools:
    """Tell which places are next to both cells of their pair and not on the land of a third."""
    cell = _cell_of(shapely.get_coordinates(points), land)
    near = np.asarray((cell < 0) | (cell[:, None] == couples).any(axis=1), dtype=bool)
    shapely.prepare(land)
    for side in (0, 1):
        rows = np.flatnonzero(near)
        near[rows] = shapely.dwithin(land[couples[rows, side]], points[rows], _BESIDE_METRES)
    return near


def _barred(ways: _Ways, segment: Indices, points: Shapes, land: Shapes, couples: Pairs, barriers: _Barriers) -> Bools:
    """Tell from which places on roads a barrier bars the way to the land on the other side, to both from nobody's."""
    ends = ways.cell[np.column_stack([ways.tail[segment], ways.head[segment]])]
    barred = np.zeros(len(points), dtype=bool)
    across = _normals(ways.xy[ways.tail[segment]], ways.xy[ways.head[segment]])
    for side in (0, 1):
        own = (ends == couples[:, side, None]).any(axis=1)
        steps = np.flatnonzero(~own)
        lines = _steps_over(points[steps], land[couples[steps, side]], across[steps])
        met, _ = barriers.tree.query(lines, predicate="intersects")
        barred[steps[met]] = True
    return barred


def _steps_over(points: Shapes, land: Shapes, across: Floats) -> Shapes:
    """Lines from places to the land nearest and beyond; from places on that land, to both sides of the road."""
    nearest = shapely.get_coordinates(shapely.shortest_line(points, land)).reshape(-1, 2, 2)
    start, step = nearest[:, 0], nearest[:, 1] - nearest[:, 0]
    length = np.hypot(step[:, 0], step[:, 1])[:, None]
    there = length < _SAME_PLACE_METRES
    unit = np.where(there, across, step / np.maximum(length, _SAME_PLACE_METRES))
    return _pieces(np.where(there, start - _BARRIER_METRES * unit, start), start + step + _BARRIER_METRES * unit)


def _normals(start: Floats, end: Floats) -> Floats:
    """Units at right angles to segments."""
    along = end - start
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), _SAME_PLACE_METRES)
    return np.column_stack([-along[:, 1], along[:, 0]]) / length[:, None]
