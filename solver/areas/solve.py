"""
One solve of a service-area problem: narrow, bound, construct, improve, prove.

Order of work, each part with what it is for:

1. ``reach.narrow`` removes pairs that no plan can use; it alone proves many impossible problems impossible.
2. ``dual.ascend`` gives a first bound, and says which schools are worth opening.
3. ``begin`` constructs a first lawful plan, or mends a given one (``repair``).
4. ``improve`` anneals (``search``), mixes zones seen (``pool``) and re-solves neighbourhoods of a few near schools with
   all their settlements (``exact``).
5. ``proof``, on a second core, branches on which schools are open (``tree``) and solves exactly what the bounds leave.

Small problems go to the exact model at once.
"""

from __future__ import annotations

import numpy as np

from solver import run
from solver.areas import begin, check, dual, exact, improve, proof, reach
from solver.areas.pool import Pool
from solver.areas.problem import AreaPlan, AreaProblem, Bools, Ints
from solver.areas.search import Desk, Found
from solver.areas.tree import Choices
from solver.areas.work import Work
from solver.errors import UnlawfulPlan
from solver.plan import DEFAULT_LIMITS, Certificate, Limits, Report, ShouldStop, Status, never_stop
from solver.plan import report_nothing as silent

METHOD = "annealing + neighbourhoods + Lagrangian bound"

SMALL_PAIRS = 400
"""Problems with at most this many pairs are solved by the exact model alone."""

FIRST_STEPS, LATER_STEPS = 300, 1_500
"""Steps of the bound before there is a plan, and towards its cost."""

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
    proof.offer_plan(work, problem, result)
    proof.take_bound(work, result)
    if result.proved and work.best is None:
        return _answer(work, Status.INFEASIBLE)
    return _answer(work, None)


def _solve_large(work: Work, problem: AreaProblem, start: tuple[Ints, Bools] | None) -> AreaPlan:
    guide = dual.ascend(problem, steps=FIRST_STEPS, should_stop=lambda: work.past(0.1))
    if guide.bound == np.inf:  # no choice of schools is allowed
        return _answer(work, Status.INFEASIBLE)
    work.raise_bound(guide.bound, "bound")
    number = float(guide.open_share.sum())
    desk = Desk(problem, work.limits.seed, guide.bound, number)
    begin.first_plan(work, desk, guide, start)
    if work.best is not None:
        guide = dual.ascend(
            problem, steps=LATER_STEPS, target=work.best.cost, start=guide.prices, should_stop=lambda: work.past(0.25)
        )
        work.raise_bound(min(guide.bound, work.best.cost), "bound")
    zones, choices = Pool(problem), Choices()
    improver = improve.Improver(work, desk, guide, zones, choices)
    scouting = Desk(problem, work.limits.seed + 1, guide.bound, number)
    scout = improve.Improver(work, scouting, guide, zones, choices)
    whole = proof.Proof(work, problem, guide, choices, meanwhile=scout.turn)
    if work.limits.deterministic:
        whole.branch()
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
