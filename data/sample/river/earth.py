"""Where the invented county is laid on the earth: metres east and north of its middle, and degrees."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

_MIDDLE = (108.4, 30.7)
"""Longitude and latitude on which the invented county is laid: nobody's county, in the mountains of the east."""
_METRIC = "EPSG:4545"
_DECIMALS = 6


def degrees(metres: NDArray[np.float64], decimals: int = _DECIMALS) -> NDArray[np.float64]:
    """Lay metres east and north of the middle on the earth, as longitude and latitude."""
    east, north = _to_metres().transform(*_MIDDLE)
    lon, lat = _to_metres().transform(east + metres[:, 0], north + metres[:, 1], direction="INVERSE")
    return np.round(np.column_stack([lon, lat]), decimals)


def metres(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give metres east and north of the middle for degrees, of any one shape."""
    middle_east, middle_north = _to_metres().transform(*_MIDDLE)
    east, north = _to_metres().transform(lon, lat)
    return east - middle_east, north - middle_north


@cache
def _to_metres() -> Transformer:
    return Transformer.from_crs("EPSG:4326", _METRIC, always_xy=True)
