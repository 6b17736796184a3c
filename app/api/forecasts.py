"""Forecasts: asked for, watched, cancelled; their parts, warning maps and files."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_jsonable_python
from sqlalchemy.exc import IntegrityError

from app.api import doc, unchanging
from app.api.datasets import XLSX, attachment, masks
from app.api.dependencies import Planner, Reader, Reading, ServiceDep, Writing, signed_in
from app.api.service import Service, Shelf
from app.cases.forecast_document import (
    BoardingRow,
    Correction,
    ForecastDocument,
    MigrantRow,
    Note,
    PeakRow,
    PlaceOutlook,
    PupilsByYear,
    Pyramid,
    SchoolGrades,
    SmallClassRow,
    Sources,
    WarningRow,
)
from app.cases.recipe import Recipe
from app.cases.strict import Strict
from app.db import datasets, forecasts
from app.db.models import ForecastRow, Kind, RunState
from app.permissions import Identity
from app.reports import forecast_csv, forecast_layers, forecast_published
from app.reports.monitoring import workbook
from data.domain.schools import Stage
from data.monitoring.layer import Level

DOCUMENTS_READ = 4
"""Documents kept for their parts: about 100 MB for a city of 11,000 villages."""

router = APIRouter(prefix="/api/forecasts", tags=["forecasts"], dependencies=[Depends(signed_in)])

Colour = Literal["red", "orange", "yellow", "normal", "blue"]


class ForecastOrder(Strict):
    """A dataset to forecast, and how."""

    dataset_id: str
    recipe: Recipe = Recipe()


class Summary(BaseModel):
    """
    What a done forecast holds.

    ``warnings`` counts schools and stages by the worst colour ahead of the first year; ``hash`` is the SHA-256 of the
    document as it is sent, unmasked.
    """

    base_year: int
    years: list[int]
    stages: list[Stage]
    warnings: dict[str, int]
    hash: str


class StoredForecast(BaseModel):
    """
    A forecast, without its figures.

    ``title`` is that of the dataset. ``phase`` tells how far the work is; ``summary`` comes with the state ``done``,
    ``error`` (a problem document) with ``failed``; ``wish`` is what was asked of a forecast under way.
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    dataset_id: str
    division: str
    title: str
    synthetic: bool
    state: RunState
    wish: str
    recipe: Recipe
    phase: str | None
    error: dict[str, Any] | None
    seconds: float | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    summary: Summary | None


class LevelOutlook(BaseModel):
    """The places of one level; ``masked``: counts of children from 1 to 4 are null."""

    years: list[int]
    stages: list[Stage]
    places: list[PlaceOutlook]
    masked: bool


class Accuracy(BaseModel):
    """The backtest on the dataset's own rolls; null where they are too short, as the note says."""

    accuracy: dict[str, Any] | None
    accuracy_note: Note


@dataclass(frozen=True, slots=True)
class Asked:
    """A done forecast as one asker may see it."""

    row: ForecastRow
    service: Service
    request: Request
    masked: bool

    @property
    def document(self) -> ForecastDocument:
        """Read the document, once."""

        def load() -> ForecastDocument:
            with self.service.database.reading() as session:
                return forecasts.load(session, self.row.id)

        shelf = self.service.replies.get("forecast documents", lambda: Shelf(DOCUMENTS_READ))
        return shelf.get(self.row.id, load)

    def json(self, key: Hashable, part: Callable[[], object], member: str = "") -> Response:
        """Send a part of the document; ``member``: its name there, where it is a member of it."""

        def make() -> bytes:
            plain = to_jsonable_python(part())
            shown = forecast_published.member(member, plain) if self.masked else plain
            return json.dumps(shown, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

        return self.reply(key, make, "application/json")

    def reply(self, key: Hashable, make: Callable[[], bytes], media_type: str) -> Response:
        """Send what is made of the document."""
        whole_key = ("forecast", self.row.id, key, self.masked)
        return unchanging.reply(self.request, self.service, whole_key, make, media_type)

    def layer(self, level: Level, stage: Stage | None, year: int | None) -> bytes:
        """Draw the warning map."""
        dataset, service = self.row.dataset_id, self.service
        shapes = service.replies.get(
            ("shapes", dataset, level),
            lambda: forecast_layers.shapes_of(level, service.district(dataset), service.land(dataset)),
        )
        zones = service.replies.get(
            ("zones today", dataset), lambda: forecast_layers.zones_today(service.district(dataset))
        )
        drawn = forecast_layers.warning_map(self.document, level, shapes, stage, year, zones)
        return (forecast_layers.published(drawn) if self.masked else drawn).geojson()


Publish = Annotated[bool, Query(alias="published", description="Mask counts of children from 1 to 4, as for readers.")]


def asked_of(
    forecast_id: str,
    identity: Reader,
    session: Reading,
    service: ServiceDep,
    request: Request,
    publish: Publish = False,
) -> Asked:
    """
    Find the done forecast of a path.

    Raises
    ------
    NotFound, ForecastNotDone
    """
    row = forecasts.get(session, forecast_id, identity.scope)
    if row.state != RunState.DONE:
        raise forecasts.ForecastNotDone(row.id, row.state)
    return Asked(row, service, request, masks(identity, publish))


AskedDep = Annotated[Asked, Depends(asked_of)]
LevelQuery = Annotated[Level | None, Query(description="Not given: every level.")]
StageQuery = Annotated[Stage | None, Query(description="Not given: every stage.")]
YearQuery = Annotated[int | None, Query(ge=1900, le=2200, description="Not given: every year.")]
ColourQuery = Annotated[Colour | None, Query(description="Not given: every colour.")]

NOT_DONE: doc.Responses = {409: {"description": "The forecast is not done: it has no figures yet, or never will."}}
TAGGED: doc.Responses = {304: {"description": "The reply is the one whose ETag was sent in If-None-Match."}}


def _part(model: Any, says: str) -> doc.Responses:
    """State a reply that is a part of a document."""
    tag = {"ETag": {"schema": {"type": "string"}, "description": "Send it back in If-None-Match."}}
    sent = forecast_published.as_sent(model)
    return {200: {"model": sent, "description": says, "headers": tag}, **TAGGED, **NOT_DONE}


@router.post("", status_code=202, summary="Start a forecast", responses=doc.NAMES_WHAT_IS_NOT_THERE)
def start_forecast(
    order: ForecastOrder,
    identity: Planner,
    service: ServiceDep,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            pattern=r"^[!-~]+$",
            description="The same key with the same order starts one forecast, however often it is sent.",
        ),
    ] = None,
) -> StoredForecast:
    """Queue a forecast and answer at once with its id; Location tells where to watch it."""
    try:
        forecast, created = _queue(service, identity, order, idempotency_key)
    except IntegrityError:  # the same key came twice at the same moment: the other request has made the forecast
        forecast, created = _queue(service, identity, order, idempotency_key)
    if created:
        service.starter.start(forecast.id, Kind.FORECAST)
    response.headers["Location"] = f"/api/forecasts/{forecast.id}"
    return StoredForecast.model_validate(forecast)


def _queue(service: Service, identity: Identity, order: ForecastOrder, key: str | None) -> tuple[ForecastRow, bool]:
    with service.database.writing() as session:
        dataset = datasets.get(session, order.dataset_id, identity.scope)
        return forecasts.create(session, dataset, order.recipe, actor=identity.actor, key=key)


@router.get("", summary="List forecasts")
def list_forecasts(
    identity: Reader, session: Reading, dataset_id: Annotated[str | None, Query()] = None
) -> list[StoredForecast]:
    """List forecasts, newest first, at most 200."""
    found = forecasts.newest(session, identity.scope, dataset_id=dataset_id)
    return [StoredForecast.model_validate(row) for row in found]


@router.get("/{forecast_id}", summary="Read about a forecast")
def read_forecast(forecast_id: str, identity: Reader, session: Reading) -> StoredForecast:
    """Tell how a forecast stands."""
    return StoredForecast.model_validate(forecasts.get(session, forecast_id, identity.scope))


@router.post(
    "/{forecast_id}/cancel",
    status_code=202,
    summary="Give a forecast up",
    responses={409: {"description": "The forecast has ended with figures or a failure."}},
)
def cancel_forecast(forecast_id: str, identity: Planner, session: Writing) -> StoredForecast:
    """Give a forecast up, nothing kept; a queued one ends at once, a running one within seconds."""
    row = forecasts.ask_to_cancel(session, forecast_id, identity.actor, identity.scope)
    return StoredForecast.model_validate(row)


@router.get(
    "/{forecast_id}/document",
    summary="A whole forecast",
    response_class=Response,
    responses=_part(
        ForecastDocument,
        "The document. Unmasked it is canonical JSON, whose SHA-256 is the hash in the summary.",
    ),
)
def read_document(asked: AskedDep, session: Reading) -> Response:
    """Send the whole document: figures of every place with bands, warnings, sources, norms and accuracy."""
    if asked.masked:
        return asked.json("document", lambda: asked.document)
    return asked.reply("document", lambda: forecasts.content(session, asked.row.id), "application/json")


@router.get(
    "/{forecast_id}/levels/{level}",
    summary="The places of a level",
    response_class=Response,
    responses=_part(LevelOutlook, "Pupils with bands and places, by place, stage and year."),
)
def read_level(level: Level, asked: AskedDep) -> Response:
    """Send the division, the townships, the schools with their zones, or the settlements."""

    def part() -> dict[str, object]:
        document = asked.document
        places = document.levels.get(level, ())
        return {"years": document.years, "stages": document.stages, "places": places, "masked": asked.masked}

    return asked.json(("level", level), part)


@router.get(
    "/{forecast_id}/warnings",
    summary="Warnings",
    response_class=Response,
    responses=_part(list[WarningRow], "Warnings by place, stage and year."),
)
def read_warnings(
    asked: AskedDep,
    level: LevelQuery = None,
    stage: StageQuery = None,
    year: YearQuery = None,
    colour: ColourQuery = None,
) -> Response:
    """Send the warnings that match, with the last date to act and the reason in words."""
    key = ("warnings", level, stage, year, colour)
    return asked.json(key, lambda: forecast_csv.matching(asked.document.warnings, *key[1:]))


@router.get(
    "/{forecast_id}/warnings.csv",
    summary="Warnings as CSV",
    response_class=Response,
    responses=doc.file_reply("text/csv", "CSV in UTF-8 with a byte order mark, headings in Chinese.") | NOT_DONE,
)
def export_warnings(
    asked: AskedDep,
    level: LevelQuery = None,
    stage: StageQuery = None,
    year: YearQuery = None,
    colour: ColourQuery = None,
) -> Response:
    """Send the warnings that match as CSV; the last column says whether the figures are synthetic."""
    rows = forecast_csv.matching(asked.document.warnings, level, stage, year, colour)
    content = forecast_csv.warnings_csv(rows, synthetic=asked.document.synthetic, mask_small_counts=asked.masked)
    return attachment(content, "text/csv; charset=utf-8", f"warnings-{asked.row.id}.csv")


@router.get(
    "/{forecast_id}/map/{level}",
    summary="A warning map",
    response_class=Response,
    responses=doc.MAP_REPLY | NOT_DONE,
)
def read_map(
    level: Level,
    asked: AskedDep,
    stage: Annotated[Stage | None, Query(description="Not given: the first of the forecast.")] = None,
    year: Annotated[int | None, Query(ge=1900, le=2200, description="Not given: the first of the forecast.")] = None,
) -> Response:
    """Send the land of settlements, townships or divisions, or the schools, with pupils, places and warning colour."""
    key = ("map", level, stage, year)
    return asked.reply(key, lambda: asked.layer(level, stage, year), unchanging.GEOJSON)


@router.get(
    "/{forecast_id}/workbook",
    summary="A forecast as a workbook",
    response_class=Response,
    responses=doc.file_reply(XLSX, "Every figure.") | NOT_DONE,
)
def export_workbook(asked: AskedDep) -> Response:
    """Send every figure as a workbook; synthetic figures are marked on every sheet."""
    content = workbook.forecast_workbook(asked.document, mask_small_counts=asked.masked)
    return attachment(content, XLSX, f"forecast-{asked.row.id}.xlsx")


@router.get(
    "/{forecast_id}/accuracy",
    summary="How good the forecast is",
    response_class=Response,
    responses=_part(Accuracy, "Errors by unit, stage, horizon and method."),
)
def read_accuracy(asked: AskedDep) -> Response:
    """Send the backtest on the dataset's own rolls, against what other methods reach."""
    names = ("accuracy", "accuracy_note")
    return asked.json("accuracy", lambda: {name: getattr(asked.document, name) for name in names})


def _serve_part(path: str, member: str, model: Any, summary: str, says: str) -> None:
    """Serve a member of the document under a path of its own."""

    def read(asked: AskedDep) -> Response:
        return asked.json(member, lambda: getattr(asked.document, member), member)

    router.add_api_route(
        f"/{{forecast_id}}/{path}",
        read,
        name=f"read_{member}",
        summary=summary,
        description=says,
        response_class=Response,
        responses=_part(model, summary),
    )


for _part_served in (
    (
        "peaks",
        "peaks",
        list[PeakRow],
        "Peaks and troughs",
        "Send the years of most and fewest pupils, and how deep and long the surplus of places gets.",
    ),
    (
        "small-classes",
        "small_classes",
        list[SmallClassRow],
        "Small classes",
        "Send the classes, rooms and teachers that each class norm asks for.",
    ),
    (
        "migrants",
        "migrants",
        list[MigrantRow],
        "Migrant children",
        "Send the children of migrant workers and the public places they find, if demand stays or changes by a fifth.",
    ),
    (
        "boarding",
        "boarding",
        list[BoardingRow],
        "Boarders",
        "Send the boarders of each school to come, the beds they find, and those that lack.",
    ),
    (
        "sources",
        "sources",
        Sources,
        "Sources",
        "Send what each source gave, which figures contradict each other, and what is missing.",
    ),
    (
        "pyramids",
        "pyramids",
        list[Pyramid],
        "Population pyramids",
        "Send people by sex and age, by year.",
    ),
    (
        "school-grades",
        "school_grades",
        list[SchoolGrades],
        "Pupils by school and grade",
        "Send the pupils of each school by grade and year.",
    ),
    (
        "corrections",
        "corrections",
        list[Correction],
        "Corrections",
        "Send how children of a place and pupils of its schools were brought together.",
    ),
    (
        "variants",
        "variants",
        dict[str, dict[str, PupilsByYear]],
        "Variants of fertility",
        "Send the pupils of the district by fertility, stage and year.",
    ),
):
    _serve_part(*_part_served)
