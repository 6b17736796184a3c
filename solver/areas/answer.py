"""A layout solved, and the answer judged in the planner's terms before anyone sees it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from solver.areas import judge, layout, local, reach, repair
from solver.areas import solve as core
from solver.areas.judge import Judgement
from solver.areas.layout import Layout
from solver.areas.local import Refusal, Resolved
from solver.areas.problem import NOBODY, AreaProblem, Bools, Ints
from solver.areas.repair import Mended, Repair
from solver.errors import UnlawfulPlan
from solver.plan import Certificate, Limits, Progress, Report, ShouldStop, never_stop

MENDING_SHARE = 0.3
"""At most this share of the time is spent on mending the plan to start from."""


@dataclass(frozen=True, slots=True, eq=False)
class LayoutPlan:
    """
    An answer about a layout.

    Attributes
    ----------
    school_of
        Shape (V,): school index, ``NOBODY`` for settlements without pupils on land that no zone reaches; ``None``
        without a plan.
    opened
        Shape (S,); ``None`` without a plan.
    judgement
        By the checker; ``None`` without a plan.
    begun
        A plan to start from was given.
    repairs
        What had to change in it before it broke no rule, empty when nothing; ``None`` where no plan was given, or no
        lawful one was found near it.
    """

    layout: Layout
    certificate: Certificate
    school_of: Ints | None
    opened: Bools | None
    judgement: Judgement | None
    begun: bool = False
    repairs: tuple[Repair, ...] | None = None


def solve(
    asked: Layout, limits: Limits, report: Report, should_stop: ShouldStop, start: Ints | None = None
) -> LayoutPlan:
    """
    Solve a layout.

    Parameters
    ----------
    start
        Shape (V,): school index of each settlement in a plan to start from, lawful or not, -1 where there is none.

    Raises
    ------
    UnlawfulPlan
        When the checker refuses the plan or counts another cost than the search: our own fault.
    """
    unreached = reach.narrow(layout.problem_of(asked)).unreached
    small, kept = layout.on_land(asked, unreached)
    problem, given = layout.problem_of(small), _start(small, kept, start)
    began = time.monotonic()
    mended = None if given is None else _mend(problem, given, limits, report, should_stop)
    spent = time.monotonic() - began
    plan = core.solve(
        problem,
        replace(limits, seconds=limits.seconds - min(spent, MENDING_SHARE * limits.seconds)),
        lambda progress: report(replace(progress, seconds=progress.seconds + spent)),
        should_stop,
        None if mended is None else (mended.school_of, mended.opened),
    )
    certificate = replace(plan.certificate, seconds=round(plan.certificate.seconds + spent, 3))
    repairs = None if mended is None else tuple(_on_all_land(asked, change, kept) for change in mended.changes)
    if plan.school_of is None or plan.opened is None:
        return LayoutPlan(asked, certificate, None, None, None, given is not None, repairs)
    school_of = np.full(len(asked.settlement_ids), NOBODY, np.int64)
    school_of[kept] = plan.school_of
    judgement = judge.judge(asked, school_of.tolist(), plan.opened.tolist())
    _refuse_unlawful(judgement, certificate.objective)
    certificate = replace(certificate, parts=judgement.parts)
    return LayoutPlan(asked, certificate, school_of, plan.opened, judgement, given is not None, repairs)


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """
    A plan with an edit kept and its neighbourhood made good, in the layout's indices; see ``local.Resolved``.

    Attributes
    ----------
    judgement
        By the checker; ``None`` with a refusal.
    """

    resolved: Resolved
    judgement: Judgement | None


def adjust(
    asked: Layout,
    school_of: Ints,
    opened: Bools,
    pinned: Mapping[int, int],
    *,
    seconds: float = local.SECONDS,
    seed: int = 1,
    should_stop: ShouldStop = never_stop,
) -> Adjusted:
    """
    Keep a planner's edit of a plan and solve its neighbourhood again, everything else as it is.

    Parameters
    ----------
    school_of, opened
        Shapes (V,) and (S,): the plan before the edit.
    pinned
        Settlement to the school that the planner insists on; one at least.

    Raises
    ------
    UnlawfulPlan
        When the checker refuses what the search made of the part: our own fault.
    """
    small, kept = layout.on_land(asked, reach.narrow(layout.problem_of(asked)).unreached)
    position = {int(v): k for k, v in enumerate(kept)}
    if (lost := next((v for v in pinned if v not in position), None)) is not None:
        cost = sum(judge.judge(asked, school_of.tolist(), opened.tolist()).parts.values())
        refusal = Refusal("contiguity", lost, pinned[lost], True)
        return Adjusted(Resolved(None, None, cost, None, None, (), (), refusal, 0.0), None)
    found = local.resolve(
        layout.problem_of(small),
        school_of[kept],
        opened,
        {position[v]: s for v, s in pinned.items()},
        seconds=seconds,
        seed=seed,
        should_stop=should_stop,
    )
    part = tuple(kept[list(found.settlements)].tolist())
    if found.school_of is None or found.opened is None:
        return Adjusted(
            replace(found, settlements=part, refusal=_refusal_on_all_land(asked, found.refusal, kept)), None
        )
    whole = school_of.copy()
    whole[kept] = found.school_of
    judgement = judge.judge(asked, whole.tolist(), found.opened.tolist())
    _refuse_unlawful(judgement, found.cost)
    return Adjusted(replace(found, school_of=whole, settlements=part), judgement)


def _refusal_on_all_land(asked: Layout, refusal: Refusal | None, kept: Ints) -> Refusal | None:
    if refusal is None or refusal.settlement is None:
        return refusal
    v = int(kept[refusal.settlement])
    rule = "no_way" if _lacks_a_way(asked, refusal.rule, v, refusal.school) else refusal.rule
    return replace(refusal, settlement=v, rule=rule)


def _start(small: Layout, kept: Ints, start: Ints | None) -> tuple[Ints, Bools] | None:
    """Give the plan to start from; schools that stay anyway are open in it, others when somebody joins them."""
    if start is None:
        return None
    school_of = start[kept]
    opened = (small.protected | small.keep) & ~small.close
    opened[school_of[school_of >= 0]] = True
    return school_of, opened


def _mend(
    problem: AreaProblem, given: tuple[Ints, Bools], limits: Limits, report: Report, should_stop: ShouldStop
) -> Mended | None:
    report(Progress(0.0, "repair", None, None))
    until = np.inf if limits.deterministic else time.monotonic() + MENDING_SHARE * limits.seconds
    return repair.mend(problem, *given, limits.seed, lambda: should_stop() or time.monotonic() > until)


def _on_all_land(asked: Layout, change: Repair, kept: Ints) -> Repair:
    if change.settlement is None:
        return change
    v = int(kept[change.settlement])
    return replace(
        change, settlement=v, rule="no_way" if _lacks_a_way(asked, change.rule, v, change.left) else change.rule
    )


def _lacks_a_way(asked: Layout, rule: str | None, v: int, s: int | None) -> bool:
    """Tell a pair without a way from one beyond the trip limit: to the core both are pairs not allowed."""
    return rule == "trip_limit" and s is not None and not layout.has_way(asked)[v, s]


def _refuse_unlawful(judgement: Judgement, cost: int | None) -> None:
    faults = [f"{b.rule}: school {b.school}, settlements {b.settlements[:5]}" for b in judgement.broken if b.hard]
    if sum(judgement.parts.values()) != cost:
        faults.append(f"the checker counts {sum(judgement.parts.values())}, the search {cost}")
    if faults:
        raise UnlawfulPlan(faults[:5])
