"""The service's health, who asks, page sessions, tokens and the audit."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.dependencies import (
    COOKIE,
    Admin,
    Reader,
    Reading,
    ServiceDep,
    Writing,
    identity_of,
    require_own_page,
    signed_in,
)
from app.cases.strict import Strict
from app.db import audit_log, health, tokens
from app.permissions import Level, NotSignedIn, Role

open_router = APIRouter(prefix="/api", tags=["service"])
router = APIRouter(prefix="/api", dependencies=[Depends(signed_in)])


class HealthOut(BaseModel):
    """The service is up and its database answers."""

    status: Literal["ok"]
    version: str
    database: str


class MeOut(BaseModel):
    """Who asks; ``division`` is null at the city level. ``base_map_url`` is what the operator allows the page."""

    name: str
    role: Role
    level: Level
    division: str | None
    base_map_url: str | None


class SignIn(Strict):
    """A token to open a page session with."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


class TokenOrder(Strict):
    """A token to make; a district one names its division."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    role: Role
    level: Level
    division: Annotated[str, Field(min_length=1, max_length=32)] | None = None

    @model_validator(mode="after")
    def _division_goes_with_the_district_level(self) -> TokenOrder:
        if (self.level is Level.DISTRICT) != (self.division is not None):
            raise ValueError("a district token names its division, a city token names none")
        return self


class TokenOut(BaseModel):
    """A token in force, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    role: Role
    level: Level
    division: str | None
    created_at: datetime
    created_by: str


class NewTokenOut(TokenOut):
    """A token just made, with its secret, which is shown this once."""

    token: str


class AuditOut(BaseModel):
    """One line of the audit."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    actor_id: str
    actor_name: str
    action: str
    subject: str
    subject_id: str
    division: str | None
    facts: dict[str, Any]


@open_router.get("/health", summary="Is the service up?")
def read_health(session: Reading) -> HealthOut:
    """Ask the database something and answer."""
    return HealthOut(status="ok", version=version("junheng"), database=health.backend(session))


@open_router.post(
    "/session",
    status_code=204,
    summary="Open a page session",
    responses={
        401: {"description": "There is no such token in force."},
        403: {"description": "Another site's page asked."},
    },
)
def open_session(order: SignIn, request: Request, service: ServiceDep, session: Writing) -> Response:
    """Check a token and set a session cookie, which page scripts cannot read."""
    require_own_page(request, must_tell=False)
    token = tokens.by_secret(session, order.token)
    if token is None:
        raise NotSignedIn
    hours = service.settings.session_hours
    secret = tokens.open_session(session, token, hours, identity_of(token).actor)
    reply = Response(status_code=204)
    reply.set_cookie(
        COOKIE,
        secret,
        max_age=round(hours * 3600),
        httponly=True,
        samesite="strict",
        secure=service.settings.secure_cookies or request.url.scheme == "https",
    )
    return reply


@open_router.delete(
    "/session",
    status_code=204,
    summary="End a page session",
    responses={403: {"description": "Another site's page asked."}},
)
def close_session(request: Request, session: Writing) -> Response:
    """End the session of the cookie, when there is one, and take the cookie away."""
    require_own_page(request, must_tell=False)
    if (secret := request.cookies.get(COOKIE)) is not None:
        tokens.close_session(session, secret)
    reply = Response(status_code=204)
    reply.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return reply


@router.get("/me", tags=["service"], summary="Who am I?")
def read_me(identity: Reader, service: ServiceDep) -> MeOut:
    """Tell what the token may do."""
    return MeOut(
        name=identity.name,
        role=identity.role,
        level=identity.level,
        division=identity.division,
        base_map_url=service.settings.base_map_url or None,
    )


@router.post("/tokens", status_code=201, tags=["tokens"], summary="Make a token")
def make_token(order: TokenOrder, identity: Admin, session: Writing) -> NewTokenOut:
    """Make a token and show its secret, once. A district administrator makes tokens of the district only."""
    identity.require_division(order.division)
    row, secret = tokens.create(
        session, name=order.name, role=order.role, level=order.level, division=order.division, actor=identity.actor
    )
    return NewTokenOut(**TokenOut.model_validate(row).model_dump(), token=secret)


@router.get("/tokens", tags=["tokens"], summary="List tokens")
def list_tokens(identity: Admin, session: Reading) -> list[TokenOut]:
    """List the tokens in force that the asker may end."""
    return [TokenOut.model_validate(row) for row in tokens.newest(session, identity.scope)]


@router.delete(
    "/tokens/{token_id}",
    status_code=204,
    tags=["tokens"],
    summary="End a token",
    responses={409: {"description": "It is the last token of a city administrator."}},
)
def revoke_token(token_id: str, identity: Admin, session: Writing) -> None:
    """End a token and its page sessions at once."""
    tokens.revoke(session, token_id, actor=identity.actor, scope=identity.scope)


@router.get("/audit", tags=["audit"], summary="Read the audit")
def read_audit(
    identity: Admin,
    session: Reading,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    before: Annotated[int | None, Query(ge=1, description="Id of the line to go on from.")] = None,
) -> list[AuditOut]:
    """List lines, newest first. A district administrator reads the district's own."""
    lines = audit_log.newest(session, identity.scope, limit=limit, before=before)
    return [AuditOut.model_validate(line) for line in lines]
