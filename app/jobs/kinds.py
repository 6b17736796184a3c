"""A piece of work, of any kind, from its take-up by a worker to its end; every step of it may be repeated."""

from __future__ import annotations

import logging
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.models import ForecastRow, RunRow, RunState, Wish
from app.jobs import conduct, problems
from app.jobs.conduct import Abandoned, Cancelled, Crashed, Desk, Leaving, Look, Outcome, Overran, Planned, Refused
from app.jobs.worker import Worker
from solver.plan import Progress

log = logging.getLogger("junheng.jobs")
T = TypeVar("T")

ENDED = "ended"
CRASHED = "crashed"
TRIES = 2
"""Child processes that a piece of work may use up by crashes before it fails."""

PATIENCE_SECONDS = 600.0
"""How long the end of a piece of work waits for a database that does not answer."""


class Rows(Protocol):
    """What the database knows of the pieces of one kind, by their ids: ``app.db.runs``, ``app.db.forecasts``."""

    def get(self, session: Session, id: str, /) -> RunRow | ForecastRow:
        """Find one."""

    def mark_running(self, session: Session, id: str, executor: str, /) -> bool:
        """Take it up; False when it has ended."""

    def held_by(self, session: Session, id: str, executor: str, /) -> bool:
        """Tell whether a worker holds it."""

    def wish(self, session: Session, id: str, /) -> Wish:
        """Tell what somebody asked of it."""

    def record_progress(self, session: Session, id: str, progress: Progress, /, *, executor: str | None) -> bool:
        """Note how far it is."""

    def fail(self, session: Session, id: str, problem: Mapping[str, Any], /) -> bool:
        """End it with a problem."""

    def cancel(self, session: Session, id: str, /) -> bool:
        """End it with nothing kept."""


class Trade(ABC):
    """How workers work the pieces of one kind."""

    rows: Rows

    @abstractmethod
    def order_of(self, session: Session, worker: Worker, id: str) -> dict[str, Any]:
        """Write what a child needs to know of what was just taken up; the figures it reads from the database itself."""

    @abstractmethod
    def seconds(self, order: Mapping[str, Any]) -> float:
        """Tell how long a child may take before the watchdog asks it to stop."""

    @abstractmethod
    def store(
        self, session: Session, worker: Worker, id: str, order: Mapping[str, Any], document: Mapping[str, Any]
    ) -> None:
        """End the piece with its answer, where the worker still holds it."""

    def solve(self, worker: Worker, id: str, *, last_try: bool) -> str:
        """
        Work a piece in a child process and store how it ended, once.

        Returns
        -------
        ``ENDED``, or ``CRASHED`` when the child crashed and another try is due.

        Raises
        ------
        Leaving
            When the piece is left for later, or to another worker.
        """
        order = self.take_up(worker, id)
        if order is None:
            return ENDED
        outcome = conduct.conduct(worker.command, order, self.desk(worker, id, order))
        if isinstance(outcome, Crashed) and not last_try:
            return CRASHED
        _patiently(worker, lambda session: self.settle(session, worker, id, order, outcome))
        return ENDED

    def take_up(self, worker: Worker, id: str) -> dict[str, Any] | None:
        """Mark a piece as ours and write its order; ``None`` when it has ended."""
        with worker.database.writing() as session:
            if not self.rows.mark_running(session, id, worker.executor_id):
                return None
            return self.order_of(session, worker, id)

    def desk(self, worker: Worker, id: str, order: Mapping[str, Any]) -> Desk:
        """Watch a child with its row; a database that does not answer for a moment disturbs no child."""

        def look() -> Look:
            with worker.database.reading() as session:
                return self._look(session, worker, id)

        def record(progress: Progress) -> None:
            with worker.database.writing() as session:
                self.rows.record_progress(session, id, progress, executor=worker.executor_id)

        seconds = self.seconds(order)
        return Desk(
            look=lambda: _or_else(look, Look.GO_ON),
            record=lambda progress: _or_else(lambda: record(progress), None),
            leaving=worker.leaving,
            stop_after_seconds=seconds,
            kill_after_seconds=seconds + worker.settings.overrun_seconds,
        )

    def settle(self, session: Session, worker: Worker, id: str, order: Mapping[str, Any], outcome: Outcome) -> None:
        """
        Store how a piece ended. A second time changes nothing.

        Raises
        ------
        Leaving
            When the piece is another worker's now.
        """
        if RunState(self.rows.get(session, id).state).final:
            return
        if isinstance(outcome, Abandoned) or not self.rows.held_by(session, id, worker.executor_id):
            raise Leaving
        match outcome:
            case Planned(document):
                self.store(session, worker, id, order, document)
            case Refused(problem):
                self.rows.fail(session, id, problem)
            case Cancelled():
                self.rows.cancel(session, id)
            case Overran(seconds):
                self.rows.fail(session, id, problems.overran(seconds))
            case Crashed(code):
                self.rows.fail(session, id, problems.crashed(code, TRIES))

    def _look(self, session: Session, worker: Worker, id: str) -> Look:
        if not self.rows.held_by(session, id, worker.executor_id):
            return Look.NOT_OURS
        match self.rows.wish(session, id):
            case Wish.STOP:
                return Look.STOP
            case Wish.CANCEL:
                return Look.CANCEL
            case Wish.NONE:
                return Look.GO_ON


def at_hand(worker: Worker) -> dict[str, str]:
    """Tell a child of this machine where the figures are: the database, and the folders of what is read from it."""
    settings = worker.settings
    return {
        "database_url": settings.database_url,
        "networks_dir": str(settings.networks_dir),
        "ways_dir": str(settings.ways_dir),
    }


def manifest(row: RunRow | ForecastRow) -> dict[str, Any]:
    """Tell who worked a piece, where and when."""
    return {
        "executor": row.executor,
        "host": socket.gethostname(),
        "attempts": row.attempts,
        "dataset": row.dataset_id,
        "started_at": None if row.started_at is None else row.started_at.isoformat(),
    }


def _or_else(action: Callable[[], T], otherwise: T) -> T:
    try:
        return action()
    except DBAPIError as error:
        log.warning("the database did not answer: %s", error)
        return otherwise


def _patiently(worker: Worker, store: Callable[[Session], None]) -> None:
    """Store at the end of a piece, again and again while the database does not answer: hours of work hang on it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with worker.database.writing() as session:
                return store(session)
        except DBAPIError as error:
            if time.monotonic() > deadline:
                raise
            log.warning("the end of the work waits for the database: %s", error)
        if worker.leaving.wait(2.0):
            raise Leaving
