"""
The compiled search: minutes from everywhere to one school, on foot and by bus, and their summary by settlement.

A way to school passes three states: 0 on foot before boarding, 1 riding, 2 on foot after alighting or never boarded.
The search runs from the school against the direction of travel, over arcs stored by the node they lead to. Alighting
costs nothing and needs a ride first, so that whoever boards rides at least one segment.

Phase 1 settles states 2 and 1 together. Phase 2 finds state 0: everyone may board where a ride arc leaves (state 1 and
the wait), and walks there where that is quicker than boarding on the spot. Nearly everywhere it is not, so that phase
2 hardly uses its heap.

State ``3 v + layer`` of node v. A scratch holds the arrays of one thread; only what a search touched is set back.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

_FAST: dict[str, Any] = {"cache": True, "nogil": True}
_LEAN: dict[str, Any] = {**_FAST, "_nrt": False}
fast: Any = njit(**_FAST)
lean: Any = njit(**_LEAN)
"""For functions that allocate nothing: numba then counts no references to the arrays that they are given."""

BEFORE, RIDING, AFTER = 0, 1, 2
CROSSES, LEAVES_ON_FOOT = 1, 2
"""Bits of a label: the way from here meets a crossing; its next move is on foot."""
TO_TAIL, TO_HEAD, DIRECT = 0, 1, 2
"""How a way leaves home: by an end of its segment, or along the segment to a school on it."""
FAR = 65_535
ROUNDING_GUARD = 1e-4
"""Minutes by which a sum may pass a whole minute and still be that minute: lengths are stored in single precision."""
ENOUGH = 0.95
"""Share of a settlement's weight that must arrive."""
_SLACK = 1e-9
_FEW = 48
"""Up to this many homes are sorted by insertion."""


class Land(NamedTuple):
    """
    What does not change: arcs by the node they lead to (CSR), N nodes.

    ``walk_start`` (N + 1,), ``walk_from, walk_minutes, walk_trunk``: arcs on foot, their origin, and whether they lie
    on a trunk road on the level; the same of ``ride_``. ``crossing`` (N,): passing here on foot is a crossing.
    """

    walk_start: np.ndarray
    walk_from: np.ndarray
    walk_minutes: np.ndarray
    walk_trunk: np.ndarray
    ride_start: np.ndarray
    ride_from: np.ndarray
    ride_minutes: np.ndarray
    crossing: np.ndarray
    wait: float


class Ends(NamedTuple):
    """
    P places joined to the network: on a segment, at a share of it.

    ``segment`` (P,): -1 where the place is joined to nothing. ``node`` (P, 2): tail and head. ``out`` (P, 2): minutes
    from the place to tail and head. ``back`` (P, 2): from tail and head to the place. ``share`` (P,) from the tail.
    ``along`` (P, 2): the whole segment, forward and backward. ``off`` (P,): minutes off the road. ``trunk`` (P,).
    """

    segment: np.ndarray
    node: np.ndarray
    out: np.ndarray
    back: np.ndarray
    share: np.ndarray
    along: np.ndarray
    off: np.ndarray
    trunk: np.ndarray


class Groups(NamedTuple):
    """
    Homes by settlement and settlements by node.

    ``first`` (V + 1,): homes of each settlement. ``weight`` (P,). ``node_start`` (N + 1,), ``settlement``: the
    settlements that have a home on a segment with this end.
    """

    first: np.ndarray
    weight: np.ndarray
    node_start: np.ndarray
    settlement: np.ndarray


class Notes(NamedTuple):
    """
    What one thread notes of the settlements that a search met.

    ``stamp`` (V,): the school that met each last. ``met`` (V,). ``minutes`` (3, M) and ``crosses`` (3, M): walk, bus
    and mixed of the homes of one settlement, M the most homes that one has.
    """

    stamp: np.ndarray
    met: np.ndarray
    minutes: np.ndarray
    crosses: np.ndarray


class Scratch(NamedTuple):
    """
    The arrays of one thread.

    ``label, flags`` (3 N,): minutes (infinite: not reached) and bits. ``next_state, next_arc`` (3 N,), or (1,) where no
    trace is kept: where the way goes on; the state -1 - k is the k-th end of the school's segment. ``touched`` (3 N,).
    ``key, state``: the heap.
    """

    label: np.ndarray
    flags: np.ndarray
    next_state: np.ndarray
    next_arc: np.ndarray
    touched: np.ndarray
    key: np.ndarray
    state: np.ndarray


def scratch(land: Land, *, trace: bool = False) -> Scratch:
    """Make the arrays of one thread; memory that is never touched is never taken."""
    nodes = land.walk_start.size - 1
    most = land.walk_from.size + 2 * land.ride_from.size + 8
    kept = 3 * nodes if trace else 1
    return Scratch(
        label=np.full(3 * nodes, np.inf),
        flags=np.zeros(3 * nodes, np.uint8),
        next_state=np.empty(kept, np.int32),
        next_arc=np.empty(kept, np.int32),
        touched=np.empty(3 * nodes, np.int32),
        key=np.empty(most, np.float64),
        state=np.empty(most, np.int32),
    )


def notes(settlements: int, most: int) -> Notes:
    """Make the notes of one thread."""
    return Notes(
        stamp=np.full(settlements, -1, np.int32),
        met=np.empty(settlements, np.int32),
        minutes=np.empty((3, most)),
        crosses=np.empty((3, most), dtype=np.bool_),
    )


@lean
def _push(key, state, size, k, s):
    """Add to a heap of four branches; return its size."""
    at = size
    while at > 0:
        above = (at - 1) >> 2
        if key[above] <= k:
            break
        key[at] = key[above]
        state[at] = state[above]
        at = above
    key[at] = k
    state[at] = s
    return size + 1


@lean
def _drop(key, state, size):
    """Take away the least; return the size."""
    size -= 1
    k = key[size]
    s = state[size]
    at = 0
    while True:
        first = 4 * at + 1
        if first >= size:
            break
        least = first
        for below in range(first + 1, min(first + 4, size)):
            if key[below] < key[least]:
                least = below
        if key[least] >= k:
            break
        key[at] = key[least]
        state[at] = state[least]
        at = least
    key[at] = k
    state[at] = s
    return size


@lean
def reset(touched, count, label):
    """Forget a search."""
    for i in range(count):
        label[touched[i]] = np.inf


@lean
def _walk(x, layer, cut_off, trace, land, scratch, count, size):
    """Follow the arcs on foot that lead to a state; return how many are touched and the size of the heap."""
    label, flags = scratch.label, scratch.flags
    d = label[x]
    v = x // 3
    carried = LEAVES_ON_FOOT | (flags[x] & CROSSES)
    if flags[x] & LEAVES_ON_FOOT and land.crossing[v]:
        carried |= CROSSES
    for a in range(land.walk_start[v], land.walk_start[v + 1]):
        n = d + land.walk_minutes[a]
        y = 3 * land.walk_from[a] + layer
        if n < label[y] and n <= cut_off:
            if label[y] == np.inf:
                scratch.touched[count] = y
                count += 1
            label[y] = n
            flags[y] = carried | (CROSSES if land.walk_trunk[a] else 0)
            if trace:
                scratch.next_state[y] = x
                scratch.next_arc[y] = a
            size = _push(scratch.key, scratch.state, size, n, y)
    return count, size


@lean
def _ride(x, cut_off, trace, land, scratch, count, size):
    """Follow the ride arcs that lead to a state."""
    label, flags = scratch.label, scratch.flags
    d = label[x]
    v = x // 3
    carried = flags[x] & CROSSES
    for a in range(land.ride_start[v], land.ride_start[v + 1]):
        n = d + land.ride_minutes[a]
        y = 3 * land.ride_from[a] + RIDING
        if n < label[y] and n + land.wait <= cut_off:
            if label[y] == np.inf:
                scratch.touched[count] = y
                count += 1
            label[y] = n
            flags[y] = carried
            if trace:
                scratch.next_state[y] = x
                scratch.next_arc[y] = a
            size = _push(scratch.key, scratch.state, size, n, y)
    return count, size


@lean
def _leave_school(ends, school, cut_off, trace, scratch):
    """Label both ends of the school's segment; return how many are touched, which is the size of the heap."""
    label, count = scratch.label, 0
    for k in range(2):
        partial = ends.back[school, k]
        d = ends.off[school] + partial
        x = 3 * ends.node[school, k] + AFTER
        if d <= cut_off and d < label[x]:
            label[x] = d
            scratch.flags[x] = 0
            if partial > 0.0:
                scratch.flags[x] = LEAVES_ON_FOOT | (CROSSES if ends.trunk[school] else 0)
            if trace:
                scratch.next_state[x] = -1 - k
                scratch.next_arc[x] = -1
            scratch.touched[count] = x
            count = _push(scratch.key, scratch.state, count, d, x)
    return count


@lean
def search(land, ends, school, cut_off, trace, scratch):
    """Label every state from which the school is reached within the cut-off; return how many were touched."""
    label, flags, touched = scratch.label, scratch.flags, scratch.touched
    if ends.segment[school] < 0:
        return 0
    count = _leave_school(ends, school, cut_off, trace, scratch)
    size = count

    # Phase 1: riding, and on foot after it.
    while size > 0:
        d = scratch.key[0]
        x = scratch.state[0]
        size = _drop(scratch.key, scratch.state, size)
        if d > label[x]:
            continue
        if x % 3 == AFTER:
            count, size = _walk(x, AFTER, cut_off, trace, land, scratch, count, size)
        elif label[x + 1] <= d:
            continue  # alighting here and walking is no slower: the ride arcs are followed from there
        count, size = _ride(x, cut_off, trace, land, scratch, count, size)

    # Phase 2: on foot before boarding. Everyone may board on the spot ...
    middle = count
    for i in range(middle):
        x = touched[i]
        if x % 3 == RIDING:
            y = x - RIDING
            label[y] = label[x] + land.wait
            flags[y] = flags[x]
            touched[count] = y
            count += 1
            if trace:
                scratch.next_state[y] = x
                scratch.next_arc[y] = -1
    # ... or walk to where it is quicker.
    for i in range(middle, count):
        count, size = _walk(touched[i], BEFORE, cut_off, trace, land, scratch, count, size)
    while size > 0:
        d = scratch.key[0]
        x = scratch.state[0]
        size = _drop(scratch.key, scratch.state, size)
        if d <= label[x]:
            count, size = _walk(x, BEFORE, cut_off, trace, land, scratch, count, size)
    return count


@lean
def _meet(groups, v, school, stamp, met, found):
    """Note the settlements with a home at this node that were not met yet; return their number."""
    for j in range(groups.node_start[v], groups.node_start[v + 1]):
        settlement = groups.settlement[j]
        if stamp[settlement] != school:
            stamp[settlement] = school
            met[found] = settlement
            found += 1
    return found


@lean
def from_home(homes, p, schools, school, layer, label, flags, crossing):
    """
    Return the minutes of one home, whether its way crosses, and how it leaves, -1 where it reaches nothing.

    ``layer``: ``AFTER`` for the way on foot, ``BEFORE`` by bus.
    """
    best = np.inf
    crosses = False
    end = -1
    if homes.segment[p] < 0 or schools.segment[school] < 0:
        return best, crosses, end
    for k in range(2):
        v = homes.node[p, k]
        x = 3 * v + layer
        partial = homes.out[p, k]
        n = homes.off[p] + partial + label[x]
        if n < best:
            best = n
            end = k
            crosses = (flags[x] & CROSSES) != 0
            if partial > 0.0:
                crosses = crosses or homes.trunk[p] or ((flags[x] & LEAVES_ON_FOOT) != 0 and crossing[v])
    if layer == AFTER and homes.segment[p] == schools.segment[school]:
        gone = schools.share[school] - homes.share[p]
        along = 0.0
        if gone > 0.0:
            along = gone * homes.along[p, 0]
        elif gone < 0.0:
            along = -gone * homes.along[p, 1]
        n = homes.off[p] + along + schools.off[school]
        if n <= best:
            best = n
            end = DIRECT
            crosses = along > 0.0 and homes.trunk[p]
    return best, crosses, end


@fast
def _order(minutes, n):
    """Positions of the first n minutes, least first."""
    if n > _FEW:
        return np.argsort(minutes[:n], kind="mergesort")
    order = np.empty(n, np.int64)
    for i in range(n):
        at = i
        while at > 0 and minutes[order[at - 1]] > minutes[i]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i
    return order


@lean
def _up(minutes):
    """Whole minutes, rounded up."""
    return np.uint16(min(max(np.ceil(minutes - ROUNDING_GUARD), 0.0), FAR - 1.0))


@fast
def _summary(minutes, crosses, weight, n, cut_off):
    """Return mean, 95th percentile and whether half of the weight crosses; infinite where too few arrive."""
    whole = 0.0
    arrived = 0.0
    total = 0.0
    crossing = 0.0
    for i in range(n):
        whole += weight[i]
        if minutes[i] <= cut_off:
            arrived += weight[i]
            total += weight[i] * minutes[i]
            if crosses[i]:
                crossing += weight[i]
    enough = (ENOUGH - _SLACK) * whole
    if arrived <= 0.0 or arrived < enough:
        return np.inf, np.inf, False
    order = _order(minutes, n)
    last = 0.0
    seen = 0.0
    for i in order:
        seen += weight[i]
        last = minutes[i]
        if seen >= enough:
            break
    return total / arrived, last, 2.0 * crossing >= arrived * (1.0 - _SLACK)


@fast
def _time(homes, first, last, schools, school, label, flags, crossing, notes):
    """Note the minutes of a settlement's homes and whether they cross."""
    for p in range(first, last):
        h = p - first
        walk, on_foot, _ = from_home(homes, p, schools, school, AFTER, label, flags, crossing)
        bus, by_bus, _ = from_home(homes, p, schools, school, BEFORE, label, flags, crossing)
        notes.minutes[0, h], notes.crosses[0, h] = walk, on_foot
        notes.minutes[1, h], notes.crosses[1, h] = bus, by_bus
        notes.minutes[2, h], notes.crosses[2, h] = (bus, by_bus) if bus < walk else (walk, on_foot)


@fast
def settlements_to_schools(
    land, homes, groups, schools, chosen, cut_off, scratch, notes, settlement, figures, crosses, upto
):
    """
    Search from each of the chosen schools and summarise by settlement; return the number of rows.

    The answer, with room for chosen x V rows R: ``settlement`` (R,), ``figures`` (R, 6) walk, bus, mixed and their
    percentiles, ``crosses`` (R, 2) walk, bus, ``upto`` (chosen,) rows after each school.
    """
    rows = 0
    for i in range(chosen.size):
        s = chosen[i]
        count = search(land, schools, s, cut_off, False, scratch)
        found = 0
        if schools.segment[s] >= 0:
            for k in range(2):
                found = _meet(groups, schools.node[s, k], s, notes.stamp, notes.met, found)
        for t in range(count):
            x = scratch.touched[t]
            if x % 3 != RIDING:
                found = _meet(groups, x // 3, s, notes.stamp, notes.met, found)
        notes.met[:found].sort()
        for j in range(found):
            v = notes.met[j]
            first, last = groups.first[v], groups.first[v + 1]
            _time(homes, first, last, schools, s, scratch.label, scratch.flags, land.crossing, notes)
            any_figure = False
            for means in range(3):
                mean, late, crossing = _summary(
                    notes.minutes[means], notes.crosses[means], groups.weight[first:last], last - first, cut_off
                )
                reached = mean < np.inf
                figures[rows, means] = _up(mean) if reached else FAR
                figures[rows, means + 3] = _up(late) if reached else FAR
                if means < 2:
                    crosses[rows, means] = crossing
                any_figure = any_figure or reached
            if any_figure:
                settlement[rows] = v
                rows += 1
        reset(scratch.touched, count, scratch.label)
        upto[i] = rows
    return rows
