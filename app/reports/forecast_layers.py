"""The warning map of a forecast: places of one level with what one stage and year find there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shapely.geometry.base import BaseGeometry

from app.cases.forecast_document import ForecastDocument, PupilsByYear, WarningRow
from app.reports import forecast_published
from app.reports.layers import Layer
from data.domain.district import District
from data.domain.schools import Stage
from data.forecast import YearNotForecast
from data.monitoring.layer import Level
from geo import catchments
from geo.crs import Shapes


def shapes_of(level: Level, district: District, land: Shapes) -> dict[str, BaseGeometry]:
    """
    Find where the places of a level are, by id, longitude and latitude.

    Schools are points; townships and divisions are the land of their settlements in one.

    Parameters
    ----------
    land
        Of each settlement of the district, in order.
    """
    match level:
        case Level.SCHOOL:
            return {school.id: school.point for school in district.schools}
        case Level.SETTLEMENT:
            return {row.id: shape for row, shape in zip(district.settlements, land, strict=True)}
        case Level.TOWNSHIP:
            return dict(catchments.dissolve(land, [row.township for row in district.settlements]))
        case Level.DIVISION:
            return dict(catchments.dissolve(land, [row.division for row in district.settlements]))


def zones_today(district: District) -> dict[Stage, dict[str, str]]:
    """Tell the school whose zone each settlement belongs to, by stage."""
    zones: dict[Stage, dict[str, str]] = {}
    for row in district.zones:
        zones.setdefault(row.stage, {})[row.settlement] = row.school
    return zones


def warning_map(
    document: ForecastDocument,
    level: Level,
    shapes: Mapping[str, BaseGeometry],
    stage: Stage | None,
    year: int | None,
    zones: Mapping[Stage, Mapping[str, str]] | None = None,
) -> Layer:
    """
    Draw the places of a level that ``shapes`` locate.

    Parameters
    ----------
    stage, year
        ``None``: the first of the document.
    zones
        School by settlement and stage; settlements have no warning of their own, that of their school may stand for it.

    Raises
    ------
    YearNotForecast
        When the document does not reach the year.
    """
    shown, when = stage or document.stages[0], document.years[0] if year is None else year
    if when not in document.years:
        raise YearNotForecast(when, document.years)
    at = document.years.index(when)
    warned = {row.id: row for row in document.warnings if (row.level, row.stage, row.year) == (level, shown, when)}
    school_of = (zones or {}).get(Stage(shown), {}) if level is Level.SETTLEMENT else None
    places = [place for place in document.levels.get(level, ()) if place.id in shapes]
    return Layer(
        tuple(place.id for place in places),
        tuple(shapes[place.id] for place in places),
        tuple(
            {
                "id": place.id,
                "name": place.name,
                "parent": place.parent,
                **({} if school_of is None else {"school": school_of.get(place.id)}),
                "pupils": _in_year(place.pupils, shown, at),
                "low": _in_year(place.low, shown, at),
                "high": _in_year(place.high, shown, at),
                "places": _in_year(place.places, shown, at),
                **_warning(warned.get(place.id)),
            }
            for place in places
        ),
        {
            "title": document.title,
            "synthetic": document.synthetic,
            "level": level.value,
            "stage": str(shown),
            "year": when,
            "dataset_hash": document.dataset_hash,
        },
    )


def published(drawn: Layer) -> Layer:
    """Leave out small counts, and what tells them."""
    return replace(drawn, facts=tuple(forecast_published.masked(row) for row in drawn.facts))


def _in_year(by_stage: Mapping[str, PupilsByYear], stage: str, at: int) -> int | None:
    values = by_stage.get(stage)
    return None if values is None else values[at]


def _warning(row: WarningRow | None) -> dict[str, object]:
    """Say what a map shows of a warning; a place without places has none."""
    names = ("utilisation", "colour", "worst_ahead", "shortage_probability", "action", "act_by", "overdue")
    facts = {} if row is None else row.model_dump(mode="json")
    return {name: facts.get(name) for name in names}
