"""The OpenAPI document is complete, and true of what the routes answer."""

from __future__ import annotations

import importlib
import pkgutil

from house import HOME

import app
import data
import geo
import solver
from app import errors
from data.errors import PlanningError

EXPECTED = """
GET /api/health
POST /api/session
DELETE /api/session
GET /api/me
POST /api/tokens
GET /api/tokens
DELETE /api/tokens/{token_id}
GET /api/tables
GET /api/tables/workbook
POST /api/datasets
GET /api/datasets
GET /api/datasets/{dataset_id}
GET /api/datasets/{dataset_id}/tables/{table}
GET /api/datasets/{dataset_id}/workbook
GET /api/datasets/{dataset_id}/map/{layer}
GET /api/datasets/{dataset_id}/forecast
POST /api/datasets/{dataset_id}/roads
GET /api/datasets/{dataset_id}/roads
GET /api/datasets/{dataset_id}/map/roads
GET /api/datasets/{dataset_id}/map/barriers
GET /api/datasets/{dataset_id}/isochrones
GET /api/norms
POST /api/scenarios
GET /api/scenarios
GET /api/scenarios/{scenario_id}
POST /api/runs
GET /api/runs
GET /api/runs/{run_id}
GET /api/runs/{run_id}/events
POST /api/runs/{run_id}/stop
POST /api/runs/{run_id}/cancel
GET /api/plans
GET /api/plans/{plan_id}
GET /api/plans/{plan_id}/map/{layer}
GET /api/plans/{plan_id}/settlements/{settlement_id}
GET /api/plans/{plan_id}/settlements/{settlement_id}/route
GET /api/plans/{plan_id}/schools/{school_id}
POST /api/plans/{plan_id}/check
POST /api/plans/{plan_id}/adjust
GET /api/plans/{plan_id}/export.xlsx
GET /api/plans/{plan_id}/export.csv
GET /api/plans/{plan_id}/export.geojson
GET /api/comparisons
POST /api/forecasts
GET /api/forecasts
GET /api/forecasts/{forecast_id}
POST /api/forecasts/{forecast_id}/cancel
GET /api/forecasts/{forecast_id}/document
GET /api/forecasts/{forecast_id}/levels/{level}
GET /api/forecasts/{forecast_id}/warnings
GET /api/forecasts/{forecast_id}/warnings.csv
GET /api/forecasts/{forecast_id}/map/{level}
GET /api/forecasts/{forecast_id}/workbook
GET /api/forecasts/{forecast_id}/accuracy
GET /api/forecasts/{forecast_id}/peaks
GET /api/forecasts/{forecast_id}/small-classes
GET /api/forecasts/{forecast_id}/migrants
GET /api/forecasts/{forecast_id}/boarding
GET /api/forecasts/{forecast_id}/sources
GET /api/forecasts/{forecast_id}/pyramids
GET /api/forecasts/{forecast_id}/school-grades
GET /api/forecasts/{forecast_id}/corrections
GET /api/forecasts/{forecast_id}/variants
POST /api/monitoring-reports
GET /api/monitoring-reports
POST /api/monitoring-reports/merge
GET /api/monitoring-reports/{report_id}
PUT /api/monitoring-reports/{report_id}/comments
POST /api/monitoring-reports/{report_id}/sign
GET /api/monitoring-reports/{report_id}/pdf
GET /api/monitoring-reports/{report_id}/docx
GET /api/monitoring-reports/{report_id}/workbook
POST /api/schedules
GET /api/schedules
GET /api/schedules/{schedule_id}
PATCH /api/schedules/{schedule_id}
DELETE /api/schedules/{schedule_id}
POST /api/schedules/{schedule_id}/run
GET /api/schedules/{schedule_id}/reports
GET /api/audit
GET /ogc
GET /ogc/conformance
GET /ogc/collections
GET /ogc/collections/{collection}
GET /ogc/collections/{collection}/items
GET /ogc/collections/{collection}/items/{feature}
"""


def test_the_document_has_every_route_that_was_promised_and_no_other(house):
    paths = house.client().get("/api/openapi.json").json()["paths"]
    found = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert found == set(EXPECTED.split("\n")) - {""}


def test_every_operation_says_what_it_does_and_how_it_can_end(house):
    document = house.client().get("/api/openapi.json").json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = (method, path)
            assert operation["summary"], where
            assert operation["description"], where
            assert operation["tags"], where
            good = [status for status in operation["responses"] if status < "300"]
            assert good, where
            for status in good:
                content = operation["responses"][status].get("content", {})
                assert status == "204" or all(media["schema"] for media in content.values()), where
                assert status == "204" or content, where
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert list(response["content"]) == ["application/problem+json"], where
                    assert response["description"], (where, status)
    assert {tag["name"] for tag in document["tags"]} == {
        tag for methods in document["paths"].values() for operation in methods.values() for tag in operation["tags"]
    }


def test_every_reference_in_the_document_leads_somewhere(house):
    document = house.client().get("/api/openapi.json").json()

    def references(part):
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for value in part.values():
                yield from references(value)
        elif isinstance(part, list):
            for value in part:
                yield from references(value)

    names = {reference.removeprefix("#/components/schemas/") for reference in references(document)}
    assert names <= set(document["components"]["schemas"])


def test_every_error_has_a_status_and_every_status_an_error():
    for package in (data, geo, solver, app):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(("__main__", ".env")) and ".migrations" not in module.name:
                importlib.import_module(module.name)
    ours = ("data", "geo", "solver", "app")
    names = [kind.__name__ for kind in subclasses(PlanningError) if kind.__module__.split(".")[0] in ours]
    assert sorted(names) == sorted(errors.STATUS)


def subclasses(kind):
    for child in kind.__subclasses__():
        yield child
        yield from subclasses(child)


def test_a_class_that_is_not_in_the_table_is_our_own_fault():
    class NeverHeardOf(PlanningError):
        """Nobody wrote this down."""

    problem = errors.problem_of(NeverHeardOf("x"))
    assert (problem["status"], problem["type"]) == (500, "/problems/never-heard-of")


def test_facts_are_plain_json_whatever_they_were():
    class Odd(PlanningError):
        """Odd facts."""

        def __init__(self):
            self.thing, self.things, self._secret = object, {1, 2}, "s"

    facts = errors.problem_of(Odd())["facts"]
    assert set(facts) == {"thing", "things"}
    assert isinstance(facts["thing"], str)


def test_unknown_paths_and_methods_are_problems_too(house):
    for method, url, status in (
        ("get", "/api/nothing", 404),
        ("put", "/api/runs", 405),
        ("get", "/nothing.html", 404),
    ):
        reply = house.city.request(method, url)
        assert (reply.status_code, reply.headers["content-type"]) == (status, "application/problem+json")
        assert set(reply.json()) == {"type", "title", "status", "detail", "facts"}
        assert reply.json()["status"] == status


def test_an_invalid_request_names_every_field(house):
    reply = house.city.post("/api/scenarios", json={"dataset_id": 3, "scenario": {"title": "", "target_year": 2031}})
    assert reply.status_code == 422
    assert {fault["field"] for fault in reply.json()["facts"]["faults"]} == {"body.dataset_id", "body.scenario.title"}


def test_unknown_words_are_refused_wherever_they_stand(house):
    stored = house.store_plan(HOME)
    scenario = {"title": "t", "target_year": 2031}
    for url, order, field in (
        ("/api/runs", {"scenario_id": stored.scenario, "speed": 1}, "body.speed"),
        ("/api/runs", {"scenario_id": stored.scenario, "solve": {"secs": 1}}, "body.solve.secs"),
        ("/api/scenarios", {"dataset_id": stored.dataset, "scenario": scenario | {"x": 1}}, "body.scenario.x"),
        ("/api/tokens", {"name": "n", "role": "reader", "level": "city", "x": 1}, "body.x"),
        (f"/api/plans/{stored.plan}/check", {"assignment": {}, "x": 1}, "body.x"),
    ):
        reply = house.city.post(url, json=order)
        assert reply.status_code == 422, url
        assert [fault["field"] for fault in reply.json()["facts"]["faults"]] == [field]


def test_a_fault_of_our_own_tells_nothing_of_our_inside(house, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("secret inside")

    monkeypatch.setattr("app.api.access.audit_log.newest", broken)
    reply = house.city.get("/api/audit")
    assert (reply.status_code, reply.json()["type"]) == (500, "/problems/fault")
    assert "secret" not in reply.text


def test_every_reply_carries_the_security_headers(house):
    for url in ("/", "/api/health", "/api/me", "/api/nothing"):
        headers = house.client().get(url).headers
        policy = headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "worker-src 'self' blob:" in policy
        assert "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"


def test_the_page_is_served_when_it_is_built_and_told_of_when_not(house, tmp_path):
    assert "not built" in house.client().get("/").text
    page = tmp_path / "dist"
    page.mkdir()
    (page / "index.html").write_text("<!doctype html><title>均衡</title>", encoding="utf-8")
    served = app_with_page(house, page)
    assert "均衡" in served.get("/").text
    assert served.get("/api/health").status_code == 200
    assert served.get("/missing.js").headers["content-type"] == "application/problem+json"


def app_with_page(house, page):
    from fastapi.testclient import TestClient  # noqa: PLC0415

    from app.main import create_app  # noqa: PLC0415

    return TestClient(create_app(house.app.state.service.settings, house.starter, page=page))
