"""Places: which settlements a settlement id, a township or a division stands for, and counts told at several levels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain.district import District
from data.forecast.errors import UnknownPlace
from data.forecast.rounding import Counts, largest_remainder

SETTLEMENT, TOWNSHIP, DIVISION = "settlement", "township", "division"

Members = NDArray[np.intp]
Told = Mapping[str, Mapping[str, int]]
"""Level to place to count."""


@dataclass(frozen=True)
class Places:
    """
    The settlements of a district by the names under which people are counted.

    Attributes
    ----------
    ids
        Settlement ids in the order of every array of a forecast.
    """

    ids: tuple[str, ...]
    _township: NDArray[np.intp]
    _index: Mapping[str, int]
    _members: Mapping[str, Mapping[str, Members]]

    @classmethod
    def of(cls, district: District) -> Places:
        """Index the settlements; a division also holds those of the divisions below it."""
        parent: dict[str, str | None] = {division.code: division.parent for division in district.divisions}
        groups: dict[str, dict[str, list[int]]] = {TOWNSHIP: defaultdict(list), DIVISION: defaultdict(list)}
        for index, settlement in enumerate(district.settlements):
            if settlement.township:
                groups[TOWNSHIP][settlement.township].append(index)
            for code in {*_line(settlement.division, parent), district.division}:
                groups[DIVISION][code].append(index)
        ids = tuple(settlement.id for settlement in district.settlements)
        names = [settlement.township for settlement in district.settlements]
        return cls(
            ids,
            np.unique(names, return_inverse=True)[1] if names else np.empty(0, dtype=np.intp),
            {name: index for index, name in enumerate(ids)},
            {level: {name: np.array(found) for name, found in named.items()} for level, named in groups.items()},
        )

    def __len__(self) -> int:
        return len(self.ids)

    def members(self, table: str, level: str, place: str) -> Members:
        """Return the indices of the settlements of a place; raises `UnknownPlace`, naming the table of the row."""
        if level == SETTLEMENT and place in self._index:
            return np.array([self._index[place]])
        found = self._members.get(level, {}).get(place)
        if found is None:
            raise UnknownPlace(table, level, place)
        return found

    def check(self, district: District) -> None:
        """Raise `UnknownPlace` at the first row that counts people of a place without settlements."""
        told = {
            (table, row.level, row.place): None
            for table in ("people", "births", "migration", "controls")
            for row in getattr(district, table)
        }
        for table, level, place in told:
            self.members(table, level, place)

    def none_in_township(self, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell of each settlement whether none of its township is known; settlements of no township are one group."""
        counted = np.bincount(self._township, weights=known, minlength=1)
        return np.asarray(counted[self._township] == 0)

    def layered(self, table: str, told: Told, reporting: Mapping[str, Set[str]], weights: Counts) -> Layered:
        """
        Bring counts told at several levels down to settlements.

        A finer count takes precedence. A coarser count is the total of its place: what the finer ones leave of it is
        spread over the settlements they do not cover, by weight and largest remainder.

        Parameters
        ----------
        told
            Counts by level and place.
        reporting
            Places that count at all, by level: one that is not told here has 0.
        weights
            Shape (V,), used for spreading; evenly where they are all 0.
        """
        own = self.by_settlement(table, told.get(SETTLEMENT, {}))
        known = self.by_settlement(table, dict.fromkeys(reporting.get(SETTLEMENT, ()), 1)) > 0
        layers = Layered(own, known, False)
        for level in (TOWNSHIP, DIVISION):
            spread = {place: told.get(level, {}).get(place, 0) for place in sorted(reporting.get(level, ()))}
            layers = self._spread(table, level, spread, weights, layers)
        return layers

    def by_settlement(self, table: str, told: Mapping[str, int]) -> Counts:
        """Return counts told by settlement id, shape (V,); raises `UnknownPlace`."""
        counts = np.zeros(len(self), dtype=np.int64)
        for place, count in told.items():
            if place not in self._index:
                raise UnknownPlace(table, SETTLEMENT, place)
            counts[self._index[place]] = count
        return counts

    def _spread(self, table: str, level: str, told: Mapping[str, int], weights: Counts, finer: Layered) -> Layered:
        """Spread what the finer counts leave of each place's total over the settlements they do not cover."""
        counts, known, evenly = finer.counts.copy(), finer.known.copy(), finer.evenly
        for place, total in told.items():
            members = self.members(table, level, place)
            uncovered = members[~finer.known[members]]
            left = max(total - int(finer.counts[members].sum()), 0)
            counts[uncovered] = largest_remainder(weights[uncovered], left)
            evenly |= uncovered.size > 1 and left > 0 and not weights[uncovered].any()
            known[uncovered] = True
        return Layered(counts, known, bool(evenly))


@dataclass(frozen=True, slots=True)
class Layered:
    """Counts by settlement, shape (V,); which are known at all; and whether some were spread evenly."""

    counts: Counts
    known: NDArray[np.bool_]
    evenly: bool


def _line(code: str, parent: Mapping[str, str | None]) -> list[str]:
    """A division and all those above it."""
    line: list[str] = []
    above: str | None = code
    while above is not None and above not in line:
        line.append(above)
        above = parent.get(above)
    return line
