"""The roads of a dataset: laid to its figures, told of, drawn, and where a school is reached on them in time."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from app.api import doc, unchanging, uploads
from app.api.boxes import BoxText, box_of
from app.api.datasets import DatasetOut, RoadsBrief, stored
from app.api.dependencies import Planner, Reader, Reading, ServiceDep, signed_in
from app.api.service import Service
from app.db import datasets
from app.db.errors import NotFound
from app.db.models import DatasetRow
from app.jobs import importing, ways
from app.permissions import Identity
from geo import geojson
from geo.roads import drawing, isochrone
from geo.roads.drawing import Drawing
from geo.roads.network import Network
from geo.roads.profile import Means

router = APIRouter(prefix="/api/datasets/{dataset_id}", tags=["datasets"], dependencies=[Depends(signed_in)])

MOST_LINES = 20_000
"""Lines of one map: about what a page draws without a wait."""

LONGEST_MINUTES = 180

WITHOUT_ROADS: doc.Responses = {
    404: {"description": "There is no such dataset, it is another district's, or it has no roads."}
}


class PartOut(BaseModel):
    """A connected part of a network, all ways usable in either direction."""

    nodes: int
    km: float


class ClassOut(BaseModel):
    """How much there is of a class of roads, and how a bus and pupils on foot use it where no tag says otherwise."""

    road: str
    zh: str
    km: float
    bus_kmh: float
    walk: bool


class ReliefOut(BaseModel):
    """The elevation of a network: share of its nodes whose height is known, and the heights in metres."""

    files: list[str]
    share_known: float
    lowest: float | None
    highest: float | None


class DroppedOut(BaseModel):
    """
    What was in the extract and is not in the network: ways closed to all, outlines of squares, and segments with an end
    that the file lacks, of no length, or outside the box around the district.
    """

    closed_ways: int
    squares: int
    without_place: int
    without_length: int
    outside: int


class FarPlaceOut(BaseModel):
    """A place too far from the roads: metres in a straight line to the nearest; null where none can be walked."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    metres: int | None


class FarOut(BaseModel):
    """Settlements of which some home, and schools which, stand further from the roads than ``limit`` metres."""

    model_config = ConfigDict(from_attributes=True)

    settlements: list[FarPlaceOut]
    schools: list[FarPlaceOut]
    limit: float


class RoadsOut(RoadsBrief):
    """
    What the import of a road network found; ``km`` counts each road once.

    ``parts`` are the largest ten of ``parts_in_all``; ``relief`` is null where no elevation file came with the roads.
    """

    walk_km: float
    ride_km: float
    parts: list[PartOut]
    parts_in_all: int
    by_class: list[ClassOut]
    relief: ReliefOut | None
    bounds: Annotated[list[float], Field(min_length=4, max_length=4, description="West, south, east, north.")]
    credit: str
    read_from: list[str]
    dropped: DroppedOut
    far: FarOut


@router.post(
    "/roads",
    status_code=201,
    summary="Give figures roads",
    responses={
        200: {"model": DatasetOut, "description": "The division has exactly these figures with these roads already."},
        422: {
            "description": "The files have faults (type import-faults, every one in facts.faults), or the request does "
            "not have this form. Nothing was stored."
        },
    },
)
def import_roads(
    dataset_id: str,
    files: Annotated[
        list[UploadFile],
        File(
            description="One road extract (.osm.pbf, .osm, .osm.gz, .osm.bz2) and, perhaps, elevation files "
            "(.hgt, .hgt.zip, .tif)."
        ),
    ],
    identity: Planner,
    service: ServiceDep,
    response: Response,
) -> DatasetOut:
    """Store a new dataset: the same figures with the roads of these files in place of those it has."""
    with service.database.reading() as session:
        datasets.get(session, dataset_id, identity.scope)
    with uploads.laid_out(files, service.settings) as path:
        found = importing.import_roads(path, service.district(dataset_id), service.settings.road_seconds)
    return stored(service, identity, found, response)


@router.get("/roads", summary="Read about the roads", responses=WITHOUT_ROADS)
def read_roads(dataset_id: str, identity: Reader, session: Reading, service: ServiceDep) -> RoadsOut:
    """Tell what the network holds, where it came from, and what stands too far from it."""
    dataset, network = _with_roads(session, dataset_id, identity, service)

    def make() -> RoadsOut:
        far = importing.far_from_roads(service.district(dataset.id), network)
        return RoadsOut.model_validate({**(dataset.roads or {}), "far": FarOut.model_validate(far)})

    return service.replies.get(("roads", dataset.id, importing.today()), make)


@router.get("/map/roads", summary="A map of roads", response_class=Response, responses=doc.MAP_REPLY | WITHOUT_ROADS)
def read_roads_map(
    dataset_id: str,
    identity: Reader,
    session: Reading,
    service: ServiceDep,
    request: Request,
    bbox: BoxText = None,
) -> Response:
    """
    Send roads as GeoJSON, those that touch a box when one is given, main roads first.

    ``truncated``: there are more than one map takes, and the smallest were left out. ``credit`` names the source.
    """
    dataset, network = _with_roads(session, dataset_id, identity, service)
    return _map(request, dataset, drawing.roads(network, None if bbox is None else box_of(bbox), MOST_LINES))


@router.get(
    "/map/barriers",
    summary="A map of what nobody can cross",
    response_class=Response,
    responses=doc.MAP_REPLY | WITHOUT_ROADS,
)
def read_barriers_map(
    dataset_id: str,
    identity: Reader,
    session: Reading,
    service: ServiceDep,
    request: Request,
    bbox: BoxText = None,
) -> Response:
    """Send rivers, expressways and railways as GeoJSON, those that touch a box when one is given."""
    dataset, network = _with_roads(session, dataset_id, identity, service)
    return _map(request, dataset, drawing.barriers(network, None if bbox is None else box_of(bbox)))


@router.get(
    "/isochrones",
    summary="Where a school is reached in time",
    response_class=Response,
    responses=doc.MAP_REPLY
    | {404: {"description": "There is no such dataset or school, it is another district's, or it has no roads."}},
)
def read_isochrones(
    dataset_id: str,
    identity: Reader,
    session: Reading,
    service: ServiceDep,
    request: Request,
    school: Annotated[str, Query(min_length=1, max_length=64, description="Id of a school of the dataset.")],
    means: Means = Means.MIXED,
    minutes: Annotated[
        str,
        Query(
            pattern=r"^[1-9]\d{0,2}(,[1-9]\d{0,2}){0,5}$",
            description=f"At most six figures with commas, each up to {LONGEST_MINUTES}.",
        ),
    ] = "10,20,30",
) -> Response:
    """
    Send the land from which pupils reach a school within some minutes, the largest first.

    Speeds are the norms of today, nothing is shut; each polygon holds the smaller ones.
    """
    dataset, network = _with_roads(session, dataset_id, identity, service)
    limits = _limits(minutes)
    point = next((row.point for row in service.district(dataset.id).schools if row.id == school), None)
    if point is None:
        raise NotFound("school", school)
    profile = ways.plain_profile(importing.today())

    def draw() -> bytes:
        graph = ways.graph_of(network, profile)
        limit = importing.snap_limit()
        shapes = isochrone.polygons(graph, point.x, point.y, limits, means, snap_limit=limit)
        facts = [{"minutes": limit, "means": means.value, "school": school} for limit in limits]
        ids = [str(limit) for limit in limits]
        return geojson.feature_collection(shapes, facts, ids=ids, members={"credit": _credit(dataset)})

    return unchanging.reply(request, service, ("isochrones", network.hash, school, means, limits, profile), draw)


def _limits(text: str) -> tuple[int, ...]:
    """Read minutes, the most first; raises RequestValidationError when one is beyond what is drawn."""
    limits = sorted({int(part) for part in text.split(",")}, reverse=True)
    if limits[0] > LONGEST_MINUTES:
        words = f"at most {LONGEST_MINUTES} minutes are drawn"
        raise RequestValidationError([{"loc": ("query", "minutes"), "msg": words, "type": "value_error"}])
    return tuple(limits)


def _with_roads(session: Session, dataset_id: str, identity: Identity, service: Service) -> tuple[DatasetRow, Network]:
    """
    Find a dataset of the asker's and its network.

    Raises
    ------
    NotFound
        Also when the dataset has no roads.
    """
    dataset = datasets.get(session, dataset_id, identity.scope)
    network = service.network(dataset.id)
    if network is None:
        raise NotFound("road network of dataset", dataset.id)
    return dataset, network


def _credit(dataset: DatasetRow) -> str:
    return "" if dataset.roads is None else str(dataset.roads["credit"])


def _map(request: Request, dataset: DatasetRow, drawn: Drawing) -> Response:
    """Send lines; they are not kept, for hardly two boxes are alike."""
    members = {"truncated": drawn.truncated, "credit": _credit(dataset)}
    ids = [str(number) for number in range(len(drawn.facts))]
    content = geojson.feature_collection(drawn.shapes, drawn.facts, ids=ids, members=members)
    return unchanging.send(request, unchanging.content_of(content))
