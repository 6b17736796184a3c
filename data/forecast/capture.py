"""
Capture: children are registered in villages and go to school in towns.

    ratio of a place = pupils on the rolls of its schools / children of the same cohorts registered there

measured in a year when both are known, then carried to the registered children of another year. A ratio of few
children is drawn towards the ratios of the other places with a school by empirical Bayes (`drawn_together`), with the
chance of a count as its own variance: (sum of pupils / sum of children) / children. The ratios are then brought to one
total: the division's own ratio of pupils to children, in the year they were measured and in every year they are carried
to, because a child who leaves one place for school arrives at another.

How ratios change between two years (`drift`) and how far off a carried figure is (`spread`) are learned from places
where both years are known, as a line and a standard deviation by size of place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

Numbers = NDArray[np.float64]

_WEIGHTS_OF_NOISE = np.concatenate([[0.0], np.geomspace(1 / 64, 64, 25)])
"""Tried values of (variance that falls with size) / (variance that does not), at the median size."""


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """
    What share of the children registered at each place the schools there teach.

    Attributes
    ----------
    ratio
        Shape (P,): pupils to a registered child, 0 where there is no school; over 1 where children come from elsewhere.
    division
        Pupils to a registered child of all places together.
    variance
        Shape (P,): of the ratio, as far as the counts left it open.
    attached
        Shape (P,): share of all pupils at a place where no child is registered, 0 elsewhere.
    """

    ratio: Numbers
    division: float
    variance: Numbers
    attached: Numbers

    def apply(self, children: ArrayLike) -> Numbers:
        """Return the pupils of each place, shape (P,); they add up to ``division`` times all children."""
        registered = np.asarray(children, dtype=np.float64)
        total = self.division * registered.sum()
        own = _to_total(self.ratio * registered, total * (1 - self.attached.sum()))
        return np.asarray(own + total * self.attached)

    def relative_sd(self, children: ArrayLike, yearly: Spread | None = None) -> Numbers:
        """
        Return the standard deviation of the pupils over the pupils, shape (P,); NaN where none are expected.

        It joins what the counts left open of the ratio with ``yearly``, the spread of carried figures by size; where
        that is not known, with the chance of a count alone.
        """
        pupils = self.apply(children)
        some = pupils > 0
        of_ratio = np.divide(self.variance, self.ratio**2, out=np.zeros_like(pupils), where=self.ratio > 0)
        of_years = (yearly or Spread(0.0, 1.0)).sd(np.where(some, pupils, 1.0)) ** 2
        return np.where(some, np.sqrt(of_ratio + of_years), np.nan)


def ratios(pupils: ArrayLike, children: ArrayLike, school: ArrayLike | None = None) -> Capture:
    """
    Measure the capture ratio of every place in one year.

    Parameters
    ----------
    pupils
        Shape (P,): on the rolls of the schools of a place; NaN where a place has a school but its roll is not known,
        which then has the mean ratio of the others.
    children
        Shape (P,): of the same cohorts, registered at the place in the same year.
    school
        Shape (P,): whether the place has a school; taken from ``pupils`` above 0 or NaN when not given.

    Returns
    -------
    capture
        Where no roll or no child is known at all, every ratio is 1 for a place with a school.
    """
    rolls, registered = np.asarray(pupils, dtype=np.float64), np.asarray(children, dtype=np.float64)
    told = np.isfinite(rolls)
    taught = ~told | (rolls > 0) if school is None else np.asarray(school, dtype=np.bool_)
    everyone = float(registered[told].sum())
    if not everyone:
        return Capture(taught.astype(np.float64), 1.0, np.zeros_like(rolls), np.zeros_like(rolls))
    everywhere = float(rolls[told].sum())
    measured = told & taught & (registered > 0)
    ratio, variance = _measured(rolls, registered, measured)
    ratio, variance = np.where(taught, ratio, 0.0), np.where(taught, variance, 0.0)
    attached = np.where(told & (registered <= 0), rolls, 0.0) / max(everywhere, 1.0)
    scale = _scale((ratio * registered)[told].sum(), everywhere * (1 - attached.sum()))
    return Capture(ratio * scale, everywhere / everyone, variance * scale**2, attached)


def _measured(pupils: Numbers, children: Numbers, where: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """Return drawn ratios and what stays open of them; where a place is not measured, the mean and all that varies."""
    y, n = pupils[where], children[where]
    if not n.size:
        return np.ones_like(children), np.zeros_like(children)
    drawn = drawn_together(y / n, max(y.sum(), 1.0) / n.sum() / n)
    ratio, variance = np.full_like(children, drawn.mean), np.full_like(children, drawn.between)
    ratio[where], variance[where] = drawn.values, drawn.open
    return ratio, variance


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """
    Measured values drawn towards their mean.

    Attributes
    ----------
    mean
        Of the true values of all places.
    between
        Variance of the true values.
    values, open
        Shape (P,): what each is best taken to be, and the variance left to it.
    """

    mean: float
    between: float
    values: Numbers
    open: Numbers


def drawn_together(values: ArrayLike, variance: ArrayLike) -> Drawn:
    """
    Draw measured values x[p] towards their mean, each by its variance v[p] > 0 by chance; shapes (P,), P at least 1.

        m = sum w x / sum w   w = 1 / (t + v)   with t >= 0 so that sum w (x - m)^2 = P - 1, or 0 where it is less
        x* = m + (x - m) t / (t + v)            variance left: t v / (t + v)

    Sources: Paule and Mandel (1982), Consensus values and weighting factors, Journal of Research of the NBS 87(5), for
    t; Morris (1983), Parametric empirical Bayes inference, Journal of the American Statistical Association 78, for x*.
    The weights are nearly even where places truly differ, so that a few towns do not stand for many villages.
    """
    x, v = np.asarray(values, dtype=np.float64), np.asarray(variance, dtype=np.float64)

    def excess(between: float) -> float:
        return float(((x - _mean(x, v, between)) ** 2 / (between + v)).sum()) - (x.size - 1)

    most = 2 * float(((x - x.mean()) ** 2).sum())
    between = float(optimize.brentq(excess, 0.0, most)) if most > 0 and excess(0.0) > 0 else 0.0
    mean = _mean(x, v, between)
    kept = between / (between + v)
    return Drawn(mean, between, mean + kept * (x - mean), kept * v)


def _mean(values: Numbers, variance: Numbers, between: float) -> float:
    return float(np.average(values, weights=1 / (between + variance)))


def _to_total(parts: Numbers, total: float) -> Numbers:
    return parts * _scale(parts.sum(), total)


def _scale(now: float, wanted: float) -> float:
    return float(wanted / now) if now > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Drift:
    """
    Change of a ratio between two years, as a line over the size of a place.

    Attributes
    ----------
    level, slope, centre
        ln(ratio then / ratio now) = level + slope (ln size - centre).
    """

    level: float = 0.0
    slope: float = 0.0
    centre: float = 0.0

    def factor(self, size: ArrayLike) -> Numbers:
        """Return what a carried figure is multiplied by, shape (P,); sizes above 0."""
        return np.asarray(np.exp(self.level + self.slope * (np.log(np.asarray(size, np.float64)) - self.centre)))


def drift(change: ArrayLike, size: ArrayLike) -> Drift:
    """
    Learn a drift from places where both years are known.

    The line is fitted with the square root of size as weight: a large place says more, yet is one place. Its slope b is
    multiplied by max(0, 1 - (standard error / b)^2), so that a slope which chance explains is none. Source: Thompson
    (1968), Some shrinkage techniques for estimating the mean, Journal of the American Statistical Association 63.

    Parameters
    ----------
    change
        Shape (P,): ln(ratio then / ratio now).
    size
        Shape (P,), above 0.

    Returns
    -------
    drift
        Without a slope for fewer than 4 places; none at all for no place.
    """
    z, x = np.asarray(change, dtype=np.float64), np.log(np.asarray(size, dtype=np.float64))
    if not z.size:
        return Drift()
    weight = np.exp(x / 2)
    weight = weight / weight.sum()
    level, centre = float(weight @ z), float(weight @ x)
    square = float(weight @ (x - centre) ** 2)
    if z.size < 4 or square <= 0:
        return Drift(level, 0.0, centre)
    slope = float(weight @ ((x - centre) * (z - level))) / square
    left = z - level - slope * (x - centre)
    error2 = float(weight @ left**2) * z.size / (z.size - 2) / (z.size * square)
    kept = max(0.0, 1 - error2 / slope**2) if slope else 0.0
    return Drift(level, slope * kept, centre)


@dataclass(frozen=True, slots=True)
class Spread:
    """
    How far carried figures are off, by size: variance of ln(actual / forecast) = floor + falling / size.

    ``Spread(0, 1)`` is the chance of a count alone (Poisson).
    """

    floor: float
    falling: float

    def sd(self, size: ArrayLike) -> Numbers:
        """Return the standard deviation, shape (P,); sizes above 0."""
        return np.asarray(np.sqrt(self.floor + self.falling / np.asarray(size, dtype=np.float64)))


def spread(errors: ArrayLike, size: ArrayLike) -> Spread:
    """
    Learn a spread from the errors of other places, by normal maximum likelihood over the share that falls with size.

    Parameters
    ----------
    errors
        Shape (P,): ln(actual / forecast), taken to be 0 on the average.
    size
        Shape (P,), above 0.

    Returns
    -------
    spread
        ``Spread(0, 1)`` where there is no error to learn from.
    """
    e2, sizes = np.asarray(errors, dtype=np.float64) ** 2, np.asarray(size, dtype=np.float64)
    if not e2.any():
        return Spread(0.0, 1.0)
    middle = float(np.median(sizes))
    shape = 1 + _WEIGHTS_OF_NOISE[:, None] * middle / sizes
    floor = (e2 / shape).mean(axis=1)
    likelihood = -np.log(floor) - np.log(shape).mean(axis=1)
    best = int(np.argmax(likelihood))
    return Spread(float(floor[best]), float(floor[best] * _WEIGHTS_OF_NOISE[best] * middle))
