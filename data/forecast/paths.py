"""
Sample paths: futures of every place that could come, seeded, each of them adding up.

Pupils of settlement v in year t of path p, of one stage:

    middle[v,t] * exp(common[p,t]) * exp(zone[z(v),p,t]) * exp(own[v,p,t]),   rounded at random to a whole number

Each of the three is a random walk over the years ahead with a normal step, so that a place that does better than
forecast in one year is likely to do so in the next, less half its variance, so that the mean stays the middle:

    common   error that a whole division shares, half of its variance shared by all divisions
    zone     error that a zone has of its own, whatever its size
    own      error of chance, ln(1 + b / middle): the smaller the place, the larger

The variances by years ahead are those that backtests measured (`data.monitoring.errors`). A zone, township or
division is the sum of its settlements in every path, and the band of a place is read from the paths: one object serves
bands, warnings and robust planning.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int32]
Floats = NDArray[np.float32]

_BELOW_ONE = np.float32(0.99)
"""Keeps a whole number whole when a random part of a child is added in single precision."""


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """
    Relative variances of a forecast's error by years ahead, each of shape (Y,), 0 in years already counted.

    Attributes
    ----------
    common
        What all places of a division err together.
    zone
        Of a zone besides that.
    chance
        Of one child: a place of n children has chance / n besides those.
    shared
        Part of ``common`` that all divisions share.
    """

    common: NDArray[np.float64]
    zone: NDArray[np.float64]
    chance: NDArray[np.float64]
    shared: float = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """
    Sample paths of one stage, drawn when asked for; the same seed gives the same paths.

    Attributes
    ----------
    middle
        Pupils by settlement and year, shape (V, Y).
    zone, division
        Of each settlement, shape (V,).
    """

    middle: NDArray[np.float64]
    zone: NDArray[np.intp]
    division: NDArray[np.intp]
    errors: Errors
    count: int
    seed: tuple[int, ...]

    def draw(self) -> Counts:
        """Draw the pupils of every settlement, shape (V, Y, N) with N paths."""
        rng = np.random.default_rng(np.random.SeedSequence(self.seed))
        places, _ = self.middle.shape
        factor = self._walks(rng, 1, self.errors.common * self.errors.shared)
        own_common = self._walks(rng, _highest(self.division), self.errors.common * (1 - self.errors.shared))
        of_zone = self._walks(rng, _highest(self.zone), np.log1p(self.errors.zone))
        chance = np.log1p(self.errors.chance / np.maximum(self.middle, 1.0))
        logs = self._walks(rng, places, chance)
        logs += factor + own_common[self.division] + of_zone[self.zone]
        pupils = self.middle[:, :, None].astype(np.float32) * np.exp(logs, out=logs)
        pupils += rng.random((places, 1, self.count), dtype=np.float32) * _BELOW_ONE
        return np.asarray(pupils, dtype=np.int32)

    def _walks(self, rng: np.random.Generator, places: int, variance: NDArray[np.float64]) -> Floats:
        """Random walks of given log variance by year, shape (places, Y, N), each with mean 1 after `exp`."""
        variance = np.broadcast_to(variance, (places, self.middle.shape[1]))
        steps = np.maximum(np.diff(variance, axis=1, prepend=0.0), 0.0)
        normal = rng.standard_normal((places, self.middle.shape[1], self.count), dtype=np.float32)
        normal *= np.sqrt(steps)[:, :, None].astype(np.float32)
        np.cumsum(normal, axis=1, out=normal)
        normal -= (np.cumsum(steps, axis=1) / 2)[:, :, None].astype(np.float32)
        return normal


def band(paths: NDArray[np.int32], share: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read the ends of the band that holds a share of the paths (last axis), as whole pupils."""
    tail = (1 - share) / 2
    last = paths.shape[-1] - 1
    low, high = int(np.floor(tail * last)), int(np.ceil((1 - tail) * last))
    ends = np.partition(paths, (low, high), axis=-1)
    return ends[..., low].astype(np.int64), ends[..., high].astype(np.int64)


def sums(paths: Counts, groups: NDArray[np.intp], count: int) -> Counts:
    """Add settlements up to their groups, shape (count, Y, N); a settlement of group -1 belongs to none."""
    found = np.zeros((count, *paths.shape[1:]), dtype=np.int32)
    order = np.argsort(groups, kind="stable")
    order = order[groups[order] >= 0]
    if order.size:
        starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
        found[groups[order][starts]] = np.add.reduceat(paths[order], starts, axis=0)
    return found


def _highest(groups: NDArray[np.intp]) -> int:
    return int(groups.max(initial=0)) + 1
