"""
Control totals: figures of a township or the district that the settlements must add up to.

A control of a place and stage in year C fixes the ratio control / forecast of C. In C the settlements of the place add
up to the control exactly; in other years the ratio of the nearest control year (the earlier one on a tie) is carried,
and the settlements add up to the rounded product. Townships come first; a division's control is met by the settlements
that no township control holds. What the authority declared itself stays as declared. Whole pupils, by largest
remainder over settlements and then over the grades of each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from data.domain.people import ControlTotal
from data.domain.schools import STAGE_ZH, Stage
from data.forecast.cohort import Notebook
from data.forecast.places import DIVISION, TOWNSHIP, Members, Places
from data.forecast.rounding import Counts, largest_remainder, split_rows


@dataclass(frozen=True, slots=True)
class StagePupils:
    """
    Pupils of one stage in one year before control totals.

    Attributes
    ----------
    pupils
        Shape (V, G), by settlement and grade of the stage.
    declared
        Shape (V,): the pupils of this settlement were declared by the authority.
    complete
        Nothing is missing.
    """

    pupils: Counts
    declared: NDArray[np.bool_]
    complete: bool


PupilsOf = Callable[[Stage, int], StagePupils]


class Controls:
    """The control totals of a district, ready to fit any year."""

    def __init__(self, controls: Iterable[ControlTotal], places: Places, pupils_of: PupilsOf, notes: Notebook) -> None:
        self._places, self._pupils_of, self._notes = places, pupils_of, notes
        self._told: dict[Stage, dict[tuple[str, str], dict[int, int]]] = {}
        for row in controls:
            told = self._told.setdefault(row.stage, {}).setdefault((row.level, row.place), {})
            if told.setdefault(row.year, row.pupils) != row.pupils:
                notes.add(
                    f"two control totals of {row.place} for {row.stage} in {row.year}: the first is used",
                    f"{row.place}{row.year}年{STAGE_ZH[row.stage]}有两个控制总数,采用第一个",
                )

    def fitted(self, stage: Stage, year: int) -> Counts:
        """Return the pupils of a stage by settlement and grade, shape (V, G), fitted to the control totals."""
        given = self._pupils_of(stage, year)
        pupils = given.pupils.copy()
        held = given.declared.copy()
        for level in (TOWNSHIP, DIVISION):
            for place, told in self._of(stage, level).items():
                total = self._total(stage, level, place, told, year)
                if total is not None:
                    members = self._places.members("controls", level, place)
                    missed = _fit(pupils, members, held, total)
                    held[members] = True
                    if missed and year in told:
                        self._say_if_missed(place, stage, year, missed)
        return pupils

    def _say_if_missed(self, place: str, stage: Stage, year: int, missed: int) -> None:
        self._notes.add(
            f"declared pupils and control totals within {place} differ from its control total for {stage} in {year} "
            f"by {missed}: the finer figures are kept",
            f"{place}内申报数与下级控制总数同其{year}年{STAGE_ZH[stage]}控制总数相差{missed}人,以较细的数为准",
        )

    def _of(self, stage: Stage, level: str) -> Mapping[str, dict[int, int]]:
        """The control totals of a level, the smaller place first."""
        found = {place: told for (at, place), told in self._told.get(stage, {}).items() if at == level}
        size = {place: len(self._places.members("controls", level, place)) for place in found}
        return {place: found[place] for place in sorted(found, key=lambda place: (size[place], place))}

    def _total(self, stage: Stage, level: str, place: str, told: dict[int, int], year: int) -> int | None:
        """What the settlements of a place must add up to in a year; ``None`` where no ratio can be made."""
        if year in told:
            return told[year]
        nearest = min(told, key=lambda known: (abs(known - year), known))
        ratio = self._ratio(stage, level, place, nearest, told[nearest])
        if ratio is None:
            self._notes.add(
                f"the control total of {place} for {stage} in {nearest} has no forecast to be compared with",
                f"{place}{nearest}年{STAGE_ZH[stage]}控制总数没有可比的预测数",
            )
            return None
        self._notes.add(
            f"the control total of {place} for {stage} in {nearest} is carried to other years as a ratio",
            f"{place}{nearest}年{STAGE_ZH[stage]}控制总数按比例沿用到其他年份",
        )
        members = self._places.members("controls", level, place)
        before = int(self._pupils_of(stage, year).pupils[members].sum())
        return (2 * before * ratio.numerator + ratio.denominator) // (2 * ratio.denominator)

    def _ratio(self, stage: Stage, level: str, place: str, year: int, control: int) -> Fraction | None:
        given = self._pupils_of(stage, year)
        before = int(given.pupils[self._places.members("controls", level, place)].sum())
        return Fraction(control, before) if given.complete and before > 0 else None


def _fit(pupils: Counts, members: Members, held: NDArray[np.bool_], total: int) -> int:
    """Make the members add up to ``total`` by changing those that are not held; return by how much they miss it."""
    free = members[~held[members]]
    left = total - int(pupils[members].sum()) + int(pupils[free].sum())
    if free.size:
        totals = largest_remainder(pupils[free].sum(axis=1), max(left, 0))
        pupils[free] = split_rows(pupils[free], totals)
    return abs(total - int(pupils[members].sum()))
