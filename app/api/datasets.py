"""Datasets: the dictionary of tables, imports, downloads, maps, the forecast, norms."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field, Json

from app.api import doc, unchanging, uploads
from app.api.dependencies import Planner, Reader, Reading, ServiceDep, signed_in
from app.api.errors import ImportFaults
from app.api.service import Service
from app.cases.strict import Strict
from app.db import datasets
from app.jobs import importing
from app.jobs.importing import Imported
from app.permissions import Identity, Role
from app.reports import layers, published
from data import export
from data.domain.schools import Stage
from data.forecast import Forecast, forecast
from data.importers.declaration import Declaration
from data.norms import Norms
from data.tables import TABLES, CellType

router = APIRouter(prefix="/api", dependencies=[Depends(signed_in)])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_YEARS = 30
YEARS_AHEAD = 10


class ChoiceOut(BaseModel):
    """A word allowed in a column."""

    model_config = ConfigDict(from_attributes=True)

    value: str
    zh: str


class ColumnOut(BaseModel):
    """A column of a table."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    zh: str
    type: CellType
    unit: str
    required: bool
    meaning: str
    meaning_zh: str
    choices: list[ChoiceOut]
    minimum: float | None
    maximum: float | None
    refers_to: str | None


class TableOut(BaseModel):
    """A table of a dataset."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    zh: str
    meaning: str
    meaning_zh: str
    required: bool
    key: list[str]
    columns: list[ColumnOut]


class FaultOut(BaseModel):
    """A fault or warning of an import; rows count as a person sees them in the file."""

    model_config = ConfigDict(from_attributes=True)

    file: str
    table: str
    row: int | None
    column: str | None
    value: str | None
    code: str
    reason: str
    reason_zh: str


class DeclarationOrder(Strict):
    """
    What the files do not say themselves.

    ``crs``: ``EPSG:4326``, ``EPSG:4490`` or another EPSG code, ``GCJ-02``, ``BD-09``; null: as the files say.
    ``columns``: table, our column, heading in the file. ``tables``: file, sheet or layer name to table.
    """

    title: Annotated[str, Field(min_length=1, max_length=200)]
    division: Annotated[str, Field(min_length=1, max_length=32)]
    crs: str | None = None
    synthetic: bool = False
    source: Annotated[str, Field(max_length=2000)] = ""
    columns: dict[str, dict[str, str]] = Field(default_factory=dict)
    tables: dict[str, str] = Field(default_factory=dict)


class RoadsBrief(BaseModel):
    """The road network of a dataset in short; ``km`` counts each road once."""

    hash: str
    nodes: int
    segments: int
    km: float
    has_relief: bool


class DatasetOut(BaseModel):
    """
    A dataset, without its figures; ``counts`` are rows by table.

    ``roads`` is null where there are none: minutes are then estimated from straight lines.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    title: str
    division: str
    synthetic: bool
    source: str
    hash: str
    created_at: datetime
    created_by: str
    counts: dict[str, int]
    warnings: list[FaultOut]
    roads: RoadsBrief | None


class SettlementForecast(BaseModel):
    """Pupils of one settlement by stage, one figure a year."""

    id: str
    pupils: dict[Stage, list[int | None]]


class ForecastOut(BaseModel):
    """Pupils on 1 September of each year; null where the figures do not reach."""

    years: list[int]
    stages: list[Stage]
    totals: dict[Stage, list[int | None]]
    settlements: list[SettlementForecast]
    method: str
    notes: list[str]
    notes_zh: list[str]


class NormOut(BaseModel):
    """A figure of law or standard; ``trust`` V read, K known, U unverified 未核实."""

    model_config = ConfigDict(from_attributes=True)

    key: str
    value: float
    unit: str
    stage: Stage | None
    valid_from: date | None
    valid_to: date | None
    kind: str
    source: str
    trust: str
    level: str
    sense: str
    meaning: str
    meaning_zh: str


@router.get("/tables", tags=["tables"], summary="The dictionary of columns")
def list_tables() -> list[TableOut]:
    """List every table with its columns, units and meanings."""
    return [TableOut.model_validate(table) for table in TABLES.values()]


@router.get(
    "/tables/workbook",
    tags=["tables"],
    summary="A blank workbook",
    response_class=Response,
    responses=doc.file_reply(XLSX, "A workbook to fill in."),
)
def read_blank_workbook() -> Response:
    """Send a workbook with every table and column, to be filled in."""
    return attachment(_written(export.blank_workbook), XLSX, "junheng.xlsx")


@router.get("/norms", tags=["norms"], summary="Norms in force on a day")
def list_norms(on: Annotated[date | None, Query(description="Not given: today in China.")] = None) -> list[NormOut]:
    """List the norms in force, with their sources."""
    day = on or datetime.now(ZoneInfo("Asia/Shanghai")).date()
    return [NormOut.model_validate(norm) for norm in Norms.default().in_force(day)]


@router.post(
    "/datasets",
    status_code=201,
    tags=["datasets"],
    summary="Import files as a dataset",
    responses={
        200: {"model": DatasetOut, "description": "The division has exactly these figures already."},
        422: {
            "description": "The files have faults (type import-faults, every one in facts.faults), or the request does "
            "not have this form. Nothing was stored."
        },
    },
)
def import_files(
    files: Annotated[
        list[UploadFile],
        File(
            description="CSV, xlsx, zip, GeoJSON, GeoPackage or zipped shape files; with them, perhaps, one road "
            "extract (.osm.pbf, .osm, .osm.gz, .osm.bz2) and elevation files (.hgt, .hgt.zip, .tif)."
        ),
    ],
    declaration: Annotated[Json[DeclarationOrder], Form(description="A declaration as JSON text.")],
    identity: Planner,
    service: ServiceDep,
    response: Response,
) -> DatasetOut:
    """Check and store files; every fault is told at once, and where there is one nothing is stored."""
    identity.require_division(declaration.division)
    with uploads.laid_out(files, service.settings) as path:
        told = Declaration(**declaration.model_dump())
        found = importing.import_files(path, told, service.settings.road_seconds)
    return stored(service, identity, found, response)


def stored(service: Service, identity: Identity, found: Imported, response: Response) -> DatasetOut:
    """
    Store what was read, in the asker's scope, and say where it is.

    Raises
    ------
    ImportFaults
        When there is any fault; nothing is stored then.
    """
    warnings = [asdict(warning) for warning in found.warnings]
    if found.district is None:
        raise ImportFaults([asdict(fault) for fault in found.faults], warnings)
    identity.require_division(found.district.division)
    roads = found.packed_roads()  # before the transaction: it may take seconds
    with service.database.writing() as session:
        row, created = datasets.store(session, found.district, warnings, identity.actor, roads)
    response.status_code = 201 if created else 200
    response.headers["Location"] = f"/api/datasets/{row.id}"
    return DatasetOut.model_validate(row)


@router.get("/datasets", tags=["datasets"], summary="List datasets")
def list_datasets(identity: Reader, session: Reading) -> list[DatasetOut]:
    """List datasets, newest first."""
    return [DatasetOut.model_validate(row) for row in datasets.newest(session, identity.scope)]


@router.get("/datasets/{dataset_id}", tags=["datasets"], summary="Read about a dataset")
def read_dataset(dataset_id: str, identity: Reader, session: Reading) -> DatasetOut:
    """Tell what a dataset is and holds."""
    return DatasetOut.model_validate(datasets.get(session, dataset_id, identity.scope))


@router.get(
    "/datasets/{dataset_id}/tables/{table}",
    tags=["datasets"],
    summary="Download a table",
    response_class=Response,
    responses=doc.file_reply("text/csv", "CSV in UTF-8.") | {403: {"description": "Teachers are for planners only."}},
)
def read_table(
    dataset_id: str,
    table: str,
    identity: Reader,
    session: Reading,
    publish: Annotated[bool, Query(alias="published", description="Mask counts from 1 to 4.")] = False,
) -> Response:
    """Send one table as CSV. Teachers go to planners only; readers get small counts masked."""
    dataset = datasets.get(session, dataset_id, identity.scope)
    if table in published.PERSONAL:
        identity.require(Role.PLANNER)
    content = datasets.table(session, dataset.id, table)
    if masks(identity, publish):
        content = published.masked_table(table, content)
    return attachment(content, "text/csv; charset=utf-8", f"{table}.csv")


@router.get(
    "/datasets/{dataset_id}/workbook",
    tags=["datasets"],
    summary="Download a dataset as a workbook",
    response_class=Response,
    responses=doc.file_reply(XLSX, "Every table.")
    | {403: {"description": "It holds teachers and small counts: for planners only."}},
)
def read_workbook(dataset_id: str, identity: Planner, session: Reading, service: ServiceDep) -> Response:
    """Send a dataset as a workbook, as it can be imported again; for planners, as it holds teachers."""
    dataset = datasets.get(session, dataset_id, identity.scope)
    district = service.district(dataset.id)
    return attachment(_written(lambda path: export.write_workbook(district, path)), XLSX, f"{dataset.id}.xlsx")


@router.get(
    "/datasets/{dataset_id}/map/{layer}",
    tags=["datasets"],
    summary="A map of a dataset",
    response_class=Response,
    responses=doc.MAP_REPLY,
)
def read_map(
    dataset_id: str,
    layer: Literal["settlements", "schools"],
    identity: Reader,
    session: Reading,
    service: ServiceDep,
    request: Request,
) -> Response:
    """Send settlements (their land) or schools as GeoJSON."""
    dataset = datasets.get(session, dataset_id, identity.scope)

    def draw() -> bytes:
        district = service.district(dataset.id)
        return layers.dataset_layer(layer, district, service.land(dataset.id)).geojson()

    return unchanging.reply(request, service, ("dataset", dataset.id, layer), draw)


@router.get("/datasets/{dataset_id}/forecast", tags=["datasets"], summary="Forecast pupils")
def read_forecast(
    dataset_id: str,
    identity: Reader,
    session: Reading,
    service: ServiceDep,
    years: Annotated[
        str | None,
        Query(
            pattern=r"^(19|20|21)\d\d(,(19|20|21)\d\d){0,29}$",
            description="Years separated by commas; not given: this year and the ten after it.",
        ),
    ] = None,
) -> ForecastOut:
    """Forecast pupils by settlement, stage and year."""
    dataset = datasets.get(session, dataset_id, identity.scope)
    wanted = years_in(years)

    def make() -> ForecastOut:
        return forecast_out(forecast(service.district(dataset.id), wanted))

    return service.replies.get(("forecast", dataset.id, wanted), make)


def years_in(text: str | None) -> tuple[int, ...]:
    """Read years from a query, ascending; none given: this year and the ten after it."""
    if text is None:
        first = datetime.now(UTC).year
        return tuple(range(first, first + YEARS_AHEAD + 1))
    return tuple(sorted({int(year) for year in text.split(",")}))


def forecast_out(found: Forecast) -> ForecastOut:
    """Write a forecast; a stage that no year knows is left out."""
    stages = [stage for stage in Stage if any(found.knows(stage, year) for year in found.years)]
    known = {
        (stage, year): found.pupils(stage, year) for stage in stages for year in found.years if found.knows(stage, year)
    }

    def by_year(stage: Stage, place: int | None) -> list[int | None]:
        arrays = [known.get((stage, year)) for year in found.years]
        return [None if a is None else int(a.sum() if place is None else a[place]) for a in arrays]

    return ForecastOut(
        years=list(found.years),
        stages=stages,
        totals={stage: by_year(stage, None) for stage in stages},
        settlements=[
            SettlementForecast(id=id, pupils={stage: by_year(stage, place) for stage in stages})
            for place, id in enumerate(found.settlements)
        ],
        method=found.method,
        notes=list(found.notes),
        notes_zh=list(found.notes_zh),
    )


def masks(identity: Identity, publish: bool) -> bool:
    """Tell whether small counts are masked for this asker."""
    return publish or identity.role is Role.READER


def attachment(content: bytes, media_type: str, name: str) -> Response:
    """Send a file to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=media_type, headers=headers)


def _written(write: Callable[[Path], None]) -> bytes:
    """Let something write a file, and read it."""
    with tempfile.TemporaryDirectory(prefix="junheng-") as folder:
        path = Path(folder) / "file.xlsx"
        write(path)
        return path.read_bytes()
