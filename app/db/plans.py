"""Plans: stored once with their run, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.cases.plan_document import PlanDocument
from app.db.errors import NotFound
from app.db.models import PlanRow, RunRow, new_id
from app.db.scope import ALL, Scope


def store(session: Session, run: RunRow, document: PlanDocument, manifest: Mapping[str, Any]) -> str:
    """Store the plan of a run; ``app.db.runs.finish`` alone calls this, so that plan and state go together."""
    plan = PlanRow(
        id=new_id(),
        run_id=run.id,
        scenario_id=run.scenario_id,
        dataset_id=run.dataset_id,
        division=run.division,
        document=document.model_dump(mode="json"),
        summary=summary(document),
        manifest=dict(manifest),
    )
    session.add(plan)
    session.flush()
    return plan.id


def summary(document: PlanDocument) -> dict[str, Any]:
    """Take from a document what a list of plans shows."""
    certificate = document.certificate
    return {
        "title": document.title,
        "stage": document.stage,
        "target_year": document.target_year,
        "synthetic": document.synthetic,
        "status": certificate.status,
        "objective": certificate.objective,
        "bound": certificate.bound,
        "gap": certificate.gap,
        "rules_broken": len(document.rules_broken),
        "estimate": bool(document.travel.get("estimate", True)),
    }


def get(session: Session, plan_id: str, scope: Scope = ALL) -> PlanRow:
    """
    Find a plan with its document.

    Raises
    ------
    NotFound
        When there is none in the scope.
    """
    query = select(PlanRow).options(undefer(PlanRow.document))
    plan = session.scalar(query.where(PlanRow.id == plan_id, scope.allows(PlanRow.division)))
    if plan is None:
        raise NotFound("plan", plan_id)
    return plan


def id_of_run(session: Session, run_id: str) -> str | None:
    """Find the plan that a run stored."""
    return session.scalar(select(PlanRow.id).where(PlanRow.run_id == run_id))


def ids_of_runs(session: Session, run_ids: Sequence[str]) -> dict[str, str]:
    """Find the plans that runs stored, by run id; a run without one is left out."""
    query = select(PlanRow.run_id, PlanRow.id).where(PlanRow.run_id.in_(run_ids))
    return {row.run_id: row.id for row in session.execute(query)}


def newest(
    session: Session,
    scope: Scope = ALL,
    *,
    scenario_id: str | None = None,
    dataset_id: str | None = None,
    limit: int = 200,
) -> Sequence[PlanRow]:
    """List plans, newest first, without their documents."""
    query = select(PlanRow).where(scope.allows(PlanRow.division))
    if scenario_id is not None:
        query = query.where(PlanRow.scenario_id == scenario_id)
    if dataset_id is not None:
        query = query.where(PlanRow.dataset_id == dataset_id)
    return session.scalars(query.order_by(PlanRow.created_at.desc(), PlanRow.id).limit(limit)).all()


def assignment(session: Session, plan_id: str) -> dict[str, str]:
    """Read the school of each settlement that a plan gives one: what a later run starts from."""
    document = PlanDocument.model_validate(get(session, plan_id).document)
    return {settlement.id: settlement.school for settlement in document.settlements if settlement.school is not None}
