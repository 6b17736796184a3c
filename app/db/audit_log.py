"""The audit: lines are added in the transaction of the change they tell of, and never changed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import Action, Actor
from app.db.models import AuditRow
from app.db.scope import ALL, Scope


def record(
    session: Session, actor: Actor, action: Action, subject: str, subject_id: str, division: str | None, **facts: object
) -> None:
    """Add a line; ``facts`` must be plain JSON."""
    session.add(
        AuditRow(
            actor_id=actor.id,
            actor_name=actor.name,
            action=action,
            subject=subject,
            subject_id=subject_id,
            division=division,
            facts=facts,
        )
    )


def newest(session: Session, scope: Scope = ALL, *, limit: int = 200, before: int | None = None) -> Sequence[AuditRow]:
    """List lines, newest first; ``before`` is the id to go on from."""
    query = select(AuditRow).where(scope.allows(AuditRow.division)).order_by(AuditRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditRow.id < before)
    return session.scalars(query).all()
