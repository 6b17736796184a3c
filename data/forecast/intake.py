"""
The pupils who enter a district's lowest grade, from its past counts and, where known, the births.

With x[y] the pupils of the lowest grade and B(y) the births of the period they were born in, 1 where unknown,

    s[y] = log x[y] - log B(y)      the share of the births that enters, with all who move before they enter
    log x[y+h] = log B(y+h) + level of s + damped trend of s

Children of a school year are mostly born from September to August: 4/12 of the births of one calendar year and 8/12 of
the next. Where the age limit lies otherwise, or children wait a year, the period is another; a few are tried, with few
half-lives and, without births, trends, and averaged by their past errors 1 to 3 years ahead (`combined`).

Sources: damped trend, Gardner and McKenzie (1985), Forecasting trends in time series, Management Science 31;
combination, Bates and Granger (1969), The combination of forecasts, Operational Research Quarterly 20.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from data.forecast.history import Floats

BIRTH_PERIODS = (-1 / 3, 0.0, 1 / 3, 2 / 3, 1.0)
"""How many years before (year - age at entry) the births lie: 1/3 is 4/12 of the year before and 8/12 of it."""

USUAL_BIRTH_PERIOD, BIRTH_PERIOD_SPREAD = 1 / 3, 1 / 3
"""Mean and deviation of the weight a period has before anything is learned."""

WITHOUT_BIRTHS = 0.2
"""Weight, before anything is learned, of entrants that do not follow births, where births are known."""

HALF_LIVES = (1.5, 3.0, 8.0)
DAMPINGS = {0.0: 0.75, 0.95: 0.25}
"""What is left of a trend a year later, and the weight it has before anything is learned; 0: no trend. With births no
trend is tried: it is in them."""

TREND_HALF_LIFE = 5.0
LEARNED_AHEAD = 3
"""Years ahead over which members are compared."""

LEAST_ERROR = 1e-8
"""Squared log error below which members are alike."""


@dataclass(frozen=True, slots=True, eq=False)
class _Basis:
    """Log births by year of entry, shape (Y + H,), NaN before position ``since``."""

    logs: Floats
    since: int
    prior: float
    dampings: Mapping[float, float]


def entering(
    counts: Floats, years: tuple[int, ...], horizon: int, age: int, births: Mapping[int, float] | None
) -> Floats:
    """
    Forecast the pupils of the lowest grade, shape (H,).

    Parameters
    ----------
    counts
        Shape (Y,), known in every year.
    age
        Completed years in the autumn of entry.
    births
        By calendar year; after the last one known the mean of the last three is held.
    """
    logs = np.log(counts + 0.5)
    bases = [_Basis(np.zeros(len(years) + horizon), 0, WITHOUT_BIRTHS, DAMPINGS)]
    if births:
        bases += _bases(births, np.arange(years[0], years[-1] + horizon + 1) - age, len(years))
    common = max(basis.since for basis in bases)
    members = [
        (basis, _smoothed(logs[basis.since :] - basis.logs[basis.since : len(years)], half_life, damping))
        for basis, half_life in product(bases, HALF_LIVES)
        for damping in basis.dampings
    ]
    errors = np.array([line.squares(common - basis.since) for basis, line in members])
    priors = np.array([basis.prior * basis.dampings[line.damping] for basis, line in members])
    weights = combined(errors, (len(years) - common - 1) / 4, priors)
    paths = np.array([basis.logs[len(years) :] + line.ahead(horizon) for basis, line in members])
    return np.asarray(np.maximum(np.exp(weights @ paths) - 0.5, 0.0))


def combined(errors: Floats, evidence: float, prior: Floats | None = None) -> Floats:
    """
    Weigh members by mean squared errors ** -evidence and a prior; where an error is unknown the prior stays.

    Parameters
    ----------
    errors
        Shape (M,), or (M, K) for K distances ahead that count alike (geometric mean).

    Returns
    -------
    weights
        Shape (M,), with sum 1.
    """
    start = np.ones(len(errors)) if prior is None else prior
    table = errors.reshape(len(errors), -1)
    if not table.size or np.isnan(table).any():
        return np.asarray(start / start.sum())
    score = np.log(start) - evidence * np.log(np.maximum(table, LEAST_ERROR)).mean(axis=1)
    weights = np.exp(score - score.max())
    return np.asarray(weights / weights.sum())


def _bases(births: Mapping[int, float], born: NDArray[np.int64], years: int) -> list[_Basis]:
    """Read the births for each period; one that is known for no year of the history is none."""
    known = sorted(births)
    counts = [births[year] for year in known]
    held = float(np.mean(counts[-3:]))
    found = []
    for period in BIRTH_PERIODS:
        moments = np.interp(born - period, [*known, known[-1] + 1], [*counts, held], left=np.nan)
        since = int(np.isnan(moments).sum())
        if since < years:
            near = float(np.exp(-0.5 * ((period - USUAL_BIRTH_PERIOD) / BIRTH_PERIOD_SPREAD) ** 2))
            found.append(_Basis(np.log(moments + 0.5), since, near, {0.0: 1.0}))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A series with its level and trend as known in each year, all of shape (Y,)."""

    series: Floats
    levels: Floats
    trends: Floats
    damping: float

    def ahead(self, horizon: int) -> Floats:
        """Go on after the last year, shape (H,)."""
        return np.asarray(self.levels[-1] + self.trends[-1] * self._growth(horizon))

    def squares(self, since: int) -> Floats:
        """Mean squared errors 1 to `LEARNED_AHEAD` years ahead, as far as there are any, after a position."""
        growth, first = self._growth(LEARNED_AHEAD), since + 1
        errors = [
            self.series[first + step :] - self.levels[first:-step] - growth[step - 1] * self.trends[first:-step]
            for step in range(1, LEARNED_AHEAD + 1)
            if len(self.series) > first + step
        ]
        return np.array([np.mean(error**2) for error in errors])

    def _growth(self, horizon: int) -> Floats:
        return np.cumsum(self.damping ** np.arange(1.0, horizon + 1))


def _smoothed(series: Floats, half_life: float, damping: float) -> _Line:
    """Smooth a series exponentially; in its first years each counts alike."""
    gain, trend_gain = 1 - 0.5 ** (1 / half_life), 1 - 0.5 ** (1 / TREND_HALF_LIFE)
    levels, trends = series.copy(), np.zeros(series.size)
    for year in range(1, series.size):
        expected = levels[year - 1] + damping * trends[year - 1]
        levels[year] = expected + max(gain, 1 / (year + 1)) * (series[year] - expected)
        surprise = levels[year] - expected
        trends[year] = damping * trends[year - 1] + (damping > 0) * max(trend_gain, 1 / (year + 1)) * surprise
    return _Line(series, levels, trends, damping)
