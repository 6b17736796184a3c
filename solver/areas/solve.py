"""
One solve of a service-area problem: narrow, bound, construct, improve, prove.

Order of work, each part with what it is for:

1. ``reach.narrow`` removes pairs that no plan can use; it alone proves many impossible problems impossible.
2. ``dual.ascend`` gives a first bound, and says which schools are worth opening.
3. ``search`` and ``repair`` construct a lawful plan and anneal the borders of its zones.
4. ``exact`` re-solves neighbourhoods of a few near schools with all their settlements (large neighbourhood search).
5. ``exact`` on the whole problem, less the pairs that the bound rules out, proves what is left, on a second core.

Small problems go to the exact model at once.
"""

from __future__ import annotations

import numpy as np

from solver import run
from solver.areas import check, dual, exact, improve, proof, reach, repair
from solver.areas.dual import Dual
from solver.areas.exact import Exact
from solver.areas.problem import NOBODY, AreaPlan, AreaProblem, Bools, Ints
from solver.areas.search import Desk, Found
from solver.areas.work import Work
from solver.errors import UnlawfulPlan
from solver.plan import DEFAULT_LIMITS, Certificate, Limits, Report, ShouldStop, Status, never_stop
from solver.plan import report_nothing as silent

METHOD = "annealing + neighbourhoods + Lagrangian bound"

SPARE_PLACES = 0.1
"""The first plan opens schools until this share of places is to spare; closing them again is quick."""

SMALL_PAIRS = 400
"""Problems with at most this many pairs are solved by the exact model alone."""

DETERMINISTIC_ROUNDS = 5


def solve(
    problem: AreaProblem,
    limits: Limits = DEFAULT_LIMITS,
    report: Report = silent,
    should_stop: ShouldStop = never_stop,
    start: tuple[Ints, Bools] | None = None,
) -> AreaPlan:
    """
    Find the cheapest plan that the time allows, with a proved bound.

    Parameters
    ----------
    start
        A plan to start from (assignment, open schools), lawful or not: what breaks a rule is repaired.
    """
    work = Work(problem, limits, report, should_stop)
    reached = reach.narrow(problem)
    if reached.infeasible or reach.crowd(reached.problem) is not None:
        return _answer(work, Status.INFEASIBLE)
    if len(problem.settlement_ids) == 0:
        work.offer(_cheapest_empty(problem), "construct")
        work.raise_bound(0.0 if work.best is None else work.best.cost, "proof")
        return _answer(work, Status.OPTIMAL)
    if reached.problem.allowed.sum() <= SMALL_PAIRS:
        return _solve_small(work, reached.problem)
    return _solve_large(work, reached.problem, start)


def _cheapest_empty(problem: AreaProblem) -> Found:
    opened = problem.must_open.copy()
    return Found(np.zeros(0, np.int64), opened, float(problem.open_cost[opened].sum()))


def _solve_small(work: Work, problem: AreaProblem) -> AreaPlan:
    result = exact.solve(problem, seconds=work.left(), workers=1, seed=work.limits.seed, should_stop=work.over)
    _take(work, result, problem)
    if result.proved and work.best is None:
        return _answer(work, Status.INFEASIBLE)
    return _answer(work, None)


def _solve_large(work: Work, problem: AreaProblem, start: tuple[Ints, Bools] | None) -> AreaPlan:
    guide = dual.ascend(problem, steps=300, should_stop=lambda: work.past(0.2))
    work.raise_bound(guide.bound, "bound")
    desk = Desk(problem, work.limits.seed, guide.bound)
    _construct(work, desk, guide, start)
    if work.best is not None:
        guide = dual.ascend(
            problem, steps=400, target=work.best.cost, start=guide.prices, should_stop=lambda: work.past(0.5)
        )
        work.raise_bound(guide.bound, "bound")
    whole, improver = proof.Proof(work, problem, guide), improve.Improver(work, desk, guide)
    if work.limits.deterministic:
        for _ in range(DETERMINISTIC_ROUNDS):
            if work.over():
                break
            improver.round()
        whole.run()
    else:
        whole.begin()
        while not work.over():
            improver.round()
        whole.end()
    return _answer(work, Status.INFEASIBLE if work.best is None and whole.infeasible else None)


def _construct(work: Work, desk: Desk, guide: Dual, start: tuple[Ints, Bools] | None) -> None:
    """Make a first lawful plan: from a given one, else from the schools that the bound wants open."""
    problem = desk.problem
    steps = max(1_000_000, 1_500 * problem.size[0])
    if start is not None:
        school_of, opened = start
        desk.put(school_of, (opened | problem.must_open) & ~problem.must_close)
        repair.drop_cut_off_pieces(desk)
    else:
        desk.put(np.full(problem.size[0], NOBODY, np.int64), _promising(problem, guide))
    attempt = 0
    while not work.over():
        desk.grow()
        repair.open_ways(desk, 20 + 2 * problem.size[0])
        _keep_number_open(desk, guide)
        hot = 0.02 if start is not None and attempt == 0 else 3.0
        work.offer(desk.anneal(steps, hot, 0.03, work.best, work.over), "construct")
        if work.best is not None:
            return
        _open_another(desk, guide)
        steps = min(steps * 5 // 4, 10_000_000)
        attempt += 1
        if work.limits.deterministic and attempt >= DETERMINISTIC_ROUNDS:
            return


def _promising(problem: AreaProblem, guide: Dual) -> Bools:
    """Open what the bound opens most, until the places hold the pupils with a little to spare."""
    opened = problem.must_open.copy()
    need = (1.0 + SPARE_PLACES) * float(problem.pupils.sum())
    for s in np.argsort(-guide.open_share, kind="stable"):
        enough = problem.places[opened].sum() >= need and opened.sum() >= problem.open_at_least
        if opened.sum() >= problem.most_open or (enough and guide.open_share[s] < 0.5):
            break
        if not problem.must_close[s]:
            opened[s] = True
    return opened


def _keep_number_open(desk: Desk, guide: Dual) -> None:
    """Close what is least wanted while more schools are open than may be."""
    problem = desk.problem
    for s in np.argsort(guide.open_share, kind="stable"):
        if desk.is_open.sum() <= problem.most_open:
            return
        if desk.is_open[s] and not problem.must_open[s]:
            desk.close(int(s))


def _open_another(desk: Desk, guide: Dual) -> None:
    """Open one more school where the bounds on their number permit, else begin again from another draw."""
    problem = desk.problem
    closed = np.flatnonzero(~desk.is_open & ~problem.must_close)
    if len(closed) and desk.is_open.sum() < problem.most_open:
        weight = guide.open_share[closed] + 0.05
        desk.open(int(desk.random().choice(closed, p=weight / weight.sum())))
        return
    desk.put(np.full(problem.size[0], NOBODY, np.int64), _promising(problem, guide))


def _take(work: Work, result: Exact, problem: AreaProblem) -> None:
    if result.school_of is not None and result.opened is not None:
        cost = float(sum(check.parts(problem, result.school_of.tolist(), result.opened.tolist()).values()))
        work.offer(Found(result.school_of, result.opened, cost), "proof")
    proof.take_bound(work, result)


def _answer(work: Work, status: Status | None) -> AreaPlan:
    """Judge the best plan by the independent checker and write its certificate."""
    best, limits = work.best, work.limits
    parts: dict[str, int] = {}
    if best is not None:
        school_of, opened = best.school_of.tolist(), best.opened.tolist()
        broken = list(check.breaches(work.problem, school_of, opened))
        if broken:
            raise UnlawfulPlan([f"{b.rule} {b.school} {b.settlements[:5]}" for b in broken[:5]])
        parts = check.parts(work.problem, school_of, opened)
    objective = sum(parts.values()) if best is not None else None
    bound = None if not np.isfinite(work.bound) else int(work.bound)
    if bound is not None and objective is not None:
        bound = min(bound, objective)
    if status is None:
        status = _status(objective, bound)
    certificate = Certificate(
        status=status,
        objective=objective,
        bound=None if status is Status.INFEASIBLE else bound,
        seed=limits.seed,
        seconds=round(work.seconds, 3),
        method=f"junheng {METHOD}; {run.version()}",
        parts=parts,
        deterministic=limits.deterministic,
        stopped=work.stopped,
    )
    if best is None:
        return AreaPlan(certificate, history=tuple(work.history))
    return AreaPlan(certificate, best.school_of, best.opened, tuple(work.history))


def _status(objective: int | None, bound: int | None) -> Status:
    if objective is None:
        return Status.UNKNOWN
    if bound is not None and objective - bound <= run.SAFETY * max(abs(objective), 1):
        return Status.OPTIMAL
    return Status.FEASIBLE
