from __future__ import annotations

from datetime import date

import forecast_document
import pytest
import report_inputs

from app.reports.monitoring import accuracy, alerts, city, district, figures, words
from app.reports.monitoring.blocks import Heading, Table, Words


def text_of(report):
    told = []
    for block in report.blocks:
        match block:
            case Heading():
                told.append(block.zh)
            case Words():
                told += block.lines
            case Table():
                told += [block.title, block.note, *block.under, *(cell.text for row in block.rows for cell in row)]
            case _:
                told.append(block.caption)
    return "\n".join(told)


def table(report, title):
    (found,) = [block for block in report.blocks if isinstance(block, Table) and title in block.title]
    return [[cell.text for cell in row] for row in found.rows]


@pytest.mark.parametrize(
    ("count", "shown"),
    [(None, "—"), (0, "0"), (1, "<5"), (4, "<5"), (-3, "<5"), (5, "5"), (12345, "12,345"), (4.6, "<5")],
)
def test_counts_of_children_are_masked_below_five(count, shown):
    assert words.count(count) == shown


def test_the_summary_tells_first_year_peak_and_last_year():
    """Primary of the district: 552 + 92 = 644 in 2026, 566 + 88 = 654 in 2027, 420 + 39 = 459 in 2035, 30 % less."""
    said = text_of(district.report(report_inputs.district()))
    assert "小学：2026年预计644人（80%区间631–657），2027年达峰654人，2035年459人，较峰值-30%。" in said
    assert "红色1处、橙色0处、黄色1处、蓝色2处" in said
    assert "1处已过最迟行动日" in said
    assert said.index("中心小学（小学）须在2026-02-28前改建转用") < said.index("沙湾小学（学前）须在2026-09-01前")


def test_warnings_are_sorted_by_severity_and_then_by_the_date_to_act():
    """Junior is orange in 2030 (482 of 500) but only yellow until 2028; senior is red in 2034 (455 of 450)."""
    found = alerts.alerts(forecast_document.document(), "school")
    assert [(a.first.id, a.first.stage, a.near, a.worst.colour, a.worst.year) for a in found] == [
        ("central", "primary", "red", "red", 2026),
        ("middle", "junior", "yellow", "orange", 2030),
        ("small", "primary", "blue", "blue", 2026),
        ("small", "preschool", "blue", "blue", 2027),
        ("middle", "senior", "normal", "red", 2034),
        ("central", "preschool", "normal", "blue", 2032),
    ]
    assert [a.act_by for a in found[2:4]] == [date(2025, 9, 1), date(2026, 9, 1)]
    assert [a.first.id for a in alerts.dates(found)] == ["central", "small", "middle", "middle", "central"]


def test_every_section_is_there_and_numbered():
    report = district.report(report_inputs.district(previous=forecast_document.document()))
    heads = [block.zh for block in report.blocks if isinstance(block, Heading)]
    assert heads == [
        "一、摘要", "二、学龄儿童与学位", "三、峰值与谷值", "四、预警", "五、分乡镇（街道）", "六、小班化测算",
        "七、随迁子女", "八、与上期报告相比", "九、数据来源与矛盾", "十、预测精度", "十一、方法与说明",
        "十二、标准依据", "十三、意见", "十四、签发与数据指纹",
    ]  # fmt: skip


def test_the_report_tells_accuracy_norms_comments_signature_and_hashes():
    inputs = report_inputs.district(signature=report_inputs.SIGNATURE)
    report = district.report(inputs)
    said = text_of(report)
    assert ["小学", "全区分年级", "3", "18", "3.4%", "8.6%", "—", "本系统", "78%*"] in table(report, "MAPE")
    assert ["小学", "单校合计", "3", "6", "7.9%", "7.7%", "—", "保持不变", "83%*"] in table(report, "MAPE")
    assert [
        "标准班额",
        "小学",
        "45",
        "人/班",
        "GB 50099-2011 3.0.1; 教督〔2017〕6号",
        "V 已核实原文",
    ] in table(report, "Norms")
    assert {row[-1] for row in table(report, "Norms")} == {"U 未核实", "V 已核实原文"}
    for fact in ("水库移民安置点学位紧张。", "张三", "2026-03-02 16:00（北京时间）", inputs.hash, inputs.forecast.hash):
        assert fact in said
    assert not report.draft


def test_errors_are_told_by_stage_of_the_whole_district_and_of_a_school():
    """Histories are named by stage; other horizons, grades and methods of fewer cases stay in the workbook."""

    def score(unit, horizon, method, mape, *, ranked=True, best=False, coverage=None, cases=24):
        return {
            "unit": unit, "stage": "", "horizon": horizon, "method": method, "cases": cases, "mape": mape,
            "ranked": ranked, "best": best, "coverage": coverage,
        }  # fmt: skip

    tried = [
        score("district total", 1, "junheng", 1.74, coverage=66.7, cases=6),
        score("district total", 1, "unchanged", 1.9, cases=6),
        score("district total", 1, "grade progression", 1.66, best=True, cases=6),
        score("district total", 1, "ETS", 1.2, ranked=False, cases=4),
        score("district grade", 1, "junheng", 2.6),
        score("school total", 5, "junheng", 12.2, coverage=68.4, cases=136),
        score("school total", 2, "junheng", 6.1),
    ]
    histories = [{"name": "junior 初中", "scores": tried[-2:-1]}, {"name": "primary 小学", "scores": tried}]
    document = forecast_document.document().model_copy(update={"accuracy": {"histories": histories}})
    [shown] = [block for block in accuracy.section(document) if isinstance(block, Table)]
    assert [[cell.text for cell in row] for row in shown.rows] == [
        ["小学", "全区合计", "1", "6", "1.7%", "1.9%", "年级递进 1.7%", "年级递进", "67%*"],
        ["小学", "单校合计", "5", "136", "12.2%", "—", "—", "—", "68%"],
        ["初中", "单校合计", "5", "136", "12.2%", "—", "—", "—", "68%"],
    ]


def test_stages_go_from_the_youngest_to_the_oldest():
    """However a stored document orders them."""
    assert words.in_order(["senior", "junior", "preschool", "primary"]) == ("preschool", "primary", "junior", "senior")


def test_words_about_a_masked_count_are_left_out():
    """Three pupils in 60 places: neither the count, nor the rate, nor the sentence that tells it."""
    document = forecast_document.document()
    few = [
        row.model_copy(update={"pupils": 3, "utilisation": 0.05, "reason_zh": "学生3人。"})
        if (row.level, row.id, row.stage) == ("school", "small", "preschool")
        else row
        for row in document.warnings
    ]
    report = district.report(report_inputs.district(document.model_copy(update={"warnings": tuple(few)})))
    (row,) = [row for row in table(report, "Warnings by school") if row[0] == "沙湾小学" and row[2] == "学前"]
    assert row[5] == "<5／60"
    assert words.TOO_FEW in text_of(report)
    assert "学生3人" not in text_of(report)


def test_the_parts_of_a_masked_sum_are_masked_with_it():
    """32 migrants of whom 30 find a place leave 2: the 30 would tell."""
    assert words.migrants(32, 30, 2, 0.9375) == ("32", "—", "—", "—")
    assert words.migrants(39, 30, 9, 0.7692) == ("39", "30", "77%", "9")


def test_the_probability_is_that_of_the_side_and_a_date_gone_by_is_marked():
    """Senior lacks places in 2034 on a part of the paths; the small school is half empty on all of them."""
    rows = {(row[0], row[2]): row for row in table(district.report(report_inputs.district()), "Warnings by school")}
    shortage = next(
        row.shortage_probability
        for row in forecast_document.document().warnings
        if (row.id, row.stage, row.year) == ("middle", "senior", 2034)
    )
    assert rows["河口中学", "高中"][6] == f"{shortage:.0%}"
    assert rows["沙湾小学", "小学"][6:] == ["100%", "并班或合并", "2025-09-01*"]


def test_a_comparison_tells_what_changed():
    before = forecast_document.document()
    calm = tuple(row.model_copy(update={"worst_ahead": "normal"}) for row in before.warnings)
    whole = before.levels["division"][0]
    more = whole.model_copy(
        update={"pupils": whole.pupils | {"primary": tuple(n + 10 for n in whole.pupils["primary"])}}
    )
    before = before.model_copy(update={"warnings": calm, "levels": before.levels | {"division": (more,)}})
    report = district.report(report_inputs.district(previous=before))
    assert ["小学", "2026", "654", "644", "-10"] in table(report, "Change")
    assert "新增红色、橙色：中心小学（小学）。" in text_of(report)
    assert "解除红色、橙色：无。" in text_of(report)


def test_the_city_adds_pupils_places_and_the_ends_of_bands():
    """Two districts alike: 2 x 644 pupils of primary between 2 x 631 and 2 x 657, in 2 x 720 places."""
    parts = [report_inputs.district(forecast_document.document(division=code)) for code in ("990101", "990102")]
    totals = city.totals(parts)
    at = totals.years.index(2026)
    found = [getattr(totals.place, name)["primary"][at] for name in ("pupils", "low", "high", "places")]
    assert found == [1288, 1262, 1314, 1440]
    report = city.report(report_inputs.city(*parts))
    assert [row[:2] for row in table(report, "Districts")] == [["合成县", "248→170"]] * 2
    assert len(table(report, "All red warnings")) == 4
    assert [row[1] for row in table(report, "Comments")] == ["水库移民安置点学位紧张。"] * 2
    assert all(part.hash in text_of(report) for part in parts)
    assert "下限、上限之和" in text_of(report)


def test_the_city_has_the_years_that_all_districts_have():
    short = forecast_document.document(division="990102")
    cut = short.model_copy(
        update={
            "years": short.years[2:],
            "levels": {
                level: tuple(
                    place.model_copy(
                        update={
                            name: {stage: series[2:] for stage, series in getattr(place, name).items()}
                            for name in ("pupils", "low", "high", "places", "shortage")
                        }
                    )
                    for place in places
                )
                for level, places in short.levels.items()
            },
        }
    )
    totals = city.totals([report_inputs.district(), report_inputs.district(cut)])
    assert totals.years == tuple(range(2028, 2036))
    assert totals.place.pupils["primary"][0] == 2 * (570 + 83)


def test_a_district_without_a_stage_is_named_and_not_counted_as_nought():
    document = forecast_document.document(division="990102")
    whole = document.levels["division"][0]
    without = whole.model_copy(
        update={"name": "山外县", "pupils": {k: v for k, v in whole.pupils.items() if k != "senior"}}
    )
    document = document.model_copy(update={"levels": document.levels | {"division": (without,)}})
    report = city.report(report_inputs.city(report_inputs.district(), report_inputs.district(document)))
    assert "高中未含：山外县（该学段无完整数据）。" in text_of(report)


@pytest.mark.parametrize("codes", [[], ["990101", "990101"]])
def test_reports_that_do_not_fit_are_not_merged(codes):
    with pytest.raises(city.ReportsDoNotFit):
        city.common_years([report_inputs.district(forecast_document.document(division=code)) for code in codes])


@pytest.mark.parametrize(
    ("least", "most", "marks"),
    [(0, 9, (0, 2, 4, 6, 8, 10)), (-40, 90, (-50, 0, 50, 100)), (0, 0, (0, 1)), (0, 731, (0, 200, 400, 600, 800))],
)
def test_an_axis_has_round_marks_that_hold_its_ends(least, most, marks):
    assert figures.axis(least, most).marks == marks


def test_the_hash_tells_every_input():
    base = report_inputs.district()
    others = [
        report_inputs.district(comments="x"),
        report_inputs.district(signature=report_inputs.SIGNATURE),
        report_inputs.district(previous=forecast_document.document()),
        report_inputs.district(forecast_document.document(title="x")),
        report_inputs.city(base),
    ]
    assert len({base.hash, *(other.hash for other in others)}) == 6
    assert report_inputs.district().hash == base.hash
