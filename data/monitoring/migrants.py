"""
Migrant children 随迁子女 and the public places they find.

The migrants of a year are those of the latest count, grown as all pupils of the place and stage grow in the forecast,
times 1 + change. The public places they find stay those of the count: more migrants find no more, fewer leave none to
want. The gap is what is missing to the share that the norm asks for (教督〔2017〕6号: 85 % in public or bought places).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np

from data.domain.schools import Stage
from data.monitoring.layer import STAGES, Layer
from data.norms import Norms

CHANGES = (-0.2, 0.0, 0.2)
"""Demand of migrants against the forecast: the sensitivity of a plan."""

Growth = Mapping[tuple[str, str, str, int], float]
"""Pupils of a level, place, stage and year over those of the year of the latest count, 0 or more."""


class MigrantCount(Protocol):
    """
    Migrant children counted at a place and stage.

    ``place`` is an id of the layer of ``level``; ``in_public``: those of them in public schools or bought places.
    """

    @property
    def place(self) -> str:
        """Id of the place."""

    @property
    def level(self) -> str:
        """Level of the place."""

    @property
    def stage(self) -> Stage:
        """Stage of the children."""

    @property
    def year(self) -> int:
        """Counted on 1 September of this year."""

    @property
    def migrants(self) -> int:
        """Children, 0 or more."""

    @property
    def in_public(self) -> int:
        """Children in public places, at most all."""


@dataclass(frozen=True, slots=True)
class Migrants:
    """
    Migrant children of a place, stage and year.

    Attributes
    ----------
    change
        Demand against the forecast, as a share.
    coverage
        Share of them in public places; 1 without migrants.
    gap
        Public places missing to the share of the norm; 0 at a stage for which there is no norm.
    """

    level: str
    id: str
    name: str
    stage: str
    year: int
    change: float
    migrants: int
    in_public: int
    coverage: float
    gap: int


def expected(
    counts: Iterable[MigrantCount],
    growth: Growth,
    years: Sequence[int],
    names: Mapping[tuple[str, str], str],
    norms: Norms,
    on: date,
    *,
    changes: Sequence[float] = CHANGES,
) -> tuple[Migrants, ...]:
    """
    Forecast the migrants of every place and stage counted, by place as first counted, stage, year and change.

    Parameters
    ----------
    growth
        A year that is not in it has as many migrants as counted.
    names
        Of the places, by level and id; the id itself where it is not in it.
    on
        The norms of this day hold.
    """
    rows: list[Migrants] = []
    for count in _latest(counts):
        rows.extend(_rows(count, growth, years, names, _least_share(norms, count.stage, on), changes))
    return tuple(rows)


def with_totals(
    rows: Sequence[Migrants], layer: Layer, level: str, names: Mapping[tuple[str, str], str], norms: Norms, on: date
) -> tuple[Migrants, ...]:
    """
    Add rows of the coarser places of ``level``: for each stage, year and change the sum over the places of the layer.

    A coarser place that has rows of the stage already, being counted itself, keeps them and gets no sum.
    """
    parent_of = dict(zip(layer.ids, layer.parents, strict=True))
    counted = {(row.id, row.stage) for row in rows if row.level == level}
    parts: dict[tuple[str, str, int, float], list[Migrants]] = {}
    for row in rows:
        parent = parent_of.get(row.id, "") if row.level == layer.level else ""
        if parent and (parent, row.stage) not in counted:
            parts.setdefault((parent, row.stage, row.year, row.change), []).append(row)
    least = {stage: _least_share(norms, stage, on) for stage in STAGES}
    sums = (
        _row(
            level, id, names.get((level, id), id), Stage(stage), year, change,
            sum(row.migrants for row in held), sum(row.in_public for row in held), least[Stage(stage)],
        )
        for (id, stage, year, change), held in parts.items()
    )  # fmt: skip
    return (*rows, *sums)


def _least_share(norms: Norms, stage: Stage, on: date) -> float:
    """The share of migrants that the norm wants in public places; 0 at a stage without one."""
    norm = norms.find("gov.migrant", stage, on)
    return 0.0 if norm is None else norm.value


def _row(
    level: str, id: str, name: str, stage: Stage, year: int, change: float, migrants: int, in_public: int, least: float
) -> Migrants:
    wanted = math.ceil(round(least * migrants, 6))  # 0.936 x 2125 is 1989, not a hair more
    return Migrants(
        level=level,
        id=id,
        name=name,
        stage=stage,
        year=year,
        change=change,
        migrants=migrants,
        in_public=in_public,
        coverage=in_public / migrants if migrants else 1.0,
        gap=max(0, wanted - in_public),
    )


def growth_of(layers: Iterable[Layer], counts: Iterable[MigrantCount]) -> dict[tuple[str, str, str, int], float]:
    """
    Read the growth of the places counted from the middle of layers.

    Against the year of the latest count, or the first known year of the layer where it does not know that one. Years of
    which nothing is known are left out, and all where there were no pupils to grow from.
    """
    base_of = {(count.level, count.place, count.stage): count.year for count in _latest(counts)}
    found: dict[tuple[str, str, str, int], float] = {}
    for layer in layers:
        for place, id in enumerate(layer.ids):
            for axis, stage in enumerate(STAGES):
                counted = base_of.get((layer.level, id, stage))
                if counted is not None:
                    for year, factor in _growth(layer, place, axis, counted):
                        found[layer.level, id, stage, year] = factor
    return found


def _growth(layer: Layer, place: int, stage: int, counted: int) -> Iterator[tuple[int, float]]:
    pupils = layer.middle[place, stage]
    known = np.flatnonzero(pupils >= 0).tolist()
    if not known:
        return
    base = next((at for at in known if layer.years[at] == counted), known[0])
    if pupils[base] > 0:
        yield from ((layer.years[at], float(pupils[at] / pupils[base])) for at in known)


def _latest(counts: Iterable[MigrantCount]) -> list[MigrantCount]:
    """Keep the latest count of each place and stage, in the order first met, then of stages."""
    latest: dict[tuple[str, str, Stage], MigrantCount] = {}
    places: dict[tuple[str, str], int] = {}
    for count in counts:
        places.setdefault((count.level, count.place), len(places))
        key = (count.level, count.place, count.stage)
        if key not in latest or count.year > latest[key].year:
            latest[key] = count
    return sorted(latest.values(), key=lambda count: (places[count.level, count.place], STAGES.index(count.stage)))


def _rows(
    count: MigrantCount,
    growth: Growth,
    years: Sequence[int],
    names: Mapping[tuple[str, str], str],
    least_share: float,
    changes: Sequence[float],
) -> Iterator[Migrants]:
    for year in years:
        factor = growth.get((count.level, count.place, count.stage, year), 1.0)
        for change in changes:
            migrants = math.floor(round(count.migrants * factor * (1 + change), 6) + 0.5)
            in_public = min(count.in_public, migrants)
            name = names.get((count.level, count.place), count.place)
            yield _row(count.level, count.place, name, count.stage, year, change, migrants, in_public, least_share)
