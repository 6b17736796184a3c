"""Maps of a dataset and of a plan: features with their facts, before they are written as GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from app.cases.plan_document import PlanDocument
from app.reports import published
from data.domain.district import District
from data.domain.schools import School
from geo import catchments, cells, crs, geojson
from geo.crs import Shapes
from geo.roads.make import CREDIT

PLAN_LAYERS = ("zones", "zones-today", "schools", "settlements", "cut-borders", "buses")
DATASET_LAYERS = ("settlements", "schools")


@dataclass(frozen=True, slots=True)
class Layer:
    """
    Features of one kind, longitude and latitude; three sequences of one length, in one order.

    Attributes
    ----------
    about
        What is said of all of them: title, synthetic, stage, year.
    """

    ids: tuple[str, ...]
    shapes: tuple[BaseGeometry, ...]
    facts: tuple[dict[str, object], ...]
    about: Mapping[str, object] = field(default_factory=dict)

    def geojson(self, members: Mapping[str, object] | None = None) -> bytes:
        """Write a FeatureCollection."""
        more = dict(self.about) | dict(members or {})
        return geojson.feature_collection(self.shapes, self.facts, ids=self.ids, members=more)

    def feature(self, members: Mapping[str, object]) -> bytes:
        """Write the first feature alone."""
        collection = json.loads(self.geojson())
        feature = collection["features"][0] | dict(members)
        return json.dumps(feature, ensure_ascii=False, separators=(",", ":")).encode()

    def taken(self, places: Sequence[int]) -> Layer:
        """Keep the features at these places, in this order."""
        return Layer(
            tuple(self.ids[i] for i in places),
            tuple(self.shapes[i] for i in places),
            tuple(self.facts[i] for i in places),
            self.about,
        )

    def within(self, box: tuple[float, float, float, float]) -> Layer:
        """Keep the features that touch a box: west, south, east, north."""
        touched = shapely.intersects(np.asarray(self.shapes, dtype=object), shapely.box(*box))
        return self.taken([int(i) for i in np.flatnonzero(touched)])

    def published(self) -> Layer:
        """Mask small counts."""
        return replace(self, facts=tuple(published.masked(row) for row in self.facts))


def land_of(district: District) -> Shapes:
    """Give the land of each settlement, in order: its polygon repaired, or the Voronoi cell of its point."""
    land = cells.make([settlement.geometry for settlement in district.settlements])
    return crs.unproject(land.shapes, land.crs)


def dataset_layer(name: str, district: District, land: Shapes) -> Layer:
    """Draw one of ``DATASET_LAYERS``."""
    about = {"title": district.title, "synthetic": district.synthetic, "source": district.source}
    if name == "settlements":
        return _settlements(district, land, {}, about)
    stages: dict[str, list[str]] = {}
    for site in district.sites:
        stages.setdefault(site.school, []).append(site.stage)
    return _schools(district.schools, {id: {"stages": stages.get(id, [])} for id in _ids(district.schools)}, about)


def plan_layer(name: str, district: District, land: Shapes, document: PlanDocument) -> Layer:
    """Draw one of ``PLAN_LAYERS``."""
    about = about_plan(document)
    if name == "settlements":
        rows = {
            row.id: row.model_dump(mode="json", exclude={"id", "name"}) | {"served": row.school is not None}
            for row in document.settlements
        }
        return _settlements(district, land, rows, about)
    if name == "schools":
        planned = {row.id: row.model_dump(mode="json", exclude={"id", "name"}) for row in document.schools}
        return _schools([school for school in district.schools if school.id in planned], planned, about)
    if name == "cut-borders":
        return _cut_borders(document)
    if name == "buses":
        return _buses(document)
    return _zones(district, land, document, today=name == "zones-today")


def about_plan(document: PlanDocument) -> dict[str, object]:
    """Say what a map or file of a plan shows; that its figures are synthetic is said wherever they are."""
    return {
        "title": document.title,
        "synthetic": document.synthetic,
        "stage": document.stage,
        "target_year": document.target_year,
        "dataset": document.dataset_title,
        "dataset_hash": document.dataset_hash,
        "status": document.certificate.status.value,
        "minutes": document.travel.get("mode"),
        "minutes_are_estimates": bool(document.travel.get("estimate", True)),
        **({} if document.synthetic or document.travel.get("estimate", True) else {"credit": CREDIT}),
    }


def whole_plan(district: District, land: Shapes, document: PlanDocument) -> Layer:
    """Put zones, schools and settlements in one layer; the fact ``layer`` tells them apart."""
    parts = [(name, plan_layer(name, district, land, document)) for name in ("zones", "schools", "settlements")]
    return Layer(
        tuple(f"{name}/{id}" for name, part in parts for id in part.ids),
        tuple(shape for _, part in parts for shape in part.shapes),
        tuple({"layer": name, **row} for name, part in parts for row in part.facts),
        about_plan(document),
    )


def _settlements(
    district: District, land: Shapes, rows: Mapping[str, Mapping[str, object]], about: Mapping[str, object]
) -> Layer:
    return Layer(
        tuple(settlement.id for settlement in district.settlements),
        tuple(land),
        tuple(
            {
                "id": settlement.id,
                "name": settlement.name,
                "township": settlement.township,
                "urban": settlement.urban,
                "lon": round(settlement.centre.x, geojson.DECIMALS),
                "lat": round(settlement.centre.y, geojson.DECIMALS),
                "outline": "cell" if settlement.geometry.geom_type == "Point" else "declared",
                **rows.get(settlement.id, {}),
            }
            for settlement in district.settlements
        ),
        about,
    )


def _schools(schools: Sequence[School], rows: Mapping[str, Mapping[str, object]], about: Mapping[str, object]) -> Layer:
    return Layer(
        _ids(schools),
        tuple(school.point for school in schools),
        tuple(
            {
                "id": school.id,
                "name": school.name,
                "kind": school.kind.value,
                "township": school.township,
                "public": school.public,
                "protected": school.protected,
                "cluster": school.cluster,
                **rows.get(school.id, {}),
            }
            for school in schools
        ),
        about,
    )


def _zones(district: District, land: Shapes, document: PlanDocument, *, today: bool) -> Layer:
    """Dissolve the land of the settlements of each school; those without a school are no zone."""
    school_of = {row.id: row.school_today if today else row.school for row in document.settlements}
    labelled = [(i, school_of.get(row.id)) for i, row in enumerate(district.settlements)]
    kept = [(i, school) for i, school in labelled if school is not None]
    zones = catchments.dissolve([land[i] for i, _ in kept], [school for _, school in kept])
    names = {school.id: school.name for school in district.schools}
    places = {row.id: row.places for row in document.schools}
    pupils, settlements = _sums(document, school_of)
    return Layer(
        tuple(zones),
        tuple(zones.values()),
        tuple(
            {
                "school": id,
                "name": names.get(id, id),  # type: ignore[call-overload]  # ids are text here and there
                "pupils": pupils[id],
                "places": places.get(id),
                "settlements": settlements[id],
            }
            for id in zones
        ),
        about_plan(document) | {"today": today},
    )


def _cut_borders(document: PlanDocument) -> Layer:
    """Draw the borders that no way crosses."""
    rows = document.cut_borders
    return Layer(
        tuple(f"{row.settlement}/{row.other}" for row in rows),
        tuple(shapely.MultiLineString([line for line in row.lines if len(line) > 1]) for row in rows),
        tuple(row.model_dump(mode="json", exclude={"lines"}) for row in rows),
        about_plan(document),
    )


def _buses(document: PlanDocument) -> Layer:
    """Draw school buses: a line for each route that has one, a point for each of its stops."""
    routes = () if document.buses is None else document.buses.routes
    ids: list[str] = []
    shapes: list[BaseGeometry] = []
    facts: list[dict[str, object]] = []
    for number, route in enumerate(routes, 1):
        names = {"route": number, "school": route.school}
        if len(route.line) > 1:
            ids.append(f"route/{number}")
            shapes.append(shapely.LineString(route.line))
            facts.append(
                {"kind": "route", **names, **route.model_dump(mode="json", exclude={"line", "stops", "school"})}
            )
        for order, stop in enumerate(route.stops, 1):
            ids.append(f"stop/{number}/{order}")
            shapes.append(shapely.Point(stop.lon, stop.lat))
            facts.append(
                {"kind": "stop", **names, "order": order, **stop.model_dump(mode="json", exclude={"lon", "lat"})}
            )
    return Layer(tuple(ids), tuple(shapes), tuple(facts), about_plan(document))


def _sums(document: PlanDocument, school_of: Mapping[str, str | None]) -> tuple[dict[str, int], dict[str, int]]:
    pupils: dict[str, int] = {}
    settlements: dict[str, int] = {}
    for row in document.settlements:
        if (school := school_of[row.id]) is not None:
            pupils[school] = pupils.get(school, 0) + row.pupils
            settlements[school] = settlements.get(school, 0) + 1
    return pupils, settlements


def _ids(schools: Iterable[School]) -> tuple[str, ...]:
    return tuple(school.id for school in schools)
