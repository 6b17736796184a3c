"""The way of a settlement's pupils to school, before and after, for the map."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray

from app.cases.route_document import CrossingOut, LegOut, RouteOut, SettlementRoutes
from app.jobs import ways
from app.jobs.desk import NOBODY, Asked
from app.jobs.trips import OnRoads
from geo import crs
from geo.roads import minutes, route, snap
from geo.roads.homes import Homes
from geo.roads.kernels import ROUNDING_GUARD
from geo.roads.route import Leg, Route

Place = tuple[float, float]

_LEAST_METRES = 0.5
"""Shorter legs come from rounded places and are not told."""

_DECIMALS = 5
"""Decimals of a degree of a line: about a metre."""


def of_settlement(
    asked: Asked, settlement: int, school: int, school_today: int, *, from_home: bool = True
) -> SettlementRoutes:
    """
    Find the ways of a settlement (index) to two schools (indices, or ``NOBODY``).

    ``from_home`` false: where the dataset lists homes, the ways start from the centre, so that no home is shown.
    """
    planned = _route(asked, settlement, school, from_home)
    today = planned if school == school_today else _route(asked, settlement, school_today, from_home)
    return SettlementRoutes(settlement=asked.layout.settlement_ids[settlement], plan=planned, today=today)


def _route(asked: Asked, v: int, s: int, from_home: bool) -> RouteOut | None:
    if s == NOBODY or not asked.trips.reached[v, s]:
        return None
    on_roads = asked.trips.on_roads
    if on_roads is None or asked.trips.estimated[v, s]:
        return _straight(asked, v, s)
    centre, door = asked.settlements[v].centre, _door(asked, s)
    hidden = bool(asked.district.homes) and not from_home
    home = (centre.x, centre.y) if hidden else _home_in_the_middle(asked, on_roads, v, s)
    graph, means = ways.graph_of(on_roads.roads.network, on_roads.profile), ways.means_of(asked.scenario.travel)
    limit = asked.used.glance("travel.snap_limit")
    there = route.find(graph, home, door, means, limit_metres=limit)
    if there is None:
        return None
    back = route.find(graph, door, home, means, limit_metres=limit)
    metres, straight = _straight_way(asked, home, s)
    return RouteOut(
        school=asked.layout.school_ids[s],
        means=means.value,
        estimate=False,
        minutes=_whole(there.minutes),
        minutes_back=None if back is None else _whole(back.minutes),
        minutes_mean=int(asked.layout.minutes[v, s]),
        metres=round(there.metres),
        climb_metres=round(there.climb),
        straight_metres=metres,
        straight_minutes=straight,
        legs=tuple(_leg(leg) for leg in there.legs if leg.metres >= _LEAST_METRES),
        crossings=_crossings(there),
    )


def _straight(asked: Asked, v: int, s: int) -> RouteOut:
    centre, door = asked.settlements[v].centre, _door(asked, s)
    metres, took = _straight_way(asked, (centre.x, centre.y), s)
    line = (
        (round(centre.x, _DECIMALS), round(centre.y, _DECIMALS)),
        (round(door[0], _DECIMALS), round(door[1], _DECIMALS)),
    )
    return RouteOut(
        school=asked.layout.school_ids[s],
        means="straight_line",
        estimate=True,
        minutes=took,
        minutes_back=took,
        minutes_mean=int(asked.layout.minutes[v, s]),
        metres=metres,
        climb_metres=0,
        straight_metres=metres,
        straight_minutes=took,
        legs=(LegOut(kind="straight", minutes=took, metres=metres, names=(), coordinates=line),),
        crossings=(),
    )


def _home_in_the_middle(asked: Asked, on_roads: OnRoads, v: int, s: int) -> Place:
    """Find the home of a settlement that half of its people live no further from the school than."""
    every = ways.homes_of(asked.district, on_roads.roads.network, asked.scenario.travel.starts)
    mine = np.flatnonzero(every.settlement == v)
    alone = Homes(np.arange(mine.size, dtype=np.int32), every.lon[mine], every.lat[mine], np.ones(mine.size))
    network, limit = on_roads.roads.network, asked.used.glance("travel.snap_limit")
    at, door = snap.snap(network, alone.lon, alone.lat, limit), _door(asked, s)
    stand = snap.snap(network, [door[0]], [door[1]], limit)
    graph, cut_off = ways.graph_of(network, on_roads.profile), asked.used.glance("travel.cut_off")
    times = minutes.between(graph, alone, at, mine.size, stand, cut_off_minutes=cut_off)
    took = times.dense(ways.means_of(asked.scenario.travel).value, (mine.size, 1), ways.NOT_REACHED)[:, 0]
    arrive = np.flatnonzero(took < ways.NOT_REACHED)
    order = arrive[np.argsort(took[arrive], kind="stable")]
    weight = np.cumsum(every.weight[mine][order])
    middle = int(order[np.searchsorted(weight, weight[-1] / 2)])
    return float(alone.lon[middle]), float(alone.lat[middle])


def _straight_way(asked: Asked, home: Place, s: int) -> tuple[int, int]:
    """Give metres in a straight line from a home to a school, and the minutes by the straight-line estimate."""
    door = _door(asked, s)
    places = crs.project_points([home[0], door[0]], [home[1], door[1]])
    metres = float(np.hypot(*(places[1] - places[0])))
    hours = metres * asked.trips.detour / (asked.trips.km_per_hour * 1_000)
    return round(metres), _whole(hours * 60)


def _door(asked: Asked, s: int) -> Place:
    point = asked.schools[s].school.point
    return point.x, point.y


def _leg(leg: Leg) -> LegOut:
    line = shapely.LineString(np.column_stack([leg.lon, leg.lat]))
    simple: NDArray[np.float64] = shapely.get_coordinates(shapely.simplify(line, 10.0**-_DECIMALS / 2))
    return LegOut(
        kind=leg.kind.value,
        minutes=round(leg.minutes, 2),
        metres=round(leg.metres),
        names=leg.names,
        coordinates=tuple((round(float(lon), _DECIMALS), round(float(lat), _DECIMALS)) for lon, lat in simple),
    )


def _crossings(found: Route) -> tuple[CrossingOut, ...]:
    return tuple(
        CrossingOut(
            lon=round(met.lon, _DECIMALS),
            lat=round(met.lat, _DECIMALS),
            road=met.road,
            kind=met.kind.value,
            guarded=met.guarded,
        )
        for met in found.crossings
    )


def _whole(value: float) -> int:
    return math.ceil(max(value - ROUNDING_GUARD, 0.0))
