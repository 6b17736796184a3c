"""What happens to a forecast at the hands of workers; workers and children are real processes."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import forecast_document
import psutil
import pytest
from job_runs import hamlet, queue_run, until, until_state

from app.audit import SYSTEM
from app.cases.recipe import Recipe
from app.db import audit_log, datasets, forecasts
from app.db.models import Kind
from app.jobs import forecasts as work
from app.jobs import kinds
from app.jobs.conduct import Abandoned, Cancelled, Crashed, Leaving, Look, Overran, Planned, Refused
from app.jobs.queue import DbosStarter
from app.jobs.worker import Worker
from app.settings import Settings

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
DOCUMENT = forecast_document.document()


@pytest.fixture
def start(workers):
    """Queue forecasts as the API does, from this process."""
    url = "" if workers.database.url.startswith("sqlite") else workers.database.url
    starter = DbosStarter(Settings(data_dir=workers.folder / "data", database=url))
    yield starter.start
    starter.close()


def queue(database, start=None, **recipe) -> str:
    with database.writing() as session:
        dataset, _ = datasets.store(session, hamlet(), [], SYSTEM)
        row, _ = forecasts.create(session, dataset, Recipe(**recipe), actor=SYSTEM)
    if start is not None:
        start(row.id, Kind.FORECAST)
    return row.id


def read(database, forecast_id):
    with database.reading() as session:
        return forecasts.get(session, forecast_id)


def ended(database, forecast_id, seconds=40):
    until(lambda: read(database, forecast_id).state in {"done", "failed", "cancelled"}, seconds)
    return read(database, forecast_id)


def ends(database, forecast_id) -> list[str]:
    """Audit lines of how it ended; never more than one."""
    last = ("forecast.done", "forecast.failed", "forecast.cancelled")
    with database.reading() as session:
        lines = [line.action for line in audit_log.newest(session) if line.subject_id == forecast_id]
    return [action for action in lines if action in last]


def running(workers, number=1) -> int:
    until(lambda: len(workers.children("forecast")) >= number, 40, workers.output())
    return workers.children("forecast")[number - 1]


@BOTH
def test_a_killed_worker_that_comes_back_works_the_forecast_again_and_once(database, workers, start):
    forecast_id = queue(database, start)
    first = workers.start(seconds=60)
    child = running(workers)
    until(lambda: read(database, forecast_id).phase == "paths")  # seen while it runs
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    until(lambda: not psutil.pid_exists(child), 10, "the child outlived its parent")
    assert read(database, forecast_id).state == "running"

    workers.start(seconds=0.5)
    row = ended(database, forecast_id)
    assert (row.state, row.attempts, row.manifest["attempts"]) == ("done", 2, 2)
    assert ends(database, forecast_id) == ["forecast.done"]
    assert len(workers.children("forecast")) == 2
    with database.reading() as session:
        assert forecasts.load(session, forecast_id) == DOCUMENT


@POSTGRESQL
def test_a_killed_worker_is_replaced_by_one_that_lives(database, workers, start):
    first = workers.start(seconds=60, data="one")
    forecast_id = queue(database, start)
    running(workers)
    until(lambda: read(database, forecast_id).state == "running")
    holder = read(database, forecast_id).executor
    workers.start(seconds=0.5, data="two")
    until(lambda: "is ready" in workers.output().split("worker-1")[-1], 30)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    row = ended(database, forecast_id)
    assert (row.state, row.attempts, ends(database, forecast_id)) == ("done", 2, ["forecast.done"])
    assert row.executor != holder


def test_runs_and_forecasts_share_a_queue_and_lost_ones_are_found(database, workers, start):
    lost = queue(database)  # stored, and the service died before it could queue it
    run_id, forecast_id = queue_run(database, start=start), queue(database, start)
    workers.start(seconds=0.2)
    assert until_state(database, run_id, "done").attempts == 1
    assert ended(database, forecast_id).attempts == 1
    assert ended(database, lost).state == "done"


def test_a_cancel_ends_the_child_and_a_crash_is_tried_once_more(database, workers, start):
    workers.start("hang", seconds=60)
    forecast_id = queue(database, start)
    child = running(workers)
    os.kill(child, signal.SIGKILL)
    child = running(workers, 2)
    with database.writing() as session:
        forecasts.ask_to_cancel(session, forecast_id, SYSTEM)
    row = ended(database, forecast_id, 15)
    assert (row.state, row.summary, ends(database, forecast_id)) == ("cancelled", None, ["forecast.cancelled"])
    until(lambda: not psutil.pid_exists(child), 5)


# What a worker stores at the end of a forecast, with no process at all.


@pytest.fixture
def worker(database, tmp_path):
    settings = Settings(data_dir=tmp_path / "data", database=database.url, overrun_seconds=1)
    return Worker(settings, database, "worker-a", ("true",))


def settle(worker, forecast_id, outcome):
    order = {"recipe": Recipe().model_dump(mode="json"), "previous_forecast_id": None}
    with worker.database.writing() as session:
        work.settle(session, worker, forecast_id, order, outcome)


ANSWER = Planned(forecasts.pack(DOCUMENT).plain())


@BOTH
def test_the_end_of_a_forecast_is_stored_once_however_often_it_comes(worker):
    forecast_id = queue(worker.database, seed=7)
    order = work.take_up(worker, forecast_id)
    assert (order["kind"], order["recipe"]["seed"]) == ("forecast", 7)
    for outcome in (ANSWER, ANSWER, Cancelled(), Crashed(-9), Refused({"type": "x"})):
        settle(worker, forecast_id, outcome)
    row = read(worker.database, forecast_id)
    assert (row.state, row.manifest["executor"]) == ("done", "worker-a")
    assert 0 <= row.seconds < 60
    assert ends(worker.database, forecast_id) == ["forecast.done"]
    assert work.take_up(worker, forecast_id) is None


@BOTH
def test_two_workers_that_both_bring_an_answer_store_one(worker):
    forecast_id = queue(worker.database)
    work.take_up(worker, forecast_id)
    peer = Worker(worker.settings, worker.database, "worker-b", worker.command)
    work.take_up(peer, forecast_id)  # it thought the first one dead
    ready = threading.Barrier(2)

    def bring(one):
        ready.wait()
        try:
            settle(one, forecast_id, ANSWER)
        except Leaving:
            assert one is worker

    threads = [threading.Thread(target=bring, args=(one,)) for one in (worker, peer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (read(worker.database, forecast_id).executor, ends(worker.database, forecast_id)) == (
        "worker-b",
        ["forecast.done"],
    )


@pytest.mark.parametrize(
    ("outcome", "state", "kind"),
    [
        (Crashed(-9), "failed", "/problems/solver-crashed"),
        (Overran(99.0), "failed", "/problems/solver-overran"),
        (Refused({"type": "no-cohort", "detail": "x"}), "failed", "no-cohort"),
        (Cancelled(), "cancelled", None),
    ],
)
def test_each_end_has_its_state_and_reason(worker, outcome, state, kind):
    forecast_id = queue(worker.database)
    work.take_up(worker, forecast_id)
    settle(worker, forecast_id, outcome)
    row = read(worker.database, forecast_id)
    assert (row.state, (row.error or {}).get("type"), row.hash) == (state, kind, None)


def test_a_forecast_that_another_worker_holds_is_not_touched(worker):
    forecast_id = queue(worker.database)
    desk = work.desk(worker, forecast_id, work.take_up(worker, forecast_id))
    assert desk.look() is Look.GO_ON
    work.take_up(Worker(worker.settings, worker.database, "worker-b", ("true",)), forecast_id)
    assert desk.look() is Look.NOT_OURS
    for outcome in (ANSWER, Cancelled(), Abandoned()):
        with pytest.raises(Leaving):
            settle(worker, forecast_id, outcome)
    assert read(worker.database, forecast_id).state == "running"


def test_a_hanging_child_is_ended_by_the_watchdog(worker, tmp_path, monkeypatch):
    monkeypatch.setattr(work, "MOST_SECONDS", 0.5)
    forecast_id = queue(worker.database)
    script = tmp_path / "hang.py"
    script.write_text("import time; time.sleep(60)")
    hanging = Worker(worker.settings, worker.database, "worker-a", (sys.executable, str(script)))
    began = time.monotonic()
    assert work.solve(hanging, forecast_id, last_try=False) == kinds.ENDED
    assert time.monotonic() - began < 8  # half a second of work and one of grace
    assert read(worker.database, forecast_id).error["type"] == "/problems/solver-overran"
