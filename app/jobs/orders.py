"""What a child does with an order. It reads the figures from the database itself; the parent never does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.cases.plan_document import PlanDocument
from app.cases.recipe import Recipe
from app.cases.scenario import Scenario
from app.db import datasets, forecasts, plans
from app.db.models import Kind
from app.db.session import Database
from app.jobs import figures, planning, watched
from app.jobs.figures import Figures
from data.domain.district import District
from data.domain.schools import Stage
from solver.plan import Report, ShouldStop


def answer(order: Mapping[str, Any], report: Report, should_stop: ShouldStop) -> dict[str, Any]:
    """
    Answer an order with a plan document, or with a packed forecast.

    ``kind`` is ``solve``; ``judge``: what the standing plan costs on these figures, or why it cannot be kept; or
    ``forecast``.

    Raises
    ------
    PlanningError
        When the figures and the scenario or recipe do not fit together.
    """
    if order["kind"] == Kind.FORECAST:
        return _forecast(order, report, should_stop)
    return _plan(order, report, should_stop)


def _forecast(order: Mapping[str, Any], report: Report, should_stop: ShouldStop) -> dict[str, Any]:
    from app.jobs import forecasting  # noqa: PLC0415 - a solve needs none of what it imports

    with _reading(order) as session:
        district = datasets.load(session, order["dataset_id"])
        dataset_hash = datasets.get(session, order["dataset_id"]).hash
        before = order["previous_forecast_id"]
        previous = None if before is None else forecasts.load(session, before)
    document = forecasting.forecast_document(
        district,
        Recipe.model_validate(order["recipe"]),
        dataset_hash=dataset_hash,
        previous=previous,
        report=report,
        should_stop=should_stop,
    )
    return forecasts.pack(document).plain()


def _plan(order: Mapping[str, Any], report: Report, should_stop: ShouldStop) -> dict[str, Any]:
    with _reading(order) as session:
        known = figures.load(session, order["dataset_id"], Path(order["networks_dir"]), Path(order["ways_dir"]))
        standing = None if order["standing_plan_id"] is None else plans.get(session, order["standing_plan_id"]).document
    scenario = Scenario.model_validate(order["scenario"])
    start_from = None if standing is None else standing_in(known.district, scenario.stage, standing)
    if order["kind"] == "judge" and start_from is not None:
        document = judge(known, scenario, start_from, should_stop)
    else:
        document = planning.plan_district(
            known.district,
            scenario,
            dataset_hash=known.hash,
            standing=start_from,
            roads=known.roads,
            report=report,
            should_stop=should_stop,
        )
    return document.model_dump(mode="json")


@contextmanager
def _reading(order: Mapping[str, Any]) -> Iterator[Session]:
    database = Database(order["database_url"])
    with database.reading() as session:
        yield session
    database.close()


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


def judge(known: Figures, scenario: Scenario, start_from: Mapping[str, str], should_stop: ShouldStop) -> PlanDocument:
    """
    Judge a standing plan on new figures, changes to it costing nothing: there are none.

    A plan that has a school for every settlement goes to the checker as it is. Where settlements are new, or their
    school is gone, the best is chosen for those alone.
    """
    if len(start_from) == len(known.district.settlements):
        asked = watched.with_price_on_change(scenario, 0)
        return planning.judge_assignment(known.district, asked, start_from, dataset_hash=known.hash, roads=known.roads)
    return planning.plan_district(
        known.district,
        watched.only_the_standing_plan(scenario, start_from),
        dataset_hash=known.hash,
        standing=start_from,
        roads=known.roads,
        should_stop=should_stop,
    )
