"""
Whole children out of shares, with exact totals.

Source: method of largest remainders (Hamilton). Balinski and Young (2001), Fair Representation, ch. 2. Equal
remainders are served in the order given. All arithmetic is in whole numbers, so that no total is off by one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def largest_remainder(weights: Counts, total: int) -> Counts:
    """
    Divide ``total`` (0 or more) in proportion to the weights (0 or more); evenly where all weights are 0.

    The parts add up to the total. A part never exceeds its weight when the total does not exceed the weights' sum.
    """
    shares = weights if weights.any() else np.ones_like(weights)
    return _floors_and_largest(shares * total, int(shares.sum()), total)


def split_rows(weights: Counts, totals: Counts) -> Counts:
    """
    Divide the total of each row over its columns in proportion to the weights; evenly where a row's weights are 0.

    Parameters
    ----------
    weights, totals
        Shapes (V, G) and (V,), 0 or more.

    Returns
    -------
    parts
        Shape (V, G); row v adds up to its total. Equal remainders are served from column v mod G on, so that no
        column gains by standing first.
    """
    rows, columns = weights.shape
    shares = np.where(weights.any(axis=1, keepdims=True), weights, 1)
    parts, remainders = np.divmod(shares * totals[:, None], shares.sum(axis=1, keepdims=True))
    turn = (np.arange(columns)[None, :] - np.arange(rows)[:, None]) % columns
    rank = np.argsort(np.argsort(turn - remainders * columns, axis=1), axis=1)
    return np.asarray(parts + (rank < (totals - parts.sum(axis=1))[:, None]), dtype=np.int64)


def whole(amounts: Counts, unit: int) -> Counts:
    """Round amounts counted in 1/``unit`` to whole numbers; their total is the rounded total, halves up."""
    return _floors_and_largest(amounts, unit, (2 * int(amounts.sum()) + unit) // (2 * unit))


def _floors_and_largest(numerators: Counts, denominator: int, total: int) -> Counts:
    if numerators.size == 0:
        return numerators.astype(np.int64)
    parts, remainders = np.divmod(numerators, denominator)
    missing = total - int(parts.sum())
    parts[np.argsort(-remainders, kind="stable")[:missing]] += 1
    return parts
