"""The sections of a district's report after the warnings: small classes, migrants, sources, method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.cases.forecast_document import ForecastDocument
from app.reports.monitoring import tables, words
from app.reports.monitoring.blocks import Block, Cell, Column, Heading, Table, Words

CONFLICTS_SHOWN = 30
"""Contradictions that the report lists; the workbook has them all."""
ALL_YEARS = "首年、中间年、末年；逐年数据见工作簿。"


def milestones(years: Iterable[int]) -> set[int]:
    """Choose the first, the middle and the last of some years."""
    told = sorted(set(years))
    return {told[0], told[len(told) // 2], told[-1]} if told else set()


def small_classes(document: ForecastDocument) -> Iterator[Block]:
    """Tell what smaller classes would need."""
    yield Heading("小班化测算", "Small classes")
    shown = milestones(row.year for row in document.small_classes)
    yield Table(
        "班额标准的影响 What a class norm means",
        (
            Column("学段", 0.8, "center"), Column("班额标准", 1, "right"), Column("年份", 0.8, "center"),
            Column("学生", 1, "right"), Column("班级", 0.8, "right"), Column("教室", 0.8, "right"),
            Column("缺教室", 0.8, "right"), Column("需教师", 1, "right"), Column("平均班额", 1, "right"),
        ),
        tuple(
            (
                Cell(words.stage(row.stage)),
                Cell(f"{row.class_norm}"),
                Cell(f"{row.year}"),
                Cell(words.count(row.pupils)),
                Cell(f"{row.classes:,}"),
                Cell(f"{row.classrooms:,}"),
                Cell(f"{row.classrooms_missing:,}"),
                Cell(words.number(row.teachers, 1)),
                Cell(words.number(row.mean_class, 1)),
            )
            for row in document.small_classes
            if row.year in shown
        ),
        note=f"{ALL_YEARS}缺教室逐校计算：一校有余的教室不补另一校的不足。",
    )  # fmt: skip


def migrants(document: ForecastDocument) -> Iterator[Block]:
    """Tell of the children of migrant workers and the public places they find, for the district as a whole."""
    yield Heading("随迁子女", "Children of migrant workers")
    rows = [row for row in document.migrants if row.level == "division"] or list(document.migrants)
    shown = milestones(row.year for row in rows)
    yield Table(
        "随迁子女公办学位 Migrant children in public schools",
        (
            Column("学段", 0.8, "center"), Column("年份", 0.8, "center"), Column("需求变化", 1, "right"),
            Column("随迁子女", 1, "right"), Column("公办可容", 1, "right"), Column("公办占比", 1, "right"),
            Column("缺口", 0.8, "right"),
        ),
        tuple(
            (
                Cell(words.stage(row.stage)),
                Cell(f"{row.year}"),
                Cell(words.percent(row.change, sign=True) if row.change else "不变"),
                *(Cell(text) for text in words.migrants(row.migrants, row.in_public, row.gap, row.coverage)),
            )
            for row in rows
            if row.year in shown
        ),
        note=ALL_YEARS,
        empty="未提供随迁子女数据。",
    )  # fmt: skip


def sources(document: ForecastDocument) -> Iterator[Block]:
    """Tell what was linked, what contradicts, and what is missing."""
    yield Heading("数据来源与矛盾", "Sources and conflicts")
    sources = document.sources
    yield Table(
        "数据来源 Sources",
        (Column("来源", 3), Column("数据表", 1), Column("数据格数", 1, "right"), Column("年份", 1.2, "center")),
        tuple(
            (
                Cell(use.source),
                Cell(words.TABLE.get(use.table, use.table)),
                Cell(f"{use.cells:,}"),
                Cell(words.years(use.first_year, use.last_year)),
            )
            for use in sources.used
        ),
    )
    shown = sources.conflicts[:CONFLICTS_SHOWN]
    yield Table(
        "相互矛盾的数据 Figures that contradict",
        (
            Column("地点", 1.2), Column("年份", 0.7, "center"), Column("对象", 1), Column("甲", 0.7, "right"),
            Column("甲来源", 1.8), Column("乙", 0.7, "right"), Column("乙来源", 1.8), Column("甲／乙", 0.7, "right"),
            Column("说明", 2.4),
        ),
        tuple(
            (
                Cell(row.name),
                Cell(f"{row.year}"),
                Cell(row.cohort),
                Cell(words.count(row.first)),
                Cell(row.first_source),
                Cell(words.count(row.second)),
                Cell(row.second_source),
                Cell(words.UNKNOWN if tables.too_few(row.first, row.second) else words.number(row.ratio, 2)),
                Cell(words.TOO_FEW if tables.too_few(row.first, row.second) else row.reason_zh),
            )
            for row in shown
        ),
        note=f"共发现{sources.conflicts_in_all}处，列出{len(shown)}处；两数各自保留，不取平均。",
    )  # fmt: skip
    if sources.gaps:
        yield Words(tuple(f"缺：{gap.text_zh}" for gap in sources.gaps), points=True)


def method(document: ForecastDocument) -> Iterator[Block]:
    """Tell how the forecast was made and what was assumed."""
    yield Heading("方法与说明", "Method and notes")
    recipe = document.recipe
    yield Words(
        (
            *(note.text_zh for note in document.method),
            *(note.text_zh for note in document.notes),
            f"生育率取{words.FERTILITY[recipe.fertility]}；随迁子女需求{_changed(recipe.migrants_change)}；"
            f"区间由{recipe.paths}条抽样路径得出（随机种子{recipe.seed}），其间含{recipe.band:.0%}的路径。",
            "1至4人的人数一律写作“<5”，由此可推出的比率从略。",
        ),
        points=True,
    )


def _changed(share: float) -> str:
    return f"变化{words.percent(share, sign=True)}" if share else "不变"
