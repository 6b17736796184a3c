"""A plan as a workbook or as CSV: headings in Chinese over English, synthetic figures marked on every sheet and row."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import xlsxwriter

from app.cases.plan_document import PlanDocument
from app.reports import published

SYNTHETIC = "合成数据，非真实情况 Synthetic data, no real place"
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export: our name, the planner's heading, and its width in characters."""

    name: str
    zh: str
    width: int = 12


SETTLEMENTS = (
    Column("id", "村社区代码", 16),
    Column("name", "村社区", 20),
    Column("pupils", "学生数"),
    Column("school", "规划学校代码", 16),
    Column("school_name", "规划学校", 24),
    Column("school_today", "现学校代码", 16),
    Column("school_today_name", "现学校", 24),
    Column("minutes", "规划单程分钟"),
    Column("minutes_today", "现单程分钟"),
    Column("estimated", "是否直线估算"),
    Column("minutes_p95", "95%学生单程分钟"),
    Column("minutes_walk", "步行单程分钟"),
    Column("by_bus", "是否乘车"),
    Column("crosses", "步行是否穿越干线"),
    Column("minutes_straight", "直线估算分钟"),
    Column("boarders", "寄宿生"),
    Column("moved", "是否调整"),
)
SCHOOLS = (
    Column("id", "学校代码", 16),
    Column("name", "学校", 24),
    Column("decision", "决定"),
    Column("reason", "原因", 16),
    Column("pupils", "规划学生数"),
    Column("pupils_today", "现学生数"),
    Column("places", "学位"),
    Column("boarders", "寄宿生"),
    Column("beds", "床位"),
    Column("settlements", "服务村社区数"),
    Column("running_cost", "年运行成本（元）", 16),
    Column("necessary_for", "必要保留所服务的村社区", 30),
)
RULES = (
    Column("rule", "规则", 20),
    Column("norm", "标准", 20),
    Column("hard", "刚性"),
    Column("amount", "幅度"),
    Column("unit", "单位", 16),
    Column("who", "对象", 30),
    Column("detail_zh", "说明", 60),
    Column("detail", "Detail", 60),
)
NORMS = (
    Column("key", "标准", 24),
    Column("stage", "学段"),
    Column("value", "数值"),
    Column("unit", "单位", 16),
    Column("kind", "类别"),
    Column("source", "依据", 60),
    Column("trust", "可信度"),
    Column("level", "层级"),
)
UNSERVED = (
    Column("settlement", "村社区代码", 16),
    Column("name", "村社区", 20),
    Column("pupils", "学生数"),
    Column("reason", "原因", 20),
    Column("nearest_school", "最近学校", 16),
    Column("nearest_minutes", "最近分钟数"),
    Column("detail_zh", "说明", 60),
    Column("detail", "Detail", 60),
)
REPAIRS = (
    Column("rule", "规则", 28),
    Column("settlement", "村社区代码", 16),
    Column("name", "村社区或学校", 20),
    Column("pupils", "学生数"),
    Column("school_from", "原学校代码", 16),
    Column("school_to", "改划学校代码", 16),
    Column("detail_zh", "说明", 60),
    Column("detail", "Detail", 60),
)
CUT_BORDERS = (
    Column("settlement", "村社区代码", 16),
    Column("other", "相邻村社区代码", 16),
    Column("reason", "原因"),
    Column("barrier", "阻隔", 16),
    Column("border_metres", "界长（米）"),
    Column("kept", "仍视为相邻"),
    Column("detail_zh", "说明", 60),
    Column("detail", "Detail", 60),
)
BUS_STOPS = (
    Column("route", "线路"),
    Column("school", "学校代码", 16),
    Column("order", "站序"),
    Column("settlements", "村社区代码", 30),
    Column("pupils", "上车学生数"),
    Column("minutes", "至学校分钟"),
    Column("lon", "经度"),
    Column("lat", "纬度"),
    Column("km", "线路公里"),
    Column("cost", "线路年费用（元）", 16),
)
SUMMARY = (Column("item", "项目", 28), Column("value", "数值", 60))

Rows = Iterable[Mapping[str, object]]


def settlements_csv(document: PlanDocument, *, mask_small_counts: bool) -> bytes:
    """Write the settlements of a plan; the first bytes tell Excel that it is UTF-8."""
    names = [column.name for column in SETTLEMENTS]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*names, "synthetic"])
    for row in _settlements(document, _masking(mask_small_counts)):
        writer.writerow([*(_csv_cell(row.get(name)) for name in names), "yes" if document.synthetic else "no"])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def workbook(document: PlanDocument, *, mask_small_counts: bool) -> bytes:
    """Write a plan as a workbook: what it is worth, its schools, settlements, broken rules, norms, unserved places."""
    mask = _masking(mask_small_counts)
    packed = io.BytesIO()
    book = xlsxwriter.Workbook(packed, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    for title, columns, rows in (
        ("方案 Plan", SUMMARY, _summary(document)),
        ("学校 Schools", SCHOOLS, [mask(row.model_dump(mode="json")) for row in document.schools]),
        ("村社区 Settlements", SETTLEMENTS, _settlements(document, mask)),
        ("突破的规则 Rules broken", RULES, [row.model_dump(mode="json") for row in document.rules_broken]),
        ("标准依据 Norms", NORMS, [row.model_dump(mode="json") for row in document.norms_used]),
        ("未安排 Unserved", UNSERVED, [mask(row.model_dump(mode="json")) for row in document.unserved]),
        ("起始方案的修正 Repairs", REPAIRS, [mask(row.model_dump(mode="json")) for row in document.repairs or ()]),
        ("不可通行的村界 Cut borders", CUT_BORDERS, [row.model_dump(mode="json") for row in document.cut_borders]),
        ("校车 School buses", BUS_STOPS, [mask(row) for row in _bus_stops(document)]),
    ):
        _sheet(book, title, columns, rows, synthetic=document.synthetic)
    book.close()
    return packed.getvalue()


def _masking(wanted: bool) -> Callable[[Mapping[str, object]], dict[str, object]]:
    return published.masked if wanted else dict


def _settlements(
    document: PlanDocument, mask: Callable[[Mapping[str, object]], dict[str, object]]
) -> list[dict[str, object]]:
    names = {school.id: school.name for school in document.schools}
    return [
        mask(row.model_dump(mode="json"))
        | {
            "school_name": names.get(row.school or "", ""),
            "school_today_name": names.get(row.school_today or "", ""),
        }
        for row in document.settlements
    ]


def _bus_stops(document: PlanDocument) -> list[dict[str, object]]:
    """Give the stops of all routes in order; length and cost of a route stand at its first stop."""
    routes = () if document.buses is None else document.buses.routes
    return [
        {"route": number, "school": route.school, "order": order}
        | stop.model_dump(mode="json")
        | ({"km": route.km, "cost": route.cost} if order == 1 else {})
        for number, route in enumerate(routes, 1)
        for order, stop in enumerate(route.stops, 1)
    ]


def _summary(document: PlanDocument) -> list[dict[str, object]]:
    certificate = document.certificate
    said: dict[str, object] = {
        "方案 title": document.title,
        "数据集 dataset": document.dataset_title,
        "数据集指纹 dataset hash": document.dataset_hash,
        "合成数据 synthetic": document.synthetic,
        "学段 stage": document.stage,
        "目标年 target year": document.target_year,
        "结论 status": certificate.status.value,
        "目标值（元/年） objective": certificate.objective,
        "下界（元/年） bound": certificate.bound,
        "差距 gap": certificate.gap,
        "求解方法 method": certificate.method,
        "随机种子 seed": certificate.seed,
        "用时（秒） seconds": certificate.seconds,
        "起始方案的修正 repairs": "无起始方案 no start" if document.repairs is None else len(document.repairs),
        **{f"目标分项 part {name}": value for name, value in certificate.parts.items()},
        **{f"指标 {name}": value for name, value in _measures(document).items()},
        **{f"出行 travel {name}": value for name, value in _flat(document.travel).items()},
        **{f"校车 school buses {name}": value for name, value in _buses(document).items()},
        **{f"提示 notice {i}": " ".join(notice.values()) for i, notice in enumerate(document.notices, 1)},
    }
    return [{"item": item, "value": value} for item, value in said.items()]


def _measures(document: PlanDocument) -> dict[str, object]:
    return {} if document.measures is None else _flat(document.measures.model_dump(mode="json"))


def _buses(document: PlanDocument) -> dict[str, object]:
    return {} if document.buses is None else document.buses.model_dump(mode="json", exclude={"routes", "unrouted"})


def _flat(facts: Mapping[str, object]) -> dict[str, object]:
    """Lay facts within facts side by side, and tell how many are in a list."""
    flat: dict[str, object] = {}
    for name, value in facts.items():
        if isinstance(value, Mapping):
            flat |= {f"{name} {inner}": told for inner, told in value.items()}
        else:
            flat[name] = "、".join(map(str, value)) if isinstance(value, list | tuple) else value
    return flat


def _sheet(book: xlsxwriter.Workbook, title: str, columns: Sequence[Column], rows: Rows, *, synthetic: bool) -> None:
    sheet = book.add_worksheet(title)
    heading = book.add_format({"bold": True, "bottom": 1})
    warning = book.add_format({"bold": True, "font_color": "#C00000"}) if synthetic else None
    for number, row in enumerate(rows, write_heads(sheet, columns, heading, warning)):
        for place, column in enumerate(columns):
            write_cell(sheet, number, place, row.get(column.name))


def write_heads(
    sheet: xlsxwriter.worksheet.Worksheet, columns: Sequence[Column], heading: object, warning: object | None
) -> int:
    """
    Write the heads of a sheet, row after row; ``warning`` is the format of the line that figures are synthetic.

    Returns
    -------
    line
        The first row of figures.
    """
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
    line = 0
    if warning is not None:
        sheet.write_string(0, 0, SYNTHETIC, warning)
        line = 1
    for place, column in enumerate(columns):
        sheet.write_string(line, place, column.zh, heading)
    for place, column in enumerate(columns):
        sheet.write_string(line + 1, place, column.name, heading)
    sheet.freeze_panes(line + 2, 2)
    return line + 2


def write_cell(
    sheet: xlsxwriter.worksheet.Worksheet, line: int, place: int, value: object, shown: object | None = None
) -> None:
    """Write a value; ``shown``: the format of a number. Nothing is written of ``None`` and of a number that is none."""
    match value:
        case None:
            return
        case bool():
            sheet.write_string(line, place, "是 yes" if value else "否 no")
        case int() | float():
            if math.isfinite(value):
                sheet.write_number(line, place, value, shown)
        case list() | tuple():
            sheet.write_string(line, place, "；".join(str(part) for part in value))
        case _:
            sheet.write_string(line, place, str(value))


def _csv_cell(value: object) -> object:
    """Write a cell so that a spreadsheet reads it as it is and never runs text as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value
