from __future__ import annotations

import pytest

from app.db import runs, schedules


@pytest.fixture
def stored(house):
    return house.store_plan()


def make(house, stored, **more):
    return house.city.post("/api/schedules", json={"scenario_id": stored.scenario, "cron": "30 2 * * *", **more})


def test_a_schedule_is_made_changed_and_removed(house, stored):
    reply = make(house, stored)
    made = reply.json()
    assert (reply.status_code, reply.headers["location"]) == (201, f"/api/schedules/{made['id']}")
    assert (made["timezone"], made["enabled"], made["standing_plan_id"]) == ("Asia/Shanghai", True, None)
    url = reply.headers["location"]
    assert house.city.get(url).json() == made
    changed = house.city.patch(url, json={"cron": "0 3 * * 1", "enabled": False}).json()
    assert (changed["cron"], changed["enabled"], changed["timezone"]) == ("0 3 * * 1", False, "Asia/Shanghai")
    assert house.city.patch(url, json={"standing_plan_id": stored.plan}).json()["standing_plan_id"] == stored.plan
    assert house.city.patch(url, json={"standing_plan_id": None}).json()["standing_plan_id"] is None
    assert house.city.delete(url).status_code == 204
    for again in (house.city.get(url), house.city.delete(url), house.city.patch(url, json={"enabled": True})):
        assert again.status_code == 404
    assert made["id"] not in [row["id"] for row in house.city.get("/api/schedules").json()]
    actions = [line["action"] for line in house.city.get("/api/audit").json() if line["subject_id"] == made["id"]]
    assert actions == ["schedule.removed", *["schedule.changed"] * 3, "schedule.made"]


@pytest.mark.parametrize(
    ("order", "kind"),
    [
        ({"cron": "30 25 * * *"}, "bad-cron"),
        ({"cron": "30 2 30 2 *"}, "bad-cron"),
        ({"cron": "0 30 2 * * *"}, "bad-cron"),
        ({"timezone": "Asia/Chongking-Nowhere"}, "unknown-timezone"),
        ({"cron": "x"}, "validation"),
        ({"scenario_id": "nothing"}, "not-found"),
    ],
)
def test_a_time_that_never_comes_is_refused(house, stored, order, kind):
    reply = make(house, stored, **order)
    assert reply.json()["type"] == f"/problems/{kind}"
    assert len(house.city.get("/api/schedules").json()) == 1


def test_a_change_names_something_and_a_wrong_time_changes_nothing(house, stored):
    url = f"/api/schedules/{stored.schedule}"
    before = house.city.get(url).json()
    for change in ({}, {"cron": "99 2 * * *"}, {"timezone": "UTC"}):
        assert house.city.patch(url, json=change).status_code == 422
    assert house.city.get(url).json() == before


def test_a_run_now_starts_from_the_standing_plan(house, stored):
    reply = house.city.post(f"/api/schedules/{stored.schedule}/run")
    run = reply.json()
    assert (reply.status_code, reply.headers["location"]) == (202, f"/api/runs/{run['id']}")
    assert (run["schedule_id"], run["standing_plan_id"]) == (stored.schedule, stored.plan)
    assert house.starter.started == [run["id"]]


def test_drift_reports_are_listed_newest_first(house, stored):
    run_id = house.city.post(f"/api/schedules/{stored.schedule}/run").json()["id"]
    url = f"/api/schedules/{stored.schedule}/reports"
    assert house.city.get(url).json() == []
    with house.database.writing() as session:
        schedules.store_report(session, runs.get(session, run_id), alert=True, document={"moved": 3})
    report = house.city.get(url).json()[0]
    assert (report["alert"], report["run_id"], report["document"]) == (True, run_id, {"moved": 3})
