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
    if len(shares) == 0:
        return np.zeros(shares.shape, dtype=np.int64)
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
    rank = np.argsort(np.lexsort((-(exact - floors), np.broadcast_to(group[:, None], exact.shape)), axis=0), axis=0)
    given = floors + (rank - first[group][:, None] < missing[group])
    whole = np.empty(shares.shape, dtype=np.int64)
    whole[order] = given.astype(np.int64)
    return whole


_ALMOST = 1e-9
"""A share this little under a whole number is that number."""
