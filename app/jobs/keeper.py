"""
The keeper of a worker process: gives its signs of life, and sees that no run is ever left lying.

Every chore repeats, because once is not enough: a database may restart in the middle of a takeover, a process may die
between storing a run and queueing it. Each may fail without harm; the next round does it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app.db import heartbeats, runs, schedules
from app.db.models import HeartbeatRow
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
"""A run this old that is in no queue was lost between the two databases."""


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
            log.warning("worker %s is silent: its runs are taken over", executor_id)
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
        """Queue runs that are in no queue; fail those whose workflow has ended without them."""
        with self._worker.database.reading() as session:
            open_runs = {run.id for run in runs.under_way(session) if datetime.now(UTC) - run.created_at > STRAY_AFTER}
        states = self._library.states(open_runs) if open_runs else {}
        for run_id in open_runs:
            state = states.get(run_id)
            if state is None:
                log.warning("run %s was in no queue", run_id)
                self._library.start(run_id)
            elif state not in UNDER_WAY:
                self._fail(run_id, state)

    def _fail(self, run_id: str, state: str) -> None:
        with self._worker.database.writing() as session:
            if runs.fail(session, run_id, problems.lost(f"Its workflow ended with {state} before the run did.")):
                log.error("run %s failed: its workflow ended with %s", run_id, state)

    def _repeat(self, chore: Callable[[], None], seconds: float) -> None:
        while not self._stop.wait(seconds):
            try:
                chore()
            except Exception as error:
                log.warning("%s failed and will be tried again: %s", chore.__name__, error)
