"""
Forecasts: asked for by a recipe, worked like runs (``app.db.work``), stored once with their document.

The document is kept as canonical JSON: keys in order, no spaces, UTF-8. Its hash is the SHA-256 of these bytes, and
they are what is sent, so that whoever receives them can check the hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import Actor
from app.cases.forecast_document import ForecastDocument
from app.cases.recipe import Recipe
from app.db.errors import KeyReused, NotFound
from app.db.models import DatasetRow, ForecastRow, Kind, RunState, now
from app.db.scope import ALL, Scope
from app.db.work import UNDER_WAY, Work, worker_of
from data.errors import PlanningError
from data.monitoring.layer import Level
from solver.plan import Progress

COLOURS = ("red", "orange", "yellow", "blue")
"""Colours that warn, in the order in which a summary counts them."""


class ForecastEnded(PlanningError):
    """Something was asked of a forecast that has ended; an ended forecast never changes."""

    def __init__(self, forecast_id: str, state: str) -> None:
        self.forecast_id, self.state = forecast_id, state
        super().__init__(f"Forecast {forecast_id} has ended: it is {state}.")


class ForecastNotDone(PlanningError):
    """The figures of a forecast were asked for that has none: not yet, or never."""

    def __init__(self, forecast_id: str, state: str) -> None:
        self.forecast_id, self.state = forecast_id, state
        super().__init__(f"Forecast {forecast_id} has no figures: it is {state}.")


WORK = Work(Kind.FORECAST, ForecastRow, ForecastEnded)

get = WORK.get
under_way = WORK.under_way
mark_running = WORK.mark_running
held_by = WORK.held_by
wish = WORK.wish
ask_to_cancel = WORK.ask_to_cancel
fail = WORK.fail
cancel = WORK.cancel


@dataclass(frozen=True, slots=True)
class Packed:
    """
    A document as it is stored.

    Attributes
    ----------
    content
        Its canonical JSON in zlib.
    hash
        SHA-256 of that JSON, in hexadecimal.
    summary
        What a list shows of it.
    """

    content: bytes
    hash: str
    summary: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """Write it as JSON takes it."""
        return {**asdict(self), "content": base64.b64encode(self.content).decode("ascii")}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Packed:
        """Read what ``plain`` wrote."""
        return cls(**{**plain, "content": base64.b64decode(plain["content"])})


def pack(document: ForecastDocument) -> Packed:
    """Write a document as it is stored."""
    text = canonical(document)
    digest = hashlib.sha256(text).hexdigest()
    return Packed(zlib.compress(text, 6), digest, summary(document) | {"hash": digest})


def canonical(document: ForecastDocument) -> bytes:
    """Write a document as canonical JSON; a figure that is not a number is null."""
    plain = json.loads(document.model_dump_json())
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def summary(document: ForecastDocument) -> dict[str, Any]:
    """Take from a document what a list shows; schools and stages are counted by the worst ahead of the first year."""
    first = document.years[0]
    ahead = Counter(row.worst_ahead for row in document.warnings if row.level == Level.SCHOOL and row.year == first)
    return {
        "base_year": document.base_year,
        "years": list(document.years),
        "stages": list(document.stages),
        "warnings": {colour: ahead[colour] for colour in COLOURS},
    }


def create(
    session: Session, dataset: DatasetRow, recipe: Recipe, *, actor: Actor, key: str | None = None
) -> tuple[ForecastRow, bool]:
    """
    Queue a forecast, or find the one that the same request with the same ``key`` queued before.

    Returns
    -------
    forecast, created
        ``created`` is False when the key was known: then nothing is to be started again.

    Raises
    ------
    KeyReused
        When the key came with another request.
    sqlalchemy.exc.IntegrityError
        When another transaction kept the key at the same moment (PostgreSQL only): begin again, and find it.
    """
    wanted = {"dataset": dataset.id, "recipe": recipe.model_dump(mode="json")}
    digest = hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
    if key is not None and (known := _by_key(session, actor.id, key)) is not None:
        if known.request_hash != digest:
            raise KeyReused(key)
        return known, False
    forecast = ForecastRow(
        dataset_id=dataset.id,
        division=dataset.division,
        title=dataset.title,
        synthetic=dataset.synthetic,
        recipe=wanted["recipe"],
        created_by=actor.name,
        holder=None if key is None else actor.id,
        key=key,
        request_hash=None if key is None else digest,
    )
    session.add(forecast)
    session.flush()
    WORK.record(session, actor, "queued", forecast, **wanted)
    return forecast, True


def _by_key(session: Session, holder: str, key: str) -> ForecastRow | None:
    return session.scalar(select(ForecastRow).where(ForecastRow.holder == holder, ForecastRow.key == key))


def newest(
    session: Session, scope: Scope = ALL, *, dataset_id: str | None = None, limit: int = 200
) -> Sequence[ForecastRow]:
    """List forecasts, newest first, without their documents."""
    query = select(ForecastRow).where(scope.allows(ForecastRow.division))
    if dataset_id is not None:
        query = query.where(ForecastRow.dataset_id == dataset_id)
    return session.scalars(query.order_by(ForecastRow.created_at.desc(), ForecastRow.id).limit(limit)).all()


def record_progress(session: Session, forecast_id: str, progress: Progress, *, executor: str | None = None) -> bool:
    """
    Note the phase that a forecast is in.

    Returns
    -------
    bool
        False, with nothing written, when it is not running or (with ``executor``) is another worker's now.
    """
    return WORK.change(
        session,
        forecast_id,
        (RunState.RUNNING,),
        *(() if executor is None else (ForecastRow.executor == executor,)),
        phase=progress.phase,
        seconds=progress.seconds,
    )


def finish(
    session: Session, forecast_id: str, packed: Packed, manifest: Mapping[str, Any], *, executor: str | None = None
) -> bool:
    """
    Store the document with its manifest and end the forecast, all or nothing.

    Returns
    -------
    bool
        False, with nothing stored, when the forecast had ended or (with ``executor``) is another worker's now.
    """
    forecast = get(session, forecast_id)
    done = WORK.end(
        session,
        forecast_id,
        UNDER_WAY,
        *(() if executor is None else (ForecastRow.executor == executor,)),
        state=RunState.DONE,
        phase="done",
        seconds=(now() - (forecast.started_at or now())).total_seconds(),
        summary=packed.summary,
        manifest=dict(manifest),
        hash=packed.hash,
        content=packed.content,
    )
    if done:
        WORK.record(session, worker_of(forecast), "done", forecast, hash=packed.hash)
    return done


def content(session: Session, forecast_id: str, scope: Scope = ALL) -> bytes:
    """
    Read the document of a forecast as canonical JSON.

    Raises
    ------
    NotFound, ForecastNotDone
    """
    query = select(ForecastRow.state, ForecastRow.content)
    found = session.execute(
        query.where(ForecastRow.id == forecast_id, scope.allows(ForecastRow.division))
    ).one_or_none()
    if found is None:
        raise NotFound(Kind.FORECAST, forecast_id)
    if found.content is None:
        raise ForecastNotDone(forecast_id, found.state)
    return zlib.decompress(found.content)


def load(session: Session, forecast_id: str) -> ForecastDocument:
    """Read the document of a forecast."""
    return ForecastDocument.model_validate_json(content(session, forecast_id))
