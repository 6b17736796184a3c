"""
Agreement of forecasts 层级协调: school, zone, district and city add up, and every figure gives way by how sure it is.

A tree of places. A place may have an estimate of its own (pupils progressed from grade to grade, children aged, a
control total) with the variance of its error, and its parts have theirs. The agreed figures are the generalised least
squares fit of all estimates under the sums of the tree, errors of different estimates taken as independent:

    minimise  sum (agreed - estimate)^2 / variance   subject to   agreed of a place = sum of its parts

solved exactly in two passes. Upwards, a place's own estimate m1 of variance v1 and the sum of its parts m2 of variance
v2 become (m1/v1 + m2/v2) / (1/v1 + 1/v2) of variance 1 / (1/v1 + 1/v2). Downwards, what a place ended with less what
its parts say is shared among the parts in proportion to their variances. A variance of 0 is a control total and holds.

No agreed figure is negative: what a part cannot give, its sisters do, in proportion to what they have.

Source: Byron (1978), The estimation of large social account matrices, J. R. Stat. Soc. A 141; Wickramasuriya,
Athanasopoulos and Hyndman (2019), Optimal forecast reconciliation (MinT), JASA 114, with a diagonal error covariance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Rung:
    """
    The places of one level of the tree.

    Attributes
    ----------
    parent
        Shape (n,): the place of the rung above that each belongs to; ignored at the top.
    estimate
        Shape (n, K), a column for each figure that is brought to agreement on its own; NaN where a place has no
        estimate of its own. A place of the lowest rung without one has none of the children.
    variance
        Shape (n, K), of the error of the estimate, 0 or more.
    """

    parent: NDArray[np.intp]
    estimate: Floats
    variance: Floats


def agree(rungs: Sequence[Rung]) -> tuple[Floats, ...]:
    """
    Bring a tree to agreement, the top rung first.

    Returns
    -------
    agreed
        One array a rung, shapes (n, K), 0 or more; the parts of a place that has any add up to it.
    """
    above: list[tuple[Floats, Floats]] = []
    lower: tuple[Floats, Floats, NDArray[np.bool_]] | None = None
    for number in reversed(range(len(rungs))):
        mean, variance = _with_parts(rungs[number], lower)
        above.append((mean, variance))
        if number > 0:
            lower = _summed(rungs[number].parent, mean, variance, len(rungs[number - 1].estimate))
    agreed = [np.maximum(above[-1][0], 0)]
    for rung, (mean, variance) in zip(rungs[1:], reversed(above[:-1]), strict=True):
        agreed.append(_shared(rung.parent, mean, variance, agreed[-1]))
    return tuple(agreed)


def _with_parts(rung: Rung, parts: tuple[Floats, Floats, NDArray[np.bool_]] | None) -> tuple[Floats, Floats]:
    """What each place says after its parts were heard, and the variance of that."""
    own = np.isfinite(rung.estimate)
    mean, variance = np.where(own, rung.estimate, 0.0), np.where(own, rung.variance, 0.0)
    if parts is None:
        return mean, variance
    sums, of_sums, has_parts = parts
    heard = own & has_parts[:, None]
    total = np.where(heard & (variance + of_sums > 0), variance + of_sums, 1.0)
    weight = np.where(heard, np.where(variance > 0, variance / total, 0.0), np.where(own, 0.0, 1.0))
    both = np.where(heard, variance * of_sums / total, np.where(own, variance, of_sums))
    return mean + weight * (sums - mean), both


def _summed(
    parent: NDArray[np.intp], mean: Floats, variance: Floats, places: int
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    sums, of_sums = np.zeros((places, mean.shape[1])), np.zeros((places, mean.shape[1]))
    np.add.at(sums, parent, mean)
    np.add.at(of_sums, parent, variance)
    return sums, of_sums, np.bincount(parent, minlength=places) > 0


def _shared(parent: NDArray[np.intp], mean: Floats, variance: Floats, above: Floats) -> Floats:
    """Give the parts what their place ended with: by variance, and what would be negative by what is there."""
    sums, of_sums, _ = _summed(parent, mean, variance, len(above))
    amiss = (above - sums)[parent]
    share = np.where(of_sums[parent] > 0, variance / np.where(of_sums > 0, of_sums, 1.0)[parent], 0.0)
    shared = np.maximum(mean + amiss * share, 0)
    return _scaled(parent, shared, above)


def _scaled(parent: NDArray[np.intp], parts: Floats, above: Floats) -> Floats:
    """Scale the parts to their place, evenly where they are all 0."""
    sums = np.zeros_like(above)
    np.add.at(sums, parent, parts)
    count = np.bincount(parent, minlength=len(above))[:, None]
    factor = np.where(sums > 0, above / np.where(sums > 0, sums, 1.0), 0.0)
    even = np.where(sums > 0, 0.0, above / np.maximum(count, 1))
    return np.asarray(parts * factor[parent] + even[parent])
