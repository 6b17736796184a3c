"""
How fast pupils travel on a network: on foot by a slope rule, by bus by road class and steepness, and what is shut.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shapely.geometry.base import BaseGeometry


class Means(StrEnum):
    """How pupils travel."""

    WALK = "walk"
    BUS = "bus"  # a bus, with a walk to where it is boarded and from where it is left
    MIXED = "mixed"  # whichever of the two is quicker


class Slope(StrEnum):
    """How steepness slows walking."""

    TOBLER = "tobler"
    MINETTI = "minetti"
    FLAT = "flat"  # not at all


@dataclass(frozen=True, slots=True)
class Closure:
    """
    A named state of the roads, such as a flood or ice in winter: what is shut for everyone.

    A segment is shut that meets every condition given of ``above_metres``, ``below_metres``, ``steeper_than`` and
    ``area`` (at least one of them); ferries and the ways named are shut besides. Heights and slopes shut nothing where
    no relief is known.

    Attributes
    ----------
    above_metres, below_metres
        Segments with an end above (below) this height; bridges and tunnels are spared by ``below_metres``.
    steeper_than
        Slope as a share, such as 0.12, of segments that vehicles use.
    ferries
        All ferries rest.
    ways
        Ids of ways in the extract.
    area
        Segments that touch this Polygon or MultiPolygon, longitude and latitude.
    """

    name: str
    above_metres: float | None = None
    below_metres: float | None = None
    steeper_than: float | None = None
    ferries: bool = False
    ways: tuple[int, ...] = ()
    area: BaseGeometry | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """
    Speeds and waits; values come from norms ``travel.*``, speeds of buses by road class from ``geo.roads.classes``.

    Attributes
    ----------
    walk_kmh
        On the flat.
    off_road_kmh
        From a home to the road nearest to it, straight.
    wait_minutes
        Spent at a stop before boarding.
    ferry_wait_minutes, ferry_kmh
        Spent before a ferry leaves; its speed where no timetable is known.
    stairs_kmh
        On steps, whatever their slope.
    steep_from, steep_loss, steep_least
        A bus loses ``steep_loss`` of its speed for each hundredth of slope beyond ``steep_from``, up or down, down to
        ``steep_least`` of it.
    """

    walk_kmh: float
    off_road_kmh: float
    wait_minutes: float
    ferry_wait_minutes: float
    ferry_kmh: float
    stairs_kmh: float
    steep_from: float
    steep_loss: float
    steep_least: float
    slope: Slope = Slope.TOBLER
    closures: tuple[Closure, ...] = ()
