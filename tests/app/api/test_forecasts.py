from __future__ import annotations

import csv
import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor

import forecast_document
import hamlet_plan
import pytest
import shapely
import shapely.geometry
from house import HOME
from python_calamine import CalamineWorkbook

from app.audit import SYSTEM
from app.cases.forecast_document import PlaceOutlook
from app.db import datasets, forecasts
from solver.plan import Progress

DOCUMENT = forecast_document.document(division=HOME)
PARTS = {
    "peaks": "peaks",
    "small-classes": "small_classes",
    "migrants": "migrants",
    "boarding": "boarding",
    "sources": "sources",
    "pyramids": "pyramids",
    "school-grades": "school_grades",
    "corrections": "corrections",
    "variants": "variants",
}


@pytest.fixture
def dataset(house):
    with house.database.writing() as session:
        return datasets.store(session, hamlet_plan.hamlets(), [], SYSTEM)[0].id


@pytest.fixture
def stored(house):
    return f"/api/forecasts/{house.store_forecast(DOCUMENT)}"


def start(house, dataset, key=None, **recipe):
    headers = {} if key is None else {"Idempotency-Key": key}
    return house.city.post("/api/forecasts", json={"dataset_id": dataset, "recipe": recipe}, headers=headers)


def change(house, function, *arguments, **more):
    with house.database.writing() as session:
        return function(session, *arguments, **more)


def plain(part):
    return json.loads(json.dumps(part))


def test_a_forecast_is_queued_and_handed_to_the_workers(house, dataset):
    reply = start(house, dataset, last_year=2040, fertility="low")
    forecast = reply.json()
    assert (reply.status_code, reply.headers["location"]) == (202, f"/api/forecasts/{forecast['id']}")
    assert (forecast["state"], forecast["summary"], forecast["phase"], forecast["error"]) == ("queued", *[None] * 3)
    assert (forecast["dataset_id"], forecast["division"], forecast["synthetic"]) == (dataset, HOME, True)
    assert forecast["recipe"] == {
        "last_year": 2040, "fertility": "low", "migrants_change": 0.0, "paths": 200, "seed": 1, "band": 0.8,
        "as_of": None, "sources": [],
    }  # fmt: skip
    assert house.starter.started == [forecast["id"]]
    assert house.city.get(reply.headers["location"]).json() == forecast
    assert house.city.get("/api/forecasts", params={"dataset_id": dataset}).json() == [forecast]
    assert house.city.get("/api/forecasts", params={"dataset_id": "other"}).json() == []


@pytest.mark.parametrize("recipe", [{"last_year": 1066}, {"paths": 1}, {"fertility": "huge"}, {"speed": 1}])
def test_a_recipe_that_cannot_be_is_refused(house, dataset, recipe):
    reply = start(house, dataset, **recipe)
    assert reply.status_code == 422
    assert [fault["field"] for fault in reply.json()["facts"]["faults"]] == [f"body.recipe.{next(iter(recipe))}"]


def test_a_key_starts_one_forecast_however_often_it_is_sent(house, dataset):
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: start(house, dataset, key="k"), range(4)))
    assert {reply.status_code for reply in replies} == {202}
    assert len({reply.json()["id"] for reply in replies}) == 1
    assert len(house.starter.started) == 1
    assert start(house, dataset, key="k", seed=2).json()["type"] == "/problems/key-reused"


def test_the_phase_is_seen_while_it_runs_and_the_figures_only_after(house, dataset):
    where = start(house, dataset).headers["location"]
    id = where.rsplit("/", 1)[-1]
    change(house, forecasts.mark_running, id, "w1")
    change(house, forecasts.record_progress, id, Progress(2.0, "paths", None, None))
    seen = house.city.get(where).json()
    assert (seen["state"], seen["phase"], seen["seconds"]) == ("running", "paths", 2.0)
    for part in ("document", "levels/school", "warnings", "map/school", "workbook", "accuracy", *PARTS):
        reply = house.city.get(f"{where}/{part}")
        assert (reply.status_code, reply.json()["type"]) == (409, "/problems/forecast-not-done")
        assert reply.json()["facts"]["state"] == "running"
    change(house, forecasts.finish, id, forecasts.pack(DOCUMENT), {})
    done = house.city.get(where).json()
    assert done["state"] == "done" and 0 <= done["seconds"] < 60
    assert done["summary"] == {
        "base_year": 2025,
        "years": list(range(2026, 2036)),
        "stages": ["preschool", "primary", "junior", "senior"],
        "warnings": {"red": 1, "orange": 0, "yellow": 1, "blue": 2},
        "hash": done["summary"]["hash"],
    }


def test_cancelling_keeps_nothing_and_comes_too_late_for_what_is_done(house, dataset, stored):
    where = start(house, dataset).headers["location"]
    for _ in range(2):
        reply = house.city.post(f"{where}/cancel")
        assert (reply.status_code, reply.json()["state"]) == (202, "cancelled")
    late = house.city.post(f"{stored}/cancel")
    assert (late.status_code, late.json()["type"]) == (409, "/problems/forecast-ended")


def test_the_document_is_sent_as_it_was_hashed(house, stored):
    reply = house.city.get(f"{stored}/document")
    assert hashlib.sha256(reply.content).hexdigest() == house.city.get(stored).json()["summary"]["hash"]
    assert reply.json() == DOCUMENT.model_dump(mode="json")
    assert reply.headers["content-encoding"] == "gzip"
    again = house.city.get(f"{stored}/document", headers={"If-None-Match": reply.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_each_part_is_that_of_the_document(house, stored):
    whole = DOCUMENT.model_dump(mode="json")
    for path, name in PARTS.items():
        reply = house.city.get(f"{stored}/{path}")
        assert (reply.status_code, reply.json()) == (200, whole[name]), path
        assert reply.headers["etag"]
    assert house.city.get(f"{stored}/accuracy").json() == {
        "accuracy": whole["accuracy"],
        "accuracy_note": whole["accuracy_note"],
    }
    for level, places in whole["levels"].items():
        assert house.city.get(f"{stored}/levels/{level}").json() == {
            "years": whole["years"], "stages": whole["stages"], "places": places, "masked": False,
        }  # fmt: skip


def test_warnings_are_those_asked_for(house, stored):
    def found(**query):
        return house.city.get(f"{stored}/warnings", params=query).json()

    rows = DOCUMENT.model_dump(mode="json")["warnings"]
    assert found() == rows
    # The central school's primary stage holds 552, 566 for 540 places, then 570 and 561 for 585: 97 and 96 %.
    central = [row for row in found(level="school", stage="primary") if row["id"] == "central"]
    assert [row["colour"] for row in central[:4]] == ["red", "red", "orange", "orange"]
    assert [(row["id"], row["year"]) for row in found(level="school", stage="primary", colour="red")] == [
        ("central", 2026),
        ("central", 2027),
    ]
    assert {row["year"] for row in found(year=2030)} == {2030}
    assert found(year=1999) == []
    assert house.city.get(f"{stored}/warnings", params={"colour": "pink"}).status_code == 422


def test_warnings_as_csv_speak_chinese(house, stored):
    reply = house.city.get(f"{stored}/warnings.csv", params={"level": "school", "stage": "primary", "colour": "red"})
    assert reply.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"))))
    assert [(row["名称"], row["学段"], row["年份"], row["等级"], row["合成数据"]) for row in rows] == [
        ("中心小学", "小学", "2026", "红色", "是"),
        ("中心小学", "小学", "2027", "红色", "是"),
    ]
    assert rows[0]["措施"] == "改建转用"
    assert rows[0]["最迟行动日"] == "2026-02-28"


@pytest.fixture
def few(house):
    """A forecast in which the small school has 3 pupils in its first primary year, of 180 places."""
    rows = tuple(
        row.model_copy(update={"pupils": 3, "low": 2, "utilisation": 0.0167, "reason": "3 pupils"})
        if (row.id, row.stage, row.year) == ("small", "primary", 2026)
        else row
        for row in DOCUMENT.warnings
    )
    small = DOCUMENT.levels["school"][1]
    thin = small.model_copy(update={"pupils": small.pupils | {"primary": (3, None, 0, 5, *[4] * 6)}})
    schools = (DOCUMENT.levels["school"][0], thin, DOCUMENT.levels["school"][2])
    variants = {"middle": {"primary": (3,) * 10}}
    return house.store_forecast(
        DOCUMENT.model_copy(
            update={"warnings": rows, "levels": DOCUMENT.levels | {"school": schools}, "variants": variants}
        )
    )


def test_readers_and_the_public_get_small_counts_masked_and_nothing_that_tells_them(house, few):
    where, reader = f"/api/forecasts/{few}", house.as_("reader", HOME)
    query = {"level": "school", "stage": "primary", "year": 2026}
    for client, more in ((reader, {}), (house.city, {"published": True})):
        [row] = [r for r in client.get(f"{where}/warnings", params=query | more).json() if r["id"] == "small"]
        hidden = ("pupils", "low", "utilisation", "reason", "reason_zh")
        assert [row[name] for name in hidden] == [None] * 5
        assert (row["places"], row["colour"]) == (180, "blue")
        level = client.get(f"{where}/levels/school", params=more).json()
        assert level["masked"] is True
        assert level["places"][1]["pupils"]["primary"] == [None, None, 0, 5, *[None] * 6]
        assert level["places"][0]["pupils"]["primary"][0] == 552
        assert client.get(f"{where}/variants", params=more).json() == {"middle": {"primary": [None] * 10}}
        document = client.get(f"{where}/document", params=more).json()
        assert document["levels"]["school"][1]["pupils"]["primary"][0] is None
        assert document["variants"]["middle"]["primary"][0] is None
        assert document["accuracy"] == DOCUMENT.accuracy
        text = client.get(f"{where}/warnings.csv", params=query | more).content.decode("utf-8-sig")
        assert [r["学生"] for r in csv.DictReader(io.StringIO(text))] == ["552", "<5"]
        book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(f"{where}/workbook", params=more).content))
        assert "<5" in {cell for row in book.get_sheet_by_name("预警 Warnings").to_python() for cell in row}
    exact = house.city.get(f"{where}/warnings", params=query).json()
    assert [row["pupils"] for row in exact if row["id"] == "small"] == [3]


def test_a_warning_map_shows_each_place_where_it_is(house):
    """Of the three hamlets, A, B and C are of one township; 36 children, 40 at South and 3 at North."""

    def place(id, pupils, places):
        numbers = {"primary": (pupils, *[10] * 9)}
        rooms = {"primary": (places,) * 10} if places else {}
        return PlaceOutlook(
            id=id, name=id, parent="", pupils=numbers, low=numbers, high=numbers, places=rooms, shortage={}
        )

    full = next(row for row in DOCUMENT.warnings if row.colour == "red")
    levels = {
        "school": (place("north", 3, 50), place("south", 40, 40), place("gone", 9, 9)),
        "settlement": (place("A", 18, 0), place("B", 12, 0), place("C", 6, 0)),
        "township": (place("三村乡", 36, 90),),
    }
    south = full.model_copy(update={"level": "school", "id": "south", "stage": "primary", "year": 2026})
    id = house.store_forecast(
        DOCUMENT.model_copy(update={"levels": levels, "warnings": (south,), "stages": ("primary",)})
    )

    def features(level, client=house.city, **query):
        reply = client.get(f"/api/forecasts/{id}/map/{level}", params=query)
        assert reply.headers["content-type"] == "application/geo+json"
        assert reply.headers["etag"]
        return {feature["id"]: feature for feature in reply.json()["features"]}

    schools = features("school", stage="primary", year=2026)
    assert set(schools) == {"north", "south"}  # a school that is nowhere is on no map
    assert schools["south"]["geometry"]["type"] == "Point"
    facts = schools["south"]["properties"]
    assert (facts["pupils"], facts["places"], facts["colour"]) == (40, 40, "red")
    assert (schools["north"]["properties"]["pupils"], schools["north"]["properties"]["colour"]) == (3, None)
    assert features("school") == schools  # the first stage and year
    assert features("school", year=2027)["south"]["properties"]["pupils"] == 10
    assert features("school", house.as_("reader", HOME))["north"]["properties"]["pupils"] is None
    settlements = features("settlement")
    assert {id: feature["properties"]["pupils"] for id, feature in settlements.items()} == {"A": 18, "B": 12, "C": 6}
    assert {id: row["properties"]["school"] for id, row in settlements.items()} == {
        "A": "north",
        "B": "south",
        "C": "south",
    }
    assert {row["properties"]["colour"] for row in settlements.values()} == {None}  # no warning of their own
    assert "school" not in schools["south"]["properties"]
    assert {feature["geometry"]["type"] for feature in settlements.values()} <= {"Polygon", "MultiPolygon"}
    [township] = features("township").values()
    assert (township["properties"]["pupils"], township["properties"]["places"]) == (36, 90)
    land = [shapely.geometry.shape(feature["geometry"]) for feature in settlements.values()]
    assert shapely.geometry.shape(township["geometry"]).area == pytest.approx(shapely.unary_union(land).area, rel=0.01)
    beyond = house.city.get(f"/api/forecasts/{id}/map/school", params={"year": 2050})
    assert (beyond.status_code, beyond.json()["type"]) == (422, "/problems/year-not-forecast")


def test_a_workbook_holds_the_warnings(house, stored):
    reply = house.city.get(f"{stored}/workbook")
    book = CalamineWorkbook.from_filelike(io.BytesIO(reply.content))
    rows = book.get_sheet_by_name("预警 Warnings").to_python()
    assert len(rows) == 3 + len(DOCUMENT.warnings)  # said to be synthetic, and two lines of headings
