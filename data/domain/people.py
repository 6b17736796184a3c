"""Counts of people: ages, births, declared moves, control totals, declared demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from data.domain.schools import Stage
from data.errors import BadRow

OLDEST_AGE = 120


@dataclass(frozen=True, slots=True)
class PeopleCount:
    """
    People of one single age, or of a group of ages, at one place.

    Attributes
    ----------
    place
        Settlement id, or township name when ``level`` is ``township``, or division code when ``division``.
    year
        The count is on 1 September of this year: completed ages on 31 August.
    sex
        ``male``, ``female``, or ``None`` for both together.
    as_of
        The day on which the source drew up the figure; ``None`` when it does not say.
    age_to
        Last age of a group that begins with ``age``; ``None``: a single age.
    """

    place: str
    level: str
    year: int
    age: int
    count: int
    sex: str | None = None
    source: str = ""
    as_of: date | None = None
    age_to: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.age <= OLDEST_AGE or self.count < 0:
            raise BadRow("people", self.place, f"age {self.age} with count {self.count} cannot be")
        if self.age_to is not None and not self.age <= self.age_to <= OLDEST_AGE:
            raise BadRow("people", self.place, f"the ages {self.age} to {self.age_to} cannot be")


@dataclass(frozen=True, slots=True)
class BirthCount:
    """Births at a place in a calendar year, or in one month of it (1 to 12) when ``month`` is given."""

    place: str
    level: str
    year: int
    count: int
    month: int | None = None
    source: str = ""
    as_of: date | None = None

    def __post_init__(self) -> None:
        if self.count < 0 or (self.month is not None and not 1 <= self.month <= 12):
            raise BadRow("births", self.place, f"month {self.month} with count {self.count} cannot be")


@dataclass(frozen=True, slots=True)
class Migration:
    """Declared net movers into a place, by completed age, between 1 September of ``year`` - 1 and of ``year``."""

    place: str
    level: str
    year: int
    age: int
    net: int


@dataclass(frozen=True, slots=True)
class MigrantCount:
    """Children of migrant workers 随迁子女 at a place and stage on 1 September, and how many are in public schools."""

    place: str
    level: str
    stage: Stage
    year: int
    migrants: int
    in_public: int
    source: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.in_public <= self.migrants:
            raise BadRow("migrants", self.place, f"{self.in_public} of {self.migrants} in public schools cannot be")


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """Pupils of a stage that the places of a division or township must add up to in a year."""

    place: str
    level: str
    stage: Stage
    year: int
    pupils: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class DeclaredDemand:
    """Pupils the authority itself expects from a settlement, used in place of the forecast; no grade: whole stage."""

    settlement: str
    stage: Stage
    year: int
    pupils: int
    grade: int | None = None

    def __post_init__(self) -> None:
        if self.pupils < 0:
            raise BadRow("demand", self.settlement, f"pupils is {self.pupils}, expected 0 or more")
