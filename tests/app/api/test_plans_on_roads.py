"""A plan made on roads by HTTP: ways, cut borders, school buses, exports; figures as in ``support.hamlet_roads``."""

from __future__ import annotations

import csv
import io
import re

import hamlet_plan
import hamlet_roads
import pytest
from house import HOME, OTHER
from python_calamine import CalamineWorkbook

from app.jobs import importing, planning, ways
from data.faults import Findings

DISTRICT = hamlet_plan.hamlets()


def network(tmp_path, edit=lambda text: text):
    path = tmp_path / hamlet_roads.NAME
    path.write_bytes(edit(hamlet_roads.extract().decode()).encode())
    laid, faults, _ = importing.import_extract(path, (), importing.places_of(DISTRICT), Findings())
    assert faults == ()
    return ways.Roads(laid.network)


def planned(roads, **changes):
    told = hamlet_plan.SCENARIO.model_dump() | {"close": ["north"]} | changes
    scenario = type(hamlet_plan.SCENARIO).model_validate(told)
    return planning.plan_district(DISTRICT, scenario, dataset_hash="test", roads=roads)


@pytest.fixture
def stored(house, tmp_path):
    """The plan in which North closes and A's pupils ride a bus."""
    return house.store_plan(document=planned(network(tmp_path)), roads=True)


def test_the_way_of_a_settlement_before_and_after(house, stored):
    found = house.as_("reader", HOME).get(f"/api/plans/{stored.plan}/settlements/C/route").json()
    assert (found["settlement"], found["plan"]["school"], found["today"]["school"]) == ("C", "south", "south")
    assert found["plan"]["estimate"] is False
    assert {leg["kind"] for leg in found["plan"]["legs"]} <= {"walk", "bus", "off_road"}
    assert found["plan"]["legs"][0]["coordinates"][0][1] == pytest.approx(30.0, abs=1e-4)
    assert house.city.get(f"/api/plans/{stored.plan}/settlements/Z/route").status_code == 404
    assert house.as_("reader", OTHER).get(f"/api/plans/{stored.plan}/settlements/C/route").status_code == 404


def test_the_way_of_a_plan_without_roads_is_a_straight_line(house):
    stored = house.store_plan()
    found = house.city.get(f"/api/plans/{stored.plan}/settlements/A/route").json()
    assert found["plan"]["estimate"] is True
    # 5,700 m x 1.3 at 15 km/h: 29.64 minutes.
    assert (found["plan"]["minutes"], found["plan"]["straight_minutes"], found["plan"]["means"]) == (
        30,
        30,
        "straight_line",
    )
    assert [leg["kind"] for leg in found["plan"]["legs"]] == ["straight"]
    assert found["today"]["minutes"] == 5


def test_school_buses_are_drawn_and_written(house, stored):
    features = house.city.get(f"/api/plans/{stored.plan}/map/buses").json()["features"]
    assert {feature["properties"]["kind"]: feature["geometry"]["type"] for feature in features} == {
        "route": "LineString",
        "stop": "Point",
    }
    (stop,) = (feature["properties"] for feature in features if feature["properties"]["kind"] == "stop")
    assert (stop["school"], stop["settlements"], stop["pupils"]) == ("south", ["A"], 18)
    book = CalamineWorkbook.from_filelike(io.BytesIO(house.city.get(f"/api/plans/{stored.plan}/export.xlsx").content))
    rows = book.get_sheet_by_name("校车 School buses").to_python()
    heads = next(row for row in rows if "route" in row)
    assert dict(zip(heads, rows[-1], strict=True))["pupils"] == 18
    summary = dict(row[:2] for row in book.get_sheet_by_name("方案 Plan").to_python())
    assert summary["出行 travel mode"] == "mixed"
    assert summary["指标 access within_walk_share_today"] == 1


def test_borders_that_nobody_crosses_are_drawn(house, tmp_path):
    roads = network(tmp_path, lambda text: re.sub(r'<way id="12".*?</way>', "", text))
    stored = house.store_plan(document=planned(roads, close=[]), roads=True)
    (border,) = house.city.get(f"/api/plans/{stored.plan}/map/cut-borders").json()["features"]
    assert border["geometry"]["type"] == "MultiLineString"
    assert {border["properties"][name] for name in ("settlement", "other")} == {"A", "B"}
    assert (border["properties"]["reason"], border["properties"]["barrier"]) == ("water", "界河")
    assert "界河" in border["properties"]["detail_zh"]


def test_every_output_says_whether_minutes_are_estimates(house, stored):
    def outputs(plan):
        lines = csv.DictReader(io.StringIO(house.city.get(f"/api/plans/{plan}/export.csv").content.decode("utf-8-sig")))
        return (
            {row["estimated"] for row in lines},
            house.city.get(f"/api/plans/{plan}/export.geojson").json()["minutes_are_estimates"],
            house.city.get(f"/api/plans/{plan}/map/zones").json()["minutes_are_estimates"],
            house.city.get(f"/api/plans/{plan}").json()["document"]["travel"]["estimate"],
        )

    assert outputs(stored.plan) == ({"no"}, False, False, False)
    straight = house.store_plan(document=planned(None))
    assert outputs(straight.plan) == ({"yes"}, True, True, True)


def test_an_edit_is_judged_on_the_same_roads(house, tmp_path):
    stored = house.store_plan(document=planned(network(tmp_path), close=[]), roads=True)
    checked = house.city.post(f"/api/plans/{stored.plan}/check", json={"assignment": {}}).json()
    assert checked["measures"]["access"] is not None
