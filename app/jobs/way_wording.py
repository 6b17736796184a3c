"""What a plan says of the ways on roads: of each settlement, of the whole district, of borders nobody can cross."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from app.cases.plan_document import AccessMeasures, CutBorder
from app.jobs.desk import NOBODY, Asked
from app.jobs.trips import OnRoads
from app.jobs.ways import NOT_REACHED
from geo import reach

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LINE_DEGREES, LINE_DECIMALS = 1e-4, 5
"""How far a border may be moved when it is simplified, about ten metres, and the decimals that are kept of it."""

WORST_OFF = 0.1
"""Share of pupils who count as the worst-off."""

REASONS: Mapping[str, tuple[str, str]] = {
    "water": ("water without a bridge or ferry", "水域,无桥梁或渡口"),
    "expressway": ("an expressway without a way under or over it", "高速公路,无通道或天桥"),
    "railway": ("a railway without a crossing", "铁路,无道口或通道"),
    "no_way": ("no way over the border is known", "没有已知道路越过村界"),
}


def travel_facts(asked: Asked) -> dict[str, object]:
    """Say how minutes were found."""
    trips, travel = asked.trips, asked.scenario.travel
    straight = {"km_per_hour": trips.km_per_hour, "detour": trips.detour}
    if trips.on_roads is None:
        return {"mode": "straight_line", "estimate": True, **straight}
    found, profile = trips.on_roads.ways, trips.on_roads.profile
    return {
        "mode": travel.means.value,
        "estimate": False,
        "network_hash": trips.on_roads.roads.network.hash,
        "has_relief": trips.on_roads.roads.network.has_relief,
        "slope": travel.slope.value,
        "limit_on": travel.limit_on.value,
        "starts": travel.starts.value,
        "closures": [closure.name for closure in travel.closures],
        "walk_km_per_hour": profile.walk_kmh,
        "far_settlements": [asked.settlements[v].id for v in np.flatnonzero(found.settlements_far)],
        "far_schools": [asked.schools[s].school.id for s in np.flatnonzero(found.schools_far)],
        "straight_line": straight,
    }


def of_settlements(
    asked: Asked, school_of: Sequence[int] | None, opened: Sequence[bool] | None
) -> list[dict[str, Any]]:
    """Give the fields of ``SettlementPlan`` that are known on roads only, settlement by settlement."""
    on_roads = asked.trips.on_roads
    count = len(asked.settlements)
    if on_roads is None:
        return [{} for _ in range(count)]
    at = np.full(count, NOBODY) if school_of is None else np.array(school_of)
    now = asked.layout.school_now
    crosses = on_roads.ways.crosses if asked.layout.crossing is not None else None
    walk = on_roads.ways.walk
    columns: dict[str, list[Any]] = {
        "minutes_p95": _minutes(asked.trips.p95, at),
        "minutes_p95_today": _minutes(asked.trips.p95, now),
        "minutes_walk": _minutes(walk, at),
        "minutes_walk_today": _minutes(walk, now),
        "by_bus": _picked(on_roads.ways.by_bus, at),
        "crosses": [None] * count if crosses is None else _picked(crosses, at),
        "crosses_today": [None] * count if crosses is None else _picked(crosses, now),
        "minutes_straight": _minutes(asked.trips.straight, at),
    }
    ids = asked.layout.school_ids
    if opened is not None and any(opened):
        near = reach.nearest(asked.trips.straight, asked.layout.minutes, np.array(opened, dtype=bool), NOT_REACHED)
        columns["nearest_straight"] = [None if s == NOBODY else ids[s] for s in near.by_straight.tolist()]
        columns["nearest_road"] = [None if s == NOBODY else ids[s] for s in near.by_road.tolist()]
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def access(asked: Asked, school_of: Sequence[int], opened: Sequence[bool]) -> AccessMeasures | None:
    """Measure access before and after; ``None`` off roads."""
    on_roads = asked.trips.on_roads
    if on_roads is None:
        return None
    layout, at, now = asked.layout, np.array(school_of), asked.layout.school_now
    known = bool((now != NOBODY).any())
    is_open = np.array(opened, dtype=bool)
    today = np.isin(np.arange(len(is_open)), now[now != NOBODY])
    mean, worst = _catchment(asked, is_open)
    mean_today, worst_today = _catchment(asked, today) if known else (None, None)
    deceived = reach.straight_line_errors(
        asked.trips.straight,
        layout.minutes,
        layout.pupils,
        at,
        is_open,
        limit=_limit(asked),
        beyond=NOT_REACHED,
    )
    return AccessMeasures(
        within_walk_share=_share_on_foot(asked, on_roads, at),
        within_walk_share_today=_share_on_foot(asked, on_roads, now) if known else None,
        pupils_crossing=_crossing(asked, at),
        pupils_crossing_today=_crossing(asked, now) if known else None,
        catchment_mean=mean,
        catchment_mean_today=mean_today,
        catchment_worst=worst,
        catchment_worst_today=worst_today,
        straight_too_short=deceived.too_short,
        straight_too_long=deceived.too_long,
        straight_wrong_nearest=deceived.wrong_nearest,
    )


def within_limit_share(asked: Asked, school_of: Ints) -> float | None:
    """Give the share of pupils whose trip keeps to its limit, those who board among the others."""
    layout = asked.layout
    minutes = _pick(layout.held_minutes, school_of)
    beds = np.where(school_of != NOBODY, layout.beds[school_of], 0) > 0
    known = school_of != NOBODY
    total = int(layout.pupils[known].sum())
    young = np.where(minutes <= layout.young_limit, layout.young, 0)
    older = np.where((minutes <= layout.older_limit) | (beds & (minutes < NOT_REACHED)), layout.older, 0)
    return round(int((young + older)[known].sum()) / total, 6) if total else None


def cut_borders(asked: Asked) -> tuple[CutBorder, ...]:
    """List the borders that nobody can cross, and why."""
    if asked.cut is None:
        return ()
    rows = []
    for border in asked.cut.borders:
        one, other = asked.settlements[border.settlement], asked.settlements[border.other]
        en, zh = REASONS[border.reason]
        named, named_zh = (f" ({border.barrier})", f"({border.barrier})") if border.barrier else ("", "")
        kept, kept_zh = ("; counted as neighbours all the same", ";仍视为相邻") if border.kept else ("", "")
        rows.append(
            CutBorder(
                settlement=one.id,
                other=other.id,
                reason=border.reason,
                barrier=border.barrier,
                kept=border.kept,
                border_metres=border.metres,
                detail=f"{one.name} and {other.name}: {en}{named}{kept}.",
                detail_zh=f"{one.name}与{other.name}:{zh}{named_zh}{kept_zh}。",
                lines=_lines(border.line),
            )
        )
    return tuple(rows)


def _lines(border: BaseGeometry) -> tuple[tuple[tuple[float, float], ...], ...]:
    parts = shapely.get_parts(shapely.simplify(border, LINE_DEGREES))
    return tuple(
        tuple(
            (round(lon, LINE_DECIMALS), round(lat, LINE_DECIMALS))
            for lon, lat in shapely.get_coordinates(part).tolist()
        )
        for part in parts
        if part.geom_type == "LineString"
    )


def _limit(asked: Asked) -> int:
    return min(asked.layout.young_limit, asked.layout.older_limit)


def _pick(table: NDArray[np.generic], at: Ints) -> Ints:
    """Give the value of each settlement at its school; ``NOT_REACHED`` where it has none."""
    rows = np.arange(len(at))
    return np.where(at == NOBODY, NOT_REACHED, table[rows, at]).astype(np.int64)


def _minutes(table: Ints, at: Ints) -> list[object]:
    return [None if minutes >= NOT_REACHED else minutes for minutes in _pick(table, at).tolist()]


def _picked(table: Bools, at: Ints) -> list[object]:
    rows = np.arange(len(at))
    return [None if s == NOBODY else bool(told) for s, told in zip(at.tolist(), table[rows, at].tolist(), strict=True)]


def _share_on_foot(asked: Asked, on_roads: OnRoads, at: Ints) -> float | None:
    known = at != NOBODY
    pupils = asked.layout.pupils[known]
    if not pupils.any():
        return None
    return round(reach.share_within(_pick(on_roads.ways.walk, at)[known], pupils, _limit(asked)), 6)


def _crossing(asked: Asked, at: Ints) -> int:
    table = asked.layout.crossing
    if table is None:
        return 0
    known = at != NOBODY
    return int(asked.layout.pupils[known & table[np.arange(len(at)), at]].sum())


def _catchment(asked: Asked, is_open: Bools) -> tuple[float | None, float | None]:
    """Give places a pupil by the two-step floating catchment: the mean over pupils, and that of the worst-off tenth."""
    pupils = asked.layout.pupils
    if not is_open.any() or not pupils.sum():
        return None, None
    found = reach.two_step(
        asked.layout.minutes[:, is_open], pupils, asked.layout.places[is_open], limit=max(asked.layout.older_limit, 1)
    )
    return round(reach.mean(found, pupils), 4), round(reach.worst_off(found, pupils, WORST_OFF), 4)
