"""People as counted, each once: groups of ages opened to single ages, sexes added up, one source a figure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from data.domain.people import BirthCount, PeopleCount
from data.forecast import opening, vital
from data.forecast.opening import AgeGroup

Key = tuple[int, int, str, str]
"""Year, age, level and place."""


def once(people: Iterable[PeopleCount]) -> dict[Key, int]:
    """Count each year, age and place once: both sexes together where so told, else male and female added."""
    counts = by_sex(people).items()
    return {key: told[None] if None in told else sum(told.values()) for key, told in counts}


def by_sex(people: Iterable[PeopleCount]) -> dict[Key, dict[str | None, int]]:
    """Count each year, age and place by sex as told by one source; ``None`` is both together."""
    found: dict[Key, dict[str | None, int]] = {}
    for row in people_of_one_source(people):
        found.setdefault((row.year, row.age, row.level, row.place), {}).setdefault(row.sex, row.count)
    return found


def people_of_one_source(people: Iterable[PeopleCount], order: Sequence[str] = ()) -> list[PeopleCount]:
    """
    Keep of each year, age and place what the preferred source tells, in single ages; sources are never mixed.

    Parameters
    ----------
    order
        Sources by preference. Those it does not name come after them: the one that tells most first, then by name.
    """
    rows = list(in_single_ages(people))
    rank = preference((row.source for row in rows), order)
    best: dict[Key, str] = {}
    for row in sorted(rows, key=lambda row: rank[row.source]):
        best.setdefault((row.year, row.age, row.level, row.place), row.source)
    return [row for row in rows if best[row.year, row.age, row.level, row.place] == row.source]


def births_of_one_source(births: Iterable[BirthCount], order: Sequence[str] = ()) -> list[BirthCount]:
    """Keep of each year, month and place what the preferred source tells, as `people_of_one_source` does."""
    rows = list(births)
    rank = preference((row.source for row in rows), order)
    best: dict[tuple[int, int | None, str, str], str] = {}
    for row in sorted(rows, key=lambda row: rank[row.source]):
        best.setdefault((row.year, row.month, row.level, row.place), row.source)
    return [row for row in rows if best[row.year, row.month, row.level, row.place] == row.source]


def preference(sources: Iterable[str], order: Sequence[str] = ()) -> dict[str, int]:
    """Rank sources, 0 first: those of ``order`` as it says, then by how many rows they tell, then by name."""
    rows = Counter(sources)
    others = sorted(rows.keys() - set(order), key=lambda source: (-rows[source], source))
    return {source: rank for rank, source in enumerate([*order, *others])}


def in_single_ages(people: Iterable[PeopleCount]) -> Iterator[PeopleCount]:
    """
    Open the groups of ages (`data.forecast.opening`) of every place, year, sex and source; single ages stay.

    A group that reaches 120 is open at the end. Ages that no row counts stay uncounted. Rows come in the order of the
    table, those of a group where it stands.
    """
    told = list(people)
    parts = _parts(told) if any(_is_group(row) for row in told) else {}
    for row in told:
        if _is_group(row):
            ages = parts[_who(row)]
            for age in range(row.age, min(row.age_to or 0, vital.OLDEST) + 1):
                yield replace(row, age=age, age_to=None, count=ages[age])
        else:
            yield row if row.age_to is None else replace(row, age_to=None)


Who = tuple[str, str, int, str | None, str]
"""Place, level, year, sex and source."""


def _who(row: PeopleCount) -> Who:
    return row.place, row.level, row.year, row.sex, row.source


def _is_group(row: PeopleCount) -> bool:
    return row.age_to is not None and row.age_to > row.age


def _parts(people: Iterable[PeopleCount]) -> dict[Who, list[int]]:
    """Single ages of those who told any group, from all they told."""
    rows_of: dict[Who, list[PeopleCount]] = defaultdict(list)
    for row in people:
        rows_of[_who(row)].append(row)
    return {
        who: _opened(sorted(rows, key=lambda row: row.age))
        for who, rows in rows_of.items()
        if any(_is_group(row) for row in rows)
    }


def _opened(rows: list[PeopleCount]) -> list[int]:
    """Open the rows of one place to single ages; the single ages among them shape the groups."""
    groups, counts = [], []
    reached = 0
    for row in rows:
        last = row.age if row.age_to is None else row.age_to
        if row.age < reached or row.age > vital.OLDEST:
            continue  # counted already by the group before, or among the oldest
        if row.age > reached:
            groups.append(AgeGroup(reached, row.age - 1))
            counts.append(0)
        groups.append(AgeGroup(row.age, None if last >= vital.OLDEST else last))
        counts.append(row.count)
        reached = last + 1
    return [int(count) for count in opening.single_ages(np.array([counts], dtype=np.int64), groups)[0]]
