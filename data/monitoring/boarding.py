"""
Boarders 寄宿生 to come, and the beds they find.

The share of each grade of a school that boards on its latest roll goes on; a grade that is not on it has that of its
stage. Boarders of a year are rounded up, as beds are. No share is taken from other schools: who boards is a matter of
one school's distances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.schools import GRADES, STAGE_OF_GRADE, RollCount
from data.monitoring.ground import COLUMNS, Ground
from data.monitoring.layer import STAGES


@dataclass(frozen=True, slots=True)
class Boarding:
    """Boarders of a school and stage in a year; ``missing``: beds that lack."""

    id: str
    name: str
    stage: str
    year: int
    boarders: int
    beds: int
    missing: int


def expected(ground: Ground, pupils: NDArray[np.int64], years: tuple[int, ...]) -> tuple[Boarding, ...]:
    """
    Forecast the boarders of every school that has any on its latest roll, or beds.

    Parameters
    ----------
    pupils
        Agreed pupils of every school by grade, shape (S, 15, Y).
    """
    return tuple(_rows(ground, pupils, years))


def _rows(ground: Ground, pupils: NDArray[np.int64], years: tuple[int, ...]) -> Iterator[Boarding]:
    boards, on_roll = _latest(ground.district.roll)
    beds = {(str(site.school), site.stage): site.beds for site in ground.district.sites}
    for row, school in enumerate(ground.district.schools):
        for stage in STAGES:
            shares = _shares(str(school.id), GRADES[stage], boards, on_roll)
            has = beds.get((str(school.id), stage), 0)
            if not shares.any() and not has:
                continue
            expected = np.ceil(shares @ pupils[row, COLUMNS[stage]] - _ALMOST).astype(np.int64)
            for year, boarders in zip(years, expected.tolist(), strict=True):
                yield Boarding(
                    str(school.id), school.name, stage.value, year, boarders, has, max(boarders - has, 0)
                )  # fmt: skip


def _latest(roll: tuple[RollCount, ...]) -> tuple[dict[tuple[str, int], int], dict[tuple[str, int], int]]:
    """Boarders and pupils by school and grade, each stage on the school's latest roll of it."""
    latest: dict[tuple[str, str], int] = {}
    for row in roll:
        key = (str(row.school), STAGE_OF_GRADE[row.grade])
        latest[key] = max(latest.get(key, row.year), row.year)
    boards: dict[tuple[str, int], int] = {}
    pupils: dict[tuple[str, int], int] = {}
    together = {(row.school, row.year, row.grade) for row in roll if row.sex is None}
    for row in roll:
        counted = row.sex is None or (row.school, row.year, row.grade) not in together
        if counted and row.year == latest[str(row.school), STAGE_OF_GRADE[row.grade]]:
            at = (str(row.school), row.grade)
            boards[at] = boards.get(at, 0) + row.boarders
            pupils[at] = pupils.get(at, 0) + row.pupils
    return boards, pupils


def _shares(
    school: str, grades: tuple[int, ...], boards: dict[tuple[str, int], int], pupils: dict[tuple[str, int], int]
) -> NDArray[np.float64]:
    """Share of each grade that boards, shape (G,)."""
    told = [(boards.get((school, grade), 0), pupils.get((school, grade), 0)) for grade in grades]
    stage = sum(b for b, _ in told) / max(sum(n for _, n in told), 1)
    return np.array([b / n if n else stage for b, n in told])


_ALMOST = 1e-9
