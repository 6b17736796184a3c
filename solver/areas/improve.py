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

FIRST_PAIRS = 600
FEWEST_PAIRS = 150
"""Pairs of a neighbourhood: the size in use grows with every proof and shrinks with every time-out."""

NEIGHBOURHOOD_SECONDS = 1.0
NEIGHBOURHOOD_NODES = 30
NEIGHBOURHOOD_ROUNDS = 5
NEIGHBOURHOODS_A_ROUND = 6
DUAL_STEPS = 60

ANNEALS_A_ROUND = 4
FEWEST_STEPS, STEPS_A_SETTLEMENT, MOST_STEPS = 500_000, 3_000, 6_000_000
FRESH_HEAT, COLD = 1.0, 0.03
WARM_HEATS = (0.05, 0.1, 0.3, 1.0)
MOST_FRESH = 1_500
"""Up to this many settlements every other anneal begins afresh; in larger districts one would not come far enough."""

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
        self._steps = min(max(STEPS_A_SETTLEMENT * desk.problem.size[0], FEWEST_STEPS), MOST_STEPS)

    def round(self) -> None:
        """Do one round: anneals afresh and from the best, a mixture of all zones seen, neighbourhoods."""
        for step in [self.anneal_afresh, self._anneal_on] * (ANNEALS_A_ROUND // 2):
            if not self._work.over():
                step()
        self._mix()
        for _ in range(NEIGHBOURHOODS_A_ROUND):
            if not self._work.over():
                self._neighbourhood()

    def anneal_afresh(self) -> None:
        """Anneal from a new start: zones grown from a choice of schools with a low bound."""
        if self._desk.problem.size[0] > MOST_FRESH:
            return self._anneal_on()
        begin.begin_anew(self._desk, self._guide, self._choices.take())
        return self._anneal(FRESH_HEAT)

    def _anneal_on(self) -> None:
        """Anneal from the best plan: mostly warm, sometimes hot enough to forget it."""
        if self._work.best is not None:
            self._desk.put(self._work.best.school_of, self._work.best.opened)
        self._anneal(float(self._desk.random().choice(WARM_HEATS)))

    def _anneal(self, hot: float) -> None:
        found = self._desk.anneal(self._steps, hot, COLD, None, self._work.over)
        if found is not None:
            self._zones.add(found)
            self._work.offer(found, "search")

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
        begun = Found(inside, best.opened[schools], cost_of(part.problem, inside, best.opened[schools]))
        result = self._solve_part(part.problem, begun, self._guide.prices[settlements])
        if result is None:
            return
        self._pairs = max(FEWEST_PAIRS, self._pairs * (1.08 if result.proved else 0.8))
        if result.school_of is not None and result.opened is not None:
            school_of, opened = best.school_of.copy(), best.opened.copy()
            school_of[settlements], opened[schools] = schools[result.school_of], result.opened
            gain = begun.cost - cost_of(part.problem, result.school_of, result.opened)
            if work.offer(Found(school_of, opened, best.cost - gain), "neighbourhood"):
                self._zones.add(Found(school_of, opened, best.cost - gain))

    def _solve_part(self, part: AreaProblem, begun: Found, prices: np.ndarray) -> Exact | None:
        """Solve a part exactly, less the pairs that its own bound rules out; ``None`` when nothing can be gained."""
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
