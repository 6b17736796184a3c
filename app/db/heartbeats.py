"""Signs of life of worker processes; a reaper elsewhere takes over the runs of silent ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.db.models import HeartbeatRow, now


def beat(session: Session, executor_id: str) -> None:
    """Say that a worker lives."""
    at = now()
    found = session.execute(
        update(HeartbeatRow)
        .where(HeartbeatRow.executor_id == executor_id)
        .values(seen_at=at)
        .returning(HeartbeatRow.executor_id)
    )
    if found.scalar_one_or_none() is None:
        session.add(HeartbeatRow(executor_id=executor_id, seen_at=at))


def living(session: Session, within_seconds: float) -> Sequence[str]:
    """List the workers heard of within a time."""
    query = select(HeartbeatRow.executor_id).where(HeartbeatRow.seen_at >= _ago(within_seconds))
    return session.scalars(query.order_by(HeartbeatRow.executor_id)).all()


def silent(session: Session, after_seconds: float) -> Sequence[str]:
    """List the workers not heard of for longer than a time."""
    query = select(HeartbeatRow.executor_id).where(HeartbeatRow.seen_at < _ago(after_seconds))
    return session.scalars(query.order_by(HeartbeatRow.executor_id)).all()


def claim_silent(session: Session, after_seconds: float) -> Sequence[str]:
    """Take the silent workers off the list; of several reapers only one gets each."""
    query = delete(HeartbeatRow).where(HeartbeatRow.seen_at < _ago(after_seconds))
    return session.scalars(query.returning(HeartbeatRow.executor_id)).all()


def forget(session: Session, executor_id: str) -> None:
    """Take a worker off the list, when it leaves in good order."""
    session.execute(delete(HeartbeatRow).where(HeartbeatRow.executor_id == executor_id))


def _ago(seconds: float) -> datetime:
    return now() - timedelta(seconds=seconds)
