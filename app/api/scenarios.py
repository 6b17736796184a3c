"""Scenarios: questions to a dataset, stored and immutable."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from app.api import doc
from app.api.dependencies import Planner, Reader, Reading, Writing, signed_in
from app.cases.scenario import Scenario
from app.cases.strict import Strict
from app.db import datasets, scenarios
from app.db.models import ScenarioRow

router = APIRouter(prefix="/api/scenarios", tags=["scenarios"], dependencies=[Depends(signed_in)])


class ScenarioOrder(Strict):
    """A scenario to store on a dataset."""

    dataset_id: str
    scenario: Scenario


class ScenarioOut(BaseModel):
    """A stored scenario."""

    id: str
    dataset_id: str
    division: str
    created_at: datetime
    created_by: str
    scenario: Scenario


def scenario_out(row: ScenarioRow) -> ScenarioOut:
    """Write a stored scenario."""
    return ScenarioOut(
        id=row.id,
        dataset_id=row.dataset_id,
        division=row.division,
        created_at=row.created_at,
        created_by=row.created_by,
        scenario=Scenario.model_validate(row.document),
    )


@router.post("", status_code=201, summary="Store a scenario", responses=doc.NAMES_WHAT_IS_NOT_THERE)
def store_scenario(order: ScenarioOrder, identity: Planner, session: Writing, response: Response) -> ScenarioOut:
    """Store a scenario on a dataset."""
    dataset = datasets.get(session, order.dataset_id, identity.scope)
    row = scenarios.store(session, dataset, order.scenario, identity.actor)
    response.headers["Location"] = f"/api/scenarios/{row.id}"
    return scenario_out(row)


@router.get("", summary="List scenarios")
def list_scenarios(
    identity: Reader, session: Reading, dataset_id: Annotated[str | None, Query()] = None
) -> list[ScenarioOut]:
    """List scenarios, newest first."""
    return [scenario_out(row) for row in scenarios.newest(session, identity.scope, dataset_id=dataset_id)]


@router.get("/{scenario_id}", summary="Read a scenario")
def read_scenario(scenario_id: str, identity: Reader, session: Reading) -> ScenarioOut:
    """Read what a scenario asks."""
    return scenario_out(scenarios.get(session, scenario_id, identity.scope))
