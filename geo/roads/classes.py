"""
Classes of roads: the value of ``highway`` in OpenStreetMap, a ferry, or a pier.

The figures are in ``roads.csv``. A stored network points to a class by its row, so new classes are added at the end and
none is ever moved or removed.

``bus_kmh`` is a proposal: mean speed of a school or village bus that stops for pupils, with traffic and bends, and
so about half of the design speed of such a road (JTG B01-2014: expressway 120 to 80, first class 100 to 60, second
class 80 or 60, third class 40 or 30, fourth class 30 or 20 km/h). It stays below what the School Bus Safety
Regulations (2012), article 35, permit with pupils on board: 80 km/h on expressways, 60 on other roads.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class RoadClass:
    """
    One class of roads.

    Attributes
    ----------
    road
        Value of ``highway``; ``ferry`` for ``route=ferry``, ``pier`` for ``man_made=pier``.
    walk, ride
        Whether people may walk and buses may drive where no other tag says so. A bus uses a class closed by default
        only where ``bus``, ``psv`` or ``school_bus`` permits it.
    bus_kmh
        Above 0; for classes without buses, the speed where a tag lets them in. Ferries have ``travel.ferry_kmh``.
    trunk
        A main road (干线): expressways, trunk and primary roads and their ramps, which a child should not cross on
        the level. They carry through traffic at 60 km/h and more.
    lived_on
        Homes stand along it.
    rank
        Drawn in this order, 0 first.
    trust
        V the source was read, K known but not re-read, U unverified 未核实.
    """

    road: str
    zh: str
    walk: bool
    ride: bool
    bus_kmh: float
    trunk: bool
    lived_on: bool
    rank: int
    source: str
    trust: str


def _read() -> tuple[RoadClass, ...]:
    text = resources.files("geo.roads").joinpath("roads.csv").read_text(encoding="utf-8")
    return tuple(_class(row) for row in csv.DictReader(text.splitlines()))


def _class(row: dict[str, str]) -> RoadClass:
    return RoadClass(
        road=row["road"],
        zh=row["zh"],
        walk=row["walk"] == "yes",
        ride=row["ride"] == "yes",
        bus_kmh=float(row["bus_kmh"]),
        trunk=row["trunk"] == "yes",
        lived_on=row["lived_on"] == "yes",
        rank=int(row["rank"]),
        source=row["source"],
        trust=row["trust"],
    )


ROADS: tuple[RoadClass, ...] = _read()
"""Every class, in the order of the file; ``Network.road`` is an index into it."""

INDEX: dict[str, int] = {road.road: index for index, road in enumerate(ROADS)}
"""Index into ``ROADS`` by ``RoadClass.road``."""
