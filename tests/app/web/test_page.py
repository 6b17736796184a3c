"""
The page in a real browser against a real service, from sign-in to a plan on the map.

Expected decisions are those worked out by hand in ``data/sample/three_hamlets.py``: in 2031 the 36 children fit South,
so North closes and A travels 30 minutes in place of 5; C is 34 minutes from North, so South cannot close.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
import shapely
import xlsxwriter
from playwright.sync_api import Page, expect
from shapely.geometry import shape

from data import export
from data.sample import three_hamlets

pytestmark = pytest.mark.browser

HAMLETS, RIVER = "三村示例", "河谷县"
ON_THE_LAND_OF_A = (106.996, 30.005)
SHORT, LONG = 3, 600
SPOILED = {
    ("schools", "lon"): (2, "学校", "abc"),
    ("sites", "classrooms"): (3, "校点", "-1"),
    ("zones", "school"): (4, "现行划片", "nowhere"),
    ("people", "age"): (7, "人口", "200"),
}
"""Table and column of a cell: its line in the sheet, the table's name on the page, and what stands in the cell."""


def test_a_wrong_token_is_refused_in_words(visit):
    visit.expect("401")
    visit.open()
    visit.page.get_by_label("访问令牌").fill("no-such-token")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("alert")).to_have_text("令牌无效或已撤销。")
    visit.shoot("sign-in")


def test_an_ended_session_leads_back_to_signing_in(visit):
    visit.expect("401")
    visit.sign_in()
    visit.page.context.clear_cookies()
    visit.page.get_by_role("link", name="方案", exact=True).click()
    expect(visit.page.get_by_label("访问令牌")).to_be_visible()


def test_every_fault_of_a_workbook_is_listed_and_nothing_is_stored(visit, tmp_path):
    visit.expect("422")
    visit.sign_in()
    page = visit.page
    before = _rows(page, "数据集")
    page.locator("input[type=file]").set_input_files(_faulty_workbook(tmp_path))
    page.get_by_label("名称").fill("有错误的三村")
    page.get_by_label("区划代码").fill(three_hamlets.DIVISION)
    page.get_by_role("button", name="上传并检查").click()
    faults = page.get_by_role("region", name="导入问题")
    expect(faults).to_be_visible(timeout=60_000)
    for (_, column), (line, table, value) in SPOILED.items():
        fault = faults.locator("tbody tr").filter(has_text=table).filter(has_text=value).filter(has_text=str(line))
        expect(fault, f"{column} holds {value}").to_have_count(1)
    lines = faults.locator("tbody td:nth-child(3)")
    for order in (["2", "3", "4", "7"], ["7", "4", "3", "2"]):
        faults.get_by_role("button", name="行").click()
        expect(lines).to_have_text(order)
    visit.shoot("faults")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("region", name="Faults of the import")).to_contain_text("nowhere")
    page.reload()
    expect(page.get_by_role("heading", name="Datasets")).to_be_visible()
    assert _rows(page, "Datasets") == before


def test_a_dataset_shows_its_map_its_children_and_that_it_is_synthetic(visit):
    visit.sign_in()
    _open_dataset(visit, RIVER)
    page = visit.page
    visit.idle_map("dataset")
    expect(page.locator("h1 .badge-synthetic")).to_have_text("合成数据")
    expect(page.locator(".u-legend")).to_contain_text("小学")
    page.get_by_text("数字表").click()
    assert page.locator("details[open] tbody tr").count() >= 5
    visit.shoot("dataset")


def test_a_plan_closes_north_and_says_so_on_the_map(visit):
    visit.sign_in()
    page = visit.page
    _ask(visit, HAMLETS, title="三村2031年小学", year=2031, seconds=SHORT)
    page.wait_for_url(re.compile("#/plans/"), timeout=60_000)

    visit.idle_map()
    expect(page.locator("h1 .badge-synthetic")).to_be_visible()
    expect(page.locator(".plan-side")).to_contain_text("直线估算")
    expect(page.locator("[data-hard-broken]")).to_have_attribute("data-hard-broken", "0")
    visit.shoot("plan-small")

    north = {school.id: school.point for school in three_hamlets.load().schools}["north"]
    visit.click_map(north.x, north.y)
    panel = page.locator('[data-place="north"]')
    expect(panel).to_contain_text("北岸小学")
    expect(panel.locator(".mark-close")).to_have_text(re.compile("撤并"))
    visit.shoot("plan-school")

    visit.click_map(*ON_THE_LAND_OF_A)
    panel = page.locator('[data-place="A"]')
    expect(panel).to_contain_text("改划学校")
    today, planned = panel.locator(".before-after tbody tr").nth(1).locator("td").all_inner_texts()
    assert (today, planned.split("分钟")[0].strip()) == ("5 分钟", "30")
    visit.shoot("plan-settlement")

    page.get_by_role("button", name="左右对照").click()
    visit.idle_map("over")
    visit.shoot("plan-swipe")
    page.get_by_role("button", name="English").click()
    expect(page.locator('[data-place="A"]')).to_contain_text("Changes school")
    expect(page.locator(".foot")).to_have_text("The system proposes; a named person decides.")
    visit.idle_map()
    visit.shoot("plan-english")
    for name in ("XLSX", "CSV", "GeoJSON"):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"Export {name}").click()
        assert Path(download.value.path()).stat().st_size > 0


def test_no_plan_is_an_answer_with_its_reason(visit):
    visit.sign_in()
    page = visit.page
    _ask(visit, HAMLETS, title="关闭南岸", year=2031, seconds=SHORT, close="南岸小学")
    page.wait_for_url(re.compile("#/plans/"), timeout=60_000)
    expect(page.locator(".sub")).to_contain_text("无可行方案")
    issues = page.get_by_role("tabpanel").first
    expect(issues).to_contain_text("下河村")
    visit.idle_map()
    expect(page.get_by_role("row", name="上湾村")).to_contain_text("北岸小学")
    visit.shoot("infeasible")
    issues.get_by_role("button", name="下河村").first.click()
    expect(page.locator('[data-place="C"]')).to_be_visible()


def test_a_run_is_watched_live_and_stopped_with_its_best_plan(visit):
    visit.sign_in()
    page = visit.page
    _ask(visit, RIVER, title="河谷县2030年小学", year=2030, seconds=LONG)
    stop = page.get_by_role("button", name="停止并保留最好方案")
    expect(stop).to_be_enabled(timeout=180_000)
    page.wait_for_timeout(3_000)
    expect(page.locator("[data-run-state=running]")).to_be_visible()
    assert "—" not in page.locator(".measures strong").first.inner_text()
    expect(page.locator(".chart canvas")).to_be_visible()
    visit.shoot("run")
    stop.click()
    page.wait_for_url(re.compile("#/plans/"), timeout=120_000)
    visit.idle_map()
    expect(page.locator(".plan-side")).to_contain_text("人工停止")
    visit.shoot("plan")
    assert _clashing_colours(page) == []
    _narrow_pages_do_not_scroll_sideways(visit)


def test_another_school_is_tried_for_a_settlement(visit):
    # B at North: 12 pupils travel 15 minutes more at 200 yuan and change zone at 1,000 yuan each: 36,000 + 12,000 yuan;
    # and South's zone no longer holds its own settlement.
    # North gains the 12 pupils that South loses, so what both lack of the least viable size stays the same.
    plan = visit.service.plan(three_hamlets.DIVISION, title="三村只划片", target_year=2031, open_choice="all")
    visit.sign_in()
    page = visit.page
    visit.open(f"#/plans/{plan}")
    page.get_by_role("tab", name="村社区").click()
    page.get_by_role("button", name="中坝村").click()
    panel = page.locator('[data-place="B"]')
    panel.get_by_text("换一所学校会怎样？").click()
    panel.get_by_label("输入学校名").fill("北岸小学（north）")
    panel.get_by_role("button", name="检查").click()
    made = page.get_by_role("region", name="手工改动（1）")
    expect(made).to_contain_text("中坝村 → 北岸小学")
    expect(made).to_contain_text("+48,000 元")
    expect(made.locator("[data-hard-broken]")).to_have_attribute("data-hard-broken", "1")
    expect(made).to_contain_text("片区含学校所在地 南岸小学")
    expect(made.get_by_role("button", name="保存为新方案")).to_have_count(0)
    # South stands in B and stays open, so no plan keeps this edit.
    panel.get_by_role("button", name="局部重算").click()
    expect(made.locator("[data-refused=own_settlement]")).to_contain_text("中坝村为另一所须保留学校的所在地")
    made.get_by_role("button", name="移去 中坝村").click()
    expect(made).to_have_count(0)
    visit.shoot("edit-refused")


def test_an_edit_is_made_good_on_the_map_and_kept_as_a_new_plan(visit):
    # North reopens for A: 204 pupil-minutes in place of 654 at 200 yuan, A's 18 pupils no longer moved at 1,000 each,
    # North's 200,000 yuan a year, and 50 more pupils missing to the least sizes at 2,000 (22 + 32 in place of 4):
    # -90,000 - 18,000 + 200,000 + 100,000 = 192,000 yuan.
    plan = visit.service.plan(three_hamlets.DIVISION, title="三村手工", target_year=2031)
    visit.sign_in()
    page = visit.page
    visit.open(f"#/plans/{plan}")
    visit.idle_map()
    page.get_by_role("tab", name="村社区").click()
    page.get_by_role("button", name="上湾村").click()
    panel = page.locator('[data-place="A"]')
    panel.get_by_text("换一所学校会怎样？").click()
    panel.get_by_label("输入学校名").fill("北岸小学（north）")
    panel.get_by_role("button", name="局部重算").click()
    made = page.get_by_role("region", name="手工改动（1）")
    expect(made).to_contain_text("+19.2 万元", timeout=30_000)
    expect(made).to_contain_text("只重算了 2 所学校、3 个村社区：其余不变时，已证没有更好的安排。")
    expect(made).to_contain_text("北岸小学 · 保留")
    row = made.get_by_role("region", name="局部重算的变化").locator("tbody tr")
    expect(row).to_have_text(re.compile("上湾村.*北岸小学.*南岸小学.*18.*30 分钟 → 5 分钟.*手工"))
    expect(page.get_by_text("地图标出局部重算改划的 1 个村社区。")).to_be_visible()
    visit.idle_map()
    assert page.evaluate("JSON.stringify(window.__maps.main.getFilter('settlements-moved'))").endswith('["A"]]]]')
    signs = page.evaluate("async () => (await window.__maps.main.getSource('schools').getData()).features")
    assert {sign["properties"]["id"]: sign["properties"]["symbol"] for sign in signs}["north"] == "keep"
    visit.shoot("edit")
    made.get_by_role("button", name="保存为新方案").click()
    page.wait_for_url(re.compile("#/runs/"), timeout=30_000)
    page.wait_for_url(re.compile("#/plans/"), timeout=60_000)
    expect(page.locator("h1")).to_contain_text("三村手工（手工调整）")
    expect(page.get_by_role("row", name="北岸小学")).to_contain_text("保留")
    kept = visit.service.call("GET", f"/plans/{page.url.rsplit('/', 1)[1]}")["document"]
    assert {row["id"]: row["school"] for row in kept["settlements"]} == {"A": "north", "B": "south", "C": "south"}


def test_what_was_mended_in_the_plan_to_start_from_is_listed(visit):
    # Today A goes North; with North ordered to close it goes South. With North open, today's zones break no rule.
    closed = visit.service.plan(three_hamlets.DIVISION, title="北岸撤并", target_year=2031, close=["north"])
    lawful = visit.service.plan(three_hamlets.DIVISION, title="照旧", target_year=2031, open_choice="all")
    visit.sign_in()
    page = visit.page
    visit.open(f"#/plans/{closed}")
    page.get_by_role("tab", name="起始方案的修正").click()
    rows = page.get_by_role("region", name="起始方案的修正").locator("tbody tr")
    expect(rows).to_have_text(
        [
            re.compile("北岸小学.*必须撤并.*北岸小学撤并:按要求撤并。"),
            re.compile("上湾村.*北岸小学.*南岸小学.*18.*原学校不开办"),
        ]
    )
    visit.shoot("repairs")
    visit.open(f"#/plans/{lawful}")
    page.get_by_role("tab", name="起始方案的修正").click()
    expect(page.get_by_text("起始方案符合全部规则，无须修正。")).to_be_visible()


def test_two_plans_are_compared(visit):
    closing = visit.service.plan(three_hamlets.DIVISION, title="可撤并", target_year=2031)
    zoning = visit.service.plan(three_hamlets.DIVISION, title="只划片", target_year=2031, open_choice="all")
    visit.sign_in()
    page = visit.page
    visit.open(f"#/comparisons?a={closing}&b={zoning}")
    visit.idle_map()
    expect(page.get_by_role("heading", name="学校不同的村社区（1）")).to_be_visible()
    row = page.get_by_role("region", name="两方案不同之处").locator("tbody tr")
    expect(row).to_have_text(re.compile("上湾村.*18.*南岸小学.*北岸小学.*30.*5"))
    row.get_by_role("button").click()
    expect(page.locator(".hit")).to_have_text("上湾村：A 南岸小学，B 北岸小学")
    visit.idle_map()
    visit.shoot("comparison")


def test_a_scenario_is_watched_and_reported_on(visit):
    visit.service.plan(three_hamlets.DIVISION, title="每夜重算的三村", target_year=2031)
    visit.sign_in()
    page = visit.page
    visit.open("#/schedules")
    form = page.get_by_role("form", name="新建定时重算")
    form.get_by_label("情景").select_option(label="每夜重算的三村 · 2031")
    form.get_by_role("button", name="建立").click()
    row = page.get_by_role("region", name="定时重算").locator("tbody tr").filter(has_text="每夜重算的三村")
    expect(row).to_contain_text("每天 02:00")
    row.get_by_role("button", name="立即重算").click()
    row.get_by_role("link", name="偏离报告").click()
    reports = page.locator(".report")
    for _ in range(60):
        page.get_by_role("button", name="刷新").click()
        page.wait_for_timeout(1_000)
        if reports.count() > 0:
            break
    # The figures are the same, so the standing plan is still the best.
    expect(reports.first).to_contain_text("现行方案仍为已知最优。")
    expect(reports.first).to_contain_text("无须行动")
    visit.shoot("schedules")
    row.get_by_role("checkbox").click()
    expect(row).to_contain_text("已停用")


def test_the_page_is_worked_with_the_keyboard(visit):
    visit.sign_in()
    page = visit.page
    page.reload()
    page.get_by_role("heading", name="数据集").wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到内容")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.evaluate(_UNNAMED) == []


_UNNAMED = """
() => [...document.querySelectorAll("input, select, textarea, button, a[href]")]
    .filter((one) => !(one.labels?.length || one.getAttribute("aria-label") || one.textContent.trim()))
    .map((one) => one.outerHTML)
"""
"""Controls that a screen reader could not name."""


def _rows(page: Page, table: str) -> int:
    region = page.get_by_role("region", name=table, exact=True).last
    region.locator("tbody tr").first.wait_for()
    return region.locator("tbody tr").count()


def _open_dataset(visit, title: str) -> None:
    visit.open("#/datasets")
    visit.page.get_by_role("link", name=title).first.click()
    visit.page.wait_for_url(re.compile("#/datasets/"))


def _ask(visit, dataset: str, *, title: str, year: int, seconds: int, close: str = "") -> None:
    """Fill in the scenario form and submit it."""
    _open_dataset(visit, dataset)
    page = visit.page
    page.get_by_role("link", name="新建情景").click()
    page.locator("table.norms tbody tr").first.wait_for()
    page.get_by_label("情景名称").fill(title)
    page.get_by_label("目标年").fill(str(year))
    page.get_by_label("时间上限（秒）").fill(str(seconds))
    if close:
        picker = page.get_by_label("输入校名，选入撤并名单")
        option = page.locator("datalist option", has=page.locator(f'xpath=self::*[contains(@value, "{close}")]')).first
        picker.fill(option.get_attribute("value") or "")
        expect(page.locator(".chip")).to_contain_text(close)
    visit.shoot(f"scenario-{seconds}")
    page.get_by_role("button", name="提交并运行").click()
    page.wait_for_url(re.compile("#/(runs|plans)/"))


def _faulty_workbook(folder: Path) -> Path:
    """Write the three hamlets as a workbook with four cells spoiled."""
    export.write_csv_folder(three_hamlets.load(), folder / "good")
    path = folder / "faulty.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for file in sorted((folder / "good").glob("*.csv")):
            with file.open(encoding="utf-8-sig", newline="") as lines:
                heading, *rows = csv.reader(lines)
            for (table, column), (line, _, value) in SPOILED.items():
                if table == file.stem:
                    rows[line - 2][heading.index(column)] = value
            sheet = book.add_worksheet(file.stem)
            for at, row in enumerate([heading, *rows]):
                sheet.write_row(at, 0, row)
    return path


def _clashing_colours(page: Page) -> list[tuple[str, str]]:
    """Find zones on the map that lie side by side in one colour; a shared corner does not count."""
    zones = page.evaluate("async () => (await window.__maps.main.getSource('zones').getData()).features")
    shapes = [(zone["properties"]["school"], zone["properties"]["colour"], shape(zone["geometry"])) for zone in zones]
    assert len(shapes) > 10
    tree = shapely.STRtree([land for _, _, land in shapes])
    clashing = []
    for i, (school, colour, land) in enumerate(shapes):
        for j in tree.query(land):
            other, its_colour, its_land = shapes[j]
            if i < j and colour == its_colour and land.intersection(its_land).length > 1e-4:
                clashing.append((school, other))
    return clashing


def _narrow_pages_do_not_scroll_sideways(visit) -> None:
    page = visit.page
    plan = page.url.partition("#")[2]
    page.set_viewport_size({"width": 390, "height": 844})
    for name, address, drawn in (
        ("plan", plan, ".plan-side .facts"),
        ("data", "/datasets", "tbody tr"),
        ("scenario", "/scenarios/new", "table.norms tbody tr"),
        ("runs", "/runs", "tbody tr"),
        ("schedules", "/schedules", "form"),
    ):
        visit.open(f"#{address}")
        page.locator(drawn).first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 390, name
        if name == "plan":
            visit.idle_map()
        visit.shoot(f"narrow-{name}")
