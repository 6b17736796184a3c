"""School buses of a plan: routes for the pupils who change school and walk too far, school by school."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from app.cases.plan_document import BusPlan, BusRoute, BusStop
from app.jobs import trips, ways
from app.jobs.desk import NOBODY, Asked
from app.jobs.trips import OnRoads
from geo import crs
from geo.roads import rides
from geo.roads.rides import Rides
from solver import buses
from solver.areas.judge import Judgement
from solver.buses import BusProblem
from solver.plan import Status

Ints = NDArray[np.int64]

_DECIMALS = 5
"""Decimals of a degree of a route's line: about a metre."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Settlements (indices) that board at one place, and their pupils."""

    settlements: tuple[int, ...]
    pupils: int
    lon: float
    lat: float


def plan(asked: Asked, school_of: Sequence[int], judgement: Judgement) -> BusPlan | None:
    """Plan the school buses of a plan; ``None`` off roads."""
    on_roads = asked.trips.on_roads
    if on_roads is None:
        return None
    at = np.array(school_of)
    riders = _riders(asked, at)
    found = [
        _of_school(asked, on_roads, s, riders, np.flatnonzero((at == s) & (riders > 0)))
        for s in np.unique(at[riders > 0]).tolist()
    ]
    routes = tuple(route for one in found for route in one.routes)
    unrouted = tuple(asked.layout.settlement_ids[v] for one in found for v in one.unrouted)
    bounds = [one.bound for one in found]
    cost = sum(route.cost for route in routes)
    left = f"; no bus can take the pupils of {len(unrouted)} settlements" if unrouted else ""
    left_zh = f";{len(unrouted)} 个村社的学生没有校车可乘" if unrouted else ""
    pupils = sum(route.pupils for route in routes)
    return BusPlan(
        status=(Status.OPTIMAL if all(one.optimal for one in found) else Status.FEASIBLE).value,
        routes=routes,
        pupils=pupils,
        vehicles=len(routes),
        cost=cost,
        estimate=judgement.parts.get("school_bus", 0),
        bound=None if any(bound is None for bound in bounds) else sum(bound or 0 for bound in bounds),
        unrouted=unrouted,
        detail=f"{len(routes)} school buses for {pupils} pupils who change school and walk too far{left}.",
        detail_zh=f"调整后步行过远的 {pupils} 名学生需校车 {len(routes)} 辆{left_zh}。",
    )


@dataclass(frozen=True, slots=True)
class _School:
    routes: tuple[BusRoute, ...]
    unrouted: tuple[int, ...]
    bound: int | None
    optimal: bool


def _riders(asked: Asked, at: Ints) -> Ints:
    """Give the pupils of each settlement who ride a school bus to their school: those who board live there."""
    layout, rows = asked.layout, np.arange(len(at))
    wanted = trips.bused(asked.trips, layout.school_now, asked.used)[rows, at] & (at != NOBODY)
    boards = (layout.held_minutes[rows, at] > layout.older_limit) & (layout.beds[at] > 0)
    return np.where(wanted, layout.pupils - np.where(boards, layout.older, 0), 0).astype(np.int64)


def _of_school(asked: Asked, on_roads: OnRoads, s: int, riders: Ints, settlements: Ints) -> _School:
    value = asked.used.value
    stops = tuple(_stops(asked, settlements, riders, value("bus.stop_merge")))
    door = asked.schools[s].school.point
    found = rides.between(
        ways.graph_of(on_roads.roads.network, on_roads.profile),
        np.array([*(stop.lon for stop in stops), door.x]),
        np.array([*(stop.lat for stop in stops), door.y]),
        limit_minutes=value("bus.ride_limit"),
        halt_metres=value("travel.snap_limit"),
    )
    problem = BusProblem(
        stop_ids=tuple(asked.layout.settlement_ids[stop.settlements[0]] for stop in stops),
        pupils=np.array([stop.pupils for stop in stops], dtype=np.int64),
        minutes=_whole(found.minutes[:-1], buses.NO_WAY),
        metres=_whole(found.metres[:-1], 0),
        seats=int(value("bus.seats")),
        ride_limit=int(value("bus.ride_limit")),
        stop_minutes=int(value("bus.stop_minutes")),
        bus_price=round(value("cost.bus_year")),
        km_price=value("cost.bus_km"),
        trips_year=int(value("bus.trips_year")),
    )
    answer = buses.solve(problem)
    return _School(
        routes=tuple(_route(asked, s, stops, found, one) for one in answer.routes),
        unrouted=tuple(v for left in answer.unserved for v in stops[left.stop].settlements),
        bound=answer.certificate.bound,
        optimal=answer.certificate.status is Status.OPTIMAL,
    )


def _stops(asked: Asked, settlements: Ints, riders: Ints, merge_metres: float) -> Iterator[Stop]:
    """Make stops: the settlement with most pupils first, and those within a distance of it board with it."""
    centres = [asked.settlements[v].centre for v in settlements.tolist()]
    system = crs.metric_crs_of(centres)
    places = crs.project_points([c.x for c in centres], [c.y for c in centres], system)
    left = np.argsort(-riders[settlements], kind="stable")
    while left.size:
        near = np.hypot(*(places[left] - places[left[0]]).T) <= merge_metres
        members = settlements[left[near]]
        yield Stop(
            settlements=tuple(members.tolist()),
            pupils=int(riders[members].sum()),
            lon=centres[left[0]].x,
            lat=centres[left[0]].y,
        )
        left = left[~near]


def _route(asked: Asked, s: int, stops: Sequence[Stop], found: Rides, one: buses.BusRoute) -> BusRoute:
    ids = asked.layout.settlement_ids
    return BusRoute(
        school=asked.layout.school_ids[s],
        stops=tuple(
            BusStop(
                lon=round(float(found.lon[i]), _DECIMALS),
                lat=round(float(found.lat[i]), _DECIMALS),
                pupils=pupils,
                minutes=minutes,
                settlements=tuple(ids[v] for v in stops[i].settlements),
            )
            for i, pupils, minutes in zip(one.stops, one.pupils, one.minutes, strict=True)
        ),
        pupils=sum(one.pupils),
        minutes=max(one.minutes),
        km=round(one.metres / 1_000, 2),
        cost=one.cost,
        line=_line(found, [*one.stops, len(stops)]),
    )


def _line(found: Rides, places: Sequence[int]) -> tuple[tuple[float, float], ...]:
    """Give the way of a bus over its stops to the school, simplified to about a metre."""
    pieces = [found.line(one, other) for one, other in itertools.pairwise(places)]
    way = np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])
    if len(way) < 2:
        return tuple((round(float(lon), _DECIMALS), round(float(lat), _DECIMALS)) for lon, lat in way)
    simple = shapely.get_coordinates(shapely.simplify(shapely.LineString(way), 10.0**-_DECIMALS))
    return tuple((round(float(lon), _DECIMALS), round(float(lat), _DECIMALS)) for lon, lat in simple)


def _whole(values: NDArray[np.float64], where_none: int) -> Ints:
    return np.where(np.isfinite(values), np.ceil(np.where(np.isfinite(values), values, 0)), where_none).astype(np.int64)
