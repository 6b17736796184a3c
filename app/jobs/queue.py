"""
Durable work: the job library and the traps around it.

A run or a forecast is one workflow of the library, under an id made from its own, in one queue with a limit a worker.
What ends it is stored in our own tables in one guarded transaction, so a workflow may begin again anywhere at any time.

- Every worker process has an executor id that no other has (``executor``); one process at a time works an SQLite file.
- ``VERSION`` names the shape of the workflows, not the release: work of an older release is taken up by a newer one.
- The library alone takes over the work of a dead worker only when that very worker comes back. ``keeper`` gives signs
  of life, and takes the work of silent workers over again and again until it is gone.
- The library's ways are private in one place: ``DBOS._recover_pending_workflows``; the library is pinned exactly.
"""

from __future__ import annotations

import logging
import sqlite3
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dbos import DBOS, DBOSClient, DBOSConfig
from sqlalchemy import make_url

from app.db.migrate import migrate
from app.db.models import Kind
from app.db.session import Database
from app.jobs import executor, forecasts, runs, watched
from app.jobs.executor import Hold, Seat
from app.jobs.keeper import Keeper
from app.jobs.kinds import CRASHED, ENDED, TRIES
from app.jobs.library import Library
from app.jobs.worker import Worker
from app.settings import Settings

log = logging.getLogger("junheng.jobs")

APPLICATION = "junheng"
VERSION = "runs-1"
QUEUE = "runs"
TAKE_UPS = 10
"""Workers a piece of work may outlive; one that takes each of them down with it fails then."""
LEAVING_SECONDS = 10.0
SOLVER = (sys.executable, "-m", "app.jobs.child")


class DbosStarter:
    """Starts work: puts it in the queue that the workers of the same database serve."""

    def __init__(self, settings: Settings) -> None:
        prepare(settings)
        self._client = DBOSClient(
            system_database_url=settings.jobs_database_url, application_name=APPLICATION, retry_connection_errors=False
        )

    def start(self, id: str, kind: Kind = Kind.RUN) -> str:
        """
        Queue a run or a forecast; a second time changes nothing.

        Returns
        -------
        The workflow's id. A queue that cannot be reached now is no error: a worker finds everything that is not queued.
        """
        try:
            self._client.enqueue(
                {
                    "workflow_name": kind.value,
                    "queue_name": QUEUE,
                    "workflow_id": workflow_id(id, kind),
                    "app_version": VERSION,
                },
                id,
            )
        except Exception as error:
            log.warning("%s %s will be queued by a worker: %s", kind, id, error)
        return workflow_id(id, kind)

    def close(self) -> None:
        """Close the connections."""
        self._client.destroy()


def workflow_id(id: str, kind: Kind = Kind.RUN) -> str:
    """Name the workflow of a run or a forecast: always the same, so that it is never worked twice."""
    return f"{kind}-{id}"


@dataclass(slots=True)
class Service:
    """A worker at work; ``shutdown`` ends it."""

    worker: Worker
    starter: DbosStarter
    seat: Seat | None
    lock: Hold | None
    keeper: Keeper

    def shutdown(self) -> None:
        """
        Leave in good order: end the children, and leave their work to the next worker.

        The threads of work that was left may outlive this for a moment; the process should end soon.
        """
        self.worker.leaving.set()
        _wait_for_work(LEAVING_SECONDS)
        self.keeper.stop()
        DBOS.destroy()
        self.starter.close()
        self.worker.database.close()
        for held in (self.seat, self.lock):
            if held is not None:
                held.release()
        _Here.service = None


class _Here:
    """The service of this process: workflows are module functions, and the library knows one instance a process."""

    service: Service | None = None


def launch(settings: Settings, *, solver_command: Sequence[str] = SOLVER) -> Service:
    """
    Make this process a worker.

    Raises
    ------
    WorkerTaken
        When another process works the same SQLite file.
    """
    lock = None if settings.shared_database else executor.lock_worker(_sqlite_file(settings.database_url))
    seat = None if settings.executor_id else executor.take_seat(settings.data_dir)
    executor_id = seat.executor_id if seat is not None else settings.executor_id
    database = Database(settings.database_url)
    migrate(database)
    starter = DbosStarter(settings)
    worker = Worker(settings, database, executor_id, tuple(solver_command))
    keeper = Keeper(worker, Library(starter.start, workflow_id, watch))
    _Here.service = Service(worker, starter, seat, lock, keeper)
    keeper.beat()  # before the library may give us work, or a peer could think us dead
    DBOS(config=_config(settings, executor_id))
    DBOS.launch()
    DBOS.register_queue(
        QUEUE,
        worker_concurrency=settings.worker_concurrency,
        polling_interval_sec=0.5,
        on_conflict="always_update",
    )
    keeper.start()
    return _Here.service


def prepare(settings: Settings) -> None:
    """Make the library's own tables; its SQLite file is kept in WAL mode, which stays with the file."""
    logging.getLogger("dbos").setLevel(logging.WARNING)
    if not settings.shared_database:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(_sqlite_file(settings.jobs_database_url), timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
    logging.getLogger("dbos").addFilter(_quiet)
    DBOS.migrate(settings.jobs_database_url)


def _sqlite_file(url: str) -> Path:
    return Path(str(make_url(url).database)).resolve()


def _config(settings: Settings, executor_id: str) -> DBOSConfig:
    return {
        "name": APPLICATION,
        "system_database_url": settings.jobs_database_url,
        "executor_id": executor_id,
        "application_version": VERSION,
        "enable_otlp": False,
        "log_level": "WARNING",
        "scheduler_polling_interval_sec": 5.0,
    }


def _quiet(record: logging.LogRecord) -> bool:
    """Drop what the library says of its vendor's console and of SQLite in general."""
    text = record.getMessage()
    return "console.dbos.dev" not in text and "Using SQLite as a system database" not in text


def _here() -> Service:
    if _Here.service is None:
        raise RuntimeError("this process is no worker")
    return _Here.service


@contextmanager
def _at_work(id: str) -> Iterator[Worker]:
    """Give a step the worker, and let a shutdown wait for it."""
    _busy.add(id)
    try:
        yield _here().worker
    finally:
        _busy.discard(id)


_busy: set[str] = set()


def _wait_for_work(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _busy and time.monotonic() < deadline:
        time.sleep(0.1)


@DBOS.workflow(name=Kind.RUN.value, max_recovery_attempts=TAKE_UPS)
def run(run_id: str) -> str:
    """Work one run to its end, and report on it when a schedule asked for it."""
    for number in range(1, TRIES + 1):
        if solve(run_id, number == TRIES) != CRASHED:
            break
    return report(run_id)


@DBOS.step(name="solve")
def solve(run_id: str, last_try: bool) -> str:
    """Solve once, in a child process."""
    with _at_work(run_id) as worker:
        return runs.solve(worker, run_id, last_try=last_try)


@DBOS.step(name="report")
def report(run_id: str) -> str:
    """Compare the plan of a watched scenario's run with its standing plan."""
    with _at_work(run_id) as worker:
        return watched.report(worker, run_id)


@DBOS.workflow(name=Kind.FORECAST.value, max_recovery_attempts=TAKE_UPS)
def forecast(forecast_id: str) -> str:
    """Work one forecast to its end."""
    for number in range(1, TRIES + 1):
        if compute(forecast_id, number == TRIES) != CRASHED:
            break
    return ENDED


@DBOS.step(name="compute")
def compute(forecast_id: str, last_try: bool) -> str:
    """Compute a forecast once, in a child process."""
    with _at_work(forecast_id) as worker:
        return forecasts.solve(worker, forecast_id, last_try=last_try)


@DBOS.workflow(name="watch", max_recovery_attempts=TAKE_UPS)
def watch(due: datetime, schedule_id: str) -> None:
    """Queue the run that a schedule is due."""
    queue_watched(schedule_id, due.isoformat())


@DBOS.step(name="queue-watched")
def queue_watched(schedule_id: str, due: str) -> str | None:
    """Queue a schedule's run, once for each moment it names."""
    service = _here()
    run_id = watched.queue_run(service.worker.database, schedule_id, datetime.fromisoformat(due))
    if run_id is not None:
        service.starter.start(run_id)
    return run_id
