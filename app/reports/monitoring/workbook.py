"""Every figure of a forecast as a workbook: headings Chinese over English, synthetic figures marked on every sheet."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import xlsxwriter

from app.cases.forecast_document import ForecastDocument, PlaceOutlook, PupilsByYear
from app.reports.exports import Column, write_cell, write_heads
from app.reports.monitoring import packed, words
from app.reports.published import MASK

Row = Mapping[str, object]
Show = Callable[[float | None], object]
"""How a count of children is written: as it is, or masked."""

PLACE = (
    Column("id", "代码", 18),
    Column("name", "名称", 24),
    Column("parent", "所属", 18),
    Column("stage", "学段", 10),
    Column("measure", "指标", 22),
)
WARNINGS = (
    Column("level", "层级", 10),
    Column("id", "代码", 18),
    Column("name", "名称", 24),
    Column("parent", "所属", 18),
    Column("stage", "学段", 10),
    Column("year", "年份", 8),
    Column("colour", "等级", 8),
    Column("colour_low", "下限等级", 9),
    Column("colour_high", "上限等级", 9),
    Column("worst_ahead", "三年内最重", 11),
    Column("pupils", "学生"),
    Column("low", "下限"),
    Column("high", "上限"),
    Column("places", "学位"),
    Column("utilisation", "学位使用率"),
    Column("shortage_probability", "不足概率"),
    Column("surplus_probability", "富余概率"),
    Column("action", "措施"),
    Column("act_by", "最迟行动日"),
    Column("overdue", "已过期"),
    Column("reason_zh", "说明", 60),
    Column("reason", "Reason", 60),
)
PEAKS = (
    Column("level", "层级", 10),
    Column("id", "代码", 18),
    Column("name", "名称", 24),
    Column("stage", "学段", 10),
    Column("peak_year", "峰值年"),
    Column("peak_pupils", "峰值学生"),
    Column("peak_is_first_year", "峰值在首年"),
    Column("trough_year", "谷值年"),
    Column("trough_pupils", "谷值学生"),
    Column("last_year", "末年"),
    Column("last_pupils", "末年学生"),
    Column("change_to_last", "末年较峰值"),
    Column("surplus_years", "富余年数"),
    Column("deepest_surplus", "最大富余学位"),
    Column("deepest_surplus_year", "最大富余年"),
)
SMALL_CLASSES = (
    Column("stage", "学段", 10),
    Column("class_norm", "班额标准"),
    Column("year", "年份", 8),
    Column("pupils", "学生"),
    Column("classes", "班级"),
    Column("classrooms", "教室"),
    Column("classrooms_missing", "缺教室"),
    Column("teachers", "需教师"),
    Column("mean_class", "平均班额"),
)
MIGRANTS = (
    Column("level", "层级", 10),
    Column("id", "代码", 18),
    Column("name", "名称", 24),
    Column("stage", "学段", 10),
    Column("year", "年份", 8),
    Column("change", "需求变化"),
    Column("migrants", "随迁子女"),
    Column("in_public", "公办学位可容"),
    Column("coverage", "公办占比"),
    Column("gap", "缺口"),
)
BOARDING = (
    Column("id", "代码", 18),
    Column("name", "学校", 24),
    Column("stage", "学段", 10),
    Column("year", "年份", 8),
    Column("boarders", "寄宿生"),
    Column("beds", "床位"),
    Column("missing", "缺床位"),
)
USED = (
    Column("source", "来源", 40),
    Column("table", "数据表", 14),
    Column("cells", "数据格数"),
    Column("first_year", "首年"),
    Column("last_year", "末年"),
)
CONFLICTS = (
    Column("kind", "类别", 26),
    Column("level", "层级", 10),
    Column("place", "代码", 18),
    Column("name", "名称", 24),
    Column("year", "年份", 8),
    Column("cohort", "对象", 14),
    Column("first", "甲数"),
    Column("first_source", "甲来源", 30),
    Column("second", "乙数"),
    Column("second_source", "乙来源", 30),
    Column("ratio", "甲／乙"),
    Column("reason_zh", "说明", 50),
    Column("reason", "Reason", 50),
)
CORRECTIONS = (
    Column("level", "层级", 10),
    Column("id", "代码", 18),
    Column("name", "名称", 24),
    Column("stage", "学段", 10),
    Column("year", "年份", 8),
    Column("cohort_side", "人口推算"),
    Column("school_side", "学籍推算"),
    Column("agreed", "采用"),
)
NORMS = (
    Column("key", "标准", 24),
    Column("stage", "学段", 10),
    Column("value", "数值"),
    Column("unit", "单位", 18),
    Column("kind", "类别"),
    Column("source", "依据", 60),
    Column("trust", "可信度"),
    Column("level", "层级"),
)
ACCURACY = (
    Column("history", "历史", 18),
    Column("unit", "对象", 18),
    Column("stage", "学段", 12),
    Column("horizon", "提前年数"),
    Column("size_class", "规模", 16),
    Column("method", "方法", 18),
    Column("cases", "样本"),
    Column("mape", "平均误差%"),
    Column("median_ape", "误差中位数%"),
    Column("weighted_ape", "加权误差%"),
    Column("bias", "偏差%"),
    Column("coverage", "区间命中%"),
    Column("best", "误差最小"),
    Column("ranked", "参与比较"),
)
NOTES = (Column("about", "事项", 20), Column("text_zh", "说明", 80), Column("text", "Note", 80))
SUMMARY = (Column("item", "项目", 34), Column("value", "数值", 60))

COUNTED = frozenset(
    {
        *("pupils", "low", "high", "peak_pupils", "trough_pupils", "last_pupils"),
        *("migrants", "in_public", "gap", "first", "second", "cohort_side", "school_side", "agreed"),
        *("boarders", "missing"),
    }
)
"""Facts of a forecast's rows that count children."""
TELLING = frozenset({"utilisation", "reason", "reason_zh", "change_to_last", "ratio", "coverage"})
"""Facts from which a masked count of the same row could be worked out."""
SUM = frozenset({"in_public", "gap"})
"""Together they are the migrants of the row: where one is masked the other must go too."""


FORMATS: Mapping[str, str] = {
    "utilisation": "0.0%", "shortage_probability": "0%", "surplus_probability": "0%", "change_to_last": "0.0%",
    "change": "+0%;-0%;0%", "teachers": "0.0", "mean_class": "0.0", "ratio": "0.00",
}  # fmt: skip
"""How shares and figures that are no counts are shown."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet: its name, columns and rows."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Row]


def forecast_workbook(document: ForecastDocument, *, mask_small_counts: bool) -> bytes:
    """Write every figure of a forecast; with masking, counts of children from 1 to 4 are ``<5``."""
    made = datetime(document.base_year, 9, 1)
    return write(sheets(document, mask_small_counts=mask_small_counts), synthetic=document.synthetic, made=made)


def sheets(document: ForecastDocument, *, mask_small_counts: bool) -> Iterator[Sheet]:
    """Lay a forecast out in sheets."""
    mask, show = (masked, _hidden) if mask_small_counts else (dict, _plain)

    def rows(parts: Iterable[Any]) -> Iterator[Row]:
        return (mask(part.model_dump(mode="json")) for part in parts)

    years = tuple(Column(str(year), f"{year}年") for year in document.years)
    yield Sheet("摘要 Summary", SUMMARY, _summary(document))
    for level in sorted(document.levels, key=list(words.LEVEL).index):
        places = document.levels[level]
        name = f"{words.LEVEL.get(level, level)} {level.capitalize()}"
        yield outlook_sheet(name, places, document.years, masking=mask_small_counts)
    yield Sheet("学校年级 Grades", (*PLACE[:2], Column("grade", "年级", 8), *years), _grades(document, show))
    yield Sheet("生育方案 Variants", (*SUMMARY[:1], PLACE[3], *years), _variants(document, show))
    yield Sheet("预警 Warnings", WARNINGS, rows(document.warnings))
    yield Sheet("峰谷 Peaks", PEAKS, rows(document.peaks))
    yield Sheet("小班化 Small classes", SMALL_CLASSES, rows(document.small_classes))
    yield Sheet("随迁子女 Migrants", MIGRANTS, rows(document.migrants))
    yield Sheet("寄宿 Boarders", BOARDING, rows(document.boarding))
    yield Sheet("人口结构 Pyramid", *_pyramids(document, show))
    yield Sheet("两侧校正 Corrections", CORRECTIONS, rows(document.corrections))
    yield Sheet("来源 Sources", USED, rows(document.sources.used))
    yield Sheet("矛盾 Conflicts", CONFLICTS, rows(document.sources.conflicts))
    yield Sheet("精度 Accuracy", *_accuracy(document))
    yield Sheet("方法与说明 Notes", NOTES, _notes(document))
    yield Sheet("标准依据 Norms", NORMS, rows(document.norms))


def masked(facts: Mapping[str, Any]) -> dict[str, object]:
    """Mask the small counts of a row, and what would give them away."""
    hidden = {name for name in COUNTED & facts.keys() if words.small(facts[name])}
    if not hidden:
        return dict(facts)
    telling = dict.fromkeys((TELLING if hidden.isdisjoint(SUM) else TELLING | SUM) & facts.keys(), words.UNKNOWN)
    return {**facts, **telling, **dict.fromkeys(hidden, MASK)}


def _plain(count: float | None) -> object:
    return count


def _hidden(count: float | None) -> object:
    return MASK if words.small(count) else count


def _summary(document: ForecastDocument) -> Iterator[Row]:
    said: dict[str, object] = {
        "预测 forecast": document.title,
        "区划 division": document.division,
        "合成数据 synthetic": document.synthetic,
        "数据集指纹 dataset hash": document.dataset_hash,
        "基准年 base year": document.base_year,
        "年份 years": f"{document.years[0]}–{document.years[-1]}" if document.years else "",
        **{f"方案 recipe {name}": value for name, value in document.recipe.model_dump(mode="json").items()},
        "带宽说明 bands": f"下限与上限之间含{document.recipe.band:.0%}的抽样路径",
        "发现的矛盾 conflicts in all": document.sources.conflicts_in_all,
    }
    return ({"item": item, "value": value} for item, value in said.items())


def outlook_sheet(name: str, places: Iterable[PlaceOutlook], years: Sequence[int], *, masking: bool = True) -> Sheet:
    """Lay out places by stage, measure and year."""
    columns = (*PLACE, *(Column(str(year), f"{year}年") for year in years))
    return Sheet(name, columns, _outlooks(places, years, _hidden if masking else _plain))


def _outlooks(places: Iterable[PlaceOutlook], years: Sequence[int], show: Show) -> Iterator[Row]:
    for place in places:
        for stage in words.in_order(place.pupils):
            for measure, by_stage, written in (
                ("学生 pupils", place.pupils, show),
                ("下限 low", place.low, show),
                ("上限 high", place.high, show),
                ("学位 places", place.places, _plain),
                ("不足概率 shortage", place.shortage, _plain),
            ):
                if stage in by_stage:
                    head = {"id": place.id, "name": place.name, "parent": place.parent, "stage": stage}
                    yield head | {"measure": measure} | _by_year(years, by_stage[stage], written)


def _by_year(years: Sequence[int], values: PupilsByYear | Sequence[float | None], show: Show) -> dict[str, object]:
    return {str(year): show(value) for year, value in zip(years, values, strict=True)}


def _grades(document: ForecastDocument, show: Show) -> Iterator[Row]:
    for school in document.school_grades:
        for grade, values in school.grades.items():
            yield {"id": school.id, "name": school.name, "grade": grade} | _by_year(document.years, values, show)


def _variants(document: ForecastDocument, show: Show) -> Iterator[Row]:
    for fertility, by_stage in document.variants.items():
        for stage in words.in_order(by_stage):
            values = by_stage[stage]
            yield {"item": f"{words.FERTILITY.get(fertility, '')} {fertility}".strip(), "stage": stage} | _by_year(
                document.years, values, show
            )


def _pyramids(document: ForecastDocument, show: Show) -> tuple[Sequence[Column], Iterator[Row]]:
    years = sorted({year for pyramid in document.pyramids for year in pyramid.years})
    columns = (
        Column("division", "区划", 14),
        Column("sex", "性别", 8),
        Column("age", "周岁", 8),
        *(Column(str(year), f"{year}年") for year in years),
    )

    def rows() -> Iterator[Row]:
        for pyramid in document.pyramids:
            for sex in pyramid.sexes:
                for at, age in enumerate(pyramid.ages):
                    counts = [by_age[at] for by_age in pyramid.people[sex]]
                    head = {"division": pyramid.division, "sex": sex, "age": age}
                    yield head | _by_year(pyramid.years, counts, show)

    return columns, rows()


def _accuracy(document: ForecastDocument) -> tuple[Sequence[Column], Iterable[Row]]:
    """Lay the report of the backtest out: every score of every history, and whatever else it tells."""
    records = [
        {"history": history["name"], **record}
        for history in (document.accuracy or {}).get("histories", [])
        for name in ("scores", "scores_by_size")
        for record in history.get(name, [])
    ]
    known = {column.name for column in ACCURACY}
    more = dict.fromkeys(name for record in records for name in record if name not in known)
    return (*ACCURACY, *(Column(name, name, 16) for name in more)), records


def _notes(document: ForecastDocument) -> Iterator[Row]:
    for about, notes in (
        ("方法 method", document.method),
        ("假设与说明 notes", document.notes),
        ("缺少的数据 gaps", document.sources.gaps),
        ("精度 accuracy", (document.accuracy_note,)),
    ):
        yield from ({"about": about, "text_zh": note.text_zh, "text": note.text} for note in notes)


def write(parts: Iterable[Sheet], *, synthetic: bool, made: datetime) -> bytes:
    """Write sheets; ``made`` is the one date in the file, so that it is the same whenever it is written again."""
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"author": "Junheng 均衡", "created": made.replace(tzinfo=None, microsecond=0)})
    styles = {
        "warning": book.add_format({"bold": True, "font_color": "#C00000"}),
        "heading": book.add_format({"bold": True, "bottom": 1}),
    }
    shown = {pattern: book.add_format({"num_format": pattern}) for pattern in FORMATS.values()}
    for part in parts:
        _sheet(book, part, styles, shown, synthetic=synthetic)
    book.close()
    return packed.same_always(out.getvalue())


def _sheet(
    book: xlsxwriter.Workbook, part: Sheet, styles: Mapping[str, Any], shown: Mapping[str, Any], *, synthetic: bool
) -> None:
    sheet = book.add_worksheet(part.name)
    first = write_heads(sheet, part.columns, styles["heading"], styles["warning"] if synthetic else None)
    formats = [shown.get(FORMATS.get(column.name, "")) for column in part.columns]
    number = first - 1
    for number, row in enumerate(part.rows, first):
        for place, column in enumerate(part.columns):
            write_cell(sheet, number, place, _plainly(_worded(column.name, row.get(column.name))), formats[place])
    if part.columns:
        sheet.autofilter(first - 1, 0, number, len(part.columns) - 1)


def _worded(name: str, value: object) -> object:
    """Put the word before a code: both can be filtered by."""
    word = words.CODED.get(name, {}).get(value) if isinstance(value, str) else None
    return value if word is None else f"{word} {value}"


def _plainly(value: object) -> object:
    """Write what has parts as JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, dict | list) else value
