"""
Children of migrant workers who come, or stay away, after today: what a recipe's change of their demand asks for.

The latest count of a place is compared with the pupils due from its settlements in the same year; that share of them,
times the change, comes on top in every year after today. Where places that hold each other were counted, the smaller
one tells of its settlements, and the larger one of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.district import District
from data.domain.schools import Stage
from data.forecast.places import Places

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Migrant children of one stage at one place, as last counted; ``homes``: indices of its settlements."""

    homes: NDArray[np.intp]
    year: int
    migrants: int


def last_counts(district: District, stage: Stage) -> tuple[Counted, ...]:
    """
    Give the latest count of every place, the place of the fewest settlements first.

    Raises
    ------
    UnknownPlace
        When a row counts the migrants of a place without settlements.
    """
    places = Places.of(district)
    latest = {
        (row.level, row.place): row for row in sorted(district.migrants, key=lambda row: row.year) if row.stage is stage
    }
    counts = (
        Counted(places.members("migrants", row.level, row.place), row.year, row.migrants) for row in latest.values()
    )
    return tuple(sorted(counts, key=lambda count: len(count.homes)))


def shares(counts: Sequence[Counted], due: Floats, years: Sequence[int]) -> Floats:
    """
    Tell what share of the pupils due are migrants, by settlement, shape (V,); 0 where none were counted or due.

    Parameters
    ----------
    due
        Pupils by settlement and year, shape (V, Y); a count of a year before the first is compared with the first.
    """
    share, told = np.zeros(len(due)), np.zeros(len(due), dtype=np.bool_)
    for count in counts:
        at = min(max(count.year - years[0], 0), len(years) - 1)
        pupils = due[:, at]
        inside = count.homes[told[count.homes]]
        rest = count.homes[~told[count.homes]]
        left = max(count.migrants - float((share * pupils)[inside].sum()), 0.0)
        here = float(pupils[rest].sum())
        share[rest] = min(left / here, 1.0) if here > 0 else 0.0
        told[rest] = True
    return share
