from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import hamlet_plan
import pytest
from house import HOME

from app.audit import SYSTEM
from app.cases.scenario import Scenario
from app.db import datasets, runs
from app.jobs import planning
from data.errors import PlanningError
from solver.plan import Progress


@pytest.fixture
def scenario(house):
    with house.database.writing() as session:
        dataset, _ = datasets.store(session, hamlet_plan.hamlets(), [], SYSTEM)
    body = {"dataset_id": dataset.id, "scenario": hamlet_plan.SCENARIO.model_dump(mode="json")}
    reply = house.city.post("/api/scenarios", json=body)
    assert reply.status_code == 201
    assert house.city.get(reply.headers["location"]).json() == reply.json()
    assert Scenario.model_validate(reply.json()["scenario"]) == hamlet_plan.SCENARIO
    return reply.json()["id"]


def start(house, scenario, key=None, **more):
    headers = {} if key is None else {"Idempotency-Key": key}
    return house.city.post("/api/runs", json={"scenario_id": scenario, **more}, headers=headers)


def change(house, function, *arguments, **more):
    with house.database.writing() as session:
        return function(session, *arguments, **more)


def test_a_run_is_queued_stored_and_handed_to_the_workers(house, scenario):
    reply = start(house, scenario)
    run = reply.json()
    assert (reply.status_code, reply.headers["location"]) == (202, f"/api/runs/{run['id']}")
    assert (run["state"], run["plan_id"], run["gap"], run["history"]) == ("queued", None, None, [])
    assert house.starter.started == [run["id"]]
    assert house.city.get(reply.headers["location"]).json() == run
    assert [row["id"] for row in house.city.get("/api/runs", params={"state": "queued"}).json()] == [run["id"]]
    assert house.city.get("/api/runs", params={"state": "done"}).json() == []


def test_a_run_may_be_solved_otherwise_than_its_scenario_says(house, scenario):
    solve = start(house, scenario, solve={"seconds": 5, "seed": 7}).json()["solve"]
    assert (solve["seconds"], solve["seed"], solve["deterministic"]) == (5, 7, True)
    for wrong in ({"seconds": 0}, {"seed": -1}, {"workers": 99}, {"gap": 2}):
        reply = start(house, scenario, solve=wrong)
        assert reply.status_code == 422, wrong
        assert next(iter(wrong)) in reply.json()["facts"]["faults"][0]["field"]


def test_the_same_key_starts_one_run(house, scenario):
    first, again = start(house, scenario, "k1"), start(house, scenario, "k1")
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert len(house.starter.started) == 1
    assert start(house, scenario, "k2").json()["id"] != first.json()["id"]
    assert start(house, scenario).json()["id"] != start(house, scenario).json()["id"]


def test_the_same_key_for_another_order_is_refused(house, scenario):
    start(house, scenario, "k1")
    reply = start(house, scenario, "k1", solve={"seed": 2})
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/key-reused")
    assert len(house.starter.started) == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 201])
def test_a_key_is_short_and_printable(house, scenario, key):
    assert start(house, scenario, key).status_code == 422


def test_the_same_key_many_times_at_once_starts_one_run(house, scenario):
    clients = [house.city for _ in range(6)]
    body = {"scenario_id": scenario}
    with ThreadPoolExecutor(6) as pool:
        replies = list(
            pool.map(lambda client: client.post("/api/runs", json=body, headers={"Idempotency-Key": "k"}), clients)
        )
    assert {reply.status_code for reply in replies} == {202}
    assert len({reply.json()["id"] for reply in replies}) == 1
    assert len(house.starter.started) == 1


def test_stop_is_a_wish_and_an_ended_run_takes_none(house, scenario):
    run_id = start(house, scenario).json()["id"]
    change(house, runs.mark_running, run_id, "w1")
    reply = house.city.post(f"/api/runs/{run_id}/stop")
    assert (reply.status_code, reply.json()["state"], reply.json()["wish"]) == (202, "running", "stop")
    change(house, runs.fail, run_id, {"type": "/problems/x", "title": "t", "status": 500, "detail": "d", "facts": {}})
    for wish in ("stop", "cancel"):
        refused = house.city.post(f"/api/runs/{run_id}/{wish}")
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/run-ended")
        assert refused.json()["facts"] == {"run_id": run_id, "state": "failed"}
    assert house.city.get(f"/api/runs/{run_id}").json()["error"]["type"] == "/problems/x"


def test_a_queued_run_is_cancelled_at_once_and_again_without_harm(house, scenario):
    run_id = start(house, scenario).json()["id"]
    for _ in range(2):
        reply = house.city.post(f"/api/runs/{run_id}/cancel")
        assert (reply.status_code, reply.json()["state"]) == (202, "cancelled")


def test_the_gap_is_the_distance_from_the_bound(house, scenario):
    run_id = start(house, scenario).json()["id"]
    change(house, runs.mark_running, run_id, "w1")
    change(house, runs.record_progress, run_id, Progress(1.0, "search", 200, 150))
    assert house.city.get(f"/api/runs/{run_id}").json()["gap"] == 0.25
    change(house, runs.record_progress, run_id, Progress(2.0, "search", 200, None))
    assert house.city.get(f"/api/runs/{run_id}").json()["gap"] is None


def events(text):
    """Read a stream of events as (name, data)."""
    found = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_events_tell_each_change_and_end_with_the_run(house, scenario):
    run_id = start(house, scenario).json()["id"]
    document = hamlet_plan.document(hamlet_plan.hamlets())

    def work():
        change(house, runs.mark_running, run_id, "w1")
        change(house, runs.record_progress, run_id, Progress(0.5, "search", 400_000, 300_000))
        threading.Event().wait(1.2)
        change(house, runs.finish, run_id, document, {})

    worker = threading.Timer(0.8, work)
    worker.start()
    reply = house.city.get(f"/api/runs/{run_id}/events")
    worker.join()
    assert reply.headers["content-type"].startswith("text/event-stream")
    told = events(reply.text)
    assert [name for name, _ in told].count("end") == 1
    assert told[-1][0] == "end"
    states = [run["state"] for name, run in told if name == "progress"]
    assert states == sorted(states, key=["queued", "running", "done"].index)
    assert set(states) == {"queued", "running", "done"}
    last = told[-1][1]
    assert last == house.city.get(f"/api/runs/{run_id}").json()
    assert (last["best"], last["plan_id"] is None) == (339_240, False)
    assert [step["best"] for step in last["history"]] == [400_000]


def test_events_of_an_ended_run_end_at_once(house):
    stored = house.store_plan()
    told = events(house.city.get(f"/api/runs/{stored.run}/events").text)
    assert [name for name, _ in told] == ["progress", "end"]


def test_from_files_to_a_plan_by_http_alone(house, scenario):
    """The chain itself, in this process where a worker would be; North closes, as the drawing works out for 2031."""
    run_id = start(house, scenario).json()["id"]
    run = house.city.get(f"/api/runs/{run_id}").json()
    change(house, runs.mark_running, run_id, "w1")
    with house.database.reading() as session:
        district = datasets.load(session, run["dataset_id"])
        dataset_hash = datasets.get(session, run["dataset_id"]).hash
    document = planning.plan_district(
        district,
        hamlet_plan.SCENARIO,
        dataset_hash=dataset_hash,
        report=lambda progress: change(house, runs.record_progress, run_id, progress),
    )
    change(house, runs.finish, run_id, document, {})
    run = house.city.get(f"/api/runs/{run_id}").json()
    assert run["state"] == "done"
    plan = house.city.get(f"/api/plans/{run['plan_id']}").json()
    assert plan["document"]["dataset_hash"] == dataset_hash
    assert {row["id"]: row["pupils"] for row in plan["document"]["settlements"]} == {"A": 18, "B": 12, "C": 6}
    assert house.city.get(f"/api/plans/{run['plan_id']}/map/zones").status_code == 200


def test_input_that_cannot_be_planned_is_a_problem_with_its_facts(house):
    from app import errors  # noqa: PLC0415

    scenario = hamlet_plan.SCENARIO.model_copy(update={"keep_open": ("nowhere",)})
    with pytest.raises(PlanningError) as refusal:
        planning.plan_district(hamlet_plan.hamlets(HOME), scenario, dataset_hash="x")
    problem = errors.problem_of(refusal.value)
    assert (problem["status"], problem["type"]) == (422, "/problems/scenario-does-not-fit")
    assert "nowhere" in problem["detail"]
