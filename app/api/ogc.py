"""
OGC API Features (part 1, core and GeoJSON): plans as layers that a desktop map opens by URL.

A collection is one layer of one plan, named ``PLAN.LAYER``. Coordinates are CRS84: longitude, latitude.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import numpy as np
import shapely
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.api import doc
from app.api.boxes import BoxText, box_of
from app.api.datasets import masks
from app.api.dependencies import Reader, Reading, ServiceDep, signed_in
from app.api.plans import Plan, document_of
from app.api.service import Service
from app.api.unchanging import GEOJSON
from app.db import plans
from app.db.errors import NotFound
from app.db.models import PlanRow
from app.permissions import Identity
from app.reports.layers import PLAN_LAYERS, Layer


def only_known_parameters(request: Request) -> None:
    """Refuse query parameters that a resource does not have, as the standard asks."""
    route: APIRoute = request.scope["route"]
    known = {field.alias for field in route.dependant.query_params}
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise RequestValidationError(
            [
                {"loc": ("query", name), "msg": "there is no such parameter", "type": "extra_forbidden"}
                for name in unknown
            ]
        )


router = APIRouter(prefix="/ogc", tags=["ogc"], dependencies=[Depends(signed_in), Depends(only_known_parameters)])

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
CONFORMS = (
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
MOST_FEATURES = 10_000


class Link(BaseModel):
    """A link to another resource."""

    href: str
    rel: str
    type: str
    title: str = ""


class Landing(BaseModel):
    """Where everything is."""

    title: str
    description: str
    links: list[Link]


class Conformance(BaseModel):
    """The classes of the standard that hold here."""

    model_config = ConfigDict(populate_by_name=True)

    conforms_to: list[str] = Field(serialization_alias="conformsTo")


class SpatialExtent(BaseModel):
    """The box around the features: west, south, east, north."""

    bbox: list[list[float]]
    crs: str = CRS84


class Extent(BaseModel):
    """Where the features are."""

    spatial: SpatialExtent


class Collection(BaseModel):
    """One layer of one plan."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    title: str
    description: str
    item_type: Literal["feature"] = Field(default="feature", serialization_alias="itemType")
    crs: list[str] = [CRS84]
    extent: Extent | None = None
    links: list[Link]


class Collections(BaseModel):
    """Every layer of every plan that the asker may see."""

    links: list[Link]
    collections: list[Collection]


@router.get("/", include_in_schema=False)
@router.get("", summary="Landing page")
def read_landing(request: Request) -> Landing:
    """Tell where everything is."""
    return Landing(
        title="Junheng 均衡",
        description="School network plans as layers.",
        links=[
            _link(request, "/ogc", "self", "This page"),
            _link(
                request, "/api/openapi.json", "service-desc", "The API", "application/vnd.oai.openapi+json;version=3.1"
            ),
            _link(request, "/ogc/conformance", "conformance", "Conformance classes"),
            _link(request, "/ogc/collections", "data", "Layers of plans"),
        ],
    )


@router.get("/conformance", summary="Conformance classes")
def read_conformance() -> Conformance:
    """List the classes of the standard that hold here."""
    return Conformance(conforms_to=list(CONFORMS))


@router.get("/collections", summary="List layers")
def list_collections(identity: Reader, session: Reading, request: Request) -> Collections:
    """List every layer of every plan, newest plan first."""
    return Collections(
        links=[_link(request, "/ogc/collections", "self", "Layers of plans")],
        collections=[
            _collection(request, row, layer) for row in plans.newest(session, identity.scope) for layer in PLAN_LAYERS
        ],
    )


@router.get("/collections/{collection}", summary="Read about a layer")
def read_collection(
    collection: str, identity: Reader, session: Reading, service: ServiceDep, request: Request
) -> Collection:
    """Tell what a layer shows and where."""
    plan, name = _plan(collection, identity, session, service)
    return _collection(request, plan.row, name, _extent(_layer(plan, name, identity)))


@router.get(
    "/collections/{collection}/items",
    summary="Read the features of a layer",
    response_class=Response,
    responses={200: doc.MAP_REPLY[200]},
)
def read_items(
    collection: str,
    identity: Reader,
    session: Reading,
    service: ServiceDep,
    request: Request,
    bbox: BoxText = None,
    datetime_: Annotated[
        str | None, Query(alias="datetime", description="Accepted and without effect: the features have no times.")
    ] = None,
    limit: Annotated[int, Query(ge=1, description=f"At most {MOST_FEATURES} are sent, whatever is asked.")] = 1_000,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Response:
    """Send the features of a layer, those that touch a box only when one is given, a page at a time."""
    plan, name = _plan(collection, identity, session, service)
    layer = _layer(plan, name, identity)
    if bbox is not None:
        layer = layer.within(box_of(bbox))
    limit = min(limit, MOST_FEATURES)
    page = layer.taken(range(offset, min(offset + limit, len(layer.ids))))
    members = {
        "numberMatched": len(layer.ids),
        "numberReturned": len(page.ids),
        "timeStamp": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "links": [link.model_dump() for link in _page_links(request, collection, offset, limit, len(layer.ids))],
    }
    return Response(page.geojson(members), media_type=GEOJSON, headers={"Cache-Control": "private, no-cache"})


@router.get(
    "/collections/{collection}/items/{feature}",
    summary="Read one feature",
    response_class=Response,
    responses=doc.file_reply(GEOJSON, "A GeoJSON feature.", doc.FEATURE),
)
def read_item(
    collection: str, feature: str, identity: Reader, session: Reading, service: ServiceDep, request: Request
) -> Response:
    """Send one feature of a layer."""
    plan, name = _plan(collection, identity, session, service)
    layer = _layer(plan, name, identity)
    if feature not in layer.ids:
        raise NotFound("feature", feature)
    content = layer.taken([layer.ids.index(feature)]).feature(
        {"links": [_link(request, f"/ogc/collections/{collection}", "collection", "The layer").model_dump()]}
    )
    return Response(content, media_type=GEOJSON, headers={"Cache-Control": "private, no-cache"})


def _plan(collection: str, identity: Identity, session: Session, service: Service) -> tuple[Plan, str]:
    plan_id, _, layer = collection.partition(".")
    if layer not in PLAN_LAYERS:
        raise NotFound("collection", collection)
    row = plans.get(session, plan_id, identity.scope)
    return Plan(row, document_of(service, row), service), layer


def _layer(plan: Plan, name: str, identity: Identity) -> Layer:
    layer = plan.service.replies.get(("layer", plan.row.id, name), lambda: plan.layer(name))
    return layer.published() if masks(identity, False) else layer


def _collection(request: Request, row: PlanRow, layer: str, extent: Extent | None = None) -> Collection:
    id = f"{row.id}.{layer}"
    synthetic = " (synthetic 合成数据)" if row.summary["synthetic"] else ""
    return Collection(
        id=id,
        title=f"{row.summary['title']} · {layer}{synthetic}",
        description=f"{row.summary['stage']} {row.summary['target_year']}, {row.summary['status']}{synthetic}",
        extent=extent,
        links=[
            _link(request, f"/ogc/collections/{id}", "self", "This layer"),
            _link(request, f"/ogc/collections/{id}/items", "items", "Its features", GEOJSON),
        ],
    )


def _extent(layer: Layer) -> Extent | None:
    if not layer.shapes:
        return None
    west, south, east, north = shapely.total_bounds(np.asarray(layer.shapes, dtype=object))
    return Extent(spatial=SpatialExtent(bbox=[[float(west), float(south), float(east), float(north)]]))


def _page_links(request: Request, collection: str, offset: int, limit: int, matched: int) -> list[Link]:
    place = f"/ogc/collections/{collection}"
    links = [_link(request, place, "collection", "The layer")]
    pages = {"self": offset}
    if offset + limit < matched:
        pages["next"] = offset + limit
    if offset > 0:
        pages["prev"] = max(0, offset - limit)
    for rel, start in pages.items():
        url = request.url.include_query_params(offset=start, limit=limit)
        links.append(Link(href=str(url), rel=rel, type=GEOJSON))
    return links


def _link(request: Request, path: str, rel: str, title: str, media_type: str = "application/json") -> Link:
    return Link(href=f"{str(request.base_url).rstrip('/')}{path}", rel=rel, type=media_type, title=title)
