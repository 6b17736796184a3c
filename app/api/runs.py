"""Runs: started, watched, stopped, cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from app.api import doc
from app.api.dependencies import Planner, Reader, Reading, ServiceDep, Writing, signed_in
from app.api.service import Service
from app.cases.scenario import SolveOrder
from app.cases.strict import Strict
from app.db import plans, runs
from app.db.models import RunHistoryRow, RunRow, RunState

router = APIRouter(prefix="/api/runs", tags=["runs"], dependencies=[Depends(signed_in)])

LOOK_SECONDS = 0.5
"""How often a stream of events looks for news of its run."""
PING_SECONDS = 15
"""How often a silent stream shows that it lives, so that no proxy cuts it."""

EVENT = {
    "type": "object",
    "description": "One event of the stream.",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["progress", "end"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": {"$ref": "#/components/schemas/RunOut"},
        },
    },
}

_ORDER = SolveOrder.model_fields


class SolveChanges(Strict):
    """What this run does otherwise than its scenario's solve order says; null: as the scenario says."""

    seconds: Annotated[float | None, *_ORDER["seconds"].metadata] = None
    seed: Annotated[int | None, *_ORDER["seed"].metadata] = None
    workers: Annotated[int | None, *_ORDER["workers"].metadata] = None
    deterministic: bool | None = None
    gap: Annotated[float | None, *_ORDER["gap"].metadata] = None


class RunOrder(Strict):
    """A scenario to solve; ``standing_plan_id``: the plan to start from and to count moved pupils against."""

    scenario_id: str
    standing_plan_id: str | None = None
    solve: SolveChanges = SolveChanges()


class ProgressOut(BaseModel):
    """How far a run was at a moment; yuan a year."""

    model_config = ConfigDict(from_attributes=True)

    seconds: float
    best: int | None
    bound: int | None
    phase: str


class RunOut(BaseModel):
    """
    A run.

    ``best`` and ``bound`` are yuan a year, ``gap`` their relative distance. ``plan_id`` comes with the state ``done``,
    ``error`` (a problem document) with ``failed``. ``wish`` is what was asked of a run under way.
    """

    id: str
    scenario_id: str
    dataset_id: str
    division: str
    schedule_id: str | None
    standing_plan_id: str | None
    state: RunState
    wish: str
    solve: SolveOrder
    phase: str | None
    best: int | None
    bound: int | None
    gap: float | None
    seconds: float | None
    plan_id: str | None
    error: dict[str, Any] | None
    created_at: datetime
    created_by: str
    started_at: datetime | None
    ended_at: datetime | None
    history: list[ProgressOut] = Field(description="Progress reports in order; empty in lists.")


def run_out(run: RunRow, plan_id: str | None, history: Sequence[RunHistoryRow] = ()) -> RunOut:
    """Write a run."""
    return RunOut(
        id=run.id,
        scenario_id=run.scenario_id,
        dataset_id=run.dataset_id,
        division=run.division,
        schedule_id=run.schedule_id,
        standing_plan_id=run.standing_plan_id,
        state=RunState(run.state),
        wish=run.wish,
        solve=SolveOrder.model_validate(run.order),
        phase=run.phase,
        best=run.best,
        bound=run.bound,
        gap=gap(run.best, run.bound),
        seconds=run.seconds,
        plan_id=plan_id,
        error=run.error,
        created_at=run.created_at,
        created_by=run.created_by,
        started_at=run.started_at,
        ended_at=run.ended_at,
        history=[ProgressOut.model_validate(row) for row in history],
    )


def gap(best: int | None, bound: int | None) -> float | None:
    """Give the relative distance, as a plan's certificate does."""
    if best is None or bound is None:
        return None
    return max(best - bound, 0) / max(abs(best), 1)


def with_history(session: Session, run: RunRow) -> RunOut:
    """Write a run with its plan and progress."""
    return run_out(run, plans.id_of_run(session, run.id), runs.history(session, [run.id])[run.id])


@router.post("", status_code=202, summary="Start a run", responses=doc.NAMES_WHAT_IS_NOT_THERE)
def start_run(
    order: RunOrder,
    identity: Planner,
    service: ServiceDep,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            pattern=r"^[!-~]+$",
            description="The same key with the same order starts one run, however often it is sent.",
        ),
    ] = None,
) -> RunOut:
    """Queue a run and answer at once with its id; Location tells where to watch it."""
    run = service.start_run(
        identity,
        order.scenario_id,
        standing_plan_id=order.standing_plan_id,
        changes=order.solve.model_dump(exclude_none=True),
        key=idempotency_key,
    )
    response.headers["Location"] = f"/api/runs/{run.id}"
    return read_now(service, run.id)


def read_now(service: Service, run_id: str) -> RunOut:
    """Read a run in a transaction of its own; whether the asker may see it is checked before."""
    with service.database.reading() as session:
        return with_history(session, runs.get(session, run_id))


@router.get("", summary="List runs")
def list_runs(
    identity: Reader,
    session: Reading,
    scenario_id: Annotated[str | None, Query()] = None,
    dataset_id: Annotated[str | None, Query()] = None,
    state: Annotated[RunState | None, Query()] = None,
) -> list[RunOut]:
    """List runs, newest first, without their history."""
    found = runs.newest(session, identity.scope, scenario_id=scenario_id, dataset_id=dataset_id, state=state)
    plan_ids = plans.ids_of_runs(session, [run.id for run in found])
    return [run_out(run, plan_ids.get(run.id)) for run in found]


@router.get("/{run_id}", summary="Read a run")
def read_run(run_id: str, identity: Reader, session: Reading) -> RunOut:
    """Tell how a run stands."""
    return with_history(session, runs.get(session, run_id, identity.scope))


@router.get(
    "/{run_id}/events",
    summary="Watch a run",
    response_class=EventSourceResponse,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": EVENT}},
            "description": "Events `progress` with a RunOut at each change; then `end` with the last, and the end.",
        }
    },
)
def watch_run(
    run_id: str, identity: Reader, session: Reading, service: ServiceDep, request: Request
) -> EventSourceResponse:
    """Send a run's state at once and at each change, until it has ended."""
    run = runs.get(session, run_id, identity.scope)
    return EventSourceResponse(_events(service, run.id, request), ping=PING_SECONDS)


async def _events(service: Service, run_id: str, request: Request) -> AsyncIterator[ServerSentEvent]:
    sent = ""
    while not await request.is_disconnected():
        run = await run_in_threadpool(read_now, service, run_id)
        news = run.model_dump_json()
        if news != sent:
            sent = news
            yield ServerSentEvent(news, event="progress")
        if run.state.final:
            yield ServerSentEvent(news, event="end")
            return
        await asyncio.sleep(LOOK_SECONDS)


@router.post(
    "/{run_id}/stop",
    status_code=202,
    summary="Stop a run and keep its best plan",
    responses={409: {"description": "The run has ended."}},
)
def stop_run(run_id: str, identity: Planner, session: Writing) -> RunOut:
    """Ask a run to end soon with the best plan it has."""
    return with_history(session, runs.ask_to_stop(session, run_id, identity.actor, identity.scope))


@router.post(
    "/{run_id}/cancel",
    status_code=202,
    summary="Give a run up",
    responses={409: {"description": "The run has ended with a plan or a failure."}},
)
def cancel_run(run_id: str, identity: Planner, session: Writing) -> RunOut:
    """Give a run up, nothing kept; a queued one ends at once, a running one within seconds."""
    return with_history(session, runs.ask_to_cancel(session, run_id, identity.actor, identity.scope))
