"""A district as tables of plain rows, and rows as a district. Rows keep the column order of ``data.tables``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from shapely import Point
from shapely.geometry.base import BaseGeometry

from data.cells import Cell
from data.domain.district import District
from data.domain.divisions import Division, DivisionCode
from data.domain.people import BirthCount, ControlTotal, DeclaredDemand, MigrantCount, Migration, PeopleCount
from data.domain.schools import RollCount, School, SchoolId, SchoolKind, Site, Stage, ZoneToday
from data.domain.settlements import HomeCount, Settlement, SettlementId, SettlementLink
from data.domain.teachers import Teacher, TeacherId

Row = tuple[Cell, ...]

PLACE_LEVELS = ("settlement", "township", "division")


class About(Protocol):
    """What is said of a dataset as a whole; a ``District`` and a ``Declaration`` both say it."""

    @property
    def title(self) -> str:
        """Name of the dataset."""

    @property
    def division(self) -> str:
        """Code of the authority it belongs to."""

    @property
    def synthetic(self) -> bool:
        """Made by a generator."""

    @property
    def source(self) -> str:
        """Where the figures come from."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What is said of a dataset as a whole, on its own."""

    title: str
    division: str
    synthetic: bool = False
    source: str = ""


def rows_of(district: District) -> dict[str, list[Row]]:
    """Give every table of a district as rows, in the district's own order; empty tables are left out."""
    tables = {name: [take(row) for row in getattr(district, name)] for name, take in _TAKE.items()}
    return {name: rows for name, rows in tables.items() if rows}


def district_of(about: About, tables: Mapping[str, Iterable[Row]]) -> District:
    """
    Build a district from rows that have been checked.

    Raises
    ------
    BadRow
        When a row's figures cannot be.
    """
    built = {name: tuple(build(*row) for row in tables.get(name, ())) for name, build in BUILD.items()}
    return District(
        title=about.title,
        division=DivisionCode(about.division),
        synthetic=about.synthetic,
        source=about.source,
        **built,  # type: ignore[arg-type]
    )


def centre_of(geometry: BaseGeometry) -> Point:
    """Give the point trips start from when none is declared: the centroid, or a point inside where that falls out."""
    centroid = geometry.centroid
    return centroid if geometry.covers(centroid) else geometry.representative_point()


def place_of(values: Sequence[str | None]) -> tuple[str, str]:
    """Give place and level of the place columns settlement, township, division, of which one is filled."""
    for level, value in zip(PLACE_LEVELS, values, strict=False):
        if value:
            return value, level
    raise ValueError("no place is given")


def _place_cells(place: str, level: str) -> Row:
    return tuple(place if level == name else None for name in PLACE_LEVELS)


def division_row(d: Division) -> Row:
    """Give the row of a division."""
    return d.code, d.name, d.level, d.parent, d.valid_from, d.valid_to, d.succeeded_by or None


def _division(
    code: str,
    name: str,
    level: str,
    parent: str | None,
    valid_from: date | None,
    valid_to: date | None,
    succeeded_by: tuple[str, ...] | None,
) -> Division:
    successors = tuple(DivisionCode(successor) for successor in succeeded_by or ())
    above = DivisionCode(parent) if parent else None
    return Division(DivisionCode(code), name, level, above, valid_from, valid_to, successors)


_URBAN = {"urban": True, "rural": False, None: None}
_URBAN_WORD = {urban: word for word, urban in _URBAN.items()}


def _settlement_row(s: Settlement) -> Row:
    urban = _URBAN_WORD[s.urban]
    return s.id, s.name, s.division, s.township or None, urban, s.centre.x, s.centre.y, s.geometry


def _settlement(
    id: str,
    name: str,
    division: str,
    township: str | None,
    urban_rural: str | None,
    lon: float | None,
    lat: float | None,
    geometry: BaseGeometry | None,
) -> Settlement:
    given = Point(lon, lat) if lon is not None and lat is not None else None
    shape = geometry if geometry is not None else given
    if shape is None:
        raise ValueError(f"settlement {id} has neither a polygon nor a point")
    return Settlement(
        id=SettlementId(id),
        name=name,
        division=DivisionCode(division),
        geometry=shape,
        centre=given or centre_of(shape),
        township=township or "",
        urban=_URBAN[urban_rural],
    )


def _neighbours_row(pair: tuple[str, str]) -> Row:
    return pair


def _neighbours(settlement: str, other: str) -> tuple[str, str]:
    return settlement, other


def _link_row(link: SettlementLink) -> Row:
    return link.settlement, link.other, link.kind, link.name


def _link(settlement: str, other: str, kind: str, name: str) -> SettlementLink:
    return SettlementLink(SettlementId(settlement), SettlementId(other), kind, name)


def _home_row(h: HomeCount) -> Row:
    return h.settlement, h.point.x, h.point.y, h.people, h.source or None


def _home(settlement: str | None, lon: float, lat: float, people: float, source: str | None) -> HomeCount:
    if settlement is None:
        raise ValueError(f"the home at {lon}, {lat} has no settlement")
    return HomeCount(SettlementId(settlement), Point(lon, lat), people, source or "")


def _people_row(p: PeopleCount) -> Row:
    return *_place_cells(p.place, p.level), p.year, p.age, p.count, p.sex, p.source or None, p.as_of, p.age_to


def _people(
    settlement: str | None,
    township: str | None,
    division: str | None,
    year: int,
    age: int,
    count: int,
    sex: str | None,
    source: str | None,
    as_of: date | None = None,
    age_to: int | None = None,
) -> PeopleCount:
    place, level = place_of((settlement, township, division))
    return PeopleCount(place, level, year, age, count, sex, source or "", as_of, age_to)


def _birth_row(b: BirthCount) -> Row:
    return *_place_cells(b.place, b.level), b.year, b.month, b.count, b.source or None, b.as_of


def _birth(
    settlement: str | None,
    township: str | None,
    division: str | None,
    year: int,
    month: int | None,
    count: int,
    source: str | None,
    as_of: date | None = None,
) -> BirthCount:
    place, level = place_of((settlement, township, division))
    return BirthCount(place, level, year, count, month, source or "", as_of)


def _migration_row(m: Migration) -> Row:
    return *_place_cells(m.place, m.level), m.year, m.age, m.net


def _migration(
    settlement: str | None, township: str | None, division: str | None, year: int, age: int, net: int
) -> Migration:
    place, level = place_of((settlement, township, division))
    return Migration(place, level, year, age, net)


def _migrants_row(m: MigrantCount) -> Row:
    return *_place_cells(m.place, m.level), m.stage.value, m.year, m.migrants, m.in_public, m.source or None


def _migrants(
    settlement: str | None,
    township: str | None,
    division: str | None,
    stage: str,
    year: int,
    migrants: int,
    in_public: int,
    source: str | None,
) -> MigrantCount:
    place, level = place_of((settlement, township, division))
    return MigrantCount(place, level, Stage(stage), year, migrants, in_public, source or "")


def _control_row(c: ControlTotal) -> Row:
    return *_place_cells(c.place, c.level)[1:], c.stage.value, c.year, c.pupils, c.source or None


def _control(
    township: str | None, division: str | None, stage: str, year: int, pupils: int, source: str | None
) -> ControlTotal:
    place, level = place_of((None, township, division))
    return ControlTotal(place, level, Stage(stage), year, pupils, source or "")


def _demand_row(d: DeclaredDemand) -> Row:
    return d.settlement, d.stage.value, d.year, d.grade, d.pupils


def _demand(settlement: str, stage: str, year: int, grade: int | None, pupils: int) -> DeclaredDemand:
    return DeclaredDemand(settlement, Stage(stage), year, pupils, grade)


def _school_row(s: School) -> Row:
    ownership = "public" if s.public else "private"
    township, cluster = s.township or None, s.cluster or None
    return s.id, s.name, s.division, township, s.kind.value, ownership, s.protected, cluster, s.point.x, s.point.y


def _school(
    id: str,
    name: str,
    division: str,
    township: str | None,
    kind: str,
    ownership: str | None,
    protected: bool | None,
    cluster: str | None,
    lon: float,
    lat: float,
) -> School:
    return School(
        id=SchoolId(id),
        name=name,
        division=DivisionCode(division),
        kind=SchoolKind(kind),
        point=Point(lon, lat),
        township=township or "",
        public=ownership != "private",
        protected=bool(protected),
        cluster=cluster or "",
    )


def _site_row(s: Site) -> Row:
    return (
        s.school,
        s.stage.value,
        s.classrooms,
        s.class_size,
        s.ready_classrooms,
        s.ready_year,
        s.beds,
        s.places,
        s.running_cost,
        s.teaching_area,
        s.sport_area,
        s.equipment_value,
        s.media_rooms,
    )


def _site(
    school: str,
    stage: str,
    classrooms: int,
    class_size: int | None,
    ready_classrooms: int | None,
    ready_year: int | None,
    beds: int | None,
    places: int | None,
    running_cost: int | None,
    teaching_area: float | None,
    sport_area: float | None,
    equipment_value: float | None,
    media_rooms: int | None,
) -> Site:
    return Site(
        school=SchoolId(school),
        stage=Stage(stage),
        classrooms=classrooms,
        class_size=class_size,
        ready_classrooms=ready_classrooms or 0,
        ready_year=ready_year,
        beds=beds or 0,
        places=places,
        running_cost=running_cost,
        teaching_area=teaching_area,
        sport_area=sport_area,
        equipment_value=equipment_value,
        media_rooms=media_rooms,
    )


def _roll_row(r: RollCount) -> Row:
    return r.school, r.year, r.grade, r.pupils, r.sex, r.boarders


def _roll(school: str, year: int, grade: int, pupils: int, sex: str | None, boarders: int | None) -> RollCount:
    return RollCount(SchoolId(school), year, grade, pupils, sex, boarders or 0)


def _zone_row(z: ZoneToday) -> Row:
    return z.settlement, z.stage.value, z.school


def _zone(settlement: str, stage: str, school: str) -> ZoneToday:
    return ZoneToday(SettlementId(settlement), Stage(stage), SchoolId(school))


def _teacher_row(t: Teacher) -> Row:
    licences = tuple(stage.value for stage in t.licences) or None
    subjects, post_grade, exempt = t.subjects or None, t.post_grade or None, t.exempt or None
    return t.id, t.school, licences, subjects, t.birth_year, t.years_at_school, t.backbone, post_grade, exempt


def _teacher(
    id: str,
    school: str,
    licences: tuple[str, ...],
    subjects: tuple[str, ...] | None,
    birth_year: int,
    years_at_school: int,
    backbone: bool | None,
    post_grade: str | None,
    exempt: str | None,
) -> Teacher:
    return Teacher(
        id=TeacherId(id),
        school=SchoolId(school),
        licences=tuple(Stage(licence) for licence in licences),
        subjects=subjects or (),
        birth_year=birth_year,
        years_at_school=years_at_school,
        backbone=bool(backbone),
        post_grade=post_grade or "",
        exempt=exempt or "",
    )


_TAKE: Mapping[str, Callable[..., Row]] = {
    "divisions": division_row,
    "settlements": _settlement_row,
    "neighbours": _neighbours_row,
    "links": _link_row,
    "homes": _home_row,
    "people": _people_row,
    "births": _birth_row,
    "migration": _migration_row,
    "migrants": _migrants_row,
    "controls": _control_row,
    "demand": _demand_row,
    "schools": _school_row,
    "sites": _site_row,
    "roll": _roll_row,
    "zones": _zone_row,
    "teachers": _teacher_row,
}

BUILD: Mapping[str, Callable[..., object]] = {
    "divisions": _division,
    "settlements": _settlement,
    "neighbours": _neighbours,
    "links": _link,
    "homes": _home,
    "people": _people,
    "births": _birth,
    "migration": _migration,
    "migrants": _migrants,
    "controls": _control,
    "demand": _demand,
    "schools": _school,
    "sites": _site,
    "roll": _roll,
    "zones": _zone,
    "teachers": _teacher,
}
"""
Builders of a domain object from the cells of a row; parameters are the columns of the table, in order. A column added
to a table later has a default, so that what was stored before it is still read.
"""
