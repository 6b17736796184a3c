"""Minutes of a trip where no road network is loaded. Estimates: every plan made from them says so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from geo.errors import BadTravel, WrongCrs

_METRES_PER_KM = 1_000
_MINUTES_PER_HOUR = 60
_ROUNDING_GUARD = 1e-9
"""Minutes by which a sum such as 5.0000000001 may pass a whole minute and still be that minute."""


def straight_line_minutes(
    homes: NDArray[np.float64], schools: NDArray[np.float64], *, km_per_hour: float, detour: float
) -> NDArray[np.int64]:
    """
    Estimate door-to-school minutes: straight line x detour / speed.

    Parameters
    ----------
    homes, schools
        Shapes (V, 2) and (S, 2), metres of one and the same projected system.
    km_per_hour
        Mean speed of the trip, above 0.
    detour
        Road length over straight-line length, 1 or more.

    Returns
    -------
    minutes
        Shape (V, S), one way, rounded up to whole minutes; a home at the school itself takes 0.

    Raises
    ------
    WrongCrs
        When the points are not pairs of finite metres.
    BadTravel
        When the speed is not above 0 or the detour is below 1.
    """
    if not km_per_hour > 0 or not np.isfinite(km_per_hour):
        raise BadTravel("km_per_hour", km_per_hour, "above 0")
    if not detour >= 1 or not np.isfinite(detour):
        raise BadTravel("detour", detour, "1 or more")
    metres = cdist(_pairs(homes), _pairs(schools)) * detour
    minutes = metres * _MINUTES_PER_HOUR / (km_per_hour * _METRES_PER_KM)
    return np.ceil(np.maximum(minutes - _ROUNDING_GUARD, 0)).astype(np.int64)


def _pairs(points: NDArray[np.float64]) -> NDArray[np.float64]:
    array = np.asarray(points, dtype=float)
    if array.size == 0:
        return np.empty((0, 2))
    if array.ndim != 2 or array.shape[1] != 2 or not np.isfinite(array).all():
        raise WrongCrs("pairs of metres", f"an array of shape {array.shape}, all finite: {np.isfinite(array).all()}")
    return array
