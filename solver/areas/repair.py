"""
Making a lawful plan of an unlawful one: as near to it as the search finds, with the list of what was changed.

How near two plans are is itself a cost: the pupils of every settlement that changes school, and for a school that
opens those of a usual settlement. So ``mend`` searches for the cheapest plan of a copy of the problem with these costs
and the same hard rules; of equally near plans it prefers the nearer schools.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from solver.areas import check, exact, kernels, reach
from solver.areas.problem import NOBODY, AreaProblem, Bools, Ints
from solver.areas.reach import neighbour_matrix
from solver.areas.search import Desk, Found
from solver.plan import ShouldStop, never_stop

MAKES_ROOM = "makes_room"
"""Why a settlement leaves a lawful place, or a school opens or closes: so that the others keep to their rules."""

SMALL_PAIRS = 400
"""Up to this many pairs the nearest plan is found exactly."""

MOST_CROWD_PAIRS = 1_000_000
"""Up to this many pairs too few places are looked for first; beyond, that takes longer than the search."""

FEWEST_STEPS, STEPS_A_SETTLEMENT, MOST_STEPS = 100_000, 800, 2_000_000
FIRST_HEATS = (0.1, 0.3, 1.0, 1.0)
"""Ever hotter anneals until one ends lawful, in pupils of a usual settlement."""
LAST_HEATS = (0.3, 0.1)
COLD = 0.003

MOST_PART_PAIRS, PART_NODES, PART_ROUNDS, GUARD_SECONDS = 3_000, 30, 5, 60.0
"""What was touched is solved exactly once more, up to this size, with counted work."""


@dataclass(frozen=True, slots=True)
class Repair:
    """
    One change made to a given plan, in indices.

    Attributes
    ----------
    rule
        The rule, named as in ``check``, that the settlement's own place or the school broke, or ``MAKES_ROOM``.
    settlement
        It changes school; ``None`` when a school opens or closes.
    left
        The school that the settlement joined, or that closes; ``None`` where there is none.
    joined
        The school that the settlement joins, or that opens; ``None`` where there is none.
    """

    rule: str
    settlement: int | None
    left: int | None
    joined: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """
    A lawful plan near a given one.

    Attributes
    ----------
    school_of, opened
        Shapes (V,) and (S,).
    changes
        What was changed, schools first; empty when the given plan was lawful.
    """

    school_of: Ints
    opened: Bools
    changes: tuple[Repair, ...]


def mend(
    problem: AreaProblem, school_of: Ints, opened: Bools, seed: int, should_stop: ShouldStop = never_stop
) -> Mended | None:
    """
    Find a lawful plan near a given one and say what was changed; ``None`` when none exists or none was found.

    Parameters
    ----------
    school_of, opened
        Shapes (V,) and (S,): the given plan, lawful or not; ``NOBODY`` where a settlement joins no school.
    """
    if _lawful(problem, school_of, opened):
        return Mended(school_of.copy(), opened.copy(), ())
    reached = reach.narrow(nearness(problem, school_of, opened))
    pairs = int(reached.problem.allowed.sum())
    if reached.infeasible or (pairs <= MOST_CROWD_PAIRS and reach.crowd(reached.problem) is not None):
        return None
    if pairs <= SMALL_PAIRS:
        found = _exactly(reached.problem, seed, should_stop)
    else:
        found = _by_search(reached.problem, school_of, opened, seed, should_stop)
    if found is None or not _lawful(problem, found.school_of, found.opened):
        return None
    changes = tuple(_changes(problem, school_of, opened, found.school_of, found.opened))
    return Mended(found.school_of, found.opened, changes)


def nearness(problem: AreaProblem, school_of: Ints, opened: Bools) -> AreaProblem:
    """Give the problem whose cheapest plan is the nearest to a given one: soft rules cost nothing in it."""
    unit = problem.size[1]
    weight = unit * np.maximum(problem.pupils, 1)
    known = np.flatnonzero(school_of != NOBODY)
    order = np.argsort(np.where(problem.allowed, problem.cost, np.iinfo(np.int64).max), axis=1, kind="stable")
    cost = np.argsort(order, axis=1).astype(np.int64)  # nearest school 0, next 1, ...: less than one pupil weighs
    cost[known] += weight[known, None]
    cost[known, school_of[known]] = 0
    usual = -(-int(weight.sum()) // max(len(weight), 1))
    return replace(
        problem,
        cost=cost,
        open_cost=np.where(opened, 0, usual).astype(np.int64),
        bed_price=None if problem.bed_price is None else 0,
        shortfall_price=None if problem.shortfall_price is None else 0,
    )


def _lawful(problem: AreaProblem, school_of: Ints, opened: Bools) -> bool:
    return next(check.breaches(problem, school_of.tolist(), opened.tolist()), None) is None


def _exactly(problem: AreaProblem, seed: int, should_stop: ShouldStop) -> Found | None:
    result = exact.solve(problem, seconds=GUARD_SECONDS, seed=seed, should_stop=should_stop)
    if result.school_of is None or result.opened is None:
        return None
    return Found(result.school_of, result.opened, 0.0)


def _by_search(
    problem: AreaProblem, school_of: Ints, opened: Bools, seed: int, should_stop: ShouldStop
) -> Found | None:
    """Anneal from the given plan until a lawful one is found, then nearer and nearer to the given one."""
    weight = float(problem.size[1] * np.maximum(problem.pupils, 1).sum())
    desk = Desk(problem, seed, 2.0 * weight, float(opened.sum()))
    steps = min(max(STEPS_A_SETTLEMENT * problem.size[0], FEWEST_STEPS), MOST_STEPS)
    desk.put(school_of, (opened | problem.must_open) & ~problem.must_close)
    drop_cut_off_pieces(desk)
    best = None
    for hot in FIRST_HEATS:
        desk.grow()
        open_ways(desk, 20 + 2 * problem.size[0], should_stop)
        _close_smallest(desk)
        best = desk.anneal(steps, hot, COLD, as_it_stands(desk), should_stop)
        if best is not None or should_stop():
            break
    if best is None:
        return None
    for hot in LAST_HEATS:
        desk.put(best.school_of, best.opened)
        best = desk.anneal(steps, hot, COLD, best, should_stop) or best
    return _solve_what_was_touched(problem, school_of, best, seed, should_stop)


def as_it_stands(desk: Desk) -> Found | None:
    """Give the plan on a desk where it breaks no hard rule: annealing notes only those that a move has led to."""
    problem = desk.problem
    counted = problem.open_at_least <= desk.is_open.sum() <= problem.most_open
    if not counted or kernels.broken(desk.land, desk.state) > 0:
        return None
    return Found(desk.zone.copy(), desk.is_open.copy(), float(kernels.true_cost(desk.land, desk.state)))


def _close_smallest(desk: Desk) -> None:
    """Close the smallest schools while more are open than may be."""
    problem = desk.problem
    for s in np.argsort(desk.state.load[:-1], kind="stable"):
        if desk.is_open.sum() <= problem.most_open:
            return
        if desk.is_open[s] and not problem.must_open[s]:
            desk.close(int(s))


def _solve_what_was_touched(
    problem: AreaProblem, school_of: Ints, best: Found, seed: int, should_stop: ShouldStop
) -> Found:
    """Solve exactly the schools that settlements left or joined, with all settlements of their zones."""
    moved = best.school_of != school_of
    schools = np.unique(np.r_[best.school_of[moved], school_of[moved & (school_of != NOBODY)]])
    if len(schools) == 0:
        return best
    settlements = np.flatnonzero(np.isin(best.school_of, schools))
    part = exact.part_of(problem, settlements, schools, best.opened)
    if should_stop() or not 0 < part.allowed.sum() <= MOST_PART_PAIRS:
        return best
    begun = (np.searchsorted(schools, best.school_of[settlements]), best.opened[schools])
    result = exact.solve(
        part, seconds=GUARD_SECONDS, start=begun, seed=seed, max_nodes=PART_NODES, max_rounds=PART_ROUNDS,
        should_stop=should_stop,
    )  # fmt: skip
    if result.school_of is None or result.opened is None:
        return best
    if _cost(part, result.school_of, result.opened) >= _cost(part, *begun):
        return best
    whole, opened = best.school_of.copy(), best.opened.copy()
    whole[settlements], opened[schools] = schools[result.school_of], result.opened
    return Found(whole, opened, best.cost)


def _cost(problem: AreaProblem, school_of: Ints, opened: Bools) -> int:
    return check.cost(problem, school_of.tolist(), opened.tolist())


def _changes(
    problem: AreaProblem, before: Ints, open_before: Bools, after: Ints, open_after: Bools
) -> Iterator[Repair]:
    """Say what changed between a given plan and a lawful one, schools first, and why."""
    broken = list(check.breaches(problem, before.tolist(), open_before.tolist()))
    number = any(b.rule == "number_open" for b in broken)
    of_school = {b.school: b.rule for b in broken if b.rule in ("must_open", "must_close", "least_viable")}
    for s in np.flatnonzero(open_before != open_after).tolist():
        rule = of_school.get(s, "number_open" if number else MAKES_ROOM)
        yield Repair(rule, None, None if open_after[s] else s, s if open_after[s] else None)
    unlawful = _unlawful_places(problem, before, open_before)
    for v in np.flatnonzero(before != after).tolist():
        left, joined = int(before[v]), int(after[v])
        rule = unlawful.get(v, MAKES_ROOM)
        if rule == MAKES_ROOM and not open_after[left]:
            rule = "closed_school"
        elif rule == MAKES_ROOM and v in problem.anchors[joined] and open_before[joined]:
            rule = MAKES_ROOM if _anchored(problem, before, joined) else "own_settlement"
        yield Repair(rule, v, None if left == NOBODY else left, joined)


def _anchored(problem: AreaProblem, school_of: Ints, school: int) -> bool:
    return bool((school_of[list(problem.anchors[school])] == school).any())


def _unlawful_places(problem: AreaProblem, school_of: Ints, opened: Bools) -> dict[int, str]:
    """Give, for each settlement that cannot stay where a plan has it whatever others do, the rule that it breaks."""
    found: dict[int, str] = {}
    for v, s in enumerate(school_of.tolist()):
        if s == NOBODY:
            found[v] = "every_settlement_joins_a_school"
        elif not opened[s] or problem.must_close[s]:
            found[v] = "closed_school"
        elif not problem.allowed[v, s]:
            found[v] = "trip_limit"
        elif problem.pupils[v] > problem.places[s]:
            found[v] = "places"
    near = neighbour_matrix(problem)
    for s in range(problem.size[1]):
        members = np.flatnonzero(school_of == s)
        rule = "contiguity" if _anchored(problem, school_of, s) or not problem.anchors[s] else "own_settlement"
        for v in members[~_piece_to_keep(problem, near, s, members)].tolist():
            found.setdefault(v, rule)
    return found


def drop_cut_off_pieces(desk: Desk) -> None:
    """Send to no school what is not connected with an anchor of its school; of several pieces the largest stays."""
    problem = desk.problem
    near, nobody = neighbour_matrix(problem), problem.size[1]
    zone = desk.zone.copy()
    for s in range(nobody):
        members = np.flatnonzero(zone == s)
        zone[members[~_piece_to_keep(problem, near, s, members)]] = nobody
    desk.put(np.where(zone == nobody, NOBODY, zone), desk.is_open)


def _piece_to_keep(problem: AreaProblem, near: csr_array, school: int, members: Ints) -> Bools:
    """Tell which settlements of a zone are of its largest piece that holds an anchor; none where no piece does."""
    if len(members) == 0:
        return np.zeros(0, dtype=bool)
    label = np.zeros(len(members), np.int64)
    if problem.contiguous:
        label = connected_components(near[members][:, members], directed=False)[1].astype(np.int64)
    pupils, anchor = problem.pupils[members], np.isin(members, problem.anchors[school])
    weight = np.bincount(label, weights=pupils + 1e-3)
    weight[np.unique(label[anchor])] += pupils.sum() + len(pupils) + 1.0
    kept: Bools = label == int(np.argmax(weight))
    if problem.anchors[school] and not anchor.any():
        kept[:] = False
    return kept


def open_ways(desk: Desk, tries: int, should_stop: ShouldStop = never_stop) -> None:
    """
    Bring settlements that no bordering zone may take to a school all the same.

    For one settlement left out after another: along the shortest chain of settlements that may join one of its
    schools, all join that school; what this cuts off grows back elsewhere.
    """
    problem = desk.problem
    near, nobody = neighbour_matrix(problem), problem.size[1]
    for _ in range(tries):
        left = np.flatnonzero(desk.zone == nobody)
        if len(left) == 0 or should_stop():
            return
        v = int(desk.random().choice(left))
        schools = np.flatnonzero(problem.allowed[v] & ~problem.must_close)
        if len(schools) == 0:
            return
        weight = 1.0 / (1.0 + problem.cost[v, schools].astype(np.float64))
        s = int(desk.random().choice(schools, p=weight / weight.sum()))
        way = chain(near, problem.allowed[:, s], desk.zone == s, v, problem.anchors[s])
        desk.is_open[s] = True
        zone = np.where(desk.zone == nobody, NOBODY, desk.zone)
        zone[way] = s
        desk.put(zone, desk.is_open)
        drop_cut_off_pieces(desk)
        desk.grow()


def chain(near: csr_array, inside: Bools, zone: Bools, start: int, anchors: tuple[int, ...]) -> list[int]:
    """
    Give a shortest chain from a settlement through ``inside`` to a zone, or to an anchor where there is no zone.

    Parameters
    ----------
    inside, zone
        Shape (V,): settlements that may join the school, and that do.
    start
        One of ``inside``; alone in the answer when no chain exists.
    """
    members = np.flatnonzero(inside)
    position = np.full(len(inside), -1, np.int64)
    position[members] = np.arange(len(members))
    order, before = breadth_first_order(near[members][:, members], position[start], directed=False)
    goal = zone[members] if zone.any() else np.isin(members, anchors) if anchors else np.ones(len(members), bool)
    hits = [k for k in order if goal[k]]
    if not hits:
        return [start]
    found, k = [], hits[0]
    while k >= 0:
        found.append(int(members[k]))
        k = before[k]
    return found
