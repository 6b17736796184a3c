"""
Who stays and who comes: how a cohort changes between two counts, learned from other places.

One count shows how a place keeps its young: where many of 20 to 24 live beside few of 10 to 14, people come to study
and work, and bring or send for children later; where they are missing, families leave. With the counts of the origin

    pull    = ln(people of 20-24 / people of 10-14)        settled = ln(people of 30-34 / people of 40-44)
    before  = ln(change of the same cohort in the interval before), where three counts are known

and the change ln(cohort at the later count / cohort at the origin) of the places to learn from, lines are fitted

    a + b pull        a + b pull + c settled        a + b pull + c before

and their mean is the forecast: two or three numbers a line, nothing of the place that is forecast but its own count at
the origin. Fitting is by Huber's weights, so that a place with a redrawn border does not bend the line. Too few places
for a line: the mean change alone. The 80 % band comes from what each place is off when the lines are fitted without it.

Sources: Hamilton and Perry (1962), A short method for projecting population by age, Social Forces 41(2), for cohort
change ratios; Huber (1964), Robust estimation of a location parameter, Ann. Math. Statist. 35(1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.forecast.opening import AgeCounts

Floats = NDArray[np.float64]

PULL, SETTLED, BEFORE = 0, 1, 2
"""Columns of the features."""

LINES: tuple[tuple[int, ...], ...] = ((PULL,), (PULL, SETTLED), (PULL, BEFORE))
"""The features of each line; a line is used where all places have them."""

BAND = 0.8

_HUBER = 2.0
"""Errors over so many standard deviations (from their median) weigh less: 2 keeps 95 % of normal ones whole."""

_STEPS = 30
_PLACES_OVER_NUMBERS = 4
"""Places a line needs more than it has numbers to fit."""

_FEWEST_FOR_A_BAND = 5
_NEVER_ZERO = 0.5
"""Added to counts whose logarithm is taken."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One fitted line: a constant and a number for each of its features (columns of the features)."""

    features: tuple[int, ...]
    numbers: Floats

    def at(self, features: Floats) -> Floats:
        """Return the log change of places with these features, shape (P,)."""
        return np.asarray(_design(features, self.features) @ self.numbers, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """
    What other places teach about the change of one cohort.

    Attributes
    ----------
    half_width
        Of the 80 % band, on the log scale; NaN where too few places were known.
    """

    lines: tuple[Line, ...]
    half_width: float

    def log_change(self, features: Floats) -> Floats:
        """Return the ln of the change of places with these features, shape (P,)."""
        return np.asarray(np.mean([line.at(features) for line in self.lines], axis=0), dtype=np.float64)


def features(origin: AgeCounts, before: Floats | None = None) -> Floats:
    """
    Read pull, settled and before from the count at the origin, shape (P, 3); NaN where the groups do not tell.

    Parameters
    ----------
    before
        Shape (P,): ln of the change of the same cohort in the interval before.
    """
    found = np.full((len(origin.places), 3), np.nan)
    found[:, PULL] = log_ratio(origin.between(20, 24), origin.between(10, 14), len(found))
    found[:, SETTLED] = log_ratio(origin.between(30, 34), origin.between(40, 44), len(found))
    if before is not None:
        found[:, BEFORE] = before
    return found


def log_ratio(upper: Floats | None, lower: Floats | None, places: int) -> Floats:
    """Return ln(upper / lower), shape (P,), finite also where nobody is counted; NaN where either is unknown."""
    if upper is None or lower is None:
        return np.full(places, np.nan)
    return np.asarray(np.log(upper + _NEVER_ZERO) - np.log(lower + _NEVER_ZERO), dtype=np.float64)


def learn(known: Floats, log_change: Floats) -> Learned:
    """
    Fit the lines to places whose change is known.

    Parameters
    ----------
    known
        Shape (P, 3), as `features` gives them.
    log_change
        Shape (P,). Without any place nobody is taken to move.
    """
    usable = [line for line in LINES if _fits(known, line)] or [()]
    fitted = [_fit(known, line, log_change) for line in usable]
    errors = np.mean([error for _, error in fitted], axis=0)
    return Learned(tuple(line for line, _ in fitted), _half_width(errors))


def leave_out(known: Floats, log_change: Floats, folds: Sequence[NDArray[np.intp]]) -> tuple[Floats, Floats]:
    """
    Forecast every place from the others: log change and half width of its band, each of shape (P,).

    Parameters
    ----------
    folds
        Indices of places that are left out together; each place in one of them.
    """
    forecast, half_width = np.zeros(len(known)), np.full(len(known), np.nan)
    for fold in folds:
        others = np.setdiff1d(np.arange(len(known)), fold)
        learned = learn(known[others], log_change[others])
        forecast[fold], half_width[fold] = learned.log_change(known[fold]), learned.half_width
    return forecast, half_width


def cohort_changes(
    first: AgeCounts, second: AgeCounts, origin: AgeCounts, gap: int, *, blocks: Sequence[tuple[int, int]]
) -> Floats:
    """
    Forecast how the cohorts of places change in the interval after their own count.

    Features are taken against those of all places of the same count together, since the sizes of a country's
    generations differ from count to count. What the earlier count missed of a cohort is in its change.

    Parameters
    ----------
    first, second
        Two counts of the places to learn from, ``gap`` years apart.
    origin
        The last count of the places to forecast.
    blocks
        Cohorts by their first and last age at the earlier count.

    Returns
    -------
    log_changes
        Shape (P, blocks), deaths included; NaN where the groups of the counts do not make up a block.
    """
    both = [place for place in first.places if place in set(second.places)]
    earlier, later = first.of(both), second.of(both)
    known, wanted = _against_all(earlier), _against_all(origin)
    found = np.full((len(origin.places), len(blocks)), np.nan)
    for column, (young, old) in enumerate(blocks):
        change = log_ratio(later.between(young + gap, old + gap), earlier.between(young, old), len(both))
        if both and np.isfinite(change).all():
            found[:, column] = learn(known, change).log_change(wanted)
    return found


def _against_all(counts: AgeCounts) -> Floats:
    together = AgeCounts(("all",), counts.groups, counts.counts.sum(axis=0, keepdims=True))
    return features(counts) - features(together)


def _fits(known: Floats, line: tuple[int, ...]) -> bool:
    enough = len(known) >= len(line) + 1 + _PLACES_OVER_NUMBERS
    return enough and bool(np.isfinite(known[:, line]).all())


def _fit(known: Floats, line: tuple[int, ...], log_change: Floats) -> tuple[Line, Floats]:
    """Fit one line; return with it what each place is off when it is left out (weights kept as they are)."""
    design = _design(known, line)
    weights = np.ones(len(design))
    if not len(design):
        return Line(line, np.zeros(design.shape[1])), weights
    numbers = _solved(design, weights, log_change)
    for _ in range(_STEPS):
        error = np.abs(log_change - design @ numbers)
        weights = np.minimum(1.0, _HUBER * _deviation(error) / np.maximum(error, 1e-12))
        numbers = _solved(design, weights, log_change)
    weighted = design * weights[:, None]
    own = np.einsum("pi,ij,pj->p", weighted, np.linalg.pinv(weighted.T @ design), design)
    error = (log_change - design @ numbers) / np.maximum(1 - own, 1e-9)
    return Line(line, numbers), error


def _solved(design: Floats, weights: Floats, wanted: Floats) -> Floats:
    weighted = design * weights[:, None]
    numbers = np.linalg.lstsq(weighted.T @ design, weighted.T @ wanted, rcond=None)[0]
    return np.asarray(numbers, dtype=np.float64)


def _deviation(error: Floats) -> float:
    """Standard deviation from the median of absolute errors (of a normal law 0.6745 of it)."""
    return float(np.median(error)) / 0.6745 + 1e-12


def _half_width(errors: Floats) -> float:
    if len(errors) < _FEWEST_FOR_A_BAND:
        return float("nan")
    return float(np.quantile(np.abs(errors), BAND, method="weibull"))


def _design(known: Floats, line: tuple[int, ...]) -> Floats:
    return np.column_stack([np.ones(len(known)), known[:, list(line)]])
