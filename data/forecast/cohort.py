"""
Cohort ageing 年龄移算法, first form.

A cohort is named by the September in which it enters grade 1: cohort E was born 1 Sep E-7 to 31 Aug E-6 (``zone.age``,
``fc.cohort``), has completed age Y - E + 6 on 31 August of Y, and is in grade Y - E + 1. Survival is 1: a cohort
changes by declared net migration only.

    children of E in Y = count of E in the base year + net migration of E after the base year, up to Y

The base is the latest count of ages not after Y (else the earliest after it, with the migration taken back). Where no
ages were counted it is the births of the period: by month where months are known, else 4/12 B(E-7) + 8/12 B(E-6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from data.domain.district import District
from data.domain.people import BirthCount, Migration, PeopleCount
from data.forecast import tally
from data.forecast.places import SETTLEMENT, Layered, Places
from data.forecast.rounding import Counts, largest_remainder, whole

AGE_AT_ENTRY = 6
_TABLE_ZH = {"people": "人口数", "births": "出生数"}
_TWELFTHS = 12
_FIRST_MONTH, _LAST_MONTH = 9, 8

Month = tuple[int, int]
"""Year and month."""


def cohort_of(year: int, age: int) -> int:
    """Return the cohort that has this completed age on 31 August of the year."""
    return year - age + AGE_AT_ENTRY


def birth_months(cohort: int) -> list[Month]:
    """Return the twelve months in which a cohort was born, first to last."""
    before = [(cohort - AGE_AT_ENTRY - 1, month) for month in range(_FIRST_MONTH, 13)]
    return before + [(cohort - AGE_AT_ENTRY, month) for month in range(1, _LAST_MONTH + 1)]


def spanned(cohort: int) -> tuple[str, str]:
    """Write the first and the last month in which a cohort was born, as ``YYYY-MM``."""
    first, *_, last = (f"{year}-{month:02d}" for year, month in birth_months(cohort))
    return first, last


@dataclass(frozen=True, slots=True)
class Children:
    """Children of one cohort by settlement, shape (V,), and where they are known at all."""

    counts: Counts
    known: NDArray[np.bool_]


class Cohorts:
    """The cohorts of a district, aged to any year."""

    def __init__(self, district: District, places: Places, notes: Notebook) -> None:
        self._places, self._notes = places, notes
        self._ages = Ages(district.people)
        self._births = Births(district.births, notes)
        self._moves = _moves_by_cohort(district.migration)
        self._whole_births: dict[int, Children] = {}
        self._bases: dict[tuple[int, int], Children] = {}

    def children(self, cohort: int, year: int) -> Children:
        """Return the children of a cohort on 1 September of a year."""
        base_year = self._ages.base_year(cohort, year)
        if base_year is None:
            base = self._born(cohort)
            return Children(self._moved(base.counts, cohort, None, year), base.known)
        counted = self._counted(cohort, base_year)
        counts = self._moved(counted.counts, cohort, base_year, year)
        if counted.known.all():
            return Children(counts, counted.known)
        base = self._born(cohort)
        born = self._moved(base.counts, cohort, None, year)
        return Children(np.where(counted.known, counts, born), counted.known | base.known)

    def _counted(self, cohort: int, year: int) -> Children:
        """The cohort as the ages of a year tell it."""
        if (cohort, year) not in self._bases:
            told, reporting = self._ages.told(cohort, year), self._ages.reporting(year)
            layered = self._places.layered("people", told, reporting, self._weights(cohort, year))
            self._say_if_evenly("people", layered)
            self._bases[cohort, year] = Children(layered.counts, layered.known)
        return self._bases[cohort, year]

    def _born(self, cohort: int) -> Children:
        """The cohort as births tell it."""
        if cohort not in self._whole_births:
            told, reporting = self._births.twelfths(cohort)
            layered = self._places.layered("births", told, reporting, self._ages_weights)
            self._say_if_evenly("births", layered)
            self._whole_births[cohort] = Children(whole(layered.counts, _TWELFTHS), layered.known)
        return self._whole_births[cohort]

    def _weights(self, cohort: int, year: int) -> Counts:
        """What a township's count of a cohort is spread by: its settlements' own counts of another year, or births."""
        for other in self._ages.years(cohort, SETTLEMENT):
            if other != year:
                return self._places.by_settlement("people", self._ages.told(cohort, other)[SETTLEMENT])
        births = self._births_weights
        return births if births.any() else self._ages_weights

    @cached_property
    def _births_weights(self) -> Counts:
        return self._places.by_settlement("births", self._births.totals(SETTLEMENT))

    @cached_property
    def _ages_weights(self) -> Counts:
        return self._places.by_settlement("people", self._ages.totals(SETTLEMENT))

    def _say_if_evenly(self, table: str, layered: Layered) -> None:
        if layered.evenly:
            self._notes.add(
                f"{table} of a township or division were spread evenly: no settlement has its own figures",
                f"乡镇或区县的{_TABLE_ZH[table]}按村社区平均分摊:没有村社区自己的数",
            )

    def _moved(self, counts: Counts, cohort: int, base_year: int | None, year: int) -> Counts:
        """Add the net movers after the base year, or take back those after ``year`` when the base is later."""
        moved = counts
        for moves_year, moves in self._moves.get(cohort, {}).items():
            if (base_year is None or moves_year > base_year) and moves_year <= year:
                moved = self._with_moves(moved, moves, 1)
            elif base_year is not None and year < moves_year <= base_year:
                moved = self._with_moves(moved, moves, -1)
        return moved

    def _with_moves(self, counts: Counts, moves: Sequence[Migration], sign: int) -> Counts:
        moved = counts.copy()
        for move in moves:
            members = self._places.members("migration", move.level, move.place)
            here, net = moved[members], sign * move.net
            if net < -int(here.sum()):
                self._notes.add(
                    f"more children of age {move.age} leave {move.place} in {move.year} than live there",
                    f"{move.year}年{move.place}迁出的{move.age}岁儿童多于当地人数,按全部迁出计",
                )
                net = -int(here.sum())
            moved[members] += int(np.sign(net)) * largest_remainder(here, abs(net))
        return moved


class Ages:
    """Counts of single ages, by year, cohort and place."""

    def __init__(self, people: Iterable[PeopleCount]) -> None:
        self._told: dict[int, dict[int, dict[str, dict[str, int]]]] = defaultdict(lambda: defaultdict(dict))
        self._reporting: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for (year, age, level, place), count in tally.once(people).items():
            self._told[cohort_of(year, age)][year].setdefault(level, {})[place] = count
            self._reporting[year][level].add(place)

    def base_year(self, cohort: int, year: int) -> int | None:
        """Return the year of the count to start from, or ``None`` when this cohort was never counted."""
        years = self._told.get(cohort, {})
        before = [counted for counted in years if counted <= year]
        return max(before) if before else min(years, default=None)

    def years(self, cohort: int, level: str) -> list[int]:
        """Return the years in which a level counted the cohort, latest first."""
        return sorted((year for year, told in self._told.get(cohort, {}).items() if level in told), reverse=True)

    def told(self, cohort: int, year: int) -> dict[str, dict[str, int]]:
        """Return the counts of a cohort in a year, by level and place."""
        return self._told[cohort][year]

    def reporting(self, year: int) -> dict[str, set[str]]:
        """Return the places that counted any age in a year, by level."""
        return self._reporting[year]

    def totals(self, level: str) -> dict[str, int]:
        """Return all people a level ever counted, by place: weights, not a population."""
        sums: dict[str, int] = defaultdict(int)
        for years in self._told.values():
            for told in years.values():
                for place, count in told.get(level, {}).items():
                    sums[place] += count
        return sums


class Births:
    """Births by level and place, by month where months are known."""

    def __init__(self, births: Iterable[BirthCount], notes: Notebook) -> None:
        self._notes = notes
        self._by_month: dict[str, dict[Month, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
        by_year: dict[str, dict[int, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
        for row in tally.births_of_one_source(births):
            if row.month is None:
                by_year[row.level][row.year].setdefault(row.place, row.count)
            else:
                self._by_month[row.level][row.year, row.month].setdefault(row.place, _TWELFTHS * row.count)
        for level, years in by_year.items():
            self._use_years_without_all_months(level, years)

    def _use_years_without_all_months(self, level: str, years: dict[int, dict[str, int]]) -> None:
        """Give every month a twelfth of the year's births, unless all twelve months are known."""
        known = self._by_month[level]
        for year, told in years.items():
            months = [(year, month) for month in range(1, 13)]
            if not all(month in known for month in months):
                for month in months:
                    known[month] = told

    def twelfths(self, cohort: int) -> tuple[dict[str, dict[str, int]], dict[str, set[str]]]:
        """
        Return the births of a cohort in twelfths of a child, and the places that report births, both by level.

        A level that does not know the whole period is left out; months after its last known one are those of the
        last year in which it knows the same month.
        """
        told: dict[str, dict[str, int]] = {}
        reporting: dict[str, set[str]] = {}
        for level, known in self._by_month.items():
            months = [self._known_or_held(level, month) for month in birth_months(cohort)]
            if known and all(month is not None for month in months):
                sums: dict[str, int] = defaultdict(int)
                for month in months:
                    for place, count in known[month].items() if month else ():
                        sums[place] += count
                told[level], reporting[level] = sums, self._places(level)
                self._say_if_held(level, cohort)
        return told, reporting

    def totals(self, level: str) -> dict[str, int]:
        """Return all births a level ever told, by place, in twelfths: weights."""
        sums: dict[str, int] = defaultdict(int)
        for told in self._by_month.get(level, {}).values():
            for place, count in told.items():
                sums[place] += count
        return sums

    def _places(self, level: str) -> set[str]:
        return {place for told in self._by_month[level].values() for place in told}

    def _known_or_held(self, level: str, month: Month) -> Month | None:
        known = self._by_month[level]
        if month in known:
            return month
        if not known or month < max(known):
            return None
        same = [(year, number) for year, number in known if number == month[1]]
        return max(same, default=None)

    def _say_if_held(self, level: str, cohort: int) -> None:
        """Note the births that stand in for months not yet known."""
        last = max(self._by_month[level])
        if birth_months(cohort)[-1] <= last:
            return
        first = (last[0] - 1, last[1] + 1) if last[1] < 12 else (last[0], 1)
        span = str(last[0]) if last[1] == 12 else f"{first[0]}-{first[1]:02d} to {last[0]}-{last[1]:02d}"
        entrants = last[0] + AGE_AT_ENTRY + (1 if last[1] >= _LAST_MONTH else 0)
        self._notes.add(
            f"births of {span} held: none are known later, for entrants to grade 1 from {entrants} on",
            f"{entrants}年起的一年级新生无出生数可依,沿用{span.replace(' to ', '至')}的出生数",
        )


@dataclass(slots=True)
class Notebook:
    """Notes in English and Chinese, in the order of their first writing, each once."""

    _notes: dict[str, str] = field(default_factory=dict)

    def add(self, note: str, note_zh: str) -> None:
        """Write a note, unless it is there already."""
        self._notes.setdefault(note, note_zh)

    def read(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return all notes in English, and the same in Chinese."""
        return tuple(self._notes), tuple(self._notes.values())


def _moves_by_cohort(migration: Iterable[Migration]) -> dict[int, dict[int, list[Migration]]]:
    """Migration by cohort and year, years ascending."""
    moves: dict[int, dict[int, list[Migration]]] = defaultdict(dict)
    for row in sorted(migration, key=lambda move: move.year):
        moves[cohort_of(row.year, row.age)].setdefault(row.year, []).append(row)
    return moves
