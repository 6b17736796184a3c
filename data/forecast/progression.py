"""
Grade progression 年级递进法: pupils by school, grade and year from the counts of past years.

District. With x[g,y] the pupils of grade g in year y and L = log x,

    step      r[g,y] = L[g,y] - L[g-1,y-1]             moved in, repeated, left: all that changes a cohort
    ratio     m[g]   = mean over y of the mean over g of r + mean over y of what is left of r[g,.]; both with weights
                       2^(-age/half-life) and shrunk towards 0 (a ratio of 1) while steps are few
    cohort    l[g,y] = p + (1-k) (L[g,y] - p),  p = l[g-1,y-1] + m[g]    a count that jumps is believed but partly
    forecast  l[g+1,y+1] = l[g,y] + m[g+1]
    entrants  as `intake` has them

Half-life, k, the birth period and the trend are not chosen: a small set of each is run over the past years, and the
members are averaged with weights (mean squared error of what each foretold) ** (-years / 2) for cohorts, the weight of
a Gaussian likelihood, and ** (-years / 4) for entrants (`intake`). So nothing is learned from after the base year, and
where the past does not tell, members weigh alike.

Schools. The district's step is corrected by the school's own record, pupils that came over pupils expected:

    c[s]   = (sum w O + K1) / (sum w E + K1)             O = x[s,g,y+1], E = x[s,g-1,y] * the district's step that year
    c[s,g] = (sum w O + K2) / (sum w c[s] E + K2)
    entrants of a school = its smoothed share of the district's

K in pupils: the empirical-Bayes weight of the district, noise over variance between schools, found by moments; a school
with few pupils or few years stays with the district. A step in which a whole school jumps (opening, merger, moved zone)
is no record of progression: it is left out, and shares before it are carried over at the new level. The grades of all
schools are scaled to the district's forecast.

Sources: grade-progression (cohort-survival) ratio method, Pullum, Graham and Herting (1986), How to forecast public
school enrollments, American Demographics 8; exponential smoothing, Gardner and McKenzie (1985), Forecasting trends in
time series, Management Science 31; combination, Bates and Granger (1969), The combination of forecasts, Operational
Research Quarterly 20; shrinkage, Efron and Morris (1975), Data analysis using Stein's estimator, JASA 70, in the
Gamma-Poisson form of Clayton and Kaldor (1987), Empirical Bayes estimates of relative risks, Biometrics 43.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from data.forecast.history import Flags, Floats, History
from data.forecast.intake import combined, entering

AGE_AT_GRADE_ONE = 6
"""Age in completed years in the autumn a child enters grade 1 (``zone.age``); grade 0 is one year younger."""

HALF_LIVES = (1.0, 4.0, 15.0)
"""Years after which a step common to all grades counts half."""

ONES = (0.0, 1.0)
"""Years of a common ratio of 1 that are added to those seen."""

GRADE_HALF_LIFE, STEPS_OF_ONE = 15.0, 1.0
"""The same for what is a grade's own."""

DOUBTS = (0.0, 0.25)
"""Share of a cohort's surprise that is not believed."""

SCHOOL_HALF_LIFE, SHARE_HALF_LIFE = 6.0, 3.5
JUMP, JUMP_DEVIATIONS = 0.15, 4.0
"""A school's step is a jump when its log is beyond both this and this many deviations of such steps."""

LEAST_NOISE = 1e-3
MOST_SHRINKAGE = 1e5
"""Largest weight of the district in pupils, where schools show no difference beyond noise."""


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """
    Pupils that a history leads to.

    Attributes
    ----------
    years
        The years ahead, the first one after the last count.
    pupils
        Shape (S, G, H); NaN for a school that is no longer counted in the last year.
    district
        Shape (G, H); the sum of the schools.
    ratios
        Shape (S, G): the ratio by which pupils of the grade below pass into a grade; NaN at a grade of entry.
    """

    years: tuple[int, ...]
    pupils: Floats
    district: Floats
    ratios: Floats


def ahead(
    history: History,
    horizon: int,
    *,
    births: Mapping[int, float] | None = None,
    entrants: Floats | None = None,
) -> Projection:
    """
    Project a history by ``horizon`` years.

    Parameters
    ----------
    births
        Births of the district by calendar year, instead of those of the history; may go beyond its years.
    entrants
        Pupils of the lowest grade by school and year, shape (S, H), where they are known from elsewhere.

    Raises
    ------
    ValueError
        When the history holds no count, or ``entrants`` has another shape.
    """
    told = np.flatnonzero(history.told.any(axis=0))
    if not told.size:
        raise ValueError("a history without a count has nothing to go on")
    if entrants is not None and entrants.shape != (len(history.series), horizon):
        raise ValueError(f"entrants has shape {entrants.shape}, not ({len(history.series)}, {horizon})")
    span = slice(int(told[0]), int(told[-1]) + 1)
    years = history.years[span]
    exists = history.exists
    filled = history.filled()[:, :, span]
    whole = np.nansum(filled, axis=0)
    age = AGE_AT_GRADE_ONE - 1 + history.grades[0]
    first = None if entrants is None else np.nansum(entrants[exists], axis=0)
    if first is None:
        known = history.births if births is None else births
        first = entering(whole[0], years, horizon, age, known)
    district = _cohorts(np.log(whole + 0.5), first, horizon)
    now = np.where(exists[:, None, None], filled, 0.0)
    pupils, ratios = _schools(filled, whole, now[:, :, -1], district, entrants)
    pupils[~exists] = np.nan
    return Projection(tuple(range(years[-1] + 1, years[-1] + 1 + horizon)), pupils, district, ratios)


def _cohorts(logs: Floats, first: Floats, horizon: int) -> Floats:
    """Carry the district's cohorts, logs of shape (G, Y), behind given entrants, shape (H,); shape (G, H)."""
    grades, years = logs.shape
    members = [_carried(logs, *member) for member in product(HALF_LIVES, ONES, DOUBTS)]
    weights = combined(np.array([_surprise(logs, *member) for member in members]), (years - 2) / 2)
    ahead = np.zeros((grades, horizon))
    for weight, (levels, ratios) in zip(weights, members, strict=True):
        now, paths = levels[:, -1], np.empty((grades, horizon))
        for step in range(horizon):
            now = np.concatenate([[np.log(first[step] + 0.5)], now[:-1] + ratios[:, -1]])
            paths[:, step] = now
        ahead += weight * paths
    return np.maximum(np.exp(ahead) - 0.5, 0.0)


def _carried(logs: Floats, half_life: float, ones: float, doubt: float) -> tuple[Floats, Floats]:
    """Give the cohort levels, shape (G, Y), and the ratios' logs, shape (G-1, Y), as known in each year."""
    grades, years = logs.shape
    levels, ratios = logs.copy(), np.zeros((grades - 1, years))
    common, own = Mean(half_life, ones), Mean(GRADE_HALF_LIFE, STEPS_OF_ONE)
    for year in range(1, years if grades > 1 else 1):
        expected = levels[:-1, year - 1] + ratios[:, year - 1]
        levels[1:, year] = expected + (1 - doubt) * (logs[1:, year] - expected)
        step = logs[1:, year] - logs[:-1, year - 1]
        common.take(step.mean())
        own.take(step - step.mean())
        ratios[:, year] = common.value + own.value
    return levels, ratios


class Mean:
    """A mean over the years with weights 2^(-age/half-life), shrunk by a weight of years of 0."""

    def __init__(self, half_life: float, zeros: float = 0.0) -> None:
        self._keep, self._weight, self._zeros = 0.5 ** (1 / half_life), 0.0, zeros
        self._total: Floats = np.zeros(())

    def take(self, value: Floats) -> None:
        """Take the value of the next year."""
        self._total = self._keep * self._total + value
        self._weight = self._keep * self._weight + 1

    @property
    def value(self) -> Floats:
        """The mean so far."""
        return self._total / (self._weight + self._zeros)


def _surprise(logs: Floats, levels: Floats, ratios: Floats) -> float:
    """Mean squared log error of the steps since the second, each foretold a year before; NaN where there is none."""
    if logs.shape[0] < 2 or logs.shape[1] < 3:
        return np.nan
    return float(np.mean((logs[1:, 2:] - levels[:-1, 1:-1] - ratios[:, 1:-1]) ** 2))


def _schools(
    pupils: Floats, whole: Floats, now: Floats, district: Floats, entrants: Floats | None
) -> tuple[Floats, Floats]:
    """Project schools, pupils of shape (S, G, Y), within the district's forecast, shape (G, H)."""
    schools, grades, _ = pupils.shape
    entry = _entry(pupils)
    jumps = _jumps(pupils, whole)
    own = _own_ratios(pupils, whole, jumps)
    shares = _shares(pupils, whole, jumps) * (now > 0)
    line = np.concatenate([whole[:, -1:], district], axis=1)
    steps = line[1:, 1:] / np.maximum(line[:-1, :-1], 0.5)
    paths = np.empty((schools, grades, district.shape[1]))
    for step in range(district.shape[1]):
        passing = np.concatenate([np.zeros((schools, 1)), now[:, :-1] * own * steps[None, :, step]], axis=1)
        now = np.where(entry, shares * district[None, :, step], passing)
        if entrants is not None:
            now[:, 0] = np.nan_to_num(entrants[:, step])
        now = now * (district[:, step] / np.maximum(now.sum(axis=0), 1e-9))[None]
        paths[:, :, step] = now
    ratios = np.concatenate([np.full((schools, 1), np.nan), own * steps[None, :, 0]], axis=1)
    return paths, np.where(entry, np.nan, ratios)


def _entry(pupils: Floats) -> Flags:
    """Tell at which grades a school takes new pupils, shape (S, G): the lowest, and those above a grade it lacks."""
    recent = np.nansum(pupils[:, :, -3:], axis=2)
    entry = np.ones(recent.shape, dtype=np.bool_)
    entry[:, 1:] = (recent[:, :-1] < 0.05 * recent[:, 1:]) | (recent[:, 1:] == 0) & (recent[:, :-1] == 0)
    return entry


def _came_and_expected(pupils: Floats, whole: Floats) -> tuple[Floats, Floats]:
    """Pupils that came and pupils expected by the district's steps, both of shape (S, G-1, Y-1), 0 where unknown."""
    came = pupils[:, 1:, 1:]
    expected = pupils[:, :-1, :-1] * (whole[1:, 1:] / np.maximum(whole[:-1, :-1], 0.5))[None]
    known = np.isfinite(came) & (expected > 0)
    return np.where(known, came, 0.0), np.where(known, expected, 0.0)


def _jumps(pupils: Floats, whole: Floats) -> Floats:
    """Log jumps of whole schools, shape (S, Y-1), 0 where there is none."""
    came, expected = _came_and_expected(pupils, whole)
    o, e = came.sum(axis=1), expected.sum(axis=1)
    logs = np.where(e > 0, np.log((o + 0.5) / (e + 0.5)), 0.0)
    usual = np.median(np.abs(logs[e > 0] * np.sqrt(e[e > 0]))) / 0.6745 if (e > 0).any() else 0.0
    return np.where(np.abs(logs) > np.maximum(JUMP, JUMP_DEVIATIONS * usual / np.sqrt(np.maximum(e, 1))), logs, 0.0)


def _own_ratios(pupils: Floats, whole: Floats, jumps: Floats) -> Floats:
    """Ratios of each school over those of the district, shape (S, G-1)."""
    came, expected = _came_and_expected(pupils, whole)
    weights = 0.5 ** (np.arange(came.shape[2])[::-1] / SCHOOL_HALF_LIFE) * (jumps == 0)[:, None]
    noise = _noise(came, expected, weights > 0)
    came, expected = (weights * came).sum(axis=2), (weights * expected).sum(axis=2)
    school = _shrunk(came.sum(axis=1), expected.sum(axis=1), noise)
    return school[:, None] * _shrunk(came, expected * school[:, None], noise)


def _noise(came: Floats, expected: Floats, used: Flags) -> float:
    """Variance of a school's step over its mean, about the school's own mean ratio; 1 for a Poisson count."""
    came, expected = np.where(used, came, 0.0), np.where(used, expected, 0.0)
    mean = came.sum(axis=2) / np.maximum(expected.sum(axis=2), 1e-9)
    left = (came - mean[:, :, None] * expected) ** 2
    freedom = (expected > 0).sum() - (expected.sum(axis=2) > 0).sum()
    per_pupil = left / np.maximum(expected, 1.0)
    return max(float(per_pupil.sum() / freedom), LEAST_NOISE) if freedom > 0 else 1.0


def _shrunk(came: Floats, expected: Floats, noise: float) -> Floats:
    """Gamma-Poisson estimate of came / expected; its weight in pupils by moments over all cells."""
    squares = ((came - expected) ** 2 - noise * expected).sum()
    between = max(float(squares / np.maximum((expected**2).sum(), 1e-9)), noise / MOST_SHRINKAGE)
    weight = noise / between
    return np.asarray((came + weight) / (expected + weight))


def _shares(pupils: Floats, whole: Floats, jumps: Floats) -> Floats:
    """Smoothed shares of each school in the district's grades, shape (S, G), earlier ones at the level after jumps."""
    years = pupils.shape[2]
    later = np.concatenate([np.cumsum(jumps[:, ::-1], axis=1)[:, ::-1], np.zeros((len(pupils), 1))], axis=1)
    shares = pupils / np.maximum(whole, 0.5)[None] * np.exp(later)[:, None]
    weights = np.where(np.isfinite(shares), 0.5 ** (np.arange(years)[::-1] / SHARE_HALF_LIFE), 0.0)
    return np.asarray((weights * np.nan_to_num(shares)).sum(axis=2) / np.maximum(weights.sum(axis=2), 1e-9))
