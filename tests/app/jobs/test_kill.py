"""
What kill -9 does: nothing is lost, a run ends exactly once and stores one plan. Every process here is a real one.

On SQLite the worker comes back; on PostgreSQL another one, that lives, takes over.
"""

from __future__ import annotations

import os
import re
import signal
import socket

import httpx
import psutil
import pytest
from job_runs import hamlet, plans_of, queue_run, read_run, until, until_state

from app.audit import SYSTEM
from app.db import datasets, heartbeats
from app.jobs.queue import DbosStarter
from app.settings import Settings

pytestmark = pytest.mark.slow
BOTH = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def start(workers):
    """Queue runs as the API does, from this process."""
    url = "" if workers.database.url.startswith("sqlite") else workers.database.url
    starter = DbosStarter(Settings(data_dir=workers.folder / "data", database=url))
    yield starter.start
    starter.close()


def running_child(workers, number: int = 1) -> int:
    """Wait for the so-many-th solver child and return its process id."""
    until(lambda: len(workers.children()) >= number, 30, f"no child {number}: {workers.output()}")
    return workers.children()[number - 1]


@BOTH
def test_a_killed_worker_that_comes_back_solves_the_run_again_and_once(database, workers, start):
    run_id = queue_run(database, start=start)
    first = workers.start(seconds=60)
    child = running_child(workers)
    until_state(database, run_id, "running")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    until(lambda: not psutil.pid_exists(child), 10, "the child outlived its parent")
    assert read_run(database, run_id).state == "running"

    workers.start(seconds=0.5)
    run = until_state(database, run_id, "done", "failed", "cancelled")
    assert (run.state, run.attempts, plans_of(database, run_id)) == ("done", 2, 1)
    assert len(workers.children()) == 2


@POSTGRESQL
def test_a_killed_worker_is_replaced_by_one_that_lives(database, workers, start):
    first = workers.start(seconds=60, data="one")
    run_id = queue_run(database, start=start)
    running_child(workers)
    holder = until_state(database, run_id, "running").executor
    workers.start(seconds=0.5, data="two")
    until(lambda: "is ready" in workers.output().split("worker-1")[-1], 30)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()

    run = until_state(database, run_id, "done", "failed", "cancelled")
    assert (run.state, run.attempts, plans_of(database, run_id)) == ("done", 2, 1)
    assert run.executor != holder


@BOTH
def test_a_killed_service_comes_back_with_its_run(database, workers, port):
    first = workers.start(seconds=60, what="serve", port=port)
    until(lambda: "Junheng 均衡: http" in workers.output(), 40, workers.output())
    token = re.search(r"One-time admin token[^:]*: (\S+)", workers.output()).group(1)
    api = httpx.Client(base_url=f"http://127.0.0.1:{port}/api", headers={"Authorization": f"Bearer {token}"})
    with database.writing() as session:
        dataset, _ = datasets.store(session, hamlet(), [], SYSTEM)
    scenario = api.post("/scenarios", json={"dataset_id": dataset.id, "scenario": {"title": "x", "target_year": 2030}})
    assert scenario.status_code == 201, scenario.text
    key = {"Idempotency-Key": "once"}
    run = api.post("/runs", json={"scenario_id": scenario.json()["id"]}, headers=key)
    assert run.status_code == 202, run.text
    where = run.headers["Location"].removeprefix("/api")
    child = running_child(workers)
    until(lambda: api.get(where).json()["best"] == 10, 20)  # progress is seen while it runs
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    until(lambda: not psutil.pid_exists(child), 10)

    workers.start(seconds=0.5, what="serve", port=port)
    until(lambda: workers.output().count("Junheng 均衡: http") == 2, 40, workers.output())
    until(lambda: api.get(where).json()["state"] in {"done", "failed", "cancelled"}, 30)
    ended = api.get(where).json()
    assert (ended["state"], plans_of(database, ended["id"])) == ("done", 1)
    assert len(api.get("/runs").json()) == 1
    again = api.post("/runs", json={"scenario_id": scenario.json()["id"]}, headers=key)
    assert again.headers["Location"] == run.headers["Location"]
    assert len(workers.children()) == 2


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_is_asked_to_end_takes_leave(database, workers, start, port, number):
    service = workers.start(seconds=60, what="serve", port=port)
    run_id = queue_run(database, start=start)
    child = running_child(workers)
    until_state(database, run_id, "running")
    service.send_signal(number)
    assert service.wait(timeout=20) == 0
    assert not psutil.pid_exists(child)
    assert read_run(database, run_id).state == "running"
    with database.reading() as session:
        assert heartbeats.living(session, 60) == []


def test_a_service_whose_port_is_taken_ends_and_says_so(database, workers):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        service = workers.start(what="serve", port=taken.getsockname()[1])
        assert service.wait(timeout=40) != 0
    assert "cannot listen on" in workers.output()


@BOTH
def test_a_killed_child_is_started_once_more(database, workers, start):
    workers.start(seconds=3)
    run_id = queue_run(database, start=start)
    os.kill(running_child(workers), signal.SIGKILL)
    run = until_state(database, run_id, "done", "failed", "cancelled")
    assert (run.state, plans_of(database, run_id)) == ("done", 1)
    assert len(workers.children()) == 2


def test_a_child_that_crashes_again_fails_the_run_with_the_reason(database, workers, start):
    workers.start("crash")
    run_id = queue_run(database, start=start)
    run = until_state(database, run_id, "done", "failed", "cancelled")
    assert (run.state, plans_of(database, run_id)) == ("failed", 0)
    assert "SIGKILL" in run.error["detail"]
    assert len(workers.children()) == 2


@BOTH
def test_a_worker_that_is_asked_to_end_leaves_its_run_for_the_next(database, workers, start):
    first = workers.start(seconds=60)
    run_id = queue_run(database, start=start)
    child = running_child(workers)
    first.send_signal(signal.SIGTERM)
    assert first.wait(timeout=20) == 0
    assert not psutil.pid_exists(child)
    assert read_run(database, run_id).state == "running"

    workers.start(seconds=0.5)
    run = until_state(database, run_id, "done", "failed", "cancelled")
    assert (run.state, plans_of(database, run_id)) == ("done", 1)


@POSTGRESQL
def test_a_worker_that_only_seemed_dead_lets_go_and_works_on(database, workers, start):
    """It stands still for a while, as a machine that swaps or loses its network does."""
    first = workers.start(seconds=30, data="one")
    run_id = queue_run(database, start=start)
    child = running_child(workers)
    holder = until_state(database, run_id, "running").executor
    first.send_signal(signal.SIGSTOP)
    peer = workers.start(seconds=0.5, data="two")
    run = until_state(database, run_id, "done", "failed", "cancelled")
    assert run.executor != holder
    first.send_signal(signal.SIGCONT)
    until(lambda: not psutil.pid_exists(child), 15, "the child goes on with a run that is another worker's")
    assert plans_of(database, run_id) == 1

    peer.send_signal(signal.SIGTERM)
    peer.wait(timeout=20)
    next_run = queue_run(database, start=start)
    assert until_state(database, next_run, "running").executor == holder


@POSTGRESQL
def test_two_workers_share_the_queue_and_solve_each_run_once(database, workers, start):
    for data in ("one", "two"):
        workers.start(seconds=1.5, data=data)
    until(lambda: workers.output().count("is ready") == 2, 30)
    run_ids = [queue_run(database, start=start) for _ in range(4)]
    ended = [until_state(database, run_id, "done", "failed", "cancelled") for run_id in run_ids]
    assert [run.state for run in ended] == ["done"] * 4
    assert len({run.executor for run in ended}) == 2
    assert [run.attempts for run in ended] == [1] * 4
    assert len(workers.children()) == 4


def test_a_second_worker_on_the_same_sqlite_file_is_refused(database, workers):
    workers.start()
    until(lambda: "is ready" in workers.output(), 30)
    second = workers.start(url=database.url, data="elsewhere")
    assert second.wait(timeout=30) != 0
    assert "WorkerTaken" in workers.output()
