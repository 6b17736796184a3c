"""The content of a district's report, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.cases.forecast_document import ForecastDocument, PeakRow, PlaceOutlook, WarningRow
from app.reports.monitoring import accuracy, alerts, figures, words
from app.reports.monitoring.alerts import Alert
from app.reports.monitoring.blocks import Block, Cell, Column, Heading, Report, Table, Words
from app.reports.monitoring.inputs import DistrictInputs, Inputs, Previous

NUMERALS = "一二三四五六七八九十"
DATES_NAMED = 5
"""Last dates to act that the summary names."""
CONFLICTS_SHOWN = 30
"""Contradictions that the report lists; the workbook has them all."""


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
            *standing(inputs),
        ),
        state=state(inputs),
        draft=inputs.signature is None,
        synthetic=inputs.synthetic,
        at=inputs.created_at,
        blocks=numbered(_sections(inputs)),
    )


def _as_of(document: ForecastDocument) -> Iterator[tuple[str, str]]:
    if document.recipe.as_of is not None:
        yield "预警日期 Warnings as of", f"{document.recipe.as_of}"


def title(document: ForecastDocument) -> str:
    """Name the report on a forecast."""
    place = whole(document)
    name = place.name if place is not None and place.name else document.title
    return f"{name}学龄人口变化监测预警报告（{document.base_year}年度）"


def state(inputs: Inputs) -> str:
    """Tell whether a report is signed."""
    return words.STATE["draft" if inputs.signature is None else "signed"]


def standing(inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Tell on the cover who signed and when."""
    yield "状态 State", state(inputs)
    if inputs.signature is not None:
        yield "签发 Signed", f"{inputs.signature.name}，{words.day(inputs.signature.at)}"
    yield "编制 Drawn up", words.day(inputs.created_at)


def numbered(blocks: Iterator[Block]) -> tuple[Block, ...]:
    """Number the sections as Chinese documents do."""
    made: list[Block] = []
    at = 0
    for block in blocks:
        if isinstance(block, Heading):
            at += 1
            made.append(Heading(f"{numeral(at)}、{block.zh}", block.en))
        else:
            made.append(block)
    return tuple(made)


def numeral(number: int) -> str:
    """Write a number from 1 to 19 in Chinese."""
    tens, ones = divmod(number, 10)
    return ("十" if tens else "") + (NUMERALS[ones - 1] if ones else "")


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
    yield from _small_classes(document)
    yield from _migrants(document)
    if inputs.previous is not None:
        yield from _changes(document, inputs.previous)
    yield from _sources(document)
    yield from accuracy.section(document)
    yield from _method(document)
    yield from norms(document)
    yield from comments(inputs.comments)
    yield from signing(inputs, _data(inputs))


def whole(document: ForecastDocument) -> PlaceOutlook | None:
    """Find the outlook of the whole division."""
    places = document.levels.get("division", ())
    return places[0] if places else None


def known(series: Sequence[int | None], years: Sequence[int]) -> list[tuple[int, int]]:
    """List the years of which something is known: (year, count)."""
    return [(year, count) for year, count in zip(years, series, strict=True) if count is not None]


def _summary(document: ForecastDocument, found: Sequence[Alert]) -> Iterator[Block]:
    yield Heading("摘要", "Summary")
    place = whole(document)
    stages = (
        ()
        if place is None
        else tuple(stage_sentence(place, stage, document.years, document.recipe.band) for stage in place.pupils)
    )
    yield Words((*stages, _counted(document), *_dates_to_act(found)), points=True)


def stage_sentence(place: PlaceOutlook, stage: str, years: Sequence[int], band: float) -> str:
    """Tell the children of a stage in the first year, at the peak and in the last year."""
    told = known(place.pupils[stage], years)
    if not told:
        return f"{words.stage(stage)}：无数据。"
    (first, now), (last, then) = told[0], told[-1]
    top, most = max(told, key=lambda pair: (pair[1], -pair[0]))
    at = years.index(first)
    said = (
        f"{words.stage(stage)}：{first}年预计{words.count(now)}人"
        f"（{band:.0%}区间{words.band(place.low[stage][at], place.high[stage][at])}）"
    )
    said += "，为期内峰值" if top == first else f"，{top}年达峰{words.count(most)}人"
    if last == top:
        return f"{said}，为末年。"
    change = f"，较峰值{then / most - 1:+.0%}" if most and not words.small(then) else ""
    return f"{said}，{last}年{words.count(then)}人{change}。"


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
            f"{alert.first.name}{words.stage(alert.first.stage)}须在{alert.act_by}前{words.action(alert.urgent.action)}"
            for alert in nearest
        )
        yield f"最近的行动时限：{told}。"


def _children(document: ForecastDocument) -> Iterator[Block]:
    yield Heading("学龄儿童与学位", "Children and places")
    place = whole(document)
    if place is None:
        yield Words(("无区县合计数据。",))
        return
    parts = (document.years, place.pupils, place.low, place.high, place.places)
    yield figures.children(*parts, band=document.recipe.band)
    yield from tables_by_year(place, document.years)
    yield figures.balance(*parts)
    for people in document.pyramids:
        if people.division in ("", document.division) or len(document.pyramids) == 1:
            yield figures.pyramid(people)


def tables_by_year(place: PlaceOutlook, years: Sequence[int]) -> Iterator[Table]:
    """Write pupils with their band, and places, of every year, two stages a table."""
    stages = tuple(place.pupils)
    for pair in (stages[at : at + 2] for at in range(0, len(stages), 2)):
        columns = [Column("年份", 0.8, "center")]
        for stage in pair:
            name = words.stage(stage)
            columns += [
                Column(f"{name}学生", 1, "right"),
                Column("区间", 1.6, "right"),
                Column(f"{name}学位", 1, "right"),
            ]
        yield Table(
            f"逐年学生数与学位：{'、'.join(words.stage(stage) for stage in pair)} Pupils and places by year",
            tuple(columns),
            tuple(
                (Cell(f"{year}"), *(cell for stage in pair for cell in _in_year(place, stage, at)))
                for at, year in enumerate(years)
            ),
        )


def _in_year(place: PlaceOutlook, stage: str, at: int) -> tuple[Cell, Cell, Cell]:
    return (
        Cell(words.count(place.pupils[stage][at])),
        Cell(words.band(place.low[stage][at], place.high[stage][at])),
        Cell(_places(place, stage, at)),
    )


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
    yield warning_table("学校预警清单 Warnings by school", found, _parents(document))


def _parents(document: ForecastDocument) -> dict[str, str]:
    return {place.id: place.name for place in document.levels.get("township", ())}


def warning_table(title: str, found: Sequence[Alert], parents: dict[str, str], *, district: bool = False) -> Table:
    """List warnings; with ``district``, ``parents`` names the district in place of the township."""
    return Table(
        title,
        (
            Column("学校", 1.8), Column("区县" if district else "乡镇", 1.3), Column("学段", 0.75, "center"),
            Column("三年内", 1.05, "center"), Column("全期最重", 1.4, "center"), Column("学生／学位", 1.6, "right"),
            Column("不足概率", 1.4, "right"), Column("措施", 1.4, "center"), Column("最迟行动日", 1.7, "center"),
        ),
        tuple(
            (
                Cell(alert.first.name),
                Cell(parents.get(alert.first.parent, alert.first.parent)),
                Cell(words.stage(alert.first.stage)),
                Cell(words.colour(alert.near), alert.near),
                Cell(f"{words.colour(alert.worst.colour)} {alert.worst.year}", alert.worst.colour),
                Cell(f"{words.count(alert.worst.pupils)}／{alert.worst.places:,}"),
                Cell(words.percent(alert.worst.shortage_probability)),
                Cell(words.action(alert.urgent.action)),
                Cell(_until(alert.urgent)),
            )
            for alert in found
        ),
        under=tuple(_reason(alert.urgent) for alert in found),
        note="“三年内”为首年及其后两年最重等级；学生、学位和概率取全期最重之年；不足概率为抽样路径中学生多于学位的比例。",
        empty="期内无预警。",
    )  # fmt: skip


def _reason(row: WarningRow) -> str:
    return words.TOO_FEW if _few(row.pupils, row.low, row.high) else row.reason_zh


def _few(*counts: float | None) -> bool:
    """Tell whether words about these counts would give a masked one away."""
    return any(words.small(count) for count in counts)


def _until(row: WarningRow) -> str:
    if row.act_by is None:
        return words.UNKNOWN
    return f"{row.act_by}{'（已过）' if row.overdue else ''}"


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
        for stage, series in place.pupils.items():
            years = known(series, document.years)
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
                        Cell(_places(place, stage, 0)),
                        Cell(_places(place, stage, -1)),
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


def _places(place: PlaceOutlook, stage: str, at: int) -> str:
    return words.number(place.places[stage][at]) if stage in place.places else words.UNKNOWN


def _small_classes(document: ForecastDocument) -> Iterator[Block]:
    yield Heading("小班化测算", "Small classes")
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
        ),
    )  # fmt: skip


def _migrants(document: ForecastDocument) -> Iterator[Block]:
    yield Heading("随迁子女", "Children of migrant workers")
    rows = [row for row in document.migrants if row.level == "division"] or list(document.migrants)
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
        ),
        empty="未提供随迁子女数据。",
    )  # fmt: skip


def _changes(document: ForecastDocument, previous: Previous) -> Iterator[Block]:
    """Compare with the last report: the same years forecast then and now, and warnings that came or went."""
    yield Heading("与上期报告相比", "Against the last report")
    now, then = whole(document), whole(previous.document)
    years = [year for year in document.years if year in previous.document.years]
    rows = []
    if now is not None and then is not None and years:
        for stage in now.pupils:
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
        (row.id, row.stage): f"{row.name}{words.stage(row.stage)}"
        for row in document.warnings
        if row.level == "school" and row.year == document.years[0] and row.worst_ahead in ("red", "orange")
    }


def _sources(document: ForecastDocument) -> Iterator[Block]:
    yield Heading("数据来源与矛盾", "Sources and conflicts")
    sources = document.sources
    yield Table(
        "数据来源 Sources",
        (Column("来源", 3), Column("数据表", 1), Column("数据格数", 1, "right"), Column("年份", 1.2, "center")),
        tuple(
            (Cell(use.source), Cell(use.table), Cell(f"{use.cells:,}"), Cell(f"{use.first_year}–{use.last_year}"))
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
                Cell(words.UNKNOWN if _few(row.first, row.second) else words.number(row.ratio, 2)),
                Cell(words.TOO_FEW if _few(row.first, row.second) else row.reason_zh),
            )
            for row in shown
        ),
        note=f"共发现{sources.conflicts_in_all}处，列出{len(shown)}处；两数各自保留，不取平均。",
    )  # fmt: skip
    if sources.gaps:
        yield Words(tuple(f"缺：{gap.text_zh}" for gap in sources.gaps), points=True)


def _method(document: ForecastDocument) -> Iterator[Block]:
    yield Heading("方法与说明", "Method and notes")
    recipe = document.recipe
    yield Words(
        (
            *(note.text_zh for note in document.method),
            *(note.text_zh for note in document.notes),
            f"生育率取{words.FERTILITY[recipe.fertility]}；随迁子女需求变化{recipe.migrants_change:+.0%}；"
            f"区间由{recipe.paths}条抽样路径得出（随机种子{recipe.seed}），其间含{recipe.band:.0%}的路径。",
            "1至4人的人数一律写作“<5”，由此可推出的比率从略。",
        ),
        points=True,
    )


def norms(*documents: ForecastDocument) -> Iterator[Block]:
    """List the norms used, each once."""
    yield Heading("标准依据", "Norms")
    used = {norm: None for document in documents for norm in document.norms}
    yield Table(
        "所用标准 Norms used",
        (
            Column("标准", 1.5), Column("学段", 0.8, "center"), Column("数值", 0.8, "right"), Column("单位", 1.4),
            Column("依据", 4), Column("可信度", 1, "center"),
        ),
        tuple(
            (
                Cell(norm.key),
                Cell(words.stage(norm.stage) if norm.stage else words.UNKNOWN),
                Cell(f"{norm.value:g}"),
                Cell(norm.unit),
                Cell(norm.source),
                Cell(words.TRUST.get(norm.trust, norm.trust)),
            )
            for norm in used
        ),
        note="U 未核实：未见正式文件，为本软件建议值或转述，须由主管部门确认。",
    )  # fmt: skip


def comments(text: str) -> Iterator[Block]:
    """Print what was written to the figures."""
    yield Heading("意见", "Comments")
    yield Words(tuple(line for line in text.splitlines() if line.strip()) or ("（无）",))


def signing(inputs: Inputs, data: Sequence[tuple[str, str]]) -> Iterator[Block]:
    """Tell who drew the report up, who signed it, and the hashes of its inputs."""
    yield Heading("签发与数据指纹", "Sign-off and hashes")
    signature = inputs.signature
    signed = (
        (("签发", "未签发，草稿不得作为依据"),)
        if signature is None
        else (
            ("签发人", signature.name),
            ("签发时间", words.moment(signature.at)),
            ("签发所用账号", signature.by),
        )
    )
    rows = (
        ("报告编号", inputs.id),
        ("编制", f"{inputs.created_by}，{words.moment(inputs.created_at)}"),
        *signed,
        *data,
        ("报告指纹（SHA-256）", inputs.hash),
    )
    yield Table(
        "签发 Sign-off",
        (Column("项目", 1.2), Column("内容", 4)),
        tuple((Cell(item), Cell(value)) for item, value in rows),
        note="由同一数据重新生成的文件逐字节相同。本系统只作测算，由签发人决定。",
    )


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
