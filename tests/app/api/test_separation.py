"""Every route of the OpenAPI document, walked: nothing leaks to another district, to a reader, or to nobody."""

from __future__ import annotations

import re

import pytest
from house import HOME, OTHER

OPEN = {"/api/health", "/api/session"}
NOT_OF_A_DISTRICT = {
    "/api/me",
    "/api/tables",
    "/api/tables/workbook",
    "/api/norms",
    "/ogc",
    "/ogc/conformance",
}
"""Routes that answer the same for everybody who is signed in."""

BODIES = {
    "/api/monitoring-reports/{report_id}/comments": {"comments": "x"},
    "/api/monitoring-reports/{report_id}/sign": {"name": "x"},
    "/api/tokens": {"name": "n", "role": "reader", "level": "city"},
    "/api/schedules/{schedule_id}": {"enabled": False},
    "/api/plans/{plan_id}/check": {"assignment": {"A": "north"}},
    "/api/plans/{plan_id}/adjust": {"assignment": {"A": "north"}},
}


def operations(house):
    document = house.client().get("/api/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def fill(path, stored, **more):
    values = {
        "dataset_id": stored.dataset,
        "scenario_id": stored.scenario,
        "run_id": stored.run,
        "plan_id": stored.plan,
        "schedule_id": stored.schedule,
        "token_id": stored.token,
        "forecast_id": stored.forecast,
        "report_id": stored.report,
        "settlement_id": "A",
        "school_id": "south",
        "collection": f"{stored.plan}.zones",
        "feature": "south",
        "table": "schools",
        "layer": "schools",
        "level": "school",
    } | more
    return re.sub(r"{(\w+)}", lambda name: values[name[1]], path)


def body(path, stored):
    return {
        "/api/scenarios": {"dataset_id": stored.dataset, "scenario": {"title": "t", "target_year": 2031}},
        "/api/runs": {"scenario_id": stored.scenario},
        "/api/forecasts": {"dataset_id": stored.dataset},
        "/api/monitoring-reports": {"forecast_id": stored.forecast},
        "/api/monitoring-reports/merge": {"report_ids": [stored.report], "title": "t"},
        "/api/schedules": {"scenario_id": stored.scenario, "cron": "30 2 * * *"},
    }.get(path, BODIES.get(path))


def ask(client, method, path, stored, operation):
    url = fill(path, stored)
    if path == "/api/comparisons":
        url += f"?a={stored.plan}&b={stored.plan}"
    if path == "/api/datasets/{dataset_id}/isochrones":
        url += "?school=south"
    if path == "/api/datasets/{dataset_id}/roads" and method == "post":
        return client.post(url, files={"files": ("a.osm", b"x")})
    if path == "/api/datasets" and method == "post":
        declaration = f'{{"title": "t", "division": "{HOME}"}}'
        return client.post(url, files={"files": ("a.csv", b"x")}, data={"declaration": declaration})
    return client.request(method, url, json=body(path, stored) if "requestBody" in operation else None)


def test_every_route_but_the_open_ones_asks_for_a_token(house):
    stored, nobody = house.store_plan(), house.client()
    seen = 0
    for path, method, operation in operations(house):
        if path in OPEN:
            continue
        seen += 1
        assert ask(nobody, method, path, stored, operation).status_code == 401, (method, path)
        assert operation["security"], (method, path)
    assert seen > 45


def test_another_district_gets_404_for_every_id_and_nothing_in_every_list(house):
    stored = house.store_plan(HOME)
    foreign = house.as_("admin", OTHER)
    with_id = lists = 0
    for path, method, operation in operations(house):
        if path in OPEN | NOT_OF_A_DISTRICT:
            continue
        reply = ask(foreign, method, path, stored, operation)
        where = (method, path, reply.status_code)
        if "{" in path or path == "/api/comparisons":
            with_id += 1
            assert reply.status_code == 404, where
        elif method == "get":
            lists += 1
            found = reply.json()
            rows = found["collections"] if path == "/ogc/collections" else found
            assert {row.get("division") for row in rows} <= {OTHER}, where
            assert stored.plan not in reply.text, where
            assert stored.dataset not in reply.text, where
            assert stored.forecast not in reply.text, where
        elif path in {"/api/datasets", "/api/tokens"}:
            assert reply.status_code == 403, where  # it names another division itself
        else:
            assert reply.status_code == 404, where
    assert with_id > 25
    assert lists >= 8


def test_the_own_district_does_get_all_of_that(house):
    """Without this the test above could pass because its questions are wrong."""
    stored = house.store_plan(HOME, roads=True)
    own = house.as_("admin", HOME)
    for path, method, operation in operations(house):
        if method == "get" and path not in OPEN:
            reply = ask(own, method, path, stored, operation)
            assert reply.status_code == 200, (path, reply.text)


def test_a_404_does_not_tell_whether_the_thing_exists(house):
    stored = house.store_plan(HOME)
    foreign = house.as_("admin", OTHER)
    there = foreign.get(f"/api/plans/{stored.plan}").json()
    nowhere = foreign.get(f"/api/plans/{'0' * 24}").json()
    assert there["detail"].replace(stored.plan, "x") == nowhere["detail"].replace("0" * 24, "x")
    assert there.keys() == nowhere.keys()


@pytest.mark.parametrize("filters", [{"dataset_id": "dataset"}, {"scenario_id": "scenario"}])
def test_a_filter_by_another_districts_id_finds_nothing(house, filters):
    stored = house.store_plan(HOME)
    foreign, own = house.as_("admin", OTHER), house.as_("admin", HOME)
    query = {name: getattr(stored, kind) for name, kind in filters.items()}
    for path in ("/api/plans", "/api/runs", "/api/scenarios"):
        assert foreign.get(path, params=query).json() == []
        assert len(own.get(path, params=query).json()) == 1


def test_a_plan_of_another_district_cannot_be_a_standing_plan(house):
    home, other = house.store_plan(HOME), house.store_plan(OTHER)
    own, city = house.as_("planner", HOME), house.as_("planner")
    for client in (own, city):
        run = {"scenario_id": home.scenario, "standing_plan_id": other.plan}
        assert client.post("/api/runs", json=run).status_code == 404
        watch = {"scenario_id": home.scenario, "cron": "30 2 * * *", "standing_plan_id": other.plan}
        assert client.post("/api/schedules", json=watch).status_code == 404
        change = {"standing_plan_id": other.plan}
        assert client.patch(f"/api/schedules/{home.schedule}", json=change).status_code == 404


def test_a_reader_changes_nothing(house):
    stored = house.store_plan(HOME)
    reader = house.as_("reader", HOME)
    before = house.city.get("/api/audit").json()
    refused = 0
    for path, method, operation in operations(house):
        if method != "get" and path not in OPEN and path != "/api/plans/{plan_id}/check":
            refused += 1
            assert ask(reader, method, path, stored, operation).status_code == 403, (method, path)
    assert refused >= 10
    assert house.city.get("/api/audit").json() == before
    assert house.starter.started == []


def test_teachers_are_for_planners_of_the_district(house):
    stored = house.store_plan(HOME)
    teachers = f"/api/datasets/{stored.dataset}/tables/teachers"
    workbook = f"/api/datasets/{stored.dataset}/workbook"
    for url in (teachers, workbook):
        assert house.as_("planner", HOME).get(url).status_code == 200
        assert house.as_("reader", HOME).get(url).status_code == 403
        assert house.as_("reader").get(url).status_code == 403
        assert house.as_("admin", OTHER).get(url).status_code == 404
    assert b"t1" in house.as_("planner", HOME).get(teachers).content
