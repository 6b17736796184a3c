"""Idempotency keys: a request sent twice starts one run."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.errors import KeyReused
from app.db.models import IdempotencyRow


def find(session: Session, holder: str, key: str, request_hash: str) -> str | None:
    """
    Find the run that a holder's key started.

    Raises
    ------
    KeyReused
        When the key stands for another request.
    """
    row = session.scalar(select(IdempotencyRow).where(IdempotencyRow.holder == holder, IdempotencyRow.key == key))
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise KeyReused(key)
    return row.run_id


def keep(session: Session, holder: str, key: str, request_hash: str, run_id: str) -> None:
    """
    Keep what a key started.

    Raises
    ------
    sqlalchemy.exc.IntegrityError
        When another transaction kept the key at the same moment (PostgreSQL only): begin again, and find it.
    """
    session.add(IdempotencyRow(holder=holder, key=key, request_hash=request_hash, run_id=run_id))
    session.flush()
