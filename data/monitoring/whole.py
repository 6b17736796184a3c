"""Whole pupils out of agreed shares: every level rounded so that the parts of a place still add up to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def parts(shares: Floats, parent: NDArray[np.intp], totals: Counts) -> Counts:
    """
    Round the parts of places to whole pupils that add up, by largest remainder.

    Parameters
    ----------
    shares
        Shape (n, K), 0 or more; the parts of a place that are all 0 share its total evenly.
    parent
        Shape (n,), the place of each part.
    totals
        Shape (m, K), whole pupils of the places; a place without parts is left out of account.

    Returns
    -------
    whole
        Shape (n, K). Equal remainders are served in the order given.
    """
    return _parts(shares, parent, totals, np.zeros(shares.shape))[0]


def by_grade(shares: Floats, parent: NDArray[np.intp], totals: Counts, grades: int) -> Counts:
    """
    Round as `parts` does, grade after grade, so that a small place is not rounded down in every grade.

    What a part was given too little in the grades before counts with its remainder. Shapes (n, grades * Y) and
    (m, grades * Y).
    """
    years = totals.shape[1] // grades
    by, wanted = shares.reshape(len(shares), grades, years), totals.reshape(len(totals), grades, years)
    found, owed = np.zeros(by.shape, dtype=np.int64), np.zeros((len(by), by.shape[2]))
    for grade in range(grades):
        found[:, grade], exact = _parts(by[:, grade], parent, wanted[:, grade], owed)
        owed += exact - found[:, grade]
    return found.reshape(shares.shape)


def _parts(shares: Floats, parent: NDArray[np.intp], totals: Counts, owed: Floats) -> tuple[Counts, Floats]:
    """Whole parts by largest remainder and what is owed, and the exact parts; a part that is due none gets none."""
    if len(shares) == 0:
        return np.zeros(shares.shape, dtype=np.int64), np.zeros(shares.shape)
    order = np.argsort(parent, kind="stable")
    first = np.flatnonzero(np.diff(parent[order], prepend=-1))
    sizes = np.diff(np.append(first, len(order)))
    group = np.repeat(np.arange(len(first)), sizes)
    wanted = totals[parent[order][first]]
    own = shares[order]
    sums = np.add.reduceat(own, first, axis=0)
    even = sums[group] <= 0
    exact = np.where(even, 1.0, own) * (wanted / np.where(sums > 0, sums, sizes[:, None]))[group]
    floors = np.floor(exact + _ALMOST)
    missing = wanted - np.add.reduceat(floors, first, axis=0)
    claim = np.where(exact - floors > _ALMOST, exact - floors + owed[order], -np.inf)
    rank = np.argsort(np.lexsort((-claim, np.broadcast_to(group[:, None], exact.shape)), axis=0), axis=0)
    given = floors + (rank - first[group][:, None] < missing[group])
    whole, due = np.empty(shares.shape, dtype=np.int64), np.empty(shares.shape)
    whole[order], due[order] = given.astype(np.int64), exact
    return whole, due


_ALMOST = 1e-9
"""A share this little under a whole number is that number."""
