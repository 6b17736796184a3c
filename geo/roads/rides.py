"""Rides of a bus between stops and a school: minutes, metres and lines along the roads, by direction."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import KDTree

from geo import crs
from geo.roads.graph import Graph
from geo.roads.network import Floats

_NOBODY = -9999
"""What scipy writes where a search came from nowhere."""


@dataclass(frozen=True, slots=True, eq=False)
class Rides:
    """
    Rides between T places on the roads, the last of them the school.

    Attributes
    ----------
    lon, lat
        Shape (T,): where a bus halts for each place; NaN where no ride to the school starts near it.
    minutes, metres
        Shape (T, T): from the one to the other, infinite where no bus can ride within the limit.
    """

    lon: Floats
    lat: Floats
    minutes: Floats
    metres: Floats
    _graph: Graph
    _halt: NDArray[np.int64]
    _next: NDArray[np.int32]

    def line(self, one: int, other: int) -> Floats:
        """Give the line of a ride that there is, shape (P, 2), longitude and latitude."""
        network = self._graph.network
        nodes = self._graph.node[_trace(self._next[other], int(self._halt[one]))]
        return np.column_stack([network.lon[nodes], network.lat[nodes]])


def between(graph: Graph, lon: Floats, lat: Floats, *, limit_minutes: float, halt_metres: float) -> Rides:
    """
    Find the rides between stops and a school.

    Parameters
    ----------
    lon, lat
        Shape (T,), degrees; the last one is the school.
    limit_minutes
        Longest ride looked for.
    halt_metres
        A bus halts at the nearest place from which it can ride to the school, no further than this from the stop.
    """
    land = graph.land
    reversed_rides = csr_array(
        (land.ride_minutes.astype(np.float64), land.ride_from, land.ride_start), shape=(graph.node.size,) * 2
    )
    where = _metres(graph, lon, lat)
    halt = np.full(len(lon), -1, dtype=np.int64)
    halt[-1:] = _nearest(where[0][-1:], where[1], np.flatnonzero(np.diff(land.ride_start) > 0), halt_metres)
    if halt[-1] < 0 or len(lon) == 1:
        return _none(graph, halt)
    home = dijkstra(reversed_rides, indices=halt[-1:], limit=limit_minutes)
    reached = np.flatnonzero(np.isfinite(home[0]))
    halt[:-1] = _nearest(where[0][:-1], where[1], reached, halt_metres)
    found = np.flatnonzero(halt >= 0)
    label, onward = dijkstra(reversed_rides, indices=halt[found], limit=limit_minutes, return_predecessors=True)
    size = len(lon)
    minutes, metres = np.full((size, size), np.inf), np.full((size, size), np.inf)
    following = np.full((size, graph.node.size), _NOBODY, dtype=np.int32)
    following[found] = onward
    for row, other in enumerate(found):
        minutes[found, other] = label[row, halt[found]]
        for one in found[np.isfinite(minutes[found, other])]:
            metres[one, other] = _length(graph, _trace(onward[row], int(halt[one])))
    return Rides(*_degrees(graph, halt), minutes, metres, graph, halt, following)


def _metres(graph: Graph, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Give places and nodes (in the graph's numbers) in one system of metres."""
    network = graph.network
    system = crs.metric_crs(float(np.mean(lon)), float(np.mean(lat)))
    nodes = crs.project_points(network.lon[graph.node], network.lat[graph.node], system)
    return crs.project_points(lon, lat, system), nodes


def _nearest(places: Floats, nodes: Floats, among: NDArray[np.intp], limit: float) -> NDArray[np.int64]:
    """Find the nearest node of some for each place, or -1 where none is within the limit."""
    if among.size == 0:
        return np.full(len(places), -1, dtype=np.int64)
    metres, at = KDTree(nodes[among]).query(places)
    return np.where(metres <= limit, among[at], -1).astype(np.int64)


def _trace(onward: NDArray[np.int32], start: int) -> list[int]:
    nodes = [start]
    while onward[nodes[-1]] >= 0:
        nodes.append(int(onward[nodes[-1]]))
    return nodes


def _length(graph: Graph, nodes: list[int]) -> float:
    """Add up the metres of the quickest arcs along a way."""
    land, total = graph.land, 0.0
    for origin, target in itertools.pairwise(nodes):
        arcs = np.arange(land.ride_start[target], land.ride_start[target + 1])
        arcs = arcs[land.ride_from[arcs] == origin]
        total += float(graph.network.metres[graph.ride_segment[arcs[land.ride_minutes[arcs].argmin()]]])
    return total


def _degrees(graph: Graph, halt: NDArray[np.int64]) -> tuple[Floats, Floats]:
    node = graph.node[np.maximum(halt, 0)]
    known = halt >= 0
    return np.where(known, graph.network.lon[node], np.nan), np.where(known, graph.network.lat[node], np.nan)


def _none(graph: Graph, halt: NDArray[np.int64]) -> Rides:
    size = len(halt)
    nowhere = np.full((size, size), np.inf)
    following = np.full((size, 1), _NOBODY, dtype=np.int32)
    nothing = np.full(size, np.nan)
    return Rides(nothing, nothing, nowhere, nowhere.copy(), graph, halt, following)
