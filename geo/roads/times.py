"""
Minutes of every segment, on foot and by bus, each way.

On foot   speed by slope S, the rise over the run in the direction of travel:
          Tobler (1993), Three presentations on geographical analysis and modeling: 6 exp(-3.5 |S + 0.05|) km/h, scaled
          so that S = 0 gives the profile's speed; 19 % faster than that at its best, on 5 % downhill.
          Minetti et al. (2002), J Appl Physiol 93:1039: walking costs C(i) = 280.5 i^5 - 58.7 i^4 - 76.8 i^3 + 51.9 i^2
          + 19.6 i + 2.5 J/(kg m) at slope i, and people spend the power they spend on the flat: speed x C(0)/C(i), but
          never faster than on the flat, as the formula alone would have children run down hills.
          Steps have a speed of their own, whatever their slope.
By bus    speed of the road class, or the signed limit where that is lower, times the share that steepness leaves.
Ferries   minutes of the timetable, or length over speed, the same on foot and by bus. Each boarding costs the wait:
          half of it at either landing, a landing being a node where a ferry meets a way that is none.

Slopes are taken over ``SMOOTH_METRES`` along the way, or over the segment where it is longer, as a relief file knows no
hills narrower than its cells; beyond ``STEEPEST``, the range of Minetti's measurements, they count as that. Where a
height is unknown the ground is taken as flat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.errors import BadTravel
from geo.roads.classes import ROADS
from geo.roads.network import Floats, Floats32, Network, Ride, SegmentFlag
from geo.roads.profile import Closure, Profile, Slope

Bools = NDArray[np.bool_]

SMOOTH_METRES = 90.0
"""A cell of three arc-seconds, the grid of SRTM outside the United States until 2014."""
STEEPEST = 0.45
_TOBLER_DECAY, _TOBLER_BEST = 3.5, -0.05
_MINETTI = (280.5, -58.7, -76.8, 51.9, 19.6, 2.5)
_MINUTES_PER_HOUR, _METRES_PER_KM = 60.0, 1_000.0
_NEVER = np.inf


@dataclass(frozen=True, slots=True, eq=False)
class SegmentMinutes:
    """
    Minutes of each segment, all of shape (E,); infinite where it cannot be travelled so.

    Attributes
    ----------
    walk_forward, walk_backward, ride_forward, ride_backward
        Tail to head, head to tail.
    slope
        Rise over run from tail to head, as used for the minutes; 0 where unknown.
    shut
        Whether a closure shuts the segment.
    """

    walk_forward: Floats
    walk_backward: Floats
    ride_forward: Floats
    ride_backward: Floats
    slope: Floats
    shut: Bools


def segment_minutes(network: Network, profile: Profile) -> SegmentMinutes:
    """Time all segments; raises `BadTravel` for a speed not above 0, a wait below 0 or a share beyond 0 to 1."""
    _check(profile)
    slope = slopes(network)
    shut = closed(network, profile.closures, slope)
    walkable = network.walk & ~shut
    forward, backward = (_on_foot(network, profile, s) for s in (slope, -slope))
    ride = np.where(shut, 0, network.ride)
    ridden = _by_bus(network, profile, slope)
    return SegmentMinutes(
        walk_forward=np.where(walkable, forward, _NEVER),
        walk_backward=np.where(walkable, backward, _NEVER),
        ride_forward=np.where(ride & Ride.FORWARD, ridden, _NEVER),
        ride_backward=np.where(ride & Ride.BACKWARD, ridden, _NEVER),
        slope=slope,
        shut=shut,
    )


def slopes(network: Network) -> Floats:
    """Slope of each segment from tail to head, smoothed along its way; 0 where a height is unknown."""
    metres = network.metres.astype(np.float64)
    if metres.size == 0:
        return np.empty(0)
    follows = (network.way_id[1:] == network.way_id[:-1]) & (network.tail[1:] == network.head[:-1])
    run = np.concatenate([[0], np.cumsum(~follows)])
    end = np.cumsum(metres) + run  # runs lie a metre apart, so that none is read across its end
    begin = end - metres
    first = np.concatenate([[True], ~follows])
    last = np.concatenate([~follows, [True]])
    at = np.column_stack([begin, end]).ravel()
    height = np.column_stack([network.height[network.tail], network.height[network.head]]).ravel().astype(np.float64)
    reach = np.maximum(metres, SMOOTH_METRES) / 2
    middle = (begin + end) / 2
    low = np.maximum(middle - reach, begin[first][run])
    high = np.minimum(middle + reach, end[last][run])
    rise = np.interp(high, at, height) - np.interp(low, at, height)
    slope: Floats = np.divide(rise, high - low, out=np.zeros_like(rise), where=high > low)
    return np.clip(np.nan_to_num(slope, nan=0.0), -STEEPEST, STEEPEST)


def walking_kmh(slope: Floats, profile: Profile) -> Floats:
    """Speed on foot up (above 0) or down a slope by the profile's rule."""
    share = np.ones_like(slope)
    if profile.slope is Slope.TOBLER:
        share = np.exp(-_TOBLER_DECAY * (np.abs(slope - _TOBLER_BEST) - abs(_TOBLER_BEST)))
    elif profile.slope is Slope.MINETTI:
        share = np.minimum(_MINETTI[-1] / np.polyval(_MINETTI, np.clip(slope, -STEEPEST, STEEPEST)), 1.0)
    return profile.walk_kmh * share


def bus_share(slope: Floats, profile: Profile) -> Floats:
    """Share of its speed that a bus keeps on a slope."""
    hundredths = np.maximum(np.abs(slope) - profile.steep_from, 0.0) * 100
    share: Floats = np.maximum(1 - profile.steep_loss * hundredths, profile.steep_least)
    return share


def closed(network: Network, closures: tuple[Closure, ...], slope: Floats) -> Bools:
    """Tell which segments one of the closures shuts."""
    shut = np.zeros(network.tail.size, dtype=bool)
    for closure in closures:
        shut |= _shut_by(network, closure, slope)
    return shut


def _shut_by(network: Network, closure: Closure, slope: Floats) -> Bools:
    shut = np.isin(network.way_id, closure.ways)
    if closure.ferries:
        shut |= _has(network, SegmentFlag.FERRY)
    conditions = _conditions(network, closure, slope)
    if conditions:
        shut |= np.logical_and.reduce(conditions)
    return shut


def _conditions(network: Network, closure: Closure, slope: Floats) -> list[Bools]:
    """The conditions that the closure gives, each by segment; comparisons with an unknown height are false."""
    ends = network.height[network.tail], network.height[network.head]
    conditions: list[Bools] = []
    if closure.above_metres is not None:
        conditions.append(np.fmax(*ends) > closure.above_metres)
    if closure.below_metres is not None:
        spared = _has(network, SegmentFlag.BRIDGE) | _has(network, SegmentFlag.TUNNEL)
        conditions.append((np.fmin(*ends) < closure.below_metres) & ~spared)
    if closure.steeper_than is not None:
        conditions.append((np.abs(slope) > closure.steeper_than) & (network.ride != Ride.NONE))
    if closure.area is not None:
        conditions.append(_touching(network, closure.area))
    return conditions


def _touching(network: Network, area: shapely.Geometry) -> Bools:
    west, south, east, north = shapely.bounds(area)
    lon = network.lon[network.tail], network.lon[network.head]
    lat = network.lat[network.tail], network.lat[network.head]
    near: Bools = (np.fmax(*lon) >= west) & (np.fmin(*lon) <= east)
    near &= (np.fmax(*lat) >= south) & (np.fmin(*lat) <= north)
    which = np.flatnonzero(near)
    ends = np.stack([np.column_stack([x[which], y[which]]) for x, y in zip(lon, lat, strict=True)], axis=1)
    shapely.prepare(area)
    near[which] = shapely.intersects(area, shapely.linestrings(ends))
    return near


def _on_foot(network: Network, profile: Profile, slope: Floats) -> Floats:
    kmh = np.where(_has(network, SegmentFlag.STEPS), profile.stairs_kmh, walking_kmh(slope, profile))
    return np.where(_has(network, SegmentFlag.FERRY), _by_ferry(network, profile), _minutes(network.metres, kmh))


def _by_bus(network: Network, profile: Profile, slope: Floats) -> Floats:
    kmh = np.array([road.bus_kmh for road in ROADS], dtype=np.float64)[network.road]
    limit = network.limit_kmh.astype(np.float64)
    kmh = np.where(limit > 0, np.minimum(kmh, limit), kmh) * bus_share(slope, profile)
    return np.where(_has(network, SegmentFlag.FERRY), _by_ferry(network, profile), _minutes(network.metres, kmh))


def _by_ferry(network: Network, profile: Profile) -> Floats:
    ferry = _has(network, SegmentFlag.FERRY)
    sailing = _minutes(network.metres, np.full(network.metres.shape, profile.ferry_kmh))
    sailing = np.where(np.isfinite(network.ferry_minutes), network.ferry_minutes, sailing)
    landing = np.zeros(network.lon.size, dtype=bool)
    for ends in (network.tail, network.head):
        landing[ends[~ferry]] = True
    landings = landing[network.tail].astype(np.float64) + landing[network.head]
    minutes: Floats = sailing + landings * profile.ferry_wait_minutes / 2
    return minutes


def _minutes(metres: Floats32, kmh: Floats) -> Floats:
    """Minutes of each length at each speed; never where the speed is 0."""
    metres_a_minute = kmh * _METRES_PER_KM / _MINUTES_PER_HOUR
    never = np.full(kmh.shape, _NEVER)
    minutes: Floats = np.divide(metres, metres_a_minute, out=never, where=metres_a_minute > 0)
    return minutes


def _has(network: Network, flag: SegmentFlag) -> Bools:
    has: Bools = (network.flags & flag) != 0
    return has


def _check(profile: Profile) -> None:
    for name in ("walk_kmh", "off_road_kmh", "ferry_kmh", "stairs_kmh"):
        if not 0 < getattr(profile, name) < np.inf:
            raise BadTravel(name, getattr(profile, name), "above 0")
    for name in ("wait_minutes", "ferry_wait_minutes", "steep_from", "steep_loss"):
        if not 0 <= getattr(profile, name) < np.inf:
            raise BadTravel(name, getattr(profile, name), "0 or more")
    if not 0 < profile.steep_least <= 1:
        raise BadTravel("steep_least", profile.steep_least, "above 0 and at most 1")
