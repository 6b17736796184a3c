"""
Grade progression 年级递进法: pupils by school, grade and year from the counts of past years.

District. With x[g,y] the pupils of grade g in year y and L = log x,

    step      r[g,y] = L[g,y] - L[g-1,y-1]             moved in, repeated, left: all that changes a cohort
    ratio     m[g]   = mean of r[g,.], weights 2^(-age/half-life), shrunk towards 0 (a ratio of 1) while steps are few
    cohort    l[g,y] = p + (1-k) (L[g,y] - p),  p = l[g-1,y-1] + m[g]    a count that jumps is believed but partly
    forecast  l[g+1,y+1] = l[g,y] + m[g+1]
    entrants  e[y+h] = log B(y+h) + s + trend,  s = weighted mean of log x[0,y] - log B(y), B(y) the births of the
              years around y - age at entry, or 1 where none are known; the trend is damped

Half-life, k, the birth period and the trend are not chosen: a small set of each is run over the past years, and the
members are averaged with weights (mean squared error of their earlier forecasts) ** (-years / 4). So a weight is learned
from nothing after the base year, and where the past does not tell, members weigh alike.

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
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from data.forecast.history import Flags, Floats, History

AGE_AT_GRADE_ONE = 6
"""Age in completed years in the autumn a child enters grade 1 (``zone.age``); grade 0 is one year younger."""

HALF_LIVES = (2.0, 6.0, 25.0)
"""Years after which a step counts half."""

DOUBTS = (0.0, 0.2, 0.4)
"""Share of a cohort's surprise that is not believed."""

ENTRY_HALF_LIVES = (1.5, 3.0, 8.0)
BIRTH_PERIODS = (-2 / 3, -1 / 3, 0.0, 1 / 3, 2 / 3, 1.0, 4 / 3)
"""Mean years between a birth and 31 December of the year that is the age at entry before; see `_born`."""

USUAL_BIRTH_PERIOD, BIRTH_PERIOD_SPREAD = 1 / 3, 1 / 3
"""Children born September to August: 4/12 of the births of one calendar year and 8/12 of the next."""

DAMPING = (0.0, 0.7)
"""What is left of an entrants' trend a year later; 0: no trend."""

WITHOUT_BIRTHS = 0.2
"""Weight, before anything is learned, of entrants that do not follow births, where births are known."""

STEPS_OF_ONE = 1.0
"""Steps with ratio 1 that are added to those seen."""

LEARNED_AHEAD = 3
"""Years ahead over which members are compared."""

SCHOOL_HALF_LIFE, SHARE_HALF_LIFE = 6.0, 3.5
JUMP, JUMP_DEVIATIONS = 0.15, 4.0
"""A school's step is a jump when its log is beyond both this and this many deviations of such steps."""

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
    told = np.flatnonzero(np.isfinite(history.pupils).any(axis=(0, 1)))
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
    members = [_carried(logs, half_life, doubt) for half_life, doubt in product(HALF_LIVES, DOUBTS)]
    weights = combined([_errors_of_cohorts(logs, levels, ratios) for levels, ratios in members], years - 1)
    ahead = np.zeros((grades, horizon))
    for weight, (levels, ratios) in zip(weights, members, strict=True):
        now, paths = levels[:, -1], np.empty((grades, horizon))
        for step in range(horizon):
            now = np.concatenate([[np.log(first[step] + 0.5)], now[:-1] + ratios[:, -1]])
            paths[:, step] = now
        ahead += weight * paths
    return np.maximum(np.exp(ahead) - 0.5, 0.0)


def _carried(logs: Floats, half_life: float, doubt: float) -> tuple[Floats, Floats]:
    """Give the cohort levels, shape (G, Y), and the ratios' logs, shape (G-1, Y), as known in each year."""
    grades, years = logs.shape
    levels, ratios = logs.copy(), np.zeros((grades - 1, years))
    total, weight, keep = np.zeros(grades - 1), 0.0, 0.5 ** (1 / half_life)
    for year in range(1, years):
        expected = levels[:-1, year - 1] + ratios[:, year - 1]
        levels[1:, year] = expected + (1 - doubt) * (logs[1:, year] - expected)
        total = keep * total + logs[1:, year] - logs[:-1, year - 1]
        weight = keep * weight + 1
        ratios[:, year] = total / (weight + STEPS_OF_ONE)
    return levels, ratios


def _errors_of_cohorts(logs: Floats, levels: Floats, ratios: Floats) -> Floats:
    """Mean squared log errors of the forecasts of earlier years, 1 to `LEARNED_AHEAD` years ahead; a list of each."""
    squares = []
    path = levels
    for step in range(1, LEARNED_AHEAD + 1):
        if path.shape[0] < 2 or logs.shape[1] <= step + 1:
            break
        path = path[:-1] + ratios[step - 1 :]
        squares.append(np.mean((logs[step:, step + 1 :] - path[:, 1:-step]) ** 2))
    return np.array(squares)


def combined(errors: list[Floats], years: int, prior: Floats | None = None) -> Floats:
    """
    Weigh members by their mean squared errors at each distance; all errors of equal length, maybe 0.

    Distances count alike: the geometric mean over them is taken. With no errors the prior stays.
    """
    start = np.ones(len(errors)) if prior is None else prior
    if not errors[0].size:
        return np.asarray(start / start.sum())
    score = -years / 4 * np.log(np.maximum(np.array(errors), 1e-8)).mean(axis=1) + np.log(start)
    weights = np.exp(score - score.max())
    return np.asarray(weights / weights.sum())


def entering(
    counts: Floats, years: tuple[int, ...], horizon: int, age: int, births: Mapping[int, float] | None
) -> Floats:
    """Forecast the pupils of the lowest grade, shape (H,), from its counts, shape (Y,), and the births."""
    logs = np.log(counts + 0.5)
    bases: list[tuple[Floats, float]] = [(np.zeros(len(years) + horizon), WITHOUT_BIRTHS)]
    span = range(years[0], years[-1] + horizon + 1)
    for period in BIRTH_PERIODS if births else ():
        near = np.exp(-0.5 * ((period - USUAL_BIRTH_PERIOD) / BIRTH_PERIOD_SPREAD) ** 2)
        bases.append((_born(births or {}, [year - age - period for year in span]), float(near)))
    paths, errors, priors = [], [], []
    since = max((int(np.flatnonzero(np.isfinite(base))[0]) for base, _ in bases if np.isfinite(base).any()), default=0)
    for (base, prior), half_life, damping in product(bases, ENTRY_HALF_LIVES, DAMPING):
        if not np.isfinite(base[len(years) - 1 :]).all():
            continue
        level, path = _levelled(logs - base[: len(years)], since, half_life, damping, horizon)
        paths.append(path + base[len(years) :])
        errors.append(level)
        priors.append(prior)
    weights = combined(errors, len(years) - since - 1, np.array(priors))
    return np.maximum(np.exp(weights @ np.array(paths)) - 0.5, 0.0)


def _born(births: Mapping[int, float], moments: list[float]) -> Floats:
    """
    Log births around moments in time, read between calendar years: moment 2000.25 is 3/4 of 2000 and 1/4 of 2001.

    After the last known year the mean of the last three is held; before the first it is NaN.
    """
    known = sorted(births)
    held = float(np.mean([births[year] for year in known[-3:]]))
    values = np.interp(moments, [*known, known[-1] + 1], [*(births[year] for year in known), held], left=np.nan)
    return np.asarray(np.log(values + 0.5))


def _levelled(series: Floats, since: int, half_life: float, damping: float, horizon: int) -> tuple[Floats, Floats]:
    """Smooth a series from a position on; give its mean squared errors by distance and its path, shape (H,)."""
    line = series[since:]
    keep = 0.5 ** (1 / half_life)
    levels, trends = np.empty(line.size), np.zeros(line.size)
    total = weight = drift = steps = 0.0
    for year, value in enumerate(line):
        total, weight = keep * total + value, keep * weight + 1
        levels[year] = total / weight
        if year:
            drift, steps = keep * drift + value - line[year - 1], keep * steps + 1
            trends[year] = drift / (steps + STEPS_OF_ONE)
    grown = np.cumsum(damping ** np.arange(1, max(horizon, LEARNED_AHEAD) + 1)) if damping else np.zeros(max(horizon, 3))
    squares = [
        np.mean((line[step + 1 :] - levels[1:-step] - grown[step - 1] * trends[1:-step]) ** 2)
        for step in range(1, LEARNED_AHEAD + 1)
        if line.size > step + 1
    ]
    return np.array(squares), levels[-1] + grown[:horizon] * trends[-1]


def _schools(
    pupils: Floats, whole: Floats, now: Floats, district: Floats, entrants: Floats | None
) -> tuple[Floats, Floats]:
    """Project schools, pupils of shape (S, G, Y), within the district's forecast, shape (G, H)."""
    schools, grades, years = pupils.shape
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
    return float(per_pupil.sum() / freedom) if freedom > 0 else 1.0


def _shrunk(came: Floats, expected: Floats, noise: float) -> Floats:
    """Gamma-Poisson estimate of came / expected; its weight in pupils by moments over all cells."""
    squares = ((came - expected) ** 2 - noise * expected).sum()
    between = max(float(squares / np.maximum((expected**2).sum(), 1e-9)), noise / MOST_SHRINKAGE)
    weight = max(noise, 1e-3) / between
    return np.asarray((came + weight) / (expected + weight))


def _shares(pupils: Floats, whole: Floats, jumps: Floats) -> Floats:
    """Smoothed shares of each school in the district's grades, shape (S, G), earlier ones at the level after jumps."""
    years = pupils.shape[2]
    later = np.concatenate([np.cumsum(jumps[:, ::-1], axis=1)[:, ::-1], np.zeros((len(pupils), 1))], axis=1)
    shares = pupils / np.maximum(whole, 0.5)[None] * np.exp(later)[:, None]
    weights = np.where(np.isfinite(shares), 0.5 ** (np.arange(years)[::-1] / SHARE_HALF_LIFE), 0.0)
    return np.asarray((weights * np.nan_to_num(shares)).sum(axis=2) / np.maximum(weights.sum(axis=2), 1e-9))
