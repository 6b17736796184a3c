"""From a district to its forecast: declared demand, else cohorts, then control totals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.domain.district import District
from data.domain.schools import GRADES, STAGE_ZH, Stage
from data.forecast.cohort import Cohorts, Notebook, spanned
from data.forecast.declared import Declared
from data.forecast.errors import NoCohort
from data.forecast.fit import Controls, StagePupils
from data.forecast.places import Places
from data.forecast.result import GRADES_IN_ORDER, Forecast

METHOD = (
    "cohort ageing: survival 1, declared migration only, entrants from births; declared demand in place of it where "
    "given; then control totals, whole pupils by largest remainder"
)


def forecast(district: District, years: Sequence[int]) -> Forecast:
    """
    Forecast the pupils of every settlement on 1 September of each year.

    Parameters
    ----------
    years
        In any order; the result holds each once, ascending.

    Raises
    ------
    UnknownPlace
        When a row counts people of a place without settlements.
    """
    wanted = tuple(sorted(set(years)))
    notes = Notebook()
    before = _BeforeControls(district, notes)
    controls = Controls(district.controls, before.places, before.stage, notes)
    pupils = np.zeros((len(before.places), len(wanted), len(GRADES_IN_ORDER)), dtype=np.int64)
    unknown: dict[tuple[int, int], NoCohort] = {}
    for place, year in enumerate(wanted):
        for stage in Stage:
            columns = [GRADES_IN_ORDER.index(grade) for grade in GRADES[stage]]
            missing = before.missing(stage, year)
            unknown |= missing
            if not missing:
                pupils[:, place, columns] = controls.fitted(stage, year)
            else:
                pupils[:, place, columns] = before.stage(stage, year).pupils
    english, chinese = notes.read()
    return Forecast(
        settlements=tuple(settlement.id for settlement in district.settlements),
        years=wanted,
        pupils_by_grade=pupils,
        method=METHOD,
        notes=english,
        notes_zh=chinese,
        unknown=unknown,
    )


class _BeforeControls:
    """Pupils by stage and year as declared or as their cohorts make them, each worked out once."""

    def __init__(self, district: District, notes: Notebook) -> None:
        self.places = Places.of(district)
        self.places.check(district)
        self._notes = notes
        self._declared = Declared(district.demand, self.places)
        self._cohorts = Cohorts(district, self.places, notes)
        self._stages: dict[tuple[Stage, int], StagePupils] = {}
        self._missing: dict[tuple[Stage, int], dict[tuple[int, int], NoCohort]] = {}

    def stage(self, stage: Stage, year: int) -> StagePupils:
        """Return the pupils of a stage in a year."""
        if (stage, year) not in self._stages:
            self._work_out(stage, year)
        return self._stages[stage, year]

    def missing(self, stage: Stage, year: int) -> dict[tuple[int, int], NoCohort]:
        """Return the children nobody counted, by year and grade."""
        self.stage(stage, year)
        return self._missing[stage, year]

    def _work_out(self, stage: Stage, year: int) -> None:
        cohorts = [self._cohorts.children(year - grade + 1, year) for grade in GRADES[stage]]
        forecast_pupils = np.column_stack([cohort.counts for cohort in cohorts])
        known = np.column_stack([cohort.known for cohort in cohorts])
        pupils, declared = self._declared.put(stage, year, np.where(known, forecast_pupils, 0))
        if self._declared.covers(stage, year):
            self._say_if_left_out(stage, year, ~declared & ~known.all(axis=1))
            known[:] = True
        missing = self._no_cohorts(stage, year, known)
        self._stages[stage, year] = StagePupils(pupils, declared, not missing)
        self._missing[stage, year] = missing

    def _say_if_left_out(self, stage: Stage, year: int, left_out: NDArray[np.bool_]) -> None:
        if left_out.any():
            self._notes.add(
                f"{int(left_out.sum())} settlements declare no {stage} pupils in {year} and have no counts: "
                "taken as none",
                f"{int(left_out.sum())}个村社区{year}年未申报{STAGE_ZH[stage]}学生,也没有人口数,按无学生计",
            )

    def _no_cohorts(self, stage: Stage, year: int, known: NDArray[np.bool_]) -> dict[tuple[int, int], NoCohort]:
        """The children nobody counted; a settlement left out where others of its township are counted has none."""
        missing = {}
        for column, grade in enumerate(GRADES[stage]):
            without = ~known[:, column]
            nobody = without & self.places.none_in_township(known[:, column])
            if nobody.any():
                missing[year, grade] = NoCohort(
                    self._first(nobody), int(nobody.sum()), grade, year, *spanned(year - grade + 1)
                )
            elif without.any():
                count, first = int(without.sum()), self._first(without)
                self._notes.add(
                    f"{count} settlements, the first of them {first}, are left out of counts that name others of "
                    "their township: taken as having no children there",
                    f"{count}个村社区(首个为{first})未列入本乡镇其他村社区已有的统计,按无儿童计",
                )
        return missing

    def _first(self, which: NDArray[np.bool_]) -> str:
        return self.places.ids[int(np.argmax(which))]
