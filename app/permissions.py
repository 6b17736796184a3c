"""
Who may do what.

A token has a role and a level. Roles: a reader reads, a planner also writes, an administrator also makes tokens and
reads the audit. Levels: city tokens see every district, district tokens their own alone. What lies outside a token's
district does not exist for it: the answer is 404, as for an id that was never given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.audit import Actor
from app.db.scope import Scope
from data.errors import PlanningError


class Role(StrEnum):
    """What a token may do, each more than the one before."""

    READER = "reader"
    PLANNER = "planner"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Tell whether this role may do all that the other may."""
        order = list(Role)
        return order.index(self) >= order.index(other)


class Level(StrEnum):
    """Whose affairs a token sees: every district's, or one district's."""

    CITY = "city"
    DISTRICT = "district"


class NotSignedIn(PlanningError):
    """A request came without a token in force."""

    def __init__(self) -> None:
        super().__init__("Sign in first: send a token, or open a session with one.")


class NotAllowed(PlanningError):
    """A token's role or level does not reach for what was asked."""

    def __init__(self, role: Role, needed: str) -> None:
        self.role, self.needed = role.value, needed
        super().__init__(f"This needs {needed}; this token is of a {role}.")


class CrossSite(PlanningError):
    """A change with the session cookie was asked for from another site's page."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        super().__init__(f"A change by session must come from this service's own page, not from {origin}.")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: the token behind a request."""

    token_id: str
    name: str
    role: Role
    level: Level
    division: str | None

    @property
    def scope(self) -> Scope:
        """What the queries of this request may see."""
        return Scope(self.division)

    @property
    def actor(self) -> Actor:
        """The name under which changes are written down."""
        return Actor(self.token_id, self.name)

    def require(self, role: Role) -> None:
        """
        Check the role.

        Raises
        ------
        NotAllowed
        """
        if not self.role.includes(role):
            raise NotAllowed(self.role, f"the role {role}")

    def require_division(self, division: str | None) -> None:
        """
        Check that something new for a division (``None``: the whole city) may be made by this token.

        Raises
        ------
        NotAllowed
        """
        if self.level is Level.DISTRICT and division != self.division:
            raise NotAllowed(self.role, f"a token of {'the city level' if division is None else division}")
