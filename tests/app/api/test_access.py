from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.audit import SYSTEM
from app.db import tokens
from app.main import create_app
from app.settings import Settings

HOME, OTHER = "509902", "509903"


def test_the_first_start_prints_a_token_and_the_second_does_not(database_url, tmp_path, capsys):
    settings = Settings(data_dir=tmp_path, database=database_url)
    for expected in (1, 0):
        app = create_app(settings, starter=None, page=tmp_path)
        assert capsys.readouterr().out.count("One-time admin token") == expected
        app.state.service.database.close()


def test_only_the_hash_of_a_token_is_stored(house):
    secret = (
        house.as_("admin").post("/api/tokens", json={"name": "n", "role": "reader", "level": "city"}).json()["token"]
    )
    with house.database.reading() as session:
        for table in ("tokens", "audit", "sessions"):
            for row in session.execute(text(f"SELECT * FROM {table}")):
                assert secret not in str(tuple(row))
                assert house.first_token not in str(tuple(row))


def test_health_needs_no_token_and_names_the_database(house):
    reply = house.client().get("/api/health")
    assert reply.status_code == 200
    assert reply.json()["database"] in {"sqlite", "postgresql"}


def test_me_tells_role_and_level(house):
    assert house.as_("planner", HOME).get("/api/me").json() == {
        "name": "planner",
        "role": "planner",
        "level": "district",
        "division": HOME,
        "base_map_url": None,
    }


def test_no_token_and_a_wrong_token_get_the_same_answer(house):
    for client in (house.client(), house.client("wrong")):
        reply = client.get("/api/me")
        assert reply.status_code == 401
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.headers["www-authenticate"] == "Bearer"
        assert reply.json()["type"] == "/problems/not-signed-in"


def test_a_revoked_token_is_refused_at_once_with_its_sessions(house):
    made = house.city.post("/api/tokens", json={"name": "n", "role": "reader", "level": "city"}).json()
    bearer, page = house.client(made["token"]), house.client()
    assert page.post("/api/session", json={"token": made["token"]}).status_code == 204
    assert bearer.get("/api/me").status_code == page.get("/api/me").status_code == 200
    assert house.city.delete(f"/api/tokens/{made['id']}").status_code == 204
    assert bearer.get("/api/me").status_code == page.get("/api/me").status_code == 401
    assert house.city.delete(f"/api/tokens/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("level", "division"), [("district", None), ("city", HOME), ("school", HOME)], ids=["none", "extra", "level"]
)
def test_a_token_names_a_division_exactly_at_the_district_level(house, level, division):
    order = {"name": "n", "role": "reader", "level": level, "division": division}
    assert house.city.post("/api/tokens", json=order).status_code == 422


def test_a_district_administrator_makes_tokens_of_the_own_district_only(house):
    admin = house.as_("admin", HOME)
    order = {"name": "n", "role": "admin", "level": "district"}
    assert admin.post("/api/tokens", json=order | {"division": HOME}).status_code == 201
    assert admin.post("/api/tokens", json=order | {"division": OTHER}).status_code == 403
    assert admin.post("/api/tokens", json={"name": "n", "role": "reader", "level": "city"}).status_code == 403
    assert {token["division"] for token in admin.get("/api/tokens").json()} == {HOME}


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(house):
    reply = house.client().post("/api/session", json={"token": house.first_token})
    cookie = reply.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert house.first_token.lower() not in cookie


def test_the_cookie_is_for_https_only_when_the_operator_says_so(tmp_path):
    settings = Settings(data_dir=tmp_path, secure_cookies=True)
    app = create_app(settings, starter=None, page=tmp_path)
    with app.state.service.database.writing() as session:
        _, secret = tokens.create(session, name="n", role="reader", level="city", division=None, actor=SYSTEM)
    reply = TestClient(app).post("/api/session", json={"token": secret})
    assert "secure" in reply.headers["set-cookie"].lower().split("; ")
    app.state.service.database.close()


def test_a_page_signs_in_works_and_signs_out(house):
    page = house.client()
    assert page.post("/api/session", json={"token": "wrong"}).status_code == 401
    assert page.post("/api/session", json={"token": house.first_token}).status_code == 204
    assert page.get("/api/me").json()["role"] == "admin"
    own = {"Sec-Fetch-Site": "same-origin"}
    assert (
        page.post("/api/tokens", json={"name": "n", "role": "reader", "level": "city"}, headers=own).status_code == 201
    )
    cookie = page.cookies["junheng_session"]
    assert page.delete("/api/session", headers=own).status_code == 204
    page.cookies.set("junheng_session", cookie, domain="junheng.test")
    assert page.get("/api/me").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://junheng.test"},
    ],
)
def test_a_change_by_cookie_must_come_from_our_own_page(house, headers):
    page = house.client()
    page.post("/api/session", json={"token": house.first_token})
    reply = page.post("/api/tokens", json={"name": "n", "role": "reader", "level": "city"}, headers=headers)
    assert (reply.status_code, reply.json()["type"]) == (403, "/problems/cross-site")
    assert page.get("/api/me", headers=headers).status_code == 200


def test_a_change_by_cookie_with_our_own_origin_passes(house):
    page = house.client()
    page.post("/api/session", json={"token": house.first_token})
    order = {"name": "n", "role": "reader", "level": "city"}
    assert page.post("/api/tokens", json=order, headers={"Origin": "http://junheng.test"}).status_code == 201


def test_another_site_cannot_sign_a_visitor_in(house):
    reply = house.client().post(
        "/api/session", json={"token": house.first_token}, headers={"Origin": "http://evil.test"}
    )
    assert reply.status_code == 403


def test_a_session_ends_after_its_hours(house):
    page = house.client()
    page.post("/api/session", json={"token": house.first_token})
    with house.database.writing() as session:
        session.execute(text("UPDATE sessions SET expires_at = '2020-01-01 00:00:00+00:00'"))
    assert page.get("/api/me").status_code == 401


def test_the_audit_tells_who_did_what_in_the_same_transaction(house):
    admin = house.city
    made = admin.post("/api/tokens", json={"name": "王老师", "role": "planner", "level": "district", "division": HOME})
    admin.post("/api/tokens", json={"name": "n", "role": "nobody", "level": "city"})
    lines = admin.get("/api/audit").json()
    assert [(line["action"], line["subject_id"]) for line in lines][:1] == [("token.made", made.json()["id"])]
    assert (lines[0]["actor_name"], lines[0]["division"]) == ("first", HOME)
    assert admin.get("/api/audit", params={"limit": 1}).json() == lines[:1]
    assert admin.get("/api/audit", params={"before": lines[0]["id"]}).json() == lines[1:]


def test_the_audit_is_for_administrators_and_a_district_sees_its_own_lines(house):
    house.store_plan(HOME)
    house.store_plan(OTHER)
    assert house.as_("planner").get("/api/audit").status_code == 403
    lines = house.as_("admin", HOME).get("/api/audit").json()
    assert {line["division"] for line in lines} == {HOME}
    assert {"dataset.stored", "run.queued", "run.started", "run.done"} <= {line["action"] for line in lines}


def test_the_last_city_administrator_stays(house):
    tokens_ = house.city.get("/api/tokens").json()
    url = f"/api/tokens/{tokens_[0]['id']}"
    house.token("admin", HOME)
    house.token("planner")
    refused = house.city.delete(url)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/last-administrator")
    assert house.city.get("/api/me").status_code == 200
    house.token("admin")
    assert house.city.delete(url).status_code == 204
