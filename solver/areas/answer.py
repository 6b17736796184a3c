"""A layout solved, and the answer judged in the planner's terms before anyone sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from solver.areas import judge, layout, reach
from solver.areas import solve as core
from solver.areas.judge import Judgement
from solver.areas.layout import Layout
from solver.areas.problem import NOBODY, Bools, Ints
from solver.errors import UnlawfulPlan
from solver.plan import Certificate, Limits, Report, ShouldStop


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
    """

    layout: Layout
    certificate: Certificate
    school_of: Ints | None
    opened: Bools | None
    judgement: Judgement | None


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
    plan = core.solve(layout.problem_of(small), limits, report, should_stop, _start(small, kept, start))
    if plan.school_of is None or plan.opened is None:
        return LayoutPlan(asked, plan.certificate, None, None, None)
    school_of = np.full(len(asked.settlement_ids), NOBODY, np.int64)
    school_of[kept] = plan.school_of
    judgement = judge.judge(asked, school_of.tolist(), plan.opened.tolist())
    _refuse_unlawful(judgement, plan.certificate)
    certificate = replace(plan.certificate, parts=judgement.parts)
    return LayoutPlan(asked, certificate, school_of, plan.opened, judgement)


def _start(small: Layout, kept: Ints, start: Ints | None) -> tuple[Ints, Bools] | None:
    if start is None:
        return None
    school_of = start[kept]
    opened = np.zeros(len(small.school_ids), dtype=bool)
    opened[np.unique(school_of[school_of >= 0])] = True
    return school_of, opened


def _refuse_unlawful(judgement: Judgement, certificate: Certificate) -> None:
    faults = [f"{b.rule}: school {b.school}, settlements {b.settlements[:5]}" for b in judgement.broken if b.hard]
    if sum(judgement.parts.values()) != certificate.objective:
        faults.append(f"the checker counts {sum(judgement.parts.values())}, the search {certificate.objective}")
    if faults:
        raise UnlawfulPlan(faults[:5])
