"""What a solver child does with an order. It reads the figures from the database itself; the parent never does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.cases.plan_document import PlanDocument
from app.cases.scenario import Scenario
from app.db import datasets, plans
from app.db.session import Database
from app.jobs import planning, watched
from data.domain.district import District
from data.domain.schools import Stage
from solver.plan import Report, ShouldStop


def answer(order: Mapping[str, Any], report: Report, should_stop: ShouldStop) -> dict[str, Any]:
    """
    Answer an order with a plan document.

    ``kind`` is ``solve``, or ``judge``: what the standing plan costs on these figures, or why it cannot be kept.

    Raises
    ------
    PlanningError
        When the figures and the scenario do not fit together.
    """
    database = Database(order["database_url"])
    with database.reading() as session:
        district = datasets.load(session, order["dataset_id"])
        dataset_hash = datasets.get(session, order["dataset_id"]).hash
        standing = None if order["standing_plan_id"] is None else plans.get(session, order["standing_plan_id"]).document
    database.close()
    scenario = Scenario.model_validate(order["scenario"])
    start_from = None if standing is None else standing_in(district, scenario.stage, standing)
    if order["kind"] == "judge" and start_from is not None:
        document = judge(district, scenario, dataset_hash, start_from, should_stop)
    else:
        document = planning.plan_district(
            district,
            scenario,
            dataset_hash=dataset_hash,
            standing=start_from,
            report=report,
            should_stop=should_stop,
        )
    return document.model_dump(mode="json")


def standing_in(district: District, stage: Stage, document: Mapping[str, Any]) -> dict[str, str]:
    """Read the school of each settlement from a standing plan, as far as both are still in the figures."""
    settlements = {settlement.id for settlement in district.settlements}
    schools = {school.id for school in district.schools if school.public}
    schools &= {site.school for site in district.sites if site.stage is stage}
    return {
        row["id"]: row["school"]
        for row in document["settlements"]
        if row["id"] in settlements and row["school"] in schools
    }


def judge(
    district: District,
    scenario: Scenario,
    dataset_hash: str,
    start_from: Mapping[str, str],
    should_stop: ShouldStop,
) -> PlanDocument:
    """
    Judge a standing plan on new figures, changes to it costing nothing: there are none.

    A plan that has a school for every settlement goes to the checker as it is. Where settlements are new, or their
    school is gone, the best is chosen for those alone.
    """
    if len(start_from) == len(district.settlements):
        return planning.judge_assignment(
            district, watched.with_price_on_change(scenario, 0), start_from, dataset_hash=dataset_hash
        )
    return planning.plan_district(
        district,
        watched.only_the_standing_plan(scenario, start_from),
        dataset_hash=dataset_hash,
        standing=start_from,
        should_stop=should_stop,
    )
