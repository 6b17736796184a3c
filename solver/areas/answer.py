"""A layout solved, and the answer judged in the planner's terms before anyone sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from solver.areas import judge, layout, reach, repair
from solver.areas import solve as core
from solver.areas.judge import Judgement
from solver.areas.layout import Layout
from solver.areas.problem import NOBODY, AreaProblem, Bools, Ints
from solver.areas.repair import Mended, Repair
from solver.errors import UnlawfulPlan
from solver.plan import Certificate, Limits, Progress, Report, ShouldStop

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
    repairs = None if mended is None else tuple(_on_all_land(change, kept) for change in mended.changes)
    if plan.school_of is None or plan.opened is None:
        return LayoutPlan(asked, certificate, None, None, None, given is not None, repairs)
    school_of = np.full(len(asked.settlement_ids), NOBODY, np.int64)
    school_of[kept] = plan.school_of
    judgement = judge.judge(asked, school_of.tolist(), plan.opened.tolist())
    _refuse_unlawful(judgement, certificate)
    certificate = replace(certificate, parts=judgement.parts)
    return LayoutPlan(asked, certificate, school_of, plan.opened, judgement, given is not None, repairs)


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


def _on_all_land(change: Repair, kept: Ints) -> Repair:
    return change if change.settlement is None else replace(change, settlement=int(kept[change.settlement]))


def _refuse_unlawful(judgement: Judgement, certificate: Certificate) -> None:
    faults = [f"{b.rule}: school {b.school}, settlements {b.settlements[:5]}" for b in judgement.broken if b.hard]
    if sum(judgement.parts.values()) != certificate.objective:
        faults.append(f"the checker counts {sum(judgement.parts.values())}, the search {certificate.objective}")
    if faults:
        raise UnlawfulPlan(faults[:5])
