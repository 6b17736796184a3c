"""Making a lawful plan cheaper: annealing afresh and from the best, mixing zones, exact neighbourhoods."""

from __future__ import annotations

import numpy as np

from solver.areas import begin, dual, exact, proof, reach
from solver.areas.dual import Dual
from solver.areas.exact import Exact
from solver.areas.pool import Pool
from solver.areas.problem import AreaProblem, Ints
from solver.areas.search import Desk, Found
from solver.areas.tree import Choices
from solver.areas.work import Work

FIRST_PAIRS = 300
FEWEST_PAIRS = 150
"""Pairs of a neighbourhood: the size in use grows with every proof and shrinks with every time-out."""

NEIGHBOURHOOD_SECONDS = 0.3
NEIGHBOURHOOD_NODES = 30
NEIGHBOURHOOD_ROUNDS = 5
NEIGHBOURHOODS_IN_VAIN = 6
DUAL_STEPS = 60

ANNEALS_A_ROUND = 4
FEWEST_STEPS, STEPS_A_SETTLEMENT, MOST_STEPS = 500_000, 3_000, 6_000_000
FRESH_HEAT, COLD = 1.0, 0.03
WARM_HEATS = (0.05, 0.1, 0.3, 1.0)
MOST_FRESH = 1_500
"""Up to this many settlements every other anneal begins afresh; in larger districts one would not come far enough."""

MOST_GOOD, BEST_SHARE = 8, 0.5
"""So many good plans are kept; the best of all is improved this share of the time."""

MIX_SECONDS = 2.0
MIX_NODES = 200


class Improver:
    """
    The rounds of improvement on one problem.

    Parameters
    ----------
    work, desk, guide
        The solve, its search state, and the bound's prices and shares.
    zones, choices
        Zones of plans seen so far, and choices of open schools to try.
    """

    def __init__(self, work: Work, desk: Desk, guide: Dual, zones: Pool, choices: Choices) -> None:
        self._work, self._desk, self._guide, self._zones, self._choices = work, desk, guide, zones, choices
        self._pairs, self._known = float(FIRST_PAIRS), 0
        self._good: list[Found] = []
        self._nearness = _nearness(desk.problem)
        self._steps = min(max(STEPS_A_SETTLEMENT * desk.problem.size[0], FEWEST_STEPS), MOST_STEPS)

    def round(self) -> None:
        """Do one round: anneals afresh and from the best, a mixture of all zones seen, neighbourhoods."""
        for step in [self.anneal_afresh, self._anneal_on] * (ANNEALS_A_ROUND // 2):
            if not self._work.over():
                step()
        self._mix()
        vain = 0
        while vain < NEIGHBOURHOODS_IN_VAIN and not self._work.over():
            vain = 0 if self._neighbourhood() else vain + 1

    def turn(self) -> None:
        """Do a part of a round: one anneal afresh, and neighbourhoods until one brings nothing."""
        self.anneal_afresh()
        while not self._work.over() and self._neighbourhood():
            pass

    def anneal_afresh(self) -> None:
        """Anneal from a new start: zones grown from a choice of schools with a low bound."""
        if self._desk.problem.size[0] > MOST_FRESH:
            return self._anneal_on()
        ceiling = np.inf if self._work.best is None else self._work.best.cost
        choice = self._choices.take(ceiling)
        opened, full = choice if choice is not None else (None, False)
        begin.begin_anew(self._desk, self._guide, opened)
        return self._anneal(FRESH_HEAT, exchange=not full)

    def _anneal_on(self) -> None:
        """Anneal from the best plan: mostly warm, sometimes hot enough to forget it."""
        if self._work.best is not None:
            self._desk.put(self._work.best.school_of, self._work.best.opened)
        self._anneal(float(self._desk.random().choice(WARM_HEATS)))

    def _anneal(self, hot: float, *, exchange: bool = True) -> None:
        found = self._desk.anneal(self._steps, hot, COLD, None, self._work.over, exchange=exchange)
        if found is not None:
            self._keep(found, "search")

    def _mix(self) -> None:
        """Put the best plan together of all zones seen, where there are new ones."""
        work = self._work
        if work.best is None or work.over() or len(self._zones) == self._known:
            return
        self._zones.add(work.best)
        self._known = len(self._zones)
        steps = work.limits.deterministic
        seconds = work.left() if steps else min(MIX_SECONDS, work.left())
        work.offer(self._zones.mix(work.best, seconds, MIX_NODES if steps else None, work.over), "mixture")

    def _neighbourhood(self) -> bool:
        """
        Re-solve a few near schools and all settlements of their zones, the rest of a good plan as it is.

        Tells whether that plan became cheaper.
        """
        best = self._good_plan()
        if best is None:
            return False
        schools = self._near_schools(best)
        settlements = np.flatnonzero(np.isin(best.school_of, schools))
        part = reach.narrow(exact.part_of(self._desk.problem, settlements, schools, best.opened))
        if part.infeasible:
            return False
        inside = np.searchsorted(schools, best.school_of[settlements])
        begun = Found(inside, best.opened[schools], cost_of(part.problem, inside, best.opened[schools]))
        result = self._solve_part(part.problem, begun, self._guide.prices[settlements])
        self._pairs = max(FEWEST_PAIRS, self._pairs * (1.08 if result.proved else 0.8))
        if result.school_of is not None and result.opened is not None:
            school_of, opened = best.school_of.copy(), best.opened.copy()
            school_of[settlements], opened[schools] = schools[result.school_of], result.opened
            gain = begun.cost - cost_of(part.problem, result.school_of, result.opened)
            if gain > 0.5:
                self._keep(Found(school_of, opened, best.cost - gain), "neighbourhood", best)
                return True
        return False

    def _keep(self, found: Found, phase: str, instead_of: Found | None = None) -> None:
        """Offer a plan, add its zones to those seen, and keep it among the good ones."""
        self._work.offer(found, phase)
        self._zones.add(found)
        others = [f for f in self._good if f is not instead_of and not np.array_equal(f.school_of, found.school_of)]
        self._good = sorted([*others, found], key=lambda f: f.cost)[:MOST_GOOD]

    def _good_plan(self) -> Found | None:
        """Draw a plan to improve: the best half of the time, else one of the good ones."""
        if not self._good or self._desk.random().random() < BEST_SHARE:
            return self._work.best
        return self._good[int(len(self._good) * self._desk.random().random() ** 2)]

    def _near_schools(self, plan: Found) -> Ints:
        """Draw a school and its nearest, open ones and ones worth opening, up to the size in use."""
        problem, random = self._desk.problem, self._desk.random()
        centre = int(random.choice(np.flatnonzero(plan.opened)))
        zone_size = np.bincount(plan.school_of, minlength=problem.size[1])
        worth = plan.opened | ((self._guide.open_share > 0.02) & ~problem.must_close)
        closeness = self._nearness.T @ self._nearness[:, centre]
        order = np.argsort(-closeness * (1.0 + 0.2 * random.random(problem.size[1])), kind="stable")
        limit = float(random.uniform(0.4, 1.6)) * self._pairs
        chosen, settlements = [centre], int(zone_size[centre])
        for s in order:
            if s == centre or not worth[s]:
                continue
            if (settlements + zone_size[s]) * (len(chosen) + 1) > limit:
                break
            chosen.append(int(s))
            settlements += int(zone_size[s])
        return np.array(sorted(chosen), dtype=np.int64)

    def _solve_part(self, part: AreaProblem, begun: Found, prices: np.ndarray) -> Exact:
        """Solve a part exactly, less the pairs that its own bound rules out."""
        work = self._work
        local = dual.ascend(part, steps=DUAL_STEPS, target=begun.cost, start=prices)
        if local.bound >= begun.cost - 1.0:
            return Exact(True, begun.cost)
        lean = reach.narrow(proof.without_needless_pairs(part, local, begun))
        if lean.infeasible:
            return Exact(True, begun.cost)
        steps = work.limits.deterministic
        return exact.solve(
            lean.problem,
            seconds=work.left() if steps else min(NEIGHBOURHOOD_SECONDS, work.left()),
            start=(begun.school_of, begun.opened),
            seed=work.limits.seed,
            max_nodes=NEIGHBOURHOOD_NODES if steps else None,
            max_rounds=NEIGHBOURHOOD_ROUNDS if steps else None,
            should_stop=work.over,
        )


def _nearness(problem: AreaProblem) -> np.ndarray:
    """Give shape (V, S): near 1 where a settlement joins cheaply, 0 where it may not join."""
    usual = float(problem.cost.mean(where=problem.allowed)) * float(problem.allowed.mean())
    return np.where(problem.allowed, 1.0 / (1.0 + problem.cost / (1.0 + usual)), 0.0).astype(np.float32)


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
