"""
Making a lawful plan cheaper: neighbourhoods solved exactly, annealing from the best, opening and closing schools.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solver.areas import dual, exact, proof, reach
from solver.areas.dual import Dual
from solver.areas.exact import Exact
from solver.areas.problem import AreaProblem, Ints
from solver.areas.search import Desk, Found
from solver.areas.work import Work

FIRST_PAIRS = 600
FEWEST_PAIRS = 150
"""Pairs of a neighbourhood: the size in use grows with every proof and shrinks with every time-out."""

NEIGHBOURHOOD_SECONDS = 1.0
NEIGHBOURHOOD_NODES = 30
NEIGHBOURHOOD_ROUNDS = 5
NEIGHBOURHOODS_A_ROUND = 16
SHAKES_A_ROUND = 10
DUAL_STEPS = 60
WORTH_GOING_ON = 0.0005
"""Where schools may close, a round that gains this share is followed by more neighbourhoods alone."""

ANNEAL_STEPS = 6_000_000
SHAKE_STEPS = 250
"""A round anneals this many steps; a shake, this many for each settlement."""


class Improver:
    """
    The rounds of improvement on one problem.

    Parameters
    ----------
    work, desk, guide
        The solve, its search state, and the bound's prices and shares.
    """

    def __init__(self, work: Work, desk: Desk, guide: Dual) -> None:
        self._work, self._desk, self._guide = work, desk, guide
        self._pairs, self._cost_before = float(FIRST_PAIRS), np.inf
        problem = desk.problem
        self._free = bool((~problem.must_open & ~problem.must_close).any())

    def round(self) -> None:
        """Do one round: shakes of the open schools, an anneal from the best, neighbourhoods."""
        work, desk = self._work, self._desk
        if work.best is None:
            work.offer(desk.anneal(ANNEAL_STEPS // 2, 5.0, 0.03, None, work.over), "search")
            return
        for step in self._steps():
            if work.over():
                return
            self._from_best()
            step()

    def _steps(self) -> list[Callable[[], None]]:
        """Choose what this round does: neighbourhoods while they gain, then the means to leave where they stand."""
        before, self._cost_before = self._cost_before, self._work.best.cost if self._work.best else np.inf
        neighbourhoods: list[Callable[[], None]] = [self._neighbourhood] * NEIGHBOURHOODS_A_ROUND
        if self._free and self._cost_before < before * (1.0 - WORTH_GOING_ON):
            return neighbourhoods
        return [*neighbourhoods, self._anneal, *[self._shake] * (SHAKES_A_ROUND if self._free else 0)]

    def _from_best(self) -> None:
        if self._work.best is not None:
            self._desk.put(self._work.best.school_of, self._work.best.opened)

    def _anneal(self) -> None:
        """Anneal from the best plan: mostly warm, sometimes hot enough to forget it."""
        hot = float(self._desk.random().choice([0.1, 0.3, 1.0, 3.0]))
        self._work.offer(self._desk.anneal(ANNEAL_STEPS, hot, 0.02, self._work.best, self._work.over), "search")

    def _shake(self) -> None:
        """Open, close or exchange a school near another, settle the borders, keep the plan when cheaper."""
        desk = self._desk
        problem, random = desk.problem, desk.random()
        closable = np.flatnonzero(desk.is_open & ~problem.must_open)
        openable = np.flatnonzero(~desk.is_open & ~problem.must_close)
        kinds = _kinds(problem, int(desk.is_open.sum()), len(closable), len(openable))
        if not kinds:
            return
        kind, opening = str(random.choice(kinds)), -1
        if kind in ("open", "exchange"):
            weight = self._guide.open_share[openable] + 0.05
            opening = int(random.choice(openable, p=weight / weight.sum()))
            if not desk.open(opening):
                return
        if kind in ("close", "exchange"):
            desk.close(_to_close(desk, closable, opening))
        steps = SHAKE_STEPS * problem.size[0]
        self._work.offer(desk.anneal(steps, 0.2, 0.02, self._work.best, self._work.over), "search")

    def _neighbourhood(self) -> None:
        """Re-solve a few near schools and all settlements of their zones, the rest of the plan as it is."""
        work, best = self._work, self._work.best
        if best is None:
            return
        schools = _near_schools(self._desk, best, self._guide, self._pairs)
        settlements = np.flatnonzero(np.isin(best.school_of, schools))
        part = reach.narrow(exact.part_of(self._desk.problem, settlements, schools, best.opened))
        if part.infeasible:
            return
        inside = np.searchsorted(schools, best.school_of[settlements])
        start = Found(inside, best.opened[schools], cost_of(part.problem, inside, best.opened[schools]))
        result = self._solve_part(part.problem, start, self._guide.prices[settlements])
        if result is None:
            return
        self._pairs = max(FEWEST_PAIRS, self._pairs * (1.08 if result.proved else 0.8))
        if result.school_of is not None and result.opened is not None:
            school_of, opened = best.school_of.copy(), best.opened.copy()
            school_of[settlements], opened[schools] = schools[result.school_of], result.opened
            gain = start.cost - cost_of(part.problem, result.school_of, result.opened)
            work.offer(Found(school_of, opened, best.cost - gain), "neighbourhood")

    def _solve_part(self, part: AreaProblem, start: Found, prices: np.ndarray) -> Exact | None:
        """Solve a part exactly, less the pairs that its own bound rules out; ``None`` when nothing can be gained."""
        work = self._work
        local = dual.ascend(part, steps=DUAL_STEPS, target=start.cost, start=prices)
        if local.bound >= start.cost - 1.0:
            return Exact(True, start.cost)
        lean = reach.narrow(proof.without_needless_pairs(part, local, start))
        if lean.infeasible:
            return Exact(True, start.cost)
        steps = work.limits.deterministic
        return exact.solve(
            lean.problem,
            seconds=work.left() if steps else min(NEIGHBOURHOOD_SECONDS, work.left()),
            start=(start.school_of, start.opened),
            seed=work.limits.seed,
            max_nodes=NEIGHBOURHOOD_NODES if steps else None,
            max_rounds=NEIGHBOURHOOD_ROUNDS if steps else None,
            should_stop=work.over,
        )


def _kinds(problem: AreaProblem, number: int, closable: int, openable: int) -> list[str]:
    kinds = []
    if closable and number > problem.open_at_least:
        kinds.append("close")
    if openable and number < problem.most_open:
        kinds.append("open")
    if closable and openable:
        kinds.append("exchange")
    return kinds


def _to_close(desk: Desk, closable: Ints, opening: int) -> int:
    """Choose the school to close: near the one that opens, or any."""
    random = desk.random()
    if opening < 0:
        return int(random.choice(closable))
    share = _closeness(desk.problem, opening)[closable]
    return int(random.choice(closable[np.argsort(-share, kind="stable")[:4]]))


def _closeness(problem: AreaProblem, school: int) -> np.ndarray:
    """Give shape (S,): how many settlements could join both, weighted by how near both are."""
    cost = np.where(problem.allowed, problem.cost, np.inf)
    nearness = 1.0 / (1.0 + cost / (1.0 + np.where(problem.allowed, problem.cost, 0).mean()))
    closeness: np.ndarray = nearness.T @ nearness[:, school]
    return closeness


def _near_schools(desk: Desk, best: Found, guide: Dual, pairs: float) -> Ints:
    """Draw a school and its nearest, open ones and ones worth opening, up to the size in use."""
    problem, random = desk.problem, desk.random()
    centre = int(random.choice(np.flatnonzero(best.opened)))
    zone_size = np.bincount(best.school_of, minlength=problem.size[1])
    worth = best.opened | ((guide.open_share > 0.02) & ~problem.must_close)
    order = np.argsort(-_closeness(problem, centre) * (1.0 + 0.2 * random.random(problem.size[1])), kind="stable")
    limit = float(random.uniform(0.4, 1.6)) * pairs
    chosen, settlements = [centre], int(zone_size[centre])
    for s in order:
        if s == centre or not worth[s]:
            continue
        if (settlements + zone_size[s]) * (len(chosen) + 1) > limit:
            break
        chosen.append(int(s))
        settlements += int(zone_size[s])
    return np.array(sorted(chosen), dtype=np.int64)


def cost_of(problem: AreaProblem, school_of: Ints, opened: np.ndarray) -> float:
    """Give the cost of a complete plan with the prices of soft rules, by arrays."""
    total = float(problem.cost[np.arange(len(school_of)), school_of].sum() + problem.open_cost[opened].sum())
    load = np.bincount(school_of, weights=problem.pupils, minlength=problem.size[1])
    if problem.shortfall_price is not None and problem.least_pupils is not None:
        total += problem.shortfall_price * float(np.maximum(problem.least_pupils - load, 0)[opened].sum())
    if problem.bed_price is not None and problem.boarders is not None and problem.beds is not None:
        away = problem.boarders[np.arange(len(school_of)), school_of]
        board = np.bincount(school_of, weights=away, minlength=problem.size[1])
        total += problem.bed_price * float(np.maximum(board - problem.beds, 0)[opened].sum())
    return total
