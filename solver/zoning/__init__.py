"""
Zoning 划片: the zone of which school each settlement joins, every school staying open.

Sets        v settlements, s schools
Data        n[v] pupils, q[s] places, t[v,s] minutes, e[s] beds, b[v,s] boarders, w yuan a pupil-minute
Choose      x[v,s] in {0,1}, 1 when v joins the zone of s
Minimise    w sum n[v] t[v,s] x[v,s], plus the prices of moved pupils and of rules held soft; yuan a year
Subject to  (1) every settlement joins one school       (2) no school is over its places
            (4) trips keep to their limits or pupils board  (5) boarders have beds
            (6) every zone is connected and holds its school's settlement   (12) pins, bans and orders

The mathematics is in ``solver.areas`` (the service area problem); consolidation is the same with schools free to close.

Source: Kong (2021), Hybrid algorithm for the service area problem, ISPRS IJGI 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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
    """Find the cheapest zones with every school open that is not closed by order; ``start`` as in ``answer.solve``."""
    return answer.solve(replace(layout, keep=~layout.close), limits, report, should_stop, start)


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
    return answer.adjust(
        replace(layout, keep=~layout.close),
        school_of,
        opened,
        pinned,
        seconds=seconds,
        seed=seed,
        should_stop=should_stop,
    )
