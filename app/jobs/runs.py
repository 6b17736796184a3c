"""One run from its take-up by a worker to its end; every step of it may be repeated."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.cases.plan_document import PlanDocument
from app.db import runs, scenarios
from app.db.models import RunRow, RunState, Wish
from app.jobs import conduct, problems, watched
from app.jobs.conduct import Abandoned, Cancelled, Crashed, Desk, Leaving, Look, Outcome, Overran, Planned, Refused
from app.jobs.worker import Worker
from app.settings import Settings
from solver.plan import Progress

log = logging.getLogger("junheng.jobs")
T = TypeVar("T")

ENDED = "ended"
CRASHED = "crashed"
TRIES = 2
"""Solver processes a run may use up by crashes before it fails."""

SET_UP_SECONDS = 120.0
"""Loading, forecast and travel times, which the order's seconds do not count; the watchdog grants them."""
PATIENCE_SECONDS = 600.0
"""How long the end of a run waits for a database that does not answer."""


def solve(worker: Worker, run_id: str, *, last_try: bool) -> str:
    """
    Solve a run in a child process and store how it ended, once.

    Returns
    -------
    ``ENDED``, or ``CRASHED`` when the child crashed and another try is due.

    Raises
    ------
    Leaving
        When the run is left for later, or to another worker.
    """
    order = take_up(worker, run_id)
    if order is None:
        return ENDED
    outcome = conduct.conduct(worker.command, order, desk(worker, run_id, order))
    if isinstance(outcome, Crashed) and not last_try:
        return CRASHED
    _patiently(worker, lambda session: settle(session, worker, run_id, order, outcome))
    return ENDED


def take_up(worker: Worker, run_id: str) -> dict[str, Any] | None:
    """Mark a run as ours and write its order; ``None`` when it has ended."""
    with worker.database.writing() as session:
        if runs.get(session, run_id).attempts == 0:
            watched.freshen(session, runs.get(session, run_id))
        if not runs.mark_running(session, run_id, worker.executor_id):
            return None
        return order_of(session, worker.settings, runs.get(session, run_id))


def order_of(session: Session, settings: Settings, run: RunRow) -> dict[str, Any]:
    """Write what a child needs to know; the figures it reads from the database itself."""
    scenario = scenarios.load(session, run.scenario_id)
    solve_order = scenario.solve.model_copy(
        update={**run.order, "workers": min(int(run.order["workers"]), settings.solver_workers)}
    )
    asked = scenario.model_copy(update={"solve": solve_order})
    if run.schedule_id is not None and run.standing_plan_id is not None:
        asked = watched.with_price_on_change(asked)
    return {
        "kind": "solve",
        "database_url": settings.database_url,
        "dataset_id": run.dataset_id,
        "standing_plan_id": run.standing_plan_id,
        "scenario": asked.model_dump(mode="json"),
    }


def desk(worker: Worker, run_id: str, order: Mapping[str, Any]) -> Desk:
    """Watch a child with the run's row; a database that does not answer for a moment disturbs no solve."""

    def look() -> Look:
        with worker.database.reading() as session:
            return _look(session, worker, run_id)

    def record(progress: Progress) -> None:
        with worker.database.writing() as session:
            runs.record_progress(session, run_id, progress, executor=worker.executor_id)

    seconds = float(order["scenario"]["solve"]["seconds"]) + SET_UP_SECONDS
    return Desk(
        look=lambda: _or_else(look, Look.GO_ON),
        record=lambda progress: _or_else(lambda: record(progress), None),
        leaving=worker.leaving,
        stop_after_seconds=seconds,
        kill_after_seconds=seconds + worker.settings.overrun_seconds,
    )


def settle(session: Session, worker: Worker, run_id: str, order: Mapping[str, Any], outcome: Outcome) -> None:
    """
    Store how a run ended. A second time changes nothing.

    Raises
    ------
    Leaving
        When the run is another worker's now.
    """
    if RunState(runs.get(session, run_id).state).final:
        return
    if isinstance(outcome, Abandoned) or not runs.held_by(session, run_id, worker.executor_id):
        raise Leaving
    match outcome:
        case Planned(document):
            plan = PlanDocument.model_validate(document)
            runs.finish(session, run_id, plan, manifest(session, run_id, order), executor=worker.executor_id)
        case Refused(problem):
            runs.fail(session, run_id, problem)
        case Cancelled():
            runs.cancel(session, run_id)
        case Overran(seconds):
            runs.fail(session, run_id, problems.overran(seconds))
        case Crashed(code):
            runs.fail(session, run_id, problems.crashed(code, TRIES))


def manifest(session: Session, run_id: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """Tell who solved a run, where, and from exactly which question."""
    run = runs.get(session, run_id)
    return {
        "run": run.id,
        "executor": run.executor,
        "host": socket.gethostname(),
        "attempts": run.attempts,
        "dataset": run.dataset_id,
        "standing_plan": run.standing_plan_id,
        "schedule": run.schedule_id,
        "scenario": order["scenario"],
        "started_at": None if run.started_at is None else run.started_at.isoformat(),
    }


def _look(session: Session, worker: Worker, run_id: str) -> Look:
    if not runs.held_by(session, run_id, worker.executor_id):
        return Look.NOT_OURS
    match runs.wish(session, run_id):
        case Wish.STOP:
            return Look.STOP
        case Wish.CANCEL:
            return Look.CANCEL
        case Wish.NONE:
            return Look.GO_ON


def _or_else(action: Callable[[], T], otherwise: T) -> T:
    try:
        return action()
    except DBAPIError as error:
        log.warning("the database did not answer: %s", error)
        return otherwise


def _patiently(worker: Worker, store: Callable[[Session], None]) -> None:
    """Store at the end of a run, again and again while the database does not answer: hours of work hang on it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with worker.database.writing() as session:
                return store(session)
        except DBAPIError as error:
            if time.monotonic() > deadline:
                raise
            log.warning("the end of a run waits for the database: %s", error)
        if worker.leaving.wait(2.0):
            raise Leaving
