"""
Grade histories: pupils by school, grade and year, with what is unknown or doubtful in them.

Doubtful counts are found by what they do, never by name:

    a year is left out      when the district's total is more than 8 % under the years known before and after it
    a school's year is      when its own total is more than 20 % under both (a class list that was not handed in,
    left out                a building closed for a year)

Such a fall can only be known when the next count is in; a history that ends with it keeps it. What is unknown or left
out between two counts of a school is put in along its cohorts: grade g in year y lies between grade g-1 in y-1 and
grade g+1 in y+1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DEEPEST_FALL = 0.08
"""A district's total further than this share under both neighbours is left out."""

DEEPEST_FALL_OF_SCHOOL = 0.20
"""The same for one school, whose counts swing more."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """
    Pupils by school (or place), grade and year.

    Attributes
    ----------
    series
        Names of schools or places; one name where only the district is counted.
    grades
        Consecutive, lowest first; 0 is the kindergarten year, 1 the first grade.
    years
        Consecutive; a year without a count is all NaN.
    pupils
        Shape (S, G, Y), NaN where unknown or where the school does not exist.
    births
        Births of the district by calendar year; ``None``: not known.
    left_out, left_out_of
        Doubtful years: of the district, shape (Y,), and of one school, shape (S, Y).
    """

    series: tuple[str, ...]
    grades: tuple[int, ...]
    years: tuple[int, ...]
    pupils: Floats
    births: Mapping[int, float] | None = None
    left_out: Flags = field(init=False)
    left_out_of: Flags = field(init=False)

    def __post_init__(self) -> None:
        if self.pupils.shape != (len(self.series), len(self.grades), len(self.years)):
            raise ValueError(f"pupils has shape {self.pupils.shape}, not (series, grades, years)")
        if self.births is not None:
            object.__setattr__(self, "births", MappingProxyType(dict(self.births)))
        told = self.told
        totals = np.where(told, np.nansum(self.pupils, axis=1), np.nan)
        whole = np.where(told.any(axis=0), np.nansum(totals, axis=0), np.nan)
        object.__setattr__(self, "left_out", falls(whole[None], DEEPEST_FALL)[0])
        object.__setattr__(self, "left_out_of", falls(totals, DEEPEST_FALL_OF_SCHOOL) & ~self.left_out)

    def upto(self, year: int) -> History:
        """What was known in the autumn of a year: its counts and those before it, births of the years before it."""
        last = self.years.index(year) + 1
        births = self.births and {born: count for born, count in self.births.items() if born < year}
        return History(self.series, self.grades, self.years[:last], self.pupils[:, :, :last], births)

    def of(self, index: int) -> History:
        """One school's own history."""
        return History((self.series[index],), self.grades, self.years, self.pupils[index : index + 1], self.births)

    @property
    def told(self) -> Flags:
        """Which schools are counted in which years, shape (S, Y)."""
        return np.asarray(np.isfinite(self.pupils).any(axis=1))

    @property
    def exists(self) -> Flags:
        """Which schools are counted in the last year that has any count, shape (S,)."""
        told = self.told
        years = np.flatnonzero(told.any(axis=0))
        return np.asarray(told[:, years[-1]] if years.size else told.any(axis=1))

    def filled(self) -> Floats:
        """
        Return the pupils, shape (S, G, Y), with what is unknown or left out between two counts put in.

        A school is NaN before its first and after its last count.
        """
        pupils = self.pupils.copy()
        pupils[:, :, self.left_out] = np.nan
        pupils[np.broadcast_to(self.left_out_of[:, None], pupils.shape)] = np.nan
        told = self.told
        for index in np.flatnonzero(told.any(axis=1)):
            known = np.flatnonzero(told[index])
            inside = slice(int(known[0]), int(known[-1]) + 1)
            if np.isnan(pupils[index, :, inside]).any():
                pupils[index, :, inside] = _put_in(pupils[index, :, inside])
        return pupils


def falls(totals: Floats, deepest: float) -> Flags:
    """Tell which totals, shape (S, Y), lie more than a share under the known ones before and after; NaN: unknown."""
    found = np.zeros(totals.shape, dtype=np.bool_)
    for index, row in enumerate(totals):
        known = np.flatnonzero(np.isfinite(row))
        least = np.minimum(row[known[:-2]], row[known[2:]])
        found[index, known[1:-1]] = row[known[1:-1]] < (1 - deepest) * least
    return found


def _put_in(pupils: Floats) -> Floats:
    """Fill the unknown cells of one school, shape (G, Y), along cohorts, else along the years of the grade, else 0."""
    whole = pupils.copy()
    for grade, year in np.argwhere(np.isnan(pupils)):
        cohort = np.diagonal(pupils, offset=year - grade)
        value = _between(cohort, min(grade, year))
        whole[grade, year] = _between(pupils[grade], year) if np.isnan(value) else value
    return np.nan_to_num(whole)


def _between(line: Floats, position: int) -> float:
    """Read a line at an unknown position from the nearest known values on each side; NaN where there are none."""
    known = np.flatnonzero(np.isfinite(line))
    return float(np.interp(position, known, line[known])) if known.size else np.nan
