"""
What the tags of OpenStreetMap say of a way or node: who may use it, which way, how fast, and what it stops.

The most special tag wins: on foot ``foot`` before ``access``; by bus ``school_bus``, ``bus``, ``psv``,
``motor_vehicle``, ``vehicle``, ``access``, in this order. ``access`` for farm or forest work shuts out vehicles only.
Restrictions that hold at some hours or for turns are not read; a road whose direction changes in the course of the day
is closed to buses, as no direction can be relied on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from geo.roads.classes import INDEX, ROADS
from geo.roads.network import BarrierKind, NodeFlag, Ride, SegmentFlag

Tags = Mapping[str, str]

WAY_KEYS = ("highway", "route", "man_made", "waterway", "natural", "landuse", "railway")
"""A way without any of these is neither used nor in the way."""
NODE_KEYS = ("highway", "barrier", "railway", "crossing")
WATER_TAGS = (("natural", "water"), ("waterway", "riverbank"), ("landuse", "reservoir"))
"""Tags of relations whose members are shores."""

NOTHING_KNOWN = float("nan")

_OPEN = frozenset({"yes", "designated", "permissive", "official", "destination", "public"})
_SHUT = frozenset({"no", "private", "military", "emergency", "use_sidepath", "restricted", "permit", "employees"})
_SHUT_TO_VEHICLES = _SHUT | {"agricultural", "forestry", "delivery", "customers", "residents"}
_OPEN_ON_FOOT = _OPEN | {"customers", "delivery", "residents", "discouraged"}

_BUSES = ("school_bus", "bus", "psv")
_RIDE_KEYS = (*_BUSES, "motor_vehicle", "vehicle", "access")
_FERRY_KEYS = (*_BUSES, "motor_vehicle", "motorcar", "hgv", "vehicle")
_NEVER_RIDDEN = frozenset({"steps", "corridor", "platform", "elevator"})

_ONEWAY_KEYS = ("oneway:school_bus", "oneway:bus", "oneway:psv", "oneway:motor_vehicle", "oneway")
_ONEWAY = {
    **dict.fromkeys(("yes", "true", "1"), Ride.FORWARD),
    **dict.fromkeys(("-1", "reverse"), Ride.BACKWARD),
    **dict.fromkeys(("no", "false", "0", "alternating"), Ride.BOTH),
    "reversible": Ride.NONE,
}
_CONTRAFLOW = frozenset({"opposite_lane", "opposite_track"})
_ROUND = frozenset({"roundabout", "circular"})

_LIMIT_KEYS = ("maxspeed:bus", "maxspeed:psv", "maxspeed")
_SPEED = re.compile(r"(\d+(?:\.\d+)?) ?(mph|km/h|kmh|kph|knots)?", re.ASCII)
_ZONE = re.compile(r"[a-z]{2}:(?:zone:?)?(\d+)", re.ASCII)
_UNIT_KMH = {"mph": 1.609344, "knots": 1.852}
_WALKING_KMH = 5.0
_URBAN_KMH = 50.0
"""What ``CN:urban`` and its like stand for: 50 km/h on a city road of one lane a direction by article 45 of the
Regulations for the Implementation of the Road Traffic Safety Law (2004), and in most other countries."""

_CLOCK = re.compile(r"(\d+):(\d\d)(?::(\d\d))?", re.ASCII)
_PERIOD = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", re.ASCII)
_MINUTES = re.compile(r"(\d+(?:\.\d+)?) ?(?:min|minutes)?", re.ASCII)

_GATES = (
    "gate lift_gate swing_gate sliding_gate sliding_beam rising_gate toll_booth border_control cattle_grid entrance "
    "kerb no sally_port bus_trap sump_buster hampshire_gate bump_gate coupure checkpoint"
)
_PASSED_BY_VEHICLES = frozenset(_GATES.split())
"""Values of ``barrier`` on a node that let vehicles through when open; all others stop them."""

_RIVERS = frozenset({"river", "canal", "riverbank", "dock", "tidal_channel"})
_PONDS = (
    "pond fountain pool reflecting_pool swimming_pool wastewater fish_pass moat ditch drain stream stream_pool rapids"
)
_SMALL_WATERS = frozenset(_PONDS.split())
_RAILWAYS = frozenset({"rail", "light_rail", "narrow_gauge", "subway"})
_NAMES = ("name:zh", "name", "ref")


class Use(NamedTuple):
    """What a way permits; fields as in ``Network``, minutes of a ferry for the whole way."""

    road: int
    walk: bool
    ride: int
    limit_kmh: float
    flags: int
    ferry_minutes: float
    name: str


def road_of(tags: Tags) -> str | None:
    """Give the class of a way, ``None`` where it is no road, path, pier or ferry."""
    if tags.get("route") == "ferry":
        return "ferry"
    road = tags.get("highway")
    if road is None and tags.get("man_made") == "pier":
        return "pier"
    return road if road in INDEX else None


def use(tags: Tags, road: str) -> Use | None:
    """Tell what a way of a class permits; ``None`` where nobody may use it."""
    walk, ride = _walk(tags, road), _ride(tags, road)
    if not walk and ride is Ride.NONE:
        return None
    ferry = road == "ferry"
    return Use(
        road=INDEX[road],
        walk=walk,
        ride=int(ride),
        limit_kmh=0.0 if ferry else limit_kmh(tags),
        flags=_flags(tags, road),
        ferry_minutes=minutes_of(tags.get("duration", "")) if ferry else NOTHING_KNOWN,
        name=name_of(tags),
    )


def is_area(tags: Tags) -> bool:
    """Tell whether the way is the outline of a square, not a line to go along."""
    return tags.get("area") == "yes"


def name_of(tags: Tags) -> str:
    """Give the Chinese name, else the local one, else the number of the road; empty where it has none."""
    return next((name for key in _NAMES if (name := tags.get(key, "").strip())), "")


def _walk(tags: Tags, road: str) -> bool:
    if (foot := _first(tags, "foot")) in _OPEN_ON_FOOT:
        return True
    if foot in _SHUT or _first(tags, "access") in _SHUT or tags.get("motorroad") == "yes":
        return False
    return ROADS[INDEX[road]].walk


def _ride(tags: Tags, road: str) -> Ride:
    if road in _NEVER_RIDDEN or tags.get("public_transport") == "platform":
        return Ride.NONE
    permitted = _ferry_takes_vehicles(tags) if road == "ferry" else _vehicles_may(tags, ROADS[INDEX[road]].ride)
    return _direction(tags, road) if permitted else Ride.NONE


def _vehicles_may(tags: Tags, by_default: bool) -> bool:
    """Follow the most special tag that says something; only one about buses opens what is closed by default."""
    for key in _RIDE_KEYS:
        if key not in tags:
            continue
        value = _first(tags, key)
        if value in _OPEN:
            return by_default or key in _BUSES
        if value in _SHUT_TO_VEHICLES:
            return False
    return by_default


def _ferry_takes_vehicles(tags: Tags) -> bool:
    said = next((value for key in _FERRY_KEYS if (value := _first(tags, key)) in _OPEN | _SHUT_TO_VEHICLES), "no")
    return said in _OPEN


def _first(tags: Tags, key: str) -> str:
    """Give the first of several values, such as ``agricultural;forestry``."""
    return tags.get(key, "").partition(";")[0].strip()


def _direction(tags: Tags, road: str) -> Ride:
    if tags.get("busway") in _CONTRAFLOW:
        return Ride.BOTH
    for key in _ONEWAY_KEYS:
        if (said := _ONEWAY.get(tags.get(key, ""))) is not None:
            return said
    implied = road == "motorway" or tags.get("junction") in _ROUND
    return Ride.FORWARD if implied else Ride.BOTH


def _flags(tags: Tags, road: str) -> int:
    return (
        on_bridge(tags) * SegmentFlag.BRIDGE.value
        | in_tunnel(tags) * SegmentFlag.TUNNEL.value
        | (road == "ferry") * SegmentFlag.FERRY.value
        | (road == "steps") * SegmentFlag.STEPS.value
    )


def on_bridge(tags: Tags) -> bool:
    """Tell whether the way is carried over the ground."""
    return tags.get("bridge", "no") != "no"


def in_tunnel(tags: Tags) -> bool:
    """Tell whether the way runs below the ground; a passage through a building does not."""
    return tags.get("tunnel", "no") not in {"no", "building_passage"}


def limit_kmh(tags: Tags) -> float:
    """Read the signed speed limit of buses, the lower one where several are given; 0 where none is signed."""
    said = next((value for key in _LIMIT_KEYS if (value := tags.get(key))), "")
    if not said:
        said = ";".join(value for end in ("forward", "backward") if (value := tags.get(f"maxspeed:{end}")))
    limits = [_one_limit(value.strip().lower()) for value in re.split(r"[;|,]", said)] if said else []
    return min((limit for limit in limits if limit > 0), default=0.0)


def _one_limit(said: str) -> float:
    if found := _SPEED.fullmatch(said):
        return float(found[1]) * _UNIT_KMH.get(found[2], 1.0)
    if found := _ZONE.fullmatch(said):
        return float(found[1])
    if said.endswith("walk") or said.endswith(":living_street"):
        return _WALKING_KMH
    return _URBAN_KMH if said.endswith(":urban") else 0.0


def minutes_of(duration: str) -> float:
    """Read ``hh:mm``, ``hh:mm:ss``, minutes or ``PT20M``; NaN where it is none of them or 0."""
    said = duration.strip()
    if found := _CLOCK.fullmatch(said) or _PERIOD.fullmatch(said):
        hours, minutes, seconds = (float(part or 0) for part in found.groups())
        total = hours * 60 + minutes + seconds / 60
    else:
        total = float(found[1]) if (found := _MINUTES.fullmatch(said)) else 0.0
    return total if total > 0 else NOTHING_KNOWN


def node_flags(tags: Tags) -> int:
    """Give the ``NodeFlag`` bits of a node."""
    flags = NodeFlag(0)
    highway, crossing = tags.get("highway"), tags.get("crossing")
    if highway == "crossing" and crossing not in {"unmarked", "no"}:
        flags |= NodeFlag.CROSSING
    if highway == "traffic_signals" or crossing == "traffic_signals" or tags.get("crossing:signals") == "yes":
        flags |= NodeFlag.SIGNALS
    if tags.get("railway") in {"level_crossing", "crossing"}:
        flags |= NodeFlag.LEVEL_CROSSING
    if _stops_vehicles(tags):
        flags |= NodeFlag.NO_VEHICLES
    return int(flags)


def _stops_vehicles(tags: Tags) -> bool:
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    passed = barrier in _PASSED_BY_VEHICLES
    for key in _RIDE_KEYS:
        value = _first(tags, key)
        if value in _OPEN and (passed or key != "access"):
            return False
        if value in _SHUT_TO_VEHICLES:
            return True
    return not passed or tags.get("locked") == "yes"


def barrier_of(tags: Tags) -> BarrierKind | None:
    """Tell what a way keeps people from crossing as; ``None`` where it does not, or leads above or below the ground."""
    if is_water(tags):
        return BarrierKind.WATER
    expressway = tags.get("highway") in {"motorway", "motorway_link"} or (
        "highway" in tags and tags.get("motorroad") == "yes"
    )
    railway = tags.get("railway") in _RAILWAYS
    if not (expressway or railway) or on_bridge(tags) or in_tunnel(tags):
        return None
    return BarrierKind.EXPRESSWAY if expressway else BarrierKind.RAILWAY


def is_water(tags: Tags) -> bool:
    """Tell whether a way is a river, canal or shore; streams are stepped over and ponds walked around."""
    if tags.get("natural") == "coastline":
        return True
    if tags.get("waterway") in _RIVERS:
        return not (on_bridge(tags) or in_tunnel(tags))
    return any(tags.get(key) == value for key, value in WATER_TAGS) and tags.get("water") not in _SMALL_WATERS
