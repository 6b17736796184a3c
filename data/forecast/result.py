"""The forecast as it is handed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import GRADES, Stage
from data.domain.settlements import SettlementId
from data.forecast.errors import NoCohort, YearNotForecast

GRADES_IN_ORDER: tuple[int, ...] = tuple(grade for stage in Stage for grade in GRADES[stage])
"""Grades -2 to 12, in the order of the last axis of `Forecast.pupils_by_grade`."""

GRADE_GROUPS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"preschool": (-2, -1, 0), "g1_3": (1, 2, 3), "g4_6": (4, 5, 6), "junior": (7, 8, 9), "senior": (10, 11, 12)}
)
"""Groups of grades that share the rules on trips and boarding (``acc.walk.g1_3``, ``acc.g4_6``, ``acc.jun``)."""


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """
    Pupils by settlement, year and grade on 1 September.

    Attributes
    ----------
    settlements
        In the district's order.
    pupils_by_grade
        Shape (V, Y, 15), whole pupils, grades -2 to 12 in order; 0 where nothing is known (see ``unknown``).
    method
        How it was made, in words.
    notes, notes_zh
        What was assumed, held or found contradictory, in words.
    unknown
        The missing children by (year, grade); asking for them raises the error.
    """

    settlements: tuple[SettlementId, ...]
    years: tuple[int, ...]
    pupils_by_grade: NDArray[np.int64]
    method: str
    notes: tuple[str, ...]
    notes_zh: tuple[str, ...]
    unknown: Mapping[tuple[int, int], NoCohort] = field(default_factory=dict)

    def pupils(self, stage: Stage, year: int) -> NDArray[np.int64]:
        """Return the pupils of a stage, shape (V,); raises `NoCohort` or `YearNotForecast`."""
        return self.in_grades(GRADES[stage], year)

    def by_grade(self, grade: int, year: int) -> NDArray[np.int64]:
        """Return the pupils of one grade, shape (V,); raises `NoCohort` or `YearNotForecast`."""
        return self.in_grades((grade,), year)

    def in_group(self, group: str, year: int) -> NDArray[np.int64]:
        """Return the pupils of one of `GRADE_GROUPS`, shape (V,); raises `NoCohort` or `YearNotForecast`."""
        return self.in_grades(GRADE_GROUPS[group], year)

    def in_grades(self, grades: Iterable[int], year: int) -> NDArray[np.int64]:
        """Return the pupils of several grades together, shape (V,); raises `NoCohort` or `YearNotForecast`."""
        wanted = tuple(grades)
        if year not in self.years:
            raise YearNotForecast(year, self.years)
        for grade in wanted:
            if (year, grade) in self.unknown:
                raise self.unknown[year, grade]
        columns = [GRADES_IN_ORDER.index(grade) for grade in wanted]
        return np.asarray(self.pupils_by_grade[:, self.years.index(year), columns].sum(axis=1), dtype=np.int64)

    def knows(self, stage: Stage, year: int) -> bool:
        """Tell whether the pupils of a stage can be asked for in a year."""
        return year in self.years and not any((year, grade) in self.unknown for grade in GRADES[stage])
