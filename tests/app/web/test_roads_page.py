"""
Roads on the page: added to a dataset, drawn, travelled, closed, and held against straight lines.

Minutes are those worked out in ``hamlet_roads``: on foot A is 14.25 minutes from North and 85.5 from South, B 14.25 and
C 25.5 from South. Straight lines make it 5, 30, 5 and 9 (``data/sample/three_hamlets.py``). In 2031 A has 18 pupils, B
12, C 6.

The datasets made here are of the division of the three hamlets, and stay in the service.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

import hamlet_roads
import pytest
from playwright.sync_api import Page, expect

from data.sample import three_hamlets

pytestmark = pytest.mark.browser

RUN_SECONDS = 180
WITHOUT_BRIDGE = re.sub(rb'<way id="12".*?</way>', b"", hamlet_roads.extract())
ON_FOOT = {
    "target_year": 2031,
    "travel": {"means": "walk", "starts": "centre"},
    "rules": {"trip_limit": {"mode": "off"}},
    "close": ["north"],
}
"""North closes whatever its pupils walk."""
IN_THE_RIVER = 107.0 + 2_500 / hamlet_roads.METRES_A_DEGREE


def test_roads_are_added_to_a_dataset_told_of_and_drawn(visit):
    visit.expect("422")
    visit.sign_in()
    page = visit.page
    plain = _plain(visit)
    visit.open(f"#/datasets/{plain}")
    panel = page.get_by_role("region", name="路网", exact=True)
    expect(panel.locator(".badge-estimate")).to_have_text(re.compile("直线估算"))
    expect(page.get_by_role("group", name="图层")).to_have_count(0)
    _send_roads(page, "broken.osm.pbf", b"not an extract")
    expect(page.get_by_role("region", name="导入问题")).to_contain_text("broken.osm.pbf", timeout=60_000)
    _send_roads(page, hamlet_roads.NAME, hamlet_roads.extract())
    expect(panel.locator(".badge-estimate")).to_have_count(0, timeout=60_000)
    assert plain not in page.url
    expect(panel.locator(".facts")).to_contain_text("道路总长7.4 公里")
    expect(panel.locator(".facts")).to_contain_text("1 个，最大占 100.0%")
    panel.get_by_text("按道路类别").click()
    expect(panel.get_by_role("row", name="居住区道路")).to_contain_text("7.4 公里18 公里/小时是")
    expect(panel.locator(".credit")).to_contain_text("© OpenStreetMap contributors")

    page.get_by_role("checkbox", name="道路").check()
    page.get_by_role("checkbox", name="屏障").check()
    _drawn(page, "dataset", "roads-line", "name", ["三村路"])
    _drawn(page, "dataset", "barriers-line", "name", ["界河"])
    north = {school.id: school.point for school in three_hamlets.load().schools}["north"]
    visit.click_map(north.x, north.y, "dataset")
    page.get_by_role("group", name="可达范围").get_by_role("button", name="步行").click()
    _drawn(page, "dataset", "isochrones-fill", "minutes", [10, 20, 30])
    expect(page.get_by_role("list", name="可达范围")).to_have_text("到校时间不超过 10 分钟 20 分钟 30 分钟")
    visit.shoot("roads-dataset")
    page.get_by_role("group", name="可达范围").get_by_role("button", name="不显示").click()
    _drawn(page, "dataset", "isochrones-fill", "minutes", [])
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("region", name="Roads", exact=True)).to_contain_text("Length7.4 km")


def test_the_way_of_a_settlement_is_drawn_and_held_against_a_straight_line(visit):
    visit.sign_in()
    page = visit.page
    plan = _plan(visit, _with_roads(visit, hamlet_roads.extract()), title="三村步行", **ON_FOOT)
    visit.open(f"#/plans/{plan}")
    expect(page.locator("h1 .badge-estimate")).to_have_count(0)
    page.get_by_role("tab", name="村社区").click()
    row = page.get_by_role("row", name="上湾村")
    expect(row.locator("td")).to_have_text(
        ["上湾村", "18", "北岸小学", "南岸小学", "15", "86", "71", "是", "86", "否", "86", "否", "30"]
    )
    row.get_by_role("button", name="上湾村").click()
    panel = page.locator('[data-place="A"]')
    expect(panel.locator(".legs").first).to_have_text(re.compile(r"^步行 86 分钟 · 5\.7 公里三村路$"), timeout=60_000)
    told = {row[0]: row[1:] for row in _cells(panel.locator(".before-after tbody tr"))}
    assert told["路程（单程）"] == ["15 分钟", "86 分钟 ▲ 71 分钟"]
    assert told["直线估算时间"] == ["5 分钟", "30 分钟"]
    assert told["路线长度"] == ["950 米", "5.7 公里"]
    assert told["穿越干线、铁路"] == ["否", "否"]
    _drawn(page, "main", "routes-plan", "kind", ["walk"])
    _drawn(page, "main", "routes-today", "kind", ["walk"])
    assert _values(page, "main", "trips-plan", "today") == []
    visit.shoot("roads-route")

    page.get_by_role("tab", name="可达性").click()
    access = {row[0]: row[1:] for row in _cells(page.locator(".access tbody tr"))}
    assert access["步行在时限内的学生"] == ["100%", "50%"]
    assert access["95% 学生路程以内"] == ["—", "86 分钟"]
    page.get_by_role("checkbox", name="直线会错在哪里").check()
    # By road less by straight line: A 86 - 30, B 15 - 5, C 26 - 9; A alone is within 30 minutes by straight line only.
    _drawn(page, "main", "straight-errors-fill", "missed", [10, 17, 56])
    _drawn(page, "main", "straight-errors-mark", "wrong", ["too_short"])
    expect(page.locator(".plan-map").get_by_role("region", name="直线会错在哪里")).to_contain_text(
        "直线说够得着，其实超时18 名学生"
    )
    visit.shoot("roads-straight")

    # A's pupils change school and walk more than half an hour: one bus, 19 minutes at 18 km/h and one at the stop.
    page.get_by_role("tab", name="校车").click()
    bus = page.get_by_role("tabpanel").last.locator("tbody tr").first
    expect(bus.locator("td")).to_have_text(["1", "南岸小学", "1", "18", "20 分钟", "5.7", "13.1 万元"])
    bus.get_by_role("button", name="1").click()
    _drawn(page, "main", "buses-stop", "pupils", [18])
    visit.shoot("roads-buses")


def test_a_river_without_a_bridge_cuts_a_border_and_says_why(visit):
    visit.sign_in()
    page = visit.page
    dataset = _with_roads(visit, WITHOUT_BRIDGE)
    plan = _plan(visit, dataset, title="没有桥", target_year=2031, open_choice="all", travel={"starts": "centre"})
    visit.open(f"#/plans/{plan}")
    page.get_by_role("checkbox", name="隔断的边界").check()
    _drawn(page, "main", "cut-borders-cut", "reason", ["water"])
    visit.click_map(IN_THE_RIVER, 30.005)
    expect(page.locator("[data-told=cut_border]")).to_contain_text("界河")
    page.get_by_role("tab", name="隔断的边界").click()
    row = page.get_by_role("tabpanel").last.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("河流、水面")
    visit.shoot("roads-borders")
    page.get_by_role("button", name="English").click()
    for width in (1280, 800):
        page.set_viewport_size({"width": width, "height": 800})
        for tab in ("Schools", "Settlements", "Cut borders"):
            page.get_by_role("tab", name=tab).click()
            assert page.evaluate("document.documentElement.scrollWidth") == width, (width, tab)


def test_travel_is_asked_for_and_an_old_scenario_still_opens(visit):
    visit.sign_in()
    page = visit.page
    dataset = _with_roads(visit, hamlet_roads.extract())
    visit.open(f"#/scenarios/new?dataset={dataset}")
    page.locator("table.norms tbody tr").first.wait_for()
    page.get_by_label("情景名称").fill("洪水时步行")
    page.get_by_label("目标年").fill("2031")
    page.get_by_role("radio", name="步行 全程走路").check()
    page.get_by_label("坡度规则").select_option("minetti")
    page.get_by_label("时限按什么判定").select_option("p95")
    page.get_by_label("出发点").select_option("centre")
    page.get_by_role("checkbox", name="过不去的边界不算相邻").uncheck()
    page.get_by_label("穿越干线、铁路 · 代价").fill("300")
    page.get_by_label("校车费用系数").fill("0.5")
    page.get_by_role("button", name="+ 夏季洪水").click()
    page.get_by_label("低于海拔（米）的路").fill("190")
    page.get_by_label("道路编号").fill("12, 13")
    area = {"type": "Polygon", "coordinates": [[[107.02, 29.9], [107.03, 29.9], [107.03, 30.1], [107.02, 29.9]]]}
    page.get_by_label("范围（GeoJSON）").fill('{"type": "Point"}')
    page.locator("input[name=seconds]").fill("2")
    page.get_by_role("button", name="提交并运行").click()
    expect(page.get_by_label("范围（GeoJSON）")).to_have_attribute("aria-invalid", "true")
    assert "#/scenarios/new" in page.url
    page.get_by_label("范围（GeoJSON）").fill(json.dumps({"type": "Feature", "properties": {}, "geometry": area}))
    visit.shoot("roads-scenario")
    page.get_by_role("button", name="提交并运行").click()
    page.wait_for_url(re.compile("#/(runs|plans)/"), timeout=60_000)
    stored = next(one for one in visit.service.call("GET", "/scenarios") if one["scenario"]["title"] == "洪水时步行")
    asked = stored["scenario"]
    flood = {"name": "夏季洪水", "ferries": True, "below_metres": 190, "ways": [12, 13], "area": area}
    assert [closure | flood for closure in asked["travel"]["closures"]] == asked["travel"]["closures"]
    wanted = {"means": "walk", "slope": "minetti", "limit_on": "p95", "starts": "centre"}
    assert asked["travel"] | wanted == asked["travel"]
    assert asked["neighbours"]["barriers"] is False
    assert (asked["rules"]["crossing"], asked["weights"]["school_bus"]) == ({"mode": "soft", "price": 300}, 0.5)

    old = {
        **stored,
        "scenario": {**asked, "travel": {"km_per_hour": 12, "detour": None}, "neighbours": {"corners": True}},
    }
    del old["scenario"]["rules"]["crossing"], old["scenario"]["weights"]["school_bus"]
    page.route(f"**/api/scenarios/{stored['id']}", lambda route: route.fulfill(json=old))
    visit.open(f"#/scenarios/new?dataset={dataset}&like={stored['id']}")
    expect(page.get_by_role("radio", name="步行或乘车，取快者")).to_be_checked()
    expect(page.get_by_role("checkbox", name="过不去的边界不算相邻")).to_be_checked()
    expect(page.get_by_label("校车费用系数")).to_have_value("1")
    page.get_by_label("数据集").select_option(_plain(visit))
    expect(page.get_by_label("估算出行速度 · 本情景")).to_have_value("12")
    expect(page.get_by_role("radio", name="步行或乘车，取快者")).to_have_count(0)


def _plain(visit: Any) -> str:
    """The three hamlets without roads."""
    every = visit.service.call("GET", "/datasets")
    return next(one["id"] for one in every if one["division"] == three_hamlets.DIVISION and not one["roads"])


def _with_roads(visit: Any, extract: bytes) -> str:
    """The three hamlets with the roads of an extract; sent twice they are one dataset."""
    sent = visit.page.request.post(
        f"{visit.service.origin}/api/datasets/{_plain(visit)}/roads",
        headers={"Authorization": f"Bearer {visit.service.token}"},
        multipart={"files": {"name": hamlet_roads.NAME, "mimeType": "application/xml", "buffer": extract}},
    )
    assert sent.ok, sent.text()
    return str(sent.json()["id"])


def _plan(visit: Any, dataset: str, **scenario: object) -> str:
    """Solve a scenario on a dataset; the id of the plan."""
    call = visit.service.call
    order = {"dataset_id": dataset, "scenario": {"solve": {"seconds": 3}, **scenario}}
    run = call("POST", "/runs", {"scenario_id": call("POST", "/scenarios", order)["id"]})
    deadline = time.monotonic() + RUN_SECONDS
    while run["state"] in {"queued", "running"} and time.monotonic() < deadline:
        time.sleep(0.2)
        run = call("GET", f"/runs/{run['id']}")
    assert run["state"] == "done", run
    return str(run["plan_id"])


def _send_roads(page: Page, name: str, content: bytes) -> None:
    form = page.get_by_role("form", name="加入路网")
    form.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    )
    form.get_by_role("button", name="加入路网").click()


def _cells(rows: Any) -> list[list[str]]:
    """Heading and cells of each row, with every run of white space made one space."""
    return [[" ".join(text.split()) for text in row.locator("th, td").all_inner_texts()] for row in rows.all()]


def _values(page: Page, name: str, layer: str, fact: str) -> list[Any]:
    """The values of a fact among what a layer shows now, each once."""
    return page.evaluate(
        """([name, layer, fact]) => {
            const shown = window.__maps[name].queryRenderedFeatures({ layers: [layer] });
            return [...new Set(shown.map((one) => one.properties[fact]))].sort((a, b) => (a < b ? -1 : 1));
        }""",
        [name, layer, fact],
    )


def _drawn(page: Page, name: str, layer: str, fact: str, values: list[Any]) -> None:
    """Wait until a layer shows these values of a fact and no others."""
    deadline = time.monotonic() + 30
    while (found := _values(page, name, layer, fact)) != values and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    assert found == values
