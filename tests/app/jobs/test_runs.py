"""What happens to a run at the hands of a worker; workers and solver children are real processes."""

from __future__ import annotations

import sys
import threading
import time

import psutil
import pytest
from job_runs import plans_of, queue_run, read_run, until, until_state
from solver_child import plan

from app.audit import SYSTEM
from app.db import audit_log, runs
from app.jobs import runs as work
from app.jobs.conduct import Abandoned, Cancelled, Crashed, Leaving, Look, Overran, Planned, Refused
from app.jobs.queue import DbosStarter
from app.jobs.worker import Worker
from app.settings import Settings
from solver.plan import Progress

BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def start(workers):
    starter = DbosStarter(Settings(data_dir=workers.folder / "data"))
    yield starter.start
    starter.close()


def test_progress_is_kept_at_most_once_a_second(database, workers, start):
    workers.start(seconds=3)
    run_id = queue_run(database, start=start)
    until_state(database, run_id, "done")
    with database.reading() as session:
        history = runs.history(session, [run_id])[run_id]
    # The child reports ten times a second for three seconds; its last report is always kept.
    assert 3 <= len(history) <= 5
    assert [row.best for row in history] == [10] * len(history)
    assert history[-1].seconds > 2.5


def test_a_stop_keeps_the_best_plan(database, workers, start):
    workers.start(seconds=60)
    run_id = queue_run(database, start=start)
    until(workers.children)
    with database.writing() as session:
        runs.ask_to_stop(session, run_id, SYSTEM)
    run = until_state(database, run_id, "done", "failed", "cancelled", seconds=10)
    assert (run.state, plans_of(database, run_id)) == ("done", 1)


def test_a_cancel_ends_the_child_and_keeps_nothing(database, workers, start):
    workers.start("hang", seconds=60)
    run_id = queue_run(database, start=start)
    [child] = until(workers.children)
    with database.writing() as session:
        runs.ask_to_cancel(session, run_id, SYSTEM)
    run = until_state(database, run_id, "done", "failed", "cancelled", seconds=10)
    assert (run.state, plans_of(database, run_id)) == ("cancelled", 0)
    assert not psutil.pid_exists(child)


def test_a_run_cancelled_while_queued_never_starts(database, workers, start):
    cancelled = queue_run(database, start=start)
    with database.writing() as session:
        runs.ask_to_cancel(session, cancelled, SYSTEM)
    workers.start(seconds=0.2)
    next_run = queue_run(database, start=start)
    until_state(database, next_run, "done")
    assert read_run(database, cancelled).state == "cancelled"
    assert len(workers.children()) == 1


def test_bad_input_fails_the_run_with_its_problem_and_is_not_tried_again(database, workers, start):
    workers.start("refuse")
    run_id = queue_run(database, start=start)
    run = until_state(database, run_id, "done", "failed", "cancelled")
    assert (run.state, run.error["type"]) == ("failed", "unknown-school")
    assert len(workers.children()) == 1


def test_a_run_that_is_in_no_queue_is_found_and_solved(database, workers, monkeypatch):
    run_id = queue_run(database)  # stored, and the service died before it could queue it
    workers.start(seconds=0.2)
    run = until_state(database, run_id, "done", seconds=40)
    assert (run.attempts, plans_of(database, run_id)) == (1, 1)


# What a worker stores at the end of a run, with no process at all.


@pytest.fixture
def worker(database, tmp_path):
    settings = Settings(data_dir=tmp_path / "data", database=database.url, overrun_seconds=1)
    return Worker(settings, database, "worker-a", ("true",))


def settle(worker, run_id, outcome):
    order = {"scenario": {"title": "一问", "stage": "primary", "target_year": 2030}}
    with worker.database.writing() as session:
        work.settle(session, worker, run_id, order, outcome)


DOCUMENT = plan({"scenario": {"title": "一问", "stage": "primary", "target_year": 2030}})


@BOTH
def test_the_end_of_a_run_is_stored_once_however_often_it_comes(worker):
    run_id = queue_run(worker.database)
    work.take_up(worker, run_id)
    for outcome in (Planned(DOCUMENT), Planned(DOCUMENT), Cancelled(), Crashed(-9), Refused({"type": "x"})):
        settle(worker, run_id, outcome)
    assert read_run(worker.database, run_id).state == "done"
    assert plans_of(worker.database, run_id) == 1
    with worker.database.reading() as session:
        assert sum(line.action == "run.done" for line in audit_log.newest(session)) == 1


@BOTH
def test_two_workers_that_both_bring_a_plan_store_one(worker):
    run_id = queue_run(worker.database)
    work.take_up(worker, run_id)
    peer = Worker(worker.settings, worker.database, "worker-b", worker.command)
    work.take_up(peer, run_id)  # it thought the first one dead
    ready = threading.Barrier(2)
    errors = []

    def bring(one):
        ready.wait()
        try:
            settle(one, run_id, Planned(DOCUMENT))
        except Leaving as leaving:
            errors.append((one.executor_id, leaving))

    threads = [threading.Thread(target=bring, args=(one,)) for one in (worker, peer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run = read_run(worker.database, run_id)
    assert (run.state, run.executor, plans_of(worker.database, run_id)) == ("done", "worker-b", 1)
    # The first either came before the end and was turned away, or after it and found nothing to do.
    assert [name for name, _ in errors] in ([], ["worker-a"])


@pytest.mark.parametrize(
    ("outcome", "state", "kind"),
    [
        (Crashed(-9), "failed", "/problems/solver-crashed"),
        (Overran(99.0), "failed", "/problems/solver-overran"),
        (Refused({"type": "bad-row", "detail": "x"}), "failed", "bad-row"),
        (Cancelled(), "cancelled", None),
    ],
)
def test_each_end_has_its_state_and_reason(worker, outcome, state, kind):
    run_id = queue_run(worker.database)
    work.take_up(worker, run_id)
    settle(worker, run_id, outcome)
    run = read_run(worker.database, run_id)
    assert (run.state, (run.error or {}).get("type")) == (state, kind)
    assert plans_of(worker.database, run_id) == 0


def test_a_run_that_another_worker_holds_is_not_touched(worker):
    run_id = queue_run(worker.database)
    work.take_up(worker, run_id)
    work.take_up(Worker(worker.settings, worker.database, "worker-b", ("true",)), run_id)
    for outcome in (Planned(DOCUMENT), Cancelled(), Abandoned()):
        with pytest.raises(Leaving):
            settle(worker, run_id, outcome)
    assert read_run(worker.database, run_id).state == "running"


def test_the_desk_sees_wishes_and_takeovers(worker):
    run_id = queue_run(worker.database)
    order = work.take_up(worker, run_id)
    desk = work.desk(worker, run_id, order)
    assert desk.look() is Look.GO_ON
    with worker.database.writing() as session:
        runs.ask_to_stop(session, run_id, SYSTEM)
    assert desk.look() is Look.STOP
    with worker.database.writing() as session:
        runs.ask_to_cancel(session, run_id, SYSTEM)
    assert desk.look() is Look.CANCEL
    work.take_up(Worker(worker.settings, worker.database, "worker-b", ("true",)), run_id)
    assert desk.look() is Look.NOT_OURS


def test_a_database_that_does_not_answer_disturbs_no_solve(worker, tmp_path):
    run_id = queue_run(worker.database)
    desk = work.desk(worker, run_id, work.take_up(worker, run_id))
    with worker.database.writing() as session:
        session.connection().exec_driver_sql("ALTER TABLE runs RENAME TO hidden")
    assert desk.look() is Look.GO_ON
    desk.record(Progress(1.0, "search", 10, 5))


def test_the_order_names_the_figures_and_limits_the_threads(worker):
    run_id = queue_run(worker.database, seconds=7)
    order = work.take_up(worker, run_id)
    assert order["dataset_id"] == read_run(worker.database, run_id).dataset_id
    assert order["scenario"]["solve"]["seconds"] == 7
    assert order["scenario"]["solve"]["workers"] <= worker.settings.solver_workers
    assert order["scenario"]["weights"]["moved_pupil"] == 0  # a price on change is for watched runs


def test_a_hanging_child_is_ended_by_the_watchdog(worker, tmp_path, monkeypatch):
    monkeypatch.setattr(work, "SET_UP_SECONDS", 0.5)
    run_id = queue_run(worker.database, seconds=1)
    script = tmp_path / "hang.py"
    script.write_text("import time; time.sleep(60)")

    hanging = Worker(worker.settings, worker.database, "worker-a", (sys.executable, str(script)))
    began = time.monotonic()
    assert work.solve(hanging, run_id, last_try=False) == work.ENDED
    assert time.monotonic() - began < 8  # 1 s of solving, 0.5 s of set-up, 1 s of grace
    assert read_run(worker.database, run_id).error["type"] == "/problems/solver-overran"
