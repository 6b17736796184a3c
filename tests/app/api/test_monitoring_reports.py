from __future__ import annotations

import io
import zipfile

import forecast_document
import pytest
from house import HOME, OTHER
from python_calamine import CalamineWorkbook

URL = "/api/monitoring-reports"


@pytest.fixture
def report(house):
    """A signed report of the home district."""
    return signed(house, HOME)


def drafted(house, division, **more):
    forecast = house.store_forecast(forecast_document.document(division=division), division)
    reply = house.as_("planner", division).post(URL, json={"forecast_id": forecast, **more})
    assert reply.status_code == 201, reply.text
    return reply.json()


def signed(house, division, **more):
    made = drafted(house, division, **more)
    reply = house.as_("planner", division).post(f"{URL}/{made['id']}/sign", json={"name": " 张三 "})
    assert reply.status_code == 200, reply.text
    return reply.json()


def words_of(reply):
    """Read the words of a Word document."""
    assert reply.status_code == 200, reply.text
    with zipfile.ZipFile(io.BytesIO(reply.content)) as packed:
        return packed.read("word/document.xml").decode()


def test_a_report_is_drafted_commented_and_signed(house):
    made = drafted(house, HOME, comments="初稿")
    assert (made["state"], made["level"], made["division"], made["comments"]) == ("draft", "district", HOME, "初稿")
    assert made["title"] == "合成县学龄人口变化监测预警报告（2025年度）"
    assert (len(made["forecast_ids"]), made["merged_from"], made["synthetic"]) == (1, [], True)
    own = house.as_("planner", HOME)
    changed = own.put(f"{URL}/{made['id']}/comments", json={"comments": "定稿"}).json()
    assert changed["comments"] == "定稿"
    assert changed["hash"] != made["hash"]
    done = own.post(f"{URL}/{made['id']}/sign", json={"name": "张三"}).json()
    assert (done["state"], done["signed_name"], done["signed_by"]) == ("signed", "张三", "planner")
    assert done["signed_at"] is not None
    assert own.get(f"{URL}/{made['id']}").json() == done == own.get(URL).json()[0]
    actions = [line["action"] for line in house.city.get("/api/audit").json() if line["subject"] == "report"]
    assert actions == ["report.signed", "report.commented", "report.drafted"]


def test_a_signed_report_never_changes(house, report):
    own = house.as_("planner", HOME)
    for method, path, body in (("PUT", "comments", {"comments": "x"}), ("POST", "sign", {"name": "李四"})):
        reply = own.request(method, f"{URL}/{report['id']}/{path}", json=body)
        assert (reply.status_code, reply.json()["type"]) == (409, "/problems/report-signed")
    assert own.get(f"{URL}/{report['id']}").json() == report


@pytest.mark.parametrize("name", ["", "   ", "甲\n乙", "甲\x00", "长" * 201])
def test_a_report_is_signed_by_a_name(house, name):
    made = drafted(house, HOME)
    reply = house.as_("planner", HOME).post(f"{URL}/{made['id']}/sign", json={"name": name})
    assert reply.status_code == 422
    assert house.city.get(f"{URL}/{made['id']}").json()["state"] == "draft"


def test_the_files_of_a_report_are_the_same_whenever_they_are_asked_for(house, report):
    own = house.as_("reader", HOME)
    for kind, start in (("pdf", b"%PDF-"), ("docx", b"PK"), ("workbook", b"PK")):
        first, second = (own.get(f"{URL}/{report['id']}/{kind}") for _ in range(2))
        assert first.status_code == 200, first.text
        assert first.content.startswith(start)
        assert first.content == second.content
    told = words_of(own.get(f"{URL}/{report['id']}/docx"))
    assert "张三" in told
    assert report["hash"] in told
    book = CalamineWorkbook.from_filelike(io.BytesIO(own.get(f"{URL}/{report['id']}/workbook").content))
    assert report["hash"] in str(book.get_sheet_by_name("签发 Sign-off").to_python())


def test_the_city_merges_signed_reports_and_signs(house):
    parts = [signed(house, HOME, comments="水库移民"), signed(house, OTHER)]
    ids = [part["id"] for part in parts]
    merged = house.as_("planner").post(f"{URL}/merge", json={"report_ids": ids, "title": "全市报告"})
    assert merged.status_code == 201
    city = merged.json()
    assert (city["level"], city["division"], city["state"]) == ("city", None, "draft")
    assert (set(city["merged_from"]), len(city["forecast_ids"])) == (set(ids), 2)
    told = words_of(house.city.get(f"{URL}/{city['id']}/docx"))
    for fact in ("水库移民", *(part["hash"] for part in parts)):
        assert fact in told
    for kind in ("pdf", "workbook"):
        assert house.city.get(f"{URL}/{city['id']}/{kind}").status_code == 200
    assert house.as_("planner").post(f"{URL}/{city['id']}/sign", json={"name": "王局长"}).json()["state"] == "signed"


def test_merging_needs_the_city_level_and_signed_reports(house, report):
    order = {"report_ids": [report["id"]], "title": "市"}
    assert house.as_("admin", HOME).post(f"{URL}/merge", json=order).status_code == 403
    assert house.as_("admin", OTHER).post(f"{URL}/merge", json=order).status_code == 404
    assert house.as_("reader").post(f"{URL}/merge", json=order).status_code == 403
    draft = drafted(house, OTHER)
    reply = house.as_("planner").post(f"{URL}/merge", json=order | {"report_ids": [report["id"], draft["id"]]})
    assert (reply.status_code, reply.json()["type"]) == (409, "/problems/report-not-signed")
    reply = house.as_("planner").post(f"{URL}/merge", json=order | {"report_ids": [report["id"]] * 2})
    assert (reply.status_code, reply.json()["type"]) == (422, "/problems/reports-do-not-fit")


def test_another_district_finds_nothing(house, report):
    foreign = house.as_("admin", OTHER)
    assert foreign.get(URL).json() == []
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/pdf", None),
        ("GET", "/docx", None),
        ("GET", "/workbook", None),
        ("PUT", "/comments", {"comments": "x"}),
        ("POST", "/sign", {"name": "x"}),
    ):
        assert foreign.request(method, f"{URL}/{report['id']}{path}", json=body).status_code == 404, path
    forecast = report["forecast_ids"][0]
    assert foreign.post(URL, json={"forecast_id": forecast}).status_code == 404
    assert house.as_("reader", HOME).post(URL, json={"forecast_id": forecast}).status_code == 403


def test_a_report_compares_with_the_last_one(house, report):
    now = drafted(house, HOME, previous_id=report["id"])
    assert now["previous_id"] == report["id"]
    assert "与上期报告相比" in words_of(house.city.get(f"{URL}/{now['id']}/docx"))
