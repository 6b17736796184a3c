"""
80 % bands of a forecast from its own errors at earlier origins.

With e = |log(actual / forecast)| of all trials whose year is not after the origin:

    (1) errors of the same unit and horizon, or, where fewer than three origins have them, of shorter horizons scaled by
        (h / k)^0.75, or of the other stage in the same way
    (2) divided by the usual error of their place: its mean e, drawn to that of all places as if by three more origins
    (3) the width is the q-th of (2), times the usual error of the place (split conformal: Vovk, Gammerman and Shafer
        2005; normalised by place: Lei et al. 2018, Distribution-free predictive inference, JASA 113)
    (4) q starts at 0.8 and moves against the coverage seen so far (Gibbs and Candes 2021, Adaptive conformal inference)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.float64]
Key = tuple[str, int, int]
"""Unit, origin, horizon in years."""

WANTED = 0.8
STEP = 0.4
ENOUGH_ORIGINS = 3
GROWTH = 0.75
DRAWN = 3
LEVELS = (0.3, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """
    What became of the forecasts of a history.

    Attributes
    ----------
    of
        log(actual / forecast) by `Key`, each of shape (V,), NaN where either is unknown.
    like
        The units from which a unit may learn, itself first.
    """

    of: Mapping[Key, Figures]
    like: Mapping[str, Sequence[str]]


def widths(errors: Errors, unit: str, horizon: int, origins: Sequence[int]) -> dict[int, Figures]:
    """
    Give the half-width of the band in logs at each origin, in order, shape (V,); NaN where nothing was known yet.

    Nothing known after an origin enters its band.
    """
    found: dict[int, Figures] = {}
    for origin in origins:
        level = WANTED + STEP * sum(WANTED - seen for seen in _coverage(errors, unit, horizon, found, origin))
        found[origin] = _width(_known(errors, unit, horizon, origin), float(np.clip(level, *LEVELS)))
    return found


def _coverage(errors: Errors, unit: str, horizon: int, found: Mapping[int, Figures], origin: int) -> list[float]:
    """The share of places inside the bands of earlier origins whose outcome is known."""
    shares = []
    for earlier, width in found.items():
        error = errors.of.get((unit, earlier, horizon))
        if earlier + horizon <= origin and error is not None:
            both = np.isfinite(error) & np.isfinite(width)
            shares += [float((np.abs(error) <= width)[both].mean())] if both.any() else []
    return shares


def _known(errors: Errors, unit: str, horizon: int, origin: int) -> Figures | None:
    """Step (1), shape (origins, V)."""
    for other in errors.like[unit]:
        known = [
            (key[2], np.abs(error))
            for key, error in errors.of.items()
            if key[0] == other and key[1] + key[2] <= origin and key[2] <= horizon
        ]
        same = [error for years, error in known if years == horizon]
        scaled = [error * (horizon / years) ** GROWTH for years, error in known]
        for pool in (same, scaled):
            if len(pool) >= ENOUGH_ORIGINS:
                return np.array(pool)
    return None


def _width(pool: Figures | None, level: float) -> Figures:
    """Steps (2) and (3)."""
    if pool is None or not np.isfinite(pool).any():
        return np.array(np.nan)
    known = np.isfinite(pool)
    total = np.where(known, pool, 0.0).sum(axis=0)
    usual = (total + DRAWN * pool[known].mean()) / (known.sum(axis=0) + DRAWN)
    ratios = np.sort((pool / usual)[known])
    rank = int(np.ceil(level * (len(ratios) + 1))) - 1
    return np.asarray(usual * ratios[min(rank, len(ratios) - 1)])
