"""
The layout of a district's schools at one stage in one year: what planners decide on, and how it becomes arrays.

Prices of rules: ``None`` makes a rule hard, 0 switches it off, a number is yuan a year for each unit of breach.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.areas.problem import AreaProblem, Bools, Ints

BOARDER_SHARE = 5
"""A boarder travels once a week where a day pupil travels five times."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """
    One stage of one district in one year; V settlements, S schools.

    Attributes
    ----------
    young, older
        Shape (V,): pupils who never board (grades 1 to 3), and the others.
    minutes
        Shape (V, S): one way, whole minutes.
    places, beds, running_cost
        Shape (S,): places, beds, and yuan a year of keeping the school.
    largest
        Shape (S,): the largest school that the norm permits; ``places`` beyond it are only reported (rule 3).
    least_viable
        Shape (S,): least size of an open school, 0 where the school is exempt (rule 3).
    protected
        Shape (S,): rule 10.
    keep, close
        Shape (S,): the planner's orders (rule 12).
    stands_in
        Shape (S,): the settlement each school stands in.
    neighbours
        Shape (E, 2).
    school_now
        Shape (V,): school of today's zone or of the standing plan, -1 where unknown or gone.
    young_limit, older_limit
        Longest trips, minutes (rule 4). An older pupil beyond the limit boards where the school has beds.
    trip_price
        Price of a pupil-minute beyond a limit.
    bed_price, shortfall_price
        Prices of a boarder without a bed and of a pupil missing to the least size.
    contiguous
        Whether zones are connected (rule 6).
    minute_price, moved_price
        Yuan a year of a daily one-way pupil-minute, and of a pupil whose zone changes.
    pins, bans
        (settlement, school) pairs (rule 12).
    limit_minutes
        Shape (V, S): minutes held against the limits where they are not ``minutes`` (rule 4 on a percentile of the
        homes); ``None``: ``minutes`` are.
    reached
        Shape (V, S): False where no way leads from the settlement to the school: no pupil goes there, whatever the
        price of a long trip. ``None``: every pair has a way. A settlement without pupils may still lie in the zone.
    crossing, crossing_price
        Shape (V, S): the way on foot crosses a trunk road or railway on the level; yuan a year of each pupil who
        crosses, 0 where they are only reported. ``None``: nothing is known, nothing reported.
    transport
        Shape (V, S): yuan a year of the school buses that the pair would need, 0 or more; ``None``: no buses.
    """

    settlement_ids: tuple[str, ...]
    school_ids: tuple[str, ...]
    young: Ints
    older: Ints
    minutes: Ints
    places: Ints
    largest: Ints
    beds: Ints
    running_cost: Ints
    least_viable: Ints
    protected: Bools
    keep: Bools
    close: Bools
    stands_in: Ints
    neighbours: Ints
    school_now: Ints
    young_limit: int
    older_limit: int
    minute_price: int
    trip_price: int | None = None
    bed_price: int | None = None
    shortfall_price: int | None = 0
    contiguous: bool = True
    moved_price: int = 0
    pins: tuple[tuple[int, int], ...] = ()
    bans: tuple[tuple[int, int], ...] = ()
    open_at_least: int = 0
    open_at_most: int | None = None
    limit_minutes: Ints | None = None
    reached: Bools | None = None
    crossing: Bools | None = None
    crossing_price: int = 0
    transport: Ints | None = None

    @property
    def pupils(self) -> Ints:
        """All pupils of the stage by settlement."""
        return self.young + self.older

    @property
    def held_minutes(self) -> Ints:
        """Shape (V, S): the minutes that rule 4 holds against the limits."""
        return self.minutes if self.limit_minutes is None else self.limit_minutes


def boarders(layout: Layout) -> Ints:
    """Give shape (V, S): older pupils who would board, because the trip is too long and the school has beds."""
    far = layout.held_minutes > layout.older_limit
    return np.where(far & (layout.beds > 0)[None, :], layout.older[:, None], 0).astype(np.int64)


def pupil_minutes(layout: Layout) -> Ints:
    """Give shape (V, S): daily one-way pupil-minutes; a boarder counts a fifth, rounded up."""
    away = boarders(layout)
    daily = (layout.pupils[:, None] - away) * layout.minutes
    return daily + -(-away * layout.minutes // BOARDER_SHARE)


def minutes_beyond(layout: Layout) -> Ints:
    """Give shape (V, S): pupil-minutes of day pupils beyond their limit."""
    young = layout.young[:, None] * np.maximum(layout.held_minutes - layout.young_limit, 0)
    day = layout.older[:, None] - boarders(layout)
    return young + day * np.maximum(layout.held_minutes - layout.older_limit, 0)


def permitted(layout: Layout) -> Bools:
    """Give shape (V, S): pairs that the ways there are, the trip limit (where hard), pins and bans permit."""
    allowed = has_way(layout)
    if layout.trip_price is None:
        allowed &= minutes_beyond(layout) == 0
    for v, s in layout.bans:
        allowed[v, s] = False
    for v, s in layout.pins:
        lawful = allowed[v, s]
        allowed[v, :] = False
        allowed[v, s] = lawful
    return allowed


def has_way(layout: Layout) -> Bools:
    """Give shape (V, S): pairs with a way for those who would travel; where no pupil lives nobody needs one."""
    found = np.ones(layout.minutes.shape, dtype=bool)
    if layout.reached is not None:
        found &= layout.reached | (layout.pupils == 0)[:, None]
    return found


def crossing_pupils(layout: Layout) -> Ints:
    """Give shape (V, S): pupils whose way on foot crosses a trunk road or railway; 0 where nothing is known."""
    if layout.crossing is None:
        return np.zeros(layout.minutes.shape, dtype=np.int64)
    return np.where(layout.crossing, layout.pupils[:, None], 0).astype(np.int64)


def moved_pupils(layout: Layout) -> Ints:
    """Give shape (V, S): pupils whose school would change."""
    known = layout.school_now >= 0
    change = known[:, None] & (np.arange(len(layout.school_ids))[None, :] != layout.school_now[:, None])
    return np.where(change, layout.pupils[:, None], 0).astype(np.int64)


def anchors(layout: Layout) -> tuple[tuple[int, ...], ...]:
    """
    Give, for each school, the settlements of which its zone must hold one.

    The settlement it stands in; where that is shared with another school that may open, or holds more pupils than the
    school has places, also every settlement bordering it. Without connected zones there is no such rule.
    """
    if not layout.contiguous:
        return tuple(() for _ in layout.school_ids)
    near: list[list[int]] = [[] for _ in layout.settlement_ids]
    for a, b in layout.neighbours.tolist():
        near[a].append(b)
        near[b].append(a)
    standing = np.bincount(layout.stands_in[~layout.close], minlength=len(layout.settlement_ids))
    found = []
    for s, home in enumerate(layout.stands_in.tolist()):
        shared = standing[home] > 1 or layout.pupils[home] > layout.places[s]
        found.append(tuple(sorted({home, *near[home]})) if shared else (home,))
    return tuple(found)


def problem_of(layout: Layout) -> AreaProblem:
    """Translate a layout into the arrays that the core solves."""
    cost = layout.minute_price * pupil_minutes(layout) + layout.moved_price * moved_pupils(layout)
    if layout.trip_price:
        cost = cost + layout.trip_price * minutes_beyond(layout)
    cost = cost + layout.crossing_price * crossing_pupils(layout)
    if layout.transport is not None:
        cost = cost + layout.transport
    with_beds = layout.bed_price != 0 and bool((boarders(layout) > 0).any())
    with_least = layout.shortfall_price != 0 and bool((layout.least_viable > 0).any())
    return AreaProblem(
        settlement_ids=layout.settlement_ids,
        school_ids=layout.school_ids,
        pupils=layout.pupils,
        places=layout.places,
        cost=cost.astype(np.int64),
        allowed=permitted(layout),
        open_cost=layout.running_cost,
        must_open=(layout.protected | layout.keep) & ~layout.close,
        must_close=layout.close,
        neighbours=layout.neighbours,
        anchors=anchors(layout),
        contiguous=layout.contiguous,
        boarders=boarders(layout) if with_beds else None,
        beds=layout.beds if with_beds else None,
        bed_price=layout.bed_price if with_beds else None,
        least_pupils=layout.least_viable if with_least else None,
        shortfall_price=layout.shortfall_price if with_least else None,
        open_at_least=layout.open_at_least,
        open_at_most=layout.open_at_most,
    )


def on_land(layout: Layout, unreached: tuple[int, ...]) -> tuple[Layout, Ints]:
    """
    Leave out settlements that nobody reaches and where no pupil lives: an empty island asks for no school.

    Returns the smaller layout and the indices of the settlements kept.
    """
    out = {v for v in unreached if layout.pupils[v] == 0} - set(layout.stands_in.tolist())
    kept = np.array([v for v in range(len(layout.settlement_ids)) if v not in out], dtype=np.int64)
    return part(layout, kept), kept


def part(layout: Layout, kept: Ints) -> Layout:
    """Give the layout of some settlements, all schools; every school's settlement must be among them."""
    position = np.full(len(layout.settlement_ids), -1, np.int64)
    position[kept] = np.arange(len(kept))
    pairs = position[layout.neighbours.reshape(-1, 2)]
    values = {name: getattr(layout, name) for name in Layout.__dataclass_fields__}
    pairwise = {name: values[name] for name in ("minutes", "limit_minutes", "reached", "crossing", "transport")}
    return Layout(
        **{
            **values,
            **{name: None if array is None else array[kept] for name, array in pairwise.items()},
            "settlement_ids": tuple(layout.settlement_ids[v] for v in kept),
            "young": layout.young[kept],
            "older": layout.older[kept],
            "stands_in": position[layout.stands_in],
            "neighbours": pairs[(pairs >= 0).all(axis=1)],
            "school_now": layout.school_now[kept],
            "pins": tuple((int(position[v]), s) for v, s in layout.pins if position[v] >= 0),
            "bans": tuple((int(position[v]), s) for v, s in layout.bans if position[v] >= 0),
        }
    )
