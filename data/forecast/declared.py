"""Pupils that the authority itself expects, used in place of the forecast."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from data.domain.people import DeclaredDemand
from data.domain.schools import GRADES, Stage
from data.forecast.places import SETTLEMENT, Places
from data.forecast.rounding import Counts, split_rows


class Declared:
    """Declared demand by stage, year and settlement."""

    def __init__(self, demand: Iterable[DeclaredDemand], places: Places) -> None:
        self._by_grade: dict[tuple[Stage, int], dict[int, dict[int, int]]] = {}
        self._whole_stage: dict[tuple[Stage, int], dict[int, int]] = {}
        for row in demand:
            (settlement,) = places.members("demand", SETTLEMENT, row.settlement)
            key = (row.stage, row.year)
            if row.grade is None:
                self._whole_stage.setdefault(key, {}).setdefault(int(settlement), row.pupils)
            else:
                self._by_grade.setdefault(key, {}).setdefault(int(settlement), {}).setdefault(row.grade, row.pupils)

    def covers(self, stage: Stage, year: int) -> bool:
        """Tell whether any settlement declared this stage in this year."""
        return (stage, year) in self._whole_stage or (stage, year) in self._by_grade

    def put(self, stage: Stage, year: int, pupils: Counts) -> tuple[Counts, NDArray[np.bool_]]:
        """
        Put declared pupils in place of forecast ones.

        A declaration by grade goes before one of the whole stage; grades it leaves out have no pupils. One of the whole
        stage is divided over the grades as the forecast is, or evenly where there is none.

        Returns
        -------
        pupils, declared
            Shapes (V, G) and (V,).
        """
        result, declared = pupils.copy(), np.zeros(len(pupils), dtype=bool)
        told = self._whole_stage.get((stage, year), {})
        which, totals = np.array(list(told), dtype=np.intp), np.array(list(told.values()), dtype=np.int64)
        result[which], declared[which] = split_rows(pupils[which], totals), True
        for settlement, grades in self._by_grade.get((stage, year), {}).items():
            result[settlement] = [grades.get(grade, 0) for grade in GRADES[stage]]
            declared[settlement] = True
        return result, declared
