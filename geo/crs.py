"""
Coordinate systems: longitude and latitude at rest, metres for every measurement.

Stored coordinates are EPSG:4326. CGCS2000 (EPSG:4490) is taken as equal to it: the two differ by less than the
accuracy of a settlement border. Metres are those of the CGCS2000 3-degree Gauss-Kruger zone of the district
(EPSG:4534, central meridian 75 E, to EPSG:4554, 135 E), chosen once for everything that is measured together. A
place outside these zones has its UTM zone (WGS 84).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer
from shapely.geometry.base import BaseGeometry

from geo.errors import UnequalLengths, WrongCrs

GEOGRAPHIC = "EPSG:4326"

_FIRST_MERIDIAN, _LAST_MERIDIAN, _ZONE_DEGREES = 75, 135, 3
_EPSG_OF_FIRST_MERIDIAN = 4534
_UTM_ZONE_DEGREES, _LAST_UTM_LATITUDE = 6, 84
_EPSG_OF_UTM_NORTH, _EPSG_OF_UTM_SOUTH = 32600, 32700

Shapes = NDArray[np.object_]
"""Shapely geometries in one array."""


def metric_crs(lon: float, lat: float) -> CRS:
    """
    Return the 3-degree zone that a place lies in (73.5 to 136.5 E, 0 to 60 N), elsewhere its UTM zone.

    Raises
    ------
    WrongCrs
        When no place lies there: metres given as degrees, or latitude and longitude swapped.
    """
    if not (np.isfinite(lon) and abs(lon) <= 180 and abs(lat) <= _LAST_UTM_LATITUDE):
        raise WrongCrs("longitude and latitude", f"the middle lies at longitude {lon}, latitude {lat}")
    zone = round((lon - _FIRST_MERIDIAN) / _ZONE_DEGREES)
    if 0 <= zone <= (_LAST_MERIDIAN - _FIRST_MERIDIAN) // _ZONE_DEGREES and 0 <= lat <= 60:
        return _crs(_EPSG_OF_FIRST_MERIDIAN + zone)
    utm = min(int((lon + 180) // _UTM_ZONE_DEGREES) + 1, 60)
    return _crs((_EPSG_OF_UTM_NORTH if lat >= 0 else _EPSG_OF_UTM_SOUTH) + utm)


def metric_crs_of(geometries: Sequence[BaseGeometry] | Shapes) -> CRS:
    """Return the zone of the middle of the geometries' common bounds; raises `WrongCrs` as `metric_crs` does."""
    west, south, east, north = shapely.total_bounds(np.asarray(geometries, dtype=object))
    _check_degrees(np.array([west, east]), np.array([south, north]))
    return metric_crs((west + east) / 2, (south + north) / 2)


def project_points(lon: ArrayLike, lat: ArrayLike, crs: CRS | None = None) -> NDArray[np.float64]:
    """
    Turn longitudes and latitudes into metres.

    Parameters
    ----------
    crs
        The metric system; ``None`` chooses it from the mean of these points. Two sets of points that are measured
        against each other need one system: choose it once and give it to both calls.

    Returns
    -------
    metres
        Shape (N, 2), east and north, in the order given.

    Raises
    ------
    WrongCrs
        When a value cannot be a longitude or latitude.
    """
    east, north = np.atleast_1d(np.asarray(lon, dtype=float)), np.atleast_1d(np.asarray(lat, dtype=float))
    if east.shape != north.shape:
        raise UnequalLengths("longitudes", east.size, "latitudes", north.size)
    if east.size == 0:
        return np.empty((0, 2))
    _check_degrees(east, north)
    target = crs or metric_crs(float(east.mean()), float(north.mean()))
    return np.column_stack(_to_metres(target.to_wkt()).transform(east, north))


def project(geometries: Sequence[BaseGeometry] | Shapes, crs: CRS) -> Shapes:
    """Turn longitude-latitude geometries into metres of ``crs``; raises `WrongCrs` as `project_points` does."""
    shapes = np.asarray(geometries, dtype=object)
    coordinates = shapely.get_coordinates(shapes)
    _check_degrees(coordinates[:, 0], coordinates[:, 1])
    return _transformed(shapes, _to_metres(crs.to_wkt()))


def unproject(geometries: Sequence[BaseGeometry] | Shapes, crs: CRS) -> Shapes:
    """Turn geometries in metres of ``crs`` back into longitude and latitude."""
    return _transformed(np.asarray(geometries, dtype=object), _to_degrees(crs.to_wkt()))


def _transformed(shapes: Shapes, transformer: Transformer) -> Shapes:
    def move(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(coordinates[:, 0], coordinates[:, 1]))

    return np.asarray(shapely.transform(shapes, move), dtype=object)


def _check_degrees(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> None:
    wrong = ~(np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise WrongCrs("longitude and latitude", f"found {lon[first]}, {lat[first]}")


@lru_cache(maxsize=32)
def _crs(epsg: int) -> CRS:
    return CRS.from_epsg(epsg)


@lru_cache(maxsize=32)
def _to_metres(wkt: str) -> Transformer:
    return Transformer.from_crs(GEOGRAPHIC, wkt, always_xy=True)


@lru_cache(maxsize=32)
def _to_degrees(wkt: str) -> Transformer:
    return Transformer.from_crs(wkt, GEOGRAPHIC, always_xy=True)
