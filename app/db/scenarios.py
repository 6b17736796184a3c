"""Scenarios: immutable questions to a dataset."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import Action, Actor
from app.cases.scenario import Scenario
from app.db import audit_log
from app.db.errors import NotFound
from app.db.models import DatasetRow, ScenarioRow
from app.db.scope import ALL, Scope


def store(session: Session, dataset: DatasetRow, scenario: Scenario, actor: Actor) -> ScenarioRow:
    """Store a scenario on a dataset."""
    row = ScenarioRow(
        dataset_id=dataset.id,
        division=dataset.division,
        title=scenario.title,
        document=scenario.model_dump(mode="json"),
        created_by=actor.name,
    )
    session.add(row)
    session.flush()
    audit_log.record(session, actor, Action.SCENARIO_STORED, "scenario", row.id, row.division, dataset=dataset.id)
    return row


def get(session: Session, scenario_id: str, scope: Scope = ALL) -> ScenarioRow:
    """
    Find a scenario.

    Raises
    ------
    NotFound
        When there is none in the scope.
    """
    row = session.scalar(select(ScenarioRow).where(ScenarioRow.id == scenario_id, scope.allows(ScenarioRow.division)))
    if row is None:
        raise NotFound("scenario", scenario_id)
    return row


def newest(
    session: Session, scope: Scope = ALL, *, dataset_id: str | None = None, limit: int = 200
) -> Sequence[ScenarioRow]:
    """List scenarios, newest first."""
    query = select(ScenarioRow).where(scope.allows(ScenarioRow.division))
    if dataset_id is not None:
        query = query.where(ScenarioRow.dataset_id == dataset_id)
    return session.scalars(query.order_by(ScenarioRow.created_at.desc(), ScenarioRow.id).limit(limit)).all()


def load(session: Session, scenario_id: str) -> Scenario:
    """Read what a scenario asks."""
    return Scenario.model_validate(get(session, scenario_id).document)
