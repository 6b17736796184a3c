"""
The rules of a layout in a planner's terms, restated without a solver and without the model's arrays.

Judges plans from anywhere, a hand edit included: from minutes, pupils, places, beds and neighbours alone, in plain
loops that a reader can check against the text of the rule. Shares no code with ``layout`` or the search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from solver.areas.layout import Layout

NOBODY = -1


@dataclass(frozen=True, slots=True)
class Broken:
    """
    A rule broken at one place.

    Attributes
    ----------
    rule
        Name of the rule.
    hard
        The layout holds it hard: the plan is unlawful. Otherwise it is priced or switched off.
    amount, unit
        By how much.
    """

    rule: str
    hard: bool
    amount: int
    unit: str
    settlements: tuple[int, ...] = ()
    school: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a plan breaks, what it costs by part (yuan a year), and how it serves each school."""

    broken: tuple[Broken, ...]
    parts: dict[str, int]
    load: tuple[int, ...]
    boarders: tuple[int, ...]
    unlawful: bool = field(default=False)


def judge(layout: Layout, school_of: Sequence[int], opened: Sequence[bool]) -> Judgement:
    """Judge a plan: the school index of each settlement (``NOBODY`` for none) and the open schools."""
    zones: list[list[int]] = [[] for _ in layout.school_ids]
    for v, s in enumerate(school_of):
        if s != NOBODY:
            zones[s].append(v)
    broken = [
        *every_settlement_joins_an_open_school(layout, school_of, opened),
        *schools_keep_to_their_places(layout, zones, opened),
        *schools_keep_to_the_largest_size(layout, zones, opened),
        *open_schools_are_viable(layout, zones, opened),
        *pupils_have_a_way(layout, school_of),
        *trips_keep_to_their_limits(layout, school_of),
        *boarders_have_beds(layout, zones, opened),
        *zones_are_connected(layout, zones, opened),
        *zones_hold_their_school(layout, zones, opened, school_of),
        *protected_schools_stay(layout, opened),
        *orders_are_followed(layout, school_of, opened),
        *number_of_schools(layout, opened),
        *ways_cross_no_trunk_road(layout, school_of),
    ]
    load = tuple(sum(_pupils(layout, v) for v in zone) for zone in zones)
    boarders = tuple(sum(_boards(layout, v, s) for v in zone) for s, zone in enumerate(zones))
    return Judgement(
        tuple(broken), _parts(layout, school_of, opened, broken), load, boarders, any(b.hard for b in broken)
    )


def every_settlement_joins_an_open_school(
    layout: Layout, school_of: Sequence[int], opened: Sequence[bool]
) -> Iterator[Broken]:
    """Rule 1."""
    for v, s in enumerate(school_of):
        if s == NOBODY and _pupils(layout, v) > 0:
            yield Broken("every_settlement_joins_a_school", True, _pupils(layout, v), "pupils", (v,))
        if s != NOBODY and not opened[s]:
            yield Broken("closed_school_takes_nobody", True, _pupils(layout, v), "pupils", (v,), s)


def schools_keep_to_their_places(
    layout: Layout, zones: Sequence[Sequence[int]], opened: Sequence[bool]
) -> Iterator[Broken]:
    """Rules 2 and 9: places hold classrooms and class norm, and the largest school where that is held hard."""
    for s, zone in enumerate(zones):
        over = sum(_pupils(layout, v) for v in zone) - int(layout.places[s])
        if opened[s] and over > 0:
            yield Broken("places", True, over, "pupils", tuple(zone), s)


def schools_keep_to_the_largest_size(
    layout: Layout, zones: Sequence[Sequence[int]], opened: Sequence[bool]
) -> Iterator[Broken]:
    """Rule 3 (largest size), where the scenario lets places beyond it be used."""
    for s, zone in enumerate(zones):
        over = sum(_pupils(layout, v) for v in zone) - int(layout.largest[s])
        if opened[s] and over > 0:
            yield Broken("largest_school", False, over, "pupils", (), s)


def open_schools_are_viable(layout: Layout, zones: Sequence[Sequence[int]], opened: Sequence[bool]) -> Iterator[Broken]:
    """Rule 3 (least size); exempt schools have a least size of 0."""
    for s, zone in enumerate(zones):
        missing = int(layout.least_viable[s]) - sum(_pupils(layout, v) for v in zone)
        if opened[s] and missing > 0 and layout.shortfall_price != 0:
            yield Broken("least_viable", layout.shortfall_price is None, missing, "pupils", (), s)


def pupils_have_a_way(layout: Layout, school_of: Sequence[int]) -> Iterator[Broken]:
    """No pupil is sent where no way leads, whatever the price of a long trip."""
    for v, s in enumerate(school_of):
        if s != NOBODY and _pupils(layout, v) > 0 and not _has_way(layout, v, s):
            yield Broken("no_way", True, _pupils(layout, v), "pupils", (v,), s)


def trips_keep_to_their_limits(layout: Layout, school_of: Sequence[int]) -> Iterator[Broken]:
    """
    Rule 4: the young by their limit whatever the means; the others by theirs, or they board.

    Where no way leads there are no minutes to hold against a limit.
    """
    if layout.trip_price == 0:
        return
    for v, s in enumerate(school_of):
        if s == NOBODY or not _has_way(layout, v, s):
            continue
        minutes = _held_minutes(layout, v, s)
        young = int(layout.young[v]) * max(0, minutes - layout.young_limit)
        older = (int(layout.older[v]) - _boards(layout, v, s)) * max(0, minutes - layout.older_limit)
        if young:
            yield Broken("trip_limit_young", layout.trip_price is None, young, "pupil-minutes", (v,), s)
        if older:
            yield Broken("trip_limit", layout.trip_price is None, older, "pupil-minutes", (v,), s)


def boarders_have_beds(layout: Layout, zones: Sequence[Sequence[int]], opened: Sequence[bool]) -> Iterator[Broken]:
    """Rule 5."""
    for s, zone in enumerate(zones):
        without = sum(_boards(layout, v, s) for v in zone) - int(layout.beds[s])
        if opened[s] and without > 0 and layout.bed_price != 0:
            yield Broken("beds", layout.bed_price is None, without, "boarders", tuple(zone), s)


def zones_are_connected(layout: Layout, zones: Sequence[Sequence[int]], opened: Sequence[bool]) -> Iterator[Broken]:
    """Rule 6, exactly: every settlement of a zone is reached from every other without leaving the zone."""
    if not layout.contiguous:
        return
    near = _near(layout)
    for s, zone in enumerate(zones):
        if not opened[s] or len(zone) < 2:
            continue
        reached, frontier, inside = {zone[0]}, [zone[0]], set(zone)
        while frontier:
            frontier = [u for v in frontier for u in near[v] if u in inside and u not in reached and not reached.add(u)]  # type: ignore[func-returns-value]
        if apart := inside - reached:
            small = apart if len(apart) <= len(reached) else reached
            yield Broken("contiguity", True, len(small), "settlements", tuple(sorted(small)), s)


def zones_hold_their_school(
    layout: Layout, zones: Sequence[Sequence[int]], opened: Sequence[bool], school_of: Sequence[int]
) -> Iterator[Broken]:
    """
    Rule 6: the settlement a school stands in belongs to its zone.

    Where that settlement belongs to another school standing in it too, or holds more pupils than the school has
    places, the zone must border it instead.
    """
    if not layout.contiguous:
        return
    near = _near(layout)
    for s, home in enumerate(layout.stands_in.tolist()):
        if not opened[s] or home in zones[s]:
            continue
        shared = any(t != s and h == home and not layout.close[t] for t, h in enumerate(layout.stands_in.tolist()))
        too_large = _pupils(layout, home) > int(layout.places[s])
        if not ((shared or too_large) and set(near[home]) & set(zones[s])):
            yield Broken("zone_holds_its_school", True, 1, "settlements", (home,), s)


def protected_schools_stay(layout: Layout, opened: Sequence[bool]) -> Iterator[Broken]:
    """Rule 10; a planner's order to close goes before it and is reported as an order."""
    for s, protected in enumerate(layout.protected.tolist()):
        if protected and not opened[s]:
            yield Broken("protected_school", not layout.close[s], 1, "schools", (), s)


def orders_are_followed(layout: Layout, school_of: Sequence[int], opened: Sequence[bool]) -> Iterator[Broken]:
    """Rule 12: schools kept or closed by order, settlements pinned to a school or banned from one."""
    for s in range(len(layout.school_ids)):
        if layout.keep[s] and not layout.close[s] and not opened[s]:
            yield Broken("keep_order", True, 1, "schools", (), s)
        if layout.close[s] and opened[s]:
            yield Broken("close_order", True, 1, "schools", (), s)
    for v, s in layout.pins:
        if school_of[v] != s:
            yield Broken("pin", True, _pupils(layout, v), "pupils", (v,), s)
    for v, s in layout.bans:
        if school_of[v] == s:
            yield Broken("ban", True, _pupils(layout, v), "pupils", (v,), s)


def number_of_schools(layout: Layout, opened: Sequence[bool]) -> Iterator[Broken]:
    """The planner's bounds on the number of open schools."""
    number = sum(bool(flag) for flag in opened)
    if number < layout.open_at_least:
        yield Broken("number_open", True, layout.open_at_least - number, "schools")
    if layout.open_at_most is not None and number > layout.open_at_most:
        yield Broken("number_open", True, number - layout.open_at_most, "schools")


def ways_cross_no_trunk_road(layout: Layout, school_of: Sequence[int]) -> Iterator[Broken]:
    """No way on foot crosses a trunk road or railway on the level; priced or only reported, where known at all."""
    if layout.crossing is None:
        return
    for v, s in enumerate(school_of):
        if s != NOBODY and layout.crossing[v, s] and _pupils(layout, v) > 0:
            yield Broken("crossing", False, _pupils(layout, v), "pupils", (v,), s)


def _parts(
    layout: Layout, school_of: Sequence[int], opened: Sequence[bool], broken: Sequence[Broken]
) -> dict[str, int]:
    minutes, moved = 0, 0
    for v, s in enumerate(school_of):
        if s == NOBODY:
            continue
        away, trip = _boards(layout, v, s), int(layout.minutes[v, s])
        minutes += (_pupils(layout, v) - away) * trip + -(-away * trip // 5)
        moved += _pupils(layout, v) if layout.school_now[v] not in (NOBODY, s) else 0
    over = {rule: sum(b.amount for b in broken if b.rule == rule) for rule in {b.rule for b in broken}}
    parts = {
        "pupil_minutes": layout.minute_price * minutes,
        "running_cost": sum(int(layout.running_cost[s]) for s, flag in enumerate(opened) if flag),
        "moved_pupils": layout.moved_price * moved,
        "long_trips": (layout.trip_price or 0) * (over.get("trip_limit", 0) + over.get("trip_limit_young", 0)),
        "missing_beds": (layout.bed_price or 0) * over.get("beds", 0),
        "missing_pupils": (layout.shortfall_price or 0) * over.get("least_viable", 0),
    }
    if layout.crossing is not None:
        parts["crossings"] = layout.crossing_price * over.get("crossing", 0)
    if layout.transport is not None:
        parts["school_bus"] = sum(int(layout.transport[v, s]) for v, s in enumerate(school_of) if s != NOBODY)
    return parts


def _pupils(layout: Layout, v: int) -> int:
    return int(layout.young[v]) + int(layout.older[v])


def _boards(layout: Layout, v: int, s: int) -> int:
    """Older pupils of a settlement who board at a school: all of them, beyond the limit, where there are beds."""
    far = _held_minutes(layout, v, s) > layout.older_limit
    return int(layout.older[v]) if far and int(layout.beds[s]) > 0 else 0


def _held_minutes(layout: Layout, v: int, s: int) -> int:
    """Minutes held against the limits: those of their own where the layout has them, else the trip's."""
    held = layout.minutes if layout.limit_minutes is None else layout.limit_minutes
    return int(held[v, s])


def _has_way(layout: Layout, v: int, s: int) -> bool:
    return layout.reached is None or bool(layout.reached[v, s])


def _near(layout: Layout) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in layout.settlement_ids]
    for a, b in layout.neighbours.tolist():
        near[a].append(b)
        near[b].append(a)
    return near
