"""Whether the database answers."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session


def backend(session: Session) -> str:
    """Ask the database something and name its kind."""
    session.execute(text("SELECT 1"))
    return session.get_bind().dialect.name
