"""Schedules of watched scenarios, the runs they start, and the drift reports that come of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import SYSTEM, Action, Actor
from app.cases.scenario import Scenario
from app.db import audit_log, plans, runs, scenarios
from app.db.errors import NotFound
from app.db.models import DriftReportRow, PlanRow, RunRow, RunState, ScenarioRow, ScheduleRow, now
from app.db.scope import ALL, Scope


def create(
    session: Session,
    scenario: ScenarioRow,
    *,
    cron: str,
    timezone: str,
    enabled: bool,
    actor: Actor,
    standing_plan_id: str | None = None,
) -> ScheduleRow:
    """Watch a scenario."""
    row = ScheduleRow(
        scenario_id=scenario.id,
        division=scenario.division,
        cron=cron,
        timezone=timezone,
        enabled=enabled,
        standing_plan_id=standing_plan_id,
        created_by=actor.name,
    )
    session.add(row)
    session.flush()
    audit_log.record(
        session, actor, Action.SCHEDULE_MADE, "schedule", row.id, row.division, cron=cron, timezone=timezone
    )
    return row


def get(session: Session, schedule_id: str, scope: Scope = ALL) -> ScheduleRow:
    """
    Find a schedule.

    Raises
    ------
    NotFound
        When there is none in the scope, or it was removed.
    """
    row = session.scalar(
        select(ScheduleRow).where(
            ScheduleRow.id == schedule_id, scope.allows(ScheduleRow.division), ScheduleRow.removed_at.is_(None)
        )
    )
    if row is None:
        raise NotFound("schedule", schedule_id)
    return row


def newest(session: Session, scope: Scope = ALL, *, limit: int = 200) -> Sequence[ScheduleRow]:
    """List schedules, newest first."""
    query = select(ScheduleRow).where(scope.allows(ScheduleRow.division), ScheduleRow.removed_at.is_(None))
    return session.scalars(query.order_by(ScheduleRow.created_at.desc(), ScheduleRow.id).limit(limit)).all()


def enabled(session: Session) -> Sequence[ScheduleRow]:
    """List the schedules in force."""
    query = select(ScheduleRow).where(ScheduleRow.enabled, ScheduleRow.removed_at.is_(None))
    return session.scalars(query.order_by(ScheduleRow.id)).all()


def change(
    session: Session, schedule_id: str, values: Mapping[str, Any], *, actor: Actor, scope: Scope = ALL
) -> ScheduleRow:
    """Change ``enabled``, ``cron``, ``timezone`` or ``standing_plan_id`` of a schedule."""
    row = get(session, schedule_id, scope)
    for name, value in values.items():
        setattr(row, name, value)
    row.changed_at = now()
    audit_log.record(session, actor, Action.SCHEDULE_CHANGED, "schedule", row.id, row.division, **values)
    return row


def remove(session: Session, schedule_id: str, *, actor: Actor, scope: Scope = ALL) -> None:
    """Watch no more; what it reported stays in the database."""
    row = get(session, schedule_id, scope)
    row.removed_at, row.enabled = now(), False
    audit_log.record(session, actor, Action.SCHEDULE_REMOVED, "schedule", row.id, row.division)


def queue_run(
    session: Session, schedule: ScheduleRow, *, due: datetime | None = None, actor: Actor = SYSTEM
) -> tuple[RunRow, bool]:
    """
    Queue a run of a watched scenario from its standing plan; start it after the transaction, when it was created.

    ``due``: the moment that the cron line named; the same moment never queues twice. ``None``: on request, now.
    """
    scenario = scenarios.get(session, schedule.scenario_id)
    by = actor if due is None else Actor(f"schedule:{schedule.id}", "schedule")
    return runs.create(
        session,
        scenario,
        order=Scenario.model_validate(scenario.document).solve,
        actor=by,
        standing_plan_id=standing_plan(session, schedule),
        schedule_id=schedule.id,
        key=None if due is None else due.isoformat(),
    )


def standing_plan(session: Session, schedule: ScheduleRow) -> str | None:
    """
    Find the plan that a schedule starts from; ``None`` when there is none.

    The one set, else the scenario's newest that a person asked for: what the nights find never stands by itself.
    """
    if schedule.standing_plan_id is not None:
        return schedule.standing_plan_id
    query = (
        select(PlanRow.id)
        .join(RunRow, RunRow.id == PlanRow.run_id)
        .where(PlanRow.scenario_id == schedule.scenario_id, RunRow.schedule_id.is_(None))
    )
    return session.scalar(query.order_by(PlanRow.created_at.desc(), PlanRow.id).limit(1))


def awaiting_report(session: Session) -> Sequence[RunRow]:
    """List done runs of schedules that have no drift report yet."""
    reported = select(DriftReportRow.run_id)
    query = select(RunRow).where(
        RunRow.schedule_id.is_not(None), RunRow.state == RunState.DONE, RunRow.id.not_in(reported)
    )
    return session.scalars(query.order_by(RunRow.ended_at)).all()


def store_report(session: Session, run: RunRow, *, alert: bool, document: Mapping[str, Any]) -> DriftReportRow:
    """
    Store what changed between a run's standing plan and its own; storing again finds the first report.

    Raises
    ------
    NotFound
        When the run belongs to no schedule.
    """
    if run.schedule_id is None:
        raise NotFound("schedule of run", run.id)
    known = session.scalar(select(DriftReportRow).where(DriftReportRow.run_id == run.id))
    if known is not None:
        return known
    row = DriftReportRow(
        schedule_id=run.schedule_id,
        run_id=run.id,
        plan_id=plans.id_of_run(session, run.id),
        standing_plan_id=run.standing_plan_id,
        alert=alert,
        document=dict(document),
    )
    session.add(row)
    session.flush()
    audit_log.record(
        session, SYSTEM, Action.DRIFT_REPORTED, "schedule", run.schedule_id, run.division, run=run.id, alert=alert
    )
    return row


def reports(session: Session, schedule_id: str, *, limit: int = 200) -> Sequence[DriftReportRow]:
    """List the drift reports of a schedule, newest first."""
    query = select(DriftReportRow).where(DriftReportRow.schedule_id == schedule_id)
    return session.scalars(query.order_by(DriftReportRow.created_at.desc(), DriftReportRow.id).limit(limit)).all()
