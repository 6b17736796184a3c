"""
From a district and a scenario to a plan: the whole chain as one plain function.

    norms -> forecast -> places -> trips and neighbours -> layout -> solve -> judge -> explain -> school buses ->
    plan document

It needs no server and no database, so that a test or a notebook may call it.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping

import numpy as np

from app.cases.plan_document import AdjustedPlan, HandCheck, PlanDocument
from app.cases.scenario import OpenChoice, Scenario
from app.jobs import desk, wording
from app.jobs.ways import Roads
from data.domain.district import District
from solver import consolidation, zoning
from solver.areas import explain
from solver.areas.answer import LayoutPlan
from solver.plan import Limits, Report, ShouldStop, Status, never_stop, report_nothing

CLASH_SECONDS = 10.0
"""At most this long is spent on finding single rules without which a plan exists."""


def plan_district(
    district: District,
    scenario: Scenario,
    *,
    dataset_hash: str,
    standing: Mapping[str, str] | None = None,
    roads: Roads | None = None,
    report: Report = report_nothing,
    should_stop: ShouldStop = never_stop,
) -> PlanDocument:
    """
    Plan one stage of one district for one year.

    Parameters
    ----------
    standing
        School id by settlement id of the plan to start from; moved pupils are then counted against it, otherwise
        against today's zones.
    roads
        The dataset's road network; without it minutes are straight-line estimates, and the plan says so.

    Raises
    ------
    PlanningError
        When the scenario and the figures do not fit together. That no plan exists is an answer, not an error.
    """
    asked = desk.lay_out(district, scenario, standing, roads)
    order = scenario.solve
    limits = Limits(order.seconds, order.seed, order.workers, order.deterministic, order.gap)
    model = zoning if scenario.open_choice is OpenChoice.ALL else consolidation
    start = asked.start() if standing or asked.has_zones_today else None
    answer = model.solve(asked.layout, limits, report, should_stop, start)
    return _document(asked, answer, dataset_hash)


def laid_out_as(
    document: PlanDocument, district: District, scenario: Scenario, roads: Roads | None = None
) -> desk.Asked:
    """Lay a scenario out as it was for a plan: pupils moved are counted against the zones that the plan began with."""
    zones = {row.id: row.school_today for row in document.settlements if row.school_today is not None}
    return desk.lay_out(district, scenario, zones, roads)


def assignment_of(document: PlanDocument) -> dict[str, str]:
    """Give the school of each settlement that a plan sends to one."""
    return {row.id: row.school for row in document.settlements if row.school is not None}


def check_edit(asked: desk.Asked, document: PlanDocument, edit: Mapping[str, str]) -> HandCheck:
    """
    Judge a plan with another school for some settlements, by the checker alone.

    Raises
    ------
    ScenarioDoesNotFit
        When the edit names settlements or schools that are not there.
    """
    return wording.hand_check(asked, *desk.judged(asked, assignment_of(document) | dict(edit)))


def adjust_edit(asked: desk.Asked, document: PlanDocument, edit: Mapping[str, str]) -> AdjustedPlan:
    """
    Keep an edit of a plan and solve its neighbourhood again, the rest of the plan as it is; raises as ``check_edit``.

    It takes about as long as ``local.SECONDS``.
    """
    before = desk.placed(asked, assignment_of(document))
    wanted, _ = desk.placed(asked, edit)
    pinned = {v: s for v, s in enumerate(wanted) if s != desk.NOBODY}
    model = zoning if asked.scenario.open_choice is OpenChoice.ALL else consolidation
    adjusted = model.adjust(asked.layout, np.array(before[0]), np.array(before[1]), pinned)
    return wording.adjusted_plan(asked, before, adjusted, pinned)


def judge_assignment(
    district: District,
    scenario: Scenario,
    assignment: Mapping[str, str],
    *,
    dataset_hash: str,
    roads: Roads | None = None,
) -> PlanDocument:
    """
    Judge a plan made by hand: school id by settlement id; schools that nobody joins are closed unless kept.

    The answer is a plan document without a bound, whose broken rules and cost come from the checker alone.
    """
    asked = desk.lay_out(district, scenario, None, roads)
    return wording.document_of_hand(asked, desk.judged(asked, assignment), dataset_hash, _versions())


def _document(asked: desk.Asked, answer: LayoutPlan, dataset_hash: str) -> PlanDocument:
    status = answer.certificate.status
    why = wording.Why()
    if status in (Status.INFEASIBLE, Status.UNKNOWN):
        why = _why_none(asked, answer)
    else:
        why = wording.Why(necessary=_necessary(asked, answer))
    return wording.document(asked, answer, why, dataset_hash, _versions())


def _necessary(asked: desk.Asked, answer: LayoutPlan) -> dict[int, tuple[int, ...]]:
    """Name, for each school that stays open, the settlements that cannot do without it."""
    if answer.opened is None:
        return {}
    found = {s: explain.necessary_for(asked.layout, s) for s, is_open in enumerate(answer.opened.tolist()) if is_open}
    return {s: settlements for s, settlements in found.items() if settlements}


def _why_none(asked: desk.Asked, answer: LayoutPlan) -> wording.Why:
    """Say who cannot be served; where single settlements do not explain it, which rules clash."""
    left = explain.unserved(asked.layout)
    blocked = explain.unopenable(asked.layout)
    crowd = None if left or blocked else explain.crowd(asked.layout)
    loose: tuple[explain.Relaxation, ...] = ()
    if not (left or blocked or crowd):
        loose = explain.relaxations(asked.layout, CLASH_SECONDS, answer.certificate.seed)
    return wording.Why(left=left, blocked=blocked, crowd=crowd, relaxations=loose)


def _versions() -> dict[str, str]:
    from importlib.metadata import version  # noqa: PLC0415

    return {"junheng": version("junheng"), "python": platform.python_version()}
