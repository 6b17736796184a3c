from __future__ import annotations

import csv
import io

import hamlet_plan
import pytest
import shapely
from house import HOME
from python_calamine import CalamineWorkbook

from app.db import plans


@pytest.fixture
def stored(house):
    return house.store_plan()


def test_a_plan_is_listed_by_its_summary_and_read_whole(house, stored):
    summary = house.city.get("/api/plans").json()
    assert [(row["id"], row["status"], row["objective"], row["gap"]) for row in summary] == [
        (stored.plan, "optimal", 339_240, 0.0)
    ]
    plan = house.city.get(f"/api/plans/{stored.plan}").json()
    expected = hamlet_plan.document(hamlet_plan.hamlets()).model_dump(mode="json")
    assert plan["document"] == expected
    assert (plan["run_id"], plan["manifest"]) == (stored.run, {"executor": "w1"})


def shapes(reply):
    return {feature["id"]: shapely.geometry.shape(feature["geometry"]) for feature in reply.json()["features"]}


def test_zones_before_and_after_cover_the_same_land(house, stored):
    """Today A goes North, B and C South; in the plan all go South, so its one zone is the land of both."""
    after = shapes(house.city.get(f"/api/plans/{stored.plan}/map/zones"))
    before = shapes(house.city.get(f"/api/plans/{stored.plan}/map/zones-today"))
    land = shapes(house.city.get(f"/api/plans/{stored.plan}/map/settlements"))
    assert set(after) == {"south"}
    assert set(before) == {"north", "south"}
    assert before["north"].symmetric_difference(land["A"]).area < 1e-9
    assert after["south"].symmetric_difference(shapely.union_all(list(land.values()))).area < 1e-9
    assert all(zone.is_valid for zone in (*after.values(), *before.values()))


def test_maps_carry_what_the_plan_says(house, stored):
    def facts(layer):
        collection = house.city.get(f"/api/plans/{stored.plan}/map/{layer}").json()
        assert collection["synthetic"] is True
        return {feature["id"]: feature["properties"] for feature in collection["features"]}

    settlements = facts("settlements")["A"]
    assert {name: settlements[name] for name in ("school", "school_today", "minutes", "minutes_today", "moved")} == {
        "school": "south",
        "school_today": "north",
        "minutes": 30,
        "minutes_today": 5,
        "moved": True,
    }
    schools = facts("schools")
    assert {id: row["decision"] for id, row in schools.items()} == {"north": "close", "south": "keep"}
    assert (schools["south"]["pupils"], schools["south"]["places"], schools["south"]["reason"]) == (36, 40, "necessary")
    assert facts("zones")["south"] == {
        "school": "south",
        "name": "南岸小学",
        "pupils": 36,
        "places": 40,
        "settlements": 3,
    }


def test_the_panels_of_a_settlement_and_a_school(house, stored):
    settlement = house.city.get(f"/api/plans/{stored.plan}/settlements/A").json()
    assert (settlement["school"]["name"], settlement["school_today"]["decision"]) == ("南岸小学", "close")
    assert (settlement["lon"], settlement["township"], settlement["settlement"]["minutes"]) == (107.0, "三村乡", 30)
    school = house.city.get(f"/api/plans/{stored.plan}/schools/south").json()
    assert [row["id"] for row in school["settlements"]] == ["A", "B", "C"]
    assert [row["id"] for row in school["settlements_today"]] == ["B", "C"]
    assert school["school"]["necessary_for"] == ["C"]
    for url in ("settlements/Z", "schools/Z"):
        assert house.city.get(f"/api/plans/{stored.plan}/{url}").status_code == 404


def test_a_plan_as_it_is_breaks_no_rule_and_an_unlawful_edit_does(house, stored):
    """C is 34 minutes from North, over the 30 of grades 1 to 3, where it has three children: 12 pupil-minutes."""
    url = f"/api/plans/{stored.plan}/check"
    as_is = house.city.post(url, json={"assignment": {}}).json()
    assert [broken for broken in as_is["rules_broken"] if broken["hard"]] == []
    assert as_is["parts"]["pupil_minutes"] == 654 * 60
    edited = house.city.post(url, json={"assignment": {"C": "north"}}).json()
    too_far = [broken for broken in edited["rules_broken"] if broken["rule"] == "trip_limit_young"]
    assert [(broken["hard"], broken["amount"], broken["who"]) for broken in too_far] == [(True, 12, ["C", "north"])]
    assert edited["parts"]["pupil_minutes"] == (18 * 30 + 12 * 5 + 6 * 34) * 60
    with house.database.reading() as session:
        assert plans.assignment(session, stored.plan) == {"A": "south", "B": "south", "C": "south"}


def test_an_edit_that_names_what_is_not_there_is_refused(house, stored):
    for wrong in ({"Z": "north"}, {"A": "nowhere"}):
        reply = house.city.post(f"/api/plans/{stored.plan}/check", json={"assignment": wrong})
        assert (reply.status_code, reply.json()["type"]) == (422, "/problems/scenario-does-not-fit")


def small(document):
    """Give hamlet C four children: a count that must not be published."""
    settlements = tuple(row.model_copy(update={"pupils": 4}) if row.id == "C" else row for row in document.settlements)
    return document.model_copy(update={"settlements": settlements})


def test_exports_for_readers_and_for_publishing_mask_small_counts(house):
    stored = house.store_plan(document=small(hamlet_plan.document(hamlet_plan.hamlets())))
    url = f"/api/plans/{stored.plan}/export"
    planner, reader = house.as_("planner", HOME), house.as_("reader", HOME)

    def counts(client, **query):
        text = client.get(f"{url}.csv", params=query).content.decode("utf-8-sig")
        table = {row["id"]: row["pupils"] for row in csv.DictReader(io.StringIO(text))}
        book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{url}.xlsx", params=query).content))
        rows = book.get_sheet_by_name("村社区 Settlements").to_python()
        heading = next(i for i, row in enumerate(rows) if row[0] == "id")
        sheet = {row[0]: row[2] for row in rows[heading + 1 :]}
        features = client.get(f"{url}.geojson", params=query).json()["features"]
        geo = {f["properties"]["id"]: f["properties"]["pupils"] for f in features if f["id"].startswith("settlements/")}
        return table, sheet, geo

    assert counts(planner) == ({"A": "18", "B": "12", "C": "4"}, {"A": 18, "B": 12, "C": 4}, {"A": 18, "B": 12, "C": 4})
    masked = (
        {"A": "18", "B": "12", "C": "<5"},
        {"A": 18, "B": 12, "C": "<5"},
        {"A": 18, "B": 12, "C": "<5"},
    )
    assert counts(planner, published=True) == masked
    assert counts(reader) == masked
    assert counts(reader, published=False) == masked


def test_every_export_says_that_its_figures_are_synthetic(house, stored):
    url = f"/api/plans/{stored.plan}/export"
    book = CalamineWorkbook.from_filelike(io.BytesIO(house.city.get(f"{url}.xlsx").content))
    for name in book.sheet_names:
        assert "合成数据" in str(book.get_sheet_by_name(name).to_python()[0][0]), name
    text = house.city.get(f"{url}.csv").content.decode("utf-8-sig")
    assert {row["synthetic"] for row in csv.DictReader(io.StringIO(text))} == {"yes"}
    assert house.city.get(f"{url}.geojson").json()["synthetic"] is True


def test_no_export_holds_a_teacher(house, stored):
    for ending in ("csv", "geojson"):
        assert b"t1" not in house.as_("admin").get(f"/api/plans/{stored.plan}/export.{ending}").content


def test_text_from_a_file_never_runs_as_a_formula(house):
    document = hamlet_plan.document(hamlet_plan.hamlets())
    evil = tuple(row.model_copy(update={"name": '=HYPERLINK("http://x")'}) for row in document.settlements)
    stored = house.store_plan(document=document.model_copy(update={"settlements": evil}))
    text = house.city.get(f"/api/plans/{stored.plan}/export.csv").content.decode("utf-8-sig")
    assert all(row["name"].startswith("'=") for row in csv.DictReader(io.StringIO(text)))


def test_two_plans_side_by_side(house, stored):
    """The other plan leaves North open and sends A there, as today."""
    document = hamlet_plan.document(hamlet_plan.hamlets())
    settlements = tuple(
        row.model_copy(update={"school": "north", "minutes": 5, "moved": False}) if row.id == "A" else row
        for row in document.settlements
    )
    schools = tuple(row.model_copy(update={"decision": "keep"}) for row in document.schools)
    other = house.store_plan(document=document.model_copy(update={"settlements": settlements, "schools": schools}))
    found = house.city.get("/api/comparisons", params={"a": stored.plan, "b": other.plan}).json()
    assert found["settlements"] == [
        {
            "settlement": "A",
            "name": "上湾村",
            "pupils": 18,
            "school_a": "south",
            "school_b": "north",
            "minutes_a": 30,
            "minutes_b": 5,
        }
    ]
    assert found["schools"] == [{"school": "north", "name": "北岸小学", "decision_a": "close", "decision_b": "keep"}]
    assert found["measures_a"]["pupils"] == 36
    same = house.city.get("/api/comparisons", params={"a": stored.plan, "b": stored.plan}).json()
    assert (same["settlements"], same["schools"], same["same_dataset"]) == ([], [], True)
