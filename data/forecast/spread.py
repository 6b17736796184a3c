"""
How far a projection may be off, by horizon and size, from how far earlier ones were.

With e = log(actual / forecast) of the forecasts of earlier years, whose outcomes are known,

    sd(size, h)^2 = v[h] (1 + q / size)      a part that is the same for all and a part of moving children, 1 / size

q, in pupils, is the one of a few under which the errors are likeliest (double exponential, so that one odd school does
not decide). v[h] makes 80 % of the earlier errors at h lie within 1.2816 sd, as of a normal distribution; where few
origins are known it leans on v[h-1] h / (h-1), a variance that grows with each year, and at h = 1 on a usual value.

Sources: distribution-free intervals from past errors, Williams and Goodman (1971), A simple method for the construction
of empirical confidence limits for economic forecasts, JASA 66; Lei and others (2018), Distribution-free predictive
inference for regression, JASA 113.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.forecast.history import Floats, History
from data.forecast.progression import Projection, ahead

Units = Callable[[Floats, Floats], dict[str, Floats]]
"""From pupils, shapes (S, G, K) and (G, K), to figures by unit, shape (N, K)."""

BAND = 0.8
"""Share of outcomes that a band is made to hold."""

DEVIATIONS_OF_BAND = 1.2815515655
"""Half the width of the band in standard deviations of a normal distribution."""

SMALL_PARTS = (0.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
"""Values of q tried, in pupils."""

USUAL_SMALL_PART = 100.0
USUAL_DEVIATION = 0.02
"""One year ahead, of a large count: what is taken while nothing is known."""

YOUNG_ORIGINS, LEAST_ORIGINS = 4, 2
"""The first origins of a history, which know little and err more, are left out as long as so many others are known."""

USUAL_ORIGINS = 2.0
"""Origins that the leaning value counts as."""


@dataclass(frozen=True, slots=True)
class Spread:
    """
    Relative standard deviations of a projection.

    Attributes
    ----------
    variance
        v[h] for the horizons 1, 2, ...
    small_part
        q, in pupils.
    """

    variance: tuple[float, ...]
    small_part: float

    def of(self, size: Floats | float, horizon: int) -> Floats:
        """Give the relative standard deviation of counts forecast as ``size`` pupils, 1 or more years ahead."""
        last = len(self.variance)
        variance = self.variance[min(horizon, last) - 1] * max(horizon / last, 1.0)
        return np.asarray(np.sqrt(variance * (1 + self.small_part / np.maximum(size, 1.0))))

    def band(self, size: Floats | float, horizon: int) -> tuple[Floats, Floats]:
        """Give the 80 % band of counts forecast as ``size`` pupils."""
        width = DEVIATIONS_OF_BAND * self.of(size, horizon)
        return np.asarray(size * np.exp(-width)), np.asarray(size * np.exp(width))


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Errors of earlier forecasts, all of one length: log(actual / forecast), size forecast, years ahead, origin."""

    log: Floats
    size: Floats
    horizon: NDArray[np.int64]
    origin: NDArray[np.int64]

    @classmethod
    def of(cls, actual: Floats, forecast: Floats, horizon: NDArray[np.int64], origin: NDArray[np.int64]) -> Errors:
        """Take forecasts beside what came; a case in which one is unknown, or both are 0, is none."""
        known = np.isfinite(actual) & np.isfinite(forecast) & (actual + forecast > 0)
        a, f = actual[known], forecast[known]
        return cls(np.log((a + 0.5) / (f + 0.5)), f, horizon[known], origin[known])

    def known_in(self, year: int) -> Errors:
        """Keep the forecasts whose outcome was known in a year."""
        keep = self.origin + self.horizon <= year
        return Errors(self.log[keep], self.size[keep], self.horizon[keep], self.origin[keep])


def fitted(errors: Errors, horizon: int) -> Spread:
    """Fit the spread of the years 1 to ``horizon`` ahead."""
    small = _small_part(errors)
    scaled = np.abs(errors.log) / np.sqrt(1 + small / np.maximum(errors.size, 1.0))
    variances: list[float] = []
    for step in range(1, horizon + 1):
        at = (errors.horizon == step) & _grown_up(errors, step)
        leaning = variances[-1] * step / (step - 1) if variances else USUAL_DEVIATION**2
        origins = len(np.unique(errors.origin[at]))
        seen = float(np.quantile(scaled[at], BAND)) / DEVIATIONS_OF_BAND if origins else 0.0
        variances.append((origins * seen**2 + USUAL_ORIGINS * leaning) / (origins + USUAL_ORIGINS))
    return Spread(tuple(variances), small)


def _grown_up(errors: Errors, horizon: int) -> NDArray[np.bool_]:
    """Tell which errors at a horizon are of forecasts from a history that was long enough by then."""
    origins = np.unique(errors.origin[errors.horizon == horizon])
    young = min(YOUNG_ORIGINS, max(len(origins) - LEAST_ORIGINS, 0))
    return np.asarray(errors.origin >= origins[young]) if young else np.ones(errors.origin.shape, dtype=np.bool_)


def _small_part(errors: Errors) -> float:
    """Choose q by the likelihood of the errors, each horizon with its own scale."""
    if np.unique(errors.size).size < 2:
        return USUAL_SMALL_PART
    best, chosen = -np.inf, USUAL_SMALL_PART
    for small in SMALL_PARTS:
        root = np.sqrt(1 + small / np.maximum(errors.size, 1.0))
        likelihood = -np.log(root).sum()
        for step in np.unique(errors.horizon):
            at = errors.horizon == step
            likelihood -= at.sum() * np.log(np.maximum(np.mean(np.abs(errors.log[at]) / root[at]), 1e-9))
        if likelihood > best:
            best, chosen = float(likelihood), small
    return chosen


def by_unit(pupils: Floats, district: Floats) -> dict[str, Floats]:
    """
    Read pupils, shapes (S, G, K) and (G, K), in each unit that is judged.

    Returns
    -------
    units
        ``district grade`` (G, K), ``district total`` (1, K), ``school total`` (S, K), ``school grade`` (S G, K).
    """
    return {
        "district grade": district,
        "district total": district.sum(axis=0, keepdims=True),
        "school total": pupils.sum(axis=1),
        "school grade": pupils.reshape(-1, pupils.shape[2]),
    }


def counted(history: History, units: Units = by_unit) -> dict[str, Floats]:
    """Read what came, by unit and year, NaN where unknown or left out."""
    pupils = np.where(history.left_out, np.nan, history.pupils)
    told = np.isfinite(pupils).any(axis=(0, 1))
    district = np.where(told, np.nansum(pupils, axis=0), np.nan)
    unknown = np.isnan(pupils) & np.isfinite(pupils).any(axis=1, keepdims=True)
    district[unknown.any(axis=0)] = np.nan
    return units(np.where(history.left_out_of[:, None], np.nan, pupils), district)


def rolling(history: History, horizon: int, first: int = 1) -> dict[int, Projection]:
    """Project from each counted year, from the count of position ``first`` on; by year, a left-out year is none."""
    told = np.flatnonzero(np.logical_and(history.told.any(axis=0), ~history.left_out))
    years = [history.years[at] for at in told]
    return {year: ahead(history.upto(year), horizon) for year in years[first:]}


def past_errors(history: History, projections: Mapping[int, Projection], units: Units = by_unit) -> dict[str, Errors]:
    """Compare earlier projections with what came, by unit; those that cross a left-out year are no measure."""
    came = counted(history, units)
    parts: dict[str, list[tuple[Floats, Floats, int, int]]] = {unit: [] for unit in came}
    for origin, projection in projections.items():
        at = history.years.index(origin)
        told = units(projection.pupils, projection.district)
        for step in range(1, min(told["district total"].shape[1], len(history.years) - 1 - at) + 1):
            if not history.left_out[at : at + step + 1].any():
                for unit, forecast in told.items():
                    parts[unit].append((came[unit][:, at + step], forecast[:, step - 1], step, origin))
    return {unit: _errors(found) for unit, found in parts.items()}


def _errors(parts: list[tuple[Floats, Floats, int, int]]) -> Errors:
    actual = np.concatenate([np.empty(0), *(part[0] for part in parts)])
    forecast = np.concatenate([np.empty(0), *(part[1] for part in parts)])
    counts = [len(part[0]) for part in parts]
    horizon = np.repeat(np.array([part[2] for part in parts], dtype=np.int64), counts)
    origin = np.repeat(np.array([part[3] for part in parts], dtype=np.int64), counts)
    return Errors.of(actual, forecast, horizon, origin)


def spreads(history: History, horizon: int) -> dict[str, Spread]:
    """Fit the spread of each unit of `by_unit` on all earlier years of a history."""
    errors = past_errors(history, rolling(history, horizon))
    return {unit: fitted(found, horizon) for unit, found in errors.items()}
