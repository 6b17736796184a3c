"""The solver child itself, and a service that uses it: nothing here is made up but the district."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from job_runs import ROOT, plans_of, until, until_state

from app.audit import SYSTEM
from app.cases.scenario import Scenario
from app.db import datasets, plans, runs, scenarios
from app.jobs.queue import DbosStarter
from app.settings import Settings
from data.sample import SAMPLES

CHILD = [sys.executable, "-m", "app.jobs.child"]


def start_child(order: dict) -> subprocess.Popen:
    child = subprocess.Popen(CHILD, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    child.stdin.write(json.dumps(order) + "\n")
    child.stdin.flush()
    return child


def store(database, sample: str, **changes) -> tuple[str, str, Scenario]:
    """Store a sample and a scenario on it; return their ids and the scenario."""
    scenario = Scenario(title="一问", target_year=2031, **changes)
    with database.writing() as session:
        dataset, _ = datasets.store(session, SAMPLES[sample](), [], SYSTEM)
        row = scenarios.store(session, dataset, scenario, SYSTEM)
        return dataset.id, row.id, scenario


@pytest.fixture
def long_order(database):
    """An order that keeps a child at work for minutes."""
    dataset_id, _, scenario = store(database, "river_district", solve={"seconds": 300})
    return {
        "kind": "solve",
        "database_url": database.url,
        "networks_dir": "networks",
        "ways_dir": "ways",
        "dataset_id": dataset_id,
        "standing_plan_id": None,
        "scenario": scenario.model_dump(mode="json"),
    }


def test_the_child_ends_when_its_stdin_closes(long_order):
    child = start_child(long_order)
    assert "progress" in json.loads(child.stdout.readline())
    child.stdin.close()
    assert child.wait(timeout=10) == 3
    child.stdout.close()


def test_a_stop_brings_the_best_plan_at_once(long_order):
    child = start_child(long_order)
    seen = json.loads(child.stdout.readline())
    while seen.get("progress", {}).get("best") is None:
        seen = json.loads(child.stdout.readline())
    asked = time.monotonic()
    child.stdin.write('{"stop": true}\n')
    child.stdin.flush()
    *_, last = (json.loads(line) for line in child.stdout)
    assert time.monotonic() - asked < 20
    assert last["document"]["certificate"]["stopped"] is True
    assert last["document"]["certificate"]["objective"] is not None
    assert child.wait(timeout=10) == 0
    child.stdin.close()
    child.stdout.close()


def test_an_order_that_does_not_fit_is_a_problem_not_a_traceback(long_order):
    long_order["scenario"]["keep_open"] = ["nowhere"]
    child = start_child(long_order)
    [answer] = [json.loads(line) for line in child.stdout]
    assert answer["problem"]["type"] == "/problems/scenario-does-not-fit"
    assert "nowhere" in answer["problem"]["detail"]
    assert answer["problem"]["facts"]
    assert child.wait(timeout=10) == 0
    child.stdin.close()
    child.stdout.close()


def test_nothing_but_answers_is_on_the_child_s_stdout(database):
    dataset_id, _, scenario = store(database, "three_hamlets", solve={"seconds": 5})
    order = {
        "kind": "solve",
        "database_url": database.url,
        "networks_dir": "networks",
        "ways_dir": "ways",
        "dataset_id": dataset_id,
        "standing_plan_id": None,
        "scenario": scenario.model_dump(mode="json"),
    }
    child = start_child(order)
    lines = [json.loads(line) for line in child.stdout]  # a banner would not parse
    assert list(lines[-1]) == ["document"]
    assert child.wait(timeout=10) == 0
    child.stdin.close()
    child.stdout.close()


@pytest.mark.slow
def test_a_killed_child_of_a_service_is_replaced_and_its_plan_stored_once(database, workers):
    """The service as an operator starts it, on the sample of the first start."""
    service = subprocess.Popen(
        [sys.executable, "-m", "app", "serve", "--port", "0", "--sample", "three_hamlets"],
        cwd=ROOT,
        env=os.environ | {"JUNHENG_DATA_DIR": str(workers.folder / "data"), "JUNHENG_DATABASE_URL": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    workers.processes.append(service)

    def newest():
        with database.reading() as session:
            return [run.id for run in runs.newest(session)]

    [first] = until(newest, 40)
    assert until_state(database, first, "done", "failed").state == "done"
    with database.reading() as session:
        [made] = [plans.get(session, plan.id).document for plan in plans.newest(session)]
    assert made["certificate"]["status"] == "optimal"
    assert made["synthetic"] is True

    _, scenario_id, scenario = store(database, "river_district", solve={"seconds": 5})
    with database.writing() as session:
        run, _ = runs.create(session, scenarios.get(session, scenario_id), order=scenario.solve, actor=SYSTEM)
    starter = DbosStarter(Settings(data_dir=workers.folder / "data"))
    starter.start(run.id)
    starter.close()
    until_state(database, run.id, "running", seconds=40)
    [child] = until(lambda: psutil.Process(service.pid).children(), 20)
    os.kill(child.pid, signal.SIGKILL)
    ended = until_state(database, run.id, "done", "failed", "cancelled", seconds=60)
    assert (ended.state, ended.attempts, plans_of(database, run.id)) == ("done", 2, 1)
