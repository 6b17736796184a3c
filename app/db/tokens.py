"""Tokens and page sessions. Secrets are 32 random bytes, kept as SHA-256 only, so no slow hash is needed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.audit import SYSTEM, Action, Actor
from app.db import audit_log
from app.db.errors import LastAdministrator, NotFound
from app.db.models import SessionRow, TokenRow, now
from app.db.scope import ALL, Scope

SECRET_BYTES = 32


def digest(secret: str) -> str:
    """Hash a secret for storage and look-up."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create(
    session: Session, *, name: str, role: str, level: str, division: str | None, actor: Actor
) -> tuple[TokenRow, str]:
    """
    Make a token.

    Returns
    -------
    token, secret
        The secret is nowhere stored: show it now or never.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = TokenRow(name=name, role=role, level=level, division=division, digest=digest(secret), created_by=actor.name)
    session.add(row)
    session.flush()
    audit_log.record(session, actor, Action.TOKEN_MADE, "token", row.id, division, name=name, role=role, level=level)
    return row, secret


def first_admin(session: Session) -> str | None:
    """Make the first token, of a city administrator; ``None`` when there has ever been a token."""
    if session.scalar(select(func.count()).select_from(TokenRow)):
        return None
    return create(session, name="first", role="admin", level="city", division=None, actor=SYSTEM)[1]


def by_secret(session: Session, secret: str) -> TokenRow | None:
    """Find the token in force with a secret, comparing whole digests in constant time."""
    return _in_force(session.scalar(select(TokenRow).where(TokenRow.digest == digest(secret))), digest(secret))


def by_cookie(session: Session, cookie: str) -> TokenRow | None:
    """Find the token of a page session that has not ended."""
    opened = session.scalar(select(SessionRow).where(SessionRow.digest == digest(cookie)))
    if opened is None or opened.expires_at <= now() or not secrets.compare_digest(opened.digest, digest(cookie)):
        return None
    row = session.get(TokenRow, opened.token_id)
    return None if row is None else _in_force(row, row.digest)


def _in_force(row: TokenRow | None, wanted: str) -> TokenRow | None:
    if row is None or row.revoked_at is not None or not secrets.compare_digest(row.digest, wanted):
        return None
    return row


def open_session(session: Session, token: TokenRow, hours: float, actor: Actor) -> str:
    """Open a page session and give its cookie; sessions that ran out are cleared away."""
    session.execute(delete(SessionRow).where(SessionRow.expires_at <= now()))
    cookie = secrets.token_urlsafe(SECRET_BYTES)
    session.add(SessionRow(digest=digest(cookie), token_id=token.id, expires_at=now() + timedelta(hours=hours)))
    audit_log.record(session, actor, Action.SIGNED_IN, "token", token.id, token.division)
    return cookie


def close_session(session: Session, cookie: str) -> None:
    """End a page session; one that is not known is no error."""
    opened = session.get(SessionRow, digest(cookie))
    if opened is None:
        return
    token = session.get_one(TokenRow, opened.token_id)
    session.delete(opened)
    audit_log.record(session, Actor(token.id, token.name), Action.SIGNED_OUT, "token", token.id, token.division)


def newest(session: Session, scope: Scope = ALL) -> Sequence[TokenRow]:
    """List tokens in force, newest first."""
    query = select(TokenRow).where(TokenRow.revoked_at.is_(None), scope.allows(TokenRow.division))
    return session.scalars(query.order_by(TokenRow.created_at.desc(), TokenRow.id)).all()


def revoke(session: Session, token_id: str, *, actor: Actor, scope: Scope = ALL) -> None:
    """
    End a token and the page sessions opened with it.

    Raises
    ------
    NotFound
        When there is none in force in the scope.
    LastAdministrator
        When nobody could make a token of the city level any more.
    """
    row = session.scalar(
        select(TokenRow).where(TokenRow.id == token_id, TokenRow.revoked_at.is_(None), scope.allows(TokenRow.division))
    )
    if row is None:
        raise NotFound("token", token_id)
    if _administrates_the_city(row) and sum(map(_administrates_the_city, newest(session))) == 1:
        raise LastAdministrator(token_id)
    row.revoked_at = now()
    session.execute(delete(SessionRow).where(SessionRow.token_id == row.id))
    audit_log.record(session, actor, Action.TOKEN_REVOKED, "token", row.id, row.division)


def _administrates_the_city(row: TokenRow) -> bool:
    return row.role == "admin" and row.level == "city"
