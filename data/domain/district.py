"""A district as one dataset: every table, immutable."""

from __future__ import annotations

from dataclasses import dataclass

from data.domain.divisions import Division, DivisionCode
from data.domain.people import BirthCount, ControlTotal, DeclaredDemand, MigrantCount, Migration, PeopleCount
from data.domain.schools import RollCount, School, Site, ZoneToday
from data.domain.settlements import HomeCount, Settlement, SettlementLink
from data.domain.teachers import Teacher


@dataclass(frozen=True, slots=True)
class District:
    """
    One immutable version of what is known about a district.

    Attributes
    ----------
    title
        The planner's name for this dataset.
    division
        Code of the authority the data belong to; access is separated by it.
    synthetic
        Made by a generator: every page and export must say so.
    source
        Where the figures come from, in words.
    neighbours
        Declared pairs of neighbouring settlements; when not empty they are used instead of shared borders.
    links
        Named ways across gaps; always added to the neighbours.
    homes
        Where the people of a settlement live; a settlement without any is taken as a whole.
    """

    title: str
    division: DivisionCode
    synthetic: bool
    source: str
    divisions: tuple[Division, ...] = ()
    settlements: tuple[Settlement, ...] = ()
    neighbours: tuple[tuple[str, str], ...] = ()
    links: tuple[SettlementLink, ...] = ()
    homes: tuple[HomeCount, ...] = ()
    people: tuple[PeopleCount, ...] = ()
    births: tuple[BirthCount, ...] = ()
    migration: tuple[Migration, ...] = ()
    migrants: tuple[MigrantCount, ...] = ()
    controls: tuple[ControlTotal, ...] = ()
    demand: tuple[DeclaredDemand, ...] = ()
    schools: tuple[School, ...] = ()
    sites: tuple[Site, ...] = ()
    roll: tuple[RollCount, ...] = ()
    zones: tuple[ZoneToday, ...] = ()
    teachers: tuple[Teacher, ...] = ()
