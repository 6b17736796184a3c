"""Settlements: villages and communities, the smallest pieces a zone is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from shapely import Point
from shapely.geometry.base import BaseGeometry

from data.domain.divisions import DivisionCode
from data.errors import BadRow

SettlementId = NewType("SettlementId", str)


@dataclass(frozen=True, slots=True)
class Settlement:
    """
    A village or community.

    Attributes
    ----------
    id
        Code in the division register; never a list position.
    urban
        ``None`` when the source does not say.
    geometry
        Polygon, MultiPolygon or Point; longitude and latitude, EPSG:4326.
    centre
        The point trips start from; longitude and latitude. Inside the polygon unless the source says otherwise.
    """

    id: SettlementId
    name: str
    division: DivisionCode
    geometry: BaseGeometry
    centre: Point
    township: str = ""
    urban: bool | None = None

    def __post_init__(self) -> None:
        if self.geometry.geom_type not in {"Point", "Polygon", "MultiPolygon"}:
            raise BadRow("settlements", self.id, f"geometry is a {self.geometry.geom_type}")


@dataclass(frozen=True, slots=True)
class HomeCount:
    """
    People who live at one place within a settlement: a hamlet, or a cell of a population grid.

    Attributes
    ----------
    point
        Longitude and latitude.
    people
        Of every age; a grid may give parts of a person.
    """

    settlement: SettlementId
    point: Point
    people: float
    source: str = ""

    def __post_init__(self) -> None:
        if self.people < 0:
            raise BadRow("homes", self.settlement, f"people is {self.people}, expected 0 or more")


@dataclass(frozen=True, slots=True)
class SettlementLink:
    """
    Two settlements that count as neighbours although no border joins them, or that are declared neighbours.

    Attributes
    ----------
    kind
        ``bridge``, ``ferry``, ``tunnel`` or ``road``: a named way across a gap.
    """

    settlement: SettlementId
    other: SettlementId
    kind: str
    name: str

    def __post_init__(self) -> None:
        if self.settlement == self.other:
            raise BadRow("links", self.settlement, "a settlement cannot be linked to itself")
