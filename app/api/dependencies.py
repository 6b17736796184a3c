"""What handlers ask for: the service, a session, and who asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from app.api.service import Service
from app.db import tokens
from app.db.models import TokenRow
from app.permissions import CrossSite, Identity, Level, NotSignedIn, Role

COOKIE = "junheng_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

bearer = HTTPBearer(auto_error=False, scheme_name="token", description="A token, made by an administrator.")
cookie = APIKeyCookie(
    name=COOKIE, auto_error=False, scheme_name="session", description="A page session, opened by POST /api/session."
)


def service_of(request: Request) -> Service:
    """Find the service that a request came to."""
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(service_of)]


def reading(service: ServiceDep) -> Iterator[Session]:
    """Open a session for queries."""
    with service.database.reading() as session:
        yield session


def writing(service: ServiceDep) -> Iterator[Session]:
    """Open a session for changes; they are committed before the reply is sent."""
    with service.database.writing() as session:
        yield session


Reading = Annotated[Session, Depends(reading, scope="function")]
Writing = Annotated[Session, Depends(writing, scope="function")]


def signed_in(
    request: Request,
    service: ServiceDep,
    sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    session_cookie: Annotated[str | None, Depends(cookie)],
) -> Identity:
    """
    Find who asks; a token goes before a cookie.

    Raises
    ------
    NotSignedIn, CrossSite
    """
    with service.database.reading() as session:
        if sent is not None:
            token = tokens.by_secret(session, sent.credentials)
        elif session_cookie is not None:
            if request.method not in SAFE_METHODS:
                require_own_page(request, must_tell=True)
            token = tokens.by_cookie(session, session_cookie)
        else:
            token = None
    if token is None:
        raise NotSignedIn
    return identity_of(token)


def identity_of(token: TokenRow) -> Identity:
    """Read a token as who asks."""
    return Identity(token.id, token.name, Role(token.role), Level(token.level), token.division)


def require_own_page(request: Request, *, must_tell: bool) -> None:
    """
    Refuse what another site's page asks for.

    ``must_tell``: the browser must say where the request comes from; a caller that says nothing is refused too.

    Raises
    ------
    CrossSite
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        own = site == "same-origin"
    elif origin is not None:
        own = urlsplit(origin).netloc == request.headers.get("host")
    else:
        own = not must_tell
    if not own:
        raise CrossSite(origin or site or "a caller that does not say where it comes from")


def planner(identity: Annotated[Identity, Depends(signed_in)]) -> Identity:
    """Let planners and administrators pass."""
    identity.require(Role.PLANNER)
    return identity


def admin(identity: Annotated[Identity, Depends(signed_in)]) -> Identity:
    """Let administrators pass."""
    identity.require(Role.ADMIN)
    return identity


Reader = Annotated[Identity, Depends(signed_in)]
Planner = Annotated[Identity, Depends(planner)]
Admin = Annotated[Identity, Depends(admin)]
