"""
The compiled inner loops of the service-area search; everything else is plain Python.

A plan under way gives each settlement a zone: the index of its school, or S for "no school". A zone other than S is
kept connected and holds one of its anchors; places, beds and least size may be broken at a price while searching.
``Land`` is the problem as arrays, ``State`` the plan under way, which kernels change in place.

Every compound move (a branch, a swap, a school that opens or closes) is a row of single moves, noted on a trail and
taken back along it when the whole is not wanted.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

_LEAN: dict[str, Any] = {"cache": True, "nogil": True, "_nrt": False}
lean: Any = njit(**_LEAN)
"""
For functions that allocate nothing. Numba then counts no references to the arrays of ``Land`` and ``State``, which at
forty arrays a call made annealing ten times slower.
"""


class Land(NamedTuple):
    """
    What does not change: V settlements, S schools.

    ``indptr, indices``: settlements worth looking at beside each (CSR), its neighbours where zones are connected.
    ``cost`` (V, S + 1): infinite where a pair is not allowed; the last column prices no school. ``boarders`` (V, S)
    or (0, 0). ``anchor_ptr, anchor_of``: anchors by school (CSR). ``hard, soft`` (3,): places, beds, least size: 1
    where hard, and the price where soft. ``near_schools`` (V, K) and ``near_settlements`` (S, M): cheapest first,
    -1 where there are fewer. ``extra``: whether beds or least sizes matter at all.
    """

    indptr: np.ndarray
    indices: np.ndarray
    cost: np.ndarray
    pupils: np.ndarray
    places: np.ndarray
    boarders: np.ndarray
    beds: np.ndarray
    least: np.ndarray
    anchor_ptr: np.ndarray
    anchor_of: np.ndarray
    open_cost: np.ndarray
    may_open: np.ndarray
    may_close: np.ndarray
    hard: np.ndarray
    soft: np.ndarray
    near_schools: np.ndarray
    near_settlements: np.ndarray
    open_at_least: int
    most_open: int
    contiguous: bool
    extra: bool


class State(NamedTuple):
    """
    The plan under way.

    ``zone`` (V,); ``load, board, members`` (S + 1,) pupils, boarders and settlements of each zone; ``is_open`` (S,);
    ``first`` (S + 1,), ``after, before`` (V,): the settlements of a zone in a ring. ``fine`` (S,): price of a pupil
    over the places of each school; ``other_fine`` (3,): of a boarder over the beds and of a pupil missing.
    ``tally`` (3,): what the trail changed: true cost, fines, and how much hard rules are broken. ``trail`` (T, 2):
    settlement and zone it left, or -1 - school and whether it was open. ``counter`` (3,): last mark used, length of
    the trail, open schools. ``mark, queue, piece`` (V,): scratch. ``random`` (1,): state of the random numbers.
    """

    zone: np.ndarray
    load: np.ndarray
    board: np.ndarray
    members: np.ndarray
    is_open: np.ndarray
    first: np.ndarray
    after: np.ndarray
    before: np.ndarray
    fine: np.ndarray
    other_fine: np.ndarray
    tally: np.ndarray
    trail: np.ndarray
    counter: np.ndarray
    mark: np.ndarray
    queue: np.ndarray
    piece: np.ndarray
    random: np.ndarray


MARKS, TRAIL, OPEN = 0, 1, 2
LARGEST_BRANCH = 24
DEAREST_FINE = 1e3
CHEAPEST_FINE = 0.05
FINE_UP = 1.1
OVERFULL_SHARE, OVERFULL_SCHOOLS = 0.1, 3.0
"""Fines settle where a school is overfull at this share of looks, and no more than so many schools at one look."""

FIRM = 0.9
"""From this share of an anneal on, fines no longer fall, so that it ends lawful."""


@lean
def fill_knapsack(price, weight, count, room, most_nodes, taken, best):
    """
    Choose from ``count`` items, best price a unit of weight first, prices below 0, by depth-first search.

    ``taken``: scratch; ``best`` is filled with what to take. All (count,). Gives the price of the whole, and whether it
    is exact; beyond ``most_nodes`` one item is taken in part, which costs less than any whole choice.
    """
    cost, value, nodes, k = 0.0, 0.0, 0, 0
    for j in range(count):
        best[j] = 0.0
    while nodes < most_nodes:
        nodes += 1
        deeper = room >= 0.0
        if deeper and cost < value:
            value = cost
            for j in range(count):
                best[j] = 1.0 if j < k and taken[j] else 0.0
        deeper = deeper and k < count
        if deeper:
            bound, short, j = cost, room, k
            while j < count and short > 0.0:
                bound += price[j] if weight[j] <= short else price[j] * short / weight[j]
                short -= weight[j]
                j += 1
            deeper = bound < value + 1e-9 * value
        if deeper:
            taken[k] = True
            cost, room, k = cost + price[k], room - weight[k], k + 1
            continue
        k -= 1
        while k >= 0 and not taken[k]:
            k -= 1
        if k < 0:
            return value, True
        taken[k] = False
        cost, room, k = cost - price[k], room + weight[k], k + 1
    for j in range(k):
        if taken[j]:
            room += weight[j]
    value = 0.0
    for j in range(count):
        best[j] = min(max(room, 0.0) / weight[j], 1.0)
        value += best[j] * price[j]
        room -= weight[j]
    return value, False


@lean
def knapsack_items(cost, allowed, pupils, u, home, s, index, price):
    """Put in ``index`` the settlements that pay for themselves at school ``s``; gives their number, what else costs."""
    count, sure = 0, 0.0
    for v in range(len(pupils)):
        if allowed[s, v] and v != home:
            r = cost[s, v] - u[v]
            if r < 0.0 and pupils[v] > 0:
                index[count], price[count] = v, r
                count += 1
            elif r < 0.0:
                sure += r
    return count, sure


@njit(cache=True, nogil=True)
def knapsacks(cost, allowed, pupils, places, u, home, most_nodes, value, begin, taken, share):
    """
    Solve each school's knapsack; ``cost``, ``allowed`` (S, V).

    ``home`` (S,): a school's only anchor, in the knapsack whenever the school is open, or -1. Fills ``value`` (S,) and,
    from ``begin`` (S + 1,), what each school takes: settlements and shares, whole but where ``most_nodes`` did not do.
    """
    n_s, n_v = cost.shape
    index, price = np.empty(n_v, np.int64), np.empty(n_v)
    scratch, best = np.empty(n_v, np.bool_), np.empty(n_v)
    number = 0
    for s in range(n_s):
        begin[s] = number
        count, total, room = 0, 0.0, float(places[s])
        for v in range(n_v):
            r = cost[s, v] - u[v]
            if (r < 0.0 or v == home[s]) and allowed[s, v]:
                if v == home[s] or pupils[v] == 0:
                    total += r
                    room -= pupils[v]
                    taken[number], share[number] = v, 1.0
                    number += 1
                else:
                    index[count], price[count] = v, r
                    count += 1
        weight = pupils[index[:count]].astype(np.float64)
        order = np.argsort(price[:count] / weight)
        whole, _ = fill_knapsack(price[order], weight[order], count, room, most_nodes, scratch, best)
        for j in range(count):
            if best[j] > 0.0:
                taken[number], share[number] = index[order[j]], best[j]
                number += 1
        value[s] = total + whole
    begin[n_s] = number


@lean
def slope(opened, begin, taken, share, left):
    """Fill ``left`` (V,): 1 less the share of each settlement that open schools take."""
    left[:] = 1.0
    for s in range(len(opened)):
        if opened[s] > 0.0:
            for k in range(begin[s], begin[s + 1]):
                left[taken[k]] -= opened[s] * share[k]


@njit(cache=True, nogil=True)
def rises(cost, allowed, pupils, places, u, home, most_nodes, value, exact, rise):
    """
    Give by how much each school's knapsack rises at least with a settlement held in it; ``rise`` (S, V) is filled.

    ``value``: from ``knapsacks``. ``exact``: solve each knapsack anew, else from the one with an item in part.
    """
    n_s, n_v = cost.shape
    index, price = np.empty(n_v, np.int64), np.empty(n_v)
    scratch, best = np.empty(n_v, np.bool_), np.empty(n_v)
    for s in range(n_s):
        count, sure = knapsack_items(cost, allowed, pupils, u, home[s], s, index, price)
        room = float(places[s])
        if home[s] >= 0 and allowed[s, home[s]]:
            sure += cost[s, home[s]] - u[home[s]]
            room -= pupils[home[s]]
        weight = pupils[index[:count]].astype(np.float64)
        order = np.argsort(price[:count] / weight)
        price_in, weight_in, index_in = price[order], weight[order], index[order]
        for v in range(n_v):
            rise[s, v] = 0.0
            if not allowed[s, v] or v == home[s]:
                continue
            r = cost[s, v] - u[v]
            if pupils[v] == 0:
                rise[s, v] = max(r, 0.0)
                continue
            # without v among the items, in what room it leaves
            items, left = 0, room - pupils[v]
            if left < 0.0:
                rise[s, v] = np.inf
                continue
            for j in range(count):
                if index_in[j] != v:
                    price[items], weight[items] = price_in[j], weight_in[j]
                    items += 1
            nodes = most_nodes if exact else 0
            whole, _ = fill_knapsack(price, weight, items, left, nodes, scratch, best)
            rise[s, v] = max(sure + r + whole - value[s], 0.0)


@njit(cache=True, nogil=True)
def cheapest_opening(bracket, places, must_open, must_close, need, least, most, most_nodes, opened):
    """
    Choose the schools that cost least, hold ``need`` pupils and number ``least`` to ``most``, by depth-first search.

    Fills ``opened`` (S,) and gives the cost: infinite where no choice is allowed, minus infinity where ``most_nodes``
    did not suffice. All arrays (S,).
    """
    n_s = len(bracket)
    cost, room, number, count = 0.0, float(need), 0, 0
    free = np.empty(n_s, np.int64)
    ratio = np.empty(n_s)
    for s in range(n_s):
        if must_open[s]:
            cost += bracket[s]
            room -= places[s]
            number += 1
        elif not must_close[s]:
            free[count] = s
            ratio[count] = bracket[s] / max(places[s], 1e-9) if places[s] > 0 or bracket[s] >= 0.0 else -np.inf
            count += 1
    order = free[:count][np.argsort(ratio[:count])]
    left = np.zeros(count + 1)  # places of the schools not yet looked at
    for k in range(count - 1, -1, -1):
        left[k] = left[k + 1] + places[order[k]]
    ahead = np.full(count, -1, np.int64)  # one that is no dearer and no smaller: never left out for this one
    for k in range(count):
        for j in range(k - 1, max(-1, k - 40), -1):
            if places[order[j]] >= places[order[k]] and bracket[order[j]] <= bracket[order[k]]:
                ahead[k] = j
                break
    taken = np.zeros(count, np.bool_)
    best, nodes, k = np.inf, 0, 0
    while True:
        nodes += 1
        if nodes > most_nodes:
            return -np.inf
        deeper = number <= most and number + count - k >= least and left[k] >= room
        if deeper:
            # what the rest costs at least: all that pays, then the cheapest places, one school in part
            bound, short, j = cost, room, k
            while j < count and (bracket[order[j]] < 0.0 or short > 0.0):
                s = order[j]
                share = 1.0
                if bracket[s] >= 0.0 and places[s] > short:
                    share = short / places[s]
                bound += share * bracket[s]
                short -= share * places[s]
                j += 1
            deeper = best == np.inf or bound < best - 1e-9 * abs(best)
        if deeper and k == count:
            best = cost
            opened[:] = must_open
            for j in range(count):
                opened[order[j]] = taken[j]
            deeper = False
        if deeper and ahead[k] >= 0 and not taken[ahead[k]]:
            taken[k] = False
            k += 1
            continue
        if deeper:
            s = order[k]
            taken[k] = True
            cost, room, number, k = cost + bracket[s], room - places[s], number + 1, k + 1
            continue
        k -= 1
        while k >= 0 and not taken[k]:
            k -= 1
        if k < 0:
            return best
        s = order[k]
        taken[k] = False
        cost, room, number, k = cost - bracket[s], room + places[s], number - 1, k + 1


@lean
def count_up(land, state):
    """Fill loads, counts and rings of the zones from ``zone``."""
    n_s = len(land.places)
    state.load[:] = 0
    state.board[:] = 0
    state.members[:] = 0
    state.first[:] = -1
    state.counter[TRAIL] = 0
    state.counter[OPEN] = 0
    for s in range(n_s):
        state.counter[OPEN] += 1 if state.is_open[s] else 0
    for v in range(len(state.zone)):
        s = state.zone[v]
        enter_ring(state, v, s)
        state.members[s] += 1
        state.load[s] += land.pupils[v]
        if s < n_s and land.boarders.shape[0] > 0:
            state.board[s] += land.boarders[v, s]


@lean
def copy(source, target):
    """Copy an array over another."""
    for k in range(len(source)):
        target[k] = source[k]


@lean
def draw(random, n):
    """Draw a whole number from 0 to n - 1 (xorshift, Marsaglia 2003, as ``toss``)."""
    return int(toss(random) * n)


@lean
def toss(random):
    """Draw a number from 0 to below 1."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    return float(x >> np.uint64(11)) / 9007199254740992.0


@lean
def enter_ring(state, v, s):
    """Put ``v`` in the ring of zone ``s``."""
    f = state.first[s]
    if f < 0:
        state.first[s], state.after[v], state.before[v] = v, v, v
        return
    last = state.before[f]
    state.after[last], state.before[v], state.after[v], state.before[f] = v, last, f, v


@lean
def leave_ring(state, v, s):
    """Take ``v`` out of the ring of zone ``s``."""
    x, y = state.after[v], state.before[v]
    if x == v:
        state.first[s] = -1
        return
    state.before[x], state.after[y] = y, x
    if state.first[s] == v:
        state.first[s] = x


@lean
def is_anchor(land, v, s):
    """Tell whether ``v`` is an anchor of school ``s``."""
    for k in range(land.anchor_ptr[s], land.anchor_ptr[s + 1]):
        if land.anchor_of[k] == v:
            return True
    return False


@lean
def only_anchor(land, state, v, s):
    """Tell whether ``v`` is the one anchor that zone ``s`` holds."""
    lo, hi = land.anchor_ptr[s], land.anchor_ptr[s + 1]
    if hi == lo or not is_anchor(land, v, s):
        return False
    for k in range(lo, hi):
        if land.anchor_of[k] != v and state.zone[land.anchor_of[k]] == s:
            return False
    return True


@lean
def in_one_piece(land, state, v):
    """Tell whether the zone of ``v`` stays connected without it."""
    zone, indptr, indices, mark, queue = state.zone, land.indptr, land.indices, state.mark, state.queue
    s, first, wanted = zone[v], -1, 0
    for k in range(indptr[v], indptr[v + 1]):
        if zone[indices[k]] == s:
            wanted += 1
            first = indices[k]
    if wanted <= 1:
        return True
    state.counter[MARKS] += 2
    near, seen = state.counter[MARKS], state.counter[MARKS] + 1
    for k in range(indptr[v], indptr[v + 1]):
        if zone[indices[k]] == s:
            mark[indices[k]] = near
    mark[v] = seen
    queue[0] = first
    mark[first] = seen
    head, tail, met = 0, 1, 1
    while head < tail:
        w = queue[head]
        head += 1
        for k in range(indptr[w], indptr[w + 1]):
            x = indices[k]
            if zone[x] == s and mark[x] != seen:
                if mark[x] == near:
                    met += 1
                    if met == wanted:
                        return True
                mark[x] = seen
                queue[tail] = x
                tail += 1
    return False


@lean
def may_leave(land, state, v):
    """Tell whether the zone of ``v`` stays connected and keeps an anchor without it."""
    s = state.zone[v]
    if s == len(land.places):
        return True
    if only_anchor(land, state, v, s):
        return False
    return not land.contiguous or in_one_piece(land, state, v)


@lean
def spread(land, state, s, seen, found, number):
    """Add to the first settlements of ``found`` what they reach in zone ``s`` and is not marked ``seen``; count all."""
    head = 0
    while head < number:
        w = found[head]
        head += 1
        for k in range(land.indptr[w], land.indptr[w + 1]):
            x = land.indices[k]
            if state.zone[x] == s and state.mark[x] != seen:
                state.mark[x] = seen
                found[number] = x
                number += 1
    return number


@lean
def branch(land, state, v):
    """
    Put in ``piece`` what must leave a zone with ``v``: itself, and what is cut off from the anchors without it.

    Gives the number of settlements, 0 where ``v`` cannot leave.
    """
    s, piece = state.zone[v], state.piece
    piece[0] = v
    if may_leave(land, state, v):
        return 1
    if not land.contiguous or land.anchor_ptr[s + 1] == land.anchor_ptr[s] or only_anchor(land, state, v, s):
        return 0
    zone, mark, queue = state.zone, state.mark, state.queue
    state.counter[MARKS] += 2
    seen, tail = state.counter[MARKS], 0
    for k in range(land.anchor_ptr[s], land.anchor_ptr[s + 1]):
        a = land.anchor_of[k]
        if a != v and zone[a] == s:
            mark[a] = seen
            queue[tail] = a
            tail += 1
    mark[v] = seen
    if state.members[s] - spread(land, state, s, seen, queue, tail) > LARGEST_BRANCH:
        return 0
    return spread(land, state, s, seen, piece, 1)


@lean
def touches(land, state, v, s):
    """Tell whether ``v`` may be added to zone ``s``: it borders it, or begins it at an anchor."""
    if state.members[s] == 0:
        return land.anchor_ptr[s + 1] == land.anchor_ptr[s] or is_anchor(land, v, s)
    if not land.contiguous:
        return True
    for k in range(land.indptr[v], land.indptr[v + 1]):
        if state.zone[land.indices[k]] == s:
            return True
    return False


@lean
def is_begun(land, state, s):
    """Tell whether anybody may join school ``s``: it is open, and holds an anchor or needs none."""
    return state.is_open[s] and (state.members[s] > 0 or land.anchor_ptr[s + 1] == land.anchor_ptr[s])


@lean
def excess(land, state, s, pupils, away):
    """Give what changes when school ``s`` takes pupils and boarders more: price of soft rules, fines, hard excess."""
    load = state.load[s]
    over = max(0, load + pupils - land.places[s]) - max(0, load - land.places[s])
    soft, fine, wrong = 0.0, state.fine[s] * over, over
    if land.extra:
        beds = max(0, state.board[s] + away - land.beds[s]) - max(0, state.board[s] - land.beds[s])
        short = max(0, land.least[s] - load - pupils) - max(0, land.least[s] - load)
        soft = land.soft[1] * beds + land.soft[2] * short
        fine += land.hard[1] * state.other_fine[1] * beds + land.hard[2] * state.other_fine[2] * short
        wrong += land.hard[1] * beds + land.hard[2] * short
    return soft, fine, wrong


@lean
def change(land, state, v, b):
    """Give what changes when ``v`` goes to zone ``b``: true cost, fines, hard excess."""
    a, n_s, n = state.zone[v], len(land.places), land.pupils[v]
    has = land.boarders.shape[0] > 0
    cost, fine, wrong = land.cost[v, b] - land.cost[v, a], 0.0, 0
    if a < n_s:
        s, f, w = excess(land, state, a, -n, -land.boarders[v, a] if has else 0)
        cost, fine, wrong = cost + s, fine + f, wrong + w
    else:
        wrong -= 1
    if b < n_s:
        s, f, w = excess(land, state, b, n, land.boarders[v, b] if has else 0)
        cost, fine, wrong = cost + s, fine + f, wrong + w
    else:
        wrong += 1
    return cost, fine, wrong


@lean
def move(land, state, v, b):
    """Send ``v`` to zone ``b``."""
    a, n_s = state.zone[v], len(land.places)
    leave_ring(state, v, a)
    enter_ring(state, v, b)
    state.load[a] -= land.pupils[v]
    state.load[b] += land.pupils[v]
    state.members[a] -= 1
    state.members[b] += 1
    if land.boarders.shape[0] > 0:
        if a < n_s:
            state.board[a] -= land.boarders[v, a]
        if b < n_s:
            state.board[b] += land.boarders[v, b]
    state.zone[v] = b


@lean
def clear_trail(state):
    """Keep what was done: begin a new trail."""
    state.counter[TRAIL] = 0
    state.tally[0], state.tally[1], state.tally[2] = 0.0, 0.0, 0.0


@lean
def note(state, cost, fine, wrong, what, was):
    """Note one step on the trail."""
    state.tally[0] += cost
    state.tally[1] += fine
    state.tally[2] += wrong
    state.trail[state.counter[TRAIL], 0] = what
    state.trail[state.counter[TRAIL], 1] = was
    state.counter[TRAIL] += 1


@lean
def walk(land, state, v, b):
    """Send ``v`` to zone ``b``, on the trail."""
    cost, fine, wrong = change(land, state, v, b)
    note(state, cost, fine, wrong, v, state.zone[v])
    move(land, state, v, b)


@lean
def walk_all(land, state, number, b):
    """Send the first settlements of ``piece`` to zone ``b``; False, with nothing done, where one may not."""
    for k in range(number):
        if not np.isfinite(land.cost[state.piece[k], b]):
            return False
    for k in range(number):
        walk(land, state, state.piece[k], b)
    return True


@lean
def set_open(land, state, s, flag):
    """Open or close a school whose zone is empty, on the trail."""
    sign = 1 if flag else -1
    soft, fine, wrong = land.open_cost[s], 0.0, 0
    if land.extra:
        soft += land.soft[2] * land.least[s]
        fine += land.hard[2] * state.other_fine[2] * land.least[s]
        wrong += land.hard[2] * land.least[s]
    if land.anchor_ptr[s + 1] > land.anchor_ptr[s]:
        wrong += 1  # until it begins a zone at an anchor
    note(state, sign * soft, sign * fine, sign * wrong, -1 - s, not flag)
    state.is_open[s] = flag
    state.counter[OPEN] += sign


@lean
def undo(land, state):
    """Go back along the trail."""
    for k in range(state.counter[TRAIL] - 1, -1, -1):
        what, was = state.trail[k, 0], state.trail[k, 1]
        if what >= 0:
            move(land, state, what, was)
        else:
            state.is_open[-1 - what] = was == 1
            state.counter[OPEN] += 1 if was == 1 else -1
    clear_trail(state)


@lean
def broken(land, state):
    """Count what hard rules forbid: settlements nowhere, pupils over, boarders over, pupils missing, no anchor held."""
    n_s = len(land.places)
    total = state.members[n_s]
    for s in range(n_s):
        if state.is_open[s]:
            total += max(0, state.load[s] - land.places[s])
            total += land.hard[1] * max(0, state.board[s] - land.beds[s])
            total += land.hard[2] * max(0, land.least[s] - state.load[s])
            held = land.anchor_ptr[s + 1] == land.anchor_ptr[s]
            for k in range(land.anchor_ptr[s], land.anchor_ptr[s + 1]):
                held = held or state.zone[land.anchor_of[k]] == s
            total += 0 if held else 1
    return total


@lean
def true_cost(land, state):
    """Give the cost of the plan under way with the prices of soft rules."""
    total = 0.0
    for v in range(len(state.zone)):
        total += land.cost[v, state.zone[v]]
    for s in range(len(land.places)):
        if state.is_open[s]:
            total += land.open_cost[s]
            total += land.soft[1] * max(0, state.board[s] - land.beds[s])
            total += land.soft[2] * max(0, land.least[s] - state.load[s])
    return total


@lean
def renew_fines(land, state, wrong, floor, firm):
    """Raise fines of what is broken, lower those of what is kept unless ``firm``, between bounds about ``floor``."""
    share = min(OVERFULL_SHARE, OVERFULL_SCHOOLS / max(1, state.counter[OPEN]))
    down = 1.0 if firm else FINE_UP**-share
    for s in range(len(land.places)):
        if not state.is_open[s]:
            continue
        factor = FINE_UP if state.load[s] > land.places[s] else down
        state.fine[s] = min(max(state.fine[s] * factor, CHEAPEST_FINE * floor), DEAREST_FINE * floor)
    for r in range(1, 3):
        factor = FINE_UP if wrong > 0 else down
        state.other_fine[r] = min(max(state.other_fine[r] * factor, CHEAPEST_FINE * floor), DEAREST_FINE * floor)


@lean
def beside(land, state, v):
    """Draw a zone that ``v`` might join: that of a settlement beside it, or, unconnected, a near school's."""
    if not land.contiguous and toss(state.random) < 0.5:
        b = land.near_schools[v, draw(state.random, land.near_schools.shape[1])]
        return b if b >= 0 and is_begun(land, state, b) else len(land.places)
    degree = land.indptr[v + 1] - land.indptr[v]
    if degree == 0:
        return len(land.places)
    return state.zone[land.indices[land.indptr[v] + draw(state.random, degree)]]


@lean
def partner(land, state, v, b):
    """Draw a settlement of zone ``b`` to make room for ``v``: one near it, or, unconnected, any; -1 for none."""
    w = -1
    if land.contiguous or toss(state.random) < 0.5:
        w = land.indices[land.indptr[v] + draw(state.random, land.indptr[v + 1] - land.indptr[v])]
        if toss(state.random) < 0.5 and land.indptr[w + 1] > land.indptr[w]:
            w = land.indices[land.indptr[w] + draw(state.random, land.indptr[w + 1] - land.indptr[w])]
    elif state.members[b] > 0:
        w = state.first[b]
        for _ in range(1 + draw(state.random, min(4, state.members[b]))):
            w = state.after[w]
        state.first[b] = w
    return w if w >= 0 and w != v and state.zone[w] == b else -1


@lean
def make_room(land, state, v, a, b):
    """After ``v`` went from zone ``a`` to ``b``, send a settlement of ``b`` to ``a`` or on to a third zone."""
    w = partner(land, state, v, b)
    if w < 0:
        return False
    c = a if toss(state.random) < 0.6 else beside(land, state, w)
    if c == b or c == len(land.places) or not state.is_open[c] or not touches(land, state, w, c):
        return False
    number = branch(land, state, w)
    return number > 0 and walk_all(land, state, number, c)


@lean
def open_school(land, state, t):
    """Open a school and let it take what gains by joining, on the trail; False when it cannot begin a zone."""
    set_open(land, state, t, True)
    start = land.near_settlements[t, 0]
    lo, hi = land.anchor_ptr[t], land.anchor_ptr[t + 1]
    if hi > lo:
        start = land.anchor_of[lo + draw(state.random, hi - lo)]
    if start < 0:
        return False
    if hi > lo or land.contiguous:
        number = branch(land, state, start)
        if number == 0 or not walk_all(land, state, number, t):
            return False
        state.tally[2] -= 1 if hi > lo else 0
    improved, passes = True, 0
    while improved and passes < 4:
        improved = False
        passes += 1
        for k in range(land.near_settlements.shape[1]):
            v = land.near_settlements[t, k]
            if v < 0:
                break
            if state.zone[v] == t or not touches(land, state, v, t):
                continue
            cost, fine, _ = change(land, state, v, t)
            if cost + fine < 0.0 and may_leave(land, state, v):
                walk(land, state, v, t)
                improved = land.contiguous
    return True


@lean
def best_zone(land, state, v):
    """Give the zone that takes ``v`` cheapest, and the price; -1 where none may."""
    n_s, own = len(land.places), state.zone[v]
    best, target = np.inf, -1
    for k in range(land.indptr[v], land.indptr[v + 1]):
        b = state.zone[land.indices[k]]
        if b != own and b != target and b < n_s and np.isfinite(land.cost[v, b]):
            cost, fine, _ = change(land, state, v, b)
            if cost + fine < best:
                best, target = cost + fine, b
    if land.contiguous:
        return target, best
    for k in range(land.near_schools.shape[1]):
        b = land.near_schools[v, k]
        if b >= 0 and b != own and np.isfinite(land.cost[v, b]) and is_begun(land, state, b):
            cost, fine, _ = change(land, state, v, b)
            if cost + fine < best:
                best, target = cost + fine, b
    if target < 0:
        for b in range(n_s):
            if b != own and np.isfinite(land.cost[v, b]) and is_begun(land, state, b):
                cost, fine, _ = change(land, state, v, b)
                if cost + fine < best:
                    best, target = cost + fine, b
    return target, best


@lean
def close_school(land, state, s):
    """Close a school, cheapest step first, on the trail; False when somebody finds no other zone."""
    v = state.first[s]
    held = v >= 0 and land.anchor_ptr[s + 1] > land.anchor_ptr[s]
    while v >= 0:
        best, chosen, target = np.inf, -1, -1
        for _ in range(state.members[s]):
            b, price = best_zone(land, state, v)
            if b >= 0 and price < best:
                best, chosen, target = price, v, b
            if not land.contiguous:
                break
            v = state.after[v]
        if chosen < 0:
            return False
        walk(land, state, chosen, target)
        v = state.first[s]
    set_open(land, state, s, False)
    state.tally[2] += 1 if held else 0
    return True


@lean
def hand_over(land, state, s, t):
    """Give the whole zone of school ``s`` to the closed school ``t``, on the trail."""
    number, v = 0, state.first[s]
    if v < 0:
        return False
    for _ in range(state.members[s]):
        if not np.isfinite(land.cost[v, t]):
            return False
        state.queue[number] = v
        number += 1
        v = state.after[v]
    set_open(land, state, t, True)
    for k in range(number):
        walk(land, state, state.queue[k], t)
    set_open(land, state, s, False)
    if land.anchor_ptr[s + 1] > land.anchor_ptr[s]:
        state.tally[2] += 1
    if land.anchor_ptr[t + 1] > land.anchor_ptr[t]:
        state.tally[2] -= 1
    return True


@lean
def draw_school(land, state, is_open):
    """Draw a school that may close, or that may open; -1 after some tries."""
    n_s = len(land.places)
    for _ in range(32):
        s = draw(state.random, n_s)
        if state.is_open[s] == is_open and (land.may_close[s] if is_open else land.may_open[s]):
            return s
    return -1


@lean
def change_schools(land, state):
    """Open, close, exchange or hand over schools, on the trail; False when it comes to nothing."""
    n_s, kind, number = len(land.places), toss(state.random), state.counter[OPEN]
    if kind < 0.15:
        s = draw_school(land, state, True)
        return s >= 0 and number > land.open_at_least and close_school(land, state, s)
    t = draw_school(land, state, False)
    if t < 0:
        return False
    if kind < 0.3:
        return number < land.most_open and open_school(land, state, t)
    home = land.near_settlements[t, 0]
    if land.anchor_ptr[t + 1] > land.anchor_ptr[t]:
        home = land.anchor_of[land.anchor_ptr[t]]
    if home < 0:
        return False
    s = state.zone[home]
    if kind < 0.6:
        return s < n_s and land.may_close[s] and hand_over(land, state, s, t)
    if kind < 0.8:
        s = beside(land, state, home)
        if s < n_s and land.contiguous and toss(state.random) < 0.5 and state.members[s] > 0:
            s = beside(land, state, state.first[s])
    return s < n_s and land.may_close[s] and open_school(land, state, t) and close_school(land, state, s)


@lean
def accepts(state, temperature):
    """Metropolis: always where no dearer, else by chance."""
    delta = state.tally[0] + state.tally[1]
    return delta <= 0.0 or toss(state.random) < np.exp(-delta / temperature)


@lean
def change_settlements(land, state, temperature):
    """Send a settlement, with what hangs on it, to a zone beside it; where refused, make room there."""
    n_s = len(land.places)
    v = draw(state.random, len(state.zone))
    a, b = state.zone[v], beside(land, state, v)
    if b in (a, n_s) or not np.isfinite(land.cost[v, b]):
        return False
    number = branch(land, state, v)
    if number == 0:
        return False
    if number == 1:
        state.tally[0], state.tally[1], state.tally[2] = change(land, state, v, b)
        if accepts(state, temperature):
            move(land, state, v, b)
            return True
        clear_trail(state)
    if not walk_all(land, state, number, b):
        return False
    if number > 1 and accepts(state, temperature):
        return True
    return a < n_s and make_room(land, state, v, a, b) and accepts(state, temperature)


@lean
def anneal(land, state, begin, end, steps, hot, cold, floor, school_share, best, best_open, best_cost):
    """
    Move settlements between zones, and open and close schools, by simulated annealing.

    Does the steps ``begin`` to ``end`` of ``steps``, in which the temperature falls from ``hot`` to ``cold``.
    ``school_share``: the share of steps that change schools. ``floor``: a usual fine. ``best`` (V,), ``best_open`` (S,)
    and the value returned hold the cheapest plan seen that breaks no hard rule; ``best_cost`` is the one to beat.

    Source: Kirkpatrick, Gelatt and Vecchi (1983), Optimization by simulated annealing, Science 220.
    """
    ratio = cold / hot
    temperature = hot * ratio ** (begin / steps)
    clear_trail(state)
    wrong, current = broken(land, state), true_cost(land, state)
    beat = max(256, steps // 1000)
    for step in range(begin, end):
        if step % beat == 0:
            temperature = hot * ratio ** (step / steps)
            renew_fines(land, state, wrong, floor, step > FIRM * steps)
        if toss(state.random) < school_share:
            done = change_schools(land, state) and accepts(state, temperature)
        else:
            done = change_settlements(land, state, temperature)
        if done:
            current += state.tally[0]
            wrong += int(state.tally[2])
            clear_trail(state)
            counted = land.open_at_least <= state.counter[OPEN] <= land.most_open
            if wrong == 0 and counted and current < best_cost - 1e-6:
                best_cost = current
                copy(state.zone, best)
                copy(state.is_open, best_open)
        elif state.counter[TRAIL] > 0:
            undo(land, state)
    return best_cost


@njit(cache=True, nogil=True)
def grow(land, state):
    """
    Give every settlement without a school to a zone it borders, cheapest step first; overfull zones pay fines.

    Settlements that border no zone they may join stay without a school.
    """
    n_v, n_s = len(state.zone), len(land.places)
    key = np.full(n_v, np.inf)
    target = np.full(n_v, -1, np.int64)
    dirty = np.ones(n_v, np.bool_)
    while True:
        chosen = -1
        for v in range(n_v):
            if state.zone[v] != n_s:
                continue
            if dirty[v] or target[v] >= 0:
                dirty[v] = False
                target[v], key[v] = best_zone(land, state, v)
                for b in range(n_s):
                    # an open school without a zone begins one first
                    if state.is_open[b] and state.members[b] == 0 and np.isfinite(land.cost[v, b]):
                        if touches(land, state, v, b):
                            key[v], target[v] = -np.inf, b
            if target[v] >= 0 and (chosen < 0 or key[v] < key[chosen]):
                chosen = v
        if chosen < 0:
            return
        move(land, state, chosen, target[chosen])
        for k in range(land.indptr[chosen], land.indptr[chosen + 1]):
            dirty[land.indices[k]] = True


@njit(cache=True, nogil=True)
def fill(land, state, order):
    """
    Give every settlement without a school to the open school that takes it cheapest, in ``order``.

    For zones that need not be connected; first each open school without one of its anchors takes the cheapest.
    """
    n_s = len(land.places)
    for b in range(n_s):
        if not state.is_open[b]:
            continue
        chosen = -1
        for k in range(land.anchor_ptr[b], land.anchor_ptr[b + 1]):
            v = land.anchor_of[k]
            if state.zone[v] == b:
                chosen = -1
                break
            if state.zone[v] == n_s and np.isfinite(land.cost[v, b]):
                if chosen < 0 or land.cost[v, b] < land.cost[chosen, b]:
                    chosen = v
        if chosen >= 0:
            move(land, state, chosen, b)
    for v in order:
        if state.zone[v] == n_s:
            target, _ = best_zone(land, state, v)
            if target >= 0:
                move(land, state, v, target)
