"""
From declared coordinates to longitude and latitude: EPSG systems, and the shifted ones of online maps.

WGS 84 and CGCS2000 are taken as equal: they differ by less than a metre. Xian 1980 and Beijing 1954 are moved without
local parameters, which leaves tens of metres.

GCJ-02 and BD-09 have no official publication; the formulas are those in common use (the "eviltransform" series
of 2013), on the Krasovsky ellipsoid. The inverses are iterated, so that forward after inverse gives the input.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

Coordinates = NDArray[np.float64]
"""Shape (N, 2): longitude or easting, then latitude or northing."""

KRASOVSKY_METRES = 6_378_245.0
KRASOVSKY_ECCENTRICITY_SQUARED = 0.00669342162296594323
BAIDU_SHIFT = (0.0065, 0.006)
BAIDU_ANGLE = np.pi * 3000.0 / 180.0
ROUNDS = 12

CHINA = (73.0, 3.0, 136.0, 54.0)
"""West, south, east, north of everything that is ever mapped as China, in degrees."""

MARGIN_DEGREES = 2.0
"""A place this far outside the area of its system is still believed: zones are used a little past their edge."""

DECIMALS = 9
"""Digits kept of converted degrees: a tenth of a millimetre."""


def to_gcj02(places: Coordinates) -> Coordinates:
    """Shift WGS 84 degrees to GCJ-02; places outside China stay."""
    x, y = places[:, 0] - 105.0, places[:, 1] - 35.0
    root = np.sqrt(np.abs(x))
    ripple = (20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += (20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += (20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)) * 2.0 / 3.0

    latitude = np.radians(places[:, 1])
    flat = 1.0 - KRASOVSKY_ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    meridian = KRASOVSKY_METRES * (1.0 - KRASOVSKY_ECCENTRICITY_SQUARED) / (flat * np.sqrt(flat))
    parallel = KRASOVSKY_METRES / np.sqrt(flat) * np.cos(latitude)
    shift = np.degrees(np.column_stack((east / parallel, north / meridian)))
    shifted: Coordinates = np.where(_shifted_area(places)[:, None], places + shift, places)
    return shifted


def from_gcj02(places: Coordinates) -> Coordinates:
    """Shift GCJ-02 degrees back to WGS 84."""
    return _inverse(to_gcj02, places)


def to_bd09(places: Coordinates) -> Coordinates:
    """Shift WGS 84 degrees to BD-09."""
    return gcj02_to_bd09(to_gcj02(places))


def from_bd09(places: Coordinates) -> Coordinates:
    """Shift BD-09 degrees back to WGS 84."""
    return _inverse(to_bd09, places)


def gcj02_to_bd09(places: Coordinates) -> Coordinates:
    """Shift GCJ-02 degrees to BD-09."""
    x, y = places[:, 0], places[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * BAIDU_ANGLE)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * BAIDU_ANGLE)
    shifted: Coordinates = np.column_stack((radius * np.cos(angle), radius * np.sin(angle))) + np.array(BAIDU_SHIFT)
    return shifted


def _inverse(forward: Callable[[Coordinates], Coordinates], shifted: Coordinates) -> Coordinates:
    """Find what ``forward`` maps to ``shifted``; each round makes the error about a thousand times smaller."""
    places = shifted
    for _ in range(ROUNDS):
        places = places - (forward(places) - shifted)
    return places


def _shifted_area(places: Coordinates) -> NDArray[np.bool_]:
    """Tell where GCJ-02 shifts at all: the box that the common formulas use."""
    lon, lat = places[:, 0], places[:, 1]
    return (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)


class UnreadableCrs(ValueError):
    """A text names no coordinate system."""


@dataclass(frozen=True)
class System:
    """
    A coordinate system that an import is read in.

    Attributes
    ----------
    shift
        Inverse of an online map's shift, ``None`` for a system of the EPSG register.
    """

    name: str
    crs: CRS
    shift: Callable[[Coordinates], Coordinates] | None = None

    @cached_property
    def old_datum(self) -> str | None:
        """Name the datum when it is Xian 1980 or Beijing 1954."""
        names = f"{self.crs.name} {self._datum}".replace("_", " ").lower()
        for known, words in (("Xian 1980", ("xian",)), ("Beijing 1954", ("beijing", "pulkovo 1942"))):
            if any(word in names for word in words):
                return known
        return None

    @cached_property
    def area(self) -> tuple[float, float, float, float]:
        """West, south, east and north of where the system is for, in degrees, with a margin."""
        if self.shift:
            bounds = CHINA
        elif self.crs.area_of_use:
            used = self.crs.area_of_use
            bounds = (used.west, used.south, used.east, used.north)
        elif self.crs.is_projected and self._is_like_wgs84:
            bounds = CHINA
        else:
            bounds = (-180.0, -90.0, 180.0, 90.0)
        west, south, east, north = bounds
        return west - MARGIN_DEGREES, south - MARGIN_DEGREES, east + MARGIN_DEGREES, north + MARGIN_DEGREES

    def to_degrees(self, places: Coordinates) -> Coordinates:
        """
        Give longitude and latitude, WGS 84 or CGCS2000 alike; not finite where a place cannot be converted.

        Degrees that need no conversion come back with every digit.
        """
        if self.shift:
            return np.round(self.shift(places), DECIMALS)
        if self._transformer is None:
            return places
        x, y = self._transformer.transform(places[:, 0], places[:, 1])
        return np.round(np.column_stack((x, y)), DECIMALS)

    def holds(self, degrees: Coordinates) -> NDArray[np.bool_]:
        """Tell which places lie where the system is for."""
        west, south, east, north = self.area
        lon, lat = degrees[:, 0], degrees[:, 1]
        inside = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        on_earth = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0)
        return inside & on_earth

    def same_as(self, other: System) -> bool:
        """Tell whether two systems give the same degrees."""
        if (self.shift, self._is_like_wgs84) != (other.shift, other._is_like_wgs84):
            return False
        if self._is_like_wgs84 and self.crs.is_geographic and other.crs.is_geographic:
            return True
        return bool(self.crs.equals(other.crs, ignore_axis_order=True)) or self.crs.to_epsg() == other.crs.to_epsg()

    @cached_property
    def _datum(self) -> str:
        geodetic = self.crs.geodetic_crs
        return geodetic.datum.name if geodetic is not None and geodetic.datum is not None else ""

    @cached_property
    def _is_like_wgs84(self) -> bool:
        datum = self._datum.replace("_", " ").lower()
        return any(name in datum for name in ("world geodetic system 1984", "wgs 84", "wgs 1984", "china 2000", "cgcs"))

    @cached_property
    def _transformer(self) -> Transformer | None:
        if self._is_like_wgs84:
            if self.crs.is_geographic:
                return None
            return Transformer.from_crs(self.crs, self.crs.geodetic_crs, always_xy=True)
        return Transformer.from_crs(self.crs, CRS.from_epsg(4326), always_xy=True)


WGS84 = System("EPSG:4326", CRS.from_epsg(4326))
GCJ02 = System("GCJ-02", CRS.from_epsg(4326), from_gcj02)
BD09 = System("BD-09", CRS.from_epsg(4326), from_bd09)

_SHORT_NAMES = {
    "WGS84": WGS84,
    "CGCS2000": System("EPSG:4490", CRS.from_epsg(4490)),
    "GCJ02": GCJ02,
    "BD09": BD09,
    "BD09LL": BD09,
}


def declared_system(text: str) -> System:
    """
    Read a declared coordinate system: ``EPSG:4547``, ``WGS 84``, ``CGCS2000``, ``GCJ-02``, ``BD-09``.

    Raises
    ------
    UnreadableCrs
        When the text names none, or one with no place on the earth.
    """
    short = re.sub(r"[\s_-]", "", text).upper()
    if short in _SHORT_NAMES:
        return _SHORT_NAMES[short]
    number = re.fullmatch(r"(?:EPSG:?)?(\d{4,6})", short)
    if not number:
        raise UnreadableCrs(text)
    return _placed(f"EPSG:{number[1]}", number[1])


def file_system(definition: str | None) -> System | None:
    """Read the coordinate system a shape file carries; ``None`` when it carries none that places it on the earth."""
    if not definition:
        return None
    try:
        system = _placed("", definition)
    except UnreadableCrs:
        return None
    code = system.crs.to_epsg()
    return System(f"EPSG:{code}" if code else system.crs.name, system.crs)


def _placed(name: str, definition: str) -> System:
    try:
        crs = CRS.from_user_input(int(definition) if definition.isdigit() else definition)
    except CRSError as unknown:
        raise UnreadableCrs(definition) from unknown
    if not (crs.is_geographic or crs.is_projected):
        raise UnreadableCrs(definition)
    return System(name, crs)


@dataclass(frozen=True, slots=True)
class Zones:
    """
    A family of Gauss-Krüger systems whose eastings carry the zone number in millions.

    Attributes
    ----------
    first_zone, first_codes
        The lowest zone number and its EPSG code on CGCS2000, Xian 1980 and Beijing 1954; codes go up by one a zone.
    """

    degrees: int
    first_zone: int
    last_zone: int
    first_codes: tuple[int, int, int]


ZONE_FAMILIES = (
    Zones(6, 13, 23, (4491, 2327, 21413)),
    Zones(3, 25, 45, (4513, 2349, 2401)),
)
CENTRAL_MERIDIANS = (75, 135, 4534)
"""First and last meridian of the 3-degree CGCS2000 systems without a zone number, and the EPSG code of the first."""


def likely_systems(places: Coordinates) -> tuple[str, str]:
    """Suggest, in English and Chinese, what the numbers of an undeclared file may be; never used to convert."""
    finite = places[np.isfinite(places).all(axis=1)]
    if not len(finite):
        return "", ""
    x, y = np.median(finite, axis=0)
    if abs(x) <= 180.0 and abs(y) <= 90.0:
        codes = "EPSG:4490 (CGCS2000), EPSG:4326 (WGS 84), GCJ-02, BD-09"
        return f"The numbers are degrees: perhaps {codes}.", f"数值为经纬度,可能是 {codes}。"
    zone, east = divmod(x, 1_000_000.0)
    if not (100_000.0 <= east <= 900_000.0 and 0.0 < y < 6_500_000.0):
        return "", ""
    if zone == 0:
        return _without_zone_number()
    for family in ZONE_FAMILIES:
        if family.first_zone <= zone <= family.last_zone:
            return _with_zone_number(family, int(zone))
    return "", ""


def _with_zone_number(family: Zones, zone: int) -> tuple[str, str]:
    modern, xian, beijing = (first + zone - family.first_zone for first in family.first_codes)
    codes = f"EPSG:{modern} (CGCS2000), EPSG:{xian} (Xian 1980), EPSG:{beijing} (Beijing 1954)"
    en = f"Eastings begin with {zone}: perhaps {family.degrees}-degree Gauss-Krüger zone {zone}, {codes}."
    return en, f"东坐标以 {zone} 开头,可能是高斯—克吕格 {family.degrees} 度带第 {zone} 带:{codes}。"


def _without_zone_number() -> tuple[str, str]:
    first, last, code = CENTRAL_MERIDIANS
    last_code = code + (last - first) // 3
    codes = f"EPSG:{code}–{last_code}"
    here = ", ".join(f"EPSG:{code + (meridian - first) // 3} ({meridian}°E)" for meridian in (105, 108, 111))
    en = f"Metres without a zone number: perhaps CGCS2000 3-degree Gauss-Krüger, {codes}; in Chongqing {here}."
    return en, f"数值为不带带号的米制坐标,可能是 CGCS2000 三度带({codes});重庆常用 {here}。"
