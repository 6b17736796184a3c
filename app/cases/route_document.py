"""The way of a pupil to school as sent and shown."""

from __future__ import annotations

from app.cases.plan_document import Part


class LegOut(Part):
    """
    A stretch travelled in one manner: ``off_road``, ``walk``, ``bus``, ``ferry`` or ``straight``.

    ``minutes`` include the wait that it begins with. ``coordinates``: longitude and latitude.
    """

    kind: str
    minutes: float
    metres: int
    names: tuple[str, ...]
    coordinates: tuple[tuple[float, float], ...]


class CrossingOut(Part):
    """
    A trunk road or railway met on foot on the level; ``kind``: ``trunk`` or ``railway``.

    ``guarded``: traffic signals stand there, and it is not counted. ``road``: name of the trunk road, where it has one.
    """

    lon: float
    lat: float
    road: str
    kind: str
    guarded: bool


class RouteOut(Part):
    """
    The way from one home of a settlement to a school: the home in the middle, half of the people need longer. Readers
    are shown the way from the centre where the dataset lists homes.

    ``minutes`` and ``minutes_back`` are whole, of this home; ``minutes_mean`` is the settlement's, as the plan counts
    it. ``estimate``: no way is known, the line is straight.
    """

    school: str
    means: str
    estimate: bool
    minutes: int
    minutes_back: int | None
    minutes_mean: int
    metres: int
    climb_metres: int
    straight_metres: int
    straight_minutes: int
    legs: tuple[LegOut, ...]
    crossings: tuple[CrossingOut, ...]


class SettlementRoutes(Part):
    """The ways of a settlement to the school of the plan and to today's; null where there is no school or no way."""

    settlement: str
    plan: RouteOut | None
    today: RouteOut | None
