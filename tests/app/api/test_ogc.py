"""OGC API Features, part 1: what a client such as a desktop map asks for, in its order."""

from __future__ import annotations

from urllib.parse import urlsplit

import hamlet_plan
import pytest
from house import HOME


@pytest.fixture
def stored(house):
    return house.store_plan()


def follow(client, link):
    parts = urlsplit(link["href"])
    return client.get(f"{parts.path}?{parts.query}")


def test_every_link_from_the_landing_page_leads_to_what_it_names(house, stored):
    landing = house.city.get("/ogc").json()
    links = {link["rel"]: link for link in landing["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    for link in links.values():
        assert follow(house.city, link).status_code == 200
    conforms = follow(house.city, links["conformance"]).json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in conforms
    collections = follow(house.city, links["data"]).json()["collections"]
    layers = ("zones", "zones-today", "schools", "settlements", "cut-borders", "buses")
    assert {row["id"] for row in collections} == {f"{stored.plan}.{layer}" for layer in layers}
    for row in collections:
        assert "合成数据" in row["title"]
        assert row["itemType"] == "feature"
        for link in row["links"]:
            assert follow(house.city, link).status_code == 200


def test_a_collection_tells_its_box(house, stored):
    """A stands at 107.0 E on 30 N, C 7.4 km to the east; a degree of longitude is 96.486 km there."""
    found = house.city.get(f"/ogc/collections/{stored.plan}.schools").json()
    west, south, east, north = found["extent"]["spatial"]["bbox"][0]
    assert west == pytest.approx(107 + 950 / 96_486, abs=1e-5)
    assert east == pytest.approx(107 + 5_700 / 96_486, abs=1e-5)
    assert south == north == 30


def test_a_box_keeps_what_it_touches(house, stored):
    url = f"/ogc/collections/{stored.plan}.settlements/items"
    near_a = house.city.get(url, params={"bbox": "106.99,29.99,107.001,30.01"}).json()
    assert [feature["id"] for feature in near_a["features"]] == ["A"]
    assert (near_a["numberMatched"], near_a["numberReturned"]) == (1, 1)
    assert house.city.get(url, params={"bbox": "100,20,101,21"}).json()["features"] == []
    assert len(house.city.get(url, params={"bbox": "100,20,120,40"}).json()["features"]) == 3


@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "107,30,106,31", "106,31,107,30", "1,2,3,4,5", "1e3,2,3,4"])
def test_a_box_that_is_none_is_refused(house, stored, box):
    reply = house.city.get(f"/ogc/collections/{stored.plan}.zones/items", params={"bbox": box})
    assert (reply.status_code, reply.json()["type"]) == (400, "/problems/validation")
    assert "bbox" in reply.json()["facts"]["faults"][0]["field"]


def test_pages_linked_by_next_hold_every_feature_once(house, stored):
    reply = house.city.get(f"/ogc/collections/{stored.plan}.settlements/items", params={"limit": 2})
    seen = []
    while True:
        page = reply.json()
        seen += [feature["id"] for feature in page["features"]]
        assert page["numberMatched"] == 3
        after = [link for link in page["links"] if link["rel"] == "next"]
        if not after:
            break
        reply = follow(house.city, after[0])
    assert seen == ["A", "B", "C"]
    beyond = house.city.get(f"/ogc/collections/{stored.plan}.settlements/items", params={"offset": 9}).json()
    assert (beyond["features"], beyond["numberReturned"]) == ([], 0)


def test_one_feature_and_none(house, stored):
    url = f"/ogc/collections/{stored.plan}.settlements/items"
    one = house.city.get(f"{url}/B").json()
    assert (one["type"], one["id"], one["properties"]["name"]) == ("Feature", "B", "中坝村")
    assert house.city.get(f"{url}/Z").status_code == 404
    for wrong in (f"{stored.plan}.roads", stored.plan, "x.zones"):
        assert house.city.get(f"/ogc/collections/{wrong}/items").status_code == 404


def test_a_reader_gets_small_counts_masked(house):
    document = hamlet_plan.document(hamlet_plan.hamlets())
    few = tuple(row.model_copy(update={"pupils": 4}) if row.id == "C" else row for row in document.settlements)
    stored = house.store_plan(document=document.model_copy(update={"settlements": few}))
    url = f"/ogc/collections/{stored.plan}.settlements/items/C"
    assert house.as_("reader", HOME).get(url).json()["properties"]["pupils"] == "<5"
    assert house.as_("planner", HOME).get(url).json()["properties"]["pupils"] == 4


def test_a_token_in_the_address_is_no_token(house, stored):
    for name in ("token", "access_token", "api_key"):
        assert house.client().get(f"/ogc?{name}={house.first_token}").status_code == 401


def test_parameters_are_refused_when_unknown_and_held_down_when_too_large(house, stored):
    """Part 1, requirements query-param-unknown, query-param-invalid and fc-limit-response-1."""
    url = f"/ogc/collections/{stored.plan}.settlements/items"
    for wrong in ({"colour": "red"}, {"limit": "0"}, {"limit": "x"}, {"offset": "-1"}):
        assert house.city.get(url, params=wrong).status_code == 400, wrong
    assert house.city.get("/ogc/collections", params={"limit": 1}).status_code == 400
    assert house.city.get(url, params={"limit": 10**9}).json()["numberReturned"] == 3
    assert house.city.get(url, params={"datetime": "2026-01-01T00:00:00Z"}).json()["numberReturned"] == 3


def test_the_landing_page_may_be_asked_for_with_a_slash(house):
    assert house.city.get("/ogc/").json()["title"] == house.city.get("/ogc").json()["title"]
    assert house.client().get("/ogc/").status_code == 401
