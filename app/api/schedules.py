"""Schedules: watched scenarios, and their drift reports."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api import doc
from app.api.dependencies import Planner, Reader, Reading, ServiceDep, Writing, signed_in
from app.api.runs import RunOut, read_now
from app.cases.strict import Strict
from app.db import plans, scenarios, schedules
from app.db.scope import Scope
from app.jobs.schedules import validate_cron

router = APIRouter(prefix="/api/schedules", tags=["schedules"], dependencies=[Depends(signed_in)])

Cron = Annotated[
    str,
    Field(
        min_length=9,
        max_length=100,
        description="Five fields: minute, hour, day of month, month, weekday.",
        examples=["30 2 * * *"],
    ),
]


class ScheduleOrder(Strict):
    """
    A scenario to watch.

    ``standing_plan_id``: the plan that each run starts from; null: the newest plan that a person asked for.
    """

    scenario_id: str
    cron: Cron
    timezone: Annotated[str, Field(min_length=1, max_length=64)] = "Asia/Shanghai"
    enabled: bool = True
    standing_plan_id: str | None = None


class ScheduleChanges(Strict):
    """What changes of a schedule; what is not named stays."""

    enabled: bool | None = None
    cron: Cron | None = None
    standing_plan_id: str | None = None

    @model_validator(mode="after")
    def _something_changes(self) -> ScheduleChanges:
        if not self.model_fields_set:
            raise ValueError("name at least one of enabled, cron, standing_plan_id")
        return self

    def values(self) -> dict[str, Any]:
        """Give what was named; of the three only the standing plan may be set to nothing."""
        named = self.model_dump(exclude_unset=True)
        return {name: value for name, value in named.items() if value is not None or name == "standing_plan_id"}


class ScheduleOut(BaseModel):
    """A watched scenario."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    scenario_id: str
    division: str
    cron: str
    timezone: str
    enabled: bool
    standing_plan_id: str | None
    created_at: datetime
    created_by: str
    changed_at: datetime


class DriftReportOut(BaseModel):
    """What changed when a watched scenario was solved again; ``alert``: the best plan really differs."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    schedule_id: str
    run_id: str
    plan_id: str | None
    standing_plan_id: str | None
    alert: bool
    created_at: datetime
    document: dict[str, Any]


@router.post("", status_code=201, summary="Watch a scenario", responses=doc.NAMES_WHAT_IS_NOT_THERE)
def make_schedule(order: ScheduleOrder, identity: Planner, session: Writing, response: Response) -> ScheduleOut:
    """Solve a scenario again at set times, from its standing plan and on the newest figures."""
    validate_cron(order.cron, order.timezone)
    scenario = scenarios.get(session, order.scenario_id, identity.scope)
    if order.standing_plan_id is not None:
        plans.get(session, order.standing_plan_id, Scope(scenario.division))
    row = schedules.create(
        session,
        scenario,
        cron=order.cron,
        timezone=order.timezone,
        enabled=order.enabled,
        actor=identity.actor,
        standing_plan_id=order.standing_plan_id,
    )
    response.headers["Location"] = f"/api/schedules/{row.id}"
    return ScheduleOut.model_validate(row)


@router.get("", summary="List schedules")
def list_schedules(identity: Reader, session: Reading) -> list[ScheduleOut]:
    """List schedules, newest first."""
    return [ScheduleOut.model_validate(row) for row in schedules.newest(session, identity.scope)]


@router.get("/{schedule_id}", summary="Read a schedule")
def read_schedule(schedule_id: str, identity: Reader, session: Reading) -> ScheduleOut:
    """Read when a scenario is solved again."""
    return ScheduleOut.model_validate(schedules.get(session, schedule_id, identity.scope))


@router.patch("/{schedule_id}", summary="Change a schedule")
def change_schedule(schedule_id: str, changes: ScheduleChanges, identity: Planner, session: Writing) -> ScheduleOut:
    """Switch a schedule on or off, or change its time or standing plan."""
    row = schedules.get(session, schedule_id, identity.scope)
    if changes.cron is not None:
        validate_cron(changes.cron, row.timezone)
    if changes.standing_plan_id is not None:
        plans.get(session, changes.standing_plan_id, Scope(row.division))
    changed = schedules.change(session, row.id, changes.values(), actor=identity.actor)
    return ScheduleOut.model_validate(changed)


@router.delete("/{schedule_id}", status_code=204, summary="Watch a scenario no more")
def remove_schedule(schedule_id: str, identity: Planner, session: Writing) -> None:
    """End a schedule; runs under way go on."""
    schedules.remove(session, schedule_id, actor=identity.actor, scope=identity.scope)


@router.post("/{schedule_id}/run", status_code=202, summary="Run a schedule now")
def run_schedule(schedule_id: str, identity: Planner, service: ServiceDep, response: Response) -> RunOut:
    """Queue a run as the schedule would at its time."""
    with service.database.writing() as session:
        schedule = schedules.get(session, schedule_id, identity.scope)
        run, _ = schedules.queue_run(session, schedule, actor=identity.actor)
    service.starter.start(run.id)
    response.headers["Location"] = f"/api/runs/{run.id}"
    return read_now(service, run.id)


@router.get("/{schedule_id}/reports", summary="List drift reports")
def list_reports(schedule_id: str, identity: Reader, session: Reading) -> list[DriftReportOut]:
    """List what the schedule's runs found, newest first."""
    schedule = schedules.get(session, schedule_id, identity.scope)
    return [DriftReportOut.model_validate(row) for row in schedules.reports(session, schedule.id)]
