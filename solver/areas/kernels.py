"""
The compiled inner loops of the service-area search; everything else is plain Python.

A state is an assignment ``zone`` (V,) of school indices, with S standing for "no school". A zone other than S is kept
connected and holds one of its anchors; places, beds and least size may be broken at a price while searching.

Arrays shared by the functions, in this order where they take them: ``indptr, indices`` neighbours (CSR);
``cost`` (V, S + 1), infinite where a pair is not allowed, last column the price of no school; ``pupils`` (V,),
``places`` (S,), ``boarders`` (V, S) or (0, 0), ``beds`` (S,), ``least`` (S,), ``anchor_ptr, anchor_of`` anchors
(CSR by school); ``price`` (3,) of a pupil over the places, a boarder over the beds, a pupil under the least size;
``open_cost`` (S,), ``held`` (S,) schools that may not close. Kernels change ``zone``, ``load``, ``board``, ``count``
and ``is_open`` in place.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def knapsacks(cost, allowed, pupils, places, u, home, value, taken, critical):
    """
    Solve each school's continuous knapsack; all (S, V): ``cost``, ``allowed``, ``taken``.

    Fills ``value`` (S,), ``taken`` and the ``critical`` ratio (S,).
    """
    n_s, n_v = cost.shape
    ratio = np.empty(n_v)
    index = np.empty(n_v, np.int64)
    for s in range(n_s):
        total, room, count, wanted = 0.0, float(places[s]), 0, 0
        for v in range(n_v):
            taken[s, v] = 0.0
            if not allowed[s, v]:
                continue
            r = cost[s, v] - u[v]
            if v == home[s]:  # the only anchor: taken whenever the school is open
                total += r
                room -= pupils[v]
                taken[s, v] = 1.0
            elif r < 0.0:
                if pupils[v] == 0:
                    total += r
                    taken[s, v] = 1.0
                else:
                    ratio[count] = r / pupils[v]
                    index[count] = v
                    wanted += pupils[v]
                    count += 1
        critical[s] = 0.0
        if wanted <= room:
            for k in range(count):
                v = index[k]
                taken[s, v] = 1.0
                total += cost[s, v] - u[v]
        else:
            order = np.argsort(ratio[:count])
            for k in order:
                v = index[k]
                if pupils[v] <= room:
                    room -= pupils[v]
                    taken[s, v] = 1.0
                    total += cost[s, v] - u[v]
                else:
                    share = room / pupils[v]
                    taken[s, v] = share
                    total += share * (cost[s, v] - u[v])
                    critical[s] = ratio[k]
                    break
        value[s] = total


@njit(cache=True, nogil=True)
def count_up(zone, n_s, pupils, boarders, load, board, count):
    """Fill ``load``, ``board`` and ``count`` of each school from the assignment."""
    load[:] = 0
    board[:] = 0
    count[:] = 0
    for v in range(len(zone)):
        s = zone[v]
        count[s] += 1
        load[s] += pupils[v]
        if s < n_s and boarders.shape[0] > 0:
            board[s] += boarders[v, s]


@njit(cache=True, nogil=True)
def holds_anchor(v, s, anchor_ptr, anchor_of):
    """Tell whether ``v`` is an anchor of school ``s``."""
    for k in range(anchor_ptr[s], anchor_ptr[s + 1]):
        if anchor_of[k] == v:
            return True
    return False


@njit(cache=True, nogil=True)
def may_leave(v, zone, count, indptr, indices, anchor_ptr, anchor_of, contiguous, mark, queue, stamp):
    """
    Tell whether the zone of ``v`` stays connected and keeps an anchor without it.

    ``mark`` (V,) holds stamps of earlier calls; ``stamp[0]`` counts them.
    """
    s = zone[v]
    if s == len(count) - 1:
        return True
    lo, hi = anchor_ptr[s], anchor_ptr[s + 1]
    if hi > lo and holds_anchor(v, s, anchor_ptr, anchor_of):
        other = False
        for k in range(lo, hi):
            if anchor_of[k] != v and zone[anchor_of[k]] == s:
                other = True
                break
        if not other:
            return False
    if not contiguous:
        return True
    first, wanted = -1, 0
    for k in range(indptr[v], indptr[v + 1]):
        if zone[indices[k]] == s:
            wanted += 1
            first = indices[k]
    if wanted <= 1:
        return True
    stamp[0] += 2
    near, seen = stamp[0], stamp[0] + 1
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


@njit(cache=True, nogil=True)
def touches(v, s, zone, count, indptr, indices, anchor_ptr, anchor_of, contiguous):
    """Tell whether ``v`` may be added to zone ``s``: it borders it, or begins it at an anchor."""
    if count[s] == 0:
        return anchor_ptr[s + 1] == anchor_ptr[s] or holds_anchor(v, s, anchor_ptr, anchor_of)
    if not contiguous:
        return True
    for k in range(indptr[v], indptr[v + 1]):
        if zone[indices[k]] == s:
            return True
    return False


@njit(cache=True, nogil=True)
def move_change(v, b, zone, load, board, cost, pupils, places, boarders, beds, least):
    """Give what changes when ``v`` goes to zone ``b``: cost, pupils over, boarders over, pupils missing."""
    a, n_s = zone[v], len(places)
    n = pupils[v]
    has = boarders.shape[0] > 0
    over, bed, short = 0, 0, 0
    if a < n_s:
        over += max(0, load[a] - n - places[a]) - max(0, load[a] - places[a])
        short += max(0, least[a] - load[a] + n) - max(0, least[a] - load[a])
        if has:
            bed += max(0, board[a] - boarders[v, a] - beds[a]) - max(0, board[a] - beds[a])
    if b < n_s:
        over += max(0, load[b] + n - places[b]) - max(0, load[b] - places[b])
        short += max(0, least[b] - load[b] - n) - max(0, least[b] - load[b])
        if has:
            bed += max(0, board[b] + boarders[v, b] - beds[b]) - max(0, board[b] - beds[b])
    return cost[v, b] - cost[v, a], over, bed, short


@njit(cache=True, nogil=True)
def do_move(v, b, zone, load, board, count, pupils, boarders):
    """Send ``v`` to zone ``b``."""
    a, n_s = zone[v], len(load) - 1
    load[a] -= pupils[v]
    load[b] += pupils[v]
    count[a] -= 1
    count[b] += 1
    if boarders.shape[0] > 0:
        if a < n_s:
            board[a] -= boarders[v, a]
        if b < n_s:
            board[b] += boarders[v, b]
    zone[v] = b


@njit(cache=True, nogil=True)
def broken(zone, load, board, is_open, places, beds, least, hard, anchor_ptr, anchor_of):
    """Count what hard rules forbid: settlements nowhere, pupils over, boarders over, pupils missing, no anchor held."""
    n_s = len(places)
    total = 0
    for v in range(len(zone)):
        if zone[v] == n_s:
            total += 1
    for s in range(n_s):
        if is_open[s]:
            total += max(0, load[s] - places[s])
            if hard[1]:
                total += max(0, board[s] - beds[s])
            if hard[2]:
                total += max(0, least[s] - load[s])
            held = anchor_ptr[s + 1] == anchor_ptr[s]
            for k in range(anchor_ptr[s], anchor_ptr[s + 1]):
                held = held or zone[anchor_of[k]] == s
            if not held:
                total += 1
    return total


@njit(cache=True, nogil=True)
def true_cost(zone, load, board, is_open, cost, open_cost, beds, least, soft):
    """Give the cost of a plan with the prices of soft rules: ``soft`` (3,), 0 where a rule is hard."""
    n_s = len(open_cost)
    total = 0.0
    for v in range(len(zone)):
        total += cost[v, zone[v]]
    for s in range(n_s):
        if is_open[s]:
            total += open_cost[s]
            total += soft[1] * max(0, board[s] - beds[s])
            total += soft[2] * max(0, least[s] - load[s])
    return total


@njit(cache=True, nogil=True)
def anneal(
    indptr, indices, cost, pupils, places, boarders, beds, least, anchor_ptr, anchor_of, price, open_cost,
    zone, load, board, count, is_open, hard, soft, near_schools, contiguous, floor_price,
    begin, end, steps, hot, cold, seed, best, best_cost,
):  # fmt: skip
    """
    Move and swap settlements between zones by simulated annealing; open schools stay open.

    Does the steps ``begin`` to ``end`` of ``steps``. ``near_schools`` (V, K): the schools tried where zones need not be
    connected. ``hot, cold``: temperatures of the first and last of ``steps``. ``best`` (V,) and the value returned hold
    the cheapest plan seen that breaks no hard rule; ``best_cost`` is the one to beat. ``price`` rises from
    ``floor_price`` while the plan breaks rules and falls while it keeps them.
    """
    np.random.seed(seed)
    n_v, n_s = len(zone), len(places)
    mark = np.zeros(n_v, np.int64)
    queue = np.empty(n_v, np.int64)
    stamp = np.zeros(1, np.int64)
    ratio = cold / hot
    temperature = hot * ratio ** (begin / steps)
    wrong = broken(zone, load, board, is_open, places, beds, least, hard, anchor_ptr, anchor_of)
    current = true_cost(zone, load, board, is_open, cost, open_cost, beds, least, soft)
    if wrong == 0 and current < best_cost:
        best_cost = current
        best[:] = zone
    beat = max(256, steps // 1000)
    for step in range(begin, end):
        if step % beat == 0:
            temperature = hot * ratio ** (step / steps)
            for r in range(3):
                factor = 1.05 if wrong > 0 else 0.96
                price[r] = min(max(price[r] * factor, 0.1 * floor_price[r]), 1e3 * floor_price[r])
        v = np.random.randint(n_v)
        a = zone[v]
        if contiguous:
            degree = indptr[v + 1] - indptr[v]
            if degree == 0:
                continue
            u = indices[indptr[v] + np.random.randint(degree)]
            b = zone[u]
        else:
            b = near_schools[v, np.random.randint(near_schools.shape[1])]
            u = -1
            if b < 0 or not is_open[b]:
                continue
        if b in (a, n_s) or not np.isfinite(cost[v, b]):
            continue
        if not may_leave(v, zone, count, indptr, indices, anchor_ptr, anchor_of, contiguous, mark, queue, stamp):
            continue
        gain, over, bed, short = move_change(v, b, zone, load, board, cost, pupils, places, boarders, beds, least)
        gain += soft[1] * bed + soft[2] * short
        worse = over + hard[1] * bed + hard[2] * short - (1 if a == n_s else 0)
        delta = gain + price[0] * over + hard[1] * price[1] * bed + hard[2] * price[2] * short
        if delta <= 0.0 or np.random.random() < np.exp(-delta / temperature):
            do_move(v, b, zone, load, board, count, pupils, boarders)
        elif a < n_s:
            # try to swap with a settlement of b: with contiguity a bordering one, else a random one
            w = -1
            if contiguous:
                degree = indptr[v + 1] - indptr[v]
                w = indices[indptr[v] + np.random.randint(degree)]
                if np.random.random() < 0.5 and indptr[w + 1] > indptr[w]:
                    w = indices[indptr[w] + np.random.randint(indptr[w + 1] - indptr[w])]
            else:
                w = np.random.randint(n_v)
            if w == v or zone[w] != b or not np.isfinite(cost[w, a]):
                continue
            do_move(v, b, zone, load, board, count, pupils, boarders)
            if not touches(w, a, zone, count, indptr, indices, anchor_ptr, anchor_of, contiguous) or not may_leave(
                w, zone, count, indptr, indices, anchor_ptr, anchor_of, contiguous, mark, queue, stamp
            ):
                do_move(v, a, zone, load, board, count, pupils, boarders)
                continue
            more, over, bed, short = move_change(w, a, zone, load, board, cost, pupils, places, boarders, beds, least)
            gain += more + soft[1] * bed + soft[2] * short
            worse += over + hard[1] * bed + hard[2] * short
            delta += more + price[0] * over + (soft[1] + hard[1] * price[1]) * bed
            delta += (soft[2] + hard[2] * price[2]) * short
            if delta <= 0.0 or np.random.random() < np.exp(-delta / temperature):
                do_move(w, a, zone, load, board, count, pupils, boarders)
            else:
                do_move(v, a, zone, load, board, count, pupils, boarders)
                continue
        else:
            continue
        current += gain
        wrong += worse
        if wrong == 0 and current < best_cost - 1e-6:
            best_cost = current
            best[:] = zone
    return best_cost


@njit(cache=True, nogil=True)
def grow(
    indptr, indices, cost, pupils, places, boarders, beds, least, anchor_ptr, anchor_of, price,
    zone, load, board, count, is_open,
):  # fmt: skip
    """
    Give every settlement without a school to a zone it borders, cheapest step first; overfull zones pay ``price``.

    Settlements that border no zone they may join stay without a school.
    """
    n_v, n_s = len(zone), len(places)
    key = np.full(n_v, np.inf)
    target = np.full(n_v, -1, np.int64)
    dirty = np.ones(n_v, np.bool_)
    while True:
        chosen = -1
        for v in range(n_v):
            if zone[v] != n_s:
                continue
            if dirty[v] or target[v] >= 0:
                dirty[v] = False
                key[v] = np.inf
                target[v] = -1
                for k in range(indptr[v], indptr[v + 1]):
                    b = zone[indices[k]]
                    if b < n_s and np.isfinite(cost[v, b]):
                        d = cost[v, b] + growth(v, b, load, board, pupils, places, boarders, beds, price)
                        if d < key[v]:
                            key[v], target[v] = d, b
                for b in range(n_s):
                    if is_open[b] and count[b] == 0 and np.isfinite(cost[v, b]):
                        # an open school without a zone begins one first
                        if anchor_ptr[b + 1] == anchor_ptr[b] or holds_anchor(v, b, anchor_ptr, anchor_of):
                            key[v], target[v] = -1.0, b
            if target[v] >= 0 and (chosen < 0 or key[v] < key[chosen]):
                chosen = v
        if chosen < 0:
            return
        do_move(chosen, target[chosen], zone, load, board, count, pupils, boarders)
        for k in range(indptr[chosen], indptr[chosen + 1]):
            dirty[indices[k]] = True


@njit(cache=True, nogil=True)
def fill(
    order, cost, pupils, places, boarders, beds, anchor_ptr, anchor_of, price,
    zone, load, board, count, is_open,
):  # fmt: skip
    """
    Give every settlement without a school to the open school that takes it cheapest, in ``order``.

    For zones that need not be connected; first each open school without one of its anchors takes the cheapest.
    """
    n_s = len(places)
    for b in range(n_s):
        if not is_open[b] or anchor_ptr[b + 1] == anchor_ptr[b]:
            continue
        chosen = -1
        for k in range(anchor_ptr[b], anchor_ptr[b + 1]):
            v = anchor_of[k]
            if zone[v] == b:
                chosen = -1
                break
            if zone[v] == n_s and np.isfinite(cost[v, b]) and (chosen < 0 or cost[v, b] < cost[chosen, b]):
                chosen = v
        if chosen >= 0:
            do_move(chosen, b, zone, load, board, count, pupils, boarders)
    for v in order:
        if zone[v] != n_s:
            continue
        best, target = np.inf, -1
        for b in range(n_s):
            if is_open[b] and np.isfinite(cost[v, b]):
                d = cost[v, b] + growth(v, b, load, board, pupils, places, boarders, beds, price)
                if d < best:
                    best, target = d, b
        if target >= 0:
            do_move(v, target, zone, load, board, count, pupils, boarders)


@njit(cache=True, nogil=True)
def growth(v, b, load, board, pupils, places, boarders, beds, price):
    """Price what adding ``v`` breaks at school ``b``."""
    over = max(0, load[b] + pupils[v] - places[b]) - max(0, load[b] - places[b])
    total = price[0] * over
    if boarders.shape[0] > 0:
        y = boarders[v, b]
        total += price[1] * (max(0, board[b] + y - beds[b]) - max(0, board[b] - beds[b]))
    return total


@njit(cache=True, nogil=True)
def give_up(s, zone, load, board, count, pupils, boarders):
    """Empty zone ``s``: its settlements go to no school."""
    for v in range(len(zone)):
        if zone[v] == s:
            do_move(v, len(load) - 1, zone, load, board, count, pupils, boarders)


@njit(cache=True, nogil=True)
def invade(
    s, indptr, indices, cost, pupils, places, boarders, beds, least, anchor_ptr, anchor_of, price,
    zone, load, board, count, contiguous,
):  # fmt: skip
    """
    Grow a new zone for school ``s``: from an anchor, then every bordering settlement that gains by joining.

    Returns False when no anchor can be freed.
    """
    n_v = len(zone)
    mark = np.zeros(n_v, np.int64)
    queue = np.empty(n_v, np.int64)
    stamp = np.zeros(1, np.int64)
    start, gain = -1, np.inf
    if anchor_ptr[s + 1] > anchor_ptr[s]:
        for k in range(anchor_ptr[s], anchor_ptr[s + 1]):
            v = anchor_of[k]
            if np.isfinite(cost[v, s]) and may_leave(
                v, zone, count, indptr, indices, anchor_ptr, anchor_of, contiguous, mark, queue, stamp
            ):
                d = cost[v, s] - cost[v, zone[v]]
                if d < gain:
                    start, gain = v, d
    else:
        for v in range(n_v):
            if np.isfinite(cost[v, s]) and cost[v, s] - cost[v, zone[v]] < gain:
                start, gain = v, cost[v, s] - cost[v, zone[v]]
    if start < 0:
        return False
    do_move(start, s, zone, load, board, count, pupils, boarders)
    improved = True
    while improved:
        improved = False
        for v in range(n_v):
            if zone[v] == s or not np.isfinite(cost[v, s]):
                continue
            if not touches(v, s, zone, count, indptr, indices, anchor_ptr, anchor_of, contiguous):
                continue
            gain, over, bed, _ = move_change(v, s, zone, load, board, cost, pupils, places, boarders, beds, least)
            if gain + price[0] * over + price[1] * bed >= 0.0:
                continue
            if may_leave(v, zone, count, indptr, indices, anchor_ptr, anchor_of, contiguous, mark, queue, stamp):
                do_move(v, s, zone, load, board, count, pupils, boarders)
                improved = True
    return True
