"""
A plan edited by hand, made good again around the edit: everything but its neighbourhood stays as it is.

The part re-solved is the schools that edited settlements leave and join, those on the way between, and the nearest
others, with all settlements of their zones. Its bound is a claim about the part alone: no plan that keeps the edits,
and leaves everything outside the part as it is, costs less.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from solver.areas import check, dual, exact, proof, reach, repair
from solver.areas.problem import NOBODY, AreaProblem, Bools, Ints
from solver.areas.reach import neighbour_matrix
from solver.areas.search import Desk, Found
from solver.errors import UnlawfulPlan
from solver.plan import ShouldStop, never_stop

SECONDS = 1.6
"""The answer comes within two seconds: a solver that is stopped takes a moment to end."""

PART_PAIRS = (1_500, 6_000)
"""Pairs of the part; the larger one where the edit does not fit into the smaller."""

MENDING_SHARE, REASON_SHARE = 0.4, 0.7
"""Shares of the time after which mending ends, and after which no larger part is tried: the reason takes time too."""

STEPS, HOT, COLD = 200_000, 0.3, 0.03
DUAL_STEPS = 100


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    Why an edit cannot be kept.

    Attributes
    ----------
    rule
        The rule in the way, named as in ``check``; ``None`` when the time ended with neither a plan nor a reason.
    settlement, school
        Indices concerned; ``None`` when the rule is about no single one.
    certain
        No plan at all keeps the edit; otherwise none was found that leaves everything outside the part as it is.
    """

    rule: str | None
    settlement: int | None
    school: int | None
    certain: bool


@dataclass(frozen=True, slots=True, eq=False)
class Resolved:
    """
    A plan with its edits kept and their neighbourhood made good, or why that cannot be.

    Attributes
    ----------
    school_of, opened
        Shapes (V,) and (S,): a plan that breaks no rule; ``None`` with a refusal.
    cost_before, cost
        Of the whole plan as given, and made good.
    bound
        No plan that keeps the edits and everything outside the part costs less.
    schools, settlements
        The part, in indices.
    """

    school_of: Ints | None
    opened: Bools | None
    cost_before: int
    cost: int | None
    bound: int | None
    schools: tuple[int, ...]
    settlements: tuple[int, ...]
    refusal: Refusal | None
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The part as a problem of its own, ``inside`` the given plan of it."""

    problem: AreaProblem
    schools: Ints
    settlements: Ints
    inside: Ints
    opened: Bools


def resolve(
    problem: AreaProblem,
    school_of: Ints,
    opened: Bools,
    pinned: Mapping[int, int],
    *,
    seconds: float = SECONDS,
    seed: int = 1,
    should_stop: ShouldStop = never_stop,
) -> Resolved:
    """
    Solve the neighbourhood of an edit again.

    Parameters
    ----------
    school_of, opened
        Shapes (V,) and (S,): the plan before the edit.
    pinned
        Settlement to the school that the planner insists on; one at least.
    """
    clock = _Clock(time.monotonic(), seconds, should_stop)
    asked, before = with_pins(problem, pinned), _cost(problem, school_of, opened)
    part, refusal = None, refused_at_once(problem, pinned)
    for pairs in PART_PAIRS if refusal is None else ():
        part = _part(asked, school_of, opened, pinned, pairs)
        found, bound = _solve(part, seed, clock)
        if found is not None:
            return _made_good(asked, school_of, opened, part, found, bound, before, clock)
        if clock.past(REASON_SHARE):
            break
    if part is not None:
        refusal = _reason(part, pinned, seed, clock)
    return Resolved(None, None, before, None, None, *_named(part), refusal, clock.spent())


@dataclass(frozen=True, slots=True)
class _Clock:
    began: float
    seconds: float
    should_stop: ShouldStop

    def spent(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.began

    def past(self, share: float) -> bool:
        """Tell whether to end: asked to, or a share of the time is used."""
        return self.should_stop() or self.spent() > share * self.seconds


def with_pins(problem: AreaProblem, pinned: Mapping[int, int]) -> AreaProblem:
    """Give the problem in which the pinned settlements may join their schools only, which are open."""
    allowed, must_open = problem.allowed.copy(), problem.must_open.copy()
    for v, s in pinned.items():
        allowed[v] = False
        allowed[v, s] = problem.allowed[v, s]
        must_open[s] = not problem.must_close[s]
    return replace(problem, allowed=allowed, must_open=must_open)


def refused_at_once(problem: AreaProblem, pinned: Mapping[int, int]) -> Refusal | None:
    """Give the first rule that an edit breaks by itself, whatever the rest of the plan is."""
    for v, s in pinned.items():
        rule = next(_broken_alone(problem, v, s), None)
        if rule is not None:
            return Refusal(rule, v, s, True)
    full = next((s for s in pinned.values() if _pinned_pupils(problem, pinned, s) > problem.places[s]), None)
    return None if full is None else Refusal("places", None, full, True)


def _broken_alone(problem: AreaProblem, v: int, s: int) -> Iterator[str]:
    if problem.must_close[s]:
        yield "must_close"
    if not problem.allowed[v, s]:
        yield "trip_limit"
    if problem.pupils[v] > problem.places[s]:
        yield "places"
    hard_beds = problem.beds is not None and problem.bed_price is None
    if hard_beds and problem.boarders is not None and problem.boarders[v, s] > problem.beds[s]:  # type: ignore[index]
        yield "beds"
    if any(problem.must_open[t] and problem.anchors[t] == (v,) for t in range(problem.size[1]) if t != s):
        yield "own_settlement"


def _pinned_pupils(problem: AreaProblem, pinned: Mapping[int, int], school: int) -> int:
    return sum(int(problem.pupils[v]) for v, s in pinned.items() if s == school)


def _part(asked: AreaProblem, school_of: Ints, opened: Bools, pinned: Mapping[int, int], pairs: int) -> _Part:
    """Choose the schools of the edit, then the nearest others while the part has at most so many pairs."""
    sizes = np.bincount(school_of[school_of != NOBODY], minlength=asked.size[1])
    chosen = _touched(asked, school_of, pinned)
    for s in _by_nearness(asked, school_of, opened, pinned, chosen):
        if (sizes[[*chosen, s]].sum()) * (len(chosen) + 1) > pairs:
            break
        chosen.append(s)
    schools = np.array(sorted(chosen), dtype=np.int64)
    inside = np.isin(school_of, schools)
    inside[list(pinned)] = True
    settlements = np.flatnonzero(inside)
    position = np.full(asked.size[1] + 1, NOBODY, np.int64)  # the last is found at NOBODY
    position[schools] = np.arange(len(schools))
    problem = exact.part_of(asked, settlements, schools, opened)
    return _Part(problem, schools, settlements, position[school_of[settlements]], opened[schools])


def _touched(asked: AreaProblem, school_of: Ints, pinned: Mapping[int, int]) -> list[int]:
    """List the schools that pinned settlements leave and join, and those whose zones lie on the way."""
    near, touched = neighbour_matrix(asked), set()
    for v, s in pinned.items():
        way = repair.chain(near, asked.allowed[:, s], school_of == s, v, asked.anchors[s]) if asked.contiguous else [v]
        touched |= {s, *school_of[way].tolist(), *school_of[list(asked.anchors[s])].tolist()}
    return sorted(touched - {NOBODY})


def _by_nearness(
    asked: AreaProblem, school_of: Ints, opened: Bools, pinned: Mapping[int, int], chosen: list[int]
) -> list[int]:
    """List the other open schools: those whose zones border the chosen first, then by cost to the edited."""
    edge = school_of[asked.neighbours.reshape(-1, 2)]
    beside = np.isin(edge, chosen).any(axis=1)
    borders = np.isin(np.arange(asked.size[1]), edge[beside])
    cost = asked.cost[list(pinned)].min(axis=0)
    others = opened & ~np.isin(np.arange(asked.size[1]), chosen)
    return [int(s) for s in np.lexsort((cost, ~borders)) if others[s]]


def _solve(part: _Part, seed: int, clock: _Clock) -> tuple[Found | None, float]:
    """Find the cheapest plan of a part and its bound; without a plan, infinite where none exists."""
    reached = reach.narrow(part.problem)
    problem = reached.problem
    if reached.infeasible or reach.crowd(problem) is not None:
        return None, np.inf
    if problem.allowed.sum() <= repair.SMALL_PAIRS:
        return _solve_exactly(problem, None, seed, clock)
    mended = repair.mend(problem, part.inside, part.opened, seed, lambda: clock.past(MENDING_SHARE))
    if mended is None:
        return None, -np.inf
    best = Found(mended.school_of, mended.opened, float(_cost(problem, mended.school_of, mended.opened)))
    desk = Desk(problem, seed, best.cost, float(best.opened.sum()))
    desk.put(best.school_of, best.opened)
    best = desk.anneal(STEPS, HOT, COLD, best, lambda: clock.past(MENDING_SHARE)) or best
    guide = dual.ascend(problem, steps=DUAL_STEPS, target=best.cost)
    lean = reach.narrow(proof.without_needless_pairs(problem, guide, best))
    if lean.infeasible:  # nothing cheaper is left
        return best, best.cost
    found, bound = _solve_exactly(lean.problem, best, seed, clock)
    return found, max(guide.bound, bound)


def _solve_exactly(problem: AreaProblem, best: Found | None, seed: int, clock: _Clock) -> tuple[Found | None, float]:
    """Solve exactly in the time left, from the best plan known; the bound is never above the better of the two."""
    result = exact.solve(
        problem,
        seconds=max(clock.seconds - clock.spent(), 0.0),
        start=None if best is None else (best.school_of, best.opened),
        seed=seed,
        should_stop=clock.should_stop,
    )
    if result.school_of is not None and result.opened is not None:
        found = Found(result.school_of, result.opened, float(_cost(problem, result.school_of, result.opened)))
        best = found if best is None or found.cost < best.cost else best
    if best is None:
        return None, result.bound
    return best, best.cost if result.proved else min(result.bound, best.cost)


def _made_good(
    asked: AreaProblem,
    school_of: Ints,
    opened: Bools,
    part: _Part,
    found: Found,
    bound: float,
    before: int,
    clock: _Clock,
) -> Resolved:
    """Put the part back; what breaks a rule outside it was broken before, and is the reason against the whole."""
    whole, is_open = school_of.copy(), opened.copy()
    whole[part.settlements], is_open[part.schools] = part.schools[found.school_of], found.opened
    broken = next(check.breaches(asked, whole.tolist(), is_open.tolist()), None)
    if broken is not None and broken.school in part.schools:
        raise UnlawfulPlan([f"{broken.rule}: school {broken.school}, settlements {broken.settlements[:5]}"])
    if broken is not None:
        refusal = Refusal(broken.rule, next(iter(broken.settlements), None), broken.school, False)
        return Resolved(None, None, before, None, None, *_named(part), refusal, clock.spent())
    cost = _cost(asked, whole, is_open)
    rounded = None if not np.isfinite(bound) else cost - int(found.cost) + int(np.ceil(bound - 1e-9))
    return Resolved(whole, is_open, before, cost, rounded, *_named(part), None, clock.spent())


def _reason(part: _Part, pinned: Mapping[int, int], seed: int, clock: _Clock) -> Refusal:
    """Say why a part has no plan: who reaches no school, or one rule without which a plan was found."""
    reached = reach.narrow(part.problem)
    if reached.unreached:
        return Refusal("contiguity", int(part.settlements[reached.unreached[0]]), None, False)
    if reached.unopenable:
        return Refusal("own_settlement", None, int(part.schools[reached.unopenable[0]]), False)
    school = next(iter(pinned.values())) if len(set(pinned.values())) == 1 else None
    if reach.crowd(reached.problem) is not None:
        return Refusal("places", None, school, False)
    for rule, loose in _without_one_rule(part.problem):
        if repair.mend(loose, part.inside, part.opened, seed, lambda: clock.past(1.0)) is not None:
            return Refusal(rule, None, school, False)
    return Refusal(None, None, school, False)


def _without_one_rule(problem: AreaProblem) -> Iterator[tuple[str, AreaProblem]]:
    yield "places", replace(problem, places=np.full_like(problem.places, problem.pupils.sum()))
    if problem.contiguous:
        yield "contiguity", replace(problem, contiguous=False)
    if problem.least_pupils is not None and problem.shortfall_price is None:
        yield "least_viable", replace(problem, shortfall_price=0)
    if problem.beds is not None and problem.bed_price is None:
        yield "beds", replace(problem, bed_price=0)
    if problem.open_at_least > 0 or problem.open_at_most is not None:
        yield "number_open", replace(problem, open_at_least=0, open_at_most=None)


def _cost(problem: AreaProblem, school_of: Ints, opened: Bools) -> int:
    return check.cost(problem, school_of.tolist(), opened.tolist())


def _named(part: _Part | None) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return ((), ()) if part is None else (tuple(part.schools.tolist()), tuple(part.settlements.tolist()))
