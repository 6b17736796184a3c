"""
The keeper of a worker process: gives its signs of life, and sees that no work is ever left lying.

Every chore repeats, because once is not enough: a database may restart in the middle of a takeover, a process may die
between storing a run and queueing it. Each may fail without harm; the next round does it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import forecasts, heartbeats, runs, schedules
from app.db.models import ForecastRow, HeartbeatRow, Kind, RunRow
from app.jobs import problems
from app.jobs.library import UNDER_WAY, Firing, Library
from app.jobs.schedules import last_due
from app.jobs.watchman import Watchman
from app.jobs.worker import Worker

log = logging.getLogger("junheng.jobs")

TAKEOVER_SECONDS = 1.0
SCHEDULES_SECONDS = 2.0
STRAYS_SECONDS = 5.0
STRAY_AFTER = timedelta(seconds=15)
"""Work this old that is in no queue was lost between the two databases."""


class Rows(Protocol):
    """What the keeper asks of ``app.db.runs`` and ``app.db.forecasts``."""

    def under_way(self, session: Session, /) -> Sequence[RunRow | ForecastRow]:
        """List what has not ended."""

    def fail(self, session: Session, id: str, problem: Mapping[str, Any], /) -> bool:
        """End it with a problem; False when it had ended."""


ROWS: Mapping[Kind, Rows] = {Kind.RUN: runs, Kind.FORECAST: forecasts}


class Keeper:
    """Runs the chores of a worker, each in its own thread, until it is stopped."""

    def __init__(self, worker: Worker, library: Library) -> None:
        self._worker = worker
        self._library = library
        self._watchman = Watchman(worker.settings.dead_after_seconds)
        self._caught_up: set[str] = set()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=chore, daemon=True, name=f"keeper-{chore[0].__name__}")
            for chore in (
                (self.beat, worker.settings.heartbeat_seconds),
                (self.take_over, TAKEOVER_SECONDS),
                (self.keep_schedules, SCHEDULES_SECONDS),
                (self.find_strays, STRAYS_SECONDS),
            )
        ]

    def start(self) -> None:
        """Begin the chores."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the chores and take leave: peers take over what is left without waiting for a silence."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=5)
        try:
            with self._worker.database.writing() as session:
                heartbeats.forget(session, self._worker.executor_id)
        except Exception as error:
            log.warning("could not take leave: %s", error)

    def beat(self) -> None:
        """Say that this worker lives."""
        with self._worker.database.writing() as session:
            heartbeats.beat(session, self._worker.executor_id)

    def take_over(self) -> None:
        """Put the work of dead workers back in the queue, in every round that they still hold some."""
        holders = self._library.holders() - {self._worker.executor_id}
        with self._worker.database.reading() as session:
            signs = {row.executor_id: row.seen_at for row in session.scalars(select(HeartbeatRow))}
        for executor_id in self._watchman.dead(holders, signs):
            log.warning("worker %s is silent: its work is taken over", executor_id)
            self._library.take_over(executor_id)

    def keep_schedules(self) -> None:
        """Make the library fire the schedules of our table; one moment missed while nobody worked is caught up."""
        with self._worker.database.reading() as session:
            rows = schedules.enabled(session)
        firings = {row.id: Firing(row.id, row.cron, row.timezone) for row in rows}
        self._library.keep_schedules(firings.values())
        for row in rows:
            if row.id not in self._caught_up:
                self._caught_up.add(row.id)
                due = last_due(row.cron, row.timezone, datetime.now(UTC))
                if due > max(row.created_at, row.changed_at):
                    self._library.catch_up(firings[row.id], due)

    def find_strays(self) -> None:
        """Queue runs and forecasts that are in no queue; fail those whose workflow has ended without them."""
        for kind, rows in ROWS.items():
            self._find_strays(kind, rows)

    def _find_strays(self, kind: Kind, rows: Rows) -> None:
        with self._worker.database.reading() as session:
            waiting = {row.id for row in rows.under_way(session) if datetime.now(UTC) - row.created_at > STRAY_AFTER}
        states = self._library.states(kind, waiting) if waiting else {}
        for id in waiting:
            state = states.get(id)
            if state is None:
                log.warning("%s %s was in no queue", kind, id)
                self._library.start(id, kind)
            elif state not in UNDER_WAY:
                self._fail(kind, rows, id, state)

    def _fail(self, kind: Kind, rows: Rows, id: str, state: str) -> None:
        lost = problems.lost(f"Its workflow ended with {state} before the {kind} did.")
        with self._worker.database.writing() as session:
            if rows.fail(session, id, lost):
                log.error("%s %s failed: its workflow ended with %s", kind, id, state)

    def _repeat(self, chore: Callable[[], None], seconds: float) -> None:
        while not self._stop.wait(seconds):
            try:
                chore()
            except Exception as error:
                log.warning("%s failed and will be tried again: %s", chore.__name__, error)
