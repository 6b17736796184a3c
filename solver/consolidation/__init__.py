"""
Consolidation 布局调整: which schools stay open, and whose zone each settlement joins.

Sets        v settlements, s schools
Data        as in zoning; r[s] yuan a year of keeping s open, m[s] least viable size
Choose      x[v,s] in {0,1}, y[s] in {0,1}, 1 when s stays open
Minimise    w sum n[v] t[v,s] x[v,s] + sum r[s] y[s] + prices of moved pupils and of rules held soft; yuan a year
Subject to  the rules of zoning, x[v,s] <= y[s], and
            (3) an open school has its least viable size, unless protected   (10) protected schools stay
            (12) orders to keep or close, and bounds on the number of schools

A school that some settlement cannot do without stays open by (1) and (4): ``solver.areas.explain`` names the children.
The mathematics is in ``solver.areas`` (capacitated facility location with connected service areas).

Source: Kong (2021), A matheuristic algorithm for the contiguity-constrained facility location problem.
"""

from __future__ import annotations

from collections.abc import Mapping

from solver.areas import answer, local
from solver.areas.answer import Adjusted, LayoutPlan
from solver.areas.layout import Layout
from solver.areas.problem import Bools, Ints
from solver.plan import DEFAULT_LIMITS, Limits, Report, ShouldStop, never_stop, report_nothing


def solve(
    layout: Layout,
    limits: Limits = DEFAULT_LIMITS,
    report: Report = report_nothing,
    should_stop: ShouldStop = never_stop,
    start: Ints | None = None,
) -> LayoutPlan:
    """Find the cheapest set of open schools with their zones; ``start`` as in ``answer.solve``."""
    return answer.solve(layout, limits, report, should_stop, start)


def adjust(
    layout: Layout,
    school_of: Ints,
    opened: Bools,
    pinned: Mapping[int, int],
    *,
    seconds: float = local.SECONDS,
    seed: int = 1,
    should_stop: ShouldStop = never_stop,
) -> Adjusted:
    """Keep an edit of a plan and solve its neighbourhood again; as ``answer.adjust``."""
    return answer.adjust(layout, school_of, opened, pinned, seconds=seconds, seed=seed, should_stop=should_stop)
