"""The first lawful plan: from a given one, or grown from the schools that the bound wants open."""

from __future__ import annotations

import numpy as np

from solver.areas import check, repair
from solver.areas.dual import Dual
from solver.areas.problem import NOBODY, AreaProblem, Bools, Ints
from solver.areas.search import Desk, Found
from solver.areas.work import Work

SPARE_PLACES = 0.1
"""The first plan opens schools until this share of places is to spare; closing them again is quick."""

FIRST_HEAT, WARM_HEAT, COLD = 1.0, 0.02, 0.03
FEWEST_STEPS, STEPS_A_SETTLEMENT, MOST_STEPS = 1_000_000, 1_500, 10_000_000
ANNEALS_AN_ATTEMPT = 4
"""A first plan is looked for by so many anneals, one after the other, before beginning again elsewhere."""

MOST_OF_THE_TIME = 0.3
"""Share of the time after which a given plan is no longer mended."""

MOST_ATTEMPTS = 5
"""In deterministic mode."""


def first_plan(work: Work, desk: Desk, guide: Dual, start: tuple[Ints, Bools] | None) -> None:
    """Make a first lawful plan: from a given one, else from the schools that the bound wants open."""
    problem = desk.problem
    steps = max(FEWEST_STEPS, STEPS_A_SETTLEMENT * problem.size[0])
    if start is not None:
        school_of, opened = _offer_mended(work, problem, start)
        desk.put(school_of, (opened | problem.must_open) & ~problem.must_close)
        repair.drop_cut_off_pieces(desk)
    else:
        desk.put(_nobody(problem), promising(problem, guide))
    attempt = 0
    while not work.over():
        desk.grow()
        repair.open_ways(desk, 20 + 2 * problem.size[0], work.over)
        _keep_number_open(desk, guide)
        work.offer(repair.as_it_stands(desk), "construct")
        hot = WARM_HEAT if start is not None and attempt == 0 else FIRST_HEAT
        for _ in range(ANNEALS_AN_ATTEMPT):
            work.offer(desk.anneal(steps, hot, COLD, work.best, work.over), "construct")
            if work.best is not None or work.over():
                return
            hot = FIRST_HEAT  # fines have been learned meanwhile
        _open_another(desk, guide)
        steps = min(steps * 5 // 4, MOST_STEPS)
        attempt += 1
        if work.limits.deterministic and attempt >= MOST_ATTEMPTS:
            return


def _offer_mended(work: Work, problem: AreaProblem, start: tuple[Ints, Bools]) -> tuple[Ints, Bools]:
    """Mend a given plan, offer it and give it; what cannot be mended is given as it is."""
    mended = repair.mend(problem, *start, work.limits.seed, lambda: work.past(MOST_OF_THE_TIME))
    if mended is None:
        return start
    cost = sum(check.parts(problem, mended.school_of.tolist(), mended.opened.tolist()).values())
    work.offer(Found(mended.school_of, mended.opened, float(cost)), "repair")
    return mended.school_of, mended.opened


def promising(problem: AreaProblem, guide: Dual) -> Bools:
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
    desk.put(_nobody(problem), promising(problem, guide))


def begin_anew(desk: Desk, guide: Dual, opened: Bools | None = None) -> None:
    """Forget the plan under way and grow zones from some schools (S,), or from those that the bound wants open."""
    problem = desk.problem
    wanted = promising(problem, guide) if opened is None else (opened | problem.must_open) & ~problem.must_close
    desk.put(_nobody(problem), wanted)
    desk.grow()
    _keep_number_open(desk, guide)


def _nobody(problem: AreaProblem) -> Ints:
    return np.full(problem.size[0], NOBODY, np.int64)
