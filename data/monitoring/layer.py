"""One level of the outlook: the pupils of its places by stage and year, with bands, beside the places they find."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import Stage

STAGES: tuple[Stage, ...] = tuple(Stage)
"""Order of the stage axis of every array of an outlook."""


class Level(StrEnum):
    """What the places of a layer are; a school stands for its zone as well."""

    DIVISION = "division"
    TOWNSHIP = "township"
    SCHOOL = "school"
    SETTLEMENT = "settlement"


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """
    Pupils and places of one level.

    Attributes
    ----------
    ids, names, parents
        Of its P places, in order; the parent is the place of the next coarser level (school and settlement: the
        township, township: the division), empty where there is none.
    middle, low, high
        Pupils, shape (P, 4, Y), stages in the order of `STAGES`; the low and high ends hold the band of the recipe
        (80 %) between them. -1 where nothing is known of a stage in a year.
    offered
        Places 学位, shape (P, 4, Y), planned additions included from the year they are ready; -1 where the place offers
        none at the stage. All -1 for settlements.
    shortage
        Share of sample paths with more pupils than places, shape (P, 4, Y); NaN where there are no places.
    surplus
        Share of sample paths with less than the surplus threshold of the places filled, shape (P, 4, Y).
    """

    level: Level
    ids: tuple[str, ...]
    names: tuple[str, ...]
    parents: tuple[str, ...]
    years: tuple[int, ...]
    middle: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    offered: NDArray[np.int64]
    shortage: NDArray[np.float64]
    surplus: NDArray[np.float64]
