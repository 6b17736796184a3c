"""
The trips of a scenario: minutes of every settlement to every school, on roads or by straight line, and what they cost.

On roads, a pair of which one end stands too far from every road is estimated by straight line, and listed. A dataset
without roads, or a scenario that asks for it, is estimated so throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.cases.scenario import LimitOn, Means, RuleMode, Scenario
from app.jobs import ways
from app.jobs.norms_used import NormsUsed
from app.jobs.ways import NOT_REACHED, Roads, Ways
from data.domain.district import District
from data.domain.schools import Stage
from data.places import SchoolPlaces
from geo import crs, travel
from geo.roads.make import CREDIT
from geo.roads.profile import Profile
from solver.buses import estimate

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_MINUTES_PER_HOUR = 60

NAMED = 10
"""Settlements or schools that a notice names at most."""


@dataclass(frozen=True, slots=True, eq=False)
class OnRoads:
    """What is known only on roads: the network, the profile and the ways found with them."""

    roads: Roads
    profile: Profile
    ways: Ways


@dataclass(frozen=True, slots=True, eq=False)
class Trips:
    """
    Trips of V settlements to S schools; shapes (V, S).

    Attributes
    ----------
    minutes
        One way, whole minutes; ``ways.NOT_REACHED`` where there is no way.
    p95
        What 95 of 100 of a settlement's people keep to; the same as ``minutes`` where trips are estimated.
    straight
        Straight-line estimates of all trips.
    estimated
        Trips whose ``minutes`` are straight-line estimates.
    on_roads
        ``None`` where all are.
    notices
        What was assumed, Chinese and English.
    """

    minutes: Ints
    p95: Ints
    straight: Ints
    estimated: Bools
    on_roads: OnRoads | None
    km_per_hour: float
    detour: float
    notices: tuple[dict[str, str], ...]

    @property
    def reached(self) -> Bools:
        """Tell which pairs have a way."""
        return np.asarray(self.minutes < NOT_REACHED)


def find(
    district: District, schools: Sequence[SchoolPlaces], scenario: Scenario, used: NormsUsed, roads: Roads | None
) -> Trips:
    """Find the trips of a scenario; ``used`` remembers the norms that shape them."""
    if roads is None or scenario.travel.means is Means.STRAIGHT_LINE:
        return _straight_line(district, schools, scenario, used, has_roads=roads is not None)
    speed, detour = _straight_speed(scenario, used.glance)
    straight = _straight_minutes(district, schools, speed, detour)
    profile = ways.profile_of(used.value, scenario.travel)
    found = ways.find(
        district,
        [row.school.point for row in schools],
        roads,
        profile,
        scenario.travel,
        snap_limit=used.value("travel.snap_limit"),
        cut_off=used.value("travel.cut_off"),
    )
    estimated = (found.settlements_far > 0)[:, None] | (found.schools_far > 0)[None, :]
    estimated &= ~found.reached
    return Trips(
        minutes=np.where(estimated, straight, found.minutes),
        p95=np.where(estimated, straight, found.p95),
        straight=straight,
        estimated=estimated,
        on_roads=OnRoads(roads, profile, found),
        km_per_hour=speed,
        detour=detour,
        notices=tuple(_road_notices(district, schools, roads, found, scenario)),
    )


def limits(trips: Trips, scenario: Scenario) -> Ints | None:
    """Give the minutes that are held against the limits, where they are not the mean."""
    return trips.p95 if trips.on_roads is not None and scenario.travel.limit_on is LimitOn.P95 else None


def crossing(trips: Trips, scenario: Scenario, used: NormsUsed) -> Bools | None:
    """Tell which trips cross a trunk road or a railway on foot; ``None`` where nothing is known or nobody asks."""
    asked = scenario.stage is Stage.PRIMARY and scenario.rules.crossing.mode is not RuleMode.OFF
    if trips.on_roads is None or not asked:
        return None
    used.note("acc.crossing")
    return trips.on_roads.ways.crosses


def bused(trips: Trips, now: Ints, used: NormsUsed) -> Bools:
    """Tell which trips need a school bus: to another school than today's, and too far on foot; none off roads."""
    if trips.on_roads is None:
        return np.zeros(trips.minutes.shape, dtype=bool)
    walk = np.where(trips.estimated, trips.minutes, trips.on_roads.ways.walk)
    moved = (now >= 0)[:, None] & (np.arange(walk.shape[1])[None, :] != now[:, None])
    return np.asarray(moved & (walk > used.value("bus.walk_limit")) & trips.reached)


def transport(trips: Trips, now: Ints, pupils: Ints, scenario: Scenario, used: NormsUsed) -> Ints | None:
    """Give what school buses are reckoned to cost, yuan a year; ``None`` off roads or where nobody asks."""
    if scenario.weights.school_bus == 0 or trips.on_roads is None:
        return None
    wanted = bused(trips, now, used)
    bus = trips.on_roads.ways.bus
    ride = np.where(bus < NOT_REACHED, np.maximum(bus - trips.on_roads.profile.wait_minutes, 0), trips.straight)
    a_pupil = estimate.seat_cost(
        ride * used.value("bus.kmh") / _MINUTES_PER_HOUR,
        seats=int(used.value("bus.seats")),
        filled=used.value("bus.filled"),
        bus_price=used.value("cost.bus_year"),
        km_price=used.value("cost.bus_km"),
        trips_year=int(used.value("bus.trips_year")),
    )
    yuan = np.where(wanted, a_pupil * scenario.weights.school_bus * pupils[:, None], 0.0)
    return np.asarray(np.ceil(yuan), dtype=np.int64)


def _straight_line(
    district: District, schools: Sequence[SchoolPlaces], scenario: Scenario, used: NormsUsed, *, has_roads: bool
) -> Trips:
    speed, detour = _straight_speed(scenario, used.value)
    minutes = _straight_minutes(district, schools, speed, detour)
    why, why_zh = ("as the scenario asks", "情景要求") if has_roads else ("no road network", "未使用路网")
    notice = {
        "code": "straight-line",
        "en": f"Minutes are straight-line estimates: distance x {detour:g} at {speed:g} km/h; {why}.",
        "zh": f"用时为直线估算:直线距离 x {detour:g},时速 {speed:g} 公里;{why_zh}。",
    }
    return Trips(
        minutes=minutes,
        p95=minutes,
        straight=minutes,
        estimated=np.ones(minutes.shape, dtype=bool),
        on_roads=None,
        km_per_hour=speed,
        detour=detour,
        notices=(notice,),
    )


def _straight_speed(scenario: Scenario, value: Callable[[str], float]) -> tuple[float, float]:
    asked = scenario.travel
    return asked.km_per_hour or value("travel.km_per_hour"), asked.detour or value("travel.detour")


def _straight_minutes(district: District, schools: Sequence[SchoolPlaces], speed: float, detour: float) -> Ints:
    settlements = district.settlements
    system = crs.metric_crs_of([s.centre for s in settlements])
    homes = crs.project_points([s.centre.x for s in settlements], [s.centre.y for s in settlements], system)
    points = [row.school.point for row in schools]
    doors = crs.project_points([p.x for p in points], [p.y for p in points], system)
    return travel.straight_line_minutes(homes, doors, km_per_hour=speed, detour=detour)


def _road_notices(
    district: District, schools: Sequence[SchoolPlaces], roads: Roads, found: Ways, scenario: Scenario
) -> Iterator[dict[str, str]]:
    credit = district.source if district.synthetic else CREDIT
    yield {
        "code": "roads",
        "en": f"Minutes are by the road network ({credit}); speeds are norms travel.*.",
        "zh": f"用时按路网计算({credit});速度见 travel.* 参数。",
    }
    if not roads.network.has_relief:
        yield {
            "code": "no-relief",
            "en": "No elevation is known: all ways count as flat.",
            "zh": "没有高程数据:所有道路按平路计算。",
        }
    if scenario.travel.closures:
        names = "、".join(closure.name for closure in scenario.travel.closures)
        yield {
            "code": "closures",
            "en": f"Roads are shut as in: {names}.",
            "zh": f"已按以下情形封闭道路:{names}。",
        }
    far = [district.settlements[v].name for v in np.flatnonzero(found.settlements_far)]
    if far:
        yield {
            "code": "settlements-off-roads",
            "en": f"{len(far)} settlements have homes too far from every road; where no way is known, minutes are "
            f"straight-line estimates: {'、'.join(far[:NAMED])}.",
            "zh": f"{len(far)} 个村社有住处距路网过远;无路可算的按直线估算:{'、'.join(far[:NAMED])}。",
        }
    far = [schools[s].school.name for s in np.flatnonzero(found.schools_far).tolist()]
    if far:
        yield {
            "code": "schools-off-roads",
            "en": f"{len(far)} schools stand too far from every road; minutes to them are straight-line estimates: "
            f"{'、'.join(far[:NAMED])}.",
            "zh": f"{len(far)} 所学校距路网过远,其用时按直线估算:{'、'.join(far[:NAMED])}。",
        }
