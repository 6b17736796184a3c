"""The content of a district's report: what it tells of the forecast, of warnings, and of what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.cases.forecast_document import ForecastDocument, PeakRow
from app.reports.monitoring import accuracy, alerts, details, figures, frame, tables, words
from app.reports.monitoring.alerts import Alert
from app.reports.monitoring.blocks import Block, Cell, Column, Heading, Report, Table, Words
from app.reports.monitoring.inputs import DistrictInputs, Previous

DATES_NAMED = 5
"""Last dates to act that the summary names."""


def report(inputs: DistrictInputs) -> Report:
    """Put the report together."""
    document = inputs.forecast.document
    return Report(
        title=inputs.title,
        title_en="School-age population: monitoring and early warning",
        facts=(
            ("区划 Division", _named(document, inputs.division)),
            ("基准年 Base year", f"{document.base_year}"),
            ("预测年份 Years", f"{document.years[0]}–{document.years[-1]}"),
            *_as_of(document),
            *frame.standing(inputs),
        ),
        state=frame.state(inputs),
        draft=inputs.signature is None,
        synthetic=inputs.synthetic,
        at=inputs.created_at,
        blocks=frame.numbered(_sections(inputs)),
    )


def _as_of(document: ForecastDocument) -> Iterator[tuple[str, str]]:
    if document.recipe.as_of is not None:
        yield "预警日期 Warnings as of", f"{document.recipe.as_of}"


def title(document: ForecastDocument) -> str:
    """Name the report on a forecast."""
    place = tables.whole(document)
    name = place.name if place is not None and place.name else document.title
    return f"{name}学龄人口变化监测预警报告（{document.base_year}年度）"


def _named(document: ForecastDocument, division: str) -> str:
    names = [place.name for place in document.levels.get("division", ()) if place.name]
    return f"{names[0]}（{division}）" if names else division


def _sections(inputs: DistrictInputs) -> Iterator[Block]:
    document = inputs.forecast.document
    found = alerts.alerts(document, "school")
    yield from _summary(document, found)
    yield from _children(document)
    yield from _peaks(document)
    yield from _warnings(document, found)
    yield from _townships(document)
    yield from details.small_classes(document)
    yield from details.migrants(document)
    if inputs.previous is not None:
        yield from _changes(document, inputs.previous)
    yield from details.sources(document)
    yield from accuracy.section(document)
    yield from details.method(document)
    yield from frame.norms(document)
    yield from frame.comments(inputs.comments)
    yield from frame.signing(inputs, _data(inputs))


def _summary(document: ForecastDocument, found: Sequence[Alert]) -> Iterator[Block]:
    yield Heading("摘要", "Summary")
    place = tables.whole(document)
    stages = (
        ()
        if place is None
        else tuple(
            tables.stage_sentence(place, stage, document.years, document.recipe.band)
            for stage in words.in_order(place.pupils)
        )
    )
    yield Words((*stages, _counted(document), *_dates_to_act(found)), points=True)


def _counted(document: ForecastDocument) -> str:
    counts = alerts.counted(document)
    told = "、".join(f"{words.colour(colour)}{counts[colour]}处" for colour in alerts.COLOURS)
    ahead = min(document.years[0] + 2, document.years[-1])
    return f"学校预警（{document.years[0]}–{ahead}年最重等级，按学校和学段计）：{told}。"


def _dates_to_act(found: Sequence[Alert]) -> Iterator[str]:
    late = sum(alert.urgent.overdue for alert in found)
    if late:
        yield f"{late}处已过最迟行动日，须另行商定补救措施。"
    nearest = alerts.dates(found)[:DATES_NAMED]
    if nearest:
        told = "；".join(
            f"{alert.first.name}（{words.stage(alert.first.stage)}）须在{alert.act_by}前{words.action(alert.urgent.action)}"
            for alert in nearest
        )
        yield f"最近的行动时限：{told}。"


def _children(document: ForecastDocument) -> Iterator[Block]:
    yield Heading("学龄儿童与学位", "Children and places")
    place = tables.whole(document)
    if place is None:
        yield Words(("无区县合计数据。",))
        return
    parts = (document.years, place.pupils, place.low, place.high, place.places)
    yield figures.children(*parts, band=document.recipe.band)
    yield from tables.by_year(place, document.years)
    yield figures.balance(*parts)
    for people in document.pyramids:
        if people.division in ("", document.division) or len(document.pyramids) == 1:
            yield figures.pyramid(people)


def _peaks(document: ForecastDocument) -> Iterator[Block]:
    yield Heading("峰值与谷值", "Peaks and troughs")
    rows = [row for row in document.peaks if row.level == "division"]
    yield Table(
        "分学段峰谷 Peak and trough by stage",
        (
            Column("区域", 1.6), Column("学段", 0.8, "center"), Column("峰值年", 1, "center"),
            Column("峰值", 1, "right"), Column("谷值年", 0.9, "center"), Column("谷值", 1, "right"),
            Column("末年", 1, "right"), Column("较峰值", 0.9, "right"), Column("富余年数", 0.9, "right"),
            Column("最大富余学位", 1.4, "right"),
        ),
        tuple(
            (
                Cell(row.name),
                Cell(words.stage(row.stage)),
                Cell(f"{row.peak_year}{'*' if row.peak_is_first_year else ''}"),
                Cell(words.count(row.peak_pupils)),
                Cell(f"{row.trough_year}"),
                Cell(words.count(row.trough_pupils)),
                Cell(words.count(row.last_pupils)),
                Cell(_change_to_last(row)),
                Cell(f"{row.surplus_years}"),
                Cell(_deepest(row.deepest_surplus, row.deepest_surplus_year)),
            )
            for row in rows
        ),
        note="* 峰值出现在首年，真实峰值可能更早。富余指峰值后学生少于学位的年份。分乡镇峰值见“分乡镇（街道）”。",
    )  # fmt: skip


def _change_to_last(row: PeakRow) -> str:
    if row.last_year == row.peak_year:
        return "末年为峰"
    return words.UNKNOWN if words.small(row.last_pupils) else words.percent(row.change_to_last, sign=True)


def _deepest(places: int | None, year: int | None) -> str:
    return words.UNKNOWN if places is None else f"{places:,}（{year}）"


def _warnings(document: ForecastDocument, found: Sequence[Alert]) -> Iterator[Block]:
    yield Heading("预警", "Warnings")
    levels = [
        level for level in ("division", "township", "school") if any(row.level == level for row in document.warnings)
    ]
    yield Table(
        "预警数量 Warnings by level and colour",
        (Column("层级", 1.5), *(Column(words.colour(colour), 1, "center") for colour in (*alerts.COLOURS, "normal"))),
        tuple(
            (
                Cell(words.LEVEL[level]),
                *(Cell(f"{alerts.counted(document, level)[colour]}") for colour in (*alerts.COLOURS, "normal")),
            )
            for level in levels
        ),
        note="按地点和学段计，取首年及其后两年最重等级。",
    )
    yield tables.of_warnings("学校预警清单 Warnings by school", found, _parents(document))


def _parents(document: ForecastDocument) -> dict[str, str]:
    return {place.id: place.name for place in document.levels.get("township", ())}


def _townships(document: ForecastDocument) -> Iterator[Block]:
    yield Heading("分乡镇（街道）", "Townships")
    first, last = document.years[0], document.years[-1]
    colours = {
        (row.id, row.stage): row.worst_ahead
        for row in document.warnings
        if row.level == "township" and row.year == document.years[0]
    }
    rows = []
    for place in document.levels.get("township", ()):
        for stage in words.in_order(place.pupils):
            years = tables.known(place.pupils[stage], document.years)
            if years:
                top, most = max(years, key=lambda pair: (pair[1], -pair[0]))
                colour = colours.get((place.id, stage), "")
                rows.append(
                    (
                        Cell(place.name),
                        Cell(words.stage(stage)),
                        Cell(words.count(years[0][1])),
                        Cell(f"{words.count(most)}（{top}）"),
                        Cell(words.count(years[-1][1])),
                        Cell(tables.places_at(place, stage, 0)),
                        Cell(tables.places_at(place, stage, -1)),
                        Cell(words.colour(colour) if colour else words.UNKNOWN, colour),
                    )
                )
    yield Table(
        "乡镇学生数与学位 Pupils and places by township",
        (
            Column("乡镇（街道）", 1.8), Column("学段", 0.8, "center"), Column(f"{first}年学生", 1.1, "right"),
            Column("峰值（年）", 1.4, "right"), Column(f"{last}年学生", 1.1, "right"),
            Column(f"{first}年学位", 1.1, "right"), Column(f"{last}年学位", 1.1, "right"),
            Column("三年内", 0.8, "center"),
        ),
        tuple(rows),
        note="学生按居住地计，学位按学校所在地计。",
    )  # fmt: skip


def _changes(document: ForecastDocument, previous: Previous) -> Iterator[Block]:
    """Compare with the last report: the same years forecast then and now, and warnings that came or went."""
    yield Heading("与上期报告相比", "Against the last report")
    now, then = tables.whole(document), tables.whole(previous.document)
    years = [year for year in document.years if year in previous.document.years]
    rows = []
    if now is not None and then is not None and years:
        for stage in words.in_order(now.pupils):
            for year in sorted({years[0], years[-1]}):
                if stage in then.pupils:
                    new = now.pupils[stage][document.years.index(year)]
                    old = then.pupils[stage][previous.document.years.index(year)]
                    rows.append(_change(stage, year, old, new))
    yield Table(
        f"预测变化（上期：{previous.title}） Change of the forecast",
        (
            Column("学段", 1, "center"), Column("年份", 1, "center"), Column("上期预测", 1, "right"),
            Column("本期预测", 1, "right"), Column("变化", 1, "right"),
        ),
        tuple(rows),
        empty="两期报告没有共同年份。",
    )  # fmt: skip
    yield Words(tuple(_came_and_went(document, previous.document)), points=True)


def _change(stage: str, year: int, old: int | None, new: int | None) -> tuple[Cell, ...]:
    hidden = old is None or new is None or words.small(old) or words.small(new)
    change = words.UNKNOWN if hidden or old is None or new is None else f"{new - old:+,}"
    return tuple(Cell(text) for text in (words.stage(stage), f"{year}", words.count(old), words.count(new), change))


def _came_and_went(document: ForecastDocument, before: ForecastDocument) -> Iterator[str]:
    now, then = _grave(document), _grave(before)
    for said, keys, names in (
        ("新增红色、橙色", now.keys() - then.keys(), now),
        ("解除红色、橙色", then.keys() - now.keys(), then),
    ):
        told = "、".join(sorted(names[key] for key in keys)) or "无"
        yield f"{said}：{told}。"


def _grave(document: ForecastDocument) -> dict[tuple[str, str], str]:
    return {
        (row.id, row.stage): f"{row.name}（{words.stage(row.stage)}）"
        for row in document.warnings
        if row.level == "school" and row.year == document.years[0] and row.worst_ahead in ("red", "orange")
    }


def _data(inputs: DistrictInputs) -> list[tuple[str, str]]:
    forecast = inputs.forecast
    rows = [
        ("预测编号", forecast.id),
        ("预测指纹", forecast.hash),
        ("数据集指纹", forecast.document.dataset_hash),
    ]
    if inputs.previous is not None:
        rows.append(("上期报告指纹", inputs.previous.hash))
    return rows
